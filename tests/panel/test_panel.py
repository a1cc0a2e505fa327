"""The panel's kernel side: what the browser's messages and Python's calls do, in a real kernel.

For: asking, stopping, editing, approving, forking, storing. Not for: the browser (`tests/browser/test_panel.py`).
"""

from __future__ import annotations

import ast
import time
from typing import Any
from uuid import uuid4

import pytest

from kernels import Kernel, Run

pytestmark = pytest.mark.kernel

PREPARE = """%load_ext neosantara_magic
%neosantara demo on
from neosantara_magic import ask, chat, playground, tool
def add(a: int, b: int) -> int:
    "Add two numbers."
    return a + b
@tool(confirm=True)
def delete_file(path: str) -> str:
    "Delete a file."
    deleted.append(path)
    return f"{path} is gone"
deleted = []
"""


class Panel:
    """A panel in a kernel, and the browser that sends it messages."""

    def __init__(self, kernel: Kernel, call: str, **how: Any) -> None:
        kernel.execute(PREPARE)
        self.kernel = kernel
        self.run = kernel.execute(f"panel = {call}", **{"cell_id": "panel-cell", "allow_stdin": True, **how})
        assert self.run.error is None, self.run.error
        opened = [one for one in self.run.comms() if "opening" in one["data"].get("state", {})]
        self.opening = opened[0]["data"]["state"] if opened else {}
        self._comm = opened[0]["comm_id"] if opened else ""

    def says(self, kind: str, **what: Any) -> None:
        """Send a message as `turns.js` and `tools.js` do."""
        self.kernel.send_comm(self._comm, {"method": "custom", "content": {"kind": kind, **what}})

    def ask(self, text: str, **what: Any) -> None:
        """Type a question and wait for the answer's end."""
        self.says("send", text=text, **what)
        self.wait()

    def wait(self) -> None:
        """Wait until it is not answering."""
        assert self.kernel.value("panel.wait(20)") == "True"

    def until(self, condition: str) -> None:
        """Wait until an expression is true in the kernel."""
        code = f"import time\nfor _ in range(400):\n    if {condition}: break\n    time.sleep(0.02)\nprint(bool({condition}))"
        assert self.kernel.execute(code).stdout == "True\n", condition

    @property
    def rows(self) -> list[dict[str, Any]]:
        """What the browser shows."""
        found: list[dict[str, Any]] = ast.literal_eval(self.kernel.value("panel._session.everything()['turns']"))
        return found

    def until_stored(self, text: str) -> None:
        """Wait until the file would hold a text: it is written from the panel's own thread."""
        for _ in range(100):
            if text in self.stored:
                return
            time.sleep(0.05)
        pytest.fail(f"not stored: {text}")

    @property
    def stored(self) -> str:
        """What the notebook's file would hold, as text."""
        self.kernel.execute("")
        return str(self.run.bundles[-1]["text/plain"])


@pytest.fixture
def panel(kernel: Kernel) -> Panel:
    """Give a panel with two tools."""
    return Panel(kernel, "chat(tools=[add, delete_file])")


def test_opening_shows_one_stored_output_and_no_widget_view(panel: Panel) -> None:
    """The file holds the conversation only; the live panel finds its place by a class name."""
    assert [set(bundle) for bundle in panel.run.bundles] == [{"text/markdown", "text/plain", "text/html"}]
    assert panel.opening["place"] in panel.run.bundles[0]["text/html"]
    assert panel.opening["opening"]["tools"] == [
        {"name": "add", "on": True, "confirms": False},
        {"name": "delete_file", "on": True, "confirms": True},
    ]


def test_where_a_model_needs_a_view_the_conversation_stands_below_it(kernel: Kernel) -> None:
    """VS Code and Colab open no model without one; closing leaves the text alone."""
    panel = Panel(kernel, "chat()", cell_id="vscode-notebook-cell:1")
    view = "application/vnd.jupyter.widget-view+json"
    assert [view in bundle for bundle in panel.run.bundles] == [True, False]
    panel.ask("Say rain")
    assert "rain" in panel.stored
    assert panel.opening["place"] == ""
    kernel.execute("panel.close()")
    assert [view in bundle for bundle in panel.run.bundles] == [False, False]


