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
        read = flag.read(flag.long, given)
        if flag.target == "params":
            self._add_param(flag, *read)
        elif flag.repeatable:
            before = self._fields.get(flag.target, ())
            self._fields[flag.target] = (*before, *(read if flag.listed else (read,)))
        elif flag.target in self._fields:
            raise UsageError(*two_lines("flag.twice", flag=flag.long, given=validators.shown(given)))
        else:
            self._fields[flag.target] = read

    def keep(self, flag: Flag, value: Any) -> None:
        """Keep a Python object (a function, a type, an image), which needs no reading."""
        before = self._fields.get(flag.target, ())
        self._fields[flag.target] = (*before, value) if flag.repeatable else value

    def keep_params(self, flag: Flag, fields: Mapping[str, Any]) -> None:
        """Keep request fields that are Python values. Raises UsageError: JSON cannot carry one of them."""
        for key, value in fields.items():
            if not validators.is_json(value):
                kind = type(value).__name__
                raise UsageError(*two_lines("param.value", key=validators.shown(key), kind=kind))
            self._add_param(flag, str(key), value)

    def ask(self, prompt: str = "") -> Ask:
        """Return the `Ask`. Raises UsageError: two flags contradict each other, or one lacks the other."""
        ask = Ask(prompt=prompt, params=self._params, **self._fields)
        _check(ask)
        return ask

    def _add_param(self, flag: Flag, key: str, value: Any) -> None:
        if key in self._params:
            raise UsageError(*two_lines("flag.twice", flag=f"{flag.long} {key}", given=validators.shown(value)))
        self._params[key] = value


def _check(ask: Ask) -> None:
    names = [name for name in ask.tools if isinstance(name, str)]
    doubled = next((name for name in names if names.count(name) > 1), None)
    without_tools = ask.tool_choice not in (None, "auto", "none") and not ask.tools
    count = ask.params.get("n")
    for wrong, key, told in (
        (ask.new and ask.once, "flags.new_once", None),
        (doubled, "flags.tool_twice", doubled),
        (without_tools, "flags.choice_without_tools", ask.tool_choice),
        (ask.web and ask.api == "chat", "flags.web_chat", None),
        (isinstance(count, int | float) and count > 1, "param.n", count),
        (ask.each and not ask.into, "flags.each_without_into", ask.each),
        (ask.each and ask.context, "flags.each_context", None),
        (ask.into and not ask.each, "flags.into_without_each", ask.into),
    ):
        if wrong:
            raise UsageError(*two_lines(key, given=validators.shown(told)))


_BY_KEYWORD: dict[str, Flag] = {flag.keyword: flag for flag in FLAGS}
_OBJECTS = frozenset({"tools", "schema", "image"})


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
    if not isinstance(prompt, str):
        raise UsageError(*two_lines("prompt.not_text", kind=type(prompt).__name__))
    if not prompt.strip():
        raise UsageError(*two_lines("prompt.blank_python", caller=caller))
    return given.ask(prompt)


def _add_object(given: Given, flag: Flag, value: Any) -> None:
    if flag.read is None:
        if validators.switch(f"{flag.keyword}=", value):
            given.add(flag)
    elif flag.target == "params":
        if not isinstance(value, Mapping):
            raise UsageError(*two_lines("param.dict", given=validators.shown(value)))
        given.keep_params(flag, value)
    else:
        for one in value if flag.repeatable and isinstance(value, list | tuple) else [value]:
            if flag.name in _OBJECTS and not isinstance(one, str):
                given.keep(flag, one)
            else:
                given.add(flag, one)
