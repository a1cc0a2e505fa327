"""Counts and costs of a batch so far. Not for: asking (``driver.py``), nor showing them (``progress.py``)."""

from __future__ import annotations

from dataclasses import dataclass, field

from ..costs import Cost
from ..messages import Response


@dataclass
class Tally:
    """Counts and costs of a batch so far."""

    asked: int = 0
    """Rows that were sent."""
    kept: int = 0
    """Rows whose answer was there already: in the file, or in the column ``into``."""
    into: str = ""
    failed: int = 0
    input_tokens: int = 0
    output_tokens: int = 0
    cost: Cost = field(default_factory=Cost)
    labels: set[str] = field(default_factory=set)
    notes: dict[str, None] = field(default_factory=dict)
    first_error: BaseException | None = None
    parts: dict[str, str] = field(default_factory=dict)
    """How much was sent of values that were not sent whole (`rows.Prepared`)."""

    @property
    def rows(self) -> int:
        """Rows that have their answer or failed."""
        return self.asked + self.kept + self.failed

    def add(self, response: Response, label: str) -> None:
        """Count a row that was sent."""
        if response.error is None:
            self.asked += 1
        else:
            self.fail(response.error)
        if response.usage is not None:
            self.input_tokens += response.usage.input_tokens
            self.output_tokens += response.usage.output_tokens
        # A server may answer and tell no usage.
        if response.error is None or response.usage is not None or response.cost_idr is not None:
            self.cost += Cost.of(response.cost_idr, estimated=response.cost_estimated)
        if response.error is None or label:
            self.labels.add(label)

    def fail(self, error: BaseException) -> None:
        """Count a row that failed."""
        self.failed += 1
        self.first_error = error if self.first_error is None else self.first_error
