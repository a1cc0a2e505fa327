r"""The text of a prompt with its ``{{ expressions }}`` replaced by their values.

Only ``{{ … }}`` is syntax. ``{% … %}``, ``{# … #}``, single braces, ``$`` and ``%`` are text. So are the two things
that look like an expression and can be told from one: a JSX attribute's object (``style={{color: "red"}}`` inside a
tag) and LaTeX whose group begins with a command (``{{\bf x}}``). Everything else between double braces is taken for
an expression; ``--raw`` sends a prompt as it is.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from typing import Any, NamedTuple

from ..describe.images import image_part
from ..describe.plain import part_of, text_of
from ..errors import UsageError, reraise_interrupt
from ..messages import ImagePart, Part, TextPart
from ..redaction import redact
from ..texts import two_lines
from ..validators import shown

VALUE_LIMIT = 200_000
"""Characters of one inserted value. About 50,000 tokens: more than that is probably a mistake."""
_STRING = re.compile(r"'(?:[^'\\]|\\.)*'|\"(?:[^\"\\]|\\.)*\"", re.DOTALL)
_STEP = re.compile(r"[^'\"(){}\[\]]+|.", re.DOTALL)
_CLOSES = {"}": "{", ")": "(", "]": "["}
_OBJECT = re.compile(r"\s*(?:$|\.\.\.|(?:[A-Za-z_$][\w$]*|'[^'\n]*'|\"[^\"\n]*\")\s*:)")
_TABLE = re.compile(r"\|.*\|\n\|(?:---\|)+\n")
_ATTRIBUTE = re.compile(r"<[A-Za-z][^<]*\s[\w:.-]+=$")


class Expression(NamedTuple):
    """The text between ``{{`` and ``}}``, and its place in the prompt."""

    source: str
    start: int  # position of ``{{`` in the prompt
    end: int  # position after ``}}``

    @property
    def quoted(self) -> str:
        """The expression with its braces, in one line, short enough for an error."""
        return "{{ " + shown(self.source, 80) + " }}"


def split(text: str) -> Iterator[str | Expression]:
    """Cut a prompt into text and expressions, in order. Raises UsageError: ``{{`` without its ``}}``."""
    done = look = 0
    while (start := text.find("{{", look)) >= 0:
        end = _end(text, start + 2)
        source = text[start + 2 : end - 2] if end else text[start + 2 :]
        if _is_text(text, start, source):
            look = end or start + 2
            continue
        if not end:
            told = {"line": line_of(text, start), "given": shown(text[start:])}
            raise UsageError(*two_lines("expression.open", **told))
        if start > done:
            yield text[done:start]
        yield Expression(source, start, end)
        done = look = end
    if done < len(text):
        yield text[done:]


def _end(text: str, position: int) -> int:
    """Return the position after the ``}}`` that ends the expression, or 0 when nothing ends it."""
    inside: list[str] = []
    start = position
    while position < len(text):
        if not inside and text.startswith("}}", position):
            return position + 2
        string = _STRING.match(text, position)
        step = (string or _STEP.match(text, position) or _STEP.search(text))[0]  # type: ignore[index]
        if step in ("(", "[", "{"):
            inside.append(step)
        elif step in _CLOSES and inside and inside[-1] == _CLOSES[step]:
            inside.pop()
        position += len(step)
    # Brackets or quotes that don't close: the expression is broken, and its error shall point into it.
    return text.find("}}", start) + 2 if "}}" in text[start:] else 0


def _is_text(text: str, start: int, source: str) -> bool:
    if source.startswith("\\"):
        return True  # LaTeX: no expression begins with a backslash
    # JSX: an object in a tag's attribute. `key:` never begins an expression, but could be a slip, so the tag counts.
    return bool(_OBJECT.match(source) and _ATTRIBUTE.search(text[max(0, start - 1000) : start]))


def line_of(text: str, position: int) -> int:
    """Return the number of the line at ``position``, from 1."""
    return len(re.findall(r"\r\n|\r|\n", text[:position])) + 1


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
    The text stays one part, so its bytes outside the expressions are those that were typed, line endings included; a
    table begins on a line of its own.

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
            found = insert(piece, value)
            # A table in the middle of a line is none.
            begun = _TABLE.match(found) and "".join(inserted).rpartition("\n")[2].strip()
            inserted.append(f"\n\n{found}" if begun else found)
        except UsageError:
            raise
        except BaseException as error:
            reraise_interrupt(error)
            raise explain(piece, error, namespace) from error
    return "".join(inserted)
