"""One line of 200 kB of anything streams, is kept whole, and can be stopped on its way."""

from __future__ import annotations

import pytest

from magic.spoken import Asked, answer_events

pytestmark = pytest.mark.kernel

SIZE = 200_000


def line_of(mark: str) -> str:
    """Return a line of that many characters that begins and ends with a letter."""
    return ("x" + mark * SIZE)[: SIZE - 1] + "z"


@pytest.mark.parametrize("mark", ["`", "[", "![", "*", "$", "\\", " ", "<", "&"])
def test_a_long_line_streams(asked: Asked, mark: str) -> None:
    """An engine that looked at it again and again would not be done in time."""
    asked.server.stream(answer_events(line_of(mark), pieces=100))
    run = asked.start("-o answer", "a", cell_id="a", allow_stdin=True)
    run.finish(20)
    assert run.error is None
    assert asked.value("(len(answer.text), answer.text[-1])") == f"({SIZE}, 'z')"


@pytest.mark.parametrize("mark", ["$", "&"])
def test_a_long_line_stops(asked: Asked, mark: str) -> None:
    """Stop is heard while the line grows, and what came is kept."""
    asked.server.stream(answer_events(line_of(mark), pieces=100)[:60], hang=True)
    run = asked.start("", "a", cell_id="a", allow_stdin=True)
    run.wait_for(lambda now: any(len(str(message["content"])) > 20_000 for message in now.messages))
    asked.kernel.interrupt()
    run.finish(20)
    assert run.error is not None
    assert run.error.name == "Stopped"
    assert asked.value("len(_neosantara.text) > 2000") == "True"
