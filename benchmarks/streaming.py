"""What showing a streamed answer costs a kernel, against the bare SDK loop that shows nothing, in the same run.

Run: ``scripts/bench streaming`` (about five minutes). A real kernel asks a loopback server in this process, which
speaks at a given rate; every byte the kernel publishes is counted on a socket of its own. CPU is the kernel's process
time, so what server and counter cost is not in it. Seconds of a shared machine say little: read the ratios.
"""

from __future__ import annotations

import json
import math
import os
import statistics
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import zmq

from benchmarks.blocks import text_of
from browser.speaking import events
from isolation import isolated
from kernels import Kernel
from wire.server import EVENT_STREAM, ScriptedServer, sse

TOKEN = 4
FRAMES = 30
"""A second: what the floor of the bytes allows. Ours are fewer, so what they weigh against a floor of as many frames as
were sent is printed beside it."""
PLAN = (
    (1_000, 200, 0.4),
    (1_000, 800, 0.4),
    (4_000, 200, 0.3),
    (4_000, 800, 0.3),
    (16_000, 200, 0.3),
    (16_000, 800, 0.3),
)
"""Tokens, tokens a second, and the CPU that ours may cost as a part of the SDK's."""

PREPARE = """
import os, time, openai
os.environ.update({environment!r})
%load_ext neosantara_magic
sdk = openai.OpenAI(api_key="x", base_url={url!r}, max_retries=0)
def bare():
    for event in sdk.responses.create(model="nusantara-base", input="go", stream=True):
        pass
def ours():
    get_ipython().run_cell_magic("neosantara", "--once", "go")
def measure(run):
    began, cpu = time.time(), time.process_time()
    run()
    return time.process_time() - cpu, began
"""


class Wire:
    """Counts what a kernel publishes: bytes, and when the first text of an answer left."""

    def __init__(self, port: int) -> None:
        self._socket = zmq.Context.instance().socket(zmq.SUB)
        self._socket.setsockopt(zmq.SUBSCRIBE, b"")
        self._socket.setsockopt(zmq.RCVHWM, 0)
        self._socket.connect(f"tcp://127.0.0.1:{port}")
        self.forget()
        threading.Thread(target=self._count, daemon=True).start()

    def forget(self) -> None:
        """Start from nothing."""
        self.frames = 0
        self.frame_bytes = 0
        self.other_bytes = 0
        self.first_text: float | None = None

    def _count(self) -> None:
        while True:
            parts = self._socket.recv_multipart()
            size = sum(map(len, parts))
            if b'"method": "custom"' in parts[-1] and b'"kind"' not in parts[-1]:  # only a frame names no kind
                self.frames += 1
                self.frame_bytes += size
                if self.first_text is None and json.loads(parts[-1])["data"]["content"].get("put"):
                    self.first_text = time.time()
            else:
                self.other_bytes += size


class Spoken:
    """One scripted answer, at a rate, and when its first word left."""

    def __init__(self, tokens: int, rate: float) -> None:
        text = text_of(tokens)
        said = sse(*events([text[at : at + TOKEN] for at in range(0, len(text), TOKEN)]))
        self._first, self._rest = said[0], said[1:]
        self._rate = rate
        self.began = 0.0

    def __iter__(self) -> Iterator[bytes]:
        yield self._first
        self.began = time.time()
        start = time.monotonic()
        for place, chunk in enumerate(self._rest):
            ahead = start + place / self._rate - time.monotonic()
            if ahead > 0.0005:
                time.sleep(ahead)
            yield chunk


@contextmanager
def kernel_at(server: ScriptedServer) -> Iterator[tuple[Kernel, Wire]]:
    """Give a prepared kernel and the counter on its output."""
    with tempfile.TemporaryDirectory() as home:
        from pathlib import Path

        kernel = Kernel(home, isolated(Path(home)))
        environment = {"NEOSANTARA_BASE_URL": server.base_url, "NEOSANTARA_API_KEY": "nsk-benchmark"}
        run = kernel.execute(PREPARE.format(environment=environment, url=server.base_url))
        assert run.error is None, run.error
        wire = Wire(kernel._manager.iopub_port)
        time.sleep(0.3)
        try:
            yield kernel, wire
        finally:
            kernel.close()


