"""What the server would reconstruct always equals the local conversation.

A stateful property test: any sequence of asks, re-runs, undos, forks, endpoint switches, single
questions, tool turns, stops and lost ids, against a server that keeps real state. The same
sequences are run with three broken conversations, and must find each of them out.
"""

from __future__ import annotations

import contextlib
import os
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from typing import Any

import hypothesis.strategies as st
import pytest
from hypothesis import HealthCheck, Phase, settings
from hypothesis.stateful import RuleBasedStateMachine, rule, run_state_machine_as_test

from neosantara_magic.asking import Stage, ask
from neosantara_magic.errors import NotFoundError, Stopped
from neosantara_magic.events import Event, RoundCompleted, RoundStarted, TextDelta
from neosantara_magic.messages import Message, ToolCall, Turn, assistant_message
from neosantara_magic.parsing.flags import Ask
from neosantara_magic.render.renderer import SilentRenderer
from neosantara_magic.request import Client, Request
from neosantara_magic.scope import Cancel
from neosantara_magic.settings.fields import Settings
from neosantara_magic.turns import Conversation, ServerState, digest, history_messages
from neosantara_magic.workspace import Workspace

pytestmark = pytest.mark.slow  # the matrix leaves it out

SEQUENCES = int(os.environ.get("SEQUENCES", "100"))
CELLS = st.sampled_from("abcd")
SCHEMA = {"title": "Number", "type": "object", "properties": {"n": {"type": "integer"}}, "required": ["n"]}
NAMES = st.sampled_from(["main", "side"])


@dataclass
class RememberingServer:
    """A service that stores responses and rebuilds what the model sees from an id and the input."""

    stored: dict[str, tuple[Message, ...]] = field(default_factory=dict)
    seen: tuple[Message, ...] = ()
    count: int = 0
    stop_next: bool = False

    def stream(self, request: Request, cancel: Cancel) -> Iterator[Event]:
        """Answer; call the tool once when one is offered and no result is there yet."""
        before: tuple[Message, ...] = ()
        if request.previous_response_id is not None:
            if request.previous_response_id not in self.stored:
                message = f"Previous response with id '{request.previous_response_id}' not found."
                raise NotFoundError(message, status=404, code="not_found_error")
            before = self.stored[request.previous_response_id]
        self.seen = (*before, *request.messages[request.known :])
        assert self.seen == request.messages, "the server sees another history than the local one"
        self.count += 1
        yield RoundStarted("model", request.api)
        text = f"answer {self.count}"
        if request.answer_format is not None and request.messages[-1].text.startswith("That does not fit"):
            text = '{"n": 2}'
        yield TextDelta(text)
        if self.stop_next:
            self.stop_next = False
            cancel.stop()
            raise KeyboardInterrupt
        wants_tool = request.tools and request.tool_choice != "none" and request.messages[-1].role == "user"
        calls = (ToolCall(f"call_{self.count}", "double", '{"n": 2}'),) if wants_tool else ()
        said = assistant_message(text, calls)
        identity = f"resp_{self.count}"
        if request.store:
            self.stored[identity] = (*self.seen, said)
        yield RoundCompleted(said, "tool_calls" if calls else "stop", None, identity, "model", stored=request.store)


class Asked(Workspace):
    """A workspace whose asks go to the remembering server."""

    remembering: RememberingServer

    def client(self) -> Client:
        return self.remembering

    def server(self) -> str:
        return "here"


def double(n: int) -> int:
    """Double a number."""
    return 2 * n


