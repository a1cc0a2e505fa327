"""What the scripted service says in browser tests, and what a test sees of it on the page.

For: streams of the responses endpoint, word by word, and a record of each state of a growing answer.
Not for: other shapes of the service (`tests/api`).
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from browser.notebookpage import NotebookPage
    from wire.server import ScriptedServer

LOAD = "%load_ext neosantara_magic"
MODEL = "nusantara-base"

RICH = """## Hujan di Jakarta

Rata-rata **bulanan**, dengan *kode* dan `rumus`:

| Bulan | mm |
|:--|--:|
| Januari | 300 |
| Juli | 60 |

```python
from statistics import mean

print(f"mean = {mean([300, 60]):.1f}")  # one line
```

Rumusnya $\\bar{x} = \\frac{1}{n}\\sum_i x_i$, dan:

1. satu
2. dua

> Kutipan penutup.
"""
"""One of each kind of block."""


def words(text: str) -> list[str]:
    """Return a text in pieces as a model sends it."""
    return re.findall(r"\s*\S+\s*?(?=\s|$)|\s+", text)


def events(pieces: Iterable[str], *, end: bool = True) -> list[Mapping[str, Any]]:
    """Return the events of one streamed answer."""
    pieces = list(pieces)
    said: list[Mapping[str, Any]] = [{"type": "response.created", "response": {"id": "resp_1", "model": MODEL}}]
    said += [{"type": "response.output_text.delta", "delta": piece} for piece in pieces]
    if end:
        content = [{"type": "output_text", "text": "".join(pieces)}]
        body = {
            "id": "resp_1",
            "model": MODEL,
            "status": "completed",
            "output": [{"type": "message", "role": "assistant", "content": content}],
            "usage": {"input_tokens": 5, "output_tokens": len(pieces), "total_tokens": 5 + len(pieces)},
        }
        said.append({"type": "response.completed", "response": body})
    return said


def answer(service: ScriptedServer, text: str, *, every: float = 0.02, **how: Any) -> None:
    """Script a streamed answer, ``every`` so many seconds a word."""
    service.stream(events(words(text)), delay_between=every, **how)


def half(service: ScriptedServer, text: str) -> None:
    """Script an answer that begins and then says nothing more."""
    service.stream(events(words(text), end=False), hang=True)


def at(service: ScriptedServer) -> dict[str, str]:
    """Return the environment of a kernel that asks this service."""
    return {"NEOSANTARA_BASE_URL": service.base_url, "NEOSANTARA_API_KEY": "nsk-browser-tests"}


_WATCH = """() => {
    window.seen = [];
    const note = () => {
        const text = document.querySelector('.jp-Notebook .neosantara')?.innerText;
        if (text !== undefined && text !== window.seen.at(-1)) window.seen.push(text);
    };
    new MutationObserver(note).observe(document.body, {subtree: true, childList: true, characterData: true});
}"""


def watch(nb: NotebookPage) -> Callable[[], list[str]]:
    """Note every state of the live answer from now on; return what gives them all."""
    nb.page.evaluate(_WATCH)
    return lambda: list(nb.page.evaluate("() => window.seen"))
