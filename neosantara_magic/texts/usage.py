"""Sentences about bad input: flags, values, settings, names; nothing was sent.

key: (English, Indonesian). ``key.next`` is the second line of the error ``key``.
"""

from __future__ import annotations

SENTENCES: dict[str, tuple[str, str]] = {
    # Images, wherever they come from (objects/images.py, prompt/images.py).
    "image.none": (
        "{name!r} is not an image.",
        "{name!r} bukan gambar.",
    ),
    "image.none.next": (
        "Give a PNG, JPEG, WEBP or GIF file, an https URL, or a variable with a Pillow image or a Matplotlib figure.",
        "Pakai file PNG, JPEG, WEBP, atau GIF, URL https, atau variabel berisi gambar Pillow atau figure Matplotlib.",
    ),
    "image.format": (
        "{name!r} is an image of the format {format}, which Neosantara does not take.",
        "{name!r} adalah gambar berformat {format}, yang tidak diterima Neosantara.",
    ),
    "image.format.next": (
        "Save it as PNG, JPEG, WEBP or a GIF that does not move.",
        "Simpan sebagai PNG, JPEG, WEBP, atau GIF yang tidak bergerak.",
    ),
    "image.large": (
        "{name!r} has {size} MB; an image may have {limit} MB.",
        "{name!r} berukuran {size} MB; batas satu gambar {limit} MB.",
    ),
    "image.large.next": (
        "Make it smaller: fewer pixels, or JPEG instead of PNG.",
        "Perkecil gambarnya: kurangi piksel, atau pakai JPEG alih-alih PNG.",
    ),
    "image.pixels": (
        "{name!r} has {width} × {height} pixels, too many to encode.",
        "{name!r} berukuran {width} × {height} piksel, terlalu besar untuk dikirim.",
    ),
    "image.pixels.next": (
        "Make it smaller first, for example with image.thumbnail((2000, 2000)) or a smaller dpi.",
        "Perkecil dulu, misalnya dengan image.thumbnail((2000, 2000)) atau dpi yang lebih kecil.",
    ),
}
