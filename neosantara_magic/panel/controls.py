"""Controls: ipywidgets that fit a narrow cell and keep their keys from the notebook; the buttons Run and Refuse.

Not for: what a change does (``playground.py``), or a decision (``mcp/serving.py``).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import suppress
from html import escape
from pathlib import Path
from typing import Any

import anywidget
import ipywidgets
import traitlets

from ..errors import UsageError
from ..messages import ToolCall
from ..render.widget import PAGE, joined
from ..texts import say, two_lines
from ..tools.approval import Decision
from ..tools.question import question
from ..validators import shown


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
