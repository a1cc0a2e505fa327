"""Numbers and Rupiah as a reader of the language in force writes them: ``Rp 1,500`` / ``Rp 1.500``."""

from __future__ import annotations

from . import language

_SIGNS = {"id": str.maketrans(",.", ".,")}
"""What a language writes for the signs of English numbers."""


def decimal(value: float, decimals: int = 1) -> str:
    """Return a number with exactly this many decimals."""
    return f"{value:,.{decimals}f}".translate(_SIGNS.get(language(), {}))


def number(value: int) -> str:
    """Return a whole number with its thousands grouped."""
    return decimal(value, 0)


def rupiah(value: float, *, estimated: bool = False) -> str:
    """Return an amount in Rupiah, with as many decimals as a small amount needs.

    Whole amounts and those from 1,000 on have no decimals, others two, those below 0.1 four: a short answer that
    costs a fraction of a Rupiah must not read as free.
    """
    size = abs(float(value))
    decimals = 0 if size.is_integer() or round(size, 2) >= 1000 else 2 if size >= 0.1 else 4
    amount = f"< Rp {decimal(0.0001, 4)}" if 0 < size < 0.0001 else f"Rp {decimal(value, decimals)}"
    return f"≈ {amount}" if estimated else amount
