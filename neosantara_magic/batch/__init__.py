"""Many prompts: `ask_many`, and ``%%neosantara --each FRAME --into COLUMN``.

For: putting the parts together: rows, who answers, where answers go, the bar.
Not for: any part's own work.

    sources.py   lists, generators, frames, files → rows
    rows.py      one row → its request
    driver.py    rows in flight, budget, Stop, giving up
    pacing.py    one line of all rows at the service's limits
    workers.py   sending through any concurrent.futures.Executor
    answers.py   finished rows in a file or a list; lines.py is the line
    progress.py  counts, the bar and the closing line
    columns.py   answers into a frame

Every row is an ask of its own: it reads no history and leaves none.
"""

from __future__ import annotations

import inspect
import json
import re
from collections.abc import Mapping, Sequence
from concurrent.futures import Executor
from dataclasses import replace
from pathlib import Path
from typing import Any, Unpack

from .. import public, spending, validators
from ..api import catalog
from ..api.client import wire_body
from ..errors import Stopped, UsageError
from ..ipython.notebook import Notebook
from ..loop import numbers_of
from ..messages import Response
from ..parsing import Ask, ask_from_keywords, speaking_keywords
from ..paths import typed
from ..prompt.render import Expression, split
from ..recordings.entry import canonical, key_of
from ..recordings.store import RecordingClient
from ..render.forms import from_markdown
from ..request import Client
from ..scope import seen_from
from ..texts import language, say, two_lines
from ..texts.numbers import number, rupiah
from ..texts.printable import warn
from ..workspace import Workspace
from . import columns
from .answers import Filled, InMemory, Kept, Written
from .driver import Driver
from .pacing import PacedClient, Send
from .progress import Progress
from .rows import BLANK, Prepared, prepare, uses_row
from .sources import Source, frame_rows, source_of
from .workers import ExecutorSender

_CONCURRENCY = 8
_asked: dict[tuple[str, str], set[str]] = {}
"""By the names of frame and column: the questions that filled the column in this kernel."""
_NOT_IN_A_BATCH = ("context", "conversation", "new", "code", "each", "into", "dry_run")


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
        prompts: A list or any iterable (read as it is needed), a pandas or polars frame or series, or a ``Path`` to a
            ``.csv``, ``.tsv``, ``.jsonl``, ``.txt`` or ``.parquet`` file. A table without ``template`` needs one
            column, or one called ``prompt``.
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
        refused = next((name for name in flags if name in _NOT_IN_A_BATCH), None)
        if refused:
            raise UsageError(*two_lines("flag.unfit", caller="ask_many()", flag=f"{refused}="))
        width = validators.whole("concurrency", concurrency, 1)
        if executor is not None and not callable(getattr(executor, "submit", None)):
            raise UsageError(*two_lines("batch.executor", kind=type(executor).__name__))
        given = {"schema": schema, "raw": template is None, **flags}
        asked = ask_from_keywords(template or "row", given, "ask_many")
        workspace, notebook = public.surroundings()
        namespace = seen_from(inspect.currentframe(), public.namespace_of(notebook))
        path = None if out is None else typed(out if isinstance(out, Path) else validators.words("out", out))
        source = source_of(prompts)
        if path is not None and isinstance(prompts, Path) and path.exists() and prompts.samefile(path):
            raise UsageError(*two_lines("file.taken", path=str(path)))  # each answer would be the next row
        prepared = prepare(asked, template, workspace, namespace)
        check = prepared.plan.check
        kept = InMemory() if path is None else Written(path, None if check is None else check.parse, warn)
        return _run(workspace, notebook, prepared, source, kept, width, executor)


