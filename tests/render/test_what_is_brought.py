"""What a service brings beside its words, on every surface: terminal, text, live display, widget and panel."""

from __future__ import annotations

import io
import json
import time
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import Any

import pytest

from neosantara_magic.api import responses, wire
from neosantara_magic.events import Event, RoundStarted
from neosantara_magic.panel.showing import PanelRenderer, answer_of
from neosantara_magic.render.document import Document
from neosantara_magic.render.forms import Look
from neosantara_magic.render.renderer import Renderer
from neosantara_magic.render.static import bundle
from neosantara_magic.render.text import TextRenderer, terminal_renderer
from neosantara_magic.render.updating import UpdatingRenderer
from neosantara_magic.scope import Cancel
from render.answers import FakeClock, FakeOutlet
from render.test_terminal import Tty, screen

EVERYTHING = Path(__file__).parent.parent / "transcripts" / "responses"
BESIDE = ("web_search", "cuaca Jakarta", "cari", "code_interpreter", "done by the service", "failed by the service")
AFTER = ("BMKG", "https://bmkg.go.id/a", "acme:telemetry")
Shows = Callable[[], str]


def events(ending: str) -> list[Event]:
    """Return the events of an answer that holds one of everything."""
    raw = (EVERYTHING / f"everything.{ending}").read_bytes()
    decoded = responses.decode(wire.decode([raw])) if ending == "sse" else responses.decode_body(json.loads(raw))
    return [RoundStarted("m", "responses"), *decoded]


def _terminal(clock: FakeClock) -> tuple[Renderer, Shows]:
    tty = Tty()
    return terminal_renderer(tty, clock=clock), lambda: screen(tty.getvalue())


def _text(_clock: FakeClock) -> tuple[Renderer, Shows]:
    out = io.StringIO()
    return TextRenderer(out.write), out.getvalue


def _updating(clock: FakeClock) -> tuple[Renderer, Shows]:
    first, second = FakeOutlet(), FakeOutlet()
    renderer = UpdatingRenderer(first, second, clock=clock)
    return renderer, lambda: f"{first.now} {second.now}"


def _panel(_clock: FakeClock) -> tuple[Renderer, Shows]:
    """The panel's renderer is the widget's, with another way to the browser."""
    sent: dict[str, Any] = {}

    def note(message: Mapping[str, Any]) -> None:
        sent.update(message)

    renderer = PanelRenderer(note, "t", Cancel(), Look())

    def shows() -> str:
        renderer._frame()  # as its clock would a moment later
        return f"{answer_of(renderer.finished, Look())}" if renderer.finished else f"{sent}"

    return renderer, shows


SURFACES = {"terminal": _terminal, "text": _text, "updating": _updating, "widget and panel": _panel}


@pytest.fixture(autouse=True)
def _wide(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TERM", "xterm-256color")
    monkeypatch.setenv("COLUMNS", "200")
    monkeypatch.setenv("LINES", "60")


def play(surface: str, happened: Iterable[Event]) -> tuple[str, str]:
    """Return what a surface shows before and after the end."""
    clock = FakeClock()
    renderer, shows = SURFACES[surface](clock)
    document = Document()
    for event in happened:
        document.fold(event)
        renderer.show(document, event)
        clock.pass_(0.05)
    live = shows()
    document.finish("completed")
    renderer.close(document)
    return live, shows()


@pytest.mark.parametrize("ending", ["sse", "json"])
@pytest.mark.parametrize("surface", sorted(SURFACES))
def test_all_of_it_is_shown(surface: str, ending: str) -> None:
    """Calls of the service while the answer grows, sources and unknown kinds at its end at the latest."""
    live, final = play(surface, events(ending))
    assert [word for word in BESIDE if word not in live] == []
    assert [word for word in (*BESIDE, *AFTER) if word not in final] == []
    assert "javascript:" not in final or "<a href" not in final.partition("javascript:")[0][-40:]


@pytest.mark.parametrize("surface", ["terminal", "text"])
def test_a_thousand_calls_are_written_in_a_moment(surface: str) -> None:
    """Each is written once; what was written before is not made anew for each."""
    searches = [
        {"type": "web_search_call", "id": f"w{n}", "status": "completed", "action": {"query": f"q-{n}-"}}
        for n in range(1000)
    ]
    happened = [RoundStarted("m", "responses"), *responses.decode_body({"status": "completed", "output": searches})]
    clock = FakeClock()
    renderer, shows = _text(clock) if surface == "text" else _terminal(clock)
    document = Document()
    begun = time.perf_counter()
    for event in happened:
        document.fold(event)
        renderer.show(document, event)
    assert time.perf_counter() - begun < 8
    document.finish("completed")
    renderer.close(document)
    if surface == "text":
        assert all(shows().count(f"q-{n}-") == 1 for n in range(1000))


def test_many_unknown_kinds_stay_quiet() -> None:
    """Ten are named, and how many more there are."""
    output = [{"type": f"acme:{n}-", "id": f"{n}"} for n in range(1000)]
    document = Document()
    for event in responses.decode_body({"status": "completed", "output": output}):
        document.fold(event)
    document.finish("completed")
    plain = bundle(document)["text/plain"]
    assert "acme:9-" in plain
    assert "acme:10-" not in plain
    assert "+ 990" in plain


HOSTILE = [
    ("https://a.id/\x1b]8;;http://evil.id\x07", "\x1b[2J"),
    ("java\n\n# Head\nscript:alert(1)", "a\n\n# Head"),
    ("https://ok.id/blank", "   "),
    ("https://" + "a" * 300_000, "x" * 300_000),
    ("https://a.id/](javascript:alert(1))", "[x](javascript:alert(1))"),
]


@pytest.mark.parametrize(("url", "title"), HOSTILE)
def test_a_hostile_source_is_one_short_line(url: str, title: str) -> None:
    """No form of it moves a cursor, opens a block, fills the page or is a link that nobody can see."""
    note = {"type": "url_citation", "url": url, "title": title}
    content = [{"type": "output_text", "text": "ok", "annotations": [note]}]
    document = Document()
    for event in responses.decode_body({"status": "completed", "output": [{"type": "message", "content": content}]}):
        document.fold(event)
    document.finish("completed")
    forms = bundle(document)
    for form in forms.values():
        assert len(form) < 8_000
        assert not [sign for sign in form if ord(sign) < 32 and sign != "\n"]
        assert "\n# Head" not in form
    assert "[](" not in forms["text/markdown"]
    assert '"></a>' not in forms["text/html"]
    assert document.sources[0].url == url
