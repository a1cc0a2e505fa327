"""Controls: ipywidgets that fit a narrow cell and keep their keys from the notebook; the buttons Run and Refuse.

`Dials` are the playground's controls of any ask; what its prompt leaves open has a `picker` each.

Not for: what a change does (``playground.py``), or a decision (``mcp/serving.py``).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
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
from ..parsing import Ask
from ..render.widget import PAGE, joined
from ..texts import say, two_lines
from ..tools.approval import Decision, question
from ..validators import shown

_EFFORTS = ("none", "minimal", "low", "medium", "high")
_UNSET = -1.0
"""The slider's value for "not given"; the list's is "". ipywidgets takes None for "nothing is selected"."""


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


@dataclass(frozen=True)
class Settings:
    """The settings of one column."""

    model: str
    temperature: float | None
    reasoning: str | None

    @property
    def title(self) -> str:
        """The title above the column."""
        parts = [self.model]
        if self.temperature is not None:
            parts.append(f"temperature {self.temperature:g}")
        if self.reasoning is not None:
            parts.append(f"reasoning {self.reasoning}")
        return " · ".join(parts)


class Dials:
    """The controls of any prompt. They stand at the flags of ``base`` first; ``known`` are models to pick from."""

    def __init__(self, base: Ask, known: list[str]) -> None:
        default = say("playground.default")
        tenths = {tenth / 10 for tenth in range(21)} | {one for one in [base.temperature] if one is not None}
        heat = [(default, _UNSET), *((f"{one:g}", one) for one in sorted(tenths))]
        efforts = dict.fromkeys([*_EFFORTS, *filter(None, [base.reasoning])])
        self.model = ipywidgets.Combobox(value=base.model or known[0], options=known, description=say("panel.model"))
        self.temperature = _slider(heat, _UNSET if base.temperature is None else base.temperature)
        self.reasoning = ipywidgets.Dropdown(
            options=[(default, ""), *((one, one) for one in efforts)],
            value=base.reasoning or "",
            description=say("playground.reasoning"),
        )
        self.compare = ipywidgets.Dropdown(
            options=[
                (say("playground.nothing"), ""),
                (say("playground.other_model"), "model"),
                (say("playground.other_temperature"), "temperature"),
            ],
            value="",
            description=say("playground.compare"),
        )
        self.other_model = ipywidgets.Combobox(value=known[-1], options=known, description=say("panel.model"))
        self.other_temperature = _slider(heat, 1.0)
        self.compare.observe(self._show_other, "value")
        self._show_other()

    @property
    def all(self) -> list[Any]:
        """Every widget, as they stand."""
        dials = [self.model, self.temperature, self.reasoning]
        return [*dials, self.compare, self.other_model, self.other_temperature]

    @property
    def settings(self) -> list[Settings]:
        """The settings that the next ask compares: one column, or two."""
        one = Settings(self.model.value, _given(self.temperature.value), self.reasoning.value or None)
        if self.compare.value == "model":
            return [one, replace(one, model=self.other_model.value)]
        if self.compare.value == "temperature":
            return [one, replace(one, temperature=_given(self.other_temperature.value))]
        return [one]

    def _show_other(self, _change: object = None) -> None:
        for name, widget in (("model", self.other_model), ("temperature", self.other_temperature)):
            widget.layout.display = "" if self.compare.value == name else "none"


def _slider(options: list[tuple[str, float]], value: float) -> ipywidgets.SelectionSlider:
    return ipywidgets.SelectionSlider(
        options=options, value=value, description=say("playground.temperature"), continuous_update=False
    )


def _given(temperature: float) -> float | None:
    return None if temperature == _UNSET else temperature
