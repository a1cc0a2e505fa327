"""A budget that was meant holds: misspelt, without a price, or while many wait for one limit."""

from __future__ import annotations

import random

import pytest

from neosantara_magic import public
from neosantara_magic.api.failures import seconds_to_wait
from neosantara_magic.api.told import read_models
from neosantara_magic.costs import Cost
from neosantara_magic.errors import APIStatusError, BudgetExceededError, UsageError
from neosantara_magic.events import MOST_WAITS
from neosantara_magic.messages import Usage, user_message
from neosantara_magic.render.document import Document
from neosantara_magic.request import Request
from neosantara_magic.settings.fields import Settings, environment_problems
from neosantara_magic.workspace import Workspace

MODELS = read_models(
    {"id": name, "pricing": {"prompt": 1000, "completion": price, "currency": "IDR"}} if price else {"id": name}
    for name, price in (("murah", 1000), ("mahal", 100_000), ("rahasia", None))
)


def space(**settings: object) -> Workspace:
    """Return a workspace with a key and these settings."""
    held = Settings(**settings)  # type: ignore[arg-type]
    return Workspace(lambda: held, demo=False, session_key="nsk_0123456789abcdef")


def asks(model: str, max_tokens: int = 1000) -> Request:
    """Return a request to a model."""
    return Request(model, "responses", (user_message("Halo"),), max_tokens=max_tokens)


def test_a_model_without_a_price_counts_as_the_dearest() -> None:
    """Before the request and after the answer, and both say so; without a budget nothing is made up."""
    budget = space(budget_idr=50.0)
    budget.models = MODELS
    budget.check_budget(asks("murah"))
    with pytest.raises(BudgetExceededError) as refused:
        budget.check_budget(asks("rahasia"))
    assert "(the price of rahasia is not known and counts as that of mahal, the dearest known)" in refused.value.what
    document = Document()
    document.model, document.usage, document.rounds = "rahasia", Usage(0, 100), 1
    budget.add_up(asks("rahasia"), None, document)
    assert (document.cost_idr, document.cost_estimated) == (10.0, True)
    assert document.notes == ["the price of rahasia is not known and counts as that of mahal, the dearest known"]
    free = space()
    free.models = MODELS
    assert free.most_idr(asks("rahasia")) is None


def test_without_prices_the_dearest_call_so_far_counts() -> None:
    """Rp 1.50 an answer and a budget of Rp 5: the fourth is not sent."""
    budget = space(budget_idr=5.0)
    for _ in range(3):
        budget.check_budget(asks("rahasia"))
        budget.ledger.add("rahasia", None, Usage(1, 1), Cost(1.5))
    with pytest.raises(BudgetExceededError):
        budget.check_budget(asks("rahasia"))


@pytest.mark.parametrize("value", ["lima ribu", "5.00.0", "-1"])
def test_a_budget_that_cannot_be_read_spends_nothing(value: str) -> None:
    """No service for it until somebody sets it anew; the demo model needs none."""
    problems = environment_problems({"NEOSANTARA_BUDGET_IDR": value})
    spoilt = space()
    spoilt.problems = problems
    with pytest.raises(UsageError) as refused:
        spoilt.service()
    assert value in refused.value.what
    mended = space(budget_idr=5000.0)
    mended.problems = problems
    assert mended.service()
    spoilt.demo = True
    assert spoilt.service()


def test_other_bad_values_are_said_and_spend(monkeypatch: pytest.MonkeyPatch) -> None:
    """A look that is unknown is no reason to stop; a script without the extension refuses like a notebook."""
    odd = space()
    odd.problems = environment_problems({"NEOSANTARA_SHOW": "big"})
    assert odd.service()
    monkeypatch.setenv("NEOSANTARA_BUDGET_IDR", "lima ribu")
    monkeypatch.setenv("NEOSANTARA_API_KEY", "nsk_0123456789abcdef")
    public._script.clear()
    with pytest.raises(UsageError):
        public.surroundings()[0].service()
    public._script.clear()


def refused(retry_after: float | None) -> APIStatusError:
    """Return a refusal of a shared limit."""
    return APIStatusError("limit", status=429, retry_after=retry_after)


@pytest.mark.parametrize("retry_after", [None, 0.0, 20.0, 200.0])
def test_patience_waits_for_a_turn_and_not_longer(retry_after: float | None) -> None:
    """More often than twice, never less than the server asked, never past the patience, and not all at once."""
    random.seed(1)
    firsts = {seconds_to_wait(refused(retry_after), 1, 300.0) for _ in range(20)}
    assert len(firsts) > 10 or retry_after == 200.0
    waited, attempt = 0.0, 1
    while (seconds := seconds_to_wait(refused(retry_after), attempt, 300.0, waited)) is not None:
        assert seconds >= (retry_after or 0.0)
        waited, attempt = waited + seconds, attempt + 1
    assert waited <= 300.0
    assert waited > 300.0 - max(20.0, retry_after or 0.0)
    assert attempt > MOST_WAITS or retry_after == 200.0
    assert seconds_to_wait(refused(400.0), 1, 300.0) is None
    assert seconds_to_wait(APIStatusError("other", status=400), 1, 300.0) is None
