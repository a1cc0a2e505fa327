"""MCP servers as tools: what the model is told, what it gets, and servers that misbehave. See also `test_client_magic.py`."""

from __future__ import annotations

import json
import os
import re
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any
from unittest.mock import Mock

import pytest

# Not "mcp" alone: this folder is a namespace package of that name.
pytest.importorskip("mcp.client", reason="the extra mcp is not installed")

from neosantara_magic.errors import Stopped, UsageError
from neosantara_magic.events import ToolAsked, ToolReturned
from neosantara_magic.mcp import server as server_module
from neosantara_magic.mcp import servers as servers_module
from neosantara_magic.mcp.server import Server
from neosantara_magic.mcp.servers import Servers, typed
from neosantara_magic.messages import ToolCall, ToolResult
from neosantara_magic.render.document import Document
from neosantara_magic.render.updating import UpdatingRenderer
from neosantara_magic.scope import Cancel
from neosantara_magic.tools.approval import Approver, Decision
from neosantara_magic.tools.call import call_all
from neosantara_magic.tools.crew import capture_prints
from neosantara_magic.tools.toolbox import Toolbox

ROOT = Path(__file__).parents[2]
HERE = Path(__file__).parent
NODE = ROOT / "node_modules" / "@modelcontextprotocol"
WIRE = re.compile(r"[A-Za-z0-9_-]{1,64}")

Add = Callable[..., Server]


@pytest.fixture
def add() -> Iterator[Add]:
    """Give what adds a server to a list of its own; all end with the test."""
    held = Servers()

    def added(name: str, *command: str) -> Server:
        return held.add(name, typed([sys.executable, *command]))

    yield added
    held.close()


@pytest.fixture
def odd(add: Add, tmp_path: Path) -> Callable[[str], Server]:
    """Give what adds `odd_server.py` misbehaving in one way; its notes go to ``notes``."""
    return lambda how: add("odd", str(HERE / "odd_server.py"), how, str(tmp_path / "notes"))


@pytest.fixture(scope="module")
def shelf() -> Iterator[Servers]:
    """Give a list of servers that holds the library's; it takes seconds to start."""
    held = Servers()
    held.add("library", typed([sys.executable, str(HERE / "library_server.py")]))
    yield held
    held.close()


@pytest.fixture
def library(shelf: Servers) -> Server:
    """Give the library's server."""
    return shelf.get("library")


def called(
    source: Server | Sequence[Server],
    name: str,
    *,
    timeout: float = 20,
    cancel: Cancel | None = None,
    approve: Approver | None = None,
    **arguments: Any,
) -> ToolResult:
    """Let a model call a tool, and return what it gets."""
    toolbox = Toolbox.from_names([source], {}, timeout=timeout)
    call = ToolCall("1", name, json.dumps(arguments))
    approve = approve or Approver("never")
    [*_, last] = call_all(
        [call], toolbox, approve=approve, cancel=cancel or Cancel(), capture=capture_prints, limit=20_000
    )
    assert isinstance(last, ToolReturned)
    return last.result


def printed(result: ToolResult) -> str:
    """Return what the card shows beside the result."""
    return "".join(bundle["text/plain"] for bundle in result.shown)


# ---------------------------------------------------------------------------------- servers that none of us wrote


@pytest.fixture(scope="module")
def everything() -> Iterator[Server]:
    """Give `server-everything`."""
    held = Servers()
    yield held.add("every", typed(["node", str(NODE / "server-everything/dist/index.js"), "stdio"]))
    held.close()


