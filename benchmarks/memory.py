"""What a kernel keeps after many asks: resident memory after 200 of them, and after 2,000.

Run with `scripts/bench memory`. The first asks fill caches (parser, connection), so they are not counted.
"""

from __future__ import annotations

import tempfile
from pathlib import Path

from isolation import isolated
from kernels import Kernel

_SIZE = "int(open('/proc/self/statm').read().split()[1]) * __import__('resource').getpagesize() / 1e6"
_BATCH = "for _ in range(200):\n    neosantara_magic.ask('What is 2 + 2?', once=True)"


def main() -> None:
    """Print the size after each 200 asks."""
    with tempfile.TemporaryDirectory() as home:
        measure(home)


def measure(home: str) -> None:
    """Ask in a kernel of its own."""
    kernel = Kernel(home, isolated(Path(home)) | {"NEOSANTARA_DEMO": "1", "NEOSANTARA_DEMO_PACE": "0"})
    try:
        kernel.execute("%load_ext neosantara_magic\nimport neosantara_magic, gc")
        sizes = []
        for done in range(200, 2001, 200):
            run = kernel.execute(_BATCH, cell_id="a", allow_stdin=True, timeout=600)
            assert run.error is None, run.error
            kernel._runs.clear()
            kernel.execute("gc.collect()")
            sizes.append(float(kernel.value(_SIZE)))
            print(f"{done:5} asks  {sizes[-1]:7.1f} MB", flush=True)
        print(f"from 200 to 2,000: {sizes[-1] - sizes[0]:+.1f} MB")
    finally:
        kernel.close()


if __name__ == "__main__":
    main()
