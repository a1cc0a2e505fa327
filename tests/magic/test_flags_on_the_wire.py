"""Every flag's effect on what is sent, and which endpoint is asked: contract, *Ask* and *Which endpoint*."""

from __future__ import annotations

from typing import Any

import pytest

from magic.spoken import KEY, Asked, texts_of
from neosantara_magic.parsing.flags import FLAGS

pytestmark = pytest.mark.kernel

RESPONSES, CHAT = "/v1/responses", "/v1/chat/completions"
PLAIN = {"model": "nusantara-base", "input": "hello", "max_output_tokens": 2048, "store": True, "stream": True}

# flags: what differs from the plain request on the wire; None: the field is absent
ON_BOTH: dict[str, dict[str, Any]] = {
    "": {},
    "-m garda-core": {"model": "garda-core"},
    "-t 0.2": {"temperature": 0.2},
    "--temperature 0": {"temperature": 0},
    "--top-p 0.9": {"top_p": 0.9},
    "--stop END --stop ###": {"stop": ["END", "###"]},
    "--presence-penalty 0.5": {"presence_penalty": 0.5},
    "--frequency-penalty -0.5": {"frequency_penalty": -0.5},
    "--frequency-penalty -1 --top-p 0.9 -t 0.2": {"temperature": 0.2, "top_p": 0.9, "frequency_penalty": -1},
    "--reasoning high": {"reasoning": {"effort": "high"}},
    "-P seed=7": {"seed": 7},
}
ON_RESPONSES: dict[str, dict[str, Any]] = {
    **ON_BOTH,
    "--model neosantara/garda-core": {"model": "garda-core"},
    "--model=neosantara:garda-core": {"model": "garda-core"},
    '-s "Be brief."': {"instructions": "Be brief."},
    "--system 'Jawab singkat'": {"instructions": "Jawab singkat"},
    "--once": {"store": False},
    "--new": {},
    "--max-tokens 9": {"max_output_tokens": 9},
    """-P user='"siti"' --param metadata={"a": 1}""": {"user": "siti", "metadata": {"a": 1}},
    "--no-stream": {"stream": None},
    "--timeout 5": {},
    "--show text": {},
    "--code": {},
    "--fresh": {},
}
ON_CHAT: dict[str, dict[str, Any]] = {
    **ON_BOTH,
    "--max-tokens 9": {"max_tokens": 9},
    "--once": {},
    "--no-stream": {"stream": None, "stream_options": None},
}
BODY = {"id": "resp_x", "object": "response", "status": "completed", "model": "nusantara-base", "output_text": "ok"}
CHAT_BODY = {
    "id": "c",
    "object": "chat.completion",
    "model": "nusantara-base",
    "choices": [{"index": 0, "message": {"role": "assistant", "content": "ok"}, "finish_reason": "stop"}],
}


def test_every_sampling_flag_is_tried_above() -> None:
    """A new one needs a row in `ON_BOTH`, and no other test."""
    assert {flag.long for flag in FLAGS if flag.target == "sampling"} <= set(" ".join(ON_BOTH).split())


def _changed(plain: dict[str, Any], by: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in (plain | by).items() if value is not None}


def test_each_flag_changes_exactly_its_field_on_responses(asked: Asked) -> None:
    """Row by row of the flag table: what is sent is the plain request and that field."""
    for at, (flags, change) in enumerate(ON_RESPONSES.items()):
        if "--no-stream" in flags:
            asked.server.answer(body=BODY)
        else:
            asked.says("ok")
        run = asked.cell(flags + f" -c c{at}" * ("--once" not in flags))
        assert run.error is None, (flags, run.error)
        assert asked.requests[-1].path == RESPONSES, flags
        assert asked.bodies[-1] == _changed(PLAIN, change), flags


