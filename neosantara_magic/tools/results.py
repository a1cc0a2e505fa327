"""The return value of a tool as the model reads it: text and images, of bounded size.

Not for: tables and images themselves (``describe/``), or printed text (it goes to the card, ``crew.py``).
"""

from __future__ import annotations

import dataclasses
import datetime as dt
import decimal
import enum
import io
import itertools
import json
import math
import pathlib
import uuid
from collections import deque
from collections.abc import Iterator, Mapping, MappingView, Sequence
from collections.abc import Set as AbstractSet
from typing import Any, NamedTuple

from ..describe.images import image_part
from ..describe.plain import ADDRESS, is_array, text_of
from ..describe.tables import table_markdown
from ..errors import attempt, message_of, repr_of, reraise_interrupt
from ..messages import ImagePart
from ..redaction import redact

RESULT_LIMIT = 20_000
"""Characters of a result that the model is sent."""
MOST_ITEMS = 1_000
"""Items taken from a generator, which may have no end."""
MORE_ITEMS = f"... (only the first {MOST_ITEMS:,} items)"
_DEEPEST = 50
MOST_IMAGES = 8


class Told(NamedTuple):
    """A value as text and images for the model."""

    text: str
    images: tuple[ImagePart, ...] = ()


def as_told(value: object, limit: int = RESULT_LIMIT) -> Told:
    """Return a value as the model reads it, in ``limit`` characters. Never raises an ``Exception``.

    A ``str`` stays as it is, ``None`` is ``null``, a table becomes Markdown with its shape, an image an image part,
    what JSON can carry becomes JSON, all else its ``repr``. No API key is left in it. A generator is consumed, up to
    ``MOST_ITEMS``. A note says when there was more.
    """
    told = attempt(None, _told, value, limit) or Told(cut(_repr(value), limit))
    return told._replace(text=redact(told.text))


def as_plain(value: object, limit: int) -> Any:
    """Return a value as what JSON has; roughly after ``limit`` characters the rest is left out.

    Models, dataclasses and mappings are dicts, sets are sorted lists, dates are texts.
    """
    return _Leaves(limit).plain(value)


def cut(text: str, limit: int) -> str:
    """Return ``text``, cut at ``limit`` characters with a note saying so."""
    if len(text) <= limit:
        return text
    return f"{text[:limit]}\n[cut: the first {limit:,} of {len(text):,} characters]"


def drained(items: Iterator[Any]) -> list[Any]:
    """Return up to ``MOST_ITEMS`` items of a generator, the last saying so if there are more; raises what it raises."""
    found = list(itertools.islice(items, MOST_ITEMS + 1))
    return found if len(found) <= MOST_ITEMS else [*found[:MOST_ITEMS], MORE_ITEMS]


def _told(value: object, limit: int) -> Told | None:
    if isinstance(value, Told):
        return value._replace(text=cut(value.text, limit))
    if isinstance(value, str):
        return Told(cut(str(value), limit))
    leaves = _Leaves(limit)
    plain = leaves.rich(value) or leaves.plain(value)
    if isinstance(plain, str):  # dates, paths and the like need no quotes; an object's repr neither
        return Told(cut(plain, limit), tuple(leaves.images))
    text = json.dumps(plain, ensure_ascii=False)
    if leaves.budget < 0:
        text = f"{text[:limit]}\n[cut: only the first {min(len(text), limit):,} characters]"
    return Told(text if leaves.budget < 0 else cut(text, limit), tuple(leaves.images))


