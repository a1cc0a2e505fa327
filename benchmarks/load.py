"""How long %load_ext takes, against importing ipywidgets in the same run.

For: the numbers behind the target (under 50 ms warm, at most a quarter of ipywidgets).
Not for: passing or failing; `tests/test_load.py` holds what must be true on any machine.
"""

from __future__ import annotations

import statistics
import subprocess
import sys

LOAD = """
import time
from IPython.core.interactiveshell import InteractiveShell
shell = InteractiveShell.instance()
start = time.perf_counter()
shell.run_line_magic("load_ext", "neosantara_magic")
print(time.perf_counter() - start)
"""
WIDGETS = """
import time
from IPython.core.interactiveshell import InteractiveShell
shell = InteractiveShell.instance()
start = time.perf_counter()
import ipywidgets
print(time.perf_counter() - start)
"""


def seconds(code: str) -> float:
    """Return what one new interpreter measured."""
    return float(subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True).stdout)


def main(rounds: int = 9) -> None:
    """Measure both in turn, so that a busy machine slows both, and print medians."""
    seconds(LOAD)
    seconds(WIDGETS)
    pairs = [(seconds(LOAD), seconds(WIDGETS)) for _ in range(rounds)]
    ours = statistics.median(a for a, _ in pairs)
    theirs = statistics.median(b for _, b in pairs)
    ratio = statistics.median(a / b for a, b in pairs)
    print(f"%load_ext neosantara_magic  {ours * 1000:7.1f} ms  (target: under 50 ms)")
    print(f"import ipywidgets           {theirs * 1000:7.1f} ms")
    print(f"ratio                       {ratio:7.2f}     (target: at most 0.25), {rounds} rounds, medians")


if __name__ == "__main__":
    main()
