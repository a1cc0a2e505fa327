"""One server: its session, its tools, and its calls.

For: everything that is said to a server. All sessions live on the one background loop (``tools/crew.py``), each in a
task of its own.
Not for: which servers there are (``servers.py``), or how one is reached (``transport.py``).

All that comes from a server is a stranger's: names, descriptions, schemas and hints are only passed on, bounded.
"""

from __future__ import annotations

import asyncio
import contextvars
import hashlib
import json
import logging
import re
from collections.abc import Awaitable, Callable, Coroutine, Iterable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from functools import partial
from typing import Any, TypeVar

from ..errors import UsageError
from ..faults import message_of
from ..messages import ToolSpec
from ..texts import say, two_lines
from ..texts.printable import warn
from ..tools.answer_schema import checker
from ..tools.complaints import Mismatch, quoted, read_json
from ..tools.crew import background_loop, calling_thread
from ..tools.results import Told, cut
from ..tools.toolbox import Tool, ToolSource
from ..validators import nearest, shown
from . import elicitation
from .configuration import Configuration
from .results import as_told
from .transport import Log, opened

T = TypeVar("T")

_START = 60.0
"""Seconds in which a server must have started; ``npx`` may have to fetch it first."""
_LIST = 30.0
"""Seconds in which it must have told its tools."""
_END = 8.0
"""Seconds that its end may take; the library kills a process long before."""
_MOST_TOOLS = 500
_MOST_DESCRIPTION = 4_000
"""Characters of a description that the model is told."""
_MOST_SCHEMA = 50_000
"""Characters of a schema; a tool with a longer one is not offered."""
_MOST_NAME = 64
_Ask = Callable[[Any], Awaitable[T]]


@dataclass(frozen=True)
class RemoteTool(ToolSource):
    """One tool of a server; called, it calls there."""

    server: Server
    name: str
    """As the server calls it."""
    wire: str = field(compare=False)
    """As the model calls it."""
    description: str = field(default="", compare=False)
    schema: Mapping[str, Any] = field(default_factory=dict, compare=False)
    read_only: bool = field(default=False, compare=False)
    repeatable: bool = field(default=False, compare=False)
    """Whether a second call does no more than the first, as the server says."""

    def __call__(self, arguments: dict[str, Any]) -> Coroutine[Any, Any, Told]:
        """Call the tool; the coroutine runs on the background loop."""
        return self.server.call(self, arguments)

    def offered(self, only: str = "", timeout: float | None = None) -> list[Tool]:
        """Return it as it is now."""
        return self.server.offered(only or self.name, timeout)

    def as_tool(self, timeout: float | None) -> Tool:
        """Return it as a tool of a turn: marked as read-only it may run beside others, else it waits for approval."""
        spec, arguments = ToolSpec(self.wire, self.description, self.schema), _Arguments(self.schema)
        return Tool(spec, self, arguments, not self.read_only, timeout, parallel=self.read_only, is_async=True)


class _Arguments:
    """Arguments that a server's schema describes."""

    left_out = ()

    def __init__(self, schema: Mapping[str, Any]) -> None:
        self._schema = schema

    def bind(self, text: str) -> tuple[tuple[Any, ...], dict[str, Any]]:
        """Read JSON arguments and check them, as far as the schema can be read.

        Raises:
            Mismatch: they do not fit.
        """
        data = read_json(text)
        if not isinstance(data, dict):
            raise Mismatch([f"The arguments must be a JSON object (got {quoted(data)})."])
        try:
            checker(self._schema)(data)
        except Mismatch:
            raise
        except Exception:  # noqa: BLE001, S110  (a schema that we can't read: the server will judge)
            pass
        return (data,), {}


