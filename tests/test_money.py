"""The budget stops a request before it is sent, whoever would have answered; what costs nothing goes through."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from magic.spoken import answer_events
from neosantara_magic import asking
from neosantara_magic.command import ask_from_keywords
from neosantara_magic.errors import BudgetExceededError, NotFoundError
from neosantara_magic.messages import Usage
from neosantara_magic.recordings import Recording
from neosantara_magic.render.renderer import SilentRenderer
from neosantara_magic.settings import from_environment
from neosantara_magic.workspace import Workspace
from wire.server import ScriptedServer

PRICES = {"data": [{"id": "nusantara-base", "pricing": {"prompt": 300, "completion": 1500, "currency": "IDR"}}]}


def workspace(server: ScriptedServer, **environment: str) -> Workspace:
    """Return a workspace that asks this server."""
    settings = from_environment({"NEOSANTARA_BASE_URL": server.base_url, **environment}).settings
    return Workspace(lambda: settings, demo=False, session_key="nsk_0123456789")


def ask(space: Workspace, prompt: str = "hello", **flags: Any) -> Any:
    """Ask with nobody watching."""
    return asking.ask(ask_from_keywords(prompt, flags), space, asking.Stage(SilentRenderer(), {}))


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


def test_a_recorded_answer_and_the_demo_need_no_budget(server: ScriptedServer, tmp_path: Path) -> None:
    """Recording counts what is really sent: the first ask is refused or paid, its repetition free."""
    space = workspace(server, NEOSANTARA_BUDGET_IDR="1")
    space.recording = (Recording(tmp_path / "r.jsonl", lambda _line: None), "record")
    server.stream(answer_events("hi"))
    assert ask(space, once=True).text == "hi"
    space.ledger.add("nusantara-base", None, Usage(), 5.0)
    assert ask(space, once=True).text == "hi"
    with pytest.raises(BudgetExceededError):
        ask(space, "another", once=True)
    with pytest.raises(BudgetExceededError):
        ask(space, once=True, fresh=True)
    space.demo, space.recording = True, None
    assert ask(space).text
    assert len(server.requests) == 1
    assert space.ledger.spent_idr == 5.0


def test_a_model_that_is_not_there_is_named_with_the_nearest(server: ScriptedServer) -> None:
    """After the list was fetched, the 404 offers names from it; before, it says how to see the list."""
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


def _sse(event: Any) -> bytes:
    import json

    return f"data: {json.dumps(event)}\n\n".encode()
