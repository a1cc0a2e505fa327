"""The models that the demo lists, with prices, windows and what they can do.

For: ``/v1/models`` and ``/v1/models/{id}``, from the service's public tables in ``service.toml``.
Not for: how the demo answers: every id here is answered by the same offline stand-in.
"""

from __future__ import annotations

import tomllib
from pathlib import Path
from typing import Any

from .talk import CREATED

SERVICE: dict[str, Any] = tomllib.loads((Path(__file__).parent / "service.toml").read_text(encoding="utf-8"))
"""The tables ``models`` and ``errors``."""

_SPELLED = {"tools": "function_calling", "json": "structured_outputs"}


def _entry(name: str, row: list[Any]) -> dict[str, Any]:
    owner, window, able, price_in, price_out, currency = row
    can = ["text_generation", *(_SPELLED.get(word, word) for word in able.split())]
    price = {"currency": currency, "prompt": price_in, "completion": price_out}
    sizes = {"context_window": window, "max_output_tokens": min(window // 2, 65536)}
    told = {"id": name, "object": "model", "created": CREATED, "owned_by": owner, "capabilities": can, **sizes}
    return {**told, "deprecated": False, "listed": True, "pricing": price}


MODELS: dict[str, dict[str, Any]] = {name: _entry(name, row) for name, row in SERVICE["models"].items()}
"""Model id to its entry."""


def listing(capability: str = "") -> dict[str, Any]:
    """Return the list's body, narrowed to one capability when given."""
    wanted = "text_generation" if capability == "chat" else capability
    found = [entry for entry in MODELS.values() if not wanted or wanted in entry["capabilities"]]
    return {"object": "list", "data": found}
