"""The line below an answer, in both languages."""

from __future__ import annotations

from typing import Any

import pytest

from neosantara_magic.events import Event, Noted, RoundStarted, TextDelta, Waiting
from neosantara_magic.render.static import footer, remarks, wait_line
from neosantara_magic.texts import rupiah, use_language
from render.answers import folded, one_round, with_tools


def _line(events: list[Event], outcome: Any = "completed", **known: Any) -> str:
    document = folded(events, outcome)
    for name, value in known.items():
        setattr(document, name, value)
    return footer(document)


CASES: list[tuple[str, list[Event], Any, dict[str, Any], str, str]] = [
    (
        "billed",
        one_round("x"),
        "completed",
        {"cost_idr": 1500.0},
        "nusantara-base · responses · 12 tokens in, 34 out · Rp 1,500",
        "nusantara-base · responses · 12 token masuk, 34 keluar · Rp 1.500",
    ),
    (
        "estimated",
        one_round("x"),
        "completed",
        {"cost_idr": 0.6912, "cost_estimated": True},
        "nusantara-base · responses · 12 tokens in, 34 out · ≈ Rp 0.69",
        "nusantara-base · responses · 12 token masuk, 34 keluar · ≈ Rp 0,69",
    ),
    (
        "tools",
        with_tools(),
        "completed",
        {},
        "nusantara-base · chat · 250 tokens in, 50 out · 2 tools",
        "nusantara-base · chat · 250 token masuk, 50 keluar · 2 tools",
    ),
    (
        "cut",
        one_round("x", finish_reason="length"),
        "completed",
        {"max_tokens": 2048},
        "nusantara-base · responses · 12 tokens in, 34 out · cut at 2,048 tokens: raise --max-tokens",
        "nusantara-base · responses · 12 token masuk, 34 keluar · terpotong di 2.048 token: naikkan --max-tokens",
    ),
    (
        "demo, stopped, no usage",
        [RoundStarted("garda-core", "chat", "demo"), TextDelta("x")],
        "stopped",
        {},
        "garda-core · chat · demo · stopped",
        "garda-core · chat · demo · dihentikan",
    ),
    (
        "recorded",
        [RoundStarted("garda-core", "chat", "recorded"), TextDelta("x")],
        "completed",
        {},
        "garda-core · chat · recorded",
        "garda-core · chat · dari rekaman",
    ),
    (
        "failed, noted",
        [RoundStarted("garda-core", "chat"), TextDelta("x"), Noted("a\nnote")],
        "failed",
        {},
        "garda-core · chat · incomplete · a note",
        "garda-core · chat · tidak lengkap · a note",
    ),
    (
        "filtered",
        [*one_round("x", finish_reason="content_filter", usage=None)],
        "completed",
        {},
        "nusantara-base · responses · cut by the content filter",
        "nusantara-base · responses · terpotong oleh filter konten",
    ),
]


@pytest.mark.parametrize(
    ("events", "outcome", "known", "english", "indonesian"), [c[1:] for c in CASES], ids=[c[0] for c in CASES]
)
def test_footer(events: list[Event], outcome: str, known: dict[str, Any], english: str, indonesian: str) -> None:
    """Each thing the contract names stands in the line, in the language in force."""
    assert _line(events, outcome, **known) == english
    use_language("id")
    assert _line(events, outcome, **known) == indonesian


def test_seconds_are_live_only() -> None:
    """Elapsed time is in the line only while it is painted live."""
    document = folded(one_round("x"))
    assert footer(document, live_seconds=1.234).endswith("· 1.2 s")
    assert " s" not in footer(document).replace("tokens", "")


@pytest.mark.parametrize(
    ("value", "english", "indonesian"),
    [
        (0.0, "Rp 0", "Rp 0"),
        (0.0123, "Rp 0.0123", "Rp 0,0123"),
        (0.5, "Rp 0.50", "Rp 0,50"),
        (3.0712, "Rp 3.07", "Rp 3,07"),
        (12.0, "Rp 12", "Rp 12"),
        (999.999, "Rp 1,000", "Rp 1.000"),
        (1234567.8, "Rp 1,234,568", "Rp 1.234.568"),
        (0.000001, "< Rp 0.0001", "< Rp 0,0001"),
    ],
)
def test_rupiah(value: float, english: str, indonesian: str) -> None:
    """Small amounts keep the decimals that matter, large ones have none."""
    assert rupiah(value) == english
    use_language("id")
    assert rupiah(value) == indonesian


def test_waits() -> None:
    """A wait is shown with its reason, going on and, when it was in vain, afterwards."""
    wait = Waiting(20.0, 1, 429)
    assert wait_line(wait) == "HTTP 429: asking again in 20 s (wait 1 of 2)"
    assert wait_line(wait, 3.4) == "HTTP 429: asking again in 3 s (wait 1 of 2)"
    assert remarks(folded([wait], "failed")) == ["HTTP 429: waited 20 s"]
    assert remarks(folded([wait, *one_round("x")])) == []
