"""``serve``: functions of the notebook for agents outside, by the magic and from Python.

For: what the user types, and the block to copy into an agent's configuration.
Not for: the server (``mcp/serving_http.py``), or the calls (``mcp/serving.py``).
"""

from __future__ import annotations

import inspect
import json
import os
import shlex
import socket
from typing import TYPE_CHECKING, Any

from .. import public, validators
from ..errors import UsageError
from ..ipython.between_cells import BetweenCells
from ..ipython.cells import in_a_browser
from ..mcp.serving import Offer
from ..render.forms import Forms, from_markdown
from ..scope import within
from ..texts import say, two_lines
from ..tools.toolbox import Toolbox

if TYPE_CHECKING:
    from collections.abc import Sequence

    from ..ipython.notebook import Notebook
    from ..mcp.serving_http import HttpServer
    from ..panel.buttons import Buttons
    from ..parsing import Command
    from ..workspace import Workspace

_TIMEOUT = 300.0


def serve(functions: Any, *, port: int | None = None, timeout: float = _TIMEOUT) -> HttpServer:
    """Let agents on this computer call functions of this notebook, over MCP. They are served until the kernel ends.

    Args:
        functions: Functions, or their names, of which a later definition counts.
        port: Where to listen; any free port if not given.
        timeout: Seconds that a call waits until no cell runs, and for your decision, before it is refused.

    Returns:
        The server: ``.url``, ``.token_file``, and ``.stop()``.

    Raises:
        UsageError: no notebook, a port in use, a bad value, or the extra ``mcp`` is not installed.
        ToolDefinitionError: a function that cannot be a tool.
    """
    workspace, notebook = public.surroundings()
    names = list(functions) if isinstance(functions, list | tuple) else [functions]
    with within(inspect.currentframe(), public.namespace_of(notebook)):
        port = None if port is None else validators.port("port", port)
        return _start(names, port, validators.seconds("timeout", timeout), workspace, notebook)


def _serve(command: Command, workspace: Workspace, notebook: Notebook) -> HttpServer | None:
    if command.words == ("off",):
        running = _running(workspace)
        if running is not None:
            running.stop()
        notebook.say(say("serve.nothing" if running is None else "serve.off"))
        return None
    options = command.options
    return _start(command.words, options.get("port"), options.get("timeout", _TIMEOUT), workspace, notebook)


def _running(workspace: Workspace) -> HttpServer | None:
    return workspace.serving if workspace.serving is not None and workspace.serving.alive else None


def _start(
    names: Sequence[Any], port: int | None, timeout: float, workspace: Workspace, notebook: Notebook | None
) -> HttpServer:
    try:
        from ..mcp.serving_http import HttpServer  # noqa: PLC0415  (optional)
    except ImportError:
        raise UsageError(*two_lines("mcp_missing")) from None
    if notebook is None:
        raise UsageError(*two_lines("serve.nowhere"))
    try:
        tools = Toolbox.from_names(names, notebook.namespace)
    except UsageError as error:  # the sentences are those of an ask
        error.what = error.what.replace("--tools", "serve")
        error.next_step = error.next_step.replace("--tools", "%neosantara serve")
        raise
    server = _running(workspace)
    if server is not None and port not in (None, server.port):
        server.stop()
        server = None
    if server is None:
        server = HttpServer(*_place(port, notebook))
    notebook.show(_block(server, tools))
    offer = Offer(
        find=lambda: Toolbox.from_names(names, notebook.namespace),
        outlet=notebook.outlet(),
        line=say("serve.line", names=", ".join(tools.names), url=server.url),
        capture=lambda: public.capture(notebook),
        limit=workspace.settings().tool_result_limit,
        ask=_buttons() if in_a_browser(notebook.shell) and notebook.can_ask else None,
    )
    server.serve(offer, timeout)
    workspace.serving = server
    notebook.was_shown(server)
    return server


def _buttons() -> type[Buttons]:
    from ..panel.buttons import Buttons  # noqa: PLC0415  (loads ipywidgets)

    return Buttons


def _place(port: int | None, notebook: Notebook) -> tuple[BetweenCells, socket.socket]:
    try:
        between = BetweenCells(notebook.shell)
    except RuntimeError:
        raise UsageError(*two_lines("serve.nowhere")) from None
    try:
        return between, socket.create_server(("127.0.0.1", port or 0))
    except OSError as error:
        between.close()
        raise UsageError(*two_lines("serve.port", port=port, reason=os.strerror(error.errno or 0))) from None


def _block(server: HttpServer, tools: Toolbox) -> Forms:
    """Return what to copy. It names the token's file, never the token: a notebook is passed on."""
    path, url = str(server.token_file), server.url
    read = f"$(cat {shlex.quote(path)})"
    claude = f'claude mcp add --transport http neosantara {url} --header "Authorization: Bearer {read}"'
    token = {"type": "promptString", "id": "neosantara-token", "description": path, "password": True}
    code = {"neosantara": {"type": "http", "url": url, **_header("${input:neosantara-token}")}}
    cursor = {"neosantara": {"url": url, **_header("${env:NEOSANTARA_SERVE_TOKEN}")}}
    forms = (
        ("serve.claude", "bash", claude),
        ("serve.code", "json", json.dumps({"inputs": [token], "servers": code}, indent=2)),
        ("serve.cursor", "json", json.dumps({"mcpServers": cursor}, indent=2)),
    )
    head = say("serve.head", names=", ".join(tools.names), path=path)
    markdown = [f"{say(key)}\n\n```{language}\n{text}\n```" for key, language, text in forms]
    plain = [f"{say(key)}\n{text}" for key, _, text in forms]
    return from_markdown("\n\n".join([head, *markdown]), "\n\n".join([head, *plain]))


def _header(token: str) -> dict[str, dict[str, str]]:
    return {"headers": {"Authorization": f"Bearer {token}"}}


COMMANDS = {"serve": _serve}