class Server(ToolSource):
    """A server under its name. It is started when its tools are wanted."""

    def __init__(self, configuration: Configuration, question: Callable[[str], str | None]) -> None:
        self.configuration = configuration
        self.name = configuration.name
        self.log = Log()
        self.tools: tuple[RemoteTool, ...] = ()
        """As they were listed last."""
        self._state = "mcp.idle"
        self._question = question
        self._client: Any = None
        self._task: asyncio.Task[None] | None = None
        self._over = asyncio.Event()
        self._starting = asyncio.Lock()
        self._restarted = False
        """Since it last answered a call."""
        self._calling: Any = None

    def __repr__(self) -> str:
        return f"<MCP server {self.name}: {self.state}, {len(self.tools)} tools>"

    @property
    def state(self) -> str:
        """What it does, in words."""
        return say("mcp.ended" if self._state == "mcp.running" and self.log.over else self._state)

    def offered(self, only: str = "", timeout: float | None = None) -> list[Tool]:
        """Start it if need be, and return its tools as they are now."""
        self.refresh()
        found = [tool for tool in self.tools if only in ("", tool.name)]
        if not found:
            near = nearest(only, [tool.name for tool in self.tools])
            key = "mcp.no_tools" if not only else "mcp.no_tool_near" if near else "mcp.no_tool"
            raise UsageError(*two_lines(key, name=self.name, tool=shown(only), near=near))
        return [tool.as_tool(timeout) for tool in found]

    def refresh(self) -> None:
        """Start it if need be, and read its tools.

        Raises:
            UsageError: it can't be started, doesn't answer, or died twice.
        """
        _wait_for(self._listed())

    def close(self) -> None:
        """End it."""
        _wait_for(self._end("mcp.idle"))

    async def call(self, tool: RemoteTool, arguments: dict[str, Any]) -> Told:
        """Call a tool; a cancelled call is cancelled at the server too.

        Raises:
            ServerSaysError: it says that the call failed.
            Exception: it can't be reached, or speaks nonsense.
        """
        self._calling = calling_thread.get()
        captured = contextvars.copy_context()  # what it reports belongs into the card of this call

        async def report(done: float, total: float | None, message: str | None) -> None:
            of = "" if total is None else f"/{total:g}"
            captured.run(print, f"{done:g}{of} {shown(message or '', 200)}".rstrip())

        result = await self._asked(
            lambda client: client.call_tool(tool.name, arguments, progress_callback=report),
            again=tool.read_only or tool.repeatable,
        )
        self._restarted = False
        return as_told(result)

    async def _listed(self) -> None:
        listed: list[Any] = []
        cursor = None
        try:
            async with asyncio.timeout(_START + _LIST):
                while len(listed) < _MOST_TOOLS:
                    page = await self._asked(partial(_page, cursor), again=True)
                    listed += page.tools
                    if not page.next_cursor or not page.tools:
                        break
                    cursor = page.next_cursor
        except Exception as error:
            raise self._failure(error) from error
        self.tools = tuple(self._described(listed[:_MOST_TOOLS]))

    def _described(self, listed: Iterable[Any]) -> Iterable[RemoteTool]:
        taken: set[str] = set()
        for one in listed:
            try:
                size = len(json.dumps(one.input_schema))
            except (ValueError, RecursionError):
                size = _MOST_SCHEMA + 1
            if size > _MOST_SCHEMA:
                self.log.note(f"not offered, its schema is too long: {one.name}")
                continue
            wire = _wire_name(self.name, one.name, taken)
            taken.add(wire)
            hints = one.annotations
            read_only = hints is not None and hints.read_only_hint is True
            repeatable = hints is not None and hints.idempotent_hint is True
            text = cut(one.description or "", _MOST_DESCRIPTION)
            yield RemoteTool(self, one.name, wire, text, one.input_schema, read_only, repeatable)

    async def _asked(self, ask: _Ask[T], *, again: bool) -> T:
        """Ask the server. One that died is started once more, and asked ``again`` where that can do no harm."""
        while True:
            client = await self._running()
            try:
                return await ask(client)
            except _library().MCPError as error:
                if _is_refusal(error):
                    raise
            await self._end("mcp.ended")
            if self._restarted:
                raise UsageError(*two_lines("mcp.died", name=self.name))
            self._restarted = True
            warn(say("mcp.restarted", name=self.name))
            if not again:
                await self._running()
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
                    self._client = await asyncio.wait_for(ready, _START)
                except BaseException as error:
                    self._task.cancel()
                    self._state = "mcp.ended"
                    if isinstance(error, Exception):
                        raise self._failure(error) from error
                    raise
                self._state = "mcp.running"
            return self._client

    async def _session(self, ready: asyncio.Future[Any], over: asyncio.Event) -> None:
        """Hold the session open: the library wants it ended by the task that began it."""
        try:
            # Nearly all servers speak the older form, and some ask the user only in it; the newest speak no other.
            for mode in ("legacy", "auto"):
                try:
                    async with _client(self, mode) as client:
                        ready.set_result(client)
                        await over.wait()
                except Exception as error:
                    if mode == "auto" or ready.done() or not _is_refusal(_inner(error)):
                        raise
                else:
                    return
        except Exception as error:  # noqa: BLE001  (of any library below)
            self.log.note(_reason(error))
            if not ready.done():
                ready.set_exception(error)
        finally:
            if not over.is_set():  # it ended by itself
                self._client, self._state = None, "mcp.ended"

    async def _end(self, state: str) -> None:
        self._state = state
        self._client = None
        self._over.set()
        if self._task is not None:
            await asyncio.wait([self._task], timeout=_END)
            self._task.cancel()

    async def elicit(self, context: Any, params: Any) -> Any:  # noqa: ARG002  (the library's signature)
        """Ask the user what the server asks, in the thread that waits for the call."""
        found = None
        if self._calling is not None:
            ask = self._calling(lambda: elicitation.answer(self.name, params, self._question))
            found = await asyncio.wrap_future(ask)
        return _library().types.ElicitResult(action="decline" if found is None else "accept", content=found)

    async def logged(self, params: Any) -> None:
        """Keep what the server logs by the protocol."""
        self.log.note(f"{params.level}: {params.data}")

    async def received(self, message: Any) -> None:
        """Note what is no message of the protocol."""
        if isinstance(message, Exception):
            self.log.note(f"not understood: {_reason(message)}")

    def _failure(self, error: Exception) -> UsageError:
        """Return in two lines why a server can't be used."""
        if isinstance(error, UsageError):
            return error
        if isinstance(error, TimeoutError):
            return UsageError(*two_lines("mcp.silent", name=self.name))
        return UsageError(*two_lines("mcp.failed", name=self.name, reason=_reason(error)))


