"""Functions while they run as tools: stopped, late, at once, printing, drawing."""

from __future__ import annotations

import json
import time

import pytest

from magic.spoken import Asked
from tools_end_to_end.functions import contents, dangling

pytestmark = pytest.mark.kernel


def test_an_interrupt_in_a_tool_stops_the_turn(tooled: Asked) -> None:
    """Nothing of the call is left in the conversation, and the next ask works."""
    tooled.run(
        "def slow() -> str:\n    print('in slow')\n    ran.append('slow')\n    time.sleep(60)\n    return 'late'"
    )
    tooled.chats([("slow", {})])
    run = tooled.start("--tools slow", cell_id="a", allow_stdin=True)
    run.wait_for(lambda run: "running" in json.dumps(run.outputs) + json.dumps(run.comms("comm_msg")))
    time.sleep(0.5)  # the card says so just before the function begins
    tooled.kernel.interrupt()
    run.finish()
    assert run.error is not None
    assert run.error.name == "Stopped"
    assert tooled.value("ran") == "['slow']"
    assert tooled.value("_neosantara.stopped") == "True"
    tooled.chats("I am here.")
    after = tooled.cell("--api chat", "Are you there?", cell_id="b")
    assert after.error is None, after.error
    assert not dangling(tooled.bodies[1])
    assert not any(message.get("tool_calls") for message in tooled.bodies[1]["messages"])


def test_a_tool_that_raises_keyboard_interrupt_is_the_user(tooled: Asked) -> None:
    """The turn stops; the calls that had their answers stay with them."""
    tooled.run("def stops():\n    raise KeyboardInterrupt")
    tooled.chats([("add", {"a": 1, "b": 1}), ("stops", {})])
    run = tooled.cell("--tools add,stops", cell_id="a")
    assert run.error is not None
    assert run.error.name == "Stopped"
    tooled.chats("ok")
    tooled.cell("--api chat", cell_id="b")
    assert not dangling(tooled.bodies[1])


def test_a_tool_that_fails(tooled: Asked) -> None:
    """The model gets type and message, no traceback; the turn goes on; the card says failed."""
    tooled.chats([("fails", {"x": 1})], "It can't be shared.")
    run = tooled.cell("--tools fails --out answer")
    assert run.error is None, run.error
    assert contents(tooled.bodies[1]) == ["ZeroDivisionError: no such share"]
    assert tooled.value("answer.tool_calls[0].error") == "'ZeroDivisionError: no such share'"
    assert "failed" in run.answer


def test_exit_in_a_tool_ends_neither_turn_nor_kernel(tooled: Asked) -> None:
    """SystemExit is an error like others."""
    tooled.run("def leaves():\n    raise SystemExit(3)")
    tooled.chats([("leaves", {})], "ok")
    assert tooled.cell("--tools leaves").error is None
    assert contents(tooled.bodies[1]) == ["SystemExit: 3"]


def test_a_timeout(tooled: Asked) -> None:
    """The model is told, the card says that the function may still run, and the turn goes on."""
    tooled.run(
        "done = threading.Event()\n@tool(timeout=0.2)\ndef hangs() -> str:\n    done.wait(30)\n    return 'late'"
    )
    tooled.chats([("hangs", {})], "Too slow.")
    run = tooled.cell("--tools hangs --out answer")
    tooled.run("done.set()")
    assert run.error is None, run.error
    assert contents(tooled.bodies[1])[0].startswith("TimeoutError: no result within 0.2 seconds")
    assert "may still be running" in tooled.value("answer.tool_calls[0].note")
    assert any("may still be running" in bundle.get("text/html", "") for bundle in run.bundles)


def test_async_and_parallel_tools_run_at_once(tooled: Asked) -> None:
    """Two that wait for each other can only both end when both run; answers keep the order of the calls."""
    tooled.run(
        "here, there = threading.Event(), threading.Event()\n"
        "@tool(parallel=True)\ndef left() -> str:\n"
        "    here.set()\n    return 'left' if there.wait(20) else 'alone'\n"
        "async def right() -> str:\n"
        "    there.set()\n"
        "    while not here.is_set():\n        await asyncio.sleep(0.01)\n"
        "    return 'right'"
    )
    tooled.chats([("left", {}), ("right", {}), ("right", {})], "done")
    assert tooled.cell("--tools left,right").error is None
    assert contents(tooled.bodies[1]) == ["left", "right", "right"]


