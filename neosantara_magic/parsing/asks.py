"""Ask: the prompt and the flags of one ask, and the rules between two flags.

A field that is None was not given; settings and the asking layer fill it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from .. import validators
from ..errors import UsageError
from ..texts import two_lines
from .flags import FLAGS, Flag


@dataclass(frozen=True)
class Ask:
    """One ask as typed. ``None``, ``()`` and ``False`` mean: not given."""

    prompt: str = ""
    """As typed; ``{{ expressions }}`` are still in it."""
    model: str | None = None
    system: str | None = None
    as_: str | None = None
    """Name of the prompt file, as typed."""
    conversation: str | None = None
    new: bool = False
    once: bool = False
    api: str | None = None
    tools: tuple[Any, ...] = ()
    """Names as typed; from Python also the functions themselves."""
    tool_choice: str | None = None
    max_rounds: int | None = None
    approve: str | None = None
    web: bool = False
    guard: bool = False
    schema: Any = None
    """A name as typed; from Python also the type itself."""
    images: tuple[Any, ...] = ()
    """Paths, URLs or names as typed; from Python also the images themselves."""
    context: int | str | None = None
    """How many cells of the notebook are sent along, or ``all``."""
    temperature: float | None = None
    top_p: float | None = None
    max_tokens: int | None = None
    stop: tuple[str, ...] = ()
    presence_penalty: float | None = None
    frequency_penalty: float | None = None
    reasoning: str | None = None
    params: Mapping[str, Any] = field(default_factory=dict)
    """Other request fields, parsed from JSON."""
    out: str | None = None
    code: bool = False
    raw: bool = False
    fresh: bool = False
    dry_run: bool = False
    stream: bool = True
    """False for ``--no-stream``."""
    show: str | None = None
    timeout: float | None = None
    """Longest wait for the next byte, in seconds."""
    each: str | None = None
    into: str | None = None


_OBJECTS = frozenset({"tools", "schema", "image"})
"""Flags that take a Python object too (a function, a type, an image), which needs no reading."""


class Given:
    """Collects the values of flags for an `Ask`."""

    def __init__(self) -> None:
        self._fields: dict[str, Any] = {}
        self._params: dict[str, Any] = {}

    def add(self, flag: Flag, given: Any = None) -> None:
        """Read one value of ``flag`` and keep it. Raises UsageError: a bad value, or one too many."""
        if flag.read is None:
            # The only switch whose field says the opposite of its name.
            self._fields.update({"stream": False} if flag.name == "no-stream" else {flag.target: True})
            return
        typed = isinstance(given, str) or flag.name not in _OBJECTS
        read = flag.read(flag.long, given) if typed else given
        if flag.target == "params":
            self.add_param(flag, *read)
        elif flag.repeatable:
            before = self._fields.get(flag.target, ())
            self._fields[flag.target] = (*before, *(read if flag.listed and typed else (read,)))
        elif flag.target in self._fields:
            raise UsageError(*two_lines("flag.twice", given=flag.long))
        else:
            self._fields[flag.target] = read

    def add_param(self, flag: Flag, key: str, value: Any) -> None:
        """Keep a request field. Raises UsageError: JSON cannot carry its value, or there is one of that name."""
        if not validators.is_json(value):
            kind = type(value).__name__
            raise UsageError(*two_lines("param.value", key=validators.shown(key), kind=kind))
        if key in self._params:
            raise UsageError(*two_lines("flag.twice", given=validators.shown(f"{flag.long} {key}")))
        self._params[key] = value

    def ask(self, prompt: str = "") -> Ask:
        """Return the `Ask`. Raises UsageError: two flags contradict each other, or one lacks the other."""
        ask = Ask(prompt=prompt, params=self._params, **self._fields)
        _check(ask)
        return ask


def _check(ask: Ask) -> None:
    names = [name for name in ask.tools if isinstance(name, str)]
    doubled = next((name for name in names if names.count(name) > 1), None)
    chosen = ask.tool_choice not in (None, "auto", "none")
    count = ask.params.get("n")
    for wrong, key, given, lacking in (
        (ask.new and ask.once, "flags.contradict", "--new, --once", ""),
        (doubled, "flag.twice", f"--tools {doubled}", ""),
        (chosen and not ask.tools, "flags.lacking", f"--tool-choice {ask.tool_choice}", "--tools"),
        (ask.web and ask.api == "chat", "flags.contradict", "--web, --api chat", ""),
        (isinstance(count, int | float) and count > 1, "param.n", count, ""),
        (ask.each and not ask.into, "flags.lacking", f"--each {ask.each}", "--into"),
        (ask.each and ask.context, "flags.contradict", "--each, --context", ""),
        (ask.into and not ask.each, "flags.lacking", f"--into {ask.into}", "--each"),
    ):
        if wrong:
            raise UsageError(*two_lines(key, given=validators.shown(given), lacking=lacking))


_BY_KEYWORD: dict[str, Flag] = {flag.keyword: flag for flag in FLAGS}


def ask_from_keywords(prompt: str, keywords: Mapping[str, Any], caller: str = "ask") -> Ask:
    """Build an `Ask` from the flags' long names as Python keywords of the function ``caller``.

    Values are read as the magic reads them, so both refuse the same things. ``tools``, ``schema`` and ``image`` also
    take objects, repeatable flags a list, ``param`` a dict of Python values.
    Raises UsageError: a keyword that is no flag, a bad value, a blank prompt, or flags that contradict each other.
    """
    given = Given()
    spelled = dict(keywords)
    if "stream" in spelled:
        spelled["no_stream"] = not validators.switch("stream=", spelled.pop("stream"))
    for name, value in spelled.items():
        flag = _BY_KEYWORD.get(name)
        if flag is None:
            near = validators.nearest_or_begun(name, [*_BY_KEYWORD, "stream"])
            what = {"caller": caller, "name": validators.shown(name)}
            raise UsageError(*two_lines("keyword.unknown", **what, meant=near and f"{near}="))
        if value is not None:
            _add_object(given, flag, value)
    validators.words(f"{caller}()", prompt)
    return given.ask(prompt)


def _add_object(given: Given, flag: Flag, value: Any) -> None:
    if flag.read is None:
        if validators.switch(f"{flag.keyword}=", value):
            given.add(flag)
    elif flag.target == "params":
        if not isinstance(value, Mapping):
            told = {"given": validators.shown(value), "example": '{"seed": 7}'}
            raise UsageError(*two_lines("value.form", label="param=", **told))
        for key, one in value.items():
            given.add_param(flag, str(key), one)
    else:
        for one in value if flag.repeatable and isinstance(value, list | tuple) else [value]:
            given.add(flag, one)