async def _page(cursor: str | None, client: Any) -> Any:
    return await client.list_tools(cursor=cursor, cache_mode="refresh")


def _library() -> Any:
    """Return the ``mcp`` package.

    Raises:
        UsageError: it is not installed.
    """
    with suppress(ImportError):
        import mcp  # noqa: PLC0415  (an extra)

        if hasattr(mcp, "Client"):  # a folder of that name can be imported too
            return mcp
    raise UsageError(*two_lines("mcp.missing"))


def _client(server: Server, mode: str) -> Any:
    """Make the library's client for a server. Its log goes nowhere unless the user wants it."""
    library = _library()
    for name in ("mcp", "client"):
        logging.getLogger(name).addHandler(logging.NullHandler())
    return library.Client(
        opened(server.configuration, server.log),
        elicitation_callback=server.elicit,
        logging_callback=server.logged,
        message_handler=server.received,
        client_info=library.types.Implementation(name="neosantara-magic", version="1"),
        mode=mode,
    )


def _wait_for(work: Coroutine[Any, Any, T]) -> T:
    """Run something on the background loop and wait for it; an interrupt cancels it."""
    future = asyncio.run_coroutine_threadsafe(work, background_loop())
    try:
        while True:
            try:
                return future.result(0.5)  # Windows cannot interrupt a longer wait
            except TimeoutError:
                if future.done():
                    raise
    finally:
        future.cancel()


def _wire_name(server: str, tool: str, taken: set[str]) -> str:
    """Return ``SERVER__TOOL`` in the signs and the length of a function's name, and unlike the others."""
    name = f"{server}__{re.sub(r'[^A-Za-z0-9_-]', '_', tool)}"
    if len(name) > _MOST_NAME or name in taken:
        mark = hashlib.sha256(tool.encode("utf-8", "replace")).hexdigest()[:8]
        name = f"{name[: _MOST_NAME - 9]}_{mark}"
    return name


def _is_refusal(error: BaseException) -> bool:
    """Whether a server answered with an error; the library uses the same class for one that is gone."""
    ended = (_library().types.CONNECTION_CLOSED, "Session terminated")
    return isinstance(error, _library().MCPError) and error.code != ended[0] and error.message != ended[1]


def _inner(error: BaseException) -> BaseException:
    while isinstance(error, BaseExceptionGroup):
        error = error.exceptions[0]
    return error


def _reason(error: BaseException) -> str:
    error = _inner(error)
    if isinstance(error, OSError) and error.strerror:
        return error.strerror
    return shown(message_of(error, 300) or type(error).__name__, 300)
