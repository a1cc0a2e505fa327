"""Version, changelog, wheel and the release workflow agree, and no install line promises what is not published."""

from __future__ import annotations

import re
import tomllib

import neosantara_magic
from isolation import ROOT

PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
CHANGELOG = (ROOT / "CHANGELOG.md").read_text()


def test_the_version_is_one() -> None:
    """What pyproject says (and so the wheel; `tests/installed.py` reads that) is what the package says."""
    assert PROJECT["version"] == neosantara_magic.__version__


def test_the_changelog_knows_the_version_or_what_comes_next() -> None:
    """Its first heading is what is not released yet; if any version is named, the newest one is the package's."""
    headings = re.findall(r"^## \[(.+?)\]", CHANGELOG, re.MULTILINE)
    assert headings[0] == "Unreleased"
    assert headings[1:2] in ([], [PROJECT["version"]])


def test_install_lines_are_true() -> None:
    """Until a version is released, nobody is told to install by name; wheels are called as the build calls them."""
    released = len(re.findall(r"^## \[\d", CHANGELOG, re.MULTILINE)) > 0
    pages = [*ROOT.glob("README*.md"), *(ROOT / "docs" / "how-to").glob("*.md")]
    for page in pages:
        text = page.read_text()
        by_name = re.findall(r"^\s*[%!]?pip install neosantara-magic\b", text, re.MULTILINE)
        assert released or not by_name, page.name
        for version in re.findall(r"neosantara_magic-([\d.]+)-py3-none-any\.whl", text):
            assert version == PROJECT["version"], page.name


def test_the_workflow_holds_no_secret() -> None:
    """It publishes by identity, attests what it built, and only for a tag."""
    text = (ROOT / ".github" / "workflows" / "release.yml").read_text()
    assert 'tags: ["v*"]' in text
    assert "id-token: write" in text
    assert "attestations: write" in text
    assert "secrets." not in text
    assert "password" not in text
    assert "://" not in text
