"""Turns belong to cells, and a conversation remembers: contract, *Re-running a cell* and *Which endpoint*."""

from __future__ import annotations

import pytest

from magic.spoken import Asked, answer_events, problem, texts_of

pytestmark = pytest.mark.kernel


def test_run_all_twice_sends_the_same_bytes(asked: Asked) -> None:
    """Three cells, mixed endpoints, run twice: the second round's requests are byte-equal but for the server's ids."""
    asked.run("%config NeosantaraMagics.store = False")
    cells = [("a", "", "one"), ("b", "--api chat", "two"), ("c", "", "three")]
    for _ in range(2):
        for cell, flags, prompt in cells:
            asked.chats(f"answer {prompt}") if "chat" in flags else asked.says(f"answer {prompt}")
            assert asked.cell(flags, prompt, cell_id=cell).error is None
    first, second = asked.requests[:3], asked.requests[3:]
    assert [request.body for request in first] == [request.body for request in second]
    assert texts_of(asked.bodies[5]) == [
        ("user", "one"),
        ("assistant", "answer one"),
        ("user", "two"),
        ("assistant", "answer two"),
        ("user", "three"),
    ]


def test_a_chain_is_used_while_it_is_the_history(asked: Asked) -> None:
    """previous_response_id continues the server's history; after an earlier cell is run again it may not."""
    asked.says("1", "2", "3")
    for cell in "abc":
        asked.cell(prompt=cell, cell_id=cell)
    assert [body.get("previous_response_id") for body in asked.bodies] == [None, "resp_1", "resp_2"]
    assert asked.bodies[2]["input"] == "c"
    asked.says("1 anew", "2 anew")
    asked.cell(prompt="a", cell_id="a")
    assert "previous_response_id" not in asked.bodies[3]
    asked.cell(prompt="c", cell_id="c")
    # What the server holds as resp_2 began with the old answer of cell a.
    assert "previous_response_id" not in asked.bodies[4]
    assert [text for _, text in texts_of(asked.bodies[4])] == ["a", "1 anew", "b", "2", "c"]


def test_an_id_the_server_forgot_is_replaced_by_the_transcript(asked: Asked) -> None:
    """404 on previous_response_id: the whole conversation goes out, the answer comes, a note says so."""
    asked.says("first")
    asked.cell(prompt="a", cell_id="a")
    asked.server.answer(
        404,
        body=problem(
            "Response with id 'resp_1' not found.", "not_found", "not_found_error", param="previous_response_id"
        ),
    )
    asked.says("second")
    run = asked.cell(prompt="b", cell_id="b")
    assert run.error is None, run.error
    assert "second" in run.answer
    assert "transcript was sent again" in run.answer
    assert "previous_response_id" not in asked.bodies[2]
    assert [text for _, text in texts_of(asked.bodies[2])] == ["a", "first", "b"]


def test_no_cell_sees_its_own_earlier_answer(asked: Asked) -> None:
    """Running the last cell again sends what it sent the first time; without cell ids every ask is a new turn."""
    asked.says("one", "two", "three")
    asked.cell(prompt="hello", cell_id="a")
    asked.cell(prompt="hello", cell_id="a")
    assert asked.requests[0].body == asked.requests[1].body
    asked.cell(prompt="hello")
    assert asked.bodies[2]["previous_response_id"] == "resp_2"
    assert "main (2)" in asked.run("%neosantara").answer


def test_a_single_question_reads_and_leaves_nothing(asked: Asked) -> None:
    """--once: no history, store: false, no turn; and a re-run with --once takes the old turn away."""
    asked.says("1", "2", "3")
    asked.cell(prompt="a", cell_id="a")
    asked.cell("--once", "b", cell_id="b")
    assert asked.bodies[1] == asked.bodies[0] | {"input": "b", "store": False}
    assert "main (1)" in asked.run("%neosantara").answer
    asked.cell("--once", "a", cell_id="a")
    assert "main" not in asked.run("%neosantara").answer
    assert asked.value("_neosantara.conversation") == "None"


def test_new_starts_over_and_later_turns_stay(asked: Asked) -> None:
    """--new drops what came before this cell; on its re-run the turns after it stay."""
    asked.says("1", "2", "3", "2 anew")
    asked.cell(prompt="a", cell_id="a")
    asked.cell("--new", "b", cell_id="b")
    assert "previous_response_id" not in asked.bodies[1]
    assert asked.bodies[1]["input"] == "b"
    asked.cell(prompt="c", cell_id="c")
    asked.cell("--new", "b", cell_id="b")
    assert asked.bodies[3] == asked.bodies[1]
    assert "main (2)" in asked.run("%neosantara").answer


