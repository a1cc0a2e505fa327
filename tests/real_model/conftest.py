"""A kernel that asks a real model, whose server the tests of this folder share."""

from __future__ import annotations

import os
from collections.abc import Iterator

import pytest

from kernels import Kernel
from wire.llama import RealModel


@pytest.fixture(scope="session")
def model() -> Iterator[RealModel]:
    """Give the running server."""
    if "REAL_MODEL_PYTHON" not in os.environ:
        pytest.skip("no model here: scripts/test servers brings one")
    with RealModel() as running:
        yield running


@pytest.fixture
def asking(kernel: Kernel, model: RealModel) -> Kernel:
    """Give a kernel with the extension loaded and the model's address; no key."""
    kernel.set_environment(NEOSANTARA_BASE_URL=model.base_url, NEOSANTARA_MODEL="smollm2")
    kernel.execute("%load_ext neosantara_magic")
    kernel.execute("import neosantara_magic as n")
    return kernel
