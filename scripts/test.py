#!/usr/bin/env python3
"""Run the tests, in environments made from nothing but Python and its registries.

scripts/test                     everything; the parts below one after the other
scripts/test unit [ARGS]         values in, values out; loopback servers; on the newest Python; ARGS go to pytest
scripts/test kernel [ARGS]       a real IPython kernel, through jupyter_client and nbclient
scripts/test notebooks [ARGS]    the lessons, by nbval, against the demo model
scripts/test browser [ARGS]      JupyterLab and Notebook 7 in Chromium
scripts/test servers [ARGS]      a real model behind llama.cpp's server, on both endpoints
scripts/test proxies [ARGS]      LiteLLM before that model, and llmock; not in "everything", for its 600 MB
scripts/test bundle [ARGS]       a class's bundle, installed with no network; not in "everything", for time
scripts/test classroom [ARGS]    a lesson graded by nbgrader and by Otter; not in "everything" either
scripts/test wheel               the built wheel in an empty environment answers a question
scripts/test matrix              unit on the lowest versions we declare; a first cell on other Pythons, Colab, Kaggle
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
import tempfile
import time
from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING

from environments import (
    CACHE,
    ROOT,
    borrow_from_npm,
    environment,
    need_python,
    proxies,
    pythons,
    real_model,
    run,
    settle,
    stage,
    uv,
)

if TYPE_CHECKING:
    from collections.abc import Callable

LOCK = ROOT / "requirements" / "test.txt"
UNIT = "not kernel and not browser and not server and not bundle and not classroom"
TOGETHER = ("-n", "3", "--dist", "worksteal")
"""Three processes on two cores, for they wait too; who has done its share takes from the others'."""
OLDER_IPYKERNELS = ("6.31.0", "7.3.0")
"""Each hears the Stop button in its own way; the lock has the newest. `tests/browser` makes kernels of them."""
FIRST_CELL = ("-m", "kernel and smoke", "tests/test_first_cell.py")
QUICK = f"{UNIT} and not slow and not node"

totals: Counter[str] = Counter()
"""passed, failed, skipped ... over all parts."""


def isolated(*, checkout: bool = True) -> dict[str, str]:
    """Return the environment of a process under test, with a new home."""
    sys.path.insert(0, str(ROOT / "tests"))
    from isolation import isolated as isolate  # noqa: PLC0415  (it stands among the tests)

    return isolate(Path(tempfile.mkdtemp(prefix="neosantara-home-")), checkout=checkout)


def pytest(python: Path, *arguments: str, env: dict[str, str] | None = None) -> None:
    """Run pytest, show it as it goes, and add what its closing line counts to the totals."""
    words = [str(python), "-m", "pytest", "-q", "--continue-on-collection-errors", *arguments, "--timeout=180"]
    last = ""
    with subprocess.Popen(words, env=env, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True) as run:
        assert run.stdout  # noqa: S101  (asked for above)
        for line in run.stdout:
            print(line, end="", flush=True)
            last = line if line.strip() else last
    counted = {word.rstrip("s"): int(n) for n, word in re.findall(r"(\d+) (passed|failed|skipped|errors?)", last)}
    totals.update({"failed" if word == "error" else word: n for word, n in counted.items()})
    if run.returncode and not counted.get("failed") and not counted.get("error"):
        print(f"pytest ended with {run.returncode}")
        totals["failed"] += 1


def within(arguments: list[str], *where: str) -> list[str]:
    """Return pytest's arguments with folders before them, unless they name a file: `-x` alone means all of it too."""
    named = any((ROOT / word.partition("::")[0]).exists() for word in arguments if not word.startswith("-"))
    return arguments if named else [*where, *arguments]


def marked(mark: str) -> list[str]:
    """Return the files with tests of a mark: to read all files takes each process several seconds."""
    return [str(file) for file in sorted(ROOT.glob("tests/**/test_*.py")) if f"mark.{mark}" in file.read_text("utf-8")]


def verdict(name: str, passed: Callable[[], object]) -> None:
    """Count one check that is not pytest's."""
    try:
        passed()
    except (subprocess.CalledProcessError, AssertionError) as error:
        print(f"FAILED {name}: {error}", flush=True)
        totals["failed"] += 1
    else:
        print(f"passed {name}", flush=True)
        totals["passed"] += 1


