"""``neosantara-magic`` in a shell: the first lesson as a demo, the other lessons, a check of notebooks."""

from __future__ import annotations

import argparse
import importlib.util
import os
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path

from ..errors import NeosantaraError, UsageError
from ..paths import here
from ..texts import language as texts_language
from ..texts import say, two_lines, use_language
from . import arguments, lessons

_NEEDED = ("ipykernel", "nbclient", "nbconvert", "nbformat")
"""The extra ``demo``."""


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command; return 0, 1 when something failed, 130 after Ctrl-C. argparse itself ends it with 2 or 0."""
    words = sys.argv[1:] if argv is None else list(argv)
    language = arguments.language(words)
    use_language(language)
    parser = arguments.parser()
    asked = parser.parse_args(words)
    if asked.command is None:
        parser.print_help()
        return 0
    try:
        return _for_a_class(asked) if asked.command in ("collect", "class-report", "bundle") else _run(asked, language)
    except NeosantaraError as error:
        from ..parsing.keywords import for_script  # noqa: PLC0415  (only errors need it)

        print(for_script(f"{error.what}\n{error.next_step}"), file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print(f"\n{say('shell.interrupted')}", file=sys.stderr)
        return 130


def _run(asked: argparse.Namespace, language: str) -> int:
    if asked.command == "demo":
        return _demo(lab=asked.lab, language=language)
    if asked.command == "check":
        if asked.outputs or asked.repair:
            from . import stored  # noqa: PLC0415  (it imports the renderers)

            return stored.check(asked.notebooks, repair=asked.repair)
        return _check(asked.notebooks, asked.replay, language, asked.timeout)
    if asked.action == "copy":
        return _copy(asked.names, asked.to, answers=asked.answers)
    if asked.action == "check":
        return _check_lessons(asked.names, language, asked.timeout)
    known = lessons.lessons()
    width = max(len(lesson.name) for lesson in known)
    print("\n".join(f"{lesson.name.ljust(width)}  {lesson.title}" for lesson in known))
    return 0


def _for_a_class(asked: argparse.Namespace) -> int:
    from . import bundle, classlog, collecting  # noqa: PLC0415  (they import the parser and the renderers)

    if asked.command == "bundle":
        return bundle.bundle(asked.folder, asked.platform, asked.python, asked.wheel, asked.add)
    return (collecting.collect if asked.command == "collect" else classlog.report)(asked.source, asked.to)


def _copy(names: list[str], to: Path, *, answers: bool) -> int:
    copied = lessons.copy(lessons.named(names), to, answers=answers)
    for path, outcome in copied:
        print(f"{path}: {say(f'shell.{outcome}')}")
    if kept := [str(path) for path, outcome in copied if outcome == "kept"]:
        raise UsageError(*two_lines("shell.occupied", names=", ".join(kept)))
    return 0


def _check_lessons(names: list[str], language: str, timeout: float) -> int:
    # An installed copy may be read-only, and lessons write files.
    with tempfile.TemporaryDirectory(prefix="neosantara-lessons-") as folder:
        copied = lessons.copy(lessons.named(names), Path(folder))
        notebooks = [path for path, _ in copied if path.suffix == ".ipynb"]
        return _check(notebooks, None, language, timeout)


def _check(notebooks: list[Path], recording: Path | None, language: str, timeout: float) -> int:
    _need(*_NEEDED)
    from . import checking  # noqa: PLC0415  (it imports nbclient, which is an extra)

    return checking.check(notebooks, recording, language, timeout)


def _demo(*, lab: bool, language: str) -> int:
    _need(*_NEEDED, *(["jupyterlab"] if lab else []))
    folder = here()
    if not os.access(folder, os.W_OK):
        raise UsageError(*two_lines("file.unwritable", path=str(folder), error=os.strerror(13)))
    return _open_lab(folder) if lab else _play(folder, language)


def _play(folder: Path, language: str) -> int:
    """Show the first lesson here, and leave it in the folder."""
    from . import lesson  # noqa: PLC0415  (it imports nbclient, which is an extra)

    print(f"\n{say('shell.starting')}", flush=True)
    notebook = lesson.read(texts_language())
    environment = lesson.environment(DEMO="1", LANGUAGE=language)
    os.environ.clear()
    os.environ.update(environment)
    failed = lesson.play(notebook)
    if failed is None:
        # A kernel makes the outputs that a page can show: the demo model says the same again.
        print(f"\n{say('shell.writing')}", flush=True)
        failed = lesson.execute(notebook, folder, environment | {"NEOSANTARA_DEMO_PACE": "0"})
    try:
        page = lesson.write(notebook, folder)
    except OSError as error:
        raise lessons.unwritable(folder, error) from None
    path = page.with_suffix(".ipynb")
    if failed is not None:
        raise UsageError(*two_lines("shell.cell_failed", number=failed, path=path))
    print("", say("shell.run", path=path), say("shell.read", address=page.as_uri()), say("shell.real"), sep="\n")
    return 0


def _need(*modules: str) -> None:
    missing = [name for name in modules if importlib.util.find_spec(name) is None]
    if not missing:
        return
    extras = ['"neosantara-magic[demo]"'] if set(missing) & set(_NEEDED) else []
    package = " ".join([*extras, *(["jupyterlab"] if "jupyterlab" in missing else [])])
    raise UsageError(*two_lines("package", package=package))


def _open_lab(folder: Path) -> int:
    """Copy the lessons of the reader's language into the folder, and open the first in JupyterLab."""
    theirs = [lesson for lesson in lessons.lessons() if lessons.language_of(lesson) == texts_language()]
    first, _ = lessons.copy(theirs, folder)[0]
    print(say("shell.opening", folder=first.parent), flush=True)
    words = [sys.executable, "-m", "jupyterlab", f"--ServerApp.root_dir={first.parent}"]
    words += [f"--LabApp.default_url=/lab/tree/{first.name}"]
    # The server then prints its address only, which is needed where no browser can be opened.
    words.append("--Application.log_level=CRITICAL")
    if hasattr(os, "geteuid") and os.geteuid() == 0:
        words.append("--allow-root")  # containers; Jupyter refuses to start as root otherwise
    if os.name != "nt":
        os.execv(sys.executable, words)  # noqa: S606  (Ctrl-C and the exit code are JupyterLab's from here on)
    return subprocess.run(words, check=False).returncode  # noqa: S603  (our own words)
