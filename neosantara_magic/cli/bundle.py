"""``bundle``: a folder for USB sticks that installs and runs the lessons without a network, where Python is."""

from __future__ import annotations

import shutil
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

from ..errors import UsageError
from ..texts import say, two_lines
from . import lessons

_BUNDLED = Path(__file__).parent / "bundled"
_MANY = [f"manylinux_2_{minor}_x86_64" for minor in (28, 17, 12, 5)]
_MACS = [f"macosx_{major}_0_{chip}" for major in (15, 14, 13, 12, 11) for chip in ("arm64", "universal2")]
PLATFORMS: dict[str, tuple[Sequence[str], Sequence[str]]] = {
    "windows": (["win_amd64"], ["colorama", "pywin32", "pywinpty", "tzdata"]),
    "linux": ([*_MANY, "manylinux2014_x86_64"], ["pexpect"]),
    "macos": (_MACS, ["appnope", "pexpect"]),
}
"""The tags of each platform's wheels, and what is needed there alone: pip reads such conditions for this computer."""


def bundle(folder: Path, platforms: Sequence[str], python: str, own: str, files: Sequence[Path]) -> int:
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
        copied = lessons.copy(lessons.lessons(), folder / "lessons")
        for file in files:
            shutil.copy(file, folder / "lessons")
        computers = ", ".join(platforms) or sys.platform
        for template in sorted(_BUNDLED.iterdir()):
            text = template.read_text("utf-8").replace("{python}", python).replace("{platforms}", computers)
            ends = "\n" if template.suffix == ".sh" else "\r\n"
            (folder / template.name).write_text(text, "utf-8", newline=ends)
        (folder / "start.sh").chmod(0o755)
    except OSError as error:
        raise UsageError(*two_lines("file.unwritable", path=str(folder), error=error.strerror)) from None
    wheels = list((folder / "wheels").glob("*.whl"))
    size = sum(wheel.stat().st_size for wheel in wheels) // 1_000_000
    print(say("bundle.made", folder=folder, wheels=len(wheels), size=size, lessons=len(copied)))
    return 0


def _download(to: Path, words: Sequence[str]) -> None:
    command = [sys.executable, "-m", "pip", "download", "--quiet", "--disable-pip-version-check"]
    command += ["--only-binary", ":all:", "--dest", str(to), *words]
    done = subprocess.run(command, check=False, capture_output=True, text=True)  # noqa: S603  (our own words)
    if done.returncode:
        said = (done.stderr.strip() or done.stdout.strip() or "?").splitlines()[-1]
        raise UsageError(*two_lines("bundle.failed", said=said))
