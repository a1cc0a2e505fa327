"""Every code block of README and the how-to pages runs as it is printed: one block, one cell, a kernel for each page."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from markdown_it import MarkdownIt

from isolation import ROOT
from kernels import Kernel

PAGES = [*sorted(ROOT.glob("README*.md")), *sorted((ROOT / "docs" / "how-to").glob("*.md"))]
CELLS = {"", "python"}
ELSEWHERE = {"sh", "powershell", "bat", "ini", "nginx", "text"}
"""Languages of blocks that are visibly no cells."""
FRAGMENT = re.compile(r"# (?:Fragment|Potongan): \S|# \w+\.py$", re.MULTILINE)
"""How a block of Python that is no cell begins: with a word that says so, or the name of the file that it belongs to."""


def named(page: Path) -> str:
    """Return a page's path, for test ids."""
    return page.relative_to(ROOT).as_posix()


def blocks(page: Path) -> Iterator[tuple[str, str]]:
    """Return language and text of each code block, indented ones too."""
    for token in MarkdownIt().parse(page.read_text("utf-8")):
        if token.type in {"fence", "code_block"}:
            yield token.info.strip() if token.type == "fence" else "indented", token.content


@pytest.mark.parametrize("page", PAGES, ids=named)
def test_every_block_says_what_it_is(page: Path) -> None:
    """A cell, another language, or a fragment that says so; a cell magic stands alone in its cell."""
    for language, text in blocks(page):
        assert language in CELLS | ELSEWHERE, text
        assert "%%neosantara" not in text or text.startswith("%%neosantara"), text
        if FRAGMENT.match(text):
            compile(text, named(page), "exec")


@pytest.mark.kernel
@pytest.mark.parametrize(
    "page", [page for page in PAGES if CELLS & {language for language, _ in blocks(page)}], ids=named
)
def test_the_blocks_of_a_page_run_in_order(page: Path, kernel: Kernel, tmp_path: Path) -> None:
    """With nothing but what the page itself shows."""
    kernel.set_environment(NEOSANTARA_DEMO_PACE="0")
    kernel.execute(f"import os; os.chdir({str(tmp_path)!r})")
    if "matplotlib" in page.read_text("utf-8"):
        kernel.execute("%matplotlib inline")  # as in every notebook; the tests' environment names another
    for language, text in blocks(page):
        if language in CELLS and not FRAGMENT.match(text):
            run = kernel.execute(text.rstrip("\n"), cell_id=text)
            assert run.error is None, f"{text}\n{run.error}"
