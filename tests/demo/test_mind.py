"""What the demo model says: true, in the prompt's language, and plainly when it does not know."""

from __future__ import annotations

import json
import re
import subprocess
import sys
import time
from typing import Any

import pytest

from demo.talking import calls_of, chat, request, text_of
from neosantara_magic.demo.mind import fact
from neosantara_magic.demo.reading import LANGUAGES, book, language
from wire.server import ScriptedServer

UNKNOWN = {tongue: book(tongue)["say"]["unknown"] for tongue in ("en", "id")}


def say(server: ScriptedServer, *messages: Any, **fields: Any) -> str:
    """Ask on chat completions and return the text."""
    return text_of(chat(server, *messages, **fields)).strip()


@pytest.mark.parametrize(
    ("prompt", "expected"),
    [
        ("Say exactly: two words", "two words"),
        ('Reply with exactly: "OK"', "OK"),
        ("Katakan persis: Bandung", "Bandung"),
        ("Say hi", "hi"),
        ("Say exactly: done (demo: slow)", "done"),
        ("What is 12 * 7?", "`12 * 7` = **84**"),
        ("What is 1,000 / 8?", "`1000 / 8` = **125**"),
        ("Berapa 12 kali 8", "Hasil `12 * 8` adalah **96**"),
        ("Berapa 2,5 + 1?", "Hasil `2.5 + 1` adalah **3,5**"),
        ("Berapa 15% dari 80.000?", "Hasil `15 / 100 * 80000` adalah **12000**"),
        ("Terima kasih!", "Sama-sama!"),
        ("Summarise in one sentence: The room is clean. The staff is kind.", "The room is clean."),
        ("Ringkas ulasan tentang Solo ini: Sarapannya enak", "Sarapannya enak"),
        ("What is the capital of Australia?", "The capital of Australia is Canberra."),
        ("Ibu kota Jepang apa?", "Ibu kota Jepang adalah Tokyo."),
    ],
)  # fmt: skip
def test_it_does_what_it_says_that_it_can(demo_server: ScriptedServer, prompt: str, expected: str) -> None:
    """Each of its small abilities, word for word."""
    assert say(demo_server, prompt).startswith(expected)


@pytest.mark.parametrize(
    ("prompt", "word", "tongue"),
    [
        ("Why is the sky blue?", "scatters", "en"),
        ("Mengapa langit biru? Jawab dalam satu kalimat.", "menghamburkan", "id"),
        ("Why is the sky blue? Answer in Indonesian.", "menghamburkan", "id"),
        ("Mengapa langit biru? Jawab dalam bahasa Inggris.", "scatters", "en"),
        ("Siapa presiden pertama Indonesia?", "Soekarno", "id"),
        ("Siapa Kartini?", "21 April", "id"),
        ("Apa itu fotosintesis? Jelaskan untuk siswa SMA.", "cahaya", "id"),
        ("What is photosynthesis? Explain it for a high-school student.", "light", "en"),
        ("Who was Mohammad Hatta?", "vice-president", "en"),
        ("Apa isi Sumpah Pemuda?", "28 Oktober 1928", "id"),
        ("Apakah bumi datar?", "tidak datar", "id"),
        ("Is the earth flat?", "not flat", "en"),
        ("Apa perbedaan RAM dan ROM?", "memori kerja", "id"),
        ("What is a token, please?", "piece of text", "en"),
        ("Please explain hallucination briefly.", "makes up", "en"),
        ("Jelaskan apa itu LLM secara singkat", "token demi token", "id"),
        ("What is RAM? What is JSON?", "write data as text", "en"),
    ],
)
def test_it_knows_some_facts(demo_server: ScriptedServer, prompt: str, word: str, tongue: str) -> None:
    """In the language of the prompt, or in the one that is asked for."""
    told = say(demo_server, prompt)
    assert word in told
    assert language(told) == tongue


@pytest.mark.parametrize("tongue", LANGUAGES)
def test_each_fact_stands_in_all_languages(tongue: str) -> None:
    """The same names in all files, each asked for in its own language and answered in any."""
    en, own = book("en"), book(tongue)
    assert set(own) - {"rgb"} == set(en) - {"rgb"}
    for table in ("say", "errors", "capitals", "facts"):
        assert set(en[table]) == set(own[table]), table
    assert tongue == "en" or set(en["rgb"]) == set(own["colours"])
    for name, sentence in en["say"].items():
        assert set(re.findall(r"{(\w+)}", sentence)) == set(re.findall(r"{(\w+)}", own["say"][name])), name
    for name, one in own["facts"].items():
        for question in one["ask"]:
            assert fact(question, tongue) == one["say"], question
            assert fact(f"{question}?", "en") == en["facts"][name]["say"], question
    assert len(en["facts"]) >= 40


