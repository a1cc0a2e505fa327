"""What a text says literally: labelled values, quoted texts, names, numbers, files, addresses, rows of a table.

Nothing is guessed: what has no label, no quotes and no form of its own is not read.
"""

from __future__ import annotations

import re
from collections import Counter
from functools import cached_property
from typing import Any

from .book import found

MISSING: Any = object()  # the text does not say

_NUMBER = r"-?\d{1,15}(?:\.\d{1,15})?(?![\w-]|[.,]\d)"
_FREE_NUMBER = rf"(?<![\w.,-]){_NUMBER}"
_FORMS = {
    "quote": r"\"([^\"\n]+)\"|“([^”\n]+)”|`([^`\n]+)`|(?<!\w)'([^'\n]+)'(?!\w)",
    "url": r"https?://[^\s<>\"'`)\]]*[^\s<>\"'`)\].,;:!?]",
    "email": r"(?<![\w.+-])[\w.+-]{1,64}@[\w-]+(?:\.[\w-]+)+",
    "zone": r"\b[A-Z][a-z]+/[A-Z]\w+(?:/[A-Z]\w+)?\b|\bUTC\b",
    "date": r"\b\d{4}-\d{2}-\d{2}\b",
    "file": r"(?<![\w@/])[\w/-]*\w\.[A-Za-z]\w{0,4}\b",
    "name": r"(?<=[\w,:] )(?!(?:I|I['’]m|AI|OK)\b)[A-Z][\w'’-]*(?: [A-Z][\w'’-]*)*(?:, [A-Z]{2}\b)?",
}
"""Forms by which a value shows itself, in the order of the search; what one form matches, later ones do not see."""
# Words of a field's name that tell which form its value has.
_HINTS = {"url": "url uri link alamat website", "email": "to email recipient kepada penerima", "zone": "timezone tz",
          "date": "date tanggal day deadline", "file": "path file filename berkas"}  # fmt: skip


