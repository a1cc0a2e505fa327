"""The environment of everything under test: this machine's, without its secrets and its home.

For: `tests/conftest.py` and `scripts/test`, which must agree. Standard library only.
Not for: undoing what a test did (`tests/conftest.py`).
"""

from __future__ import annotations

import os
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
OFFLINE = Path(__file__).resolve().parent / "offline"

OURS = ("NEOSANTARA_", "OPENAI_", "GIT_")
"""Variables that change what the product or its tests do; no test sees the machine's."""
UNWANTED = {"FORCE_COLOR", "COLUMNS", "LINES", "PYTHONWARNINGS", "PYTHONSTARTUP", "PYTHONPATH", "PYTHONHOME"}
# Without bytecode every kernel compiles IPython and all the rest anew: a third of the time of all tests.
UNWANTED |= {"PYTHONDONTWRITEBYTECODE"}


def isolated(home: Path, *, checkout: bool = True) -> dict[str, str]:
    """Return the environment of a process under test.

    Args:
        home: An empty folder that stands for the user's home.
        checkout: Whether ``import neosantara_magic`` finds this checkout; else only what is installed.
    """
    kept = {k: v for k, v in os.environ.items() if not k.startswith(OURS) and k not in UNWANTED}
    # sitecustomize in tests/offline keeps every Python that a test starts on loopback.
    path = [str(OFFLINE), *([str(ROOT)] if checkout else [])]
    return kept | {
        "HOME": str(home),
        "USERPROFILE": str(home),
        "IPYTHONDIR": str(home / "ipython"),
        "JUPYTER_CONFIG_DIR": str(home / "jupyter" / "config"),
        "JUPYTER_DATA_DIR": str(home / "jupyter" / "data"),
        "JUPYTER_RUNTIME_DIR": str(home / "jupyter" / "runtime"),
        "JUPYTER_PLATFORM_DIRS": "1",
        "JUPYTERLAB_SETTINGS_DIR": str(home / "jupyter" / "settings"),
        "JUPYTERLAB_WORKSPACES_DIR": str(home / "jupyter" / "workspaces"),
        "MPLCONFIGDIR": str(home / "matplotlib"),
        "MPLBACKEND": "agg",
        "XDG_CONFIG_HOME": str(home / "config"),
        "XDG_CACHE_HOME": str(home / "cache"),
        "XDG_DATA_HOME": str(home / "data"),
        "LANG": "C.UTF-8",
        "LC_ALL": "C.UTF-8",
        "LANGUAGE": "",
        "NO_COLOR": "1",
        "PYTHONUTF8": "1",
        "PYTHON_KEYRING_BACKEND": "keyring.backends.null.Keyring",
        "PYTHONPATH": os.pathsep.join(path),
    }
