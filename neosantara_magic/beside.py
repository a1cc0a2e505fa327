"""What a service brings beside its words: sources, what it ran itself, kinds that nothing here can show.

None of it is ever sent back.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields
from typing import Any

from .redaction import redact
from .texts import encodable
from .validators import from_json


@dataclass(frozen=True, slots=True)
class _Told:
    def __post_init__(self) -> None:
        # Only what can be written anywhere: UTF-8, and no key.
        for field in fields(self):
            value = getattr(self, field.name)
            if value is not None:
                object.__setattr__(self, field.name, redact(encodable(value)))


@dataclass(frozen=True, slots=True)
class Source(_Told):
    """A page or file that the service names for what the answer says."""

    url: str
    """As the service wrote it, so any scheme; empty for a file."""
    title: str = ""


@dataclass(frozen=True, slots=True)
class ServiceCall(_Told):
    """Something that the service ran itself: a search, code, a tool of an MCP server."""

    name: str
    written: str = ""
    """The arguments as the service wrote them, usually JSON."""
    output: str = ""
    error: str | None = None
    status: str = "done"
    """``running``, ``done`` or ``failed``."""

    @property
    def arguments(self) -> Any:
        """The arguments as parsed JSON (usually a dict), or the text when it is not JSON."""
        return from_json(self.written or "{}")


@dataclass(frozen=True, slots=True)
class Unshown(_Told):
    """Something of a kind that this version cannot show."""

    kind: str


Beside = Source | ServiceCall | Unshown
_KINDS: dict[str, type[Any]] = {kind.__name__: kind for kind in (Source, ServiceCall, Unshown)}


def row(thing: Beside) -> dict[str, Any]:
    """Return it as a JSON object; fields without a value are left out."""
    return {"thing": type(thing).__name__, **{name: value for name, value in asdict(thing).items() if value}}


def read_row(data: Mapping[str, Any]) -> Beside:
    """Return what `row` wrote. Raises KeyError, TypeError: it is something else."""
    values = dict(data)
    thing: Beside = _KINDS[values.pop("thing")](**values)
    return thing
