"""What is half-written looks finished, and only in the copy that is shown."""

from __future__ import annotations

import pytest

from neosantara_magic.render.blocks import BlockStream
from neosantara_magic.render.markdown import engine, heal
from render.corpora import random_text, seeded


@pytest.mark.parametrize(
    ("text", "healed"),
    [
        ("a **bold te", "a **bold te**"),
        ("a **", "a"),
        ("**bold*", "**bold**"),
        ("**bold ", "**bold**"),
        ("**a *b", "**a *b***"),
        ("***both", "***both***"),
        ("a __b", "a __b__"),
        ("~~gone", "~~gone~~"),
        ("a `co", "a `co`"),
        ("`` a ` b", "`` a ` b``"),
        ("a `x` **b `c", "a `x` **b `c`**"),
        ("a [text](http://ex", "a text"),
        ("a ![alt](http://e", "a "),
        ("- x **y", "- x **y**"),
        ("# Head **x", "# Head **x**"),
        ("> q *x", "> q *x*"),
        ("\\(a_b", "\\(a_b\\)"),
        ("$$\na_1\n= b", "$$\na_1\n= b$$"),
        ("text\n-", "text\n"),
        ("text\n``", "text\n"),
        ("| a | b", ""),
        ("| a | b |\n|--", ""),
        ("|a|b|\n|-|-|\n|**x", "|a|b|\n|-|-|\n|**x**"),
    ],
)
def test_an_unfinished_end_is_closed_or_left_out(text: str, healed: str) -> None:
    """Emphasis, code, links, images, formulas, underlines, fences and tables."""
    assert heal(text) == healed


@pytest.mark.parametrize(
    "text",
    [
        "",
        "plain",
        "done **x** and *y*",
        "2 * 3 * 4",
        "snake_case_name",
        "costs $5 ",
        "\\*not",
        "* item",
        "a](b",
        "```py\nx = **",
        "- ```\n  a `b",
        "para **a\n\nnext",
    ],
)
def test_what_is_finished_is_left_alone(text: str) -> None:
    """Whole marks, lone marks, code, and what stands before the last paragraph."""
    assert heal(text) == text


def test_no_raw_mark_shows_while_an_answer_is_written() -> None:
    """Letter by letter, no frame shows the marks of emphasis, code or links."""
    text = "The **bold** and *slanted* `code` [link](https://a.b/c) end.\n\n- **Key:** `v`\n- ~~old~~ new\n"
    stream = BlockStream(engine("commonmark"), lambda html: html)
    for letter in text:
        stream.feed(letter)
        frame = stream.frame()
        assert frame is not None
        shown = "".join((*frame.freeze, frame.tail))
        assert not [mark for mark in ("**", "`", "](", "~~") if mark in shown]


def test_healing_takes_any_text() -> None:
    """Random text is healed without an error, and a long one in linear time."""
    for seed in range(1_000):
        heal(random_text(seeded(seed), 40))
    for bit in ("*", "[", "](", "` ``", "$", "_a", "**a ", "\\(", "- ", "|", "~"):
        heal(bit * 50_000)
