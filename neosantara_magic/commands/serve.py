"""``serve``: functions of the notebook for agents outside, by the magic and from Python."""

from __future__ import annotations

import json
import os
import shlex
import socket
from errno import ERANGE
from typing import TYPE_CHECKING, Any

from .. import public, validators
from ..errors import UsageError
from ..ipython.cells import in_a_browser
from ..ipython.notebook import Notebook
from ..parsing import Command
from ..render.forms import Forms, from_markdown
from ..texts import say, two_lines
from ..tools.toolbox import Toolbox
from ..workspace import Workspace

if TYPE_CHECKING:  # only with the extra
    from ..mcp.serving import Ask, HttpServer


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
    if notebook is None or notebook.front_end == "terminal":
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
    if in_a_browser(notebook.shell) and notebook.can_ask:
        from ..panel.controls import buttons  # noqa: PLC0415  (loads ipywidgets)

        ask = buttons
    notebook.show(_block(server, tools))
    server.serve(Desk(notebook, names, server.url, timeout, workspace.settings().tool_result_limit, ask))
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
    head = say("serve.head", names=", ".join(tools.names), path=path)
    markdown = [f"**{agent}**\n\n```{language}\n{text}\n```" for agent, language, text in forms]
    return from_markdown("\n\n".join([head, *markdown]), "\n\n".join([head, *(f"{a}\n{text}" for a, _, text in forms)]))


COMMANDS = {"serve": _serve}
