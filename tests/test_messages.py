"""Values of a conversation: what cannot be sent cannot be in them."""

from __future__ import annotations

import pytest

from neosantara_magic.messages import AnswerFormat, ImagePart, TextPart, ToolCall, ToolResult, ToolSpec
from neosantara_magic.texts import encodable, encodable_json


@pytest.mark.parametrize(
    ("written", "kept"),
    [("plain", "plain"), ("é 😀", "é 😀"), ("\ud83d\ude00", "😀"), ("a\ud800b", "a\ufffdb"), ("\udcff", "\ufffd")],
)
def test_text_can_always_be_encoded(written: str, kept: str) -> None:
    """Halves of one character are joined; a lone half, as in a file name that is no UTF-8, is replaced."""
    assert encodable(written) == kept
    assert TextPart(written).text == kept
    assert ToolResult(ToolCall("1", "f", ""), written).result == kept
    assert ImagePart(written).url == kept
    assert ToolCall(written, written, written) == ToolCall(kept, kept, kept)
    assert ToolSpec("f", written, {"enum": [written]}) == ToolSpec("f", kept, {"enum": [kept]})
    assert AnswerFormat(written, {written: written}) == AnswerFormat(kept, {kept: kept})


def test_json_data_is_changed_only_where_it_must() -> None:
    """What UTF-8 can carry, and what is no JSON at all, stays the very same object."""
    round_trip: list[object] = []
    round_trip.append(round_trip)
    for fine in ({"a": ["é", 1.5, None]}, "x", 3, {"a": object()}, round_trip):
        assert encodable_json(fine) is fine
    assert encodable_json({"\ud800": ["\udfff", {"a": ("\ud83d\ude00", 1)}]}) == {
        "\ufffd": ["\ufffd", {"a": ("😀", 1)}]
    }


def test_deeply_nested_arguments_are_text() -> None:
    """Reading the arguments of a result never raises."""
    deep = "[" * 100_000
    assert ToolResult(ToolCall("1", "f", deep), "").arguments == deep
