"""Keeps the browser and the file up to date with a conversation, by sending only what changed.

Changes come from this panel or from a cell. Not for: asking (``session.py``), or how anything looks (``showing.py``,
``turns.js``).

A notebook that stores a widget without its state shows "Error displaying widget" when it is opened again, and one that
stores the state shows a panel that answers nobody. So in JupyterLab and Notebook 7 the only stored output is the
static conversation. The widget is not displayed at all: its model finds that output by a class name and stands in
front of it while the kernel lives. Reloading the page brings the panel back; closing the kernel leaves the text.

Front ends that open no model without a view (VS Code, Colab) get two outputs: the widget, and the conversation below.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any
from uuid import uuid4

from ..ipython.notebook import Notebook
from ..messages import Turn
from ..render import static
from ..render.document import Document
from ..render.forms import Look
from ..texts import say
from ..turns import CellKey
from ..workspace import Workspace
from .showing import answer_of, document_of, question_of, transcript

_LOG = logging.getLogger(__name__)


def new_key() -> CellKey:
    """Return a key for a turn that no cell owns. No two are alike, so a new turn goes to the end."""
    return (f"panel-{uuid4().hex}", 0)


def spelled(key: CellKey) -> str:
    """Return a key as the browser has it."""
    return f"{key[0]}:{key[1]}"


class Place:
    """One output, which stores the conversation.

    In JupyterLab and Notebook 7 the live panel stands in front of it. Under nbclient, papermill and nbval, and in front
    ends without panels, there is no live panel (``live`` is False). ``mark`` is the class name by which the live panel
    finds the stored conversation.
    """

    def __init__(self, notebook: Notebook, mark: str = "", *, live: bool = True) -> None:
        self.mark = mark
        self.live = live
        self._outlet = notebook.outlet()

    def open(self, model_id: str) -> None:
        """Show the panel with this widget model. Here it does nothing: the model finds its place by the mark."""

    def keep(self, bundle: Mapping[str, str]) -> None:
        """Store the conversation as it is now."""
        self._outlet.show(bundle)

    def close(self) -> None:
        """Leave only the stored conversation."""


class Above(Place):
    """VS Code, Colab: the widget, and the conversation in a second output below it."""

    def __init__(self, notebook: Notebook) -> None:
        self._widget = notebook.outlet()
        super().__init__(notebook)

    def open(self, model_id: str) -> None:
        """Show the widget."""
        self._widget.show_widget(model_id, say("panel.plain"))

    def close(self) -> None:
        """Take the widget away."""
        self._widget.clear()


def place_for(notebook: Notebook, mark: str) -> Place:
    """Choose how a panel stands in this front end."""
    front_end = notebook.front_end
    if front_end == "unattended" or notebook.without_panel:
        return Place(notebook, live=False)
    if front_end == "colab" or (notebook.cell_id or "").startswith("vscode-"):
        return Above(notebook)
    return Place(notebook, mark)


@dataclass
class Question:
    """A question of this panel: what asking it again takes."""

    text: str
    images: tuple[Any, ...] = ()
    raw: bool = False
    """Send the text as it is. Only what somebody typed into the panel may hold ``{{ expressions }}``."""


@dataclass
class Board:
    """One conversation as the panel shows it. Not thread-safe: its session holds a lock."""

    workspace: Workspace
    look: Callable[[], Look]
    place: Place
    send: Callable[[Mapping[str, Any]], None]
    name: str = "main"
    asked: dict[str, Question] = field(default_factory=dict)
    """Questions asked here, by turn."""
    errors: dict[str, str] = field(default_factory=dict)
    """What went wrong with a turn."""
    open: dict[str, dict[str, Any]] = field(default_factory=dict)
    """Rows without a turn: the question that is being answered, and one that failed before it was answered."""
    revision: int = 0
    _finished: dict[int, tuple[Turn, dict[str, Any], Mapping[str, str]]] = field(default_factory=dict)
    """Answers that ended here, by the ``id()`` of their turn. They hold more than the turn. Forks share turns."""
    _shown: dict[str, tuple[Turn, dict[str, Any], Mapping[str, str]]] = field(default_factory=dict)
    """By turn: the row that the browser has, and its static twin."""
    _order: list[str] = field(default_factory=list)
    _bar: dict[str, Any] = field(default_factory=dict)
    _stored: dict[str, str] = field(default_factory=dict)
    _last: list[tuple[CellKey, Turn]] = field(default_factory=list)
    _through_the_page: bool = False
    """Whether the page was loaded again since the panel was shown. The page then knows none of our displays, so what
    is sent to a display reaches neither the screen nor the file."""

    def turns(self) -> list[tuple[CellKey, Turn]]:
        """Return the turns, each with its key."""
        return list(self.workspace.conversations.get(self.name).keyed(new_key))

    def forget(self, turn: str) -> None:
        """Send this turn again at the next refresh."""
        self._shown.pop(turn, None)

    def show(self, name: str) -> None:
        """Show another conversation."""
        self.name = name
        self.open.clear()
        self._order = []

    def move(self, place: Place) -> None:
        """Move to another place. The old one keeps the conversation, without the mark of the live panel."""
        self._keep(transcript(self._kept(), self.name, self.look()))
        self.place.close()
        self.place = place
        self._stored = {}
        self._through_the_page = False

    def begin(self, turn: str, question: Question) -> None:
        """Show a question that is being asked."""
        self.open.clear()
        self.errors.pop(turn, None)
        self.forget(turn)
        shown = [one for one in question.images if isinstance(one, str) and one.startswith("data:image/")]
        row = {"id": turn, "question": question.text, "typed": question.text, "images": shown, "links": []}
        self.open[turn] = {**row, "running": True, "error": ""}
        self.asked[turn] = question
        self.tell("turn", row=self.open[turn])
        self.tell("bar", running=turn)
        self.refresh()

    def end(self, turn: str, error: str, document: Document | None) -> None:
        """Show how the ask ended; ``document`` is its answer, if there is any."""
        row = self.open.pop(turn)
        self.forget(turn)
        held = next((held for key, held in self.turns() if spelled(key) == turn), None)
        if held is not None and document is not None:
            look = self.look()
            self._finished[id(held)] = (held, answer_of(document, look), static.bundle(document, look))
        if error:
            self.errors[turn] = error
        if held is None:
            # Without an answer the conversation has no turn; the question stays until the next one.
            self.open[turn] = {**row, "running": False, "error": error or say("panel.stopped")}
            self.tell("turn", row=self.open[turn])
        self.tell("bar", running="")
        self.refresh()

    def asks(self, turn: str, shown: dict[str, Any] | None) -> None:
        """Show that a call waits for a decision, or that none does any more."""
        self.open[turn]["asks"] = shown
        self.tell("asks", turn=turn, asks=shown)

    def everything(self, **more: Any) -> dict[str, Any]:
        """Return everything that the browser needs."""
        turns = self.turns()
        rows = [self._show(spelled(key), turn)[1] for key, turn in turns if spelled(key) not in self.open]
        known = {row["id"]: row for row in [*rows, *self.open.values()]}
        order = self._ids(turns)
        return {"turns": [known[one] for one in order], "revision": self.revision, **self.bar(), **more}

    def bar(self) -> dict[str, Any]:
        """Return the contents of the bars above and below the conversation."""
        names = dict.fromkeys([*(one.name for one in self.workspace.conversations), self.name])
        return {
            "conversation": self.name,
            "names": list(names),
            "spent": say("panel.spent", amount=" + ".join(self.workspace.ledger.total.cost.parts)),
        }

    def refresh(self) -> None:
        """Send what changed, and store the conversation."""
        turns = self.turns()
        for key, turn in turns:
            one = spelled(key)
            if one not in self.open and (one not in self._shown or self._shown[one][0] is not turn):
                self.tell("turn", row=self._show(one, turn)[1])
        order = self._ids(turns)
        if order != self._order:
            self._order = order
            self.tell("order", ids=order)
        bar = self.bar()
        if bar != self._bar:
            self._bar = bar
            self.tell("bar", **bar)
        # A cell that asked nothing here costs nothing here.
        if len(turns) != len(self._last) or any(a[1] is not b[1] for a, b in zip(turns, self._last, strict=True)):
            self.store()

    def store(self) -> None:
        """Store the conversation, if it changed."""
        self._last = self.turns()
        stored = transcript(self._kept(), self.name, self.look(), place=self.place.mark)
        if stored != self._stored:
            self._stored = stored
            self._keep(stored)

    def reloaded(self) -> None:
        """Store the conversation through the live panel from now on: the page was loaded again."""
        if not self.place.mark:  # the panel does not know where its stored output is
            self.tell("notice", text=say("panel.reloaded"))
            return
        self._through_the_page = True
        self.tell("keep", bundle=self._stored)

    def _keep(self, bundle: Mapping[str, str]) -> None:
        self.place.keep(bundle)
        if self._through_the_page:
            self.tell("keep", bundle=bundle)

    def _kept(self) -> list[tuple[Turn, Mapping[str, str]]]:
        return [(turn, self._show(spelled(key), turn)[2]) for key, turn in self.turns()]

    def tell(self, kind: str, **what: Any) -> None:
        """Send one message. A closed browser must not stop the answer."""
        self.revision += 1
        try:
            self.send({"kind": kind, "revision": self.revision, **what})
        except Exception:  # noqa: BLE001  (whatever the front end's channel raised)
            _LOG.debug("a message to the panel's front end was not sent", exc_info=True)

    def _ids(self, turns: list[tuple[CellKey, Turn]]) -> list[str]:
        return list(dict.fromkeys([*(spelled(key) for key, _ in turns), *self.open]))

    def _show(self, one: str, turn: Turn) -> tuple[Turn, dict[str, Any], Mapping[str, str]]:
        """Return a turn, its row for the browser and its static twin; made once."""
        held = self._shown.get(one)
        if held is not None and held[0] is turn:
            return held
        finished = self._finished.get(id(turn))
        if finished is None:
            document, look = document_of(turn), self.look()
            finished = (turn, answer_of(document, look), static.bundle(document, look))
        _, answer, twin = finished
        asked = self.asked.get(one)
        row = {
            "id": one,
            **question_of(turn.prompt),
            "typed": asked.text if asked else turn.prompt.text,
            "answer": answer,
            "error": self.errors.get(one, ""),
        }
        self._shown[one] = shown = (turn, row, twin)
        return shown
