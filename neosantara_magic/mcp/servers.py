"""The servers of this process, by name: those that were added, and those of the folder's ``.mcp.json``.

For: which servers there are and how they are reached, and asking before one of a file is started: a cloned folder must
run no program. Not for: what a server does (``server.py``).
"""

from __future__ import annotations

import json
import os
import re
import shlex
import shutil
import sys
import threading
from collections.abc import AsyncIterator, Callable, Iterator, Mapping, Sequence
from contextlib import asynccontextmanager
from typing import Any

from pydantic import BaseModel

from ..errors import UsageError, attempt
from ..redaction import environment, remember
from ..settings.fields import check_base_url
from ..texts import say, two_lines, words_for
from ..tools.approval import visible
from ..validators import here, not_ordinary, one_of, shown
from .server import Server

FILE = ".mcp.json"
_NAME = re.compile(r"[A-Za-z0-9_-]{1,32}")
_VARIABLE = re.compile(r"\$\{([^}]*?)(?::-([^}]*))?\}")
_HEADER = re.compile(r"[\w!#$%&'*+.^`|~-]+", re.ASCII)
_NO_SECRETS = {"HOME", "PATH", "PWD", "USER", "LANG", "TMPDIR"}
_MOST_BYTES = 1_000_000  # of a ``.mcp.json`` that are read
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


class Entry(BaseModel, frozen=True, defer_build=True):
    """A server in the ``mcpServers`` form. ``${NAME}`` in its texts stands for a variable of the environment."""

    command: str = ""
    args: tuple[str, ...] = ()
    env: dict[str, str] = {}  # what the program gets beside ``PATH``, ``HOME`` and the like
    url: str = ""
    headers: dict[str, str] = {}

    @property
    def where(self) -> str:
        """The command line or the address, and the names of the variables that it gets."""
        names = {found[1] for found in _VARIABLE.finditer(self.model_dump_json())} | set(self.env)
        place = self.url or shlex.join([self.command, *self.args])
        return f"{place} ({', '.join(sorted(names))})" if names else place

    def filled(self, name: str) -> Entry:
        """Return it with the variables' values, which are shown nowhere from then on; raises UsageError."""
        if not all(map(_HEADER.fullmatch, self.headers)):
            raise _bad(name, "mcp.no_names", variable="VARIABLE")

        def value(found: re.Match[str]) -> str:
            if not found[1].isidentifier():  # what stands there may be the secret itself
                raise _bad(name, "mcp.no_names", variable="VARIABLE")
            given = environment.get(found[1])
            if not given and found[2] is None:
                raise _bad(name, "mcp.no_variable", variable=found[1])
            if given and found[1] not in _NO_SECRETS:
                remember(given.removeprefix("Bearer "))
            return json.dumps(given)[1:-1] if given else str(found[2])

        return Entry.model_validate_json(_VARIABLE.sub(value, self.model_dump_json()))

    @asynccontextmanager
    async def streams(self, name: str, follow: Callable[[int], None]) -> AsyncIterator[Any]:
        """Start it or connect to it; ``follow`` reads its log from a pipe, in a thread of its own."""
        from mcp.client.stdio import StdioServerParameters, stdio_client  # noqa: PLC0415  (an extra)
        from mcp.client.streamable_http import streamable_http_client  # noqa: PLC0415
        from mcp.shared._httpx_utils import create_mcp_http_client  # noqa: PLC0415

        if self.url:
            async with (
                create_mcp_http_client(self.headers) as http,
                streamable_http_client(self.url, http_client=http) as streams,
            ):
                yield streams
            return
        program, args = self.command, [*self.args]
        if shutil.which(program, path=self.env.get("PATH")) is None:
            raise _bad(name, "mcp.no_program", program=shown(program))
        if sys.platform != "win32":
            program, args = sys.executable, ["-ISc", _ENDS_WITH_US, str(os.getpid()), program, *args]
        readable, writable = os.pipe()
        threading.Thread(target=follow, args=(readable,), name="neosantara-mcp-log", daemon=True).start()
        parameters = StdioServerParameters(command=program, args=args, env=self.env)
        with open(writable, "w") as errlog:  # noqa: PTH123, ASYNC230  (a descriptor)
            async with stdio_client(parameters, errlog) as streams:
                errlog.close()  # the server alone holds it now, so the log ends when the server does
                yield streams


def _bad(name: str, reason: str, **more: object) -> UsageError:
    """Return the error that says why something is no server."""
    what, next_step = two_lines(reason, **more)
    return UsageError(say("mcp.bad", name=shown(name), reason=what), next_step)


