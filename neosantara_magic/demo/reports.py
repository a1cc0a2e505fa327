"""What the demo model says about tools: a question when something is missing, an answer from their results.

For: prose around values that came from elsewhere; the values stand in it unchanged.
Not for: choosing tools (`tools`).
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from typing import Any

from .material import rows_of
from .words import Language, numbers

_FAILED = re.compile(
    r"^\s*(?:error\b|[A-Za-z_.]*(?:Error|Exception)\b|the (?:user|call|tool|function|argument)|(?:this|"
    r"that) call|not run|refused|unknown tool|there is no tool|"
    r"invalid|wrong|timed? ?out|no tool|unexpected|missing)",
    re.IGNORECASE,
)
_LONGEST = 6000


def question(tool: str, missing: Sequence[str], parameters: Mapping[str, Any], language: Language) -> str:
    """Ask for the first missing argument, as the service's page does for a city."""
    name = missing[0]
    part = (parameters.get("properties") or {}).get(name) or {}
    described = str(part.get("description") or "").strip().rstrip(".")
    subject = re.sub(r"^(?:get|fetch|find|show)_", "", tool).replace("_", " ")
    spelled = name.replace("_", " ")
    choices = ", ".join(f"`{choice}`" for choice in part.get("enum", []))
    hint = f" ({described})" if described else ""
    verb = subject == tool.replace("_", " ")
    if language == "id":
        # Names of tools and arguments are rarely Indonesian: quoted, they don't read as words of the sentence.
        ask = f"`{name}` yang mana: {choices}" if choices else f"apa nilai `{name}`{hint}"
        if name in {"location", "city", "lokasi", "kota"}:
            ask = "kota mana yang Anda maksud"
        return f"Tentu, saya bisa memakai `{tool}`. Satu hal lagi: {ask}?"
    ask = f"which {spelled}: {choices}" if choices else f"which {spelled}{hint}"
    if name in {"location", "city"}:
        ask = "what city and state (or country) are you interested in"
    return (
        f"Sure, I can {f'use `{tool}` for that' if verb else f'tell you the {subject}'}. One thing is missing: {ask}?"
    )


def told(results: Sequence[tuple[str, str, str]], language: Language) -> str:
    """Answer from what the tools returned.

    Args:
        results: Name, arguments as JSON text, and result of each call, in order.
        language: Language of the answer.
    """
    parts = [_one(name, arguments, result, language) for name, arguments, result in results]
    return "\n\n".join(parts) + "\n"


def _one(name: str, arguments: str, result: str, language: Language) -> str:  # noqa: PLR0911  (one a shape)
    given = _parsed(arguments)
    about = _about(given)
    value = _parsed(result)
    failure = _failure(value, result)
    if failure:
        if language == "id":
            return f"Maaf, `{name}`{about} tidak berhasil: {failure}"
        return f"I am sorry, `{name}`{about} did not work: {failure}"
    weather = _weather(value, given, language)
    if weather:
        return weather
    if rows_of(result):
        lead = f"Hasil `{name}`{about}:" if language == "id" else f"This is what `{name}`{about} returned:"
        return f"{lead}\n\n{result[:_LONGEST]}"
    if isinstance(value, Mapping) and value:
        rows = "\n".join(f"- **{key}**: {_shown(part)}" for key, part in value.items())
        return (
            f"Hasil `{name}`{about}:\n\n{rows}"
            if language == "id"
            else f"This is what `{name}`{about} returned:\n\n{rows}"
        )
    if isinstance(value, list) and value:
        rows = "\n".join(f"{place}. {_shown(part)}" for place, part in enumerate(value[:50], 1))
        return (
            f"Hasil `{name}`{about}:\n\n{rows}"
            if language == "id"
            else f"This is what `{name}`{about} returned:\n\n{rows}"
        )
    shown = _shown(value) if value is not None else "null"
    if "\n" in shown:
        return f"`{name}`{about}:\n\n```text\n{shown[:_LONGEST]}\n```"
    return (
        f"Hasil `{name}`{about}: **{shown}**"
        if language == "id"
        else f"The result of `{name}`{about} is **{shown[:_LONGEST]}**."
    )


