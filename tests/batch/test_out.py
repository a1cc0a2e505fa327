"""The file of answers: written row by row, continued after any end, read back lazily."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pydantic
import pytest

from batch_servers import Echo, refusal
from neosantara_magic import AuthenticationError, Response, Stopped, UsageError, ask_many, tool
from neosantara_magic.api.wire import WireAnswer
from neosantara_magic.batch.answers import Answers, Written
from wire.server import ScriptedServer

pytestmark = pytest.mark.usefixtures("service")


@pytest.fixture
def out(tmp_path: Path) -> Path:
    """Give the path of a file that is not there yet."""
    return tmp_path / "answers.jsonl"


def rows_of(out: Path) -> list[dict[str, Any]]:
    """Return what the file holds."""
    return [json.loads(line) for line in out.read_text("utf-8").splitlines()]


def many(prompts: Any, out: Path, **how: Any) -> list[str]:
    """Ask, and return the texts in order."""
    return [answer.text for answer in ask_many(prompts, out=out, show="none", **how)]


def test_a_row_stands_in_the_file_once(echo: Echo, out: Path) -> None:
    """With its prompt, text, usage and cost; people and pandas can read it."""
    echo.headers = {"x-neosantara-billed-idr": "0.5"}
    answers = ask_many([f"p{i}" for i in range(10)], out=out, show="none")
    rows = rows_of(out)
    assert sorted(row["prompt"] for row in rows) == [f"p{i}" for i in range(10)]
    assert all(row["text"] == f"echo {row['prompt']}" and row["cost_idr"] == 0.5 for row in rows)
    assert [answer.text for answer in answers] == [f"echo p{i}" for i in range(10)]
    assert not out.with_name(f"{out.name}.lock").exists()


def test_what_is_read_back_is_what_came(echo: Echo, out: Path) -> None:
    """Everything but the server's own bodies."""
    echo.say = lambda _prompt: "```python\nprint(1)\n```"
    (kept,) = ask_many(["a"], out=out, show="none")
    (fresh,) = ask_many(["a"], show="none")
    for name in ("text", "usage", "model", "api", "id", "finish_reason", "code", "messages", "cost_idr", "tool_calls"):
        assert getattr(kept, name) == getattr(fresh, name), name


def test_answers_are_a_sequence(out: Path) -> None:
    """Length, indices from both ends, slices, iteration; and it says what it is."""
    answers = ask_many(["a", "b", "c"], out=out, show="none")
    assert isinstance(answers, Answers)
    assert len(answers) == 3
    assert answers[-1].text == "echo c"
    assert [answer.text for answer in answers[1:]] == ["echo b", "echo c"]
    assert [answer.text for answer in reversed(answers)] == ["echo c", "echo b", "echo a"]
    assert repr(answers) == "<Answers 3 rows in answers.jsonl>"
    one = ask_many(["a"], out=out.with_name("one.jsonl"), show="none")
    assert repr(one) == "<Answers 1 row in one.jsonl>"
    with pytest.raises(IndexError):
        answers[3]


def test_a_second_run_asks_only_what_is_not_there(echo: Echo, out: Path) -> None:
    """A row is known by its request, not by its place: it may move, and others may come before it."""
    many(["a", "b", "c"], out)
    assert many(["new", "c", "a"], out) == ["echo new", "echo c", "echo a"]
    assert echo.asked == {"a": 1, "b": 1, "c": 1, "new": 1}
    assert len(rows_of(out)) == 4


def test_the_same_prompt_twice_is_two_rows(echo: Echo, out: Path) -> None:
    """Each occurrence has an answer of its own, also when the batch is continued."""
    count = iter(range(100))
    echo.say = lambda _prompt: f"answer {next(count)}"
    first = many(["a", "a"], out, concurrency=1)
    assert first == ["answer 0", "answer 1"]
    assert many(["a", "a", "a"], out) == ["answer 0", "answer 1", "answer 2"]