def test_a_question_is_answered_with_a_tool_and_stored(panel: Panel) -> None:
    """The answer stands in the panel, in the conversation, and in the file."""
    panel.ask("What is 17 + 25? Use the tools")
    (row,) = panel.rows
    assert "<strong>42</strong>" in row["answer"]["blocks"][0]
    assert "42" in panel.stored
    assert panel.kernel.value("(len(panel.conversation), _neosantara.tool_calls[0].result)") == "(1, '42')"


def test_the_kernel_is_free_while_it_answers(panel: Panel) -> None:
    """A cell runs to its end before the answer does, and Stop then keeps the half."""
    panel.says("send", text="demo: slow\nWrite a long story")
    assert panel.kernel.value("(panel.busy, 6 * 7)") == "(True, 42)"
    panel.until("panel._session.running and panel._session.running.renderer._live")
    panel.until("panel._session.running.renderer._live.tail or panel._session.running.renderer._live.blocks")
    panel.says("stop")
    panel.wait()
    assert panel.rows[0]["answer"]["footer"].endswith("stopped")
    assert panel.kernel.value("panel.conversation.turns[-1].outcome") == "'stopped'"
    panel.until_stored("stopped")


def test_stop_leaves_no_traceback(kernel: Kernel) -> None:
    """What an answer's thread ends with is told in the panel, not below the cell."""
    panel = Panel(kernel, "chat()")
    run = kernel.execute(
        "import time\nfrom neosantara_magic.panel.session import Question, new_key\n"
        "panel._session.later(new_key(), Question('demo: silent 30'))\ntime.sleep(0.3)\n"
        "panel.stop()\nprint(panel.wait(20))\ntime.sleep(0.3)"
    )
    assert (run.stdout, run.stderr) == ("True\n", "")
    assert panel.kernel is kernel


@pytest.mark.parametrize(
    ("call", "told"),
    [
        ("send(None)", 'needs some text, not "None"'),
        ("edit(1, 7)", 'needs some text, not "7"'),
        ("send('Hi', images='nosuch.png')", "'nosuch.png'"),
        ("send('Hi', images=7)", "'int' (int) is not an image"),
    ],
)
def test_what_is_no_question_is_told(panel: Panel, call: str, told: str) -> None:
    """In two lines; the panel stays free."""
    panel.kernel.execute("panel.send('Hello')")
    run = panel.kernel.execute(f"panel.{call}")
    assert run.error is not None
    assert run.error.name == "UsageError"
    assert told in run.error.value
    assert panel.kernel.value("panel.busy") == "False"


def test_stop_before_the_first_word_keeps_the_question(panel: Panel) -> None:
    """Nothing was said, so the conversation has no turn; the question can be asked again."""
    panel.says("send", text="demo: silent 30\nHi")
    panel.until("panel.busy")
    panel.says("stop")
    panel.wait()
    (row,) = panel.rows
    assert (row["question"], row["error"]) == ("demo: silent 30\nHi", "Stopped before the answer began.")
    assert panel.kernel.value("len(panel.conversation)") == "0"


def test_stop_ends_a_silence(panel: Panel) -> None:
    """The request has left and nothing comes: Stop does not wait for the first word."""
    panel.says("send", text="demo: silent 100\nHi")
    panel.until("'Waiting' in panel._session.running.renderer._around['footer']")
    panel.says("stop")
    panel.wait()
    assert panel.rows[0]["error"] == "Stopped before the answer began."


def test_one_ask_at_a_time(panel: Panel) -> None:
    """A second question is refused in two lines, and the first goes on."""
    panel.says("send", text="demo: silent 30\nHi")
    panel.until("panel.busy")
    run = panel.kernel.execute("panel.send('too')")
    assert run.error is not None
    assert run.error.value == "This panel is still answering.\nWait for the answer, or press Stop."
    panel.says("stop")
    panel.wait()


@pytest.mark.parametrize(("decision", "deleted"), [("run", "['a.txt']"), ("run_all", "['a.txt']"), ("refuse", "[]")])
def test_a_tool_waits_for_its_button(panel: Panel, decision: str, deleted: str) -> None:
    """The call is shown with its exact arguments; only the decision about that very call counts."""
    panel.says("send", text='Delete the file path="a.txt"')
    panel.until("panel._session.running and panel._session.running.ticket")
    (row,) = panel.rows
    assert "delete_file" in row["asks"]["asks"]
    assert "a.txt" in row["asks"]["arguments"]
    panel.says("decide", ticket="of another call", decision="run")
    assert panel.kernel.value("(panel.busy, deleted)") == "(True, [])"
    panel.says("decide", ticket=row["asks"]["ticket"], decision=decision)
    panel.wait()
    assert panel.kernel.value("deleted") == deleted
    assert ("refused" in panel.stored) == (decision == "refuse")


