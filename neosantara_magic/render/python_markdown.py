"""The second engine: Python-Markdown, for courses whose site is built with it.

For: the same dialect and extensions in the notebook as on that site.
Not for: safety (``html.py`` sanitises what comes out; raw HTML passes through here) and not for speed:
it knows no block structure, so a stream renders its whole text again (``blocks.py`` does that).
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import markdown

# Without a choice of the user's: what models write, fenced code and tables, works.
DEFAULT_EXTENSIONS = ("fenced_code", "tables", "sane_lists")

# Pygments' own spans would not survive the sanitiser; left to us, code is highlighted after it.
_CONFIGURATION: dict[str, dict[str, Any]] = {"codehilite": {"use_pygments": False}}


class PythonMarkdown:
    """Python-Markdown with its extensions."""

    name = "python-markdown"

    def __init__(self, extensions: Sequence[str] = ()) -> None:
        """Load the extensions.

        Raises:
            ImportError: An extension is not installed, or its name is wrong.
        """
        chosen = list(extensions or DEFAULT_EXTENSIONS)
        configuration = {name: _CONFIGURATION[name.rpartition(".")[2]] for name in chosen if _known(name)}
        self._markdown = markdown.Markdown(extensions=chosen, extension_configs=configuration)

    def render(self, text: str) -> str:
        """Return the HTML of a whole text; each call starts from a clean slate."""
        return self._markdown.reset().convert(text)


def _known(name: str) -> bool:
    return name.rpartition(".")[2] in _CONFIGURATION
