"""The tables of flags and of line commands: the one source of parser, help text and completions.

A new flag is a row, a keyword and (unless it is sampling) a field of `Ask` here, and a sentence ``flag.<name>`` in
``texts/``; a new command is a row here and a sentence ``command.<name>``.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import partial
from typing import Any, Literal, TypedDict

from .. import validators
from ..errors import UsageError
from ..texts import say, two_lines

Names = Literal["", "models", "tools", "schemas", "conversations", "images", "variables", "frames", "prompts"]
"""Kinds of names that only the notebook knows, for completion."""

Reader = Callable[[str, Any], Any]
"""Takes a label and the given value, and returns the value read; raises `UsageError`."""


@dataclass(frozen=True)
class Flag:
    """One row of the table."""

    name: str  # long name without its dashes: ``max-tokens``. ``ask()`` takes it as ``max_tokens``
    short: str = ""  # one letter, without its dash
    value: str = ""  # what the help calls the value; empty for a switch
    read: Reader | None = None  # how the value is read; None for a switch
    field: str = ""  # field of `Ask`, when it is not the long name. ``sampling``: it is sent under its keyword
    choices: tuple[str, ...] = ()  # values to offer. Whether others are allowed is for ``read`` to say
    names: Names = ""  # values to offer that only the notebook knows
    repeatable: bool = False
    listed: bool = False  # whether commas separate several values
    default: str = ""  # what the help shows where no setting of this name has one

    @property
    def long(self) -> str:
        """As it is typed: ``--max-tokens``."""
        return f"--{self.name}"

    @property
    def keyword(self) -> str:
        """As Python spells it: ``max_tokens``, and ``as_`` because ``as`` is Python's own word."""
        return "as_" if self.name == "as" else self.name.replace("-", "_")

    @property
    def target(self) -> str:
        """Field of `Ask` that holds the value."""
        return self.field or self.keyword

    @property
    def help(self) -> str:
        """What it does, in the language in force."""
        return say(f"flag.{self.keyword}")


def _param(label: str, given: Any) -> tuple[str, Any]:
    key, equals, text = str(given).partition("=")
    if not equals or not key.strip():
        raise UsageError(*two_lines("value.form", label=label, given=validators.shown(given), example="seed=7"))
    try:
        value = json.loads(text)
        json.dumps(value, allow_nan=False)  # json reads NaN, Infinity and 1e999, which the service would refuse
        return key.strip(), value
    except (ValueError, RecursionError) as error:
        # Nearly always a bare word that was meant as a string: show it as one.
        # Quotes that the line already has, escaped or of the wrong kind, are no part of it.
        bare = text.replace("\\", "").strip().strip("\"'")
        quoted = f"'{key.strip()}={json.dumps(bare, ensure_ascii=False)}'"
        raise UsageError(
            *two_lines("param.json", label=label, given=validators.shown(text), example=validators.shown(quoted, 80))
        ) from error


def _any_word(label: str, given: Any) -> str:
    return validators.words(label, given).strip()


def _list(label: str, given: Any) -> tuple[str, ...]:
    # `a,,b` and `a,` are slips of the pen; only nothing at all is an error.
    names = tuple(filter(None, (name.strip() for name in str(given).split(","))))
    if not names:
        validators.words(label, "")
    return names


def _choice(*choices: str) -> dict[str, Any]:
    return {"value": "|".join(choices), "choices": choices, "read": partial(validators.one_of, choices=choices)}


def _between(low: float, high: float) -> dict[str, Any]:
    return {"value": "N", "read": partial(validators.number, low=low, high=high)}


def _whole(low: int, example: int | None = None) -> dict[str, Any]:
    return {"value": "N", "read": partial(validators.whole, low=low, example=example)}


def _typed(label: str, given: Any) -> str:
    # Stop sequences may be blank ("  "), but not empty.
    return given if isinstance(given, str) and given else validators.words(label, given)


_CALLS = ("auto", "none", "required")

FLAGS: tuple[Flag, ...] = (
    Flag("model", "m", "ID", validators.model_id, names="models"),
    Flag("system", "s", "TEXT", validators.words),
    Flag("as", "", "FILE", _any_word, names="prompts"),
    Flag("conversation", "c", "NAME", _any_word, names="conversations", default="main"),
    Flag("new"),
    Flag("once"),
    Flag("api", **_choice("auto", "responses", "chat")),
    Flag("tools", "", "A,B", _list, names="tools", repeatable=True, listed=True),
    Flag("tool-choice", "", "auto|none|required|NAME", _any_word, "", _CALLS, names="tools", default="auto"),
    Flag("max-rounds", **_whole(0), default="8"),
    Flag("approve", **_choice("ask", "always", "never"), default="ask"),
    Flag("web"),
    Flag("guard"),
    Flag("schema", "", "NAME", _any_word, names="schemas"),
    Flag("image", "i", "SRC", _any_word, "images", names="images", repeatable=True),
    Flag("context", "", "N|all", validators.number_or_all, choices=("all",)),
    Flag("temperature", "t", field="sampling", **_between(0, 2)),
    Flag("top-p", field="sampling", **_between(0, 1)),
    Flag("max-tokens", **_whole(1, 500)),
    Flag("stop", "", "TEXT", _typed, "sampling", repeatable=True),
    Flag("presence-penalty", field="sampling", **_between(-2, 2)),
    Flag("frequency-penalty", field="sampling", **_between(-2, 2)),
    Flag("reasoning", "", "EFFORT", _any_word, choices=("none", "minimal", "low", "medium", "high", "xhigh", "max")),
    Flag("param", "P", "KEY=JSON", _param, "params", repeatable=True),
    Flag("out", "o", "NAME", partial(validators.variable, new=True), names="variables"),
    Flag("code"),
    Flag("raw"),
    Flag("fresh"),
    Flag("dry-run"),
    Flag("no-stream", field="stream"),
    Flag("show", **_choice("auto", "widget", "markdown", "text", "none")),
    Flag("timeout", "", "S", validators.seconds, default="60"),
    Flag("each", "", "FRAME", validators.variable, names="frames"),
    Flag("into", "", "COLUMN", validators.words),
)


