#!/usr/bin/env python3
"""Build the website of docs/ and the lessons, in both languages, into .cache/site/html.

scripts/website             build it, and fail on any page or link that is missing
scripts/website --serve     build it and show it on this machine until Ctrl-C
"""

from __future__ import annotations

import base64
import html
import json
import os
import re
import shutil
import subprocess
import sys
import tomllib
from string import Template
from typing import TYPE_CHECKING, Any

from environments import CACHE, ROOT, environment, need_python, run, settle

if TYPE_CHECKING:
    from pathlib import Path

SITE = CACHE / "site"
HTML = SITE / "html"
LOCK = ROOT / "requirements" / "site.txt"
LINK = re.compile(r"(?<=\]\()(?P<target>[^)\s#]+)(?P<anchor>#[^)\s]*)?(?=\))")
LOADS = re.compile(r'(?:\bsrc|<link rel="(?:stylesheet|preconnect)" href)="(?:https?:)?//[^"]*')


LANGUAGES = {
    "en": {
        "description": "Ask Neosantara AI from a Jupyter cell.",
        "lessons": "Lessons",
        "how_to": "How to",
        "contributors": "For contributors",
        "decisions": "Decisions",
        "dark": "Dark",
        "light": "Light",
        "english": "./",
        "indonesian": "./id/",
    },
    "id": {
        "description": "Bertanya kepada Neosantara AI dari sel Jupyter.",
        "lessons": "Pelajaran",
        "how_to": "Panduan",
        "contributors": "Untuk kontributor",
        "decisions": "Keputusan",
        "dark": "Gelap",
        "light": "Terang",
        "english": "../",
        "indonesian": "./",
    },
}


def page_of(source: Path) -> str:
    """Return where a page stands among the site's pages: in each language under the name of the English one."""
    if source.suffix == ".ipynb":
        (source,) = (ROOT / "notebooks").glob(f"{source.name[:2]}-*.ipynb")
        return f"lessons/{source.stem}.md"
    return re.sub(r"\.id\.md$", ".md", source.relative_to(ROOT / "docs").as_posix())


def in_indonesian(source: Path) -> bool:
    """Whether a page is the Indonesian one of two."""
    return source.name.endswith(".id.md") or source.parent.name == "id"


def relinked(text: str, source: Path, language: str, repository: str) -> str:
    """Return a page's text with its links as the site needs them: pages by the site's paths, other files by address."""

    def link(found: re.Match[str]) -> str:
        target, anchor = found["target"], found["anchor"] or ""
        _, _, named = target.partition(f"{repository}/blob/main/")
        if target.startswith("https:") and not named:
            return found[0]
        there = (ROOT / named if named else source.parent / target).resolve()
        inside = there.relative_to(ROOT)
        if there.suffix != ".ipynb" and inside.parts[0] != "docs":
            return f"{repository}/{'tree' if there.is_dir() else 'blob'}/main/{inside.as_posix()}{anchor}"
        if language == "id" and not in_indonesian(source) and there.with_suffix(".id.md").exists():
            anchor = ""  # an English page leads to one that is Indonesian there, with other headings
        return os.path.relpath(page_of(there), os.path.dirname(page_of(source)) or ".").replace(os.sep, "/") + anchor  # noqa: PTH120

    return LINK.sub(link, text)


def cell_page(cell: dict[str, Any]) -> str:
    """Return a cell of a lesson as Markdown, its outputs as the notebook shows them."""
    source = "".join(cell["source"])
    if cell["cell_type"] == "markdown":
        return source
    fence = "`" * max(3, 1 + max(map(len, re.findall(r"`+", source)), default=0))
    language = "" if source.startswith("%%") else "python"
    shown = "".join(f"<div class='shown'>{output_html(output)}</div>" for output in cell["outputs"])
    # On one line, Markdown leaves HTML as it is.
    return f"{fence}{language}\n{source}\n{fence}\n\n" + shown.replace("\n", "&#10;")


def output_html(output: dict[str, Any]) -> str:
    """Return one output as HTML."""
    data = output.get("data", {})
    if "text/html" in data:
        return with_formulas("".join(data["text/html"]))
    if "image/png" in data:
        picture = base64.b64encode(base64.b64decode("".join(data["image/png"]))).decode()
        return f"<img alt='' src='data:image/png;base64,{picture}'>"
    text = "".join(data.get("text/plain", output.get("text", output.get("evalue", ""))))
    return f"<pre>{html.escape(text)}</pre>"


def with_formulas(shown: str) -> str:
    """Return HTML with its TeX formulas as MathML, which browsers draw without a script."""
    from latex2mathml.converter import convert  # noqa: PLC0415  (there only in the site's own environment)

    def formula(found: re.Match[str]) -> str:
        if found["code"]:
            return found[0]
        return convert(html.unescape(found["block"] or found["line"]), display="block" if found["block"] else "inline")

    code = r"(?P<code><(pre|code)\b.*?</\2>)"
    return re.sub(code + r"|\$\$(?P<block>[^<$]+)\$\$|\$(?P<line>[^<$\n]+)\$", formula, shown, flags=re.DOTALL)


def assemble(language: str) -> Path:
    """Write every page in one language where the generator reads it; return the generator's settings.

    What is there in English only stays English.
    """
    repository = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]["urls"]["Repository"]
    pages = SITE / language
    shutil.copytree(ROOT / "docs", pages, ignore=shutil.ignore_patterns("*.md", "site.toml"))
    (pages / "lessons").mkdir()
    sources = sorted((ROOT / "docs").rglob("*.md")) + sorted((ROOT / "notebooks").rglob("*.ipynb"))
    settings = Template((ROOT / "docs" / "site.toml").read_text("utf-8")).substitute(
        LANGUAGES[language],
        language=language,
        pages=language,
        html="html" if language == "en" else f"html/{language}",
    )
    wanted = [source for source in sources if language == "id" or not in_indonesian(source)]
    for source in sorted(wanted, key=in_indonesian):  # an Indonesian page takes the place of the English one
        text, page = source.read_text("utf-8"), page_of(source)
        if f'"{page}"' not in settings:
            sys.exit(f"docs/site.toml does not name {page}")
        if source.suffix == ".ipynb":
            text = "\n\n".join(cell_page(cell) for cell in json.loads(text)["cells"])
        (pages / page).write_text(relinked(text, source, language, repository) + "\n", "utf-8")
    (SITE / f"{language}.toml").write_text(settings, "utf-8")
    return SITE / f"{language}.toml"


def check() -> None:
    """Fail when a page would load anything from another machine."""
    for page in sorted(HTML.rglob("*.html")):
        for loaded in LOADS.findall(page.read_text("utf-8")):
            sys.exit(f"{page.relative_to(HTML)} loads from another machine: {loaded}")


def main() -> None:
    """Assemble the pages and build the site, in its own environment."""
    need_python()
    settle()
    python = environment("site", LOCK)
    if "--inside" not in sys.argv:
        os.execv(python, [str(python), __file__, "--inside", *sys.argv[1:]])  # noqa: S606  (where MathML is made)
    shutil.rmtree(SITE, ignore_errors=True)
    try:
        for language in LANGUAGES:
            run(python, "-m", "zensical", "build", "--strict", "--config-file", assemble(language), quiet=True)
    except subprocess.CalledProcessError:
        sys.exit("The site was not built.")
    check()
    print(f"{HTML / 'index.html'}: {len(list(HTML.rglob('*.html')))} pages")
    if "--serve" in sys.argv:
        run(python, "-m", "http.server", "--bind", "127.0.0.1", "--directory", HTML, "8000")


if __name__ == "__main__":
    main()
