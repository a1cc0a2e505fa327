"""One variable out of a ``.env`` file, here or in a folder above.

For: reading a single name, with the quotes, comments and ``export`` that such files hold.
Not for: running, expanding or exporting anything in the file.
"""

from __future__ import annotations

import re
from pathlib import Path

_LARGEST = 1 << 20
"""Characters read of one file. A ``.env`` is a page; whatever is larger is something else."""


def find_in_dotenv(name: str, directory: Path) -> tuple[str, Path] | None:
    """Return the value of ``name`` and the file it stands in, from the nearest ``.env`` that sets it.

    Files that cannot be read, and blank values, are passed over.
    """
    for folder in (directory, *directory.parents):
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
