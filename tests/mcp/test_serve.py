"""Functions for agents outside: ``serve`` in a real kernel, called by two clients that none of us wrote."""

from __future__ import annotations

import asyncio
import json
import re
import socket
import subprocess
import sys
import time
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import AbstractAsyncContextManager, asynccontextmanager, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx2
import pytest

from kernels import Kernel, Run

pytest.importorskip("mcp.client", reason="the extra mcp is not installed")

import agents

pytestmark = pytest.mark.kernel

FUNCTIONS = """%load_ext neosantara_magic
import asyncio, os, threading, time
from neosantara_magic import serve, tool
done = []

def add(a: int, b: int) -> int:
    "Add two numbers."
    print("adding", a)
    done.append(a)
    return a + b

def where() -> str:
    "Say where this runs."
    return threading.current_thread().name

def sleep(seconds: float) -> str:
    "Sleep."
    done.append("asleep")
    time.sleep(seconds)
    return "awake"

@tool(parallel=True)
def apart() -> str:
    return threading.current_thread().name

@tool(confirm=True)
def risky(path: str) -> str:
    "Do what must be asked for."
    done.append(path)
    return "did it"
"""


@dataclass
class Served:
    """A serving cell, and what an agent's configuration holds."""

    kernel: Kernel
    run: Run
    url: str
    token: str

    @property
    def shown(self) -> str:
        """What the cell shows by now, in all forms."""
        time.sleep(0.5)  # it is painted a little later
        self.kernel.value("0")
        return json.dumps(self.run.outputs)

    @property
    def calls(self) -> str:
        """The calls as plain text."""
        assert self.shown
        return str(self.run.bundles[-1]["text/plain"])


def serve(kernel: Kernel, what: str, *, cell: str = "served", **how: Any) -> Served:
    """Run a serving cell after the functions."""
    if kernel.value("'add' in globals()") == "False":
        assert kernel.execute(FUNCTIONS).error is None
    run = kernel.execute(f"_served = %neosantara serve {what}", cell_id=cell, **how)
    assert run.error is None, run.error
    token = Path(kernel.value("str(_served.token_file)").strip("'")).read_text("utf-8")
    return Served(kernel, run, kernel.value("_served.url").strip("'"), token)


def calling(client: Any, progress: str, **how: Any) -> Callable[..., Any]:
    """Return what lists the tools, or calls one and returns (texts, is_error); ``progress`` is the client's word."""

    async def call(name: str, heard: list[str] | None = None, /, **arguments: Any) -> Any:
        async def hear(_seconds: float, _total: float | None, message: str | None) -> None:
            if heard is not None:
                heard.append(str(message))

        if name == "list":
            listed = await client.list_tools()
            return getattr(listed, "tools", listed)
        answer = await client.call_tool(name, arguments, **{progress: hear}, **how)
        return [one.text for one in answer.content], answer.is_error

    return call


@asynccontextmanager
async def official(served: Served) -> AsyncIterator[Callable[..., Any]]:
    """Connect the official client."""
    async with agents.agent(served.url, served.token) as client:
        yield calling(client, "progress_callback")


@asynccontextmanager
async def fastmcp(served: Served) -> AsyncIterator[Callable[..., Any]]:
    """Connect a fastmcp client in the same way."""
    client_class = pytest.importorskip("fastmcp").Client
    async with client_class(served.url, auth=served.token) as client:
        yield calling(client, "progress_handler", raise_on_error=False)


Connect = Callable[[Served], AbstractAsyncContextManager[Callable[..., Any]]]
CLIENTS = pytest.mark.parametrize("connect", [official, fastmcp])


def once(served: Served, name: str, /, connect: Connect = official, **arguments: Any) -> Any:
    """Connect, call one tool, and leave."""

    async def main() -> Any:
        async with connect(served) as call:
            return await call(name, **arguments)

    return asyncio.run(asyncio.wait_for(main(), 60))


