"""Images: find the format in the bytes, keep to the service's limits, return a data URL.

It reads Pillow images, figures and IPython images. Not for: paths, URLs and variables (``prompt/images.py``).
An image that is bytes already is never decoded, so a decompression bomb stays folded; one that must be encoded
(a Pillow image, a figure) is measured first.
"""

from __future__ import annotations

import base64
import io
from contextlib import suppress
from typing import Any

from ..errors import UsageError
from ..messages import ImagePart
from ..texts import two_lines
from ..texts.numbers import decimal

IMAGE_LIMIT = 20 * 1024 * 1024
"""Bytes of one image. Source: the service's guide on vision, "20 MB per image"."""

PIXEL_LIMIT = 64_000_000
"""Pixels of an image we encode ourselves; beyond it the encoding alone takes seconds and gigabytes."""

_ACCEPTED = {"PNG": "image/png", "JPEG": "image/jpeg", "WEBP": "image/webp", "GIF": "image/gif"}
_SIGNATURES = (
    (0, b"\x89PNG\r\n\x1a\n", "PNG"),
    (0, b"\xff\xd8\xff", "JPEG"),
    (0, b"GIF87a", "GIF"),
    (0, b"GIF89a", "GIF"),
    (8, b"WEBP", "WEBP"),
    (0, b"II*\x00", "TIFF"),
    (0, b"MM\x00*", "TIFF"),
    (0, b"%PDF-", "PDF"),
    (0, b"\x00\x00\x01\x00", "ICO"),
    (0, b"8BPS", "PSD"),
    (0, b"\xff\x0a", "JPEG XL"),
    (0, b"\x00\x00\x00\x0cJXL ", "JPEG XL"),
    (0, b"\x00\x00\x00\x0cjP  ", "JPEG 2000"),
    *((4, b"ftyp" + brand, "AVIF") for brand in (b"avif", b"avis")),
    *((4, b"ftyp" + brand, "HEIC") for brand in (b"heic", b"heix", b"mif1", b"hevc")),
)
"""Where in the bytes what stands, and the format that it tells."""


def image_format(data: bytes) -> str | None:
    """Return the format by its signature (``PNG``, ``animated GIF``, ``TIFF``, ``SVG`` ...), or None for no image."""
    found = next((name for at, sign, name in _SIGNATURES if data.startswith(sign, at)), None)
    if found == "GIF" and _moves(data):
        return "animated GIF"
    if found == "WEBP" and not data.startswith(b"RIFF"):
        return None
    if found is None and data.startswith(b"BM") and data[6:10] == b"\0\0\0\0":
        return "BMP"
    start = data[:1000].lstrip(b"\xef\xbb\xbf \t\r\n")
    is_svg = start.startswith(b"<svg") or (start.startswith(b"<?xml") and b"<svg" in start)
    return "SVG" if is_svg else found


def image_of_bytes(data: bytes, name: str) -> ImagePart:
    """Return bytes as a data URL. Raises UsageError, naming ``name``: no image, its format, over ``IMAGE_LIMIT``."""
    if len(data) > IMAGE_LIMIT:
        raise image_too_large(name, len(data))
    found = image_format(data)
    if found is None:
        raise UsageError(*two_lines("image.none", name=repr(name)))
    if found not in _ACCEPTED:
        raise UsageError(*two_lines("image.format", name=name, format=found))
    return ImagePart(f"data:{_ACCEPTED[found]};base64,{base64.b64encode(data).decode('ascii')}")


def image_part(value: object, name: str = "") -> ImagePart | None:
    """Return a value as an image for the model, or None when it is no image.

    An image is: a Pillow image, a Matplotlib figure or axes, bytes with an image's signature,
    ``IPython.display.Image``, what has ``_repr_png_`` or ``_repr_jpeg_``, an ``ImagePart``.
    An array is none: numbers stay numbers. ``name`` is what the user calls the value, for the error.
    Raises UsageError: the service does not take its format, more than ``IMAGE_LIMIT`` bytes or ``PIXEL_LIMIT`` pixels.
    """
    if isinstance(value, ImagePart):
        return value
    kind = type(value)  # the class, not the object: an object with __getattr__ seems to have everything
    called = name or kind.__name__
    found = None
    if isinstance(value, bytes | bytearray | memoryview):
        data = bytes(value[: IMAGE_LIMIT + 1])
        found = image_of_bytes(data, called) if image_format(data) else None
    elif all(hasattr(kind, attribute) for attribute in ("save", "size", "mode", "getpixel")):
        found = _pillow(value, called)
    elif hasattr(kind, "savefig"):
        found = _figure(value, called)
    elif hasattr(kind, "get_figure") and hasattr(kind, "set_title"):
        found = image_part(value.get_figure(), called)  # type: ignore[attr-defined]
    elif not isinstance(value, type):
        found = _displayable(value, called)
    return found


