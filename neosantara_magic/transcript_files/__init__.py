"""Conversations as files.

For: ``save`` and ``load`` of JSON Lines. Pages to read are made in ``pages.py``; a new form is a row in `PAGES`.
Line one of JSON Lines is a header, each further line is one turn::

    {"format": "neosantara-conversation", "version": 1, "name": "main", "turns": 2}
    {"prompt": {"role": "user", "parts": [{"text": "Hi"}]}, "replies": [...], "model": "garda-core", ...}

The header counts the turns, so that a file which lost its end is noticed although each line left is whole. Reading is
strict: a field that this version did not write makes the line damaged, because a version that adds one also raises the
number. A load is all or nothing. A save is atomic: the new file stands beside the old one until it is whole.
"""

from __future__ import annotations

import os
import re
import secrets
import stat
from collections.abc import Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import asdict
from pathlib import Path
from typing import Any, NoReturn

from .. import beside
from ..errors import ConversationFileError, UsageError
from ..messages import ImagePart, Message, TextPart, ToolCall, Turn, Usage
from ..redaction import redact
from ..render.forms import from_markdown
from ..texts import say, two_lines
from ..turns import Asked
from ..validators import from_json, json_text, misfit, nearest, not_ordinary
from . import pages

FORMAT = "neosantara-conversation"
ASKS = "neosantara-asks"
VERSION = 1
MOST_SHOWN = 100
"""Turns that a notebook shows of a conversation; a saved page has all of them."""
Asks = Sequence[Asked] | None
_MARKDOWN = (pages.page, pages.is_markdown)
PAGES = {".md": _MARKDOWN, ".markdown": _MARKDOWN, ".ipynb": (pages.notebook, pages.is_notebook)}
"""Forms to read, by the ending of the file: what writes it, and what knows a file that it wrote."""
_LINES = (".jsonl", ".ndjson", "")
_SURROGATE = re.compile("[\ud800-\udfff]")


def save(
    path: str | os.PathLike[str], name: str, turns: Iterable[Turn] = (), *, force: bool = False, asks: Asks = None
) -> None:
    """Write a conversation, or all asks; the ending of ``path`` says in which form.

    ``.jsonl`` or no ending: loads again. Those of `PAGES`: for reading. Without ``force`` only an empty file, or one
    that `save` wrote, is overwritten. ``asks``, with their time and who answered, stand in the place of turns.
    Raises UsageError: another ending, or the file holds something else; ConversationFileError: it cannot be written.
    Either way what was there before is unharmed.
    """
    target = Path(path)
    ending = target.suffix.lower()
    kept = tuple(turns) if asks is None else tuple(ask.turn for ask in asks)
    if ending not in (*_LINES, *PAGES):
        raise UsageError(*two_lines("transcript.ending", path=str(path), ending=ending, pages=", ".join(PAGES)))
    write, known = PAGES.get(ending, (encode, is_ours))
    content = write(name, kept, asks)
    if reason := not_ordinary(target):
        raise ConversationFileError(*two_lines("file.unwritable", path=str(path), error=reason))
    try:
        # What a link leads to is what would be written.
        if not force and target.exists() and (held := target.read_bytes()).strip() and not known(held):
            raise UsageError(*two_lines("transcript.taken", path=str(path)))
        replace(target.resolve(), redact(content).encode(errors="replace"))
    except (OSError, ValueError, RuntimeError) as error:  # a null byte, a loop of links
        reason = getattr(error, "strerror", None) or str(error)
        raise ConversationFileError(*two_lines("file.unwritable", path=str(path), error=reason)) from error


def load(path: str | os.PathLike[str]) -> tuple[str, tuple[Turn, ...]]:
    """Return name and turns as they were saved. Raises ConversationFileError: not there, not ours, newer, damaged."""
    source = Path(path)
    reason = not_ordinary(source)
    if not reason and source.suffix.lower() in PAGES:
        raise ConversationFileError(*two_lines("transcript.page", path=str(path), ending=source.suffix.lower()))
    try:
        if not reason:
            return decode(source.read_bytes(), str(path))
    except FileNotFoundError as error:
        near = None
        with suppress(OSError):
            near = nearest(source.name, [one.name for one in source.parent.iterdir() if one.suffix.lower() in _LINES])
        meant = near and repr(str(source.with_name(near)))
        raise ConversationFileError(*two_lines("file.missing", path=str(path), meant=meant)) from error
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or str(error)
    raise ConversationFileError(*two_lines("file.unreadable", path=str(path), error=reason))