def test_each_flag_changes_exactly_its_field_on_chat(asked: Asked) -> None:
    """The same on chat completions, in that endpoint's spelling."""
    plain: dict[str, Any] = {}
    for at, (flags, change) in enumerate(ON_CHAT.items()):
        if "--no-stream" in flags:
            asked.server.answer(body=CHAT_BODY)
        else:
            asked.chats("ok")
        run = asked.cell(f"--api chat {flags}" + f" -c c{at}" * ("--once" not in flags))
        assert run.error is None, (flags, run.error)
        assert asked.requests[-1].path == CHAT, flags
        plain = plain or asked.bodies[-1]
        assert asked.bodies[-1] == _changed(plain, change), flags
    assert plain["messages"] == [{"role": "user", "content": "hello"}]
    assert (plain["max_tokens"], plain["stream"], plain["stream_options"]) == (2048, True, {"include_usage": True})
    assert "store" not in plain


def test_tools_go_to_chat_and_a_schema_to_responses(asked: Asked) -> None:
    """auto: tools ask chat completions, a schema asks responses, both together ask chat, else responses."""
    asked.run(
        "from dataclasses import dataclass\n@dataclass\nclass P:\n    n: int\ndef f(x: int) -> int:\n    return x"
    )
    asked.chats("no call needed")
    assert asked.cell("--tools f").error is None
    assert asked.requests[-1].path == CHAT
    [tool] = asked.bodies[-1]["tools"]
    assert (tool["type"], tool["function"]["name"]) == ("function", "f")
    assert asked.bodies[-1].get("tool_choice", "auto") == "auto"

    asked.says('{"n": 3}')
    run = asked.cell("--schema P -o p --once")
    assert run.error is None, run.error
    form = asked.bodies[-1]["text"]["format"]
    assert (asked.requests[-1].path, form["type"], form["schema"]["required"]) == (RESPONSES, "json_schema", ["n"])
    assert asked.value("p") == "P(n=3)"

    asked.server.stream(_record("P", '{"n": 4}'), done=True)
    assert asked.cell("--schema P --api chat -o p --once").error is None
    choice = asked.bodies[-1]["tool_choice"]
    assert (asked.requests[-1].path, choice["type"]) == (CHAT, "function")
    assert choice["function"]["name"] == asked.bodies[-1]["tools"][0]["function"]["name"]
    assert asked.value("p") == "P(n=4)"

    asked.chats([("f", {"x": 2})], "It is 2.")
    asked.server.stream(_record("P", '{"n": 5}'), done=True)
    assert asked.cell("--tools f --schema P -o p --once").error is None
    assert [request.path for request in asked.requests[-3:]] == [CHAT] * 3
    assert asked.value("p") == "P(n=5)"


def _record(name: str, arguments: str) -> list[dict[str, Any]]:
    from magic.spoken import chat_events

    return chat_events("", (name, arguments))


def test_tools_on_responses_are_flat(asked: Asked) -> None:
    """--api responses with tools: flat tools, then function_call_output in the answer's request."""
    asked.run("def f(x: int) -> int:\n    return x + 1")
    call = {"type": "function_call", "id": "fc_1", "call_id": "call_1", "name": "f", "arguments": '{"x": 1}'}
    asked.says("", output=[call])
    asked.says("It is 2.")
    run = asked.cell("--api responses --tools f")
    assert run.error is None, run.error
    first, second = asked.bodies
    assert (first["tools"][0]["type"], first["tools"][0]["name"]) == ("function", "f")
    outputs = [item for item in second["input"] if item.get("type") == "function_call_output"]
    assert outputs == [{"type": "function_call_output", "call_id": "call_1", "output": "2"}]
    assert second["previous_response_id"] == "resp_1"


def test_the_choice_of_tools(asked: Asked) -> None:
    """--tool-choice takes the three words or a tool's name; a forced choice holds for the first round only."""
    asked.run("def f(x: int) -> int:\n    return x")
    for choice, sent in {
        "none": "none",
        "required": "required",
        "f": {"type": "function", "function": {"name": "f"}},
    }.items():
        asked.chats("done")
        assert asked.cell(f"--tools f --tool-choice {choice} --once").error is None
        assert asked.bodies[-1]["tool_choice"] == sent
    asked.chats([("f", {"x": 1})], "done")
    assert asked.cell("--tools f --tool-choice required --once").error is None
    assert [body.get("tool_choice", "auto") for body in asked.bodies[-2:]] == ["required", "auto"]