@pytest.mark.node
@pytest.mark.parametrize(
    ("tool", "arguments", "told"),
    [
        ("echo", {"message": "halo"}, "Echo: halo"),
        ("get-sum", {"a": 2, "b": 3}, "The sum of 2 and 3 is 5."),
        ("get-structured-content", {"location": "New York"}, '{"temperature":33,"conditions":"Cloudy","humidity":82}'),
        ("get-resource-links", {"count": 1}, "Link to demo://resource/dynamic/"),
        ("get-resource-reference", {"resourceType": "Text", "resourceId": 1}, "Content of demo://resource/dynamic/"),
        ("echo", {"message": 3}, "message: 3 is not of type 'string'"),
    ],
)
def test_results_of_a_foreign_server(everything: Server, tool: str, arguments: dict[str, Any], told: str) -> None:
    """Text, data once, links as text, a wrong argument told without a call."""
    assert told in called(everything, f"every__{tool}", **arguments).result


@pytest.mark.node
def test_an_image_of_a_foreign_server(everything: Server) -> None:
    """An image comes as an image part, and its place is named in the text."""
    result = called(everything, "every__get-tiny-image")
    assert "[image 1]" in result.result
    assert [image.media_type for image in result.images] == ["image/png"]


@pytest.mark.node
def test_progress_of_a_foreign_server(everything: Server) -> None:
    """Progress goes into the card, not to the model."""
    result = called(everything, "every__trigger-long-running-operation", duration=0.2, steps=2)
    assert printed(result) == "1/2\n2/2\n"
    assert "completed" in result.result


def test_progress_while_the_call_runs(library: Server) -> None:
    """The newest stands in the card of a growing answer before the call ends: cut, and as words, not as markup."""
    shown: list[str] = []
    outlet = Mock(show=lambda bundle: shown.append(bundle["text/html"]))
    document, renderer, cancel = Document(), UpdatingRenderer(outlet), Cancel()
    toolbox = Toolbox.from_names([library], {}, timeout=20)
    call = ToolCall("1", "library__take_stock", "{}")

    def run() -> None:
        with suppress(Stopped):
            for event in call_all([call], toolbox, approve=Approver("never"), cancel=cancel, capture=capture_prints):
                document.fold(event)
                renderer.show(document, event)

    thread = threading.Thread(target=run)
    thread.start()
    try:
        until(lambda: any("3/10" in one for one in shown))
        assert "· running <small>3/10 &lt;b&gt;Reading&lt;/b&gt;" in shown[-1]
        assert "Opening" not in shown[-1]
        assert "\x1b" not in shown[-1]
        assert "x" * 60 not in shown[-1]
        assert document.cards[0].result is None
    finally:
        cancel.stop()
        thread.join(10)
        document.finish("stopped")
        renderer.close(document)
    assert "3/10" not in shown[-1]


@pytest.mark.node
def test_a_server_of_files(tmp_path: Path) -> None:
    """`server-filesystem`: what only reads runs, what writes waits; a refusal of the server's is told as an error."""
    held = Servers()
    (tmp_path / "a.txt").write_text("isi")
    program = str(NODE / "server-filesystem/dist/index.js")
    files = held.add("files", typed(["node", program, str(tmp_path)]))
    try:
        ask = Approver("ask")
        assert called(files, "files__read_text_file", path=str(tmp_path / "a.txt"), approve=ask).result == "isi"
        written = called(files, "files__write_file", path=str(tmp_path / "b.txt"), content="x", approve=ask)
        assert (written.status, (tmp_path / "b.txt").exists()) == ("refused", False)
        outside = called(files, "files__read_text_file", path="/etc/passwd", approve=ask)
        assert outside.status == "failed"
        assert "outside allowed directories" in outside.result
    finally:
        held.close()


# ------------------------------------------------------------------------------------------------- what is offered


def test_names_descriptions_and_schemas(library: Server) -> None:
    """On the wire a tool is ``SERVER__TOOL``; its words go as they are."""
    toolbox = Toolbox.from_names([library], {})
    spec = toolbox.specs[0]
    assert spec.name == "library__find_author"
    assert spec.description.startswith("Find who wrote a book.")
    assert spec.parameters["properties"]["title"]["type"] == "string"
    assert [tool.confirm for tool in toolbox.values()] == [False, True, True, False, False, False, False]


