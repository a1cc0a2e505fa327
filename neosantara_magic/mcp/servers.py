"""The servers of this kernel, by name: those that were added, and those of the folder's ``.mcp.json``.

For: finding a server for ``--tools``, and asking before one of a file is started: a cloned folder must run no program.
Not for: what a server does (``server.py``).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence

from ..errors import UsageError
from ..texts import say, two_lines
from ..tools.question import visible
from ..validators import nearest, shown
from .configuration import FILE, Configuration, of_folder, of_words
from .server import Server

_YES = {"y", "yes", "ya", "j", "jalankan"}


class Servers:
    """All servers of a process."""

    def __init__(self) -> None:
        self.question: Callable[[str], str | None] = lambda _asked: None
        """Asks the user a line of text; None when nobody is there."""
        self._known: dict[str, Server] = {}

    def __iter__(self) -> Iterator[Server]:
        return iter([*self._known.values()])

    def add(self, configuration: Configuration) -> Server:
        """Keep a server under its name. The same one again stays as it is; another takes its place."""
        held = self._known.get(configuration.name)
        if held is not None:
            if held.configuration == configuration:
                return held
            held.close()
        made = self._known[configuration.name] = Server(configuration, self._asked)
        return made

    def _asked(self, prompt: str) -> str | None:
        return self.question(prompt)

    def find(self, name: str) -> Server | None:
        """Return the server of that name, asking first if only the folder's file names it; None: there is none.

        Raises:
            UsageError: the file or its entry is no good, or the user did not agree.
        """
        if name in self._known:
            return self._known[name]
        configuration = of_folder().get(name)
        if isinstance(configuration, UsageError):
            raise configuration
        if configuration is None:
            return None
        answer = self.question(say("mcp.start", name=name, file=FILE, where=visible(configuration.where)) + " ")
        if (answer or "").strip().casefold() not in _YES:
            raise UsageError(*two_lines("mcp.nobody" if answer is None else "mcp.refused", name=name, file=FILE))
        return self.add(configuration)

    def get(self, name: str) -> Server:
        """Return a server that was added.

        Raises:
            UsageError: there is none.
        """
        if name in self._known:
            return self._known[name]
        near = nearest(name, self._known)
        raise UsageError(*two_lines("mcp.unknown_near" if near else "mcp.unknown", name=shown(name), near=near))

    def remove(self, name: str) -> None:
        """End a server and forget it."""
        self.get(name).close()
        del self._known[name]

    def waiting(self) -> dict[str, Configuration | UsageError]:
        """Return the servers of the folder's file that were not started."""
        return {name: one for name, one in of_folder().items() if name not in self._known}

    def names(self) -> list[str]:
        """Return all names, for completion."""
        try:
            return [*self._known, *self.waiting()]
        except UsageError:
            return [*self._known]

    def close(self) -> None:
        """End all."""
        while self._known:
            self._known.popitem()[1].close()


servers = Servers()


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
    if bool(command) == bool(url):
        raise UsageError(*two_lines("mcp.which", name=shown(name)))
    server = servers.add(of_words(name, [url] if url else command, env, headers or {}))
    server.refresh()
    return server
