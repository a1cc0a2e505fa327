"""An answer as data: the JSON Schema that is sent, and the answer's text validated against it.

Services want an object at the root. What is none travels as the one property of an object, ``items`` for an array and
``value`` for all else, and is unwrapped again; an answer that left the wrapping out is understood too.
"""

from __future__ import annotations

import ast
import contextlib
import importlib
import json
import re
import types
import typing
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import typing_extensions
from pydantic import BaseModel, PydanticUndefinedAnnotation, TypeAdapter

from ..errors import SchemaError, UsageError
from ..faults import in_one_line, message_of, reraise_interrupt
from ..messages import AnswerFormat
from ..texts import say, two_lines
from ..validators import nearest, shown
from .arguments import Mismatch, as_json, read_json, validated
from .hints import Portable, QuietSchema, plain_schema, spelled

_FENCE = re.compile(r"```[^\n`]*\n(.*?)(?:```|\Z)", re.DOTALL)
_THOUGHTS = re.compile(
    r"<(think|thinking|thought|reasoning)>.*?(?:</\1>|\Z)|\A(?:(?!<think).)*</think(?:ing)?>", re.DOTALL | re.IGNORECASE
)
"""Also one whose beginning the server took away."""
_OPENING = re.compile(r"[{\[]")
_MOST_STARTS = 5_000
"""Braces in prose at which JSON is looked for."""
_MOST_WORK = 10_000_000
"""Characters that are read in vain, behind braces that begin no JSON."""
_MOST_TEXT = 2_000_000
"""Characters of an answer that are searched for JSON."""


@dataclass(frozen=True, slots=True)
class AnswerSchema:
    """What the answer must be, and how its text becomes that."""

    format: AnswerFormat
    """What is sent."""
    _validate: Callable[[Any], Any]
    """Parsed JSON, unwrapped, to the validated object; raises `Mismatch`."""
    _wrapped: str | None
    """The property that holds the data; None when the data itself is the object."""

    def parse(self, text: str) -> Any:
        """Turn the text of an answer into validated data.

        The last JSON that fits is the answer: in the whole text, a fenced block or the midst of prose, not in what is
        marked as thinking.
        Raises SchemaError: no JSON in it fits. ``text`` holds the answer, ``lines`` what is wrong, for the model.
        """
        wrong: tuple[str, ...] = ()
        for candidate in self._candidates(text):
            try:
                return self._validate(candidate)
            except Mismatch as error:
                lines = error.lines
            except BaseException as error:  # noqa: BLE001  (out of a validator of the user's own)
                reraise_interrupt(error)
                lines = (in_one_line(error, 300),)
            wrong = wrong or lines
        wrong = wrong or ("There is no JSON in it.",)
        problems = shown("; ".join(wrong), 600)
        failure = SchemaError(*two_lines("schema.mismatch", name=self.format.name, problems=problems), text=text)
        failure.lines = wrong
        raise failure from None

    def _candidates(self, text: str) -> Iterator[Any]:
        """Yield the data in an answer, that which is most likely meant first."""
        text = text[-_MOST_TEXT:]
        if text.strip():
            with contextlib.suppress(Mismatch):
                whole = read_json(text)
                yield from self._unwrapped(whole)
                if isinstance(whole, dict | list):
                    return
        found = [*_in_prose(text)]
        for fenced in _FENCE.finditer(text):
            with contextlib.suppress(Mismatch):
                found += [(fenced.start(1), read_json(fenced[1]))] if fenced[1].strip() else []
        thoughts = [one.span() for one in _THOUGHTS.finditer(text)]
        found = [one for one in found if not any(begin <= one[0] < end for begin, end in thoughts)]
        # Objects last: where one is wanted, the error shall not be about a footnote's [1].
        found.sort(key=lambda one: (self._wrapped is None and isinstance(one[1], dict), one[0]))
        for _, data in reversed(found):
            yield from self._unwrapped(data)
        text = _THOUGHTS.sub("", text)
        if self._wrapped == "value" and text.strip() and not found:  # an Enum or Literal answered in plain words
            yield text.strip().strip("\"'`*.")

    def _unwrapped(self, data: Any) -> Iterator[Any]:
        wrapped = self._wrapped is not None and isinstance(data, dict) and self._wrapped in data
        if wrapped:
            yield data[self._wrapped]
        if not wrapped or len(data) > 1:  # a property of their own may be called like the wrapping
            yield data