def bundle(name: str, turns: Iterable[Turn]) -> dict[str, str]:
    """Return what a notebook shows of a conversation: its newest turns as Markdown, made harmless, and as text."""
    kept = tuple(turns)
    shown = kept[-MOST_SHOWN:]
    plain, markdown = pages.plain(name, shown), pages.markdown(name, shown)
    if left := len(kept) - len(shown):
        note = say("page.earlier", count=left)
        plain, markdown = f"{note}\n\n{plain}", f"*{note}*\n\n{markdown}"
    return from_markdown(markdown, plain)


def replace(target: Path, content: bytes) -> None:
    """Give a file this content in one step, or leave it as it is (OSError)."""
    # In the same folder: only within one file system does a rename replace a file in one step.
    beside = target.with_name(f".{target.name[:100]}.{secrets.token_hex(4)}.tmp")
    try:
        with beside.open("xb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        with suppress(FileNotFoundError):
            beside.chmod(stat.S_IMODE(target.stat().st_mode))
        beside.replace(target)
    finally:
        beside.unlink(missing_ok=True)


def encode(name: str, turns: Sequence[Turn], asks: Asks = None) -> str:
    """Return a conversation as JSON Lines; or all that was asked, for reading: that does not load again."""
    header: dict[str, object] = {"format": FORMAT, "version": VERSION, "name": name, "turns": len(turns)}
    rows = [*map(_turn, turns)]
    if asks is not None:
        header = {"format": ASKS, "version": VERSION, "asks": len(asks)}
        rows = [dict(zip(Asked._fields[:-1], ask, strict=False)) | row for ask, row in zip(asks, rows, strict=True)]
    return "".join(map(json_line, (header, *rows)))


def decode(content: bytes, path: str) -> tuple[str, tuple[Turn, ...]]:
    """Return a file's name and turns; raises ConversationFileError: not ours, newer, or damaged, and in which line."""
    rows = content.removeprefix(b"\xef\xbb\xbf").rstrip().split(b"\n")
    header = from_json(rows[0], None)
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
        said = {"prompt": read_message(data["prompt"]), "replies": tuple(map(read_message, data["replies"]))}
        turn = Turn(**{**data, **said, "usage": Usage(**data["usage"]) if "usage" in data else None})
        field = "label" if turn.label not in ("", "demo", "recorded") else misfit(turn)
    except (KeyError, TypeError, ValueError, AttributeError):
        _refuse("transcript.damaged", path=path, line=line, field="")
    if field is not None:
        _refuse("transcript.damaged", path=path, line=line, field=f" ({field})")
    return turn


def _refuse(key: str, **values: object) -> NoReturn:
    raise ConversationFileError(*two_lines(key, **values))


def json_line(row: Mapping[str, Any]) -> str:
    """Return a row as a line of JSON that can be written as UTF-8."""
    text = json_text(row)
    # A model may write half of a surrogate pair, which JSON can spell and UTF-8 cannot.
    return _SURROGATE.sub(lambda half: f"\\u{ord(half[0]):04x}", text) + "\n"


def _turn(turn: Turn) -> dict[str, Any]:
    row: dict[str, Any] = {"prompt": message_row(turn.prompt), "replies": [*map(message_row, turn.replies)]}
    row |= {name: getattr(turn, name) for name in ("api", "model", "outcome")}
    row["usage"] = turn.usage and asdict(turn.usage)
    row |= {name: getattr(turn, name) for name in ("cost_idr", "instructions", "response_id", "stands_for")}
    row["label"] = turn.label or None
    return {name: value for name, value in row.items() if value is not None}


def message_row(message: Message) -> dict[str, Any]:
    """Return a message as a JSON object."""
    parts = [{"text": part.text} if isinstance(part, TextPart) else {"image": part.url} for part in message.parts]
    row: dict[str, Any] = {"role": message.role, "parts": parts}
    if message.tool_calls:
        row["tool_calls"] = [*map(call_row, message.tool_calls)]
    if message.call_id is not None:
        row["call_id"] = message.call_id
    if message.status != "done":
        row["status"] = message.status
    if message.beside:
        row["beside"] = [beside.row(thing) for thing in message.beside]
    return row


def call_row(call: ToolCall) -> dict[str, str]:
    """Return a call as a JSON object."""
    return {name: value for name, value in asdict(call).items() if value or name != "server"}


def read_message(row: Mapping[str, Any]) -> Message:
    """Return the message of a JSON object that `message_row` made. Raises KeyError, TypeError: it is something else."""
    parts = [ImagePart(*part.values()) if "image" in part else TextPart(**part) for part in row["parts"]]
    calls = [ToolCall(**call) for call in row.get("tool_calls", ())]
    brought = map(beside.read_row, row.get("beside", ()))
    return Message(**{**row, "parts": tuple(parts), "tool_calls": tuple(calls), "beside": tuple(brought)})
