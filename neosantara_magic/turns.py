"""Conversations: the turns so far, and when the server's copy of them may stand in for ours.

The local transcript is complete and is the truth. A ``previous_response_id`` is an optimisation
under one invariant, which `Conversation.server_state` keeps:

    An id is used only when the history it stands for is exactly the local history before this ask.

Each turn remembers what its id stands for as the digest of the history that ends in it. Replacing, dropping or undoing
any earlier turn changes that of the history, so an id can never outlive what it was made from.
"""

from __future__ import annotations

import hashlib
import json
import os
import threading
from collections.abc import Callable, Iterable, Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from dataclasses import dataclass, replace
from functools import cached_property
from typing import NamedTuple

from .errors import UsageError
from .messages import ImagePart, Message, Turn, assistant_message
from .parsing.asks import speaking_keywords
from .texts import two_lines
from .validators import typed

CellKey = tuple[str, int]
"""Which ask this is: the notebook's cell id and the index of the ask within the cell's execution."""

_changing = threading.RLock()
"""Held while turns change: a panel answers in a thread, and cells ask meanwhile. One for all conversations."""

_MARKS = {"stopped": "[The user stopped this answer here.]", "failed": "[This answer broke off here.]"}


def history_messages(turns: Iterable[Turn]) -> tuple[Message, ...]:
    """Return what a model is sent of earlier turns; one that was cut short says so."""
    messages: list[Message] = []
    for turn in turns:
        messages += turn.messages
        if turn.outcome in _MARKS:
            mark, last = _MARKS[turn.outcome], messages[-1]
            if last.role == "assistant":
                messages[-1] = assistant_message(f"{last.text}\n\n{mark}", last.tool_calls)
            else:
                messages.append(assistant_message(mark))
    return tuple(messages)


def fingerprint(turn: Turn) -> str:
    """Return the hash of what a model is sent of one turn."""
    said = [
        [
            message.role,
            [[type(one).__name__, one.url if isinstance(one, ImagePart) else one.text] for one in message.parts],
            [[call.id, call.name, call.arguments] for call in message.tool_calls],
            message.call_id,
        ]
        for message in history_messages([turn])
    ]
    return hashlib.sha256(json.dumps(said, ensure_ascii=False).encode()).hexdigest()


class Asked(NamedTuple):
    """One ask of this kernel, whatever became of its turn later: when (ISO 8601), and demo, replay or live."""

    time: str
    conversation: str | None
    answered_by: str
    turn: Turn


@dataclass(eq=False)
class _Place:
    """Where the turn of a key stands, or stood: one that was dropped and is asked again goes back to where it was."""

    key: CellKey | None
    turn: Turn | None = None
    restarts: bool = False
    """Asked with ``--new``: what stands before it is not part of its history, nor of later ones."""

    @cached_property
    def said(self) -> str:
        """The fingerprint of the turn."""
        return fingerprint(self.turn) if self.turn else ""


def digest(history: Iterable[_Place]) -> str:
    """Return the chain digest of a history: a hash of its last turn and of the digest before it."""
    chain = hashlib.sha256(b"neosantara conversation").hexdigest()
    for place in history:
        chain = hashlib.sha256(f"{chain}\n{place.said}".encode()).hexdigest()
    return chain


class ServerState(NamedTuple):
    """A server-side history that equals the local one."""

    response_id: str
    messages: int
    """How many messages it stands for."""
    tokens: int = 0
    """As many tokens at least; 0 when not known."""