def test_arguments_cannot_hide(panel: Panel) -> None:
    """Signs that do not print, or that turn text round, are spelled out before anybody decides."""
    code = "from neosantara_magic.tools.approval import arguments_of as s; from neosantara_magic.messages import ToolCall as C"
    panel.kernel.execute(code)
    shown = panel.kernel.value("s(C('1', 'f', '{\\\"path\\\": \\\"a\\u202etxt.exe\\\"}'))")
    assert "\u202e" not in ast.literal_eval(shown)
    assert "202e" in shown.lower()


def test_stop_ends_a_question_about_a_tool(panel: Panel) -> None:
    """Nobody has to decide first, and nothing runs."""
    panel.says("send", text='Delete the file path="a.txt"')
    panel.until("panel._session.running and panel._session.running.ticket")
    panel.says("stop")
    panel.wait()
    assert panel.kernel.value("deleted") == "[]"


def test_only_ticked_tools_are_offered(panel: Panel) -> None:
    """What is not ticked is not sent, and what the user did not pass cannot be ticked."""
    panel.says("tools", names=["add", "exec"])
    panel.ask("Hi")
    assert panel.kernel.value("panel._session.ticked") == "['add']"


def test_editing_replaces_the_turn_and_later_ones_stay(panel: Panel) -> None:
    """As running a cell again does; the edited question sees what came before it."""
    panel.ask("one")
    panel.ask("two")
    panel.says("edit", turn=panel.rows[0]["id"], text="three")
    panel.wait()
    assert [row["question"] for row in panel.rows] == ["three", "two"]
    assert panel.kernel.value("[turn.prompt.text for turn in panel.conversation]") == "['three', 'two']"


def test_asking_again_asks_the_same(panel: Panel) -> None:
    """The turn is replaced by a new answer to the same question."""
    panel.ask("one")
    before = panel.kernel.value("id(panel.conversation.turns[0])")
    panel.says("again", turn=panel.rows[0]["id"])
    panel.wait()
    assert [row["question"] for row in panel.rows] == ["one"]
    assert panel.kernel.value("id(panel.conversation.turns[0])") != before


def test_it_shares_the_conversation_with_the_cells(panel: Panel) -> None:
    """A cell's turn appears in the panel, in order, and can be asked again as data, not as an expression."""
    panel.ask("one")
    panel.kernel.execute("word = '{{ 6 * 7 }}'")
    panel.kernel.execute("%%neosantara\nSay {{ word }}", cell_id="another")
    panel.ask("three")
    assert [row["question"] for row in panel.rows] == ["one", "Say {{ 6 * 7 }}", "three"]
    panel.says("again", turn=panel.rows[1]["id"])
    panel.wait()
    assert panel.rows[1]["question"] == "Say {{ 6 * 7 }}"
    assert "Say {{ 6 * 7 }}" in panel.stored


def test_expressions_are_for_what_is_typed(panel: Panel) -> None:
    """Typed into the panel they are evaluated, as in a cell; from Python, where data may be inside, they are not."""
    panel.kernel.execute("word = 'rain'")
    panel.ask("Say {{ word }}")
    panel.kernel.execute("panel.send('Say {{ word }}')")
    assert [row["question"] for row in panel.rows] == ["Say rain", "Say {{ word }}"]
    assert panel.rows[0]["typed"] == "Say {{ word }}"


def test_a_mistake_stands_below_the_question(panel: Panel) -> None:
    """Two lines, no traceback, nothing sent, and the question can be edited."""
    panel.ask("Say {{ wrod }}")
    (row,) = panel.rows
    assert "wrod" in row["error"]
    assert "Traceback" not in row["error"]
    panel.says("edit", turn=row["id"], text="Say it")
    panel.wait()
    assert [row["question"] for row in panel.rows] == ["Say it"]