def test_one_tool_by_its_name(shelf: Servers, library: Server) -> None:
    """``library.lend`` offers one tool, also where a module has the server's name; so does its name in our tables."""
    assert [*Toolbox.from_names(["library.lend"], {}, shelf)] == ["library__lend"]
    assert [*Toolbox.from_names(["library.lend"], {"library": json}, shelf)] == ["library__lend"]
    assert [*Toolbox.from_names(["library__lend"], {"library": json}, shelf)] == ["library__lend"]
    assert [*Toolbox.from_names(["mine.lend"], {"mine": library})] == ["library__lend"]
    assert [*Toolbox.from_names([library, library.tools[1]], {})][:2] == ["library__find_author", "library__lend"]
    assert Toolbox.from_names(["library"], {}, shelf).chosen("library.lend") == "library__lend"


@pytest.mark.parametrize(
    ("given", "what", "next_step"),
    [
        ("library.lnd", '--tools does not know "library.lnd".', "Did you mean library.lend?"),
        ("library__find_autor", '--tools does not know "library.find_autor".', "Did you mean library.find_author?"),
        ("librari", "--tools: there is no 'librari' in this notebook.", "Did you mean library?"),
        ("librari__lend", "--tools: there is no 'librari__lend' in this notebook.", "Did you mean library.lend?"),
        ("librari.lend", "--tools: there is no 'librari.lend' in this notebook.", "Did you mean library.lend?"),
        ("lend", "--tools: there is no 'lend' in this notebook.", "Did you mean library.lend?"),
        ("find_autor", "--tools: there is no 'find_autor' in this notebook.", "Did you mean library.find_author?"),
    ],
)
def test_what_was_meant(shelf: Servers, given: str, what: str, next_step: str) -> None:
    """A mistyped server, or a tool of one that is typed alone or misspelt: the error says what to write."""
    with pytest.raises(UsageError) as error:
        Toolbox.from_names([given], {"get_time": time.time}, shelf)
    assert (error.value.what, error.value.next_step) == (what, next_step)


def test_names_with_the_mark_of_the_wire_in_them(add: Add) -> None:
    """A server's name may hold what stands between server and tool."""
    server = add("a__b", str(HERE / "odd_server.py"))
    assert [*Toolbox.from_names(["a__b__go"], {}, {"a__b": server}.get)] == ["a__b__go"]


def test_a_variable_goes_before_a_server(shelf: Servers) -> None:
    """A folder's file cannot put a server in the place of a function."""
    assert [*Toolbox.from_names(["library"], {"library": lambda x: x}, shelf)] == ["library"]


def test_two_servers_with_one_tool(add: Add) -> None:
    """Both are offered, each under its server's name."""
    script = str(HERE / "odd_server.py")
    assert [*Toolbox.from_names([add("a", script), add("b", script)], {})] == ["a__go", "b__go"]


def test_hostile_names(odd: Callable[[str], Server]) -> None:
    """Every name can be sent and is another's; a long description is cut, a too long schema is not offered."""
    server = odd("names")
    specs = Toolbox.from_names([server], {}).specs
    assert all(WIRE.fullmatch(spec.name) for spec in specs)
    assert len({spec.name for spec in specs}) == len(specs) == 9
    assert specs[0].name == "odd__a_b"
    assert len(specs[-1].description) < 5_000
    assert called(server, specs[4].name, a=1).result == '{"a": 1}'


@pytest.mark.parametrize("name", ["bad", "far"])
def test_schemas_that_cannot_be_read(odd: Callable[[str], Server], name: str) -> None:
    """They are sent all the same and not checked; nothing is fetched for them."""
    server = odd("schemas")
    specs = {spec.name: spec for spec in Toolbox.from_names([server], {}).specs}
    assert specs[f"odd__{name}"].parameters["properties"]["n"]
    assert called(server, f"odd__{name}", n="anything").result == '{"n": "anything"}'


def test_lists_that_change(odd: Callable[[str], Server]) -> None:
    """Each ask sees the list as it is now."""
    server = odd("changing")
    assert [tool.spec.name for tool in server.tools] == ["odd__one"]
    assert [*Toolbox.from_names([server], {})] == ["odd__two"]


