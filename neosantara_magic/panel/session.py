"""ChatPanel: a conversation that is asked from a panel, in a thread of its own.

For: sending, stopping, asking again, forking, approving; from the browser's messages and from Python alike.
Not for: what is shown (``board.py``), where (``places.py``), or the ask itself (``asking.py``).

A panel asks one thing at a time. What the browser sends is answered in a thread, so the kernel stays free for cells;
what Python sends is answered where it is called, and returns the Response.
"""

from __future__ import annotations

import queue
import threading
from contextlib import suppress
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

from .. import asking, front
from ..api import catalog
from ..asking import Stage
from ..cancel import Cancel
from ..errors import NeosantaraError, Stopped, UsageError
from ..texts import say, two_lines
from ..tools.approval import Decision
from ..values import model_id
from .board import Board, Question, new_key, spelled
from .showing import PanelRenderer, PanelWidget

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from ..command import Ask
    from ..conversation import CellKey, Conversation
    from ..messages import Response, ToolCall
    from ..notebook import Notebook
    from ..tools.approval import Question as Approval
    from ..tools.toolbox import Tool
    from ..workspace import Workspace
    from .places import Place
    from .turns import Look

LABELS = (
    "title log you input hint send stop stopping attach detach not_image edit cancel ask_again fork copy copied options "
    "model tools no_tools confirms conversation run refuse answered working gone"
).split()  # noqa: SIM905  (a paragraph of names reads better than thirty quoted ones)
_IMAGE_ALONE = "[image]"
"""What the model reads when somebody sends an image without a word."""


@dataclass
class _Running:
    """The ask that is going on."""

    turn: str
    key: CellKey
    question: Question
    cancel: Cancel = field(default_factory=Cancel)
    renderer: PanelRenderer | None = None
    ticket: str = ""
    """Names the call that waits for a decision."""
    decisions: queue.SimpleQueue[Decision | None] = field(default_factory=queue.SimpleQueue)


