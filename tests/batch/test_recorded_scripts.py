"""A plain script follows NEOSANTARA_RECORDING as a notebook does."""

from __future__ import annotations

from typing import TYPE_CHECKING

from neosantara_magic import ask, ask_many, public

if TYPE_CHECKING:
    from pathlib import Path

    import pytest

    from batch_servers import Echo
    from wire.server import ScriptedServer


def test_a_plain_script_records_and_replays(
    service: ScriptedServer, echo: Echo, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """`ask` and `ask_many` write what is not there yet, ask nobody for what is, and replay it in another process."""
    path = tmp_path / "script.jsonl"
    monkeypatch.setenv("NEOSANTARA_RECORDING", str(path))
    assert ask("one", once=True).text == ask("one", once=True).text == "echo one"
    for _ in range(2):
        ask_many(["two", "three"], show="none")
    assert len(path.read_text(encoding="utf-8").splitlines()) == 3

    public.surroundings()[0].service().close()
    public._script.clear()
    monkeypatch.setenv("NEOSANTARA_RECORDING_MODE", "replay")
    assert ask("one", once=True).text == "echo one"
    assert [answer.text for answer in ask_many(["two", "three"], show="none")] == ["echo two", "echo three"]
    assert echo.asked == {"one": 1, "two": 1, "three": 1}
    assert len(service.requests) == 3