@pytest.mark.parametrize(
    ("prompt", "tongue"),
    [
        ("Tell me a joke about cats", "en"),
        ("How do I install pandas?", "en"),
        ("What is the capital of Atlantis?", "en"),
        ("What is a token worth in my shop?", "en"),
        ("Write a Python function that sorts a dict by value", "en"),
        ("Help me with my homework", "en"),
        ("Beri saya langkah-langkah membuat nasi goreng", "id"),
        ("Buat soal pilihan ganda tentang algoritma beserta kuncinya", "id"),
        ("Siapa saja data Budi?", "id"),
        ("", "en"),
        ("\x00\xff\x1b[31m", "en"),
    ],
)
def test_what_it_does_not_know_it_says(demo_server: ScriptedServer, prompt: str, tongue: str) -> None:
    """Two sentences: that it does not know, and what it can do; nothing made of the user's words."""
    assert say(demo_server, prompt) == UNKNOWN[tongue]
    assert len(re.findall(r"\. |\.$", re.sub(r"`[^`]*`|\.\.\.", "", UNKNOWN[tongue]))) == 2


@pytest.mark.parametrize("prompt", ["Who are you?", "Siapa kamu?", "Are you a real model?", "What can you do?"])
def test_it_says_what_it_is(demo_server: ScriptedServer, prompt: str) -> None:
    """A demo, offline, and which model was asked for."""
    text = say(demo_server, prompt)
    assert "**demo model**" in text or "**model demo**" in text
    assert "`nusantara-base`" in text


@pytest.mark.parametrize(("prompt", "head"), [("Explain linear regression.", "Linear regression"), ("Apa itu regresi linear?", "Regresi linear")])  # fmt: skip
def test_one_answer_shows_all_that_markdown_has(demo_server: ScriptedServer, prompt: str, head: str) -> None:
    """Headings, a list, a table, formulas, code that runs, and its numbers are right."""
    text = say(demo_server, prompt)
    assert text.startswith(f"## {head}\n")
    for mark in ("\n### ", "\n1. ", "\n| 3 | 61 | ", "```python\n", "$$\\hat{y}", "\n> ", "**"):
        assert mark in text
    source = re.findall(r"```python\n(.*?)```", text, re.DOTALL)[0]
    ran = subprocess.run([sys.executable, "-c", source], capture_output=True, text=True, check=True)
    assert re.search(r"= 47\.5 \+ 4\.7 \* ", ran.stdout)
    assert re.search(r"= 4[.{}]*,?[.{}]*7\$", text)


@pytest.mark.parametrize(
    ("told", "asked", "expected"),
    [
        ("My name is Budi.", "What is my name?", "Your name is Budi."),
        ("Halo, namaku Siti", "Siapa namaku?", "Nama Anda Siti."),
        ("Nama saya Rina dan saya suka kopi", "siapa nama saya?", "Nama Anda Rina."),
        ("My name is Sari Dewi and I study", "Do you remember my name?", "Your name is Sari Dewi."),
    ],
)
def test_it_remembers_a_name(demo_server: ScriptedServer, told: str, asked: str, expected: str) -> None:
    """Only from the history that comes with the request: without it, it does not know."""
    first = {"role": "assistant", "content": say(demo_server, told)}
    assert say(demo_server, told, first, asked) == expected
    assert say(demo_server, asked) in {book("en")["say"]["name_unknown"], book("id")["say"]["name_unknown"]}


def test_a_word_alone_is_answered_in_the_language_before_it(demo_server: ScriptedServer) -> None:
    """A reply such as ``Medan`` has no language of its own."""
    asked = [{"role": "user", "content": "Siapa kamu?"}, {"role": "assistant", "content": "Model demo."}]
    assert say(demo_server, *asked, "Medan") == UNKNOWN["id"]


@pytest.mark.parametrize("prompt", ["Invent a sentence about a cat.", "Karang satu kalimat tentang kucing."])
def test_temperature_matters(demo_server: ScriptedServer, prompt: str) -> None:
    """The likeliest words at 0, others above; the same request gives the same sentence."""
    told = {heat: say(demo_server, prompt, temperature=heat) for heat in (0, 0.5, 1, 1.5, 2)}
    assert told[0] == say(demo_server, prompt)
    assert len(set(told.values())) >= 3
    assert told == {heat: say(demo_server, prompt, temperature=heat) for heat in told}


