"""What an ask costs: the budget before each request, the price of what came, the entry in the ledger.

For: `asking.py` and the batch, which pay alike.
Not for: adding up (``costs/ledger.py``), prices (``api/catalog.py``) and estimates (``costs/estimate.py``).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from .api import catalog
from .costs import estimate
from .messages import Usage
from .texts import say

if TYPE_CHECKING:
    from .api.catalog import Model
    from .render.document import Document
    from .request import Request
    from .workspace import Workspace


def most_idr(request: Request, workspace: Workspace) -> float | None:
    """Return the Rupiah that this one request may cost; None when the model's price is not known."""
    most = estimate.most_idr(request, _counted_as(request.model, workspace))
    if most is None and workspace.settings().budget_idr is not None:
        # No price at all is known: the dearest call so far says what another one may cost.
        return max((row.cost_idr / row.calls for row in workspace.ledger.rows() if row.cost_idr), default=None)
    return most


def _counted_as(name: str, workspace: Workspace) -> Model | None:
    """Return the model whose price counts: with a budget the dearest known one, where a model's own is not known."""
    model = catalog.find(workspace.models, name)
    if _rate(model) is not None or workspace.settings().budget_idr is None:
        return model
    return max(
        (one for one in workspace.models if _rate(one) is not None), key=lambda one: _rate(one) or 0, default=model
    )


def _rate(model: Model | None) -> float | None:
    return catalog.cost_idr(model, Usage(1000, 1000))


def _price_note(name: str, workspace: Workspace) -> str:
    """Say that another model's price counts; nothing where it does not."""
    model = _counted_as(name, workspace)
    if model is None or model.id.lower() == name.lower():
        return ""
    return say("budget.dearest", model=name, dearest=model.id)


def check_first(request: Request, workspace: Workspace) -> None:
    """Let the first request of a turn pass.

    Raises:
        BudgetExceededError: ``budget_idr`` is used up, or the request could pass it; nothing was sent.
    """
    budget = workspace.settings().budget_idr
    if budget is not None and not workspace.costs_nothing(request):
        note = _price_note(request.model, workspace)
        workspace.ledger.check(budget, most_idr(request, workspace), note=note)


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
    note = _price_note(request.model, workspace)
    workspace.ledger.check(budget, most, turn_idr=so_far or 0.0, turn_estimated=estimated, note=note)


def price(document: Document, workspace: Workspace, asked_model: str) -> tuple[float | None, bool]:
    """Return the Rupiah of the rounds so far, None when unknown, and whether that is an estimate and not the bill."""
    if document.billed_idr:
        return sum(document.billed_idr), False
    if document.usage is None:
        return None, False
    cost = catalog.cost_idr(_counted_as(document.model or asked_model, workspace), document.usage)
    return cost, cost is not None


def add_up(request: Request, conversation: str | None, document: Document, workspace: Workspace) -> None:
    """Price a finished document and enter it in the ledger."""
    document.conversation = conversation
    document.cost_idr, document.cost_estimated = price(document, workspace, request.model)
    if document.cost_estimated and (note := _price_note(document.model or request.model, workspace)):
        document.notes.append(note)
    if document.rounds:
        workspace.ledger.add(
            document.model or request.model,
            conversation,
            document.usage,
            document.cost_idr,
            estimated=document.cost_estimated,
            calls=document.rounds,
        )