def test_a_list_without_end(odd: Callable[[str], Server]) -> None:
    """A server that always has another page is left at a limit."""
    assert len(odd("pages-for-ever").offered()) == 500


def test_a_server_that_speaks_only_the_newest_form(odd: Callable[[str], Server]) -> None:
    """It is spoken to so."""
    assert called(odd("newest"), "odd__go", a=1).result == '{"a": 1}'


# -------------------------------------------------------------------------------------------------------- calls


def test_data_and_errors(library: Server) -> None:
    """Data that the text says already are told once; what the server raises is told as an error."""
    assert called(library, "library__find_author", title="Bumi Manusia").result == "Pramoedya Ananta Toer"
    assert called(library, "library__count", upto=2).result == "2"
    failed = called(library, "library__find_author", title="none")
    assert failed.status == "failed"
    assert "find_author" in failed.result


def test_approval(library: Server) -> None:
    """A tool that is not marked as read-only waits; --approve always asks about all."""
    asked: list[str] = []

    def question(call: ToolCall, _tool: object) -> Decision:
        asked.append(call.name)
        return Decision.RUN

    ask = Approver("ask", question)
    called(library, "library__find_author", title="Bumi Manusia", approve=ask)
    assert called(library, "library__lend", title="x", approve=ask).result == "x is lent."
    called(library, "library__find_author", title="Bumi Manusia", approve=Approver("always", question))
    assert asked == ["library__lend", "library__find_author"]


def test_what_writes_runs_in_order(library: Server) -> None:
    """Two calls that are not read-only run one after the other, as the model wrote them."""
    toolbox = Toolbox.from_names([library], {})
    calls = [ToolCall(str(n), "library__lend", json.dumps({"title": str(n)})) for n in range(3)]
    events = call_all(calls, toolbox, approve=Approver("never"), cancel=Cancel())
    kinds = [type(event).__name__ for event in events if not isinstance(event, ToolAsked)]
    assert kinds == ["ToolStarted", "ToolReturned"] * 3


def test_ten_megabytes(odd: Callable[[str], Server]) -> None:
    """They are cut at our limit."""
    result = called(odd("big"), "odd__go").result
    assert result.startswith("xxx")
    assert result.endswith("[cut: the first 20,000 of 10,000,000 characters]")


@pytest.mark.parametrize(
    ("how", "status", "told"),
    [
        ("broken", "done", "{}"),
        ("pictures", "done", "[image/png, 3 characters of base64, not sent]"),
        ("nonsense", "failed", "validation error"),
        ("floods", "done", "{}"),
    ],
)
def test_nonsense_on_the_wire(odd: Callable[[str], Server], how: str, status: str, told: str) -> None:
    """Broken JSON, pictures that are none, blocks of no kind, a flooded log: a result or a told error, at once."""
    server = odd(how)
    result = called(server, "odd__go")
    assert result.status == status
    assert told in result.result
    assert len(server.log) <= 64_000


def test_nothing_of_the_environment_goes_to_a_server(
    odd: Callable[[str], Server], monkeypatch: pytest.MonkeyPatch
) -> None:
    """A program gets PATH, HOME and the like, and no key."""
    monkeypatch.setenv("NEOSANTARA_API_KEY", "nsk_secret_123")
    names = json.loads(called(odd("environment"), "odd__go").result)
    assert "PATH" in names
    assert not [name for name in names if "KEY" in name or "NEOSANTARA" in name]


def test_a_late_call_is_cancelled_at_the_server(odd: Callable[[str], Server], tmp_path: Path) -> None:
    """--timeout ends the call, and the server is told."""
    result = called(odd("hangs"), "odd__go", timeout=0.3)
    assert result.status == "failed"
    assert "no result within 0.3 seconds" in result.result
    until(lambda: "cancelled" in (tmp_path / "notes").read_text())


