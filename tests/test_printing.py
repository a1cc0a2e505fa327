"""On paper a tool's card is open: the style of docs/how-to/assess.md, in Chromium, on an answer as it is stored."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import zlib
from pathlib import Path

import pytest

from isolation import ROOT
from neosantara_magic import ask, public
from neosantara_magic.cli import notebooks

PAGE = (ROOT / "docs" / "how-to" / "assess.md").read_text("utf-8")


def texts_in_pdf(page: Path) -> int:
    """Print a page as Chromium does, and count the pieces of text that are drawn."""
    chromium = shutil.which("chromium") or shutil.which("chromium-browser")
    if chromium is None:
        pytest.fail("no chromium") if os.environ.get("CI") else pytest.skip("not installed: chromium")
    words = [chromium, "--headless", "--no-sandbox", "--disable-gpu", "--no-pdf-header-footer"]
    words += [f"--user-data-dir={page.parent}/profile", f"--print-to-pdf={page.with_suffix('.pdf')}", page.as_uri()]
    subprocess.run(words, check=True, capture_output=True, timeout=60)
    drawn = 0
    for stream in re.findall(rb"stream\r?\n(.*?)endstream", page.with_suffix(".pdf").read_bytes(), re.DOTALL):
        try:
            drawn += len(re.findall(rb"T[jJ]\b", zlib.decompress(stream)))
        except zlib.error:
            continue
    return drawn


@pytest.mark.slow
def test_a_card_is_open_on_paper(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Its result is drawn, and without the style it is not."""
    monkeypatch.setenv("NEOSANTARA_DEMO", "1")
    monkeypatch.setattr(public, "_script", [])

    def get_weather(city: str) -> str:
        """Return the weather of a city."""
        return f"rain in {city}"

    html = ask("What is the weather in Bandung?", tools=[get_weather], once=True).bundle["text/html"]
    assert "<details" in html
    style = re.search(r"<style>.*</style>", PAGE)
    assert style is not None
    folded, opened = tmp_path / "folded.html", tmp_path / "open.html"
    folded.write_text(f"<html><body>{html}</body></html>")
    opened.write_text(f"<html><body>{html}</body></html>\n{style[0]}")
    assert texts_in_pdf(opened) > texts_in_pdf(folded)
    live = f"<style>{(ROOT / 'neosantara_magic' / 'render' / 'widget.css').read_text('utf-8')}</style>"
    for place in ("jp-OutputArea-output", "output_area"):  # of nbclassic
        opened.write_text(f'<html><body><div class="{place}">{html}</div></body></html>\n{live}')
        assert texts_in_pdf(opened) > texts_in_pdf(folded), place
    rule = re.search(r"\{ (.*)\}<", style[0])
    assert rule is not None
    for source in (ROOT / "neosantara_magic" / "render" / "widget.css", Path(notebooks.__file__)):
        assert re.sub(r"\s", "", rule[1]) in re.sub(r"[\s;]", "", source.read_text("utf-8")), source
