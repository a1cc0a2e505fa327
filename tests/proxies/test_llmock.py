"""Our client against ``llmock``, which fails on purpose and then says what it holds against its client.

It knows retries only: it takes a stream that was cut and not asked for again for one that was believed, and a cell that ends
with an error, by our design, for one that gave up. What the user sees is checked beside its verdict.
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from kernels import Kernel
from wire.foreign import Llmock

pytestmark = pytest.mark.server
ENDPOINTS = pytest.mark.parametrize("api", ["responses", "chat"])
WAYS = pytest.mark.parametrize("way", ["", "--no-stream"])


@pytest.fixture
def asking(kernel: Kernel, llmock: Llmock) -> Kernel:
    """Give a kernel with the extension loaded and the server's address; no key."""
    kernel.set_environment(NEOSANTARA_BASE_URL=llmock.base_url, NEOSANTARA_MODEL="org/model:1")
    kernel.execute("%load_ext neosantara_magic")
    kernel.execute("import neosantara_magic as n")
    kernel.execute("def get_weather(city: str) -> str:\n    'Weather of a city.'\n    return 'rain'")
    return kernel


def fail(status: int, times: int | None = 1, **more: Any) -> dict[str, Any]:
    """Return the scenario of an error."""
    return {"type": "fail", "status": status, "times": times, **more}


def cut(kind: str, after: int, **more: Any) -> dict[str, Any]:
    """Return the scenario of a stream that breaks after so many events."""
    return {"type": "stream_fault", "kind": kind, "after_chunks": after, **more}


def statuses(llmock: Llmock) -> list[int]:
    """Return the status of each answer it gave."""
    return [request["status"] for request in llmock.requests]


@ENDPOINTS
@WAYS
@pytest.mark.parametrize("status", [429, 503])
def test_a_wait_is_kept(asking: Kernel, llmock: Llmock, api: str, way: str, status: int) -> None:
    """Refused twice, each time for a second: the third request comes no sooner and is answered."""
    llmock.script(fail(status, 2, retry_after=1))
    run = asking.execute(f"%%neosantara --once --api {api} {way}\nhello")
    assert run.error is None, run.error
    assert statuses(llmock) == [status, status, 200]
    assert llmock.findings == []


@ENDPOINTS
@WAYS
@pytest.mark.parametrize(
    ("status", "name"),
    [
        (400, "BadRequestError"),
        (401, "AuthenticationError"),
        (402, "InsufficientBalanceError"),
        (403, "PermissionDeniedError"),
        (404, "NotFoundError"),
        (405, "APIStatusError"),
        (413, "RequestTooLargeError"),
        (418, "APIStatusError"),
        (422, "UnprocessableEntityError"),
    ],
)
def test_a_refusal_is_told_at_once(asking: Kernel, llmock: Llmock, api: str, way: str, status: int, name: str) -> None:
    """One request, an error of its class with the server's status; nobody is sent to the service for a server of one's own."""
    llmock.script(fail(status))
    run = asking.execute(f"%%neosantara --once --api {api} {way}\nhello")
    assert run.error is not None
    assert run.error.name == name
    assert str(status) in run.error.value
    assert "neosantara.xyz" not in run.error.value
    assert "support" not in run.error.value
    assert statuses(llmock) == [status]
    assert llmock.findings == []


@ENDPOINTS
@WAYS
@pytest.mark.parametrize("status", [408, 409, 500, 502, 504, 529])
def test_a_failure_is_told_at_once(asking: Kernel, llmock: Llmock, api: str, way: str, status: int) -> None:
    """A cell leaves it to its user to ask again, who may have paid already; a batch does not, see below."""
    llmock.script(fail(status))
    run = asking.execute(f"%%neosantara --once --api {api} {way}\nhello")
    assert run.error is not None
    assert f"({status})" in run.error.value
    assert "again" in run.error.value
    assert llmock.findings == ["gave_up"]


@ENDPOINTS
@WAYS
def test_too_long_a_request(asking: Kernel, llmock: Llmock, api: str, way: str) -> None:
    """What does not fit is refused in words that help."""
    llmock.script()
    run = asking.execute(f"%%neosantara --once --api {api} {way}\n" + "kata " * 4000)
    assert run.error is not None
    assert "--new" in run.error.value
    assert llmock.findings == []


@ENDPOINTS
@pytest.mark.parametrize("after", [0, 1, 6])
@pytest.mark.parametrize("kind", ["disconnect", "truncate", "malformed"])
def test_a_stream_that_breaks(asking: Kernel, llmock: Llmock, api: str, kind: str, after: int) -> None:
    """No broken stream passes for an answer; what had come is kept, and marked as incomplete."""
    said = "one two three four five six seven eight nine ten"
    llmock.script({"type": "reply", "text": said}, cut(kind, after))
    run = asking.execute(f"%%neosantara --once --api {api}\nhello")
    assert run.error is not None
    assert run.error.name == "StreamError"
    assert len(llmock.requests) == 1
    kept = asking.value("_neosantara.text")
    assert bool(len(kept) > 2) is (after == 6)
    assert after != 6 or ("one two" in kept and "incomplete" in run.answer)


