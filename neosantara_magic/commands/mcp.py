"""``mcp``, ``mcp add``, ``mcp remove``, ``mcp log``: servers of tools, and what a model is told of them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ..errors import UsageError
from ..mcp.servers import FILE, of_folder, servers, typed
from ..parsing.flags import COMMANDS as FORMS
from ..render.cards import code_span
from ..render.forms import from_markdown
from ..render.tables import table
from ..texts import say, two_lines
from ..validators import one_of, shown

if TYPE_CHECKING:
    from ..ipython.notebook import Notebook
    from ..mcp.server import Server
    from ..parsing import Command
    from ..workspace import Workspace


def _mcp(command: Command, _workspace: Workspace, notebook: Notebook) -> None:
    what, *words = command.words or ("",)
    if what:
        one_of("mcp", what, ("add", "remove", "log"))
    if what and not words:
        raise UsageError(*two_lines("command.too_few", name="mcp", usage=FORMS["mcp"].usage))
    if what == "log":
        notebook.say(servers.get(words[0]).log.decode("utf-8", "replace") or "-")
        return
    if what == "add":
        server = _added(*words)
        server.refresh()
        _screen(notebook, [server], [])
        return
    if what:
        servers.remove(words[0])
    known = [*servers]
    _screen(notebook, known, [name for name in of_folder() if name not in {server.name for server in known}])


def _added(name: str, *words: str) -> Server:
    """Add the server that the words name; a name alone is that of the folder's file, typed instead of asked."""
    env: list[str] = []
    headers: dict[str, str] = {}
    rest: list[str] = []
    line = iter(words)
    for word in line:
        # What follows a program is the program's own.
        if word not in ("--env", "--header") or (rest and "://" not in rest[0]):
            rest.append(word)
            continue
        key, _, variable = next(line, "").partition("=")
        if word == "--header":
            headers[key] = variable
        else:
            env.append(key)
    return (None if rest else servers.find(name, agreed=True)) or servers.add(name, typed(rest, env, headers))


def _screen(notebook: Notebook, known: list[Server], waiting: list[str]) -> None:
    """Show servers with all that the model is told of their tools."""
    plain, markdown = [], []
    for server in known:
        head, where = f"{server.name} · {server.state}", server.where
        hints = [say("mcp.waits" if tool.confirm else "mcp.reads") for tool in server.tools]
        specs = [tool.spec for tool in server.tools]
        rows = [(spec.name, hint, spec.description) for spec, hint in zip(specs, hints, strict=True)]
        text, marks = table(["tool", "", "description"], rows)
        plain.append(f"{head} · {where}\n{text}")
        markdown.append(f"**{head}** · {code_span(where)}\n\n{marks}")
    if waiting:
        names = ", ".join(map(shown, waiting))
        plain.append(f"{say('mcp.in_file', file=FILE)}: {names}")
        markdown.append(f"{say('mcp.in_file', file=FILE)}: {code_span(names)}")
    if plain:
        notebook.show(from_markdown("\n\n".join(markdown), "\n\n".join(plain)))
    else:
        notebook.say(say("mcp.none"))


COMMANDS = {"mcp": _mcp}