def test_other_flags_are_another_question(echo: Echo, out: Path) -> None:
    """Model, instructions and sampling belong to the request; time-outs and streaming do not."""
    many(["a"], out)
    many(["a"], out, timeout=99, stream=False, concurrency=3)
    assert echo.asked["a"] == 1
    many(["a"], out, temperature=0.5)
    many(["a"], out, system="Singkat.")
    assert echo.asked["a"] == 3


def test_a_failed_row_is_asked_again(echo: Echo, out: Path) -> None:
    """It is no line of the file; the next run tries it once more."""
    echo.refuse = lambda prompt, before: refusal(400) if prompt == "b" and not before else None
    answers = ask_many(["a", "b"], out=out, show="none")
    assert answers[1].error is not None
    assert repr(answers) == "<Answers 2 rows in answers.jsonl, 1 failed>"
    assert many(["a", "b"], out) == ["echo a", "echo b"]
    assert echo.asked == {"a": 1, "b": 2}


@pytest.mark.parametrize(
    "half",
    [
        {"status": "in_progress", "output_text": "half"},
        {"status": "incomplete", "incomplete_details": {"reason": "upstream_error"}, "output_text": "half"},
        {"status": "failed", "error": {"message": "gone"}, "output_text": "half"},
        {"output_text": "half", "errors": [{"message": "gone"}]},
    ],
)
def test_a_half_is_no_finished_row(echo: Echo, out: Path, half: dict[str, Any]) -> None:
    """A row whose answer broke off is no line of the file; its text is kept, and the next run asks again."""
    body = WireAnswer(200, {"Content-Type": "application/json"}, [json.dumps(half).encode()])
    echo.refuse = lambda _prompt, before: None if before else body
    (answer,) = ask_many(["a"], out=out, show="none")
    assert answer.error is not None
    assert (answer.text, rows_of(out)) == ("half", [])
    assert many(["a"], out) == ["echo a"]


def test_a_torn_line_is_cut_off_and_asked_again(echo: Echo, out: Path) -> None:
    """A process that is killed while it writes leaves half a line."""
    many(["a", "b"], out)
    whole = out.read_bytes()
    last = rows_of(out)[-1]["prompt"]
    for missing in (1, 2, 40, len(whole.splitlines()[-1]) - 3):
        out.write_bytes(whole[:-missing])
        before = echo.asked[last]
        assert many(["a", "b"], out) == ["echo a", "echo b"]
        assert echo.asked[last] == before + (missing > 1)  # without its line break only, the line is whole
        assert len(rows_of(out)) == 2


@pytest.mark.parametrize(
    "damage", [("}", ""), ('"input_tokens": ', '"input_tokens": "many", "x": '), ('"text": "', '"text": 1, "x": "')]
)
def test_a_damaged_line_is_skipped_and_told(
    echo: Echo, out: Path, capsys: pytest.CaptureFixture[str], damage: tuple[str, str]
) -> None:
    """Cut, or with a field of another type: it stays as it is; its row is asked again."""
    many(["a", "b"], out)
    first, second = out.read_text().splitlines()
    assert damage[0] in first
    out.write_text(first.replace(*damage) + "\n" + second + "\n")
    assert many(["a", "b"], out) == ["echo a", "echo b"]
    assert "damaged lines skipped: 1; their rows are asked again." in capsys.readouterr().err
    assert sum(echo.asked.values()) == 3


@pytest.mark.parametrize("content", ["city,people\nMedan,2\n", '{"prompt": "a"}\n', "notes without a break"])
def test_a_file_of_something_else_is_not_touched(echo: Echo, out: Path, content: str) -> None:
    """A slip in ``out=`` must not spoil a file of the user's."""
    out.write_text(content)
    with pytest.raises(UsageError, match="holds something else"):
        many(["a"], out)
    assert out.read_text() == content
    assert not echo.asked


@pytest.mark.parametrize("name", ["answers.xlsx", "answers.CSV", "answers.md"])
def test_a_name_of_another_form_is_refused(echo: Echo, tmp_path: Path, name: str) -> None:
    """A spreadsheet would not open the lines, and nobody would know why."""
    with pytest.raises(UsageError, match=f"a batch writes JSON Lines, not {Path(name).suffix}"):
        many(["a"], tmp_path / name)
    assert [*tmp_path.iterdir()] == []
    assert not echo.asked


