"""Conversations as files.

For: ``save`` (JSON Lines that load again; ``.md`` and ``.ipynb`` to read) and ``load``.
Not for: what a conversation is (``turns.py``), nor for recordings of requests (``recordings/store.py``).

    lines.py   turns ↔ JSON Lines, exactly
    pages.py   turns → Markdown and a notebook, for people

A save is atomic: the new file stands beside the old one until it is whole, then takes its name. A load is all or
nothing: every line is read and checked before the first turn is handed over.
"""

from __future__ import annotations

import os
import secrets
import stat
from collections.abc import Iterable, Sequence
from contextlib import suppress
from pathlib import Path

from ..errors import ConversationFileError, UsageError
from ..messages import Turn
from ..paths import not_ordinary
from ..redaction import redact
from ..render.forms import from_markdown
from ..texts import say, two_lines
from ..turns import Asked
from ..validators import nearest
from . import lines, pages

MOST_SHOWN = 100
"""Turns that a notebook shows of a conversation; a saved page has all of them."""
Asks = Sequence[Asked] | None
_PAGES = (".md", ".markdown", ".ipynb")
_LINES = (".jsonl", ".ndjson", "")


def save(
    path: str | os.PathLike[str], name: str, turns: Iterable[Turn] = (), *, force: bool = False, asks: Asks = None
) -> None:
    """Write a conversation, or all asks; the ending of ``path`` says in which form.

    ``.jsonl`` or no ending: loads again. ``.md``, ``.ipynb``: for reading. ``force`` overwrites any ordinary file;
    otherwise only a file that `save` wrote, or an empty one, is overwritten. ``asks``, all that was asked, stand in the
    place of turns, each with its time and who answered; they do not load again.

    Raises:
        UsageError: another ending, or the file holds something else; it was not touched.
        ConversationFileError: the file cannot be written; what was there before is unharmed.
    """
    target = Path(path)
    ending = target.suffix.lower()
    kept = tuple(turns) if asks is None else tuple(ask.turn for ask in asks)
    if ending in _LINES:
        content = lines.encode(name, kept) if asks is None else lines.encode_all(asks)
    elif ending in _PAGES:
        content = (pages.notebook if ending == ".ipynb" else pages.page)(name, kept, asks or ())
    else:
        raise UsageError(*two_lines("transcript.ending", path=str(path), ending=ending))
    if reason := not_ordinary(target):
        raise ConversationFileError(*two_lines("file.unwritable", path=str(path), error=reason))
    try:
        # What a link leads to is what would be written.
        if not force and target.exists() and not _is_ours(target, ending):
            raise UsageError(*two_lines("transcript.taken", path=str(path)))
        replace(target.resolve(), redact(content).encode(errors="replace"))
    except (OSError, ValueError, RuntimeError) as error:  # a null byte, a loop of links
        reason = getattr(error, "strerror", None) or str(error)
        raise ConversationFileError(*two_lines("file.unwritable", path=str(path), error=reason)) from error


def load(path: str | os.PathLike[str]) -> tuple[str, tuple[Turn, ...]]:
    """Return name and turns as they were saved. Raises ConversationFileError: not there, not ours, newer, damaged."""
    source = Path(path)
    reason = not_ordinary(source)
    if not reason and source.suffix.lower() in _PAGES:
        raise ConversationFileError(*two_lines("transcript.page", path=str(path), ending=source.suffix.lower()))
    try:
        if not reason:
            return lines.decode(source.read_bytes(), str(path))
    except FileNotFoundError as error:
        raise _missing(source) from error
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


def _is_ours(target: Path, ending: str) -> bool:
    """Whether a file is empty, or still as `save` wrote it in this form. Raises OSError: it cannot be read."""
    content = target.read_bytes()
    if not content.strip():
        return True
    if ending in _LINES:
        return lines.is_ours(content)
    return pages.is_notebook(content) if ending == ".ipynb" else pages.is_markdown(content)


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


def _missing(source: Path) -> ConversationFileError:
    near = None
    with suppress(OSError):
        near = nearest(source.name, [found.name for found in source.parent.iterdir() if found.suffix.lower() in _LINES])
    meant = near and repr(str(source.with_name(near)))
    return ConversationFileError(*two_lines("file.missing", path=str(source), meant=meant))
