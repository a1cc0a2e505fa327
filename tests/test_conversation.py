"""Turns at their cells, and ids that never outlive the history they stand for."""

from __future__ import annotations

from dataclasses import replace

import pytest

from neosantara_magic.errors import UsageError
from neosantara_magic.messages import Turn, assistant_message, user_message
from neosantara_magic.turns import Conversation, Conversations, history_messages


def turn(question: str, answer: str = "yes", **more: object) -> Turn:
    """Make a completed turn."""
    return replace(Turn(user_message(question), (assistant_message(answer),)), **more)  # type: ignore[arg-type]


def questions(conversation: Conversation) -> list[str]:
    """Return what was asked, in order."""
    return [t.prompt.text for t in conversation]


def three_cells() -> Conversation:
    """Make a conversation of three turns, each from its own cell."""
    conversation = Conversation()
    for name in "abc":
        conversation.commit(turn(name), (name, 0))
    return conversation


def test_a_cell_asks_with_what_came_before_it_and_its_new_turn_takes_the_old_ones_place() -> None:
    """Re-running the middle cell sees the first turn only; the later turn stays."""
    conversation = three_cells()
    assert [t.prompt.text for t in conversation.before(("b", 0))] == ["a"]
    conversation.commit(turn("b2"), ("b", 0))
    assert questions(conversation) == ["a", "b2", "c"]


def test_without_a_cell_id_every_ask_appends() -> None:
    """Terminals and scripts have no cells."""
    conversation = Conversation()
    conversation.commit(turn("x"), None)
    conversation.commit(turn("x"), None)
    assert questions(conversation) == ["x", "x"]


def test_a_loop_in_one_cell_keeps_all_its_turns_and_those_no_longer_made_go() -> None:
    """Turns are keyed by (cell, k); a shorter re-run drops the rest, a longer one stays together."""
    conversation = Conversation()
    for k in range(3):
        conversation.commit(turn(f"loop {k}"), ("cell", k))
    conversation.commit(turn("later"), ("other", 0))
    conversation.keep_only("cell", 2)
    assert questions(conversation) == ["loop 0", "loop 1", "later"]
    conversation.commit(turn("loop 2"), ("cell", 2))
    assert questions(conversation) == ["loop 0", "loop 1", "loop 2", "later"]


def test_new_drops_the_turns_before_its_cell_and_on_its_rerun_later_ones_stay() -> None:
    """``--new`` starts over with this cell."""
    conversation = three_cells()
    conversation.commit(turn("fresh"), ("d", 0), restart=True)
    assert questions(conversation) == ["fresh"]
    conversation.commit(turn("after"), ("e", 0))
    conversation.commit(turn("fresh again"), ("d", 0), restart=True)
    assert questions(conversation) == ["fresh again", "after"]


def test_a_cell_that_moves_to_another_conversation_leaves_the_old_one() -> None:
    """A turn belongs to one conversation at a time."""
    everything = Conversations()
    everything.get("main").commit(turn("a"), ("a", 0))
    everything.get("side").commit(turn("a"), ("a", 0))
    everything.forget(("a", 0), but="side")
    assert questions(everything.get("main")) == []
    assert questions(everything.get("side")) == ["a"]


def test_forgetting_a_key_that_is_not_here_removes_nothing() -> None:
    """A missing key must not take the newest turn with it."""
    conversation = three_cells()
    conversation.forget(("nowhere", 0))
    assert questions(conversation) == ["a", "b", "c"]


def test_an_id_is_used_only_while_its_history_is_the_local_one() -> None:
    """Any change to an earlier turn makes the id useless; undoing back to it makes it good again."""
    conversation = Conversation()
    conversation.commit(turn("a", response_id="r1"), ("a", 0), server="s")
    conversation.commit(turn("b", response_id="r2"), ("b", 0), server="s")
    state = conversation.server_state(("c", 0), "s")
    assert state is not None
    assert (state.response_id, state.messages) == ("r2", 4)
    earlier = conversation.server_state(("b", 0), "s")
    assert earlier is not None
    assert earlier.response_id == "r1"
    conversation.commit(turn("a", "no", response_id="r3"), ("a", 0), server="s")
    assert conversation.server_state(("c", 0), "s") is None
    conversation.undo()
    assert conversation.server_state(None, "s") is not None


def test_an_id_means_nothing_to_another_server() -> None:
    """The demo model's id must not reach the service."""
    conversation = Conversation()
    conversation.commit(turn("a", response_id="r1"), None, server="demo")
    assert conversation.server_state(None, "https://api.example/v1") is None


def test_a_turn_without_an_id_ends_the_chain() -> None:
    """After a chat turn or a stopped one, the transcript is sent."""
    conversation = Conversation()
    conversation.commit(turn("a", response_id="r1"), None, server="s")
    conversation.commit(turn("b"), None, server="s")
    assert conversation.server_state(None, "s") is None


