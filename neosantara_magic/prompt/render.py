"""The text of a prompt with its ``{{ expressions }}`` replaced by their values."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from ..describe.images import image_part
from ..describe.plain import part_of, text_of
from ..errors import UsageError, reraise_interrupt
from ..messages import ImagePart, Part, TextPart
from ..redaction import redact
from ..texts import two_lines
from ..validators import shown
from .braces import Expression, split

VALUE_LIMIT = 200_000
"""Characters of one inserted value. About 50,000 tokens: more than that is probably a mistake."""


def render_prompt(
    text: str,
    namespace: Mapping[str, Any],
    *,
    raw: bool = False,
    note: Callable[[Expression, str], object] = lambda _expression, _inserted: None,
    parts: dict[str, str] | None = None,
) -> tuple[Part, ...]:
    """Return the parts of a prompt: its text first, then the images that its expressions gave.

    Where an image stood, the text says ``[image 1]``, ``[image 2]`` and so on; one image named twice is attached once.
    The text stays one part, so its bytes outside the expressions are those that were typed, line endings included.

    ``raw`` sends the text as typed. A longer value than `VALUE_LIMIT` is cut, and the text then says so.
    ``note`` is called with each expression and the text that takes its place. ``parts`` takes how much is sent of each
    value that is not sent whole: ``{"df": "20 of 5,000 rows"}``.

    Raises:
        UsageError: an expression that cannot be read or evaluated, or an image that the service does not take.
    """
    if raw or "{{" not in text:
        return (TextPart(text),)
    images: list[ImagePart] = []

    def insert(expression: Expression, value: object) -> str:
        image = image_part(value, expression.source.strip())
        if image is None:
            inserted = _inserted(expression, value, parts)
            note(expression, inserted)
            return inserted
        note(expression, "[image]")
        if image not in images:
            images.append(image)
        return f"[image {images.index(image) + 1}]"

    return (TextPart(_replace(text, namespace, insert)), *images)


def render_instructions(
    text: str, namespace: Mapping[str, Any], *, raw: bool = False, parts: dict[str, str] | None = None
) -> str:
    """Return the system text, expressions replaced. Raises UsageError: as `render_prompt`, and for an image."""
    if raw or "{{" not in text:
        return text

    def insert(expression: Expression, value: object) -> str:
        if image_part(value, expression.source.strip()) is not None:
            raise UsageError(*two_lines("expression.image", expression=expression.quoted))
        return _inserted(expression, value, parts)

    return _replace(text, namespace, insert)


def _inserted(expression: Expression, value: object, parts: dict[str, str] | None) -> str:
    text = text_of(value, VALUE_LIMIT, strict=True)
    if parts is not None and (told := part_of(value, text)):
        parts.setdefault(shown(" ".join(redact(expression.source).split())), told)
    return redact(text)


def _replace(text: str, namespace: Mapping[str, Any], insert: Callable[[Expression, object], str]) -> str:
    # Jinja2 takes 30 ms to import; a prompt without expressions does not wait for it.
    from .expressions import evaluate, explain  # noqa: PLC0415

    # All pieces first: a brace left open further down is told before any expression had its effect.
    pieces = list(split(text))
    inserted: list[str] = []
    for piece in pieces:
        if isinstance(piece, str):
            inserted.append(piece)
            continue
        value = evaluate(piece, namespace, text)
        try:
            inserted.append(insert(piece, value))
        except UsageError:
            raise
        except BaseException as error:
            reraise_interrupt(error)
            raise explain(piece, error, namespace) from error
    return "".join(inserted)
