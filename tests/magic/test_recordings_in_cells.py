"""record, replay, live, --fresh and the environment variables: contract, *Recordings*."""

from __future__ import annotations

import json

import pytest

from kernels import Kernel
from magic.spoken import KEY, Asked, answer_events

pytestmark = pytest.mark.kernel


def test_record_then_replay_without_key_or_network(asked: Asked) -> None:
    """What was recorded answers again, marked recorded, with the same stored text and not one request."""
    asked.run("%neosantara record lesson-2.jsonl")
    asked.run("def double(x: int) -> int:\n    return 2 * x")
    asked.says("one")
    asked.chats([("double", {"x": 4})], "It is 8.")
    first = asked.cell(prompt="a", cell_id="a")
    second = asked.cell("--tools double", "b", cell_id="b")
    lines = [json.loads(line) for line in asked.run("print(open('lesson-2.jsonl').read())").stdout.strip().splitlines()]
    assert len(lines) == 3
    asked.run(
        "%unload_ext neosantara_magic\nimport os; del os.environ['NEOSANTARA_API_KEY']\n%load_ext neosantara_magic"
    )
    asked.run("%neosantara replay lesson-2.jsonl")
    count = len(asked.requests)
    again = asked.cell(prompt="a", cell_id="a")
    tools = asked.cell("--tools double", "b", cell_id="b")
    assert again.error is None, again.error
    assert tools.error is None, tools.error
    assert "recorded" in again.answer
    assert again.answer.replace(" · Rp 0 · recorded", "") == first.answer
    assert tools.answer.replace(" · Rp 0 · recorded", "") == second.answer
    assert len(asked.requests) == count
    missed = asked.cell(prompt="something else", cell_id="c")
    assert missed.error is not None
    assert missed.error.name == "RecordingError"
    assert len(missed.error.traceback) == 2
    asked.run("%neosantara live")
    assert asked.cell(prompt="a", cell_id="a").error is not None


def test_a_recorded_request_is_answered_at_once_and_fresh_asks_again(asked: Asked) -> None:
    """While recording, the same cell costs one request; --fresh asks and writes the new answer."""
    asked.run("%neosantara record lesson-3.jsonl")
    asked.says("first", "second")
    assert "first" in asked.cell(cell_id="a").answer
    again = asked.cell(cell_id="a").answer
    assert "first" in again
    assert "recorded" in again
    assert len(asked.requests) == 1
    fresh = asked.cell("--fresh", cell_id="a").answer
    assert "second" in fresh
    assert "recorded" not in fresh
    assert "second" in asked.cell(cell_id="a").answer
    assert len(asked.requests) == 2


def test_failures_are_not_recorded(asked: Asked) -> None:
    """A broken answer is asked again."""
    asked.run("%neosantara record lesson-4.jsonl")
    asked.server.stream(answer_events("half", pieces=1)[:2], cut=True)
    assert asked.cell(cell_id="a").error is not None
    asked.says("whole")
    assert "whole" in asked.cell(cell_id="a").answer


def test_the_environment_records_and_replays(kernel: Kernel, asked: Asked) -> None:
    """NEOSANTARA_RECORDING with MODE record or replay does the same from outside; a bad mode is said."""
    kernel.set_environment(NEOSANTARA_RECORDING="outside.jsonl", NEOSANTARA_RECORDING_MODE="record")
    asked.says("one")
    asked.cell(cell_id="a")
    asked.run(
        "%unload_ext neosantara_magic\nimport os; del os.environ['NEOSANTARA_API_KEY']\n%load_ext neosantara_magic"
    )
    kernel.set_environment(NEOSANTARA_RECORDING_MODE="replay")
    run = asked.cell(cell_id="a")
    assert run.error is None, run.error
    assert "one" in run.answer
    assert len(asked.requests) == 1
    kernel.set_environment(NEOSANTARA_RECORDING_MODE="rewind")
    asked.run("%reload_ext neosantara_magic")
    bad = asked.cell(cell_id="a")
    assert bad.error is not None
    assert "rewind" in bad.error.value


def test_damaged_lines_are_skipped_with_a_warning(asked: Asked) -> None:
    """A torn last line and a broken one: a warning each, the good ones answer."""
    asked.run("%neosantara record lesson-6.jsonl")
    asked.says("kept")
    asked.cell(cell_id="a")
    asked.run("with open('lesson-6.jsonl', 'a') as f: f.write('{broken}\\n{\"version\": 1, \"ke')")
    asked.run("%neosantara live")
    run = asked.run("%neosantara replay lesson-6.jsonl")
    assert "skipped" in run.stderr
    assert "kept" in asked.cell(cell_id="a").answer


def test_a_recording_names_no_machine_and_no_key(asked: Asked) -> None:
    """The file holds the question and the events; no key, no header, no address."""
    asked.run("%neosantara record lesson-7.jsonl")
    asked.says("one")
    asked.cell(cell_id="a")
    text = asked.run("print(open('lesson-7.jsonl').read())").stdout
    for word in (KEY, KEY[-8:], "Bearer", "127.0.0.1", "Authorization"):
        assert word not in text


def test_a_miss_in_the_second_round_keeps_the_calls(fresh_kernel: Kernel) -> None:
    """A pupil's function returns something else: `--out` holds what was called, the demo model can answer the rest."""
    kernel = fresh_kernel
    kernel.execute("%load_ext neosantara_magic\n%neosantara demo on\n%neosantara record week.jsonl")
    kernel.execute("def suhu(kota: str) -> dict:\n    'Suhu.'\n    return {'temperature': 24}")
    ask = "%%neosantara --once --tools suhu -o jawab\nPakai suhu: kota=Bandung"
    assert kernel.execute(ask).error is None
    kernel.execute("%neosantara replay week.jsonl\ndel jawab")
    kernel.execute(
        "def suhu(kota: str) -> dict:\n    'Temperature of a city.'\n    return {'temperature': 24.0, 'x': 1}"
    )
    near = kernel.execute(ask)
    assert near.error is None, near.error
    assert "slightly different result" in near.answer
    kernel.execute("del jawab\ndef suhu(kota: str) -> dict:\n    'Suhu.'\n    return {'temperature': 99}")
    missed = kernel.execute(ask)
    assert missed.error is not None
    assert missed.error.name == "RecordingError"
    assert kernel.value("[call.name for call in jawab.tool_calls]") == "['suhu']"
    kernel.execute("%neosantara replay week.jsonl --else demo")
    answered = kernel.execute(ask)
    assert answered.error is None, answered.error
    assert kernel.execute("%neosantara replay week.jsonl --else live").error is not None
    for switch in ("on", "off"):  # the recording answers still, and that is what is told
        assert "Answers come from week.jsonl" in kernel.execute(f"%neosantara demo {switch}").stdout
