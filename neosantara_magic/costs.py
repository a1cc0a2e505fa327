"""What one request may cost, the ledger of this kernel (calls, tokens, Rupiah), and the budget that guards it."""

from __future__ import annotations

import json
import math
import threading
from dataclasses import dataclass, field, replace
from functools import reduce

from .api.told import Model, cost_idr
from .errors import BudgetExceededError
from .messages import Usage
from .request import Request
from .texts import number, rupiah, say, two_lines

_CHARACTERS_A_TOKEN = 4
"""Rough, for English and Indonesian alike; the server's count is what is billed."""
_TOKENS_AN_IMAGE = 1_000
_TOKENS_A_MESSAGE = 4


@dataclass(frozen=True)
class Cost:
    """What some API calls cost; costs add up."""

    amount: float = 0.0
    """Rupiah, as far as they are known."""
    estimated: bool = False
    """Whether any part of ``amount`` is an estimate and not the bill."""
    unpriced: int = 0
    """Calls whose cost is unknown and so not in ``amount``."""

    @classmethod
    def of(cls, idr: float | None, *, estimated: bool = False, calls: int = 1) -> Cost:
        """Return the cost of some calls; None: it is unknown."""
        return cls(unpriced=calls) if idr is None else cls(idr, estimated)

    def __add__(self, other: Cost) -> Cost:
        estimated = any(one.estimated and one.amount for one in (self, other))
        return Cost(self.amount + other.amount, estimated, self.unpriced + other.unpriced)

    @property
    def parts(self) -> list[str]:
        """The amount and the number of unpriced calls, as texts: an unknown price is never shown as free."""
        parts = [rupiah(self.amount, estimated=self.estimated)] if self.amount or not self.unpriced else []
        return parts + ([say("usage.unpriced", count=number(self.unpriced))] if self.unpriced else [])


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
    cost: Cost = field(default_factory=Cost)


class Ledger:
    """Adds up, from any thread."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._rows: dict[tuple[str, str | None], LedgerRow] = {}

    def add(self, model: str, conversation: str | None, usage: Usage | None, cost: Cost, calls: int = 1) -> None:
        """Add what one ask used of the model that was asked; ``usage`` is None when the server reported none."""
        tokens = (usage.input_tokens, usage.output_tokens) if usage else (0, 0)
        with self._lock:
            row = self._rows.get((model, conversation), LedgerRow(model, conversation))
            self._rows[model, conversation] = _sum(row, LedgerRow(model, conversation, calls, *tokens, cost))

    def rows(self) -> tuple[LedgerRow, ...]:
        """Return one row for each model and conversation, in the order of their first ask."""
        with self._lock:
            return tuple(self._rows.values())

    @property
    def total(self) -> LedgerRow:
        """All rows in one."""
        return reduce(_sum, self.rows(), LedgerRow("", None))

    def reset(self) -> None:
        """Start counting anew."""
        with self._lock:
            self._rows.clear()

    def check(
        self, budget_idr: float, estimate: float | None = None, *, turn: Cost | None = None, note: str = ""
    ) -> None:
        """Let a request pass, or refuse it before it is sent. All amounts are Rupiah.

        ``estimate``, about which ``note`` says something, is what the request may cost at most; None: only what is
        spent counts. ``turn`` is the cost of the rounds before it, which are entered only when their turn ends.
        Raises BudgetExceededError: the budget is used up, or the request could pass it.
        """
        spent = self.total.cost + (turn or Cost())
        amounts = {"budget": rupiah(budget_idr), "spent": rupiah(spent.amount, estimated=spent.estimated)}
        if spent.amount >= budget_idr and (estimate is None or estimate > 0):
            raise BudgetExceededError(*two_lines("budget.spent", **amounts))
        if estimate is not None and spent.amount + estimate > budget_idr:
            most = rupiah(estimate, estimated=True) + (note and f" ({note})")
            raise BudgetExceededError(*two_lines("budget.passed", estimate=most, **amounts))


def _sum(row: LedgerRow, other: LedgerRow) -> LedgerRow:
    numbers = ("calls", "input_tokens", "output_tokens", "cost")
    return replace(row, **{name: getattr(row, name) + getattr(other, name) for name in numbers})


def input_tokens(request: Request) -> int:
    """Return roughly how many tokens the model will read, the stored history included."""
    text = len(request.instructions or "")
    images = 0
    for message in request.messages:
        text += len(message.text) + sum(len(call.name) + len(call.arguments) for call in message.tool_calls)
        images += len(message.images)
    text += sum(len(tool.name) + len(tool.description) + len(json.dumps(tool.parameters)) for tool in request.tools)
    if request.answer_format is not None:
        text += len(json.dumps(request.answer_format.schema))
    overhead = _TOKENS_A_MESSAGE * len(request.messages) + _TOKENS_AN_IMAGE * images
    return math.ceil(text / _CHARACTERS_A_TOKEN) + overhead


def estimated_idr(request: Request, model: Model | None) -> float | None:
    """Return the Rupiah of one call that uses all its output tokens; None when the price is not known."""
    return cost_idr(model, Usage(input_tokens(request), request.max_tokens))
