"""Sending through executors: one file, one limit, and no row lost when workers die."""

from __future__ import annotations

import multiprocessing
import os
import pickle
import signal
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import Executor, Future, ProcessPoolExecutor, ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest

from batch_servers import Echo, refusal
from neosantara_magic import APIConnectionError, BadRequestError, RateLimitError, ask_many, public
from neosantara_magic.batch.sending import send_one
from neosantara_magic.messages import user_message
from neosantara_magic.request import Request
from wire.server import ScriptedServer

pytestmark = pytest.mark.slow  # the matrix leaves it out

PROMPTS = [f"p{i}" for i in range(8)]
EXPECTED = [f"echo {prompt}" for prompt in PROMPTS]
REQUEST = Request("m", "responses", (user_message("a"),))


@pytest.fixture(scope="module")
def processes() -> Iterator[ProcessPoolExecutor]:
    """Give two worker processes that share nothing with this one."""
    with ProcessPoolExecutor(2, multiprocessing.get_context("spawn")) as pool:
        yield pool


def texts(prompts: Any, executor: Executor, **how: Any) -> list[str]:
    """Ask through an executor; return the texts."""
    return [answer.text for answer in ask_many(prompts, executor=executor, show="none", **how)]


class Mortal(Executor):
    """Runs calls in this process; those that ``dies`` names end as if their worker had died."""

    def __init__(self, dies: Callable[[int], BaseException | None]) -> None:
        self._dies, self._pool, self.calls, self._lock = dies, ThreadPoolExecutor(4), 0, threading.Lock()

    def submit(self, fn: Callable[..., Any], /, *args: Any, **kwargs: Any) -> Future[Any]:
        with self._lock:
            number, self.calls = self.calls, self.calls + 1

        def call() -> Any:
            death = self._dies(number)
            if death is not None:
                raise death
            return pickle.loads(pickle.dumps(fn(*pickle.loads(pickle.dumps(args)), **kwargs)))  # noqa: S301

        return self._pool.submit(call)


@pytest.mark.slow
def test_processes_send(service: ScriptedServer, echo: Echo, processes: ProcessPoolExecutor, tmp_path: Path) -> None:
    """Real ones: answers in order, errors with all they know, one file, which a later run continues."""
    echo.refuse = lambda prompt, _time: refusal(400, x_request_id="req_7") if prompt == "p3" else None
    out = tmp_path / "answers.jsonl"
    answers = ask_many(PROMPTS, executor=processes, out=out, show="none")
    assert [answer.text for answer in answers if answer.error is None] == [t for t in EXPECTED if t != "echo p3"]
    assert isinstance(answers[3].error, BadRequestError)
    assert (answers[3].error.status, answers[3].error.request_id) == (400, "req_7")
    echo.refuse = lambda _prompt, _time: None
    assert texts(PROMPTS, processes, out=out) == EXPECTED
    assert sum(echo.asked.values()) == len(PROMPTS) + 1
    assert service.requests[0].header("authorization") == "Bearer nsk_batch_secret"


@pytest.mark.slow
def test_one_limit_holds_for_all_processes(service: ScriptedServer, echo: Echo, processes: ProcessPoolExecutor) -> None:
    """The driver waits; a worker that is refused tells it so and is free."""
    echo.refuse = lambda _prompt, before: refusal(429, "rpm_exceeded", retry_after="0.02") if before < 3 else None
    assert texts(PROMPTS, processes) == EXPECTED
    assert set(echo.asked.values()) == {4}


@pytest.mark.slow
def test_a_process_that_is_killed_costs_nothing(
    service: ScriptedServer, echo: Echo, capsys: pytest.CaptureFixture[str]
) -> None:
    """The standard library's pool is broken for good then; the rest is sent from here, and that is said once."""
    with ProcessPoolExecutor(2, multiprocessing.get_context("spawn")) as pool:

        def kill(prompt: str, before: int) -> None:
            if prompt == "p2" and not before:
                os.kill(next(iter(pool._processes)), signal.SIGKILL)

        echo.refuse = kill  # type: ignore[assignment]
        assert texts(PROMPTS, pool) == EXPECTED
    assert capsys.readouterr().err.count("The executor broke") == 1


@pytest.mark.usefixtures("service")
def test_a_call_whose_worker_died_is_made_again() -> None:
    """Whatever class the executor has for that."""

    class KilledWorker(Exception):  # noqa: N818  (Dask's name)
        pass

    executor = Mortal(lambda number: KilledWorker("worker died") if number % 3 == 0 else None)
    assert texts(PROMPTS, executor) == EXPECTED


