"""The five cells of docs/how-to/colab-and-kaggle.md, as they stand there; also on what Colab and Kaggle hold."""

from __future__ import annotations

import re

import pytest

from isolation import ROOT
from kernels import Kernel

pytestmark = pytest.mark.kernel


@pytest.mark.parametrize("page", ["colab-and-kaggle.md", "colab-and-kaggle.id.md"])
def test_the_five_cells(kernel: Kernel, page: str) -> None:
    """The first one installs, which `scripts/test matrix` does with the wheel; the others lead to the answer."""
    cells = re.findall(
        r"^```(?:text)?\n(.*?)\n```$", (ROOT / "docs" / "how-to" / page).read_text(), re.DOTALL | re.MULTILINE
    )
    assert len(cells) == 5
    assert cells[0].startswith("%pip install git+https://")
    runs = [kernel.execute(cell, cell_id=str(at)) for at, cell in enumerate(cells[1:])]
    assert not [run.error for run in runs if run.error]
    assert "demo" in runs[2].answer
    assert len(runs[3].stdout) > 20