def test_sync_tools_run_one_by_one_in_the_main_thread(tooled: Asked) -> None:
    """So they may use sqlite and Matplotlib, and an interrupt reaches them."""
    tooled.run("def where() -> bool:\n    return threading.current_thread() is threading.main_thread()")
    tooled.chats([("where", {})], "done")
    assert tooled.cell("--tools where").error is None
    assert contents(tooled.bodies[1]) == ["true"]


def test_prints_and_displays_go_to_the_card_only(tooled: Asked) -> None:
    """Not to the model, and not loose into the cell."""
    tooled.run(
        "import sys\nfrom IPython.display import HTML, display, clear_output\n"
        "def talks() -> str:\n"
        "    print('PRINTED')\n    print('WARNED', file=sys.stderr)\n"
        "    display(HTML('<b>DISPLAYED</b><script>alert(1)</script>'))\n"
        "    return 'told'"
    )
    tooled.chats([("talks", {})], "done")
    run = tooled.cell("--tools talks --out answer")
    assert contents(tooled.bodies[1]) == ["told"]
    assert "PRINTED" not in json.dumps(tooled.bodies)
    assert (run.stdout, run.stderr) == ("", "")
    assert len(run.outputs) == 1
    html = run.bundles[0]["text/html"]
    for word in ("PRINTED", "WARNED", "<b>DISPLAYED</b>"):
        assert word in html
    assert "<script" not in html
    assert tooled.value("len(answer.tool_calls[0].shown)") == "2"


def test_clearing_and_updating_stay_within_the_card(tooled: Asked) -> None:
    """clear_output and display updates of a tool touch what it showed itself, never the answer."""
    tooled.run(
        "from IPython.display import clear_output, display\n"
        "def progress() -> str:\n"
        "    for n in range(3):\n        clear_output(wait=True)\n        display({'at': n})\n"
        "    handle = display('FIRST', display_id=True)\n    handle.update('SECOND')\n"
        "    return 'ok'"
    )
    tooled.chats([("progress", {})], "done")
    run = tooled.cell("--tools progress --out answer")
    shown = tooled.value("[b['text/plain'] for b in answer.tool_calls[0].shown]")
    assert shown == """["{'at': 2}", "'SECOND'"]"""
    assert len(run.outputs) == 1
    assert not [m for m in run.messages if m["msg_type"] == "clear_output"]


def test_async_tools_keep_their_displays_apart(tooled: Asked) -> None:
    """Two that run at once on the same loop: each card has its own."""
    tooled.run(
        "from IPython.display import display\n"
        "async def one(n: int) -> int:\n"
        "    await asyncio.sleep(0.01)\n    display(f'show {n}')\n    print(f'print {n}')\n"
        "    await asyncio.sleep(0.01)\n    display(f'again {n}')\n    return n"
    )
    tooled.chats([("one", {"n": 1}), ("one", {"n": 2})], "done")
    run = tooled.cell("--tools one --out answer")
    shown = tooled.value("[[b['text/plain'] for b in call.shown] for call in answer.tool_calls]")
    assert shown == str([["print 1\n", "'show 1'", "'again 1'"], ["print 2\n", "'show 2'", "'again 2'"]])
    assert len(run.outputs) == 1


def test_a_figure_that_is_shown_returned_or_just_drawn(tooled: Asked) -> None:
    """Each is in its card once, none appears loose in the cell, and only the returned one goes to the model."""
    tooled.run(
        "%matplotlib inline\nimport matplotlib.pyplot as plt\n"
        "def shows() -> str:\n    plt.plot([1, 2])\n    plt.show()\n    return 'shown'\n"
        "def draws() -> str:\n    plt.plot([1, 2])\n    return 'drawn'\n"
        "def returns():\n    figure, axes = plt.subplots()\n    axes.plot([1, 2])\n    return figure"
    )
    tooled.chats([("shows", {}), ("draws", {}), ("returns", {})], "done")
    run = tooled.cell("--tools shows,draws,returns --out answer")
    assert run.error is None, run.error
    assert contents(tooled.bodies[1]) == ["shown", "drawn", "[image 1]"]
    assert len(run.outputs) == 1
    assert run.bundles[0]["text/html"].count("<img ") == 3
    assert tooled.value("[len(c.shown) for c in answer.tool_calls]") == "[1, 1, 1]"
    [picture] = [m for m in tooled.bodies[1]["messages"] if m["role"] == "user" and isinstance(m["content"], list)]
    kinds = [part["type"] for part in picture["content"]]
    assert kinds == ["text", "image_url"]
    assert picture["content"][1]["image_url"]["url"].startswith("data:image/png;base64,")
