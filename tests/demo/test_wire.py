"""The demo's side of the wire, through a socket: both endpoints, whole and streamed, stored and not."""

from __future__ import annotations

import http.client
import json
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from demo.talking import calls_of, chat, request, responses, stream, text_of
from neosantara_magic.api.wire import WireRequest
from neosantara_magic.demo.server import DemoServer
from wire.server import ScriptedServer

PROMPTS = ["Explain linear regression", "Jelaskan regresi linear", "Tell me a joke", "Say hi"]


@pytest.mark.parametrize("prompt", PROMPTS)
def test_a_chat_completion_streams_to_the_same_text(demo_server: ScriptedServer, prompt: str) -> None:
    """Deltas, the finish reason, the usage chunk without choices and ``[DONE]``, in this order."""
    messages = [{"role": "user", "content": prompt}]
    whole = chat(demo_server, prompt)
    events = stream(demo_server, "/v1/chat/completions", messages=messages, stream_options={"include_usage": True})
    deltas = [event["choices"][0]["delta"] for event in events[:-2]]
    assert "".join(delta.get("content", "") for delta in deltas) == text_of(whole)
    assert events[-3]["choices"][0]["finish_reason"] == "stop"
    assert (events[-2]["choices"], events[-2]["usage"]) == ([], whole["usage"])
    assert events[-1] == "[DONE]"


def test_a_stored_response_is_continued(demo_server: ScriptedServer) -> None:
    """The second question stands on the first without sending it again; an older id starts a branch."""
    first = responses(demo_server, "My name is Budi")
    second = responses(demo_server, "What is my name?", previous_response_id=first["id"])
    assert text_of(second) == "Your name is Budi."
    assert second["usage"]["input_tokens"] > responses(demo_server, "What is my name?")["usage"]["input_tokens"]
    third = responses(demo_server, "My name is Siti", previous_response_id=second["id"])
    assert text_of(responses(demo_server, "What is my name?", previous_response_id=third["id"])) == "Your name is Siti."
    branch = responses(demo_server, "What is my name?", previous_response_id=first["id"])
    assert text_of(branch) == "Your name is Budi."


def test_a_streamed_response_is_stored_and_can_be_read(demo_server: ScriptedServer) -> None:
    """Its id works at once, and ``GET`` gives the body."""
    done = stream(demo_server, "/v1/responses", input="Call me Siti", store=True)[-2]["response"]
    assert text_of(responses(demo_server, "Siapa nama saya?", previous_response_id=done["id"])) == "Nama Anda Siti."
    status, _, body = request(demo_server, "GET", f"/v1/responses/{done['id']}")
    assert (status, json.loads(body)["output"]) == (200, done["output"])


@pytest.mark.parametrize(
    "made", [lambda _server: "resp_" + "0" * 48, lambda server: responses(server, "Hi", store=False)["id"]]
)
def test_an_unknown_id_is_named(demo_server: ScriptedServer, made: Any) -> None:
    """An id that was never stored is a 404 that quotes it."""
    unknown = made(demo_server)
    status, headers, body = request(
        demo_server,
        "POST",
        "/v1/responses",
        {"model": "nusantara-base", "input": "Hi", "previous_response_id": unknown},
    )
    error = json.loads(body)["error"]
    assert (status, error["type"], error["param"]) == (404, "not_found_error", "previous_response_id")
    assert unknown in error["message"]
    assert headers["X-Request-Id"].startswith("req_")


def test_the_same_conversation_gives_the_same_bytes() -> None:
    """Two servers agree byte by byte, headers included; another prompt gives another id."""

    def told(prompt: str, **fields: Any) -> list[tuple[int, dict[str, str], bytes]]:
        with ScriptedServer(DemoServer(pace=0).handle) as server:
            chatted = {"model": "garda-core", "messages": [{"role": "user", "content": prompt}], **fields}
            asked = {"model": "garda-core", "input": prompt, **fields}
            answers = [
                request(server, "POST", "/v1/chat/completions", chatted),
                request(server, "POST", "/v1/responses", asked),
            ]
        return [
            (status, {k: v for k, v in headers.items() if k not in {"Date", "Server"}}, body)
            for status, headers, body in answers
        ]

    assert told("Explain tides") == told("Explain tides")
    assert told("Explain tides", stream=True) == told("Explain tides", stream=True)
    ids = {json.loads(body)["id"] for prompt in ("Explain tides", "Explain winds") for _, _, body in told(prompt)}
    assert len(ids) == 4