def _in_prose(text: str) -> Iterator[tuple[int, Any]]:
    """Yield each JSON container in a text and where it begins; what is within one is part of it."""
    decoder, position, work = json.JSONDecoder(), 0, 0
    for _ in range(_MOST_STARTS):
        start = _OPENING.search(text, position)
        if start is None or work > _MOST_WORK:
            return
        try:
            found, position = decoder.raw_decode(text, start.start())
        except (ValueError, RecursionError) as error:
            position = start.end()
            work += getattr(error, "pos", position) - start.start()
        else:
            yield start.start(), found


def answer_schema(target: Any, namespace: Mapping[str, Any] | None = None) -> AnswerSchema:
    """Return what an answer must be to become ``target``.

    The target is a type that pydantic can validate, a JSON Schema as a dict, also in OpenAI's wrapping, or text: the
    name of one of these in ``namespace``, or an expression (``list[Point]``). The model knows it under the name in the
    text or the wrapping, else under the type's own. Raises UsageError: it cannot describe an answer.
    """
    name, names = None, namespace or {}
    if isinstance(target, str):
        name, target = re.sub(r"\W+", "_", target).strip("_"), _evaluated(target.strip(), names)
    while isinstance(target, Mapping) and (inner := _wrapped_in(target)) is not None:
        target, name = inner, name or target.get("name")
    called = (re.sub(r"[^A-Za-z0-9_-]+", "_", str(name or _name_of(target))).strip("_") or "answer")[:64]
    if isinstance(target, Mapping):
        schema, validate = from_json_schema(target, called)
    else:
        schema, validate = _from_type(target, called, names)
    kind = schema.get("type")  # JSON Schema also allows a list here: ["object", "null"]
    wrapped = None if kind == "object" else "items" if kind == "array" else "value"
    if wrapped is not None:
        # Definitions are named from the root ("#/$defs/..."), so they stay there.
        shared: dict[str, Any] = {place: schema[place] for place in ("$defs", "definitions") if place in schema}
        inner = {place: value for place, value in schema.items() if place not in shared and place != "$schema"}
        schema = {"type": "object", "properties": {wrapped: inner}, "required": [wrapped], **shared}
    return AnswerSchema(AnswerFormat(called, schema), validate, wrapped)


def _wrapped_in(target: Mapping[str, Any]) -> Mapping[str, Any] | None:
    """Return the schema in what OpenAI's APIs want around one, None when it is one itself."""
    inner = target.get("json_schema") if target.get("type") == "json_schema" else None
    if inner is None and not target.keys() & {"properties", "items"} and target.get("type") in (None, "json_schema"):
        inner = target.get("schema")
    return inner if isinstance(inner, Mapping) else None


def _from_type(target: Any, name: str, namespace: Mapping[str, Any]) -> tuple[dict[str, Any], Callable[[Any], Any]]:
    if target is None or isinstance(target, types.FunctionType | types.MethodType) or not _describes(target):
        raise _unfit(name, say("reason.value", kind=type(target).__name__))
    try:
        adapter: TypeAdapter[Any] = TypeAdapter(Portable(namespace).of(target))
        schema = plain_schema(adapter.json_schema(schema_generator=QuietSchema))
    except BaseException as reason:
        reraise_interrupt(reason)
        missing = _undefined(target)
        if missing is not None:
            raise _unknown(missing, namespace) from reason
        raise _unfit(name, message_of(reason, 200)) from reason
    return schema, lambda data: validated(data, adapter.validate_json)


_SAYS = {"type", "properties", "items", "prefixItems", "enum", "const", "anyOf", "oneOf", "allOf", "not", "if", "$ref"}
_SAYS |= {"required", "additionalProperties", "patternProperties", "propertyNames", "minProperties", "maxProperties"}
"""Keywords that say what an answer is: a dict with none of them allows everything, so it is something else."""
_NOTES = {"title", "description", "default", "examples", "$schema", "$id", "$comment", "$defs", "definitions"}


