"""How soon the first request leaves, after %load_ext and a pause, against a bare SDK.

For: the numbers behind the warm-up: within 60 ms of the cell's start after 3 s, with no pause not later than a bare
SDK, and what a busy cell loses while the thread would like to work.
Not for: passing or failing; `tests/test_warming.py` holds what must be true on any machine.
"""

from __future__ import annotations

import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from isolation import isolated
from kernels import Kernel
from neosantara_magic.api.wire import WireAnswer, WireRequest
from neosantara_magic.demo.server import DemoServer
from wire.server import ScriptedServer

arrived: list[float] = []
demo = DemoServer(pace=0).handle
BARE = """
import sys, time
began = time.time()
import openai
with openai.OpenAI(base_url=sys.argv[1], api_key="k").responses.create(model="nusantara-base", input="hi", stream=True) as s:
    for event in s: pass
print(began)
"""
BUSY = """
import time
def turns(seconds):
    n, end = 0, time.perf_counter() + seconds
    while time.perf_counter() < end:
        n += 1
    return n
"""


def handle(request: WireRequest) -> WireAnswer:
    """Answer as the demo model, and note when the request came."""
    arrived.append(time.time())
    return demo(request)


def kernel(server: ScriptedServer, **variables: str) -> Kernel:
    """Start a kernel that asks the server and notes when each cell begins."""
    home = Path(tempfile.mkdtemp(prefix="neosantara-bench-"))
    env = isolated(home) | {"NEOSANTARA_BASE_URL": server.base_url, "NEOSANTARA_API_KEY": "nsk_" + "0" * 32} | variables
    made = Kernel(str(home), env)
    made.execute(BUSY)
    made.execute("began = []")
    made.execute("get_ipython().events.register('pre_run_cell', lambda *_: began.append(time.time()))")
    return made


def ours(server: ScriptedServer, pause: float) -> float:
    """Return the seconds from the start of the first asking cell to its request."""
    one = kernel(server)
    one.execute("%load_ext neosantara_magic")
    time.sleep(pause)
    arrived.clear()
    one.execute("%%neosantara\nhi")
    seconds = arrived[0] - float(one.value("began[-2]"))  # the last cell reads the value
    one.close()
    return seconds


def bare(server: ScriptedServer) -> float:
    """Return the seconds from a bare script's first line to its request."""
    arrived.clear()
    words = [sys.executable, "-c", BARE, server.base_url]
    began = float(subprocess.run(words, check=True, capture_output=True, text=True).stdout)
    return arrived[0] - began


def busy(server: ScriptedServer, after: float, **variables: str) -> float:
    """Return the turns of a loop of two seconds in a cell that begins `after` seconds after the load."""
    one = kernel(server, **variables)
    one.execute("%load_ext neosantara_magic")
    time.sleep(after)
    one.execute("n = turns(2)")
    turns = float(one.value("n"))
    one.close()
    return turns


def main(rounds: int = 3) -> None:
    """Measure each in turn, and print medians."""
    with ScriptedServer(handle) as server:
        bare(server)
        pairs = [(ours(server, 3), ours(server, 0), bare(server)) for _ in range(rounds)]
        waited, at_once, sdk = (statistics.median(one) for one in zip(*pairs, strict=True))
        print(f"3 s after %load_ext  {waited * 1000:7.0f} ms  (target: at most 60 ms)")
        print(f"at once              {at_once * 1000:7.0f} ms  (target: not later than a bare SDK)")
        print(f"bare SDK             {sdk * 1000:7.0f} ms")
        for after in (0.0, 0.4):
            shares = [busy(server, after) / busy(server, after, NEOSANTARA_WARM_UP="0") for _ in range(rounds)]
            print(f"busy cell after {after} s  {statistics.median(shares):6.2f} of its speed  (target: at least 0.95)")


if __name__ == "__main__":
    main()