def test_two_batches_do_not_write_one_file(out: Path) -> None:
    """The second is refused while the first has it."""
    first = Written(out, None, print)
    with pytest.raises(UsageError, match="Another batch"):
        many(["a"], out)
    first.close()
    assert many(["a"], out) == ["echo a"]


def test_a_batch_that_cannot_begin_leaves_the_file_free(out: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Without a key nothing is sent; the next batch may write there, also while the error is still looked at."""
    with monkeypatch.context() as without:
        without.delenv("NEOSANTARA_API_KEY")
        without.setenv("NEOSANTARA_BASE_URL", "https://api.neosantara.xyz/v1")
        with pytest.raises(AuthenticationError) as caught:
            many(["a"], out)
    assert many(["a"], out) == ["echo a"]
    assert caught.value.__traceback__


def test_a_place_that_cannot_be_written_is_told(tmp_path: Path) -> None:
    """Two lines, nothing sent."""
    with pytest.raises(UsageError, match="cannot be written"):
        many(["a"], tmp_path / "missing" / "answers.jsonl")
    with pytest.raises(UsageError, match="cannot be written"):
        many(["a"], tmp_path)


@dataclass
class City:
    """What a row is asked for."""

    name: str


def test_data_is_validated_again_when_read(echo: Echo, out: Path) -> None:
    """The file has it as JSON, the Response as the user's own class."""
    echo.say = lambda prompt: json.dumps({"name": prompt})
    answers = ask_many(["Medan"], schema=City, out=out, show="none")
    assert answers[0].parsed == City("Medan")
    assert rows_of(out)[0]["parsed"] == {"name": "Medan"}


def test_data_that_the_schema_takes_no_more_is_that_rows_error(echo: Echo, out: Path) -> None:
    """The same JSON Schema, stricter rules: the text stays, the other rows are read."""

    def schema(most: int) -> type[pydantic.BaseModel]:
        class Town(pydantic.BaseModel):
            name: str

            @pydantic.field_validator("name")
            @classmethod
            def short(cls, name: str) -> str:
                assert len(name) <= most
                return name

        return Town

    echo.say = lambda prompt: json.dumps({"name": prompt})
    ask_many(["Medan", "Solo"], schema=schema(9), out=out, show="none")
    medan, solo = ask_many(["Medan", "Solo"], schema=schema(4), out=out, show="none")
    assert (type(medan.error).__name__, medan.text, solo.parsed.name) == ("SchemaError", '{"name": "Medan"}', "Solo")
    assert sum(echo.asked.values()) == 2


def test_answers_do_not_go_where_the_prompts_are(echo: Echo, out: Path) -> None:
    """Each answer would be the next prompt, without an end."""
    many(["a"], out)
    with pytest.raises(UsageError, match="holds something else"):
        ask_many(out, template="{{ row.text }}!", out=str(out), show="none")
    assert len(rows_of(out)) == 1


def test_a_full_disk_ends_the_batch_and_loses_nothing(echo: Echo, out: Path) -> None:
    """Two lines, the answers in the exception, and the file free to go on with."""
    resource = pytest.importorskip("resource", reason="only where files can be limited")
    limits = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (700, limits[1]))
    try:
        with pytest.raises(UsageError, match="cannot be written") as caught:
            many([f"p{n}" for n in range(40)], out, concurrency=2)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, limits)
    told = [answer.text for answer in caught.value.answers]  # type: ignore[attr-defined]
    asked = sum(echo.asked.values())
    assert asked < 10
    assert told[:asked] == [f"echo p{n}" for n in range(asked)]
    whole = out.read_bytes().count(b"\n")
    assert many([f"p{n}" for n in range(40)], out) == [f"echo p{n}" for n in range(40)]
    assert sum(echo.asked.values()) - asked == 40 - whole


