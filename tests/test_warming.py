"""After %load_ext a thread imports what the first ask needs: between cells, silently, and never in anybody's way."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path
from types import ModuleType, SimpleNamespace

import pytest

from isolation import ROOT, isolated
from neosantara_magic.ipython.notebook import Notebook

BEGIN = """
import os, sys, threading, time
from IPython.core.interactiveshell import InteractiveShell

shell = InteractiveShell.instance()

def run(code):
    result = shell.run_cell(code)
    assert result.success, result

def threads():
    return [one for one in threading.enumerate() if "warm-up" in one.name]

def until(condition, seconds=60):
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end
        time.sleep(0.01)

def midway():
    '''Load, and return in the middle of the SDK's import.'''
    run("%load_ext neosantara_magic")
    until(lambda: "openai" in sys.modules)
    assert threads()
"""


def in_a_shell(home: Path, code: str, path: Path | None = None, **variables: str) -> subprocess.CompletedProcess[str]:
    """Run code in a new interpreter with a bare IPython shell; it must end well and say nothing on stderr."""
    env = isolated(home) | variables
    env["PYTHONPATH"] = f"{path or ROOT}:{env['PYTHONPATH']}"
    words = [sys.executable, "-c", BEGIN + code]
    done = subprocess.run(words, env=env, cwd=home, capture_output=True, text=True, check=False, timeout=120)
    assert done.returncode == 0, done.stdout + done.stderr
    assert done.stderr == ""
    return done


def test_what_the_first_ask_needs_is_there(tmp_path: Path) -> None:
    """After the warm-up the first ask imports nothing that takes time; neither network nor files are touched."""
    in_a_shell(
        tmp_path,
        """
seen = []
def watch(event, arguments):
    writes = event == "open" and arguments[2] & (os.O_WRONLY | os.O_RDWR | os.O_CREAT)
    if writes or event.startswith("socket.") or (event == "open" and str(arguments[0]).endswith(".env")):
        seen.append((event, str(arguments)[:100]))
sys.addaudithook(watch)
run("%load_ext neosantara_magic")
until(lambda: threads())
until(lambda: not threads())
assert not seen, seen
needed = {"openai.resources.responses.responses", "openai.resources.chat.completions.completions", "httpx2", "httpcore2"}
assert needed | {"neosantara_magic.api.sdk", "neosantara_magic.public"} <= set(sys.modules)
assert not [finder for finder in sys.meta_path if type(finder).__name__ == "WarmUp"]
before = set(sys.modules)
os.environ["NEOSANTARA_DEMO"] = "1"
run("%%neosantara --out answer\\nWhat is a notebook?")
late = {name for name in set(sys.modules) - before if not name.startswith(("neosantara_magic.demo", "neosantara_magic.texts"))}
heavy = {"openai", "httpx2", "httpcore2", "pydantic", "neosantara_magic", "ipywidgets"}
assert not {name for name in late if name.partition(".")[0] in heavy}, late
""",
        PYTHONDONTWRITEBYTECODE="1",  # bytecode is Python's to write, not ours
    )


@pytest.mark.parametrize("how", ["variable", "trait"])
def test_it_can_be_turned_off(tmp_path: Path, how: str) -> None:
    """NEOSANTARA_WARM_UP=0, or the trait before the cell ends: no thread, nothing imported."""
    config = "\\n%config NeosantaraMagics.warm_up = False" if how == "trait" else ""
    in_a_shell(
        tmp_path,
        f"run('%load_ext neosantara_magic{config}')\nassert not threads()\ntime.sleep(0.5)\n"
        "assert 'openai' not in sys.modules",
        **({"NEOSANTARA_WARM_UP": "0"} if how == "variable" else {}),
    )


@pytest.mark.parametrize("inner", ["pass", "get_ipython().run_cell('pass')"])
def test_a_busy_cell_is_left_alone(tmp_path: Path, inner: str) -> None:
    """While a cell runs nothing more is imported, in the middle of a package too; after it the rest follows.

    A cell that runs inside it ends nothing.
    """
    in_a_shell(
        tmp_path,
        """