def image_too_large(name: str, size: int) -> UsageError:
    """Return the error for an image of ``size`` bytes."""
    told = {"size": f"{decimal(size / 1024**2)} MB", "limit": IMAGE_LIMIT // 1024**2}
    return UsageError(*two_lines("image.large", name=name, **told))


def _check_pixels(name: str, width: float, height: float) -> None:
    if width * height > PIXEL_LIMIT:
        told = {"size": f"{decimal(width, 0)} × {decimal(height, 0)} px", "limit": IMAGE_LIMIT // 1024**2}
        raise UsageError(*two_lines("image.large", name=name, **told))


def _pillow(image: Any, name: str) -> ImagePart:
    """Return a photograph as JPEG, anything else as PNG, which loses nothing; upright, as a viewer would show it."""
    from PIL import ImageOps  # noqa: PLC0415  (the owner of such an image has loaded Pillow)

    _check_pixels(name, *image.size)
    target = io.BytesIO()
    photograph = image.format in ("JPEG", "MPO")  # a copy has no format; MPO is what many telephones write
    upright = ImageOps.exif_transpose(image)
    if photograph and upright.mode in ("RGB", "L"):
        upright.save(target, format="JPEG", quality=95, icc_profile=upright.info.get("icc_profile"))
    else:
        _as_png_can(upright).save(target, format="PNG")
    return image_of_bytes(target.getvalue(), name)


def _as_png_can(image: Any) -> Any:
    """Return an image in a mode that PNG has, with its transparency and, for grey levels beyond 255, its contrast."""
    mode = image.mode
    if mode in ("1", "L", "LA", "I;16", "P", "RGB", "RGBA"):
        return image
    if mode[0] in "IF":
        low, high = image.convert("F").getextrema()
        # 0 to 1 and 0 to 255 are what such an image usually means; else its own range is stretched over all greys.
        if low >= 0 and high <= 255:
            low, high = 0, 1 if mode == "F" and high <= 1 else 255
        scale = 255 / ((high - low) or 1)
        return image.convert("F").point(lambda level: level * scale - low * scale).convert("L")
    found = image.convert("RGBA" if mode in ("PA", "La", "RGBa") else "RGB")
    found.info.pop("icc_profile", None)  # of other colours: CMYK's would be read as one of RGB
    return found


def _figure(figure: Any, name: str) -> ImagePart:
    inner = getattr(figure, "figure", None) or figure  # seaborn's grids hold their figure
    inches, dpi = getattr(inner, "get_size_inches", None), getattr(inner, "dpi", None)
    width, height = (size * dpi for size in inches()) if callable(inches) and dpi else (0, 0)
    _check_pixels(name, width, height)
    target = io.BytesIO()
    # As it is shown: what a style says of files, a transparent paper or more dots, is not what the user sees.
    figure.savefig(target, format="png", bbox_inches="tight", dpi="figure", transparent=False)
    return image_of_bytes(target.getvalue(), name)


def _displayable(value: Any, name: str) -> ImagePart | None:
    """Return ``IPython.display.Image`` and what else shows itself as an image."""
    kind = type(value)
    held = getattr(value, "__dict__", {})
    if kind.__name__ == "Image" and "data" in held and "url" in held:
        data, url = held["data"], held["url"]
        if isinstance(data, bytes):
            return image_of_bytes(data, name)
        if isinstance(url, str) and url.startswith("https://"):
            return ImagePart(url)
        return None
    for method in ("_repr_png_", "_repr_jpeg_"):
        if callable(getattr(kind, method, None)):
            data = getattr(value, method)()
            data = data[0] if isinstance(data, tuple) else data  # (data, metadata) is allowed
            if isinstance(data, str):
                data = base64.b64decode(data)
            if isinstance(data, bytes) and data:
                return image_of_bytes(data, name)
    return None


def _moves(data: bytes) -> bool:
    """Walk a GIF's blocks, without decoding a pixel, until a second image begins."""
    frames = 0
    with suppress(IndexError):  # cut off: what is there has one frame
        position = 13 + _color_table(data[10])
        while data[position] != 0x3B and frames < 2:
            frames += data[position] == 0x2C
            position += 11 + _color_table(data[position + 9]) if data[position] == 0x2C else 2
            while data[position]:
                position += data[position] + 1
            position += 1
    return frames == 2


def _color_table(flags: int) -> int:
    return 3 << ((flags & 7) + 1) if flags & 0x80 else 0
