"""What the grammar refuses, word for word, in both languages."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from neosantara_magic.errors import UsageError
from neosantara_magic.parsing.asks import ask_from_keywords, speaking_keywords
from neosantara_magic.parsing.help import help_text
from neosantara_magic.parsing.parse import parse_cell, parse_line
from neosantara_magic.texts import use_language

CELLS = [
    (
        "-1",
        "There is no flag -1.\n%neosantara help shows all flags; a prompt that starts with a dash needs -- before it.",
        "Tidak ada flag -1.\n%neosantara help menampilkan semua flag; prompt yang diawali tanda hubung perlu -- di depannya.",
    ),
    (
        "--modle x",
        "There is no flag --modle.\nDid you mean --model? %neosantara help shows all flags.",
        "Tidak ada flag --modle.\nMaksud Anda --model? %neosantara help menampilkan semua flag.",
    ),
    (
        "--xyzzy",
        "There is no flag --xyzzy.\n%neosantara help shows all flags; a prompt that starts with a dash needs -- before it.",
        "Tidak ada flag --xyzzy.\n%neosantara help menampilkan semua flag; prompt yang diawali tanda hubung perlu -- di depannya.",
    ),
    (
        "-once",
        "There is no flag -once.\nDid you mean --once? %neosantara help shows all flags.",
        "Tidak ada flag -once.\nMaksud Anda --once? %neosantara help menampilkan semua flag.",
    ),
    (
        "\u2014once",
        "There is no flag —once.\nDid you mean --once? %neosantara help shows all flags.",
        "Tidak ada flag —once.\nMaksud Anda --once? %neosantara help menampilkan semua flag.",
    ),
    (
        "--help",
        "There is no flag --help.\n%neosantara help shows all flags; a prompt that starts with a dash needs -- before it.",
        None,
    ),
    ("--temp 1", "There is no flag --temp.\nDid you mean --temperature? %neosantara help shows all flags.", None),
    ("-T 1", "There is no flag -T.\nDid you mean -t? %neosantara help shows all flags.", None),
    (
        "--max-tokens 4,096",
        '--max-tokens takes a number as Python writes it, not "4,096".\nWrite 4096',
        '--max-tokens menerima angka seperti di Python, bukan "4,096".\nTulis 4096',
    ),
    ("--once=yes", '--once takes no value, so "--once=yes" is not understood.\nWrite --once alone.', None),
    (
        "-m",
        "--model needs a value.\nWrite --model ID",
        "--model perlu nilai.\nTulis --model ID",
    ),
    (
        "-m --once",
        "--model needs a value.\nWrite --model ID",
        None,
    ),
    (
        "-s --once",
        "--system needs a value.\nWrite --system TEXT, or --system=--once for a value that starts with a dash.",
        None,
    ),
    (
        "-o print",
        (
            '--out needs the name of a Python variable, not "print".\n'
            "Use letters, digits and _, with no digit first, and no word of Python such as class or print."
        ),
        None,
    ),
    (
        "--api",
        "--api needs a value.\nWrite --api auto|responses|chat",
        "--api perlu nilai.\nTulis --api auto|responses|chat",
    ),
    (
        "--api= x",
        "--api needs a value.\nWrite --api auto|responses|chat",
        None,
    ),
    (
        "--show widgets",
        '--show does not know "widgets".\nDid you mean widget?',
        '--show tidak mengenal "widgets".\nMaksud Anda widget?',
    ),
    (
        "--approve 7",
        '--approve does not know "7".\nUse one of: ask, always, never',
        '--approve tidak mengenal "7".\nPakai salah satu dari: ask, always, never',
    ),
    (
        "-t warm",
        '--temperature takes a number from 0 to 2, not "warm".\nFor example: --temperature 2',
        '--temperature menerima angka dari 0 sampai 2, bukan "warm".\nContoh: --temperature 2',
    ),
    ("-t 2.1", '--temperature takes a number from 0 to 2, not "2.1".\nFor example: --temperature 2', None),
    ("-t nan", '--temperature takes a number from 0 to 2, not "nan".\nFor example: --temperature 2', None),
    (
        "-t 0,2",
        '--temperature takes a number as Python writes it, not "0,2".\nWrite 0.2',
        '--temperature menerima angka seperti di Python, bukan "0,2".\nTulis 0.2',
    ),
    ("--top-p 1.5", '--top-p takes a number from 0 to 1, not "1.5".\nFor example: --top-p 1', None),
    (
        "--presence-penalty -3",
        '--presence-penalty takes a number from -2 to 2, not "-3".\nFor example: --presence-penalty 2',
        None,
    ),
    (
        "--max-tokens 0",
        '--max-tokens takes a whole number of 1 or more, not "0".\nFor example: --max-tokens 500',
        '--max-tokens menerima bilangan bulat mulai dari 1, bukan "0".\nContoh: --max-tokens 500',
    ),
    (
        "--max-tokens 1.5",
        '--max-tokens takes a whole number of 1 or more, not "1.5".\nFor example: --max-tokens 500',
        None,
    ),
    ("--max-rounds -1", '--max-rounds takes a whole number of 0 or more, not "-1".\nFor example: --max-rounds 0', None),
    (
        "--timeout 0",
        '--timeout takes a number from 0.001 to 86400, not "0".\nFor example: --timeout 60',
        '--timeout menerima angka dari 0.001 sampai 86400, bukan "0".\nContoh: --timeout 60',
    ),
    ("--timeout inf", '--timeout takes a number from 0.001 to 86400, not "inf".\nFor example: --timeout 60', None),
    (
        "-o class",
        (
            '--out needs the name of a Python variable, not "class".\n'
            "Use letters, digits and _, with no digit first, and no word of Python such as class or print."
        ),
        (
            '--out perlu nama variabel Python, bukan "class".\n'
            "Pakai huruf, angka, dan _, tanpa angka di depan, dan bukan kata milik Python seperti class atau print."
        ),
    ),
    (
        "--each a-b --into c",
        (
            '--each needs the name of a Python variable, not "a-b".\n'
            "Use letters, digits and _, with no digit first, and no word of Python such as class or print."
        ),
        None,
    ),
    (
        "-P seed",
        '--param does not take "seed".\nFor example: --param seed=7',
        '--param tidak menerima "seed".\nContoh: --param seed=7',
    ),
    (
        "-P user=budi",
        '--param got "budi", which is not JSON.\nText needs double quotes inside single ones: -P \'user="budi"\'',
        '--param mendapat "budi", yang bukan JSON.\nTeks perlu tanda kutip ganda di dalam kutip tunggal: -P \'user="budi"\'',
    ),
    (
        r"-P model=\"garda-core\"",
        r"""--param got "\"garda-core\"", which is not JSON.
