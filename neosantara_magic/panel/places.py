"""Where a panel stands in the notebook, so that the file holds the conversation and nothing that is dead.

Not for: what is shown there (``turns.py``, ``mount.js``).

A notebook that stores a widget without its state shows "Error displaying widget" when it is opened again, and one that
stores the state shows a panel that answers nobody. So in JupyterLab and Notebook 7 the only stored output is the
static conversation. The widget is not displayed at all: its model finds that output by a class name and stands in
front of it while the kernel lives. Reloading the page brings the panel back; closing the kernel leaves the text.

Front ends that open no model without a view (VS Code, Colab) get two outputs: the widget, and the conversation below.
"""

from __future__ import annotations

from collections.abc import Mapping

from ..ipython.notebook import Notebook
from ..texts import say


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