def test_store_off_means_never_chained(asked: Asked) -> None:
    """%config store = False sends store: false and the whole transcript, never an id."""
    asked.run("%config NeosantaraMagics.store = False")
    asked.says("one", "two")
    asked.cell(prompt="first", cell_id="a")
    asked.cell(prompt="second", cell_id="b")
    assert [body["store"] for body in asked.bodies] == [False, False]
    assert "previous_response_id" not in asked.bodies[1]
    assert texts_of(asked.bodies[1]) == [("user", "first"), ("assistant", "one"), ("user", "second")]


def test_an_image_goes_along(asked: Asked) -> None:
    """-i takes a variable and an https URL: the string form on responses, the object form on chat."""
    asked.run(
        "from PIL import Image\nimport io\npicture = Image.new('RGB', (2, 2), 'red')\n"
        "buffer = io.BytesIO()\npicture.save(buffer, 'PNG')\nraw = buffer.getvalue()"
    )
    asked.says("a red square")
    assert asked.cell("-i picture -i https://example.org/a.png --once").error is None
    parts = asked.bodies[-1]["input"][0]["content"]
    assert [part["type"] for part in parts] == ["input_text", "input_image", "input_image"]
    assert parts[1]["image_url"].startswith("data:image/png;base64,")
    assert parts[2]["image_url"] == "https://example.org/a.png"
    asked.chats("a red square")
    assert asked.cell("-i raw --api chat --once").error is None
    assert asked.bodies[-1]["messages"][0]["content"][1]["image_url"]["url"].startswith("data:image/png;base64,")


def test_expressions_and_raw(asked: Asked) -> None:
    """{{ }} takes the notebook's variables, also in -s; single braces stay; --raw sends all as typed."""
    asked.run("city = 'Bandung'\nbraces = '{{ city }}'")
    asked.says("ok", "ok")
    asked.cell('-s "You know {{ city }}." --once', "Is {{ city }} {cold}? 50% of $x$ {{ braces }}")
    assert asked.bodies[-1]["input"] == "Is Bandung {cold}? 50% of $x$ {{ city }}"
    assert asked.bodies[-1]["instructions"] == "You know Bandung."
    asked.cell("--raw --once", "Is {{ city }} cold?")
    assert asked.bodies[-1]["input"] == "Is {{ city }} cold?"


def test_nothing_of_openai_reaches_the_wire(asked: Asked) -> None:
    """OPENAI_* variables change neither the address, nor the key, nor a header."""
    asked.kernel.set_environment(
        OPENAI_API_KEY="sk-openai",
        OPENAI_ADMIN_KEY="sk-admin",
        OPENAI_BASE_URL="http://127.0.0.1:9/v1",
        OPENAI_ORG_ID="org-1",
        OPENAI_PROJECT_ID="proj-1",
        OPENAI_CUSTOM_HEADERS="Authorization: Bearer stolen\nX-Mine: 1",
    )
    asked.says("ok")
    asked.chats("ok")
    assert asked.cell().error is None
    assert asked.cell("--api chat").error is None
    for request in asked.requests:
        sent = str(dict(request.headers)) + request.body.decode()
        assert request.header("Authorization") == f"Bearer {KEY}"
        for word in ("sk-", "org-1", "proj-1", "stolen", "X-Mine", "OpenAI-", "openai-", "Stainless"):
            assert word not in sent, word


def test_the_address_comes_from_trait_then_environment(asked: Asked) -> None:
    """NEOSANTARA_API_BASE counts when NEOSANTARA_BASE_URL is not set; the trait wins over both."""
    base = asked.server.base_url
    asked.kernel.set_environment(NEOSANTARA_BASE_URL="", NEOSANTARA_API_BASE=base)
    asked.says("ok", "ok")
    assert asked.cell("--once").error is None
    asked.kernel.set_environment(NEOSANTARA_API_BASE="https://nowhere.invalid/v1")
    asked.run(f"%config NeosantaraMagics.base_url = '{base}'")
    assert asked.cell("--once").error is None
    refused = asked.kernel.execute("%config NeosantaraMagics.base_url = 'http://192.0.2.1/v1'")
    assert "unencrypted" in refused.stderr
