"""``neosantara-magic`` in a shell: the first lesson as a demo, the other lessons, checks of notebooks, a class's files.

    lessons.py     the lessons, copying them, and bundles for computers without a network
    notebooks.py   running notebooks: the demo, and ``check``
    stored.py      ``check --outputs`` and ``--repair``
    classroom.py   ``collect`` and ``class-report``

Here are the arguments and the help, in both languages.
"""

from __future__ import annotations

import argparse
import importlib.util
import os
import re
import subprocess
import sys
import sysconfig
import tempfile
from collections.abc import Callable, Sequence
from functools import partial
from importlib.metadata import version
from pathlib import Path
from typing import Any

from ..errors import NeosantaraError, UsageError, attempt
from ..texts import LANGUAGES, for_script, say, two_lines, use_language
from ..texts import language as texts_language
from ..validators import here, not_ordinary, seconds
from . import lessons

_NEEDED = ("ipykernel", "nbclient", "nbconvert", "nbformat")  # the extra ``demo``


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command; return 0, 1 when something failed, 130 after Ctrl-C. argparse itself ends it with 2 or 0."""
    words = sys.argv[1:] if argv is None else list(argv)
    # Before everything else is read, because the help itself is in that language.
    language = ["auto", *re.findall(rf"--language[= ]({'|'.join(('auto', *LANGUAGES))})\b", " ".join(words))][-1]
    use_language(language)
    try:
        asked = _parser().parse_args(words)
        asked.language = language
        return asked.run(asked) or 0
    except NeosantaraError as error:
        print(for_script(f"{error.what}\n{error.next_step}"), file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print(f"\n{say('shell.interrupted')}", file=sys.stderr)
        return 130


# -- the arguments, and the help in both languages


def _parser() -> argparse.ArgumentParser:
    """Return the parser of the whole command; in its result ``run`` is the function that does what was asked."""
    ipynb, jsonl, log, whl = (partial(_file, ending) for ending in (".ipynb", ".jsonl", ".log", ".whl"))
    timeout = partial(seconds, "--timeout")
    whole = _made(argparse.ArgumentParser, prog="neosantara-magic", description=say("shell.about"))
    whole.set_defaults(run=lambda _asked: whole.print_help())
    own = attempt("(not installed)", version, "neosantara-magic")  # a checkout on PYTHONPATH has no version
    whole.add_argument("--version", action="version", version=f"%(prog)s {own}", help=say("shell.version"))
    commands = whole.add_subparsers(dest="command", metavar="COMMAND")
    demo = _command(commands, "demo", _demo)
    demo.add_argument("--lab", action="store_true", help=say("shell.lab"))
    actions = _command(commands, "lessons", _list).add_subparsers(metavar="ACTION")
    _command(actions, "list", _list, "lessons_list")
    copy = _command(actions, "copy", _copy, "lessons_copy")
    copy.add_argument("names", nargs="*", metavar="NAME", help=say("shell.lessons_names"))
    copy.add_argument("--to", type=Path, default=Path(), metavar="FOLDER", help=say("shell.lessons_to"))
    copy.add_argument("--answers", action="store_true", help=say("shell.lessons_answers"))
    checked = _command(actions, "check", _check_lessons, "lessons_check")
    checked.add_argument("names", nargs="*", metavar="NAME", help=say("shell.lessons_names"))
    check = _command(commands, "check", _check)
    check.add_argument("notebooks", nargs="+", type=ipynb, metavar="NOTEBOOK", help=say("shell.check_notebooks"))
    answers = check.add_mutually_exclusive_group()
    answers.add_argument("--demo", action="store_true", help=say("shell.check_demo"))
    answers.add_argument("--replay", type=jsonl, metavar="FILE", help=say("shell.check_replay"))
    answers.add_argument("--outputs", action="store_true", help=say("shell.check_outputs"))
    answers.add_argument("--repair", action="store_true", help=say("shell.check_repair"))
    for one in (checked, check):
        one.add_argument("--timeout", type=timeout, default=300.0, metavar="SECONDS", help=say("shell.check_timeout"))
    for name, read, sheet in (("collect", Path, "prompts.csv"), ("class-report", log, "class-report.csv")):
        made = _command(commands, name, _for_a_class)
        made.add_argument("source", type=read, metavar="PATH")
        told = say("shell.sheet_to", sheet=sheet)
        made.add_argument("--to", type=Path, default=Path(sheet), metavar="FILE", help=told)
    bundle = _command(commands, "bundle", _bundle)
    bundle.add_argument("folder", type=Path, metavar="FOLDER")
    platforms = lessons.PLATFORMS
    bundle.add_argument("--platform", action="append", default=[], choices=platforms, help=say("shell.bundle_platform"))
    bundle.add_argument("--python", default=sysconfig.get_python_version(), metavar="3.12")
    bundle.add_argument("--wheel", type=whl, metavar="FILE", help=say("shell.bundle_wheel"))
    bundle.add_argument("--add", action="append", default=[], type=ipynb, metavar="FILE", help=say("shell.bundle_add"))
    return whole


def _command(commands: Any, name: str, run: Callable[..., int | None], key: str = "") -> argparse.ArgumentParser:
    told = say(f"shell.{key or name}")
    # argparse fills in % in a help, not in a description.
    made = _made(commands.add_parser, name=name, help=told.replace("%", "%%"), description=told)
    made.set_defaults(run=run)
    made.add_argument("--language", choices=("auto", *LANGUAGES), default="auto", help=say("shell.language"))
    return made


def _made(make: Any, **options: Any) -> argparse.ArgumentParser:
    # argparse has its own --help, whose sentence would be English always.
    made: argparse.ArgumentParser = make(add_help=False, allow_abbrev=False, **options)
    made.add_argument("-h", "--help", action="help", help=say("shell.help"))
    return made


def _file(ending: str, typed: str) -> Path:
    """Read the path of a file. Raises UsageError: it is missing, a folder or a pipe, or may not be read."""
    path, give = Path(typed), say("shell.give_file", ending=ending, here=here())
    if reason := not_ordinary(path):
        raise UsageError(say("file.unreadable", path=typed, error=reason), give)
    try:
        path.open("rb").close()
    except FileNotFoundError:
        raise UsageError(say("file.missing", path=typed), give) from None
    except OSError as error:
        raise UsageError(*two_lines("file.unreadable", path=typed, error=error.strerror)) from None
    return path


# -- the commands


def _demo(asked: argparse.Namespace) -> int:
    _need(*(["jupyterlab"] if asked.lab else []))
    folder = here()
    if not os.access(folder, os.W_OK):
        raise lessons.unwritable(folder, os.strerror(13))
    if asked.lab:
        return _open_lab(folder)
    from . import notebooks  # noqa: PLC0415  (it imports nbclient, which is an extra)

    notebooks.demo(folder, asked.language)
    return 0


def _open_lab(folder: Path) -> int:
    """Copy the lessons of the reader's language, or the English ones, and open the first in JupyterLab."""
    own, english = ([one for one in lessons.lessons() if one.language == name] for name in (texts_language(), "en"))
    first, _ = lessons.copy(own or english, folder)[0]
    print(say("shell.opening", folder=first.parent), flush=True)
    words = [sys.executable, "-m", "jupyterlab", f"--ServerApp.root_dir={first.parent}"]
    # So that the server prints its address only, which is needed where no browser can be opened.
    words += [f"--LabApp.default_url=/lab/tree/{first.name}", "--Application.log_level=CRITICAL"]
    if hasattr(os, "geteuid") and os.geteuid() == 0:
        words.append("--allow-root")  # containers; Jupyter refuses to start as root otherwise
    if os.name != "nt":
        os.execv(sys.executable, words)  # noqa: S606  (Ctrl-C and the exit code are JupyterLab's from here on)
    return subprocess.run(words, check=False).returncode  # noqa: S603  (our own words)