@dataclass(frozen=True)
class Ask:
    """One ask as typed. ``None``, ``()`` and ``False`` mean: not given; settings and the asking layer fill it."""

    prompt: str = ""  # as typed; ``{{ expressions }}`` are still in it
    model: str | None = None
    system: str | None = None
    as_: str | None = None  # name of the prompt file, as typed
    conversation: str | None = None
    new: bool = False
    once: bool = False
    api: str | None = None
    tools: tuple[Any, ...] = ()  # names as typed; from Python also the functions themselves
    tool_choice: str | None = None
    max_rounds: int | None = None
    approve: str | None = None
    web: bool = False
    guard: bool = False
    schema: Any = None  # a name as typed; from Python also the type itself
    images: tuple[Any, ...] = ()  # paths, URLs or names as typed; from Python also the images themselves
    context: int | str | None = None  # how many cells of the notebook are sent along, or ``all``
    sampling: Mapping[str, Any] = field(default_factory=dict)  # by keyword, only what was given: ``temperature`` ...
    max_tokens: int | None = None
    reasoning: str | None = None
    params: Mapping[str, Any] = field(default_factory=dict)  # other request fields, parsed from JSON
    out: str | None = None
    code: bool = False
    raw: bool = False
    fresh: bool = False
    dry_run: bool = False
    stream: bool = True  # False for ``--no-stream``
    show: str | None = None
    timeout: float | None = None  # longest wait for the next byte, in seconds
    each: str | None = None
    into: str | None = None

    @property
    def title(self) -> str:
        """What stands above its answer where it is compared with another."""
        heat = f"temperature {self.sampling['temperature']:g}" if "temperature" in self.sampling else None
        return " · ".join(filter(None, (self.model, heat, self.reasoning and f"reasoning {self.reasoning}")))


class TurnFlags(TypedDict, total=False):
    """The flags that every way to ask from Python takes, by their keywords; `public.py` adds those of some ways."""

    model: str | None
    system: str | None
    as_: str | None
    api: Literal["auto", "responses", "chat"] | None
    tools: Any
    tool_choice: str | None
    web: bool
    guard: bool
    max_rounds: int | None
    approve: Literal["ask", "always", "never"] | None
    image: Any
    temperature: float | None
    top_p: float | None
    max_tokens: int | None
    stop: str | list[str] | None
    presence_penalty: float | None
    frequency_penalty: float | None
    reasoning: str | None
    param: dict[str, Any] | None
    raw: bool
    fresh: bool
    stream: bool
    timeout: float | None


LONG: dict[str, Flag] = {flag.long: flag for flag in FLAGS}
SHORT: dict[str, Flag] = {f"-{flag.short}": flag for flag in FLAGS if flag.short}

Word = Literal["", "models", "tools", "conversations", "topics", "switches", "files", "records", "mcp", "servers"]
"""What a word stands for, for completion."""


@dataclass(frozen=True)
class CommandForm:
    """How one line command is written."""

    name: str
    synopsis: str = ""  # what follows the name
    least: int = 0  # fewest words
    most: int = 0  # most words; -1 for any number
    words: tuple[Word, ...] = ()  # what each word stands for
    options: tuple[Flag, ...] = ()  # of this command alone; most name no field of `Ask`
    verbatim: bool = False  # what begins with ``-`` is a word like any other: flags of a program
    flags: bool = False  # takes the cell magic's flags, then text to the end of the line
    text: Literal["required", "optional", "none"] = "none"  # the text after the flags

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
        CommandForm("load", "FILE [--force]", least=1, most=1, words=("records",), options=_FORCE),
        CommandForm("usage", "[--reset]", options=(Flag("reset"),)),
        CommandForm("explain", "[flags] [QUESTION]", flags=True, text="optional"),
        CommandForm("fix", "[flags] [WORDS]", flags=True, text="optional"),
        CommandForm("record", "FILE", least=1, most=1, words=("records",)),
        CommandForm("replay", "FILE [--else demo]", least=1, most=1, words=("records",), options=_ELSE),
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