def test_workers_that_keep_dying_fail_the_row(service: ScriptedServer, monkeypatch: pytest.MonkeyPatch) -> None:
    """Bounded, and it says what the executor said."""
    monkeypatch.setattr("neosantara_magic.api.failures.AFTER_FAULT", 0.0)
    executor = Mortal(lambda _number: RuntimeError("no module named neosantara_magic"))
    (answer,) = ask_many(["a"], executor=executor, show="none")
    assert isinstance(answer.error, APIConnectionError)
    assert "no module named neosantara_magic" in str(answer.error)
    assert executor.calls <= 9
    assert not service.requests


@pytest.mark.usefixtures("service")
def test_no_two_calls_are_alike(echo: Echo) -> None:
    """An executor may take equal calls for one, as Dask does; the same prompt twice is two questions all the same."""
    seen: dict[bytes, Future[Any]] = {}

    class Pure(ThreadPoolExecutor):
        def submit(self, fn: Callable[..., Any], /, *args: Any, **kwargs: Any) -> Future[Any]:
            call = pickle.dumps(args)
            seen[call] = seen.get(call) or super().submit(fn, *args, **kwargs)
            return seen[call]

    assert texts(["a", "a", "b"], Pure(1), concurrency=1) == ["echo a", "echo a", "echo b"]
    assert echo.asked == {"a": 2, "b": 1}


@pytest.mark.usefixtures("service")
def test_an_executor_that_was_shut_down_is_left_at_once(capsys: pytest.CaptureFixture[str]) -> None:
    """As a broken one: no row waits for what can't come back."""
    pool = ThreadPoolExecutor(2)
    pool.shutdown()
    assert texts(PROMPTS, pool) == EXPECTED
    assert capsys.readouterr().err == (
        "The executor broke (cannot schedule new futures after shutdown);"
        " the remaining rows are sent from this process.\n"
    )


def test_the_key_is_shown_nowhere(service: ScriptedServer, echo: Echo) -> None:
    """Not in what a scheduler may print of a task: its arguments, its result, its errors."""
    public._script.clear()
    connection = public.surroundings()[0].service().connection
    echo.refuse = lambda _prompt, _time: refusal(429)
    sent = send_one(connection, REQUEST, "en")
    assert isinstance(sent[1], RateLimitError)
    assert "nsk_batch_secret" not in repr((connection, REQUEST, sent)) + str(sent[1])
    assert b"nsk_batch_secret" not in pickle.dumps(sent)
    assert pickle.loads(pickle.dumps(connection)) == connection  # noqa: S301


def test_a_worker_keeps_its_connection(service: ScriptedServer, echo: Echo) -> None:
    """Two calls of one worker make one client."""
    from neosantara_magic.batch import sending

    connection = public.surroundings()[0].service().connection
    sending._client.cache_clear()
    send_one(connection, REQUEST, "en")
    send_one(pickle.loads(pickle.dumps(connection)), REQUEST, "en")  # noqa: S301
    assert sending._client.cache_info().misses == 1
    sending._client(connection).close()


def test_the_demo_answers_in_workers_too(monkeypatch: pytest.MonkeyPatch) -> None:
    """Without key and network."""
    monkeypatch.setenv("NEOSANTARA_DEMO", "1")
    public._script.clear()
    assert all(texts(["Halo", "Apa kabar?"], Mortal(lambda _number: None)))
    public._script.clear()


@pytest.mark.slow
@pytest.mark.filterwarnings("default")
def test_a_dask_cluster_sends(service: ScriptedServer, echo: Echo, tmp_path: Path) -> None:
    """Two worker processes, one of them killed on the way: Dask starts another, and each row stands once."""
    distributed = pytest.importorskip(
        "dask.distributed", reason="Dask is not installed: pip install 'dask[distributed]'"
    )
    with distributed.LocalCluster(n_workers=2, threads_per_worker=2, dashboard_address=None) as cluster:
        client = cluster.get_client()
        prompts = [f"p{i}" for i in range(40)]

        def kill(prompt: str, before: int) -> None:
            if prompt == "p10" and not before:
                os.kill(next(iter(cluster.workers.values())).pid, signal.SIGKILL)

        echo.refuse = kill  # type: ignore[assignment]
        out = tmp_path / "answers.jsonl"
        assert texts(prompts, client.get_executor(), out=out) == [f"echo {prompt}" for prompt in prompts]
        assert out.read_bytes().count(b"\n") == 40
        texts(["again"] * 3, client.get_executor())
        assert echo.asked["again"] == 3  # Dask runs what it takes for the same call only once
        client.close()
        closed = client.get_executor()
        (answer,) = ask_many(["a"], executor=closed, show="none")
        assert isinstance(answer.error, APIConnectionError)


@pytest.mark.slow
@pytest.mark.filterwarnings("default")
def test_an_ipyparallel_cluster_sends(service: ScriptedServer) -> None:
    """Two engines."""
    parallel = pytest.importorskip("ipyparallel", reason="ipyparallel is not installed")
    with parallel.Cluster(n=2) as engines:
        assert texts(PROMPTS, engines.executor()) == EXPECTED