def _failure(value: Any, result: str) -> str:
    if isinstance(value, Mapping) and value.get("error"):
        error = value["error"]
        return str(error.get("message", error) if isinstance(error, Mapping) else error)
    return result.strip()[:500] if isinstance(value, str) and _FAILED.match(value) else ""


def _about(given: Any) -> str:
    if not isinstance(given, Mapping) or not given:
        return ""
    return " (" + ", ".join(f"{key}={_shown(value)[:60]}" for key, value in given.items()) + ")"


def _weather(value: Any, given: Any, language: Language) -> str:
    """A sentence like the one on the service's page, when the result is a weather report."""
    if not isinstance(value, Mapping) or "temperature" not in value:
        return ""
    place = next(
        (
            str(source[key])
            for source in (given, value)
            if isinstance(source, Mapping)
            for key in ("location", "city", "place", "kota")
            if source.get(key)
        ),
        "",
    )
    unit = {
        "celsius": "degrees Celsius",
        "fahrenheit": "degrees Fahrenheit",
        "c": "degrees Celsius",
        "f": "degrees Fahrenheit",
    }.get(str(value.get("unit", "celsius")).lower(), str(value.get("unit", "")))
    sky = next(
        (
            str(value[key])
            for key in ("description", "condition", "conditions", "sky", "weather", "forecast")
            if value.get(key)
        ),
        "",
    )
    used = {
        "temperature",
        "unit",
        "location",
        "city",
        "place",
        "kota",
        "description",
        "condition",
        "conditions",
        "sky",
        "weather",
        "forecast",
    }
    rest = "".join(
        f" {str(key).replace('_', ' ').capitalize()}: {_shown(part)}." for key, part in value.items() if key not in used
    )
    if language == "id":
        told_unit = unit.replace("degrees", "derajat")
        where = f" di {place}" if place else ""
        return f"Cuaca{where} sekarang {value['temperature']} {told_unit}{f', {sky.lower()}' if sky else ''}.{rest}"
    where = f" in {place}" if place else ""
    return f"The weather{where} is currently {value['temperature']} {unit}{f', {sky.lower()}' if sky else ''}.{rest}"


def value_for(name: str, types: Sequence[str], results: Sequence[str], *, numbers_too: bool) -> Any:
    """Return the value that a tool's result gives for an argument of another tool; None when none does.

    Args:
        name: The argument.
        types: JSON types it may have.
        results: What the tools returned, in order.
        numbers_too: Take the last number of the last result for a number: the prompt says "the result".
    """
    kind = types[0] if types else "string"
    for result in reversed(results):
        value = _parsed(result)
        if isinstance(value, str) and _FAILED.match(value):
            continue
        if isinstance(value, Mapping):
            value = _member(name, value)
        if kind == "string" and isinstance(value, str) and value and len(value) < 200:
            return value
        if kind in {"number", "integer"} and numbers_too:
            if isinstance(value, (int, float)) and not isinstance(value, bool):
                return value
            found = numbers(str(value))
            return found[-1] if found else None
        if kind == "array" and isinstance(value, list):
            return value
    return None


def _member(name: str, value: Mapping[str, Any]) -> Any:
    alike = {
        "location": ("city", "location", "place", "name"),
        "city": ("city", "location", "name"),
        "timezone": ("timezone", "tz", "zone"),
    }
    for key in (name, *alike.get(name, ())):
        if key in value:
            region = value.get("region") or value.get("country")
            found = value[key]
            return (
                f"{found}, {region}"
                if key == "city" and name == "location" and isinstance(found, str) and region
                else found
            )
    plain = [part for part in value.values() if isinstance(part, (str, int, float)) and not isinstance(part, bool)]
    return plain[0] if len(plain) == 1 else value.get("result")


def _parsed(written: str) -> Any:
    try:
        return json.loads(written)
    except ValueError:
        return written


def _shown(value: Any) -> str:
    if isinstance(value, str):
        return value
    return json.dumps(value, ensure_ascii=False)
