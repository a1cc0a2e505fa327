"""What people type first: greetings, small Python tasks, phrases, tips, verse and summaries, in both languages."""

from __future__ import annotations

import contextlib
import io
import re

import pytest

from neosantara_magic.demo import code_numbers, code_texts
from neosantara_magic.demo.brain import reply
from neosantara_magic.demo.talk import Asked
from neosantara_magic.messages import user_message


def say(prompt: str) -> str:
    """Return what the demo model says to one prompt."""
    return reply(Asked("nusantara-base", (user_message(prompt),))).text


def printed(source: str) -> str:
    """Run code and return what it printed."""
    said = io.StringIO()
    with contextlib.redirect_stdout(said):
        exec(compile(source, "answer", "exec", dont_inherit=True), {"__name__": "__main__"})  # noqa: S102  (our own demo's code)
    return said.getvalue()


def code_in(answer: str) -> str:
    """Return the one Python block of an answer."""
    [block] = re.finditer(r"```python\n(.*?)```", answer, re.DOTALL)
    return block[1]


@pytest.mark.parametrize(
    ("prompt", "expected"),
    [
        ("Write a Python function that reverses a string", "aratnasuN"),
        ("buat fungsi Python untuk membalik string", "aratnasuN"),
        ("Reverse a list in Python", "[4, 3, 2, 1]"),
        ("Write a function that checks if a number is prime", "91 False"),
        ("Buat fungsi Python untuk mengecek bilangan prima", "17 True"),
        ("Write a Python function that lists all primes up to 30.", "[2, 3, 5, 7, 11, 13, 17, 19, 23, 29]"),
        ("How do I sort a list in Python?", "[1, 2, 5, 7, 9]"),
        ("FizzBuzz in Python", "FizzBuzz"),
        ("Write a function to calculate the average of a list", "18.0"),
        ("Buat fungsi Python untuk menghitung rata-rata", "18.0"),
        ("Write Python code to read a CSV file", "{'city': 'Jakarta', 'sales': '12'}"),
        ("Buat fungsi untuk menghitung jumlah kata", "6 [('tiga', 3)"),
        ("Tulis fungsi Python untuk faktorial 5", "120"),
        ("Give me a function for palindromes", "True"),
    ],
)
def test_common_tasks_get_their_function(prompt: str, expected: str) -> None:
    """In inflected and Indonesian words too, and it does what was asked."""
    assert expected in printed(code_in(say(prompt)))


@pytest.mark.parametrize("source", [source for _, source in (*code_texts.SOURCES, *code_numbers.SOURCES)])
def test_every_known_program_runs(source: str) -> None:
    """It prints something and raises nothing; what needs other packages only has to compile."""
    source = source.replace("{n}", "7")
    if re.search(r"^import (?:pandas|matplotlib)", source, re.MULTILINE):
        compile(source, "answer", "exec")
    else:
        assert printed(source).strip()


@pytest.mark.parametrize(
    ("prompt", "name", "said"),
    [
        ("Write a Python function that matches two `lists`", "match_two_lists", "does not know this task"),
        ("Buat fungsi Python untuk menggabungkan dua kamus", "menggabungkan_dua_kamus", "tidak hafal tugas ini"),
        ("Write a Python function that prints", "print_it", "does not know this task"),
        ('Write a function to quote """ and \\', "quote_and", "does not know this task"),
    ],
)
def test_other_tasks_get_a_skeleton_with_their_name(prompt: str, name: str, said: str) -> None:
    """It runs, and the answer says that the steps are missing."""
    answer = say(prompt)
    assert said in answer
    assert f"def {name}(value):" in answer
    assert printed(code_in(answer)).strip()