def _list(_asked: argparse.Namespace) -> None:
    known = lessons.lessons()
    width = max(len(lesson.name) for lesson in known)
    print("\n".join(f"{lesson.name.ljust(width)}  {lesson.title}" for lesson in known))


def _copy(asked: argparse.Namespace) -> None:
    copied = lessons.copy(lessons.named(asked.names), asked.to, answers=asked.answers)
    for path, outcome in copied:
        print(f"{path}: {say(f'shell.{outcome}')}")
    if kept := [str(path) for path, outcome in copied if outcome == "kept"]:
        raise UsageError(*two_lines("shell.occupied", names=", ".join(kept)))


def _check_lessons(asked: argparse.Namespace) -> int:
    # An installed copy may be read-only, and lessons write files.
    with tempfile.TemporaryDirectory(prefix="neosantara-lessons-") as folder:
        copied = lessons.copy(lessons.named(asked.names), Path(folder))
        return _run([path for path, _ in copied if path.suffix == ".ipynb"], None, asked)


def _check(asked: argparse.Namespace) -> int:
    if not (asked.outputs or asked.repair):
        return _run(asked.notebooks, asked.replay, asked)
    from . import stored  # noqa: PLC0415  (it imports the renderers)

    return stored.check(asked.notebooks, repair=asked.repair)


def _run(paths: list[Path], recording: Path | None, asked: argparse.Namespace) -> int:
    _need()
    from . import notebooks  # noqa: PLC0415  (it imports nbclient, which is an extra)

    return notebooks.check(paths, recording, asked.language, asked.timeout)


def _need(*more: str) -> None:
    """Raise UsageError: a module of the extra ``demo``, or one of ``more``, is not installed."""
    if any(importlib.util.find_spec(name) is None for name in (*_NEEDED, *more)):
        raise UsageError(*two_lines("package", package=" ".join(['"neosantara-magic[demo]"', *more])))


def _for_a_class(asked: argparse.Namespace) -> None:
    if asked.to.suffix.lower() not in {".csv", ".md"}:
        raise UsageError(*two_lines("file.unwritable", path=str(asked.to), error=say("reason.table")))
    from . import classroom  # noqa: PLC0415  (it imports the parser and the renderers)

    (classroom.collect if asked.command == "collect" else classroom.report)(asked.source, asked.to)


def _bundle(asked: argparse.Namespace) -> None:
    lessons.bundle(asked.folder, asked.platform, asked.python, asked.wheel, asked.add)
