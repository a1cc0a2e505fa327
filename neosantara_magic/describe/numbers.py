"""Numbers of tables, arrays, containers and single values as text: the number Python holds, as a person writes it.

Not for: numbers in our own sentences (``texts/numbers.py``).
"""

from __future__ import annotations

import numbers
import struct
from contextlib import suppress
from decimal import Decimal, InvalidOperation
from typing import Any, Self

_MOST_DIGITS = 21
"""Digits of a whole number beyond which an exponent is easier to read."""
_MOST_ZEROS = 7
"""Zeros after the decimal point beyond which an exponent is easier to read."""


def is_number(value: object) -> bool:
    """Whether it is a number of Python's, NumPy's or `decimal`'s; True and False are none."""
    return isinstance(value, numbers.Number) and not isinstance(value, bool)


def digits(value: Any) -> str:
    """Return the shortest text of exactly this number, with an exponent only where digits would be unreadable."""
    try:
        text = repr(float(value)) if isinstance(value, float) else str(value)
    except ValueError:  # Python writes no whole number of more than 4,300 digits in decimal
        return hex(value)
    if "e" not in text.lower() or isinstance(value, complex):
        return text
    try:
        exact = Decimal(text)
    except InvalidOperation:  # NumPy's complex numbers
        return text
    return f"{exact:f}" if -_MOST_ZEROS <= exact.adjusted() <= _MOST_DIGITS else text


class Single(float):
    """A number of 32 or 16 bits: fewer digits name it than its value as a Python float has."""

    def __new__(cls, value: float, form: str = "f") -> Self:
        """Take the shortest number that is the same at this width: ``struct``'s letter ``f`` or ``e``."""
        packed = struct.pack(form, value)
        for places in range(1, 10):
            near = float(f"{value:.{places}g}")
            with suppress(OverflowError):  # rounded up beyond the largest
                if struct.pack(form, near) == packed:
                    value = near
                    break
        return super().__new__(cls, value)
