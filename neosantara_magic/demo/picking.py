"""Which of the offered tools a prompt speaks of, and in which of its parts.

For: words of a prompt against names, descriptions and parameters of tools.
Not for: arguments and the order of calls (`tools`).
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any

from ..messages import ToolSpec
from .evidence import MISSING, Reader, codes, kinds
from .vocabulary import EMPTY, MEANS, PERSON, PLACED
from .words import cities, joined, places, quoted, words

HERE = re.compile(
    r"\b(?:where i am|where am i|my (?:location|city|area|place)|near me|here|"
    r"di sini|lokasi saya|tempat saya|di mana saya|saya berada)\b",
    re.IGNORECASE,
)
"""The user means where she is."""

_CLAUSES = re.compile(
    r"(?<=[.;?!])\s+|,?\s+(?:and then|then|lalu|kemudian|also|juga)\s+|,\s+(?:and|dan)\s+|\n+", re.IGNORECASE
)
_OPERATOR = re.compile(r"\d\s*[-+*/x×÷^]\s*\(?\d")
_SUM = re.compile(r"(-?\d+(?:\.\d+)?)\s*([-+*/x×÷^])\s*(-?\d+(?:\.\d+)?)")
_SIGNS = {
    "+": {"add", "sum"}, "-": {"subtract"}, "*": {"multiply"}, "x": {"multiply"}, "×": {"multiply"},
    "/": {"divide"}, "÷": {"divide"}, "^": {"power", "pow"},
}  # fmt: skip
_CALCULATORS = {"calculate", "calculator", "calc", "evaluate", "eval", "math"}

_OUTRIGHT = 100.0
_ENOUGH = 3.0
"""One word of a tool's name."""
_WEAK = 2.0
"""Two words of a description: enough when no tool's name is spoken of."""


def required(tool: ToolSpec) -> list[str]:
    """Return the names of the arguments that a tool must have."""
    return [str(name) for name in tool.parameters.get("required") or []]


def properties(tool: ToolSpec) -> Mapping[str, Any]:
    """Return a tool's arguments: name to schema."""
    found = tool.parameters.get("properties")
    return found if isinstance(found, Mapping) else {}


def kind(part: object) -> str:
    """Return the first type that an argument's schema allows; empty when it says none."""
    return (kinds(part) or [""])[0] if isinstance(part, Mapping) else ""


def name_words(tool: ToolSpec) -> list[str]:
    """Return the words of a tool's name that say something: ``weather`` of ``get_weather``."""
    spelled = re.sub(r"(?<=[a-z])(?=[A-Z])", " ", tool.name).replace("_", " ").replace("-", " ")
    told = [word for word in words(spelled) if word not in EMPTY]
    return told or words(spelled) or [tool.name.lower()]


def stem(word: str) -> str:
    """Return a word in the form in which it is compared: English, singular, no ending."""
    if len(word) > len("nya") + 3:
        word = word.removesuffix("nya")  # "bagaimana cuacanya?" asks for the weather
    known = MEANS.get(word, word)
    for ending in ("ing", "es", "s", "ed"):
        if len(known) > len(ending) + 3 and known.endswith(ending):
            return known.removesuffix(ending)
    return known


def led(text: str, tool: ToolSpec) -> str:
    """Return a prompt whose first word, when it is the tool's own, is no part of a name: ``Greet Budi``."""
    first = re.match(r"\W*(\w+)(?= [A-Z])", text)
    if first is None or stem(first[1].lower()) not in _name_stems(tool):
        return text
    return f"{first[0].lower()}{text[first.end() :]}"


def _stems(text: str) -> set[str]:
    return {stem(word) for word in words(text) if word not in EMPTY}


def _name_stems(tool: ToolSpec) -> set[str]:
    return {stem(word) for word in name_words(tool)}


def _names_it(text: str, tool: ToolSpec) -> bool:
    """Whether a prompt names a tool outright, as ``get_weather`` or after ``call`` or ``use``."""
    named = rf"(?<!\w){re.escape(tool.name)}(?!\w)"
    if "_" in tool.name or f"`{tool.name}`" in text:
        return re.search(named, text, re.IGNORECASE) is not None
    return re.search(rf"\b(?:call|use|run|panggil|gunakan|pakai)\s+(?:the\s+)?{named}", text, re.IGNORECASE) is not None


def score(text: str, tool: ToolSpec, others: Sequence[ToolSpec] = ()) -> float:
    """Return how much a prompt speaks of a tool: 3 for a word of its name, 1 for one of its description."""
    if _names_it(text, tool):
        return _OUTRIGHT
    for other in others:
        if other is not tool and _names_it(text, other):  # its words speak for it alone
            text = re.sub(rf"(?<!\w){re.escape(other.name)}(?!\w)", " ", text, flags=re.IGNORECASE)
    spoken, named = _stems(text), _name_stems(tool)
    if HERE.search(text) and named & {"location", "ip", "position", "whereami"} and not required(tool):
        return 10.0
    hits = 3.0 * len(spoken & named) + 1.0 * len(spoken & (_stems(tool.description) - named))
    for name, part in properties(tool).items():
        chosen_by = isinstance(part, Mapping) and "enum" in part and Reader(text).find(name, part) is not MISSING
        hits += 0.5 * (bool(_stems(name.replace("_", " ")) & spoken) + bool(chosen_by))
    if sums(text, tool) or (_OPERATOR.search(text) and named & _CALCULATORS):
        hits += _ENOUGH
    return hits


