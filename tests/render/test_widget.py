"""The widget's kernel side without a browser: what it sends, and that no fault of painting costs the answer."""

from __future__ import annotations

import threading
from collections.abc import Mapping
from typing import Any

import pytest

from neosantara_magic.events import RoundStarted, TextDelta
from neosantara_magic.render import widget
from neosantara_magic.render.blocks import LiveAnswer
from neosantara_magic.render.document import Document
from neosantara_magic.render.forms import Look
from neosantara_magic.render.renderer import Clock
from neosantara_magic.render.static import quiet_line
from neosantara_magic.render.widget import WidgetRenderer, hears_messages
from neosantara_magic.scope import Cancel


class Screen:
    """An outlet that remembers what was painted."""

    def __init__(self) -> None:
        self.painted: list[Mapping[str, Any]] = []

    def show(self, bundle: Mapping[str, Any]) -> None:
        self.painted.append(bundle)

    def clear(self) -> None:
        if self.painted:
            self.painted.append({})


@pytest.fixture(autouse=True)
def _at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """End without the pause that only a real front end needs."""
    monkeypatch.setattr(widget, "LINGER", 0.0)


def test_a_finished_block_is_sent_once() -> None:
    """The frame that finishes a paragraph only says where it ends."""
    document, answer = Document(), LiveAnswer(Look())
    document.fold(TextDelta("long words " * 50 + "\n"))
    first = answer.take(document)
    document.fold(TextDelta("\nnext\n"))
    second = answer.take(document)
    assert first is not None
    assert second is not None
    message = widget._as_message(second, first.tail)
    assert message["cut"] == [len(answer.blocks[0])]
    assert "long words" not in message["put"]


def test_the_script_is_small() -> None:
    """It travels with every answer, so it stays under 9 kB."""
    assert len(widget.ESM.encode()) < 9_000


@pytest.mark.parametrize(
    ("version", "hears"), [("8.0rc1", False), ("7.0b2", True), ("7.4.dev0", False), ("7", True), ("unknown", False)]
)
def test_unfinished_versions_are_read_too(version: str, hears: bool) -> None:
    """A pre-release of ipykernel has letters in its version."""
    assert hears_messages(version) is hears


def test_which_kernels_hear_a_button() -> None:
    """Only ipykernel 7.0 to 7.3 answer messages of a widget while a cell runs."""
    assert [hears_messages(version) for version in ("6.31.0", "7.0.1", "7.3.0", "7.4.0", "8.0.0")] == [
        False,
        True,
        True,
        False,
        False,
    ]


def test_a_fault_while_painting_costs_nothing(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """The answer goes on arriving and is shown whole at the end; the fault is told once."""
    screen, document = Screen(), Document()
    renderer = WidgetRenderer(screen, Cancel())
    monkeypatch.setattr(LiveAnswer, "take", lambda *_: 1 / 0)
    for event in (RoundStarted("m", "responses"), TextDelta("whole "), TextDelta("answer")):
        document.fold(event)
        renderer.show(document, event)
    document.finish("completed")
    renderer.close(document)
    assert screen.painted[-1]["text/plain"].startswith("whole answer")
    assert [record.levelname for record in caplog.records] == ["WARNING"]


def test_a_fault_in_the_final_form_leaves_plain_text(monkeypatch: pytest.MonkeyPatch) -> None:
    """Whatever breaks the stored form, the words are on the screen; the bug keeps its traceback."""
    screen, document = Screen(), Document()
    renderer = WidgetRenderer(screen, Cancel())
    document.fold(TextDelta("paid for"))
    document.finish("completed")
    monkeypatch.setattr(widget, "close_outlet", lambda *_, **__: 1 / 0)
    with pytest.raises(ZeroDivisionError):
        renderer.close(document)
    assert screen.painted[-1] == {"text/plain": "paid for"}


def test_a_widget_that_can_not_be_made_costs_nothing(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """Without a working comm the final form still comes."""
    screen, document = Screen(), Document()
    renderer = WidgetRenderer(screen, Cancel())
    monkeypatch.setattr(widget, "AnswerWidget", lambda **_: 1 / 0)
    document.fold(TextDelta("here"))
    renderer.show(document, TextDelta("here"))
    document.finish("completed")
    renderer.close(document)
    assert [bundle["text/plain"] for bundle in screen.painted] == ["here"]
    assert len(caplog.records) == 1


def test_an_empty_end_is_no_blank_output() -> None:
    """A widget that stood there in the silence turns into a line that says how it ended."""
    screen, document = Screen(), Document()
    renderer = WidgetRenderer(screen, Cancel())
    renderer.begin(document)
    renderer._frame()
    assert "application/vnd.jupyter.widget-view+json" in screen.painted[0]
    document.finish("stopped")
    renderer.close(document)
    assert screen.painted[-1] == quiet_line("stopped")


def test_nothing_is_shown_when_it_fails_at_once() -> None:
    """No output at all above an error that came before the silence was noticed."""
    screen, document = Screen(), Document()
    renderer = WidgetRenderer(screen, Cancel())
    renderer.begin(document)
    document.finish("failed", ValueError())
    renderer.close(document)
    assert screen.painted == []


def test_the_alarm_clock_rings_once_for_the_last_alarm() -> None:
    """A newer alarm replaces the older one, a cancelled one is silent, and one thread serves them all."""
    clock, rung, heard = Clock(), [], threading.Event()
    clock.alarm(0.01, lambda: rung.append("replaced"))
    clock.alarm(0.02, lambda: rung.append("cancelled"))
    clock.cancel()
    clock.alarm(0.03, heard.set)
    assert heard.wait(10)
    heard.clear()
    clock.alarm(30, lambda: rung.append("late"))
    clock.alarm(0.01, heard.set)
    assert heard.wait(10)
    assert rung == []
