"""Which tools the demo model calls, with what, and in which order.

Tools that the prompt names or that alone fit its words, with arguments that it says literally; several calls at
once, one after the other, or asking back. A prompt with a negation calls nothing.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Mapping
from typing import Any

from ..messages import ToolCall, ToolSpec
from ..validators import from_json
from .reading import LANGUAGES, MISSING, Clues, book, pattern, say, words
from .requests import Asked
from .schema import instance, part


class _Tool:
    """An offered tool: its fields by their names, each with its schema, and those that it must have."""

    def __init__(self, spec: ToolSpec) -> None:
        parameters = part(spec.parameters, spec.parameters)
        self.name, self.words = spec.name, set(_words(spec.name))
        self.fields = {name: part(one, spec.parameters) for name, one in parameters["properties"].items()}
        self.required: list[str] = parameters["required"]
        self._parameters = spec.parameters

    def missing(self, made: Mapping[str, Any]) -> list[str]:
        """Return the fields that it must have and that these arguments do not give."""
        return [name for name in self.required if name not in made]

    def arguments(self, piece: str, whole: str) -> list[dict[str, Any]]:
        """Return the arguments that a piece gives; several sets where it lists values for the one that it must have."""
        choices = tuple(str(choice).lower() for one in self.fields.values() for choice in one.get("enum", ()))
        clues, elsewhere = Clues(piece, choices), Clues(whole, choices)
        literal = {name: clues.literal(name, one) for name, one in self.fields.items()}
        made = {name: value for name, value in literal.items() if value is not MISSING}
        lacking = [name for name in self.missing(made) if name in self.fields]
        numbered = [name for name in self.required if isinstance(made.get(name), int | float)]
        # "score 75 and 91": the name stands at the first value only.
        several = lacking if len(lacking) == 1 else numbered if len(self.required) == 1 else []
        for name in several or lacking:
            field, first = self.fields[name], [made[name]] if name in made else []
            values = first + clues.unlabelled(name, field) or elsewhere.unlabelled(name, field)
            if several and len(values) > 1 and clues.joined(values):
                return [{**made, name: value} for value in values]
            if values:
                made[name] = values[0]
                clues.take(values[0])
        return [made]

    def forced(self, asked: Asked) -> Any:
        """Return valid arguments, as far as possible from the prompt."""
        said = {} if asked.images else self.arguments(asked.prompt, asked.prompt)[0]
        made = instance(asked, self._parameters)
        return {**made, **said} if isinstance(made, dict) else made


_Wish = tuple[_Tool, dict[str, Any]]  # one call that the prompt asks for


def refused(asked: Asked) -> bool:
    """Whether the prompt, quotes and names of tools left out, has a negation or only asks about an action."""
    text = re.sub(r"\"[^\"\n]*\"|“[^”\n]*”|`[^`\n]*`", " ", asked.prompt)
    named = {word for tool in asked.tools for word in _words(tool.name)}
    return any(found[0].lower() not in named for found in pattern("no_order").finditer(text))


def chosen(asked: Asked) -> tuple[ToolCall, ...]:
    """Return the calls to make next."""
    offered = {spec.name: _Tool(spec) for spec in asked.tools}
    if asked.choice in offered:
        return (_call(asked, 0, asked.choice, offered[asked.choice].forced(asked)),)
    wishes = _plan(asked, offered)
    done = [(call.name, from_json(call.arguments)) for call, _ in results_of(asked)]
    fresh = [(tool, made) for tool, made in wishes if not tool.missing(made) and (tool.name, made) not in done]
    fresh = fresh or _obeyed(asked, {name: tool for name, tool in offered.items() if name not in dict(done)})
    if not fresh and asked.choice == "required" and not done:
        forced = wishes[0][0] if wishes else next(iter(offered.values()))
        fresh = [(forced, forced.forced(asked))]
    return tuple(_call(asked, place, tool.name, made) for place, (tool, made) in enumerate(fresh))


def question(asked: Asked, language: str) -> str:
    """Return what to ask back when an argument is missing; empty when none is."""
    plan = [] if results_of(asked) else _plan(asked, {spec.name: _Tool(spec) for spec in asked.tools})
    for tool, made in plan:
        for name in tool.missing(made):
            field = tool.fields.get(name, {})
            choices = ", ".join(f"`{choice}`" for choice in field.get("enum", ()))
            hint = choices or str(field.get("description", "")).strip(" .\n")
            return say(language, "ask_back", tool=tool.name, name=name, hint=f" ({hint})" if hint else "")
    return ""


def results_of(asked: Asked) -> list[tuple[ToolCall, str]]:
    """Return the calls made since the last prompt, each with what it returned."""
    start = max((place for place, message in enumerate(asked.messages) if message.role == "user"), default=0)
    since = asked.messages[start:]
    by_id = {message.call_id: message.text for message in since if message.role == "tool"}
    return [(call, by_id.get(call.id, "")) for message in since for call in message.tool_calls]


def _plan(asked: Asked, offered: Mapping[str, _Tool]) -> list[_Wish]:
    """Return every call that the prompt asks for, in order."""
    if refused(asked):
        return []
    text = _whole(asked, offered)
    returned = _returned(asked)
    found: list[_Wish] = []
    for tool, piece in _segments(text, [*offered.values()]):
        for made in tool.arguments(piece, text):
            given = {name: returned[name] for name in tool.required if name in returned} | made
            wish = tool, {name: given[name] for name in tool.fields if name in given}
            found += [wish] if wish not in found else []
    if not results_of(asked):  # a tool that needs nothing may tell what another one lacks
        lacking = {name for tool, made in found for name in tool.missing(made)}
        sources: list[_Wish] = [(tool, {}) for tool in offered.values() if not tool.fields and lacking & tool.words]
        found[:0] = [wish for wish in sources if wish not in found]
    return found


def _returned(asked: Asked) -> dict[str, str]:
    """Return the texts that tools returned for no arguments, each by the words of the tool's name."""
    found: dict[str, str] = {}
    for call, result in results_of(asked):
        value = from_json(result)
        for word in _words(call.name) if not from_json(call.arguments) else ():
            told = value.get(word) if isinstance(value, dict) else value
            found |= {word: told} if isinstance(told, str) else {}
    return found


