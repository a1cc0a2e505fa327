"""What someone who installed the wheel does first. `scripts/test wheel` runs it where nothing else is.

For: one check a run (``files``, ``python``, ``magic``, ``command``), in an environment that holds the wheel
and what it asks for. Not for pytest: it isn't installed there.
"""

from __future__ import annotations

import importlib.metadata
import importlib.util
import os
import subprocess
import sys
import sysconfig
from pathlib import Path


def files() -> None:
    """The wheel holds the package, its types and the lessons, and nothing beside them."""
    listed = [str(path) for path in importlib.metadata.files("neosantara-magic") or []]
    folders = {path.split("/")[0] for path in listed if not path.startswith("..")}
    assert folders == {"neosantara_magic", f"neosantara_magic-{version()}.dist-info"}, folders
    import neosantara_magic

    assert neosantara_magic.__version__ == version()
    assert "neosantara_magic/py.typed" in listed
    lessons = [path.removeprefix("neosantara_magic/demo/lessons/") for path in listed if "/lessons/" in path]
    assert {"02-quickstart.ipynb", "17-recordings.ipynb", "17-recordings.jsonl", "05-prompt-injection.ipynb"} <= {
        *lessons
    }
    assert {"id/02-mulai.ipynb", "id/17-rekaman.ipynb", "id/17-rekaman.jsonl", "id/05-injeksi-prompt.ipynb"} <= {
        *lessons
    }
    assert not [path for path in listed if path.endswith(".lock") or ".ipynb_checkpoints" in path]
    spec = importlib.util.find_spec("neosantara_magic")
    assert spec is not None
    assert str(spec.origin).startswith(sysconfig.get_paths()["purelib"]), spec.origin


def python() -> None:
    """`ask` answers in plain Python, outside Jupyter."""
    os.environ["NEOSANTARA_DEMO"] = "1"
    from neosantara_magic import ask

    answer = ask("What is a notebook?")
    assert answer.text.strip(), answer
    assert answer.error is None, answer.error
    assert answer.usage is not None


def magic() -> None:
    """The cell magic answers in a real IPython shell and leaves its Response."""
    os.environ["NEOSANTARA_DEMO"] = "1"
    from IPython.core.interactiveshell import InteractiveShell

    shell = InteractiveShell.instance()
    shell.run_line_magic("load_ext", "neosantara_magic")
    shell.run_cell_magic("neosantara", "--out answer", "What is a notebook?")
    assert shell.user_ns["answer"].text.strip()
    assert shell.user_ns["_neosantara"].text == shell.user_ns["answer"].text


def command() -> None:
    """The command is on PATH and explains itself."""
    program = Path(sys.executable).parent / "neosantara-magic"
    told = subprocess.run([program, "--help"], check=True, capture_output=True, text=True).stdout
    assert "demo" in told, told
    listed = subprocess.run([program, "lessons"], check=True, capture_output=True, text=True).stdout
    assert "17-recordings" in listed, listed
    assert "id/17-rekaman" in listed, listed


def version() -> str:
    """Return the version that is installed."""
    return importlib.metadata.version("neosantara-magic")


if __name__ == "__main__":
    {"files": files, "python": python, "magic": magic, "command": command}[sys.argv[1]]()