@pytest.mark.parametrize(
    ("path", "body", "param"),
    [
        ("/v1/responses", b"{not json", None),
        ("/v1/responses", b"[]", None),
        ("/v1/responses", {"model": "nusantara-base"}, "input"),
        ("/v1/responses", {"input": "Hi"}, None),
        ("/v1/responses", {"model": "nusantara-base", "input": "Hi", "max_output_tokens": 0}, "max_output_tokens"),
        ("/v1/responses", {"model": "nusantara-base", "input": [{"type": "function_call_output", "call_id": "x", "output": "1"}]}, "input"),
        ("/v1/chat/completions", {"model": "nusantara-base", "messages": []}, "messages"),
        ("/v1/chat/completions", {"model": "nusantara-base", "messages": [{"role": "ghost", "content": "x"}]}, "messages[0].role"),
        ("/v1/chat/completions", {"model": "nusantara-base", "messages": [{"role": "user", "content": "x"}], "temperature": 3}, "temperature"),
        ("/v1/chat/completions", {"model": "nusantara-base", "messages": [{"role": "user", "content": "x"}], "tool_choice": {"type": "function", "function": {"name": "f"}}}, "tool_choice"),
        ("/v1/chat/completions", {"model": "nusantara-base", "messages": [{"role": "user", "content": "x"}, {"role": "assistant", "content": None, "tool_calls": [{"id": "c", "function": {"name": "f", "arguments": "{}"}}]}, {"role": "user", "content": "y"}]}, "messages"),
    ],
)  # fmt: skip
def test_a_malformed_request_is_refused(demo_server: ScriptedServer, path: str, body: Any, param: str | None) -> None:
    """What the gateway would not take is a 400 that names the field; a dangling tool call too."""
    status, _, told = request(demo_server, "POST", path, body)
    error = json.loads(told)["error"]
    assert (status, error["type"]) == (400, "invalid_request_error")
    assert param is None or error["param"] == param


def test_unknown_models_and_paths_are_404(demo_server: ScriptedServer) -> None:
    """The model is quoted."""
    status, _, body = request(demo_server, "POST", "/v1/responses", {"model": "nusantara-bas", "input": "Hi"})
    assert (status, json.loads(body)["error"]["type"]) == (404, "not_found_error")
    assert "nusantara-bas" in json.loads(body)["error"]["message"]
    assert request(demo_server, "GET", "/v1/nothing")[0] == 404
    assert request(demo_server, "GET", "/v1/responses")[0] == 404


def test_models_are_listed_with_prices(demo_server: ScriptedServer) -> None:
    """The seed's models stand in the list, and one of them sees."""
    listed = {entry["id"]: entry for entry in json.loads(request(demo_server, "GET", "/v1/models")[2])["data"]}
    assert {"nusantara-base", "garda-core", "vision-emas-2045", "archipelago-core-70b"} <= set(listed)
    assert listed["nusantara-base"]["pricing"] == {"currency": "IDR", "prompt": 300, "completion": 1500}
    assert "vision" in listed["vision-emas-2045"]["capabilities"]


def test_a_token_limit_cuts_and_says_so(demo_server: ScriptedServer) -> None:
    """``length`` on chat; `test_compliance` has the other endpoint."""
    assert chat(demo_server, "Explain tides", max_tokens=10)["choices"][0]["finish_reason"] == "length"


def test_stop_sequences_end_the_text(demo_server: ScriptedServer) -> None:
    """The mark itself is not part of the text."""
    assert text_of(chat(demo_server, "Say exactly: 1 2 3 4 5 6", stop=["5"])) == "1 2 3 4 "


def test_reasoning_comes_when_an_effort_is_given(demo_server: ScriptedServer) -> None:
    """As ``reasoning_content``, the same as the summary on the other endpoint."""
    body = responses(demo_server, "Explain tides", reasoning={"effort": "high"})
    message = chat(demo_server, "Explain tides", reasoning={"effort": "low"})["choices"][0]["message"]
    assert message["reasoning_content"] == body["output"][0]["summary"][0]["text"]
    assert "reasoning_content" not in chat(demo_server, "Explain tides")["choices"][0]["message"]


