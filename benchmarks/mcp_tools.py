"""What a call through an MCP server costs beyond the function itself: a stdio server made with the official package.

For: the number behind the target (15 ms at most). Not for: passing or failing. ``scripts/bench mcp_tools``.
"""

from __future__ import annotations

import json
import statistics
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

# This file is called like the library, and Python looks beside a script first.
sys.path.remove(str(Path(__file__).parent))

from neosantara_magic.events import ToolReturned
from neosantara_magic.mcp.servers import mcp
from neosantara_magic.messages import ToolCall
from neosantara_magic.scope import Cancel
from neosantara_magic.tools.approval import Approver
from neosantara_magic.tools.call import call_all
from neosantara_magic.tools.toolbox import Toolbox

CALLS = 200
SERVER = """
from mcp.server import MCPServer
server = MCPServer("bench")
@server.tool()
def add(a: int, b: int) -> int:
    "Add."
    return a + b
server.run("stdio")
"""


def add(a: int, b: int) -> int:
    """Add."""
    return a + b


def seconds(toolbox: Toolbox) -> list[float]:
    """Return how long each call takes, from the model's words to the model's result."""
    call, found = ToolCall("1", next(iter(toolbox)), json.dumps({"a": 1, "b": 2})), []
    for _ in range(CALLS):
        begun = time.perf_counter()
        [*_, last] = call_all([call], toolbox, approve=Approver("never"), cancel=Cancel())
        found.append(time.perf_counter() - begun)
        assert isinstance(last, ToolReturned)
        assert last.result.result == "3"
    return found


@contextmanager
def served() -> Iterator[Callable[[], Toolbox]]:
    """Start the server, and give what makes its toolbox."""
    with TemporaryDirectory() as folder:
        script = Path(folder, "server.py")
        script.write_text(SERVER)
        server = mcp("bench", command=[sys.executable, str(script)])
        yield lambda: Toolbox.from_names([server], {})
        server.close()


def main() -> None:
    """Print medians, and the worst of twenty."""
    own = seconds(Toolbox.from_names([add], {}))
    with served() as toolbox:
        listed = time.perf_counter()
        box = toolbox()
        listed = time.perf_counter() - listed
        remote = seconds(box)
    for name, found in (("function", own), ("MCP stdio", remote)):
        worst = statistics.quantiles(found, n=20)[-1]
        print(f"{name:10} median {statistics.median(found) * 1000:6.2f} ms, 95% {worst * 1000:6.2f} ms")
    print(f"{'more':10} median {(statistics.median(remote) - statistics.median(own)) * 1000:6.2f} ms (target: 15 ms)")
    print(f"{'tool list':10} read anew with each ask: {listed * 1000:.2f} ms")


if __name__ == "__main__":
    main()
