"""What an ask costs: the budget before each request, the price of the answer, the entry in the ledger."""

from __future__ import annotations

from typing import TYPE_CHECKING

from .api import catalog
from .costs import estimate
from .costs.ledger import Cost
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
        return max((row.cost.amount / row.calls for row in workspace.ledger.rows() if row.cost.amount), default=None)
    return most


def _counted_as(name: str, workspace: Workspace) -> Model | None:
    """Return the model whose price counts: with a budget the dearest known one, where a model's own is not known."""
    model = catalog.find(workspace.models, name)
    if _rate(model) is not None or workspace.settings().budget_idr is None:
        return model
    priced = [one for one in workspace.models if _rate(one) is not None]
    return max(priced, key=lambda one: _rate(one) or 0, default=model)


def _rate(model: Model | None) -> float | None:
    return catalog.cost_idr(model, Usage(1000, 1000))


def _price_note(name: str, workspace: Workspace) -> str:
    """Say that another model's price counts; nothing where it does not."""
    model = _counted_as(name, workspace)
    same = model is None or model.id.lower() == name.lower()
    return "" if same or model is None else say("budget.dearest", model=name, dearest=model.id)


def check_first(request: Request, workspace: Workspace) -> None:
    """Let a turn's first request pass. Raises BudgetExceededError: the budget is used up, or would be passed."""
    budget = workspace.settings().budget_idr
    if budget is not None and not workspace.costs_nothing(request):
        note = _price_note(request.model, workspace)
        workspace.ledger.check(budget, most_idr(request, workspace), note=note)


def check_another(request: Request, document: Document, workspace: Workspace, *, reserved: float = 0.0) -> None:
    """Let a further request of a turn pass. The cost of its earlier rounds is not in the ledger yet.

    ``reserved`` is what other turns under way may still cost, in Rupiah.
    Raises BudgetExceededError: ``budget_idr`` is used up, or the request could pass it.
    """
    budget = workspace.settings().budget_idr
    if budget is None or workspace.costs_nothing(request):
        return
    turn = price(document, workspace, request.model)
    most = most_idr(request, workspace)
    if reserved:
        most = reserved + (most or 0.0)
    workspace.ledger.check(budget, most, turn=turn, note=_price_note(request.model, workspace))


def price(document: Document, workspace: Workspace, asked_model: str) -> Cost:
    """Return the cost of the rounds so far: the bill, else an estimate from the model's price."""
    if document.billed_idr:
        return Cost(sum(document.billed_idr))
    model = _counted_as(document.model or asked_model, workspace)
    idr = None if document.usage is None else catalog.cost_idr(model, document.usage)
    return Cost.of(idr, estimated=True, calls=document.rounds)


def add_up(request: Request, conversation: str | None, document: Document, workspace: Workspace) -> None:
    """Price a finished document and enter it in the ledger."""
    document.conversation = conversation
    cost = price(document, workspace, request.model)
    known = bool(document.rounds) and not cost.unpriced
    document.cost_idr, document.cost_estimated = (cost.amount, cost.estimated) if known else (None, False)
    if document.cost_estimated and (note := _price_note(document.model or request.model, workspace)):
        document.notes.append(note)
    if document.rounds:
        # By the model that was asked: a proxy calls the one that answered now this, now that.
        workspace.ledger.add(request.model, conversation, document.usage, cost, document.rounds)
