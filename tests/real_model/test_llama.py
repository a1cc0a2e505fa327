"""A real model behind llama.cpp's server: both endpoints, streamed and whole, and what it forces by grammar.

The model is small and wrong; where its words matter, a grammar says them.
"""

from __future__ import annotations

import time

import pytest

from kernels import Kernel, Run
from wire.llama import RealModel

pytestmark = pytest.mark.server

ENDPOINTS = pytest.mark.parametrize("api", ["responses", "chat"])
WEATHER = "asked = []\ndef get_weather(city: str) -> str:\n    'Weather of a city.'\n    asked.append(city)\n    return 'rain'"
CITY = "from dataclasses import dataclass\n@dataclass\nclass City:\n    name: str\n    people: int"


def ask(asking: Kernel, flags: str, prompt: str = "Say hello.", **how: str) -> Run:
    """Run a cell that must not fail."""
    run = asking.execute(f"%%neosantara {flags}\n{prompt}", **how)
    assert run.error is None, run.error
    return run


def forced(text: str) -> str:
    """Return the flag that lets the model say nothing but this."""
    return f"""-P 'grammar="root ::= \\"{text}\\""'"""


@ENDPOINTS
@pytest.mark.parametrize("way", ["", "--no-stream"])
def test_an_answer(asking: Kernel, api: str, way: str) -> None:
    """Text, usage, ending and model of an answer are those of the server, on every way."""
    run = ask(asking, f"--api {api} {way} {forced('Halo **dunia**, 1 < 2.')}")
    assert "Halo **dunia**, 1 < 2." in run.answer
    assert asking.value("_neosantara.text") == "'Halo **dunia**, 1 < 2.'"
    assert asking.value("(_neosantara.model, _neosantara.finish_reason)") == "('smollm2', 'stop')"
    assert asking.value("(_neosantara.usage.input_tokens > 5, _neosantara.usage.output_tokens > 5)") == "(True, True)"


@ENDPOINTS
def test_a_free_answer_streams(asking: Kernel, api: str) -> None:
    """Words of the model's own come piece by piece; a cut at the token limit is said."""
    run = ask(asking, f"--api {api} --show text --max-tokens 40", "Tell me about volcanoes.")
    assert len(asking.value("_neosantara.text")) > 60
    assert asking.value("(_neosantara.finish_reason, _neosantara.usage.output_tokens)") == "('length', 40)"
    assert "cut" in run.stdout
    assert len([message for message in run.messages if message["msg_type"] == "stream"]) > 2


@ENDPOINTS
def test_a_conversation(asking: Kernel, api: str) -> None:
    """A second turn reads the first, though the server keeps none; only the first refusal costs a request."""
    ask(asking, f"--api {api} {forced('Hello Budi.')}", "My name is Budi.", cell_id="a")
    first = int(asking.value("_neosantara.usage.input_tokens + _neosantara.usage.output_tokens"))
    run = ask(asking, f"--api {api} {forced('Budi.')}", "What is my name?", cell_id="b")
    assert int(asking.value("_neosantara.usage.input_tokens")) > first
    assert ("keeps no conversations" in run.answer) is (api == "responses")
    assert "keeps no conversations" not in ask(asking, f"--api {api} {forced('Yes.')}", "Sure?", cell_id="c").answer


@ENDPOINTS
def test_stop_words(asking: Kernel, api: str) -> None:
    """The answer ends before a stop word."""
    ask(asking, f"--api {api} --stop three {forced('one two three four')}")
    assert asking.value("_neosantara.text.strip()") == "'one two'"


@ENDPOINTS
def test_a_tool_call_forced_by_grammar(asking: Kernel, api: str) -> None:
    """`required` makes even this model call; the function runs, and its result reaches the model."""
    asking.execute(WEATHER)
    flags = f"--once --api {api} --tools get_weather --tool-choice required --max-rounds 1 --max-tokens 60"
    ask(asking, flags, "What is the weather in Bogor?")
    assert asking.value("asked") == "['Bogor']"
    assert asking.value("[result.call.name for result in _neosantara.tool_calls][0]") == "'get_weather'"


@ENDPOINTS
def test_a_schema(asking: Kernel, api: str) -> None:
    """`--schema` gives an object of the class: by a repair the first time, at once from then on."""
    asking.execute(CITY)
    for _ in range(2):
        ask(
            asking, f"--once --api {api} --schema City -o city --max-tokens 100", "Bogor has 1000000 people. Record it."
        )
        assert asking.value("(type(city).__name__, type(city.people).__name__)") == "('City', 'int')"
    assert asking.value("len(_neosantara.messages)") == "2"


@ENDPOINTS
@pytest.mark.parametrize("way", ["", "--no-stream"])
def test_too_long_a_context(asking: Kernel, api: str, way: str) -> None:
    """What does not fit is refused in words that help."""
    run = asking.execute(f"%%neosantara --api {api} {way}\n" + "kata " * 3000)
    assert run.error is not None
    assert "--new" in run.error.value + "".join(run.error.traceback)


@ENDPOINTS
@pytest.mark.parametrize("way", ["", "--no-stream"])
def test_stop_ends_the_generation(asking: Kernel, model: RealModel, api: str, way: str) -> None:
    """A Stop reaches the server, which works on nothing soon after; what had come is kept."""
    begun = time.perf_counter()
    run = asking.start(
        f"%%neosantara --api {api} {way} --show text --max-tokens 1500 -P ignore_eos=true\nTell me a long story."
    )
    model.when("processing task", since=begun)
    if not way:
        run.wait_for(lambda run: len(run.stdout) > 20)
    stopped = time.perf_counter()
    asking.interrupt()
    # 0.3 s where nobody else works, by benchmarks/real_model.py; the server looks for it once a second when not streamed.
    assert model.when("stop processing", since=stopped) - stopped < 3
    run.finish()
    assert run.error is not None
    assert run.error.name == "Stopped"
    assert (len(asking.value("_neosantara.text")) > 4) is not bool(way)


@ENDPOINTS
def test_a_batch_of_ten(asking: Kernel, api: str) -> None:
    """Ten rows, answered two at a time, each with its usage."""
    asking.execute(f"rows = n.ask_many([f'Say {{i}}.' for i in range(10)], api='{api}', max_tokens=16)")
    assert asking.value("(len(rows), all(r.text and r.usage.output_tokens for r in rows))") == "(10, True)"


def test_the_models_are_listed_with_their_context(asking: Kernel) -> None:
    """`%neosantara models` shows the context that the server was started with."""
    listed = asking.execute("%neosantara models").answer
    assert "smollm2" in listed
    assert "2,048" in listed
