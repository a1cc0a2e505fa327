"""The line commands, one by one: contract, *Manage*, *Key and address*, *Demo model*."""

from __future__ import annotations

import json

import pytest

from kernels import Kernel
from magic.spoken import KEY, Asked, answer_events, problem, texts_of
from wire.server import EVENT_STREAM, sse

pytestmark = pytest.mark.kernel

MODELS = {
    "object": "list",
    "data": [
        {
            "id": "garda-core",
            "capabilities": ["text_generation", "function_calling"],
            "context_window": 1_000_000,
            "pricing": {"currency": "IDR", "prompt": 300, "completion": 1500},
        },
        {"id": "vendor/bare"},
        {"id": "nusantara-base", "pricing": {"currency": "IDR", "prompt": 300, "completion": 1500}},
    ],
}


def test_status_is_one_screen(asked: Asked) -> None:
    """Key masked with its place, address, model, conversations, spend."""
    shown = asked.run("%neosantara").answer
    for word in ("nsk_…", "NEOSANTARA_API_KEY", asked.server.base_url, "nusantara-base", "Rp 0"):
        assert word in shown
    assert KEY not in str(asked.run("%neosantara status").outputs)


def test_help_for_everything_and_for_one_thing(asked: Asked) -> None:
    """help, help COMMAND and help FLAG."""
    everything = asked.run("%neosantara help").stdout
    for word in ("--model", "%%neosantara", "conversations", "replay FILE", "demo on|off"):
        assert word in everything
    assert asked.run("%neosantara help fork").stdout.startswith("%neosantara fork NEW")
    assert "--api auto|responses|chat" in asked.run("%neosantara help --api").stdout


def test_models_are_listed_once_and_kept(asked: Asked) -> None:
    """One request for the session; a filter by name or capability; prices; a miss names the way out."""
    asked.server.answer(body=MODELS, path="/models")
    shown = asked.run("%neosantara models").answer
    for word in ("garda-core", "vendor/bare", "1,000,000", "Rp 300", "function_calling"):
        assert word in shown
    assert "vendor" not in asked.run("%neosantara models garda").answer
    assert "garda-core" in asked.run("%neosantara models function").answer
    missed = asked.kernel.execute("%neosantara models zzz")
    assert missed.error is not None
    assert "zzz" in missed.error.value
    assert [request.path for request in asked.requests] == ["/v1/models"]
    assert asked.requests[0].method == "GET"


def test_known_prices_estimate_costs_and_bills_are_exact(asked: Asked) -> None:
    """The footer: estimated with ≈ once prices are known, exact from X-Neosantara-Billed-IDR; the table adds up."""
    asked.server.answer(body=MODELS, path="/models")
    asked.run("%neosantara models")
    asked.says("estimated")
    assert "≈" in asked.cell("-c one").answer
    asked.server.answer(200, EVENT_STREAM | {"X-Neosantara-Billed-IDR": "12.5"}, sse(*answer_events("billed")))
    run = asked.cell("-c two")
    assert "Rp 12.5" in run.answer
    assert "≈" not in run.answer
    assert asked.value("_neosantara.cost_idr") == "12.5"
    table = asked.run("%neosantara usage").answer
    for word in ("one", "two", "Rp 12.5", "Total", "24", "14"):
        assert word in table
    asked.run("%neosantara usage --reset")
    assert "Nothing asked" in asked.run("%neosantara usage").stdout


def test_a_budget_refuses_before_sending(asked: Asked) -> None:
    """Once the budget is used up the next ask is refused, with what was spent."""
    asked.run("%config NeosantaraMagics.budget_idr = 10")
    asked.server.answer(200, EVENT_STREAM | {"X-Neosantara-Billed-IDR": "12.5"}, sse(*answer_events("billed")))
    asked.cell()
    run = asked.cell()
    assert run.error is not None
    assert run.error.name == "BudgetExceededError"
    assert "Rp 12.5" in run.error.value
    assert "Rp 10" in run.error.value
    assert len(asked.requests) == 1


def test_tools_shows_schemas(asked: Asked) -> None:
    """What was offered, with each JSON Schema; one by name, also before its first use."""
    asked.run("def add(a: int, b: int = 2) -> int:\n    'Adds.'\n    return a + b")
    assert "--tools" in asked.run("%neosantara tools").stdout
    assert '"required"' in asked.run("%neosantara tools add").answer
    asked.chats("ok")
    asked.cell("--tools add")
    shown = asked.run("%neosantara tools").answer
    assert shown.startswith("tool  description\nadd   Adds.\n")
    assert '"integer"' in shown
    assert asked.run("%neosantara tools add").answer in shown


