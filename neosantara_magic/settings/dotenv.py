"""One variable out of a ``.env`` file, here or, inside a project, in a folder above up to its root.

Quotes, comments and ``export`` are read; nothing in the file is run or expanded.
"""

from __future__ import annotations

import re
from contextlib import suppress
from pathlib import Path

_ROOT_MARKS = (".git", "pyproject.toml")
_LARGEST = 1 << 20
"""Characters read of one file. A ``.env`` is a page; whatever is larger is something else."""


def find_in_dotenv(name: str, directory: Path, *, above: bool = True) -> tuple[str, Path] | None:
    """Return the value of ``name`` and the file it stands in, from the nearest ``.env`` that sets it.

    The search covers ``directory`` and, inside a project, the folders above it up to the project's root: a file above
    that root may belong to somebody else. Without ``above`` it covers ``directory`` alone. Unreadable files and blank
    values are skipped.
    """
    for folder in _searched(directory) if above else [directory]:
        path = folder / ".env"
        try:
            if not path.is_file():  # a pipe of that name would block
                continue
            with path.open(encoding="utf-8-sig", errors="replace") as file:
                text = file.read(_LARGEST)
        except OSError:
            continue
        value = read_variable(name, text)
        if value:
            return value, path
    return None


def _searched(directory: Path) -> list[Path]:
    """Return the folders from ``directory`` to the root of its project; without a project ``directory`` alone."""
    folders = [directory, *directory.parents]
    for at, folder in enumerate(folders):
        with suppress(OSError):
            if any((folder / mark).exists() for mark in _ROOT_MARKS):
                return folders[: at + 1]
    return [directory]


def read_variable(name: str, text: str) -> str | None:
    """Return the value of ``name`` in the text of a ``.env`` file; the last one wins."""
    form = re.compile(rf"^[ \t]*(?:export[ \t]+)?{re.escape(name)}[ \t]*=[ \t]*(?P<value>.*?)[ \t\r]*$", re.MULTILINE)
    found = list(form.finditer(text))
    return _unquoted(found[-1]["value"]) if found else None


def _unquoted(value: str) -> str:
    if value[:1] in ("'", '"'):
        inside, closing, _ = value[1:].partition(value[0])
        return inside if closing else value[1:]
    if value.startswith("#"):
        return ""
    return re.split(r"[ \t]#", value, maxsplit=1)[0].strip()