def unit(arguments: list[str]) -> None:
    """Run everything that needs neither a kernel nor a browser, on the newest Python; the oldest is for the matrix."""
    borrow_from_npm()
    version, newest = [*pythons().items()][-1]
    pytest(environment(f"test-{version}", LOCK, python=newest), "-m", UNIT, *TOGETHER, *arguments)


def kernel(arguments: list[str]) -> None:
    """Run the tests that start kernels. They wait so much that a fourth process fits in."""
    pytest(environment("test", LOCK), "-m", "kernel", *TOGETHER, "-n", "4", *within(arguments, *marked("kernel")))


def bundle(arguments: list[str]) -> None:
    """Build a bundle from what is installed, and run a lesson from it."""
    pytest(environment("test", LOCK), "-m", "bundle", *within(arguments, "tests/test_cli_bundle.py"))


def classroom(arguments: list[str]) -> None:
    """Grade a lesson with nbgrader and with Otter, which have an environment of their own."""
    python = environment("classroom", ROOT / "requirements" / "classroom.txt")
    named = within(arguments, "tests/classroom")
    pytest(environment("test", LOCK), "-m", "classroom", *named, env=os.environ | {"CLASSROOM_PYTHON": str(python)})


def notebooks(arguments: list[str]) -> None:
    """Run the lessons as a reader does with Run All, and compare with what they hold."""
    env = isolated() | {"NEOSANTARA_DEMO": "1"}
    # Notebooks have no use for the fixtures and filters of the tests, and the cells of one need one kernel.
    flags = ["--nbval", "--nbval-current-env", "-p", "no:cacheprovider", "-o", "addopts=", "-o", "filterwarnings="]
    pytest(environment("test", LOCK), *flags, "-n", "4", "--dist", "loadfile", *within(arguments, "notebooks"), env=env)


def browser(arguments: list[str]) -> None:
    """Open notebooks in JupyterLab and Notebook 7 and look at them."""
    python = environment("browser", ROOT / "requirements" / "browser.txt")
    for version in OLDER_IPYKERNELS:
        folder = CACHE / "ipykernel" / version
        if not folder.exists():
            flags = ["--no-deps", "--target", folder, "--python", python]
            run(uv(), "pip", "install", *flags, f"ipykernel=={version}", quiet=True)
    pytest(python, "-m", "browser", *TOGETHER, *within(arguments, "tests/browser"))


def servers(arguments: list[str]) -> None:
    """Ask a real model."""
    ask_others(real_model(), within(arguments, "tests/real_model"))


def behind_proxies(arguments: list[str]) -> None:
    """Ask the real model through LiteLLM, and a server that fails on purpose."""
    ask_others(proxies(), within(arguments, "tests/proxies"))


def ask_others(found: dict[str, str], named: list[str]) -> None:
    """Run the tests of servers that none of us wrote, where these could be installed."""
    if found:
        pytest(environment("test", LOCK), "-m", "server", *named, env=os.environ | found)
    else:
        totals["skipped"] += 1


def built_wheel() -> Path:
    """Build the wheel anew."""
    dist = CACHE / "dist"
    shutil.rmtree(dist, ignore_errors=True)
    run(uv(), "build", "--wheel", "--out-dir", dist, "--python", sys.executable, quiet=True)
    (built,) = dist.glob("*.whl")
    return built


def wheel(_arguments: list[str]) -> None:
    """Install the built wheel where nothing else is, as a user does, and ask through it."""
    built = built_wheel()
    python = environment("empty")
    run(uv(), "pip", "install", "--python", python, built, quiet=True)
    env = isolated(checkout=False)
    script = (ROOT / "tests" / "installed.py").read_text()
    for check in ("files", "python", "magic", "command"):
        verdict(
            f"installed wheel: {check}",
            lambda check=check: run(python, "-", check, env=env, cwd=Path(env["HOME"]), given=script),
        )


