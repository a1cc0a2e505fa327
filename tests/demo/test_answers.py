"""What the demo model says without tools: true to the prompt, in its language, from the history."""

from __future__ import annotations

import contextlib
import io
import json
import re
from typing import Any

import pytest

from demo.talking import chat, text_of
from neosantara_magic.demo.talk import tokens
from neosantara_magic.demo.words import language, topic
from wire.server import ScriptedServer


def say(server: ScriptedServer, *messages: Any, **fields: Any) -> str:
    """Ask on chat completions and return the text."""
    return text_of(chat(server, *messages, **fields)).strip()


def test_a_general_answer_is_markdown_about_the_prompt(demo_server: ScriptedServer) -> None:
    """Heading, numbered list, table, code and formula, and the topic in the prompt's own words."""
    text = say(demo_server, "Explain gradient descent to me, please.")
    assert text.startswith("## Gradient descent\n")
    for mark in ("\n1. ", "\n| ", "```python\n", "$\\bar{x}", "**gradient descent**"):
        assert mark in text


@pytest.mark.parametrize(
    ("prompt", "expected"),
    [
        ("What is 12 * 7?", "`12 * 7` = **84**"),
        ("Berapa 12 x 7?", "Hasil `12 * 7` adalah **84**"),
        ("Say hello", "hello"),
        ("Terima kasih!", "Sama-sama!"),
        ("Reply with exactly: OK", "OK"),
        ("Katakan persis: Bandung", "Bandung"),
        ("Count from 1 to 4", "1\n2\n3\n4"),
        (
            "Halo!",
            "Halo! Saya model demo. Tanyakan sesuatu, minta kode Python, atau beri saya sebuah fungsi dengan `--tools`.",
        ),
    ],
)
def test_small_questions_get_small_answers(demo_server: ScriptedServer, prompt: str, expected: str) -> None:
    """No essay where a word will do."""
    assert say(demo_server, prompt) == expected


@pytest.mark.parametrize("prompt", ["Who are you?", "Siapa kamu?", "Are you a real model?"])
def test_it_says_what_it_is(demo_server: ScriptedServer, prompt: str) -> None:
    """A demo, offline, and which model was asked for."""
    text = say(demo_server, prompt)
    assert "**demo model**" in text or "**model demo**" in text
    assert "`nusantara-base`" in text


@pytest.mark.parametrize(
    ("told", "asked", "expected"),
    [
        ("My name is Budi.", "What is my name?", "Your name is Budi."),
        ("Halo, namaku Siti", "Siapa namaku?", "Nama Anda Siti."),
        ("Nama saya Rina dan saya suka kopi", "siapa nama saya?", "Nama Anda Rina."),
        ("My favourite colour is blue", "What is my favourite colour?", "Your favourite colour is blue."),
        ("Explain tides", "What did I just ask?", "Your previous question was: “Explain tides”"),
        (
            "Jelaskan pasang surut",
            "Apa yang baru saja saya tanyakan?",
            "Pertanyaan Anda yang sebelumnya: “Jelaskan pasang surut”",
        ),
        (
            "Remember the code word: mangga",
            "What did I ask you to remember?",
            "You asked me to remember: the code word: mangga",
        ),
    ],
)
def test_it_remembers(demo_server: ScriptedServer, told: str, asked: str, expected: str) -> None:
    """Only from the history that comes with the request: without it, it does not know."""
    first = {"role": "assistant", "content": say(demo_server, told)}
    assert say(demo_server, told, first, asked) == expected
    assert say(demo_server, asked) != expected


@pytest.mark.parametrize(
    "prompt",
    ["Write a Python function for the first 12 fibonacci numbers", "Tulis kode Python bilangan prima sampai 30", "Python code to sort a list", "Give me Python code about a class of 30 students",
     "Show me a python script that counts words", "Explain lambda functions in general"],
)  # fmt: skip
def test_its_python_runs(demo_server: ScriptedServer, prompt: str) -> None:
    """Every block prints something and raises nothing."""
    [source] = re.findall(r"```python\n(.*?)```", say(demo_server, prompt), re.DOTALL)
    printed = io.StringIO()
    with contextlib.redirect_stdout(printed):
        exec(compile(source, "answer", "exec"), {"__name__": "answer"})  # noqa: S102  (our own demo's code)
    assert printed.getvalue().strip()


def test_length_follows_the_wish(demo_server: ScriptedServer) -> None:
    """About 1,500 tokens when a long answer is asked for, one sentence when a short one is, in both languages."""
    assert 1200 < tokens(len(say(demo_server, "Write a long answer about volcanoes"))) < 2200
    assert 1200 < tokens(len(say(demo_server, "Tulis jawaban panjang tentang gunung api"))) < 2200
    for prompt in ("Explain volcanoes in one sentence", "Jelaskan gunung api dengan singkat"):
        assert say(demo_server, prompt).count("\n") == 0


def test_instructions_have_an_effect(demo_server: ScriptedServer) -> None:
    """Short, upper case and language are followed; others are at least named."""
    system = [
        {"role": "system", "content": text}
        for text in (
            "Answer in one sentence.",
            "Answer in UPPERCASE",
            "Jawab dalam bahasa Indonesia",
            "You teach statistics",
        )
    ]
    assert "\n" not in say(demo_server, system[0], "Explain tides")
    assert say(demo_server, system[1], "Say hello") == "HELLO"
    assert "Anda bertanya tentang" in say(demo_server, system[2], "Explain tides")
    assert "You teach statistics" in say(demo_server, system[3], "Explain tides")


