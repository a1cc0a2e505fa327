"""Session: one ask at a time in one conversation, from whichever thread; Stop, and the decision about a tool.

Not for: what is shown (``board.py``), what the user calls or clicks (``chatpanel.py``), the ask itself (``asking.py``).
"""

from __future__ import annotations

import json
import queue
import threading
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import InitVar, dataclass, field, replace
from itertools import count
from typing import Any

from .. import asking, public
from ..asking import Stage
from ..cancel import Cancel
from ..errors import NeosantaraError, Stopped, UsageError
from ..faults import message_of
from ..ipython.notebook import Notebook
from ..messages import Response, ToolCall
from ..parsing import Ask
from ..render.forms import Look
from ..texts import say, two_lines
from ..tools.approval import Decision, visible
from ..tools.approval import Question as Approval
from ..tools.arguments import Mismatch, read_json
from ..tools.toolbox import Tool
from ..turns import CellKey, Conversation
from ..workspace import Workspace
from .board import Board, Place, Question, new_key, spelled
from .showing import PanelRenderer

_IMAGE_ALONE = "[image]"
"""The prompt when somebody sends an image without text."""


@dataclass
class Running:
    """The ask that is going on."""

    turn: str
    key: CellKey
    question: Question
    cancel: Cancel = field(default_factory=Cancel)
    renderer: PanelRenderer | None = None
    ticket: str = ""
    """Identifies the call that waits for a decision."""
    decisions: queue.SimpleQueue[Decision | None] = field(default_factory=queue.SimpleQueue)


