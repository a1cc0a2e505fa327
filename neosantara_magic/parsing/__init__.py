"""The grammar of ``%%neosantara`` and ``%neosantara``: `Ask`, `Command`, help and completions, all from two tables.

Names of tools, models and variables are only names here.
"""

from __future__ import annotations

from .asks import Ask, ask_from_keywords, speaking_keywords
from .flags import COMMANDS, FLAGS
from .help import complete, help_text
from .parse import Command, parse_cell, parse_line

__all__ = [
    "COMMANDS",
    "FLAGS",
    "Ask",
    "Command",
    "ask_from_keywords",
    "complete",
    "help_text",
    "parse_cell",
    "parse_line",
    "speaking_keywords",
]
