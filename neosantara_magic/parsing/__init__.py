"""The grammar of ``%%neosantara`` and ``%neosantara``: `Ask`, `Command`, help and completions, all from two tables.

Names of tools, models and variables are only names here.
"""

from __future__ import annotations

from .asks import Ask, ask_from_keywords
from .complete import complete
from .flags import COMMANDS, FLAGS, CommandForm, Flag
from .help import help_text
from .keywords import speaking_keywords
from .parse import Command, parse_cell, parse_line

__all__ = [
    "COMMANDS",
    "FLAGS",
    "Ask",
    "Command",
    "CommandForm",
    "Flag",
    "ask_from_keywords",
    "complete",
    "help_text",
    "parse_cell",
    "parse_line",
    "speaking_keywords",
]
