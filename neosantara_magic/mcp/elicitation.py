"""A server's question to the user in the midst of a call.

For: showing its message, marked as the server's, and reading one line for each field.
Not for: approvals (``tools/question.py``). A page that it wants opened, and any form we can't ask, is declined.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from threading import current_thread, main_thread
from typing import Any

from ..texts import say
from ..tools.question import marked, visible
from ..validators import shown

_MOST_FIELDS = 10
_MOST_MESSAGE = 4_000
"""Characters of a message that somebody is asked to read."""
_YES = {"y", "yes", "ya", "true", "1"}
_NO = {"n", "no", "tidak", "false", "0"}


def answer(server: str, params: Any, ask: Callable[[str], str | None]) -> dict[str, Any] | None:
    """Ask the user what the server asks.

    Args:
        server: Its name.
        params: Parameters of ``elicitation/create``.
        ask: Shows a prompt and returns the line typed; None when nobody is there.

    Returns:
        The fields; None when the user declined or nobody could be asked.
    """
    schema: dict[str, Any] = getattr(params, "requested_schema", None) or {}
    fields = schema.get("properties")
    # From a panel's thread nobody would see the question.
    nobody = current_thread() is not main_thread()
    if nobody or not isinstance(fields, dict) or len(fields) > _MOST_FIELDS or len(params.message) > _MOST_MESSAGE:
        return None
    rows = [marked(visible(line)) for line in params.message.split("\n")]
    agreed = ask("\n".join([say("mcp.asks", name=server), *rows, say("mcp.agree") + " "]))
    if (agreed or "").strip().casefold() not in _YES:
        return None
    found: dict[str, Any] = {}
    for name, field in fields.items():
        field = field if isinstance(field, Mapping) else {}  # noqa: PLW2901
        for _ in range(2):
            line = ask(f"{_label(name, field)}: ")
            if line is None:
                return None
            try:
                value = _read(line.strip(), field)
            except ValueError:
                continue
            if value is not None:
                found[name] = value
            break
        else:
            return None
    return None if any(name not in found for name in schema.get("required", ())) else found


def _label(name: str, field: Mapping[str, Any]) -> str:
    facts = [str(field.get("description") or field.get("title") or ""), ", ".join(_choices(field))]
    facts.append(str(field.get("type", "")) if not facts[1] else "")
    return visible(shown(f"{name} ({'; '.join(filter(None, facts))})", 500))


def _choices(field: Mapping[str, Any]) -> list[str]:
    inner = field.get("items")
    items = inner if isinstance(inner, Mapping) else field
    listed = items.get("oneOf") or items.get("anyOf") or [{"const": one} for one in items.get("enum") or ()]
    return [str(one.get("const")) for one in listed if isinstance(one, Mapping)]


def _read(line: str, field: Mapping[str, Any]) -> Any:
    """Return what a line means as a value of the field; None for a field that is left out.

    Raises:
        ValueError: nothing that fits.
    """
    kind, choices = field.get("type"), _choices(field)
    if not line:
        return field.get("default")
    if kind == "array":
        value: Any = [part.strip() for part in line.split(",")]
    elif kind in ("integer", "number"):
        value = int(line) if kind == "integer" else float(line)
    elif kind == "boolean":
        value = {**dict.fromkeys(_YES, True), **dict.fromkeys(_NO, False)}.get(line.casefold())
    else:
        value = line
    if value is None or (choices and not set(value if kind == "array" else [value]) <= set(choices)):
        raise ValueError
    return value
