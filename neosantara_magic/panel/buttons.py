"""The question about a call of an agent outside, with buttons.

For: what stands in the output of a serving cell until the user has decided.
Not for: what the decision does (``mcp/serving.py``), or the chat panel's questions (``panel.js``).
"""

from __future__ import annotations

from html import escape
from typing import TYPE_CHECKING, Any

from ..texts import say
from ..tools.approval import Decision
from ..tools.question import question

if TYPE_CHECKING:
    from collections.abc import Callable

    from ..messages import ToolCall


def buttons(
    call: ToolCall, above: str, decided: Callable[[Decision], None]
) -> tuple[dict[str, Any], Callable[[], None]]:
    """Return the display of Run and Refuse, below safe HTML, and what closes them."""
    import ipywidgets  # noqa: PLC0415  (only where a call waits)

    asked = question(call)
    run, no = (ipywidgets.Button(description=say(key)) for key in ("panel.run", "panel.refuse"))
    run.on_click(lambda _button: decided(Decision.RUN))
    no.on_click(lambda _button: decided(Decision.REFUSE))
    text, row = ipywidgets.HTML(f"{above}\n<pre>{escape(asked)}</pre>"), ipywidgets.HBox([run, no])
    box = ipywidgets.VBox([text, row])

    def close() -> None:
        for widget in (box, row, text, run, no):
            for one in (getattr(widget, "style", None), widget.layout, widget):
                if one is not None:
                    one.close()

    view = {"version_major": 2, "version_minor": 0, "model_id": box.model_id}
    return {"application/vnd.jupyter.widget-view+json": view, "text/plain": asked}, close