def test_tool_calls_stream_in_pieces(demo_server: ScriptedServer) -> None:
    """The pieces of the arguments make those of the other endpoint's body."""
    parameters = {"type": "object", "properties": {"location": {"type": "string"}}, "required": ["location"]}
    function = {"name": "get_weather", "description": "Get the weather", "parameters": parameters}
    prompt = "Weather in Jakarta and Bandung"
    tools = [{"type": "function", "function": function}]
    messages = [{"role": "user", "content": prompt}]
    gathered: dict[int, str] = {}
    for event in stream(demo_server, "/v1/chat/completions", messages=messages, tools=tools)[:-1]:
        for call in event["choices"][0]["delta"].get("tool_calls", []):
            gathered[call["index"]] = gathered.get(call["index"], "") + call["function"]["arguments"]
    made = [("get_weather", json.loads(text)) for text in gathered.values()]
    assert made == [("get_weather", {"location": "Jakarta"}), ("get_weather", {"location": "Bandung"})]
    assert calls_of(responses(demo_server, prompt, tools=[{"type": "function", **function}])) == made


@pytest.mark.parametrize("path", ["/v1/responses", "/v1/chat/completions"])
@pytest.mark.parametrize("status", [401, 402, 403, 404, 408, 413, 422, 429, 500, 503])
def test_errors_come_on_request(demo_server: ScriptedServer, path: str, status: int) -> None:
    """Each in the documented shape, free of charge, with a request id; two of them say how long to wait."""
    prompt = f"demo: error {status}"
    asked = {
        "model": "nusantara-base",
        "input": prompt,
        "messages": [{"role": "user", "content": prompt}],
        "stream": True,
    }
    given, headers, body = request(demo_server, "POST", path, asked)
    error = json.loads(body)["error"]
    assert given == status
    assert error["message"]
    assert error["type"]
    assert error["code"]
    assert headers["X-Request-Id"]
    assert headers["X-Neosantara-Billed-IDR"] == "0"
    assert ("Retry-After" in headers) == (status in {429, 503})


def test_an_error_once_spares_the_second_time(demo_server: ScriptedServer) -> None:
    """So that a retry can be seen to work; the third time fails again, as a re-run of a lesson should."""
    asked = {"model": "nusantara-base", "input": "demo: error 429 once"}
    assert [request(demo_server, "POST", "/v1/responses", asked)[0] for _ in range(3)] == [429, 200, 429]


def test_streams_break_on_request(demo_server: ScriptedServer) -> None:
    """Half-way: with a failure event, with an error object, or without a word; nothing of it is stored."""
    failed = stream(demo_server, "/v1/responses", input="demo: error stream")
    assert (failed[-2]["type"], failed[-1]) == ("response.failed", "[DONE]")
    assert any(event["type"] == "response.output_text.delta" for event in failed[:-1])
    assert request(demo_server, "GET", f"/v1/responses/{failed[-2]['response']['id']}")[0] == 404
    cut = stream(demo_server, "/v1/responses", input="demo: error cut")
    assert cut[-1]["type"] == "response.output_text.delta"
    messages = [{"role": "user", "content": "demo: error stream"}]
    assert stream(demo_server, "/v1/chat/completions", messages=messages)[-1]["error"]["code"] == "internal_error"


def test_silence_ends_when_the_reader_leaves() -> None:
    """``close`` from another thread ends a pause at once: Stop must not wait for a silent model."""
    asked = {"model": "nusantara-base", "input": "demo: silent 600", "stream": True}
    answer = DemoServer(pace=0).handle(WireRequest("POST", "/v1/responses", {}, json.dumps(asked).encode()))
    with ThreadPoolExecutor(1) as pool:
        reading = pool.submit(list, answer.body)
        answer.body.close()
        assert reading.result(10) == []


def test_many_at_once_do_not_mix(demo_server: ScriptedServer) -> None:
    """Eight threads, each with its own chain of stored responses."""

    def chain(number: int) -> str:
        first = responses(demo_server, f"My name is Person{number}")
        return text_of(responses(demo_server, "What is my name?", previous_response_id=first["id"]))

    with ThreadPoolExecutor(8) as pool:
        assert list(pool.map(chain, range(24))) == [f"Your name is Person{number}." for number in range(24)]


def test_a_stream_arrives_as_it_is_made() -> None:
    """The first event is there while the model still pauses before the second."""
    with ScriptedServer(DemoServer(pace=60).handle) as server:
        connection = http.client.HTTPConnection("127.0.0.1", server.port, timeout=20)
        connection.request("POST", "/v1/responses", json.dumps({"model": "garda-core", "input": "Hi", "stream": True}))
        assert connection.getresponse().readline() == b"event: response.created\n"
        connection.close()
