"""A server that repeats the key shows it to nobody, in however many pieces it says it."""

from __future__ import annotations

import pytest

from neosantara_magic.api.filters import without_key
from neosantara_magic.errors import StreamError
from neosantara_magic.events import Event, ReasoningDelta, RoundStarted, TextDelta, ToolCallDelta

KEY = "nsk_0123456789abcdef0123456789abcdef"
SAID = f"no, sns {KEY} and again {KEY[:6]} nsk n"


def pieces(size: int) -> list[str]:
    """Cut what the server says."""
    return [SAID[at : at + size] for at in range(0, len(SAID), size)]


@pytest.mark.parametrize("size", range(1, len(SAID) + 1))
@pytest.mark.parametrize("kind", [TextDelta, ReasoningDelta, lambda text: ToolCallDelta(1, arguments=text)])
def test_the_key_is_gone_and_the_rest_is_there(size: int, kind: type[TextDelta]) -> None:
    """Whole, and after each delta: what has been handed on holds no more of the key than its beginning."""
    events: list[Event] = [ToolCallDelta(1, "call_1", "look"), *map(kind, pieces(size))]
    first, *rest = without_key(iter(events), KEY)
    assert first == events[0]
    said = [getattr(event, "arguments", getattr(event, "text", "")) for event in rest]
    assert "".join(said) == SAID.replace(KEY, "nsk_…")
    assert all(said)
    assert {type(event) for event in rest} == {type(events[1])}
    assert not any(getattr(event, "name", "") for event in rest)


def test_what_waits_comes_before_another_kind_and_before_an_error() -> None:
    """Nothing that came is lost: not at a change of kind, not where the stream breaks."""

    def breaks() -> list[Event]:
        raise StreamError("It broke.", "Ask again.")

    given: list[Event] = [RoundStarted("m", "chat"), TextDelta("a n"), ReasoningDelta("b ns"), TextDelta(KEY[:-1])]
    got: list[Event] = []
    events = without_key((one for part in (given, None) for one in (part or breaks())), KEY)
    with pytest.raises(StreamError):
        got.extend(events)
    assert got[0] == given[0]
    texts = [(type(event).__name__, getattr(event, "text", "")) for event in got[1:]]
    assert "".join(text for kind, text in texts if kind == "ReasoningDelta") == "b ns"
    assert "".join(text for kind, text in texts if kind == "TextDelta") == "a nnsk_…"


@pytest.mark.parametrize("key", ["", "demo", "ollama"])
def test_a_placeholder_is_no_key(key: str) -> None:
    """What is no secret stays, and no text is lost for it."""
    events = [TextDelta(one) for one in "the demo of ollama demo"]
    assert "".join(event.text for event in without_key(iter(events), key)) == "the demo of ollama demo"
