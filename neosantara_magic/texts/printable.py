"""Text that is safe to print: a model may not steer the reader's terminal.

The one gate of whatever goes to a terminal, a ``repr`` or ``text/plain``: names and texts of a server, a file or data.
Colours, cursor moves, window titles, clipboard writes and text direction overrides are taken out.
"""

from __future__ import annotations

import re
import sys

_SEQUENCE = r"\x1b\[[0-?]*[ -/]*[@-~]|\x1b[\]PX^_][^\x07\x1b]*(?:\x07|\x1b\\)?|\x1b[ -/]*[0-~]"
_CONTROL = "[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069\ud800-\udfff]"


def printable(text: str) -> str:
    """Return text without control sequences; line feeds and tabs stay."""
    if text.isprintable():
        return text
    return re.sub(_CONTROL, "", re.sub(_SEQUENCE, "", text.replace("\r\n", "\n")))


def warn(line: str) -> None:
    """Print a line where a script's or a terminal's user reads what is not the answer."""
    print(printable(line), file=sys.stderr)  # noqa: T201
