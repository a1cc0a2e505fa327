"""A LiteLLM proxy before a real model: its native and its bridged way to ``/v1/responses``, and both endpoints of ours.

What it leaves out of a request stands here as it was seen, and in docs/how-to/local-models.md.
The model is small and wrong; where its words matter, a grammar says them.
"""

from __future__ import annotations

import time

import pytest

from kernels import Kernel, Run
from wire.llama import RealModel

pytestmark = pytest.mark.server

WAYS_THROUGH = pytest.mark.parametrize(
    ("route", "api"), [("native", "responses"), ("bridged", "responses"), ("native", "chat"), ("bridged", "chat")]
)
PASSES_ALL_ON = pytest.mark.parametrize(
    ("route", "api"), [("bridged", "responses"), ("native", "chat"), ("bridged", "chat")]
)
"""The native responses route drops fields that OpenAI's own endpoint has not."""
WAYS = pytest.mark.parametrize("way", ["", "--no-stream"])
WEATHER = "asked = []\ndef get_weather(city: str) -> str:\n    'Weather of a city.'\n    asked.append(city)\n    return 'rain'"
CITY = "from dataclasses import dataclass\n@dataclass\nclass City:\n    name: str\n    people: int"


def cell(route: str, api: str, flags: str, prompt: str) -> str:
    """Return a cell that asks through one of the proxy's ways."""
    return f"%%neosantara -m org/smollm2:{route} --api {api} {flags}\n{prompt}"


def ask(asking: Kernel, route: str, api: str, flags: str, prompt: str = "Say hello.", **how: str) -> Run:
    """Run a cell that must not fail."""
    run = asking.execute(cell(route, api, flags, prompt), **how)
    assert run.error is None, run.error
    return run


def refused(asking: Kernel, route: str, api: str, flags: str, prompt: str) -> str:
    """Run a cell that must fail as a wrong request; return the two lines that say so."""
    run = asking.execute(cell(route, api, flags, prompt))
    assert run.error is not None
    assert run.error.name == "BadRequestError"
    return run.error.value


@WAYS_THROUGH
@WAYS
def test_an_answer(asking: Kernel, route: str, api: str, way: str) -> None:
    """Text, usage and a cut arrive on every way; a stream comes in pieces."""
    run = ask(asking, route, api, f"{way} --show text --max-tokens 24", "Tell me about volcanoes.")
    assert len(asking.value("_neosantara.text")) > 40
    assert asking.value("(_neosantara.finish_reason, _neosantara.usage.output_tokens)") == "('length', 24)"
    assert asking.value("_neosantara.usage.input_tokens > 5") == "True"
    assert "cut at 24 tokens" in run.stdout
    assert (len([message for message in run.messages if message["msg_type"] == "stream"]) > 4) is not bool(way)


@WAYS_THROUGH
def test_a_conversation(asking: Kernel, route: str, api: str) -> None:
    """Each turn reads the ones before it, though nobody keeps them; that is found out and said once."""
    read, notes = [], []
    for at, prompt in enumerate(("My name is Budi.", "What is my name?", "Sure?")):
        run = ask(asking, route, api, "--max-tokens 16", prompt, cell_id=f"turn{at}")
        notes.append("keeps no conversations" in run.answer)
        read.append(int(asking.value("_neosantara.usage.input_tokens")))
    assert read[0] + 16 < read[1] < read[2]
    assert notes == [False, api == "responses", False]


@WAYS_THROUGH
@WAYS
def test_a_tool_call(asking: Kernel, route: str, api: str, way: str) -> None:
    """`required` reaches the model; the function runs, and its result reaches the model too."""
    asking.execute(WEATHER)
    flags = f"{way} --once --tools get_weather --tool-choice required --max-rounds 1 --max-tokens 60"
    ask(asking, route, api, flags, "What is the weather in Bogor?")
    assert asking.value("asked") == "['Bogor']"
    assert asking.value("[result.call.name for result in _neosantara.tool_calls][0]") == "'get_weather'"
    assert "rain" in asking.value("_neosantara.text")


@PASSES_ALL_ON
def test_a_schema(asking: Kernel, route: str, api: str) -> None:
    """`--schema` gives an object of the class."""
    asking.execute(CITY)
    flags = "--once --schema City -o city --max-tokens 100"
    ask(asking, route, api, flags, "Bogor has 1000000 people. Record it.")
    assert asking.value("(type(city).__name__, type(city.people).__name__)") == "('City', 'int')"


GRAMMAR = """-P 'grammar="root ::= \\"one two three four\\""' --max-tokens 24"""


@PASSES_ALL_ON
def test_a_grammar_and_stop_words(asking: Kernel, route: str, api: str) -> None:
    """The answer is what the grammar allows, and ends before a stop word."""
    ask(asking, route, api, f"--stop three {GRAMMAR}")
    assert asking.value("_neosantara.text.strip()") == "'one two'"


def test_what_the_native_route_drops(asking: Kernel) -> None:
    """Neither reaches the model, and the proxy does not say so."""
    ask(asking, "native", "responses", f"--stop three {GRAMMAR}")
    assert "one two" not in asking.value("_neosantara.text")


@WAYS_THROUGH
@WAYS
def test_errors_of_the_model_and_of_the_proxy(asking: Kernel, route: str, api: str, way: str) -> None:
    """Too long a request, a model that is not there: each with its cause and its next step."""
    said = refused(asking, route, api, way, "kata " * 3000)
    assert "too long" in said
    assert "--new" in said
    said = refused(asking, f"{route}:no", api, way, "hi")
    assert f"has no model 'org/smollm2:{route}:no'" in said
    assert "%neosantara models" in said


def test_the_models_are_listed(asking: Kernel) -> None:
    """Ids with slashes and colons stand as they are, and the nearest one is named from then on."""
    listed = asking.execute("%neosantara models").answer
    assert "org/smollm2:native" in listed
    assert "org/smollm2:bridged" in listed
    assert "org/smollm2:native" in refused(asking, "nativ", "chat", "", "hi")


@WAYS_THROUGH
def test_stop_ends_the_generation(asking: Kernel, model: RealModel, route: str, api: str) -> None:
    """A Stop goes through the proxy to the model, which works on nothing soon after; what had come is kept.

    Not for whole answers: for these the proxy lets the model write on.
    """
    begun = time.perf_counter()
    run = asking.start(cell(route, api, "--show text --max-tokens 600 -P ignore_eos=true", "Tell me a long story."))
    model.when("processing task", since=begun)
    run.wait_for(lambda run: len(run.stdout) > 20)
    stopped = time.perf_counter()
    asking.interrupt()
    assert model.when("stop processing", since=stopped) - stopped < 3  # 0.1 s where nobody else works
    run.finish()
    assert run.error is not None
    assert run.error.name == "Stopped"
    assert len(asking.value("_neosantara.text")) > 4