Text needs double quotes inside single ones: -P 'model="garda-core"'""",
        None,
    ),
    (
        "-P x=[1e999]",
        '--param got "[1e999]", which is not JSON.\nText needs double quotes inside single ones: -P \'x="[1e999]"\'',
        None,
    ),
    (
        "-P x=NaN",
        '--param got "NaN", which is not JSON.\nText needs double quotes inside single ones: -P \'x="NaN"\'',
        None,
    ),
    ("-m a -m b", "--model is given twice.\nKeep one of them.", "--model diberikan dua kali.\nPakai salah satu saja."),
    (
        "-P n=2",
        "n=2 asks for several answers; all are billed, and only one can be shown.\nLeave n out, and ask several times with ask_many.",
        None,
    ),
    ("-P a=1 -P a=2", "--param a is given twice.\nKeep one of them.", None),
    (
        '-s "Answer',
        'The quote in "Answer is never closed.\nClose it with "',
        'Tanda kutip di "Answer tidak ditutup.\nTutup dengan "',
    ),
    (
        '-s ""',
        '--system needs some text, not "".\nGive it some text, or leave it out.',
        '--system perlu teks, bukan "".\nBeri teks, atau hapus saja.',
    ),
    ("-m neosantara/", '--model needs some text, not "".\nGive it some text, or leave it out.', None),
    ("--tools ,", '--tools needs some text, not "".\nGive it some text, or leave it out.', None),
    (
        "What is this?",
        (
            '"What is this?" on the %%neosantara line belongs to no flag.\n'
            "The prompt goes below that line; a value with spaces needs quotes."
        ),
        (
            '"What is this?" di baris %%neosantara bukan milik flag mana pun.\n'
            "Prompt ditulis di bawah baris itu; nilai yang berisi spasi perlu tanda kutip."
        ),
    ),
    (
        "models",
        "models is a line command; %%neosantara, with two signs, sends what stands below it to the model.\nWrite it with one sign: %neosantara models",
        (
            "models adalah perintah satu baris; %%neosantara, dengan dua tanda, mengirim isi di bawahnya ke model.\n"
            "Tulis dengan satu tanda: %neosantara models"
        ),
    ),
    (
        "--new --once",
        "--new, --once contradict each other.\nKeep one of them.",
        "--new, --once saling bertentangan.\nPakai salah satu saja.",
    ),
    (
        "--tools a,b --tools a",
        "--tools a is given twice.\nKeep one of them.",
        "--tools a diberikan dua kali.\nPakai salah satu saja.",
    ),
    (
        "--tool-choice required",
        "--tool-choice required needs --tools too.\nAdd --tools, or leave --tool-choice required out.",
        "--tool-choice required perlu --tools juga.\nTambahkan --tools, atau hapus --tool-choice required.",
    ),
    (
        "--each df",
        "--each df needs --into too.\nAdd --into, or leave --each df out.",
        "--each df perlu --into juga.\nTambahkan --into, atau hapus --each df.",
    ),
    (
        "--into a",
        "--into a needs --each too.\nAdd --each, or leave --into a out.",
        "--into a perlu --each juga.\nTambahkan --each, atau hapus --into a.",
    ),
]

LINES = [
    (
        "modles",
        '%neosantara has no command "modles".\nDid you mean %neosantara models?',
        '%neosantara tidak punya perintah "modles".\nMaksud Anda %neosantara models?',
    ),
    (
        "Jelaskan ini",
        (
            '%neosantara has no command "Jelaskan".\n'
            "%neosantara help lists the commands; to ask on one line, write %neosantara ask PROMPT"
        ),
        (
            '%neosantara tidak punya perintah "Jelaskan".\n'
            "%neosantara help menampilkan semua perintah; untuk bertanya satu baris, tulis %neosantara ask PROMPT"
        ),
    ),
    (
        "-m x hi",
        '%neosantara has no command "-m".\n%neosantara help lists the commands; to ask on one line, write %neosantara ask PROMPT',
        '%neosantara tidak punya perintah "-m".\n%neosantara help menampilkan semua perintah; untuk bertanya satu baris, tulis %neosantara ask PROMPT',
    ),
    (
        "ask -m x ",
        "%neosantara ask needs more words.\nThe command is: %neosantara ask [flags] PROMPT",
        "%neosantara ask belum lengkap.\nPerintahnya: %neosantara ask [flags] PROMPT",
    ),
    (
        "fork",
        "%neosantara fork needs more words.\nThe command is: %neosantara fork NEW [NAME] [--at N]",
        "%neosantara fork belum lengkap.\nPerintahnya: %neosantara fork NEW [NAME] [--at N]",
    ),
    (
        "live now",
        '"now" is more than the command takes.\nThe command is: %neosantara live',
        'Perintah ini tidak menerima "now".\nPerintahnya: %neosantara live',
    ),
    ("undo 2 a b", '"b" is more than the command takes.\nThe command is: %neosantara undo [N] [NAME]', None),
    ("undo 0", 'undo takes a whole number of 1 or more, not "0".\nFor example: undo 1', None),
    ("undo a 2", 'undo takes a whole number of 1 or more, not "a".\nFor example: undo 1', None),
    ("fork x --at 0", '--at takes a whole number of 1 or more, not "0".\nFor example: --at 1', None),
    (
        "fork x --at",
        "--at needs a value.\nWrite --at N",
        None,
    ),
    (
        "live --now",
        '"--now" is more than the command takes.\nThe command is: %neosantara live',
        'Perintah ini tidak menerima "--now".\nPerintahnya: %neosantara live',
    ),
    ("usage --rest", '"--rest" is more than the command takes.\nDid you mean --reset?', None),
    ("usage --reset=yes", '--reset takes no value, so "--reset=yes" is not understood.\nWrite --reset alone.', None),
    ("demo of", 'demo does not know "of".\nDid you mean off?', None),
    (
        "key --store --forget",
        "--store, --forget contradict each other.\nKeep one of them.",
        "--store, --forget saling bertentangan.\nPakai salah satu saja.",
    ),
    (
        "chat hello",
        '"hello" is more than the command takes.\nThe command is: %neosantara chat [flags]',
        'Perintah ini tidak menerima "hello".\nPerintahnya: %neosantara chat [flags]',
    ),
]


def _two_languages(table: list[tuple[str, str, str | None]]) -> list[tuple[str, str, str]]:
    return [
        (line, code, text) for line, *texts in table for code, text in zip(("en", "id"), texts, strict=True) if text
    ]


@pytest.mark.parametrize(("line", "language", "text"), _two_languages(CELLS))
def test_a_cell_line_is_refused_in_two_lines(line: str, language: str, text: str) -> None:
    """What is wrong, quoted, then one next step."""
    use_language(language)
    with pytest.raises(UsageError) as caught:
        parse_cell(line, "hi")
    assert str(caught.value) == text


@pytest.mark.parametrize(("line", "language", "text"), _two_languages(LINES))
def test_a_command_line_is_refused_in_two_lines(line: str, language: str, text: str) -> None:
    """The same for line commands."""
    use_language(language)
    with pytest.raises(UsageError) as caught:
        parse_line(line)
    assert str(caught.value) == text


@pytest.mark.parametrize("body", ["", "\n", "  \n\t\n"])
@pytest.mark.parametrize(
    ("language", "text"),
    [
        ("en", "The cell has no prompt.\nWrite the question below the %%neosantara line."),
        ("id", "Sel ini tidak berisi prompt.\nTulis pertanyaan di bawah baris %%neosantara."),
    ],
)
def test_a_blank_cell_is_refused(body: str, language: str, text: str) -> None:
    """A cell of white space asks nothing, with --raw neither."""
    use_language(language)
    for line in ("", "--raw"):
        with pytest.raises(UsageError) as caught:
            parse_cell(line, body)
        assert str(caught.value) == text


@pytest.mark.parametrize(
    ("keywords", "text"),
    [
        ({"modle": "x"}, 'ask() has no keyword "modle".\nDid you mean model=?'),
        ({"temp": 1}, 'ask() has no keyword "temp".\nDid you mean temperature=?'),
        ({"zzz": "x"}, 'ask() has no keyword "zzz".\nThe keywords are the long names of the flags: %neosantara help'),
        ({"temperature": True}, 'temperature= takes a number from 0 to 2, not "True".\nFor example: temperature=2'),
        (
            {"max_tokens": 1.5},
            'max_tokens= takes a whole number of 1 or more, not "1.5".\nFor example: max_tokens=500',
        ),
        (
            {"once": "maybe"},
            'once= does not know "maybe".\nUse one of: on, off',
        ),
        (
            {"param": "seed=7"},
            'param= does not take "seed=7".\nFor example: param= {"seed": 7}',
        ),
        (
            {"param": {"a": 1, "b": [float("nan")]}},
            (
                'param= holds a value under "b" that JSON cannot carry: list.\n'
                "Use text, finite numbers, True, False, None, lists and dicts."
            ),
        ),
        (
            {"param": {"when": object()}},
            (
                'param= holds a value under "when" that JSON cannot carry: object.\n'
                "Use text, finite numbers, True, False, None, lists and dicts."
            ),
        ),
        ({"model": ["a"]}, "model= needs some text, not \"['a']\".\nGive it some text, or leave it out."),
    ],
)
def test_a_python_keyword_is_refused_in_two_lines(keywords: dict[str, object], text: str) -> None:
    """``ask()`` refuses what the magic refuses, in the same words but for the flags."""
    with pytest.raises(UsageError) as caught, speaking_keywords():
        ask_from_keywords("hi", keywords)
    assert str(caught.value) == text


def test_a_blank_prompt_from_python_is_refused() -> None:
    """``ask(" ")`` asks nothing."""
    with pytest.raises(UsageError) as caught:
        ask_from_keywords("  ", {})
    assert str(caught.value) == 'ask() needs some text, not "".\nGive it some text, or leave it out.'


def test_an_unknown_topic_is_refused() -> None:
    """Help names the nearest topic."""
    with pytest.raises(UsageError) as caught:
        help_text("temprature")
    assert str(caught.value) == 'There is no help about "temprature".\nDid you mean %neosantara help temperature?'
    with pytest.raises(UsageError) as caught:
        help_text("42")
    assert str(caught.value) == 'There is no help about "42".\n%neosantara help shows everything.'


def test_a_long_value_is_cut_in_the_message() -> None:
    """A pasted page doesn't fill the screen twice."""
    with pytest.raises(UsageError) as caught:
        parse_cell("word " * 500, "hi")
    assert len(caught.value.what) < 130


def refused(parse: Callable[[], object]) -> UsageError | None:
    """Return the refusal, or None when the line parses. Any other failure passes through."""
    try:
        parse()
    except UsageError as error:
        return error
    return None


def _ways(line: str) -> list[Callable[[], object]]:
    return [lambda: parse_cell(line, "hi"), lambda: parse_line(line), lambda: parse_line(f"ask {line}")]


@given(
    st.one_of(
        st.text(),
        st.lists(
            st.sampled_from(["-m", "--tools", "-P", "a=", "{", '"', "'", "x", " ", "\t", "--", "=", ",", "-t", "1"])
        ).map("".join),
    )
)
def test_no_line_ever_gives_anything_but_two_lines(line: str) -> None:
    """Any text, and any mixture of the grammar's own pieces, parses or is refused with two whole lines."""
    for error in filter(None, map(refused, _ways(line))):
        assert error.what
        assert error.next_step
        assert "\n" not in error.what + error.next_step
