"""The first cell, from %load_ext to the answer, in a real kernel; also on the lowest versions we declare."""

from __future__ import annotations

import pytest

from kernels import Kernel

pytestmark = [pytest.mark.kernel, pytest.mark.smoke]


def test_the_first_cell_answers(kernel: Kernel) -> None:
    """With the demo model, one cell loads and the next one asks and leaves its answer in the notebook."""
    kernel.set_environment(NEOSANTARA_DEMO="1")
    loaded = kernel.execute("%load_ext neosantara_magic", cell_id="load")
    assert loaded.outputs == []
    run = kernel.execute("%%neosantara --out answer\nWhat is a notebook?", cell_id="ask")
    assert run.error is None, run.error
    text = kernel.value("answer.text")
    assert len(text) > 10
    assert run.bundles, run.outputs
    assert "text/markdown" in run.bundles[-1]
    assert "demo" in run.answer
    assert not [b for b in run.bundles if "application/vnd.jupyter.widget-view+json" in b], "a widget was left behind"
