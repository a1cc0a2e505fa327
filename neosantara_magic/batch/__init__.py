"""Many prompts: `ask_many`, and ``%%neosantara --each FRAME --into COLUMN``.

    rows.py      lists, generators, frames, files → rows → requests
    driver.py    rows in flight, budget, Stop, giving up
    sending.py   one line of all rows at the service's limits; through any concurrent.futures.Executor
    answers.py   finished rows in a file or a list
    frames.py    a frame whose column takes the answers
    progress.py  counts, the bar and the closing line

Every row is an ask of its own: it reads no history and leaves none.
"""

from __future__ import annotations

import inspect
from collections.abc import Sequence
from concurrent.futures import Executor
from contextlib import closing
from pathlib import Path
from typing import Any, Unpack

from .. import public, validators
from ..errors import UsageError
from ..messages import Response
from ..parsing import ask_from_keywords, speaking_keywords
from ..paths import typed
from ..scope import seen_from
from ..texts import two_lines
from ..texts.printable import warn
from .answers import InMemory, Written
from .driver import CONCURRENCY, run
from .frames import each
from .rows import prepare, source_of

_NOT_IN_A_BATCH = ("context", "conversation", "new", "code", "each", "into", "dry_run")


def ask_many(
    prompts: Any,
    *,
    template: str | None = None,
    schema: Any = None,
    concurrency: int = CONCURRENCY,
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
        with closing(kept):
            return run(workspace, notebook, prepared, source, kept, width, executor)


__all__ = ["ask_many", "each"]
