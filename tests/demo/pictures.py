"""Small images, made by hand. For: tests of what the demo model sees. Not for: anything else."""

from __future__ import annotations

import base64
import struct
import zlib


def png(width: int, height: int, *colours: tuple[int, int, int], filtered: int = 0) -> bytes:
    """Return an RGB PNG of vertical stripes; every row uses the given filter (0 none, 1 left, 2 up, 3 mean, 4 Paeth)."""
    row = bytes(channel for x in range(width) for channel in colours[x * len(colours) // width])
    rows, above = b"", bytes(len(row))
    for _ in range(height):
        rows += bytes([filtered]) + bytes(
            (value - _guess(filtered, row, above, at)) & 255 for at, value in enumerate(row)
        )
        above = row
    header = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + _chunk(b"IHDR", header) + _chunk(b"IDAT", zlib.compress(rows)) + _chunk(b"IEND", b"")


def _guess(kind: int, row: bytes, above: bytes, at: int) -> int:
    left = row[at - 3] if at >= 3 else 0
    corner = above[at - 3] if at >= 3 else 0
    paeth = min((left, above[at], corner), key=lambda near: abs(left + above[at] - corner - near))
    return (0, left, above[at], (left + above[at]) // 2, paeth)[kind]


def _chunk(name: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))


def data_url(content: bytes, kind: str = "png") -> str:
    """Return bytes as a data URL."""
    return f"data:image/{kind};base64,{base64.b64encode(content).decode()}"
