"""Whose interrupt is it: the answer's that was on the screen, or the next cell's?"""

from __future__ import annotations

import signal
import threading
from collections.abc import Iterator

import pytest

from magic.spoken import answer_events
from neosantara_magic.asking import Stage, ask
from neosantara_magic.errors import Stopped
from neosantara_magic.events import Event, TextDelta
from neosantara_magic.ipython.front_ends import LATE, UNSEEN, Interrupts
from neosantara_magic.parsing.asks import ask_from_keywords
from neosantara_magic.render.document import Document
from neosantara_magic.render.renderer import SilentRenderer
from neosantara_magic.scope import Cancel
from neosantara_magic.settings.fields import from_environment
from neosantara_magic.workspace import Workspace
from wire.server import ScriptedServer


@pytest.fixture(autouse=True)
def _handlers() -> Iterator[None]:
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    yield
    signal.signal(signal.SIGINT, before)


class Clock:
    """Seconds that pass when a test says so."""

    now = 100.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    """Give a clock."""
    return Clock()


@pytest.fixture
def interrupts(clock: Clock) -> Interrupts:
    """Give the interrupts of a kernel."""
    return Interrupts(clock)


def nothing() -> None:
    """Note nothing."""


def answered(interrupts: Interrupts) -> None:
    """Ask and get the whole answer."""
    with interrupts.until_ended(nothing, may_be_late=True) as ended:
        ended()


def next_cell(interrupts: Interrupts) -> None:
    """Begin a cell as ipykernel does: with the handler of a new process."""
    signal.signal(signal.SIGINT, signal.default_int_handler)
    interrupts.execution_begins()


def interrupt() -> None:
    """Press Stop, or Kernel > Interrupt."""
    signal.raise_signal(signal.SIGINT)


def test_an_interrupt_stops_the_ask_until_the_answer_has_ended(interrupts: Interrupts) -> None:
    """Before the end it is raised, after it nothing happens."""
    with pytest.raises(KeyboardInterrupt), interrupts.until_ended(nothing, may_be_late=True):
        interrupt()
    with interrupts.until_ended(nothing, may_be_late=True) as ended:
        ended()
        interrupt()


def test_what_is_let_through_is_noted_too() -> None:
    """Python drops what is raised in a weakref's callback, say: the note stays."""
    cancel = Cancel()
    with Interrupts().until_ended(cancel.note, may_be_late=True):
        assert not cancel.stopped
        with pytest.raises(KeyboardInterrupt):
            interrupt()
    assert cancel.stopped


def test_a_late_stop_does_not_hit_the_next_cell(interrupts: Interrupts, clock: Clock) -> None:
    """One is taken for the answer's; whoever presses again means the cell."""
    answered(interrupts)
    next_cell(interrupts)
    clock.now += LATE - 0.1
    interrupt()
    with pytest.raises(KeyboardInterrupt):
        interrupt()


def test_nor_the_rest_of_its_own_cell(interrupts: Interrupts) -> None:
    """The cell of the answer goes on after it."""
    answered(interrupts)
    interrupt()
    with pytest.raises(KeyboardInterrupt):
        interrupt()


@pytest.mark.parametrize("begins", ["before", "after"])
def test_later_an_interrupt_is_the_cells(interrupts: Interrupts, clock: Clock, begins: str) -> None:
    """A second after the answer nothing is held back, whenever the cell began."""
    answered(interrupts)
    clock.now += LATE if begins == "after" else 0
    next_cell(interrupts)
    clock.now += LATE
    with pytest.raises(KeyboardInterrupt):
        interrupt()


def test_the_next_answer_can_be_stopped_as_soon_as_it_is_seen(interrupts: Interrupts, clock: Clock) -> None:
    """In its first moment an interrupt can only be a late one; after that it is its own."""
    for passed, stops in ((UNSEEN - 0.1, False), (UNSEEN, True)):
        answered(interrupts)
        next_cell(interrupts)
        with interrupts.until_ended(nothing, may_be_late=True):
            clock.now += passed
            if stops:
                with pytest.raises(KeyboardInterrupt):
                    interrupt()
            else:
                interrupt()


def test_an_ask_inside_a_tool_leaves_the_outer_ask_its_stop(interrupts: Interrupts) -> None:
    """The inner answer has ended, the outer one goes on."""
    with interrupts.until_ended(nothing, may_be_late=True):
        answered(interrupts)
        with pytest.raises(KeyboardInterrupt):
            interrupt()


def test_where_the_one_who_stops_is_near_nothing_is_late(interrupts: Interrupts) -> None:
    """Ctrl-C in a terminal after an answer means what runs now."""
    with interrupts.until_ended(nothing, may_be_late=False) as ended:
        ended()
    interrupts.execution_begins()
    with pytest.raises(KeyboardInterrupt):
        interrupt()


def test_a_thousand_answers_in_one_cell_leave_one_handler(interrupts: Interrupts, clock: Clock) -> None:
    """Handlers don't pile up, and the last one knows the first."""
    for _ in range(1_000):
        answered(interrupts)
    clock.now += LATE
    with pytest.raises(KeyboardInterrupt):
        interrupt()


def test_a_thread_cannot_set_handlers_and_need_not(interrupts: Interrupts) -> None:
    """A panel asks from its own thread: nothing fails, and the main thread's handler stays."""
    failures: list[BaseException] = []

    def asks() -> None:
        try:
            answered(interrupts)
            interrupts.execution_begins()
        except BaseException as error:  # noqa: BLE001  (told to the test)
            failures.append(error)

    thread = threading.Thread(target=asks)
    thread.start()
    thread.join()
    assert failures == []
    assert signal.getsignal(signal.SIGINT) is signal.default_int_handler


class Swallowing(SilentRenderer):
    """A screen on which Stop is pressed while Python runs a finaliser, which drops what is raised in it."""

    class Gone:
        """Interrupts as it goes."""

        def __del__(self) -> None:
            interrupt()

    def show(self, document: Document, event: Event) -> None:
        """Let one go at the first words."""
        if isinstance(event, TextDelta):
            self.Gone()


@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")
def test_a_stop_that_python_drops_still_ends_the_ask(server: ScriptedServer, interrupts: Interrupts) -> None:
    """The line is cut at the next token; what came is kept."""
    server.stream(answer_events("one two three four", pieces=4)[:4], hang=True)
    settings = from_environment({"NEOSANTARA_BASE_URL": server.base_url})
    workspace = Workspace(lambda: settings, demo=False, session_key="nsk_0123456789")
    cancel, held = Cancel(), {}
    stage = Stage(
        Swallowing(), held, cancel=cancel, interrupts=lambda note: interrupts.until_ended(note, may_be_late=True)
    )
    with pytest.raises(Stopped):
        ask(ask_from_keywords("go", {"api": "responses"}), workspace, stage)
    assert "one two three four".startswith(held["_neosantara"].text.strip())
    assert held["_neosantara"].stopped
    assert server.closed_early.wait(20)