@pytest.mark.parametrize(
    ("prompt", "expected"),
    [
        ("Apa kabar?", "Kabar baik, terima kasih! Saya model demo"),
        ("Halo, apa kabar?", "Kabar baik, terima kasih! Saya model demo"),
        ("How are you?", "I am fine, thank you! I am the demo model"),
        ("Hi!", "Hello! I am the demo model."),
        ("Selamat pagi", "Selamat pagi! Saya model demo."),
        ("Good afternoon!", "Good afternoon! I am the demo model."),
        ("Makasih", "Sama-sama!"),
        ("Bye!", "Goodbye! The demo model"),
        ("Tell me a joke", "Why do programmers"),
        ("Ceritakan lelucon", "Kenapa programmer"),
    ],
)
def test_small_talk_is_short_and_in_its_language(prompt: str, expected: str) -> None:
    """One line, and most say who speaks."""
    answer = say(prompt)
    assert answer.startswith(expected)
    assert "\n" not in answer


@pytest.mark.parametrize(
    ("prompt", "expected"),
    [
        ("Say hello in Indonesian.", "**Halo** (Indonesian for “hello”)"),
        ("Translate 'good morning' to Indonesian", "**Selamat pagi** (Indonesian for “good morning”)"),
        ('Translate "selamat malam" to English.', "**Good evening** (English for “selamat malam”)"),
        ('Terjemahkan "terima kasih" ke bahasa Inggris', "**Thank you** (bahasa Inggris untuk “terima kasih”)"),
        ("How do you say thank you in Indonesian?", "**Terima kasih** (Indonesian for “thank you”)"),
        ("Apa bahasa Indonesianya good night?", "**Selamat tidur** (bahasa Indonesia untuk “good night”)"),
    ],
)
def test_phrases_both_ways(prompt: str, expected: str) -> None:
    """From the small table."""
    assert say(prompt) == expected


@pytest.mark.parametrize("prompt", ["Say hello in French", "Translate to Indonesian: the cat sleeps on the mat"])
def test_what_it_cannot_translate_it_says(prompt: str) -> None:
    """No invented translation."""
    assert "knows only a few phrases" in say(prompt)


@pytest.mark.parametrize(
    ("prompt", "count", "about"),
    [
        ("Give me three tips for learning Python", 3, "learning Python"),
        ("5 tips for sleep", 5, "sleep"),
        ("Beri tiga tips belajar Python", 3, "belajar Python"),
        ("Give me 30 tips for sleep", 30, "sleep"),
        ("Name two ideas for a chart of prices.", 2, "a chart of prices"),
    ],
)
def test_a_list_has_as_many_points_as_asked_for(prompt: str, count: int, about: str) -> None:
    """Neither code nor another number, and no point twice."""
    points = re.findall(r"^\d+\. (.+)$", say(prompt), re.MULTILINE)
    assert len(points) == len(set(points)) == count
    assert about in points[0]


@pytest.mark.parametrize("prompt", ["Write a haiku about Python", "Tulis haiku tentang Python"])
def test_a_haiku_has_three_lines(prompt: str) -> None:
    """They stay lines in Markdown, and name the subject."""
    lines = say(prompt).rstrip("\n").split("\n")
    assert len(lines) == 3
    assert "*Python*" in lines[0]
    assert all(line.endswith("  ") for line in lines[:2])


TEXT = "The market opened early. Rain kept people away. Two stalls sold out. It closed at four."


@pytest.mark.parametrize(
    ("prompt", "expected"),
    [
        (f"Summarise: {TEXT}", "**Summary** (16 words): The market opened early. Rain kept people away.\n"),
        (f"Summarise in one sentence: {TEXT}", "**Summary** (16 words): The market opened early.\n"),
        (
            f"Summarise this in three bullet points:\n{TEXT}",
            "**Summary** (16 words):\n\n- The market opened early.\n- Rain kept people away.\n- Two stalls sold out.\n",
        ),
        (
            "Ringkas menjadi 2 poin: Pasar buka pagi sekali. Hujan turun. Dua kios habis.",
            "**Ringkasan** (9 kata):\n\n- Pasar buka pagi sekali.\n- Hujan turun.\n",
        ),
        (f"Ringkas: {'panjang ' * 40}sekali.", f"**Ringkasan** (41 kata): {'panjang ' * 30}...\n"),
    ],
)
def test_a_summary_is_made_of_the_first_sentences(prompt: str, expected: str) -> None:
    """As prose or as bullets; a long sentence is cut."""
    assert say(prompt) == expected
