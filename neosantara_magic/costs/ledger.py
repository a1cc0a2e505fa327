"""The ledger: calls, tokens and Rupiah of this kernel, and the budget that guards them.

For: adding up what each ask used, the table of ``%neosantara usage``, refusing a request that would pass the budget.
Not for: prices (``api/catalog.py``) and not for keeping anything beyond the kernel's life.
"""

from __future__ import annotations

import threading
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from ..errors import BudgetExceededError
from ..texts import say, two_lines
from ..texts.numbers import number, rupiah

if TYPE_CHECKING:
    from ..messages import Usage


@dataclass(frozen=True)
class LedgerRow:
    """What one model used in one conversation."""

    model: str
    conversation: str | None
    """None for single questions (``--once``)."""
    calls: int = 0
    """API calls, not asks: a turn with tools makes several."""
    input_tokens: int = 0
    output_tokens: int = 0
    cost_idr: float = 0.0
    estimated: bool = False
    """Whether any part of ``cost_idr`` is an estimate."""
    unpriced: int = 0
    """Calls whose cost is unknown and so not in ``cost_idr``."""

    @property
    def cost(self) -> str:
        """What it cost, for a reader: calls of unknown price are said, not counted as free."""
        parts = [rupiah(self.cost_idr, estimated=self.estimated)] if self.cost_idr or not self.unpriced else []
        parts += [say("usage.unpriced", count=number(self.unpriced))] if self.unpriced else []
        return " + ".join(parts)


class Ledger:
    """Adds up, from any thread."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._rows: dict[tuple[str, str | None], LedgerRow] = {}

    def add(
        self,
        model: str,
        conversation: str | None,
        usage: Usage | None,
        cost_idr: float | None,
        *,
        estimated: bool = False,
        calls: int = 1,
    ) -> None:
        """Add what one ask used.

        Args:
            model: The model that answered.
            conversation: Name of the conversation; None for a single question.
            usage: Tokens of the ask; None when the server reported none.
            cost_idr: Rupiah of the ask; None when unknown.
            estimated: Whether ``cost_idr`` is an estimate and not the bill.
            calls: API calls of the ask.
        """
        with self._lock:
            row = self._rows.get((model, conversation), LedgerRow(model, conversation))
            self._rows[model, conversation] = replace(
                row,
                calls=row.calls + calls,
                input_tokens=row.input_tokens + (usage.input_tokens if usage else 0),
                output_tokens=row.output_tokens + (usage.output_tokens if usage else 0),
                cost_idr=row.cost_idr + (cost_idr or 0.0),
                estimated=row.estimated or (estimated and bool(cost_idr)),
                unpriced=row.unpriced + (calls if cost_idr is None else 0),
            )

    def rows(self) -> tuple[LedgerRow, ...]:
        """Return one row for each model and conversation, in the order of their first ask."""
        with self._lock:
            return tuple(self._rows.values())

    @property
    def total(self) -> LedgerRow:
        """All rows in one."""
        rows = self.rows()
        return LedgerRow(
            "",
            None,
            calls=sum(row.calls for row in rows),
            input_tokens=sum(row.input_tokens for row in rows),
            output_tokens=sum(row.output_tokens for row in rows),
            cost_idr=sum(row.cost_idr for row in rows),
            estimated=any(row.estimated for row in rows),
            unpriced=sum(row.unpriced for row in rows),
        )

    @property
    def spent_idr(self) -> float:
        """Rupiah spent so far, as far as it is known."""
        return self.total.cost_idr

    @property
    def estimated(self) -> bool:
        """Whether any part of `spent_idr` is an estimate."""
        return self.total.estimated

    def reset(self) -> None:
        """Start counting anew."""
        with self._lock:
            self._rows.clear()

    def check(
        self,
        budget_idr: float | None,
        estimate: float | None = None,
        *,
        turn_idr: float | None = None,
        turn_estimated: bool = False,
        note: str = "",
    ) -> None:
        """Let a request pass, or refuse it before it is sent.

        Args:
            budget_idr: Rupiah that may be spent in this kernel; None for no limit.
            estimate: Rupiah that the request may cost at most; None when its price is unknown: then only what is
                already spent counts.
            turn_idr: Rupiah of the rounds before this request in its turn, which are entered only when the turn ends;
                None for the first request of a turn.
            turn_estimated: Whether ``turn_idr`` is an estimate and not the bill.
            note: What to say about ``estimate``.

        Raises:
            BudgetExceededError: the budget is used up, or the request could pass it.
        """
        if budget_idr is None:
            return
        spent = self.spent_idr + (turn_idr or 0.0)
        estimated = self.estimated or (turn_estimated and bool(turn_idr))
        amounts = {"budget": rupiah(budget_idr), "spent": rupiah(spent, estimated=estimated)}
        when = "budget" if turn_idr is None else "budget.turn"
        if spent >= budget_idr and (estimate is None or estimate > 0):
            raise BudgetExceededError(*two_lines(f"{when}.spent", **amounts))
        if estimate is not None and spent + estimate > budget_idr:
            most = rupiah(estimate, estimated=True) + (note and f" ({note})")
            raise BudgetExceededError(*two_lines(f"{when}.passed", estimate=most, **amounts))
