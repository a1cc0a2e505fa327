"""Servers of `requirements/proxies.txt`, one of each for all tests of this folder."""

from __future__ import annotations

import os
from collections.abc import Iterator

import pytest

from kernels import Kernel
from wire.foreign import LiteLLM, Llmock
from wire.llama import RealModel


@pytest.fixture(scope="session")
def _installed() -> None:
    if not {"PROXIES_PYTHON", "REAL_MODEL_PYTHON"} <= set(os.environ):
        pytest.skip("no proxies here: scripts/test proxies brings them")


@pytest.fixture(scope="session")
def model(_installed: None) -> Iterator[RealModel]:
    """Give the running model behind the proxy."""
    with RealModel() as running:
        yield running


@pytest.fixture(scope="session")
def litellm(model: RealModel, tmp_path_factory: pytest.TempPathFactory) -> Iterator[LiteLLM]:
    """Give the running proxy."""
    with LiteLLM(tmp_path_factory.mktemp("litellm"), model.base_url) as running:
        yield running


@pytest.fixture
def asking(kernel: Kernel, litellm: LiteLLM) -> Kernel:
    """Give a kernel with the extension loaded, and the proxy's address and key."""
    kernel.set_environment(NEOSANTARA_BASE_URL=litellm.base_url, NEOSANTARA_API_KEY=litellm.key)
    kernel.execute("%load_ext neosantara_magic")
    return kernel


@pytest.fixture(scope="session")
def llmock(_installed: None, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Llmock]:
    """Give the running server of faults."""
    with Llmock(tmp_path_factory.mktemp("llmock"), "--context-window", "2000") as running:
        yield running
