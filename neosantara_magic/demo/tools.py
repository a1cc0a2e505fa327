"""Which offered tools the demo model calls, and with what.

For: picking tools by the words of the prompt, filling their arguments from it, several at once, one after
the other, or asking back, as the service's page on tool use describes.
Not for: running tools (the client's side), and not for wording a final answer (`reports`).
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from ..messages import Message, ToolCall, ToolSpec
from . import reports, schema
from .evidence import MISSING, Reader, kinds
from .talk import Asked
from .words import language, places, says, words

_EMPTY = frozenset(
    "get set fetch find do run make the a an of for to in on at by with and or current given from is it this tool function return returns "
    "value values name data info using use call show user your based address parameters arguments no has not be are that as e g which if when "
    "given optional one two list new all any what how me my i you".split()
)
_MEANS = {
    "cuaca": "weather", "suhu": "weather", "temperature": "weather", "forecast": "weather", "rain": "weather", "hujan": "weather", "jam": "time", "pukul": "time",
    "waktu": "time", "clock": "time", "lokasi": "location", "kota": "city", "hitung": "calculate", "hitunglah": "calculate", "compute": "calculate",
    "tambah": "add", "tambahkan": "add", "jumlahkan": "add", "plus": "add", "sum": "add", "jumlah": "add", "addition": "add", "kali": "multiply", "kalikan": "multiply",
    "times": "multiply", "product": "multiply", "kurangi": "subtract", "minus": "subtract", "bagi": "divide", "divided": "divide", "cari": "search",
    "carikan": "search", "lookup": "search", "kirim": "send", "kirimkan": "send", "harga": "price", "cost": "price", "kurs": "convert", "exchange": "convert",
    "ubah": "convert", "konversi": "convert", "conversion": "convert", "hapus": "delete", "remove": "delete", "simpan": "save", "store": "save", "buat": "create",
    "buatkan": "create", "rata": "mean", "average": "mean", "gambar": "plot", "grafik": "plot", "draw": "plot", "chart": "plot", "figure": "plot",
    "plotting": "plot", "baca": "read", "tanggal": "date", "today": "date", "berita": "news", "terjemahkan": "translate", "stok": "stock", "penjualan": "sales",
    "pesan": "order", "pesanan": "order", "book": "order", "dadu": "dice", "acak": "random", "penduduk": "population", "populasi": "population",
    "tabel": "table", "frame": "table", "dataframe": "table", "pangkat": "power", "akar": "sqrt", "root": "sqrt", "square": "square", "kuadrat": "square",
}  # fmt: skip
_HERE = re.compile(r"\b(?:where i am|where am i|my (?:location|city|area|place)|near me|here|di sini|lokasi saya|tempat saya|di mana saya|saya berada)\b", re.IGNORECASE)
_CLAUSES = re.compile(r"(?<=[.;?!])\s+|,?\s+(?:and then|then|lalu|kemudian|also|juga)\s+|,\s+(?:and|dan)\s+|\n+", re.IGNORECASE)
_RESULT = re.compile(r"\b(?:the result|result|that|it|the sum|the product|the answer|hasil(?:nya)?|itu)\b", re.IGNORECASE)
_FOLLOWS = re.compile(r"^\W*(?:and|dan|also|how about|what about|bagaimana dengan|kalau|lalu|then)\b", re.IGNORECASE)
_FAR_APART = 3.0


@dataclass(frozen=True, slots=True)
class Choice:
    """What to do about the offered tools; nothing at all when neither field is set."""

    wanted: tuple[ToolCall, ...] = ()
    question: str = ""
    """What to ask back when a required argument is missing."""


@dataclass(frozen=True, slots=True)
class _Turn:
    """The last prompt and what happened since."""

    text: str
    calls: tuple[ToolCall, ...]
    results: tuple[str, ...]


def _turn(asked: Asked) -> _Turn:
    start = max((place for place, message in enumerate(asked.messages) if message.role == "user"), default=0)
    since = asked.messages[start:]
    calls = tuple(call for message in since for call in message.tool_calls)
    by_id = {message.call_id: message.text for message in since if message.role == "tool"}
    text = since[0].text if since else ""
    return _Turn(_with_context(text, asked.messages[:start], asked.tools), calls, tuple(by_id.get(call.id, "") for call in calls))


def _with_context(text: str, before: Sequence[Message], offered: Sequence[ToolSpec]) -> str:
    """Put the earlier prompt before an answer to our own question, or before ``and in Bandung?``."""
    if _picked(text, offered) or not before:
        return text
    users = [message.text for message in before if message.role == "user"]
    said = next((message for message in reversed(before) if message.role == "assistant" and message.text), None)
    answers_us = said is not None and before[-1] is said and "?" in said.text and said.text.rstrip().endswith("?")
    if users and answers_us:
        return f"{users[-1]}\n{text}"
    if users and _FOLLOWS.search(text):
        hits = _picked(users[-1], offered)
        return f"{' '.join(_name_words(tool)[0] for tool in hits)}: {text}" if hits else text
    return text


def told(asked: Asked) -> str:
    """Return the answer that the tools' results of this turn give; empty when no tool was called in it."""
    turn = _turn(asked)
    if not turn.calls:
        return ""
    return reports.told([(call.name, call.arguments, result) for call, result in zip(turn.calls, turn.results, strict=True)], language(turn.text))


