"""ChatPanel: the panel's public methods, its widget, and one function for each message of the browser.

Not for: asking (``session.py``), or what is shown (``board.py``).
What the browser sends is answered in a thread, so the kernel stays free for cells. What Python sends is answered
where it is called, and returns the Response.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable, Mapping
from contextlib import suppress
from dataclasses import replace
from typing import Any

from ..errors import NeosantaraError, UsageError
from ..ipython.notebook import Notebook
from ..messages import Response
from ..parsing import Ask
from ..texts import say, two_lines
from ..tools.approval import Decision
from ..tools.toolbox import Tool
from ..turns import CellKey, Conversation
from ..validators import model_id
from ..workspace import Workspace
from .board import Question, new_key, place_for, spelled
from .session import Session
from .showing import PanelWidget

LABELS = (
    *("title", "log", "you", "input", "hint", "send", "stop", "stopping", "attach", "detach", "not_image"),
    *("edit", "cancel", "ask_again", "fork", "copy", "copied", "options", "model", "tools", "no_tools"),
    *("confirms", "conversation", "run", "refuse", "answered", "working", "busy", "gone", "reloaded"),
)
"""Sentences of the catalogue that the browser shows."""
_OF_ANSWERS = ("answer", "waiting", "interrupt", "stop", "stopping", "copy", "copied")
"""Those that ``render/answer.js`` shows in each answer."""


class ChatPanel:
    """A chat panel. `chat` makes and shows one. Its arguments are those of `Session`.

    The class name ``mark`` is how the live panel finds its place in the page.
    """

    def __init__(
        self, base: Ask, tools: Mapping[str, tuple[Any, Tool]], workspace: Workspace, notebook: Notebook, mark: str
    ) -> None:
        self._notebook = notebook
        self._mark = mark
        self._widget: PanelWidget | None = None
        self._shown_in: int | None = None
        self._greeted = False
        self._session = Session(base, tools, workspace, notebook, place_for(notebook, mark), self._send)
        self._does: dict[str, Callable[[Mapping[str, Any]], None]] = {
            "send": self._on_send,
            "stop": lambda _said: self.stop(),
            "edit": self._on_edit,
            "again": lambda said: self._session.later(*self._session.find(_turn(said))),
            "fork": self._on_fork,
            "decide": self._on_decide,
            "conversation": lambda said: self._session.show(str(said.get("name", "")) or "main"),
            "model": self._on_model,
            "models": lambda _said: threading.Thread(target=self._list_models, daemon=True).start(),
            "tools": self._on_tools,
            "hello": self._on_hello,
        }

    @property
    def conversation(self) -> Conversation:
        """The conversation it shows; cells may ask in it too."""
        return self._session.conversation

    @property
    def model(self) -> str:
        """The model that is asked next."""
        return self._session.model

    @property
    def busy(self) -> bool:
        """Whether it is answering."""
        return self._session.running is not None

    def send(self, text: str, *, images: Any = ()) -> Response:
        """Ask, and wait for the answer.

        Args:
            text: The question; ``{{ expressions }}`` are left alone, as in `ask`.
            images: One or several, as ``--image`` takes them, or the images themselves.

        Raises:
            UsageError: it is answering already, or is closed, or there is nothing to send.
            APIError: the service failed; the answer up to that point is kept.
            Stopped: stopped or interrupted; the answer up to that point is kept.
        """
        several = isinstance(images, Iterable) and not isinstance(images, str | bytes)
        return self._session.now(new_key(), Question(text, tuple(images) if several else (images,), raw=True))

    def edit(self, number: int, text: str) -> Response:
        """Ask question ``number`` (from 1) again, reworded. Its turn is replaced, later ones stay.

        Raises:
            UsageError: no such question, or as for `send`.
        """
        key, old = self._numbered(number)
        return self._session.now(key, Question(text, old.images, raw=True))

    def ask_again(self, number: int) -> Response:
        """Ask question ``number`` (from 1) again as it was. Its turn is replaced, later ones stay.

        Raises:
            UsageError: no such question, or as for `send`.
        """
        return self._session.now(*self._numbered(number))

    def stop(self) -> None:
        """Stop the answer, if there is one under way."""
        if (running := self._session.running) is not None:
            running.cancel.stop()

    def wait(self, timeout: float | None = None) -> bool:
        """Wait until it is not answering, at most ``timeout`` seconds; return whether that is so."""
        return self._session.idle.wait(timeout)

    def fork(self, new: str | None = None, *, at: int | None = None) -> str:
        """Go on in a copy of the first ``at`` turns (all by default); return the copy's name.

        Raises:
            UsageError: it is answering, or ``new`` is taken.
        """
        return self._session.fork(new, at)

    def close(self) -> None:
        """Stop, and leave the conversation as text."""
        self.stop()
        session = self._session
        with session.lock:
            if session.closed:
                return
            session.closed = True
        with suppress(ValueError):
            self._notebook.shell.events.unregister("post_run_cell", self._cell_ended)
        session.board.place.close()
        if self._widget is not None:
            layout = self._widget.layout
            self._widget.close()
            layout.close()

    def show(self) -> None:
        """Show it here; where it stood before, the conversation stays as text. Raises UsageError: it is closed."""
        session = self._session
        with session.lock:
            if session.closed:
                raise UsageError(*two_lines("panel.closed"))
            if self._shown_in is not None:
                session.board.move(place_for(self._notebook, self._mark))
            self._shown_in = self._notebook.shell.execution_count
            session.board.store()
            if session.board.place.live:
                session.board.place.open(self._live().model_id)

    def __repr__(self) -> str:
        return f"<ChatPanel {self._session.board.name!r}: {len(self.conversation)} turns>"

    def _ipython_display_(self) -> None:
        """Show it, unless this very execution has: ``chat()`` as a cell's last line is shown once."""
        if self._shown_in != self._notebook.shell.execution_count:
            self.show()

    def _live(self) -> PanelWidget:
        """Return the widget; made at the first use."""
        if self._widget is None:
            # The browser fills these two in.
            later = {"number": "{number}", "name": "{name}"}
            labels = {name: say(f"widget.{name}") for name in _OF_ANSWERS}
            labels |= {name: say(f"panel.{name}", **later) for name in LABELS}
            opening = self._session.everything()
            self._widget = PanelWidget(labels=labels, opening=opening, place=self._session.board.place.mark)
            self._widget.on_msg(self._heard)
            self._notebook.shell.events.register("post_run_cell", self._cell_ended)
        return self._widget

    def _send(self, message: Mapping[str, Any]) -> None:
        if self._widget is not None and not self._session.closed:
            self._widget.send(dict(message))

    def _cell_ended(self, _result: Any = None) -> None:
        """IPython's ``post_run_cell``: a cell may have asked in this conversation."""
        with self._session.lock:
            self._session.board.refresh()

    def _numbered(self, number: int) -> tuple[CellKey, Question]:
        turns = self._session.board.turns()
        if not 1 <= number <= len(turns):
            raise UsageError(*two_lines("fork_beyond", at=number, name=self._session.board.name, count=len(turns)))
        return self._session.find(spelled(turns[number - 1][0]))

    # -- the browser's messages; they come in the main thread or on a subshell

    def _heard(self, _widget: Any, content: Any, _buffers: Any) -> None:
        does = self._does.get(str(content.get("kind", ""))) if isinstance(content, dict) else None
        if does is None:
            return
        try:
            does(content)
        except (NeosantaraError, ValueError) as error:
            self._session.board.tell("notice", text=str(error))

    def _on_send(self, said: Mapping[str, Any]) -> None:
        images = tuple(str(image) for image in said.get("images", ()))
        # A path or a name would be looked up here; the browser sends images themselves.
        images = tuple(image for image in images if image.startswith("data:image/"))
        raw = self._session.base.raw or said.get("raw") is True  # it was pasted: see tools.js
        self._session.later(new_key(), Question(str(said.get("text", "")), images, raw=raw))

    def _on_edit(self, said: Mapping[str, Any]) -> None:
        key, old = self._session.find(_turn(said))
        raw = old.raw or said.get("raw") is True
        self._session.later(key, replace(old, text=str(said.get("text", "")), raw=raw))

    def _on_fork(self, said: Mapping[str, Any]) -> None:
        turns = [spelled(key) for key, _ in self._session.board.turns()]
        self._session.fork(None, turns.index(_turn(said)) + 1 if _turn(said) in turns else None)

    def _on_decide(self, said: Mapping[str, Any]) -> None:
        self._session.decide(str(said.get("ticket", "")), Decision(str(said.get("decision", ""))))

    def _on_model(self, said: Mapping[str, Any]) -> None:
        given = str(said.get("model", "")).strip()
        self._session.base = replace(self._session.base, model=model_id("--model", given) if given else None)
        self._session.board.tell("bar", model=self.model)

    def _on_tools(self, said: Mapping[str, Any]) -> None:
        # Only what the user passed can be ticked, whatever the message says.
        self._session.ticked = [name for name in self._session.tools if name in said.get("names", ())]

    def _on_hello(self, said: Mapping[str, Any]) -> None:
        if self._greeted:
            self._session.board.reloaded()
        self._greeted = True
        if said.get("revision") != self._session.board.revision:
            self._session.tell_everything()

    def _list_models(self) -> None:
        with suppress(NeosantaraError):  # without a key the field still takes any id
            self._session.workspace.fetch_models()
        self._session.board.tell("bar", models=self._session.models())


def _turn(said: Mapping[str, Any]) -> str:
    return str(said.get("turn", ""))
