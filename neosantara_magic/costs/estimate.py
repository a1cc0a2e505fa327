"""What a request will take, before it is sent: tokens, Rupiah, and whether it can work at all.

Nothing here asks the service: what is not known from ``%neosantara models`` is not checked.
"""

from __future__ import annotations

import json
import math
from typing import TYPE_CHECKING

from ..api import catalog
from ..errors import UsageError
from ..messages import Usage
from ..texts import two_lines
from ..texts.numbers import number

if TYPE_CHECKING:
    from ..api.catalog import Model
    from ..request import Request

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


def most_idr(request: Request, model: Model | None) -> float | None:
    """Return the Rupiah of one call that uses all its output tokens; None when the price is not known."""
    return catalog.cost_idr(model, Usage(input_tokens(request), request.max_tokens))


def check(request: Request, model: Model | None) -> None:
    """Raise UsageError for an image to a model that does not see, or a transcript longer than its context window."""
    if model is None:
        return
    if any(message.images for message in request.messages) and model.can("vision") is False:
        raise UsageError(*two_lines("model_blind", model=model.id))
    tokens = input_tokens(request)
    if model.context_window is not None and tokens > model.context_window:
        key = "context_too_long" if len(request.messages) > 1 else "context_too_long.alone"
        raise UsageError(*two_lines(key, tokens=number(tokens), model=model.id, window=number(model.context_window)))
