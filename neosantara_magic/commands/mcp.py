"""``mcp``: servers of tools, and what a model is told of them. ``serve``: functions of ours for agents outside."""

from __future__ import annotations

import json
import os
import shlex
import socket
from errno import ERANGE
from typing import TYPE_CHECKING, Any

from .. import public, validators
from ..errors import UsageError
from ..ipython.front_ends import front_end_of
from ..ipython.notebook import Notebook
from ..mcp.servers import FILE, of_folder, servers, typed
from ..parsing.flags import COMMANDS as FORMS
from ..parsing.parse import Command
from ..render.cards import code_span
from ..render.forms import Forms, from_markdown, table
from ..texts import say, two_lines
from ..tools.toolbox import Toolbox
from ..validators import one_of, shown
from ..workspace import Workspace

if TYPE_CHECKING:
    from ..mcp.server import Server
    from ..mcp.serving import Ask, HttpServer  # only with the extra


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
        _screen(notebook, [_added(*words)], [])
        return
    if what:
        servers.remove(words[0])
    known = [*servers]
    _screen(notebook, known, [name for name in of_folder() if name not in {server.name for server in known}])


def _added(name: str, *words: str) -> Server:
    """Add the server that the words name; a name alone is that of the folder's file, typed instead of asked."""
    given: dict[str, list[str]] = {"--env": [], "--header": []}
    rest: list[str] = []
    line = iter(words)
    for word in line:
        option, equals, value = word.partition("=")
        # What follows a program is the program's own.
        if option in given and (not rest or "://" in rest[0]):
            given[option].append(value if equals else next(line, ""))
        elif option.isidentifier() and equals and not rest:  # a variable with its value, as a shell takes it
            given["--env"].append(word)
        else:
            rest.append(word)
    headers = {key: variable for key, _, variable in (one.partition("=") for one in given["--header"])}
    found = None if rest or any(given.values()) else servers.find(name, agreed=True)
    return found or servers.add(name, typed(rest, given["--env"], headers))


def _screen(notebook: Notebook, known: list[Server], waiting: list[str]) -> None:
    """Show servers with all that the model is told of their tools."""
    plain, markdown = [], []
    for server in known:
        head, where = f"{server.name} · {server.state}", server.where
        told = [(tool.spec, say("mcp.waits" if tool.confirm else "mcp.reads")) for tool in server.tools]
        rows = [(spec.name, hint, spec.description) for spec, hint in told]
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


def serve(functions: Any, *, port: int | None = None, timeout: float = 300) -> HttpServer:
    """Let agents on this computer call functions of this notebook, over MCP, until the kernel ends.

    Args:
        functions: Functions, or their names; what a name means later counts then.
        port: Where to listen; any free port if not given.
        timeout: Seconds that a call waits until no cell runs, or for your decision, before it is refused.

    Raises:
        UsageError: no notebook, a bad value, a port in use, or the extra ``mcp`` is not installed.
        ToolDefinitionError: a function that cannot be a tool.
    """
    try:
        from ..mcp.serving import Desk, HttpServer  # noqa: PLC0415  (optional)
    except ImportError:
        raise UsageError(*two_lines("package", package='"neosantara-magic[mcp]"')) from None
    workspace, notebook = public.surroundings()
    if notebook is None or not notebook.front_end.displays:
        raise UsageError(*two_lines("notebook", caller="serve()"))
    names = functions if isinstance(functions, list | tuple) else [functions]
    timeout = validators.seconds("timeout", timeout)
    try:
        tools = Toolbox.from_names(names, notebook.namespace)
    except UsageError as error:  # the sentences are those of an ask
        error.what, error.next_step = (one.replace("--tools", "serve") for one in (error.what, error.next_step))
        raise
    server: HttpServer | None = workspace.serving
    if server is None or server.desk is None or port not in (None, server.port):
        try:
            listening = socket.create_server(("127.0.0.1", validators.whole("port", port or 0)))
        except (OSError, OverflowError) as error:
            reason = os.strerror(getattr(error, "errno", ERANGE))
            raise UsageError(*two_lines("serve.port", port=port, reason=reason)) from None
        if server is not None:
            server.stop()
        server = workspace.serving = HttpServer(listening)
    ask: Ask | None = None
    if front_end_of(notebook.shell).page:  # also in a cell that is captured: calls come later
        from ..panel.controls import buttons  # noqa: PLC0415  (loads ipywidgets)

        ask = buttons
    notebook.show(_block(server, tools))
    limit = workspace.settings().tool_result_limit
    earlier, server.desk = server.desk, Desk(notebook, names, server.url, timeout, limit, ask)
    if earlier is not None:
        earlier.close("serve.replaced")
    notebook.was_shown(server)
    return server


def _serve(command: Command, workspace: Workspace, notebook: Notebook) -> HttpServer | None:
    if command.words != ("off",):
        return serve(command.words, **command.options)
    if workspace.serving is not None:
        workspace.serving.stop()
    notebook.say(say("serve.ended"))
    return None


def _block(server: HttpServer, tools: Toolbox) -> Forms:
    """Return what to copy. It names the token's file, never the token: a notebook is passed on."""
    url, path = server.url, str(server.token_file)
    token = f"$(cat {shlex.quote(path)})"
    claude = f'claude mcp add --transport http neosantara {url} --header "Authorization: Bearer {token}"'
    asked = {"type": "promptString", "id": "neosantara-token", "description": path, "password": True}
    code, cursor = (
        {"neosantara": {"type": "http", "url": url, "headers": {"Authorization": f"Bearer {token}"}}}
        for token in ("${input:neosantara-token}", "${env:NEOSANTARA_SERVE_TOKEN}")
    )
    forms = (
        ("Claude Code", "bash", claude),
        ("VS Code (Copilot), .vscode/mcp.json", "json", json.dumps({"inputs": [asked], "servers": code}, indent=2)),
        ("Cursor, .cursor/mcp.json", "json", json.dumps({"mcpServers": cursor}, indent=2)),
    )
    head = say("serve.head", names=", ".join(tools), path=path)
    markdown = [f"**{agent}**\n\n```{language}\n{text}\n```" for agent, language, text in forms]
    return from_markdown("\n\n".join([head, *markdown]), "\n\n".join([head, *(f"{a}\n{text}" for a, _, text in forms)]))


COMMANDS = {"mcp": _mcp, "serve": _serve}
