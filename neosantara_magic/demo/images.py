"""What the demo model sees in an image: format, size and main colours, read from its bytes.

For: PNG (size and colours) and JPEG, GIF, WEBP (size; colours too where Pillow is installed).
Not for: what is *in* the picture. The demo cannot know, and says so.
"""

from __future__ import annotations

import base64
import binascii
import io
import struct
import zlib
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from .words import Language

Colour = tuple[int, int, int]

_NAMED: dict[str, Colour] = {
    "black": (0, 0, 0), "white": (255, 255, 255), "grey": (128, 128, 128), "light_grey": (211, 211, 211),
    "dark_grey": (70, 70, 70), "red": (220, 20, 20), "dark_red": (128, 0, 0), "orange": (255, 140, 0),
    "yellow": (250, 220, 40),
    "green": (34, 139, 34), "light_green": (144, 238, 144), "lime": (50, 230, 50), "teal": (0, 128, 128), "cyan": (0,
    220, 220),
    "blue": (30, 60, 220), "light_blue": (150, 200, 240), "steel_blue": (31, 119, 180), "navy": (0, 0, 110),
    "purple": (128, 0, 128), "violet": (148, 103, 189), "pink": (255, 170, 190), "magenta": (230, 20, 230),
    "brown": (139, 80, 30), "dark_brown": (80, 50, 25), "beige": (230, 215, 185), "olive_green": (128, 128, 0),
}  # fmt: skip
_INDONESIAN = {
    "black": "hitam", "white": "putih", "grey": "abu-abu", "light_grey": "abu-abu muda", "dark_grey": "abu-abu tua",
    "red": "merah", "dark_red": "merah tua", "orange": "jingga", "yellow": "kuning", "green": "hijau",
    "light_green": "hijau muda", "lime": "hijau terang", "teal": "hijau kebiruan", "cyan": "sian", "blue": "biru",
    "light_blue": "biru muda", "steel_blue": "biru baja", "navy": "biru tua", "purple": "ungu", "violet": "lembayung",
    "pink": "merah muda", "magenta": "magenta", "brown": "cokelat", "dark_brown": "cokelat tua", "beige": "krem",
    "olive_green": "hijau zaitun",
}  # fmt: skip
_MOST_PIXELS = 40_000_000
"""A picture larger than this is described by its header alone: a tiny file may claim to be enormous."""


@dataclass(frozen=True, slots=True)
class Seen:
    """One image, as far as it could be read."""

    format: str
    """``PNG`` and so on; empty for bytes that are no image we know; ``URL`` for one we cannot fetch."""
    size: tuple[int, int] | None = None
    colours: tuple[tuple[str, Colour, float], ...] = ()
    """Name, red-green-blue and share, the most common first."""
    url: str = ""


def seen(url: str) -> Seen:
    """Read an image from its data URL."""
    head, comma, data = url.partition(",")
    if not head.startswith("data:") or not comma:
        return Seen("URL", url=url)
    try:
        content = base64.b64decode(data, validate=False)
    except (binascii.Error, ValueError):
        return Seen("")
    kind, size = _header(content)
    if not kind or (size and size[0] * size[1] > _MOST_PIXELS):
        return Seen(kind, size)
    pixels = _png_pixels(content) if kind == "PNG" else None
    return Seen(kind, size, _main_colours(pixels if pixels is not None else _pillow_pixels(content)))


def _header(content: bytes) -> tuple[str, tuple[int, int] | None]:
    if content.startswith(b"\x89PNG\r\n\x1a\n") and len(content) >= 24:
        width, height = struct.unpack(">II", content[16:24])
        return "PNG", (width, height)
    if content.startswith((b"GIF87a", b"GIF89a")) and len(content) >= 10:
        width, height = struct.unpack("<HH", content[6:10])
        return "GIF", (width, height)
    if content.startswith(b"\xff\xd8"):
        return "JPEG", _jpeg_size(content)
    if content[:4] == b"RIFF" and content[8:12] == b"WEBP":
        return "WEBP", _webp_size(content)
    return "", None


def _jpeg_size(content: bytes) -> tuple[int, int] | None:
    at = 2
    while at + 9 < len(content):
        if content[at] != 0xFF:
            at += 1
            continue
        marker = content[at + 1]
        if 0xC0 <= marker <= 0xCF and marker not in {0xC4, 0xC8, 0xCC}:
            height, width = struct.unpack(">HH", content[at + 5 : at + 9])
            return width, height
        if marker in {0xFF, 0x01} or 0xD0 <= marker <= 0xD8:
            at += 1 if marker == 0xFF else 2
            continue
        at += 2 + struct.unpack(">H", content[at + 2 : at + 4])[0]
    return None


def _webp_size(content: bytes) -> tuple[int, int] | None:
    kind = content[12:16]
    if kind == b"VP8X" and len(content) >= 30:
        return int.from_bytes(content[24:27], "little") + 1, int.from_bytes(content[27:30], "little") + 1
    if kind == b"VP8 " and len(content) >= 30:
        width, height = struct.unpack("<HH", content[26:30])
        return width & 0x3FFF, height & 0x3FFF
    if kind == b"VP8L" and len(content) >= 25:
        bits = int.from_bytes(content[21:25], "little")
        return (bits & 0x3FFF) + 1, ((bits >> 14) & 0x3FFF) + 1
    return None


