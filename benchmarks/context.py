"""What ``--context all`` over 200 cells adds to an ask, from the start of its cell to its request.

For: the number behind the target (at most 20 ms more than the same ask without context).
Not for: passing or failing; ``tests/describe`` and ``tests/magic`` hold what the model sees.
"""

from __future__ import annotations

import statistics
import tempfile
import time
from pathlib import Path

from isolation import isolated
from kernels import Kernel
from neosantara_magic.api.wire import WireAnswer, WireRequest
from neosantara_magic.demo.server import DemoServer
from wire.server import ScriptedServer

arrived: list[float] = []
bodies: list[int] = []
demo = DemoServer(pace=0).handle


def handle(request: WireRequest) -> WireAnswer:
    """Answer as the demo model; note when the request came and how long it is."""
    arrived.append(time.time())
    bodies.append(len(request.body))
    return demo(request)


def before_the_request(kernel: Kernel, flags: str) -> float:
    """Return the milliseconds from the start of an asking cell to its request."""
    arrived.clear()
    kernel.execute(f"%%neosantara --once {flags}\nhi {time.time()}")
    return 1000 * (arrived[0] - float(kernel.value("began[-2]")))  # the last cell reads the value


def main(cells: int = 200, rounds: int = 15) -> None:
    """Fill a notebook, ask with and without it in turn, and print medians."""
    with ScriptedServer(handle) as server, tempfile.TemporaryDirectory() as home:
        env = {"NEOSANTARA_BASE_URL": server.base_url, "NEOSANTARA_API_KEY": "nsk_" + "0" * 32}
        kernel = Kernel(home, isolated(Path(home)) | env)
        kernel.execute("%load_ext neosantara_magic\nimport time\nbegan = []")
        kernel.execute("get_ipython().events.register('pre_run_cell', lambda *_: began.append(time.time()))")
        for number in range(cells):
            kernel.execute(f"# step {number}\nprint('row', {number}, 'of the table of rain')\n[{number}] * 20")
        pairs = [
            (before_the_request(kernel, "--context all"), before_the_request(kernel, "")) for _ in range(rounds + 1)
        ][1:]
        kernel.close()
    with_cells, without = (statistics.median(one) for one in zip(*pairs, strict=True))
    added = statistics.median(one - other for one, other in pairs)
    print(
        f"with {cells} cells {with_cells:.1f} ms ({max(bodies)} bytes), without {without:.1f} ms ({min(bodies)} bytes)"
    )
    print(f"added {added:.1f} ms, {with_cells / without:.2f} times (bar: 20 ms more)")


if __name__ == "__main__":
    main()
