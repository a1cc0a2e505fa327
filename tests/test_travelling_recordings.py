"""A recording answers on a machine with other libraries and settings, and functions that differ a little."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from neosantara_magic.errors import RecordingError
from neosantara_magic.events import Event, Noted, RoundCompleted, RoundStarted, TextDelta
from neosantara_magic.messages import (
    AnswerFormat,
    ImagePart,
    Message,
    TextPart,
    ToolCall,
    ToolSpec,
    assistant_message,
    user_message,
)
from neosantara_magic.parsing.parse import parse_cell
from neosantara_magic.recordings.entry import canonical
from neosantara_magic.recordings.store import Recording, RecordingClient
from neosantara_magic.request import Client, Request, build
from neosantara_magic.scope import Cancel
from neosantara_magic.settings.fields import Settings

ASKED = Request("nusantara-base", "chat", (user_message("Berapa?"),))
CALL = assistant_message("", (ToolCall("call_1", "cuaca", '{"kota": "Bandung"}'),))


class Echo:
    """Answers with a text of its own."""

    def __init__(self, text: str) -> None:
        self.text = text

    def stream(self, request: Request, cancel: Cancel) -> Iterator[Event]:
        """Answer one round."""
        yield RoundStarted("recorded-model", request.api)
        yield TextDelta(self.text)
        yield RoundCompleted(assistant_message(self.text), id="resp_1", model="recorded-model", stored=True)


def nobody() -> Client:
    """Stand in for the service."""
    raise AssertionError


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """Give a place for a recording."""
    return tmp_path / "lesson.jsonl"


def record(path: Path, request: Request, text: str = "jawaban") -> None:
    """Record one answer."""
    list(RecordingClient(Recording(path), "record", lambda: Echo(text)).stream(request, Cancel()))


def replayed(path: Path, *requests: Request, otherwise: Client | None = None) -> list[str]:
    """Return what a replay says to requests: text, then notes."""
    client = RecordingClient(Recording(path), "replay", nobody, otherwise=otherwise)
    told = [event for request in requests for event in client.stream(request, Cancel())]
    texts = [event.text for event in told if isinstance(event, TextDelta)]
    return texts + [event.text for event in told if isinstance(event, Noted)]


def with_result(text: str) -> Request:
    """Return the second round of a turn whose function returned a text."""
    return replace(ASKED, messages=(*ASKED.messages, CALL, Message("tool", (TextPart(text),), call_id="call_1")))


def with_tool(description: str, help_text: str, name: str = "kota") -> Request:
    """Return a request that offers a function with this docstring."""
    field = {"type": "string", "description": help_text, "title": name.title()}
    return replace(ASKED, tools=(ToolSpec("cuaca", description, {"type": "object", "properties": {name: field}}),))


def with_table(dtypes: str) -> Request:
    """Return a question about a table."""
    return replace(
        ASKED, messages=(user_message(f"| kota |\n| --- |\n| Bandung |\n\n1 row × 1 column\ndtypes: {dtypes}\nApa?"),)
    )


def with_picture(data: str, text: str = "Lihat") -> Request:
    """Return a question about an image."""
    return replace(ASKED, messages=(user_message(text, ImagePart(f"data:image/png;base64,{data}")),))


@pytest.mark.parametrize(
    ("recorded", "now"),
    [
        pytest.param(
            with_table("kota str, t datetime64[us]"), with_table("kota object, t datetime64[ns]"), id="pandas"
        ),
        pytest.param(with_table("n int64, f float64"), with_table("n int32, f float64"), id="NumPy on Windows"),
        pytest.param(with_tool("Cuaca.", "Nama."), with_tool("Weather of a city.", "City."), id="docstring"),
        pytest.param(ASKED, replace(ASKED, model="garda-core", max_tokens=800), id="settings"),
        pytest.param(ASKED, replace(ASKED, instructions="Singkat.", api="responses"), id="system and endpoint"),
        pytest.param(
            replace(ASKED, answer_format=AnswerFormat("Kota", {"title": "Kota", "description": "Satu kota."})),
            replace(ASKED, answer_format=AnswerFormat("Kota", {"title": "Kota", "description": "A city."})),
            id="docstring of a schema",
        ),
    ],
)
def test_versions_settings_and_docstrings_do_not_matter(path: Path, recorded: Request, now: Request) -> None:
    """The question is the same, so is the answer, without a word."""
    record(path, recorded)
    assert replayed(path, now) == ["jawaban"]


@pytest.mark.parametrize(
    ("recorded", "now"),
    [
        ('{"temperature": 24}', '{"temperature": 24.0}'),
        ('{"temperature": 24}', '{"temperature": 24, "unit": "C"}'),
        ("24", "24.0"),
        ("24 derajat", "24.0  Derajat"),
        ("[1, 2]", "[1.0, 2]"),
        ("[np.float64(1.5)]", "[1.5]"),
        ('{"a": {"b": 1}}', '{"a": {"b": 1.0}, "c": null}'),
    ],
)
def test_a_small_difference_of_a_result_is_passed_over_and_said(path: Path, recorded: str, now: str) -> None:
    """Who returns 24.0 instead of 24 loses no answer."""
    record(path, with_result(recorded))
    assert replayed(path, with_result(now)) == ["jawaban", "recorded for a slightly different result of the function"]


@pytest.mark.parametrize("now", ['{"temperature": 42}', '{"suhu": 24}', "24", "{}", "null", '{"temperature": true}'])
def test_another_result_is_a_miss(path: Path, now: str) -> None:
    """A wrong function must not look right."""
    record(path, with_result('{"temperature": 24}'))
    with pytest.raises(RecordingError):
        replayed(path, with_result(now))


def test_the_nearest_of_several_results_answers(path: Path) -> None:
    """Two cities were recorded; each finds its own."""
    record(path, with_result('{"temperature": 24}'), "dingin")
    record(path, with_result('{"temperature": 33}'), "panas")
    assert replayed(path, with_result('{"temperature": 33.0}'))[0] == "panas"
    assert replayed(path, with_result('{"temperature": 24}')) == ["dingin"]


@pytest.mark.parametrize(
    "now",
    [
        replace(ASKED, messages=(user_message("Berapa banyak?"),)),
        replace(ASKED, sampling={"temperature": 0.2}),
        replace(ASKED, extra={"seed": 1}),
        replace(ASKED, reasoning="low"),
        with_tool("Cuaca.", "Nama.", name="tempat"),
        with_picture("AAAA", "Berapa?"),
        replace(ASKED, model="garda-core", named=frozenset({"model"})),
        replace(ASKED, max_tokens=5, named=frozenset({"max_tokens"})),
        replace(ASKED, instructions="Panjang.", named=frozenset({"instructions"})),
        with_table("kota str"),
    ],
)
def test_what_was_asked_is_never_passed_over(path: Path, now: Request) -> None:
    """Prompt, flags, parameters of functions, an image more."""
    for recorded in (ASKED, with_tool("Cuaca.", "Nama."), with_picture("AAAA")):
        record(path, recorded)
    with pytest.raises(RecordingError):
        replayed(path, now)


def test_a_flag_that_was_taken_away_is_another_question(path: Path) -> None:
    """What was recorded with -m answers only that."""
    record(path, replace(ASKED, model="garda-core", named=frozenset({"model"})))
    with pytest.raises(RecordingError):
        replayed(path, ASKED)


def test_what_the_ask_named_is_known() -> None:
    """Flags and --param count as the ask's own, settings do not."""

    def named(line: str) -> set[str]:
        return set(build(parse_cell(line, "Halo"), Settings(), [TextPart("Halo")]).named)

    assert named("") == set()
    assert named("-m garda-core --api chat --max-tokens 5") == {"model", "api", "max_tokens"}
    assert named("-s Singkat -P max_output_tokens=5") == {"instructions", "max_tokens"}
    assert named("""-P model='"x"'""") == {"model"}


