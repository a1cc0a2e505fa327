"""The arguments of ``neosantara-magic``, and its help in both languages. Not for: doing what they say (``main``)."""

from __future__ import annotations

import argparse
import sysconfig
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

from ..texts import say
from .bundle import PLATFORMS

PROGRAM = "neosantara-magic"


def language(words: list[str]) -> str:
    """Return the language asked for: it is read before everything else, because the help itself is in it."""
    first = argparse.ArgumentParser(add_help=False, exit_on_error=False)
    first.add_argument("--language", choices=("auto", "en", "id"), default="auto")
    try:
        return str(first.parse_known_args(words)[0].language)
    except argparse.ArgumentError:
        return "auto"


def parser() -> argparse.ArgumentParser:
    """Return the parser of the whole command; in its result ``command`` is the command's name."""
    whole = _parser(argparse.ArgumentParser, prog=PROGRAM, description=say("shell.about"))
    whole.add_argument("--version", action="version", version=f"%(prog)s {_version()}", help=say("shell.version"))
    commands = whole.add_subparsers(dest="command", metavar="COMMAND")
    demo = _command(commands, "demo")
    demo.add_argument("--lab", action="store_true", help=say("shell.lab"))
    lessons = _command(commands, "lessons").add_subparsers(dest="action", metavar="ACTION")
    _command(lessons, "list", "lessons_list")
    copy = _command(lessons, "copy", "lessons_copy")
    copy.add_argument("names", nargs="*", metavar="NAME", help=say("shell.lessons_names"))
    copy.add_argument("--to", type=Path, default=Path(), metavar="FOLDER", help=say("shell.lessons_to"))
    copy.add_argument("--answers", action="store_true", help=say("shell.lessons_answers"))
    checked = _command(lessons, "check", "lessons_check")
    checked.add_argument("names", nargs="*", metavar="NAME", help=say("shell.lessons_names"))
    check = _command(commands, "check")
    check.add_argument("notebooks", nargs="+", type=Path, metavar="NOTEBOOK", help=say("shell.check_notebooks"))
    answers = check.add_mutually_exclusive_group()
    answers.add_argument("--demo", action="store_true", help=say("shell.check_demo"))
    answers.add_argument("--replay", type=Path, metavar="FILE", help=say("shell.check_replay"))
    answers.add_argument("--outputs", action="store_true", help=say("shell.check_outputs"))
    answers.add_argument("--repair", action="store_true", help=say("shell.check_repair"))
    for name, sheet in (("collect", "prompts.csv"), ("class-report", "class-report.csv")):
        made = _command(commands, name)
        made.add_argument("source", type=Path, metavar="PATH")
        made.add_argument(
            "--to", type=Path, default=Path(sheet), metavar="FILE", help=say("shell.sheet_to", sheet=sheet)
        )
    bundle = _command(commands, "bundle")
    bundle.add_argument("folder", type=Path, metavar="FOLDER")
    bundle.add_argument("--platform", action="append", default=[], choices=PLATFORMS, help=say("shell.bundle_platform"))
    bundle.add_argument("--python", default=sysconfig.get_python_version(), metavar="3.12")
    bundle.add_argument("--wheel", default="", metavar="FILE", help=say("shell.bundle_wheel"))
    bundle.add_argument("--add", action="append", default=[], type=Path, metavar="FILE", help=say("shell.bundle_add"))
    for one in (checked, check):
        one.add_argument("--timeout", type=seconds, default=300.0, metavar="SECONDS", help=say("shell.check_timeout"))
    return whole


def _command(commands: Any, name: str, key: str = "") -> argparse.ArgumentParser:
    told = say(f"shell.{key or name}")
    made = _parser(commands.add_parser, name=name, help=told, description=told)
    made.add_argument("--language", choices=("auto", "en", "id"), default="auto", help=say("shell.language"))
    return made


def _parser(make: Any, **options: Any) -> argparse.ArgumentParser:
    # argparse has its own --help, whose sentence would be English always.
    made: argparse.ArgumentParser = make(add_help=False, allow_abbrev=False, **options)
    made.add_argument("-h", "--help", action="help", help=say("shell.help"))
    return made


def seconds(typed: str) -> float:
    """Read a positive number; argparse names this function in its refusal."""
    number = float(typed)
    if not 0 < number < float("inf"):
        raise ValueError
    return number


def _version() -> str:
    try:
        return version(PROGRAM)
    except PackageNotFoundError:  # a checkout on PYTHONPATH
        return "(not installed)"
