"""The JavaScript of answers and panels, as users get it, in Node.js with a page made of happy-dom.

The tests themselves are the ``.test.mjs`` files beside this one; what they prove in Chromium is in `tests/browser`.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest

from isolation import ROOT
from neosantara_magic.events import TextDelta
from neosantara_magic.panel import showing
from neosantara_magic.render import widget
from neosantara_magic.render.blocks import LiveAnswer
from neosantara_magic.render.document import Document
from neosantara_magic.render.forms import Look

pytestmark = pytest.mark.node

TEXT = (
    "# Judul\n\nSebuah **paragraf** dengan [x][1] dan 😀é.\n\n- satu\n- dua\n\n```python\nif x:\n    return 1  # é\n```\n\n"
    "| a | b |\n|---|---|\n| 1 | 2 |\n| 3 | 4 |\n\n[1]: https://example.org\n\nAkhir.\n\n"
)


def spoken(step: int) -> dict[str, Any]:
    """Return the frames of an answer that arrives ``step`` characters at a time, and what the kernel has then."""
    document, answer, frames, before = Document(), LiveAnswer(Look()), [], ""
    for at in range(0, len(TEXT), step):
        document.fold(TextDelta(TEXT[at : at + step]))
        frame = answer.take(document)
        assert frame is not None
        frames.append({"seq": answer.seq, **widget._as_message(frame, before)})
        before = answer.tail
    assert 'href="https://example.org"' in "".join(answer.blocks)
    return {"step": step, "frames": frames, "blocks": answer.blocks, "tail": answer.tail}


@pytest.fixture(scope="module")
def scripts(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Write the scripts as the browser gets them, and the frames that the kernel sends."""
    folder = tmp_path_factory.mktemp("scripts")
    (folder / "widget.mjs").write_text(widget.ESM, "utf-8")
    (folder / "panel.mjs").write_text(showing.ESM, "utf-8")
    (folder / "spoken.json").write_text(json.dumps([spoken(step) for step in (1, 7, 40, 1000)]), "utf-8")
    return folder


@pytest.mark.parametrize("tests", sorted(Path(__file__).parent.glob("*.test.mjs")), ids=lambda path: path.name)
def test_in_node(tests: Path, scripts: Path) -> None:
    """Every test of the file passes."""
    node = shutil.which("node")
    if node is None:
        pytest.skip("Node.js is not installed")
    env = os.environ | {"NEOSANTARA_SCRIPTS": str(scripts)}
    ran = subprocess.run(
        [node, "--test", tests], env=env, cwd=ROOT, capture_output=True, text=True, timeout=120, check=False
    )
    assert ran.returncode == 0, ran.stdout
    assert "# pass 0" not in ran.stdout
