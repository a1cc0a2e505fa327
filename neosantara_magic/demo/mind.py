"""What the demo model says: what it can do, in the order in which it is tried; what it cannot do it says plainly."""

from __future__ import annotations

import builtins
import hashlib
import json
import keyword
import math
import re
from bisect import bisect
from collections.abc import Mapping
from dataclasses import replace
from functools import cache
from itertools import accumulate
from statistics import mean
from typing import Any

from ..describe.cells import without_part
from ..messages import Message, TextPart, ToolCall
from ..validators import from_json, nearest
from . import schema, tools
from .reading import CAPTION, LANGUAGES, MISSING, as_number, book, described, found, language, pattern, rows, say, words
from .requests import Asked, Reply, without_order

_READ = 16_000  # characters of a message: an answer must not take longer than a real model's
_ERROR = re.compile(
    r"^(?:[\w.]+\.)?([A-Z]\w*(?:Error|Exception|Warning|Interrupt|Iteration))(?:: (.*))?$", re.MULTILINE
)
_FRAME = re.compile(r"^\s*(?:-+> ?\d+\s+|File .*\n\s+)([^\n]+)", re.MULTILINE)
_CELL = re.compile(r"^The cell:\n(`{3,})python\n(.*?)\n\1\s*\Z", re.DOTALL | re.MULTILINE)
_WRONG = re.compile(
    r"^(?:NameError: name|KeyError:|AttributeError: (?:'(\w+)' object|.*) has no attribute) '([^'\n]+)'", re.MULTILINE
)
_FAILED = re.compile(r"\s*(?:error\b|[\w.]*(?:Error|Exception)\b|(?:the|this) call\b|there is no tool)", re.IGNORECASE)


def reply(asked: Asked) -> Reply:
    """Return what the demo model says to this request."""
    ordered = asked.order.kind
    asked = replace(asked, messages=tuple(map(_readable, asked.messages)))
    spoken = language(*(message.text for message in reversed(asked.users)), instructions=asked.instructions)
    reasoning = say(spoken, "reasoning") if asked.effort else ""
    calls = tools.chosen(asked) if asked.tools and asked.choice != "none" else ()
    if calls:
        return Reply(calls=calls, reasoning=reasoning)
    if asked.schema is not None:
        value = schema.instance(asked, asked.schema)
        return Reply(json.dumps(value, ensure_ascii=False, indent=2), reasoning=reasoning)
    text = _told(asked, spoken) or _text(asked, spoken)
    if not asked.prompt and ordered and not asked.images:
        text = str(book(spoken)["showcase"]).lstrip()  # so that there is something to go wrong in
    return Reply(json.dumps({"answer": text}, ensure_ascii=False) if asked.json_object else text, reasoning=reasoning)


def _readable(message: Message) -> Message:
    """Return a message as far as it is read, without what it asks to go wrong."""
    text = message.text
    cut = text if len(text) <= _READ else f"{text[: _READ * 3 // 4]}\n{text[-_READ // 4 :]}"
    shown = without_order(cut) if message.role == "user" else cut
    return message if shown == text else replace(message, parts=(TextPart(shown), *message.images))


def _text(asked: Asked, spoken: str) -> str:
    """Return the first of the things it can do that the prompt asks for."""
    prompt = without_part(asked.prompt).strip()
    context = asked.prompt if len(prompt) < len(asked.prompt.strip()) else ""
    if asked.images and not context:
        return described(asked.images, spoken)
    echo = found("echo", prompt)
    if echo:
        return re.sub(r"^([\"'`])(.*)\1$|^“(.*)”$", r"\2\3", echo[0], flags=re.DOTALL)
    offered = asked.tools and asked.choice != "none"
    return (
        (tools.question(asked, spoken) if offered else "")
        or _name(asked, prompt, spoken)
        or "\n\n".join(filter(None, (_mended(prompt), _error(prompt, spoken))))
        or _table(prompt, spoken)
        or _sum(prompt, spoken)
        or _invented(asked, prompt, spoken)
        or fact(prompt, spoken)
        or next(iter(found("summary", prompt) or []), "")
        or (say(spoken, "who", model=asked.model) if pattern("who").search(prompt) else "")
        or (str(book(spoken)["showcase"]).lstrip() if pattern("long").search(prompt) else "")
        or _error(context, spoken)
        or _table(context, spoken)
        or say(spoken, "not_called" if offered and tools.refused(asked) else "unknown")
    )


