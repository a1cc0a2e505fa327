"""The colours of cells that ask: Markdown in JupyterLab 4 and Notebook 7.

The widget that tells the editors is never displayed: its model alone reaches the notebook.
"""

from __future__ import annotations

from pathlib import Path

import anywidget


class PromptColours(anywidget.AnyWidget):
    """Colours the prompts of the notebook until it is closed."""

    _esm = (Path(__file__).parent / "colours.js").read_text("utf-8")
