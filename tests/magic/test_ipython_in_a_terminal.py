"""IPython in a real terminal: the answer streams as text, and ``--code`` fills the next prompt."""

from __future__ import annotations

import re
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from magic.spoken import KEY, answer_events
from wire.server import ScriptedServer

pexpect = pytest.importorskip("pexpect")  # IPython brings it along, but not on Windows

pytestmark = [
    pytest.mark.kernel,
    pytest.mark.slow,
    pytest.mark.skipif(sys.platform == "win32", reason="pexpect needs a pseudo-terminal"),
]

Type = Callable[[str], str]
ACCEPT = "\x1b\r"  # Escape, Enter: runs what stands at the prompt, however many lines it has
CODE = "```python\ntotal = 0\nfor n in (19, 23):\n    total += n\n```"


@pytest.fixture
def type_(server: ScriptedServer, clean_environment: dict[str, str], tmp_path: Path) -> Iterator[Type]:
    """Give a function that types at IPython's prompt, and returns what was on the screen until the next prompt."""
    environment = clean_environment | {
        "TERM": "xterm-256color",
        "PROMPT_TOOLKIT_NO_CPR": "1",  # no terminal is there to answer where its cursor is
        "NEOSANTARA_BASE_URL": server.base_url,
        "NEOSANTARA_API_KEY": KEY,
    }
    arguments = ["-m", "IPython", "--no-banner", "--no-confirm-exit", "--colors=nocolor"]
    ipython = pexpect.spawn(
        sys.executable,
        arguments,
        env=environment,
        cwd=str(tmp_path),
        encoding="utf-8",
        timeout=60,
        dimensions=(50, 120),
    )
    count = 1

    def type_(keys: str) -> str:
        nonlocal count
        count += 1
        ipython.send(keys)
        ipython.expect_exact(f"In [{count}]:")
        return re.sub(r"\x1b\[[0-9;?]*[a-zA-Z]", "", str(ipython.before))

    try:
        ipython.expect_exact("In [1]:")
        type_("%load_ext neosantara_magic\r")
        yield type_
    finally:
        ipython.close(force=True)


def test_code_fills_the_next_prompt(server: ScriptedServer, type_: Type, tmp_path: Path) -> None:
    """The Python stands at the prompt, not run; Enter runs it as it came."""
    server.stream(answer_events(f"Add them up:\n\n{CODE}"))
    seen = type_("%neosantara ask --code Add 19 and 23\r")
    assert "Add them up:" in seen
    assert "12 tokens in, 7 out" in seen
    type_(ACCEPT)
    type_("open('seen.txt', 'w').write(f'{In[3]!r} {total}')\r")
    assert (tmp_path / "seen.txt").read_text() == "'total = 0\\nfor n in (19, 23):\\n    total += n' 42"


def test_code_that_is_deleted_never_ran(server: ScriptedServer, type_: Type, tmp_path: Path) -> None:
    """What fills the prompt can be deleted like anything typed there."""
    server.stream(answer_events(CODE))
    type_("%neosantara ask --code Add 19 and 23\r")
    everything_away = "\x0b\x15" + "\x7f\x15" * 4  # to the end and the start of the line, then up line by line
    type_(everything_away + "open('seen.txt', 'w').write(str('total' in globals()))\r")
    assert (tmp_path / "seen.txt").read_text() == "False"


def test_inputs_are_the_cells_and_fix_fills_the_next_prompt(type_: Type, server: ScriptedServer) -> None:
    """`--context` sends results and errors once, as a notebook does; the mended input waits at the next prompt."""
    type_("40 + 2\r")
    type_("{'kopi': 1}['kopy']\r")
    server.stream(answer_events("```python\n{'kopi': 1}['kopi'] + 41\n```"))
    shown = type_("%neosantara fix --context all\r")
    sent = server.requests[-1].json["input"]
    assert "--- cell\n40 + 2\n--- output\n42\n--- cell" in sent
    assert "--- error\nKeyError: 'kopy'\n```" in sent
    assert "+{'kopi': 1}['kopi'] + 41" in shown
    assert "42" in type_(ACCEPT)