def each(asked: Ask, workspace: Workspace, notebook: Notebook) -> None:
    """Run ``%%neosantara --each FRAME --into COLUMN``. Rows whose column is filled are not asked again.

    Raises:
        UsageError: bad input; nothing was sent and the frame is unchanged.
        Stopped: interrupted; the column holds what is done.
    """
    assert asked.each is not None and asked.into is not None  # noqa: S101, PT018  (the parser asks for both)
    for name, given in (("-c", asked.conversation), ("--new", asked.new), ("--code", asked.code)):
        if given:
            raise UsageError(*two_lines("flag.unfit", caller="--each", flag=name))
    namespace = notebook.namespace
    frame = columns.frame_named(asked.each, namespace)
    if asked.each in getattr(namespace, "own", ()) and hasattr(frame, "with_columns"):
        raise UsageError(*two_lines("batch.frame_local", name=asked.each))
    of_row = [str(source) for source in asked.images if str(source).startswith("row.")]
    pieces = [piece for text in (asked.prompt, asked.system or "") for piece in split(text)]
    told = [piece.source for piece in pieces if isinstance(piece, Expression)]
    if not (of_row or any(map(uses_row, pieces))):
        raise UsageError(*two_lines("batch.no_row", name=asked.each, column=next(iter(frame.columns), "column")))
    prepared = prepare(replace(asked, raw=False), asked.prompt, workspace, namespace)
    check = prepared.plan.check
    own = columns.own(frame, asked.into, check.format.schema if check else None)
    if any(re.search(rf"\b{re.escape(column)}\b", source) for source in (*told, *of_row) for column in own):
        kept, source = Filled((), set()), frame_rows(frame)  # a question about the column itself is a new one each time
    else:
        kept = Filled(columns.filled(frame, own), _asked.setdefault((asked.each, asked.into), set()))
        source = frame_rows(frame[[column for column in frame.columns if column not in own]])
    if asked.dry_run:
        notebook.show(_estimate(prepared, source, kept, workspace))
        return
    answers: Sequence[Response] | None = None
    try:
        answers = _run(workspace, notebook, prepared, source, kept, _CONCURRENCY, None)
    except Stopped as stop:
        done = list(getattr(stop, "answers", ()))
        answers = [*done, *(Response(stopped=True) for _ in range(len(frame) - len(done)))]
        raise
    finally:
        if answers is not None:
            if asked.out:  # first: they are paid for, even if the frame refuses them
                namespace[asked.out] = answers
            columns.put(namespace, asked.each, asked.into, answers, kept.skipped, structured=check is not None)


def _run(
    workspace: Workspace,
    notebook: Notebook | None,
    prepared: Prepared,
    source: Source,
    kept: Kept,
    concurrency: int,
    executor: Executor | None,
) -> Sequence[Response]:
    """Ask all rows, show the progress, and return the answers."""
    held = workspace.settings()  # once: reading them twice for each row costs more than JSON does
    workspace = replace(workspace, settings=lambda: held)

    def connect() -> Send:
        service = workspace.service()
        return service.send if executor is None else ExecutorSender(executor, service, language(), warn).send

    paced = PacedClient(connect)
    progress = Progress(source.total, notebook, paced.pause_left, silent=prepared.asked.show == "none")
    client: Client = paced
    if workspace.recording is None:
        paced.connected()
    else:  # replaying needs no key, so the service's client is made only when a row is not in the recording
        client = RecordingClient(*workspace.recording, lambda: paced, held.replay_speed, workspace.otherwise())
    driver = Driver(prepared.plan, workspace, client, kept, progress, concurrency)
    driver.tally.into, driver.tally.parts = prepared.asked.into or "", prepared.parts
    refused = False
    try:
        driver.run(source.rows, prepared.request)
    except BaseException as error:
        refused = isinstance(error, UsageError)
        error.answers = kept.answers()  # type: ignore[attr-defined]  # whatever was raised: they are paid for
        raise
    finally:
        kept.close()
        progress.close(driver.tally, silent=refused and not driver.tally.rows)
    return kept.answers()


def _estimate(prepared: Prepared, source: Source, kept: Kept, workspace: Workspace) -> Mapping[str, str]:
    """Return what ``--dry-run`` shows: the first request, and what all rows that would be asked may take."""
    count = tokens = 0
    numbers: dict[str, str] = {}
    most: float | None = 0.0
    first: dict[str, Any] = {}
    model = catalog.find(workspace.models, prepared.plan.request.model)
    for place, row in enumerate(source.rows):
        try:
            request = prepared.request(row)
        except UsageError as error:
            if error.code == BLANK:
                continue
            raise
        if kept.known(place, key_of(canonical(request))):
            continue
        numbers |= (found := numbers_of(request))
        if found and request.privacy == "refuse":
            continue
        first = first or wire_body(request)
        count, tokens = count + 1, tokens + spending.input_tokens(request)
        cost = spending.estimated_idr(request, model)
        most = None if most is None or cost is None else most + cost
    head = say(
        "batch.dry_run",
        count=number(count),
        tokens=number(tokens),
        most=number(count * prepared.plan.request.max_tokens),
        cost=rupiah(0) if workspace.demo else say("dry_run_unpriced") if most is None else rupiah(most, estimated=True),
    )
    head += public.of_people(prepared.plan.request, numbers, demo=workspace.demo)
    body = json.dumps(first, indent=2, ensure_ascii=False)
    return from_markdown(f"{head}\n\n```json\n{body}\n```", f"{head}\n{body}")


__all__ = ["ask_many", "each"]
