"""What streaming Markdown costs, as ratios: growth, bytes, long single blocks, and today's usual way beside it.

Run: ``scripts/bench blocks`` (about two minutes). Seconds of a shared machine say little, so every figure
is a ratio or an exponent within one run. A token is 4 characters; frames are taken 30 times a second at 200 tokens a
second, so every 27 characters. The baseline is Python-Markdown of the whole text at every frame.
"""

from __future__ import annotations

import json
import math
import time

from neosantara_magic.render.blocks import BlockStream
from neosantara_magic.render.html import sanitise
from neosantara_magic.render.markdown import engine, highlight
from neosantara_magic.render.neutral import neutralise
from neosantara_magic.render.widget import shared

TOKEN = 4
STEP = round(TOKEN * 200 / 30)
SIZES = (1_000, 4_000, 16_000)

MIXED = """## Part {n}

A paragraph about **thing {n}** with `code_{n}`, *stress*, [a link](https://example.org/{n}) and $x_{n}$ in it. It goes
on for a second sentence, as answers do, and ends after a third one that says nothing new.

- first of {n}
- second, with `x = {n}`
- third

```python
def f_{n}(x):
    return [x + {n} for _ in range(3)]  # {n}
```

| a | b |
|---|---|
| {n} | two |
| three | **four** |

"""
KINDS = {
    "fence": ("```python\n", "value_{n} = compute(value_{n}, 3)  # step {n}\n"),
    "table": ("| a | b | c |\n|---|---|---|\n", "| {n} | **bold {n}** | `code` text |\n"),
    "list": ("", "- item {n} with **bold** and `code` in it\n"),
    "paragraph": ("", "some words of a long paragraph with **bold** and `code` {n} "),
    "item": ("- ", "some words of a long item with **bold** and `code` {n} "),
    "quote": ("", "> a line of a long quote with *stress* {n}\n"),
}


def text_of(tokens: int, head: str = "", line: str = MIXED) -> str:
    """Return Markdown of that many tokens."""
    pieces, size, number = [head], len(head), 0
    while size < tokens * TOKEN:
        pieces.append(line.replace("{n}", str(number)))
        size += len(pieces[-1])
        number += 1
    return "".join(pieces)[: tokens * TOKEN]


def finished(html: str) -> str:
    """Return what the widget is sent for a frozen block."""
    return highlight(sanitise(html))


def streamed(text: str) -> tuple[float, int]:
    """Return CPU seconds and bytes on the wire (JSON of what a frame adds) for one answer."""
    stream = BlockStream(engine("commonmark"), finished, preview_html=sanitise)
    size, before = 0, ""
    began = time.process_time()
    for at in range(0, len(text), STEP):
        stream.feed(text[at : at + STEP])
        frame = stream.frame()
        if frame is not None:
            keep = shared(before, frame.tail)
            size += len(json.dumps([frame.repair, frame.freeze, keep, frame.tail[keep:]]))
            before = frame.tail
    return time.process_time() - began, size


def rendered_whole(text: str, sample: int) -> tuple[float, int]:
    """Return the same for Python-Markdown of the whole text per frame, every ``sample``-th frame taken."""
    second = engine("python-markdown")
    size = 0
    began = time.process_time()
    for at in range(0, len(text), STEP * sample):
        size += len(json.dumps(second.render(text[: at + STEP]))) * sample
    return (time.process_time() - began) * sample, size


def exponent(values: list[float]) -> float:
    """Return how the last grows against the first: 1 is linear in the text, 2 is its square."""
    return math.log(values[-1] / values[0]) / math.log(SIZES[-1] / SIZES[0])


def main() -> None:
    """Print the figures."""
    streamed(text_of(500))
    ours = [min(streamed(text_of(size)) for _ in range(2)) for size in SIZES]
    theirs = [rendered_whole(text_of(size), size // 250) for size in SIZES]
    print("mixed answer, 30 frames a second at 200 tokens a second")
    print("tokens   CPU: whole text / ours   bytes: whole text / ours   share of the stream's time")
    for size, (cpu, wire), (other_cpu, other_wire) in zip(SIZES, ours, theirs, strict=True):
        print(f"{size:6d}   {other_cpu / cpu:22.1f}   {other_wire / wire:24.1f}   {cpu / (size / 200):10.2%}")
    print(f"growth 1k to 16k, exponent: CPU {exponent([cpu for cpu, _ in ours]):.2f}, bytes "
          f"{exponent([wire for _, wire in ours]):.2f}; whole text: CPU {exponent([cpu for cpu, _ in theirs]):.2f}, "
          f"bytes {exponent([wire for _, wire in theirs]):.2f}")  # fmt: skip
    print("\none block of 4,000 tokens, CPU against the mixed answer (bar: 3)")
    for name, (head, line) in KINDS.items():
        print(f"{name:10s} {streamed(text_of(4_000, head, line))[0] / ours[1][0]:6.2f}")
    stored = []
    for size in SIZES:
        text = text_of(size)
        began = time.process_time()
        neutralise(text)
        stored.append(time.process_time() - began)
    print(
        f"\nstored Markdown: growth {exponent(stored):.2f}, {stored[1] / ours[1][0]:.2f} of streaming the same answer"
    )


if __name__ == "__main__":
    main()
