"""One server: its process or address, its session, its tools, its calls.

For: everything that is said to a server. All sessions live on the one background loop (``tools/crew.py``), each in a
task of its own. What a server says of itself, hints included, is a stranger's word: passed on, bounded, never trusted.
Not for: which servers there are (``servers.py``).
"""

from __future__ import annotations

import asyncio
import contextvars
import hashlib
import json
import logging
import os
import re
import shutil
import sys
import threading
from collections.abc import AsyncIterator, Awaitable, Callable, Coroutine, Iterator, Mapping
from concurrent import futures
from contextlib import asynccontextmanager, suppress
from dataclasses import replace
from operator import methodcaller
from typing import TYPE_CHECKING, Any, NamedTuple, TypeVar, cast

from ..errors import UsageError
from ..faults import in_one_line
from ..messages import ToolSpec
from ..texts import say, two_lines
from ..texts.printable import warn
from ..tools.answer_schema import from_json_schema
from ..tools.arguments import Arguments, Mismatch, read_json
from ..tools.call import progress
from ..tools.crew import background_loop, calling_thread
from ..tools.results import Told, cut
from ..tools.toolbox import Tool, ToolSource
from ..validators import shown
from .content import answered, as_told

if TYPE_CHECKING:
    from .servers import Entry

T = TypeVar("T")

_START = 60.0
"""Seconds until its tools are known; ``npx`` may have to fetch it first."""
_MOST_TOOLS = 500
_MOST_DESCRIPTION = 4_000
"""Characters of a description that the model is told."""
_MOST_SCHEMA = 50_000
"""Characters of a schema; a tool with a longer one is not offered."""
_MOST_NAME = 64
_MOST_LOG = 64_000
"""Bytes of a server's log that are kept, the newest."""
_ENDS_WITH_US = """
import os, signal, subprocess, sys

def end():
    os.killpg(os.getpid(), signal.SIGKILL)

server = subprocess.Popen(sys.argv[2:])
os.closerange(0, 3)
signal.signal(signal.SIGALRM, lambda *_: os.getppid() == int(sys.argv[1]) or end())
signal.setitimer(signal.ITIMER_REAL, 1, 1)
server.wait()
end()
"""
"""Starts the server, and kills its process group when the kernel is gone, by whatever cause, or the server itself. The
library makes this process the leader of a group. On Windows it uses a job object, which does the same."""


class _Call(NamedTuple):
    """A tool of a server as a function; the coroutine runs on the background loop."""

    server: Server
    name: str
    read_only: bool

    def __call__(self, arguments: dict[str, Any]) -> Coroutine[Any, Any, Told]:
        return self.server.call(self, arguments)


class _Arguments(Arguments):
    """Arguments by a server's schema, checked as far as that can be read."""

    def __init__(self, schema: Mapping[str, Any]) -> None:
        self._given = schema
        self.left_out = ()

    def bind(self, text: str) -> tuple[tuple[Any, ...], dict[str, Any]]:
        data = read_json(text)
        try:
            from_json_schema(self._given, "")[1](data)
        except Mismatch:
            raise
        except Exception:  # noqa: BLE001, S110  (a schema that we can't read: the server will judge)
            pass
        return (data,), {}