def _name(asked: Asked, prompt: str, spoken: str) -> str:
    asks = pattern("asks_name").search
    if asks(prompt):
        earlier = [message.text for message in asked.users[:-1]]
        told = [name for text in earlier if not asks(text) for name in found("name", text) or []]
        return say(spoken, "name_known", name=told[-1]) if told else say(spoken, "name_unknown")
    name = found("name", prompt)
    return say(spoken, "name_told", name=name[0]) if name and "?" not in prompt else ""


def _mended(prompt: str) -> str:
    """Return the cell of a ``%neosantara fix``, a name that is nearly right mended; empty without such a cell."""
    cell = _CELL.search(prompt)
    if cell is None:
        return ""
    of, wrong = [("", ""), *_WRONG.findall(prompt)][-1]
    # The names that the cell, its values and Python know; of a type of Python's, what it has.
    known = re.findall(r"[^\W\d]\w*", "\n".join([cell[2], *re.findall("^- .*", prompt, re.MULTILINE)]))
    known += dir(getattr(builtins, of)) if hasattr(builtins, of) else [*dir(builtins), *keyword.kwlist]
    near = nearest(wrong, set(known) - {wrong})
    if near is None:
        return ""
    source = re.sub(rf"(?<!\w){re.escape(wrong)}(?!\w)", near, cell[2])
    return f"{cell[1]}python\n{source}\n{cell[1]}"


def _error(prompt: str, spoken: str) -> str:
    errors = list(_ERROR.finditer(prompt))
    if not errors:
        return ""
    kind, message = errors[-1][1], (errors[-1][2] or "").strip()
    known = book(spoken)["errors"]
    cause, remedy = known.get(kind, known["other"])
    frames = _FRAME.findall(prompt)
    at = say(spoken, "error_at", code=frames[-1].strip()) if frames else ""
    return f"### {kind}\n\n" + say(spoken, "error", at=at, message=message, cause=cause, remedy=remedy)


def _table(prompt: str, spoken: str) -> str:
    read = rows(prompt)
    if not read:
        return ""
    names = [name for name in read[0] if name]
    told_size = CAPTION.search(prompt)
    cut = told_size is not None and re.search(r"first [\d,]+ rows", told_size[0]) is not None
    whole = told_size[1].replace(",", book(spoken)["signs"][0]) if told_size and cut else len(read)
    told = say(spoken, "table", rows=whole, columns=len(names), names=", ".join(f"`{name}`" for name in names))
    told += f" {say(spoken, 'table_part', rows=len(read))}" if cut else ""
    lines = []
    for name in names:
        values = [as_number(row.get(name, "")) for row in read]
        if MISSING not in values:
            lines.append(f"| {name} | {min(values):g} | {mean(values):.4g} | {max(values):g} |")
    return "\n".join([told, "", say(spoken, "table_head"), "|:--|--:|--:|--:|", *lines]) if lines else told


def _sum(prompt: str, spoken: str) -> str:
    """Return the sum and its value as a sentence; empty when the prompt is no sum."""
    mark, point = book(spoken)["signs"]
    written = re.sub(rf"(?<=\d){re.escape(mark)}(?=\d{{3}}(?!\d))", "", prompt[:200].strip(" ?=.!\n")).replace(",", ".")
    for spelled, sign in (pair for one in LANGUAGES for pair in book(one)["spelled"].items()):
        written = re.sub(spelled, sign, written, flags=re.IGNORECASE)
    # Only digits, brackets and signs, and no powers: nothing that could do anything but compute, and that at once.
    told = re.fullmatch(r"(?:[\d.()+\-\s]|[*/%](?!\*|/))+", written)
    if len(prompt) > 200 or not told or not re.search(r"\d[\s)]*[-+*/%]\s*[-(]*\d", written):
        return ""
    try:
        value = eval(written.strip(), {"__builtins__": {}})  # noqa: S307  (see above)
    except (SyntaxError, TypeError, ArithmeticError, MemoryError):
        return ""
    shown = f"{value:.10g}" if isinstance(value, float) else str(value)
    return say(spoken, "sum", sum=written.strip(), value=shown.replace(".", point))