def chosen(asked: Asked, *, broken: bool = False) -> Choice:
    """Return the calls to make next, or the question to ask.

    Args:
        asked: The request; its tools are offered and its choice is not ``none``.
        broken: Break the schema of a forced tool, as the prompt asked for.
    """
    turn = _turn(asked)
    if asked.choice not in {"auto", "required"}:
        tool = next(tool for tool in asked.tools if tool.name == asked.choice)
        made = {"demo": "not what the schema says"} if broken else schema.arguments(asked, tool.parameters)
        return Choice((_call(asked, 0, tool.name, made),))
    wanted = _plan(turn, asked.tools)
    ready = [(tool, made) for tool, made, missing in wanted if not missing]
    done = [(call.name, _loaded(call.arguments)) for call in turn.calls]
    fresh = [(tool, made) for tool, made in ready if (tool.name, made) not in done]
    # A tool that was called with other arguments is done too, unless the prompt asks for it more than once.
    times = {tool.name: sum(other.name == tool.name for other, _, _ in wanted) for tool, _, _ in wanted}
    fresh = [(tool, made) for tool, made in fresh if sum(name == tool.name for name, _ in done) < times[tool.name]]
    if fresh:
        return Choice(tuple(_call(asked, place, tool.name, made) for place, (tool, made) in enumerate(fresh)))
    waiting = [(tool, missing) for tool, _, missing in wanted if missing and not any(name == tool.name for name, _ in done)]
    if waiting and not turn.calls and asked.choice == "auto":
        return Choice(question=reports.question(waiting[0][0].name, waiting[0][1], waiting[0][0].parameters, language(turn.text)))
    if asked.choice == "required":
        tool = waiting[0][0] if waiting else max(asked.tools, key=lambda tool: _score(turn.text, tool))
        return Choice((_call(asked, 0, tool.name, schema.arguments(asked, tool.parameters)),))
    return Choice()


def _call(asked: Asked, place: int, name: str, made: Any) -> ToolCall:
    marked = hashlib.sha256(f"{asked.digest} {place} {name}".encode()).hexdigest()[:24]
    return ToolCall(f"call_{marked}", name, json.dumps(made, ensure_ascii=False))


def _loaded(written: str) -> Any:
    try:
        return json.loads(written or "{}")
    except ValueError:
        return written


def _plan(turn: _Turn, offered: Sequence[ToolSpec]) -> list[tuple[ToolSpec, dict[str, Any], list[str]]]:
    """Return every call the prompt asks for: the tool, the arguments found, the required ones missing."""
    picked = _picked(turn.text, offered)
    found: list[tuple[ToolSpec, dict[str, Any], list[str]]] = []
    for place, tool in enumerate(picked):
        segment = _segment(turn.text, tool, picked)
        for text in _repeats(segment, turn.text, tool):
            made = _arguments(tool, text, turn)
            missing = [name for name in _required(tool) if name not in made]
            if missing and _RESULT.search(segment):
                _fill_from_results(tool, made, turn, numbers_too=True)
            elif missing:
                _fill_from_results(tool, made, turn, numbers_too=False)
            missing = [name for name in _required(tool) if name not in made]
            # "then multiply that by 4": the first number is the result, which does not exist yet.
            if not missing and place and not turn.results and _RESULT.search(segment) and _takes_result(tool, segment):
                missing = _required(tool)[:1]
            found.append((tool, made, missing))
    for tool, _, missing in list(found):
        source = _source_of(missing, offered, [other for other, _, _ in found]) if missing else None
        if source is not None and not turn.calls:
            found.insert(0, (source, {}, []))
            break
    return found


def _required(tool: ToolSpec) -> list[str]:
    return [str(name) for name in tool.parameters.get("required") or []]


def _properties(tool: ToolSpec) -> Mapping[str, Any]:
    found = tool.parameters.get("properties")
    return found if isinstance(found, Mapping) else {}


