"""Nothing that is stored can do anything in the programs that show it: random documents, with a fixed seed."""

from __future__ import annotations

import os
from collections.abc import Callable
from typing import TYPE_CHECKING

import pytest

from browser.notebookpage import NotebookPage
from browser.rendering import Renderers, fuzz
from neosantara_magic.render.forms import HTML, MARKDOWN

if TYPE_CHECKING:
    from playwright.sync_api import BrowserContext

pytestmark = pytest.mark.browser

Open = Callable[..., NotebookPage]


def test_no_random_document_lives(lab: Open, chromium: BrowserContext) -> None:
    """A minute of it here; ``scripts/fuzz render SECONDS`` goes on with other seeds."""
    seconds, seed = float(os.environ.get("FUZZ_SECONDS", "60")), int(os.environ.get("FUZZ_SEED", "1"))
    count, bad = fuzz(Renderers(lab(["1"]), chromium), seed, seconds=seconds)
    print(f"{count} documents, seed {seed}: {len(bad)} live")
    for text, what in bad:
        print(f"{what}\n    {text!r}")
    assert not bad
    assert count > 500


def test_the_fuzz_can_fail(lab: Open, chromium: BrowserContext) -> None:
    """Each kind of life is seen where nothing keeps it out."""
    renderers = Renderers(lab(["1"]), chromium)
    for text, kind in (
        ("<img src=x onerror=X()>", "ran"),
        ("<p onclick=X()>a</p>", "handler"),
        ("<style>p{color:red}</style>", "tag"),
        ("[x](ftp://evil.example)", "scheme"),
        ("![x](https://evil.example/x.png)", "source"),
        ("![x](https://evil.example/x.png)", "asked for"),
        ("<p style='position:fixed'>a</p>", "style"),
        ("<a name=location>a</a>", "name"),
    ):
        found = list(renderers.live([{HTML: text, MARKDOWN: text}]))
        assert any(kind in what for _, what in found), (kind, found)