@CLIENTS
def test_lists_and_calls_with_the_schemas_and_checks_of_the_model(kernel: Kernel, connect: Connect) -> None:
    """Both clients see the tools as the model does, wrong calls are told as the model is, and each call leaves a card."""
    served = serve(kernel, "add, where")

    async def main() -> None:
        async with connect(served) as call:
            add, where = await call("list")
            assert (add.name, add.description, where.name) == ("add", "Add two numbers.", "where")
            assert add.input_schema["properties"]["a"]["type"] == "integer"
            assert add.input_schema["required"] == ["a", "b"]
            assert await call("add", a=40, b=2) == (["42"], False)
            assert await call("add", a="40", b=2.0) == (["42"], False)
            assert await call("where") == (["MainThread"], False)
            [told], failed = await call("add", a="x")
            assert failed
            assert "a: Input should be a valid integer" in told
            assert "b: required" in told
            [told], failed = await call("ad", a=1, b=2)
            assert failed
            assert "Did you mean add?" in told

    asyncio.run(main())
    assert "calls: 5" in served.calls
    assert '[add({"a": 40, "b": 2})] done: 42' in served.calls
    assert "failed: The arguments do not fit" in served.calls
    stored = served.run.bundles[-1]
    assert "adding 40" in stored["text/html"]  # what it printed stands in its card
    assert served.run.stdout == ""
    assert set(stored) == {"text/html", "text/markdown", "text/plain"}


def test_a_raised_error_and_a_long_result_are_as_the_model_is_told(kernel: Kernel) -> None:
    """One line for what was raised, and a cut at the limit of results."""
    kernel.execute(FUNCTIONS)
    kernel.execute("def boom() -> str: raise ValueError('no')\ndef long() -> str: return 'x' * 50_000")
    served = serve(kernel, "boom,long")
    assert once(served, "boom") == (["ValueError: no"], True)
    [told], failed = once(served, "long")
    assert not failed
    assert 20_000 <= len(told) < 20_200


def test_an_image_travels_as_an_image(kernel: Kernel) -> None:
    """A returned image is an image part, and stands in the card."""
    kernel.execute(FUNCTIONS)
    made = "from PIL import Image\ndef picture() -> object:\n    return Image.new('RGB', (2, 2))"
    assert kernel.execute(made).error is None
    served = serve(kernel, "picture")

    async def main() -> list[Any]:
        from fastmcp import Client

        async with Client(served.url, auth=served.token) as client:
            return list((await client.call_tool("picture")).content)

    assert ("image", "image/png") in [(one.type, getattr(one, "mime_type", "")) for one in asyncio.run(main())]
    assert "<img src=" in served.shown


@pytest.mark.parametrize("token", ["", "Bearer wrong", "Bearer {token}x", "bearer {token}", "{token}", "Basic {token}"])
def test_only_the_token_opens(kernel: Kernel, token: str) -> None:
    """Anything but the exact header is 401, without a body, and no call."""
    served = serve(kernel, "add")
    headers = {"authorization": token.format(token=served.token)} if token else {}
    answer = httpx2.post(served.url, headers=headers, json={"jsonrpc": "2.0", "id": 1, "method": "tools/list"})
    assert (answer.status_code, answer.content) == (401, b"")
    assert "calls: 0" in served.calls


@pytest.mark.parametrize(
    ("name", "value", "status"),
    [
        ("host", "evil.example", 421),
        ("host", "evil.example:{port}", 421),
        ("host", "127.0.0.1:1", 421),
        ("origin", "http://evil.example", 403),
        ("origin", "null", 403),
        ("origin", "http://127.0.0.1:8888", 403),  # JupyterLab's own pages are none of ours
    ],
)
def test_a_page_cannot_reach_it_under_another_name(kernel: Kernel, name: str, value: str, status: int) -> None:
    """Host and Origin are this server's, port included (DNS rebinding)."""
    served = serve(kernel, "add")
    port = served.url.split(":")[2].split("/")[0]
    headers = {
        "authorization": f"Bearer {served.token}",
        "accept": "application/json, text/event-stream",
        name: value.format(port=port),
    }
    hello = {"protocolVersion": "2025-06-18", "capabilities": {}, "clientInfo": {"name": "t", "version": "1"}}
    body = {"jsonrpc": "2.0", "id": 1, "method": "initialize", "params": hello}
    assert httpx2.post(served.url, headers=headers, json=body).status_code == status
    headers.pop(name)
    assert httpx2.post(served.url, headers=headers, json=body).status_code == 200
    assert kernel.execute("1").stderr == ""


