"""Environments for the scripts beside this file, made from nothing but Python and its registries.

For: finding or installing uv, making virtual environments from `requirements/*.txt`, finding the
Pythons of this machine, timing stages. Not for: the package; nothing in it imports this.
Everything is written below `.cache/`, which git ignores and which may be deleted at any time.
"""

from __future__ import annotations

import hashlib
import os
import shutil
import subprocess
import sys
import time
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

ROOT = Path(__file__).resolve().parent.parent
CACHE = ROOT / ".cache"
OLDEST = (3, 11)
_BIN = "Scripts" if os.name == "nt" else "bin"


def need_python() -> None:
    """Go on in a Python that is new enough; say so and exit when there is none."""
    if sys.version_info >= OLDEST:
        return
    for minor in range(20, OLDEST[1] - 1, -1):
        found = shutil.which(f"python3.{minor}")
        if found and _version(Path(found)):
            os.execv(found, [found, *sys.argv])  # noqa: S606  (the same script, in a newer Python)
    sys.exit("neosantara-magic needs Python 3.11 or newer.")


def settle() -> None:
    """Make this process's environment fit for uv, also where there is no usable home."""
    os.chdir(ROOT)
    if not os.environ.get("HOME") or not os.access(os.environ["HOME"], os.W_OK):
        home = CACHE / "home"
        home.mkdir(parents=True, exist_ok=True)
        os.environ["HOME"] = str(home)
    os.environ.pop("VIRTUAL_ENV", None)
    os.environ.pop("PYTHONPATH", None)
    os.environ.pop("PYTHONDONTWRITEBYTECODE", None)  # every process would compile all that it imports
    os.environ["UV_PYTHON_DOWNLOADS"] = "never"
    os.environ["UV_NO_PROGRESS"] = "1"
    os.environ["UV_NO_CONFIG"] = "1"


def run(
    *command: str | Path,
    env: dict[str, str] | None = None,
    cwd: Path = ROOT,
    quiet: bool = False,
    given: str | None = None,
) -> None:
    """Run a program and stop here when it fails.

    Args:
        command: Program and arguments.
        env: Its environment; this one's by default.
        cwd: Where it runs.
        quiet: Show its output only when it fails.
        given: What it reads from its standard input.
    """
    words = [str(word) for word in command]
    if not quiet:
        subprocess.run(words, env=env, cwd=cwd, check=True, input=given, text=True)
        return
    done = subprocess.run(
        words, env=env, cwd=cwd, check=False, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
    )
    if done.returncode:
        print(done.stdout, file=sys.stderr)
        raise subprocess.CalledProcessError(done.returncode, words)


def uv() -> str:
    """Return uv: the one on PATH when it works, else one of our own below `.cache/`."""
    found = shutil.which("uv")
    if found and not subprocess.run([found, "--version"], check=False, capture_output=True).returncode:
        return found
    own = CACHE / "uv" / _BIN / "uv"
    if not own.exists():
        run(sys.executable, "-m", "venv", "--clear", CACHE / "uv", quiet=True)
        pip = CACHE / "uv" / _BIN / "python"
        run(pip, "-m", "pip", "install", "--require-hashes", "-r", ROOT / "requirements" / "uv.txt", quiet=True)
    return str(own)


def environment(
    name: str, lock: Path | None = None, *, python: str | Path = sys.executable, flags: Iterable[str] = ()
) -> Path:
    """Make a virtual environment, or reuse it when nothing changed.

    Args:
        name: Its folder below `.cache/env/`.
        lock: What it holds, exactly; nothing at all by default, and then it is made anew.
        python: The interpreter it is made from.
        flags: For uv, when it installs what the lock names.

    Returns:
        The environment's interpreter.
    """
    folder = CACHE / "env" / name
    interpreter = folder / _BIN / "python"
    stamp = folder / "made-from"
    made_from = f"{_version(Path(python))}\n{hashlib.sha256(lock.read_bytes()).hexdigest() if lock else ''}\n"
    if lock and interpreter.exists() and stamp.exists() and stamp.read_text() == made_from:
        return interpreter
    run(uv(), "venv", "--clear", "--no-project", "--python", python, folder, quiet=True)
    if lock:
        run(uv(), "pip", "sync", *flags, "--python", interpreter, lock, quiet=True)
        stamp.write_text(made_from)
    return interpreter


def real_model() -> dict[str, str]:
    """Return the variable that names the interpreter with a model and its server; nothing where these have no wheel."""
    return _of_wheels("servers", "REAL_MODEL_PYTHON")


def proxies() -> dict[str, str]:
    """Return the variables for a real model and the proxies before it; nothing where one of them has no wheel."""
    model = real_model()
    found = model and _of_wheels("proxies", "PROXIES_PYTHON")
    return found and model | found


def _of_wheels(name: str, variable: str) -> dict[str, str]:
    """Make an environment of its own, of wheels only: to build llama.cpp's server takes a quarter of an hour."""
    try:
        python = environment(name, ROOT / "requirements" / f"{name}.txt", flags=["--no-build"])
    except subprocess.CalledProcessError:
        print(f"skipped: what requirements/{name}.txt names could not be installed here from wheels", flush=True)
        return {}
    return {variable: str(python)}


def borrow_from_npm() -> None:
    """Install what package.json names, when npm is here and it isn't yet."""
    borrowed = ROOT / "node_modules" / ".package-lock.json"
    lock = ROOT / "package-lock.json"
    if shutil.which("npm") and (not borrowed.exists() or borrowed.stat().st_mtime < lock.stat().st_mtime):
        run("npm", "ci", quiet=True)


def pythons() -> dict[str, Path]:
    """Return one interpreter for each Python of this machine that the package supports, by "3.12"."""
    found: dict[tuple[int, int], Path] = {}
    for candidate in [Path(sys.executable), *_candidates()]:
        version = _version(candidate)
        if version and version >= OLDEST:
            found.setdefault(version, candidate)
    return {f"{major}.{minor}": path for (major, minor), path in sorted(found.items())}


def _candidates() -> Iterable[Path]:
    folders = [Path(folder) for folder in os.environ.get("PATH", "").split(os.pathsep) if folder]
    folders += [Path("/usr/bin"), Path("/usr/local/bin")]
    for folder in folders:
        if "shims" not in folder.parts:  # pyenv's shims stand for Pythons that may be switched off
            yield from sorted(folder.glob("python3.[0-9][0-9]"))
    versions = [Path(os.environ.get("PYENV_ROOT", Path.home() / ".pyenv")) / "versions"]
    # Where HOME is not the installing user's, our own interpreter still tells where its siblings are.
    versions += [Path(sys.base_prefix).parent, Path.home() / ".local" / "share" / "uv" / "python"]
    for parent in versions:
        yield from sorted(parent.glob(f"*/{_BIN}/python3"))


def _version(python: Path) -> tuple[int, int] | None:
    """Return the version of an interpreter that starts and can make environments."""
    if python == Path(sys.executable):
        return sys.version_info[:2]
    asked = "import sys, ensurepip, zlib, ssl; print(*sys.version_info[:2])"
    try:
        told = subprocess.run([python, "-c", asked], check=True, capture_output=True, text=True, timeout=20).stdout
    except (OSError, subprocess.SubprocessError):
        return None
    major, minor = told.split()
    return int(major), int(minor)


@contextmanager
def stage(name: str) -> Iterator[None]:
    """Print a heading before and the seconds after."""
    print(f"\n=== {name}", flush=True)
    start = time.monotonic()
    try:
        yield
    finally:
        print(f"=== {name}: {time.monotonic() - start:.1f} s", flush=True)
