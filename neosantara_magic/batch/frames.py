"""``%%neosantara --each FRAME --into COLUMN``: a batch over the rows of a frame, whose answers become a column.

An answer is a text, or with a schema one column for each field. Rows whose column is filled are not asked again.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import fields, is_dataclass, replace
from enum import Enum
from inspect import formatannotation
from typing import Any

from .. import public
from ..api.client import wire_body
from ..api.told import find_model
from ..costs import estimated_idr, input_tokens
from ..describe.tables import Table, table_of
from ..errors import Stopped, UsageError
from ..ipython.notebook import Notebook
from ..loop import numbers_of, where_it_is
from ..messages import Response
from ..parsing.asks import refuse_others
from ..parsing.flags import Ask
from ..recordings.entry import canonical, key_of
from ..render.forms import from_markdown
from ..texts import number, rupiah, say, two_lines
from ..validators import nearest, shown
from ..workspace import Workspace
from .answers import InMemory
from .driver import run
from .rows import BLANK, NOTHING, Prepared, Source, frame_rows, prepare, read_of_row

_asked: dict[tuple[str, str], set[str]] = {}
"""By the names of frame and column: the questions that filled the column in this kernel."""


class Filled(InMemory):
    """Skips the rows of a frame whose column is filled, and keeps the Responses of the others.

    ``filled`` holds the text of the column by the place of its row. ``asked`` holds the keys of the questions for which
    this kernel filled that column, and is added to. If there are any, a row counts as filled only by one of them, so a
    reworded question is asked. If there are none, the column came with the frame: any text counts.
    """

    stopped = "batch.stopped_each"

    def __init__(self, filled: Mapping[int, str], asked: set[str]) -> None:
        super().__init__()
        self.skipped: set[int] = set()
        """Places of the rows that were not asked."""
        self._filled = filled
        self._asked = asked
        self._before = frozenset(asked)

    def holds(self, number: int, key: str) -> bool:
        """Whether a row is filled."""
        return number in self._filled and (not self._before or key in self._before)

    def known(self, number: int, key: str) -> bool:
        """Note a row; return whether it is filled."""
        super().known(number, key)
        if not self.holds(number, key):
            return False
        self.put(number, key, Response(text=self._filled[number]))
        self.skipped.add(number)
        return True

    def put(self, number: int, key: str, response: Response) -> None:
        """Keep an answer."""
        super().put(number, key, response)
        if response.error is None:
            self._asked.add(key)


def each(asked: Ask, workspace: Workspace, notebook: Notebook) -> None:
    """Run ``%%neosantara --each FRAME --into COLUMN``.

    Raises:
        UsageError: bad input; nothing was sent and the frame is unchanged.
        Stopped: interrupted; the column holds what is done.
    """
    name, into = str(asked.each), str(asked.into)  # the parser asks for both
    refuse_others(asked, "--each", public.RowFlags.__optional_keys__ | {"schema", "out", "dry_run", "each", "into"})
    namespace = notebook.namespace
    table = _frame(name, namespace)
    if name in getattr(namespace, "own", ()) and not table.in_place:
        raise UsageError(*two_lines("batch.frame_local", name=name, kind=formatannotation(type(namespace[name]))))
    told = read_of_row(asked, name, f"row.{next(iter(table.columns), ['column'])[0]}")
    prepared = prepare(replace(asked, raw=False), asked.prompt, workspace, namespace)
    check = prepared.plan.check
    columns = {f"{into}_{field}" for field in (check.format.schema.get("properties", {}) if check else ())}
    own = [column for column, _ in table.columns if column == into or column in columns]
    of_itself = any(re.search(rf"(?<!\w){re.escape(column)}(?!\w)", source) for source in told for column in own)
    if of_itself:
        kept, source = Filled({}, set()), frame_rows(table)  # a question about the column itself is a new one each time
    else:
        source = frame_rows(table, without=own)
        kept = Filled(_filled(table, own), _asked.setdefault((name, into), set()))
    if asked.dry_run:
        notebook.show(_estimate(prepared, source, kept, workspace))
        return
    try:
        answers = run(workspace, notebook, prepared, source, kept)
    except Stopped:
        missing = [Response(stopped=True)] * (table.shape[0] - len(kept.answers))
        _deliver(prepared, [*kept.answers, *missing], kept.skipped, of_itself=of_itself)
        raise
    _deliver(prepared, answers, kept.skipped, of_itself=of_itself)


def _estimate(prepared: Prepared, source: Source, kept: Filled, workspace: Workspace) -> Mapping[str, str]:
    """Return what ``--dry-run`` shows: the first request, and what all rows that would be asked may take."""
    count = tokens = 0
    numbers: dict[str, str] = {}
    most: float | None = 0.0
    first: dict[str, Any] = {}
    model = find_model(workspace.models, prepared.plan.request.model)
    for place, row in enumerate(source.rows):
        try:
            request = prepared.request(row)
        except UsageError as error:
            if error.code == BLANK:
                continue
            raise
        if kept.holds(place, key_of(canonical(request))):
            continue
        numbers |= (found := numbers_of(request))
        if found and request.privacy == "refuse":
            continue
        first = first or wire_body(where_it_is(request, workspace.memory()))
        count, tokens = count + 1, tokens + input_tokens(request)
        cost = estimated_idr(request, model)
        most = None if most is None or cost is None else most + cost
    head = say(
        "batch.dry_run",
        count=number(count),
        tokens=number(tokens),
        most=number(count * prepared.plan.request.max_tokens),
        cost=rupiah(0) if workspace.demo else say("dry_run_unpriced") if most is None else rupiah(most, estimated=True),
    )
    head += public.of_people(prepared.plan.request, numbers, demo=workspace.demo)
    if not first:
        return from_markdown(head, head)
    head, body = f"{head} {say('batch.dry_run_first')}", json.dumps(first, indent=2, ensure_ascii=False)
    return from_markdown(f"{head}\n\n```json\n{body}\n```", f"{head}\n{body}")


def _frame(name: str, namespace: Mapping[str, Any]) -> Table:
    """Return the frame of a variable. Raises UsageError: no such variable, or it is no frame."""
    if name not in namespace:
        tables = {known: table_of(value, 1, 1) for known, value in namespace.items() if not known.startswith("_")}
        frames = [known for known, table in tables.items() if table and table.put]
        near = nearest(name, frames) or (frames[0] if len(frames) == 1 else None)
        raise UsageError(*two_lines("tool.unknown", flag="--each", name=name, meant=near))
    table = table_of(namespace[name])
    if table is None or table.put is None:
        raise UsageError(*two_lines("batch.no_frame", name=name, kind=shown(formatannotation(type(namespace[name])))))
    return table


def _filled(table: Table, columns: Sequence[str]) -> dict[int, str]:
    """Return what these columns hold, as a text, by the place of the row; nothing where all are null or blank."""
    texts: dict[int, str] = {}
    for column in columns:
        for place, value in enumerate(table.values(column)):
            text = str(value).strip()
            # A null is no text, so the answer "None" is one.
            if text and (isinstance(value, str) or text not in NOTHING):
                texts[place] = f"{texts[place]}\n{text}" if place in texts else text
    return texts


def _deliver(prepared: Prepared, answers: Sequence[Response], skipped: set[int], *, of_itself: bool) -> None:
    """Put the answers into the frame, and into ``--out``; rows without one get None, skipped rows stay as they are.

    Where the prompt is about the column itself, rows without an answer stay too: they hold what was asked about.
    A frame that cannot be changed in place is replaced: its variable gets a new one.
    """
    if of_itself:
        skipped = {place for place, answer in enumerate(answers) if answer.error is not None or answer.stopped}
    asked, namespace = prepared.asked, prepared.namespace
    if asked.out:  # first: they are paid for, even if the frame refuses them
        namespace[asked.out] = answers
    news = [answer for place, answer in enumerate(answers) if place not in skipped]
    if len(news) < len(answers) and not any(answer.text for answer in news):
        return  # nothing new: not even which fields there are
    table = _frame(str(asked.each), namespace)
    names = [name for name, _ in table.columns]
    columns: dict[str, list[Any]] = {}
    for column, values in _columns(str(asked.into), news, structured=prepared.plan.check is not None).items():
        new = iter(values)
        before = table.values(column) if column in names else [None] * len(answers)
        columns[column] = [one if place in skipped else next(new) for place, one in enumerate(before)]
    changed = table.put(columns)  # type: ignore[misc]  # a frame has it
    if not table.in_place:
        namespace[str(asked.each)] = changed


def _columns(into: str, answers: Sequence[Response], *, structured: bool) -> dict[str, list[Any]]:
    done = [answer if answer.error is None and not answer.stopped else None for answer in answers]
    data: list[Any] = [answer and _plain(answer.parsed if structured else answer.text) for answer in done]
    rows = [row for row in data if row is not None]
    if not rows or not all(isinstance(row, dict) for row in rows):
        return {into: data}
    names = dict.fromkeys(name for row in rows for name in row)
    return {f"{into}_{name}": [None if row is None else row.get(name) for row in data] for name in names}


def _plain(value: Any) -> Any:
    """Return validated data as a frame can hold it: dates stay dates, models become dicts."""
    if hasattr(value, "model_dump"):
        return _plain(value.model_dump())
    if is_dataclass(value) and not isinstance(value, type):
        return _plain({field.name: getattr(value, field.name) for field in fields(value)})
    if isinstance(value, Enum):
        return value.value
    if isinstance(value, Mapping):
        return {str(key): _plain(one) for key, one in value.items()}
    if isinstance(value, list | tuple | set | frozenset):
        return [_plain(one) for one in value]
    return value
