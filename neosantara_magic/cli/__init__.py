"""``neosantara-magic`` in a shell: the first lesson, against the demo model, answers printed as they stream.

For: arguments, the order of things, exit codes.
Not for: running the lesson (``lesson.py``) or printing it (``screen.py``).
"""

from __future__ import annotations

import argparse
import importlib.util
import os
import subprocess
import sys
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import TYPE_CHECKING

from ..errors import NeosantaraError, UsageError
from ..texts import say, two_lines, use_language

if TYPE_CHECKING:
    from collections.abc import Sequence

_PROGRAM = "neosantara-magic"
_NEEDED = ("ipykernel", "nbclient", "nbconvert", "nbformat")
"""The extra ``demo``."""


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command.

    Args:
        argv: Arguments without the program's name; ``sys.argv`` by default.

    Returns:
        The exit code: 0, 1 when something failed, 130 after Ctrl-C. Wrong arguments and ``--help`` end the
        process as argparse does, with 2 and 0.
    """
    words = sys.argv[1:] if argv is None else list(argv)
    # The help itself is in the language asked for, so this flag is read before the others.
    use_language(_language(words))
    parser = _parser()
    asked = parser.parse_args(words)
    if asked.command is None:
        parser.print_help()
        return 0
    try:
        return _demo(lab=asked.lab, language=asked.language)
    except NeosantaraError as error:
        print(f"{error.what}\n{error.next_step}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print(f"\n{say('shell.interrupted')}", file=sys.stderr)
        return 130


def _language(words: list[str]) -> str:
    first = argparse.ArgumentParser(add_help=False, exit_on_error=False)
    first.add_argument("--language", choices=("auto", "en", "id"), default="auto")
    try:
        return str(first.parse_known_args(words)[0].language)
    except argparse.ArgumentError:
        return "auto"


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog=_PROGRAM, description=say("shell.about"))
    parser.add_argument("--version", action="version", version=f"%(prog)s {_version()}", help=say("shell.version"))
    commands = parser.add_subparsers(dest="command", metavar="COMMAND")
    demo = commands.add_parser("demo", help=say("shell.demo"), description=say("shell.demo"))
    demo.add_argument("--lab", action="store_true", help=say("shell.lab"))
    demo.add_argument("--language", choices=("auto", "en", "id"), default="auto", help=say("shell.language"))
    return parser


def _version() -> str:
    try:
        return version("neosantara-magic")
    except PackageNotFoundError:  # a checkout on PYTHONPATH
        return "(not installed)"


def _demo(*, lab: bool, language: str) -> int:
    _need([*_NEEDED, *(["jupyterlab"] if lab else [])])
    from . import lesson  # noqa: PLC0415  (it imports nbclient, which is an extra)
    from .screen import Screen  # noqa: PLC0415  (it imports rich)

    folder = Path.cwd()
    if not os.access(folder, os.W_OK):
        raise UsageError(*two_lines("shell.unwritable", folder=folder, reason=os.strerror(13)))
    screen = Screen(sys.stdout)
    screen.say(say("shell.starting"))
    notebook = lesson.read()
    failed = lesson.run(notebook, screen, folder, language)
    try:
        page = lesson.write(notebook, folder)
    except OSError as error:
        raise UsageError(*two_lines("shell.unwritable", folder=folder, reason=error.strerror)) from None
    path = page.with_suffix(".ipynb")
    if failed is not None:
        raise UsageError(*two_lines("shell.cell_failed", number=failed, path=path))
    screen.say(say("shell.run", path=path), say("shell.read", address=page.as_uri()), say("shell.real"))
    if not lab:
        return 0
    screen.say(say("shell.opening"))
    return _open_lab(path)


def _need(modules: list[str]) -> None:
    missing = [name for name in modules if importlib.util.find_spec(name) is None]
    if not missing:
        return
    extras = ['"neosantara-magic[demo]"'] if set(missing) & set(_NEEDED) else []
    command = " ".join(["pip install", *extras, *(["jupyterlab"] if "jupyterlab" in missing else [])])
    raise UsageError(*two_lines("shell.missing", missing=", ".join(missing), command=command))


def _open_lab(path: Path) -> int:
    words = [sys.executable, "-m", "jupyterlab", str(path)]
    if hasattr(os, "geteuid") and os.geteuid() == 0:
        words.append("--allow-root")  # containers; Jupyter refuses to start as root otherwise
    if os.name != "nt":
        sys.stdout.flush()
        os.execv(sys.executable, words)  # noqa: S606  (Ctrl-C and the exit code are JupyterLab's from here on)
    return subprocess.run(words, check=False).returncode  # noqa: S603  (our own words)
