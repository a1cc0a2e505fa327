"""The servers of this process, by name: those that were added, and those of the folder's ``.mcp.json``.

For: which servers there are and how they are reached, and asking before one of a file is started: a cloned folder must
run no program. Not for: what a server does (``server.py``).
"""

from __future__ import annotations

import json
import re
import shlex
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence

from pydantic import BaseModel, ValidationError

from ..errors import UsageError
from ..paths import here, not_ordinary
from ..redaction import environment, remember
from ..settings import check_base_url
from ..texts import say, two_lines
from ..tools.question import visible
from ..validators import shown
from .content import YES
from .server import Server, bad

FILE = ".mcp.json"
_NAME = re.compile(r"[A-Za-z0-9_-]{1,32}")
_VARIABLE = re.compile(r"\$\{(\w+)(?::-([^}]*))?\}")
_NO_SECRETS = {"HOME", "PATH", "PWD", "USER", "LANG", "TMPDIR"}
_MOST_BYTES = 1_000_000
"""Bytes of a ``.mcp.json`` that are read."""


class Entry(BaseModel, frozen=True, defer_build=True):
    """A server in the ``mcpServers`` form. ``${NAME}`` in its texts stands for a variable of the environment."""

    command: str = ""
    args: tuple[str, ...] = ()
    env: dict[str, str] = {}
    """What the program gets beside ``PATH``, ``HOME`` and the like."""
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

        def value(found: re.Match[str]) -> str:
            given = environment.get(found[1])
            if not given and found[2] is None:
                raise bad(name, "mcp.no_variable", variable=found[1])
            if given and found[1] not in _NO_SECRETS:
                remember(given.removeprefix("Bearer "))
            return json.dumps(given)[1:-1] if given else str(found[2])

        return Entry.model_validate_json(_VARIABLE.sub(value, self.model_dump_json()))


class Servers:
    """All servers of a process."""

    def __init__(self) -> None:
        self.question: Callable[[str], str | None] = lambda _asked: None
        """Asks the user a line of text; None when nobody is there."""
        self._known: dict[str, Server] = {}

    def __iter__(self) -> Iterator[Server]:
        return iter([*self._known.values()])

    def add(self, name: str, entry: Entry) -> Server:
        """Keep a server; the same one again stays as it is. Raises UsageError: it can't be a server."""
        if not _NAME.fullmatch(name):
            raise bad(name, "mcp.no_name")
        full = entry.filled(name)
        if bool(full.url) == bool(full.command):
            raise bad(name, "mcp.no_way")
        try:
            check_base_url(full.url or "https://localhost")
        except UsageError:
            raise bad(name, "mcp.no_way") from None
        held = self._known.get(name)
        if held is not None:
            if held.entry == full:
                return held
            held.close()
        made = self._known[name] = Server(name, full, entry.where, lambda asked: self.question(asked))  # noqa: PLW0108
        return made

    def find(self, name: str, *, agreed: bool = False) -> Server | None:
        """Return a server, None if there is none. One that only the folder's file names is asked about first.

        Raises UsageError: the file or its entry is no good, or the user did not agree.
        """
        if name in self._known:
            return self._known[name]
        entries = of_folder()
        if name not in entries:
            return None
        try:
            entry = Entry.model_validate(entries[name])
        except ValidationError:
            raise bad(name, "mcp.no_way") from None
        asked = say("mcp.start", name=name, file=FILE, where=visible(entry.where))
        if not agreed and (self.question(f"{asked} ") or "").strip().casefold() not in YES:
            raise UsageError(*two_lines("mcp.refused", name=name, file=FILE))
        return self.add(name, entry)

    def get(self, name: str) -> Server:
        """Return a server that was added; raises UsageError if there is none."""
        if name not in self._known:
            raise UsageError(*two_lines("mcp.unknown", name=name, names=", ".join(self._known) or "-"))
        return self._known[name]

    def remove(self, name: str) -> None:
        """End a server and forget it; raises UsageError if there is none."""
        self.get(name).close()
        del self._known[name]

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

    ``env`` and the values of ``headers`` are names of variables: no key is ever typed.
    """
    passed = {variable: f"${{{variable}}}" for variable in env}
    sent = {header: f"${{{variable}}}" for header, variable in (headers or {}).items()}
    command, *args = words or [""]
    if "://" in command and not args:
        return Entry(url=command, env=passed, headers=sent)
    return Entry(command=command, args=tuple(args), env=passed, headers=sent)


def mcp(
    name: str,
    *,
    command: str | Sequence[str] = (),
    url: str = "",
    env: Sequence[str] = (),
    headers: Mapping[str, str] | None = None,
) -> Server:
    """Add an MCP server whose tools a model may then call: ``ask(..., tools=server)`` or ``--tools NAME``.

    Args:
        name: 1 to 32 of ``A-Z a-z 0-9 _ -``.
        command: Its command line, or the words of it; it is started at once and talks over stdin and stdout.
        url: Or the address of a Streamable HTTP server.
        env: Names of environment variables that its program gets beside ``PATH``, ``HOME`` and the like.
        headers: Headers for its address, each with the name of the environment variable that holds its value.

    Returns:
        The server; ``.tools`` are its tools.

    Raises:
        UsageError: it can't be started or reached, or the ``mcp`` package is not installed.
    """
    words = shlex.split(command, posix=sys.platform != "win32") if isinstance(command, str) else command
    entry = typed(words or [url], env, headers)
    server = servers.add(name, entry.model_copy(update={"url": url}) if url else entry)
    server.refresh()
    return server


# Python has bound this package to the name by now, and `from neosantara_magic import mcp` means the function.
vars(sys.modules[__name__.partition(".")[0]])["mcp"] = mcp
