"""Approvals over the stdin channel: asked before anything runs, bound to the call, refused where nobody is."""

from __future__ import annotations

import pytest

from magic.spoken import Asked
from tools_end_to_end.functions import contents, dangling

pytestmark = pytest.mark.kernel

DELETE = ("delete_file", {"path": "a.txt"})
QUESTION = 'The model wants to run delete_file({"path": "a.txt"})\n[y] run  [n] refuse (also Enter)'


def test_a_confirmed_call_runs(tooled: Asked) -> None:
    """The user sees name and arguments, answers y, and the function runs."""
    tooled.chats([DELETE], "Done.")
    run = tooled.cell("--tools delete_file", allow_stdin=True, answers=["y"])
    assert run.error is None, run.error
    [prompt] = run.prompts
    assert prompt["prompt"].startswith(QUESTION)
    assert prompt["password"] is False
    assert tooled.value("ran") == "[('delete_file', 'a.txt')]"
    assert contents(tooled.bodies[1]) == ["deleted"]


@pytest.mark.parametrize("answers", [["n"], [""], ["tolak"], ["hm", "what"]])
def test_a_refused_call_is_never_run(tooled: Asked, answers: list[str]) -> None:
    """n, Enter, the Indonesian word and two unclear answers: nothing runs, and the model is told."""
    tooled.chats([DELETE], "All right.")
    run = tooled.cell("--tools delete_file --out answer", allow_stdin=True, answers=answers, cell_id="a")
    assert run.error is None, run.error
    assert len(run.prompts) == len(answers)
    assert tooled.value("ran") == "[]"
    assert contents(tooled.bodies[1]) == ["The user refused this call, so it was not run."]
    assert tooled.value("answer.tool_calls[0].status") == "'refused'"
    assert "refused" in run.answer


def test_run_all_of_this_tool(tooled: Asked) -> None:
    """a: the tool is not asked about again in this turn, in later rounds neither; in the next turn it is."""
    other = ("delete_file", {"path": "b.txt"})
    third = ("delete_file", {"path": "c.txt"})
    tooled.chats([DELETE, other], [third], "Done.")
    run = tooled.cell("--tools delete_file", allow_stdin=True, answers=["a"], cell_id="a")
    assert len(run.prompts) == 1
    assert tooled.value("len(ran)") == "3"
    tooled.chats([DELETE], "No.")
    again = tooled.cell("--tools delete_file", allow_stdin=True, answers=["n"], cell_id="b")
    assert len(again.prompts) == 1
    assert tooled.value("len(ran)") == "3"


def test_all_is_asked_before_anything_runs(tooled: Asked) -> None:
    """A message with a free call and two to confirm: both questions come first, each for its own arguments."""
    tooled.run(
        "@tool(confirm=True)\ndef pay(amount: int) -> str:\n    ran.append(('pay', amount))\n    return 'paid'\n"
        "asked_at = []\nkernel, read = get_ipython().kernel, get_ipython().kernel.raw_input\n"
        "def watch(prompt=''):\n    asked_at.append(len(ran))\n    return read(prompt)\n"
        "kernel.raw_input = watch"
    )
    tooled.chats([("add", {"a": 1, "b": 1}), ("pay", {"amount": 5}), ("pay", {"amount": 500})], "Done.")
    run = tooled.cell("--tools add,pay", allow_stdin=True, answers=["y", "n"])
    tooled.run("del kernel.raw_input")
    assert ['{"amount": 5}' in run.prompts[0]["prompt"], '{"amount": 500}' in run.prompts[1]["prompt"]] == [True, True]
    assert tooled.value("asked_at") == "[0, 0]"
    assert tooled.value("ran") == "[('add', 1, 1), ('pay', 5)]"
    assert contents(tooled.bodies[1]) == ["2", "paid", "The user refused this call, so it was not run."]


def test_nobody_to_ask(tooled: Asked) -> None:
    """Under nbclient the call is refused; the model and the reader are both told why."""
    tooled.chats([DELETE], "I could not.")
    run = tooled.cell("--tools delete_file")
    assert run.error is None, run.error
    assert run.prompts == []
    assert tooled.value("ran") == "[]"
    assert "nobody can be asked here" in contents(tooled.bodies[1])[0]
    assert any("nobody can be asked" in bundle.get("text/html", "") for bundle in run.bundles)


def test_always_and_never(tooled: Asked) -> None:
    """--approve always asks about every tool; never asks about none, confirm=True or not."""
    tooled.chats([("add", {"a": 1, "b": 1})], "2")
    run = tooled.cell("--tools add --approve always --once", allow_stdin=True, answers=["y"])
    assert len(run.prompts) == 1
    tooled.chats([DELETE], "Done.")
    run = tooled.cell("--tools delete_file --approve never --once", allow_stdin=True)
    assert run.prompts == []
    assert tooled.value("ran") == "[('add', 1, 1), ('delete_file', 'a.txt')]"


def test_nobody_is_asked_about_a_call_that_cannot_run(tooled: Asked) -> None:
    """Wrong arguments are answered to the model without a question."""
    tooled.chats([("delete_file", {"file": "a.txt"})], "Sorry.")
    run = tooled.cell("--tools delete_file", allow_stdin=True)
    assert run.prompts == []
    assert "path: required, but missing" in contents(tooled.bodies[1])[0]


def test_an_interrupt_at_the_question_stops_the_turn(tooled: Asked) -> None:
    """Kernel > Interrupt instead of an answer: Stopped, nothing ran, and the next cell works."""
    tooled.chats([DELETE])
    tooled.run(
        "kernel = get_ipython().kernel\ndef stop(prompt=''):\n    raise KeyboardInterrupt\nkernel.raw_input = stop"
    )
    run = tooled.cell("--tools delete_file", allow_stdin=True, cell_id="a")
    tooled.run("del kernel.raw_input")
    assert run.error is not None
    assert run.error.name == "Stopped"
    assert tooled.value("ran") == "[]"
    tooled.chats("Yes?")
    assert tooled.cell("--api chat", cell_id="b").error is None
    assert not dangling(tooled.bodies[1])


def test_a_tool_that_only_a_prompt_file_names_waits_for_a_yes(tooled: Asked) -> None:
    """Though it is no ``confirm=True``: the file may be a stranger's."""
    tooled.run("import pathlib; pathlib.Path('guide.md').write_text('---\\ntools: get_time\\n---\\nHelp.')")
    for flags, answers, ran in (("", ["n"], 0), ("", ["y"], 1), ("--tools get_time", [], 2)):
        tooled.chats([("get_time", {"timezone": "WIB"})], "Done.")
        run = tooled.cell(f"--as guide {flags}", allow_stdin=True, answers=answers)
        assert len(run.prompts) == len(answers)
        assert tooled.value("len(ran)") == str(ran)
