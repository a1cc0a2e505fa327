"""Session: one conversation in one panel. Asks from whichever thread; keeps the browser and the file up to date.

Only what changed is sent, whether this panel or a cell changed it.
Not for: how anything looks (``showing.py``), what the user calls or clicks (``chat.py``), the ask (``asking.py``).
"""

from __future__ import annotations

import logging
import queue
import threading
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field, replace
from typing import Any

from .. import asking, public
from ..asking import Stage
from ..errors import NeosantaraError, Stopped, UsageError, message_of
from ..ipython.notebook import Notebook
from ..messages import Response, ToolCall, Turn
from ..parsing.flags import Ask
from ..render import static
from ..render.document import Document
from ..scope import Cancel
from ..texts import say, two_lines
from ..tools.approval import Decision, arguments_of, name_of
from ..tools.approval import Question as Approval
from ..tools.toolbox import Tool
from ..turns import CellKey, Conversation
from ..validators import words
from ..workspace import Workspace
from .showing import PanelRenderer, Place, answer_of, document_of, new_key, question_of, spelled, transcript

_LOG = logging.getLogger(__name__)
View = tuple[Turn, dict[str, Any], Mapping[str, str]]  # a turn, its answer for the browser, and its static twin
_IMAGE_ALONE = "[image]"  # the prompt when somebody sends an image without text


@dataclass
class Question:
    """A question of this panel: what asking it again takes."""

    text: str
    images: tuple[Any, ...] = ()
    raw: bool = False
    """Send the text as it is. Only what somebody typed into the panel may hold ``{{ expressions }}``."""


@dataclass
class Running:
    """The ask that is going on."""

    key: CellKey
    question: Question
    cancel: Cancel
    renderer: PanelRenderer
    ticket: str = ""  # identifies the call that waits for a decision
    decisions: queue.SimpleQueue[Decision | None] = field(default_factory=queue.SimpleQueue)


