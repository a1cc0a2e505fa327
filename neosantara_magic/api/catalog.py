"""What ``/v1/models`` tells: models, what they can do, what they cost. Every field is optional. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from ..messages import Usage
from ..validators import is_amount
from .shapes import mapping, string

USD_RATE = 16650.0
"""Rupiah for a dollar: the fallback of the vendor's own client."""
_MILLION = 1_000_000
_DEAREST_IN_USD = 100.0


@dataclass(frozen=True, slots=True)
class Model:
    """One model, as far as the server describes it."""

    id: str
    description: str = ""
    owned_by: str = ""
    capabilities: tuple[str, ...] = ()  # the service's own words
    context_window: int | None = None  # tokens, like the next
    max_output_tokens: int | None = None
    input_price: float | None = None  # per million tokens, in ``currency``, like the next two
    output_price: float | None = None
    cached_price: float | None = None
    currency: str = ""  # ``IDR`` or ``USD``; empty when there is no price
    deprecated: bool = False

    @property
    def blind(self) -> bool:
        """Whether the server lists what the model can do, and seeing images is not in the list."""
        return bool(self.capabilities) and not {"vision", "image_input"} & {*self.capabilities}


def parse(entries: Iterable[Mapping[str, Any]]) -> list[Model]:
    """Read the entries of ``/v1/models``.

    One without an id is left out, the second of an id too, and one whose id would move the cursor of a terminal.
    """
    found: dict[str, Model] = {}
    for entry in entries:
        name = string(entry.get("id"))
        if name and name.isprintable():
            found.setdefault(name, _model(name, entry))
    return list(found.values())


_CONTEXT = ("context_window", "context_length", "max_model_len", "max_context_length", "max_input_tokens", "n_ctx")
"""How servers call it: the service, OpenRouter, vLLM, LM Studio, LiteLLM, llama.cpp."""


def _model(name: str, entry: Mapping[str, Any]) -> Model:
    told = (entry, mapping(entry.get("meta")), mapping(entry.get("model_info")))
    pricing = mapping(entry.get("pricing"))
    listed = {**mapping(pricing.get("per_million_tokens")), **pricing}
    spelled = (("prompt", "input_tokens", "input"), ("completion", "output_tokens", "output"), ("cache_read", "cached"))
    prices = [next((listed[name] for name in names if listed.get(name) is not None), None) for names in spelled]
    amounts = [_amount(price) for price in prices]
    words = entry.get("capabilities")
    words = words if isinstance(words, list) else []
    return Model(
        id=name,
        description=string(entry.get("description")),
        owned_by=string(entry.get("owned_by")),
        capabilities=tuple(word for word in words if isinstance(word, str) and word.isprintable()),
        context_window=next(filter(None, (_tokens(one.get(name)) for one in told for name in _CONTEXT)), None),
        max_output_tokens=_tokens(entry.get("max_output_tokens")),
        input_price=amounts[0],
        output_price=amounts[1],
        cached_price=amounts[2],
        currency=_currency(pricing, prices, amounts),
        deprecated=entry.get("deprecated") is True,
    )


def _amount(price: object) -> float | None:
    """Read a price: a number, or text such as ``$0.25`` or ``Rp 1,500``."""
    if isinstance(price, str):
        digits = re.sub(r"[^\d.]", "", price)
        price = float(digits) if re.fullmatch(r"\d+(\.\d*)?|\.\d+", digits) else None
    return float(price) if is_amount(price) else None


def _tokens(count: object) -> int | None:
    return int(count) if is_amount(count) and count else None


def _currency(pricing: Mapping[str, Any], prices: Sequence[object], amounts: Sequence[float | None]) -> str:
    """Return the currency that is named, else the one that the prices look like.

    The vendor's own programs disagree on what a missing currency means, but prices tell: the cheapest in Rupiah is in
    the hundreds, the dearest in dollars below a hundred.
    """
    said, written = string(pricing.get("currency")).upper(), " ".join(map(string, prices))
    dearest = max((amount for amount in amounts if amount is not None), default=None)
    if said in ("IDR", "USD"):
        return said
    if "$" in written or dearest is None:
        return "USD" if "$" in written else ""
    return "IDR" if "Rp" in written or dearest >= _DEAREST_IN_USD or dearest == 0 else "USD"


def find(models: Iterable[Model], name: str) -> Model | None:
    """Return the model of that id, whatever its case."""
    return next((model for model in models if model.id.lower() == name.lower()), None)


def cost_idr(model: Model | None, usage: Usage | None) -> float | None:
    """Return an estimate in Rupiah, or None when the price or the usage is not known.

    Cached tokens count at their own price where the model has one.
    """
    if model is None or usage is None or model.input_price is None or model.output_price is None:
        return None
    cached = min(usage.cached_tokens, usage.input_tokens)
    cached_price = model.input_price if model.cached_price is None else model.cached_price
    cost = (usage.input_tokens - cached) * model.input_price + cached * cached_price
    cost = (cost + usage.output_tokens * model.output_price) / _MILLION
    return cost * USD_RATE if model.currency == "USD" else cost
