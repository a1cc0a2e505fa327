"""The lessons that come with the package: where they are, their names, copying them, and bundles of them.

A bundle is a folder for USB sticks that installs and runs the lessons without a network, where Python is.
Standard library only, so ``lessons list`` needs no extra.
"""

from __future__ import annotations

import json
import re
import shutil
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from ..errors import UsageError
from ..texts import say, two_lines
from ..validators import nearest

_PACKAGE = Path(__file__).resolve().parent.parent
_PLACES = (_PACKAGE / "demo" / "lessons", _PACKAGE.parent / "notebooks")  # in an installed copy, in a checkout
FOLDER = next((place for place in _PLACES if place.is_dir()), _PACKAGE)
"""The folder that holds the lessons."""
_BUNDLED = Path(__file__).parent / "bundled"
_MANY = [f"manylinux_2_{minor}_x86_64" for minor in (28, 17, 12, 5)]
_MACS = [f"macosx_{major}_0_{chip}" for major in (15, 14, 13, 12, 11) for chip in ("arm64", "universal2")]
PLATFORMS: dict[str, tuple[Sequence[str], Sequence[str]]] = {
    "windows": (["win_amd64"], ["colorama", "pywin32", "pywinpty", "tzdata"]),
    "linux": ([*_MANY, "manylinux2014_x86_64"], ["pexpect"]),
    "macos": (_MACS, ["appnope", "pexpect"]),
}
"""The tags of each platform's wheels, and what is needed there alone: pip reads such conditions for this computer."""


@dataclass(frozen=True)
class Lesson:
    """One notebook, and the files it needs."""

    name: str
    """Its path below the folder of lessons without the ending: ``02-quickstart``, ``id/02-mulai``."""
    title: str
    files: tuple[Path, ...]
    """The notebook first; then what begins with the notebook's name, such as its recording."""

    @property
    def language(self) -> str:
        """Its language, as `texts.language` names it: lessons in English have no folder of their own."""
        return self.name.rpartition("/")[0] or "en"


def lessons() -> list[Lesson]:
    """Return every lesson in the order in which they are taught; those in another language follow."""
    paths = sorted(FOLDER.rglob("[0-9]*.ipynb"), key=lambda path: (len(path.relative_to(FOLDER).parts), path))
    found = []
    for path in paths:
        if ".ipynb_checkpoints" not in path.parts:
            files = [one for one in path.parent.glob(f"{path.stem}.*") if one.suffix not in {".ipynb", ".lock"}]
            name = path.relative_to(FOLDER).with_suffix("").as_posix()
            heads = (line for cell in json.loads(path.read_bytes())["cells"] for line in cell["source"])
            title = next((line.strip("# \n") for line in heads if line.startswith("# ")), "")
            found.append(Lesson(name, title, (path, *sorted(files))))
    return found


def named(names: list[str]) -> list[Lesson]:
    """Return the lessons of these names, numbers (``04``) or folders (``id``), or all. Raises UsageError: no such."""
    known = lessons()
    if not names:
        return known
    found = []
    for typed in names:
        name = re.sub(r"\b(\d)$", r"0\1", typed.removesuffix(".ipynb").replace("\\", "/").rstrip("/"))  # 1 means 01
        meant = [one for one in known if name in {one.name, one.name.partition("-")[0], one.language}]
        if not meant:
            raise UsageError(*two_lines("shell.lesson", name=typed, meant=nearest(name, [one.name for one in known])))
        found += meant
    return list(dict.fromkeys(found))


def copy(chosen: list[Lesson], to: Path, *, answers: bool = False) -> list[tuple[Path, str]]:
    """Copy lessons with their files below a folder. A file that is there is never written to.

    Return where each file is, and ``copied``, ``same`` (it was there), or ``kept`` (another of this name was).
    ``answers`` makes the teacher's copy: the answers stand in the cells of the exercises, and nothing has been run.
    Raises UsageError: the folder takes no files.
    """
    files = [source for lesson in chosen for source in lesson.files]
    try:
        return [_written(to / source.relative_to(FOLDER), _content(source, answers=answers)) for source in files]
    except OSError as error:
        raise unwritable(to, error.strerror) from None


def unwritable(folder: Path, reason: str | None) -> UsageError:
    """Return the error for a folder that takes no files."""
    return UsageError(*two_lines("file.unwritable", path=str(folder), error=reason))


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


# -- bundles


def bundle(folder: Path, platforms: Sequence[str], python: str, own: Path | None, files: Sequence[Path]) -> None:
    """Fill a folder with wheels, lessons, ``files`` of the teacher's, start scripts and a README.

    Without ``platforms``, keys of `PLATFORMS`, it is for this computer. ``own`` is the path of this package's wheel;
    without it that too comes from the package index. Raises UsageError: pip fails, or a file cannot be written.
    """
    wanted = [f"{own or 'neosantara-magic'}[lessons]", "jupyterlab"]
    try:
        (folder / "wheels").mkdir(parents=True, exist_ok=True)
        for platform in platforms or ("",):
            tags, alone = PLATFORMS.get(platform, ((), ()))
            options = [word for tag in tags for word in ("--platform", tag)]
            options += ["--python-version", python, "--implementation", "cp"] if platform else []
            _download(folder / "wheels", [*options, *wanted, *alone])
        copied = copy(lessons(), folder / "lessons")
        for file in files:
            shutil.copy(file, folder / "lessons")
        computers = ", ".join(platforms) or sys.platform
        for template in sorted(_BUNDLED.iterdir()):
            text = template.read_text("utf-8").replace("{python}", python).replace("{platforms}", computers)
            ends = "\n" if template.suffix == ".sh" else "\r\n"
            (folder / template.name).write_text(text, "utf-8", newline=ends)
        (folder / "start.sh").chmod(0o755)
    except OSError as error:
        raise unwritable(folder, error.strerror) from None
    wheels = list((folder / "wheels").glob("*.whl"))
    size = sum(wheel.stat().st_size for wheel in wheels) // 1_000_000
    print(say("bundle.made", folder=folder, wheels=len(wheels), size=size, lessons=len(copied)))


def _download(to: Path, words: Sequence[str]) -> None:
    command = [sys.executable, "-m", "pip", "download", "--quiet", "--disable-pip-version-check"]
    command += ["--only-binary", ":all:", "--dest", str(to), *words]
    done = subprocess.run(command, check=False, capture_output=True, text=True)  # noqa: S603  (our own words)
    if done.returncode:
        said = (done.stderr.strip() or done.stdout.strip() or "?").splitlines()[-1]
        raise UsageError(*two_lines("bundle.failed", said=said))
