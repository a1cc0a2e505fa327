"""The second engine: Python-Markdown, for courses whose site is built with it. Raw HTML passes through here.

It knows no block structure, so a stream renders its whole text again (``blocks.py`` does that).
"""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress

import markdown

from ..texts import say
from .markdown import parser

# Without a choice of the user's: what models write, fenced code and tables, works.
DEFAULT_EXTENSIONS = ("fenced_code", "tables", "sane_lists")

LONGEST = 20_000
"""Characters between two blank lines; Python-Markdown needs minutes for a line that is ten times as long."""
MOST_BRACKETS = 1_000
"""Opening brackets between two blank lines; each is looked at together with all that follow."""


class PythonMarkdown:
    """Python-Markdown with its extensions."""

    def __init__(self, extensions: Sequence[str] = ()) -> None:
        """Load the extensions. Raises ImportError: An extension is not installed, or its name is wrong."""
        chosen = list(extensions or DEFAULT_EXTENSIONS)
        # Pygments' own spans would not survive the sanitiser; left to us, code is highlighted after it.
        plain = {"use_pygments": False}
        configuration = {name: plain for name in chosen if name.rpartition(".")[2] == "codehilite"}
        self._markdown = markdown.Markdown(extensions=chosen, extension_configs=configuration)

    def render(self, text: str) -> str:
        """Return the HTML of a whole text; each call starts from a clean slate.

        What Python-Markdown would take minutes for, or is nested deeper than it can follow, is read as CommonMark.
        """
        if not any(len(block) > LONGEST or block.count("[") > MOST_BRACKETS for block in text.split("\n\n")):
            with suppress(RecursionError):
                return self._markdown.reset().convert(text)
        return f"<p><em>{say('answer.engine_limit')}</em></p>\n{parser().render(text)}"
