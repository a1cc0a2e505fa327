"""The prompt as the user typed it, turned into the parts of a message.

render.py       text → parts: where an expression begins and ends, what is text, what becomes an image
expressions.py  one expression → its value, through Jinja2
images.py       one ``--image SRC`` → an image
files.py        ``--as FILE`` → instructions and settings; ``shipped/`` holds those of this package
"""

from __future__ import annotations

from .images import load_image
from .render import render_instructions, render_prompt

__all__ = ["load_image", "render_instructions", "render_prompt"]
