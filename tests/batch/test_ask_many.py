"""Many prompts: in order, each on its own, through limits and faults, within the budget, until Stop."""

from __future__ import annotations

import json
import os
import signal
import sys
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any

import pandas as pd
import pytest
from pydantic import BeforeValidator

from batch_servers import JSON, Echo, refusal
from neosantara_magic import (
    AuthenticationError,
    BadRequestError,
    BudgetExceededError,
    Response,
    SchemaError,
    Stopped,
    UsageError,
    ask_many,
    public,
)
from neosantara_magic.api import failures
from neosantara_magic.api.told import read_models
from neosantara_magic.api.wire import WireAnswer
from neosantara_magic.batch.progress import Progress, Tally
from neosantara_magic.costs import Cost
from neosantara_magic.errors import RateLimitError
from wire.server import ScriptedServer

pytestmark = pytest.mark.usefixtures("service")


def texts(answers: object) -> list[str]:
    """Return the texts of answers."""
    assert isinstance(answers, list)
    return [answer.text for answer in answers]


def test_answers_come_in_the_order_of_the_prompts(echo: Echo) -> None:
    """Whatever the order in which the server answers."""
    echo.refuse = lambda prompt, _time: time.sleep(0.05 if prompt in "037" else 0)  # type: ignore[func-returns-value]
    answers = ask_many([str(i) for i in range(12)], show="none")
    assert texts(answers) == [f"echo {i}" for i in range(12)]
    assert all(isinstance(answer, Response) and answer.usage and answer.usage.total_tokens == 5 for answer in answers)


def test_each_row_is_a_question_of_its_own(echo: Echo) -> None:
    """No history, nothing stored, the same flags for all."""
    ask_many(["a", "b"], system="Singkat.", model="garda-core", temperature=0.1, show="none")
    for body in echo.bodies:
        assert body["store"] is False
        assert "previous_response_id" not in body
        assert (body["instructions"], body["model"], body["temperature"]) == ("Singkat.", "garda-core", 0.1)
    assert not list(public.surroundings()[0].conversations)


def test_braces_in_prompts_are_data(echo: Echo) -> None:
    """A prompt out of a file or a program is never evaluated."""
    ask_many(["{{ 1/0 }}"], show="none")
    assert list(echo.asked) == ["{{ 1/0 }}"]


def test_a_row_that_fails_is_that_rows_matter(echo: Echo) -> None:
    """The others are answered; its error is in its place."""
    echo.refuse = lambda prompt, _time: refusal(400) if prompt == "b" else None
    answers = ask_many(["a", "b", "c"], show="none")
    assert texts(answers) == ["echo a", "", "echo c"]
    assert [type(answer.error) for answer in answers] == [type(None), BadRequestError, type(None)]


def test_refusals_are_waited_out(echo: Echo) -> None:
    """429 and 503 as often as three times for each row, more than a single ask would take; nothing is lost."""
    status = {0: 429, 1: 503, 2: 429}
    echo.refuse = lambda _prompt, before: (
        refusal(status[before], "rpm_exceeded", retry_after="0.01") if before in status else None
    )
    answers = ask_many([str(i) for i in range(6)], concurrency=2, show="none")
    assert texts(answers) == [f"echo {i}" for i in range(6)]
    assert set(echo.asked.values()) == {4}


def test_a_limit_in_the_headers_is_kept(echo: Echo) -> None:
    """When the server says that nothing is left, the next row waits for the reset it names."""
    echo.headers = {"x-neosantara-ratelimit-requests-remaining": "0", "x-neosantara-ratelimit-requests-reset": "0.2"}
    began = time.monotonic()
    ask_many(["a", "b", "c"], concurrency=1, show="none")
    assert time.monotonic() - began >= 0.4


def test_waiting_ends_when_nothing_gets_through(echo: Echo) -> None:
    """A limit that never lifts fails the rows; it does not hang the notebook."""
    echo.refuse = lambda _prompt, _time: refusal(429, "rpm_exceeded", retry_after="0.001")
    answers = ask_many(["a", "b"], concurrency=1, show="none")
    assert all(isinstance(answer.error, RateLimitError) for answer in answers)
    assert sum(echo.asked.values()) < 30


def test_a_quota_is_not_waited_for(echo: Echo) -> None:
    """What no short wait lifts is told at once, and the rest is not sent."""
    echo.refuse = lambda _prompt, _time: refusal(429, "user_total_daily_limit_exceeded", retry_after="30")
    answers = ask_many([str(i) for i in range(50)], concurrency=1, show="none")
    assert all(isinstance(answer.error, RateLimitError) for answer in answers)
    assert sum(echo.asked.values()) == 3


