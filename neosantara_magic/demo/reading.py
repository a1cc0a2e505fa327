"""What the demo reads: its own words (``en.toml``, ``id.toml``, …), what a text says literally, and pictures.

Nothing is guessed: a value without a label, quotes or a form of its own is not read, and of a picture only format,
size and main colours are told, never what it shows. Nothing is fetched from the network.
"""

from __future__ import annotations

import base64
import io
import math
import re
import struct
import tomllib
from collections import Counter
from collections.abc import Mapping
from functools import cache, cached_property
from itertools import takewhile
from pathlib import Path
from typing import Any, NamedTuple

LANGUAGES = sorted((path.stem for path in Path(__file__).parent.glob("??.toml")), key=lambda one: (one != "en", one))
"""Each has a file here, of its name; English counts where nothing tells two apart."""

_MOST_PIXELS = 40_000_000  # a larger picture is described by its size alone: a tiny file may claim to be enormous
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


@cache
def book(name: str) -> dict[str, Any]:
    """Return all that a file says: a language's, or ``service``."""
    return tomllib.loads((Path(__file__).parent / f"{name}.toml").read_text(encoding="utf-8"))


def say(language: str, sentence: str, /, **values: Any) -> str:
    """Return a sentence of the demo's own, with values in its places."""
    told: str = book(language)["say"][sentence]
    return told.format(**values)


@cache
def words(name: str) -> list[str]:
    """Return the words of that name in all languages."""
    return [word for one in LANGUAGES for word in book(one)[name].split()]


@cache
def pattern(name: str) -> re.Pattern[str]:
    """Return the expression of that name in all languages."""
    parts = (f"(?:{book(one)[name]})" for one in LANGUAGES)
    return re.compile("|".join(parts), re.IGNORECASE | re.MULTILINE | re.DOTALL)


def found(name: str, text: str) -> list[str] | None:
    """Return the groups of an expression that a text matches in any language; None when it does not."""
    match = pattern(name).search(text)
    return [group for group in match.groups() if group is not None] if match else None


CAPTION = re.compile(r"^([\d,]+) rows? × .*(?:\ndtypes: .*)?$", re.MULTILINE)
"""What stands below a table in a prompt, in English."""


def language(*prompts: str, instructions: str = "") -> str:
    """Return the language that is asked for; else that of the first prompt with more words of one than of another."""
    for text in (instructions, *prompts[:1]):
        for one in LANGUAGES:
            if re.search(book(one)["tongue"], text, re.IGNORECASE):
                return one
    for text in prompts:
        said = re.findall(r"[^\W\d_]+", CAPTION.sub("", text).lower())
        known = {one: sum(word in _vocabulary(one) for word in said) for one in LANGUAGES}
        if len(set(known.values())) > 1:
            return max(known, key=known.__getitem__)
    return LANGUAGES[0]


@cache
def _vocabulary(one: str) -> frozenset[str]:
    asked = [question for fact_ in book(one)["facts"].values() for question in fact_["ask"]]
    return frozenset(f"{book(one)['small']} {' '.join(asked)}".lower().split())


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
        between = rf"\W*(?:(?:{'|'.join(words('joins'))})\W+)*"
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
        link = r"\s*[:=]\s*" if len(name) < 3 else rf"\s*(?:[:=]|\b(?:{'|'.join(words('is'))})\b)?\s*"
        head = rf"(?<!\w){label}(?!\w)[\"'`*]*{link}"
        number = rf"{head}[\"'`]?({_NUMBER})|({_FREE_NUMBER})\s+{label}s?(?!\w)"
        yes, no = words("yes"), words("no")
        forms = {"integer": number, "number": number, "boolean": rf"{head}({'|'.join(yes + no)})\b"}
        bare = rf"(?<!\w){label}[\"'`*]*\s*[:=]\s*([^\s,;|\n][^,;|\n]*)"
        match = re.search(forms.get(kind, rf"{head}(?:{_FORMS['quote']})|{bare}"), self.text, re.IGNORECASE)
        if not match:
            return MISSING
        said = next(filter(None, match.groups())).strip(" .\"'`")
        value: Any = said if kind == "string" else said.lower() in yes if kind == "boolean" else as_number(said)
        self.take(value)
        return MISSING if kind == "integer" and isinstance(value, float) else value

    def _free(self, values: list[Any]) -> list[Any]:
        return list((Counter(values) - Counter(one for one in self._taken if one in values)).elements())

    def _strings(self, name: str, description: str) -> list[str]:
        """Return the texts that may be a field's value by their form, all of one form, the likeliest."""
        told = {form: self._free(values) for form, values in self._found[0].items()}
        own = set(re.findall(r"[a-z]+", name.lower()))
        hinted = next((form for form in ("url", "email", "zone", "date", "file") if own & {*words(f"hint_{form}")}), "")
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


