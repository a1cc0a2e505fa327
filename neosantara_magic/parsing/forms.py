"""The table of line commands, with their words and options: the one source of parser, help and completions.

A new command is a row here and a sentence ``command.<name>`` in ``texts/``.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from typing import Literal

from .. import validators
from ..texts import say
from .flags import Flag

Word = Literal["", "models", "tools", "conversations", "topics", "switches", "files", "mcp", "servers"]
"""What a word stands for, for completion."""


@dataclass(frozen=True)
class CommandForm:
    """How one line command is written."""

    name: str
    synopsis: str = ""
    """What follows the name."""
    least: int = 0
    """Fewest words."""
    most: int = 0
    """Most words; -1 for any number."""
    words: tuple[Word, ...] = ()
    """What each word stands for."""
    options: tuple[Flag, ...] = ()
    """Of this command alone; most name no field of `Ask`."""
    verbatim: bool = False
    """What begins with ``-`` is a word like any other: flags of a program."""
    flags: bool = False
    """Takes the cell magic's flags, then text to the end of the line."""
    text: Literal["required", "optional", "none"] = "none"
    """The text after the flags."""

    @property
    def usage(self) -> str:
        """The whole command as it is typed."""
        return f"%neosantara {self.name} {self.synopsis}".rstrip()

    @property
    def help(self) -> str:
        """What it does, in the language in force."""
        return say(f"command.{self.name}")


_AT = (Flag("at", "", "N", partial(validators.whole, low=1)),)
_FORCE = (Flag("force"),)
_SAVE = (Flag("all"), *_FORCE)
_ELSE = (Flag("else", "", "demo", partial(validators.one_of, choices=("demo",))),)

COMMANDS: dict[str, CommandForm] = {
    form.name: form
    for form in (
        CommandForm("ask", "[flags] PROMPT", flags=True, text="required"),
        CommandForm("status"),
        CommandForm("help", "[TOPIC]", most=1, words=("topics",)),
        CommandForm("models", "[FILTER]", most=-1, words=("models",)),
        CommandForm("tools", "[NAME]", most=1, words=("tools",)),
        CommandForm("prompts"),
        CommandForm("conversations"),
        CommandForm("history", "[NAME]", most=1, words=("conversations",)),
        CommandForm("fork", "NEW [NAME] [--at N]", least=1, most=2, words=("", "conversations"), options=_AT),
        CommandForm("undo", "[N] [NAME]", most=1, words=("conversations",)),
        CommandForm("new", "[NAME]", most=1, words=("conversations",)),
        CommandForm(
            "save", "FILE [NAME|--all] [--force]", least=1, most=2, words=("files", "conversations"), options=_SAVE
        ),
        CommandForm("load", "FILE [--force]", least=1, most=1, words=("files",), options=_FORCE),
        CommandForm("usage", "[--reset]", options=(Flag("reset"),)),
        CommandForm("explain", "[flags] [QUESTION]", flags=True, text="optional"),
        CommandForm("fix", "[flags] [WORDS]", flags=True, text="optional"),
        CommandForm("record", "FILE", least=1, most=1, words=("files",)),
        CommandForm("replay", "FILE [--else demo]", least=1, most=1, words=("files",), options=_ELSE),
        CommandForm("live"),
        CommandForm("demo", "on|off", least=1, most=1, words=("switches",)),
        CommandForm(
            "mcp",
            "[add NAME COMMAND…|URL, remove NAME, log NAME]",
            most=-1,
            words=("mcp", "servers", ""),
            options=(Flag("env", "", "VARIABLE"), Flag("header", "", "NAME=VARIABLE")),
            verbatim=True,
        ),
        CommandForm("key", "[--store|--forget]", options=(Flag("store"), Flag("forget"))),
        CommandForm("chat", "[flags]", flags=True),
        CommandForm(
            "serve",
            "FUNCTIONS|off [--port N] [--timeout S]",
            least=1,
            most=-1,
            words=("tools",),
            options=(Flag("port", "", "N", validators.whole), Flag("timeout", "", "S", validators.seconds)),
        ),
    )
}