def sums(text: str, tool: ToolSpec) -> list[str]:
    """Return the sums in a text that a tool computes, as two numbers each: ``12 and 7`` for ``12 * 7``."""
    named = _name_stems(tool)
    return [f"{left} and {right}" for left, sign, right in _SUM.findall(text) if named & _SIGNS[sign]]


def picked(text: str, offered: Sequence[ToolSpec]) -> list[ToolSpec]:
    """Return the tools a prompt speaks of, in the order in which it does."""
    scored = [(tool, score(text, tool, offered)) for tool in offered]
    strong = [tool for tool, points in scored if points >= _ENOUGH]
    if not strong:
        best = max((points for _, points in scored), default=0.0)
        strong = [tool for tool, points in scored if points >= _WEAK and points == best][:1]
    if not strong and len(offered) == 1 and _is_led_to(text, offered[0]):
        return list(offered)
    strong = [tool for tool in strong if not _outdone(tool, strong, text)]
    return sorted(strong, key=lambda tool: _position(text, tool))


def _is_led_to(text: str, tool: ToolSpec) -> bool:
    """Whether a prompt can only mean the one tool offered: it needs a place, and the prompt asks for known ones."""
    wanted = required(tool)
    own = set(words(wanted[0].replace("_", " "))) if len(wanted) == 1 else set()
    if not own & PLACED or kind(properties(tool).get(wanted[0])) != "string":
        return False
    named = "|".join(re.escape(city) for city in cities(text))
    return bool(named) and re.search(rf"\b(?:in|di|at|of|or|and|atau|dan) (?:{named})\b", text) is not None


def _outdone(tool: ToolSpec, others: Sequence[ToolSpec], text: str) -> bool:
    """Whether another tool is spoken of by the same words and more: ``sales_by_city`` over ``sales``."""
    if _names_it(text, tool):
        return False
    spoken = _stems(text)
    mine = spoken & _name_stems(tool)
    return any(other is not tool and mine and mine < spoken & _name_stems(other) for other in others)


def _position(text: str, tool: ToolSpec) -> int:
    """Where a prompt first speaks of a tool."""
    if _names_it(text, tool):
        return text.lower().find(tool.name.lower())
    for wanted in (_name_stems(tool), _stems(tool.description)):
        for match in re.finditer(r"[^\W_]+", text.lower()):
            if match.group() not in EMPTY and stem(match.group()) in wanted:
                return match.start()
    computed = next((match for match in _SUM.finditer(text) if _name_stems(tool) & _SIGNS[match[2]]), None)
    found = computed or HERE.search(text)
    return found.start() if found else len(text)


def segment(text: str, tool: ToolSpec, among: Sequence[ToolSpec]) -> str:
    """Return the part of a prompt that is about one of several tools."""
    if len(among) == 1:
        return text
    starts = sorted(_position(text, other) for other in among)
    mine = _position(text, tool)
    place = starts.index(mine)
    end = next((start for start in starts if start > mine), len(text))
    # A clause belongs together: "what is 3 plus 4" starts before its keyword, and ends before the next clause.
    clause = max((match.end() for match in _CLAUSES.finditer(text) if match.end() <= mine), default=0)
    begin = 0 if place == 0 else clause if clause > starts[place - 1] else mine
    next_clause = max((match.start() for match in _CLAUSES.finditer(text) if mine < match.end() <= end), default=end)
    return text[begin : max(next_clause, mine)]


def repeats(part: str, whole: str, tool: ToolSpec) -> list[str]:
    """Split the part of one tool where it asks for it several times: two cities, two sums, two tickers.

    A part that asks once comes back as it is.
    """
    computed = sums(part, tool)
    if computed:
        return computed
    part = led(part, tool)
    told = properties(tool)
    wanted = [name for name in required(tool) if name in told]
    by_place = [name for name in wanted if set(words(name.replace("_", " "))) & PLACED]
    several: list[str] = []
    if len(by_place) == 1 and not any(kind(schema) == "array" for schema in told.values()):
        several = places(part) or places(whole) or joined(part)
    elif len(wanted) == 1 and kind(told[wanted[0]]) == "string":
        several = quoted(part) if len(quoted(part)) > 1 else codes(part)
        if not several and set(words(wanted[0].replace("_", " "))) & PERSON:
            several = joined(part)
    if len(several) > 1:
        rest = part
        for one in several:
            rest = re.sub(re.escape(one), "", rest, flags=re.IGNORECASE)
        return [f"{rest} in {one}" if by_place else f"{rest} {one}" for one in several]
    clauses = [clause for clause in _CLAUSES.split(part) if clause and clause.strip() and score(clause, tool) > 0]
    full = [clause for clause in clauses if wanted and _fills(clause, wanted, told)]
    return full if len(full) > 1 else [part]


def _fills(clause: str, wanted: Sequence[str], told: Mapping[str, Any]) -> bool:
    reader = Reader(clause)
    return all(reader.find(name, told[name]) is not MISSING for name in wanted if isinstance(told[name], Mapping))
