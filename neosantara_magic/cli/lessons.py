"""The lessons that come with the package: where they are, their names, copying them.

Standard library only, so ``lessons list`` needs no extra.
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from pathlib import Path

from ..errors import UsageError
from ..texts import two_lines
from ..validators import nearest

_PACKAGE = Path(__file__).resolve().parent.parent
_PLACES = (_PACKAGE / "demo" / "lessons", _PACKAGE.parent / "notebooks")
"""In an installed copy, and in a checkout."""


@dataclass(frozen=True)
class Lesson:
    """One notebook, and the files it needs."""

    name: str
    """Its path below the folder of lessons without the ending: ``02-quickstart``, ``id/02-mulai``."""
    title: str
    files: tuple[Path, ...]
    """The notebook first; then what begins with the notebook's name, such as its recording."""


def folder_of_lessons() -> Path:
    """Return the folder that holds the lessons."""
    return next(place for place in _PLACES if place.is_dir())


def lessons() -> list[Lesson]:
    """Return every lesson in the order in which they are taught; those in another language follow."""
    folder = folder_of_lessons()
    paths = sorted(folder.rglob("[0-9]*.ipynb"), key=lambda path: (len(path.relative_to(folder).parts), path))
    found = []
    for path in paths:
        if ".ipynb_checkpoints" not in path.parts:
            files = [one for one in path.parent.glob(f"{path.stem}.*") if one.suffix not in {".ipynb", ".lock"}]
            name = path.relative_to(folder).with_suffix("").as_posix()
            found.append(Lesson(name, _title(path), (path, *sorted(files))))
    return found


def _title(path: Path) -> str:
    """Return the notebook's first heading."""
    cells = json.loads(path.read_text("utf-8"))["cells"]
    lines = (line for cell in cells if cell["cell_type"] == "markdown" for line in cell["source"])
    return next((line.strip("# \n") for line in lines if line.startswith("# ")), "")


def named(names: list[str]) -> list[Lesson]:
    """Return the lessons of these names, numbers (``04``) or folders (``id``), or all. Raises UsageError: no such."""
    known = lessons()
    if not names:
        return known
    found = []
    for typed in names:
        name = re.sub(r"\b(\d)$", r"0\1", typed.removesuffix(".ipynb").replace("\\", "/"))  # 1 means 01
        name = name.rstrip("/")
        meant = [one for one in known if name in {one.name, one.name.partition("-")[0], language_of(one)}]
        if not meant:
            near = nearest(name, [one.name for one in known])
            raise UsageError(*two_lines("shell.lesson", name=typed, meant=near))
        found += meant
    return list(dict.fromkeys(found))


def language_of(lesson: Lesson) -> str:
    """Return the language of a lesson, as `texts.language` names it: lessons in English have no folder of their own."""
    return lesson.name.rpartition("/")[0] or "en"


def copy(chosen: list[Lesson], to: Path, *, answers: bool = False) -> list[tuple[Path, str]]:
    """Copy lessons with their files below a folder. A file that is there is never written to.

    Return where each file is, and ``copied``, ``same`` (it was there), or ``kept`` (another of this name was).
    ``answers`` makes the teacher's copy: the answers stand in the cells of the exercises, and nothing has been run.
    Raises UsageError: the folder takes no files.
    """
    folder = folder_of_lessons()
    files = [source for lesson in chosen for source in lesson.files]
    try:
        return [_written(to / source.relative_to(folder), _content(source, answers=answers)) for source in files]
    except OSError as error:
        raise unwritable(to, error) from None


def unwritable(folder: Path, error: OSError) -> UsageError:
    """Return the error for a folder that takes no files."""
    return UsageError(*two_lines("file.unwritable", path=str(folder), error=error.strerror))


def _content(source: Path, *, answers: bool) -> bytes:
    """Return a file as a pupil or a teacher gets it. A notebook keeps the answers in the metadata of its cells."""
    if source.suffix != ".ipynb":
        return source.read_bytes()
    notebook = json.loads(source.read_text("utf-8"))
    for cell in notebook["cells"]:
        answer = cell["metadata"].pop("neosantara", {}).get("answer")
        if answers and answer:
            cell["source"] = answer
        if answers and cell["cell_type"] == "code":
            cell |= {"outputs": [], "execution_count": None}
    return (json.dumps(notebook, ensure_ascii=False, indent=1, sort_keys=True) + "\n").encode()


def _written(target: Path, content: bytes) -> tuple[Path, str]:
    target.parent.mkdir(parents=True, exist_ok=True)
    try:
        with target.open("xb") as new:
            new.write(content)
    except FileExistsError:
        same = target.is_file() and target.read_bytes() == content
        return target, "same" if same else "kept"
    return target, "copied"
