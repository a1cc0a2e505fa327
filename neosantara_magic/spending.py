"""What an ask costs: an estimate and the budget before each request, the price of the answer, its entry in the ledger.

Nothing here asks the service: what is not known from ``%neosantara models`` is not checked.
"""

from __future__ import annotations

import json
import math

from .api import catalog
from .api.catalog import Model
from .costs import Cost
from .errors import UsageError
from .messages import Usage
from .render.document import Document
from .request import Request
from .texts import number, say, two_lines
from .workspace import Workspace

_CHARACTERS_A_TOKEN = 4
"""Rough, for English and Indonesian alike; the server's count is what is billed."""
_TOKENS_AN_IMAGE = 1_000
_TOKENS_A_MESSAGE = 4


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


def check_model(request: Request, model: Model | None) -> None:
    """Raise UsageError for an image to a model that does not see, or a transcript longer than its context window."""
    if model is None:
        return
    if any(message.images for message in request.messages) and model.can("vision") is False:
        raise UsageError(*two_lines("model_blind", model=model.id))
    tokens = input_tokens(request)
    if model.context_window is not None and tokens > model.context_window:
        key = "context_too_long" if len(request.messages) > 1 else "context_too_long.alone"
        raise UsageError(*two_lines(key, tokens=number(tokens), model=model.id, window=number(model.context_window)))


def estimated_idr(request: Request, model: Model | None) -> float | None:
    """Return the Rupiah of one call that uses all its output tokens; None when the price is not known."""
    return catalog.cost_idr(model, Usage(input_tokens(request), request.max_tokens))


def most_idr(request: Request, workspace: Workspace) -> float | None:
    """Return the Rupiah that this one request may cost; None when the model's price is not known."""
    most = estimated_idr(request, _counted_as(request.model, workspace))
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


def check_budget(
    request: Request, workspace: Workspace, document: Document | None = None, *, reserved: float = 0.0
) -> None:
    """Let a request pass. The cost of the rounds before it in its turn (``document``) is not in the ledger yet.

    ``reserved`` is what other turns under way may still cost, in Rupiah.
    Raises BudgetExceededError: ``budget_idr`` is used up, or the request could pass it.
    """
    budget = workspace.settings().budget_idr
    if budget is None or workspace.costs_nothing(request):
        return
    turn = None if document is None else price(document, workspace, request.model)
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
