"""How long %load_ext takes, against importing ipywidgets in the same run: in a kernel, and in IPython alone.

For: the numbers behind the target (under 50 ms warm, at most a quarter of ipywidgets).
Not for: passing or failing; `tests/test_load.py` holds what must be true on any machine.
"""

from __future__ import annotations

import statistics
import subprocess
import sys

TIMED = """
import time
{before}
from IPython.core.interactiveshell import InteractiveShell
shell = InteractiveShell.instance()
start = time.perf_counter()
{timed}
print(time.perf_counter() - start)
"""
LOAD = 'shell.run_line_magic("load_ext", "neosantara_magic")'
WIDGETS = "import ipywidgets"
PLACES = {"in a kernel": "import ipykernel.ipkernel, ipykernel.zmqshell", "in IPython alone": ""}


def seconds(before: str, timed: str) -> float:
    """Return what one new interpreter measured."""
    code = TIMED.format(before=before, timed=timed)
    return float(subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True).stdout)


def main(rounds: int = 9) -> None:
    """Measure both in turn, so that a busy machine slows both, and print medians."""
    for place, before in PLACES.items():
        pairs = [(seconds(before, LOAD), seconds(before, WIDGETS)) for _ in range(rounds + 1)][1:]
        ours = statistics.median(a for a, _ in pairs)
        theirs = statistics.median(b for _, b in pairs)
        ratio = statistics.median(a / b for a, b in pairs)
        print(f"{place}: %load_ext neosantara_magic  {ours * 1000:7.1f} ms  (target: under 50 ms)")
        print(f"{place}: import ipywidgets           {theirs * 1000:7.1f} ms")
        print(f"{place}: ratio                       {ratio:7.2f}     (target: at most 0.25), {rounds} rounds, medians")


if __name__ == "__main__":
    main()