def test_the_order_of_flags_is_not_recorded() -> None:
    """The same flags in another order are the same text, so that no difference is seen where there is none."""
    lines = ("-t 0.2 --top-p 0.9 --stop x", "--stop x --top-p 0.9 -t 0.2")
    one, other = (str(canonical(build(parse_cell(line, "Halo"), Settings(), [TextPart("Halo")]))) for line in lines)
    assert "'sampling': {'temperature': 0.2, 'top_p': 0.9, 'stop': ['x']}" in one
    assert one == other


def test_images_are_found_by_their_place(path: Path) -> None:
    """Two figures under one question, drawn by another Matplotlib: first and second, also when run again."""
    record(path, with_picture("AAAA"), "satu")
    record(path, with_picture("BBBB"), "dua")
    note = "recorded for another form of the image"
    assert replayed(path, with_picture("CCCC"), with_picture("DDDD"), with_picture("CCCC")) == [
        "satu", "dua", "satu", note, note, note,
    ]  # fmt: skip
    assert replayed(path, with_picture("BBBB")) == ["dua"]


def test_while_recording_any_change_asks_anew(path: Path) -> None:
    """Who records wants the answer to what stands there now."""
    record(path, with_tool("Cuaca.", "Nama."), "lama")
    record(path, with_tool("Weather.", "City."), "baru")
    assert replayed(path, with_tool("Weather.", "City.")) == ["baru"]
    assert replayed(path, with_tool("Cuaca.", "Nama.")) == ["lama"]


def test_a_miss_may_be_answered_by_somebody_else(path: Path) -> None:
    """With --else demo; its ids are not kept."""
    record(path, ASKED)
    client = RecordingClient(Recording(path), "replay", nobody, otherwise=Echo("demo"))
    told = list(client.stream(replace(ASKED, messages=(user_message("Lain"),)), Cancel()))
    assert [event.text for event in told if isinstance(event, TextDelta)] == ["demo"]
    assert isinstance(told[-1], RoundCompleted)
    assert (told[-1].id, told[-1].stored) == (None, False)


def test_a_miss_tells_a_pupil_whom_to_ask(path: Path) -> None:
    """Not how to record; and the difference that it shows is one of the question, not of settings."""
    record(path, ASKED)
    with pytest.raises(RecordingError) as missed:
        replayed(path, replace(ASKED, messages=(user_message("Berapa ya?"),), max_tokens=800))
    assert "max_tokens" not in missed.value.what
    assert "Berapa ya?" in missed.value.what
    assert "whoever gave you lesson.jsonl" in missed.value.next_step
    assert "record " not in missed.value.next_step


@pytest.mark.parametrize(
    "change", ['"messages": [7]', '"messages": [{"role": "user"}]', '"tools": [1], "messages": []']
)
def test_an_edited_entry_without_its_parts_is_a_damaged_line(path: Path, change: str) -> None:
    """Pupils edit recordings."""
    record(path, ASKED)
    whole = path.read_text(encoding="utf-8")
    path.write_text(whole.replace('"messages": [{"role": "user", "text": "Berapa?"}]', change), encoding="utf-8")
    said: list[str] = []
    assert len(Recording(path, said.append)) == 0
    assert said == ["lesson.jsonl: damaged lines skipped: 1."]
