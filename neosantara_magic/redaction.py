"""What should not leave. API keys are taken out of every text: to a model, a card, a file, an error, a traceback.

Two kinds are taken out: the keys that this process has met (`remember`), whatever their form, also when they stand
there escaped for a URL, JSON, Python or HTML; and whatever has a known form of keys.

Numbers of people (NIK, NPWP, phone and card numbers) are only found, and named masked, before they are sent: the
service's own guard sees them when they have left this machine. Names, addresses and images are not looked at.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterable, Iterator, Mapping
from functools import cache, partial
from typing import Any

from .texts import mapped

_SHORTEST, _SHORTEST_WORD = 6, 12
"""Characters, of letters alone the second. A shorter key (``ollama``) is a placeholder, and a word of common texts."""
_LONG = 20
"""Characters. Of such a key half is enough to know it: a text may have been cut inside it."""
_PREFIXES = ("nsk_", "nsk-", "sk-", "sk_")
_HINTS = ("sk_", "sk-", "earer", "EARER")
_BEGINS = r"(?:(?<![^\W_])|(?<=\\[a-z])|(?<=%[\dA-Fa-f]{2})|(?<=\\x[\dA-Fa-f]{2})|(?<=\\u[\dA-Fa-f]{4}))"
"""Not inside a word; the last letter of an escaped sign (``\\n``, ``%3D``) is no word."""
_SIGN = r"(?:[\w~-]|\.(?=\w)|%(?:2[DdEe]|5[Ff]|7[Ee]))"
_FORMS = (  # as text: compiled at the first use, not by %load_ext
    rf"{_BEGINS}(?:(?P<nsk>nsk[_-]){_SIGN}{{6,}}"
    # With three digits, or begun by a run longer than words are: `sk-parallel-item` is scikit-learn's, and no key.
    rf"|(?P<sk>sk[_-])(?!toggleable)(?=(?:[\w-]*?\d){{3}}|[^\W_]{{10}}|[\w-]*?[^\W_]{{16}}){_SIGN}{{9,}}"
    # With a digit, or longer than a word: "a bearer of news" is no key.
    r"|(?P<bearer>[Bb]earer|BEARER)(?:\s|%20|\+|\\[nrt])+(?=[\w.~+/-]*\d|[\w.~+/-]{24})(?:[\w~+/-]|\.(?=\w)|%2[BbDdFf]){8,}=*)"
)
_BEFORE, _AFTER = r"(?<!\w)(?<!\d[.,-])", r"(?!\w|[.,-]\d)"
"""Neither inside a word nor in a longer number, such as a decimal one."""
_GAP = r"[ \xa0.\u2010-\u2015-]"
_MOBILE = r"8(?:\d{8,11}|\d{1,2}(?:GAP\d{3,4}){2,3})"
_NUMBERS = {
    "NIK": r"\d{16}|\d{6}GAP\d{6}GAP\d{4}|\d{2}(?:GAP\d{2}){2}GAP\d{6}GAP\d{4}|\d{4}(?:GAP\d{4}){3}",
    "NPWP": r"\d{15,16}|\d{2}\.\d{3}\.\d{3}\.\d[.-]\d{3}\.\d{3}",
    "card": r"\d{13,19}|\d{4}(?:GAP\d{4}){3}(?:GAP?\d{1,3})?|\d{4}GAP\d{6}GAP\d{4,5}",
    "phone": rf"(?:\+|00)62(?:[() \xa0.-]{{0,3}}\d){{8,13}}|62GAP?{_MOBILE}|0{_MOBILE}",
}
_PROVINCES = r"1[1-9]|21|3[1-6]|5[1-3]|6[1-5]|7[1-6]|8[12]|9[1-7]"
_CARDS = r"4\d{12,18}|5[1-5]\d{14}|2[2-7]\d{14}|3[47]\d{13}|3[068]\d{12}|35\d{14}|6\d{12,18}"
_met: set[str] = set()


class Secret(str):
    """A key as text. Its `repr`, which tracebacks with variables show, hides it; ``str()`` does not."""

    __slots__ = ()

    def __repr__(self) -> str:
        return "'…'"


class _Environment(Mapping[str, str]):
    """The process's variables. Tracebacks show the `repr` of ``os.environ``; that of this shows nothing."""

    def __getitem__(self, name: str) -> str:
        return os.environ[name]

    def __iter__(self) -> Iterator[str]:
        return iter(os.environ)

    def __len__(self) -> int:
        return len(os.environ)


