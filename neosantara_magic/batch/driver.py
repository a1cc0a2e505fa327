"""The driver of a batch: rows in flight, the budget, when to give up, Stop. Each row is one turn of the loop.

Not for: reading rows (``rows.py``), pace and workers (``sending.py``), files (``answers.py``), the bar.

The thread that called reads the rows (a generator may hold what only its own thread may touch), waits, and moves the
bar; a row's turn runs in one of ``concurrency`` threads: request, tools, validation, repair, writing.
"""

from __future__ import annotations

import threading
from collections.abc import Iterator, Sequence
from concurrent.futures import FIRST_COMPLETED, Executor, Future, ThreadPoolExecutor, wait
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from functools import cache
from typing import Any

from .. import asking
from ..api.failures import QUOTA_CODES
from ..errors import (
    APIConnectionError,
    APIStatusError,
    BudgetExceededError,
    NeosantaraError,
    Stopped,
    UsageError,
    reraise_interrupt,
)
from ..events import Cancel
from ..ipython.notebook import Notebook
from ..messages import Response
from ..recordings.entry import canonical, key_of
from ..recordings.store import RecordingClient
from ..render.document import Document
from ..request import Client, Request
from ..texts import two_lines
from ..texts.numbers import number
from ..tools.crew import Captured
from ..workspace import Workspace
from .answers import Kept
from .progress import Progress, Tally
from .rows import BLANK, Prepared, Source
from .sending import ExecutorSender, PacedClient, Send

CONCURRENCY = 8  # rows in flight at once, unless the caller says another number
_GLANCE = 0.2  # seconds between two looks at the bar when no row ends
_ALIKE = 3  # after so many rows in succession that were refused for a reason other than the row, the rest is not sent
_NOT_THE_ROWS = (401, 402, 403, 404, 502, 503, 504)
"""Statuses that are not the row's fault: key, balance, model, and a gateway without a server."""


def run(
    workspace: Workspace,
    notebook: Notebook | None,
    prepared: Prepared,
    source: Source,
    kept: Kept,
    concurrency: int = CONCURRENCY,
    executor: Executor | None = None,
) -> Sequence[Response]:
    """Ask all rows, show the progress, and return the answers.

    Raises UsageError: no request can be made; Stopped: interrupted; and what the rows' source raised. Each has the
    answers so far as its ``answers``.
    """
    held = workspace.settings()  # once: reading them twice for each row costs more than JSON does
    workspace = replace(workspace, settings=lambda: held)

    @cache
    def connect() -> Send:
        service = workspace.service()
        return service.send if executor is None else ExecutorSender(executor, service).send

    client: Client
    client = paced = PacedClient(connect)
    if workspace.recording is None:
        connect()
    else:  # replaying needs no key, so the service's client is made only when a row is not in the recording
        client = RecordingClient(*workspace.recording, lambda: paced, held.replay_speed, workspace.otherwise())
    progress = Progress(source.total, notebook, paced.pause_left, silent=prepared.asked.show == "none")
    tally = Tally(prepared.asked.into or "", prepared.parts)
    try:
        _Driver(prepared, workspace, client, kept, progress, tally).run(source, concurrency)
    except BaseException as error:
        error.answers = kept.answers  # type: ignore[attr-defined]  # whatever was raised: they are paid for
        if tally.rows or not isinstance(error, UsageError):
            progress.close(tally)
        raise
    progress.close(tally)
    return kept.answers


