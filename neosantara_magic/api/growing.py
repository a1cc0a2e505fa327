"""An answer as it grows, on either endpoint: text, calls and what else comes, each once, however often it is said."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

from ..beside import ServiceCall
from ..events import Brought, RoundCompleted, TextDelta, ToolCallDelta
from ..messages import ToolCall, assistant_message
from ..validators import from_json
from . import failures, shapes
from .shapes import Thing, json_text, string

_SURELY_A_COPY = 16
"""Characters. A piece that repeats all text before it is a copy if it is this long; "ha" may follow "h" and "a"."""
_DECODER = json.JSONDecoder()
_SPELLINGS = {
    "stop": "stop completed complete done end end_turn stop_sequence eos eos_token",
    "length": "length incomplete max_tokens max_output_tokens model_length model_context_window_exceeded",
    "tool_calls": "tool_calls tool_call tool_use function_call",
    "content_filter": "content_filter content_filtered guardrail_intervened refusal safety sensitive",
}
"""How servers call an ending that is known to be whole.

Gateways write ``error``, ``unknown`` or ``other`` when the model's server went away, and a half that passes for an
answer is worse than an error: a batch would keep it as finished. So a reason that stands in no list here is an error
that names it and keeps the text.
"""
_OURS = {spelling: ours for ours, spellings in _SPELLINGS.items() for spelling in spellings.split()}


def ending(said: object) -> str | None:
    """Return how a round ended, in our spelling; None when that is not known to be whole."""
    return _OURS.get(f"{said or 'stop'}".strip().lower())


@dataclass(slots=True, eq=False)
class Call:
    """One tool call."""

    index: int
    id: str = ""
    name: str = ""
    server: str = ""
    _joined: list[str] = field(default_factory=list)  # the pieces of the arguments as they came
    _restated: list[str] = field(default_factory=list)  # begun anew with each piece that repeats all before it
    _length: int = 0  # characters of ``_restated``
    _shown: bool = False
    _settled: str | None = None

    def grow(self, call_id: object = "", name: object = "", piece: object = "") -> Iterator[ToolCallDelta]:
        """Take what one event adds: of the name too, in pieces or whole again, until the arguments begin."""
        self.id = self.id or string(call_id)
        more = string(name)
        if not self._joined or not self.name:
            self.name = more if more.startswith(self.name) else self.name + more
        added = self._add(text) if (text := json_text(piece)) else ""
        if self.name and not self._shown:
            yield from self.show()
        elif self.name and added:
            yield ToolCallDelta(self.index, arguments=added)

    def settle(self, call_id: object = "", name: object = "", whole: object = "") -> Iterator[ToolCallDelta]:
        """Take the call as the server repeats it in full."""
        so_far, full = self.arguments, json_text(whole)
        goes_on = full.startswith(so_far)
        yield from self.grow(call_id, name, full[len(so_far) :] if goes_on else "")
        if full and not goes_on and not _is_json(so_far) and _is_json(full):
            self._settled = full

    def show(self) -> Iterator[ToolCallDelta]:
        """Announce the call, once."""
        if not self._shown:
            self._shown = True
            yield ToolCallDelta(self.index, self.id, self.name, self.arguments)

    def _add(self, piece: str) -> str:
        """Take a piece of the arguments; return what it adds."""
        self._joined.append(piece)
        before = self._length
        if len(piece) >= before and piece.startswith("".join(self._restated)):
            self._restated, self._length = [piece], len(piece)
            return piece[before:]
        self._restated.append(piece)
        self._length += len(piece)
        return piece

    @property
    def arguments(self) -> str:
        """The arguments that have arrived, once, however often the server repeated them."""
        if self._settled is not None:
            return self._settled
        joined, restated = "".join(self._joined), "".join(self._restated)
        return joined if _is_json(joined) else restated if _is_json(restated) else _told_once(joined)

    @property
    def whole(self) -> bool:
        """Whether the arguments are whole. Asked for many pieces, so what cannot be is not parsed."""
        return bool(self._joined) and self._joined[-1].rstrip().endswith("}") and _is_json(self.arguments)


def _is_json(text: str) -> bool:
    return from_json(text, ...) is not ...


def _same(one: str, other: str) -> bool:
    return one == other or from_json(one) == from_json(other)


def _told_once(joined: str) -> str:
    """Return the one JSON object that a text repeats, or that follows empty ones; else the text as it is."""
    found: dict[str, str] = {}
    text, begin = joined.rstrip(), 0
    try:
        while begin < len(text):
            value, end = _DECODER.raw_decode(text, begin)
            found[json.dumps(value, sort_keys=True)] = text[begin:end]
            while text[end : end + 1].isspace():
                end += 1
            begin = end
    except (ValueError, RecursionError):
        return joined
    full = [text for value, text in found.items() if value != "{}"]
    return full[0] if len(full) == 1 else joined


class Things(list[Thing]):
    """The images, sources and calls of a round, each once, however many events name it."""

    def __init__(self) -> None:
        super().__init__()
        self._places: dict[object, int] = {}
        self._known: dict[Thing, int] = {}  # a copy with another sign, or with none, is no second one

    def take(self, things: Iterable[Thing], *keys: tuple[str, object]) -> Iterator[Brought]:
        """Take what one item or part holds, known by any of ``keys``; yield what is new about it."""
        for number, thing in enumerate(things):
            own = [(*key, number) for key in keys]
            at = next((self._places[key] for key in own if key in self._places), None)
            running = isinstance(thing, ServiceCall) and thing.status == "running"
            # Two may run at once with the same arguments, and end differently.
            at = self._known.get(thing) if at is None and not running else at
            at = len(self) if at is None else at
            if self[at : at + 1] != [thing]:
                self[at : at + 1] = [thing]
                yield Brought(at, thing)
            if not running:
                self._known.setdefault(thing, at)
            self._places.update(dict.fromkeys(own, at))


class Round:
    """One answer as it grows."""

    def __init__(self) -> None:
        self._pieces: list[str] = []
        self._length = 0
        self.calls: list[Call] = []
        self._by_key: dict[object, Call] = {}  # calls by whatever the endpoint knows them under
        self.things = Things()

    def grow(self, piece: str) -> Iterable[TextDelta]:
        """Take one more piece of the text. Called for every token, so no generator."""
        if not piece or (len(piece) == self._length >= _SURELY_A_COPY and len(self._pieces) > 1 and piece == self.text):
            return ()
        self._pieces.append(piece)
        self._length += len(piece)
        return (TextDelta(piece),)

    def settle(self, whole: str) -> Iterable[TextDelta]:
        """Take the full text as the server repeats it at the end. What was shown stands; only what goes on is added."""
        so_far = self.text
        return self.grow(whole[len(so_far) :]) if whole.startswith(so_far) else ()

    @property
    def text(self) -> str:
        """All text so far."""
        return "".join(self._pieces)

    def find(self, *keys: object) -> Call | None:
        """Return the call known by one of ``keys``."""
        return next((self._by_key[key] for key in keys if key in self._by_key), None)

    def known_as(self, call: Call | None, keys: Iterable[object]) -> Call:
        """Let ``keys`` mean this call from now on, or a new one; return it."""
        if call is None:
            call = Call(len(self.calls))
            self.calls.append(call)
        self._by_key.update(dict.fromkeys(keys, call))
        return call

    def repeat(
        self, keys: Sequence[object], called: tuple[object, object, object], met: set[Call], place: int = 0
    ) -> Iterator[ToolCallDelta]:
        """Take a call as the server repeats it in full: keys; id, name and arguments; those that were so repeated.

        It is the one known by a key, else by its place and name, for ids may be made anew.
        """
        call_id, name, whole = called
        known = self.find(*keys)
        if known in met and (known.id, known.name) == (call_id, name) and _same(known.arguments, json_text(whole)):
            return  # one call that the server lists twice
        near = sorted(self.calls, key=lambda call: (call is not known, call.index != place))
        found = next((one for one in near if one not in met and (not name or one.name in ("", name))), None)
        call = self.known_as(found, keys)
        met.add(call)
        yield from call.settle(*called)

    def need_ending(self, *, done: bool) -> None:
        """Raise `StreamError`: the stream ended without saying how, unless it was ``done`` and had begun."""
        begun = self.text or self.calls or self.things
        if not (done and begun):
            raise failures.broken_stream("stream_cut" if begun else "stream_empty")

    def end(self, reason: object, **told: Any) -> Iterator[ToolCallDelta | RoundCompleted]:
        """End the round; what never got a name is shown, so that every call of the message was announced.

        One that ended well and holds calls ended for them.
        Raises StreamError: this ending is not known to be whole.
        """
        for call in self.calls:
            yield from call.show()
        finish = ending(reason)
        if finish is None:
            raise failures.broken_stream("ending_unknown", reason=string(reason) or f"{reason}")
        # Of a round that was cut, a call without arguments is one whose arguments are missing: no tool reads "{".
        missing = "{" if finish == "length" else ""
        calls: dict[str, ToolCall] = {}
        for call in self.calls:
            own = shapes.free(call.id or f"call_{call.index}", calls)
            calls[own] = ToolCall(own, call.name, call.arguments or missing, call.server)
        finish = "tool_calls" if calls and finish == "stop" else finish
        yield RoundCompleted(assistant_message(self.text, tuple(calls.values()), self.things), finish, **told)