def test_only_loopback_is_bound(kernel: Kernel) -> None:
    """Nothing but 127.0.0.1 listens."""
    serve(kernel, "add")
    assert kernel.value("_served._uvicorn.servers[0].sockets[0].getsockname()[0]") == "'127.0.0.1'"


@CLIENTS
def test_a_busy_kernel_says_so_and_calls_run_between_two_cells(kernel: Kernel, connect: Connect) -> None:
    """Also between two cells of a Run All; a worker needs no turn."""
    served = serve(kernel, "add,apart")
    heard: list[str] = []

    async def main() -> None:
        async with connect(served) as call:
            kernel.start("time.sleep(1.6); done.append('first')")
            second = kernel.start("time.sleep(0.2); done.append('second')")
            last = kernel.start("time.sleep(1); done.append('last')")
            await asyncio.sleep(0.3)
            assert await call("apart") == (["neosantara-tool"], False)
            assert not second.done
            assert await call("add", heard, a=1, b=2) == (["3"], False)
            last.finish()

    asyncio.run(main())
    assert "waiting: a cell of the notebook runs" in heard
    order = kernel.value("done")
    assert order in ("['first', 1, 'second', 'last']", "['first', 'second', 1, 'last']")


def test_a_cell_that_awaits_is_a_cell_that_runs(kernel: Kernel) -> None:
    """The kernel's loop turns meanwhile, but no call gets in between two lines of a cell."""
    served = serve(kernel, "add")
    run = kernel.start("await asyncio.sleep(2); done.append('cell')")
    time.sleep(0.3)
    assert once(served, "add", a=1, b=2) == (["3"], False)
    run.finish()
    assert kernel.value("done") == "['cell', 1]"


def test_a_kernel_that_stays_busy_refuses_after_the_timeout(kernel: Kernel) -> None:
    """The call is refused in time, and never runs after that."""
    served = serve(kernel, "add --timeout 1")
    run = kernel.start("time.sleep(4)")
    time.sleep(0.3)
    began = time.monotonic()
    [told], failed = once(served, "add", a=1, b=2)
    assert time.monotonic() - began < 3
    assert failed
    assert told == "This call was not run: waiting: a cell of the notebook runs, and 1 seconds have passed."
    run.finish()
    assert kernel.value("done") == "[]"
    assert "refused: Not run: it waited too long, or" in served.calls


def test_nobody_to_ask_means_refused(kernel: Kernel) -> None:
    """A function that asks first is not run where no buttons are."""
    served = serve(kernel, "risky")  # jupyter_client is no page with buttons
    [told], failed = once(served, "risky", path="x")
    assert failed
    assert "nobody can be asked here" in told
    assert kernel.value("done") == "[]"


