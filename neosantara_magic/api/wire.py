"""What crosses the wire, for answers that do not come from a socket.

For: the demo model and tests, which answer HTTP requests inside this process.
Not for: real connections (``client.py``) and not for any meaning of the bytes.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True)
class WireRequest:
    """An HTTP request as a server sees it."""

    method: str
    path: str
    """Path below the host, such as ``/v1/responses``."""
    headers: Mapping[str, str]
    """Names in lower case."""
    body: bytes = b""
    query: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class WireAnswer:
    """An HTTP answer as a server gives it."""

    status: int
    headers: Mapping[str, str]
    body: Iterable[bytes]
    """Chunks, in order; an event stream yields them as they come into being."""


WireHandler = Callable[[WireRequest], WireAnswer]
