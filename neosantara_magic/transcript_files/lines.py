"""Turns as JSON Lines, and back, exactly.

For: the format itself. Line one is the header, each further line is one turn::

    {"format": "neosantara-conversation", "version": 1, "name": "main", "turns": 2}
    {"prompt": {"role": "user", "parts": [{"text": "Hi"}]}, "replies": [...], "model": "garda-core", ...}

Not for: files (``__init__.py``).

A field that has its default is left out. The header counts the turns, so that a file which lost its end is noticed
although each line left is whole. Reading is strict: a field that this version did not write makes the line damaged,
because a version that adds one also raises the number.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import fields
from typing import Any, NoReturn, TypeVar

from .. import beside
from ..errors import ConversationFileError
from ..messages import ImagePart, Message, Part, TextPart, ToolCall, Turn, Usage
from ..texts import two_lines
from ..validators import json_text

FORMAT = "neosantara-conversation"
VERSION = 1

_T = TypeVar("_T")
_SURROGATE = re.compile("[\ud800-\udfff]")
_USAGE = tuple(field.name for field in fields(Usage))
_ROLES = ("user", "assistant", "tool")
_CHOICES = {"api": ("responses", "chat"), "outcome": ("completed", "stopped", "failed")}
_LABELS = ("demo", "recorded")
_OPTIONAL_TEXTS = ("instructions", "response_id", "stands_for")


def encode(name: str, turns: Sequence[Turn]) -> str:
    """Return a conversation as JSON Lines."""
    header = {"format": FORMAT, "version": VERSION, "name": name, "turns": len(turns)}
    return "".join(_line(row) for row in (header, *map(_turn, turns)))


def decode(content: bytes, path: str) -> tuple[str, tuple[Turn, ...]]:
    """Return the name and the turns.

    Args:
        content: The file's bytes.
        path: What the user calls the file, for the error.

    Raises:
        ConversationFileError: not ours, from a newer version, or damaged, with the number of the line.
    """
    rows = content.removeprefix(b"\xef\xbb\xbf").split(b"\n")
    while rows and not rows[-1].strip():
        rows.pop()
    header = _json(rows[0]) if rows else None
    if not isinstance(header, dict) or header.get("format") != FORMAT:
        _refuse("transcript.foreign", path=path)
    version, name, count = header.get("version"), header.get("name"), header.get("turns")
    if type(version) is int and version > VERSION:
        _refuse("transcript.newer", path=path, version=version, known=VERSION)
    if version != VERSION or not isinstance(name, str) or type(count) is not int:
        _refuse("transcript.damaged", path=path, line=1)
    turns = tuple(_checked(row, path, number) for number, row in enumerate(rows[1:], 2))
    if len(turns) != count:
        _refuse("transcript.cut", path=path, found=len(turns), expected=count)
    return name, turns


def is_ours(content: bytes) -> bool:
    """Whether a file's bytes begin as `encode` begins them: damaged, cut and newer ones are ours too."""
    header = _json(content.removeprefix(b"\xef\xbb\xbf").split(b"\n", 1)[0])
    return isinstance(header, dict) and header.get("format") == FORMAT


def _checked(row: bytes, path: str, line: int) -> Turn:
    data = _json(row)
    if data is None:
        _refuse("transcript.broken", path=path, line=line)
    try:
        return _read_turn(data)
    except _WrongError as wrong:
        _refuse("transcript.field", path=path, line=line, field=wrong.field)


def _refuse(key: str, **values: object) -> NoReturn:
    raise ConversationFileError(*two_lines(key, **values))


def _json(row: bytes) -> Any:
    try:
        return json.loads(row)
    except (ValueError, RecursionError):
        return None


def _line(row: Mapping[str, Any]) -> str:
    text = json_text(row)
    # A model may write half of a surrogate pair, which JSON can spell and UTF-8 cannot.
    return _SURROGATE.sub(lambda half: f"\\u{ord(half[0]):04x}", text) + "\n"


# -- turns → rows


def _turn(turn: Turn) -> dict[str, Any]:
    row: dict[str, Any] = {"prompt": message_row(turn.prompt), "replies": [*map(message_row, turn.replies)]}
    row["api"], row["model"], row["outcome"] = turn.api, turn.model, turn.outcome
    if turn.usage is not None:
        row["usage"] = {name: getattr(turn.usage, name) for name in _USAGE}
    for name in ("cost_idr", *_OPTIONAL_TEXTS):
        if getattr(turn, name) is not None:
            row[name] = getattr(turn, name)
    if turn.label:
        row["label"] = turn.label
    return row