def test_a_name_with_spaces_is_said_as_it_is_typed(asked: Asked) -> None:
    """What a fork and a load advise can be copied onto the cell's line."""
    asked.says("one", "two", "three")
    asked.cell("", "first", cell_id="a")
    advised = asked.run("%neosantara fork 'my side'").stdout
    flag = advised.partition("Ask there with ")[2].strip().removesuffix(".")
    assert flag == '-c "my side"'
    assert asked.cell(flag, "second", cell_id="b").error is None
    asked.run("%neosantara save side.jsonl 'my side'")
    assert flag in asked.run("%neosantara load side.jsonl").stdout
    taken = asked.kernel.execute("%neosantara fork 'my side'")
    assert taken.error is not None
    assert '"my side"' in taken.error.value
    asked.run("%neosantara new 'my side'")
    assert "No turns" not in asked.run("%neosantara fork 'my side'").stdout


def test_conversations_from_history_to_new(asked: Asked) -> None:
    """conversations, history, fork --at, undo, new: what they show and what the next request holds."""
    asked.says("one", "two", "three", "in the fork", "after undo")
    for cell, prompt in ("a", "first"), ("b", "second"), ("c", "third"):
        asked.cell(prompt=prompt, cell_id=cell)
    assert "third" in asked.run("%neosantara conversations").answer
    told = asked.run("%neosantara history")
    history = told.stdout + told.answer
    assert history.index("first") < history.index("two") < history.index("third")
    asked.run("%neosantara fork side --at 1")
    asked.cell("-c side", "elsewhere", cell_id="d")
    assert asked.bodies[-1]["previous_response_id"] == "resp_1"
    asked.run("%neosantara undo 2")
    asked.cell(prompt="again", cell_id="e")
    assert asked.bodies[-1]["previous_response_id"] == "resp_1"
    asked.run("%neosantara new side")
    listed = asked.run("%neosantara conversations").answer
    assert "side" not in listed
    assert "main" in listed


def test_save_and_load(asked: Asked) -> None:
    """JSON Lines come back as they were; .md and .ipynb are for reading and say so."""
    asked.says("Selamat pagi")
    asked.cell(prompt="salam", cell_id="a")
    asked.run("%neosantara save talk.jsonl")
    asked.run("%neosantara save talk.md main")
    asked.run("%neosantara save talk.ipynb")
    assert "Selamat pagi" in asked.run("print(open('talk.md').read())").stdout
    assert json.loads(asked.run("print(open('talk.ipynb').read())").stdout)["nbformat"] == 4
    asked.run("%neosantara new")
    asked.run("%neosantara load talk.jsonl")
    asked.chats("ok")
    asked.cell("--api chat", "next", cell_id="b")
    assert texts_of(asked.bodies[-1]) == [("user", "salam"), ("assistant", "Selamat pagi"), ("user", "next")]
    refused = asked.kernel.execute("%neosantara load talk.md")
    assert refused.error is not None
    assert "reading" in refused.error.value


def test_explain_sends_the_last_error(asked: Asked) -> None:
    """The traceback, the code that raised it and the values it names; without an error it says so."""
    asked.run("import sys\nvars(sys).pop('last_value', None)")
    nothing = asked.kernel.execute("%neosantara explain")
    assert nothing.error is not None
    assert "no error" in nothing.error.value
    asked.kernel.execute("prices = {'kopi': 15000}\ndef price_of(what):\n    return prices[what]\nprice_of('teh')")
    asked.says("There is no teh.")
    run = asked.run("%neosantara explain Why?")
    sent = asked.bodies[0]["input"]
    for word in ("KeyError: 'teh'", "return prices[what]", "15000", "Why?"):
        assert word in sent, sent
    assert "There is no teh." in run.answer


def test_the_demo_answers_without_a_key_and_says_so(kernel: Kernel) -> None:
    """%neosantara demo on and off; NEOSANTARA_DEMO; tools and schemas work through the same client; every answer is labelled."""
    kernel.execute("%load_ext neosantara_magic")
    kernel.execute("%neosantara demo on")
    run = kernel.execute("%%neosantara -o answer\nhello", cell_id="a")
    assert run.error is None, run.error
    assert "demo" in run.answer.split("\n")[-1]
    kernel.execute(
        "def get_weather(location: str) -> str:\n    'The weather in a city.'\n    return f'31 in {location}'"
    )
    run = kernel.execute("%%neosantara --tools get_weather\nWhat is the weather in Bandung?", cell_id="b")
    assert run.error is None, run.error
    assert kernel.value("[c.arguments for c in _neosantara.tool_calls][0]").count("Bandung") == 1
    kernel.execute("from dataclasses import dataclass\n@dataclass\nclass Person:\n    name: str\n    age: int")
    run = kernel.execute("%%neosantara --schema Person -o who\nSari is 30 years old.")
    assert run.error is None, run.error
    assert kernel.value("type(who).__name__") == "'Person'"
    kernel.execute("%neosantara demo off")
    assert kernel.execute("%%neosantara\nhello").error is not None


