"""The MCP server for agents on this computer: Streamable HTTP on loopback, behind a token.

For: address, token, the checks of a request, and calls as MCP has them.
Not for: running the calls (``serving.py``). The package ``mcp`` is imported here, so this loads at the first ``serve``.

Whoever asks needs the token, and a Host and Origin of this very server: a page in the user's browser may reach
loopback too, under a name of its own (DNS rebinding). The token stands in a file that only the user can read, never
in the notebook.
"""

from __future__ import annotations

import asyncio
import atexit
import json
import logging
import os
import secrets
import socket
import tempfile
import threading
import time
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any

import uvicorn
from mcp.server.lowlevel import Server
from mcp.server.transport_security import TransportSecuritySettings

from mcp import types

from ..messages import ToolCall, ToolResult
from .serving import Desk

if TYPE_CHECKING:
    from ..ipython.between_cells import BetweenCells
    from .serving import Offer

_PROGRESS = 1.0
"""Seconds between two words about a call that waits or runs."""


class HttpServer:
    """Serves a desk, in a thread of its own, on a socket that listens on loopback.

    Attributes:
        url: Where agents find it.
        token_file: Holds the token that they have to send; only its owner can read it.
        timeout: Seconds that a call may wait, for the kernel and for the user.
        alive: Whether it serves.
    """

    def __init__(self, between: BetweenCells, listening: socket.socket) -> None:
        self._between = between
        self._socket = listening
        self.port: int = listening.getsockname()[1]
        self.url = f"http://127.0.0.1:{self.port}/mcp"
        self._token = secrets.token_urlsafe(32)
        handle, name = tempfile.mkstemp(prefix="neosantara-serve-", suffix=".token")  # for its owner alone
        with os.fdopen(handle, "w") as file:
            file.write(self._token)
        self.token_file = Path(name)
        self.desk: Desk
        self.timeout = 0.0
        self.alive = False

    def serve(self, offer: Offer, timeout: float) -> None:
        """Serve this from now on, in place of what was served before."""
        self.timeout = timeout
        if self.alive:
            self.desk.replace(offer)
            return
        self.desk = Desk(self._between, offer)
        for library in ("mcp", "sse_starlette"):  # what they say of strangers' requests is no output of a cell
            logging.getLogger(library).addHandler(logging.NullHandler())
        how: dict[str, Any] = {"loop": "asyncio", "ws": "none", "log_config": None, "log_level": "critical"}
        self._uvicorn = uvicorn.Server(uvicorn.Config(self._app(), timeout_graceful_shutdown=0, **how))
        run, sockets = self._uvicorn.run, {"sockets": [self._socket]}
        self._thread = threading.Thread(target=run, kwargs=sockets, name="neosantara-serve", daemon=True)
        self._thread.start()
        self.alive = True
        atexit.register(self.stop)

    def stop(self) -> None:
        """Serve nothing any more; what waits is refused, and the token opens nothing from now on."""
        if not self.alive:
            return
        self.alive = False
        atexit.unregister(self.stop)
        self.token_file.unlink(missing_ok=True)
        self._between.close()
        self.desk.end("serve.ended")
        self._uvicorn.should_exit = True
        self._thread.join(timeout=3)

    def __repr__(self) -> str:
        return f"<Served: {', '.join(self.desk.tools.names)} at {self.url}>"

    def _app(self) -> Any:
        """Return the ASGI application."""
        hosts = [f"{name}:{self.port}" for name in ("127.0.0.1", "localhost")]
        security = TransportSecuritySettings(allowed_hosts=hosts, allowed_origins=[f"http://{host}" for host in hosts])
        server: Server[Any] = Server("neosantara-magic", on_list_tools=self._list, on_call_tool=self._call)
        inner = server.streamable_http_app(transport_security=security)
        wanted = f"Bearer {self._token}".encode()

        async def app(scope: Any, receive: Any, send: Any) -> None:
            given = [value for name, value in scope.get("headers", ()) if name == b"authorization"]
            if scope["type"] == "lifespan" or (len(given) == 1 and secrets.compare_digest(given[0], wanted)):
                await inner(scope, receive, send)
                return
            headers = [(b"www-authenticate", b"Bearer"), (b"content-length", b"0")]
            await send({"type": "http.response.start", "status": 401, "headers": headers})
            await send({"type": "http.response.body"})

        return app

    async def _list(self, _context: Any, _params: Any) -> types.ListToolsResult:
        return types.ListToolsResult(
            tools=[
                types.Tool(name=spec.name, description=spec.description, input_schema=dict(spec.parameters))
                for spec in self.desk.tools.specs
            ]
        )

    async def _call(self, context: Any, params: types.CallToolRequestParams) -> types.CallToolResult:
        arguments = json.dumps(params.arguments or {}, ensure_ascii=False)
        served = self.desk.take(ToolCall(str(context.request_id), params.name, arguments))
        answered, began = asyncio.wrap_future(served.future), time.monotonic()
        try:
            while not (await asyncio.wait([answered], timeout=_PROGRESS))[0]:
                waited = time.monotonic() - began
                if waited >= self.timeout:
                    served.give_up(f"{served.state}, and {self.timeout:g} seconds have passed")
                elif await context.request.is_disconnected():
                    answered.cancel()
                await context.session.report_progress(waited, message=served.state)
        finally:
            answered.cancel()  # the agent has gone, or waits no longer: what has not begun never does
        return _as_told(served.refusal if served.future.cancelled() else served.future.result())


def _as_told(result: ToolResult) -> types.CallToolResult:
    content: list[Any] = [types.TextContent(type="text", text=result.result)]
    for image in result.images:
        if image.media_type:
            data = image.url.partition(",")[2]
            content.append(types.ImageContent(type="image", data=data, mime_type=image.media_type))
    return types.CallToolResult(content=content, is_error=result.error is not None)
