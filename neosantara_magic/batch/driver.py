"""The driver of a batch: rows in flight, the budget, when to give up, Stop. Each row is one turn of the loop.

Not for: reading rows (``sources.py``, ``rows.py``), pace (``pacing.py``), files (``answers.py``), the bar.

The thread that called reads the rows (a generator may hold what only its own thread may touch), waits, and moves the
bar; a row's turn runs in one of ``concurrency`` threads: request, tools, validation, repair, writing.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from contextlib import contextmanager
from dataclasses import replace
from typing import Any

from .. import asking, spending
from ..api import catalog
from ..api.failures import QUOTA_CODES
from ..asking import Plan
from ..cancel import Cancel
from ..errors import APIConnectionError, APIStatusError, BudgetExceededError, NeosantaraError, Stopped, UsageError
from ..faults import reraise_interrupt
from ..messages import Response
from ..recordings.entry import canonical, key_of
from ..render.document import Document
from ..request import Client, Request
from ..texts import two_lines
from ..texts.numbers import number
from ..tools.crew import Captured
from ..workspace import Workspace
from .answers import Kept
from .progress import Progress, Tally
from .rows import BLANK

_GLANCE = 0.2
"""Seconds between two looks at the bar when no row ends."""
_ALIKE = 3
"""After so many rows in succession that were refused for a reason other than the row, the rest is not sent."""
_NOT_THE_ROWS = (401, 402, 403, 404, 502, 503, 504)
"""Statuses that are not the row's fault: key, balance, model, and a gateway without a server."""


class Driver:
    """Runs one batch: ``concurrency`` rows in flight, asked of ``client`` from any thread."""

    def __init__(
        self, plan: Plan, workspace: Workspace, client: Client, kept: Kept, progress: Progress, concurrency: int
    ) -> None:
        self._plan = plan
        self._workspace = workspace
        self._client = client
        self._kept = kept
        self._progress = progress
        self._concurrency = concurrency
        self._budget = workspace.settings().budget_idr
        self._cancel = Cancel()
        self._lock = threading.Lock()
        self._tools = threading.RLock()
        self._in_flight: set[Future[None]] = set()
        self._reserved: dict[int, float] = {}
        """By place of a row in flight: the Rupiah that it may cost at most, as far as that is known."""
        self._alike: list[NeosantaraError] = []
        self._closed: NeosantaraError | None = None
        """Why nothing more is sent."""
        self.tally = Tally()

    def run(self, rows: Iterable[Any], request_of: Callable[[Any], Request]) -> None:
        """Ask every row. Raises UsageError: no request can be made, or ``rows`` raised; Stopped: interrupted."""
        pool = ThreadPoolExecutor(self._concurrency, thread_name_prefix="neosantara-batch")
        try:
            for place, row in enumerate(rows):
                self._begin(place, row, request_of, pool)
                while len(self._in_flight) >= self._concurrency:
                    self._await_one()
            while self._in_flight:
                self._await_one()
        except KeyboardInterrupt:
            self._cancel.stop()
            raise Stopped(*two_lines(self._kept.stopped, count=number(self.tally.rows))) from None
        finally:
            # Stopped: rows in flight end at once. The rows' source failed: they are paid for, so they may end.
            pool.shutdown(cancel_futures=True)

    def _begin(self, place: int, row: Any, request_of: Callable[[Any], Request], pool: ThreadPoolExecutor) -> None:
        """Give one row to the threads, unless its answer or its failure is known already."""
        try:
            request = request_of(row)
            model = catalog.find(self._workspace.models, request.model)
            spending.check_model(request, model)
        except UsageError as error:
            if place == 0 and error.code != BLANK:
                raise  # nearly always the template's fault, and nothing was sent; a blank row is not
            key = key_of({"row": place})
            self._kept.known(place, key)
            self._fail(place, key, error)
            return
        key = key_of(canonical(request))
        if self._kept.known(place, key):
            self.tally.kept += 1
            return
        free = self._budget is None or self._workspace.costs_nothing(request)
        most = 0.0 if free else spending.most_idr(request, self._workspace) or 0.0
        if self._closed is not None or not (free or self._affordable(place, most)):
            self._fail(place, key, self._closed or UsageError("closed"), request)
            return
        self._in_flight.add(pool.submit(self._turn, place, key, request))

    def _affordable(self, place: int, most: float) -> bool:
        """Whether another row may be sent; waits for rows in flight, which may cost less than they could."""
        while self._closed is None:
            try:
                with self._lock:
                    self._workspace.ledger.check(self._budget, most + sum(self._reserved.values()) or None)
                    self._reserved[place] = most
            except BudgetExceededError as error:
                if not self._in_flight:
                    self._closed = error
                else:
                    self._await_one()
            else:
                return True
        return False

    def _await_one(self) -> None:
        """Wait until a row ends; meanwhile move the bar."""
        ended: set[Future[None]] = set()
        while not ended:
            ended, self._in_flight = wait(self._in_flight, _GLANCE, FIRST_COMPLETED)
            self._progress.show(self.tally)
        for future in ended:
            future.result()  # a bug of ours, or a Stop inside a tool, ends the batch

    def _fail(self, place: int, key: str, error: Exception, request: Request | None = None) -> None:
        response = Response(error=error, messages=() if request is None else request.messages)
        self._kept.put(place, key, response)
        with self._lock:
            self.tally.fail(error)

    # -- in the threads

    def _turn(self, place: int, key: str, request: Request) -> None:
        """Ask one row and keep its answer."""
        tools = replace(self._plan.tools, capture=self._one_tool_at_a_time)
        plan = replace(self._plan, request=request, tools=tools)
        document = asking.play(
            plan,
            self._client,
            self._cancel,
            before_another=lambda another, document: self._reserve_another(place, another, document),
        )
        if document.error is not None:
            reraise_interrupt(document.error)
        asking.enter(plan, document, self._workspace)
        if document.outcome == "stopped" and not self._cancel.stopped:
            raise Stopped(*two_lines("stopped"))
        response = asking.response_of(plan, document)
        if document.outcome != "stopped":
            self._kept.put(place, key, response)
        self._count(place, response, document)

    def _reserve_another(self, place: int, request: Request, document: Document) -> None:
        """Let a row in flight send a further request: after its tools, for its record, or to repair its data."""
        if self._budget is None:
            return
        with self._lock:
            others = sum(most for row, most in self._reserved.items() if row != place)
            spending.check_budget(request, self._workspace, document, reserved=others)
            so_far = spending.price(document, self._workspace, request.model).amount
            self._reserved[place] = so_far + (spending.most_idr(request, self._workspace) or 0.0)

    def _count(self, place: int, response: Response, document: Document) -> None:
        with self._lock:
            self._reserved.pop(place, None)
            if response.stopped:
                return
            self.tally.add(response, document.label)
            self.tally.notes |= dict.fromkeys(document.notes)
            error = response.error
            alike = isinstance(error, APIConnectionError) or (
                isinstance(error, APIStatusError) and (error.status in _NOT_THE_ROWS or error.code in QUOTA_CODES)
            )
            self._alike = [*self._alike, error] if alike and isinstance(error, NeosantaraError) else []
            if len(self._alike) >= _ALIKE and self._closed is None:
                self._closed = self._alike[0]

    @contextmanager
    def _one_tool_at_a_time(self) -> Iterator[Captured]:
        """Rows run at once, but the notebook's functions do not: they were not written for threads."""
        with self._tools:
            yield Captured()
