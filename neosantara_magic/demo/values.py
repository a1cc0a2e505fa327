"""The plain values of an instance: numbers within bounds, strings of a format, colours of an image.

For: one value of one field, from the text where it says one, else invented.
Not for: objects, lists and references (`schema`).
"""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from .evidence import MISSING, Reader, kinds
from .images import Seen, sentence
from .words import language, topic, words

_FORMATS = {
    "date": "2025-01-15", "date-time": "2025-01-15T09:00:00Z", "time": "09:00:00", "duration": "P1D",
    "email": "demo@example.com",
    "idn-email": "demo@example.com", "hostname": "example.com", "ipv4": "192.0.2.1", "ipv6": "2001:db8::1", "uri": "https://example.com/",
    "url": "https://example.com/", "uri-reference": "/demo", "uuid": "00000000-0000-4000-8000-000000000000",
    "json-pointer": "/demo",
    "regex": "demo", "path": "demo.txt", "file-path": "demo.txt", "byte": "ZGVtbw==", "binary": "demo",
    "password": "demo",
}  # fmt: skip
WORDS_FOR_PATTERNS = (
    "demo", "Demo", "DEMO", "a", "A", "1", "12", "123", "1234", "12345", "0", "ab", "AB", "ABC", "abc", "A1", "AB12",
    "ABC-123", "ABC123", "0.5", "1.50",
    "#1f77b4", "2025-01-15", "09:00", "example.com", "demo@example.com", "https://example.com/", "+6281234567890",
    "081234567890", "3174000000000001", "ID", "id",
    "IDR", "en-US", "v1.0.0", "1.0.0", "00000000-0000-4000-8000-000000000000", "10110", "XX-0000", "",
)  # fmt: skip


@dataclass
class Source:
    """What an instance is made of: a text, and the images beside it."""

    text: str
    reader: Reader
    images: tuple[Seen, ...] = ()
    colours: list[tuple[str, tuple[int, int, int], float]] = field(default_factory=list)


def of_colour(name: str, part: object, colour: tuple[str, tuple[int, int, int], float]) -> Any:
    """A field of a colour seen in an image; fractions when the schema wants them, as in ``[0.0, 1.0]``."""
    if not isinstance(part, Mapping):
        return None
    if name in {"r", "g", "b"}:
        value = colour[1]["rgb".index(name)]
        whole = "255" in str(part.get("description", "")) or part.get("maximum", 1) > 1 or part.get("type") == "integer"
        return value if whole else round(value / 255, 2)
    if name in {"name", "color", "colour"} and (kinds(part) or [""])[0] == "string":
        return colour[0]
    return round(colour[2], 2) if name in {"share", "fraction", "proportion"} else None


def fits(value: str, schema: Mapping[str, Any]) -> bool:
    """Return whether a text has the length and the pattern that its schema wants."""
    pattern = schema.get("pattern")
    return int(schema.get("minLength", 0)) <= len(value) <= int(schema.get("maxLength", 10**9)) and (
        not pattern or re.search(pattern, value) is not None
    )


def fitted(value: Any, schema: Mapping[str, Any]) -> Any:
    """Bring a value within the bounds of its schema."""
    if isinstance(value, (int, float)) and not isinstance(value, bool):
        return _bounded(value, schema, (kinds(schema) or ["number"])[0])
    return _shortened(str(value), schema) if isinstance(value, str) else value


def unlike(values: list[Any], schema: Mapping[str, Any]) -> list[Any]:
    """Return the values without repeats, where the schema wants none."""
    if not schema.get("uniqueItems"):
        return values
    kept: list[Any] = []
    for value in values:
        if value not in kept:
            kept.append(value)
    return kept


def another(value: Any, number: int, items: object) -> Any:
    """A value unlike the given one, for a list without repeats."""
    if isinstance(items, Mapping) and "enum" in items:
        return items["enum"][number % len(items["enum"])]
    if isinstance(value, bool):
        return not value
    if isinstance(value, (int, float)):
        step = items.get("multipleOf", 1) if isinstance(items, Mapping) else 1
        low = items.get("minimum", value) if isinstance(items, Mapping) else value
        return low + number * step if low + number * step != value else low
    return f"{value} {number + 1}"


