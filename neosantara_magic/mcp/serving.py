"""Functions of the notebook for agents outside: a server for a kernel, a desk for a serving cell, and the calls.

Not for: what the user types (``commands/mcp.py``). The package ``mcp`` is imported here: load this when it is needed.

A call runs in the kernel's main thread between two cells, so that functions may use sqlite and Matplotlib and can be
interrupted. Those of ``parallel=True`` and async functions run in a thread of their own, also while a cell runs.
"""

from __future__ import annotations

import asyncio
import atexit
import json
import logging
import os
import secrets
import signal
import socket
import tempfile
import threading
import time
from collections import deque
from collections.abc import Callable, Sequence
from concurrent.futures import Future, InvalidStateError
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

import uvicorn
from mcp import types
from mcp.server.lowlevel import Server
from mcp.server.transport_security import TransportSecuritySettings

from ..errors import in_one_line
from ..events import ToolAsked, ToolReturned
from ..ipython.notebook import Notebook
from ..messages import ToolCall, ToolResult
from ..public import capture
from ..redaction import redact_all
from ..render.forms import HTML
from ..render.renderer import Clock, Pace
from ..render.rounds import Card
from ..render.static import quiet_line
from ..scope import Cancel
from ..texts import say
from ..tools.approval import Approver, Decision
from ..tools.call import call_all, refuse
from ..tools.toolbox import Toolbox

Ask = Callable[[ToolCall, str, Callable[[Decision], None]], tuple[dict[str, Any], Callable[[], None]]]
"""Asks about a call, below HTML: returns what to show, and what takes it away again."""
_MOST_CARDS = 20  # in the output; of more, the newest


class HttpServer:
    """Streamable HTTP on a socket that listens on loopback, in a thread of its own.

    A page in the user's browser may reach loopback too, under a name of its own (DNS rebinding), so Host and Origin
    must be this server's. The token stands in a file that only the user can read, never in the notebook.

    Attributes:
        url: Where agents find it.
        token_file: Holds the token that they have to send.
    """

    def __init__(self, listening: socket.socket) -> None:
        self.port: int = listening.getsockname()[1]
        self.url = f"http://127.0.0.1:{self.port}/mcp"
        self.desk: Desk | None = None  # takes the calls; none before it serves, and when it has stopped
        self._token = secrets.token_urlsafe(32)
        handle, self.token_file = tempfile.mkstemp(prefix="neosantara-serve-", suffix=".token")  # for its owner alone
        with open(handle, "w", encoding="ascii") as file:  # noqa: PTH123
            file.write(self._token)
        for library in ("mcp", "sse_starlette"):  # what they say of strangers' requests is no output of a cell
            logging.getLogger(library).addHandler(logging.NullHandler())
        how: dict[str, Any] = {"loop": "asyncio", "ws": "none", "log_config": None, "log_level": "critical"}
        self._uvicorn = uvicorn.Server(uvicorn.Config(self._app(), timeout_graceful_shutdown=0, **how))
        self._thread = threading.Thread(target=self._uvicorn.run, args=([listening],), daemon=True)
        self._thread.start()
        atexit.register(self.stop)

    def stop(self) -> None:
        """Serve nothing any more; what waits is refused, and the token opens nothing from now on."""
        atexit.unregister(self.stop)
        with suppress(OSError):  # somebody tidied up
            os.unlink(self.token_file)  # noqa: PTH108
        self._uvicorn.should_exit = True
        if self.desk is not None:
            self.desk.close("serve.ended")
            self.desk = None
        self._thread.join(timeout=3)

    def _app(self) -> Any:
        hosts = [f"{name}:{self.port}" for name in ("127.0.0.1", "localhost")]
        security = TransportSecuritySettings(allowed_hosts=hosts, allowed_origins=[f"http://{host}" for host in hosts])
        server: Server[Any] = Server("neosantara-magic", on_list_tools=self._list, on_call_tool=self._call)
        inner = server.streamable_http_app(transport_security=security)
        wanted = f"Bearer {self._token}".encode()

        async def app(scope: Any, receive: Any, send: Any) -> None:
            given = [value for name, value in scope.get("headers", ()) if name == b"authorization"]
            if scope["type"] == "lifespan" or (len(given) == 1 and secrets.compare_digest(given[0], wanted)):
                await inner(scope, receive, send)
                return
            headers = [(b"www-authenticate", b"Bearer"), (b"content-length", b"0")]
            await send({"type": "http.response.start", "status": 401, "headers": headers})
            await send({"type": "http.response.body"})

        return app

    async def _list(self, _context: Any, _params: Any) -> types.ListToolsResult:
        specs = self.desk.tools.specs if self.desk is not None else ()
        tools = [types.Tool(name=s.name, description=s.description, input_schema=dict(s.parameters)) for s in specs]
        return types.ListToolsResult(tools=tools)

    async def _call(self, context: Any, params: types.CallToolRequestParams) -> types.CallToolResult:
        assert self.desk is not None  # noqa: S101  (it stops before its desk is gone)
        call = ToolCall(str(context.request_id), params.name, json.dumps(params.arguments or {}, ensure_ascii=False))
        served, seconds = self.desk.take(call), self.desk.timeout
        answered, began = asyncio.wrap_future(served.future), time.monotonic()
        try:
            while not (await asyncio.wait([answered], timeout=1))[0]:
                waited = time.monotonic() - began
                if waited >= seconds:
                    served.give_up(f"{served.state}, and {seconds:g} seconds have passed")
                elif await context.request.is_disconnected():
                    answered.cancel()
                await context.session.report_progress(waited, message=served.state)
        finally:
            answered.cancel()  # the agent has gone: what has not begun never does
        # A function that still runs has lost its agent: waiting for it here would hold up all others.
        ended = served.future.done() and not served.future.cancelled()
        result = served.future.result() if ended else served.refusal
        content: list[Any] = [types.TextContent(type="text", text=result.result)]
        for image in result.images:
            if image.media_type:
                data = image.url.partition(",")[2]
                content.append(types.ImageContent(type="image", data=data, mime_type=image.media_type))
        return types.CallToolResult(content=content, is_error=result.error is not None)


