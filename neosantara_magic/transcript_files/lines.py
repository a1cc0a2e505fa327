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

import re
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from functools import cache
from typing import Any, Literal, NoReturn, NotRequired

from pydantic import ConfigDict, TypeAdapter, ValidationError
from typing_extensions import TypedDict

from .. import beside
from ..errors import ConversationFileError
from ..messages import Api, ImagePart, Message, Role, TextPart, ToolCall, Turn, Usage
from ..texts import two_lines
from ..turns import Asked
from ..validators import from_json, json_text

FORMAT = "neosantara-conversation"
ASKS = "neosantara-asks"
VERSION = 1

_SURROGATE = re.compile("[\ud800-\udfff]")


class _Call(TypedDict):
    id: str
    name: str
    arguments: str
    server: NotRequired[str]


class _Text(TypedDict):
    text: str


class _Image(TypedDict):
    image: str


class MessageRow(TypedDict):
    """A message as a JSON object."""

    role: Role
    parts: list[_Text | _Image]
    tool_calls: NotRequired[list[_Call]]
    call_id: NotRequired[str]
    beside: NotRequired[list[dict[str, str]]]


class _Tokens(TypedDict):
    input_tokens: int
    output_tokens: int
    total_tokens: int
    cached_tokens: int
    reasoning_tokens: int


class _TurnRow(TypedDict):
    prompt: MessageRow
    replies: list[MessageRow]
    api: Api
    model: str
    outcome: Literal["completed", "stopped", "failed"]
    usage: NotRequired[_Tokens]
    cost_idr: NotRequired[int | float]
    instructions: NotRequired[str]
    response_id: NotRequired[str]
    stands_for: NotRequired[str]
    label: NotRequired[Literal["demo", "recorded"]]


@cache
def _rows() -> TypeAdapter[list[_TurnRow]]:
    # A list, because an adapter of a TypedDict itself takes no config.
    return TypeAdapter(list[_TurnRow], config=ConfigDict(extra="forbid", strict=True))


def encode(name: str, turns: Sequence[Turn]) -> str:
    """Return a conversation as JSON Lines."""
    header = {"format": FORMAT, "version": VERSION, "name": name, "turns": len(turns)}
    return "".join(map(json_line, (header, *map(_turn, turns))))


def encode_all(asks: Sequence[Asked]) -> str:
    """Return all that was asked as JSON Lines: for reading, they do not load again."""
    header = {"format": ASKS, "version": VERSION, "asks": len(asks)}
    told = (dict(zip(Asked._fields[:-1], ask, strict=False)) | _turn(ask.turn) for ask in asks)
    return "".join(map(json_line, (header, *told)))


def decode(content: bytes, path: str) -> tuple[str, tuple[Turn, ...]]:
    """Return a file's name and turns; raises ConversationFileError: not ours, newer, or damaged, and in which line."""
    rows = content.removeprefix(b"\xef\xbb\xbf").split(b"\n")
    while rows and not rows[-1].strip():
        rows.pop()
    header = from_json(rows[0], None) if rows else None
    if not isinstance(header, dict) or header.get("format") != FORMAT:
        _refuse("transcript.foreign", path=path)
    version, name, count = header.get("version"), header.get("name"), header.get("turns")
    if type(version) is int and version > VERSION:
        _refuse("transcript.newer", path=path, version=version, known=VERSION)
    if version != VERSION or not isinstance(name, str) or type(count) is not int:
        _refuse("transcript.damaged", path=path, line=1, field="")
    turns = tuple(_checked(row, path, number) for number, row in enumerate(rows[1:], 2))
    if len(turns) != count:
        _refuse("transcript.cut", path=path, found=len(turns), expected=count)
    return name, turns


def is_ours(content: bytes) -> bool:
    """Whether a file's bytes begin as `encode` begins them, also when it is damaged, cut or newer."""
    header = from_json(content.removeprefix(b"\xef\xbb\xbf").split(b"\n", 1)[0], None)
    return isinstance(header, dict) and header.get("format") in (FORMAT, ASKS)


def _checked(row: bytes, path: str, line: int) -> Turn:
    data = from_json(row, None)
    if data is None:
        _refuse("transcript.damaged", path=path, line=line, field=" (JSON)")
    try:
        (turn,) = _rows().validate_python([data])
    except ValidationError as wrong:
        # Pydantic names the field, and the member of a union that it tried: those are ours, or a type.
        place = wrong.errors(include_url=False)[0]["loc"]
        named = [part for part in place if isinstance(part, str) and part[:1] != "_" and part not in ("int", "float")]
        _refuse("transcript.damaged", path=path, line=line, field=f" ({named[-1] if named else 'prompt'})")
    try:
        fields: dict[str, Any] = {**turn, "prompt": read_message(turn["prompt"])}
        fields["replies"] = tuple(map(read_message, turn["replies"]))
        fields["usage"] = Usage(**turn["usage"]) if "usage" in turn else None
        return Turn(**fields)
    except (KeyError, TypeError, ValueError):  # a field that its kind does not have
        _refuse("transcript.damaged", path=path, line=line, field=" (beside)")


def _refuse(key: str, **values: object) -> NoReturn:
    raise ConversationFileError(*two_lines(key, **values))


def json_line(row: Mapping[str, Any]) -> str:
    """Return a row as a line of JSON that can be written as UTF-8."""
    text = json_text(row)
    # A model may write half of a surrogate pair, which JSON can spell and UTF-8 cannot.
    return _SURROGATE.sub(lambda half: f"\\u{ord(half[0]):04x}", text) + "\n"


def _turn(turn: Turn) -> dict[str, Any]:
    row: dict[str, Any] = {"prompt": message_row(turn.prompt), "replies": [*map(message_row, turn.replies)]}
    row["api"], row["model"], row["outcome"] = turn.api, turn.model, turn.outcome
    if turn.usage is not None:
        row["usage"] = asdict(turn.usage)
    for name in ("cost_idr", "instructions", "response_id", "stands_for"):
        if getattr(turn, name) is not None:
            row[name] = getattr(turn, name)
    return row | ({"label": turn.label} if turn.label else {})


def message_row(message: Message) -> dict[str, Any]:
    """Return a message as a JSON object."""
    parts = [{"text": part.text} if isinstance(part, TextPart) else {"image": part.url} for part in message.parts]
    row: dict[str, Any] = {"role": message.role, "parts": parts}
    if message.tool_calls:
        row["tool_calls"] = [*map(call_row, message.tool_calls)]
    if message.call_id is not None:
        row["call_id"] = message.call_id
    if message.beside:
        row["beside"] = [beside.row(thing) for thing in message.beside]
    return row


def call_row(call: ToolCall) -> dict[str, str]:
    """Return a call as a JSON object."""
    return {name: value for name, value in asdict(call).items() if value or name != "server"}


def read_message(row: MessageRow) -> Message:
    """Return the message of a JSON object that `message_row` made."""
    held: Sequence[Mapping[str, Any]] = row["parts"]
    parts = [ImagePart(part["image"]) if "image" in part else TextPart(part["text"]) for part in held]
    calls = tuple(ToolCall(**call) for call in row.get("tool_calls", ()))
    brought = tuple(map(beside.read_row, row.get("beside", ())))
    return Message(row["role"], tuple(parts), calls, row.get("call_id"), brought)
