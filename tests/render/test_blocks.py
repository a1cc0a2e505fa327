"""What is streamed is what rendering the whole text gives: examples, random text, mutants, frames applied."""

from __future__ import annotations

import random

import pytest

from neosantara_magic.render import freezing
from neosantara_magic.render.blocks import BlockStream, Frame, Snapshot
from neosantara_magic.render.html import sanitise
from neosantara_magic.render.markdown import engine

from corpora import chopped, examples, random_text

COMMONMARK = engine("commonmark")


def raw(html: str) -> str:
    """Leave HTML as it is."""
    return html


class View:
    """What a front end does with frames."""

    def __init__(self) -> None:
        self.blocks: list[str] = []
        self.tail = ""
        self.seq = 0

    def apply(self, frame: Frame) -> None:
        """Apply one frame, as the widget does."""
        assert frame.seq == self.seq + 1
        assert frame.tail[: frame.keep] == self.tail[: frame.keep]
        self.seq = frame.seq
        for index, html in frame.repair:
            self.blocks[index] = html
        self.blocks.extend(frame.freeze)
        self.tail = frame.tail

    def html(self) -> str:
        """Return what is shown."""
        return "".join(self.blocks) + self.tail


def streamed(text: str, seed: int, post: object = raw, longest: int = 7) -> str:
    """Return what a view shows after the text was streamed in random pieces."""
    stream = BlockStream(COMMONMARK, post)
    view = View()
    for piece in chopped(text, random.Random(seed), longest):
        stream.feed(piece)
        frame = stream.frame()
        assert frame is not None
        view.apply(frame)
    view.apply(stream.finish())
    assert view.html() == stream.html()
    assert stream.snapshot() == Snapshot(view.seq, tuple(view.blocks), view.tail)
    return view.html()


@pytest.mark.parametrize("corpus", ["commonmark", "gfm"])
@pytest.mark.parametrize("seed", [1, 2, 3])
def test_every_example_streams_to_its_one_shot_html(corpus: str, seed: int) -> None:
    """No example of either specification ends different for having been streamed."""
    different = [text for text in examples(corpus) if streamed(text, seed) != COMMONMARK.render(text)]
    assert different == []
