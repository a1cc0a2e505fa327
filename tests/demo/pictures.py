"""Small images. For: tests of what the demo model sees. Not for: anything else."""

from __future__ import annotations

import base64
import io

from PIL import Image


def png(width: int, height: int, *colours: tuple[int, int, int]) -> bytes:
    """Return an RGB PNG of vertical stripes."""
    picture = Image.new("RGB", (width, height))
    picture.putdata([colours[x * len(colours) // width] for _ in range(height) for x in range(width)])
    file = io.BytesIO()
    picture.save(file, "PNG")
    return file.getvalue()


def data_url(content: bytes, kind: str = "png") -> str:
    """Return bytes as a data URL."""
    return f"data:image/{kind};base64,{base64.b64encode(content).decode()}"