class ChatPanel:
    """A chat panel. `chat` makes and shows one.

    Args:
        base: What each ask is told besides its question.
        tools: The tools that may be ticked, by their names on the wire: what `Ask.tools` takes for each.
        workspace: Shared with the cells.
        notebook: The shell.
        place: Where it stands.
    """

    def __init__(
        self, base: Ask, tools: Mapping[str, tuple[Any, Tool]], workspace: Workspace, notebook: Notebook, place: Place
    ) -> None:
        self._base = base
        self._tools = dict(tools)
        self._ticked = list(tools)
        self._workspace = workspace
        self._notebook = notebook
        self._lock = threading.RLock()
        self._running: _Running | None = None
        self._idle = threading.Event()
        self._idle.set()
        self._closed = False
        self._widget: PanelWidget | None = None
        self._shown_in: int | None = None
        self._board = Board(workspace, self._look, place, self._send, base.conversation or "main")

    # -- from Python

    @property
    def conversation(self) -> Conversation:
        """The conversation it shows; cells may ask in it too."""
        return self._workspace.conversations.get(self._board.name)

    @property
    def busy(self) -> bool:
        """Whether it is answering."""
        return self._running is not None

    @property
    def model(self) -> str:
        """The model that is asked next."""
        return self._base.model or self._workspace.settings().model

    def send(self, text: str, *, images: Iterable[Any] = ()) -> Response:
        """Ask, and wait for the answer.

        Args:
            text: The question; ``{{ expressions }}`` are left alone, as in `ask`.
            images: As ``--image`` takes them, or the images themselves.

        Raises:
            UsageError: it is answering already, or is closed, or there is nothing to send.
            APIError: the service failed; what came so far is kept.
            Stopped: stopped or interrupted; what came so far is kept.
        """
        return self._play(self._begin(new_key(), Question(text, tuple(images), raw=True)))

    def edit(self, number: int, text: str) -> Response:
        """Ask question ``number`` (from 1) again, reworded. Its turn is replaced, later ones stay.

        Raises:
            UsageError: no such question, or as for `send`.
        """
        key, old = self._asked(number)
        return self._play(self._begin(key, Question(text, old.images, raw=True)))

    def ask_again(self, number: int) -> Response:
        """Ask question ``number`` (from 1) again as it was.

        Raises:
            UsageError: no such question, or as for `send`.
        """
        return self._play(self._begin(*self._asked(number)))

    def stop(self) -> None:
        """Stop the answer, if there is one under way."""
        if (running := self._running) is not None:
            running.cancel.stop()

    def wait(self, timeout: float | None = None) -> bool:
        """Wait until it is not answering, at most ``timeout`` seconds; return whether that is so."""
        return self._idle.wait(timeout)

    def fork(self, new: str | None = None, *, at: int | None = None) -> str:
        """Go on in a copy of the first ``at`` turns (all by default); return the copy's name.

        Raises:
            UsageError: it is answering, or ``new`` is taken.
        """
        with self._lock:
            self._free()
            conversations = self._workspace.conversations
            if new is not None and new in conversations and len(conversations.get(new)):
                raise UsageError(*two_lines("fork_exists", name=new))
            name = new or next(one for n in range(2, 10_000) if (one := f"{self._board.name}-{n}") not in conversations)
            conversations.put(self.conversation.fork(name, at))
            self._show(name)
        return name

    def close(self) -> None:
        """Stop, and leave the conversation as text."""
        self.stop()
        with self._lock:
            if self._closed:
                return
            self._closed = True
        with suppress(ValueError):
            self._notebook.shell.events.unregister("post_run_cell", self._cell_ended)
        self._board.place.close()
        if self._widget is not None:
            layout = self._widget.layout
            self._widget.close()
            layout.close()

    def __repr__(self) -> str:
        return f"<ChatPanel {self._board.name!r}: {len(self.conversation)} turns>"

    def _ipython_display_(self) -> None:
        """Show it, unless this very execution has: ``chat()`` as a cell's last line is shown once."""
        if self._shown_in != self._notebook.shell.execution_count:
            self.show()

    def show(self, place: Place | None = None) -> None:
        """Show it here; where it stood before, the conversation stays as text."""
        with self._lock:
            if self._closed:
                raise UsageError(*two_lines("panel.closed"))
            if place is not None:
                self._board.place.close()
                self._board.place = place
            self._shown_in = self._notebook.shell.execution_count
            self._board.store()
            if not self._board.place.live:
                return
            if self._widget is None:
                # The browser fills these two in.
                later = {"number": "{number}", "name": "{name}"}
                labels = {name: say(f"panel.{name}", **later) for name in LABELS}
                labels |= {name: say(f"widget.{name}") for name in ("answer", "waiting", "interrupt")}
                self._widget = PanelWidget(labels=labels, opening=self._everything(), place=self._board.place.mark)
                self._widget.on_msg(self._heard)
                self._notebook.shell.events.register("post_run_cell", self._cell_ended)
            self._board.place.open(self._widget.model_id)

    # -- from the browser

    def _heard(self, _widget: Any, content: Any, _buffers: Any) -> None:
        """Take a message. Runs in the main thread or on a subshell."""
        try:
            self._do(content)
        except NeosantaraError as error:
            self._board.tell("notice", text=str(error))

    def _do(self, said: Mapping[str, Any]) -> None:
        kind, turn = said.get("kind"), str(said.get("turn", ""))
        if kind == "send":
            images = tuple(str(image) for image in said.get("images", ()))
            self._in_background(new_key(), Question(str(said.get("text", "")), images, raw=self._base.raw))
        elif kind == "stop":
            self.stop()
        elif kind == "edit":
            key, old = self._find(turn)
            self._in_background(key, replace(old, text=str(said.get("text", ""))))
        elif kind == "again":
            self._in_background(*self._find(turn))
        elif kind == "decide":
            self._decide(str(said.get("ticket", "")), Decision(str(said.get("decision", ""))))
        elif kind == "fork":
            keys = [spelled(key) for key, _ in self._board.turns()]
            self.fork(at=keys.index(turn) + 1 if turn in keys else None)
        elif kind == "conversation":
            with self._lock:
                self._free()
                self._show(str(said.get("name", "")) or "main")
        elif kind == "model":
            given = str(said.get("model", "")).strip()
            self._base = replace(self._base, model=model_id("--model", given) if given else None)
        elif kind == "tools":
            self._ticked = [name for name in self._tools if name in said.get("names", ())]
        elif kind == "models":
            threading.Thread(target=self._tell_models, name="neosantara-models", daemon=True).start()
        elif kind == "hello" and said.get("revision") != self._board.revision:
            with self._lock:
                self._tell_everything()

    def _decide(self, ticket: str, decision: Decision) -> None:
        running = self._running
        # A decision is about the very call that was shown: one that comes late decides nothing.
        if running is not None and running.ticket and running.ticket == ticket:
            running.ticket = ""
            running.decisions.put(decision)

    def _tell_models(self) -> None:
        if not self._workspace.models:
            with suppress(NeosantaraError):  # without a key the field still takes any id
                self._workspace.models = catalog.parse(self._workspace.service().models())
        self._board.tell("bar", models=self._models())

    # -- asking

    def _in_background(self, key: CellKey, question: Question) -> None:
        running = self._begin(key, question)

        def play() -> None:
            # What went wrong stands in the panel; a thread has nobody else to tell.
            with suppress(Exception):
                self._play(running, question=self._approval(running))

        threading.Thread(target=play, name="neosantara-panel", daemon=True).start()

    def _begin(self, key: CellKey, question: Question) -> _Running:
        with self._lock:
            self._free()
            if not question.text.strip():
                if not question.images:
                    raise UsageError(*two_lines("panel.blank"))
                question = replace(question, text=_IMAGE_ALONE)
            running = self._running = _Running(spelled(key), key, question)
            self._idle.clear()
            board, turn = self._board, running.turn
            board.open.clear()
            board.errors.pop(turn, None)
            board.forget(turn)
            shown = [one for one in question.images if isinstance(one, str) and one.startswith("data:image/")]
            board.open[turn] = {"id": turn, "question": question.text, "typed": question.text, "images": shown}
            board.open[turn] |= {"links": [], "running": True, "error": ""}
            board.tell("turn", row=board.open[turn])
            board.tell("bar", running=turn)
            board.refresh()
        return running

    def _play(self, running: _Running, question: Approval | None = None) -> Response:
        notebook, board = self._notebook, self._board
        look = self._look()
        running.renderer = PanelRenderer(
            self._send, running.turn, lambda document: board.take(running.turn, document), running.cancel, look
        )
        if question is None and notebook.can_ask:
            question = front.question(notebook)
        stage = Stage(
            running.renderer,
            notebook.namespace,
            key=running.key,
            look=look,
            question=question,
            capture=lambda: front.capture(notebook),
            cancel=running.cancel,
            interrupts=notebook.interrupts_until,
        )
        asked = replace(
            self._base,
            prompt=running.question.text,
            images=running.question.images,
            raw=running.question.raw,
            conversation=board.name,
            tools=tuple(self._tools[name][0] for name in self._ticked),
        )
        error: BaseException | None = None
        try:
            return asking.ask(asked, self._workspace, stage)
        except BaseException as failure:
            error = failure
            raise
        finally:
            self._end(running, error)

    def _end(self, running: _Running, error: BaseException | None) -> None:
        board = self._board
        with self._lock:
            self._running = None
            self._base = replace(self._base, new=False)
            row = board.open.pop(running.turn)
            board.asked[running.turn] = running.question
            if error is not None and not isinstance(error, Stopped):
                board.errors[running.turn] = (
                    str(error)
                    if isinstance(error, NeosantaraError)
                    else say("panel.bug", kind=type(error).__name__, message=error)
                )
            if running.turn not in {spelled(key) for key, _ in board.turns()} and error is not None:
                # Nothing was said, so the conversation has no turn; the question stays until the next one.
                failed = {**row, "running": False, "error": board.errors.get(running.turn, str(error))}
                board.open[running.turn] = failed
                board.tell("turn", row=failed)
            board.tell("bar", running="")
            board.refresh()
            self._idle.set()

    def _approval(self, running: _Running) -> Approval:
        """Ask about a call with buttons, and wait for one of them or for Stop."""

        def question(call: ToolCall, _tool: Tool) -> Decision:
            running.ticket = new_key()[0]
            shown = {"ticket": running.ticket, "asks": say("panel.asks", name=call.name), "arguments": call.arguments}
            shown["run_all"] = say("panel.run_all", name=call.name)
            self._board.open[running.turn]["asks"] = shown
            self._board.tell("asks", turn=running.turn, asks=shown)
            with running.cancel.waking(lambda: running.decisions.put(None)):
                decision = running.decisions.get()
            self._board.open[running.turn].pop("asks", None)
            self._board.tell("asks", turn=running.turn, asks=None)
            if decision is None:
                raise Stopped
            return decision

        return question

    # -- small things

    def _free(self) -> None:
        if self._closed:
            raise UsageError(*two_lines("panel.closed"))
        if self._running is not None:
            raise UsageError(*two_lines("panel.busy"))

    def _find(self, turn: str) -> tuple[CellKey, Question]:
        """Return the key of a turn and what asking it again takes.

        A question of a cell was expanded there: its text is data by now and is sent as it is.
        """
        asked = self._board.asked.get(turn)
        for key, held in self._board.turns():
            if spelled(key) == turn:
                images = tuple(image.url for image in held.prompt.images)
                return key, asked or Question(held.prompt.text, images, raw=True)
        if turn in self._board.open and asked is not None:
            return new_key(), asked
        raise UsageError(*two_lines("panel.no_turn", number=turn, count=len(self.conversation)))

    def _asked(self, number: int) -> tuple[CellKey, Question]:
        turns = self._board.turns()
        if not 1 <= number <= len(turns):
            raise UsageError(*two_lines("panel.no_turn", number=number, count=len(turns)))
        return self._find(spelled(turns[number - 1][0]))

    def _show(self, name: str) -> None:
        self._board.show(name)
        self._board.store()
        self._tell_everything()

    def _tell_everything(self) -> None:
        self._board.tell("all", state=self._everything())
        if (running := self._running) is not None and running.renderer is not None:
            running.renderer.show_again()

    def _everything(self) -> dict[str, Any]:
        return self._board.everything(
            model=self.model,
            models=self._models(),
            tools=[
                {"name": name, "on": name in self._ticked, "confirms": tool.confirm}
                for name, (_, tool) in self._tools.items()
            ],
            running=self._running.turn if self._running else "",
        )

    def _models(self) -> list[str]:
        return list(dict.fromkeys([self.model, *(model.id for model in self._workspace.models)]))

    def _look(self) -> Look:
        held = self._workspace.settings()
        return {
            "engine_name": held.markdown,
            "extensions": held.markdown_extensions,
            "remote_images": held.remote_images,
        }

    def _send(self, message: Mapping[str, Any]) -> None:
        if self._widget is not None and not self._closed:
            self._widget.send(dict(message))

    def _cell_ended(self, _result: Any = None) -> None:
        """IPython's ``post_run_cell``: a cell may have asked in this conversation."""
        with self._lock:
            self._board.refresh()
