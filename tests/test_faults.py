"""What code of the notebook raised, in one line; whose interrupt it is; and that what was paid for outlives it."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from magic.spoken import answer_events
from neosantara_magic import asking
from neosantara_magic.errors import UsageError
from neosantara_magic.faults import in_one_line, reraise_interrupt
from neosantara_magic.parsing import ask_from_keywords
from neosantara_magic.prompt import render_prompt
from neosantara_magic.render.renderer import SilentRenderer
from neosantara_magic.settings import from_environment
from neosantara_magic.workspace import Workspace
from wire.server import ScriptedServer


class PanicException(BaseException):  # the name that libraries written in Rust give theirs
    pass


class Speechless(BaseException):
    def __str__(self) -> str:
        raise PanicException

    __repr__ = __str__


@pytest.mark.parametrize(
    ("error", "told"),
    [
        (PanicException("a\n b"), "PanicException: a b"),
        (Speechless(), "Speechless"),
        (ValueError("x" * 10_000_000), "ValueError: " + "x" * 197 + "..."),
        (ValueError("key nsk_0123456789ab"), "ValueError: key nsk_…"),
        (
            ExceptionGroup("two", [ValueError("a"), ExceptionGroup("one", [KeyError("b")])]),
            "ExceptionGroup: two (2 sub-exceptions): ValueError: a; ExceptionGroup: one (1 sub-exception): KeyError: 'b'",
        ),
    ],
    ids=lambda value: type(value).__name__,
)
def test_in_one_line(error: BaseException, told: str) -> None:
    """Type and message, bounded, without a key; a group tells what it holds."""
    assert in_one_line(error) == told


@pytest.mark.parametrize("stop", [KeyboardInterrupt, SystemExit, GeneratorExit])
def test_an_interrupt_is_no_fault(stop: type[BaseException]) -> None:
    """What ends the program, or this ask, goes on; so does an interrupt inside a group, as trio gives it."""
    with pytest.raises(stop):
        reraise_interrupt(stop())
    with pytest.raises(KeyboardInterrupt):
        reraise_interrupt(BaseExceptionGroup("", [ValueError(), BaseExceptionGroup("", [KeyboardInterrupt()])]))
    reraise_interrupt(PanicException())
    reraise_interrupt(asyncio.CancelledError())


class Value:
    """A value whose own code fails, in a way of its choice."""

    def __init__(self, error: BaseException) -> None:
        self.error = error

    def fail(self, *_: Any) -> Any:
        raise self.error

    __str__ = __repr__ = fail
    hidden = property(fail)


@pytest.mark.parametrize("error", [PanicException("no"), Speechless(), asyncio.CancelledError("no")])
@pytest.mark.parametrize("expression", ["{{ value }}", "{{ value.fail() }}", "{{ value.hidden }}", "{{ [value] }}"])
def test_a_value_in_braces_may_raise_anything(error: BaseException, expression: str) -> None:
    """It is told in two lines, before anything is sent."""
    with pytest.raises(UsageError) as caught:
        render_prompt(f"Look: {expression}", {"value": Value(error)})
    assert type(error).__name__ in caught.value.what


class Painter(SilentRenderer):
    """Fails while the answer arrives, as a callback of a display may."""

    def show(self, document: Any, event: Any) -> None:
        if document.text:
            raise self.error

    error: BaseException = PanicException("paint")


@pytest.mark.parametrize("error", [PanicException("paint"), SystemExit(3), asyncio.CancelledError()])
def test_what_was_paid_for_is_kept_whatever_is_raised(server: ScriptedServer, error: BaseException) -> None:
    """The turn stands in the conversation and ``_neosantara`` holds it; then it is raised again."""
    server.stream(answer_events("Half of it"))
    settings = from_environment({"NEOSANTARA_BASE_URL": server.base_url})
    space = Workspace(lambda: settings, demo=False, session_key="nsk_0123456789")
    namespace: dict[str, Any] = {}
    painter = Painter()
    painter.error = error
    with pytest.raises(type(error)):
        asking.ask(ask_from_keywords("hi", {}), space, asking.Stage(painter, namespace))
    response = namespace["_neosantara"]
    assert response.text
    assert response.error is error
    assert [turn.outcome for turn in space.conversations.get("main")] == ["failed"]
