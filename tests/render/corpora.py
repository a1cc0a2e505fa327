"""Where the conformance examples are, and how random text is made and chopped up.

The examples (CC-BY-SA-4.0) are read where they lie at test time and are not part of this repository: CommonMark's 652
from the npm package ``commonmark-spec``, GitHub's 673 from ``shared/data/gfm-spec-0.29.txt`` beside the checkout.
"""

from __future__ import annotations

import os
import random
import re
from pathlib import Path

import pytest

from neosantara_magic.render.markdown import engine

ROOT = Path(__file__).resolve().parents[2]
_PLACES = {
    "commonmark": (652, (ROOT / "node_modules/commonmark-spec/spec.txt",)),
    "gfm": (673, (ROOT.parent / "shared/data/gfm-spec-0.29.txt",)),
}
_EXAMPLE = re.compile(r"^`{32} example[^\n]*\n(.*?)^\.\n.*?^`{32}$", re.MULTILINE | re.DOTALL)


def examples(corpus: str) -> list[str]:
    """Return the Markdown of a corpus's examples; skips the test when it isn't here, and fails it under CI."""
    count, places = _PLACES[corpus]
    for place in places:
        if place.is_file():
            found = [text.replace("→", "\t") for text in _EXAMPLE.findall(place.read_text(encoding="utf-8"))]
            assert len(found) == count, f"{place} holds {len(found)} examples, not {count}"
            return found
    missing = f"the {corpus} examples are not here: {' or '.join(str(place) for place in places)}"
    if os.environ.get("CI"):
        pytest.fail(missing)
    pytest.skip(missing)


def ended(text: str) -> str:
    """Return a text with an end that makes all before it final: a fence is closed, then comes a heading."""
    groups = engine("commonmark").groups(text.replace("\r\n", "\n").replace("\r", "\n"), {})
    fence = groups[-1].tokens[0].markup if groups and groups[-1].kind == "fence" else ""
    return f"{text}\n{fence}\n\n# End\n"


def seeded(seed: int) -> random.Random:
    """Return a source of chance that is the same each time."""
    return random.Random(seed)  # noqa: S311  (nothing here is secret)


def chopped(text: str, chance: random.Random, longest: int = 7) -> list[str]:
    """Return ``text`` in pieces of 1 to ``longest`` characters."""
    pieces = []
    at = 0
    while at < len(text):
        size = chance.randint(1, longest)
        pieces.append(text[at : at + size])
        at += size
    return pieces


_BITS = (
    ["\n"] * 9
    + ["\n\n"] * 6
    + ["- ", "* ", "1. ", "2) ", "  ", "    ", "\t", "> ", "# ", "## ", "---", "===", "***", "-", "=", "+ "]
    + ["```", "```py\n", "~~~", "`", "``", "*", "**", "_", "~~", "\\", "|", "|a|b|\n", "|-|-|\n", "a|b\n", "-|-\n"]
    + ["[a]", "[b]", "[a][b]", "[foo]", "![a]", "[a]: /u", "[a]: /v", "[b]:", "[foo]: <x>", ' "t"', "'t", '"', "[x] "]
    + [
        "$",
        "$$",
        "$$\n",
        "\\(",
        "\\)",
        "\\[",
        "\\]",
        "\\begin{a}",
        "\\end{a}",
        "http://a.b",
        "<http://a>",
        "<b>",
        "<!--",
    ]
    + [
        "a",
        "b",
        "foo",
        "bar baz",
        "1",
        " ",
        " ",
        "  \n",
        "\r\n",
        "\r",
        "&amp;",
        "é",
        "\U0001f600",
        "\0",
        "\x0b",
        "\u2028",
    ]
)


def random_text(chance: random.Random, most: int = 40) -> str:
    """Return Markdown that no one would write: joints of blocks, halves of marks, late definitions.

    Each text draws from a handful of the bits, so that those that act on each other meet often.
    """
    few = ["\n", "\n\n", *chance.sample(_BITS, 9)]
    return "".join(chance.choices(few, k=chance.randint(1, most)))
