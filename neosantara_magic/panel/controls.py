"""The playground's controls: ipywidgets that fit a narrow cell, and keep their keys from the notebook.

Not for: what a change does (``playground.py``).
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any

import anywidget
import ipywidgets
import traitlets

from ..errors import UsageError
from ..texts import two_lines
from ..validators import shown

_ESM = Path(__file__).with_suffix(".js")


class Keyboard(anywidget.AnyWidget):
    """An invisible widget: it gives the controls around it their keys, and the sliders names (``controls.js``)."""

    _esm = traitlets.Unicode().tag(sync=True)

    @traitlets.default("_esm")
    def _its_esm(self) -> str:
        return _ESM.read_text("utf-8")


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


def rows(lines: Iterable[Sequence[Any]]) -> ipywidgets.VBox:
    """Return the controls in lines; a line that is too long for the cell wraps."""
    boxes = []
    for line in lines:
        for widget in line:
            widget.layout.max_width = "100%"
            if hasattr(widget.style, "description_width"):
                widget.style.description_width = "initial"
        boxes.append(ipywidgets.HBox(list(line), layout=ipywidgets.Layout(flex_flow="row wrap")))
    return ipywidgets.VBox([*boxes, Keyboard(layout=ipywidgets.Layout(height="0", margin="0"))])
