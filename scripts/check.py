#!/usr/bin/env python3
"""Look at the code and the pages without running them: ruff, its format, mypy, the layers, and the website's build.

scripts/check
"""

from __future__ import annotations

import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor

from environments import ROOT, environment, need_python, settle

CHECKS = (
    ("ruff", "check", "--output-format=concise", "."),
    ("ruff", "format", "--check", "."),
    ("mypy",),
    ("lint-imports", "--no-logo"),
    ("scripts/website",),
)


def main() -> None:
    """Run every check, show each one's words, and fail when one failed."""
    need_python()
    settle()
    tools = environment("check", ROOT / "requirements" / "check.txt").parent

    def check(command: tuple[str, ...]) -> subprocess.CompletedProcess[str]:
        words = [str((ROOT if "/" in command[0] else tools) / command[0]), *command[1:]]
        return subprocess.run(words, check=False, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)

    failed = []
    with ThreadPoolExecutor(2) as pool:
        for command, done in zip(CHECKS, pool.map(check, CHECKS), strict=True):
            print(f"=== {' '.join(command)}\n{done.stdout}", flush=True)
            if done.returncode:
                failed.append(" ".join(command))
    sys.exit(f"failed: {', '.join(failed)}" if failed else 0)


if __name__ == "__main__":
    main()