@pytest.mark.parametrize("answer", ["Run", "Refuse", "late"])
def test_the_user_decides_in_the_output(kernel: Kernel, answer: str) -> None:
    """Run, Refuse, or no answer in time; the buttons leave nothing behind, and the arguments cannot be markup."""
    kernel.execute(FUNCTIONS)
    kernel.execute(
        "import neosantara_magic.commands.mcp as ours\nfrom neosantara_magic.ipython.front_ends import FrontEnd\n"
        "ours.front_end_of = lambda shell: FrontEnd('a page', None, page=True)"
    )
    served = serve(kernel, "risky,add --timeout 3", allow_stdin=True)
    path = "<b>x</b>"

    async def main() -> Any:
        async with official(served) as call:
            asked = asyncio.create_task(call("risky", path=path))
            await asyncio.sleep(0.7)
            assert await call("add", a=1, b=2) == (["3"], False)  # a question holds up nobody else
            assert '"application/vnd.jupyter.widget-view+json"' in served.shown
            opened = [m["content"] for m in served.run.messages if m["msg_type"] == "comm_open"]
            opened = opened or json.loads(kernel.value("__import__('json').dumps(_widgets())").strip("'"))
            if answer != "late":
                kernel.send_comm(
                    next(one["comm_id"] for one in opened if one["description"] == answer),
                    {"method": "custom", "content": {"event": "click"}},
                )
            return await asked

    kernel.execute(
        "def _widgets():\n"
        "    import ipywidgets\n"
        "    from ipywidgets.widgets.widget import _instances\n"
        "    return [{'comm_id': w.model_id, 'description': w.description}\n"
        "            for w in list(_instances.values()) if isinstance(w, ipywidgets.Button)]"
    )
    [told], failed = asyncio.run(asyncio.wait_for(main(), 60))
    assert (told, failed) == {
        "Run": ("did it", False),
        "Refuse": ("The user refused this call, so it was not run.", True),
        "late": ("This call was not run: waiting for the user's decision, and 3 seconds have passed.", True),
    }[answer]
    assert kernel.value("done") == (f"[1, {path!r}]" if answer == "Run" else "[1]")
    assert "widget-view" not in served.shown
    assert "<b>x</b>" not in served.run.bundles[-1]["text/html"]
    assert kernel.value("_widgets()") == "[]"  # no widget stays behind


def test_an_interrupt_stops_the_call_that_runs_and_nothing_else(kernel: Kernel) -> None:
    """An interrupt is heard by a call as by a cell, and by nothing in between."""
    served = serve(kernel, "sleep,add")

    async def main() -> None:
        async with official(served) as call:
            asleep = asyncio.create_task(call("sleep", seconds=30))
            await asyncio.sleep(0.7)
            kernel.interrupt()
            assert await asyncio.wait_for(asleep, 5) == (["The user stopped this call."], True)
            kernel.interrupt()  # between two cells there is nothing to stop
            assert await call("add", a=1, b=2) == (["3"], False)

    asyncio.run(main())
    run = kernel.start("time.sleep(30)")
    time.sleep(0.3)
    kernel.interrupt()
    assert run.finish(10).error is not None
    assert "sleep" in served.calls
    assert "failed: The user stopped this call." in served.calls


def test_two_clients_take_turns(kernel: Kernel) -> None:
    """Calls of two agents run one after another."""
    served = serve(kernel, "add,sleep")

    async def main() -> None:
        async with official(served) as one, fastmcp(served) as other:
            asleep = asyncio.create_task(one("sleep", seconds=0.8))
            await asyncio.sleep(0.3)
            assert await asyncio.gather(other("add", a=1, b=2), one("add", a=2, b=2)) == [
                (["3"], False),
                (["4"], False),
            ]
            assert asleep.done()
            assert await asleep == (["awake"], False)

    asyncio.run(main())
    assert kernel.value("sorted(done, key=str)") == "[1, 2, 'asleep']"


