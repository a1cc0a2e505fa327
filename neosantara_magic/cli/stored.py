"""``check``: outputs in a notebook file that are not inert, as 0.1.0 saved them, and ``--repair``.

Only what holds Markdown or markup of ours; other outputs, and what a user displays as `Markdown`, are not ours.
"""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

from ..errors import UsageError, attempt
from ..render.allowed import OWN_CLASS
from ..render.forms import HTML, MARKDOWN, PLAIN, forms, rendered
from ..render.html import kept, lean
from ..render.neutral import neutralise
from ..texts import say, two_lines
from ..transcript_files import replace
from ..validators import from_json

_USERS_OWN = "<IPython.core.display.Markdown object>"
_INDENT = re.compile(r"\A{\r?\n([ \t]+)")
_NO_MATTER = re.compile(
    r"(?<!\s)\s+(?=<)|(?<=>)\s+|/(?=>)"
    rf"| (?:rel=\"(?: ?no(?:opener|referrer|follow))+|target=\"_blank|class=\"(?:{OWN_CLASS.pattern}))\"(?=[ />])"
    r"| (?:style=\"text-align: ?right;?\"|align=\"?right\"?)(?=[ />])"
    r"| style=\"color: var\([\w(),# -]*\""  # code of 0.1.0
)
"""Differences of HTML without an effect. Exact values only: a looser pattern would also skip tags in a text."""

Found = list[tuple[int, int, dict[str, Any]]]
"""Each output that is not inert: its cell and its place there, from 1, and its forms by MIME type."""


def check(paths: list[Path], *, repair: bool) -> int:
    """Look at the outputs of notebooks; return the exit code, 1 when something is found and left.

    With ``repair`` what is found is rewritten. Raises UsageError: no notebook (none is changed), or not writable.
    """
    count = 0
    for path, (text, notebook) in [(path, read(path)) for path in paths]:
        print(path, flush=True)
        found = findings(notebook)
        count += len(found) if repair else tell_all(path, found)
        if repair and found:
            for *_, data in found:
                _mend(data)
            try:
                replace(path.resolve(), _written_like(text, notebook))
            except OSError as error:
                raise UsageError(*two_lines("file.unwritable", path=str(path), error=error.strerror)) from None
    print(say("shell.repaired" if repair else "shell.outputs", notebooks=len(paths), count=count))
    return 1 if count and not repair else 0


def read(path: Path) -> tuple[str, Any]:
    """Return a notebook file as text and as JSON. Raises UsageError: it is no notebook."""
    text = attempt("", lambda: path.read_bytes().decode())
    notebook = from_json(text, None)
    if not isinstance(notebook, dict) or "nbformat" not in notebook:
        raise UsageError(*two_lines("shell.no_notebook", path=path))
    return text, notebook


def findings(notebook: Any) -> Found:
    """Return the outputs of a notebook (JSON of any shape) that are not inert."""
    return [
        (at, number, data)
        for at, cell in enumerate(_list(notebook, "cells"), 1)
        for number, output in enumerate(_list(cell, "outputs"), 1)
        if isinstance(output, dict) and isinstance(data := output.get("data"), dict) and not _inert(data)
    ]


def tell_all(path: Path, found: Found) -> int:
    """Print each finding, and return how many there are."""
    for cell, output, _ in found:
        tell(*two_lines("shell.not_inert", cell=cell, output=output, path=path))
    return len(found)


def tell(what: str, next_step: str) -> None:
    """Print what failed."""
    print(f"  {say('shell.failed'):10} {what}\n  {'':10} {next_step}", flush=True)


def _inert(data: dict[str, Any]) -> bool:
    markdown, html = _text(data, MARKDOWN), _text(data, HTML)
    if (markdown is None and "neosantara-" not in (html or "")) or _text(data, PLAIN) == _USERS_OWN:
        return True
    if html is None or (markdown is not None and neutralise(markdown) != markdown):
        return False
    clean = kept(html)
    return _substance(html) in {_substance(clean), _substance(lean(clean))}


def _substance(html: str) -> str:
    return _NO_MATTER.sub("", html.replace("<span>$</span>", "$")).replace("&quot;", '"').replace("&#x27;", "'")


def _mend(data: dict[str, Any]) -> None:
    """Replace the forms in the file by those that we would store today; the text stays."""
    before, markdown, html = dict(data), _text(data, MARKDOWN) or "", _text(data, HTML)
    made = forms(rendered(markdown) if html is None else kept(html), markdown, "")
    data.clear()
    for name, value in before.items():
        for mime in (HTML, MARKDOWN) if name == MARKDOWN else (name,):
            # A file holds a text as one string or as its lines.
            new = made[mime] if mime in {HTML, MARKDOWN} else value
            data[mime] = new.splitlines(keepends=True) if isinstance(value, list) and isinstance(new, str) else new


def _written_like(text: str, notebook: Any) -> bytes:
    """Return a notebook's file, written like ``text``: the same indentation, escapes and line endings."""
    indent = _INDENT.match(text)
    separators = None if indent or '": ' in text else (",", ":")
    ascii_only = text.isascii() and "\\u" in text
    written = json.dumps(notebook, indent=indent and indent[1], separators=separators, ensure_ascii=ascii_only)
    written += text[len(text.rstrip()) :].replace("\r\n", "\n")
    # A lone surrogate has no other spelling than JSON's.
    return written.replace("\n", "\r\n" if "\r\n" in text else "\n").encode("utf-8", "backslashreplace")


def _list(holder: Any, name: str) -> list[Any]:
    held = holder.get(name) if isinstance(holder, dict) else None
    return held if isinstance(held, list) else []


def _text(data: dict[str, Any], mime: str) -> str | None:
    value = data.get(mime)
    if isinstance(value, list):
        value = "".join(map(str, value))
    return value if isinstance(value, str) else None
