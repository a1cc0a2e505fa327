"""Numbers of people in what is about to be sent: NIK, NPWP, phone and card numbers.

For: naming them, masked. The service's own guard sees them only when they have left this machine.
Not for: proof that nothing personal is there: names, addresses and images are not looked at. Pure.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from functools import partial

_BEGIN, _END = r"(?<!\w)(?<!\d[.,-])", r"(?!\w|[.,-]\d)"
"""Neither inside a word nor in a longer number, such as a decimal one."""
_GAP = r"[ \xa0.\u2010-\u2015-]"
_MOBILE = r"8(?:\d{8,11}|\d{1,2}(?:GAP\d{3,4}){2,3})"
_FORMS = {
    "NIK": r"\d{16}|\d{6}GAP\d{6}GAP\d{4}|\d{2}(?:GAP\d{2}){2}GAP\d{6}GAP\d{4}|\d{4}(?:GAP\d{4}){3}",
    "NPWP": r"\d{15,16}|\d{2}\.\d{3}\.\d{3}\.\d[.-]\d{3}\.\d{3}",
    "card": r"\d{13,19}|\d{4}(?:GAP\d{4}){3}(?:GAP?\d{1,3})?|\d{4}GAP\d{6}GAP\d{4,5}",
    "phone": rf"(?:\+|00)62(?:[() \xa0.-]{{0,3}}\d){{8,13}}|62GAP?{_MOBILE}|0{_MOBILE}",
}
_LOOKS = {kind: re.compile(f"{_BEGIN}(?:{form})".replace("GAP", _GAP) + _END) for kind, form in _FORMS.items()}
_PROVINCES = re.compile(r"1[1-9]|21|3[1-6]|5[1-3]|6[1-5]|7[1-6]|8[12]|9[1-7]")
_CARDS = re.compile(r"4\d{12,18}|5[1-5]\d{14}|2[2-7]\d{14}|3[47]\d{13}|3[068]\d{12}|35\d{14}|6\d{12,18}")


def numbers_in(texts: Iterable[str]) -> dict[str, str]:
    """Return what looks like a number of a person: its masked form, and ``NIK``, ``NPWP``, ``card`` or ``phone``."""
    named: dict[str, str] = {}

    def name(kind: str, found: re.Match[str]) -> str:
        digits = "".join(str(int(sign)) for sign in found.group() if sign.isdecimal())
        if len(set(digits)) == 1 or not _is(kind, digits, found.group()):
            return found.group()
        named[f"{digits[:4]}…{digits[-2:]}"] = kind
        return " "  # so that no other kind finds it too

    for text in texts:
        for kind, look in _LOOKS.items():
            text = look.sub(partial(name, kind), text)  # noqa: PLW2901
    return named


def _is(kind: str, digits: str, written: str) -> bool:
    if kind == "NIK":
        day, month = int(digits[6:8]), int(digits[8:10])
        dated = (1 <= day <= 31 or 41 <= day <= 71) and 1 <= month <= 12  # 40 is added to a woman's day
        return dated and bool(_PROVINCES.match(digits)) and digits[12:] != "0000"
    if kind == "NPWP":  # since 2024 also with a zero before it
        return not written.isdecimal() or ((len(digits) == 15 or digits[0] == "0") and _luhn(digits[-15:-6]))
    return kind == "phone" or (bool(_CARDS.fullmatch(digits)) and _luhn(digits))


def _luhn(digits: str) -> bool:
    doubled = (int(digit) * (1 + place % 2) for place, digit in enumerate(reversed(digits)))
    return sum(value // 10 + value % 10 for value in doubled) % 10 == 0
