"""``playground()``: a prompt with controls for what it leaves open; the answer follows them.

It teaches what a parameter does: a change asks again after a pause, two settings stand side by side, the cost so far
is always shown. Each ask is a single question (``--once``), so only the settings differ.
Not for: the controls themselves (``controls.py``).
"""

from __future__ import annotations

import builtins
import threading
from collections.abc import Container, Mapping, Sequence
from concurrent.futures import Future, wait
from contextlib import suppress
from dataclasses import replace
from inspect import Parameter, signature
from typing import Any, get_type_hints

import ipywidgets
from jinja2 import Environment, TemplateSyntaxError
from jinja2.meta import find_undeclared_variables

from .. import asking, public
from ..asking import Stage
from ..costs import Cost
from ..errors import NeosantaraError, Stopped, UsageError, in_one_line
from ..ipython.notebook import Notebook
from ..messages import Response
from ..parsing.asks import ask_from_keywords, speaking_keywords
from ..parsing.flags import Ask, TurnFlags
from ..prompt.render import Expression, split
from ..render.renderer import Clock
from ..render.updating import UpdatingRenderer
from ..scope import Cancel
from ..texts import number, say, two_lines
from ..validators import model_id, words
from ..workspace import Workspace
from .controls import Column, Columns, Dials, grid, picker

PAUSE = 0.7  # seconds without a change before the prompt is asked again: a slider passes many values on its way
_FLAGS: dict[str, Any] = {**get_type_hints(TurnFlags), "model": str | Sequence[str], "schema": Any}
"""Flags that a playground takes, with their types; help and Tab show them."""
del _FLAGS["raw"]  # the braces of its prompt are what there is to pick


@speaking_keywords()
def playground(prompt_template: str, **choices: Any) -> Playground:
    """Show a prompt with pickers for what it leaves open; every change asks again.

    Args:
        prompt_template: A prompt with ``{{ names }}``. A name that is not among the choices is a notebook variable.
        **choices: For each name of the prompt what there is to pick: a list, a (low, high) pair, a text, a number or a
            bool. The other keywords are flags, as `ask` takes them, unless the prompt has that name; ``model`` may
            be a list of models.

    Returns:
        The playground, which is on the screen already. ``ask()`` asks now and returns the Responses.

    Raises:
        UsageError: a name without a choice and without a variable, or choices that cannot be picked from.
    """
    choices = {name: value for name, value in choices.items() if value is not None or name not in _FLAGS}
    workspace, notebook = public.surroundings()
    if notebook is None or not notebook.front_end.displays:
        raise UsageError(*two_lines("notebook", caller="playground()"))
    words("playground()", prompt_template)
    names = names_in(prompt_template, choices)
    picked = {name: choices.pop(name) for name in names if name in choices}
    for name in names:
        if name not in picked and name not in notebook.namespace:
            raise UsageError(*two_lines("playground.missing", name=name))
    models = choices.pop("model", None) or []
    listed = [model_id("model", one) for one in (models if isinstance(models, list | tuple) else [models])]
    base = replace(ask_from_keywords(prompt_template, choices, "playground", _FLAGS), once=True)
    ground = Playground(base, picked, listed, workspace, notebook)
    ground.show()
    return ground


_written = signature(playground)
_prompt, _choices = _written.parameters.values()
_flags = [Parameter(name, Parameter.KEYWORD_ONLY, default=None, annotation=one | None) for name, one in _FLAGS.items()]
playground.__signature__ = _written.replace(parameters=[_prompt, *_flags, _choices])  # type: ignore[attr-defined]


def names_in(template: str, given: Container[str] = ()) -> list[str]:
    """Return the names that the expressions of a prompt use, in order of appearance.

    A name of Python's own, such as ``len``, counts only if it is in ``given``, the names with choices.
    Raises UsageError: an expression that cannot be read.
    """
    found: list[str] = []
    for piece in split(template):
        if isinstance(piece, Expression):
            # A broken expression is explained when it is asked: the prompt layer says where it breaks.
            with suppress(TemplateSyntaxError):
                tree = Environment().parse("{{" + piece.source + "}}")  # noqa: S701  (parsed only)
                names = find_undeclared_variables(tree)
                found += sorted(names, key=lambda name: (piece.source.find(name), name))
    return [name for name in dict.fromkeys(found) if name in given or not hasattr(builtins, name)]