def _name_words(tool: ToolSpec) -> list[str]:
    spelled = re.sub(r"(?<=[a-z])(?=[A-Z])", " ", tool.name).replace("_", " ").replace("-", " ")
    told = [word for word in words(spelled) if word not in _EMPTY]
    return told or words(spelled) or [tool.name.lower()]


def _stem(word: str) -> str:
    known = _MEANS.get(word, word)
    for ending in ("ing", "es", "s", "ed"):
        if len(known) > len(ending) + 3 and known.endswith(ending):
            return known.removesuffix(ending)
    return known


def _stems(text: str) -> set[str]:
    return {_stem(word) for word in words(text) if word not in _EMPTY}


def _score(text: str, tool: ToolSpec) -> float:
    """How much a prompt speaks of a tool: 3 for a word of its name, 1 for one of its description."""
    if re.search(rf"(?<!\w){re.escape(tool.name)}(?!\w)", text, re.IGNORECASE) and ("_" in tool.name or f"`{tool.name}`" in text):
        return 100.0
    told = _stems(text)
    named = {_stem(word) for word in _name_words(tool)}
    if _HERE.search(text) and named & {"location", "ip", "position", "whereami"} and not _required(tool):
        return 10.0
    described = _stems(tool.description) - named
    hits = 3.0 * len(told & named) + 1.0 * len(told & described)
    for name, part in _properties(tool).items():
        chosen_by = isinstance(part, Mapping) and "enum" in part and Reader(text).find(name, part) is not MISSING
        hits += 0.5 * (bool(_stems(name.replace("_", " ")) & told) + bool(chosen_by))
    if _OPERATOR.search(text) and named & {"calculate", "calculator", "calc", "evaluate", "eval", "math"}:
        hits += 3.0
    symbol = _SYMBOLS.search(text)
    if symbol and named & _SYMBOL_NAMES[symbol.group(1)]:
        hits += 3.0
    return hits


_OPERATOR = re.compile(r"\d\s*[-+*/x×÷^]\s*\(?\d")
_SYMBOLS = re.compile(r"\d\s*([-+*/x×÷^])\s*\d")
_SYMBOL_NAMES = {
    "+": {"add", "sum"}, "-": {"subtract"}, "*": {"multiply"}, "x": {"multiply"}, "×": {"multiply"}, "/": {"divide"}, "÷": {"divide"}, "^": {"power", "pow"},
}  # fmt: skip


def _picked(text: str, offered: Sequence[ToolSpec]) -> list[ToolSpec]:
    """Return the tools a prompt speaks of, in the order in which it does."""
    scored = [(tool, _score(text, tool)) for tool in offered]
    best = max((score for _, score in scored), default=0.0)
    if best >= 100.0:  # named outright: nothing else is meant
        scored = [(tool, score) for tool, score in scored if score >= 100.0]
    strong = [tool for tool, score in scored if score >= _FAR_APART]
    if not strong:
        # No tool's name is spoken of; the best description is, if at least two of its words are.
        strong = [tool for tool, score in scored if score >= 2.0 and score == best][:1]
    strong = [tool for tool in strong if not _outdone(tool, strong, text)]
    return sorted(strong, key=lambda tool: _position(text, tool))


def _outdone(tool: ToolSpec, others: Sequence[ToolSpec], text: str) -> bool:
    """Whether another tool is spoken of by the same words and more: ``sales_by_city`` over ``sales``."""
    mine = _stems(text) & {_stem(word) for word in _name_words(tool)}
    for other in others:
        theirs = _stems(text) & {_stem(word) for word in _name_words(other)}
        if other is not tool and mine and mine < theirs:
            return True
    return False


def _position(text: str, tool: ToolSpec) -> int:
    """Where a prompt first speaks of a tool."""
    named = text.lower().find(tool.name.lower())
    if named >= 0:
        return named
    for wanted in ({_stem(word) for word in _name_words(tool)}, _stems(tool.description)):
        for match in re.finditer(r"[^\W_]+", text.lower()):
            if _stem(match.group()) in wanted and match.group() not in _EMPTY:
                return match.start()
    here = _HERE.search(text)
    return here.start() if here else len(text)


def _segment(text: str, tool: ToolSpec, picked: Sequence[ToolSpec]) -> str:
    """Return the part of a prompt that is about one of several tools."""
    if len(picked) < 2:
        return text
    starts = sorted(_position(text, other) for other in picked)
    mine = _position(text, tool)
    place = starts.index(mine)
    end = starts[place + 1] if place + 1 < len(starts) and starts[place + 1] > mine else len(text)
    begin = 0 if place == 0 else mine
    # A clause belongs together: "what is 3 plus 4" starts before its keyword.
    clause = max((match.end() for match in _CLAUSES.finditer(text) if match.end() <= mine), default=0)
    next_clause = max((match.start() for match in _CLAUSES.finditer(text) if mine < match.end() <= end), default=end)
    return text[max(clause, 0) if place else begin : max(next_clause, mine)] if place == 0 or clause > starts[place - 1] else text[mine:end]


