"""What goes over a wire, as values: requests and answers, for servers inside this process; how to reach a service."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True)
class WireRequest:
    """An HTTP request as a server sees it."""

    method: str
    path: str  # below the host, such as ``/v1/responses``
    headers: Mapping[str, str]  # names in lower case
    body: bytes = b""
    query: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class WireAnswer:
    """An HTTP answer as a server gives it."""

    status: int
    headers: Mapping[str, str]
    body: Iterable[bytes]  # chunks; an event stream yields them as they come into being


@dataclass(frozen=True)
class Connection:
    """How a worker of a batch makes a client of its own. The key is in no repr; it travels where this is pickled."""

    base_url: str
    key: str = field(repr=False)
    label: str = ""  # ``demo`` for the demo model, which needs no network


WireHandler = Callable[[WireRequest], WireAnswer]
