"""Event streams by the letter of the standard, and the one place where we are kinder."""

from __future__ import annotations

import pytest

from neosantara_magic.api.wire import ServerSentEvent, decode


def events(*chunks: bytes) -> list[tuple[str, str]]:
    """Decode chunks to (event, data)."""
    return [(item.event, item.data) for item in decode(chunks)]


@pytest.mark.parametrize(
    ("stream", "expected"),
    [
        (b"data: a\n\n", [("", "a")]),
        (b"data:a\n\ndata:  b\n\n", [("", "a"), ("", " b")]),
        (b"event: x\ndata: a\n\ndata: b\n\n", [("x", "a"), ("", "b")]),
        (b"data: a\ndata: b\ndata\ndata:\n\n", [("", "a\nb\n\n")]),
        (b": comment\nid: 1\nretry: 2\nfoo: bar\n\n", []),
        (b"event: x\n\n", []),
        (b"\n\n\ndata: a\n\n\n", [("", "a")]),
        (b"data: a\r\n\r\ndata: b\r\rdata: c\n\n", [("", "a"), ("", "b"), ("", "c")]),
        (b"\xef\xbb\xbfdata: a\n\n", [("", "a")]),
        (b"data: \xef\xbb\xbfa\n\n", [("", "\ufeffa")]),
        (b"data: \xff\n\n", [("", "\ufffd")]),
        ("data: a\u2028b\x85c\n\n".encode(), [("", "a\u2028b\x85c")]),
        (b"data: a:b: c\n\n", [("", "a:b: c")]),
        (b"data: a\n", []),
        (b"data: a", []),
        (b'data: {"a":1}', [("", '{"a":1}')]),
        (b'event: x\ndata: {"a":1}\n', [("x", '{"a":1}')]),
        (b'data: {"a":', []),
        (b"data: [DONE]", [("", "[DONE]")]),
        (b"", []),
    ],
)
def test_streams(stream: bytes, expected: list[tuple[str, str]]) -> None:
    """Whole, byte by byte, and with empty chunks in between: the same events."""
    assert events(stream) == expected
    assert events(*(stream[i : i + 1] for i in range(len(stream)))) == expected
    assert events(b"", stream, b"") == expected


@pytest.mark.parametrize("blank", [b"\n\n", b"\r\n\r\n", b"\r\n\r", b"\r\r", b"\n\r"])
def test_an_event_is_told_as_soon_as_it_is_complete(blank: bytes) -> None:
    """Nothing is held back for the next chunk, whatever ends a line; CR and LF in two chunks end one."""
    arrived: list[bytes] = []

    def chunks() -> object:
        for chunk in (b"data: a" + blank, b"\ndata: b\n\n"):
            arrived.append(chunk)
            yield chunk

    stream = decode(chunks())  # type: ignore[arg-type]
    assert next(stream) == ServerSentEvent("", "a")
    assert len(arrived) == 1
    assert next(stream) == ServerSentEvent("", "b")


def test_a_long_line_in_many_chunks_takes_linear_work() -> None:
    """A megabyte of data in small pieces arrives whole."""
    pieces = [b"data: ", *([b"x" * 64] * 16_384), b"\n\n"]
    assert events(*pieces) == [("", "x" * 1_048_576)]
