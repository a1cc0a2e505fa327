"""The magic against what aimock can do beside plain answers: reasoning, blocks, faults, keys, turns, searches."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from typing import Any

import pytest

from kernels import Kernel
from magic.spoken import KEY
from wire.aimock import Aimock

pytestmark = [pytest.mark.kernel, pytest.mark.node]

ENDPOINTS = pytest.mark.parametrize("api", ["responses", "chat"])
WAYS = pytest.mark.parametrize("way", ["", "--no-stream"])
SAID = "one two three four five six seven eight nine ten"
WEATHER = "asked = []\ndef get_weather(city: str) -> str:\n    'Weather of a city.'\n    asked.append(city)\n    return 'rain'"
CALL = {"name": "get_weather", "arguments": json.dumps({"city": "Bogor"})}

Start = Callable[..., Aimock]


@pytest.fixture
def start(kernel: Kernel, aimock: Callable[..., Aimock]) -> Start:
    """Give ``start(*responses)``: a server that answers each request with the next of these, and the extension on it."""

    def begin(*responses: dict[str, Any], match: dict[str, Any] | None = None, **how: Any) -> Aimock:
        alone = len(responses) == 1
        running = aimock(
            *(
                {"match": {"userMessage": "hello"} | ({} if alone else {"sequenceIndex": at}) | (match or {}), **one}
                for at, one in enumerate(responses)
            ),
            **how,
        )
        kernel.set_environment(NEOSANTARA_API_KEY=KEY, NEOSANTARA_BASE_URL=running.base_url)
        kernel.execute("%load_ext neosantara_magic")
        kernel.execute(WEATHER)
        return running

    return begin


def says(text: str = SAID, **more: Any) -> dict[str, Any]:
    """Return an answer; what is no part of it stands beside it in aimock's fixtures."""
    beside = ("truncateAfterChunks", "disconnectAfterMs", "streamingProfile", "chaos")
    outer = {name: more.pop(name) for name in beside if name in more}
    return {"response": {"content": text, **more}, **outer}


@ENDPOINTS
@WAYS
def test_reasoning(kernel: Kernel, start: Start, api: str, way: str) -> None:
    """It is kept apart from the answer, and does not go back as text."""
    running = start(says("It is 4.", reasoning="Two and two."))
    for prompt in ("hello", "hello again"):
        run = kernel.execute(f"%%neosantara -m o3-mini --api {api} {way}\n{prompt}", cell_id=prompt)
        assert run.error is None, run.error
        assert kernel.value("(_neosantara.text, _neosantara.reasoning)") == "('It is 4.', 'Two and two.')"
    assert "Two and two." not in json.dumps([request["body"] for request in running.requests])


@ENDPOINTS
@WAYS
@pytest.mark.parametrize("first", ["tool", "text"])
def test_text_and_calls_in_any_order(kernel: Kernel, start: Start, api: str, way: str, first: str) -> None:
    """A call before or between pieces of text is run once, and no text is lost."""
    call = {"type": "toolCall", **CALL}
    texts = [{"type": "text", "text": "Let me look."}, {"type": "text", "text": "A moment."}]
    blocks = [call, *texts] if first == "tool" else [texts[0], call, texts[1]]
    start({"response": {"blocks": blocks}}, says("Rain."))
    run = kernel.execute(f"%%neosantara --once --api {api} {way} --tools get_weather\nhello")
    assert run.error is None, run.error
    assert kernel.value("asked") == "['Bogor']"
    for text in ("Let me look.", "A moment.", "Rain."):
        assert text in run.answer


@WAYS
@pytest.mark.parametrize(
    ("api", "reason", "note"),
    [
        ("responses", "length", "cut at"),
        ("chat", "length", "cut at"),
        ("chat", "content_filter", "content filter"),  # on responses aimock says "failed", and no more
    ],
)
def test_an_ending_that_is_not_the_end(
    kernel: Kernel, start: Start, api: str, way: str, reason: str, note: str
) -> None:
    """It is said below the answer."""
    start(says(finishReason=reason))
    run = kernel.execute(f"%%neosantara --once --api {api} {way}\nhello")
    assert run.error is None, run.error
    assert SAID in run.answer
    assert note in run.answer
    assert kernel.value("_neosantara.finish_reason") == repr(reason)


@ENDPOINTS
@WAYS
def test_usage_and_model_are_the_servers(kernel: Kernel, start: Start, api: str, way: str) -> None:
    """They are not what we guess."""
    names = ("input_tokens", "output_tokens") if api == "responses" else ("prompt_tokens", "completion_tokens")
    start(says(usage=dict(zip(names, (1234, 56), strict=True)), model="org/other:7b"))
    kernel.execute(f"%%neosantara --once --api {api} {way}\nhello")
    assert kernel.value("(_neosantara.usage.input_tokens, _neosantara.usage.output_tokens)") == "(1234, 56)"
    assert kernel.value("_neosantara.model") == "'org/other:7b'"


@ENDPOINTS
@WAYS
@pytest.mark.parametrize("status", [429, 503])
def test_a_wait_that_is_asked_for(kernel: Kernel, start: Start, api: str, way: str, status: int) -> None:
    """It is waited for, and the answer comes."""
    refusal = {
        "response": {"error": {"message": "Later.", "type": "rate_limit_error"}, "status": status, "retryAfter": 1}
    }
    running = start(refusal, says())
    run = kernel.execute(f"%%neosantara --once --api {api} {way}\nhello")
    assert run.error is None, run.error
    assert len(running.requests) == 2
    assert SAID in run.answer


