"""The budget stops a request before it is sent, whoever would have answered; what costs nothing goes through."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest

from magic.spoken import answer_events, chat_events
from neosantara_magic import asking, texts
from neosantara_magic.costs import Cost
from neosantara_magic.errors import BudgetExceededError, NotFoundError, UsageError
from neosantara_magic.messages import Usage
from neosantara_magic.parsing import ask_from_keywords
from neosantara_magic.recordings.store import Recording
from neosantara_magic.render.renderer import SilentRenderer
from neosantara_magic.settings import from_environment
from neosantara_magic.workspace import Workspace
from wire.server import ScriptedServer

PRICES = {"data": [{"id": "nusantara-base", "pricing": {"prompt": 300, "completion": 1500, "currency": "IDR"}}]}


def workspace(server: ScriptedServer, **environment: str) -> Workspace:
    """Return a workspace that asks this server."""
    settings = from_environment({"NEOSANTARA_BASE_URL": server.base_url, **environment})
    return Workspace(lambda: settings, demo=False, session_key="nsk_0123456789")


def ask(space: Workspace, prompt: str = "hello", kept: dict[str, Any] | None = None, **flags: Any) -> Any:
    """Ask with nobody watching; ``kept`` gets the variables that an ask sets."""
    stage = asking.Stage(SilentRenderer(), {} if kept is None else kept)
    return asking.ask(ask_from_keywords(prompt, flags), space, stage)


def test_what_was_billed_is_the_cost_and_fills_the_budget(server: ScriptedServer) -> None:
    """The header's figure counts; once the budget is used up nothing is sent, and the error says what was spent."""
    space = workspace(server, NEOSANTARA_BUDGET_IDR="2")
    server.answer(
        200,
        {"Content-Type": "text/event-stream", "X-Neosantara-Billed-IDR": "2.5"},
        [_sse(one) for one in answer_events("hi")],
    )
    response = ask(space)
    assert (response.cost_idr, response.cost_estimated) == (2.5, False)
    with pytest.raises(BudgetExceededError) as refused:
        ask(space)
    assert "Rp 2.50 spent so far" in str(refused.value)
    assert len(server.requests) == 1


def test_a_prompt_too_long_for_the_model_is_not_sent(server: ScriptedServer) -> None:
    """The next step helps: what has no history is not told to leave the history out."""
    space = workspace(server)
    server.answer(body={"data": [{"id": "nusantara-base", "context_window": 100}]})
    space.fetch_models()
    with pytest.raises(UsageError) as alone:
        ask(space, "word " * 200, once=True)
    assert alone.value.next_step.startswith("Shorten the prompt or the data in {{ }}")
    server.stream(answer_events("hi"))
    ask(space, "word " * 60)
    with pytest.raises(UsageError) as later:
        ask(space, "word " * 60)
    assert "--once" in later.value.next_step
    assert alone.value.what == "About 254 tokens would be sent, but nusantara-base reads 100 at most; nothing was sent."


def test_counts_that_cannot_be_lose_no_answer(server: ScriptedServer) -> None:
    """JSON carries whole numbers that Python cannot make floats of; what was paid for is there, its cost unknown."""
    space = workspace(server)
    server.answer(body=PRICES)
    space.fetch_models()
    server.stream(answer_events("paid for", usage={"input_tokens": 10**400, "output_tokens": 10**400}))
    response = ask(space)
    assert (response.text, response.usage, response.cost_idr) == ("paid for", None, None)


def test_an_estimate_refuses_what_could_pass_the_budget(server: ScriptedServer) -> None:
    """With known prices the most a request may cost counts; fewer output tokens let it through, marked as estimated."""
    space = workspace(server, NEOSANTARA_BUDGET_IDR="2")
    server.answer(body=PRICES)
    space.fetch_models()
    with pytest.raises(BudgetExceededError) as refused:
        ask(space)
    assert "≈ Rp 3.07" in str(refused.value)
    server.stream(answer_events("hi"))
    response = ask(space, max_tokens=100)
    assert response.cost_estimated
    assert response.cost_idr == pytest.approx((12 * 300 + 7 * 1500) / 1e6)
    assert "≈ Rp" in response.bundle["text/plain"]


@pytest.mark.parametrize(
    ("api", "param"),
    [
        ("responses", {"max_output_tokens": 900_000}),
        ("chat", {"max_tokens": 900_000}),
        ("chat", {"max_completion_tokens": 900_000}),
        ("responses", {"model": "dear"}),
    ],
)
def test_a_field_of_the_users_own_does_not_pass_the_budget(
    server: ScriptedServer, api: str, param: dict[str, Any]
) -> None:
    """``--param`` wins on the wire, so it wins in the estimate."""
    space = workspace(server, NEOSANTARA_BUDGET_IDR="10")
    dear = {"id": "dear", "pricing": {"prompt": 1_000_000, "completion": 1_000_000, "currency": "IDR"}}
    server.answer(body={"data": [*PRICES["data"], dear]})
    space.fetch_models()
    with pytest.raises(BudgetExceededError):
        ask(space, api=api, max_tokens=10, param=param)
    assert len(server.requests) == 1


