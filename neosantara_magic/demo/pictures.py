"""What the demo model sees in an image: format, size and main colours, never what it shows.

Pillow reads it; without Pillow, the size of a PNG is read from its header. Nothing is fetched from the network.
"""

from __future__ import annotations

import base64
import io
import math
import struct
from collections import Counter
from collections.abc import Mapping
from typing import Any, NamedTuple

from .phrases import Language, book, say

_MOST_PIXELS = 40_000_000  # a larger picture is described by its size alone: a tiny file may claim to be enormous


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
    url: str = ""
    """Where the image is, when it did not come with the request."""

    def fields(self, language: Language) -> dict[str, Any]:
        """Return what a schema's fields about an image can say."""
        sizes = dict(zip(("width", "height", "lebar", "tinggi"), (self.size or ()) * 2, strict=False))
        return sizes | dict.fromkeys(("description", "deskripsi", "caption"), self.sentence(language))

    def sentence(self, language: Language) -> str:
        """Return what the picture is, in one sentence."""
        if not self.size:
            return say(language, "image_url", url=self.url) if self.url else say(language, "image_unknown")
        spelled = book("id")["colours"] if language == "id" else {}
        colours = ", ".join(f"{spelled.get(one.name, one.name)} ({one.share:.0%})" for one in self.colours)
        size = f"{self.size[0]} x {self.size[1]}"
        return say(language, "image" if colours else "image_size", format=self.format, size=size, colours=colours)


def described(urls: tuple[str, ...], language: Language) -> str:
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
    named: dict[str, Counter[Any]] = {}
    for rgb, count in Counter(pixels).items():
        named.setdefault(_nearest(rgb), Counter())[rgb] += count
    found = [Colour(round(one.total() / len(pixels), 2), name, one.most_common(1)[0][0]) for name, one in named.items()]
    return Seen(kind, size, tuple(one for one in sorted(found, reverse=True)[:4] if one.share >= 0.02))


def _nearest(rgb: tuple[int, ...]) -> str:
    named: Mapping[str, list[int]] = book("en")["colours"]
    return min(named, key=lambda name: math.dist(named[name], rgb))
