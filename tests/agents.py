"""An agent outside: the official MCP client. As a script it says ``ready``, and calls once when it hears a line.

Its words are the address, the token, the tool's name, and the arguments as JSON.
"""

from __future__ import annotations

import asyncio
import json
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import httpx2
from mcp import ClientSession
from mcp.client.streamable_http import streamable_http_client


@asynccontextmanager
async def agent(url: str, token: str) -> AsyncIterator[ClientSession]:
    """Connect it."""
    async with (
        httpx2.AsyncClient(headers={"Authorization": f"Bearer {token}"}, timeout=60) as http,
        streamable_http_client(url, http_client=http) as streams,
        ClientSession(*streams[:2]) as client,
    ):
        await client.initialize()
        yield client


async def main(url: str, token: str, name: str, arguments: str) -> None:
    """Call a tool when a line comes; ``arguments`` are JSON."""
    async with agent(url, token) as client:
        print("ready", flush=True)
        input()  # noqa: ASYNC250  (nothing else is to be done meanwhile)
        await client.call_tool(name, json.loads(arguments))


if __name__ == "__main__":
    asyncio.run(main(*sys.argv[1:]))
