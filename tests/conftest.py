"""What every test stands on: isolation from this machine, from the network and from each other.

For: a clean environment and home, English sentences, loopback only, and the ``kernel`` fixtures.
Not for: anything one folder of tests needs alone; that goes into its own conftest.
"""

from __future__ import annotations

import os
import signal
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from hypothesis import settings

import offline.sitecustomize  # noqa: F401  (installs the loopback guard in this process)
from isolation import ROOT, isolated

if TYPE_CHECKING:
    from kernels import Kernel

pytest_plugins = ["wire.fixtures"]

# Slow machines make no test fail, and each run tries the same examples.
settings.register_profile("suite", deadline=None, derandomize=True)
settings.register_profile("quick", deadline=None, derandomize=True, max_examples=15)
settings.load_profile("suite")


def pytest_configure() -> None:
    """Let tests be interrupted also where this run was started in the background, which ignores SIGINT."""
    if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
        signal.signal(signal.SIGINT, signal.default_int_handler)


def pytest_runtest_setup(item: pytest.Item) -> None:
    """Skip what needs the packages of package.json where they are not installed; in CI they must be."""
    if item.get_closest_marker("node") and not (ROOT / "node_modules").is_dir():
        missing = "node_modules is missing: run `npm ci`"
        if os.environ.get("CI"):
            pytest.fail(missing)
        pytest.skip(missing)


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
    for name in set(os.environ) - set(clean_environment) - {"PYTEST_CURRENT_TEST"}:
        monkeypatch.delenv(name)
    for name, value in clean_environment.items():
        monkeypatch.setenv(name, value)
    texts = sys.modules.get("neosantara_magic.texts")
    if texts is None:
        from neosantara_magic import texts
    texts.use_language("en")
    yield
    texts.use_language("en")


@pytest.fixture(scope="session")
def _spare_kernels() -> Iterator[list[Kernel]]:
    spare: list[Kernel] = []
    yield spare
    for one in spare:
        one.close()


@pytest.fixture(scope="module")
def _folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("kernel")


@pytest.fixture
def kernel(_spare_kernels: list[Kernel], clean_environment: dict[str, str], _folder: Path) -> Iterator[Kernel]:
    """Give a real kernel, put back as it was after the test. See `tests/kernels.py`."""
    from kernels import Kernel

    shared = _spare_kernels.pop() if _spare_kernels else Kernel(_folder, clean_environment)
    shared.work_in(_folder)
    yield shared
    try:
        shared.forget()
    except BaseException:
        shared.close()
        raise
    _spare_kernels.append(shared)


@pytest.fixture
def fresh_kernel(clean_environment: dict[str, str], tmp_path: Path) -> Iterator[Kernel]:
    """Give a kernel process of this test's own."""
    from kernels import Kernel

    own = Kernel(tmp_path, clean_environment)
    yield own
    own.close()


@pytest.fixture(autouse=True)
def _no_key_met(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let no test's key be taken out of another test's texts."""
    from neosantara_magic import redaction

    monkeypatch.setattr(redaction, "_met", set())