environment = _Environment()


def remember(key: str) -> None:
    """Take this key out of every later text of this process."""
    if key:
        _met.add(str(key))


def redact(text: str, key: str = "", *, forms: bool = True) -> str:
    """Return text without API keys; in place of each stands its beginning and an ellipsis, ``nsk_…``.

    ``key`` is one that this process may not have met yet. With ``forms``, what merely looks like a key goes too.
    """
    for known in {*_met, str(key), environment.get("NEOSANTARA_API_KEY", "").strip()}:
        if len(known) >= (_SHORTEST_WORD if known.isalpha() else _SHORTEST):
            text = _pattern(known).sub(_shortened(known), text)
    if forms and any(hint in text for hint in _HINTS):
        text = re.sub(_FORMS, lambda found: f"{found['nsk'] or found['sk'] or found['bearer'] + ' '}…", text)
    return text


def redact_all(value: Any) -> Any:
    """Return JSON data whose texts went through `redact`, keys of objects included."""
    return mapped(redact, value)


@cache
def _pattern(key: str) -> re.Pattern[str]:
    """Return what finds a key, each of its signs as it is or escaped."""
    spelled = [sign if sign.isalnum() else _escaped(sign) for sign in key]
    whole = "".join(spelled)
    if len(key) < _LONG:
        # A longer key of a known form may begin as this one does.
        return re.compile(whole + (r"[\w-]*" if key.startswith(_PREFIXES) else ""))
    half = "".join(spelled[: len(key) // 2])
    return re.compile(f"{whole}|{half}" + r"[\w-]*")


def _escaped(sign: str) -> str:
    from html.entities import codepoint2name  # noqa: PLC0415  (loads a large table)

    code = ord(sign)
    entity = f"|&{codepoint2name[code]};" if code in codepoint2name else ""
    spelled = rf"%{code:02x}|\\+u{code:04x}|\\+x{code:02x}|&\#0*{code};|&\#x0*{code:x};{entity}"
    return rf"(?:\\*{re.escape(sign)}|(?i:{spelled}))"


def _shortened(key: str) -> str:
    prefix = re.match(r"[A-Za-z]{1,5}[_-]", key)
    return f"{prefix[0] if prefix else ''}…"


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
        for kind, form in _NUMBERS.items():
            look = f"{_BEFORE}(?:{form})".replace("GAP", _GAP) + _AFTER
            text = re.sub(look, partial(name, kind), text)  # noqa: PLW2901
    return named


def _is(kind: str, digits: str, written: str) -> bool:
    if kind == "NIK":
        day, month = int(digits[6:8]), int(digits[8:10])
        dated = (1 <= day <= 31 or 41 <= day <= 71) and 1 <= month <= 12  # 40 is added to a woman's day
        return dated and bool(re.match(_PROVINCES, digits)) and digits[12:] != "0000"
    if kind == "NPWP":  # since 2024 also with a zero before it
        return not written.isdecimal() or ((len(digits) == 15 or digits[0] == "0") and _luhn(digits[-15:-6]))
    return kind == "phone" or (bool(re.fullmatch(_CARDS, digits)) and _luhn(digits))


def _luhn(digits: str) -> bool:
    doubled = (int(digit) * (1 + place % 2) for place, digit in enumerate(reversed(digits)))
    return sum(value // 10 + value % 10 for value in doubled) % 10 == 0
