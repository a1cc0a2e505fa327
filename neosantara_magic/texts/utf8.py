"""Text that UTF-8 can carry: a lone half of a surrogate pair would break a request, a file or a kernel's message."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any


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
        return _mended(value)
    except (TypeError, ValueError, RecursionError):
        pass
    return value


def _mended(value: Any) -> Any:
    if isinstance(value, str):
        return encodable(value)
    if isinstance(value, Mapping):
        return {_mended(name): _mended(one) for name, one in value.items()}
    if isinstance(value, list | tuple):
        return [_mended(one) for one in value]
    return value