@dataclass(eq=False)
class Desk:
    """Takes the calls for one serving cell, and shows them there. Make it in that cell, on the kernel's loop."""

    notebook: Notebook
    names: Sequence[Any]  # what is served
    url: str
    timeout: float  # seconds that a call may wait, for the kernel and for the user
    limit: int  # characters of a result
    ask: Ask | None  # None where nobody can be asked

    def __post_init__(self) -> None:
        """Watch for cells, and show that there were no calls yet."""
        self.loop = asyncio.get_running_loop()
        self._depth = 1  # cells that run, one inside the other
        self.jobs: deque[Callable[[], None]] = deque()
        self._cards: list[Card] = []
        self._count = 0
        self.open: list[_Served] = []  # calls without an answer
        self._asked: tuple[_Served, Callable[[], None]] | None = None
        self._pace = Pace(self._frame, Clock())
        self.paint: Callable[[], None] = lambda: self._pace.later(0.2)  # no answer waits for it
        self._outlet = self.notebook.outlet()
        self._ended = ""
        self._find: Callable[[], Toolbox] = lambda: Toolbox.from_names(self.names, self.notebook.namespace)
        self.tools = self._find()
        self.notebook.shell.events.register("pre_execute", self._cell_begins)
        self.notebook.shell.events.register("post_execute", self._cell_ends)
        self._frame()

    def close(self, why: str) -> None:
        """Refuse what waits, and say in the output why nothing is served there any more."""
        self.notebook.shell.events.unregister("pre_execute", self._cell_begins)
        self.notebook.shell.events.unregister("post_execute", self._cell_ends)
        for served in [*self.open]:
            served.give_up("these functions are not served any more")
        self._ended = say(why)
        self._pace.wish(now=True)

    def take(self, call: ToolCall) -> _Served:
        """Take in a call, which runs when it can."""
        served = _Served(call, self)
        self._count += 1
        self._cards = [*self._cards, served.card][-_MOST_CARDS:]
        self.open.append(served)
        served.go_on()
        return served

    def _cell_begins(self) -> None:
        self._depth += 1

    def _cell_ends(self) -> None:
        self._depth = max(0, self._depth - 1)
        with suppress(Exception):  # a function that is gone, or no tool any more, stays as it was
            self.tools = self._find()
        self.loop.call_soon(self.next)

    def next(self) -> None:
        """Run the next job, in the kernel's main thread and only while no cell runs."""
        if self.jobs and not self._depth:
            self.jobs.popleft()()
            self.loop.call_soon(self.next)

    def _frame(self) -> int:
        names = ", ".join(self.tools)
        line = self._ended or say("serve.line", names=names, url=self.url, count=self._count)
        shown: dict[str, Any] = {**quiet_line(line, self._cards)}
        first = next((served for served in self.open if served.asking), None)
        if self._asked is not None:
            if self._asked[0] is first:
                return 0  # a question stays as it is until it is answered
            self._asked[1]()
            self._asked = None
        if first is not None and self.ask is not None:
            question, close = self.ask(first.card.call, shown[HTML], first.decide)
            self._asked, shown = (first, close), shown | question
        self._outlet.show(redact_all(shown))
        return 0