class Conversation:
    """The turns of one conversation, in order. Iterating yields each `Turn`."""

    def __init__(self, name: str = "main", turns: Iterable[Turn] = ()) -> None:
        self.name = name
        self.made_by: str | None = None
        """Id of the cell that forked or loaded it, which may do so again."""
        self._places = [_Place(None, turn) for turn in turns]
        """In notebook order; those of keys that ever acted here stay when they have no turn."""
        self._asking: list[CellKey | None] = []

    def __iter__(self) -> Iterator[Turn]:
        return iter(self.turns)

    def __len__(self) -> int:
        return len(self.turns)

    def __repr__(self) -> str:
        return f"<Conversation {self.name!r}: {len(self)} turns>"

    def _repr_mimebundle_(self, **_kwargs: object) -> dict[str, str]:
        from . import transcript_files  # noqa: PLC0415  (few conversations are shown)

        return transcript_files.bundle(self.name, self)

    @property
    def turns(self) -> tuple[Turn, ...]:
        """All turns, oldest first."""
        return tuple(place.turn for place in self._places if place.turn)

    @property
    def messages(self) -> tuple[Message, ...]:
        """All messages, as the next ask would send them."""
        return history_messages(self.before(None))

    def keyed(self, new_key: Callable[[], CellKey]) -> tuple[tuple[CellKey, Turn], ...]:
        """Return every turn with its key; one that belongs to no cell gets a new one, so that it can be replaced."""
        for place in self._places:
            place.key = place.key or new_key()
        return tuple((place.key, place.turn) for place in self._places if place.key and place.turn)

    def before(self, key: CellKey | None) -> tuple[Turn, ...]:
        """Return the turns an ask with this key comes after, from the last ``--new`` on."""
        return tuple(place.turn for place in self._history(key) if place.turn)

    def server_state(self, key: CellKey | None, server: str) -> ServerState | None:
        """Return the history on this server that is exactly `before(key)`, if there is one."""
        places = self._history(key)
        last = places[-1].turn if places else None
        # An id of one server means nothing to another.
        if last is None or last.response_id is None or last.stands_for != f"{server} {digest(places)}":
            return None
        messages = len(history_messages(self.before(key)))
        return ServerState(last.response_id, messages, last.held_tokens)

    @contextmanager
    def asking(self, key: CellKey | None) -> Iterator[None]:
        """Note that this ask is under way: one that a tool of it makes must not see the old turn of its caller."""
        self._asking.append(key)
        try:
            yield
        finally:
            self._asking.remove(key)

    def commit(self, turn: Turn, key: CellKey | None, *, server: str = "", restart: bool = False) -> Turn:
        """Put a finished turn in its place, all at once; return it, marked with what its ``response_id`` stands for.

        A turn with the same key is replaced, and later turns stay. ``restart`` (``--new``) drops the turns before it.
        """
        with _changing:
            index = self._settle(key)
            saw_all = restart or index == self._end_of_sight(key)
            if restart:
                _drop(self._places[:index])
            self._places[index : index + 1] = [place := _Place(key, turn, restart)]
            known = turn.response_id is not None and saw_all
            stands_for = f"{server} {digest(_history(self._places[: index + 1]))}" if known else None
            place.turn = kept = replace(turn, stands_for=stands_for)
        return kept

    def forget(self, key: CellKey) -> None:
        """Remove the turn with this key, if it is here."""
        _drop(place for place in self._places if place.key == key)

    def keep_only(self, cell_id: str, made: int) -> None:
        """Remove the turns of a cell that its newest execution, with ``made`` asks, no longer makes."""
        _drop(place for place in self._places if place.key and place.key[0] == cell_id and place.key[1] >= made)

    def undo(self, count: int = 1, key: CellKey | None = None) -> int:
        """Remove the newest ``count`` turns; return how many were removed.

        When the cell of this key did so before, the turns before it go, and later ones stay.
        """
        with _changing:
            turns = [place for place in self._places[: self._settle(key)] if place.turn]
            return _drop(turns[max(0, len(turns) - count) :])

    def clear(self, key: CellKey | None = None) -> None:
        """Start over; a cell that did so before drops only the turns before it."""
        with _changing:
            _drop(self._places[: self._settle(key)])

    def fork(self, name: str, at: int | None = None, key: CellKey | None = None) -> Conversation:
        """Return a copy of the first ``at`` turns (all by default), which belong to no cell.

        When the cell of this key forks again, turns that came later stay out.
        Raises UsageError: there are fewer turns.
        """
        with _changing:
            turns = [place.turn for place in self._places[: self._settle(key)] if place.turn]
        if at is not None and not 0 <= at <= len(turns):
            raise UsageError(*two_lines("fork_beyond", name=self.name, at=at, count=len(turns)))
        fork = Conversation(name, turns[:at])
        fork.made_by = key[0] if key else None
        return fork

    @speaking_keywords()
    def save(self, path: str | os.PathLike[str], *, force: bool = False) -> None:
        """Write it to a file as ``%neosantara save`` does; its ending says in which form: docs/how-to/conversations.md.

        Raises:
            UsageError: another ending, or without ``force`` a file that `save` did not write; it was not touched.
            ConversationFileError: the file cannot be written; what was there before is unharmed.
        """
        from . import transcript_files  # noqa: PLC0415  (few conversations become files)

        transcript_files.save(typed(path), self.name, self, force=force)

    @classmethod
    @speaking_keywords()
    def load(cls, path: str | os.PathLike[str]) -> Conversation:
        """Return a conversation that was saved; ``ask(..., conversation=loaded)`` goes on in it.

        Raises:
            ConversationFileError: not there, not ours, from a newer version, or damaged; nothing is loaded.
        """
        from . import transcript_files  # noqa: PLC0415  (few conversations become files)

        return cls(*transcript_files.load(typed(path)))

    def _history(self, key: CellKey | None) -> list[_Place]:
        return _history(self._places[: self._end_of_sight(key)])

    def _end_of_sight(self, key: CellKey | None) -> int:
        """Where the history of an ask ends: before its place, and before the old turn of an ask that it is part of."""
        end = self._index(key)
        outer = {asking for asking in self._asking if key and asking and asking[0] == key[0] and asking != key}
        places = enumerate(self._places[:end])
        return next((index for index, place in places if place.turn and place.key in outer), end)

    def _index(self, key: CellKey | None) -> int:
        """Where the place of this key is, or where a new one goes.

        A further ask of a cell stands among the cell's own, by its number, so a loop that grows stays together.
        """
        cell, wanted = key or (None, 0)
        own = [(place.key[1], at) for at, place in enumerate(self._places) if place.key and place.key[0] == cell]
        after = max((at + 1 for _, at in own), default=len(self._places))
        return min((at for number, at in own if number >= wanted), default=after)

    def _settle(self, key: CellKey | None) -> int:
        """Return where the place of this key is, which from now on is there; without a key the end."""
        index = self._index(key)
        if key and all(place.key != key for place in self._places):
            self._places.insert(index, _Place(key))
        return index