def test_stop_cancels_at_the_server(odd: Callable[[str], Server], tmp_path: Path) -> None:
    """Stop ends a hanging call at once, and the server is told."""
    server, cancel = odd("hangs"), Cancel()
    server.refresh()
    threading.Timer(0.3, cancel.stop).start()
    begun = time.monotonic()
    with pytest.raises(Stopped):
        called(server, "odd__go", cancel=cancel)
    assert time.monotonic() - begun < 5
    until(lambda: "cancelled" in (tmp_path / "notes").read_text())


# --------------------------------------------------------------------------------------------- servers that die


def test_a_server_that_dies_is_restarted(odd: Callable[[str], Server], tmp_path: Path) -> None:
    """A call that only reads is made again, and the card says what happened."""
    result = called(odd("dies"), "odd__go")
    assert (result.status, result.result) == ("done", "{}")
    assert printed(result) == "The MCP server odd ended and is started again.\n"
    assert (tmp_path / "notes").read_text().split() == ["started", "called", "started", "called"]


def test_a_call_that_may_have_acted_is_not_made_again(odd: Callable[[str], Server], tmp_path: Path) -> None:
    """The model is told that nobody knows; the next call works."""
    server = odd("dies-writing")
    result = called(server, "odd__go")
    assert result.status == "failed"
    assert "What the call did is not known" in result.result
    assert (tmp_path / "notes").read_text().split() == ["started", "called", "started"]
    assert called(server, "odd__go").status == "done"


def test_a_server_that_dies_again(odd: Callable[[str], Server], tmp_path: Path) -> None:
    """It is restarted once only."""
    result = called(odd("dies-always"), "odd__go")
    assert result.status == "failed"
    assert "Connection closed" in result.result
    assert (tmp_path / "notes").read_text().split() == ["started", "called"] * 2


def test_a_server_that_dies_between_two_asks(
    odd: Callable[[str], Server], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """The next ask starts it again and says so."""
    server = odd("stubborn")
    server.refresh()
    os.kill(int((tmp_path / "notes").read_text().split()[1]), signal.SIGKILL)
    assert called(server, "odd__go").result == "{}"
    assert "The MCP server odd ended and is started again." in capsys.readouterr().err


@pytest.mark.parametrize("how", ["silent", "lists-nothing"])
def test_a_server_that_never_answers(odd: Callable[[str], Server], monkeypatch: pytest.MonkeyPatch, how: str) -> None:
    """Two lines after a time, and it is ended."""
    monkeypatch.setattr(server_module, "_START", 0.5)
    with pytest.raises(UsageError) as error:
        odd(how).refresh()
    assert error.value.what == "The MCP server 'odd' does not work: it does not answer."
    assert "mcp log odd" in error.value.next_step


def test_no_such_program(add: Add) -> None:
    """A program that ends at once, and one that is not there: two lines."""
    with pytest.raises(UsageError, match="does not work: MCPError: Connection closed"):
        add("a", "-c", "import sys; sys.exit('no licence')").refresh()
    with pytest.raises(UsageError, match="there is no program 'no-such-program'"):
        Servers().add("b", typed(["no-such-program", "--flag"])).refresh()


WRAPPERS = {
    "none": [],
    "sh": ["sh", "-c", '"$@"; exit', "sh"],
    "two": ["sh", "-c", '"$@"; exit', "sh", "sh", "-c", '"$@"; exit', "sh"],
}


@pytest.mark.parametrize("wrapper", WRAPPERS.values(), ids=list(WRAPPERS))
def test_no_orphans_after_kill_9(tmp_path: Path, wrapper: list[str]) -> None:
    """A server that heeds no end of stdin, SIGTERM or SIGHUP ends with a kernel that is killed; also below a wrapper.

    A process that the kernel forked still holds the pipe to the server, so nobody may wait for the end of that.
    """
    notes = tmp_path / "notes"
    command = [*wrapper, sys.executable, str(HERE / "odd_server.py"), "stubborn", str(notes)]
    code = (
        f"import os, time\nfrom neosantara_magic import mcp\nmcp('odd', command={command!r})\n"
        "if os.fork() == 0:\n    time.sleep(12)\n    os._exit(0)\n"
        "os.kill(os.getpid(), 9)"
    )
    subprocess.run([sys.executable, "-c", code], check=False, timeout=60, cwd=ROOT)
    child = int(notes.read_text().split()[1])
    until(lambda: not alive(child))


def test_no_orphans_of_a_wrapper_that_dies(add: Add, tmp_path: Path) -> None:
    """When only the wrapper is killed, what it started ends too, before the server is started again."""
    program = [sys.executable, str(HERE / "odd_server.py"), "stubborn", str(tmp_path / "notes")]
    server = add("odd", "-c", f"import subprocess, os\nprint(os.getpid(), file=open({str(tmp_path / 'pid')!r}, 'w'))\n"
                 f"subprocess.run({program!r})")  # fmt: skip
    assert called(server, "odd__go").status == "done"
    os.kill(int((tmp_path / "pid").read_text()), signal.SIGKILL)
    assert called(server, "odd__go").status == "done"
    until(lambda: not alive(int((tmp_path / "notes").read_text().split()[1])))


def test_closing_ends_it(odd: Callable[[str], Server], tmp_path: Path) -> None:
    """So does removing it, however stubborn it is."""
    server = odd("stubborn")
    server.refresh()
    server.close()
    until(lambda: not alive(int((tmp_path / "notes").read_text().split()[1])))
    assert repr(server) == "<MCP server odd: ended, 1 tools>"


def alive(process: int) -> bool:
    """Whether a process runs, and is no zombie that nobody has collected."""
    try:
        return Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False


def until(condition: Callable[[], bool], seconds: float = 10) -> None:
    """Wait until something holds."""
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.05)


