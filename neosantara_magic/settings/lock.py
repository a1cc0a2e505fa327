"""The lock of a class (``NEOSANTARA_LOCK``): what the environment of a kernel fixes for all its cells.

Not for: stopping Python code that means to get round it; that takes a machine without a key (docs/how-to/teach.md).
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Literal, NamedTuple

from ..errors import UsageError
from ..redaction import environment
from ..texts import two_lines
from ..texts.numbers import number
from ..validators import shown
from .fields import FIELDS

VARIABLE = "NEOSANTARA_LOCK"
_at_start = environment.get(VARIABLE, "").strip()
"""What a cell does to the variable later does not count."""
LIMITS = ("budget_idr", "max_tokens", "tool_result_limit")
"""Settings that may be lowered under a lock, but not raised."""


class Lock(NamedTuple):
    """Who must answer, and for ``replay`` from which file."""

    answers: Literal["demo", "replay", "limits"]
    """``limits``: whoever the class's settings name; only address, key, budget and limits are fixed."""
    file: str = ""

    def __str__(self) -> str:
        return f"{VARIABLE}={self.answers}{self.file and ':' + self.file}"

    @property
    def fixes_answerer(self) -> bool:
        """Whether no cell may choose who answers."""
        return self.answers != "limits"


def find_lock(environ: Mapping[str, str]) -> Lock | None:
    """Return the environment's lock. Raises UsageError: it asks for what is no lock; then nobody may answer."""
    text = _at_start or environ.get(VARIABLE, "").strip()
    kind, _, file = text.partition(":")
    if text in ("demo", "limits"):
        return Lock("demo" if text == "demo" else "limits")
    if kind == "replay" and file.strip():
        return Lock("replay", file.strip())
    if text:
        raise UsageError(*two_lines("lock.form", given=shown(text)))
    return None


def refused(lock: Lock, what: str) -> UsageError:
    """Build the error for something that a lock forbids."""
    return UsageError(*two_lines("lock.refused", what=what, lock=lock))


def held_by_lock(environ: Mapping[str, str], settings: object) -> dict[str, Any]:
    """Return the class's settings that a lock fixes: the address, and the limits that the class has set."""
    try:
        if find_lock(environ) is None:
            return {}
        values = {name: getattr(settings, name) for name in ("base_url", *LIMITS)}
    except UsageError:  # a bad lock or address is told at every ask
        return {}
    return {name: value for name, value in values.items() if name == "base_url" or value != FIELDS[name].default}


def check_change(name: str, value: Any, held: Mapping[str, Any]) -> None:
    """Refuse another value of a locked setting. Raises UsageError: another address, or more than the class's limit."""
    if name not in held or value == held[name]:
        return
    if name == "base_url":
        raise UsageError(*two_lines("lock.refused", what="base_url", lock=VARIABLE))
    if value is None or value > held[name]:
        raise UsageError(*two_lines("lock.refused", what=f"{name} > {number(held[name])}", lock=VARIABLE))
