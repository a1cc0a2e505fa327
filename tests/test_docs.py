"""The docs say what is true: links lead somewhere, and every flag, command, setting and error they name exists."""

from __future__ import annotations

import json
import re
import tomllib
from collections.abc import Iterator
from pathlib import Path

import pytest

import neosantara_magic
from isolation import ROOT
from neosantara_magic.errors import UsageError
from neosantara_magic.parsing import parse_cell, parse_line
from neosantara_magic.parsing.flags import COMMANDS, LONG, SHORT
from neosantara_magic.settings import FIELDS

PAGES = [ROOT / "README.md", *sorted((ROOT / "docs").rglob("*.md"))]
REPOSITORY = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]["urls"]["Repository"]
READMES = sorted(ROOT.glob("README*.md"))
FOR_USERS = [ROOT / "README.md", *sorted((ROOT / "docs" / "how-to").glob("*.md"))]


def named(path: Path) -> str:
    """Return a page's path, for test ids."""
    return path.relative_to(ROOT).as_posix()


def code(page: Path) -> Iterator[str]:
    """Return the lines of code blocks and the code spans of a page."""
    text = page.read_text("utf-8")
    blocks = re.findall(r"^```.*?\n(.*?)^```", text, re.DOTALL | re.MULTILINE)
    for block in blocks:
        yield from block.splitlines()
    yield from re.findall(r"`([^`\n]+)`", re.sub(r"^```.*?^```", "", text, flags=re.DOTALL | re.MULTILINE))


def anchors(page: Path) -> set[str]:
    """Return the anchors of a page's headings, as GitHub makes them."""
    headings = re.findall(r"^#+ (.+)$", page.read_text("utf-8"), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}


@pytest.mark.parametrize("page", PAGES, ids=named)
def test_links_lead_somewhere(page: Path) -> None:
    """A relative link names a file that is there, and a heading that is in it."""
    for target in re.findall(r"\]\((?!https?:)([^)\s]+)\)", page.read_text("utf-8")):
        path, _, anchor = target.partition("#")
        there = (page.parent / path).resolve() if path else page
        assert there.exists(), target
        assert not anchor or anchor in anchors(there), target


@pytest.mark.parametrize("page", [*READMES, *sorted((ROOT / "notebooks").rglob("*.ipynb"))], ids=named)
def test_what_leaves_the_repository_has_links_that_work_anywhere(page: Path) -> None:
    """The README goes to PyPI and lessons are copied away: only whole addresses work there, and lessons beside each other."""
    text = page.read_text("utf-8")
    if page.suffix == ".ipynb":
        text = "\n".join(
            "".join(cell["source"]) for cell in json.loads(text)["cells"] if cell["cell_type"] == "markdown"
        )
    for target in re.findall(r"\]\(([^)\s]+)\)", text):
        if "github.com" in target:
            kind, _, path = target.removeprefix(f"{REPOSITORY}/").partition("/main/")
            path, _, anchor = path.partition("#")
            assert target.startswith(REPOSITORY), target
            assert kind == ("tree" if target.endswith("/") else "raw" if path.endswith(".png") else "blob"), target
            assert (ROOT / path).exists(), target
            assert not anchor or anchor in anchors(ROOT / path), target
        elif not target.startswith("https://"):
            assert page.suffix == ".ipynb", target
            assert target in {other.name for other in page.parent.iterdir()}, target


@pytest.mark.parametrize("page", FOR_USERS, ids=named)
def test_magic_lines_are_understood(page: Path) -> None:
    """Every line of a magic in the docs goes through the parser."""
    for line in code(page):
        told = line.partition("   #")[0].strip()
        told = re.sub(r" \[NAME\]$", "", told)
        if told.startswith("%%neosantara") and not told.endswith("?"):
            _parses(lambda told=told: parse_cell(told.removeprefix("%%neosantara"), "body"), told)
        elif re.match(r"%neosantara\b", told) and not told.endswith("?"):
            _parses(lambda told=told: parse_line(told.removeprefix("%neosantara")), told)


def _parses(parse: object, line: str) -> None:
    try:
        parse()  # type: ignore[operator]
    except UsageError as error:
        pytest.fail(f"{line}: {error}")


@pytest.mark.parametrize("page", FOR_USERS, ids=named)
def test_flags_settings_and_errors_exist(page: Path) -> None:
    """Names that changed in the code change in the docs too."""
    text = page.read_text("utf-8")
    spans = " ".join(code(page))
    shell = {
        "--lab",
        "--nbval",
        "--outputs",
        "--repair",
        "--replay",
        "--enable",
        "--set-formats",
        "--autograder",
        "--serve",
    }
    shell |= {"--to", "--answers", "--platform", "--python", "--wheel", "--add"}
    others = {option.long for form in COMMANDS.values() for option in form.options} | shell
    assert not set(re.findall(r"(?<![\w-])--[a-z][\w-]*", spans)) - set(LONG) - others
    assert not set(re.findall(r"(?<![\w-])-[a-zA-Z](?= )", spans)) - set(SHORT) - {"-y"}  # npx's
    assert not set(re.findall(r"NeosantaraMagics\.(\w+)", text)) - set(FIELDS)
    assert not set(re.findall(r"`(\w+Error)`", text)) - set(neosantara_magic.__all__)


def test_the_readme_names_files_that_exist() -> None:
    """The table for contributors leads to files and folders that are there."""
    text = (ROOT / "README.md").read_text("utf-8")
    table = text.partition("| I want to")[2]
    package = ROOT / "neosantara_magic"
    paths = set(re.findall(r"`([a-z_]+(?:/[\w.-]*|\.py))`", table))
    assert len(paths) > 20
    assert not {path for path in paths if not (package / path).exists() and not (ROOT / path).exists()}


def test_every_layer_is_described() -> None:
    """docs/architecture.md names each module and folder of the package."""
    described = set(re.findall(r"`([a-z_]+)(?:/[a-z_]+)?`", (ROOT / "docs" / "architecture.md").read_text("utf-8")))
    there = {path.stem for path in (ROOT / "neosantara_magic").iterdir() if path.suffix == ".py" or path.is_dir()}
    assert not {name for name in there if not name.startswith("_")} - described