@pytest.mark.parametrize("statuses", [(500, 502), (408, 409)])
def test_a_fault_in_passing_is_tried_again(
    echo: Echo, monkeypatch: pytest.MonkeyPatch, statuses: tuple[int, int]
) -> None:
    """A failure, a page of the gateway, a request that came too slowly or at a bad moment: before anything was answered."""
    monkeypatch.setattr(failures, "AFTER_FAULT", 0.001)
    echo.refuse = lambda _prompt, before: refusal(statuses[before]) if before < 2 else None
    assert texts(ask_many(["a"], show="none")) == ["echo a"]


def test_a_wrong_key_is_not_sent_a_thousand_times(echo: Echo) -> None:
    """After three refusals for a reason that is not the row's, the rest gets the same error unsent."""
    echo.refuse = lambda _prompt, _time: refusal(401, "invalid_api_key")
    answers = ask_many([str(i) for i in range(1000)], concurrency=2, show="none")
    assert len(answers) == 1000
    assert all(isinstance(answer.error, AuthenticationError) for answer in answers)
    assert sum(echo.asked.values()) <= 5


@pytest.mark.parametrize("status", [None, 502, 504])
def test_a_server_that_is_down_is_not_tried_a_thousand_times(
    echo: Echo, monkeypatch: pytest.MonkeyPatch, status: int | None
) -> None:
    """Nobody listens, or only a gateway does: after three rows alike the rest gets the same error unsent."""
    monkeypatch.setattr(failures, "AFTER_FAULT", 0.001)
    if status is None:
        monkeypatch.setenv("NEOSANTARA_BASE_URL", "http://127.0.0.1:9/v1")
    echo.refuse = lambda _prompt, _time: refusal(status or 500)
    began = time.monotonic()
    answers = ask_many([str(i) for i in range(1000)], concurrency=2, show="none")
    assert len(answers) == 1000
    assert all(answer.error is not None for answer in answers)
    assert len({str(answer.error) for answer in answers[6:]}) == 1
    assert sum(echo.asked.values()) <= 5 * 3
    assert time.monotonic() - began < 20


def test_a_generator_is_read_as_rows_are_needed(echo: Echo) -> None:
    """Not ahead of the rows in flight, and in the thread that called."""
    read: list[int] = []
    ahead: list[int] = []
    threads = set()

    def prompts() -> Iterator[str]:
        for i in range(20):
            read.append(i)
            threads.add(threading.get_ident())
            yield str(i)

    def look(_prompt: str, _time: int) -> None:
        ahead.append(len(read) - sum(echo.asked.values()))

    echo.refuse = look  # type: ignore[assignment]
    assert len(ask_many(prompts(), concurrency=2, show="none")) == 20
    assert max(ahead) <= 3
    assert threads == {threading.get_ident()}


def test_the_budget_stops_the_sending(echo: Echo, monkeypatch: pytest.MonkeyPatch) -> None:
    """Rows that could pass it are not sent; what those in flight may cost is set aside."""
    monkeypatch.setenv("NEOSANTARA_BUDGET_IDR", "10")
    workspace = public.surroundings()[0]
    price = {"currency": "IDR", "input": 1000, "output": 1000}
    workspace.models = read_models([{"id": "nusantara-base", "pricing": price}])
    echo.headers = {"x-neosantara-billed-idr": "1"}
    answers = ask_many([str(i) for i in range(20)], max_tokens=2000, show="none")
    sent = [answer for answer in answers if answer.error is None]
    assert sum(echo.asked.values()) == len(sent) == 8
    assert all(isinstance(answer.error, BudgetExceededError) for answer in answers if answer not in sent)
    assert workspace.ledger.total.cost.amount == 8


def test_the_budget_counts_within_a_row(echo: Echo, monkeypatch: pytest.MonkeyPatch) -> None:
    """A row whose first answer used the budget up is not repaired; its text is kept, and no row follows."""
    monkeypatch.setenv("NEOSANTARA_BUDGET_IDR", "5")
    echo.headers = {"x-neosantara-billed-idr": "5"}
    schema = {"type": "object", "properties": {"a": {"type": "integer"}}, "required": ["a"]}
    first, second = ask_many(["1", "2"], schema=schema, concurrency=1, show="none")
    assert isinstance(first.error, BudgetExceededError)
    assert "Rp 5 spent so far; this request was not sent" in str(first.error)
    assert first.text
    assert isinstance(second.error, BudgetExceededError)
    assert sum(echo.asked.values()) == 1


def test_stop_keeps_what_is_done_and_hangs_up(echo: Echo, service: ScriptedServer) -> None:
    """Ctrl-C while rows hang: their connections are closed, the answers so far are in the exception."""

    def hang(prompt: str, _time: int) -> None:
        if prompt in ("5", "6"):
            if sum(echo.asked.values()) >= 7:
                os.kill(os.getpid(), signal.SIGINT)
            time.sleep(30)

    echo.refuse = hang  # type: ignore[assignment]
    began = time.monotonic()
    with pytest.raises(Stopped) as caught:
        ask_many([str(i) for i in range(9)], concurrency=2, show="none")
    assert time.monotonic() - began < 20
    answers = caught.value.answers  # type: ignore[attr-defined]
    assert texts(answers)[:5] == [f"echo {i}" for i in range(5)]
    assert all(answer.stopped for answer in answers[5:])
    assert "after 5 rows" in str(caught.value)


