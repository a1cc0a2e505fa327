"""`asking.play`: one turn to its end, however it ends, for the magic, Python's `ask`, the panel and the batch."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from neosantara_magic.asking import Plan, play
from neosantara_magic.errors import APIError
from neosantara_magic.events import Event, RoundStarted, TextDelta
from neosantara_magic.loop import TurnTools
from neosantara_magic.messages import user_message
from neosantara_magic.request import Request, ServerMemory
from neosantara_magic.scope import Cancel
from neosantara_magic.tools.approval import Approver
from neosantara_magic.tools.crew import no_capture
from neosantara_magic.tools.toolbox import Toolbox

TOOLS = TurnTools(Toolbox.from_names((), {}), Approver("ask", lambda _call: "no"), no_capture)
PLAN = Plan(Request(api="chat", model="m", messages=(user_message("Hi"),)), None, TOOLS, None, ServerMemory())


class Failing:
    """A client that breaks off after half an answer."""

    def __init__(self, error: BaseException) -> None:
        self.error = error
        self.closed = False

    def stream(self, request: Request, cancel: Cancel) -> Iterator[Event]:
        """Yield half an answer."""
        try:
            yield RoundStarted("m", "chat")
            yield TextDelta("Half")
            raise self.error
        finally:
            self.closed = True


@pytest.mark.parametrize(
    ("error", "outcome"),
    [
        (APIError("It failed.", "Try again."), "failed"),
        (ZeroDivisionError(), "failed"),
        (SystemExit(), "failed"),
        (KeyboardInterrupt(), "stopped"),
    ],
)
def test_nothing_is_raised_and_the_half_is_kept(error: BaseException, outcome: str) -> None:
    """The document has the outcome, the error and the text so far; ``ended`` is called once, the client hung up."""
    client, ended = Failing(error), []
    document = play(PLAN, client, Cancel(), before_another=lambda *_: None, ended=lambda: ended.append(1))
    assert (document.outcome, document.text, ended, client.closed) == (outcome, "Half", [1], True)
    assert document.error is (None if outcome == "stopped" else error)
    assert getattr(error, "text", "Half") == "Half"


def test_an_interrupt_at_the_end_is_a_stop() -> None:
    """It comes while the turn is being ended: the answer so far is kept all the same."""

    def ended() -> None:
        raise KeyboardInterrupt

    document = play(PLAN, Failing(ZeroDivisionError()), Cancel(), before_another=lambda *_: None, ended=ended)
    assert (document.outcome, document.text) == ("stopped", "Half")