# ------------------------------------------------------------------------------------------ what servers ask back


@pytest.mark.parametrize(
    ("lines", "told"),
    [
        (["y", "3", "ya"], 'accept: {"days":3,"urgent":true}'),
        (["y", "3", ""], 'accept: {"days":3,"urgent":false}'),
        (["y", "three", ""], "decline"),
        (["y", "", ""], "decline"),
        (["n"], "decline"),
        ([], "decline"),
    ],
)
def test_a_server_asks_the_user(shelf: Servers, library: Server, lines: list[str], told: str) -> None:
    """Its message is marked as its own; each field is a line; Enter, or nobody there, declines."""
    prompts: list[str] = []

    def question(prompt: str) -> str | None:
        prompts.append(prompt)
        return lines.pop(0) if lines else None

    shelf.question = question
    assert called(library, "library__lend_asking", title="Bumi").result == told
    assert prompts[0].startswith(
        "The MCP server library asks (never give it a password or a key):\n  | How long?\n  | "
    )


def test_sampling_is_refused(library: Server) -> None:
    """No server spends the user's money."""
    result = called(library, "library__think")
    assert result.status == "failed"


# ------------------------------------------------------------------------------------------------- over http


def test_over_http_with_a_header(monkeypatch: pytest.MonkeyPatch) -> None:
    """A header's value comes from the environment, and is never shown."""
    monkeypatch.setenv("LIBRARY_TOKEN", "Bearer rahasia-123456")
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    held = Servers()
    with subprocess.Popen(
        [sys.executable, HERE / "library_server.py", str(port)], stderr=subprocess.DEVNULL
    ) as process:
        try:
            until(lambda: listens(port), 30)
            where = f"http://127.0.0.1:{port}/mcp"
            server = held.add("library", typed([where], (), {"Authorization": "LIBRARY_TOKEN"}))
            result = called(server, "library__sent_header", header="authorization")
            assert result.status == "done"
            assert "rahasia" not in result.result
            assert server.where == f"{where} (LIBRARY_TOKEN)"
            assert called(server, "library__find_author", title="Laskar Pelangi").result == "Andrea Hirata"
        finally:
            held.close()
            process.terminate()


