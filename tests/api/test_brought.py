"""What an answer holds beside text: images, sources, what the service ran, kinds that nobody knows."""

from __future__ import annotations

import base64
import itertools
import time
from typing import Any

import pytest

from api.test_transcripts import completed, events_of, reasoning_of, text_of
from neosantara_magic.api import chat, filters, growing, responses, shapes
from neosantara_magic.beside import ServiceCall, Source, Unshown
from neosantara_magic.errors import StreamError
from neosantara_magic.events import Brought, Event, ReasoningDelta, RoundCompleted, TextDelta
from neosantara_magic.messages import ImagePart, assistant_message
from neosantara_magic.render.document import Document

PIXEL = "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg=="


def folded(events: list[Event]) -> Document:
    """Fold events into a finished document."""
    document = Document()
    for event in events:
        document.fold(event)
    document.finish("completed")
    return document


@pytest.mark.parametrize("name", ["responses/everything.json", "responses/everything.sse"])
def test_every_item_of_a_response_is_kept(name: str) -> None:
    """Streamed and whole, nothing is lost, nothing comes twice."""
    events, _ = events_of(name)
    message = completed(name).message
    assert message.text == "Saya cek dulu.\n\nJawaban akhir." == text_of(events)
    assert reasoning_of(events) == "Cari dulu."
    assert [image.media_type for image in message.images] == ["image/png"]
    assert message.images[0].data == base64.b64decode(PIXEL)
    hostile = Source("javascript:alert(1)", "[x](javascript:alert(2)) <b>")
    assert [one for one in message.beside if isinstance(one, Source)] == [
        Source("https://bmkg.go.id/a", "BMKG"),
        hostile,
    ]
    ran = [one for one in message.beside if isinstance(one, ServiceCall)]
    assert [(one.name, one.arguments, one.output, one.error) for one in ran] == [
        (
            "web_search",
            {"type": "search", "query": "cuaca Jakarta"},
            '[{"type": "url", "url": "https://bmkg.go.id"}]',
            None,
        ),
        ("mcp_list_tools", {"server_label": "peta"}, "cari, rute", None),
        ("cari", {"q": "Monas"}, "Jakarta Pusat", None),
        ("rute", {}, "", "no route"),
        ("code_interpreter", {"code": "print(6*7)"}, "42", None),
        ("image_generation", {}, "", None),
    ]
    assert [one for one in message.beside if isinstance(one, Unshown)] == [Unshown("acme:telemetry")]
    document = folded(events)
    assert sorted(map(repr, document.brought)) == sorted(map(repr, (*message.images, *message.beside)))


@pytest.mark.parametrize("name", ["chat/sources-and-images.json", "chat/sources-and-images.sse"])
def test_chat_brings_sources_and_images(name: str) -> None:
    """On chat completions they stand in the message or its pieces."""
    message = completed(name).message
    assert message.text == "Jawaban akhir."
    assert message.beside == (Source("https://bmkg.go.id/a", "BMKG"),)
    assert [image.data for image in message.images] == [base64.b64decode(PIXEL)]


def test_a_call_is_seen_while_it_runs() -> None:
    """A search shows before it is done, and its end takes the same place."""
    events, _ = events_of("responses/everything.sse")
    search = [event for event in events if isinstance(event, Brought) and event.index == 0]
    assert [event.thing.status for event in search if isinstance(event.thing, ServiceCall)] == ["running", "done"]


@pytest.mark.parametrize(
    "item",
    [
        {"type": "mcp_call"},
        {"type": "mcp_call", "name": None, "arguments": None, "output": {"a": 1}, "error": "x", "id": None},
        {"type": "web_search_call", "action": None, "status": None},
        {"type": "code_interpreter_call", "outputs": [None, {"type": "image"}], "code": None},
        {"type": "image_generation_call", "result": "no Base64 %%%"},
        {"type": "image_generation_call", "result": 5},
        {"type": "message", "content": [{"type": "output_image", "image_url": {"url": None}}, {"type": 5}, None]},
        {"type": "computer_call"},
        {"type": 5},
        {},
    ],
)
def test_odd_items_are_inert(item: dict[str, Any]) -> None:
    """Whatever is missing or of another type: something readable comes out, or nothing."""
    end = list(responses.decode_body({"output": [item], "status": "completed"}))[-1]
    assert isinstance(end, RoundCompleted)
    assert all(image.data for image in end.message.images)
    document = folded([end])
    assert not document.empty


def test_a_thousand_items_are_read_in_one_go() -> None:
    """A thousand calls and sources each stand once, in order."""
    output: list[dict[str, Any]] = [{"type": "mcp_call", "id": f"m{n}", "name": f"f{n}"} for n in range(1000)]
    end = list(responses.decode_body({"output": output, "status": "completed"}))[-1]
    assert isinstance(end, RoundCompleted)
    assert [one.name for one in end.message.beside if isinstance(one, ServiceCall)] == [f"f{n}" for n in range(1000)]


