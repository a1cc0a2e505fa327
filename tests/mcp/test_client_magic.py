"""``%neosantara mcp`` and ``--tools NAME`` in a real kernel, with the scripted service and with the demo model."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import pytest

# Not "mcp" alone: this folder is a namespace package of that name.
pytest.importorskip("mcp.client", reason="the extra mcp is not installed")

from kernels import Kernel
from magic.conftest import asked
from magic.spoken import Asked
from tools_end_to_end.functions import contents

__all__ = ["asked"]

pytestmark = pytest.mark.kernel

HERE = Path(__file__).parent
LIBRARY = f"{sys.executable} {HERE / 'library_server.py'}"
ODD = f"{sys.executable} {HERE / 'odd_server.py'}"


def test_a_server_from_the_magic(asked: Asked) -> None:
    """Added, shown with all that the model is told, offered, called, logged, removed; the card has the result."""
    shown = asked.run(f"%neosantara mcp add library {LIBRARY}").answer
    assert "library · running" in shown
    assert "library__find_author  only reads: not asked about  Find who wrote a book." in shown
    assert "library__lend " in shown
    assert "waits for your approval" in shown
    asked.chats([("library__find_author", {"title": "Bumi Manusia"})], "Pram did.")
    run = asked.cell("--tools library --out answer")
    assert run.error is None, run.error
    names = [tool["function"]["name"] for tool in asked.bodies[0]["tools"]]
    assert names[:2] == ["library__find_author", "library__lend"]
    assert contents(asked.bodies[1]) == ["Pramoedya Ananta Toer"]
    assert "library__find_author" in run.answer
    assert "Pramoedya Ananta Toer" in run.answer
    assert asked.value("answer.tool_calls[0].name") == "'library__find_author'"
    assert asked.run("%neosantara mcp log library").stdout
    assert "library__lend" in asked.run("%neosantara tools library.lend").answer
    asked.run("%neosantara mcp remove library")
    assert asked.run("%neosantara mcp").stdout.startswith("No MCP servers yet")


def test_what_writes_waits(asked: Asked) -> None:
    """The user says y, or nobody is there."""
    asked.run(f"%neosantara mcp add library {LIBRARY}")
    lend = ("library__lend", {"title": "Bumi"})
    asked.chats([lend], "Done.")
    run = asked.cell("--tools library.lend", allow_stdin=True, answers=["y"], cell_id="a")
    assert run.prompts[0]["prompt"].startswith('The model wants to run library__lend({"title": "Bumi"})')
    assert contents(asked.bodies[1]) == ["Bumi is lent."]
    asked.chats([lend], "No.")
    asked.cell("--tools library.lend", cell_id="b")
    assert "nobody can be asked here" in contents(asked.bodies[-1])[-1]


def test_a_server_asks_in_the_cell(asked: Asked) -> None:
    """Its question comes over the kernel's stdin, while the call runs."""
    asked.run(f"%neosantara mcp add library {LIBRARY}")
    asked.chats([("library__lend_asking", {"title": "Bumi"})], "Done.")
    run = asked.cell("--tools library --approve never", allow_stdin=True, answers=["y", "3", "n"])
    assert run.error is None, run.error
    assert run.prompts[0]["prompt"].startswith("The MCP server library asks")
    assert contents(asked.bodies[1]) == ['accept: {"days":3,"urgent":false}']


def test_stop_while_a_server_hangs(asked: Asked, tmp_path: Path) -> None:
    """Ctrl-C ends the ask at once; the kernel is free again."""
    notes = tmp_path / "notes"
    asked.run(f"%neosantara mcp add odd {ODD} hangs {notes}")
    asked.chats([("odd__go", {})], "never")
    run = asked.start("--tools odd")
    run.wait_for(lambda _run: "called" in notes.read_text())
    asked.kernel.interrupt()
    run.finish(timeout=10)
    assert run.error is not None
    assert run.error.name == "Stopped"
    assert asked.value("1 + 1") == "2"
    asked.run("import time; time.sleep(0.5)")
    assert "cancelled" in notes.read_text()


def test_progress_in_the_widget(asked: Asked) -> None:
    """It reaches the page while the call runs."""
    asked.run(f"%neosantara mcp add library {LIBRARY}")
    asked.chats([("library__take_stock", {})], "never")
    run = asked.start("--tools library --show widget", allow_stdin=True)
    run.wait_for(lambda run: "3/10 &lt;b&gt;" in str(run.comms("comm_msg")))
    asked.kernel.interrupt()
    run.finish(timeout=10)
    assert run.error is not None
    assert run.error.name == "Stopped"


