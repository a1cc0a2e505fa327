"""The fixture of the contract tests: a loaded extension that asks a scripted server."""

from __future__ import annotations

import pytest

from kernels import Kernel
from magic.spoken import KEY, Asked
from wire.server import ScriptedServer


@pytest.fixture
def asked(kernel: Kernel, server: ScriptedServer) -> Asked:
    """Give a kernel with the extension loaded, a key, and ``server`` as the service."""
    return _ready(kernel, server)


@pytest.fixture
def asked_first(fresh_kernel: Kernel, server: ScriptedServer) -> Asked:
    """Give the same in a new process, where nothing was imported for another test."""
    return _ready(fresh_kernel, server)


def _ready(kernel: Kernel, server: ScriptedServer) -> Asked:
    kernel.set_environment(NEOSANTARA_BASE_URL=server.base_url)
    # Backwards, so that the kernel's own input history does not hold the key that the secret tests look for.
    kernel.execute(f"import os; os.environ['NEOSANTARA_API_KEY'] = {KEY[::-1]!r}[::-1]")
    run = kernel.execute("%load_ext neosantara_magic")
    assert run.outputs == []
    return Asked(kernel, server)