def test_an_image_from_elsewhere_is_named_by_its_address() -> None:
    """Images: an https address, Base64 in any field, white space in it; nothing else."""
    assert shapes.image({"image_url": {"url": "https://a.id/x.png"}}) == ImagePart("https://a.id/x.png")
    wrapped = "\n".join((PIXEL[:40], PIXEL[40:]))
    assert shapes.image({"b64_json": wrapped}) == ImagePart(f"data:image/png;base64,{PIXEL}")
    assert shapes.image({"type": "output_image", "image_url": "file:///etc/passwd"}) == Unshown("output_image")
    assert shapes.image({"type": "image", "data": base64.b64encode(b"<svg>").decode()}) == Unshown("image")


def test_parts_that_are_reasoning_are_no_answer() -> None:
    """Some chat servers put reasoning among the content's parts."""
    content = [{"type": "thinking", "thinking": [{"type": "text", "text": "Hm."}]}, {"type": "text", "text": "4"}]
    body = {"choices": [{"message": {"content": content}, "finish_reason": "stop"}]}
    events = list(chat.decode_body(body))
    assert (reasoning_of(events), text_of(events)) == ("Hm.", "4")


THOUGHTS = [
    ("<think>Let me think.</think>The answer is 4.", "Let me think.", "The answer is 4."),
    ("\n<think>\nA <b>.\n</think>\n\n4", "A <b>.\n", "4"),
    ("<Thinking>A</thinking> 4", "A", "4"),
    ("So it is.\n</think>\n\n4", "So it is.", "4"),
    ("<think>never closed: 4", "", "never closed: 4"),
    ("<think></think>4", "", "4"),
    ("<thin", "", "<thin"),
    ("<b>4</b>", "", "<b>4</b>"),
    ("The tag `</think>` ends it.", "", "The tag `</think>` ends it."),
    ('{"tag": "</think>"}', "", '{"tag": "</think>"}'),
    ("  4", "", "  4"),
]


@pytest.mark.parametrize("size", [1, 3, 1000])
@pytest.mark.parametrize(("text", "reasoning", "answer"), THOUGHTS)
def test_think_tags_are_reasoning(text: str, reasoning: str, answer: str, size: int) -> None:
    """However the text is cut into pieces, reasoning and answer are told apart, live and at the end."""
    pieces: list[Event] = [TextDelta(part) for part in (text[at : at + size] for at in range(0, len(text), size))]
    events = [*filters.apart([*pieces, RoundCompleted(assistant_message(text))])]
    document = folded(events)
    assert (document.reasoning.strip(), document.text) == (reasoning.strip(), answer)
    end = events[-1]
    assert isinstance(end, RoundCompleted)
    assert end.message.text == answer


def test_an_open_think_tag_shows_as_reasoning_while_it_streams() -> None:
    """Until the end nobody knows that it is the answer."""
    live = [*itertools.islice(filters.apart([TextDelta("<think>Hm"), TextDelta(", so")]), 2)]
    assert live == [ReasoningDelta("Hm"), ReasoningDelta(", so")]


def test_an_error_keeps_the_answer_without_the_reasoning() -> None:
    """A stream that breaks in the answer keeps that."""

    def events() -> Any:
        yield TextDelta("<think>Hm.</think>The ans")
        error = StreamError("cut", "again")
        error.text = "<think>Hm.</think>The ans"
        raise error

    with pytest.raises(StreamError) as caught:
        list(filters.apart(events()))
    assert caught.value.text == "The ans"


def test_two_that_run_at_once_end_apart() -> None:
    """Equal arguments do not make them one: each keeps its own result, in its own place."""
    calls = [{"type": "mcp_call", "id": name, "name": "cari", "arguments": "{}"} for name in "ab"]
    things = growing.Things()
    for place, item in enumerate(calls):
        list(things.take(shapes.of_item(item, done=False), ("item", item["id"]), ("place", place)))
    for place in (1, 0):
        item = {**calls[place], "output": f"result {place}"}
        list(things.take(shapes.of_item(item), ("item", item["id"]), ("place", place)))
    assert [getattr(thing, "output", "") for thing in things] == ["result 0", "result 1"]


def test_thousands_of_them_are_read_in_a_moment() -> None:
    """Neither sources nor pieces of reasoning cost more the more there are."""
    begun = time.perf_counter()
    things = growing.Things()
    for number in range(20_000):
        assert list(things.take([Source(f"https://a{number}.id")]))
    document = Document()
    for _ in range(100_000):
        document.fold(ReasoningDelta("a piece of it "))
    assert len(document.reasoning) == 1_400_000
    assert time.perf_counter() - begun < 20
