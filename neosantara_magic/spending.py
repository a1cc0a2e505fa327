"""What an ask costs: the budget before each request, the price of the answer, the entry in the ledger.

For: `asking.py` and the batch, which pay alike.
Not for: adding up (``costs/ledger.py``), prices (``api/catalog.py``) and estimates (``costs/estimate.py``).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from .api import catalog
from .costs import estimate
from .costs.ledger import Cost

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
    """
    budget = workspace.settings().budget_idr
    if budget is not None and not workspace.costs_nothing(request):
        workspace.ledger.check(budget, most_idr(request, workspace))


def check_another(request: Request, document: Document, workspace: Workspace, *, reserved: float = 0.0) -> None:
    """Let a further request of a turn pass. The cost of its earlier rounds is not in the ledger yet.

    Args:
        request: What would be sent now.
        document: The turn so far.
        workspace: Whose ledger and budget count.
        reserved: Rupiah that other turns under way may still cost.

    Raises:
        BudgetExceededError: ``budget_idr`` is used up, or the request could pass it.
    """
    budget = workspace.settings().budget_idr
    if budget is None or workspace.costs_nothing(request):
        return
    turn = price(document, workspace, request.model)
    most = most_idr(request, workspace)
    if reserved:
        most = reserved + (most or 0.0)
    workspace.ledger.check(budget, most, turn=turn)


def price(document: Document, workspace: Workspace, asked_model: str) -> Cost:
    """Return the cost of the rounds so far: the bill, else an estimate from the model's price."""
    if document.billed_idr:
        return Cost(sum(document.billed_idr))
    model = catalog.find(workspace.models, document.model or asked_model)
    idr = None if document.usage is None else catalog.cost_idr(model, document.usage)
    return Cost.of(idr, estimated=True, calls=document.rounds)


def add_up(request: Request, conversation: str | None, document: Document, workspace: Workspace) -> None:
    """Price a finished document and enter it in the ledger."""
    document.conversation = conversation
    cost = price(document, workspace, request.model)
    known = bool(document.rounds) and not cost.unpriced
    document.cost_idr, document.cost_estimated = (cost.amount, cost.estimated) if known else (None, False)
    if document.rounds:
        workspace.ledger.add(document.model or request.model, conversation, document.usage, cost, document.rounds)
