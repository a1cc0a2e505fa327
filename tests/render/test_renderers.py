"""The same answers through every renderer: all end with the same text."""

from __future__ import annotations

import io
import re
from collections.abc import Callable
from html import unescape

import pytest

from neosantara_magic.render.document import Document
from neosantara_magic.render.forms import Look
from neosantara_magic.render.renderer import Renderer, SilentRenderer
from neosantara_magic.render.static import StaticRenderer, bundle
from neosantara_magic.render.text import TextRenderer, terminal_renderer
from neosantara_magic.render.updating import UpdatingRenderer
from render.answers import ANSWERS, FakeClock, FakeOutlet, play

Play = Callable[[str], tuple[Document, str]]


def _on_outlets(make: Callable[[FakeOutlet, FakeOutlet, FakeClock], Renderer], mime: str) -> Play:
    def run(name: str) -> tuple[Document, str]:
        first, second = FakeOutlet(), FakeOutlet()
        document = play(make(first, second, FakeClock()), *ANSWERS[name])
        assert second.now in (None, {})
        return document, str((first.now or {}).get(mime, ""))

    return run


def _text(name: str) -> tuple[Document, str]:
    out = io.StringIO()
    return play(TextRenderer(out.write), *ANSWERS[name]), out.getvalue()


def _pipe(name: str) -> tuple[Document, str]:
    out = io.StringIO()
    return play(terminal_renderer(out), *ANSWERS[name]), out.getvalue()


RENDERERS: dict[str, Play] = {
    "static": _on_outlets(lambda first, _second, _clock: StaticRenderer(first), "text/plain"),
    "static markdown": _on_outlets(lambda first, _second, _clock: StaticRenderer(first), "text/markdown"),
    "static html": _on_outlets(
        lambda first, _second, _clock: StaticRenderer(first, look=Look("python-markdown")), "text/html"
    ),
    "updating": _on_outlets(lambda first, second, clock: UpdatingRenderer(first, second, clock=clock), "text/plain"),
    "text": _text,
    "pipe": _pipe,
}


@pytest.mark.parametrize("name", sorted(ANSWERS))
@pytest.mark.parametrize("renderer", sorted(RENDERERS))
def test_every_renderer_ends_with_the_same_answer(renderer: str, name: str) -> None:
    """Whoever paints: every word of the answer is there, in order, then the footer's words."""
    document, painted = RENDERERS[renderer](name)
    words = _words(unescape(re.sub(r"<[^>]*>", " ", painted)) if renderer == "static html" else painted)
    wanted = _words(bundle(document)["text/plain"])
    if renderer in {"text", "pipe"} and document.cards:
        # Lines that were written stay where they are: cards between the rounds, not below.
        assert sorted(words) == sorted(wanted)
        return
    position = 0
    for word in _words(document.text.replace("```python", "```")):
        assert word in words[position:], word
        position = words.index(word, position) + 1
    assert words[-len(wanted[-4:]) :] == wanted[-4:]


@pytest.mark.parametrize("name", ["plain", "tools"])
def test_silence_is_silent(name: str, capsys: pytest.CaptureFixture[str]) -> None:
    """`--show none` shows nothing, and the document is complete all the same."""
    document = play(SilentRenderer(), *ANSWERS[name])
    assert document.text
    assert capsys.readouterr() == ("", "")


def _words(text: str) -> list[str]:
    return re.findall(r"\w+", re.sub(r"HTTP 429: asking[^\n]*", "", text))
