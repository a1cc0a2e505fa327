"""Loading the extension costs next to nothing: no request, no file, no output, no heavy import."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from isolation import isolated

LOAD = """
import builtins, io, json, os, sys
from IPython.core.interactiveshell import InteractiveShell

shell = InteractiveShell.instance()
before = set(sys.modules)
seen = {"written": [], "network": []}

def watch(event, arguments):
    writing = os.O_WRONLY | os.O_RDWR | os.O_CREAT
    if event == "open" and (set(arguments[1] or "") & set("wax+") or arguments[2] & writing):
        seen["written"].append(str(arguments[0]))
    elif event in {"os.mkdir", "os.rename", "os.remove", "os.symlink"}:
        seen["written"].append(str(arguments[0]))
    elif event.startswith("socket."):
        seen["network"].append(event)

sys.addaudithook(watch)
out, err = sys.stdout, sys.stderr
sys.stdout, sys.stderr = io.StringIO(), io.StringIO()
try:
    for _ in range(TIMES):
        shell.run_line_magic("load_ext", "neosantara_magic")
    printed = sys.stdout.getvalue() + sys.stderr.getvalue()
finally:
    sys.stdout, sys.stderr = out, err

stdlib = set(sys.stdlib_module_names)
new = {name.partition(".")[0] for name in set(sys.modules) - before}
shell.run_line_magic("unload_ext", "neosantara_magic")
print(json.dumps({
    "new": sorted(new - stdlib),
    "ours": sorted(n for n in sys.modules if n.startswith("neosantara_magic.")),
    "printed": printed,
    "magics": sorted(n for kind in shell.magics_manager.magics.values() for n in kind if n in {"neosantara", "ns"}),
    "configurables": sum(type(one).__module__.startswith("neosantara_magic") for one in shell.configurables),
    **seen,
}))
"""


def load(home: Path, times: int = 1) -> dict[str, list[str] | str | int]:
    """Load the extension in a new interpreter with a bare IPython shell, unload it, and tell what happened."""
    done = subprocess.run(
        [sys.executable, "-c", LOAD.replace("TIMES", str(times))],
        env=isolated(home) | {"PYTHONDONTWRITEBYTECODE": "1"},  # bytecode is Python's to write, not ours
        cwd=home,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    told: dict[str, list[str] | str | int] = json.loads(done.stdout.splitlines()[-1])
    return told


@pytest.fixture(scope="module")
def loaded(tmp_path_factory: pytest.TempPathFactory) -> dict[str, list[str] | str | int]:
    """Give what one load and unload did."""
    return load(tmp_path_factory.mktemp("load"))


def test_nothing_third_party_is_imported(loaded: dict[str, list[str] | str | int]) -> None:
    """Beyond what a bare IPython has, only this package comes in (IPython and traitlets may)."""
    assert set(loaded["new"]) <= {"neosantara_magic", "IPython", "traitlets"}  # type: ignore[arg-type]


def test_values_and_the_wire_wait_for_the_first_ask(loaded: dict[str, list[str] | str | int]) -> None:
    """Defining the values and events costs milliseconds, so they load when something is asked."""
    late = {"messages", "events", "request", "loop", "asking", "api", "render", "tools", "demo", "prompt"}
    late.add("transcript_files")  # its table of endings is for Tab
    early = {name.split(".")[1] for name in loaded["ours"]}  # type: ignore[union-attr]
    assert not early & late


def test_nothing_is_written(loaded: dict[str, list[str] | str | int]) -> None:
    """No file is created, changed or removed."""
    assert loaded["written"] == []


def test_nothing_is_sent(loaded: dict[str, list[str] | str | int]) -> None:
    """No socket is made, no name looked up."""
    assert loaded["network"] == []


def test_nothing_is_printed(loaded: dict[str, list[str] | str | int]) -> None:
    """Loading is silent on both streams."""
    assert loaded["printed"] == ""


def test_unload_takes_everything_away(loaded: dict[str, list[str] | str | int]) -> None:
    """After %unload_ext neither a magic nor a configurable is left."""
    assert loaded["magics"] == []
    assert loaded["configurables"] == 0


def test_loading_twice_is_harmless(tmp_path: Path) -> None:
    """A second %load_ext leaves one configurable to take away, not two."""
    told = load(tmp_path, times=2)
    assert told["configurables"] == 0
    assert told["magics"] == []
