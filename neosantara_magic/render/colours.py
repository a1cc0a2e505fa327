"""The colours of cells that ask: Markdown in JupyterLab 4 and Notebook 7.

For: the widget that tells the editors. It is never displayed: its model alone reaches the notebook.
Not for: when there is one (``magic.py``), or code in an answer (``highlight.py``).
"""

from __future__ import annotations

from pathlib import Path

import anywidget


class PromptColours(anywidget.AnyWidget):
    """Colours the prompts of the notebook until it is closed."""

    _esm = (Path(__file__).parent / "colours.js").read_text("utf-8")