def _png_pixels(content: bytes) -> list[Colour] | None:
    """Return a sample of a PNG's pixels; None for a form not read here (16 bit, interlaced, under 8 bit)."""
    width, height, depth, kind, _, _, interlaced = struct.unpack(">IIBBBBB", content[16:29])
    channels = {0: 1, 2: 3, 3: 1, 4: 2, 6: 4}.get(kind)
    if depth != 8 or channels is None or interlaced:
        return None
    packed, palette = bytearray(), b""
    at = 8
    while at + 8 <= len(content):
        length, name = struct.unpack(">I4s", content[at : at + 8])
        if name == b"IDAT":
            packed += content[at + 8 : at + 8 + length]
        elif name == b"PLTE":
            palette = content[at + 8 : at + 8 + length]
        at += 12 + length
    stride = width * channels
    try:
        raw = zlib.decompressobj().decompress(bytes(packed), (stride + 1) * height)
    except zlib.error:
        return None
    # A row stands on the one above it, so all are undone; a sample of the columns is enough to name colours.
    step, row_step = max(1, width // 64), max(1, height // 64)
    found: list[Colour] = []
    above = bytearray(stride)
    for row in range(len(raw) // (stride + 1)):
        start = row * (stride + 1)
        above = _unfiltered(raw[start], bytearray(raw[start + 1 : start + 1 + stride]), above, channels)
        if row % row_step == 0:
            found += (_colour(above, x * channels, kind, palette) for x in range(0, width, step))
    return found


def _unfiltered(kind: int, line: bytearray, above: bytearray, size: int) -> bytearray:
    """Undo one row's filter (PNG specification, section 9.2)."""
    if kind == 0:
        return line
    if kind == 2:
        return bytearray((value + up) & 255 for value, up in zip(line, above, strict=True))
    for place, value in enumerate(line):
        left = line[place - size] if place >= size else 0
        up = above[place]
        if kind == 1:
            guess = left
        elif kind == 3:
            guess = (left + up) // 2
        else:
            corner = above[place - size] if place >= size else 0
            at = left + up - corner
            guess = min((left, up, corner), key=lambda near: abs(at - near))
        line[place] = (value + guess) & 255
    return line


def _colour(line: bytearray, at: int, kind: int, palette: bytes) -> Colour:
    if kind == 3:
        entry = palette[line[at] * 3 : line[at] * 3 + 3]
        return (entry[0], entry[1], entry[2]) if len(entry) == 3 else (0, 0, 0)
    if kind in {0, 4}:
        return (line[at],) * 3
    return (line[at], line[at + 1], line[at + 2])


def _pillow_pixels(content: bytes) -> list[Colour] | None:
    try:
        from PIL import Image  # noqa: PLC0415  (optional; the demo describes less without it)

        with Image.open(io.BytesIO(content)) as picture:
            small = picture.convert("RGB").resize((32, 32))
        data = small.tobytes()
    except Exception:  # noqa: BLE001  (no Pillow, or bytes it cannot read: the header has to do)
        return None
    return [(data[at], data[at + 1], data[at + 2]) for at in range(0, len(data), 3)]


def _main_colours(pixels: Iterable[Colour] | None) -> tuple[tuple[str, Colour, float], ...]:
    if pixels is None:
        return ()
    counted: Counter[str] = Counter()
    sums: dict[str, list[int]] = {}
    for pixel in pixels:
        name = _name(pixel)
        counted[name] += 1
        total = sums.setdefault(name, [0, 0, 0])
        for place in range(3):
            total[place] += pixel[place]
    whole = sum(counted.values())
    best = sorted(counted.items(), key=lambda item: (-item[1], item[0]))[:3]
    return tuple(
        (name, (sums[name][0] // n, sums[name][1] // n, sums[name][2] // n), n / whole)
        for name, n in best
        if n / whole >= 0.01
    )


def _name(pixel: Colour) -> str:
    return min(_NAMED, key=lambda name: sum((a - b) ** 2 for a, b in zip(pixel, _NAMED[name], strict=True)))


def _called(name: str, language: Language) -> str:
    return _INDONESIAN[name] if language == "id" else name.replace("_", " ")


def sentence(image: Seen, language: Language) -> str:
    """Describe one image in a sentence."""
    indonesian = language == "id"
    if image.format == "URL":
        if indonesian:
            return f"Gambar di {image.url[:120]} tidak bisa saya ambil: model demo bekerja tanpa jaringan."
        return f"I cannot fetch the image at {image.url[:120]}: the demo model works without a network."
    if not image.format:
        return "Data itu bukan gambar yang saya kenal." if indonesian else "These bytes are no image that I know."
    size = f"{image.size[0]} x {image.size[1]} " if image.size else ""
    told = f"gambar {image.format} {size}piksel" if indonesian else f"{image.format} image of {size}pixels"
    if not image.colours:
        return f"Ini {told}." if indonesian else f"This is a {told}."
    shares = ", ".join(f"{_called(name, language)} ({share:.0%})" for name, _, share in image.colours)
    return f"Ini {told}, terutama {shares}." if indonesian else f"This is a {told}, mostly {shares}."


def described(urls: Sequence[str], language: Language) -> str:
    """Describe all images of a message."""
    found = [seen(url) for url in urls]
    if len(found) == 1:
        lines = [sentence(found[0], language)]
    else:
        lines = [f"{place}. {sentence(image, language)}" for place, image in enumerate(found, 1)]
    rows = [
        f"| `#{r:02x}{g:02x}{b:02x}` | {_called(name, language)} | {share:.0%} |"
        for image in found
        for name, (r, g, b), share in image.colours
    ]
    if rows:
        head = "| Kode | Warna | Bagian |" if language == "id" else "| Code | Colour | Share |"
        lines.append(f"\n{head}\n|:--|:--|--:|\n" + "\n".join(rows))
    closing = (
        "\nModel demo membaca ukuran dan warna dari byte gambar; isi gambarnya tidak diketahuinya."
        if language == "id"
        else "\nThe demo model reads size and colours from the bytes; what the picture shows it does not know."
    )
    return "\n".join([*lines, closing]) + "\n"
