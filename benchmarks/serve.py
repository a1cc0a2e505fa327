"""What a call of an agent outside costs in an idle kernel, from the official client and back.

For: the number behind the target (an answer within 20 ms).
Not for: passing or failing. Run it from the checkout: ``scripts/bench serve``.

Calls come one after another without a pause, so each also pays for painting the one before it; then half a second
apart, as an agent that thinks in between sends them.
"""

from __future__ import annotations

import asyncio
import statistics
import tempfile
import time
from pathlib import Path

import httpx2
from mcp import ClientSession
from mcp.client.streamable_http import streamable_http_client

from isolation import isolated
from kernels import Kernel

SERVE = """%load_ext neosantara_magic
from neosantara_magic import tool
def add(a: int, b: int) -> int:
    "Add two numbers."
    return a + b
served = %neosantara serve add
"""


async def _times(url: str, token: str, *, calls: int, pause: float) -> list[float]:
    """Return the milliseconds of each call."""
    headers = {"Authorization": f"Bearer {token}"}
    async with (
        httpx2.AsyncClient(headers=headers) as http,
        streamable_http_client(url, http_client=http) as streams,
        ClientSession(*streams[:2]) as client,
    ):
        await client.initialize()
        await client.call_tool("add", {"a": 1, "b": 2})
        times = []
        for _ in range(calls):
            await asyncio.sleep(pause)
            began = time.perf_counter()
            await client.call_tool("add", {"a": 1, "b": 2})
            times.append(1000 * (time.perf_counter() - began))
        return times


def main() -> None:
    """Print the times of both."""
    with tempfile.TemporaryDirectory() as folder:
        kernel = Kernel(folder, isolated(Path(folder)))
        try:
            run = kernel.execute(SERVE, cell_id="a")
            assert run.error is None, run.error
            url, file = kernel.value("served.url").strip("'"), kernel.value("str(served.token_file)").strip("'")
            token = Path(file).read_text("utf-8")
            for name, calls, pause in (("apart", 20, 0.5), ("without a pause", 100, 0.0)):
                times = asyncio.run(_times(url, token, calls=calls, pause=pause))
                worst = sorted(times)[int(0.95 * len(times))]
                print(f"{name:16} median {statistics.median(times):5.1f} ms   95 of 100 within {worst:5.1f} ms")
        finally:
            kernel.close()


if __name__ == "__main__":
    main()