def test_fork_goes_on_in_a_copy(panel: Panel) -> None:
    """The copy has the turns up to there; the original is untouched."""
    panel.ask("one")
    panel.ask("two")
    panel.says("fork", turn=panel.rows[0]["id"])
    panel.ask("three")
    assert [row["question"] for row in panel.rows] == ["one", "three"]
    # Who answered is told of the copy's turns too.
    assert "demo" in panel.rows[0]["answer"]["footer"]
    assert panel.stored.count(" · demo") == 2
    expression = "[(one.name, len(one)) for one in panel._session.workspace.conversations]"
    assert panel.kernel.value(expression) == "[('main', 2), ('main-2', 2)]"


def test_images_come_as_data_only(panel: Panel) -> None:
    """A dropped image is sent; a path, which would be read from the disk, is not taken from a message."""
    png = "data:image/png;base64,iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg=="
    panel.ask("What is this?", images=[png, "/etc/hostname"])
    assert panel.rows[0]["images"] == [png]
    assert panel.kernel.value("len(panel.conversation.turns[0].prompt.images)") == "1"


def test_an_unknown_message_does_nothing(panel: Panel) -> None:
    """Neither does a known one of the wrong form."""
    panel.says("nonsense")
    panel.says("decide", decision="nonsense")
    panel.says("edit", turn="nowhere", text="x")
    panel.ask("Hi")
    assert len(panel.rows) == 1


def test_the_model_is_picked(panel: Panel) -> None:
    """The next ask goes to it."""
    panel.says("model", model="neosantara/garda-core")
    panel.ask("Hi")
    assert panel.kernel.value("panel.conversation.turns[0].model") == "'garda-core'"


def test_a_prompt_file_brings_its_model_and_its_instructions(kernel: Kernel) -> None:
    """The panel shows the model of the file and asks with its text; another one can be picked."""
    kernel.execute("open('guide.md', 'w').write('---\\nmodel: garda-core\\n---\\nAsk back.')")
    panel = Panel(kernel, "chat(as_='guide')")
    assert panel.opening["opening"]["model"] == "garda-core"
    panel.ask("Hi")
    turn = "panel.conversation.turns[-1]"
    assert panel.kernel.value(f"({turn}.model, {turn}.instructions)") == "('garda-core', 'Ask back.')"
    panel.says("model", model="nusantara-base")
    panel.ask("Hi")
    assert panel.kernel.value(f"({turn}.model, {turn}.instructions)") == "('nusantara-base', 'Ask back.')"


def test_running_the_cell_again_closes_the_panel_it_replaces(panel: Panel) -> None:
    """The conversation goes on in the new one."""
    panel.ask("one")
    panel.kernel.execute("old = panel")
    panel.run = panel.kernel.execute("panel = chat()", cell_id="panel-cell", allow_stdin=True)
    assert [row["question"] for row in panel.rows] == ["one"]
    run = panel.kernel.execute("old.send('two')")
    assert run.error is not None
    assert run.error.value == "This panel is closed.\nOpen a new one with chat()."
    assert "one" in panel.stored


def test_closing_leaves_text(panel: Panel) -> None:
    """The widget goes, the conversation stays."""
    panel.ask("one")
    run = panel.kernel.execute("panel.close()")
    assert run.error is None
    assert [one["comm_id"] for one in run.comms("comm_close")]
    assert panel.stored.startswith("Question 1: one")


def test_python_gets_the_response(panel: Panel) -> None:
    """`send` waits and returns it; `edit` and `ask_again` take numbers."""
    assert "Hello" in panel.kernel.value("panel.send('Hi').text")
    panel.kernel.execute("panel.edit(1, 'Bye'); panel.ask_again(1)")
    assert [row["question"] for row in panel.rows] == ["Bye"]
    run = panel.kernel.execute("panel.ask_again(3)")
    assert run.error is not None
    assert (
        run.error.value == "There is no turn 3 in main: it ends at turn 1.\n%neosantara history main shows the turns."
    )


def test_with_nobody_watching_it_is_the_stored_form(kernel: Kernel) -> None:
    """Under nbclient no widget is made; Python still asks, and a tool that wants a decision is refused."""
    panel = Panel(kernel, "chat(tools=[add, delete_file])", allow_stdin=False)
    assert panel.opening == {}
    kernel.execute("panel.send('Delete the file path=\"a.txt\"')")
    assert kernel.value("deleted") == "[]"
    assert [set(bundle) for bundle in panel.run.bundles] == [{"text/html", "text/markdown", "text/plain"}]
    assert "refused" in panel.stored


