"""Document: events in, one consistent answer out."""

from __future__ import annotations

import pytest

from neosantara_magic.errors import StreamError
from neosantara_magic.events import (
    Event,
    Noted,
    Parsed,
    ReasoningDelta,
    RoundCompleted,
    RoundStarted,
    TextDelta,
    ToolAsked,
    ToolCallDelta,
    ToolReturned,
    ToolStarted,
    Waiting,
)
from neosantara_magic.messages import (
    CodeBlock,
    ImagePart,
    Message,
    TextPart,
    ToolCall,
    ToolResult,
    Turn,
    Usage,
    assistant_message,
    tool_message,
    user_message,
)
from neosantara_magic.render.document import Document, code_blocks
from render.answers import ANSWERS, TIME, WEATHER, folded, one_round, streamed, with_tools


def test_one_round_gives_its_text_and_totals() -> None:
    """A round's text, usage, id and reason end up in the document."""
    document = folded(
        one_round("Hello there", finish_reason="stop", stored=True, request_id="req_1", billed_idr=1.5, raw={"id": 1})
    )
    assert document.text == "Hello there"
    assert document.messages == [assistant_message("Hello there")]
    assert document.usage == Usage(12, 34, 46)
    assert (document.model, document.api, document.rounds) == ("nusantara-base", "responses", 1)
    assert (document.response_id, document.stored, document.request_id) == ("resp_1", True, "req_1")
    assert (document.finish_reason, document.billed_idr, document.raw) == ("stop", [1.5], [{"id": 1}])


def test_tool_turn_has_messages_in_the_order_the_service_wants() -> None:
    """Each assistant message is followed by the answers to its calls, in call order."""
    document = folded(with_tools())
    assert document.messages == [
        assistant_message("Let me look.", (WEATHER, TIME)),
        tool_message(ToolResult(WEATHER, "31 °C")),
        tool_message(ToolResult(TIME, "09:00")),
        assistant_message("It is **31 °C** at 09:00."),
    ]
    assert document.usage == Usage(250, 50, 300)
    assert [card.state for card in document.cards] == ["done", "done"]
    assert [card.result.result for card in document.cards if card.result] == ["31 °C", "09:00"]


def test_answers_out_of_order_are_put_in_call_order() -> None:
    """Parallel tools return in any order; the messages keep that of the calls."""
    document = folded(with_tools(results=(ToolResult(TIME, "09:00"), ToolResult(WEATHER, "31 °C"))))
    assert [m.call_id for m in document.messages if m.role == "tool"] == ["call_1", "call_2"]


def test_text_of_rounds_is_joined_like_a_turns() -> None:
    """The document's text is the text the kept Turn will have."""
    document = folded(with_tools())
    assert document.text == "Let me look.\n\nIt is **31 °C** at 09:00."
    assert document.text == Turn(user_message("?"), tuple(document.messages)).text


@pytest.mark.parametrize("end", range(len(with_tools()) + 1))
def test_stop_at_any_event_leaves_no_dangling_call(end: int) -> None:
    """Wherever a turn is stopped, each call in its messages is answered directly after it."""
    document = folded(with_tools()[:end], "stopped")
    messages = document.messages
    for at, message in enumerate(messages):
        ids = [call.id for call in message.tool_calls]
        assert [m.call_id for m in messages[at + 1 : at + 1 + len(ids)]] == ids
        assert message.parts or message.tool_calls
    assert sum(m.role == "tool" for m in messages) == sum(len(m.tool_calls) for m in messages)
    assert Turn(user_message("?"), tuple(messages)).text == document.text
    assert all(card.state in {"done", "unfinished"} for card in document.cards)


def test_stop_half_way_keeps_the_half() -> None:
    """The partial text of an open round becomes an assistant message."""
    document = folded(*ANSWERS["failed half-way"])
    assert document.messages == [assistant_message("Half an ans")]
    assert (document.outcome, document.finish_reason) == ("failed", None)


def test_one_answered_call_of_two_stays() -> None:
    """Stopped between two tools: the answered call stays in the messages, the other one only as a card."""
    events = [e for e in with_tools()[:9] if not isinstance(e, ToolReturned)]
    document = folded([*events, ToolReturned(ToolResult(WEATHER, "31 °C"))], "stopped")
    assert document.messages == [
        assistant_message("Let me look.", (WEATHER,)),
        tool_message(ToolResult(WEATHER, "31 °C")),
    ]
    assert [card.state for card in document.cards] == ["done", "unfinished"]


