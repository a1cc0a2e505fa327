"""A final ``?`` belongs to the prompt, and to nothing else."""

from __future__ import annotations

import pytest
from IPython.core.inputtransformer2 import TransformerManager

from neosantara_magic.magic import keep_empty_cell, protect_question_mark

CALL = "get_ipython().run_line_magic('neosantara', 'ask Apa kabar?')\n"


@pytest.mark.parametrize(
    ("typed", "read"),
    [
        ("%neosantara ask Apa kabar?\n", CALL),
        ("answer = %neosantara ask Apa kabar?\n", f"answer = {CALL}"),
        ("    %neosantara ask Apa kabar?", f"    {CALL}"),
        ("%time %neosantara ask Apa kabar?\n", f"%time {CALL}"),
        ("%neosantara ask what's up?\n", "get_ipython().run_line_magic('neosantara', \"ask what's up?\")\n"),
    ],
)
def test_a_question_is_kept_from_ipythons_help(typed: str, read: str) -> None:
    """On its own, assigned, indented, timed, and with an apostrophe."""
    assert protect_question_mark([typed]) == [read]


@pytest.mark.parametrize(
    "lines",
    [
        ["%neosantara?\n"],
        ["%neosantara ask no question\n"],
        ["print?\n"],
        ["%%bash\n", "%neosantara ask Apa kabar?\n"],
        ['text = """\n', "%neosantara ask Apa kabar?\n", '"""\n'],
        ['text = f"""{1}\n', "%neosantara ask Apa kabar?\n", '"""\n'],
    ],
)
def test_everything_else_stays_as_typed(lines: list[str]) -> None:
    """Help, other cells' bodies, and strings."""
    assert protect_question_mark(list(lines)) == lines


def test_a_question_after_a_string_is_still_kept() -> None:
    """Only the rows inside the string are left alone."""
    lines = ['text = """\n', "a\n", '"""\n', "%neosantara ask Apa kabar?\n"]
    assert protect_question_mark(lines) == [*lines[:3], CALL]


def test_a_second_load_ext_says_nothing() -> None:
    """In a class every notebook loads the extension already, and the first cell of each lesson loads it again."""
    lines = [
        "%load_ext neosantara_magic\n",
        "%load_ext autoreload\n",
        'text = """\n',
        "%load_ext neosantara_magic\n",
        '"""\n',
    ]
    assert protect_question_mark(list(lines)) == ["\n", *lines[1:]]


@pytest.mark.parametrize("name", ["neosantara", "ns"])
def test_a_cell_without_a_prompt_comes_to_us(name: str) -> None:
    """IPython refuses a cell magic with no body, in English; a prompt on the magic's line is a beginner's first slip."""
    cell = TransformerManager().transform_cell(f'%%{name} What\'s a "token"?')
    assert keep_empty_cell([cell]) == [cell.replace(", '')", ", '\\n')")]


def test_no_other_cell_gets_a_body() -> None:
    """Other magics, cells with a body, and Python."""
    cells = ["%%bash\n", "%%neosantara\nx = ''", "%%neosantara\n'a' \"b\", '')", "print('')", "%%neosantara?"]
    for cell in map(TransformerManager().transform_cell, cells):
        assert keep_empty_cell([cell]) == [cell]
    assert keep_empty_cell([]) == []