@ENDPOINTS
def test_a_stream_that_stalls(asking: Kernel, llmock: Llmock, api: str) -> None:
    """Nobody sits through it: it ends after `timeout` seconds of silence, and its half is kept. A shorter one does no harm."""
    said = {"type": "reply", "text": "one two three four five six seven eight nine ten"}
    llmock.script(said, cut("stall", 5, stall_seconds=20))
    begun = time.monotonic()
    run = asking.execute(f"%%neosantara --once --api {api} --timeout 1\nhello")
    assert time.monotonic() - begun < 10
    assert run.error is not None
    assert run.error.name == "APITimeoutError"
    assert "one" in asking.value("_neosantara.text")
    assert llmock.findings == []
    llmock.script(said, cut("stall", 5, stall_seconds=0.5))
    run = asking.execute(f"%%neosantara --once --api {api} --timeout 5\nhello")
    assert run.error is None, run.error
    assert "nine ten" in run.answer


@ENDPOINTS
@pytest.mark.parametrize("scenario", [{"type": "delay", "seconds": 0.5}, {"type": "slow_first_token", "seconds": 0.5}])
def test_a_slow_server(asking: Kernel, llmock: Llmock, api: str, scenario: dict[str, Any]) -> None:
    """It is waited for."""
    llmock.script(scenario, {"type": "reply", "text": "At last."})
    run = asking.execute(f"%%neosantara --once --api {api}\nhello")
    assert run.error is None, run.error
    assert "At last." in run.answer
    assert llmock.findings == []


@ENDPOINTS
@WAYS
@pytest.mark.parametrize(
    ("kind", "told"), [("malformed_arguments", "not valid JSON"), ("unknown_tool", "There is no tool named")]
)
def test_a_broken_tool_call(asking: Kernel, llmock: Llmock, api: str, way: str, kind: str, told: str) -> None:
    """The model hears what was wrong and answers; the function does not run."""
    llmock.script({"type": "tool_fault", "kind": kind})
    run = asking.execute(f"%%neosantara --once --api {api} {way} --tools get_weather\nWeather?")
    assert run.error is None, run.error
    assert told in asking.value("_neosantara.tool_calls[0].result")
    assert len(llmock.requests) == 2
    assert llmock.findings == []


@ENDPOINTS
def test_a_call_in_a_stream_that_is_cut(asking: Kernel, llmock: Llmock, api: str) -> None:
    """It does not run."""
    call = {"type": "reply", "tool_calls": [{"name": "get_weather", "arguments": {"city": "Bogor"}}]}
    llmock.script(call, cut("truncate", 4))
    run = asking.execute(f"%%neosantara --once --api {api} --tools get_weather\nWeather?")
    assert run.error is not None
    assert "not finished" in run.answer
    assert len(llmock.requests) == 1


@ENDPOINTS
@pytest.mark.parametrize("status", [408, 409, 429, 500, 502, 503, 529])
def test_a_batch_asks_again(asking: Kernel, llmock: Llmock, api: str, status: int) -> None:
    """Failures in passing cost no row, and the pauses are such as a server wants them."""
    llmock.script(fail(status, 2, **({"retry_after": 1} if status in (429, 503) else {})))
    asking.execute(f"rows = n.ask_many([f'Say {{i}}.' for i in range(4)], api='{api}')")
    assert asking.value("[row.error for row in rows]") == "[None, None, None, None]"
    assert llmock.findings == []


@ENDPOINTS
def test_a_batch_against_a_server_that_stays_down(asking: Kernel, llmock: Llmock, api: str) -> None:
    """Each row gets its error after three requests, with pauses that grow."""
    llmock.script(fail(500, None))
    asking.execute(f"rows = n.ask_many([f'Say {{i}}.' for i in range(2)], api='{api}')")
    assert asking.value("{type(row.error).__name__ for row in rows}") == "{'InternalServerError'}"
    assert len(llmock.requests) == 6
    assert llmock.findings == []


@pytest.fixture
def limited(_installed: None, tmp_path: Path) -> Iterator[Llmock]:
    """Give a server that takes ten requests at once and then one every six seconds."""
    with Llmock(tmp_path, "--rpm", "10") as running:
        yield running


def test_a_batch_keeps_a_real_quota(kernel: Kernel, limited: Llmock) -> None:
    """Twelve rows, of which two have to wait for the quota: all are answered, and none comes too soon."""
    kernel.set_environment(NEOSANTARA_BASE_URL=limited.base_url, NEOSANTARA_MODEL="org/model:1")
    kernel.execute("%load_ext neosantara_magic")
    kernel.execute("from neosantara_magic import ask_many")
    kernel.execute("rows = ask_many([f'Say {i}.' for i in range(12)])")
    assert kernel.value("[row.error for row in rows if row.error]") == "[]"
    assert statuses(limited).count(200) == 12
    assert limited.findings == []
