"""Values of a conversation: what cannot be sent cannot be in them."""

from __future__ import annotations

import pytest

from neosantara_magic.messages import TextPart, ToolCall, ToolResult, encodable


@pytest.mark.parametrize(
    ("written", "kept"),
    [("plain", "plain"), ("é 😀", "é 😀"), ("\ud83d\ude00", "😀"), ("a\ud800b", "a\ufffdb"), ("\udcff", "\ufffd")],
)
def test_text_can_always_be_encoded(written: str, kept: str) -> None:
    """Halves of one character are joined; a lone half, as in a file name that is no UTF-8, is replaced."""
    assert encodable(written) == kept
    assert TextPart(written).text == kept
    assert ToolResult(ToolCall("1", "f", ""), written).result == kept


def test_deeply_nested_arguments_are_text() -> None:
    """Reading the arguments of a result never raises."""
    deep = "[" * 100_000
    assert ToolResult(ToolCall("1", "f", deep), "").arguments == deep