def test_a_stopped_turn_says_so_to_the_model() -> None:
    """The next ask's history tells that the answer is half of one."""
    messages = history_messages([turn("a", "half an ans", outcome="stopped")])
    assert messages[-1].text.startswith("half an ans")
    assert "stopped this answer" in messages[-1].text
    alone = history_messages([replace(turn("a"), replies=(), outcome="stopped")])
    assert [m.role for m in alone] == ["user", "assistant"]


def test_a_fork_has_the_first_turns_and_belongs_to_no_cell() -> None:
    """Re-running the cell later leaves the fork as it was, and its ids still hold."""
    conversation = Conversation()
    conversation.commit(turn("a", response_id="r1"), ("a", 0), server="s")
    conversation.commit(turn("b", response_id="r2"), ("b", 0), server="s")
    fork = conversation.fork("try", 1)
    conversation.commit(turn("a2"), ("a", 0), server="s")
    assert questions(fork) == ["a"]
    state = fork.server_state(None, "s")
    assert state is not None
    assert state.response_id == "r1"
    for at in (3, -1):
        with pytest.raises(UsageError, match=f"no turn {at} in main"):
            conversation.fork("try", at)


def test_undo_takes_the_newest_turns_and_no_more_than_there_are() -> None:
    """``undo 9`` on three turns removes three."""
    conversation = three_cells()
    assert conversation.undo(1) == 1
    assert questions(conversation) == ["a", "b"]
    assert conversation.undo(9) == 2
    assert conversation.undo() == 0


def test_a_dropped_turn_that_is_asked_again_goes_back_to_its_place() -> None:
    """After ``--new`` further down, Run All sends the first cell's question without what comes later."""
    conversation = Conversation()
    conversation.commit(turn("a"), ("a", 0))
    conversation.commit(turn("b"), ("b", 0), restart=True)
    conversation.commit(turn("c"), ("c", 0))
    assert conversation.before(("a", 0)) == ()
    conversation.commit(turn("a again"), ("a", 0))
    assert questions(conversation) == ["a again", "b", "c"]
    assert [t.prompt.text for t in conversation.before(("c", 0))] == ["b"], "b started over"
    assert [m.text for m in conversation.messages] == ["b", "yes", "c", "yes"]


def test_what_stands_before_a_new_start_does_not_touch_the_ids_after_it() -> None:
    """The server never saw it."""
    conversation = Conversation()
    conversation.commit(turn("a"), ("a", 0), server="s")
    conversation.commit(turn("b", response_id="r1"), ("b", 0), server="s", restart=True)
    conversation.commit(turn("a again"), ("a", 0), server="s")
    state = conversation.server_state(("c", 0), "s")
    assert state is not None
    assert (state.response_id, state.messages) == ("r1", 2)


def test_run_all_twice_around_an_undo_sends_the_same_histories() -> None:
    """A, B, undo, C: the second time too C comes after A alone."""
    conversation = Conversation()
    seen: list[list[str]] = []
    for _ in range(2):
        for name in ("a", "b"):
            seen.append([t.prompt.text for t in conversation.before((name, 0))])
            conversation.commit(turn(name), (name, 0))
        assert conversation.undo(1, ("undo", 0)) == 1
        seen.append([t.prompt.text for t in conversation.before(("c", 0))])
        conversation.commit(turn("c"), ("c", 0))
    assert seen == [[], ["a"], ["a"]] * 2


def test_run_all_twice_around_a_new_start_sends_the_same_histories() -> None:
    """A, ``%neosantara new``, C."""
    conversation = Conversation()
    for _ in range(2):
        assert conversation.before(("a", 0)) == ()
        conversation.commit(turn("a"), ("a", 0))
        conversation.clear(("new", 0))
        assert conversation.before(("c", 0)) == ()
        conversation.commit(turn("c"), ("c", 0))


def test_an_ask_that_failed_the_first_time_comes_before_the_cells_later_asks() -> None:
    """Ask 0 failed, ask 1 went through; on the re-run ask 0 must not see the old ask 1."""
    conversation = Conversation()
    conversation.commit(turn("one"), ("cell", 1))
    assert conversation.before(("cell", 0)) == ()
    conversation.commit(turn("zero"), ("cell", 0))
    assert questions(conversation) == ["zero", "one"]


def test_an_ask_inside_another_sees_only_what_was_before_both() -> None:
    """Also when the outer one is asked again; and no server id stands for a history that was not all sent."""
    conversation = Conversation()
    conversation.commit(turn("before"), ("a", 0))
    for _ in range(2):
        with conversation.asking(("b", 0)):
            assert questions(conversation.before(("b", 1))) == ["before"]
            inner = conversation.commit(turn("inner", response_id="resp_in"), ("b", 1), server="here")
        conversation.commit(turn("outer"), ("b", 0))
        assert questions(conversation) == ["before", "outer", "inner"]
        assert conversation.server_state(None, "here") is None
    assert inner.stands_for is None
    assert questions(conversation.before(("b", 1))) == ["before", "outer"]