class Notebook(RuleBasedStateMachine):
    """A notebook in which a user does what users do."""

    def __init__(self) -> None:
        super().__init__()
        self.workspace = Asked(Settings)
        self.workspace.remembering = self.server = RememberingServer()
        self.namespace: dict[str, Any] = {"double": double}
        self.number = 0

    def play(self, key: tuple[str, int] | None, **asked: Any) -> None:
        """Ask, and compare what the model saw with the local history and the prompt."""
        self.number += 1
        prompt = f"question {self.number}"
        request = Ask(prompt=prompt, **asked)
        name = None if request.once else request.conversation or "main"
        fresh = name is None or request.new
        before = () if fresh else self.workspace.conversations.get(name).before(key)
        with contextlib.suppress(Stopped):
            ask(request, self.workspace, Stage(SilentRenderer(), self.namespace, key=key))
        expected = history_messages(before)
        assert self.server.seen[: len(expected)] == expected
        assert self.server.seen[len(expected)].text == prompt

    @rule(cell=CELLS, name=NAMES, api=st.sampled_from(["auto", "responses", "chat"]))
    def ask_or_rerun(self, cell: str, name: str, api: str) -> None:
        """Run a cell, for the first time or again, perhaps with another conversation or endpoint."""
        self.play((cell, 0), conversation=name, api=api)

    @rule(cell=CELLS, name=NAMES, api=st.sampled_from(["auto", "responses"]))
    def ask_with_tools(self, cell: str, name: str, api: str) -> None:
        """Run a cell that names a tool."""
        self.play((cell, 0), conversation=name, tools=("double",), api=api)

    @rule(cell=CELLS, tools=st.booleans())
    def ask_for_data(self, cell: str, tools: bool) -> None:
        """Run a cell with a schema; the first answer does not fit and is repaired."""
        self.play((cell, 0), schema=SCHEMA, tools=("double",) if tools else ())

    @rule(name=NAMES)
    def ask_without_a_cell(self, name: str) -> None:
        """Ask from a script."""
        self.play(None, conversation=name)

    @rule(cell=CELLS)
    def start_over(self, cell: str) -> None:
        """``--new``."""
        self.play((cell, 0), new=True)

    @rule(cell=CELLS)
    def ask_once(self, cell: str) -> None:
        """``--once``."""
        self.play((cell, 0), once=True)

    @rule(cell=CELLS)
    def stop_half_way(self, cell: str) -> None:
        """Stop while the answer streams."""
        self.server.stop_next = True
        self.play((cell, 0))

    @rule(cell=CELLS)
    def loop_in_a_cell(self, cell: str) -> None:
        """Two asks in one execution of a cell."""
        self.play((cell, 0))
        self.play((cell, 1))

    @rule(cell=CELLS)
    def shorter_rerun(self, cell: str) -> None:
        """The cell asks once where it asked twice."""
        self.workspace.conversations.keep_only(cell, 1)

    @rule(name=NAMES, count=st.integers(1, 3))
    def undo(self, name: str, count: int) -> None:
        """``undo N``."""
        self.workspace.conversations.get(name).undo(count)

    @rule(at=st.integers(0, 3))
    def fork(self, at: int) -> None:
        """``fork side --at N``."""
        main = self.workspace.conversations.get("main")
        self.workspace.conversations.put(main.fork("side", min(at, len(main))))

    @rule()
    def the_server_forgets(self) -> None:
        """Stored responses expire."""
        self.server.stored.clear()


def run(machine: type[RuleBasedStateMachine], examples: int, phases: tuple[Phase, ...] = tuple(Phase)) -> None:
    """Run many sequences of one machine."""
    run_state_machine_as_test(  # type: ignore[no-untyped-call]
        machine,
        settings=settings(
            max_examples=examples,
            stateful_step_count=15,
            deadline=None,
            derandomize=True,
            database=None,
            phases=phases,
            suppress_health_check=list(HealthCheck),
        ),
    )


def test_the_server_always_sees_the_local_history() -> None:
    """No sequence may show the model another history. ``SEQUENCES=1000`` runs more of them."""
    run(Notebook, SEQUENCES)


def chain_to_a_stale_id(self: Conversation, key: Any, _server: str) -> ServerState | None:
    """Mutant: use the last id, whatever it stands for."""
    turns = self.before(key)
    with_id = [i for i, turn in enumerate(turns) if turn.response_id]
    if not with_id:
        return None
    return ServerState(turns[with_id[-1]].response_id or "", len(history_messages(turns)))


def forget_tool_turns(self: Conversation, turn: Turn, key: Any, **more: Any) -> Turn:
    """Mutant: keep only what was said last of a turn with tools."""
    return commit(self, replace(turn, replies=turn.replies[-1:]), key, **more)


def keep_an_undone_turn(self: Conversation, count: int = 1) -> int:
    """Mutant: the turn goes here, but the server is still asked to go on after it."""
    newest = self.turns[-1].response_id if len(self) else None
    removed = undo(self, count)
    if newest and (left := [place for place in self._places if place.turn]):
        left[-1].turn = replace(self.turns[-1], response_id=newest, stands_for=f"here {digest(left)}")
    return removed


commit, undo = Conversation.commit, Conversation.undo


@pytest.mark.parametrize(
    ("name", "mutant"),
    [("server_state", chain_to_a_stale_id), ("commit", forget_tool_turns), ("undo", keep_an_undone_turn)],
)
def test_a_broken_conversation_is_found_out(name: str, mutant: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """The same sequences catch each of three mutants."""
    monkeypatch.setattr(Conversation, name, mutant)
    with pytest.raises((AssertionError, NotFoundError)):
        run(Notebook, 1000, (Phase.generate,))
