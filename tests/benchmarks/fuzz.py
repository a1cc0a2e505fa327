"""Many more random texts through the block stream than the gate has time for.

Run: ``scripts/bench fuzz`` (some minutes); ``FUZZ=100000 scripts/bench fuzz`` for another count. Any difference is
printed with its seed, and the exit code says so.
"""

from __future__ import annotations

import os
import sys

from neosantara_magic.render.blocks import BlockStream
from neosantara_magic.render.markdown import engine
from render.corpora import chopped, ended, random_text, seeded

FIRST_SEED = 1_000_000


def streamed(text: str, seed: int, longest: int) -> str:
    """Return the HTML of the text after it came in pieces."""
    stream = BlockStream(engine("commonmark"), str)
    blocks: list[str] = []
    tail = ""
    for piece in chopped(ended(text), seeded(seed), longest):
        stream.feed(piece)
        if (frame := stream.frame()) is not None:
            for index, html in frame.repair:
                blocks[index] = html
            blocks.extend(frame.freeze)
            tail = frame.tail
    return "".join(blocks) + tail


def main() -> None:
    """Print how many texts were tried and how many came out wrong."""
    count = int(os.environ.get("FUZZ", "30000"))
    wrong = 0
    for seed in range(FIRST_SEED, FIRST_SEED + count):
        text = random_text(seeded(seed), (12, 40, 120)[seed % 3])
        if streamed(text, seed, (5, 12, 40)[seed % 3]) != engine("commonmark").render(ended(text)):
            wrong += 1
            print(f"seed {seed}: streamed differs: {text!r}")
    print(f"{count} random texts, {wrong} differences")
    sys.exit(bool(wrong))


if __name__ == "__main__":
    main()