@pytest.mark.parametrize("front_end", ["nbclassic", "Voila"])
def test_a_front_end_without_panels_says_so(kernel: Kernel, monkeypatch: pytest.MonkeyPatch, front_end: str) -> None:
    """In two lines above the conversation, which grows as text; answers of cells are shown as ever."""
    if front_end == "Voila":
        kernel.set_environment(SERVER_SOFTWARE="voila/0.5.13")
    else:  # what its JavaScript sends
        session = kernel._client.session
        monkeypatch.setattr(session, "username", "username")
        monkeypatch.setattr(type(session), "msg_id", property(lambda _self: uuid4().hex))
    panel = Panel(kernel, "chat()", cell_id=None, allow_stdin=front_end == "nbclassic")
    said, told = panel.run.stdout.splitlines()
    assert said == f"{front_end} cannot show the chat panel, so the conversation stands here as text."
    assert told.startswith("Open the notebook in JupyterLab")
    assert not panel.run.comms()
    kernel.execute("panel.send('Say rain')")
    assert "rain" in panel.run.answer
    run = kernel.execute("%neosantara ask --once Say sun", allow_stdin=front_end == "nbclassic")
    assert "sun" in run.answer
    assert bool(run.comms()) == (front_end == "nbclassic")


def test_the_line_command_opens_the_same_panel(kernel: Kernel) -> None:
    """With the cell's flags, and shown once although it is the cell's value."""
    kernel.execute(PREPARE)
    run = kernel.execute("%neosantara chat -c study --tools add", allow_stdin=True)
    assert run.error is None, run.error
    assert [bundle["text/plain"] for bundle in run.bundles] == ["Conversation study: no questions yet."]


@pytest.mark.parametrize(
    ("call", "what"),
    [
        ("chat(once=True)", "chat() takes no once=True."),
        ("%neosantara chat --once", "chat() takes no --once."),
        ("%neosantara chat --show text", "chat() takes no --show."),
        ("chat(tools=['ad'])", "There is no tool ad."),
        ("chat(temperature=9)", "9"),
    ],
)
def test_what_makes_no_sense_is_refused(kernel: Kernel, call: str, what: str) -> None:
    """In two lines, and nothing appears."""
    kernel.execute(PREPARE)
    run: Run = kernel.execute(call, allow_stdin=True)
    assert run.error is not None
    assert what.partition(".")[0].split()[-1] in run.error.value
    assert run.error.name == "UsageError"
    assert run.bundles == []


def test_an_id_stands_for_the_history_that_was_sent(kernel: Kernel) -> None:
    """A cell asked while the panel was answering: the server's copy lacks its turn, so it is not continued."""
    panel = Panel(kernel, "chat()")
    panel.ask("one")
    assert kernel.value("panel.conversation.turns[0].response_id is None") == "False"
    panel.says("send", text="demo: silent 2\nSay two")
    panel.until("panel._session.running.renderer._document")
    kernel.execute("%%neosantara\nSay three", cell_id="meanwhile")
    panel.wait()
    assert kernel.value("[turn.prompt.text for turn in panel.conversation][1]") == "'Say three'"
    assert kernel.value("panel.conversation.turns[2].response_id is None") == "True"
    panel.ask("Say four")
    assert len(panel.rows) == 4


def test_braces_that_were_pasted_are_text(panel: Panel) -> None:
    """The browser tells which were not typed; so does one who asks such a question again with other words."""
    panel.kernel.execute("word = 'rain'")
    panel.says("send", text="Say {{ word }}", images=[], raw=True)
    panel.wait()
    panel.says("edit", turn=panel.rows[0]["id"], text="Say {{ word }} twice")
    panel.wait()
    assert [row["question"] for row in panel.rows] == ["Say {{ word }} twice"]
    panel.says("send", text="Say {{ word }}", images=[], raw=False)
    panel.wait()
    assert panel.rows[-1]["question"] == "Say rain"
    panel.says("edit", turn=panel.rows[-1]["id"], text="Say {{ word }} now", raw=True)
    panel.wait()
    assert panel.rows[-1]["question"] == "Say {{ word }} now"