def test_a_recorded_answer_and_the_demo_need_no_budget(server: ScriptedServer, tmp_path: Path) -> None:
    """Recording counts what is really sent: the first ask is refused or paid, its repetition free."""
    space = workspace(server, NEOSANTARA_BUDGET_IDR="1")
    space.recording = (Recording(tmp_path / "r.jsonl", lambda _line: None), "record")
    server.stream(answer_events("hi"))
    assert ask(space, once=True).text == "hi"
    space.ledger.add("nusantara-base", None, Usage(), Cost(5.0))
    assert ask(space, once=True).text == "hi"
    with pytest.raises(BudgetExceededError):
        ask(space, "another", once=True)
    with pytest.raises(BudgetExceededError):
        ask(space, once=True, fresh=True)
    space.demo, space.recording = True, None
    assert ask(space).text
    assert len(server.requests) == 1
    assert space.ledger.total.cost.amount == 5.0


def add(a: int, b: int) -> int:
    """Add two numbers."""
    return a + b


def says(server: ScriptedServer, events: list[dict[str, Any]], billed: str) -> None:
    """Script one answer with its bill."""
    headers = {"Content-Type": "text/event-stream", "X-Neosantara-Billed-IDR": billed}
    server.answer(200, headers, [*map(_sse, events), b"data: [DONE]\n\n"])


def test_the_budget_is_checked_before_each_round_of_a_turn(server: ScriptedServer) -> None:
    """A turn whose first round used it up sends no second; the call and its result are kept, nothing dangles."""
    space = workspace(server, NEOSANTARA_BUDGET_IDR="2")
    says(server, chat_events("Adding. ", ("add", {"a": 1, "b": 2})), "2.5")
    kept: dict[str, Any] = {}
    with pytest.raises(BudgetExceededError) as refused:
        ask(space, kept=kept, tools=add)
    assert str(refused.value) == (
        "The budget of Rp 2 is used up: Rp 2.50 spent so far; this request was not sent.\n"
        "Raise it with %config NeosantaraMagics.budget_idr = …, or start counting anew with %neosantara usage --reset; "
        "what came so far is kept."
    )
    assert refused.value.text.strip() == "Adding."
    assert len(server.requests) == 1
    assert [(call.name, call.result) for call in kept["_neosantara"].tool_calls] == [("add", "3")]
    (turn,) = space.conversations.get("main").turns
    assert [message.role for message in turn.replies] == ["assistant", "tool"]
    assert (turn.outcome, space.ledger.total.cost.amount) == ("failed", 2.5)


def test_a_turn_within_the_budget_goes_on(server: ScriptedServer) -> None:
    """Rounds that fit are sent, the one that would not is refused: it counts what the turn has cost."""
    space = workspace(server, NEOSANTARA_BUDGET_IDR="2")
    for _round in range(3):
        says(server, chat_events("", ("add", {"a": 1, "b": 2})), "0.7")
    with pytest.raises(BudgetExceededError, match=r"Rp 2\.10 spent so far"):
        ask(space, tools=add)
    assert len(server.requests) == 3
    assert space.ledger.total.cost.amount == pytest.approx(2.1)


def test_an_estimate_refuses_a_further_round(server: ScriptedServer) -> None:
    """With known prices the most that the next request may cost counts, in the language in force."""
    space = workspace(server, NEOSANTARA_BUDGET_IDR="4")
    server.answer(body=PRICES)
    space.fetch_models()
    says(server, chat_events("", ("add", {"a": 1, "b": 2})), "1.5")
    texts.use_language("id")
    with pytest.raises(BudgetExceededError) as refused:
        ask(space, tools=add)
    assert re.fullmatch(
        r"Request ini bisa berbiaya ≈ Rp 3,\d\d; dengan Rp 1,50 yang sudah terpakai, anggaran Rp 4 "
        r"akan terlampaui; request ini tidak dikirim\.\n"
        r"Turunkan --max-tokens, naikkan %config NeosantaraMagics\.budget_idr, atau .*",
        str(refused.value),
    )
    assert len(server.requests) == 2


def test_a_repair_is_a_further_round(server: ScriptedServer) -> None:
    """An answer that misses its schema is not repaired with money that is not there; its text is kept."""
    space = workspace(server, NEOSANTARA_BUDGET_IDR="2")
    says(server, answer_events("no JSON"), "2")
    with pytest.raises(BudgetExceededError) as refused:
        ask(space, schema={"type": "object", "properties": {"a": {"type": "integer"}}, "required": ["a"]})
    assert refused.value.text == "no JSON"
    assert len(server.requests) == 1


def test_a_model_that_is_not_there_is_named_with_the_nearest(server: ScriptedServer) -> None:
    """After the list was fetched, the 404 offers names from it; before, it says how to see the list. A new key forgets nothing."""
    space = workspace(server)
    missing = {"error": {"message": "Model Not Found", "code": "model_not_found"}}
    server.answer(404, body=missing)
    with pytest.raises(NotFoundError) as before:
        ask(space, model="nusantara-bas")
    assert "%neosantara models" in str(before.value)
    server.answer(body=PRICES)
    space.fetch_models()
    server.answer(404, body=missing)
    with pytest.raises(NotFoundError) as after:
        ask(space, model="nusantara-bas")
    assert "nearest: nusantara-base" in str(after.value)
    space.session_key = "nsk_another_key"
    server.answer(404, body=missing)
    with pytest.raises(NotFoundError, match="nearest: nusantara-base"):
        ask(space, model="nusantara-bas")


def _sse(event: Any) -> bytes:
    import json

    return f"data: {json.dumps(event)}\n\n".encode()