def test_finish_counts_once() -> None:
    """A Stop that comes after the answer ended touches nothing."""
    document = folded(one_round("Done."))
    document.finish("stopped")
    document.fold(TextDelta("late"))
    assert (document.outcome, document.text) == ("completed", "Done.")


def test_failure_names_its_request() -> None:
    """A failed ask has the request id of the failure."""
    error = StreamError("cut", request_id="req_9")
    document = folded([RoundStarted("m", "chat"), TextDelta("x")], "failed", error)
    assert (document.error, document.request_id) == (error, "req_9")


def test_the_complete_message_has_the_last_word() -> None:
    """What the deltas lacked is added; where they differ, the message's text replaces theirs."""
    start = RoundStarted("m", "chat")
    short = folded([start, TextDelta("Hel"), RoundCompleted(assistant_message("Hello"))])
    assert (short.text, short.rewritten) == ("Hello", 0)
    first, second = RoundCompleted(assistant_message("one")), RoundCompleted(assistant_message("Hello"))
    other = folded([start, TextDelta("one"), first, start, TextDelta("Hallo"), second])
    assert (other.text, other.rewritten) == ("one\n\nHello", 1)
    silent = folded([start, TextDelta("kept"), RoundCompleted(Message("assistant"))])
    assert silent.messages == [assistant_message("kept")]


def test_deltas_without_a_start_are_kept() -> None:
    """A client that forgets RoundStarted loses nothing."""
    assert folded([TextDelta("a"), TextDelta("b")], "failed").messages == [assistant_message("ab")]


def test_an_empty_round_leaves_no_message() -> None:
    """An answer without text or calls leaves nothing that a service would refuse."""
    assert folded([RoundStarted("m", "chat"), RoundCompleted(Message("assistant"))]).messages == []


def test_calls_arrive_in_cards() -> None:
    """Arguments are to be seen while they grow, and the state follows the events."""
    document = Document()
    states: list[tuple[str, str]] = []
    for event in [*with_tools()[:7], ToolAsked(WEATHER), ToolStarted(WEATHER), *with_tools()[9:11]]:
        document.fold(event)
        if document.cards:
            states.append((document.cards[0].state, document.cards[0].call.arguments))
    assert states == [
        ("arriving", '{"location"'),
        ("arriving", '{"location"'),
        ("arriving", WEATHER.arguments),
        ("arriving", WEATHER.arguments),
        ("waiting", WEATHER.arguments),
        ("waiting", WEATHER.arguments),
        ("running", WEATHER.arguments),
        ("done", WEATHER.arguments),
        ("done", WEATHER.arguments),
    ]
    assert document.cards[0].asked


def test_the_same_call_twice_gets_two_answers() -> None:
    """Models send one id, even one call, twice; each call has its own card and answer."""
    twins = (ToolCall("c", "f", "{}"), ToolCall("c", "f", "{}"))
    events: list[Event] = [RoundStarted("m", "chat"), RoundCompleted(assistant_message("", twins), "tool_calls")]
    events += [ToolStarted(twins[1]), ToolReturned(ToolResult(twins[1], "second"))]
    events += [ToolStarted(twins[0]), ToolReturned(ToolResult(twins[0], "first"))]
    document = folded(events)
    assert [card.result.result for card in document.cards if card.result] == ["first", "second"]
    assert [m.text for m in document.messages] == ["", "first", "second"]


def test_sparse_indices_and_calls_without_deltas_find_their_cards() -> None:
    """Cards follow the order of the indices; calls that only the complete message has get their own."""
    a, b, c = (ToolCall(x, x, "{}") for x in "abc")
    events: list[Event] = [
        RoundStarted("m", "chat"),
        ToolCallDelta(5, "b", "b", "{}"),
        ToolCallDelta(2, "a", "a", "{}"),
        RoundCompleted(assistant_message("", (a, b, c)), "tool_calls"),
        *(ToolReturned(ToolResult(call, call.name)) for call in (c, b, a)),
    ]
    document = folded(events)
    assert [card.call for card in document.cards] == [a, b, c]
    assert [m.call_id for m in document.messages[1:]] == ["a", "b", "c"]


