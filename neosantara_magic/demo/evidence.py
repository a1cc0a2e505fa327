"""Finding a value for a named, typed field in a text.

For: arguments of tools and fields of schemas: `Reader.find` gives what the text says, or `MISSING`.
Not for: inventing a value where the text has none (`schema`).
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from . import arithmetic
from .vocabulary import (
    ADDRESSEE,
    CITIES,
    CODED,
    FELT,
    FORMULA,
    NOT_A_VALUE,
    PERSON,
    PLACE,
    SPOKEN,
    SYNONYMS,
    TEXTUAL,
    ZONE,
)
from .words import cities, dates, names, numbers, places, quoted, says, topic, words

MISSING: Any = object()
"""The text does not say."""


def _direction(name: str) -> str:
    """Whether a field is where something goes or where it comes from."""
    own = set(words(name.replace("_", " ")))
    if own & {"to", "target", "dest", "destination", "tujuan", "ke"}:
        return "to"
    return "from" if own & {"from", "source", "origin", "asal", "dari"} else ""


def kinds(schema: Mapping[str, Any]) -> list[str]:
    """Return the types a schema allows, ``null`` last."""
    told = schema.get("type")
    found = list(told) if isinstance(told, list) else [told] if told else []
    if not found:
        for variant in [*schema.get("anyOf", []), *schema.get("oneOf", [])]:
            found += kinds(variant) if isinstance(variant, Mapping) else []
    if not found and ("properties" in schema or "additionalProperties" in schema):
        found = ["object"]
    return sorted(dict.fromkeys(found), key=lambda kind: kind == "null")


class Reader:
    """Reads values out of one text; what was given once is not given again to a field of another name."""

    def __init__(self, text: str, *, whole: str = "", row: Mapping[str, str] | None = None) -> None:
        self.text = text
        self.row = row or {}
        """The row of a table that the text was made of: column to cell."""
        self.whole = whole or text
        """The whole prompt, where ``text`` is only a clause of it: a place may stand elsewhere."""
        self._numbers = numbers(text)
        self._quoted = quoted(text)
        self._places = places(text)
        self._names = [name for name in names(text) if name not in self._places]
        self._dates = dates(text)
        self._given_number = 0
        self._given_choices: list[tuple[str, Any]] = []

    def find(self, name: str, schema: Mapping[str, Any]) -> Any:
        """Return what the text says for a field, as the field's type; `MISSING` when it says nothing."""
        choices = self._choices(schema)
        if choices:
            return self._chosen(choices, name)
        types = kinds(schema)
        kind = types[0] if types else "string"
        if kind in {"integer", "number"}:
            return self._number(name, kind)
        if kind == "boolean":
            return self._flag(name)
        if kind == "array":
            return self._several(name, schema)
        if kind == "object":
            return self._members(schema)
        return self._string(name, schema) if kind == "string" else MISSING

    @staticmethod
    def _choices(schema: Mapping[str, Any]) -> list[Any]:
        if "enum" in schema:
            return list(schema["enum"])
        if "const" in schema:
            return [schema["const"]]
        found: list[Any] = []
        for variant in [*schema.get("anyOf", []), *schema.get("oneOf", [])]:
            if isinstance(variant, Mapping):
                found += variant.get("enum", [variant["const"]] if "const" in variant else [])
        return found

    def _chosen(self, choices: list[Any], name: str = "") -> Any:
        """Return the choice that the text names: one of another field with the same choices comes only once."""
        low = self.text.lower()
        mentions = []
        for choice in choices:
            for word in dict.fromkeys([str(choice).lower(), str(choice).lower().replace("_", " ")]):
                mentions += [
                    (m.start(), -len(word), choice) for m in re.finditer(rf"(?<!\w){re.escape(word)}(?!\w)", low)
                ]
        if not mentions:
            told = [(choice, SYNONYMS.get(str(choice).lower(), ())) for choice in choices]
            return next((choice for choice, others in told if any(says(low, other) for other in others)), MISSING)
        before = {"to": r"(?:to|into|ke|menjadi)", "from": r"(?:from|dari)"}.get(_direction(name))
        if before:
            led = [
                choice
                for at, _, choice in sorted(mentions, key=lambda m: m[:2])
                if re.search(rf"\b{before}\s+$", low[:at])
            ]
            mentions = [(0, 0, led[0])] if led else mentions
        key = repr(choices)
        free = [
            m for m in sorted(mentions, key=lambda m: m[:2]) if name == "" or (key, m[2]) not in self._given_choices
        ]
        found = (free or sorted(mentions, key=lambda m: m[:2]))[0][2]
        self._given_choices.append((key, found))
        return found

    def _labelled(self, name: str, value: str) -> str | None:
        """Return what follows the field's name: ``age: 32``, ``age is 32``, ``column sales``."""
        label = r"[\s_-]+".join(re.escape(word) for word in words(name.replace("_", " "))) or re.escape(name)
        found = re.search(
            rf"(?<!\w){label}s?(?!\w)[\"'`*]*\s*(?:is|are|=|:|adalah|sebesar|of|to|named|called|bernama)?\s*[:=]?\s*{value}",
            self.text,
            re.IGNORECASE,
        )
        return found.group(1).strip() if found else None

    def _number(self, name: str, kind: str) -> Any:
        own = self._labelled(name, r"(?:Rp\s?|\$\s?)?(-?\d[\d,]*(?:\.\d+)?)")
        if own is None and set(words(name.replace("_", " "))) & {"year", "tahun"}:
            year = re.search(r"(?<!\d)(?:19|20)\d\d(?!\d)", self.text)
            own = year.group() if year else None
        if own is None:
            label = re.escape(name.replace("_", " "))
            before = re.search(rf"(-?\d+(?:\.\d+)?)\s+{label}s?(?!\w)", self.text, re.IGNORECASE)
            own = before.group(1) if before else None
        if own is None and words(name) and words(name)[0] in {"age", "umur", "usia"}:
            aged = re.search(r"(\d+)[\s-]*(?:years?|tahun|yo\b|th\b)", self.text, re.IGNORECASE)
            own = aged.group(1) if aged else None
        if own is not None:
            number = float(own.replace(",", ""))
            if number in self._numbers[self._given_number :]:
                self._numbers.remove(int(number) if number.is_integer() and int(number) in self._numbers else number)
            return int(number) if kind == "integer" or number.is_integer() else number
        for place in range(self._given_number, len(self._numbers)):
            number = self._numbers[place]
            if kind == "integer" and isinstance(number, float):
                continue
            self._given_number = place + 1
            return number
        return MISSING

    def _flag(self, name: str) -> Any:
        label = r"[\s_-]+".join(
            re.escape(word) for word in words(name.replace("_", " ")) if word not in {"is", "has", "with"}
        )
        if not label or not re.search(rf"(?<!\w){label}", self.text, re.IGNORECASE):
            return MISSING
        said = self._labelled(name, r"(true|false|yes|no|ya|tidak)(?!\w)")
        if said:
            return said.lower() in {"true", "yes", "ya"}
        return not re.search(
            rf"(?:\bnot|\bno|without|\btidak|\btanpa|\bbukan)\s+(?:\w+\s+)?{label}", self.text, re.IGNORECASE
        )

    def _several(self, name: str, schema: Mapping[str, Any]) -> Any:  # noqa: PLR0911  (surest evidence first)
        items = schema.get("items")
        if not isinstance(items, Mapping):
            items = next(
                (
                    v["items"]
                    for v in schema.get("anyOf", [])
                    if isinstance(v, Mapping) and isinstance(v.get("items"), Mapping)
                ),
                {},
            )
        choices = self._choices(items)
        if choices:
            found = [choice for choice in choices if Reader(self.text).find("", {"enum": [choice]}) is not MISSING]
            return found or MISSING
        kind = (kinds(items) or ["string"])[0]
        if kind in {"number", "integer"}:
            taken = [number for number in self._numbers if kind == "number" or isinstance(number, int)]
            return taken or MISSING
        if kind != "string":
            return MISSING
        listed = self._labelled(name, r"([^.;\n]+)")
        if self._quoted:
            return list(self._quoted)
        if listed and "," in listed:
            return [
                part.strip(" \"'`[]")
                for part in re.split(r",\s*(?:and |dan )?|\s+(?:and|dan)\s+", listed)
                if part.strip()
            ]
        plain = {name.lower(), name.lower().rstrip("s"), *words(name.lower().replace("_", " "))}
        plain |= {word.rstrip("s").replace("citie", "city") for word in plain}
        if plain & PLACE and self._places:
            return list(self._places)
        return (self._names or self._places) or MISSING

    def _members(self, schema: Mapping[str, Any]) -> Any:
        properties = schema.get("properties")
        if not isinstance(properties, Mapping):
            return MISSING
        found = {
            name: value
            for name, part in properties.items()
            if isinstance(part, Mapping) and (value := self.find(name, part)) is not MISSING
        }
        return found if found and all(name in found for name in schema.get("required", [])) else MISSING

    def _string(self, name: str, schema: Mapping[str, Any]) -> Any:  # noqa: PLR0911  (surest evidence first)
        shaped = self._shaped(name, schema)
        if shaped is not None:
            return shaped
        own = set(words(name.replace("_", " "))) | {name.lower()}
        cell = self._cell(own)
        if cell:
            return cell
        if own & FELT and self.row:
            return self._chosen(["good", "bad"]) if self._feels() else "neutral"
        told = (
            self._labelled(name, r"(?:\"([^\"]+)\")")
            or self._labelled(name, r"(?:'([^']+)')")
            or self._labelled(name, r"(?:`([^`]+)`)")
        )
        if told:
            return told
        said = re.search(
            rf"(?<!\w){re.escape(name.replace('_', ' '))}\s*(?::|=)[ \t:]*([^\s,;\n|:][^,;\n|]*)",
            self.text,
            re.IGNORECASE,
        )
        if said:
            return said.group(1).strip(" .\"'`")
        if own & PLACE:
            return self._place()
        if own & CODED or own & TEXTUAL or own & SPOKEN:
            return self._spoken(own)
        if own & PERSON and self._names:
            return self._names.pop(0)
        return self._loose(name)

    def _feels(self) -> bool:
        return self._chosen(["good", "bad"]) is not MISSING

    def _cell(self, own: set[str]) -> str:
        """Return the cell of a field's own column; for a text, the longest cell when no column has its name."""
        for column, cell in self.row.items():
            if own & {column.lower(), *words(column.replace("_", " "))}:
                return cell
        return max(self.row.values(), key=len) if self.row and own & TEXTUAL else ""

    def _shaped(self, name: str, schema: Mapping[str, Any]) -> str | None:
        """A string whose form gives it away: a date, an address, a zone, a formula."""
        own = set(words(name.replace("_", " "))) | {name.lower()}
        form = schema.get("format") or next(
            (v.get("format") for v in schema.get("anyOf", []) if isinstance(v, Mapping) and v.get("format")), ""
        )
        if form in {"date", "date-time"} or own & {"date", "tanggal", "day", "deadline"}:
            if not self._dates:
                return None
            date = self._dates.pop(0) if len(self._dates) > 1 else self._dates[0]
            return date[:10] if form != "date-time" else f"{date[:10]}T{date[11:] or '00:00:00'}"
        patterns = {
            "email": r"[\w.+-]+@[\w-]+\.[\w.]*\w",
            "uri": r"https?://[^\s)\"']+",
            "url": r"https?://[^\s)\"']+",
            "time": r"\b\d{1,2}:\d{2}(?::\d{2})?\b",
        }
        for word, pattern in patterns.items():
            if form == word or word in own or (word == "email" and own & ADDRESSEE):
                found = re.search(pattern, self.text)
                if found:
                    return found.group()
        if own & ZONE:
            zone = re.search(r"\b[A-Z][a-z]+/[A-Z][A-Za-z_]+(?:/[A-Z][A-Za-z_]+)?\b|\bUTC\b", self.text)
            known = cities(self.text) or cities(self.whole)
            return zone.group() if zone else CITIES[known[0].lower()] if known else None
        return (arithmetic.expression(self.text) or None) if own & FORMULA else None

    def _place(self) -> Any:
        if self._places:
            return self._places.pop(0) if len(self._places) > 1 else self._places[0]
        elsewhere = places(self.whole)
        return elsewhere[0] if elsewhere else MISSING

    def _spoken(self, own: set[str]) -> Any:
        if self._quoted:
            return self._quoted.pop(0)
        after = re.search(r"(?<=[a-z])\s*:\s+([^\s|][^\n]*)", self.text)
        if after:
            return after.group(1).strip()
        if own & SPOKEN:
            return (
                topic(
                    re.sub(
                        r"^\W*(?:please |tolong )?(?:search|look up|look for|find|cari|carikan|"
                        r"google)(?: the web| online| up)?(?: for| about| on| tentang)?\s+",
                        "",
                        self.text,
                        flags=re.IGNORECASE,
                    )
                )
                or MISSING
            )
        return MISSING

    def _loose(self, name: str) -> Any:
        """A string that only its place in the sentence shows."""
        after = self._labelled(name, r"([\w./@-]*\w)") if len(name) > 1 else None
        if after and after.lower() not in NOT_A_VALUE:
            return after
        label = re.escape(name.replace("_", " "))
        before = re.search(rf"(?:the|kolom)\s+(\w+)\s+{label}(?!\w)", self.text, re.IGNORECASE)
        if before:
            return before.group(1)
        if self._quoted:
            return self._quoted.pop(0)
        found = codes(self.text)
        if found:
            return found[0]
        return self._names.pop(0) if self._names else MISSING


def codes(text: str) -> list[str]:
    """Return what looks like a symbol, a number plate or a file: ``BBCA``, ``A-17``, ``report.txt``."""
    found = re.findall(r"\b[A-Z]{2,}(?:-?\d+)?\b|\b[A-Za-z]+-?\d[\w-]*\b|\b\w+\.\w{2,5}\b", text)
    return [code for code in dict.fromkeys(found) if code not in {"IP", "API", "JSON", "CSV", "SQL"}]