def from_json_schema(schema: Mapping[str, Any], name: str) -> tuple[dict[str, Any], Callable[[Any], Any]]:
    """Return a JSON Schema, and what checks data against it or raises `Mismatch`; raises UsageError if it is none."""
    try:
        plain: dict[str, Any] = json.loads(json.dumps(schema, allow_nan=False))
    except (TypeError, ValueError, RecursionError) as reason:
        raise _unfit(name, shown(reason, 200)) from reason
    if "type" not in plain and "properties" in plain:
        plain["type"] = "object"
    strange = plain.keys() - _SAYS - _NOTES
    if not plain.keys() & _SAYS or (strange and plain.keys() & _SAYS == {"type"} and plain["type"] == "object"):
        raise _unfit(name, say("schema.reason.no_schema", keys=shown(", ".join(plain), 80) or "-"))
    try:
        jsonschema: Any = importlib.import_module("jsonschema")  # comes with nbformat, so with nearly every Jupyter
    except ImportError:
        return plain, lambda data: _outline(plain, data)
    kind = jsonschema.validators.validator_for(plain, default=jsonschema.Draft202012Validator)
    try:
        kind.check_schema(plain)
    except jsonschema.SchemaError as reason:
        raise _unfit(name, shown(reason.message, 200)) from reason
    # An own registry: the default one would fetch a "$ref" to a URL.
    validator = kind(plain, registry=importlib.import_module("referencing").Registry())

    def validate(data: Any) -> Any:
        as_json(data)
        wrong = [(".".join(map(str, one.absolute_path)), one.message) for one in validator.iter_errors(data)]
        if wrong:
            raise Mismatch(f"{place or 'value'}: {shown(message, 200)}" for place, message in wrong[:20])
        return data

    return plain, validate


_JSON_KINDS: dict[str, Any] = {"object": dict, "array": list, "string": str, "boolean": bool}
_JSON_KINDS |= {"integer": int, "number": int | float}


def _outline(schema: Mapping[str, Any], data: Any) -> Any:
    """Check the outermost level, for want of the ``jsonschema`` package."""
    if not isinstance(data, _JSON_KINDS.get(str(schema.get("type")), object)):
        raise Mismatch([f"value: not of type {schema['type']!r}"])
    missing = [name for name in schema.get("required", ()) if isinstance(data, dict) and name not in data]
    if missing:
        raise Mismatch(f"{name}: required, but missing" for name in missing)
    return data


_EXPRESSION = (ast.Expression, ast.Name, ast.Attribute, ast.Subscript, ast.Tuple, ast.List, ast.Constant, ast.BinOp)
_TYPING = ("Literal", "Optional", "Union", "Annotated", "Any", "List", "Dict")
_WORDS = {name: getattr(typing_extensions, name) for name in _TYPING} | {
    kind.__name__: kind for kind in (list, tuple, set, dict, str, int, float, bool)
}


def _evaluated(text: str, namespace: Mapping[str, Any]) -> Any:
    """Evaluate a name or a type expression; nothing in it can be called."""
    try:
        tree = ast.parse(text, mode="eval")
    except (SyntaxError, ValueError) as reason:
        raise _unfit(text, say("schema.reason.signs")) from reason
    if not all(isinstance(node, (*_EXPRESSION, ast.expr_context, ast.BitOr)) for node in ast.walk(tree)):
        raise _unfit(text, say("schema.reason.signs"))
    try:
        # The user's own names; calls were refused.
        return eval(compile(tree, "--schema", "eval"), {"__builtins__": {}}, {**_WORDS, **namespace})  # noqa: S307
    except NameError as reason:
        raise _unknown(reason.name or text, namespace) from reason
    except BaseException as reason:
        reraise_interrupt(reason)
        raise _unfit(text, message_of(reason, 200)) from reason


def _undefined(target: Any) -> str | None:
    """Return the name in a model's annotations that is nowhere defined; pydantic's own sentence does not say it."""
    for kind in (target, *typing.get_args(target)):
        if isinstance(kind, type) and issubclass(kind, BaseModel):
            try:
                kind.model_rebuild()
            except PydanticUndefinedAnnotation as reason:
                return reason.name
    return None


def _unknown(missing: str, namespace: Mapping[str, Any]) -> UsageError:
    near = nearest(missing, [name for name, value in namespace.items() if isinstance(value, dict) or _describes(value)])
    return UsageError(*two_lines("schema.unknown", flag="--schema", name=missing, meant=near))


def _describes(value: Any) -> bool:
    """Whether a value may be meant as a type: a class, ``list[...]``, a NewType, an alias, ``Any``."""
    made_by = type(value).__module__
    return isinstance(value, type) or typing.get_origin(value) is not None or made_by in {"typing", "typing_extensions"}


def _name_of(target: Any) -> str:
    if isinstance(target, Mapping):
        title = target.get("title")
        return title if isinstance(title, str) else "answer"
    if typing.get_origin(target) is list:
        return f"{_name_of(typing.get_args(target)[0])}_list"
    return re.sub(r"\b\w+\.", "", spelled(target))


def _unfit(name: str, reason: str) -> UsageError:
    return UsageError(*two_lines("schema.kind", name=repr(name), reason=reason.rstrip(".")))