def test_half_a_surrogate_pair_is_kept(echo: Echo, out: Path) -> None:
    """A model may write what UTF-8 cannot hold; the file stays readable."""
    echo.say = lambda _prompt: "x\ud83dy"
    (answer,) = ask_many(["a"], out=out, show="none")
    assert answer.text[0] + answer.text[-1] == "xy"
    assert many(["a"], out) == [answer.text]


def test_tools_run_here_and_are_kept(demo_server: ScriptedServer, monkeypatch: pytest.MonkeyPatch, out: Path) -> None:
    """A row's turn has all its rounds; reading it back gives its calls."""
    monkeypatch.setenv("NEOSANTARA_BASE_URL", demo_server.base_url)
    inside = []

    @tool
    def get_weather(location: str) -> str:
        """Get the weather.

        Args:
            location: The city.
        """
        inside.append(location)
        return "28 C"

    prompts = ["What is the weather in Jakarta?", "What is the weather in Medan?"]
    answers = ask_many(prompts, tools=[get_weather], out=out, show="none")
    assert sorted(inside) == ["Jakarta", "Medan"]
    assert [answer.tool_calls[0].arguments for answer in answers] == [{"location": "Jakarta"}, {"location": "Medan"}]
    assert [message.role for message in answers[0].messages] == ["user", "assistant", "tool", "assistant"]
    assert [answer.text for answer in ask_many(prompts, tools=[get_weather], out=out, show="none")] == [
        answer.text for answer in answers
    ]
    assert len(inside) == 2


def test_stop_keeps_the_file(echo: Echo, out: Path) -> None:
    """What was finished before Stop is not asked again; what hung is."""

    def prompts() -> Any:
        for i in range(10):
            if i == 6:
                signal.raise_signal(signal.SIGINT)
            yield str(i)

    with pytest.raises(Stopped) as caught:
        ask_many(prompts(), concurrency=1, out=out, show="none")
    answers = caught.value.answers  # type: ignore[attr-defined]
    done = len(rows_of(out))
    assert done >= 5
    assert [answer.text for answer in answers][:done] == [f"echo {i}" for i in range(done)]
    before = echo.asked.copy()
    assert len(many([str(i) for i in range(10)], out)) == 10
    assert all(echo.asked[row["prompt"]] == before[row["prompt"]] for row in rows_of(out)[:done])


_KILLED = """
import sys
from neosantara_magic import ask_many
print(len(ask_many((f"row {i}" for i in range(60)), concurrency=4, out=sys.argv[1], show="none")))
"""


@pytest.mark.slow
def test_kill_9_loses_nothing_that_is_written(
    echo: Echo, service: ScriptedServer, out: Path, clean_environment: dict[str, str]
) -> None:
    """A real process, killed in the middle: the next run asks no finished row again, and each row stands once."""
    echo.refuse = lambda _prompt, _time: time.sleep(0.03)  # type: ignore[func-returns-value]
    env = clean_environment | {"NEOSANTARA_BASE_URL": service.base_url, "NEOSANTARA_API_KEY": "nsk_batch_secret"}
    command = [sys.executable, "-c", _KILLED, str(out)]
    process = subprocess.Popen(command, env=env)
    while not out.exists() or out.read_bytes().count(b"\n") < 20:
        assert process.poll() is None
        time.sleep(0.01)
    process.kill()
    process.wait()
    finished = {row["prompt"] for row in map(json.loads, out.read_text().split("\n")[:-1])}
    asked = echo.asked.copy()
    assert 20 <= len(finished) < 60
    told = subprocess.run(command, env=env, check=True, capture_output=True, text=True)
    assert told.stdout == "60\n"
    assert all(echo.asked[prompt] == asked[prompt] for prompt in finished)
    assert sorted(row["prompt"] for row in rows_of(out)) == sorted(f"row {i}" for i in range(60))
    assert "nsk_batch_secret" not in out.read_text()


def test_a_stopped_row_has_no_text() -> None:
    """What a place holds that was never asked."""
    assert Response(stopped=True).text == ""
