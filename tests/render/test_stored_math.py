r"""Stored formulas are in dollars, as notebooks and GitHub typeset them, and mean what they meant."""

from __future__ import annotations

import random

import pytest

from neosantara_magic.render.lab_math import without_formulas
from neosantara_magic.render.markdown import parser
from neosantara_magic.render.neutral import is_harmless, neutralise
from neosantara_magic.render.static import bundle
from neosantara_magic.render.stored_math import with_dollars
from render.answers import folded, one_round
from render.corpora import examples, random_text, seeded
from render.payloads import PAYLOADS


@pytest.mark.parametrize(
    ("written", "stored"),
    [
        (r"The mean is \(\bar{x}\).", r"The mean is $\bar{x}$."),
        (r"\( a + b \)", "$a + b$"),
        (r"\[ \int_0^1 x\,dx \]", r"$$ \int_0^1 x\,dx $$"),
        ("Then\n\n\\[\nx = 1\n\\]\n\nand so on.", "Then\n\n$$\nx = 1\n$$\n\nand so on."),
        ("- so \\(a\\)\n  and \\(b\\)\n", "- so $a$\n  and $b$\n"),
        ("> \\[\n> x\n> = 1\n> \\]\n", "> $$\n> x\n> = 1\n> $$\n"),
        ("# On \\(n\\) #\n", "# On $n$ #\n"),
        ("| a | b | c |\n|---|---|---|\n| \\(x\\) | `x` | \\(x\\) |\n", "| a | b | c |\n|---|---|---|\n| $x$ | `x` | $x$ |\n"),
        ("[see \\(x\\)](https://example.org)", "[see $x$](https://example.org)"),
        ("It is $y$ and \\(x\\).", "It is $y$ and $x$."),
        ("It costs $5.\n\nThen \\(x\\).", "It costs $5.\n\nThen $x$."),
    ],
)  # fmt: skip
def test_brackets_become_dollars(written: str, stored: str) -> None:
    """In prose, lists, quotes, headings, tables and links."""
    assert with_dollars(written) == stored


@pytest.mark.parametrize(
    "text",
    [
        "no formula, $5 and [a](b)",
        r"`\(x\)` and ``\[x\]``",
        "```latex\n\\[ x \\]\n```",
        "    \\(x\\)",
        r"It costs $5, so \(x\).",
        r"\(x\)2",
        r"\(\text{\$5}\)",
        r"$\(x\)$",
        r"\\\(x\)",
        r"\(  \)",
        r"\(x and no end",
        r"\(a `b\) c`",
        "![alt \\(x\\)](data:image/png;base64,AAAA)",
    ],
)
def test_what_stays_as_it_came(text: str) -> None:
    """Code, money, escapes, and formulas that dollars would break."""
    assert with_dollars(text) == text


def test_two_formulas_side_by_side_do_not_run_together() -> None:
    """Of neighbours only the first is changed: two dollars in a row would open a display formula."""
    assert with_dollars(r"\(a\)\(b\) \(c\)") == r"$a$\(b\) $c$"


def test_jupyterlab_takes_the_same_formulas_out() -> None:
    """What JupyterLab then sees as formulas are ours, with money and code left alone."""
    text = "A \\(x_1\\) and `\\(y\\)`.\n\n\\[\na < b\n\\]\n\nIt costs $5 or $6."
    seen = without_formulas(neutralise(with_dollars(text)))
    assert "x_1" not in seen
    assert "a < b" not in seen
    assert "\\(y\\)" in seen


def test_the_bundle_has_dollars_in_markdown_and_the_models_words_in_text() -> None:
    """text/plain is the answer as it came."""
    forms = bundle(folded(one_round(r"So \(x\).")))
    assert forms["text/markdown"].startswith("So $x$.")
    assert forms["text/plain"].startswith(r"So \(x\).")


def formulas(text: str) -> list[str]:
    """Return what our own parser reads as formulas, without delimiters."""
    found = []
    for token in parser().parse(text):
        for child in token.children or []:
            if child.type == "math":
                width = 1 if child.content[0] == "$" and child.content[1] != "$" else 2
                found.append(child.content[width:-width].strip())
    return found


def test_it_is_stored_harmless_once_and_with_the_same_formulas() -> None:
    """Payloads and random text with formulas between: neutral as ever, a second pass changes nothing."""
    for seed in range(150):
        chance = seeded(seed)
        parts = [_piece(chance) for _ in range(6)]
        text = chance.choice(["", " ", "\n", "\n\n"]).join(parts)
        dollars = with_dollars(text)
        assert with_dollars(dollars) == dollars, text
        assert formulas(dollars) == formulas(text), text
        stored = neutralise(dollars)
        assert is_harmless(stored), text
        assert neutralise(with_dollars(stored)) == stored, text


def _piece(chance: random.Random) -> str:
    simple = [
        r"\(x\)",
        r"\[y\]",
        "$z$",
        "$$w$$",
        "$5",
        "\\[\na\n= b\n\\]",
        r"\(",
        r"\]",
        "`\\(c\\)`",
        r"\\(",
        "- ",
        "> ",
        "|",
    ]
    return chance.choice(
        (chance.choice(simple), chance.choice(simple), random_text(chance, 4), chance.choice(PAYLOADS))
    )


@pytest.mark.parametrize("corpus", ["commonmark", "gfm"])
def test_the_examples_of_the_specifications_keep_their_meaning(corpus: str) -> None:
    """No example loses or gains a formula."""
    for text in examples(corpus):
        assert formulas(with_dollars(text)) == formulas(text), text


def test_ten_thousand_formulas_are_linear() -> None:
    """Long answers, long lines and openers without end come back; quadratic work would hang here."""
    assert with_dollars("\\(x\\) " * 5_000).count("$") == 10_000
    assert with_dollars("so \\(x\\)\n\n" * 5_000).count("$") == 10_000
    openers = "\\(" * 50_000
    assert with_dollars(openers) == openers
