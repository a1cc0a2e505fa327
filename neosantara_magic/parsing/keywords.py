"""Rewrite ``--flag`` as ``flag=`` in errors for Python callers.

`ask()` and `ask_many()` take the flags' long names as keywords and raise the errors that the magic raises.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager

from ..errors import NeosantaraError
from ..ipython.notebook import running_notebook
from ..texts.scripts import for_script
from .flags import LONG, SHORT, Flag

_FLAG = re.compile(
    r"""
    "[^"]*"                                # a text of the user's is quoted, and stays
    | (?<![\w-]) (?P<flag> --[a-z][a-z-]*[a-z] | -[a-zA-Z] ) (?![\w-])
      (?: [ ] (?P<value> -?\d[\d.]*(?!\w) | _(?!\w) | (?=["']) | [\w,.]+ (?=[.]?$) | [a-z]+\b ) )?
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
    rest = "" if match["value"] is None else f" {match['value']}"
    if flag.read is None:
        return f"{flag.keyword}=True{rest}"
    ends = not match.string[match.end() :].strip(".")
    value = None if match["value"] is None else _value(flag, match["value"], ends=ends)
    if match.string.startswith(":", match.end()) and value is None:
        return flag.keyword  # "tools: there is no ..." names the flag, and gives no example
    return f"{flag.keyword}={rest if value is None else value}"


def _value(flag: Flag, word: str, *, ends: bool) -> str | None:
    """Return a value as Python writes it; None when the word belongs to the sentence and is no value of the flag."""
    if not word or word[0].isdigit() or word[0] == "-":
        return word
    if word == "_" or word.rstrip(".") in flag.choices:
        bare = word.rstrip(".")
        return f'"{bare}"{word[len(bare) :]}'
    if flag.names in ("tools", "images") and ends and not word.endswith("."):
        return f"[{', '.join(word.split(','))}]" if "," in word else word
    return None


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
