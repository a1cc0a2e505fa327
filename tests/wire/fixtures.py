"""The fixtures ``server``, ``demo_server`` and ``aimock``, for tests in any folder.

For: `tests/conftest.py`, which names this file in ``pytest_plugins``.
Not for: the servers themselves (`wire.server`, `wire.aimock`).
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest

from neosantara_magic.demo.server import DemoServer
from wire.aimock import Aimock, missing
from wire.server import ScriptedServer


@pytest.fixture
def server() -> Iterator[ScriptedServer]:
    """Give a loopback server whose answers the test scripts."""
    with ScriptedServer() as scripted:
        yield scripted


@pytest.fixture
def demo_server() -> Iterator[ScriptedServer]:
    """Give a loopback server behind which the demo model answers, without pauses."""
    with ScriptedServer(DemoServer(pace=0).handle) as serving:
        yield serving


@pytest.fixture
def aimock(tmp_path: Path) -> Iterator[Callable[..., Aimock]]:
    """Give ``aimock(*fixtures)``, which starts a server of aimock's; skip where it is not installed, except in CI."""
    why_not = missing()
    if why_not and os.environ.get("CI"):
        pytest.fail(why_not)
    if why_not:
        pytest.skip(why_not)
    with ExitStack() as running:

        def start(*fixtures: Mapping[str, Any], **how: Any) -> Aimock:
            return running.enter_context(Aimock(tmp_path, fixtures, **how))

        yield start