def _drop(places: Iterable[_Place]) -> int:
    """Take the turns out of these places; return how many there were."""
    with _changing:
        dropped = [place for place in places if place.turn]
        for place in dropped:
            place.turn = None
        return len(dropped)


def _history(places: Iterable[_Place]) -> list[_Place]:
    """Return the turns from the last one that started over: nobody who was asked then saw what stands before it."""
    live = [place for place in places if place.turn]
    return live[max((index for index, place in enumerate(live) if place.restarts), default=0) :]


class Conversations:
    """All conversations of one kernel, in order of first use. There is no current one: ``main`` is the default."""

    def __init__(self) -> None:
        self._all: dict[str, Conversation] = {}

    def __iter__(self) -> Iterator[Conversation]:
        return iter(self._all.values())

    def __contains__(self, name: object) -> bool:
        return name in self._all

    def get(self, name: str) -> Conversation:
        """Return the conversation of this name, empty when it is new."""
        return self._all.setdefault(name, Conversation(name))

    def put(self, conversation: Conversation) -> None:
        """Add a conversation under its own name, in place of one that had it."""
        self._all[conversation.name] = conversation

    def forget(self, key: CellKey | None, *, but: str | None = None) -> None:
        """Remove a cell's turn from every conversation except ``but``: the cell now asks there."""
        if key is not None:
            for conversation in self:
                if conversation.name != but:
                    conversation.forget(key)

    def asking(self, name: str | None, key: CellKey | None) -> AbstractContextManager[None]:
        """Note that an ask of this conversation is under way (`Conversation.asking`)."""
        return nullcontext() if name is None else self.get(name).asking(key)

    def keep_only(self, cell_id: str, made: int) -> None:
        """Apply `Conversation.keep_only` everywhere."""
        for conversation in self:
            conversation.keep_only(cell_id, made)
