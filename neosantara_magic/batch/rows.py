"""From a row to its request: its prompt (a template over ``row``, or the row itself), in what all rows share.

Not for: where rows come from (``sources.py``), nor for sending (``driver.py``).
Everything that does not depend on the row (flags, settings, schema, tools) was decided once, in `asking.prepare`.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, MutableMapping
from dataclasses import dataclass, field, replace
from typing import Any

from .. import asking
from ..asking import Plan
from ..errors import UsageError
from ..messages import ImagePart, Part, TextPart, user_message
from ..parsing import Ask
from ..paths import here
from ..prompt import load_image, render_instructions, render_prompt
from ..prompt.render import Expression
from ..render.renderer import SilentRenderer
from ..request import Request
from ..texts import two_lines
from ..validators import shown
from ..workspace import Workspace
from .sources import Row

BLANK = "blank_row"
"""Code of the error of a row whose cells are empty; as the first one it does not end the batch."""
_NOTHING = ("", "None", "nan", "NaN", "NaT", "<NA>")
"""The texts that an empty cell of a table may become."""
_STAND_IN = "row"
"""The prompt that `asking.prepare` is given, before there is a row."""


@dataclass(frozen=True)
class Prepared:
    """A batch before its first row, and how a row becomes a request."""

    plan: Plan
    """What all rows share; the prompt in its request is a stand-in."""
    asked: Ask
    text: str | None
    """The prompt with ``{{ row.column }}``; None when rows are prompts themselves."""
    system: str | None
    """Instructions with ``{{ row.column }}``; None when all rows have the same."""
    namespace: Mapping[str, Any]
    images: tuple[ImagePart | str, ...] = ()
    """Shared images are loaded; images of a row are named."""
    parts: dict[str, str] = field(default_factory=dict)
    """How much was sent the first time of each value that is not sent whole: ``{"df": "20 of 5,000 rows"}``."""

    def request(self, row: Any) -> Request:
        """Return the request of one row. Raises UsageError: a ``{{ }}`` that fails, or a row that is no prompt."""
        scope = {**self.namespace, "row": row}
        parts: list[Part] = [*self._prompt(row, scope)]
        parts += [load_image(one, scope, cwd=here()) if isinstance(one, str) else one for one in self.images]
        request = replace(self.plan.request, messages=(user_message(*parts),))
        if self.system:
            request = replace(request, instructions=render_instructions(self.system, scope, parts=self.parts))
        return request

    def _prompt(self, row: Any, scope: Mapping[str, Any]) -> tuple[Part, ...]:
        if self.text is None:
            text = _only_text(row)
            return (TextPart(text),) if self.asked.raw else render_prompt(text, scope, parts=self.parts)
        of_row: list[str] = []

        def note(expression: Expression, inserted: str) -> None:
            if uses_row(expression):
                of_row.append(inserted)

        parts = render_prompt(self.text, scope, note=note, parts=self.parts)
        # What the template says around it is no question of this row.
        if of_row and all(text.strip() in _NOTHING for text in of_row):
            raise UsageError(*two_lines("batch.blank"), code=BLANK)
        return parts


def uses_row(piece: object) -> bool:
    """Whether a piece of a prompt is an expression over the row."""
    return isinstance(piece, Expression) and re.search(r"\brow\b", piece.source) is not None


def prepare(asked: Ask, text: str | None, workspace: Workspace, namespace: MutableMapping[str, Any]) -> Prepared:
    """Decide what all rows share; raises UsageError. ``text`` is the prompt, whatever ``asked`` holds."""
    system = asked.system  # a setting is never expanded, so it is the same for all rows
    each_its_own = bool(system) and "{{" in str(system) and not asked.raw
    of_row = [isinstance(source, str) and source.startswith("row.") for source in asked.images]
    shared = replace(
        asked,
        prompt=_STAND_IN,
        once=True,
        system="" if each_its_own else asked.system,
        images=tuple(source for source, its in zip(asked.images, of_row, strict=True) if not its),
    )
    plan = asking.prepare(shared, workspace, asking.Stage(SilentRenderer(), namespace))
    loaded = iter(plan.request.messages[-1].images)
    images = tuple(source if its else next(loaded) for source, its in zip(asked.images, of_row, strict=True))
    return Prepared(plan, asked, text, system if each_its_own else None, namespace, images)


def _only_text(row: Any) -> str:
    """Return the row as a prompt: a text, or the one column of a table, or the one called ``prompt``."""
    if isinstance(row, Row):
        column = "prompt" if "prompt" in list(row) else next(iter(row)) if len(row) == 1 else None
        if column is None:
            raise UsageError(*two_lines("batch.no_template", columns=shown(", ".join(map(str, row)), 120)))
        row = row[column]
    if str(row).strip() in _NOTHING:
        raise UsageError(*two_lines("batch.blank"))
    if not isinstance(row, str):
        raise UsageError(*two_lines("batch.no_text", kind=type(row).__name__))
    return row