def test_conversations_are_apart_and_a_cell_can_move(asked: Asked) -> None:
    """-c names a conversation; re-running a cell with another name moves its turn."""
    asked.says("1", "2", "3")
    asked.cell("-c left", "a", cell_id="a")
    asked.cell("-c right", "b", cell_id="b")
    assert "previous_response_id" not in asked.bodies[1]
    asked.cell("-c right", "a", cell_id="a")
    listed = asked.run("%neosantara").answer
    assert "right (2)" in listed
    assert "left" not in listed


def test_a_loop_of_asks_keeps_all_its_turns(asked: Asked) -> None:
    """Each ask() of one execution is a turn of its own; those a re-run no longer makes go when it ends."""
    asked.says("1", "2", "3", "1", "2")
    loop = "from neosantara_magic import ask\nfor n in range({}): ask(f'question {{n}}', show='none')"
    asked.run(loop.format(3), cell_id="a")
    assert [body.get("previous_response_id") for body in asked.bodies] == [None, "resp_1", "resp_2"]
    assert "main (3)" in asked.run("%neosantara").answer
    asked.run(loop.format(2), cell_id="a")
    assert asked.requests[3].body == asked.requests[0].body
    assert "main (2)" in asked.run("%neosantara").answer


def test_a_cell_that_fails_before_it_asks_keeps_its_turn(asked: Asked) -> None:
    """A typo on a re-run costs no turn: the old one stays until a new one replaces it."""
    asked.says("1")
    asked.cell(prompt="a", cell_id="a")
    assert asked.cell("--nonsense", "a", cell_id="a").error is not None
    assert "main (1)" in asked.run("%neosantara").answer


def test_a_failed_ask_leaves_the_conversation_whole(asked: Asked) -> None:
    """An error without any text adds no turn; the next cell chains on as before."""
    asked.says("1")
    asked.cell(prompt="a", cell_id="a")
    asked.server.answer(500, body=problem("boom"))
    assert asked.cell(prompt="b", cell_id="b").error is not None
    asked.says("3")
    asked.cell(prompt="c", cell_id="c")
    assert asked.bodies[-1]["previous_response_id"] == "resp_1"


def test_a_half_answer_is_marked_and_the_model_is_told(asked: Asked) -> None:
    """A stream that broke leaves its text as a marked turn; the next request holds it and no dead id."""
    asked.server.stream(answer_events("half of an answer", pieces=2)[:2], cut=True)
    assert asked.cell(prompt="a", cell_id="a").error is not None
    asked.says("ok")
    asked.cell(prompt="b", cell_id="b")
    said = texts_of(asked.bodies[1])
    assert "previous_response_id" not in asked.bodies[1]
    assert said[0] == ("user", "a")
    assert "half of" in said[1][1]
    assert said[-1][0] == "user"
    assert said[-1][1].endswith("b")


def test_switching_endpoints_keeps_one_conversation(asked: Asked) -> None:
    """A chat turn between two responses turns: all see everything before them."""
    asked.says("1")
    asked.chats("2")
    asked.says("3")
    asked.cell(prompt="a", cell_id="a")
    asked.cell("--api chat", "b", cell_id="b")
    asked.cell(prompt="c", cell_id="c")
    assert [text for _, text in texts_of(asked.bodies[1])] == ["a", "1", "b"]
    assert "previous_response_id" not in asked.bodies[2]
    assert [text for _, text in texts_of(asked.bodies[2])] == ["a", "1", "b", "2", "c"]


def test_a_tool_that_asks_sends_the_same_when_its_cell_is_run_again(asked: Asked) -> None:
    """An ask inside a tool belongs to the ask that called it: on a re-run it does not see that ask's old turn."""
    asked.run(
        "%config NeosantaraMagics.store = False\n"
        "from neosantara_magic import ask\n"
        "def look_up(word: str) -> str:\n    return ask(f'What is {word}?').text"
    )
    for _ in range(2):
        asked.says("before")
        asked.cell(prompt="first", cell_id="a")
        asked.chats([("look_up", {"word": "hujan"})], "inner answer", "outer answer")
        run = asked.cell("--tools look_up --api chat", "outer", cell_id="b")
        assert run.error is None, run.error
    half = len(asked.requests) // 2
    first, second = asked.requests[:half], asked.requests[half:]
    assert half > 2
    assert [request.body for request in first] == [request.body for request in second]