@dataclass
class _Driver:
    """Runs one batch: ``concurrency`` rows in flight, asked of ``client`` from any thread."""

    prepared: Prepared
    workspace: Workspace
    client: Client
    kept: Kept
    progress: Progress
    tally: Tally
    cancel: Cancel = field(default_factory=Cancel)
    lock: threading.Lock = field(default_factory=threading.Lock)
    tools: threading.RLock = field(default_factory=threading.RLock)
    in_flight: set[Future[None]] = field(default_factory=set)
    reserved: dict[int, float] = field(default_factory=dict)
    """By place of a row in flight: the Rupiah that it may cost at most, as far as that is known."""
    alike: list[NeosantaraError] = field(default_factory=list)
    closed: NeosantaraError | None = None  # why nothing more is sent

    def run(self, source: Source, concurrency: int) -> None:
        """Ask every row. Raises UsageError: no request can be made, or the source raised; Stopped: interrupted."""
        pool = ThreadPoolExecutor(concurrency, thread_name_prefix="neosantara-batch")
        try:
            for place, row in enumerate(source.rows):
                self._begin(place, row, pool)
                while len(self.in_flight) >= concurrency:
                    self._await_one()
            while self.in_flight:
                self._await_one()
        except KeyboardInterrupt:
            self.cancel.stop()
            raise Stopped(*two_lines(self.kept.stopped, count=number(self.tally.rows))) from None
        finally:
            # Stopped: rows in flight end at once. The rows' source failed: they are paid for, so they may end.
            pool.shutdown(cancel_futures=True)

    def _begin(self, place: int, row: Any, pool: ThreadPoolExecutor) -> None:
        """Give one row to the threads, unless its answer or its failure is known already."""
        try:
            request = self.prepared.request(row)
            self.workspace.check_model(request)
        except UsageError as error:
            if place == 0 and error.code != BLANK:
                raise  # nearly always the template's fault, and nothing was sent; a blank row is not
            key = key_of({"row": place})
            self.kept.known(place, key)
            self._fail(place, key, Response(error=error))
            return
        key = key_of(canonical(request))
        if self.kept.known(place, key):
            self.tally.kept += 1
            return
        while self.closed is None:
            try:
                self._reserve(place, request)
            except BudgetExceededError as error:
                if self.in_flight:
                    self._await_one()  # rows in flight may cost less than they could
                else:
                    self.closed = error
            else:
                self.in_flight.add(pool.submit(self._turn, place, key, request))
                return
        self._fail(place, key, Response(error=self.closed, messages=request.messages))

    def _await_one(self) -> None:
        """Wait until a row ends; meanwhile move the bar."""
        ended: set[Future[None]] = set()
        while not ended:
            ended, self.in_flight = wait(self.in_flight, _GLANCE, FIRST_COMPLETED)
            self.progress.show(self.tally)
        for future in ended:
            future.result()  # a bug of ours, or a Stop inside a tool, ends the batch

    def _fail(self, place: int, key: str, response: Response) -> None:
        self.kept.put(place, key, response)
        with self.lock:
            self.tally.add(response)

    # -- in the threads

    def _turn(self, place: int, key: str, request: Request) -> None:
        """Ask one row and keep its answer."""
        plan = self.prepared.plan
        plan = replace(plan, request=request, tools=replace(plan.tools, capture=self._one_tool_at_a_time))
        document = asking.play(
            plan,
            self.client,
            self.cancel,
            before_another=lambda another, document: self._reserve(place, another, document),
        )
        if document.error is not None:
            reraise_interrupt(document.error)
        asking.enter(plan, document, self.workspace)
        if document.outcome == "stopped" and not self.cancel.stopped:
            raise Stopped(*two_lines("stopped"))
        response = asking.response_of(plan, document)
        if not response.stopped:
            self.kept.put(place, key, response)
        self._count(place, response, document)

    def _reserve(self, place: int, request: Request, document: Document | None = None) -> None:
        """Set aside what a request may cost, the first of a row or a further one. Raises BudgetExceededError."""
        if self.workspace.settings().budget_idr is None or self.workspace.costs_nothing(request):
            return
        with self.lock:
            others = sum(most for row, most in self.reserved.items() if row != place)
            self.workspace.check_budget(request, document, reserved=others)
            so_far = 0.0 if document is None else self.workspace.price(document, request.model).amount
            self.reserved[place] = so_far + (self.workspace.most_idr(request) or 0.0)

    def _count(self, place: int, response: Response, document: Document) -> None:
        with self.lock:
            self.reserved.pop(place, None)
            if response.stopped:
                return
            self.tally.add(response, document.label, document.notes)
            error = response.error
            if isinstance(error, APIConnectionError) or (
                isinstance(error, APIStatusError) and (error.status in _NOT_THE_ROWS or error.code in QUOTA_CODES)
            ):
                self.alike.append(error)
            else:
                self.alike.clear()
            if len(self.alike) >= _ALIKE:
                self.closed = self.closed or self.alike[0]

    @contextmanager
    def _one_tool_at_a_time(self) -> Iterator[Captured]:
        """Rows run at once, but the notebook's functions do not: they were not written for threads."""
        with self.tools:
            yield Captured()