@dataclass
class City:
    """What a row is asked for."""

    name: str
    people: int


def test_a_schema_gives_data_for_each_row(echo: Echo) -> None:
    """Validated one by one; what does not fit is asked for once more, then it is that row's failure."""
    echo.say = lambda prompt: '{"name": "Medan", "people": 2}' if prompt in "ac" else "no idea"
    answers = ask_many(["a", "b", "c"], schema=City, show="none")
    assert [answer.parsed for answer in answers] == [City("Medan", 2), None, City("Medan", 2)]
    assert isinstance(answers[1].error, SchemaError)
    assert len(echo.bodies) == 4


class PanicException(BaseException):
    pass


class Odd:
    """Data whose own code fails."""

    def __str__(self) -> str:
        raise PanicException("mute")

    __repr__ = __str__


def test_user_code_that_panics_costs_its_own_row_only(echo: Echo, tmp_path: Path) -> None:
    """A validator, or data that cannot be written: the other rows are answered, and what came is kept."""

    def read(value: str) -> Any:
        if value == "b":
            raise PanicException("no b")
        return Odd() if value == "c" else value

    echo.say = lambda prompt: json.dumps({"value": prompt if len(prompt) == 1 else "b"})
    kind = Annotated[Any, BeforeValidator(read)]
    answers = ask_many(["a", "b", "c"], schema=kind, show="none", out=tmp_path / "answers.jsonl")
    assert [type(answer.parsed) for answer in answers] == [str, type(None), Odd]
    assert "PanicException: no b" in str(answers[1].error)


def test_a_source_that_panics_leaves_what_was_answered(echo: Echo) -> None:
    """As with any other error of its rows."""

    def rows() -> Iterator[str]:
        yield "a"
        raise PanicException

    with pytest.raises(PanicException) as caught:
        ask_many(rows(), show="none")
    assert [answer.text for answer in caught.value.answers] == ["echo a"]  # type: ignore[attr-defined]


def test_no_prompts_are_no_answers(echo: Echo) -> None:
    """An empty list is a list."""
    assert ask_many([], show="none") == []
    assert not echo.asked


def test_the_last_word_is_a_line(capsys: pytest.CaptureFixture[str], echo: Echo) -> None:
    """Rows, tokens and cost, and the first failure by name."""
    echo.headers = {"x-neosantara-billed-idr": "1.5"}
    echo.refuse = lambda prompt, _time: refusal(400) if prompt == "b" else None
    ask_many(["a", "b", "c"])
    first, second = capsys.readouterr().err.strip().splitlines()[-2:]
    assert first == "3 rows: 2 answered, 1 failed · 6 tokens in, 4 out · Rp 3"
    assert second.startswith("The first failure: ")


def test_an_unknown_price_is_not_free(capsys: pytest.CaptureFixture[str], echo: Echo) -> None:
    """A server that reports no usage: the closing line says so, and names no amount."""
    said = {"type": "message", "role": "assistant", "content": [{"type": "output_text", "text": "x"}]}
    body = {"id": "resp_1", "status": "completed", "model": "m", "output": [said]}
    echo.refuse = lambda _prompt, _time: WireAnswer(200, JSON, [json.dumps(body).encode()])
    ask_many(["a", "b"])
    assert capsys.readouterr().err.strip().splitlines()[-1] == "2 rows: 2 answered · 2 without a known price"


def test_the_bar_tells_rate_time_and_rupiah() -> None:
    """A row that was in the file already says nothing of how fast the others are."""
    now = 0.0
    progress = Progress(3600, None, lambda: 12.3, clock=lambda: now)
    tally = Tally(asked=90, kept=10, failed=30, cost=Cost(1234.0, unpriced=2))
    now = 60.0
    assert progress._state(tally) == (
        "130 of 3,600 rows · 2.0/s · 28:55 left · Rp 1,234 · 2 without a known price · 30 failed · limit reached, waiting 12 s"
    )
    assert Progress(None, None, lambda: 0.0, clock=lambda: now)._state(Tally()) == "0 rows"
    for pause, shows in ((60.0, True), (0.0, False)):  # before its first row has ended, a batch tells only of a wait
        waiting = Progress(10, None, lambda pause=pause: pause, clock=lambda: now)
        waiting.show(Tally())
        assert (waiting._painted == now) is shows
    slow = Progress(100_000, None, lambda: 0.0, clock=lambda: now)
    now = 120.0
    assert slow._state(Tally(asked=30)) == "30 of 100,000 rows · 30.0/min · 55:32:20 left · Rp 0"