def matrix(_arguments: list[str]) -> None:
    """Run the unit tests on the oldest Python and libraries, and a first cell on the others."""
    found = pythons()
    oldest, *others = found
    with stage(f"lowest versions, Python {oldest}"):
        lowest = CACHE / "lowest.txt"
        flags = ["--resolution", "lowest-direct", "--no-header", "--no-annotate", "--python", found[oldest]]
        run(uv(), "pip", "compile", "pyproject.toml", "requirements/lowest.in", *flags, "-o", lowest, quiet=True)
        python = environment("lowest", lowest, python=found[oldest])
        print(" ".join(line for line in lowest.read_text().split() if line.startswith(DIRECT)), flush=True)
        source = "--ignore=tests/architecture"  # reads our files, whatever is installed
        pytest(python, "-m", QUICK, "--hypothesis-profile=quick", "-W", "default", *TOGETHER, source)
        pytest(python, *FIRST_CELL, "-W", "default")
    for version in sorted({*others} - {version for _, version in HOSTED}):  # those have tests of their own
        with stage(f"Python {version}"):
            python = environment(f"test-{version}", LOCK, python=found[version])
            pytest(python, *FIRST_CELL)
    built = built_wheel()
    for name, version in HOSTED:
        if version in found:
            with stage(f"{name}, Python {version}"):
                hosted(name, found[version], built)


def hosted(name: str, base: Path, built: Path) -> None:
    """Install the wheel into what a hosted notebook holds: it changes no package there, and its cells answer."""
    label = f"{name}-{base.parent.parent.name}"
    lock = CACHE / f"{label}.txt"
    pins = ROOT / "requirements" / f"{name}.txt"
    sources = [pins, ROOT / "requirements" / "hosted.in"]
    run(uv(), "pip", "compile", *sources, "--no-header", "--no-annotate", "--python", base, "-o", lock, quiet=True)
    python = environment(label, lock, python=base)
    run(uv(), "pip", "sync", "--python", python, lock, quiet=True)  # without what an earlier run installed
    words = [uv(), "pip", "install", "--python", str(python), str(built)]
    plan = subprocess.run([*words, "--dry-run"], check=True, capture_output=True, text=True).stderr

    def changes_nothing() -> None:
        changed = [line.strip() for line in plan.splitlines() if line.startswith((" - ", " ~ "))]
        assert " + neosantara-magic" in plan, plan  # noqa: S101
        assert not changed, f"the plan replaces {', '.join(changed)}"  # noqa: S101

    verdict(f"installing on {label} changes no package", changes_nothing)
    run(*words, quiet=True)
    pytest(python, "-m", "kernel", "-W", "default", *TOGETHER, *HOSTED_TESTS)


HOSTED = (("colab", "3.12"), ("colab", "3.13"), ("kaggle", "3.12"))
"""Pins in `requirements/`, and the Python they stand on."""
HOSTED_TESTS = ("tests/test_first_cell.py", "tests/magic/test_five_cells.py", "tests/magic/test_stop.py")
"""The kernel tests that run on old kernels: a first cell, the five of the guide, Stop in all its ways."""

DIRECT = ("openai=", "ipython=", "ipywidgets=", "anywidget=", "pydantic=", "httpx2=", "traitlets=")
"""Worth naming when the lowest versions are tested."""


PARTS = {
    "unit": unit,
    "kernel": kernel,
    "notebooks": notebooks,
    "browser": browser,
    "servers": servers,
    "proxies": behind_proxies,
    "bundle": bundle,
    "classroom": classroom,
    "wheel": wheel,
    "matrix": matrix,
}

BY_NAME_ONLY = ("bundle", "classroom", "proxies")
"""Parts that take long, or much room, and that "everything" leaves out; `.ci/run` runs the second."""


def main() -> None:
    """Run the parts asked for, and end with one line over all of them."""
    need_python()
    settle()
    # With it each process would compile every file, and rewrite every assert, anew.
    os.environ.pop("PYTHONDONTWRITEBYTECODE", None)
    asked, *arguments = sys.argv[1:] or ["all"]
    if asked != "all" and asked not in PARTS:
        sys.exit(__doc__)
    start = time.monotonic()
    for name in [part for part in PARTS if part not in BY_NAME_ONLY] if asked == "all" else [asked]:
        with stage(name):
            try:
                PARTS[name](arguments)
            except subprocess.CalledProcessError as error:
                print(f"FAILED {name}: {error}")
                totals["failed"] += 1
    counts = ", ".join(f"{totals[word]} {word}" for word in ("failed", "passed", "skipped") if totals[word])
    print(f"\n{counts or 'no tests ran'} in {time.monotonic() - start:.2f}s")
    sys.exit(1 if totals["failed"] or not totals["passed"] else 0)


if __name__ == "__main__":
    main()
