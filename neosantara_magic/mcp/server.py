"""One server: its session, its tools, its calls, what it answers, and what it asks the user.

For: everything that is said to a server. All sessions live on the one background loop (``tools/crew.py``), each in a
task of its own. What a server says of itself, hints included, is a stranger's word: passed on, bounded, never trusted.
Not for: which servers there are, and how they are reached (``servers.py``).
"""

from __future__ import annotations

import asyncio
import base64
import contextvars
import hashlib
import json
import logging
import re
from collections.abc import Awaitable, Callable, Coroutine, Iterator, Mapping
from concurrent import futures
from contextlib import suppress
from dataclasses import replace
from operator import methodcaller
from threading import current_thread, main_thread
from typing import TYPE_CHECKING, Any, NamedTuple, cast

from ..describe.images import image_of_bytes
from ..errors import UsageError, in_one_line
from ..messages import ImagePart, ToolSpec
from ..texts import say, two_lines, warn, words_for
from ..tools.answer_schema import from_json_schema
from ..tools.approval import marked, visible
from ..tools.arguments import Arguments, Mismatch, read_json
from ..tools.call import progress
from ..tools.crew import background_loop, calling_thread
from ..tools.results import MOST_IMAGES, Told, cut
from ..tools.toolbox import Tool, ToolSource
from ..validators import from_json, one_of, shown

if TYPE_CHECKING:
    from .servers import Entry

_START = 60.0  # seconds until its tools are known; ``npx`` may have to fetch it first
_MOST_TOOLS = 500
_MOST_DESCRIPTION = 4_000  # characters of a description that the model is told
_MOST_SCHEMA = 50_000  # characters; a tool with a longer schema is not offered
_MOST_NAME = 64
_MOST_LOG = 64_000  # bytes of a server's log that are kept, the newest
_MOST_ASKED = 4_000  # characters of a question to the user


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
        self.name, self.entry = name, entry  # the entry as it is used, the values of variables in it
        self.where = where  # its command line or address as it may be shown
        self.tools: tuple[Tool, ...] = ()  # as they were listed last
        self.log = b""  # the end of what it wrote to its stderr
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
        wanted = f"{self.name}.{only.removeprefix(f'{self.name}__')}"
        named = zip(self.names, self.tools, strict=True)
        found = [tool for name, tool in named if only in ("", tool.spec.name) or name == wanted]
        if not found:
            one_of("--tools", wanted, self.names)
        return [replace(tool, timeout=timeout) for tool in found]

    @property
    def names(self) -> list[str]:
        """The names of its tools as ``--tools`` takes them."""
        return [f"{self.name}.{cast('_Call', tool.function).name}" for tool in self.tools]

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
            key = "mcp.unreachable" if self.entry.url else "mcp.failed"
            raise UsageError(*two_lines(key, name=self.name, reason=reason)) from error

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
        return _as_told(await self._asked(ask, again=tool.read_only))

    async def _elicit(self, _context: Any, params: Any) -> Any:
        """Ask the user what the server asks, in the thread that waits for the call."""
        found = None
        if self._calling is not None:
            ask = self._calling(lambda: _answered(self.name, params, self._question))
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
                self.entry.streams(self.name, self._follow),
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

    def _follow(self, source: int) -> None:
        with open(source, "rb", buffering=0) as pipe:
            while data := pipe.read(_MOST_LOG):
                self.log = (self.log + data)[-_MOST_LOG:]

    async def _end(self) -> None:
        self._client = None
        self._over.set()
        if self._task is not None:
            await asyncio.wait([self._task])


class ServerSaysError(Exception):
    """The server marked its answer as an error; the message is for the model."""


def _as_told(result: Any) -> Told:
    """Return a ``CallToolResult`` as text and images; raise `ServerSaysError` if it is an error."""
    images: list[ImagePart] = []
    texts = [_block(block, images) for block in result.content]
    data = result.structured_content
    # Servers send data as text too, for clients that read only text.
    if data is not None and not any(_says(text, data) for text in texts):
        texts.append(json.dumps(data, ensure_ascii=False))
    if result.is_error:
        raise ServerSaysError("\n".join(texts))
    return Told("\n".join(texts), tuple(images))


def _block(block: Any, images: list[ImagePart]) -> str:
    """Return what stands for one block of an answer; an image goes to ``images``."""
    if block.type == "text":
        return str(block.text)
    if block.type == "resource_link":
        return f"Link to {block.uri} ({'; '.join(filter(None, (block.name, block.description)))})"
    holder = block.resource if block.type == "resource" else block
    if hasattr(holder, "text"):
        return f"Content of {holder.uri}:\n{holder.text}"
    data = holder.blob if block.type == "resource" else holder.data
    with suppress(UsageError, ValueError):  # no image that can be sent, no base64
        if len(images) < MOST_IMAGES:
            images.append(image_of_bytes(base64.b64decode(data), "image"))
            return f"[image {len(images)}]"
    return f"[{holder.mime_type}, {len(data):,} characters of base64, not sent]"


def _says(text: str, data: Any) -> bool:
    inner = next(iter(data.values())) if isinstance(data, dict) and len(data) == 1 else data
    return text == inner or from_json(text) in (data, inner)


def _answered(server: str, params: Any, ask: Callable[[str], str | None]) -> dict[str, Any] | None:
    """Ask the user what a server asks, a line for each field; None: declined, no fitting answer, or nobody there."""
    schema = getattr(params, "requested_schema", None)
    # A page that it wants opened has no fields, and is declined. From a panel's thread nobody would see the question.
    if not schema or current_thread() is not main_thread():
        return None
    rows = [marked(visible(line)) for line in params.message[:_MOST_ASKED].split("\n")]
    agreed = ask("\n".join([say("mcp.asks", name=server), *rows, say("mcp.agree")]))
    if (agreed or "").strip().casefold() not in words_for("yes"):
        return None
    found: dict[str, Any] = {}
    for name, field in schema.get("properties", {}).items():
        line = (ask(f"{visible(shown(f'{name} {json.dumps(field, ensure_ascii=False)}', 500))}: ") or "").strip()
        if line and field.get("type") == "boolean":
            found[name] = line.casefold() in {"true", *words_for("yes")}
        elif line:
            found[name] = line if field.get("type") == "string" else from_json(line)
    try:
        return dict(from_json_schema(schema, server)[1](found))
    except Mismatch:
        return None


def _library() -> Any:
    """Return the ``mcp`` package, whose log goes nowhere unless the user wants it."""
    with suppress(ImportError):
        import mcp  # noqa: PLC0415  (an extra)

        if hasattr(mcp, "Client"):  # a folder of that name can be imported too
            for name in ("mcp", "client"):
                logging.getLogger(name).addHandler(logging.NullHandler())
            return mcp
    raise UsageError(*two_lines("package", package='"neosantara-magic[mcp]"'))


def _wait_for(work: Coroutine[Any, Any, None]) -> None:
    """Run something on the background loop and wait for it; an interrupt cancels it."""
    future = asyncio.run_coroutine_threadsafe(work, background_loop())
    try:
        while not futures.wait([future], 0.5).done:  # Windows cannot interrupt a longer wait
            pass
        future.result()
    finally:
        future.cancel()