def message_row(message: Message) -> dict[str, Any]:
    """Return a message as a JSON object."""
    row: dict[str, Any] = {"role": message.role, "parts": [_part(part) for part in message.parts]}
    if message.tool_calls:
        row["tool_calls"] = [
            {"id": call.id, "name": call.name, "arguments": call.arguments}
            | ({"server": call.server} if call.server else {})
            for call in message.tool_calls
        ]
    if message.call_id is not None:
        row["call_id"] = message.call_id
    if message.beside:
        row["beside"] = [beside.row(thing) for thing in message.beside]
    return row


def _part(part: Part) -> dict[str, str]:
    return {"text": part.text} if isinstance(part, TextPart) else {"image": part.url}


# -- rows → turns


class _WrongError(Exception):
    """A field is missing, has another kind of value, or is not ours."""

    def __init__(self, field: str) -> None:
        super().__init__(field)
        self.field = field


class _Row:
    """A JSON object of which every field must be taken, and have the kind that is asked for."""

    def __init__(self, data: Any, name: str) -> None:
        if not isinstance(data, dict):
            raise _WrongError(name)
        self._left = dict(data)

    def text(self, name: str) -> str:
        found: str = self._take(name, str)
        return found

    def text_or_none(self, name: str) -> str | None:
        return self.text(name) if name in self._left else None

    def choice(self, name: str, choices: Iterable[str]) -> Any:
        found = self.text(name)
        if found not in choices:
            raise _WrongError(name)
        return found

    def number(self, name: str, *kinds: type) -> Any:
        found = self._take(name, *kinds)
        if isinstance(found, bool):
            raise _WrongError(name)
        return found

    def many(self, name: str, read: Callable[[Any], _T]) -> tuple[_T, ...]:
        return tuple(read(item) for item in self._take(name, list))

    def value(self, name: str) -> Any:
        return self._take(name, object)

    def __contains__(self, name: str) -> bool:
        return name in self._left

    def end(self) -> None:
        if self._left:
            raise _WrongError(next(iter(self._left)))

    def _take(self, name: str, *kinds: type) -> Any:
        if name not in self._left or not isinstance(self._left[name], kinds):
            raise _WrongError(name)
        return self._left.pop(name)


def _read_turn(data: Any) -> Turn:
    row = _Row(data, "prompt")
    turn = Turn(
        prompt=read_message(row.value("prompt")),
        replies=row.many("replies", read_message),
        model=row.text("model"),
        usage=_read_usage(row.value("usage")) if "usage" in row else None,
        cost_idr=row.number("cost_idr", int, float) if "cost_idr" in row else None,
        label=row.choice("label", _LABELS) if "label" in row else "",
        **{name: row.choice(name, choices) for name, choices in _CHOICES.items()},
        **{name: row.text_or_none(name) for name in _OPTIONAL_TEXTS},  # type: ignore[arg-type]
    )
    row.end()
    return turn


def read_message(data: Any) -> Message:
    """Return the message of a JSON object that `message_row` made."""
    row = _Row(data, "role")
    message = Message(
        role=row.choice("role", _ROLES),
        parts=row.many("parts", _read_part),
        tool_calls=row.many("tool_calls", _read_call) if "tool_calls" in row else (),
        call_id=row.text_or_none("call_id"),
        beside=row.many("beside", _read_beside) if "beside" in row else (),
    )
    row.end()
    return message


def _read_beside(data: Any) -> beside.Beside:
    try:
        return beside.read_row(data)
    except (KeyError, TypeError, ValueError):
        raise _WrongError("beside") from None


def _read_part(data: Any) -> Part:
    row = _Row(data, "parts")
    part = ImagePart(row.text("image")) if "image" in row else TextPart(row.text("text"))
    row.end()
    return part


def _read_call(data: Any) -> ToolCall:
    row = _Row(data, "tool_calls")
    call = ToolCall(row.text("id"), row.text("name"), row.text("arguments"), row.text_or_none("server") or "")
    row.end()
    return call


def _read_usage(data: Any) -> Usage:
    row = _Row(data, "usage")
    usage = Usage(**{name: row.number(name, int) for name in _USAGE})
    row.end()
    return usage
