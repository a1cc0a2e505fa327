"""HTTP requests and answers as values, for servers inside this process: the demo model, and tests."""

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


WireHandler = Callable[[WireRequest], WireAnswer]
