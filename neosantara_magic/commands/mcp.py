"""MCP servers: ``mcp``, ``mcp add``, ``mcp remove``, ``mcp log``.

For: reading the words of the command, and the screen that shows a reader what the model is told.
Not for: the servers themselves (``mcp/``).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from ..errors import UsageError
from ..mcp.configuration import FILE, of_folder, of_words
from ..mcp.servers import servers
from ..parsing.forms import COMMANDS as FORMS
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
    if not command.words:
        _screen(notebook, [*servers], waiting=True)
        return
    what, *words = command.words
    one_of("mcp", what, ("add", "remove", "log"))
    if not words or (what != "add" and len(words) > 1):
        key, given = ("command.too_many", words[1]) if words else ("command.too_few", "")
        usage = FORMS["mcp"].usage
        raise UsageError(*two_lines(key, name="mcp", given=shown(given), usage=usage))
    if what == "add":
        server = _added(words[0], words[1:])
        server.refresh()
        _screen(notebook, [server])
    elif what == "remove":
        servers.remove(words[0])
        notebook.say(say("mcp.removed", name=words[0]))
    else:
        notebook.say(str(servers.get(words[0]).log) or say("mcp.log_empty", name=words[0]))


def _added(name: str, words: list[str]) -> Server:
    """Add the server that the words name; a name alone is that of the folder's file, typed instead of asked."""
    env: list[str] = []
    headers: dict[str, str] = {}
    rest: list[str] = []
    while words:
        word = words.pop(0)
        option, glued, value = word.partition("=")
        # What follows a program is the program's own.
        if option not in ("--env", "--header") or (rest and not rest[0].startswith("http")):
            rest.append(word)
            continue
        given = value if glued else words.pop(0) if words else ""
        key, _, variable = given.partition("=")
        if not key or bool(variable) != (option == "--header"):
            raise UsageError(*two_lines("mcp.option", option=option))
        if variable:
            headers[key] = variable
        else:
            env.append(key)
    if rest:
        return servers.add(of_words(name, rest, env, headers))
    found = of_folder().get(name)
    if isinstance(found, UsageError):
        raise found
    if found is None:
        raise UsageError(*two_lines("mcp.which", name=shown(name)))
    return servers.add(found)


def _screen(notebook: Notebook, shown_servers: list[Server], *, waiting: bool = False) -> None:
    """Show servers with all that the model is told of their tools."""
    plain: list[str] = []
    markdown: list[str] = []
    for server in shown_servers:
        head = f"{server.name} · {server.state}"
        where = server.configuration.where
        rows = [(tool.wire, say("mcp.reads" if tool.read_only else "mcp.waits"), tool.description)
                for tool in server.tools]  # fmt: skip
        text, marks = table([say(f"mcp.{name}") for name in ("tool", "hint", "told")], rows)
        plain.append(f"{head} · {where}\n{text if rows else ''}".strip())
        markdown.append(f"**{head}** · {code_span(where)}\n\n{marks if rows else ''}".strip())
    for name, one in (servers.waiting() if waiting else {}).items():
        where = one.what if isinstance(one, UsageError) else one.where
        line = say("mcp.in_file", file=FILE)
        plain.append(f"{shown(name)} · {line} · {where}")
        markdown.append(f"{code_span(shown(name))} · {line} · {code_span(where)}")
    if not plain:
        notebook.say(say("mcp.none"))
        return
    notebook.show(from_markdown("\n\n".join(markdown), "\n\n".join(plain)))


COMMANDS = {"mcp": _mcp}