def test_long_arguments_cost_no_square() -> None:
    """A million characters of arguments in small pieces are folded without copying them each time."""
    document = Document()
    document.fold(ToolCallDelta(0, "c", "f", ""))
    for _ in range(100_000):
        document.fold(ToolCallDelta(0, "", "", "0123456789"))
    assert len(document.cards[0].call.arguments) == 1_000_000


def test_waits_are_counted_once() -> None:
    """A countdown that repeats its wait is one wait; the next attempt is another."""
    document = Document()
    for event in (Waiting(20, 1, 429), Waiting(19, 1, 429), Waiting(40, 2, 429)):
        document.fold(event)
    assert [(w.seconds, w.attempt) for w in document.waits] == [(20, 1), (40, 2)]
    document.fold(RoundStarted("m", "chat"))
    assert document.waiting is None


def test_notes_labels_reasoning_and_images() -> None:
    """Notes stand once, a label only if all rounds have it, images of the answer are kept."""
    picture = ImagePart("https://example.org/a.png")
    start = RoundStarted("m", "chat", "demo")
    done = RoundCompleted(Message("assistant", (TextPart("x"), picture)))
    document = folded([Noted("n"), Noted("n"), start, ReasoningDelta("a"), ReasoningDelta("b"), done])
    assert (document.notes, document.label, document.reasoning) == (["n"], "demo", "ab")
    assert document.images == (picture,)
    assert folded([start, done, RoundStarted("m", "chat"), done]).label == ""


@pytest.mark.parametrize(
    ("events", "outcome", "empty"),
    [
        ([], "failed", True),
        ([RoundStarted("m", "chat")], "failed", True),
        ([RoundStarted("m", "chat")], "stopped", True),
        ([Waiting(1, 1, 429)], "failed", False),
        ([RoundStarted("m", "chat"), TextDelta("x")], "failed", False),
        ([RoundStarted("m", "chat"), ReasoningDelta("x")], "stopped", False),
        (one_round(""), "completed", False),
    ],
)
def test_empty_says_whether_there_is_anything_to_see(events: list[Event], outcome: str, empty: bool) -> None:
    """Above an error nothing is painted unless something came."""
    assert folded(events, outcome).empty is empty  # type: ignore[arg-type]


FENCES = """Text

````markdown
```python
inner
```
````

- a list
  ~~~js title="x"
  let a = 1
  ~~~

> ```{r, echo=FALSE}
> summary(x)
> ```

    indented, not fenced

```
plain

two
```

```sql
unfinished"""


def test_code_blocks() -> None:
    """Fences are found by the rules of CommonMark: nested, in lists and quotes, with tildes, unfinished."""
    assert code_blocks(folded(one_round(FENCES)).text) == (
        CodeBlock("markdown", "```python\ninner\n```"),
        CodeBlock("js", "let a = 1"),
        CodeBlock("r", "summary(x)"),
        CodeBlock("", "plain\n\ntwo"),
        CodeBlock("sql", "unfinished"),
    )


def test_data_is_shown_as_json() -> None:
    """A validated answer is a fenced JSON block; text of earlier rounds stays, a repaired record goes."""
    start = RoundStarted("m", "chat")
    texts = ["Looking.", '{"a": "wrong"}', '{"a": [1]}']
    rounds: list[Event] = []
    for text in texts:
        rounds += [start, *streamed(text), RoundCompleted(assistant_message(text))]
    document = folded([*rounds, Parsed({"a": [1]})])
    assert document.parsed == {"a": [1]}
    assert document.answer == 'Looking.\n\n```json\n{\n  "a": [\n    1\n  ]\n}\n```'


def test_reading_while_folding_sees_a_prefix() -> None:
    """A reader in another thread always sees a prefix of the text that is being folded."""
    import threading

    document = Document()
    whole = "".join(f"{n} " for n in range(20_000))
    wrong: list[str] = []
    done = threading.Event()

    def read() -> None:
        while not done.is_set():
            seen = document.text
            if not whole.startswith(seen):
                wrong.append(seen)

    reader = threading.Thread(target=read)
    reader.start()
    for n in range(20_000):
        document.fold(TextDelta(f"{n} "))
    done.set()
    reader.join()
    assert not wrong
    assert document.text == whole
