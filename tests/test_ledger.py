"""The ledger adds up, and the budget refuses before anything is sent."""

from __future__ import annotations

import threading

import pytest

from neosantara_magic.costs import Cost, Ledger, LedgerRow
from neosantara_magic.errors import BudgetExceededError
from neosantara_magic.messages import Usage
from neosantara_magic.texts import use_language


def test_rows_add_up_per_model_and_conversation() -> None:
    """Each model and conversation has one row, in order of its first ask."""
    ledger = Ledger()
    ledger.add("a", "main", Usage(10, 20, 30), Cost(1.5))
    ledger.add("a", None, Usage(1, 2, 3), Cost(0.5, estimated=True))
    ledger.add("a", "main", Usage(1, 1, 2), Cost(0.5), calls=3)
    ledger.add("b", "main", None, Cost(unpriced=2), calls=2)
    assert ledger.rows() == (
        LedgerRow("a", "main", 4, 11, 21, Cost(2.0)),
        LedgerRow("a", None, 1, 1, 2, Cost(0.5, estimated=True)),
        LedgerRow("b", "main", 2, 0, 0, Cost(0.0, unpriced=2)),
    )
    assert ledger.total.cost == Cost(2.5, estimated=True, unpriced=2)


def test_reset_starts_anew() -> None:
    """After a reset nothing is spent."""
    ledger = Ledger()
    ledger.add("a", "main", Usage(10, 20, 30), Cost(1.5))
    ledger.reset()
    assert (ledger.rows(), ledger.total.cost.amount) == ((), 0)


@pytest.mark.parametrize(
    ("budget", "estimate", "passes"),
    [
        (100, 40, True),
        (100, 40.01, False),
        (100, None, True),
        (60, None, False),
        (60, 0, True),
        (0, 1, False),
        (0, None, False),
    ],
)
def test_budget(budget: float, estimate: float | None, passes: bool) -> None:
    """A request passes while what is spent and what it may cost fit; without a price only what is spent counts."""
    ledger = Ledger()
    ledger.add("a", "main", None, Cost(60))
    if passes:
        ledger.check(budget, estimate)
    else:
        with pytest.raises(BudgetExceededError):
            ledger.check(budget, estimate)


def test_the_refusal_says_what_is_spent() -> None:
    """Both lines are there: the amounts, then what to do; in the language in force."""
    ledger = Ledger()
    ledger.add("a", "main", None, Cost(1200, estimated=True))
    with pytest.raises(BudgetExceededError) as refused:
        ledger.check(1500, 400)
    assert "≈ Rp 400" in refused.value.what
    assert "≈ Rp 1,200" in refused.value.what
    assert "Rp 1,500" in refused.value.what
    assert "%neosantara usage --reset" in refused.value.next_step
    use_language("id")
    with pytest.raises(BudgetExceededError) as refused:
        ledger.check(1000)
    assert "Rp 1.200" in refused.value.what
    assert "Anggaran Rp 1.000" in refused.value.what


def test_threads_lose_nothing() -> None:
    """A batch adds from many threads; every call is counted."""
    ledger = Ledger()

    def add() -> None:
        for _ in range(500):
            ledger.add("a", "main", Usage(1, 1, 2), Cost(1.0))

    threads = [threading.Thread(target=add) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert ledger.rows() == (LedgerRow("a", "main", 4000, 4000, 4000, Cost(4000.0)),)
