"""The fixture of the contract tests: a loaded extension that asks a scripted server."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from kernels import Kernel
from magic.spoken import KEY, Asked
from wire.server import ScriptedServer


@pytest.fixture
def asked(kernel: Kernel, server: ScriptedServer) -> Iterator[Asked]:
    """Give a kernel with the extension loaded, a key, and ``server`` as the service."""
    kernel.set_environment(NEOSANTARA_BASE_URL=server.base_url)
    # Backwards, so that the kernel's own input history does not hold the key that the secret tests look for.
    kernel.execute(f"import os; os.environ['NEOSANTARA_API_KEY'] = {KEY[::-1]!r}[::-1]")
    run = kernel.execute("%load_ext neosantara_magic")
    assert run.outputs == []
    yield Asked(kernel, server)
    # What %config set stays in IPython's configuration, which outlives the extension.
    kernel.execute("get_ipython().config.pop('NeosantaraMagics', None)")
