"""Which tools the demo model calls, with what, and in which order.

Tools that the prompt names or that alone fit its words, with arguments that it says literally; several calls at
once, one after the other, or asking back. A prompt with a negation calls nothing.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Sequence
from typing import Any, NamedTuple

from ..messages import ToolCall, ToolSpec
from ..validators import from_json
from . import schema
from .book import Language, book, pattern, say
from .clues import MISSING, Clues
from .talk import Asked

# Where one part of a prompt ends and the next begins, which may speak of another tool.
_PIECE = re.compile(r"(?<=[.;?!])\s+|\n+|,?\s+(?=(?:and|then|also|dan|lalu|kemudian|juga)\b)", re.IGNORECASE)


class Wish(NamedTuple):
    """One call that the prompt asks for, and the arguments that it still lacks."""

    tool: ToolSpec
    made: dict[str, Any]
    missing: tuple[str, ...]


def refused(asked: Asked) -> bool:
    """Whether the prompt, quotes and names of tools left out, has a negation or only asks about an action."""
    text = re.sub(r"\"[^\"\n]*\"|“[^”\n]*”|`[^`\n]*`", " ", asked.prompt)
    named = {word for tool in asked.tools for word in _words(tool.name)}
    return any(found[0].lower() not in named for found in pattern("no_order").finditer(text))


def chosen(asked: Asked, broken: dict[str, Any] | None) -> tuple[ToolCall, ...]:
    """Return the calls to make next; a call that is forced has the arguments ``broken``, when they are given."""
    if asked.choice not in {"auto", "required"}:
        tool = next(tool for tool in asked.tools if tool.name == asked.choice)
        return (_call(asked, 0, tool.name, broken or _forced(asked, tool)),)
    wishes = _plan(asked)
    done = [(call.name, from_json(call.arguments)) for call, _ in results_of(asked)]
    fresh = [wish for wish in wishes if not wish.missing and (wish.tool.name, wish.made) not in done]
    fresh = fresh or _obeyed(asked, {name for name, _ in done})
    if not fresh and asked.choice == "required" and not done:
        tool = wishes[0].tool if wishes else asked.tools[0]
        fresh = [Wish(tool, _forced(asked, tool), ())]
    return tuple(_call(asked, place, wish.tool.name, wish.made) for place, wish in enumerate(fresh))


def question(asked: Asked, language: Language) -> str:
    """Return what to ask back when an argument is missing; empty when none is."""
    lacking = next((wish for wish in _plan(asked) if wish.missing), None)
    if lacking is None or results_of(asked):
        return ""
    name = lacking.missing[0]
    told = schema.part(schema.fields(lacking.tool.parameters).get(name), lacking.tool.parameters)
    choices = ", ".join(f"`{choice}`" for choice in told.get("enum") or [])
    hint = choices or str(told.get("description", "")).strip(" .\n")
    return say(language, "ask_back", tool=lacking.tool.name, name=name, hint=f" ({hint})" if hint else "")


def results_of(asked: Asked) -> list[tuple[ToolCall, str]]:
    """Return the calls made since the last prompt, each with what it returned."""
    start = max((place for place, message in enumerate(asked.messages) if message.role == "user"), default=0)
    since = asked.messages[start:]
    by_id = {message.call_id: message.text for message in since if message.role == "tool"}
    return [(call, by_id.get(call.id, "")) for message in since for call in message.tool_calls]


def _plan(asked: Asked) -> list[Wish]:
    """Return every call that the prompt asks for, in order."""
    if refused(asked):
        return []
    text = _whole(asked)
    results = results_of(asked)
    found: list[Wish] = []
    for tool, piece in _segments(text, asked.tools):
        for made in _arguments(tool, piece, text):
            _fill(tool, made, results)
            ordered = {name: made[name] for name in schema.fields(tool.parameters) if name in made}
            wish = Wish(tool, ordered, tuple(name for name in schema.needed(tool.parameters) if name not in made))
            found += [wish] if wish not in found else []
    if not results:
        lacking = {name for wish in found for name in wish.missing}
        sources = [
            tool for tool in asked.tools if not schema.fields(tool.parameters) and lacking & set(_words(tool.name))
        ]
        found[:0] = [Wish(tool, {}, ()) for tool in sources if all(wish.tool is not tool for wish in found)]
    return found


def _whole(asked: Asked) -> str:
    """Return the prompt; a reply to our own question comes with the question's prompt before it."""
    users = [place for place, message in enumerate(asked.messages) if message.role == "user"]
    if len(users) < 2 or len(asked.prompt.split()) > 12:
        return asked.prompt
    # The demo's question has two names in it, such as "`get_weather` ... `location`?".
    own = re.search(r"`([\w-]+)`.*`([\w-]+)`.*\?$", asked.messages[users[-1] - 1].text, re.DOTALL)
    if own is None or own[1] not in {tool.name for tool in asked.tools}:
        return asked.prompt
    reply = asked.prompt.strip(" .!\"'\n")
    return f'{asked.messages[users[-2]].text}\n{own[2]}: "{reply}"'


