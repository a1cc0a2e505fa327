"""The shortest text that a regular expression matches, for the ``pattern`` of a schema.

For: patterns that Python reads as JSON Schema does. Not for: look-around and back references, which are left out.
"""

from __future__ import annotations

import contextlib
import re
from re import _parser  # type: ignore[attr-defined]  # the only reader of patterns that Python has
from typing import Any

_MOST = 1000
"""Characters of one repeated part."""


def shortest(pattern: str) -> str:
    """Return a short text that matches; ``demo`` for a pattern that cannot be read."""
    with contextlib.suppress(re.error, OverflowError, RecursionError):
        return _written(_parser.parse(pattern))
    return "demo"


def _written(parsed: Any) -> str:
    made = ""
    for kind, told in parsed:
        name = str(kind)
        if name == "LITERAL":
            made += chr(told)
        elif name == "IN":
            made += _one_of(told)
        elif name.endswith("REPEAT"):
            part = _written(told[2])
            made += part * min(told[0], _MOST // max(len(part), 1))
        elif name in {"SUBPATTERN", "BRANCH"}:
            made += _written(told[-1] if name == "SUBPATTERN" else told[1][0])
        elif name in {"ANY", "NOT_LITERAL"}:
            made += "b" if told == ord("a") else "a"
    return made


def _one_of(choices: Any) -> str:
    """Return a character of a set such as ``[A-Z_]`` or ``[^ ]``."""
    name, told = str(choices[0][0]), choices[0][1]
    if name == "NEGATE":
        return next((one for one in "aA1_ -.~" if not any(_is_in(one, *choice) for choice in choices[1:])), "")
    if name == "CATEGORY":
        return next(one for one in "a1 -" if _is_in(one, *choices[0]))
    return chr(told[0] if name == "RANGE" else told)


def _is_in(one: str, kind: Any, told: Any) -> bool:
    if str(kind) == "CATEGORY":
        kinds = {"DIGIT": one.isdigit(), "SPACE": one.isspace(), "WORD": one.isalnum() or one == "_"}
        name = str(told).removeprefix("CATEGORY_")
        return kinds.get(name.removeprefix("NOT_"), False) != name.startswith("NOT_")
    return told[0] <= ord(one) <= told[1] if str(kind) == "RANGE" else told == ord(one)
