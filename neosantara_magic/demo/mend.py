"""The answer to ``%neosantara fix``: a name that is nearly right becomes the right one."""

from __future__ import annotations

import re
from difflib import get_close_matches

_CELL = re.compile(r"^The cell:\n(`{3,})python\n(.*?)\n\1\s*\Z", re.DOTALL | re.MULTILINE)
_WRONG = re.compile(r"^(?:NameError: name|KeyError:|AttributeError: .* has no attribute) '([^'\n]+)'", re.MULTILINE)


def mended(prompt: str) -> str:
    """Return the cell as a Python block, mended where that is plain; empty when the prompt asks for no such thing."""
    cell = _CELL.search(prompt)
    if cell is None:
        return ""
    source, wrong = cell[2], _WRONG.findall(prompt)
    words = set(re.findall(r"[^\W\d]\w*", prompt)) - set(wrong[-1:])
    near = get_close_matches(wrong[-1], words, 1) if wrong else []
    if near:
        source = re.sub(rf"(?<!\w){re.escape(wrong[-1])}(?!\w)", near[0], source)
    return f"{cell[1]}python\n{source}\n{cell[1]}"
