"""A turn as the panel shows it, a conversation as the notebook stores it: values in, values out."""

from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace
from typing import Literal

import pytest

from neosantara_magic.costs import Cost
from neosantara_magic.messages import (
    ImagePart,
    ToolCall,
    ToolResult,
    Turn,
    Usage,
    assistant_message,
    tool_message,
    user_message,
)
from neosantara_magic.panel.session import Session
from neosantara_magic.panel.showing import answer_of, document_of, question_of, transcript
from neosantara_magic.render import static
from neosantara_magic.render.forms import Look
from neosantara_magic.settings.fields import Settings
from neosantara_magic.transcript_files import load, save
from neosantara_magic.workspace import Workspace
from render.inert import live
from render.payloads import PAYLOADS

LOOK = Look()
CALL = ToolCall("call_1", "add", '{"a": 17, "b": 25}')
PLAIN = Turn(user_message("Hi"), (assistant_message("Hello **you**."),), model="nusantara-base")
WITH_TOOL = Turn(
    user_message("What is 17 + 25?"),
    (assistant_message("", (CALL,)), tool_message(ToolResult(CALL, "42")), assistant_message("It is 42.")),
    api="chat",
    model="nusantara-base",
    usage=Usage(10, 5, 15),
    cost_idr=1.5,
)


def stored(*turns: Turn, place: str = "") -> dict[str, str]:
    """Return the transcript of turns that nothing else is known of."""
    return transcript([(turn, static.bundle(document_of(turn), LOOK)) for turn in turns], "main", LOOK, place=place)


def test_a_turn_becomes_the_document_it_was() -> None:
    """Text, card, footer and outcome come back from what the conversation keeps."""
    document = document_of(WITH_TOOL)
    assert document.text == "It is 42."
    assert [(card.call.name, card.state, card.result and card.result.result) for card in document.cards] == [
        ("add", "done", "42")
    ]
    assert static.bundle(document, LOOK)["text/plain"].endswith(
        "nusantara-base · chat · 10 tokens in, 5 out · Rp 1.50 · 1 tool"
    )


@pytest.mark.parametrize("status", ["failed", "refused"])
def test_what_became_of_a_call_is_told_again(status: Literal["failed", "refused"], tmp_path: Path) -> None:
    """Also after the conversation was a file."""
    said = tool_message(ToolResult(CALL, "No.", status))
    turn = Turn(user_message("Add"), (assistant_message("", (CALL,)), said, assistant_message("It did not.")))
    save(tmp_path / "a.jsonl", "main", [turn])
    for one in (turn, *load(tmp_path / "a.jsonl")[1]):
        assert [card.state for card in document_of(one).cards] == [status]
        assert f"· <strong>{status}</strong>" in stored(one)["text/html"]


def test_who_answered_is_told_again() -> None:
    """An answer of the demo model says so wherever it is shown."""
    turn = Turn(user_message("Hi"), (assistant_message("Hello"),), model="m", label="demo")
    assert answer_of(document_of(turn), LOOK)["footer"] == "m · responses · demo"


def test_a_stopped_turn_says_so() -> None:
    """The half is shown and marked."""
    half = Turn(user_message("Hi"), (assistant_message("Hel"),), model="m", outcome="stopped")
    assert answer_of(document_of(half), LOOK)["footer"].endswith("stopped")


def test_an_answer_is_safe_html_with_its_source_beside_it() -> None:
    """The browser gets HTML for the eye and text for the clipboard."""
    answer = answer_of(document_of(PLAIN), LOOK)
    assert answer["blocks"] == ["<p>Hello <strong>you</strong>.</p>\n"]
    assert answer["copy"] == "Hello **you**."
    assert answer_of(document_of(WITH_TOOL), LOOK)["cards"].startswith("<details>\n<summary>")


def test_a_question_shows_only_images_that_it_holds() -> None:
    """One from elsewhere is named; fetching it would tell its server."""
    prompt = user_message("Look", ImagePart("data:image/png;base64,AAAA"), ImagePart("https://example.com/a.png"))
    assert question_of(prompt) == {
        "question": "Look",
        "images": ["data:image/png;base64,AAAA"],
        "links": ["https://example.com/a.png"],
    }


def test_the_transcript_reads_as_a_conversation() -> None:
    """Each question as a quote, each answer as a cell would have stored it."""
    text = stored(PLAIN, WITH_TOOL)
    assert text["text/markdown"].startswith("**Question 1**\n\n> Hi\n\nHello **you**.\n\n*nusantara")
    assert "**Question 2**\n\n> What is 17 + 25?\n\nIt is 42.\n\n> `add`" in text["text/markdown"]
    assert text["text/plain"].startswith("Question 1: Hi\n\nHello **you**.")


def test_an_empty_conversation_is_no_blank_output() -> None:
    """A panel that was opened and not used says that nothing was asked."""
    assert stored()["text/plain"] == "Conversation main: no questions yet."


def test_the_mark_is_a_class_of_the_stored_html() -> None:
    """The live panel finds its place by it; without one there is none."""
    assert '<div class="neosantara-transcript neosantara-1">' in stored(PLAIN, place="neosantara-1")["text/html"]
    assert '<div class="neosantara-transcript">' in stored(PLAIN)["text/html"]


def test_a_question_cannot_run_on_into_the_answer() -> None:
    """An open fence, a quote, a list: the answer below still begins outside of it."""
    from markdown_it import MarkdownIt

    turn = Turn(user_message("```python\nprint(1)"), (assistant_message("# Answer"),), model="m")
    tokens = MarkdownIt().parse(stored(turn)["text/markdown"])
    assert [token.level for token in tokens if token.type == "heading_open"] == [0]


@pytest.mark.parametrize("payload", PAYLOADS)
def test_nothing_hostile_is_stored(payload: str) -> None:
    """In questions and in answers, alone and next to each other."""
    turns = (Turn(user_message(payload), (assistant_message(payload),), model="m"), PLAIN)
    text = stored(*turns)
    assert live(text["text/markdown"]) == []
    for html in (text["text/html"], *answer_of(document_of(turns[0]), LOOK)["blocks"]):
        assert "<script" not in html.lower()
        assert " onerror=" not in html.lower().replace("&quot;", '"').split("<img")[-1].split(">")[0]


@pytest.mark.parametrize(
    ("calls", "told"), [(0, "Rp 0"), (1, "1 without a known price"), (2, "2 without a known price")]
)
def test_what_was_spent_reads_well_for_one_call_and_for_two(calls: int, told: str) -> None:
    """As `%neosantara usage` says it; the sum of unknown prices is never Rp 0."""
    workspace = Workspace(Settings)
    for _ in range(calls):
        workspace.ledger.add("m", "main", None, Cost(unpriced=1))
    session = SimpleNamespace(workspace=workspace, name="main", running=None)
    assert Session.bar(session)["spent"] == f"spent so far: {told}"  # type: ignore[arg-type]