def test_timeout_of_a_call(asked: Asked, tmp_path: Path) -> None:
    """--timeout holds for calls to servers."""
    asked.run(f"%neosantara mcp add odd {ODD} hangs {tmp_path / 'notes'}")
    asked.chats([("odd__go", {})], "All right.")
    asked.cell("--tools odd --timeout 1")
    assert "no result within 1 seconds" in contents(asked.bodies[1])[0]


def test_the_folder_is_asked_about(asked: Asked, tmp_path: Path) -> None:
    """A `.mcp.json` starts nothing by itself; typed by name it may."""
    entry = {"command": sys.executable, "args": [str(HERE / "library_server.py")]}
    (tmp_path / ".mcp.json").write_text(json.dumps({"mcpServers": {"library": entry}}))
    asked.run(f"import os; os.chdir({str(tmp_path)!r})")
    assert "not started, from .mcp.json: library" in asked.run("%neosantara mcp").answer
    refused = asked.cell("--tools library")
    assert refused.error is not None
    assert "nobody said yes" in refused.error.value
    asked.chats("Hello.", "Hello.")
    asked_once = asked.cell("--tools library", allow_stdin=True, answers=["y"])
    assert asked_once.error is None, asked_once.error
    assert len(asked_once.prompts) == 1
    assert asked.cell("--tools library", allow_stdin=True).prompts == []
    asked.run("%neosantara mcp remove library")
    assert "library · running" in asked.run("%neosantara mcp add library").answer


@pytest.mark.parametrize(
    ("line", "what"),
    [
        ("mcp ad", "Did you mean"),
        ("mcp add", "needs more words"),
        ("mcp remove", "needs more words"),
        ("mcp log files", 'mcp does not know "files"'),
        ("mcp add x", "it needs a program"),
        ("mcp add a.b program", "its name must be"),
        ("mcp add x no-such-program -y --flag", "no program 'no-such-program'"),
        ("mcp add x --env", "goes by its name alone"),
        ("mcp add x --env NOT_SET_HERE python3", "the environment variable NOT_SET_HERE is not set"),
        ("mcp add x --header A=NOT_SET_HERE https://a.example/mcp", "NOT_SET_HERE is not set"),
        ("mcp add x http://elsewhere.example/mcp", "http only on this machine"),
    ],
)
def test_lines_that_are_wrong(asked: Asked, line: str, what: str) -> None:
    """Two lines, no traceback, and nothing is kept."""
    run = asked.kernel.execute(f"%neosantara {line}")
    assert run.error is not None
    assert what in run.error.value
    assert len(run.error.traceback) <= 2
    assert asked.run("%neosantara mcp").stdout.startswith("No MCP servers yet")


@pytest.mark.parametrize(
    "line",
    [
        "--env MYTOK=typed-secret program",
        "--env=MYTOK=typed-secret program",
        "--env MYTOK=typed-secret",
        "MYTOK=typed-secret program",
        "--env 1x program",
        "--env '' program",
        "--header Authorization https://a.example/mcp",
        "https://a.example/mcp --header Authorization",
        "--header Authorization= https://a.example/mcp",
        "--header =MYTOK https://a.example/mcp",
        "--header 'Authorization: typed-secret' https://a.example/mcp",
        "--header 'Authorization=Bearer typed-secret' https://a.example/mcp",
        "--header Authorization=${MYTOK} https://a.example/mcp",
    ],
)
def test_a_key_in_a_cell_is_refused(asked: Asked, line: str) -> None:
    """Only names of variables are taken: the error says so, repeats no secret, and how to give the value."""
    asked.run("import os; os.environ['MYTOK'] = 'from-the-environment'")
    run = asked.kernel.execute(f"%neosantara mcp add gh {line}")
    assert run.error is not None
    assert run.error.name == "UsageError"
    what, next_step = run.error.value.split("\n")
    assert what.startswith("The MCP server 'gh' can't be used: a variable of the environment goes by its name alone")
    assert "saved with the notebook" in next_step
    assert "getpass" in next_step
    assert "typed-secret" not in str(run.error)
    assert asked.run("%neosantara mcp").stdout.startswith("No MCP servers yet")


@pytest.mark.parametrize(
    ("line", "step"),
    [
        ("no-such-program", "install the program"),
        ("--env NOT_SET_HERE python3", 'os.environ["NOT_SET_HERE"] = getpass.getpass()'),
        ("ftp://a.example", "https://wiki.example/mcp"),
    ],
)
def test_the_next_step_fits(asked: Asked, line: str, step: str) -> None:
    """Each refusal has a step of its own."""
    run = asked.kernel.execute(f"%neosantara mcp add x {line}")
    assert run.error is not None
    assert step in run.error.value.split("\n")[1]