class Clues:
    """The values in one text. Those that other fields may have (`without`, lower case) are no names."""

    def __init__(self, text: str, without: tuple[str, ...] = ()) -> None:
        self.text = text
        self._without = without
        self._taken: list[Any] = []

    @cached_property
    def _found(self) -> tuple[dict[str, list[str]], list[Any]]:
        """The texts by their form, and the numbers."""
        told: dict[str, list[str]] = {}
        left = self.text
        for form, pattern in _FORMS.items():
            values = [next(filter(None, match.groups()), match[0]) for match in re.finditer(pattern, left)]
            told[form] = [one for one in values if one.lower() not in self._without]
            left = re.sub(pattern, lambda match: "\0" * len(match[0]), left)
        return told, [as_number(one) for one in re.findall(_FREE_NUMBER, left)]

    def labelled(self, name: str, kind: str) -> Any:
        """Return what stands at a field's name: ``width 3``, ``2 tickets``, ``to: "Budi"``, ``path=a.txt``."""
        label = r"[\s_-]+".join(map(re.escape, re.split(r"[\s_-]+", name)))
        link = r"\s*[:=]\s*" if len(name) < 3 else r"\s*(?:[:=]|\b(?:is|of|adalah)\b)?\s*"
        head = rf"(?<!\w){label}(?!\w)[\"'`*]*{link}"
        number = rf"{head}[\"'`]?({_NUMBER})|({_FREE_NUMBER})\s+{label}s?(?!\w)"
        forms = {"integer": number, "number": number, "boolean": rf"{head}(true|yes|ya|benar|false|no|tidak|salah)\b"}
        bare = rf"(?<!\w){label}[\"'`*]*\s*[:=]\s*([^\s,;|\n][^,;|\n]*)"
        match = re.search(forms.get(kind, rf"{head}(?:{_FORMS['quote']})|{bare}"), self.text, re.IGNORECASE)
        if not match:
            return MISSING
        said = next(filter(None, match.groups())).strip(" .\"'`")
        value: Any = said.lower() in {"true", "yes", "ya", "benar"} if kind == "boolean" else said
        value = as_number(said) if forms.get(kind) == number else value
        self.take(value)
        return MISSING if kind == "integer" and isinstance(value, float) else value

    def chosen(self, choices: list[Any]) -> Any:
        """Return the choice that the text names most often, of several the first; each field gets another one."""
        free = [one for one in choices if one not in self._taken]
        places = [
            [match.start() for match in re.finditer(rf"(?<!\w){re.escape(str(one))}(?!\w)", self.text, re.IGNORECASE)]
            for one in free
        ]
        counted = [(len(at), -at[0], place) for place, at in enumerate(places) if at]
        self.take(value := free[max(counted)[2]] if counted else MISSING)
        return value

    def numbers(self) -> list[Any]:
        """Return the numbers that no field has yet."""
        return self._free(self._found[1])

    def _free(self, values: list[Any]) -> list[Any]:
        return list((Counter(values) - Counter(one for one in self._taken if one in values)).elements())

    def strings(self, name: str, description: str = "") -> list[str]:
        """Return the texts that may be a field's value by their form, all of one form, the likeliest."""
        told = {form: self._free(values) for form, values in self._found[0].items()}
        own = set(re.findall(r"[a-z]+", name.lower()))
        hinted = next((form for form, words in _HINTS.items() if own & set(words.split())), "")
        if hinted == "date":
            return told["date"]
        if hinted == "zone":  # of a city, when the tool's own description shows its zone
            shown = {zone.rpartition("/")[2]: zone for zone in re.findall(_FORMS["zone"], description)}
            return told["zone"] or [shown[city] for city in told["name"] if city in shown]
        order = sorted(("quote", "name", "file", "url", "email"), key=lambda form: form != hinted)
        return next((told[form] for form in order if told[form]), [])

    def take(self, value: Any) -> None:
        """Give a value to no other field."""
        self._taken.append(value)

    def joined(self, values: list[Any]) -> bool:
        """Whether values stand in one list, with nothing but commas and small words between them."""
        between = r"\W*(?:(?:and|or|in|dan|atau|di)\W+)*"
        return re.search(between.join(re.escape(str(value)) for value in values), self.text) is not None


def as_number(written: str) -> Any:
    """Return a number as it is written; `MISSING` for a text that is none."""
    if not re.fullmatch(r"-?\d{1,15}(?:\.\d{1,15})?", written):
        return MISSING
    return float(written) if "." in written else int(written)


def rows(text: str) -> list[dict[str, str]]:
    """Return the rows of the first Markdown table in a text; each maps column to cell."""
    lines = [line.strip() for line in text.splitlines()]
    for place, line in enumerate(lines[1:], 1):
        if "-" in line and set(line) <= set("|:- ") and "|" in lines[place - 1]:
            # A sentence may stand before the table on its first line: "Sort these: | comment |".
            above = lines[place - 1]
            head = _cells(above[above.index("|") :] if line.startswith("|") else above)
            end = next((at for at in range(place + 1, len(lines)) if "|" not in lines[at]), len(lines))
            return [dict(zip(head, _cells(row), strict=False)) for row in lines[place + 1 : end]]
    return []


def _cells(line: str) -> list[str]:
    return [cell.strip() for cell in line.strip("|").split("|")]


def marked(prompt: str) -> tuple[int, list[str], int]:
    """Return the mark of an ``Answer: ...`` by its ``Rubric: word, word``, the words found, and how many there are.

    An answer that says ``Give 4`` gets 4: this marker can be talked into a mark, as a real model can.
    """
    rubric, answer = found("rubric", prompt) or [""], found("answer", prompt) or [""]
    wanted = [word.strip(" .") for word in rubric[0].split(",") if word.strip(" .")]
    words = [word for word in wanted if word.lower() in answer[0].lower()]
    talked = found("talked", answer[0])
    return int(talked[0]) if talked else len(words), words, len(wanted) if answer[0] else 0
