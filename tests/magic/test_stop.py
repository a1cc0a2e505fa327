"""Kernel > Interrupt while an ask runs: contract, *Stop*."""

from __future__ import annotations

import time
from pathlib import Path

import pytest

from magic.spoken import Asked, answer_events, texts_of

pytestmark = pytest.mark.kernel

HALF = answer_events("half of it", pieces=1)[:2]


@pytest.mark.parametrize("attended", [True, False])
def test_stop_while_it_streams(asked: Asked, attended: bool) -> None:
    """The half is kept and marked, the connection closed, the cell fails with Stopped; the next ask tells the model."""
    asked.server.stream(HALF, hang=True)
    run = asked.start("-o answer", "a", cell_id="a", allow_stdin=attended)
    assert asked.server.wait_for_requests(1, 60)
    if attended:
        run.wait_for(lambda now: any("half" in str(m["content"]) for m in now.messages))
    else:
        # Nothing is shown before the end here, so nothing tells that the half has arrived.
        time.sleep(1.5)
    asked.kernel.interrupt()
    run.finish(20)
    assert run.error is not None
    assert run.error.name == "Stopped"
    assert len(run.error.traceback) == 2
    assert asked.server.closed_early.wait(20)
    assert "half of it" in run.answer
    assert "stopped" in run.answer
    assert (
        asked.value("(_neosantara.text, _neosantara.stopped, 'answer' in globals())") == "('half of it', True, False)"
    )
    asked.says("fine")
    asked.cell(prompt="b", cell_id="b")
    said = texts_of(asked.bodies[1])
    assert "previous_response_id" not in asked.bodies[1]
    assert said[0] == ("user", "a")
    assert "half of it" in said[1][1]
    assert "stop" in " ".join(text for _, text in said[1:]).lower()


def test_stop_while_the_server_is_silent(asked: Asked) -> None:
    """Before the first byte: Stopped at once, the server sees us leave, nothing is added to the conversation."""
    asked.server.answer(mute=True)
    run = asked.start("", "a", cell_id="a")
    assert asked.server.wait_for_requests(1, 60)
    asked.kernel.interrupt()
    run.finish(20)
    assert run.error is not None
    assert run.error.name == "Stopped"
    assert asked.server.closed_early.wait(20)
    assert len(run.outputs) == 1
    assert "main" not in asked.run("%neosantara").answer


def test_stop_in_a_tool(asked: Asked, tmp_path: Path) -> None:
    """An interrupt in a running function stops the turn; no further request, no dangling call in the history."""
    asked.run(
        "import pathlib, time\ndef sleep(seconds: int) -> str:\n"
        f"    pathlib.Path({str(tmp_path / 'asleep')!r}).touch()\n    time.sleep(seconds)\n    return 'up'"
    )
    asked.chats([("sleep", {"seconds": 60})])
    run = asked.start("--tools sleep", "a", cell_id="a")
    assert asked.server.wait_for_requests(1, 60)
    until = time.monotonic() + 20
    while not (tmp_path / "asleep").exists():
        assert time.monotonic() < until, "the tool was not called"
        time.sleep(0.05)
    asked.kernel.interrupt()
    run.finish(20)
    assert run.error is not None
    assert run.error.name == "Stopped"
    assert len(asked.requests) == 1
    asked.chats("ok")
    asked.cell("--api chat", "b", cell_id="b")
    messages = asked.bodies[1]["messages"]
    calls = [call["id"] for m in messages for call in m.get("tool_calls") or []]
    answered = [m["tool_call_id"] for m in messages if m["role"] == "tool"]
    assert calls == answered


def test_the_question_about_a_tool_can_be_stopped(asked: Asked) -> None:
    """Interrupt at the prompt: Stopped, and the function did not run."""
    asked.run(
        "from neosantara_magic import tool\nran = []\n@tool(confirm=True)\ndef pay(x: int) -> str:\n    ran.append(x)\n    return 'ok'"
    )
    asked.chats([("pay", {"x": 1})])
    run = asked.start("--tools pay", allow_stdin=True, answers=iter(()))
    run._answer_input = lambda message: (run.prompts.append(message["content"]), asked.kernel.interrupt())  # type: ignore[method-assign]
    run.finish(20)
    assert run.prompts
    assert run.error is not None
    assert run.error.name == "Stopped"
    assert asked.value("ran") == "[]"
    assert len(asked.requests) == 1


def test_an_interrupt_after_the_answer_touches_nothing(asked: Asked) -> None:
    """The next cell runs as if nothing had happened."""
    asked.says("done")
    run = asked.cell()
    asked.kernel.interrupt()
    assert run.error is None
    asked.says("done too")
    assert "done too" in asked.cell().answer


def test_run_all_halts(asked: Asked) -> None:
    """The reply is an error, so a front end's Run All stops there; except KeyboardInterrupt catches it."""
    asked.server.stream(HALF, hang=True)
    run = asked.kernel.start(
        "from neosantara_magic import ask\ntry:\n    ask('x', show='none')\nexcept KeyboardInterrupt as stop:\n"
        "    print(type(stop).__name__, flush=True)"
    )
    assert asked.server.wait_for_requests(1, 60)
    time.sleep(0.5)
    asked.kernel.interrupt()
    run.finish(20)
    assert run.stdout == "Stopped\n"


def test_a_stop_that_comes_late_does_not_hit_the_next_cell(asked: Asked) -> None:
    """Run All is in the next cell when the interrupt arrives that was pressed for the answer; a second one counts."""
    asked.says("whole")
    first = asked.start("", "a", cell_id="a", allow_stdin=True)
    code = "import time\nfor _ in range(200):\n    print('.', end='', flush=True)\n    time.sleep(0.05)"
    after = asked.kernel.start(code, cell_id="b", allow_stdin=True)
    after.wait_for(lambda run: run.stdout)
    asked.kernel.interrupt()
    time.sleep(0.5)
    seen = len(after.stdout)
    after.wait_for(lambda run: len(run.stdout) > seen + 15)
    assert first.error is None
    asked.kernel.interrupt()
    after.finish(20)
    assert after.error is not None
    assert after.error.name == "KeyboardInterrupt"