def test_a_table_in_the_prompt_is_read(demo_server: ScriptedServer) -> None:
    """Rows, columns and means are those of the table."""
    table = "| city | sales |\n|:--|--:|\n| Jakarta | 10 |\n| Bandung | 20 |\n"
    text = say(demo_server, f"Describe this data:\n\n{table}")
    assert "**2 rows**" in text
    assert "| sales | 10 | 15 | 20 |" in text


def test_a_traceback_is_explained(demo_server: ScriptedServer) -> None:
    """The error, its message and a remedy."""
    text = say(
        demo_server,
        'Why?\nTraceback (most recent call last):\n  File "x.py", line 1, in <module>\n    1 / 0\nZeroDivisionError: division by zero',
    )
    assert text.startswith("### ZeroDivisionError")
    assert "`1 / 0`" in text
    assert "“division by zero”" in text


@pytest.mark.parametrize(
    "kind", ["ZeroDivisionError", "KeyError", "ModuleNotFoundError", "FileNotFoundError", "MyError"]
)
def test_an_error_is_explained_in_indonesian(demo_server: ScriptedServer, kind: str) -> None:
    """As `%neosantara explain` asks for: an English prompt that says in which language to answer."""
    report = f'Traceback (most recent call last):\n  File "<cell>", line 1, in <module>\n    run()\n{kind}: oh'
    told = say(demo_server, f"Explain this Python error.\n\nAnswer in Indonesian.\n\n{report}")
    english = say(demo_server, f"Jelaskan error ini. Jawab dalam bahasa Inggris.\n\n{report}")
    assert told.startswith(f"### {kind}\n\nPython berhenti di `run()`")
    assert english.startswith(f"### {kind}\n\nPython stopped at `run()`")
    causes = [line for text in (told, english) for line in text.splitlines() if line.startswith("- ")]
    assert len(causes) == len(set(causes)) == 4
    assert not {"the", "a", "is", "with"} & {word for line in causes[:2] for word in line.split()}


def test_a_text_is_summarised_by_its_own_sentences(demo_server: ScriptedServer) -> None:
    """Nothing is invented."""
    text = say(
        demo_server,
        "Summarize:\nThe market opened early today. Rain kept most people away. Two stalls sold out of mangoes before noon. It closed at four.",
    )
    assert "The market opened early today." in text
    assert "It closed at four." not in text


def test_json_mode_gives_an_object(demo_server: ScriptedServer) -> None:
    """``json_object`` wants JSON, whatever it says."""
    assert json.loads(say(demo_server, "Say hello", response_format={"type": "json_object"})) == {"answer": "hello"}


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Jelaskan hukum Ohm", "id"),
        ("Explain Ohm's law", "en"),
        ("", "en"),
        ("Apa ibu kota Jepang?", "id"),
        ("Hapus file data.csv", "id"),
        ("Bagi dua angka 7.", "id"),
        ("x^2", "en"),
    ],
)
def test_the_language_of_a_prompt(text: str, expected: str) -> None:
    """Indonesian only when its words outnumber the English ones."""
    assert language(text) == expected


@pytest.mark.parametrize(
    ("prompt", "expected"),
    [
        ("Explain gradient descent to me, please.", "gradient descent"),
        ("What is the standard deviation?", "standard deviation"),
        ("Jelaskan tentang fotosintesis secara singkat", "fotosintesis"),
        ("Write a long answer about <b>volcanoes</b> | tables", "bvolcanoes/b tables"),
        ("?", ""),
    ],
)
def test_the_topic_of_a_prompt(prompt: str, expected: str) -> None:
    """The asking around it is gone, and so is anything that would be Markdown."""
    assert re.sub(r"\s+", " ", topic(prompt)) == expected


@pytest.mark.parametrize(
    "text", ["1" * 300_000, " " * 300_000, "1 + " * 80_000, "Name " * 60_000, "| a |\n|---|\n" + "| 1 |\n" * 50_000]
)
def test_a_huge_prompt_is_answered(demo_server: ScriptedServer, text: str) -> None:
    """With tools offered and a schema wanted, too: what is read is bounded, what is counted is not."""
    function = {
        "name": "mean",
        "description": "Mean of values",
        "parameters": {
            "type": "object",
            "properties": {"values": {"type": "array", "items": {"type": "number"}}, "label": {"type": "string"}},
            "required": ["values"],
        },
    }
    assert (
        chat(demo_server, f"mean {text}", tools=[{"type": "function", "function": function}])["usage"]["prompt_tokens"]
        > 70_000
    )
    assert say(demo_server, text)
    schema = {
        "type": "object",
        "properties": {"name": {"type": "string"}, "age": {"type": "integer"}},
        "required": ["name", "age"],
    }
    answer = say(
        demo_server, text, response_format={"type": "json_schema", "json_schema": {"name": "x", "schema": schema}}
    )
    assert set(json.loads(answer)) == {"name", "age"}