def test_the_ledger_counts_a_batch(echo: Echo) -> None:
    """As single questions, row by row."""
    ask_many(["a", "b"], show="none")
    (row,) = public.surroundings()[0].ledger.rows()
    assert (row.conversation, row.calls, row.input_tokens) == (None, 2, 6)


def test_a_refused_first_row_leaves_the_error_alone(echo: Echo, capsys: pytest.CaptureFixture[str]) -> None:
    """No "0 rows" above the error when nothing was asked."""
    with pytest.raises(UsageError):
        ask_many(["", "a"])
    assert "0 rows" not in capsys.readouterr().err
    assert not echo.asked


def test_rows_that_end_in_an_error_leave_what_was_answered(echo: Echo) -> None:
    """It was paid for, so the error carries it, whoever raised it."""

    def rows() -> Iterator[str]:
        yield from "abc"
        raise ValueError("the source broke")

    with pytest.raises(ValueError, match="the source broke") as caught:
        ask_many(rows(), show="none")
    assert [answer.text for answer in caught.value.answers] == ["echo a", "echo b", "echo c"]  # type: ignore[attr-defined]
    assert sum(echo.asked.values()) == 3


@pytest.mark.parametrize(
    ("given", "flags", "told"),
    [
        ("one prompt", {}, "many prompts, not a value of type str"),
        (7, {}, "not a value of type int"),
        (["a", 7], {"template": None}, None),
        ([7], {}, "must be text, not int"),
        (["a"], {"conversation": "main"}, "ask_many() takes no conversation="),
        (["a"], {"dry_run": True}, "ask_many() takes no dry_run="),
        (["a"], {"concurrency": 0}, "concurrency"),
        (["a"], {"modle": "x"}, "model"),
        (["a"], {"executor": 4}, "int is no executor"),
        (["a"], {"out": 4}, "out"),
        ([{"x": 1, "y": 2}], {}, "none is called prompt"),
        ([{"x": 1}], {"template": "{{ row.z }}"}, "z"),
        ([" "], {}, "blank"),
    ],
)
def test_bad_input_is_refused_before_anything_is_sent(
    echo: Echo, given: object, flags: dict[str, object], told: str | None
) -> None:
    """Two lines; but a row that is bad further down is that row's failure."""
    if told is None:
        answers = ask_many(given, show="none", **flags)  # type: ignore[arg-type]
        assert isinstance(answers[1].error, UsageError)
        return
    with pytest.raises(UsageError) as caught:
        ask_many(given, show="none", **flags)  # type: ignore[arg-type]
    assert told in str(caught.value)
    assert not echo.asked


NOTHING = ["", "  ", "\n\t", None, float("nan"), pd.NA, pd.NaT]


@pytest.mark.parametrize("nothing", NOTHING, ids=repr)
@pytest.mark.parametrize(
    "template", ["{{ row.text }}", "Translate: {{ row.text }}", "In {{ tone }} words: {{ row['text'] }}"]
)
def test_a_row_that_holds_nothing_is_told_and_not_sent(
    echo: Echo, template: str, nothing: object, monkeypatch: pytest.MonkeyPatch
) -> None:
    """In its place, first or last; the others are asked."""
    monkeypatch.setattr(sys.modules["__main__"], "tone", "few", raising=False)
    for rows in ([nothing, "a", nothing], ["a", nothing, "b"]):
        answers = ask_many([{"text": text} for text in rows], template=template, show="none", out=None)
        for text, answer in zip(rows, answers, strict=True):
            assert (answer.error is None) == (text is not nothing), answer
        assert echo.asked.total() == sum(text is not nothing for text in rows)
        echo.asked.clear()


@pytest.mark.parametrize("nothing", NOTHING, ids=repr)
def test_a_prompt_that_holds_nothing_is_told_and_not_sent(echo: Echo, nothing: object) -> None:
    """Also without a template, and in a column of a frame."""
    for rows in (["a", nothing], pd.DataFrame({"prompt": pd.Series(["a", nothing], dtype=object)})):
        answers = ask_many(rows, show="none")
        assert isinstance(answers[1].error, UsageError)
        assert answers[0].error is None
    assert echo.asked.total() == 2


def test_a_template_that_speaks_for_an_empty_cell_is_asked(echo: Echo) -> None:
    """What the expression makes of the row counts, not what the cell holds; zero and False are something."""
    answers = ask_many([{"t": ""}, {"t": "x"}], template="Say {{ row.t or 'nothing' }}", show="none")
    answers += ask_many([{"n": 0}, {"n": False}], template="Say {{ row.n }}", show="none")  # type: ignore[operator]
    assert [answer.error for answer in answers] == [None] * 4
