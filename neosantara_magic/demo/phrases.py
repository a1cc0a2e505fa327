"""Phrases: what the demo knows and says (``en.toml`` and ``id.toml``), and what a text says literally.

Nothing is guessed: a value that has no label, no quotes and no form of its own is not read.
"""

from __future__ import annotations

import re
import tomllib
from collections import Counter
from collections.abc import Mapping
from functools import cache, cached_property
from itertools import takewhile
from pathlib import Path
from typing import Any, Literal

Language = Literal["en", "id"]
_LANGUAGES: tuple[Language, ...] = ("en", "id")

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
_YES = {"true", "yes", "ya", "benar"}


@cache
def book(language: Language) -> dict[str, Any]:
    """Return all that one language's file says."""
    return tomllib.loads((Path(__file__).parent / f"{language}.toml").read_text(encoding="utf-8"))


def say(language: Language, sentence: str, /, **values: Any) -> str:
    """Return a sentence of the demo's own, with values in its places."""
    told: str = book(language)["say"][sentence]
    return told.format(**values)


@cache
def pattern(name: str) -> re.Pattern[str]:
    """Return the expression of that name in all languages."""
    parts = (f"(?:{book(one)[name]})" for one in _LANGUAGES)
    return re.compile("|".join(parts), re.IGNORECASE | re.MULTILINE | re.DOTALL)


def found(name: str, text: str) -> list[str] | None:
    """Return the groups of an expression that a text matches in any language; None when it does not."""
    match = pattern(name).search(text)
    return [group for group in match.groups() if group is not None] if match else None


def language(*prompts: str, instructions: str = "") -> Language:
    """Return the language that is asked for; else that of the first prompt with more words of it than of the other."""
    for text in (instructions, *prompts[:1]):
        for one in _LANGUAGES:
            if re.search(book(one)["tongue"], text, re.IGNORECASE):
                return one
    for text in prompts:
        words = re.findall(r"[^\W\d_]+", text.lower())
        more = sum((word in _words("id")) - (word in _words("en")) for word in words)
        if more:
            return "id" if more > 0 else "en"
    return "en"


@cache
def _words(one: Language) -> frozenset[str]:
    asked = [question for fact_ in book(one)["facts"].values() for question in fact_["ask"]]
    return frozenset(f"{book(one)['small']} {' '.join(asked)}".lower().split())


def fact(prompt: str, spoken: Language) -> str:
    """Return true answers to all the questions of a prompt; empty when it asks anything that is not known."""
    told: list[str] = []
    style = "|".join(word for one in _LANGUAGES for word in book(one)["style"].split())  # "please", "in one sentence"
    for sentence in re.split(r"(?<=[.?!])\s+|\n+", pattern("tongue").sub("", prompt)):
        asked = _plain(sentence)
        bare = re.sub(rf"^(?:(?:{style})(?: |$))+|(?:(?:^| )(?:{style}))+$", "", asked)
        answer = _answer(asked, spoken) or _answer(bare, spoken)
        if bare and not answer:
            return ""
        told += [answer] if answer and answer not in told else []
    return "\n\n".join(told)


def _answer(question: str, spoken: Language) -> str:
    [term], [place] = found("defines", question) or [""], found("capital", question) or [""]
    known = _answers(spoken)
    return known.get(question) or known.get(term) or known.get(f"capital of {place}") or ""


@cache
def _answers(spoken: Language) -> dict[str, str]:
    """Return each question that is known, in any language and as plain words, with its answer."""
    told: dict[str, str] = {}
    for one in _LANGUAGES:
        for name, entry in book(one)["facts"].items():
            told |= dict.fromkeys(map(_plain, entry["ask"]), book(spoken)["facts"][name]["say"])
        for code, names in book(one)["capitals"].items():
            country, capital = book(spoken)["capitals"][code]
            place = names[0].lower().removeprefix("the ")
            told[f"capital of {place}"] = say(spoken, "capital", country=country, capital=capital)
    return told


def _plain(sentence: str) -> str:
    return " ".join(re.findall(r"[\w'’-]+", sentence.lower()))


class Clues:
    """The values in one text. Those that other fields may have (`without`, lower case) are no names.

    A field's schema is told as `schema.part` returns it.
    """

    def __init__(self, text: str, without: tuple[str, ...] = ()) -> None:
        self.text = text
        self._without = without
        self._taken: list[Any] = []

    def literal(self, name: str, schema: Mapping[str, Any]) -> Any:
        """Return what the text says for a field at its label, or by naming one of its choices; else `MISSING`."""
        if "enum" in schema:
            labelled = self._labelled(name, "string")
            return labelled if labelled in schema["enum"] else self.chosen(schema["enum"])
        simple = schema["type"] in {"string", "integer", "number", "boolean"}
        return self._labelled(name, schema["type"]) if simple else MISSING

    def unlabelled(self, name: str, schema: Mapping[str, Any]) -> list[Any]:
        """Return the values that may be a field's by their form alone; for a list, all of them as one value."""
        kind = schema["type"]
        if kind in {"integer", "number"}:
            return [one for one in self._free(self._found[1]) if kind == "number" or isinstance(one, int)]
        if kind == "array":
            items = schema.get("items")
            several = self.unlabelled(name, {"type": "string", **(items if isinstance(items, Mapping) else {})})
            return [several] if several else []
        return self._strings(name, str(schema.get("description", ""))) if kind == "string" else []

    def chosen(self, choices: list[Any]) -> Any:
        """Return the choice that the text names most often, of several the first; each field gets another one."""
        named: list[tuple[int, int, Any]] = []
        for one in choices:
            word = rf"(?<!\w){re.escape(str(one))}(?!\w)"
            at = [match.start() for match in re.finditer(word, self.text, re.IGNORECASE)]
            named += [(len(at), -at[0], one)] if at and one not in self._taken else []
        value = max(named, key=lambda one: one[:2], default=(0, 0, MISSING))[2]
        self.take(value)
        return value

    def take(self, value: Any) -> None:
        """Give a value to no other field."""
        self._taken.append(value)

    def joined(self, values: list[Any]) -> bool:
        """Whether values stand in one list, with nothing but commas and small words between them."""
        between = r"\W*(?:(?:and|or|in|dan|atau|di)\W+)*"
        return re.search(between.join(re.escape(str(value)) for value in values), self.text) is not None

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

    def _labelled(self, name: str, kind: str) -> Any:
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
        value: Any = said if kind == "string" else said.lower() in _YES if kind == "boolean" else as_number(said)
        self.take(value)
        return MISSING if kind == "integer" and isinstance(value, float) else value

    def _free(self, values: list[Any]) -> list[Any]:
        return list((Counter(values) - Counter(one for one in self._taken if one in values)).elements())

    def _strings(self, name: str, description: str) -> list[str]:
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
            below = takewhile(lambda row: "|" in row, lines[place + 1 :])
            return [dict(zip(head, _cells(row), strict=False)) for row in below]
    return []


def _cells(line: str) -> list[str]:
    return [cell.strip() for cell in line.strip("|").split("|")]
