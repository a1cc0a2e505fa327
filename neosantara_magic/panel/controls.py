"""Controls: ipywidgets that fit a narrow cell and keep their keys from the notebook; the buttons Run and Refuse.

`Dials` are the playground's controls of any ask; what its prompt leaves open has a `picker` each; `Columns` hold its
answers side by side.

Not for: what a change does (``playground.py``), a decision (``mcp/serving.py``), or how one answer looks (``render/``).
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from html import escape
from pathlib import Path
from typing import Any

import anywidget
import ipywidgets
import traitlets

from ..errors import UsageError
from ..messages import ToolCall
from ..parsing.flags import Ask
from ..render.allowed import GRID
from ..render.forms import HTML, MARKDOWN, PLAIN, forms, growing
from ..render.html import text_html
from ..render.renderer import Outlet
from ..render.static import quiet, quiet_line
from ..render.widget import PAGE, joined
from ..texts import say, two_lines
from ..tools.approval import Decision, question
from ..validators import shown

_EFFORTS = ("none", "minimal", "low", "medium", "high")
_UNSET = -1.0  # the slider's "not given"; the list's is "". ipywidgets takes None for "nothing is selected"


class Keyboard(anywidget.AnyWidget):
    """An invisible widget: it gives the controls around it their keys, and the sliders names (``controls.js``)."""

    _esm = joined(PAGE, Path(__file__).with_suffix(".js"))


def picker(name: str, given: Any) -> Any:
    """Return the ipywidget that picks from ``given``, as ``interact`` would. Raises UsageError: there is none."""
    found = None
    if hasattr(given, "tolist"):  # numbers and arrays of NumPy, a Series
        given = given.tolist()
    if not (isinstance(given, list | tuple) and not given):
        with suppress(ValueError, TypeError, traitlets.TraitError):  # a pair the wrong way round, no number
            found = ipywidgets.interactive.widget_from_abbrev(given)
    if found is None:
        raise UsageError(*two_lines("playground.abbrev", name=name, given=shown(repr(given))))
    found.description = name
    if hasattr(found, "continuous_update"):
        found.continuous_update = False
    return found


def grid(pickers: Sequence[Any], below: Sequence[Any]) -> ipywidgets.VBox:
    """Return pickers in columns that fit the cell, with names of one width, and a line of controls below them."""
    longest = max(len(widget.description) for widget in pickers)
    for widget in pickers:
        widget.style.description_width = f"{min(longest, 14) + 1}ch"
        widget.layout.width = "auto"
    fitting = "repeat(auto-fill, minmax(min(20em, 100%), 1fr))"
    columns = ipywidgets.Layout(grid_template_columns=fitting, grid_gap="4px 16px", align_items="center")
    line = ipywidgets.Layout(flex_flow="row wrap", align_items="center", margin="4px 0 12px")
    boxes = [ipywidgets.GridBox(list(pickers), layout=columns), ipywidgets.HBox(list(below), layout=line)]
    return ipywidgets.VBox([*boxes, Keyboard(layout=ipywidgets.Layout(height="0", margin="0"))])


def buttons(
    call: ToolCall, above: str, decided: Callable[[Decision], None]
) -> tuple[dict[str, Any], Callable[[], None]]:
    """Return the display of a question about a call, below safe HTML, and what takes it away."""
    asked = question(call)
    run, no = (ipywidgets.Button(description=say(key)) for key in ("panel.run", "panel.refuse"))
    run.on_click(lambda _button: decided(Decision.RUN))
    no.on_click(lambda _button: decided(Decision.REFUSE))
    text, row = ipywidgets.HTML(f"{above}\n<pre>{escape(asked)}</pre>"), ipywidgets.HBox([run, no])
    box = ipywidgets.VBox([text, row])

    def close() -> None:
        for widget in (box, row, text, run, no):
            for one in (widget.layout, getattr(widget, "style", widget), widget):
                one.close()

    view = {"version_major": 2, "version_minor": 0, "model_id": box.model_id}
    return {"application/vnd.jupyter.widget-view+json": view, "text/plain": asked}, close


class Dials:
    """The controls of any prompt. They stand at the flags of ``base`` first; ``known`` are models to pick from."""

    def __init__(self, base: Ask, known: list[str]) -> None:
        self._base = base
        default = say("playground.default")
        own = base.sampling.get("temperature", _UNSET)
        tenths = {*(tenth / 10 for tenth in range(21)), own} - {_UNSET}
        heat = [(default, _UNSET), *((f"{one:g}", one) for one in sorted(tenths))]
        efforts = dict.fromkeys([*_EFFORTS, *filter(None, [base.reasoning])])
        nothing, *others = (say(f"playground.{name}") for name in ("nothing", "other_model", "other_temperature"))
        self.model, other_model = (
            ipywidgets.Combobox(value=value, options=known, description=say("panel.model"))
            for value in (base.model or known[0], known[-1])
        )
        words = {"description": say("playground.temperature"), "continuous_update": False}
        self.temperature, other_temperature = (
            ipywidgets.SelectionSlider(options=heat, value=value, **words) for value in (own, 1.0)
        )
        self.reasoning = ipywidgets.Dropdown(
            options=[(default, ""), *((one, one) for one in efforts)],
            value=base.reasoning or "",
            description=say("playground.reasoning"),
        )
        self.others = {"model": other_model, "temperature": other_temperature}
        """What `compare` may name, with what stands in the second column then."""
        self.compare = ipywidgets.Dropdown(
            options=[(nothing, ""), *zip(others, self.others, strict=True)],
            value="",
            description=say("playground.compare"),
        )
        self.dials = [self.model, self.temperature, self.reasoning, self.compare, *self.others.values()]
        """Every widget, as they stand."""
        self.compare.observe(self._show_other, "value")
        self._show_other()

    @property
    def settings(self) -> list[Ask]:
        """What is asked next: one column, or the two that are compared; each has a ``title``."""
        picked = {"model": self.model, "temperature": self.temperature, "reasoning": self.reasoning}
        other = self.others.get(self.compare.value)
        columns = [picked] if other is None else [picked, picked | {self.compare.value: other}]
        return [self._asked(**{name: dial.value for name, dial in column.items()}) for column in columns]

    def _asked(self, model: str, temperature: float, reasoning: str) -> Ask:
        sampling = {**self._base.sampling, "temperature": temperature}
        if temperature == _UNSET:
            del sampling["temperature"]
        return replace(self._base, model=model or None, reasoning=reasoning or None, sampling=sampling)

    def _show_other(self, _change: object = None) -> None:
        for name, widget in self.others.items():
            widget.layout.display = "" if self.compare.value == name else "none"


class Columns:
    """Answers side by side in one output, each painted by a renderer in a thread of its own."""

    def __init__(self, outlet: Outlet, titles: list[str]) -> None:
        self._outlet, self._titles = outlet, titles
        self._bundles: list[Mapping[str, Any]] = [{HTML: "<p>…</p>"} for _ in titles]
        self._lock = threading.Lock()
        self._stopped = False
        self._paint(final=False)

    def stop(self) -> None:
        """Paint nothing from now on: the output is for newer answers."""
        with self._lock:
            self._stopped = True

    def put(self, at: int, bundle: Mapping[str, Any]) -> None:
        """Show a column's new state."""
        with self._lock:
            self._bundles[at] = bundle
            self._paint(final=False)

    def fail(self, at: int, text: str) -> None:
        """Keep for the end, below a column, what went wrong."""
        with self._lock:
            held = self._bundles[at]
            kept = held if MARKDOWN in held else dict.fromkeys((HTML, MARKDOWN, PLAIN), "")
            line = quiet_line(text.replace("\n", " ")) | {PLAIN: text}
            self._bundles[at] = {name: "\n\n".join(filter(None, [kept[name], line[name]])) for name in line}

    def end(self) -> None:
        """Show the form that is stored."""
        with self._lock:
            self._paint(final=all(MARKDOWN in bundle for bundle in self._bundles))

    def _paint(self, *, final: bool) -> None:
        if self._stopped:
            return
        pairs = list(zip(self._titles, self._bundles, strict=True))
        cells = [f"<div><p><strong>{text_html(title)}</strong></p>\n{one[HTML]}</div>" for title, one in pairs]
        html = "\n".join([f'<div style="{GRID}">', *cells, "</div>"])
        if not final:
            self._outlet.show(growing(html))
            return
        # A title is a model's id and numbers, but an id is what somebody typed.
        markdown = "\n\n".join(f"{quiet(title)}\n\n{one[MARKDOWN]}" for title, one in pairs)
        self._outlet.show(forms(html, markdown, "\n\n".join(f"{title}\n{one[PLAIN]}" for title, one in pairs)))


@dataclass(frozen=True)
class Column:
    """One column, with the interface of an outlet."""

    columns: Columns
    at: int

    def show(self, bundle: Mapping[str, Any]) -> None:
        """Show the column's new state."""
        self.columns.put(self.at, bundle)

    def clear(self) -> None:
        """Show nothing in it."""
        self.show(dict.fromkeys((HTML, MARKDOWN, PLAIN), ""))