@dataclass
class Session:
    """One conversation, asked from one panel."""

    base: Ask
    """The flags of each ask."""
    tools: Mapping[str, tuple[Any, Tool]]
    """The tools that may be ticked, by their names on the wire, each with what `Ask.tools` takes for it."""
    workspace: Workspace
    notebook: Notebook
    place: InitVar[Place]
    send: Callable[[Mapping[str, Any]], None]
    """Sends a message to the browser."""
    running: Running | None = None
    closed: bool = False

    def __post_init__(self, place: Place) -> None:
        self.ticked = list(self.tools)
        self.lock = threading.RLock()
        """Held while the board changes."""
        self.idle = threading.Event()
        self.idle.set()
        self.board = Board(self.workspace, self.look, place, self.send, self.base.conversation or "main")

    @property
    def conversation(self) -> Conversation:
        """The conversation that is asked."""
        return self.workspace.conversations.get(self.board.name)

    @property
    def model(self) -> str:
        """The model that is asked next."""
        return self.base.model or self.workspace.settings().model

    def look(self) -> Look:
        """Return how answers are rendered now."""
        held = self.workspace.settings()
        return Look(held.markdown, held.markdown_extensions, held.remote_images)

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
                self.play(running, self._buttons(running))

        threading.Thread(target=play, name="neosantara-panel", daemon=True).start()

    def now(self, key: CellKey, question: Question) -> Response:
        """Ask here, and wait. A tool asks as in a cell: no click arrives meanwhile. Raises as `begin` and `ask` do."""
        approval = public.question(self.notebook) if self.notebook.can_ask else None
        return self.play(self.begin(key, question), approval)

    def begin(self, key: CellKey, question: Question) -> Running:
        """Show the question. Raises UsageError: the panel is closed or answering, or there is no text to ask."""
        with self.lock:
            self.check_free()
            if not isinstance(question.text, str):
                raise UsageError(*two_lines("prompt.not_text", kind=type(question.text).__name__))
            if not question.text.strip():
                if not question.images:
                    raise UsageError(*two_lines("panel.blank"))
                question = replace(question, text=_IMAGE_ALONE)
            running = self.running = Running(spelled(key), key, question)
            self.idle.clear()
            self.board.begin(running.turn, question)
        return running

    def play(self, running: Running, approval: Approval | None) -> Response:
        """Ask the question that was begun, and return the answer."""
        look = self.look()
        renderer = running.renderer = PanelRenderer(self.send, running.turn, running.cancel, look)
        stage = Stage(
            renderer,
            self.notebook.namespace,
            key=running.key,
            look=look,
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
            conversation=self.board.name,
            tools=tuple(self.tools[name][0] for name in self.ticked),
        )
        error: BaseException | None = None
        try:
            return asking.ask(asked, self.workspace, stage)
        except BaseException as failure:
            error = failure
            raise
        finally:
            with self.lock:
                self.running = None
                # `new` is for the first ask: the next one goes on.
                self.base = replace(self.base, new=False)
                self.board.end(running.turn, _told(error), renderer.finished)
                self.idle.set()

    def decide(self, ticket: str, decision: Decision) -> None:
        """Take a decision about the call that ``ticket`` identifies; one that comes too late decides nothing."""
        running = self.running
        if running is not None and running.ticket and running.ticket == ticket:
            running.ticket = ""
            running.decisions.put(decision)

    def _buttons(self, running: Running) -> Approval:
        """Return a question that shows buttons, and waits for one of them or for Stop."""

        def question(call: ToolCall, _tool: Tool) -> Decision:
            ticket = running.ticket = new_key()[0]
            name = visible(call.name)
            shown = {
                "ticket": ticket,
                "asks": say("panel.asks", name=name),
                "arguments": _spelled_out(call),
                "run_all": say("panel.run_all", name=name),
            }
            self.board.asks(running.turn, shown)
            with running.cancel.waking(lambda: running.decisions.put(None)):
                decision = running.decisions.get()
            self.board.asks(running.turn, None)
            if decision is None:
                raise Stopped
            return decision

        return question

    def find(self, turn: str) -> tuple[CellKey, Question]:
        """Return the key of a turn and what asking it again takes.

        A question of a cell was expanded there: its text is data by now and is sent as it is.
        Raises UsageError: no such turn.
        """
        asked = self.board.asked.get(turn)
        for key, held in self.board.turns():
            if spelled(key) == turn:
                images = tuple(image.url for image in held.prompt.images)
                return key, asked or Question(held.prompt.text, images, raw=True)
        if turn in self.board.open and asked is not None:
            return new_key(), asked
        raise UsageError(*two_lines("panel.no_turn", number=turn, count=len(self.conversation)))

    def fork(self, new: str | None, at: int | None) -> str:
        """Go on in a copy of the first ``at`` turns (None: all); return its name. Raises UsageError: busy, or taken."""
        with self.lock:
            self.check_free()
            known = self.workspace.conversations
            if new is not None and new in known and len(known.get(new)):
                raise UsageError(*two_lines("fork_exists", name=new))
            name = new or next(name for n in count(2) if (name := f"{self.board.name}-{n}") not in known)
            known.put(self.conversation.fork(name, at))
            self.show(name)
        return name

    def show(self, name: str) -> None:
        """Show another conversation. Raises UsageError: the panel is answering."""
        with self.lock:
            self.check_free()
            self.board.show(name)
            self.board.store()
            self.tell_everything()

    def tell_everything(self) -> None:
        """Send everything to a browser that missed messages."""
        with self.lock:
            self.board.tell("all", state=self.everything())
            if (running := self.running) is not None and running.renderer is not None:
                running.renderer.show_again()

    def everything(self) -> dict[str, Any]:
        """Return everything that a browser needs."""
        return self.board.everything(
            model=self.model,
            models=self.models(),
            tools=[
                {"name": name, "on": name in self.ticked, "confirms": tool.confirm}
                for name, (_, tool) in self.tools.items()
            ],
            running=self.running.turn if self.running else "",
        )

    def models(self) -> list[str]:
        """Return the ids of the models to offer."""
        return list(dict.fromkeys([self.model, *(model.id for model in self.workspace.models)]))


def _spelled_out(call: ToolCall) -> str:
    """Return a call's arguments, indented; characters that do not print, or reverse text, are spelled out."""
    try:
        arguments = json.dumps(read_json(call.arguments), ensure_ascii=False, indent=2)
    except Mismatch:
        arguments = call.arguments
    return "\n".join(visible(line) for line in arguments.split("\n"))


def _told(error: BaseException | None) -> str:
    """Return the text below a turn that ended in an error; a stopped answer says so itself."""
    if error is None or isinstance(error, Stopped):
        return ""
    if isinstance(error, NeosantaraError):
        return str(error)
    return say("panel.bug", kind=type(error).__name__, message=message_of(error, 500))