class Playground(Dials):
    """A prompt and its pickers. `playground` makes and shows one.

    ``picked`` is what there is to pick for each name of the prompt; ``models`` are models to pick from (empty: those
    that are known). ``base`` holds the prompt and every other flag.
    """

    def __init__(
        self, base: Ask, picked: Mapping[str, Any], models: list[str], workspace: Workspace, notebook: Notebook
    ) -> None:
        self._workspace, self._notebook = workspace, notebook
        self._lock = threading.Lock()
        self._cancel, self._pause = Cancel(), Clock()
        self._called = 0  # how many calls of `ask` are under way: a change of the pickers waits for them
        self._picked: tuple[list[Ask], dict[str, Any]] = ([], {})  # what was asked last, with its values
        self._asks, self._spent = 0, Cost()
        self._shown_in: int | None = None
        self._columns: Columns | None = None
        self.pickers = {name: picker(name, given) for name, given in picked.items()}
        """An ipywidget for each name of the prompt."""
        known = models or list(dict.fromkeys([workspace.settings().model, *(model.id for model in workspace.models)]))
        super().__init__(base, known)
        self.live = ipywidgets.Checkbox(
            value=True, description=say("playground.live"), indent=False, layout=ipywidgets.Layout(width="auto")
        )
        self.cost = ipywidgets.Label(layout=ipywidgets.Layout(margin="2px 1em"))
        self._button = ipywidgets.Button(description=say("playground.ask"))
        self._tell_cost()

    @property
    def values(self) -> dict[str, Any]:
        """The value that is picked for each name of the prompt."""
        return {name: widget.value for name, widget in self.pickers.items()}

    def ask(self) -> list[Response]:
        """Ask now, with what is picked; return a Response for each column.

        Raises:
            UsageError: bad input; nothing was sent.
            APIError: the service failed.
            Stopped: interrupted, or `ask` was called again meanwhile.
        """
        self._pause.cancel()  # the newest picks are asked here
        return self._ask(called=True)

    def _ask(self, *, called: bool) -> list[Response]:
        """Ask in each column at once, and wait for all of them.

        A change of the pickers (not ``called``) waits until every call of `ask` has returned.
        """
        asks = self.settings
        picked = (asks, self.values)
        with self._lock:
            if self._called and not called:
                if picked != self._picked:
                    self._again()
                return []
            self._called += called
            self._picked = picked
            self._cancel.stop()
            cancel = self._cancel = Cancel()
            if self._columns is not None:
                self._columns.stop()
            columns = self._columns = Columns(self._outlet, [one.title for one in asks])
        answers: list[Future[Response]] = [Future() for _ in asks]
        try:
            for at, answer in enumerate(answers):
                work = (answer, at, asks[at], columns, cancel)
                threading.Thread(target=self._column, args=work, daemon=True).start()
            wait(answers)
        except KeyboardInterrupt:
            cancel.stop()
            wait(answers)
            raise Stopped(*two_lines("stopped")) from None
        finally:
            with self._lock:
                self._called -= called
        columns.end()
        return [answer.result() for answer in answers]

    def show(self) -> None:
        """Show the pickers, and ask for the first time."""
        self._shown_in = self._notebook.shell.execution_count
        self._outlet = self._notebook.outlet()
        if not self._notebook.front_end.attended:
            self.ask()
            return
        widgets = [*self.pickers.values(), *self.dials]
        for widget in widgets:
            widget.observe(self._again, "value")
        self._button.on_click(self._ask_in_background)
        box = grid(widgets, [self._button, self.live, self.cost])
        self._notebook.outlet().show_widget(box.model_id, self._base.prompt)
        self._ask_in_background()

    def _ipython_display_(self) -> None:
        if self._shown_in != self._notebook.shell.execution_count:
            self.show()

    def _again(self, _change: object = None) -> None:
        """Ask when no change has come for ``PAUSE`` seconds."""
        if self.live.value:
            self._pause.alarm(PAUSE, self._ask_in_background)

    def _ask_in_background(self, _button: object = None) -> None:
        def run() -> None:
            # The column shows the error; a thread cannot raise it to anyone.
            with suppress(NeosantaraError, Stopped):
                self._ask(called=False)

        threading.Thread(target=run, name="neosantara-playground", daemon=True).start()

    def _column(self, answer: Future[Response], at: int, asked: Ask, columns: Columns, cancel: Cancel) -> None:
        try:
            look, namespace = self._workspace.look(), {**self._notebook.namespace, **self.values}
            stage = Stage(UpdatingRenderer(Column(columns, at), look=look), namespace, look=look, cancel=cancel)
            response = asking.answer(asked, self._workspace, stage)
            with self._lock:  # a stopped or failed answer is paid for too
                self._notebook.namespace["_neosantara"] = response
                self._asks += 1
                self._spent += Cost.of(response.cost_idr, estimated=response.cost_estimated)
                self._tell_cost()
            answer.set_result(asking.unless_failed(response))
        except BaseException as error:  # noqa: BLE001  (raised again in `ask`, or shown in the column)
            if not isinstance(error, Stopped):
                columns.fail(at, str(error) if isinstance(error, NeosantaraError) else in_one_line(error))
            answer.set_exception(error)

    def _tell_cost(self) -> None:
        self.cost.value = say("playground.cost", count=number(self._asks), amount=" + ".join(self._spent.parts))
