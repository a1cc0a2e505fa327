"""What an ask costs: the budget before each request, the price of what came, the entry in the ledger.

For: `asking.py` and the batch, which pay alike.
Not for: adding up (``costs/ledger.py``), prices (``api/catalog.py``) and estimates (``costs/estimate.py``).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from .api import catalog
from .costs import estimate
from .settings import check_change

if TYPE_CHECKING:
    from .render.document import Document
    from .request import Request
    from .workspace import Workspace


def most_idr(request: Request, workspace: Workspace) -> float | None:
    """Return the Rupiah that this one request may cost; None when the model's price is not known."""
    return estimate.most_idr(request, catalog.find(workspace.models, request.model))


def check_first(request: Request, workspace: Workspace) -> None:
    """Let the first request of a turn pass.

    Raises:
        BudgetExceededError: ``budget_idr`` is used up, or the request could pass it; nothing was sent.
        UsageError: a lock holds the length of answers, and this one could be longer.
    """
    check_change("max_tokens", request.max_tokens, workspace.held)
    budget = workspace.settings().budget_idr
    if budget is not None and not workspace.costs_nothing(request):
        workspace.ledger.check(budget, most_idr(request, workspace))


def check_another(request: Request, document: Document, workspace: Workspace, *, reserved: float = 0.0) -> None:
    """Let a further request of a turn pass; what its rounds cost so far is not in the ledger yet.

    Args:
        request: What would be sent now.
        document: What came in this turn.
        workspace: Whose ledger and budget count.
        reserved: Rupiah that other turns under way may still cost.

    Raises:
        BudgetExceededError: ``budget_idr`` is used up, or the request could pass it.
    """
    budget = workspace.settings().budget_idr
    if budget is None or workspace.costs_nothing(request):
        return
    so_far, estimated = price(document, workspace, request.model)
    most = most_idr(request, workspace)
    if reserved:
        most = reserved + (most or 0.0)
    workspace.ledger.check(budget, most, turn_idr=so_far or 0.0, turn_estimated=estimated)


def price(document: Document, workspace: Workspace, asked_model: str) -> tuple[float | None, bool]:
    """Return the Rupiah of the rounds so far, None when unknown, and whether that is an estimate and not the bill."""
    if document.billed_idr:
        return sum(document.billed_idr), False
    if document.usage is None:
        return None, False
    cost = catalog.cost_idr(catalog.find(workspace.models, document.model or asked_model), document.usage)
    return cost, cost is not None


def add_up(request: Request, conversation: str | None, document: Document, workspace: Workspace) -> None:
    """Price a finished document and enter it in the ledger."""
    document.conversation = conversation
    document.cost_idr, document.cost_estimated = price(document, workspace, request.model)
    if document.rounds:
        workspace.ledger.add(
            document.model or request.model,
            conversation,
            document.usage,
            document.cost_idr,
            estimated=document.cost_estimated,
            calls=document.rounds,
        )