class Server(ToolSource):
    """A server under its name. It is started when its tools are wanted."""

    def __init__(self, name: str, entry: Entry, where: str, question: Callable[[str], str | None]) -> None:
        self.name = name
        self.entry = entry
        """As it is used, the values of variables in it."""
        self.where = where
        """Its command line or address as it may be shown."""
        self.tools: tuple[Tool, ...] = ()
        """As they were listed last."""
        self.log = b""
        """The end of what it wrote to its stderr."""
        self._question = question
        self._client: Any = None
        self._task: asyncio.Task[None] | None = None
        self._over = asyncio.Event()
        self._starting = asyncio.Lock()
        self._calling: Any = None

    def __repr__(self) -> str:
        return f"<MCP server {self.name}: {self.state}, {len(self.tools)} tools>"

    @property
    def state(self) -> str:
        """What it does, in words."""
        return say("mcp.ended" if self._client is None else "card.running")

    def offered(self, only: str = "", timeout: float | None = None) -> list[Tool]:
        """Start it if need be, and return its tools as they are now."""
        self.refresh()
        named = [(cast("_Call", tool.function).name, tool) for tool in self.tools]
        found = [replace(tool, timeout=timeout) for name, tool in named if only in ("", name)]
        if not found:
            listed = shown(", ".join(name for name, _ in named), 300) or "-"
            raise UsageError(*two_lines("mcp.no_tool", name=self.name, tool=shown(only), names=listed))
        return found

    def refresh(self) -> None:
        """Start it if need be, and read its tools. Raises UsageError: it can't start, doesn't answer, or died twice."""
        try:
            _wait_for(self._list())
        except UsageError:
            raise
        except Exception as error:
            cause: BaseException = error
            while isinstance(cause, BaseExceptionGroup):
                cause = cause.exceptions[0]
            silent = isinstance(error, TimeoutError)
            reason = say("mcp.silent") if silent else shown(in_one_line(cause, 300), 300)
            raise UsageError(*two_lines("mcp.failed", name=self.name, reason=reason)) from error

    def close(self) -> None:
        """End it."""
        _wait_for(self._end())

    async def call(self, tool: _Call, arguments: dict[str, Any]) -> Told:
        """Call a tool; a call that is cancelled is cancelled at the server too."""
        self._calling = calling_thread.get()
        captured, running = contextvars.copy_context(), progress.get()

        async def report(done: float, total: float | None, message: str | None) -> None:
            of = "" if total is None else f"/{total:g}"
            running.text = f"{done:g}{of} {shown(message or '', 200)}".rstrip()
            captured.run(print, running.text)  # the card keeps all of it

        ask = methodcaller("call_tool", tool.name, arguments, progress_callback=report)
        return as_told(await self._asked(ask, again=tool.read_only))

    async def _elicit(self, _context: Any, params: Any) -> Any:
        """Ask the user what the server asks, in the thread that waits for the call."""
        found = None
        if self._calling is not None:
            ask = self._calling(lambda: answered(self.name, params, self._question))
            found = await asyncio.wrap_future(ask)
        return _library().types.ElicitResult(action="decline" if found is None else "accept", content=found)

    async def _list(self) -> None:
        listed: list[Any] = []
        cursor: str | None = ""
        async with asyncio.timeout(_START):
            while cursor is not None and len(listed) < _MOST_TOOLS:
                page = await self._asked(methodcaller("list_tools", cursor=cursor or None), again=True)
                listed += page.tools
                cursor = page.next_cursor if page.tools else None
        self.tools = tuple(self._described(listed[:_MOST_TOOLS]))

    def _described(self, listed: list[Any]) -> Iterator[Tool]:
        taken: set[str] = set()
        for one in listed:
            if len(json.dumps(one.input_schema)) > _MOST_SCHEMA:
                continue
            name = f"{self.name}__{re.sub(r'[^A-Za-z0-9_-]', '_', one.name)}"
            if len(name) > _MOST_NAME or name in taken:
                mark = hashlib.sha256(one.name.encode("utf-8", "replace")).hexdigest()[:8]
                name = f"{name[: _MOST_NAME - 9]}_{mark}"
            taken.add(name)
            spec = ToolSpec(name, cut(one.description or "", _MOST_DESCRIPTION), one.input_schema)
            reads = one.annotations is not None and one.annotations.read_only_hint is True
            call: Any = _Call(self, one.name, reads)
            yield Tool(spec, call, _Arguments(one.input_schema), confirm=not reads, parallel=reads, is_async=True)

    async def _asked(self, ask: Callable[[Any], Awaitable[Any]], *, again: bool) -> Any:
        """Ask the server. One that died is started and asked ``again``, once, where that can do no harm."""
        client = await self._running()
        try:
            return await ask(client)
        except _library().MCPError as error:
            if error.code != _library().types.CONNECTION_CLOSED and error.message != "Session terminated":
                raise
        if client is self._client:  # else another call has noticed it before this one
            await self._end()
            warn(say("mcp.restarted", name=self.name))
        client = await self._running()
        if again:
            return await ask(client)
        told = "The server ended during this call and was started again. What the call did is not known."
        raise ConnectionError(told)

    async def _running(self) -> Any:
        """Return the session, after starting it if there is none."""
        async with self._starting:
            if self._client is None:
                ready = asyncio.get_running_loop().create_future()
                self._over = asyncio.Event()
                self._task = asyncio.create_task(self._session(ready, self._over))
                try:
                    self._client = await ready
                except BaseException:
                    self._task.cancel()
                    raise
            return self._client

    async def _session(self, ready: asyncio.Future[Any], over: asyncio.Event, mode: str = "legacy") -> None:
        """Hold the session open: the library wants it ended by the task that began it."""
        try:
            library = _library()
            client = library.Client(
                self._transport(),
                elicitation_callback=self._elicit,
                client_info=library.types.Implementation(name="neosantara-magic", version="1"),
                cache=None,
                mode=mode,
            )
            async with client:
                ready.set_result(client)
                await over.wait()
        except Exception as error:  # noqa: BLE001  (of any library below)
            # Some servers can ask the user only by the old form, and the newest may know only the new one.
            if mode == "legacy" and not ready.done():
                await self._session(ready, over, "auto")
            elif not ready.done():
                ready.set_exception(error)

    @asynccontextmanager
    async def _transport(self) -> AsyncIterator[Any]:
        from mcp.client.stdio import StdioServerParameters, stdio_client  # noqa: PLC0415  (an extra)
        from mcp.client.streamable_http import streamable_http_client  # noqa: PLC0415
        from mcp.shared._httpx_utils import create_mcp_http_client  # noqa: PLC0415

        entry = self.entry
        if entry.url:
            async with (
                create_mcp_http_client(entry.headers) as http,
                streamable_http_client(entry.url, http_client=http) as streams,
            ):
                yield streams
            return
        program, args = entry.command, [*entry.args]
        if shutil.which(program, path=entry.env.get("PATH")) is None:
            raise bad(self.name, "mcp.no_program", program=shown(program))
        if sys.platform != "win32":
            program, args = sys.executable, ["-ISc", _ENDS_WITH_US, str(os.getpid()), program, *args]
        readable, writable = os.pipe()
        threading.Thread(target=self._follow, args=(readable,), name="neosantara-mcp-log", daemon=True).start()
        with open(writable, "w") as errlog:  # noqa: PTH123, ASYNC230  (a descriptor)
            async with stdio_client(
                StdioServerParameters(command=program, args=args, env=entry.env), errlog
            ) as streams:
                errlog.close()  # the server alone holds it now, so the log ends when the server does
                yield streams

    def _follow(self, source: int) -> None:
        with open(source, "rb", buffering=0) as pipe:
            while data := pipe.read(_MOST_LOG):
                self.log = (self.log + data)[-_MOST_LOG:]

    async def _end(self) -> None:
        self._client = None
        self._over.set()
        if self._task is not None:
            await asyncio.wait([self._task])


def bad(name: str, reason: str, **more: object) -> UsageError:
    """Return the error that says why something is no server."""
    return UsageError(*two_lines("mcp.bad", name=shown(name), reason=say(reason, **more)))


def _library() -> Any:
    """Return the ``mcp`` package, whose log goes nowhere unless the user wants it."""
    with suppress(ImportError):
        import mcp  # noqa: PLC0415  (an extra)

        if hasattr(mcp, "Client"):  # a folder of that name can be imported too
            for name in ("mcp", "client"):
                logging.getLogger(name).addHandler(logging.NullHandler())
            return mcp
    raise UsageError(*two_lines("mcp.missing"))


def _wait_for(work: Coroutine[Any, Any, T]) -> T:
    """Run something on the background loop and wait for it; an interrupt cancels it."""
    future = asyncio.run_coroutine_threadsafe(work, background_loop())
    try:
        while not futures.wait([future], 0.5).done:  # Windows cannot interrupt a longer wait
            pass
        return future.result()
    finally:
        future.cancel()