class _Served:
    """One call of an agent. As long as its ``future`` can be cancelled, the function has not begun."""

    def __init__(self, call: ToolCall, desk: Desk) -> None:
        self.card = Card(call, "waiting")
        self.future: Future[ToolResult] = Future()
        self.refusal = refuse(call, "This call was dropped.", say("serve.dropped"))
        self.state = "waiting: a cell of the notebook runs"  # for the agent
        self.asking = False
        self._desk = desk
        self._decision = Decision.NOBODY
        tool = desk.tools.get(call.name)
        self._apart = tool is not None and (tool.parallel or tool.is_async)
        # It is left where it asks, and gone on with when the user has decided.
        approve = Approver("ask", lambda _call, _tool: self._decision)
        how: dict[str, Any] = {"cancel": Cancel(), "capture": lambda: capture(desk.notebook), "limit": desk.limit}
        self._events = call_all([call], desk.tools, approve=approve, **how)
        self.future.add_done_callback(self._ended)

    def go_on(self) -> None:
        if self._apart:
            threading.Thread(target=self._run, name="neosantara-served", daemon=True).start()
        else:
            self._desk.jobs.append(self._run)
            self._desk.loop.call_soon_threadsafe(self._desk.next)

    def decide(self, decision: Decision) -> None:
        if self.asking:  # a second decision changes nothing
            self._decision, self.asking = decision, False
            self._desk.paint()
            self.go_on()

    def give_up(self, reason: str) -> None:
        self.refusal = refuse(self.card.call, f"This call was not run: {reason}.", say("serve.dropped"))
        self.future.cancel()

    def _run(self) -> None:
        main = threading.current_thread() is threading.main_thread()
        # ipykernel ignores interrupts between two cells.
        before = signal.signal(signal.SIGINT, signal.default_int_handler) if main else None
        try:
            try:
                result = self._advance()
            finally:
                if main:
                    signal.signal(signal.SIGINT, before)
        except KeyboardInterrupt:
            result = ToolResult(self.card.call, "The user stopped this call.", "failed")
        except BaseException as error:  # noqa: BLE001  (whatever it was: the agent gets an answer, the loop goes on)
            result = ToolResult(self.card.call, in_one_line(error, 500), "failed")
        if result is not None:
            with suppress(InvalidStateError):
                self.future.set_result(result)

    def _advance(self) -> ToolResult | None:
        """Return the result; None when the user is asked first, or nobody waits any more."""
        for event in self._events:
            if isinstance(event, ToolReturned):
                return event.result
            if isinstance(event, ToolAsked):
                if self._desk.ask is not None:
                    self.state, self.card.asked, self.asking = "waiting for the user's decision", True, True
                    break
            elif self.future.set_running_or_notify_cancel():
                self.state, self.card.state = "running", "running"
                self._desk.paint()
            else:
                break
        self._desk.paint()
        return None

    def _ended(self, future: Future[ToolResult]) -> None:
        self.asking = False
        self._desk.open.remove(self)
        self.card.result = self.refusal if future.cancelled() else future.result()
        self.card.state = self.card.result.status
        self._desk.paint()