def _segments(text: str, offered: Sequence[ToolSpec]) -> list[tuple[ToolSpec, str]]:
    """Return each tool that is spoken of with its part of the text; a part without a tool goes to the one before."""
    found: list[tuple[ToolSpec, str]] = []
    before = ""
    for piece in _PIECE.split(text):
        spoken_of = _spoken_of(piece, offered)
        if spoken_of:
            found += [(tool, f"{before} {piece}".strip()) for tool in spoken_of]
            before = ""
        elif found:
            found[-1] = (found[-1][0], f"{found[-1][1]} {piece}")
        else:
            before += f" {piece}"
    if found or not pattern("any_tool").search(text):
        return found
    fitting = [tool for tool in offered if set(schema.needed(tool.parameters)) <= set(_arguments(tool, text, text)[0])]
    return [(fitting[0], text)] if len(fitting) == 1 else []


def _spoken_of(piece: str, offered: Sequence[ToolSpec]) -> list[ToolSpec]:
    """Return the tools that a piece names, or the only one of which it says more words than of any other."""
    low = piece.lower()
    named = [tool for tool in offered if re.search(rf"(?<![\w`]){tool.name}(?!\w)|`{tool.name}`", piece, re.IGNORECASE)]
    named = [tool for tool in named if "_" in tool.name or f"`{tool.name}`" in piece]
    if named:
        return sorted(named, key=lambda tool: low.find(tool.name.lower()))
    spoken = {meant for word in _words(piece) for meant in (word, book("id")["glossary"].get(word, word))}
    points = [len(spoken & set(_words(tool.name))) for tool in offered]
    return [offered[points.index(max(points))]] if max(points) and points.count(max(points)) == 1 else []


def _words(text: str) -> list[str]:
    """Return the words of a text or a name: lower case, without plural and without ``-nya``."""
    spelled = re.sub(r"(?<=[a-z])(?=[A-Z])", " ", text).lower()
    found = [word for word in re.findall(r"[^\W\d_]+", spelled) if word not in book("en")["empty"].split()]
    return [re.sub(r"(?<=\w{3})(?:s|nya)$", "", word) for word in found]


def _arguments(tool: ToolSpec, piece: str, whole: str) -> list[dict[str, Any]]:
    """Return the arguments that a piece gives; several sets where it lists several values for the one it must have."""
    told = {name: schema.part(one, tool.parameters) for name, one in schema.fields(tool.parameters).items()}
    choices = tuple(str(choice).lower() for one in told.values() for choice in one.get("enum") or [])
    clues, elsewhere = Clues(piece, choices), Clues(whole, choices)
    literal = {name: schema.literal(clues, name, one) for name, one in told.items()}
    made = {name: value for name, value in literal.items() if value is not MISSING}
    required = schema.needed(tool.parameters)
    open_ = [name for name in required if name in told and name not in made]
    only = "".join(required) if len(required) == 1 else ""
    if isinstance(made.get(only), int | float):  # "score 75 and 91": the name stands at the first only
        values = [made[only], *schema.unlabelled(clues, only, told[only])]
        if clues.joined([str(value) for value in values]):
            return [{**made, only: value} for value in values]
    for name in open_:
        values = schema.unlabelled(clues, name, told[name]) or schema.unlabelled(elsewhere, name, told[name])
        if len(open_) == 1 and len(values) > 1 and clues.joined([str(value) for value in values]):
            return [{**made, name: value} for value in values]
        if values:
            made[name] = values[0]
            clues.take(values[0])
    return [made]


def _fill(tool: ToolSpec, made: dict[str, Any], results: Sequence[tuple[ToolCall, str]]) -> None:
    """Fill a missing text from what the tool returned that is named for it and needs nothing itself."""
    for call, result in results:
        value = from_json(result)
        for name in schema.needed(tool.parameters):
            told = value.get(name) if isinstance(value, dict) else value
            if (
                name not in made
                and isinstance(told, str)
                and name in _words(call.name)
                and not from_json(call.arguments)
            ):
                made[name] = told


def _obeyed(asked: Asked, called: set[str]) -> list[Wish]:
    """Return the calls that a tool's result, not the user, asks for; each tool once in a turn.

    The lesson on prompt injection shows this fault: a real model *may* do what a web page or an email tells it. The
    demo model always does, when a result orders an offered tool and gives every argument that the tool must have.
    """
    known = {tool.name.lower(): tool for tool in asked.tools if tool.name not in called}
    wishes: dict[str, Wish] = {}
    for _, result in results_of(asked):
        for order in pattern("order").finditer(result):
            tool = known.get((order[1] or order[2]).lower())
            said = result[order.end() :].lstrip("`'\"")
            made = _arguments(tool, said, said)[0] if tool else {}
            if tool and set(schema.needed(tool.parameters)) <= set(made):
                wishes.setdefault(tool.name, Wish(tool, made, ()))
    return list(wishes.values())


def _forced(asked: Asked, tool: ToolSpec) -> Any:
    """Return valid arguments for a tool that has to be called, as far as possible from the prompt."""
    said = {} if asked.images else _arguments(tool, asked.prompt, asked.prompt)[0]
    made = schema.instance(asked, tool.parameters)
    return {**made, **said} if isinstance(made, dict) else made


def _call(asked: Asked, place: int, name: str, made: Any) -> ToolCall:
    marked = hashlib.sha256(f"{asked.digest} {place} {name}".encode()).hexdigest()[:24]
    return ToolCall(f"call_{marked}", name, json.dumps(made, ensure_ascii=False))