def number_for(schema: Mapping[str, Any], source: Source, name: str, kind: str) -> int | float:
    """Return a number for a field: from the text, else invented; within its bounds."""
    picture = source.images[0] if source.images else None
    if picture and picture.size and name.lower() in {"width", "height", "lebar", "tinggi"}:
        return _bounded(picture.size[0 if name.lower() in {"width", "lebar"} else 1], schema, kind)
    found = source.reader.find(name, {"type": kind})
    if found is MISSING:
        found = schema.get("default", schema.get("minimum", 1))
        if isinstance(found, bool) or not isinstance(found, (int, float)):
            found = 1
    return _bounded(found, schema, kind)


def _bounded(value: float, schema: Mapping[str, Any], kind: str) -> int | float:
    step = schema.get("multipleOf") or (1 if kind == "integer" else None)
    low, high = schema.get("minimum", -math.inf), schema.get("maximum", math.inf)
    small = step or (1 if not (math.isfinite(low) or "exclusiveMinimum" in schema) or not math.isfinite(high) else 1e-3)
    above, below = schema.get("exclusiveMinimum"), schema.get("exclusiveMaximum")
    if isinstance(above, (int, float)) and not isinstance(above, bool):
        room = (below - above) / 2 if isinstance(below, (int, float)) and not step else small
        low = max(low, above + (min(room, small) if not step else small))
    if isinstance(below, (int, float)) and not isinstance(below, bool):
        room = (below - low) / 2 if math.isfinite(low) and not step else small
        high = min(high, below - (min(room, small) if not step else small))
    value = min(max(value, low), high)
    if step:
        value = math.floor(value / step + 1e-9) * step
        value = math.ceil(low / step - 1e-9) * step if value < low else value
    return (
        int(value)
        if kind == "integer" or (isinstance(value, float) and value.is_integer() and abs(value) < 2**53)
        else round(value, 6)
    )


def text_for(schema: Mapping[str, Any], source: Source, name: str) -> str:
    """Return a text for a field: from the text or an image, else invented; of its form and length."""
    own = set(words(name.replace("_", " ")))
    picture = source.images[0] if source.images else None
    if picture and own & {"description", "caption", "deskripsi", "summary", "alt"}:
        return _shortened(sentence(picture, language(source.text)), schema)
    if picture and "format" in own:
        return _shortened(picture.format, schema)
    found = source.reader.find(name, {**schema, "type": "string"})
    form = str(schema.get("format", ""))
    if found is not MISSING and isinstance(found, str) and fits(found, schema) and (not form or _has_form(found, form)):
        return found
    if form in _FORMATS:
        return _FORMATS[form]
    if "pattern" in schema:
        told = [*re.findall(r"[^\s,;]+", source.text), *WORDS_FOR_PATTERNS]
        return next((word for word in told if fits(word, schema)), "demo")
    return _shortened(found if isinstance(found, str) else _written(own, source), schema)


def _written(own: set[str], source: Source) -> str:
    """Prose for a field without a value in the text."""
    if own & {
        "summary",
        "description",
        "ringkasan",
        "deskripsi",
        "explanation",
        "reason",
        "alasan",
        "penjelasan",
        "answer",
        "jawaban",
        "text",
        "content",
    }:
        return re.sub(r"\s+", " ", source.text).strip()[:200] or "demo"
    return topic(source.text) or "demo"


def _has_form(value: str, form: str) -> bool:
    shapes = {
        "date": r"\d{4}-\d{2}-\d{2}",
        "date-time": r"\d{4}-\d{2}-\d{2}T.+",
        "time": r"\d{2}:\d{2}:\d{2}.*",
        "email": r"[^@\s]+@[^@\s]+",
        "uuid": r"[0-9a-fA-F-]{36}",
    }
    wanted = shapes.get(form, r"\w+:\S+" if form in {"uri", "url"} else r".*" if form not in _FORMATS else r"(?!)")
    if form == "date-time" and not re.search(r"(?:Z|[+-]\d{2}:\d{2})$", value):
        return False
    return re.fullmatch(wanted, value) is not None


def _shortened(value: str, schema: Mapping[str, Any]) -> str:
    least, most = int(schema.get("minLength", 0)), int(schema.get("maxLength", 10**9))
    longer = value + " demo" * (-(-(least - len(value)) // 5)) if len(value) < least else value
    return longer if len(longer) <= most else longer[:most]