class Colour(NamedTuple):
    """A main colour: its share of the picture (0 to 1), its English name, its red, green and blue (0 to 255)."""

    share: float
    name: str
    rgb: tuple[int, int, int]

    def fields(self, properties: Mapping[str, Any]) -> dict[str, Any]:
        """Return the values of fields ``r``, ``g``, ``b`` and ``name``: fractions unless the fields are integers."""
        whole = isinstance(properties["r"], Mapping) and properties["r"].get("type") == "integer"
        values = [value if whole else round(value / 255, 2) for value in self.rgb]
        return {**dict(zip("rgb", values, strict=True)), "name": self.name.replace(" ", "_")}


class Seen(NamedTuple):
    """One image, as far as it could be read; without a size the bytes are no image that we know."""

    format: str = ""
    size: tuple[int, int] | None = None
    colours: tuple[Colour, ...] = ()
    url: str = ""  # where the image is, when it did not come with the request

    def fields(self, language: str) -> dict[str, Any]:
        """Return what a schema's fields about an image can say."""
        sides = zip(("width", "height"), self.size or (), strict=False)
        sizes = {name: size for side, size in sides for name in words(side)}
        return sizes | dict.fromkeys(words("description"), self.sentence(language))

    def sentence(self, language: str) -> str:
        """Return what the picture is, in one sentence."""
        if not self.size:
            return say(language, "image_url", url=self.url) if self.url else say(language, "image_unknown")
        spelled = book(language)["colours"]
        colours = ", ".join(f"{spelled.get(one.name, one.name)} ({one.share:.0%})" for one in self.colours)
        size = f"{self.size[0]} x {self.size[1]}"
        return say(language, "image" if colours else "image_size", format=self.format, size=size, colours=colours)


def described(urls: tuple[str, ...], language: str) -> str:
    """Return what the demo sees in these images."""
    lines = [seen(url).sentence(language) for url in urls]
    numbered = [f"{place}. {line}" for place, line in enumerate(lines, 1)] if lines[1:] else lines
    return "\n".join([*numbered, "", say(language, "image_end")])


def seen(url: str) -> Seen:
    """Read an image from its data URL."""
    head, _, data = url.partition(",")
    content = b""
    try:
        content = base64.b64decode(data)
        return _by_pillow(content) if head.startswith("data:") else Seen(url=url)
    except Exception:  # noqa: BLE001  (there is no Pillow, or a broken image, which may raise anything in it)
        header = content.startswith(b"\x89PNG\r\n\x1a\n") and len(content) >= 24
        return Seen("PNG", struct.unpack(">II", content[16:24])) if header else Seen()


def _by_pillow(content: bytes) -> Seen:
    from PIL import Image  # noqa: PLC0415  (optional, and slow to import)

    with Image.open(io.BytesIO(content)) as picture:
        kind, size = str(picture.format), picture.size
        if size[0] * size[1] > _MOST_PIXELS:
            return Seen(kind, size)
        small = picture.convert("RGBA").resize(tuple(min(side, 100) for side in size), Image.Resampling.NEAREST)
    told = small.tobytes()
    pixels = [tuple(told[at : at + 3]) if told[at + 3] > 127 else (255, 255, 255) for at in range(0, len(told), 4)]
    known: Mapping[str, list[int]] = book("en")["rgb"]
    named: dict[str, Counter[Any]] = {}
    for rgb, count in Counter(pixels).items():
        distances = {name: math.dist(other, rgb) for name, other in known.items()}
        named.setdefault(min(distances, key=distances.__getitem__), Counter())[rgb] += count
    found = [Colour(round(one.total() / len(pixels), 2), name, one.most_common(1)[0][0]) for name, one in named.items()]
    return Seen(kind, size, tuple(one for one in sorted(found, reverse=True)[:4] if one.share >= 0.02))