def once(kernel: Kernel, wire: Wire, server: ScriptedServer, who: str, tokens: int, rate: float) -> dict[str, Any]:
    """Let ``ours`` or ``bare`` take one answer; return what it cost."""
    spoken = Spoken(tokens, rate)
    arrived: list[float] = []
    server.answer(200, EVENT_STREAM, _noting(spoken, arrived))
    wire.forget()
    # A cell id is what tells a front end whose outputs can change from a console.
    run = kernel.execute(f"print(*measure({who}))", cell_id="a", allow_stdin=True, timeout=600)
    assert run.error is None, run.error
    cpu, began = map(float, run.stdout.split()[:2])
    time.sleep(0.2)
    return {
        "cpu": cpu,
        "before": arrived[0] - began,
        "first": wire.first_text and wire.first_text - spoken.began,
        "frames": wire.frames,
        "frame_bytes": wire.frame_bytes,
        "bytes": wire.frame_bytes + wire.other_bytes,
    }


def _noting(spoken: Spoken, arrived: list[float]) -> Iterator[bytes]:
    # A generator starts when the request has been read.
    arrived.append(time.time())
    yield from spoken


def exponent(small: float, large: float, factor: float) -> float:
    """Return how ``large`` grows against ``small`` when the text is ``factor`` times as long."""
    return math.log(large / small) / math.log(factor)


def verdict(value: float, bar: float) -> str:
    """Say whether a figure is within its bar, and by how much it misses."""
    return "holds" if value <= bar else f"MISSED by {value / bar - 1:.0%}"


def main() -> None:
    """Print the figures."""
    rounds = int(os.environ.get("ROUNDS", "1"))
    costs: dict[tuple[int, int], tuple[float, float]] = {}
    with ScriptedServer() as server, kernel_at(server) as (kernel, wire):
        for who in ("bare", "ours", "bare", "ours"):
            once(kernel, wire, server, who, 300, 2000)
        print("tokens  rate   CPU ours   CPU SDK   ratio  bar           bytes/token   floor  ratio  bar 1.15")
        firsts: list[float] = []
        for tokens, rate, bar in PLAN:
            pairs = [
                (once(kernel, wire, server, "ours", tokens, rate), once(kernel, wire, server, "bare", tokens, rate))
                for _ in range(rounds)
            ]
            ours, bare = (min((pair[i] for pair in pairs), key=lambda one: one["cpu"]) for i in (0, 1))
            firsts += [pair[0]["first"] for pair in pairs]
            ratio = ours["cpu"] / bare["cpu"]
            floor = 4.1 + 622 * FRAMES / rate
            per_token = ours["frame_bytes"] / tokens
            sent_floor = 4.1 + 622 * ours["frames"] / tokens
            costs[tokens, rate] = ours["cpu"], ours["bytes"]
            print(f"{tokens:6d} {rate:5d} {ours['cpu']:8.2f} s {bare['cpu']:7.2f} s {ratio:6.2f}  {bar:4.2f} "
                  f"{verdict(ratio, bar):12s} {per_token:8.1f} {floor:10.1f} {per_token / floor:6.2f}  "
                  f"{verdict(per_token / floor, 1.15)}; {ours['frames']} frames "
                  f"({per_token / sent_floor:.2f} of a floor with as many), all messages "
                  f"{ours['bytes'] / tokens:.1f} B/token", flush=True)  # fmt: skip
        (cpu_1k, bytes_1k), (cpu_16k, bytes_16k) = costs[1_000, 800], costs[16_000, 800]
        cpu_growth, byte_growth = exponent(cpu_1k, cpu_16k, 16), exponent(bytes_1k, bytes_16k, 16)
        print(f"growth 1k to 16k at 800/s: CPU {cpu_growth:.2f} (bar 1.10: {verdict(cpu_growth, 1.1)}), "
              f"bytes {byte_growth:.2f} (bar 1.05: {verdict(byte_growth, 1.05)})")  # fmt: skip
        first = statistics.median(firsts) * 1000
        print(f"first paint after the first byte: {first:.0f} ms (bar 50: {verdict(first, 50)})")
        before = [
            [once(kernel, wire, server, who, 20, 5000)["before"] * 1000 for who in ("ours", "bare")] for _ in range(9)
        ]
        added = statistics.median(ours - bare for ours, bare in before)
        print(f"before the request leaves, warm: {statistics.median(o for o, _ in before):.1f} ms, SDK "
              f"{statistics.median(b for _, b in before):.1f} ms; added {added:.1f} ms (bar 10: "
              f"{verdict(added, 10)})")  # fmt: skip


if __name__ == "__main__":
    main()