class Servers:
    """All servers of a process."""

    def __init__(self) -> None:
        # Asks the user a line of text; None when nobody is there.
        self.question: Callable[[str], str | None] = lambda _asked: None
        self._known: dict[str, Server] = {}
        self._tried: dict[str, Server] = {}  # the newest of each name, also where it failed: its log can be read

    def __iter__(self) -> Iterator[Server]:
        return iter([*self._known.values()])

    def add(self, name: str, entry: Entry) -> Server:
        """Start a server and keep it; the same one again stays as it is.

        Raises UsageError: it can't be a server, or doesn't work. Then nothing changes.
        """
        if not _NAME.fullmatch(name):
            raise _bad(name, "mcp.no_name")
        full = entry.filled(name)
        if bool(full.url) == bool(full.command) or (full.url and not attempt("", check_base_url, full.url)):
            raise _bad(name, "mcp.no_way")
        held = self._known.get(name)
        if held is not None and held.entry == full:
            held.refresh()
            return held
        made = self._tried[name] = Server(name, full, entry.where, lambda asked: self.question(asked))  # noqa: PLW0108
        try:
            made.refresh()
        except BaseException:
            made.close()
            raise
        if held is not None:
            held.close()
        self._known[name] = made
        return made

    def names(self) -> list[str]:
        """Return the names that a server can be found by, and ``server.tool`` for each tool that was listed."""
        return [*self._known, *of_folder(), *(tool for one in self for tool in one.names)]

    def find(self, name: str, *, agreed: bool = False) -> Server | None:
        """Return a server, None if there is none. One that only the folder's file names is asked about first.

        Raises UsageError: the file or its entry is no good, or the user did not agree.
        """
        if name in self._known:
            return self._known[name]
        entries = of_folder()
        if name not in entries:
            return None
        entry: Entry | None = attempt(None, Entry.model_validate, entries[name])
        if entry is None:
            raise _bad(name, "mcp.no_way")
        asked = say("mcp.start", name=name, file=FILE, where=visible(entry.where))
        if not agreed and (self.question(f"{asked} ") or "").strip().casefold() not in words_for("yes"):
            raise UsageError(*two_lines("mcp.refused", name=name, file=FILE))
        return self.add(name, entry)

    __call__ = find

    def get(self, name: str) -> Server:
        """Return a server that was added, or that failed when it was; raises UsageError if there is none."""
        return self._tried[one_of("mcp", name, [*self._tried])]

    def remove(self, name: str) -> None:
        """End a server and forget it; raises UsageError if there is none."""
        self._known.pop(name, self.get(name)).close()
        del self._tried[name]

    def close(self) -> None:
        """End all."""
        while self._known:
            self._known.popitem()[1].close()


servers = Servers()


def of_folder() -> Mapping[str, object]:
    """Return the entries of the ``.mcp.json`` in the notebook's folder; raises UsageError if it can't be read."""
    path = here() / FILE
    reason = not_ordinary(path)
    try:
        with path.open("rb") as file:
            return dict(json.loads(file.read(0 if reason else _MOST_BYTES))["mcpServers"])
    except FileNotFoundError:
        return {}
    except (OSError, ValueError, LookupError, TypeError, RecursionError) as error:
        raise UsageError(*two_lines("mcp.file", reason=reason or shown(error, 100))) from None


def typed(words: Sequence[str], env: Sequence[str] = (), headers: Mapping[str, str] | None = None) -> Entry:
    """Return the server that somebody typed: a program with its arguments, or an address alone.

    ``env`` and the values of ``headers`` are names of variables, which `Entry.filled` checks: no key is ever typed.
    """
    names = [str(env)] if env and isinstance(env, str | Mapping) else env  # a dict has values: that is no name
    passed = {variable: f"${{{variable}}}" for variable in names}
    sent = {header: f"${{{variable}}}" for header, variable in (headers or {}).items()}
    command, *args = words or [""]
    where: Any = {"url": command} if "://" in command and not args else {"command": command, "args": tuple(args)}
    return Entry(**where, env=passed, headers=sent)


def mcp(
    name: str,
    *,
    command: str | Sequence[str] = (),
    url: str = "",
    env: Sequence[str] = (),
    headers: Mapping[str, str] | None = None,
) -> Server:
    """Return a new MCP server; a model may call its ``.tools``: ``ask(..., tools=server)`` or ``--tools NAME``.

    Args:
        name: 1 to 32 of ``A-Z a-z 0-9 _ -``.
        command: Its command line, or the words of it; it is started at once and talks over stdin and stdout.
        url: Or the address of a Streamable HTTP server.
        env: Names of environment variables that its program gets beside ``PATH``, ``HOME`` and the like.
        headers: Headers for its address, each with the name of the environment variable that holds its value.

    Raises:
        UsageError: it can't be started or reached, or the ``mcp`` package is not installed.
    """
    words = shlex.split(command, posix=sys.platform != "win32") if isinstance(command, str) else command
    entry = typed(words or [url], env, headers)
    return servers.add(name, entry.model_copy(update={"url": url}) if url else entry)


# Python has bound this package to the name by now, and `from neosantara_magic import mcp` means the function.
vars(sys.modules[__name__.partition(".")[0]])["mcp"] = mcp
