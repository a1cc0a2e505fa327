"""Building an `Ask` out of flags or Python keywords, and the rules between two flags.

`ask()` and `ask_many()` take the flags' long names as keywords, so an error names what its reader wrote: Python callers
keywords, and a script no magics.
"""

from __future__ import annotations

import re
from collections.abc import Container, Iterable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from .. import validators
from ..errors import NeosantaraError, UsageError
from ..ipython.notebook import running_notebook
from ..texts import for_script, two_lines
from .flags import FLAGS, LONG, SHORT, Ask, Flag

_OBJECTS = frozenset({"tools", "schema", "image"})
"""Flags that take a Python object too (a function, a type, an image), which needs no reading."""


class Given:
    """Collects the values of flags for an `Ask`: its ``fields``."""

    def __init__(self) -> None:
        self.fields: dict[str, Any] = {"sampling": {}, "params": {}}

    def add(self, flag: Flag, given: Any = None, label: str = "") -> None:
        """Read one value of ``flag`` and keep it. Raises UsageError: a bad value, or one too many."""
        kept, name = self.fields, flag.target
        if name == "sampling":
            kept, name = kept[name], flag.keyword
        if flag.read is None:
            kept[name] = name != "stream"  # the only switch whose field says the opposite: --no-stream
            return
        typed = isinstance(given, str) or flag.name not in _OBJECTS
        read = flag.read(label or flag.long, given) if typed else given
        if name == "params":
            self.add_param(flag, *read)
        elif flag.repeatable:
            kept[name] = (*kept.get(name, ()), *(read if flag.listed and typed else (read,)))
        elif name in kept:
            raise UsageError(*two_lines("flag.twice", given=flag.long))
        else:
            kept[name] = read

    def add_param(self, flag: Flag, key: str, value: Any) -> None:
        """Keep a request field. Raises UsageError: JSON cannot carry its value, or there is one of that name."""
        if not validators.is_json(value):
            kind = type(value).__name__
            raise UsageError(*two_lines("param.value", key=validators.shown(key), kind=kind))
        if key in self.fields["params"]:
            raise UsageError(*two_lines("flag.twice", given=validators.shown(f"{flag.long} {key}")))
        self.fields["params"][key] = value

    def ask(self, prompt: str = "") -> Ask:
        """Return the `Ask`. Raises UsageError: two flags contradict each other, or one lacks the other."""
        ask = Ask(prompt=prompt, **self.fields)
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
        (ask.into and not ask.each, "flags.lacking", f"--into {ask.into}", "--each"),
    ):
        if wrong:
            raise UsageError(*two_lines(key, given=validators.shown(given), lacking=lacking))


_BY_KEYWORD: dict[str, Flag] = {flag.keyword: flag for flag in FLAGS} | {"stream": LONG["--no-stream"]}


def ask_from_keywords(
    prompt: str,
    keywords: Mapping[str, Any],
    caller: str = "ask",
    takes: Container[str] = _BY_KEYWORD,
    own: Iterable[str] = (),
) -> Ask:
    """Build an `Ask` from the flags' long names as Python keywords of the function ``caller``.

    Values are read as the magic reads them, so both refuse the same things. ``tools``, ``schema`` and ``image`` also
    take objects, repeatable flags a list, ``param`` a dict of Python values. ``own`` are other keywords of ``caller``.
    Raises UsageError: a keyword that ``caller`` does not take, a bad value, a blank prompt, contradicting flags.
    """
    given = Given()
    for name, value in keywords.items():
        flag = _BY_KEYWORD.get(name)
        if flag is None:
            near = validators.nearest_or_begun(name, [*own, *_BY_KEYWORD])
            what = {"caller": caller, "name": validators.shown(name)}
            raise UsageError(*two_lines("keyword.unknown", **what, meant=near and f"{near}="))
        if name not in takes and name != "no_stream":
            raise UsageError(*two_lines("flag.unfit", caller=f"{caller}()", flag=f"{name}="))
        if value is not None:
            _add_object(given, flag, name, value)
    validators.words(f"{caller}()", prompt)
    return given.ask(prompt)


def refuse_others(asked: Ask, caller: str, takes: frozenset[str]) -> None:
    """Raise UsageError: a flag was given whose keyword is not among those that ``caller`` takes."""
    for one in FLAGS:
        if takes.isdisjoint((one.keyword, one.target)) and getattr(asked, one.target):
            raise UsageError(*two_lines("flag.unfit", caller=caller, flag=f"-{one.short}" if one.short else one.long))


def _add_object(given: Given, flag: Flag, name: str, value: Any) -> None:
    if flag.read is None:
        if validators.switch(f"{name}=", value) is not (name == "stream"):  # stream=False is --no-stream
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


_FLAG = re.compile(
    r"""
    "[^"]*"                                # a text of the user's is quoted, and stays
    | (?<![\w-]) (?P<flag> --[a-z][a-z-]*[a-z] | -[a-zA-Z] ) (?![\w-])
      (?: [ ] (?P<value> -?\d[\d.]*(?!\w) | _(?!\w) | (?=["']) | [a-z]+\b ) )?
    """,
    re.VERBOSE,
)


def as_keywords(sentence: str) -> str:
    """Return a sentence with its flags spelled as Python keywords, and the values after them as Python writes them."""
    return _FLAG.sub(_spelled, sentence)


def _spelled(match: re.Match[str]) -> str:
    flag = LONG.get(match["flag"] or "") or SHORT.get(match["flag"] or "")
    if flag is None:
        return match[0]
    word = match["value"]
    if word == "_" or word in flag.choices:
        return f'{flag.keyword}="{word}"'
    if flag.read is not None and word is not None and not word.isalpha():
        return f"{flag.keyword}={word}"
    # "tools: there is no ..." names the flag, and gives no example.
    equals = "=True" if flag.read is None else "" if match.string.startswith(":", match.end()) else "="
    return flag.keyword + equals + (f" {word}" if word else "")


@contextmanager
def speaking_keywords() -> Iterator[None]:
    """Rewrite the flags in an error as keywords; in a plain script, name no magics either."""
    try:
        yield
    except NeosantaraError as error:
        for_caller = for_script if running_notebook() is None else str
        error.what, error.next_step = error.args = tuple(
            as_keywords(for_caller(line)) for line in (error.what, error.next_step)
        )
        raise
