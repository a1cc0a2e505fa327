"""Tool rounds of the whole extension against ``@copilotkit/aimock``, a server that none of us wrote."""

from __future__ import annotations

import json
from typing import Any

import pytest

from kernels import Kernel
from magic.spoken import KEY
from tools_end_to_end.functions import FUNCTIONS, contents

pytestmark = [pytest.mark.kernel, pytest.mark.node]

WEATHER = {"name": "get_weather", "arguments": {"location": "Jakarta"}}
TIME = {"name": "get_time", "arguments": {"timezone": "Asia/Jakarta"}}
DELETE = {"name": "delete_file", "arguments": {"path": "a.txt"}}


def fixtures(word: str, *rounds: list[dict[str, Any]] | str) -> list[dict[str, Any]]:
    """Return aimock's fixtures for one prompt: what it answers in each round."""
    return [
        {
            "match": {"userMessage": word, "turnIndex": at, "hasToolResult": at > 0},
            "response": {"content": said} if isinstance(said, str) else {"toolCalls": said},
        }
        for at, said in enumerate(rounds)
    ]


@pytest.fixture
def ready(kernel: Kernel, aimock: Any) -> Any:
    """Give ``ready(fixtures)``: a server of aimock's, and the extension pointed at it with functions defined."""

    def start(*given: dict[str, Any]) -> Any:
        server = aimock(*given)
        kernel.set_environment(NEOSANTARA_API_KEY=KEY, NEOSANTARA_BASE_URL=server.base_url)
        assert kernel.execute("%load_ext neosantara_magic").outputs == []
        assert kernel.execute(FUNCTIONS).error is None
        return server

    return start


def test_parallel_calls(kernel: Kernel, ready: Any) -> None:
    """Both calls of one message run, and aimock takes the batch of answers."""
    server = ready(*fixtures("weather", [WEATHER, TIME], "28 degrees at 14:05."))
    run = kernel.execute("%%neosantara --tools get_weather,get_time\nweather and time?")
    assert run.error is None, run.error
    assert "28 degrees at 14:05." in run.answer
    assert contents(server.requests[-1]["body"]) == ['{"location": "Jakarta", "temperature": 28}', "14:05"]


@pytest.mark.parametrize("stream", ["", "--no-stream"])
def test_one_after_the_other(kernel: Kernel, ready: Any, stream: str) -> None:
    """Three rounds: location, weather, answer."""
    ready(*fixtures("where", [{"name": "get_location", "arguments": {}}], [WEATHER], "Hot."))
    run = kernel.execute(f"%%neosantara {stream} --tools get_location,get_weather\nweather where I am?")
    assert run.error is None, run.error
    assert "Hot." in run.answer
    assert kernel.value("[one[0] for one in ran]") == "['get_location', 'get_weather']"


def test_wrong_and_refused_calls(kernel: Kernel, ready: Any) -> None:
    """Unknown tool, missing argument and a refusal with nobody there: told, and the turn ends well."""
    calls = [{"name": "nothing", "arguments": {}}, {"name": "add", "arguments": {"a": 1}}, DELETE]
    server = ready(*fixtures("tidy", calls, "I could not."))
    run = kernel.execute("%%neosantara --tools add,delete_file\ntidy up")
    assert run.error is None, run.error
    unknown, missing, refused = contents(server.requests[-1]["body"])
    assert "There is no tool" in unknown
    assert "b: required, but missing" in missing
    assert "nobody can be asked here" in refused
    assert kernel.value("ran") == "[]"


def test_an_approval_over_stdin(kernel: Kernel, ready: Any) -> None:
    """The user says y, and the call runs."""
    ready(*fixtures("tidy", [DELETE], "Gone."))
    run = kernel.execute("%%neosantara --tools delete_file\ntidy up", allow_stdin=True, answers=["y"])
    assert run.error is None, run.error
    assert len(run.prompts) == 1
    assert kernel.value("ran") == "[('delete_file', 'a.txt')]"


def test_the_flat_form_on_responses(kernel: Kernel, ready: Any) -> None:
    """--api responses: function_call in, function_call_output out, understood by aimock."""
    server = ready(*fixtures("weather", [WEATHER], "28 degrees."))
    run = kernel.execute("%%neosantara --api responses --once --tools get_weather\nweather?")
    assert run.error is None, run.error
    assert "28 degrees." in run.answer
    sent = json.dumps(server.requests[-1]["body"])
    assert "28" in sent


def test_max_rounds(kernel: Kernel, ready: Any) -> None:
    """--max-rounds 1: the second request is the last, and says tool_choice none."""
    server = ready(*fixtures("weather", [WEATHER], "28 degrees."))
    run = kernel.execute("%%neosantara --max-rounds 1 --tools get_weather\nweather?")
    assert run.error is None, run.error
    choices = [one["body"].get("tool_choice") for one in server.requests]
    assert choices[-1] == "none"
    assert "limit of 1 tool round" in run.answer