class _Leaves:
    """Turns a value into JSON data within a budget of characters, and collects its images."""

    def __init__(self, limit: int) -> None:
        self.images: list[ImagePart] = []
        self.budget = limit
        self._limit = limit
        self._open: set[int] = set()

    def plain(self, value: Any, depth: int = 0) -> Any:
        self.budget -= 1
        if isinstance(value, enum.Enum):
            value = value.value
        if value is None or isinstance(value, bool):
            return value
        if isinstance(value, int | float):  # also NumPy's float64, which is a float
            return _number(value)
        if depth > _DEEPEST or id(value) in self._open:
            return "..."
        self._open.add(id(value))
        try:
            text = self.rich(value) if (scalar := _scalar(value)) is None else scalar
            return self._container(value, depth + 1) if text is None else self._text(text)
        except BaseException as error:  # noqa: BLE001  (one odd part must not cost the rest)
            reraise_interrupt(error)
            return self._text(_repr(value))
        finally:
            self._open.discard(id(value))

    def rich(self, value: Any) -> str | None:
        """Return the text that stands for a table, an image, bytes or an array; None for anything else."""
        if type(value) in _COMMON:
            return None
        if isinstance(value, bytes | bytearray | memoryview):
            return self._image(value) or f"bytes, {len(value):,} long, beginning with {bytes(value[:32]).hex(' ')}"
        table = table_markdown(value)
        if table is None and is_array(value):
            return text_of(value, RESULT_LIMIT)
        return table or self._image(value)

    def _image(self, value: Any) -> str | None:
        try:
            image = image_part(value)
        except BaseException as error:  # noqa: BLE001  (too large, a format the service refuses, a figure that fails)
            reraise_interrupt(error)
            return f"an image that cannot be sent: {message_of(error, 300)}"
        if image is None:
            return None
        if len(self.images) >= MOST_IMAGES:
            return f"an image, not sent: there are more than {MOST_IMAGES}"
        self.images.append(image)
        return f"[image {len(self.images)}]"

    def _container(self, value: Any, depth: int) -> Any:
        if hasattr(type(value), "dtype") and hasattr(type(value), "item") and not getattr(value, "ndim", 1):
            return self.plain(value.item(), depth)  # NumPy's scalars
        fields = _fields(value)
        if fields is not None:
            return self._mapping(fields, depth)
        if isinstance(value, AbstractSet):
            return sorted(self._items(value, depth), key=json.dumps)  # the same set, the same text in every process
        if isinstance(value, Iterator) and not isinstance(value, io.IOBase):
            value = drained(value)
        listed = isinstance(value, Sequence | deque | MappingView)
        return self._items(value, depth) if listed else self._text(_repr(value))

    def _mapping(self, fields: Mapping[Any, Any], depth: int) -> dict[str, Any]:
        found = {}
        for key, one in fields.items():
            if self.budget < 0:
                break
            name = str(key.value) if isinstance(key, enum.Enum) else _scalar(key)
            name = _repr(key) if name is None else name
            while name in found:  # 1 and "1"
                name = f"{name} ({type(key).__name__})"
            self.budget -= len(name)
            found[name[: self._limit]] = self.plain(one, depth)
        return found

    def _items(self, items: Any, depth: int) -> list[Any]:
        return [self.plain(one, depth) for one in itertools.takewhile(lambda _: self.budget >= 0, items)]

    def _text(self, text: str) -> str:
        self.budget -= len(text)
        return text if len(text) <= self._limit else text[: self._limit] + "..."


_COMMON = {str, int, float, bool, type(None), dict, list, tuple, set}


def _number(value: Any) -> float | str:
    if isinstance(value, float):
        return float(value) if math.isfinite(value) else str(float(value))  # JSON has no NaN
    whole = int(value)
    if whole.bit_length() > 10_000:
        return f"a whole number of {whole.bit_length():,} bits"  # Python refuses to print it
    return whole


def _scalar(value: Any) -> str | None:
    if isinstance(value, dt.date | dt.time):
        return value.isoformat()
    texts = str | decimal.Decimal | uuid.UUID | pathlib.PurePath | dt.timedelta | complex
    return str(value) if isinstance(value, texts) else None


def _fields(value: Any) -> Mapping[Any, Any] | None:
    """Return what a value holds by name, one level deep; None for what has no named parts."""
    if isinstance(value, Mapping):
        return value
    kind: Any = type(value)
    if hasattr(kind, "__pydantic_validator__") and hasattr(kind, "model_dump"):
        return dict(value.model_dump())
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        return {one.name: getattr(value, one.name) for one in dataclasses.fields(value) if hasattr(value, one.name)}
    if isinstance(value, tuple) and hasattr(kind, "_fields"):
        return dict(zip(kind._fields, value, strict=False))
    return None


def _repr(value: object) -> str:
    """Return ``repr`` without memory addresses, which differ from run to run."""
    return ADDRESS.sub("", repr_of(value))
