"""Paths as a person types them, and what may be read or written there."""

from __future__ import annotations

import os
from pathlib import Path

from .errors import UsageError
from .texts import say, two_lines


def here() -> Path:
    """Return the working directory; ``.`` when it was deleted, as a function's temporary folder may be."""
    try:
        return Path.cwd()
    except OSError:
        return Path()


def typed(text: str | os.PathLike[str]) -> Path:
    """Return a path as it was typed, with ``~`` and ``~name`` replaced. Raises UsageError: there is no such home."""
    name = os.fspath(text)
    try:
        return Path(name).expanduser()
    except RuntimeError:
        raise UsageError(*two_lines("path.home", path=name)) from None


def not_ordinary(path: Path) -> str:
    """Return why ``path`` cannot be read or written like a file: a folder, a pipe, a device; else nothing.

    What is not there, or may not be looked at, is left to whoever opens it: the system says it better.
    """
    try:
        if path.is_dir():
            return say("reason.folder")
        return say("reason.no_ordinary_file") if path.exists() and not path.is_file() else ""
    except (OSError, ValueError):  # a null byte
        return ""
