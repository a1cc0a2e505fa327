"""The way to one server: its process or its address, its log, and its end.

For: opening what the ``mcp`` library talks through, so that nothing of a server outlives the kernel.
Not for: what is said on it (``server.py``).
"""

from __future__ import annotations

import os
import shutil
import sys
import threading
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

from ..errors import UsageError
from ..redaction import redact
from ..texts import two_lines
from ..validators import shown
from .configuration import Configuration

_KEPT = 64_000
"""Bytes of a server's log that are kept, the newest."""

_GUARD = """
import os, select, signal, sys, time
server = os.getpid()
if os.fork():
    os.wait()
    os.execvp(sys.argv[1], sys.argv[1:])
if os.fork():
    os._exit(0)
null = os.open(os.devnull, os.O_RDWR)
os.dup2(null, 1), os.dup2(null, 2)
stdin = select.poll()
stdin.register(0, 0)
while not stdin.poll(1000):
    try:
        os.kill(server, 0)
    except OSError:
        break
else:
    time.sleep(2)
os.killpg(server, signal.SIGKILL)
"""
"""Becomes the server, and leaves a watcher behind that sees the server's stdin close: when the kernel closes it, or
dies of whatever cause. Two seconds later all of the server's process group ends, so nobody needs to trust a server to
heed the end of its stdin."""


class Log:
    """The end of what a server wrote to its stderr, and of what we note beside it."""

    def __init__(self) -> None:
        self._kept = bytearray()
        self._lock = threading.Lock()
        self.over = False
        """Whether nothing more can come, since the server has ended."""

    def write(self, data: bytes) -> None:
        """Keep ``data``, and forget the oldest."""
        with self._lock:
            self._kept += data
            del self._kept[:-_KEPT]

    def note(self, text: str) -> None:
        """Keep a line of ours."""
        self.write(f"[{shown(text, 500)}]\n".encode())

    def follow(self, source: int) -> None:
        """Read a pipe to its end, however much comes."""
        with open(source, "rb", buffering=0) as pipe:
            while data := pipe.read(65_536):
                self.write(data)
        self.over = True

    def __str__(self) -> str:
        with self._lock:
            return redact(self._kept.decode("utf-8", "replace"))


@asynccontextmanager
async def opened(configuration: Configuration, log: Log) -> AsyncIterator[Any]:
    """Open the way to a server; yield its two streams.

    Raises:
        UsageError: the program is not there, a variable has no value, or the address is none.
    """
    filled = configuration.filled
    if configuration.url:
        from mcp.client.streamable_http import streamable_http_client  # noqa: PLC0415  (an extra)
        from mcp.shared._httpx_utils import create_mcp_http_client  # noqa: PLC0415

        headers = {name: filled(value, secret=True) for name, value in configuration.headers.items()}
        async with (
            create_mcp_http_client(headers) as client,
            streamable_http_client(configuration.address(), http_client=client) as streams,
        ):
            yield streams
        return
    from mcp.client.stdio import StdioServerParameters, stdio_client  # noqa: PLC0415

    program, *args = [filled(word) for word in configuration.command]
    env = {name: filled(value) for name, value in configuration.env.items()}
    if shutil.which(program, path=env.get("PATH")) is None:
        raise UsageError(*two_lines("mcp.program", name=configuration.name, program=shown(program)))
    if sys.platform != "win32":  # there the library makes a job, which ends with the kernel
        program, args = sys.executable, ["-I", "-S", "-c", _GUARD, program, *args]
    readable, writable = os.pipe()
    log.over = False
    threading.Thread(target=log.follow, args=(readable,), name="neosantara-mcp-log", daemon=True).start()
    with open(writable, "w") as errlog:  # noqa: PTH123, ASYNC230  (a descriptor)
        parameters = StdioServerParameters(command=program, args=args, env=env)
        async with stdio_client(parameters, errlog=errlog) as streams:
            errlog.close()  # the server alone holds it now, so the log ends when the server does
            yield streams