def test_a_table_in_the_prompt_is_read(demo_server: ScriptedServer) -> None:
    """Rows, columns and means are those of the table."""
    table = "| city | sales |\n|:--|--:|\n| Jakarta | 10 |\n| Bandung | 20 |\n"
    for lead in ("Describe this data:\n\n", "Describe this: "):
        text = say(demo_server, f"{lead}{table}")
        assert "**2 rows** and **2 columns**" in text
        assert "| sales | 10 | 15 | 20 |" in text


@pytest.mark.parametrize(
    ("caption", "rows", "part"),
    [
        ("5,000 rows × 2 columns (first 2 rows shown)", "5.000", True),
        ("5,000 rows × 30 columns (first 2 rows and first 2 columns shown)", "5.000", True),
        ("2 rows × 30 columns (first 2 columns shown)", "2", False),
        ("2 rows × 2 columns", "2", False),
    ],
)
def test_what_is_sent_of_a_table_is_not_all_of_it(
    demo_server: ScriptedServer, caption: str, rows: str, *, part: bool
) -> None:
    """The line below it counts the rows; its English words make no English question."""
    table = f"| kota | jual |\n|:--|--:|\n| Jakarta | 10 |\n| Bandung | 20 |\n\n{caption}\ndtypes: kota str, jual int64"
    text = say(demo_server, f"Berapa baris tabel ini?\n{table}")
    assert f"**{rows} baris**" in text
    assert ("Hanya 2 baris pertamanya" in text) == part


@pytest.mark.parametrize("kind", ["ZeroDivisionError", "KeyError", "ModuleNotFoundError", "MyError"])
def test_an_error_is_explained(demo_server: ScriptedServer, kind: str) -> None:
    """As `%neosantara explain` asks for: in the language that the prompt says, at the line that raised it."""
    report = f'Traceback (most recent call last):\n  File "<cell>", line 1, in <module>\n    run()\n{kind}: oh'
    told = say(demo_server, f"Explain this Python error.\n\nAnswer in Indonesian.\n\n{report}")
    assert told.startswith(f"### {kind}\n\nPython berhenti di `run()` dengan pesan: “oh”")
    assert "**Perbaikan:**" in told
    assert say(demo_server, f"Why?\n{report}").startswith(f"### {kind}\n\nPython stopped at `run()` and said: “oh”")


def test_json_mode_gives_an_object(demo_server: ScriptedServer) -> None:
    """``json_object`` wants JSON, whatever it says."""
    assert json.loads(say(demo_server, "Say hello", response_format={"type": "json_object"})) == {"answer": "hello"}


@pytest.mark.parametrize(
    "text", ["1" * 10**6, " " * 10**6, "1 + " * 250_000, "Name " * 200_000, '"' * 10**6, "a@" * 500_000, "my name is " * 90_000,
             "| a |\n|---|\n" + "| 1 |\n" * 150_000, "(demo:" * 150_000, "\x00\x7f" * 500_000],
    ids=lambda text: repr(text[:8]),
)  # fmt: skip
def test_a_megabyte_is_answered_soon(demo_server: ScriptedServer, text: str) -> None:
    """With tools offered and a schema wanted, too."""
    parameters = {
        "type": "object",
        "properties": {"values": {"type": "array", "items": {"type": "number"}}, "label": {"type": "string"}},
    }
    function = {"name": "mean", "description": "Mean of values", "parameters": {**parameters, "required": ["values"]}}
    start = time.monotonic()
    answer = chat(demo_server, f"mean {text}", tools=[{"type": "function", "function": function}])
    assert answer["usage"]["prompt_tokens"] > 200_000
    assert calls_of(answer) or text_of(answer)
    schema = {"type": "object", "properties": {"name": {"type": "string"}}, "required": ["name"]}
    form = {"type": "json_schema", "json_schema": {"name": "x", "schema": schema}}
    assert set(json.loads(say(demo_server, text, response_format=form))) == {"name"}
    assert time.monotonic() - start < 10


@pytest.mark.parametrize("content", [b"", b"\xff\xfe", b"[" * 100_000, b'{"model": 5}', b'{"model": "garda-core", "input": [[]]}', b'{"model": "garda-core", "input": "x", "tools": [{"name": {}}]}', b'{"model": "garda-core", "input": "x", "text": 5, "tool_choice": []}'])  # fmt: skip
def test_a_request_that_is_none_is_refused(demo_server: ScriptedServer, content: bytes) -> None:
    """Never a crash: a status and an error object, or an answer."""
    for path in ("/v1/responses", "/v1/chat/completions"):
        status, _, told = request(demo_server, "POST", path, content)
        assert status == 200 or (status == 400 and json.loads(told)["error"]["message"])
