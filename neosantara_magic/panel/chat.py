"""``chat()`` and the `ChatPanel` that it shows: what Python calls, and what the browser sends.

Not for: asking and what is sent (``session.py``), or how anything looks (``showing.py``).
What the browser sends is answered in a thread, so the kernel stays free for cells. What Python sends is answered
where it is called, and returns the Response.
"""

from __future__ import annotations

import hashlib
import threading
from collections.abc import Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import replace
from itertools import count
from typing import Any, Unpack

from .. import public
from ..errors import NeosantaraError, UsageError
from ..ipython.notebook import Notebook
from ..messages import Response
from ..parsing.asks import ask_from_keywords, refuse_others, speaking_keywords
from ..parsing.flags import Ask
from ..prompt import files
from ..texts import say, two_lines
from ..tools.approval import Decision
from ..tools.toolbox import Sources, Tool, Toolbox
from ..turns import Conversation
from ..validators import model_id
from ..workspace import Workspace
from .session import Question, Session
from .showing import PanelWidget, new_key, place_for, spelled

LABELS = (
    *("title", "log", "you", "input", "hint", "send", "stop", "stopping", "attach", "detach", "not_image"),
    *("edit", "cancel", "ask_again", "fork", "copy", "copied", "options", "model", "tools", "no_tools"),
    *("confirms", "conversation", "run", "refuse", "answered", "working", "busy", "gone", "reloaded"),
)
"""Sentences of the catalogue that the browser shows."""
_OF_ANSWERS = ("answer", "waiting", "interrupt", "stop", "stopping", "copy", "copied")  # shown in each answer

_open: dict[tuple[str, int], ChatPanel] = {}
"""The panel of each cell, so that running the cell again closes the one it replaces."""


@speaking_keywords()
def chat(**flags: Unpack[public.ChatFlags]) -> ChatPanel:
    """Show a chat panel: the conversation, an input, Send and Stop, the model and the tools to pick.

    It shares its conversation with the cells. It answers in a thread of its own, so cells run meanwhile.

    Args:
        **flags: The flags of each ask, as `ask` takes them. ``tools`` are the functions (or their names) that can be
            ticked, ``model`` is asked first, ``conversation`` is ``main`` if not given.

    Returns:
        The panel. It is on the screen already; ``send()``, ``stop()``, ``fork()`` and ``close()`` work from Python.

    Raises:
        UsageError: a flag that a panel does not take, a bad value, a conversation whose name is taken, no notebook.
        ToolDefinitionError: a function that cannot be a tool.
    """
    workspace, notebook = public.surroundings()
    name = public.named(flags.get("conversation"), workspace, notebook)
    return open_panel(ask_from_keywords("-", {**flags, "conversation": name}, "chat"), workspace, notebook)


def open_panel(asked: Ask, workspace: Workspace, notebook: Notebook | None) -> ChatPanel:
    """Show a panel whose asks have the flags of ``asked``; raises as `chat` does."""
    if notebook is None or not notebook.front_end.displays:
        raise UsageError(*two_lines("notebook", caller="chat()"))
    refuse_others(asked, "chat()", public.ChatFlags.__optional_keys__)
    if asked.as_ is not None:
        asked = files.read(asked.as_).under(asked)  # now, so that the panel shows the file's model
    tools = tools_of(asked.tools, notebook.namespace, workspace.servers)
    if notebook.front_end.panel == "none" and notebook.front_end.name:
        notebook.say(say("panel.without", front_end=notebook.front_end.name))
    execution = notebook.shell.execution_count
    cell = (notebook.cell_id or new_key()[0], sum(panel.made_in == execution for panel in _open.values()))
    if cell in _open:
        _open.pop(cell).close()
    mark = f"neosantara-{hashlib.sha256(f'{cell[0]} {cell[1]}'.encode()).hexdigest()[:12]}"
    panel = _open[cell] = ChatPanel(replace(asked, prompt=""), tools, workspace, notebook, mark)
    panel.show()
    return panel


def tools_of(named: Sequence[Any], namespace: Mapping[str, Any], servers: Sources) -> dict[str, tuple[Any, Tool]]:
    """Return the tools that may be ticked, by their names on the wire, each with what `Ask.tools` takes for it.

    A name stays a name, so a function that is defined anew is the one that is called.
    """
    Toolbox.from_names(named, namespace, servers)  # all of them at once, so that a collision of names raises here
    found: dict[str, tuple[Any, Tool]] = {}
    for one in named:
        box = Toolbox.from_names([one], namespace, servers).values()
        found |= {tool.spec.name: (one if len(box) == 1 else tool, tool) for tool in box}
    return found


