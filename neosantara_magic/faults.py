"""What code of the notebook raised: told in one line, or passed on.

Tools, values and validators may raise anything, also what is no ``Exception``, as libraries written in Rust do.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

from .redaction import redact

T = TypeVar("T")
_MOST_INNER = 5
"""Exceptions of a group that a message names."""


def reraise_interrupt(error: BaseException) -> None:
    """Raise again what is no fault: the user's interrupt, also in a group as trio gives it, or the wish to exit."""
    if isinstance(error, KeyboardInterrupt | SystemExit | GeneratorExit):
        raise error
    if isinstance(error, BaseExceptionGroup) and error.subgroup(KeyboardInterrupt) is not None:
        raise KeyboardInterrupt from error


def attempt(otherwise: T, function: Callable[..., T], *args: object) -> T:
    """Return what a call gives; ``otherwise`` when it fails."""
    try:
        return function(*args)
    except BaseException as error:  # noqa: BLE001
        reraise_interrupt(error)
        return otherwise


def repr_of(value: object) -> str:
    """Return the `repr` of any value; of one whose `repr` fails, the class."""
    return attempt(f"<{type(value).__name__}>", repr, value)


def message_of(error: BaseException, limit: int) -> str:
    """Return an exception's message in one line of at most ``limit`` characters; empty if it has none or fails."""
    message = attempt("", str, error)[: 10 * limit]
    if isinstance(error, BaseExceptionGroup) and limit > _MOST_INNER:
        inner = [in_one_line(one, limit // 2) for one in error.exceptions[:_MOST_INNER]]
        message = f"{message}: {'; '.join(inner)}"
    flat = redact(" ".join(message.split()))
    return flat if len(flat) <= limit else f"{flat[: limit - 3]}..."


def in_one_line(error: BaseException, limit: int = 200) -> str:
    """Return an exception as type and message, never a traceback, and no API key in it."""
    message = message_of(error, limit)
    return f"{type(error).__name__}: {message}" if message else type(error).__name__
