"""A question about a call of an agent outside, with buttons.

For: what stands in the output of a serving cell until the user has decided.
Not for: what the decision does (``mcp/serving.py``), or the questions of the chat panel (``panel.js``).
"""

from __future__ import annotations

from html import escape
from typing import TYPE_CHECKING, Any

import ipywidgets

from ..texts import say
from ..tools.approval import Decision
from ..tools.question import question

if TYPE_CHECKING:
    from collections.abc import Callable

    from ..messages import ToolCall


class Buttons:
    """Run or refuse, below the calls so far.

    Args:
        call: What the agent wants to run.
        above: Safe HTML of the calls so far.
        decided: Called with the decision.
    """

    def __init__(self, call: ToolCall, above: str, decided: Callable[[Decision], None]) -> None:
        asked = question(call)
        buttons = []
        for key, decision in (("panel.run", Decision.RUN), ("panel.refuse", Decision.REFUSE)):
            button = ipywidgets.Button(description=say(key))
            button.on_click(lambda _button, decision=decision: decided(decision))
            buttons.append(button)
        self._box = ipywidgets.VBox([ipywidgets.HTML(f"{above}\n<pre>{escape(asked)}</pre>"), ipywidgets.HBox(buttons)])
        view = {"version_major": 2, "version_minor": 0, "model_id": self._box.model_id}
        self.bundle: dict[str, Any] = {"application/vnd.jupyter.widget-view+json": view, "text/plain": asked}

    def close(self) -> None:
        """Take it away."""
        _close(self._box)


def _close(widget: Any) -> None:
    for child in getattr(widget, "children", ()):
        _close(child)
    for part in (widget.layout, getattr(widget, "style", None), widget):
        if part is not None:
            part.close()