class ChatPanel:
    """A chat panel. `chat` makes and shows one. Its arguments are those of `Session`; ``mark`` is that of `Place`."""

    def __init__(
        self, base: Ask, tools: Mapping[str, tuple[Any, Tool]], workspace: Workspace, notebook: Notebook, mark: str
    ) -> None:
        self._notebook, self._mark = notebook, mark
        self._widget: PanelWidget | None = None
        self.made_in = notebook.shell.execution_count
        self._shown_in: int | None = None
        self._greeted = False
        self._session = Session(base, tools, workspace, notebook, place_for(notebook, mark), self._send)

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

        Raises as `send`, and UsageError: no such question.
        """
        key, old = self._session.find(number)
        return self._session.now(key, Question(text, old.images, raw=True))

    def ask_again(self, number: int) -> Response:
        """Ask question ``number`` (from 1) again as it was; raises as `edit`."""
        return self._session.now(*self._session.find(number))

    def stop(self) -> None:
        """Stop the answer, if there is one under way."""
        if running := self._session.running:
            running.cancel.stop()

    def wait(self, timeout: float | None = None) -> bool:
        """Wait until it is not answering, at most ``timeout`` seconds; return whether that is so."""
        return self._session.idle.wait(timeout)

    def fork(self, new: str | None = None, *, at: int | None = None) -> str:
        """Go on in a copy of the first ``at`` turns (all by default); return the copy's name.

        Raises UsageError: it is answering, ``new`` is taken, or there are fewer turns.
        """
        session, known = self._session, self._session.workspace.conversations
        with session.lock:
            session.check_free()
            if new is not None and new in known and len(known.get(new)):
                raise UsageError(*two_lines("fork_exists", name=new))
            name = new or next(name for n in count(2) if (name := f"{session.name}-{n}") not in known)
            known.put(session.conversation.fork(name, at))
            session.show(name)
        return name

    def close(self) -> None:
        """Stop, and leave the conversation as text."""
        self.stop()
        session = self._session
        with session.lock:
            if session.closed:
                return
            session.closed = True
        session.place.close()
        if self._widget is not None:
            self._notebook.shell.events.unregister("post_run_cell", session.refresh)
            self._widget.layout.close()
            self._widget.close()

    def show(self) -> None:
        """Show it here; where it stood before, the conversation stays as text. Raises UsageError: it is closed."""
        session = self._session
        with session.lock:
            if session.closed:
                raise UsageError(*two_lines("panel.closed"))
            if self._shown_in is not None:
                session.store(mark="")  # the live panel leaves it
                session.place.close()
                session.place = place_for(self._notebook, self._mark)
            self._shown_in = self._notebook.shell.execution_count
            if session.place.view is not None:
                session.place.view.show_widget(self._live().model_id, say("panel.plain"))
            session.store()
            if session.place.live:
                self._live()

    def __repr__(self) -> str:
        return f"<ChatPanel {self._session.name!r}: {len(self.conversation)} turns>"

    def _ipython_display_(self) -> None:
        """Show it, unless this very execution has: ``chat()`` as a cell's last line is shown once."""
        if self._shown_in != self._notebook.shell.execution_count:
            self.show()

    def _live(self) -> PanelWidget:
        """Return the widget; made at the first use."""
        if self._widget is None:
            labels = {name: say(f"widget.{name}") for name in _OF_ANSWERS}
            later = {"number": "{number}", "name": "{name}"}  # the browser fills these two in
            labels |= {name: say(f"panel.{name}", **later) for name in LABELS}
            opening = self._session.everything()
            self._widget = PanelWidget(labels=labels, opening=opening, place=self._session.place.mark)
            self._widget.on_msg(self._heard)
            self._notebook.shell.events.register("post_run_cell", self._session.refresh)
        return self._widget

    def _send(self, message: Mapping[str, Any]) -> None:
        if self._widget is not None and not self._session.closed:
            self._widget.send(dict(message))

    def _heard(self, _widget: object, said: Any, _buffers: object) -> None:
        """Do what the browser says, in the main thread or on a subshell."""
        try:
            self._do(said, self._session)
        except (NeosantaraError, ValueError) as error:
            self._session.tell("notice", text=str(error))

    def _do(self, said: Any, session: Session) -> None:  # noqa: C901, PLR0912  (a table: a case for each message)
        """Do what one message says; what is malformed does nothing."""
        match said:
            case {"kind": "send", "text": str(text)}:
                # A path or a name would be looked up here; the browser sends images themselves.
                images = [str(one) for one in said.get("images", ()) if str(one).startswith("data:image/")]
                raw = session.base.raw or said.get("raw") is True  # it was pasted: see tools.js
                session.later(new_key(), Question(text, tuple(images), raw=raw))
            case {"kind": "stop"}:
                self.stop()
            case {"kind": "edit", "turn": str(turn), "text": str(text)}:
                key, old = session.find(turn)
                session.later(key, replace(old, text=text, raw=old.raw or said.get("raw") is True))
            case {"kind": "again", "turn": str(turn)}:
                session.later(*session.find(turn))
            case {"kind": "fork", "turn": str(turn)}:
                turns = [spelled(key) for key, _ in session.turns()]
                self.fork(at=turns.index(turn) + 1 if turn in turns else None)
            case {"kind": "decide", "ticket": str(ticket), "decision": str(decision)}:
                session.decide(ticket, Decision(decision))
            case {"kind": "conversation", "name": str(name)}:
                session.show(name or "main")
            case {"kind": "model", "model": str(given)}:
                model = model_id("--model", given.strip()) if given.strip() else None
                session.base = replace(session.base, model=model)
                session.tell("bar", model=session.model)
            case {"kind": "models"}:
                threading.Thread(target=self._list_models, daemon=True).start()
            case {"kind": "tools", "names": list(names)}:
                # Only what the user passed can be ticked, whatever the message says.
                session.ticked = [name for name in session.tools if name in names]
            case {"kind": "hello"}:
                if self._greeted:
                    session.place.reloaded(session.tell)
                self._greeted = True
                if said.get("revision") != session.revision:
                    session.tell_everything()

    def _list_models(self) -> None:
        with suppress(NeosantaraError):  # without a key the field still takes any id
            self._session.workspace.fetch_models()
        self._session.tell("bar", models=self._session.models)
