"""What every test stands on: isolation from this machine, from the network and from each other.

For: a clean environment and home, English sentences, loopback only, and the ``kernel`` fixtures.
Not for: anything one folder of tests needs alone; that goes into its own conftest.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from kernels import Kernel

ROOT = Path(__file__).parent.parent
OFFLINE = Path(__file__).parent / "offline"

sys.path.insert(0, str(OFFLINE))
import sitecustomize as _  # noqa: E402, F401  (installs the loopback guard in this process)

sys.path.remove(str(OFFLINE))

OURS = ("NEOSANTARA_", "OPENAI_")
"""Variables that change what the product does; no test sees the ones of the machine."""


def isolated(home: Path) -> dict[str, str]:
    """Return the environment of a test: this machine's, without its secrets and its home."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith(OURS)}
    kept.pop("PYTHONWARNINGS", None)
    kept.pop("FORCE_COLOR", None)
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
        "LANG": "en_US.UTF-8",
        "LC_ALL": "C.UTF-8",
        "LANGUAGE": "",
        "NO_COLOR": "1",
        "PYTHONDONTWRITEBYTECODE": "1",
        "PYTHONUTF8": "1",
        "PYTHON_KEYRING_BACKEND": "keyring.backends.null.Keyring",
        # Every Python a test starts finds the loopback guard and this checkout's package.
        "PYTHONPATH": os.pathsep.join(
            [str(OFFLINE), *([] if os.environ.get("NEOSANTARA_TEST_INSTALLED") else [str(ROOT)])]
        ),
    }


@pytest.fixture(scope="session")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Give the home directory of all tests: empty, and not the user's."""
    return tmp_path_factory.mktemp("home")


@pytest.fixture(scope="session")
def clean_environment(home: Path) -> dict[str, str]:
    """Give the environment for a process that a test starts."""
    return isolated(home)


@pytest.fixture(autouse=True)
def _isolation(clean_environment: dict[str, str], monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Give each test the clean environment and English; put both back afterwards."""
    for name in set(os.environ) - set(clean_environment) - {"PYTEST_CURRENT_TEST", "TESTS_STAY_ON_LOOPBACK"}:
        monkeypatch.delenv(name)
    for name, value in clean_environment.items():
        monkeypatch.setenv(name, value)
    texts = sys.modules.get("neosantara_magic.texts")
    if texts is None:
        from neosantara_magic import texts
    texts.use_language("en")
    yield
    texts.use_language("en")


@pytest.fixture(scope="module")
def _shared_kernel(clean_environment: dict[str, str], tmp_path_factory: pytest.TempPathFactory) -> Iterator[Kernel]:
    from kernels import Kernel

    shared = Kernel(str(tmp_path_factory.mktemp("kernel")), clean_environment)
    yield shared
    shared.close()


@pytest.fixture
def kernel(_shared_kernel: Kernel) -> Iterator[Kernel]:
    """Give a real kernel, put back as it was after the test. See `tests/kernels.py`."""
    yield _shared_kernel
    _shared_kernel.forget()


@pytest.fixture
def fresh_kernel(clean_environment: dict[str, str], tmp_path: Path) -> Iterator[Kernel]:
    """Give a kernel process of this test's own."""
    from kernels import Kernel

    own = Kernel(str(tmp_path), clean_environment)
    yield own
    own.close()