def listens(port: int) -> bool:
    """Whether somebody listens on a port."""
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0


@pytest.mark.parametrize(
    ("url", "what"),
    [
        ("http://127.0.0.1:9/mcp", "does not work"),
        ("http://elsewhere.example/mcp", "http only on this machine"),
        ("https://user:pass@elsewhere.example/mcp", "it needs a program, or one https address"),
        ("http://127.0.0.1:99999/", "it needs a program, or one https address"),
    ],
)
def test_addresses_that_do_not_work(url: str, what: str) -> None:
    """A port where nobody listens, plain http to elsewhere, a password in the address: two lines."""
    with pytest.raises(UsageError, match=what) as error:
        Servers().add("far", typed([url])).refresh()
    assert "user:pass" not in error.value.what


# ---------------------------------------------------------------------------------------------------- .mcp.json


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Give the working directory, with a ``.mcp.json`` that names the library."""
    monkeypatch.chdir(tmp_path)
    entry = {"command": sys.executable, "args": [str(HERE / "library_server.py")], "env": {"SHELF": "${SHELF:-A}"}}
    (tmp_path / ".mcp.json").write_text(json.dumps({"mcpServers": {"library": entry, "b ad": {"command": "x"}}}))
    return tmp_path


def test_a_server_of_the_folder_is_asked_about_once(folder: Path) -> None:
    """By its name and what it runs; then no more."""
    held, asked = Servers(), list[str]()
    held.question = lambda prompt: asked.append(prompt) or "y"
    try:
        for _ in range(2):
            assert "library__lend" in Toolbox.from_names(["library"], {}, held)
        [prompt] = asked
        assert prompt.startswith(".mcp.json in this folder names the MCP server 'library'. Start it? It runs: ")
        assert "library_server.py (SHELF)" in prompt
    finally:
        held.close()


def test_a_server_of_the_folder_that_fails_is_read_anew(folder: Path) -> None:
    """A failed start keeps nothing, so that a corrected file counts; its name is suggested."""
    right = (folder / ".mcp.json").read_text()
    (folder / ".mcp.json").write_text(right.replace("library_server.py", "no_such_file.py"))
    held = Servers()
    with pytest.raises(UsageError, match="does not work"):
        held.find("library", agreed=True)
    assert [*held] == []
    until(lambda: b"no_such_file.py" in held.get("library").log)
    (folder / ".mcp.json").write_text(right)
    with pytest.raises(UsageError, match="Did you mean library"):
        Toolbox.from_names(["librari"], {}, held)
    try:
        assert held.find("library", agreed=True)
    finally:
        held.close()


def test_a_refused_change_keeps_the_server_that_works(add: Add) -> None:
    """The same name with a command that fails leaves the earlier one running."""
    works = add("a", str(HERE / "odd_server.py"))
    with pytest.raises(UsageError, match="does not work"):
        add("a", "no_such_file.py")
    assert Toolbox.from_names([works], {}).keys() == {"a__go"}
    assert works.state == "running"


@pytest.mark.parametrize("answer", [None, "", "n"])
def test_a_server_of_the_folder_is_not_started_without_a_yes(folder: Path, answer: str | None) -> None:
    """Two lines, and no process."""
    held = Servers()
    held.question = lambda _prompt: answer
    with pytest.raises(UsageError, match="nobody said yes"):
        Toolbox.from_names(["library"], {}, held)
    assert [*held] == []


def test_names_that_no_server_has(folder: Path) -> None:
    """A name of the folder that can't be one is told; an unknown name is the toolbox's error."""
    with pytest.raises(UsageError, match="its name must be"):
        Servers().find("b ad", agreed=True)
    with pytest.raises(UsageError, match="nothing"):
        Toolbox.from_names(["nothing"], {}, Servers())


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("{", "Expecting property name"),
        ("[]", "list indices must be integers"),
        ('{"mcpServers": [1]}', "cannot convert"),
        ("{}", "mcpServers"),
        ("[" * 100_000, "recursion"),
        ("\xff\xfe", "can't be read"),
    ],
)
def test_a_file_that_cannot_be_read(folder: Path, text: str, reason: str) -> None:
    """Two lines; a name that a variable has is found without it."""
    (folder / ".mcp.json").write_text(text, "latin-1")
    with pytest.raises(UsageError, match=re.escape(reason)) as error:
        Toolbox.from_names(["library"], {}, Servers())
    assert error.value.what.startswith(".mcp.json can't be read: ")
    assert [*Toolbox.from_names(["json.dumps"], {"json": json})] == ["json_dumps"]


@pytest.mark.parametrize("entry", [{}, {"command": 3}, {"url": 3}, "x", {"args": []}, {"command": "x", "args": "y"}])
def test_entries_that_are_no_server(folder: Path, entry: object) -> None:
    """They are told when they are used, and do not hide the others."""
    (folder / ".mcp.json").write_text(json.dumps({"mcpServers": {"a": entry, "b": {"command": "x"}}}))
    assert Servers().find("c") is None
    with pytest.raises(UsageError, match="it needs a program"):
        Servers().find("a", agreed=True)


def test_a_variable_that_is_not_set(folder: Path) -> None:
    """Two lines that name it."""
    (folder / ".mcp.json").write_text(json.dumps({"mcpServers": {"a": {"command": "x", "env": {"K": "${NOT_SET}"}}}}))
    held = Servers()
    held.question = lambda _prompt: "y"
    with pytest.raises(UsageError, match="the environment variable NOT_SET is not set"):
        Toolbox.from_names(["a"], {}, held)


# -------------------------------------------------------------------------------------------------- from Python


def test_without_the_extra(monkeypatch: pytest.MonkeyPatch, odd: Callable[[str], Server]) -> None:
    """The error names what to install."""
    monkeypatch.setitem(sys.modules, "mcp", None)
    with pytest.raises(UsageError) as error:
        odd("good").refresh()
    assert error.value.what == 'This needs "neosantara-magic[mcp]", which is not installed.'
    assert 'pip install "neosantara-magic[mcp]"' in error.value.next_step


def test_from_python(monkeypatch: pytest.MonkeyPatch) -> None:
    """``mcp`` is the function, though a package has that name and was imported before."""
    import neosantara_magic
    from neosantara_magic import mcp

    monkeypatch.setattr(servers_module, "servers", Servers())
    command = [sys.executable, str(HERE / "library_server.py")]
    for add_server in (mcp, neosantara_magic.mcp):
        assert add_server("library", command=command).tools[0].spec.name == "library__find_author"
    assert len([*servers_module.servers]) == 1
    servers_module.servers.close()
    for bad in ({}, {"command": "x", "url": "https://a.example"}):
        with pytest.raises(UsageError, match="it needs a program"):
            mcp("library", **bad)
    with pytest.raises(UsageError, match="its name must be"):
        mcp("a b", command="x")
    monkeypatch.setenv("TOKEN", "from-the-environment")
    for env in ({"TOKEN": "typed"}, ["TOKEN=typed"], [""]):
        with pytest.raises(UsageError, match="goes by its name alone") as error:
            mcp("library", command=command, env=env)
        assert "=typed" not in str(error.value)
    assert mcp("library", command=command, env="TOKEN").entry.env == {"TOKEN": "from-the-environment"}
    servers_module.servers.close()


def test_two_calls_notice_one_death(odd: Callable[[str], Server], tmp_path: Path) -> None:
    """Calls that run at once and lose their server start it once again, not once each."""
    toolbox = Toolbox.from_names([odd("dies")], {})
    calls = [ToolCall(str(n), "odd__go", "{}") for n in range(3)]
    events = [*call_all(calls, toolbox, approve=Approver("never"), cancel=Cancel(), capture=capture_prints)]
    results = [event.result for event in events if isinstance(event, ToolReturned)]
    assert [result.status for result in results] == ["done"] * 3
    assert (tmp_path / "notes").read_text().split().count("started") == 2
