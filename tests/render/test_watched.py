"""The growing form that a watching program prints: each one begins with the one before, and the twin is the end."""

from __future__ import annotations

import pytest

from neosantara_magic.render.static import bundle
from neosantara_magic.render.text import GROWING, WatchedRenderer
from render.answers import ANSWERS, FakeClock, FakeOutlet, one_round, play


@pytest.mark.parametrize("name", sorted(ANSWERS))
def test_the_text_only_grows_and_ends_as_the_twin(name: str) -> None:
    """A watcher prints what is new, and never has to take anything back."""
    outlet, clock = FakeOutlet(), FakeClock()
    document = play(WatchedRenderer(outlet, clock=clock), *ANSWERS[name])
    *growing, last = outlet.painted or [{}]
    shown = ""
    for one in growing:
        assert GROWING in one
        assert one["text/plain"].startswith(shown)
        assert one["text/plain"] != shown
        shown = one["text/plain"]
    assert last == ({} if document.empty else bundle(document))
    if not document.rewritten:
        assert all(text.strip() in shown for text in document.said)


def test_pieces_are_sent_together() -> None:
    """A thousand pieces in no time are a few displays, not a thousand."""
    outlet, clock = FakeOutlet(), FakeClock()
    renderer = WatchedRenderer(outlet, clock=clock)
    play(renderer, one_round("word " * 1000))
    assert len(outlet.painted) < 10
