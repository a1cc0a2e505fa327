"""What a batch costs: throughput against a bare asyncio loop over the SDK, a rate limit used up, flat memory, workers.

For: the numbers behind the targets of `ask_many`: at most the time of the bare loop, 0.95 of a limit with nothing lost,
memory that does not grow with the rows.
Not for: passing or failing. Run it from the checkout::

    python benchmarks/batch.py [throughput] [limit] [memory] [workers]

The server is a process of its own on loopback that answers after 50 ms; both sides ask it in the same run, in turns.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import math
import multiprocessing
import os
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path
from typing import Any

LATENCY = 0.05
"""Seconds before the server answers."""
PROMPTS = int(os.environ.get("PROMPTS", "1000"))
TIMES = int(os.environ.get("TIMES", "3"))
ANSWER = "Jakarta adalah ibu kota Indonesia."
USAGE = {"input_tokens": 12, "output_tokens": 9, "total_tokens": 21}


# -- the server


def _bodies() -> tuple[bytes, bytes]:
    """Return an answer as a stream and as one body."""
    message = {"type": "message", "role": "assistant", "content": [{"type": "output_text", "text": ANSWER}]}
    whole = {
        "id": "resp_1", "object": "response", "created_at": 1, "status": "completed", "model": "nusantara-base",
        "output": [message], "usage": USAGE, "parallel_tool_calls": True, "tool_choice": "auto", "tools": [],
    }  # fmt: skip
    events: list[dict[str, Any]] = [{"type": "response.created", "response": {**whole, "output": []}}]
    events += [
        {"type": "response.output_text.delta", "delta": word, "item_id": "m", "output_index": 0, "content_index": 0}
        for word in ANSWER.split(" ")
    ]
    events.append({"type": "response.completed", "response": whole})
    stream = b"".join(f"event: {one['type']}\ndata: {json.dumps(one)}\n\n".encode() for one in events)
    return stream, json.dumps(whole).encode()


class _Bucket:
    """A limit that fills up steadily, as gateways have it."""

    def __init__(self, a_minute: float, burst: int) -> None:
        self._rate, self._burst, self._left, self._at = a_minute / 60, burst, float(burst), time.monotonic()

    def take(self) -> float:
        """Return 0 and take one, or the seconds until there is one."""
        now = time.monotonic()
        self._left, self._at = min(self._burst, self._left + (now - self._at) * self._rate), now
        if self._left >= 1:
            self._left -= 1
            return 0.0
        return (1 - self._left) / self._rate


def serve(port: Any, limit: tuple[float, int, bool] | None) -> None:
    """Run the server.

    Args:
        port: Where its number is put.
        limit: Requests a minute, burst, and whether the answers name the limit in their headers.
    """
    stream, whole = _bodies()
    bucket = limit and _Bucket(limit[0], limit[1])
    counts = {"accepted": 0, "refused": 0}

    async def talk(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with contextlib.suppress(asyncio.IncompleteReadError, ConnectionError):
            while True:
                head = (await reader.readuntil(b"\r\n\r\n")).lower()
                length = int(head.partition(b"content-length:")[2].partition(b"\r\n")[0] or 0)
                body = await reader.readexactly(length)
                if head.startswith(b"get /counts"):
                    writer.write(_answer("200 OK", "application/json", json.dumps(counts).encode()))
                    continue
                wait = bucket.take() if bucket else 0.0
                extra = f"x-neosantara-ratelimit-requests-limit: {limit[0]:g}\r\n" if limit and limit[2] else ""
                if wait:
                    counts["refused"] += 1
                    extra += f"retry-after: {math.ceil(wait)}\r\n"
                    refusal = b'{"error": {"code": "rpm_exceeded", "message": "slow down", "type": "rate_limit"}}'
                    writer.write(_answer("429 Too Many Requests", "application/json", refusal, extra))
                    continue
                counts["accepted"] += 1
                await asyncio.sleep(LATENCY)
                streamed = b'"stream":true' in body
                kind = "text/event-stream" if streamed else "application/json"
                writer.write(_answer("200 OK", kind, stream if streamed else whole, extra))
        writer.close()

    async def run() -> None:
        server = await asyncio.start_server(talk, "127.0.0.1", 0)
        port.put(server.sockets[0].getsockname()[1])
        await server.serve_forever()

    asyncio.run(run())


def _answer(status: str, kind: str, body: bytes, extra: str = "") -> bytes:
    head = f"HTTP/1.1 {status}\r\nContent-Type: {kind}\r\nContent-Length: {len(body)}\r\n{extra}\r\n"
    return head.encode() + body


@contextlib.contextmanager
def serving(limit: tuple[float, int, bool] | None = None) -> Iterator[str]:
    """Give the base URL of a server process."""
    context = multiprocessing.get_context("spawn")
    port: Any = context.Queue()
    process = context.Process(target=serve, args=(port, limit), daemon=True)
    process.start()
    try:
        yield f"http://127.0.0.1:{port.get(timeout=30)}/v1"
    finally:
        process.terminate()
        process.join()


# -- the two sides


def bare(url: str, prompts: list[str], width: int, *, stream: bool) -> float:
    """Ask with nothing but the SDK in an asyncio loop; return the seconds."""
    import openai

    async def one(client: openai.AsyncOpenAI, prompt: str) -> str:
        if not stream:
            return (await client.responses.create(model="m", input=prompt, max_output_tokens=99)).output_text
        pieces = await client.responses.create(model="m", input=prompt, max_output_tokens=99, stream=True)
        return "".join([event.delta async for event in pieces if event.type == "response.output_text.delta"])

    async def run() -> float:
        async with openai.AsyncOpenAI(api_key="k", base_url=url, max_retries=0) as client:
            await one(client, "warm")
            waiting = iter(prompts)

            async def worker() -> None:
                for prompt in waiting:
                    assert await one(client, prompt)

            began = time.perf_counter()
            await asyncio.gather(*(worker() for _ in range(width)))
            return time.perf_counter() - began

    return asyncio.run(run())


def ours(url: str, prompts: Any, width: int, **how: Any) -> float:
    """Ask with `ask_many`; return the seconds."""
    os.environ.update(NEOSANTARA_API_KEY="nsk_benchmark", NEOSANTARA_BASE_URL=url)
    from neosantara_magic import ask_many, public

    public._script.clear()
    ask_many(["warm"], concurrency=1, show="none")
    began = time.perf_counter()
    answers = ask_many(prompts, concurrency=width, show="none", **how)
    seconds = time.perf_counter() - began
    failed = [answer.error for answer in answers if answer.error or not answer.text]
    assert not failed, failed[0]
    return seconds


def throughput() -> None:
    """1,000 prompts, 8 and 32 at once, three times in turns (fewer with the variables PROMPTS and TIMES)."""
    prompts = [f"Ibu kota nomor {i}?" for i in range(PROMPTS)]
    with serving() as url:
        for stream in (True, False):
            for width in (8, 32):
                pairs = [
                    (bare(url, prompts, width, stream=stream), ours(url, prompts, width, stream=stream))
                    for _ in range(TIMES)
                ]
                print(
                    f"{'stream' if stream else 'whole '} {width:2} in flight: bare {min(b for b, _ in pairs):5.2f} s, "
                    f"ask_many {min(o for _, o in pairs):5.2f} s; time against bare, median of {TIMES}: "
                    f"{statistics.median(o / b for b, o in pairs):.2f} (bar {1.0 if width == 8 else 1.3})",
                    flush=True,
                )


def limit() -> None:
    """A limit of 600 requests a minute, with 400 prompts, so that it takes 40 s and not minutes."""
    prompts = [f"Nomor {i}" for i in range(400)]
    for named in (True, False):
        for width in (8, 32):
            with serving((600, 10, named)) as url:
                seconds = ours(url, prompts, width)
                counts = _counts(url)
            least = (len(prompts) - 10) / 10  # ten go at once, then ten a second
            print(
                f"600 a minute, {'named in headers' if named else 'only 429s       '}, {width:2} in flight: "
                f"{seconds:5.2f} s, {least / seconds:.3f} of the limit, {counts['refused']} refused, 0 lost",
                flush=True,
            )


def _counts(url: str) -> dict[str, int]:
    import urllib.request

    with urllib.request.urlopen(url.replace("/v1", "/counts")) as answer:  # noqa: S310  (loopback)
        counts: dict[str, int] = json.load(answer)
    return counts


def memory() -> None:
    """Peak memory of a process with 10,000 and with 100,000 rows in a file."""
    for rows in (10_000, 100_000):
        told = subprocess.run(
            [sys.executable, __file__, "_peak", str(rows)], check=True, capture_output=True, text=True
        ).stdout
        print(told.strip(), flush=True)


def _peak(rows: int) -> None:
    """Ask so many rows in this process, from a generator into a file."""
    from neosantara_magic import ask_many
    from neosantara_magic.events import RoundCompleted, RoundStarted
    from neosantara_magic.messages import Usage, assistant_message
    from neosantara_magic.workspace import Workspace

    class Instant:
        """Answers at once, without SDK and network: what is measured is what `ask_many` keeps."""

        def send(self, request: Any, _cancel: Any) -> Iterator[Any]:
            """Answer one call."""
            yield RoundStarted(request.model, request.api)
            yield RoundCompleted(assistant_message(ANSWER), usage=Usage(12, 9, 21), model=request.model)

    # On the class: a batch works with a copy of the workspace.
    Workspace.service = lambda _self: Instant()  # type: ignore[assignment,method-assign,return-value]
    with tempfile.TemporaryDirectory() as folder:
        out = Path(folder) / "answers.jsonl"
        began = time.perf_counter()
        answers = ask_many((f"Nomor {i}" for i in range(rows)), out=out, stream=False, show="none")
        seconds = time.perf_counter() - began
        assert sum(1 for answer in answers if answer.text) == rows
        size = out.stat().st_size / 2**20
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(f"{rows:7,} rows: peak {peak:.0f} MiB, file {size:.0f} MiB, {rows / seconds:,.0f} rows a second")


def workers() -> None:
    """One process against 1, 2 and 4 workers: the standard library's, and Dask's where it is installed."""
    prompts = [f"Nomor {i}" for i in range(400)]
    with serving() as url:
        alone = ours(url, prompts, 8)
        print(f"threads of this process: {alone:.2f} s", flush=True)
        for count in (1, 2, 4):
            with ProcessPoolExecutor(count, multiprocessing.get_context("spawn")) as pool:
                ours(url, prompts[:20], 8, executor=pool)
                print(f"{count} processes: {ours(url, prompts, 8, executor=pool):.2f} s", flush=True)
        try:
            from dask.distributed import LocalCluster
        except ImportError:
            print("dask is not installed")
            return
        for count in (1, 2, 4):
            with LocalCluster(n_workers=count, threads_per_worker=8, dashboard_address=None) as cluster:
                client = cluster.get_client()
                pool = client.get_executor()
                ours(url, prompts[:20], 8, executor=pool)
                print(f"{count} Dask workers: {ours(url, prompts, 8, executor=pool):.2f} s", flush=True)
                client.close()


PARTS: dict[str, Callable[[], None]] = {"throughput": throughput, "limit": limit, "memory": memory, "workers": workers}


def main() -> None:
    """Run the parts asked for, all by default."""
    if sys.argv[1:2] == ["_peak"]:
        _peak(int(sys.argv[2]))
        return
    for name in sys.argv[1:] or PARTS:
        PARTS[name]()


if __name__ == "__main__":
    main()