def _whole(asked: Asked, offered: Mapping[str, _Tool]) -> str:
    """Return the prompt; a reply to our own question comes with the question's prompt before it."""
    users = [place for place, message in enumerate(asked.messages) if message.role == "user"]
    if len(users) < 2 or len(asked.prompt.split()) > 12:
        return asked.prompt
    # The demo's question has two names in it, such as "`get_weather` ... `location`?".
    own = re.search(r"`([\w-]+)`.*`([\w-]+)`.*\?$", asked.messages[users[-1] - 1].text, re.DOTALL)
    if own is None or own[1] not in offered:
        return asked.prompt
    reply = asked.prompt.strip(" .!\"'\n")
    return f'{asked.messages[users[-2]].text}\n{own[2]}: "{reply}"'


def _segments(text: str, offered: list[_Tool]) -> list[tuple[_Tool, str]]:
    """Return each tool that is spoken of with its part of the text; a part without a tool goes to the one before."""
    found: list[tuple[_Tool, str]] = []
    before = ""
    # Where one part of a prompt ends and the next begins, which may speak of another tool.
    ends = rf"(?<=[.;?!])\s+|\n+|,?\s+(?=(?:{'|'.join(words('then'))})\b)"
    for piece in re.split(ends, text, flags=re.IGNORECASE):
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
    fitting = [tool for tool in offered if not tool.missing(tool.arguments(text, text)[0])]
    return [(fitting[0], text)] if len(fitting) == 1 else []


def _spoken_of(piece: str, offered: list[_Tool]) -> list[_Tool]:
    """Return the tools that a piece names, or the only one of which it says more words than of any other."""
    low = piece.lower()
    named = [tool for tool in offered if re.search(rf"(?<![\w`]){tool.name}(?!\w)|`{tool.name}`", piece, re.IGNORECASE)]
    named = [tool for tool in named if "_" in tool.name or f"`{tool.name}`" in piece]
    if named:
        return sorted(named, key=lambda tool: low.find(tool.name.lower()))
    said = _words(piece)
    spoken = {*said, *(book(one)["glossary"].get(word, word) for one in LANGUAGES for word in said)}
    points = [len(spoken & tool.words) for tool in offered]
    return [offered[points.index(max(points))]] if max(points) and points.count(max(points)) == 1 else []


def _words(text: str) -> list[str]:
    """Return the words of a text or a name: lower case, without endings such as a plural's."""
    spelled = re.sub(r"(?<=[a-z])(?=[A-Z])", " ", text).lower()
    found = [word for word in re.findall(r"[^\W\d_]+", spelled) if word not in words("empty")]
    return [re.sub(rf"(?<=\w{{3}})(?:{'|'.join(words('endings'))})$", "", word) for word in found]


def _obeyed(asked: Asked, offered: Mapping[str, _Tool]) -> list[_Wish]:
    """Return the calls of tools not yet called that a tool's result, not the user, asks for.

    The lesson on prompt injection shows this fault: a real model *may* do what a web page or an email tells it. The
    demo model always does, when a result orders an offered tool and gives every argument that the tool must have.
    """
    known = {name.lower(): tool for name, tool in offered.items()}
    wishes: dict[str, _Wish] = {}
    for _, result in results_of(asked):
        for order in pattern("order").finditer(result):
            tool = known.get((order[1] or order[2]).lower())
            said = result[order.end() :].lstrip("`'\"")
            made = tool.arguments(said, said)[0] if tool else {}
            if tool and not tool.missing(made):
                wishes.setdefault(tool.name, (tool, made))
    return list(wishes.values())


def _call(asked: Asked, place: int, name: str, made: Any) -> ToolCall:
    marked = hashlib.sha256(f"{asked.digest} {place} {name}".encode()).hexdigest()[:24]
    return ToolCall(f"call_{marked}", name, json.dumps(made, ensure_ascii=False))