def _invented(asked: Asked, prompt: str, spoken: str) -> str:
    """Return a sentence whose words are drawn as a model draws tokens: the likeliest at temperature 0, others above."""
    about, temperature = found("inventing", prompt), float(asked.temperature or 0)
    if about is None:
        return ""
    drawn = []
    for place, slot in enumerate(book(spoken)["slots"]):
        # At temperature 1 each word is e times as likely as the next.
        weights = [math.exp(-rank / temperature) if temperature > 0.01 else rank == 0 for rank in range(len(slot))]
        seed = hashlib.sha256(f"{prompt} {place} {temperature}".encode()).hexdigest()
        point = int(seed[:8], 16) / 16**8 * sum(weights)
        drawn.append(slot[bisect(list(accumulate(weights)), point)])
    sentence = say(spoken, "invented", word=about[0], words=" ".join(drawn))
    return sentence[0].upper() + sentence[1:]


def _told(asked: Asked, spoken: str) -> str:
    """Return what the tools' results of this turn say, but not what another call took; empty without a call."""
    called = tools.results_of(asked)
    taken = "\n".join(call.arguments for call, _ in called)
    return "\n\n".join(_one(call, result, spoken) for call, result in called if f'"{result}"' not in taken)


def _one(made: ToolCall, result: str, spoken: str) -> str:
    """Return what one call gave, in a sentence."""
    given = told if isinstance(told := from_json(made.arguments), Mapping) else {}
    about = ", ".join(f"{key}={_shown(value)[:60]}" for key, value in given.items())
    call = f"`{made.name}`" + (f" ({about})" if about else "")
    value = from_json(result)
    error = value.get("error") if isinstance(value, Mapping) else None
    if error or (isinstance(value, str) and _FAILED.match(value)):
        return say(spoken, "failed", call=call, why=_shown(error or result.strip())[:500])
    if isinstance(value, Mapping) and "temperature" in value:
        place = next((str(given[key]) for key in words("place") if key in given), "")
        unit, sky = str(value.get("unit", "celsius")).capitalize(), str(value.get("description", "")).lower()
        where = say(spoken, "weather_place", place=place) if place else ""
        told = say(spoken, "weather", place=where, temperature=value["temperature"], unit=unit)
        return f"{told}, {sky}." if sky else f"{told}."
    if isinstance(value, Mapping | list) and value:
        named = value if isinstance(value, Mapping) else dict(enumerate(value[:50], 1))
        shown = "\n".join(f"- **{key}**: {_shown(one)}" for key, one in named.items())
    else:
        shown = _shown(value)
        if "\n" not in shown:
            return say(spoken, "result_text" if len(shown.split()) > 3 else "result", call=call, value=shown)
        shown = shown if rows(shown) else f"```text\n{shown}\n```"
    return f"{say(spoken, 'result_rows', call=call)}\n\n{shown}"


def _shown(value: Any) -> str:
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)


def fact(prompt: str, spoken: str) -> str:
    """Return true answers to all the questions of a prompt; empty when it asks anything that is not known."""
    told: list[str] = []
    style = "|".join(words("style"))  # "please", "in one sentence"
    for sentence in re.split(r"(?<=[.?!])\s+|\n+", pattern("tongue").sub("", prompt)):
        asked = _plain(sentence)
        bare = re.sub(rf"^(?:(?:{style})(?: |$))+|(?:(?:^| )(?:{style}))+$", "", asked)
        answer = _answer(asked, spoken) or _answer(bare, spoken)
        if bare and not answer:
            return ""
        told += [answer] if answer and answer not in told else []
    return "\n\n".join(told)


def _answer(question: str, spoken: str) -> str:
    [term], [place] = found("defines", question) or [""], found("capital", question) or [""]
    known = _answers(spoken)
    return known.get(question) or known.get(term) or known.get(f"capital of {place}") or ""


@cache
def _answers(spoken: str) -> dict[str, str]:
    """Return each question that is known, in any language and as plain words, with its answer."""
    told: dict[str, str] = {}
    for one in LANGUAGES:
        for name, entry in book(one)["facts"].items():
            told |= dict.fromkeys(map(_plain, entry["ask"]), book(spoken)["facts"][name]["say"])
        for code, names in book(one)["capitals"].items():
            country, capital = book(spoken)["capitals"][code]
            place = names[0].lower().removeprefix("the ")
            told[f"capital of {place}"] = say(spoken, "capital", country=country, capital=capital)
    return told


def _plain(sentence: str) -> str:
    return " ".join(re.findall(r"[\w'’-]+", sentence.lower()))