@ENDPOINTS
@WAYS
def test_an_error_has_its_request_id(kernel: Kernel, start: Start, api: str, way: str) -> None:
    """The id under which the server knows the request stands in the error."""
    start({"response": {"error": {"message": "Broken.", "type": "server_error"}, "status": 500}})
    run = kernel.execute(f"%%neosantara --once --api {api} {way}\nhello")
    assert run.error is not None
    assert "Broken." in run.error.value
    assert re.search(r"request id req-\S+", run.error.value)


@ENDPOINTS
@pytest.mark.parametrize("fault", [{"truncateAfterChunks": 9}, {"disconnectAfterMs": 500}])
def test_a_stream_that_breaks(kernel: Kernel, start: Start, api: str, fault: dict[str, int]) -> None:
    """The half is kept and marked, and does not pass for an answer."""
    start(says(SAID * 20, streamingProfile={"ttft": 10, "tps": 40}, **fault))
    run = kernel.execute(f"%%neosantara --once --api {api}\nhello")
    assert run.error is not None
    assert run.error.name == "StreamError"
    assert SAID.startswith(kernel.value("_neosantara.text[:8]").strip("'"))
    assert "incomplete" in run.answer


@ENDPOINTS
def test_a_stream_with_pauses(kernel: Kernel, start: Start, api: str) -> None:
    """A late first word and an uneven pace lose nothing."""
    start(says(streamingProfile={"ttft": 400, "tps": 40, "jitter": 0.5}))
    run = kernel.execute(f"%%neosantara --once --api {api}\nhello")
    assert run.error is None, run.error
    assert kernel.value("_neosantara.text") == repr(SAID)


@ENDPOINTS
@WAYS
@pytest.mark.parametrize("chaos", ["dropRate", "malformedRate", "disconnectRate"])
def test_chaos(kernel: Kernel, start: Start, api: str, way: str, chaos: str) -> None:
    """A dropped request, a damaged body, a connection that is gone: an error in two lines of a class of ours."""
    start(says(chaos={chaos: 1}))
    run = kernel.execute(f"%%neosantara --once --api {api} {way}\nhello")
    assert run.error is not None
    expected = {
        "dropRate": "InternalServerError",
        "malformedRate": "StreamError",
        "disconnectRate": "APIConnectionError",
    }
    assert run.error.name == expected[chaos]
    assert len(run.error.value.splitlines()) == 2


@ENDPOINTS
def test_a_limit_by_chaos(kernel: Kernel, start: Start, api: str) -> None:
    """Refused every time: waited for twice, then told."""
    running = start(says(chaos={"rateLimitRate": 1}))
    run = kernel.execute(f"%%neosantara --once --api {api}\nhello")
    assert run.error is not None
    assert run.error.name == "RateLimitError"
    assert len(running.requests) == 3


@ENDPOINTS
def test_the_second_turn_is_a_second_turn(kernel: Kernel, aimock: Callable[..., Aimock], api: str) -> None:
    """A server that keeps nothing, and answers by the turns it is shown, is shown both."""
    turns = (
        {"match": {"turnIndex": at}, "response": {"content": said}} for at, said in enumerate(("First.", "Second."))
    )
    running = aimock(*turns)
    kernel.set_environment(NEOSANTARA_API_KEY=KEY, NEOSANTARA_BASE_URL=running.base_url)
    kernel.execute("%load_ext neosantara_magic")
    for at, said in enumerate(("First.", "Second.")):
        run = kernel.execute(f"%%neosantara --api {api}\nhello", cell_id=f"turn{at}")
        assert run.error is None, run.error
        assert run.answer.startswith(said)
    assert ("keeps no conversations" in run.answer) is (api == "responses")


@ENDPOINTS
@WAYS
def test_a_key_it_does_not_know(kernel: Kernel, start: Start, api: str, way: str) -> None:
    """The error says whose key it is, and does not show it."""
    start(says(), keys="another")
    run = kernel.execute(f"%%neosantara --once --api {api} {way}\nhello")
    assert run.error is not None
    assert run.error.name == "AuthenticationError"
    assert KEY not in str(run.error)
    assert "127.0.0.1" in run.error.value


@ENDPOINTS
@WAYS
def test_arguments_that_are_no_json(kernel: Kernel, start: Start, api: str, way: str) -> None:
    """The model hears it, and the function does not run."""
    running = start({"response": {"toolCalls": [{"name": "get_weather", "arguments": '{"city": "Bo'}]}}, says("Sorry."))
    run = kernel.execute(f"%%neosantara --once --api {api} {way} --tools get_weather\nhello")
    assert run.error is None, run.error
    assert kernel.value("asked") == "[]"
    assert "not valid JSON" in json.dumps(running.requests[-1]["body"])
    assert "Sorry." in run.answer


@ENDPOINTS
@WAYS
def test_what_it_reads_of_a_request(kernel: Kernel, start: Start, api: str, way: str) -> None:
    """Instructions and the result of a tool stand where another implementation looks for them."""
    start(
        {"match": {"userMessage": "hello", "hasToolResult": False}, "response": {"toolCalls": [CALL]}},
        {"match": {"toolResultContains": "rain", "systemMessage": "Be brief."}, "response": {"content": "Wet."}},
    )
    run = kernel.execute(f"%%neosantara --once --api {api} {way} --system 'Be brief.' --tools get_weather\nhello")
    assert run.error is None, run.error
    assert "Wet." in run.answer


@WAYS
def test_a_search_of_the_server(kernel: Kernel, start: Start, way: str) -> None:
    """What it searched for is shown and kept."""
    start(says(webSearches=["weather in Bogor"]))
    run = kernel.execute(f"%%neosantara --once --web --api responses {way}\nhello")
    assert run.error is None, run.error
    assert "weather in Bogor" in run.answer
    assert "weather in Bogor" in kernel.value("_neosantara.service_calls")