@dataclass
class Session:
    """One conversation, asked from one panel."""

    base: Ask  # the flags of each ask
    tools: Mapping[str, tuple[Any, Tool]]
    """The tools that may be ticked, by their names on the wire, each with what `Ask.tools` takes for it."""
    workspace: Workspace
    notebook: Notebook
    place: Place
    send: Callable[[Mapping[str, Any]], None]  # sends a message to the browser
    running: Running | None = None
    closed: bool = False
    asked: dict[str, Question] = field(default_factory=dict)  # questions asked here, by turn
    errors: dict[str, str] = field(default_factory=dict)  # what went wrong with a turn
    open: dict[str, Any] | None = None
    """The row of the question that is being answered, or of the last one when it failed before it was answered."""
    revision: int = 0  # how many messages the browser was sent
    _rows: dict[str, dict[str, Any]] = field(default_factory=dict)
    _bar: dict[str, Any] = field(default_factory=dict)
    """The rows, by turn, and the bar that the browser has."""
    _views: dict[int, View] = field(default_factory=dict)
    """By the ``id()`` of the turn. Forks share turns, and an answer that ended here holds more than its turn."""

    def __post_init__(self) -> None:
        self.name = self.base.conversation or "main"
        self.ticked = list(self.tools)
        self.lock = threading.RLock()  # held while anything of this changes
        self.idle = threading.Event()
        self.idle.set()

    @property
    def conversation(self) -> Conversation:
        """The conversation that is asked."""
        return self.workspace.conversations.get(self.name)

    @property
    def model(self) -> str:
        """The model that is asked next."""
        return self.base.model or self.workspace.settings().model

    @property
    def models(self) -> list[str]:
        """The ids of the models to offer."""
        return list(dict.fromkeys([self.model, *(model.id for model in self.workspace.models)]))

    def check_free(self) -> None:
        """Refuse a change while none may begin. Raises UsageError: the panel is closed, or is answering."""
        if self.closed:
            raise UsageError(*two_lines("panel.closed"))
        if self.running is not None:
            raise UsageError(*two_lines("panel.busy"))

    def later(self, key: CellKey, question: Question) -> None:
        """Ask in a thread of its own, with buttons for what a tool asks; raises as `begin`."""
        running = self.begin(key, question)

        def play() -> None:
            # The panel shows the error; a thread cannot raise it to anyone.
            with suppress(Exception, Stopped):
                self.play(running, lambda call, _tool: self._decision(running, call))

        threading.Thread(target=play, name="neosantara-panel", daemon=True).start()

    def now(self, key: CellKey, question: Question) -> Response:
        """Ask here, and wait. A tool asks as in a cell: no click arrives meanwhile. Raises as `begin` and `ask` do."""
        return self.play(self.begin(key, question), public.question(self.notebook))

    def begin(self, key: CellKey, question: Question) -> Running:
        """Show the question. Raises UsageError: the panel is closed or answering, or there is no text to ask."""
        with self.lock:
            self.check_free()
            if question.images and not str(question.text).strip():
                question = replace(question, text=_IMAGE_ALONE)
            words(say("panel.input"), question.text)
            turn, cancel = spelled(key), Cancel()
            self.running = Running(key, question, cancel, PanelRenderer(self.send, turn, cancel, self.workspace.look()))
            self.idle.clear()
            self.asked[turn] = question
            self.errors.pop(turn, None)
            shown = [one for one in question.images if isinstance(one, str) and one.startswith("data:image/")]
            text = question.text
            self.open = {"id": turn, "question": text, "typed": text, "images": shown, "running": True}
            self.refresh()
            return self.running

    def play(self, running: Running, approval: Approval | None) -> Response:
        """Ask the question that was begun, and return the answer."""
        stage = Stage(
            running.renderer,
            self.notebook.namespace,
            key=running.key,
            look=self.workspace.look(),
            question=approval,
            capture=lambda: public.capture(self.notebook),
            cancel=running.cancel,
            interrupts=self.notebook.interrupts_until,
            cells=self.notebook.cells.before,
        )
        asked = replace(
            self.base,
            prompt=running.question.text,
            images=running.question.images,
            raw=running.question.raw,
            conversation=self.name,
            tools=tuple(self.tools[name][0] for name in self.ticked),
        )
        told = ""
        try:
            return asking.ask(asked, self.workspace, stage)
        except Stopped:  # the answer says so itself
            raise
        except BaseException as error:
            bug = {"kind": type(error).__name__, "message": message_of(error, 500)}
            told = str(error) if isinstance(error, NeosantaraError) else say("panel.bug", **bug)
            raise
        finally:
            with self.lock:
                self.running = None
                # `new` is for the first ask: the next one goes on.
                self.base = replace(self.base, new=False)
                self._end(running, told)
                self.idle.set()

    def _end(self, running: Running, error: str) -> None:
        """Show how an ask ended."""
        held = next((held for key, held in self.turns() if key == running.key), None)
        if held is None:
            # Without an answer the conversation has no turn; the question stays until the next one.
            self.open = {**(self.open or {}), "running": False, "error": error or say("panel.stopped")}
        else:
            self.open = None
            self.errors[spelled(running.key)] = error
            self._view(held, running.renderer.finished)
        self.refresh()

    def decide(self, ticket: str, decision: Decision) -> None:
        """Take a decision about the call that ``ticket`` identifies; one that comes too late decides nothing."""
        running = self.running
        if running is not None and running.ticket and running.ticket == ticket:
            running.ticket = ""
            running.decisions.put(decision)

    def _decision(self, running: Running, call: ToolCall) -> Decision:
        """Show buttons for a call, and wait for one of them or for Stop."""
        running.ticket = new_key()[0]
        words = {key: say(f"panel.{key}", name=name_of(call)) for key in ("asks", "run_all")}
        self._asks({"ticket": running.ticket, "arguments": "\n".join(arguments_of(call)), **words})
        with running.cancel.waking(lambda: running.decisions.put(None)):
            decision = running.decisions.get()
        self._asks(None)
        if decision is None:
            raise Stopped
        return decision

    def find(self, turn: str | int) -> tuple[CellKey, Question]:
        """Return the key of a turn (as the browser has it, or a number from 1), and what asking it again takes.

        A question of a cell was expanded there: its text is data by now and is sent as it is.
        Raises UsageError: no such turn.
        """
        for number, (key, held) in enumerate(self.turns(), 1):
            if turn in (number, spelled(key)):
                images = tuple(image.url for image in held.prompt.images)
                return key, self.asked.get(spelled(key)) or Question(held.prompt.text, images, raw=True)
        if self.open is not None and self.open["id"] == turn:
            return new_key(), self.asked[self.open["id"]]
        raise UsageError(*two_lines("fork_beyond", at=turn, name=self.conversation.name, count=len(self.conversation)))

    def turns(self) -> list[tuple[CellKey, Turn]]:
        """Return the turns, each with its key."""
        return list(self.conversation.keyed(new_key))

    def show(self, name: str) -> None:
        """Show another conversation. Raises UsageError: the panel is answering."""
        with self.lock:
            self.check_free()
            self.name, self.open = name, None
            self.store()
            self.tell_everything()

    def refresh(self, _result: object = None) -> None:
        """Send what changed, and store the conversation if turns did. IPython's ``post_run_cell``: a cell may ask."""
        with self.lock:
            rows, bar = self.rows(), self.bar()
            changed = [row for turn, row in rows.items() if row != self._rows.get(turn)]
            for row in changed:
                self.tell("turn", row=row)
            if moved := list(rows) != list(self._rows):
                self.tell("order", ids=list(rows))
            if bar != self._bar:
                self.tell("bar", **{name: value for name, value in bar.items() if value != self._bar.get(name)})
            self._rows, self._bar = rows, bar
            if changed or moved:
                self.store()

    def store(self, *, mark: str | None = None) -> None:
        """Store the conversation, if it changed; ``mark`` is the place's, unless it is given."""
        kept = [(turn, self._view(turn)[2]) for turn in self.conversation]
        mark = self.place.mark if mark is None else mark
        self.place.store(transcript(kept, self.name, self.workspace.look(), place=mark), self.tell)
        held = {id(turn) for conversation in [*self.workspace.conversations] for turn in conversation}
        self._views = {one: view for one, view in self._views.items() if one in held}

    def tell_everything(self) -> None:
        """Send everything to a browser that missed messages."""
        with self.lock:
            self.tell("all", state=self.everything())
            if self.running is not None:
                self.running.renderer.show_again()

    def everything(self) -> dict[str, Any]:
        """Return everything that a browser needs."""
        self._rows, self._bar = self.rows(), self.bar()
        ticked, tools = self.ticked, self.tools.items()
        offered = [{"name": name, "on": name in ticked, "confirms": tool.confirm} for name, (_, tool) in tools]
        more = {"revision": self.revision, "model": self.model, "models": self.models, "tools": offered}
        return {"turns": list(self._rows.values()), **self._bar, **more}

    def rows(self) -> dict[str, dict[str, Any]]:
        """Return what the browser shows of each turn, by turn, in order."""
        rows: dict[str, dict[str, Any]] = {}
        for key, turn in self.turns():
            one = spelled(key)
            typed = self.asked[one].text if one in self.asked else turn.prompt.text
            more = {"answer": self._view(turn)[1], "error": self.errors.get(one, "")}
            rows[one] = {"id": one, **question_of(turn.prompt), "typed": typed, **more}
        if self.open is not None:
            rows[self.open["id"]] = self.open
        return rows

    def bar(self) -> dict[str, Any]:
        """Return the contents of the bar above the conversation, and which turn is being answered."""
        return {
            "conversation": self.name,
            "names": list(dict.fromkeys([*(one.name for one in self.workspace.conversations), self.name])),
            "spent": say("panel.spent", amount=" + ".join(self.workspace.ledger.total.cost.parts)),
            "running": "" if self.running is None else spelled(self.running.key),
        }

    def tell(self, kind: str, **what: Any) -> None:
        """Send one message. A closed browser must not stop the answer."""
        self.revision += 1
        try:
            self.send({"kind": kind, "revision": self.revision, **what})
        except Exception:  # noqa: BLE001  (whatever the front end's channel raised)
            _LOG.debug("a message to the panel's front end was not sent", exc_info=True)

    def _asks(self, shown: dict[str, Any] | None) -> None:
        """Show that a call waits for a decision, or that none does any more."""
        if self.open is not None:
            self.open["asks"] = shown  # in the row that the browser has: a new one would begin the answer anew
            self.tell("asks", turn=self.open["id"], asks=shown)

    def _view(self, turn: Turn, document: Document | None = None) -> View:
        """Return how a turn is shown: as ``document``, if it ended here, else as far as the turn holds it."""
        if document is not None or id(turn) not in self._views:
            document, look = document or document_of(turn), self.workspace.look()
            self._views[id(turn)] = turn, answer_of(document, look), static.bundle(document, look)
        return self._views[id(turn)]
