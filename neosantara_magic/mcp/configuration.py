"""How a server is reached: its command or its address, and which variables of the environment it gets.

For: what was typed after ``mcp add``, Python's arguments, and the ``mcpServers`` of a ``.mcp.json``.
Not for: starting anything (``server.py``).
"""

from __future__ import annotations

import json
import re
import shlex
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from ..errors import UsageError
from ..paths import here, not_ordinary
from ..redaction import environment, remember
from ..settings.address import is_loopback
from ..texts import say, two_lines
from ..validators import shown

FILE = ".mcp.json"
_NAME = re.compile(r"[A-Za-z0-9_-]{1,32}")
_VARIABLE = re.compile(r"\$\{(\w+)(?::-([^}]*))?\}")
_SECRET = re.compile(r"key|token|secret|pass|auth", re.IGNORECASE)
_MOST_BYTES = 1_000_000
"""Bytes of a ``.mcp.json`` that is read at all."""


@dataclass(frozen=True)
class Configuration:
    """One server, as it was named. ``${NAME}`` in it stands for a variable of the environment."""

    name: str
    command: tuple[str, ...] = ()
    """The program and its arguments; empty for a server with an address."""
    url: str = ""
    env: Mapping[str, str] = field(default_factory=dict)
    """What the program gets beside ``PATH``, ``HOME`` and the like; nothing else of the environment."""
    headers: Mapping[str, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        """Refuse what can't be a server.

        Raises:
            UsageError: a name, an address or a command that can't be one.
        """
        if not _NAME.fullmatch(self.name):
            raise UsageError(*two_lines("mcp.name", name=shown(self.name)))
        if bool(self.url) == bool(self.command):
            raise UsageError(*two_lines("mcp.which", name=self.name))
        if "@" in self.url.partition("?")[0]:  # a password would be shown with the address
            raise UsageError(*two_lines("mcp.address", name=self.name))

    @property
    def where(self) -> str:
        """The command line or the address for a reader, and the variables that it gets; no value of a variable."""
        place = self.url.partition("?")[0] or shlex.join(self.command)
        names = {found[1] for one in self._texts for found in _VARIABLE.finditer(one)} | set(self.env)
        return f"{place} ({', '.join(sorted(names))})" if names else place

    @property
    def _texts(self) -> tuple[str, ...]:
        return (*self.command, self.url, *self.env.values(), *self.headers.values())

    def address(self) -> str:
        """Return the address to connect to.

        Raises:
            UsageError: it is none, or it would send what we ask in the clear to another machine.
        """
        url = self.filled(self.url)
        try:
            parts = urlsplit(url)
            host, _ = parts.hostname or "", parts.port
        except ValueError:
            host = ""
        if not host or "@" in parts.netloc or parts.scheme not in ("http", "https"):
            raise UsageError(*two_lines("mcp.address", name=self.name))
        if parts.scheme == "http" and not is_loopback(host):
            raise UsageError(*two_lines("mcp.plain", name=self.name, host=shown(host)))
        return url

    def filled(self, text: str, *, secret: bool = False) -> str:
        """Return text with the variables in it.

        Args:
            text: Of this configuration.
            secret: Whether what is put in must never be shown.

        Raises:
            UsageError: a variable has no value.
        """

        def value(found: re.Match[str]) -> str:
            given = environment.get(found[1]) or found[2]
            if given is None:
                raise UsageError(*two_lines("mcp.variable", name=self.name, variable=found[1]))
            if secret or _SECRET.search(found[1]):
                remember(given)
                remember(given.removeprefix("Bearer "))
            return given

        return _VARIABLE.sub(value, text)


def of_words(name: str, command: str | Sequence[str], env: Sequence[str], headers: Mapping[str, str]) -> Configuration:
    """Return the server that somebody typed.

    Args:
        name: As it shall be called.
        command: A command line, its words, or an address.
        env: Names of variables that the program gets.
        headers: Names of headers, each with the name of the variable that holds its value.

    Raises:
        UsageError: it can't be a server.
    """
    if isinstance(command, str):
        command = [command] if _is_address(command) else shlex.split(command, posix=sys.platform != "win32")
    words = tuple(str(word) for word in command)
    variables = {one: f"${{{one}}}" for one in env}
    filled = {header: f"${{{variable}}}" for header, variable in headers.items()}
    if len(words) == 1 and _is_address(words[0]):
        return Configuration(name, url=words[0], env=variables, headers=filled)
    return Configuration(name, words, env=variables, headers=filled)


def _is_address(word: str) -> bool:
    return word.startswith(("http://", "https://"))


def of_folder() -> dict[str, Configuration | UsageError]:
    """Return the servers of the ``.mcp.json`` in the notebook's folder, by name; those that can't be as an error.

    Raises:
        UsageError: the file is there and can't be read.
    """
    path = here() / FILE
    try:
        listed = _servers_in(path)
    except FileNotFoundError:
        return {}
    except OSError as error:
        raise UsageError(*two_lines("mcp.file", reason=error.strerror or type(error).__name__)) from None
    except (ValueError, RecursionError) as error:
        raise UsageError(*two_lines("mcp.file", reason=shown(error, 100))) from None
    found: dict[str, Configuration | UsageError] = {}
    for name, entry in listed.items():
        try:
            found[name] = _of_entry(name, entry)
        except UsageError as error:
            found[name] = error
    return found


def _servers_in(path: Path) -> dict[str, Any]:
    if reason := not_ordinary(path):
        raise ValueError(reason)
    with path.open("rb") as file:
        text = file.read(_MOST_BYTES + 1)
    if len(text) > _MOST_BYTES:
        raise ValueError(say("mcp.file_large", count=f"{_MOST_BYTES:,}"))
    data = json.loads(text)
    listed = data.get("mcpServers") if isinstance(data, dict) else None
    if not isinstance(listed, dict):
        raise ValueError(say("mcp.file_form"))  # noqa: TRY004  (one error for all that is wrong with the file)
    return listed


def _of_entry(name: str, entry: Any) -> Configuration:
    entry = entry if isinstance(entry, dict) else {}
    command, args, url = entry.get("command", ""), entry.get("args", []), entry.get("url", "")
    texts = {key: entry.get(key) or {} for key in ("env", "headers")}
    good = isinstance(command, str) and isinstance(url, str) and isinstance(args, list)
    good = good and all(isinstance(one, dict) for one in texts.values()) and entry.get("type") != "sse"
    if not good:
        raise UsageError(*two_lines("mcp.which", name=shown(name)))
    words = (command, *map(str, args)) if command else ()
    env, headers = ({str(key): str(value) for key, value in one.items()} for one in texts.values())
    return Configuration(name, words, url, env, headers)
