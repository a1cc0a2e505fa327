"""How to reach the service, as a value: what a worker of a batch needs to make a client of its own."""

from __future__ import annotations

from dataclasses import dataclass, field


@dataclass(frozen=True)
class Connection:
    """A base URL and the key for it. The key is in no repr; it travels only where this is pickled."""

    base_url: str
    key: str = field(repr=False)
    label: str = ""
    """``demo`` for the demo model, which needs no network."""