@pytest.mark.parametrize(
    ("where", "step"),
    [
        (f"{sys.executable} nofile.py", "%neosantara mcp log far shows what it wrote."),
        ("http://127.0.0.1:1/mcp", "Check the address"),
    ],
)
def test_a_server_that_does_not_work(asked: Asked, where: str, step: str) -> None:
    """The error of the cell is two lines, and nothing else is printed; no server is kept, but for a program's log."""
    run = asked.kernel.execute(f"%neosantara mcp add far {where}")
    assert (run.stdout, run.stderr) == ("", "")
    assert run.error is not None
    assert run.error.name == "UsageError"
    assert run.error.value.startswith("The MCP server 'far' does not work: ")
    assert step in run.error.value
    assert len(run.error.traceback) <= 2
    assert asked.run("%neosantara mcp").stdout.startswith("No MCP servers yet")
    log = asked.run("%neosantara mcp log far").stdout
    assert ("can't open file" if "nofile" in where else "-") in log


def test_a_server_that_no_longer_works(asked: Asked, tmp_path: Path) -> None:
    """An ask that offers it ends in two lines too."""
    script = tmp_path / "server.py"
    script.write_text((HERE / "odd_server.py").read_text())
    asked.run(f"%neosantara mcp add odd {sys.executable} {script} stubborn {tmp_path / 'notes'}")
    script.unlink()
    asked.run(f"import os; os.kill({(tmp_path / 'notes').read_text().split()[1]}, 9)")
    run = asked.cell("--tools odd")
    assert run.error is not None
    assert run.error.value.startswith("The MCP server 'odd' does not work: ")
    assert len(run.error.traceback) <= 2
    assert "Traceback" not in run.stderr


def test_tab(asked: Asked) -> None:
    """Subcommands, and servers after --tools."""
    kernel = asked.kernel
    assert kernel.complete("%neosantara mcp ") == ["add", "remove", "log"]
    asked.run(f"%neosantara mcp add odd {ODD}")
    assert kernel.complete("%neosantara mcp log o") == ["odd"]
    assert "odd" in kernel.complete("%%neosantara --tools o")


def test_the_screen_shows_hostile_words_as_words(asked: Asked) -> None:
    """Names and descriptions are a stranger's: no markup of theirs is markup."""
    run = asked.run(f"%neosantara mcp add odd {ODD} names")
    [bundle] = run.bundles
    assert "<script" not in bundle["text/html"]
    assert "&lt;script&gt;" in bundle["text/html"]


def test_the_demo_model_calls_a_server(kernel: Kernel) -> None:
    """No network and no key: the offline stand-in finds the author in the library."""
    kernel.execute("%load_ext neosantara_magic\n%neosantara demo on")
    kernel.execute(f"%neosantara mcp add library {LIBRARY}")
    run = kernel.execute(
        '%%neosantara --tools library.find_author\nWho is the author of "Laskar Pelangi"?', cell_id="a"
    )
    assert run.error is None, run.error
    assert "Andrea Hirata" in run.answer


def test_a_panel_offers_a_server(kernel: Kernel) -> None:
    """Its tools can be ticked and are called."""
    kernel.execute("%load_ext neosantara_magic\n%neosantara demo on")
    kernel.execute(f"%neosantara mcp add library {LIBRARY}")
    opened = "from neosantara_magic import chat\npanel = chat(tools='library')"
    assert kernel.execute(opened, cell_id="a").error is None
    run = kernel.execute("panel.send('Who is the author of \"Laskar Pelangi\"?')\npanel.wait()", cell_id="b")
    assert run.error is None, run.error
    assert "Andrea Hirata" in kernel.value("_neosantara.text")


def test_python_in_a_notebook(kernel: Kernel) -> None:
    """``mcp`` after the magic was used, and before; the variable is a tool source itself; unloading ends it."""
    code = f"from neosantara_magic import mcp\nmine = mcp('library', command={LIBRARY!r})\nprint(mine)"
    kernel.execute("%load_ext neosantara_magic\n%neosantara demo on")
    run = kernel.execute(code)
    assert run.error is None, run.error
    assert "<MCP server library: running, 7 tools>" in run.stdout
    run = kernel.execute('%%neosantara --tools mine.find_author\nWhat is the author of "Laskar Pelangi"?', cell_id="a")
    assert "Andrea Hirata" in run.answer
    kernel.execute("%unload_ext neosantara_magic")
    assert kernel.value("mine") == "<MCP server library: ended, 7 tools>"