midway()
run('''INNER
import sys, time
time.sleep(0.1)  # what is being imported may end
loaded = len(sys.modules)
end = time.monotonic() + 0.7
while time.monotonic() < end:
    pass
assert len(sys.modules) == loaded, (loaded, len(sys.modules))
assert "neosantara_magic.api.sdk" not in sys.modules
''')
until(lambda: not threads())
assert "neosantara_magic.api.sdk" in sys.modules
""".replace("INNER", inner),
    )


def test_who_needs_the_same_module_does_not_wait_for_ever(tmp_path: Path) -> None:
    """A cell that imports what the resting thread holds half imported gets it; so does an ask."""
    in_a_shell(tmp_path, "midway()\nrun('import openai; openai.OpenAI')")
    asking = """
midway()
os.environ["NEOSANTARA_DEMO"] = "1"
run("%%neosantara --out answer\\nWhat is a notebook?")
assert shell.user_ns["answer"].text
assert not threads()
"""
    in_a_shell(tmp_path, asking)


@pytest.mark.skipif(not hasattr(os, "fork"), reason="no fork here")
def test_a_fork_in_the_middle(tmp_path: Path) -> None:
    """The child can import what the thread was importing."""
    in_a_shell(
        tmp_path,
        """
midway()
child = os.fork()
if not child:
    import openai
    openai.OpenAI
    os._exit(7)
assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 7
""",
    )


def test_unload_and_reset_in_the_middle(tmp_path: Path) -> None:
    """%reset changes nothing; %unload_ext ends the thread."""
    in_a_shell(
        tmp_path,
        """
midway()
run("%reset -f")
run("%unload_ext neosantara_magic")
assert not threads()
run("%load_ext neosantara_magic")
until(lambda: not threads())
""",
    )


def test_exit_in_the_middle(tmp_path: Path) -> None:
    """The process ends at once, between two imports, and says nothing."""
    done = in_a_shell(
        tmp_path,
        """
midway()
import atexit
began = time.monotonic()
atexit.register(lambda: print(time.monotonic() - began))  # runs before ours, which came first
atexit._run_exitfuncs()
assert "neosantara_magic.api.sdk" not in sys.modules
assert not threads()
print(time.monotonic() - began)
""",
    )
    assert float(done.stdout.split()[-1]) < 5


def test_a_broken_sdk_is_two_lines_at_the_first_ask(tmp_path: Path) -> None:
    """The thread says nothing; the ask says which package it is, and what to do."""
    broken = tmp_path / "broken"
    (broken / "openai").mkdir(parents=True)
    (broken / "openai" / "__init__.py").write_text("from .gone import OpenAI\n")
    done = in_a_shell(
        tmp_path,
        """
run("%load_ext neosantara_magic")
until(lambda: threads())
until(lambda: not threads())
os.environ["NEOSANTARA_DEMO"] = "1"
result = shell.run_cell("%%neosantara\\nWhat is a notebook?")
assert type(result.error_in_exec).__name__ == "APIConnectionError", result.error_in_exec
print(str(result.error_in_exec))
""",
        path=broken,
    )
    assert "cannot be imported: No module named 'openai.gone'" in done.stdout
    assert "--force-reinstall" in done.stdout


def test_widgets_half_imported(monkeypatch: pytest.MonkeyPatch) -> None:
    """A cell may run while the thread rests in the middle of ipywidgets: no output context is around it then."""
    monkeypatch.setitem(sys.modules, "ipywidgets.widgets.widget", ModuleType("widget"))
    shell = SimpleNamespace(display_pub=SimpleNamespace(parent_header={"msg_id": "1"}))
    assert Notebook(shell).outputs_around == []
