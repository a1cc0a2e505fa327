"""The fixtures of these tests: the extension asking a scripted server (``asked``), with functions to call (``tooled``)."""

from __future__ import annotations

import pytest

from magic.conftest import asked
from magic.spoken import Asked
from tools_end_to_end.functions import FUNCTIONS

__all__ = ["asked"]


@pytest.fixture
def tooled(asked: Asked) -> Asked:
    """Give ``asked`` with `functions.FUNCTIONS` defined in the notebook."""
    asked.run(FUNCTIONS)
    return asked
