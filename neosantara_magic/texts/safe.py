"""Text that is safe to pass on: a reader's terminal is not steered by it, and UTF-8 can carry it.

`printable` is the one gate of whatever goes to a terminal, a ``repr`` or ``text/plain``: names and texts of a server, a
file or data. Colours, cursor moves, window titles, clipboard writes and text direction overrides are taken out.
A lone half of a surrogate pair would break a request, a file or a kernel's message.
"""

from __future__ import annotations

import json
import re
import sys
from collections.abc import Callable, Mapping
from typing import Any

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


def encodable(text: str) -> str:
    """Return text that UTF-8 can carry: halves of surrogate pairs are joined, lone ones become U+FFFD."""
    if text.isascii():
        return text
    try:
        text.encode()
    except UnicodeEncodeError:
        return text.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace")
    return text


def encodable_json(value: Any) -> Any:
    """Return JSON data whose texts UTF-8 can carry, keys included; the same object where nothing has to change.

    What is no JSON stays as it is: that is the business of whoever writes it out.
    """
    try:
        json.dumps(value, ensure_ascii=False).encode()
    except UnicodeEncodeError:
        return mapped(encodable, value)
    except (TypeError, ValueError, RecursionError):
        pass
    return value


def mapped(change: Callable[[str], str], value: Any) -> Any:
    """Return JSON data whose texts went through ``change``, keys of objects included."""
    if isinstance(value, str):
        return change(value)
    if isinstance(value, Mapping):
        return {mapped(change, name): mapped(change, one) for name, one in value.items()}
    if isinstance(value, list | tuple):
        found = [mapped(change, one) for one in value]
        return tuple(found) if isinstance(value, tuple) else found
    return value