@contextmanager
def agent(served: Served, name: str, **arguments: Any) -> Iterator[subprocess.Popen[bytes]]:
    """Run the official client in a process of its own; it calls when it hears a line."""
    command = [sys.executable, agents.__file__, served.url, served.token, name, json.dumps(arguments)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as one:
        assert one.stdout is not None
        assert one.stdout.readline() == b"ready\n"
        yield one
        one.kill()


def tell(one: subprocess.Popen[bytes]) -> None:
    """Let an agent call."""
    assert one.stdin is not None
    one.stdin.write(b"\n")
    one.stdin.flush()
    time.sleep(0.5)


def test_a_client_that_goes_away_leaves_no_call_behind(kernel: Kernel) -> None:
    """A call that waits is dropped with its agent; one that runs ends quietly."""
    served = serve(kernel, "add,sleep")
    with agent(served, "add", a=1, b=2) as goes, agent(served, "add", a=2, b=2) as stays:
        run = kernel.start("time.sleep(4)")
        tell(goes)
        tell(stays)
        goes.kill()
        run.finish()
        assert stays.wait(20) == 0
    assert kernel.value("done") == "[2]"
    assert "refused: Not run: it waited too long, or the agent has gone." in served.calls
    with agent(served, "sleep", seconds=6) as goes:
        tell(goes)
    time.sleep(2.5)  # it has been noticed by then, and the function runs on
    assert httpx2.get(served.url, timeout=2).status_code == 401
    assert once(served, "add", a=3, b=2) == (["5"], False)
    assert '[sleep({"seconds": 6})] done: awake' in served.calls


def test_serve_off_ends_it_and_answers_what_waits(kernel: Kernel) -> None:
    """The port is closed, the token's file gone, and a new server has a new token."""
    served = serve(kernel, "add")
    file = Path(kernel.value("str(_served.token_file)").strip("'"))
    assert (file.stat().st_mode & 0o777) == 0o600

    async def main() -> Any:
        async with official(served) as call:
            run = kernel.start("time.sleep(1)\n%neosantara serve off")
            await asyncio.sleep(0.2)
            answer = await call("add", a=1, b=2)
            assert "No functions are served here now." in run.finish().stdout
            return answer

    assert asyncio.run(asyncio.wait_for(main(), 30)) == (
        ["This call was not run: these functions are not served any more."],
        True,
    )
    assert not file.exists()
    with pytest.raises(httpx2.ConnectError):
        httpx2.get(served.url)
    assert served.calls.endswith("\nNo functions are served here now.")
    assert kernel.execute("%neosantara serve off").error is None
    assert serve(kernel, "add").token != served.token


def test_a_second_serving_cell_replaces_the_first(kernel: Kernel) -> None:
    """At the same address with the same token; the first cell says so. Another port is another server."""
    first = serve(kernel, "add")

    async def main() -> None:
        async with official(first) as call:
            assert await call("add", a=1, b=2) == (["3"], False)
            second = serve(kernel, "where", cell="other")
            assert (second.url, second.token) == (first.url, first.token)  # the agent's configuration goes on
            assert [one.name for one in await call("list")] == ["where"]
            assert (await call("where"))[1] is False
            assert second.calls.startswith("[where({})] done: MainThread")

    asyncio.run(main())
    assert first.run.bundles[-1]["text/plain"].endswith("] done: 3\nReplaced by a later serving cell.")
    with socket.create_server(("127.0.0.1", 0)) as found:
        port = found.getsockname()[1]
    third = serve(kernel, f"add --port {port}", cell="third")
    assert third.url == f"http://127.0.0.1:{port}/mcp"
    with pytest.raises(httpx2.ConnectError):
        httpx2.get(first.url)


def test_a_function_that_is_defined_anew_counts_and_reset_ends_nothing(kernel: Kernel) -> None:
    """The live function is called; what is gone or no tool stays as it was."""
    served = serve(kernel, "add")
    kernel.execute("def add(a: int, b: int) -> str:\n    return f'{a} and {b}'")
    assert once(served, "add", a=1, b=2) == (["1 and 2"], False)
    kernel.execute("def add(a: 'nonsense['): pass")  # no tool: the last one stays
    assert once(served, "add", a=1, b=2) == (["1 and 2"], False)
    kernel.execute("%reset -f")
    assert once(served, "add", a=1, b=2) == (["1 and 2"], False)


def test_unloading_ends_it(kernel: Kernel) -> None:
    """%unload_ext stops the server."""
    served = serve(kernel, "add")
    assert kernel.execute("%unload_ext neosantara_magic").error is None
    with pytest.raises(httpx2.ConnectError):
        httpx2.get(served.url)


def test_the_kernels_end_ends_it(fresh_kernel: Kernel) -> None:
    """No token's file and no port stay behind."""
    served = serve(fresh_kernel, "add")
    file = Path(fresh_kernel.value("str(_served.token_file)").strip("'"))
    fresh_kernel._client.shutdown()
    deadline = time.monotonic() + 15
    while fresh_kernel._manager.is_alive() and time.monotonic() < deadline:
        time.sleep(0.1)
    assert not fresh_kernel._manager.is_alive()
    assert not file.exists()
    with pytest.raises(httpx2.ConnectError):
        httpx2.get(served.url)


def test_the_notebook_holds_the_configuration_and_never_the_token(kernel: Kernel) -> None:
    """The block can be copied as it is, and no message of the kernel ever holds the token."""
    served = serve(kernel, "add")
    once(served, "add", a=1, b=2)
    kernel.execute("def tell() -> str:\n    return 'no more'")
    assert served.token not in served.shown
    assert served.token not in json.dumps(served.run.messages, default=str)
    block = str(served.run.bundles[0]["text/plain"])
    claude = re.search(r'^claude mcp add .* --header "Authorization: Bearer (\$\(cat .*\))"$', block, re.MULTILINE)
    assert claude is not None
    read = subprocess.run(["sh", "-c", f'printf %s "{claude[1]}"'], capture_output=True, text=True, check=True)
    assert read.stdout == served.token
    code, cursor = (json.loads(one) for one in re.findall(r"^\{.*?^\}", block, re.MULTILINE | re.DOTALL))
    assert code["servers"]["neosantara"]["url"] == cursor["mcpServers"]["neosantara"]["url"] == served.url
    assert code["servers"]["neosantara"]["headers"] == {"Authorization": "Bearer ${input:neosantara-token}"}
    assert set(served.run.bundles[0]) == {"text/html", "text/markdown", "text/plain"}


@pytest.mark.parametrize(
    ("line", "lines"),
    [
        ("serve ad", ["serve: there is no 'ad' in this notebook.\nDid you mean add?"]),
        (
            "serve os",
            ["serve: 'os' is a value of type module, not a function.\nName a function, also as module.function"],
        ),
        ("serve", ["%neosantara serve needs more words."]),
        ("serve add --port {taken}", ["Port {taken} cannot be used: Address already in use.", "--port"]),
        ("serve add --port 70000", ["--port"]),
        ("serve add --port x", ["--port"]),
        ("serve add --timeout 0", ["--timeout"]),
    ],
)
def test_bad_input_is_two_lines(kernel: Kernel, line: str, lines: list[str]) -> None:
    """What is wrong, and the next step; nothing is shown or served."""
    kernel.execute(FUNCTIONS)
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        run = kernel.execute(f"%neosantara {line.format(taken=port)}")
    assert run.error is not None
    assert run.error.name == "UsageError"
    assert len(run.error.traceback) == 2
    for one in lines:
        assert one.format(taken=port) in run.error.value
    assert not run.bundles
    assert kernel.value("get_ipython().find_line_magic('neosantara').__self__.surroundings()[0].serving") == "None"


def test_without_the_extra_two_lines_name_it(kernel: Kernel) -> None:
    """Two lines with what to install."""
    kernel.execute(FUNCTIONS)
    kernel.execute("import sys; kept = dict(sys.modules); sys.modules['mcp'] = None")
    run = kernel.execute("%neosantara serve add")
    kernel.execute("sys.modules.update(kept)")
    assert run.error is not None
    assert 'pip install "neosantara-magic[mcp]"' in run.error.value


def test_from_python(kernel: Kernel) -> None:
    """`serve()` takes functions and returns the server, which is shown once and tells no token."""
    kernel.execute(FUNCTIONS)
    run = kernel.execute("_served = serve([add, where], timeout=5)\n_served", cell_id="a")
    assert run.error is None
    assert len(run.bundles) == 2  # the block and the calls, nothing twice
    token = Path(kernel.value("str(_served.token_file)").strip("'")).read_text("utf-8")
    served = Served(kernel, run, kernel.value("_served.url").strip("'"), token)
    assert [one.name for one in once(served, "list")] == ["add", "where"]
    assert token not in kernel.value("(_served, vars(_served).keys())")
    kernel.execute("_served.stop(); _served.stop()")
    with pytest.raises(httpx2.ConnectError):
        httpx2.get(served.url)
    error = kernel.execute("serve(add, port=-1)").error
    assert error is not None
    assert "port" in error.value


def test_tab_offers_functions(kernel: Kernel) -> None:
    """Also after a comma; options too."""
    kernel.execute(FUNCTIONS)
    assert {"add", "where", "risky"} <= set(kernel.complete("%neosantara serve "))
    assert kernel.complete("%neosantara serve add,wh") == ["where"]
    assert kernel.complete("%neosantara serve add --po") == ["--port"]
