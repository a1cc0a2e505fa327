"""Errors in the words of whoever reads them: Python callers have keywords for flags, a script has no magics.

`ask()` and `ask_many()` take the flags' long names as keywords and raise the errors that the magic raises.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager

from ..errors import NeosantaraError
from ..ipython.notebook import running_notebook
from .flags import LONG, SHORT

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


_STEPS = (
    (r"%config NeosantaraMagics\.(\w+) = ([^\s,]+)", lambda found: f"NEOSANTARA_{found[1].upper()}={found[2]}"),
    (r"%config NeosantaraMagics\.(\w+)", lambda found: f"NEOSANTARA_{found[1].upper()}"),
    (r"%neosantara demo on", "NEOSANTARA_DEMO=1"),
    (r"\brun %neosantara key\b", "set NEOSANTARA_API_KEY"),
    (r"\bjalankan %neosantara key\b", "atur NEOSANTARA_API_KEY"),
    (r"\bwith %neosantara key\b", "as NEOSANTARA_API_KEY"),
    (r"\bdengan %neosantara key\b", "sebagai NEOSANTARA_API_KEY"),
    (
        r"; (?:%neosantara shows (?:it|both)|lihat dengan %neosantara(?! \w)|%neosantara menampilkan keduanya)",
        " (NEOSANTARA_BASE_URL)",
    ),
    (r"\bwith %neosantara(?! \w)", "in NEOSANTARA_BASE_URL"),
    (r"\bdengan %neosantara(?! \w)", "di NEOSANTARA_BASE_URL"),
    (r"%neosantara save (.+?) --force", r'save("\1", force=True)'),
    (r"%neosantara save (NAM[EA]\.jsonl)", r'save("\1")'),
    (r"%neosantara save\b", "save()"),
    (r"%neosantara new (.+)", r"conversation(\1).clear()"),
    (r"%pip\b", "pip"),
    (r"\b(W|w)ith (%%?neosantara \w+)", r"\1ith \2 in a notebook"),
    (r"%pwd", "os.getcwd()"),
    (r"\b(R|r)un the cell that defines it", lambda found: f"{'D' if found[1] == 'R' else 'd'}efine it first"),
    (r"\b(J|j)alankan sel yang mendefinisikannya", lambda found: f"{'D' if found[1] == 'J' else 'd'}efinisikan dulu"),
    (r"\b(R|r)un the cell again", r"\1un it again"),
    (r"\b(J|j)alankan lagi sel(?: ini|nya)", r"\1alankan lagi"),
    (r"run the function's cell, then ask again", "then ask again"),
    (r"in this notebook", "here"),
    (r"di notebook ini", "di sini"),
)
"""A step in a notebook, and the same step as a plain script can take it."""


def for_script(sentence: str) -> str:
    """Return a sentence without magics and cells, as far as a script has the same thing."""
    for pattern, step in _STEPS:
        sentence = re.sub(pattern, step, sentence)
    return sentence


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
