"""`ask_many`, and the driver of every batch: rows in flight, the budget, when to give up, Stop.

Not for: reading rows (``rows.py``), pace and workers (``sending.py``), files (``answers.py``), the bar.

The thread that called reads the rows (a generator may hold what only its own thread may touch), waits, and moves the
bar. Each row is one turn of the loop, in one of ``concurrency`` threads: request, tools, validation, repair, writing.
"""

from __future__ import annotations

import inspect
import threading
from collections.abc import Iterator, Sequence
from concurrent.futures import FIRST_COMPLETED, Executor, Future, ThreadPoolExecutor, wait
from contextlib import closing, contextmanager
from dataclasses import dataclass, field, replace
from functools import cache, partial
from pathlib import Path
from typing import Any, Unpack

from .. import asking, errors, public, validators
from ..api.failures import QUOTA_CODES
from ..ipython.notebook import Notebook
from ..messages import Response
from ..parsing.asks import ask_from_keywords, speaking_keywords
from ..recordings.entry import canonical, key_of
from ..render.document import Document
from ..request import Client, Request
from ..scope import Cancel, seen_from
from ..texts import number, two_lines, warn
from ..tools.crew import Captured
from ..workspace import Workspace
from .answers import InMemory, Kept, Written
from .progress import Progress, Tally
from .rows import BLANK, Prepared, Source, prepare, read_of_row, source_of
from .sending import PacedClient, Send, through

_CONCURRENCY = 8  # rows in flight at once, unless the caller says another number
_GLANCE = 0.2  # seconds between two looks at the bar when no row ends
_ALIKE = 3  # after so many rows in succession that were refused for a reason other than the row, the rest is not sent
_NOT_THE_ROWS = (401, 402, 403, 404, 502, 503, 504)  # statuses: key, balance, model, and a gateway without a server


def ask_many(
    prompts: Any,
    *,
    template: str | None = None,
    schema: Any = None,
    concurrency: int = _CONCURRENCY,
    executor: Executor | None = None,
    out: str | Path | None = None,
    **flags: Unpack[public.RowFlags],
) -> Sequence[Response]:
    """Ask many prompts, several at once, within the service's limits.

    Args:
        prompts: A list or any iterable (read as it is needed), a frame or series of pandas, polars, Arrow or Dask, or a
            ``Path`` to a ``.csv``, ``.tsv``, ``.jsonl``, ``.txt`` or ``.parquet`` file. A table without ``template``
            needs one column, or one called ``prompt``.
        template: The prompt with ``{{ row.column }}``, or ``{{ row }}`` for rows that are no table.
        schema: As ``--schema``: each answer's ``.parsed`` is validated data.
        concurrency: Rows in flight at once.
        executor: Any ``concurrent.futures.Executor``: its workers send the requests. Pace, tools, validation and
            writing stay here.
        out: A file of JSON Lines. A row is written as soon as it is finished, and a later call with the same file
            asks only rows that are not in it.
        **flags: The long names of the magic's flags, as for `ask`: ``model``, ``system``, ``max_tokens`` ...

    Returns:
        One Response for each prompt, in their order; what went wrong with a row is its ``.error``. A list, or with
        ``out`` a sequence that reads the file when it is looked at.

    Raises:
        UsageError: bad input; nothing was sent.
        Stopped: interrupted. What is done is in ``out``, and in the exception's ``answers``.
    """
    with speaking_keywords():
        width = validators.whole("concurrency", concurrency, 1)
        if executor is not None and not callable(getattr(executor, "submit", None)):
            raise errors.UsageError(*two_lines("batch.executor", kind=type(executor).__name__))
        given = {"schema": schema, "raw": template is None, **flags}
        takes = public.RowFlags.__optional_keys__ | {"schema"}
        asked = ask_from_keywords(template or "row", given, "ask_many", takes, inspect.signature(ask_many).parameters)
        workspace, notebook = public.surroundings()
        namespace = seen_from(inspect.currentframe(), public.namespace_of(notebook))
        path = None if out is None else validators.typed(out if isinstance(out, Path) else validators.words("out", out))
        source = source_of(prompts)
        if path is not None and isinstance(prompts, Path) and path.exists() and prompts.samefile(path):
            raise errors.UsageError(*two_lines("file.taken", path=str(path)))  # each answer would be the next row
        if template is not None and not asked.raw:
            read_of_row(asked, "ask_many()")
        prepared = prepare(asked, template, workspace, namespace)
        check = prepared.plan.check
        kept = InMemory() if path is None else Written(path, None if check is None else check.parse, warn)
        with closing(kept):
            return run(workspace, notebook, prepared, source, kept, width, executor)


def run(
    workspace: Workspace,
    notebook: Notebook | None,
    prepared: Prepared,
    source: Source,
    kept: Kept,
    concurrency: int = _CONCURRENCY,
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
        return service.send if executor is None else through(executor, service)

    paced = PacedClient(connect)
    if workspace.recording is None:  # replaying needs no key: there it is made only for a row that is not recorded
        connect()
    client = workspace.client(lambda: paced)
    progress = Progress(source.total, notebook, paced.pause_left, silent=prepared.asked.show == "none")
    tally = Tally(prepared.asked.into or "", prepared.parts)
    try:
        _Driver(prepared, workspace, client, kept, progress, tally).run(source, concurrency)
    except BaseException as error:
        error.answers = kept.answers  # type: ignore[attr-defined]  # whatever was raised: they are paid for
        progress.silent = progress.silent or (isinstance(error, errors.UsageError) and not tally.rows)
        raise
    finally:
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
    alike: list[errors.NeosantaraError] = field(default_factory=list)
    closed: errors.NeosantaraError | None = None  # why nothing more is sent

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
            raise errors.Stopped(*two_lines(self.kept.stopped, count=number(self.tally.rows))) from None
        finally:
            # Stopped: rows in flight end at once. The rows' source failed: they are paid for, so they may end.
            pool.shutdown(cancel_futures=True)

    def _begin(self, place: int, row: Any, pool: ThreadPoolExecutor) -> None:
        """Give one row to the threads, unless its answer or its failure is known already."""
        try:
            request = self.prepared.request(row)
            self.workspace.check_model(request)
        except errors.UsageError as error:
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
            except errors.BudgetExceededError as error:
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
        document = asking.play(plan, self.client, self.cancel, before_another=partial(self._reserve, place))
        if document.error is not None:
            errors.reraise_interrupt(document.error)
        asking.enter(plan, document, self.workspace)
        if document.outcome == "stopped" and not self.cancel.stopped:
            raise errors.Stopped(*two_lines("stopped"))
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
            if isinstance(error, errors.APIConnectionError) or (
                isinstance(error, errors.APIStatusError)
                and (error.status in _NOT_THE_ROWS or error.code in QUOTA_CODES)
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