def test_a_key_is_asked_for_masked(kernel: Kernel, asked: Asked) -> None:
    """key: a password prompt, for this kernel, before the environment's; nobody to ask: two lines."""
    other = "nsk_" + "0ther0" * 5 + "77"
    run = kernel.execute("%neosantara key", allow_stdin=True, answers=[other])
    assert run.error is None, run.error
    assert [prompt["password"] for prompt in run.prompts] == [True]
    assert other not in str(run.outputs)
    asked.says("ok")
    asked.cell()
    assert asked.requests[0].header("Authorization") == f"Bearer {other}"
    refused = kernel.execute("%neosantara key")
    assert refused.error is not None
    assert "NEOSANTARA_API_KEY" in refused.error.value
    blank = kernel.execute("%neosantara key", allow_stdin=True, answers=[""])
    assert blank.error is not None


def test_a_key_from_dotenv(kernel: Kernel, asked: Asked) -> None:
    """.env in the working directory or above it in the project is read, the key alone, and the status names the file."""
    kernel.execute(
        "import os; del os.environ['NEOSANTARA_API_KEY']\nos.makedirs('deep/er', exist_ok=True); os.makedirs('.git', exist_ok=True)\n"
        f"open('.env', 'w').write('OTHER=1\\nNEOSANTARA_API_KEY={KEY}\\n'); os.chdir('deep/er')"
    )
    asked.says("ok")
    assert asked.cell().error is None
    assert asked.requests[0].header("Authorization") == f"Bearer {KEY}"
    assert ".env" in asked.run("%neosantara").answer
    assert asked.value("'OTHER' in os.environ") == "False"
    asked.run("os.remove('../../.env')")


def test_models_errors_are_as_readable(asked: Asked) -> None:
    """A refused key while listing models is the same two lines."""
    asked.server.answer(401, {}, problem("Incorrect API key.", "invalid_api_key"), path="/models")
    run = asked.kernel.execute("%neosantara models")
    assert run.error is not None
    assert run.error.name == "AuthenticationError"
    assert len(run.error.traceback) == 2


def test_a_load_takes_no_turns_away_unsaid(asked: Asked) -> None:
    """It may add to what it is the later self of, and the cell that loaded may load anew; else it asks for --force."""
    asked.run("%neosantara new")
    asked.says("one", "two", "three")
    asked.cell(prompt="1", cell_id="a")
    asked.run("%neosantara save one.jsonl")
    asked.cell(prompt="2", cell_id="b")
    asked.run("%neosantara save two.jsonl")
    asked.run(
        'open(\'none.jsonl\', \'w\').write(\'{"format": "neosantara-conversation", "version": 1, "name": "main", "turns": 0}\\n\')'
    )
    for file in ("one.jsonl", "none.jsonl"):
        refused = asked.kernel.execute(f"%neosantara load {file}")
        assert refused.error is not None, file
        assert "--force" in refused.error.value
        assert "2" in asked.value(
            "len(__import__('neosantara_magic').public.surroundings()[0].conversations.get('main'))"
        )
    assert "in place of 2" in asked.run("%neosantara load one.jsonl --force", cell_id="l").stdout
    assert "in place" not in asked.run("%neosantara load two.jsonl").stdout, "it goes on where the conversation ends"
    asked.run("%neosantara load one.jsonl --force", cell_id="l")
    asked.cell(prompt="3", cell_id="c")
    again = asked.run("%neosantara load one.jsonl", cell_id="l")
    assert "in place of 2" in again.stdout, "Run All twice"


def test_a_misspelt_budget_is_shown_and_nothing_is_sent(fresh_kernel: Kernel) -> None:
    """Of a configuration that was read before the notebook was there; in its language; %neosantara shows it."""
    kernel = fresh_kernel
    kernel.set_environment(NEOSANTARA_API_KEY=KEY, NEOSANTARA_BASE_URL="http://127.0.0.1:9/v1")
    kernel.execute(
        "c = get_ipython().config.NeosantaraMagics\n"
        "c.budget_idr, c.language, c.max_tokens = 'lima ribu', 'id', 800\n%load_ext neosantara_magic"
    )
    first = kernel.execute("%neosantara ask Halo")
    assert 'NeosantaraMagics.budget_idr: budget_idr menerima angka mulai dari 0, bukan "lima ribu"' in first.stderr
    assert first.error is not None
    assert "lima ribu" in first.error.value
    assert "Tidak ada yang dikirim" in first.error.value
    shown = kernel.execute("%neosantara").answer
    assert "lima ribu" in shown
    assert "max_tokens 800" in shown
    assert not kernel.execute("%config NeosantaraMagics.budget_idr = '5.000'").stderr
    assert "Rp 5.000" in kernel.execute("%neosantara").answer
    again = kernel.execute("%neosantara ask Halo")
    assert again.error is not None
    assert again.error.name == "APIConnectionError"
    # Without quotes Python reads 5.000 as five and 5,000 as two numbers.
    assert kernel.execute("%config NeosantaraMagics.budget_idr = 5.000").stderr == "Anggaran: Rp 5\n"
    pair = kernel.execute("%config NeosantaraMagics.budget_idr = 5,000").stderr
    assert "Contoh: %config NeosantaraMagics.budget_idr = 5000" in pair
    assert not kernel.execute("%config NeosantaraMagics.budget_idr = 5000").stderr