def _repeats(segment: str, whole: str, tool: ToolSpec) -> list[str]:
    """Split the part of one tool where it asks for it several times: two cities, two sums."""
    properties = _properties(tool)
    single = [name for name in _required(tool) if name in properties and set(words(name.replace("_", " "))) & _PLACED]
    if len(single) == 1 and not any((kinds(part) or [""])[0] == "array" for part in properties.values() if isinstance(part, Mapping)):
        spoken = places(segment) or places(whole)
        if len(spoken) > 1:
            rest = segment
            for place in spoken:
                rest = re.sub(re.escape(place), "", rest, flags=re.IGNORECASE)
            return [f"{rest} in {place}" for place in spoken]
    clauses = [part for part in _CLAUSES.split(segment) if part and part.strip()]
    full = [part for part in clauses if _required(tool) and all(name in _arguments(tool, part, None) for name in _required(tool))]
    full = [part for part in full if _score(part, tool) > 0]
    return full if len(full) > 1 else [segment]


_PLACED = {"location", "city", "place", "kota", "lokasi", "timezone", "tz", "zone", "country", "negara", "tempat"}


def _arguments(tool: ToolSpec, text: str, turn: _Turn | None) -> dict[str, Any]:
    """Return the arguments that the text gives; optional ones only when it speaks of them."""
    reader = Reader(text, whole=turn.text if turn else text)
    required = _required(tool)
    found: dict[str, Any] = {}
    properties = _properties(tool)
    defs = {key: value for key, value in tool.parameters.items() if key in {"$defs", "definitions"}}
    for name in sorted(properties, key=lambda name: name not in required):
        part = _plain(properties[name], defs)
        value = reader.find(name, part)
        if value is MISSING or (name not in required and not _speaks_of(text, name, part, value)):
            continue
        found[name] = value
    return {name: found[name] for name in properties if name in found}


def _plain(part: Any, defs: Mapping[str, Any]) -> Mapping[str, Any]:
    """Follow a reference into the tool's own definitions."""
    if not isinstance(part, Mapping):
        return {}
    reference = str(part.get("$ref", ""))
    if not reference:
        return part
    key = reference.rsplit("/", 1)[-1]
    return next((place[key] for place in defs.values() if key in place), {})


def _speaks_of(text: str, name: str, part: Mapping[str, Any], value: Any) -> bool:
    """Whether the text means an optional argument, and not just happens to hold a value of its type."""
    if "enum" in part or any("enum" in v or "const" in v for v in part.get("anyOf", []) if isinstance(v, Mapping)):
        return True
    if any(says(text, word) for word in words(name.replace("_", " ")) if word not in _EMPTY):
        return True
    own = set(words(name.replace("_", " ")))
    return bool(own & (_PLACED | {"date", "email", "url", "query", "tanggal"})) and isinstance(value, str) and value.lower() in text.lower()


def _fill_from_results(tool: ToolSpec, made: dict[str, Any], turn: _Turn, *, numbers_too: bool) -> None:
    """Fill missing arguments from what tools have returned in this turn."""
    for name in _required(tool):
        if name in made or not turn.results:
            continue
        part = _properties(tool).get(name, {})
        value = reports.value_for(name, kinds(part) if isinstance(part, Mapping) else [], turn.results, numbers_too=numbers_too)
        if value is not None:
            made[name] = value


def _takes_result(tool: ToolSpec, segment: str) -> bool:
    """Whether a required number would be the result of an earlier call: the segment brings too few of its own."""
    wanted = [name for name in _required(tool) if (kinds(_properties(tool).get(name, {})) or [""])[0] in {"number", "integer"}]
    return len(re.findall(r"-?\d+(?:\.\d+)?", segment)) < len(wanted)


def _source_of(missing: Sequence[str], offered: Sequence[ToolSpec], planned: Sequence[ToolSpec]) -> ToolSpec | None:
    """Return the tool that needs nothing and could give a missing argument: ``get_location_from_ip`` for ``location``."""
    if any(not _required(tool) for tool in planned):
        return None
    for tool in offered:
        if _required(tool) or tool in planned:
            continue
        gives = {_stem(word) for word in _name_words(tool)}
        if any(gives & {_stem(word) for word in words(name.replace("_", " "))} for name in missing) and _HERE.search(" "):
            return tool
    return None
