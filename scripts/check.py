#!/usr/bin/env python3
"""Look at code and pages without running them: ruff, its format, mypy, the layers, types of JavaScript, the website.

scripts/check
"""

from __future__ import annotations

import shutil
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor

from environments import ROOT, borrow_from_npm, environment, need_python, settle

CHECKS = (
    ("ruff", "check", "--output-format=concise", "."),
    ("ruff", "format", "--check", "."),
    ("mypy",),
    ("lint-imports", "--no-logo"),
    ("scripts/website",),
)
TYPES = ("node_modules/.bin/tsc", "--project", "tsconfig.json")
"""The JavaScript, where npm is: it has types in its comments."""


def main() -> None:
    """Run every check, show each one's words, and fail when one failed."""
    need_python()
    settle()
    tools = environment("check", ROOT / "requirements" / "check.txt").parent

    def check(command: tuple[str, ...]) -> subprocess.CompletedProcess[str]:
        words = [str((ROOT if "/" in command[0] else tools) / command[0]), *command[1:]]
        return subprocess.run(words, check=False, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)

    checks = CHECKS
    if shutil.which("npm"):
        borrow_from_npm()
        checks = (*CHECKS, TYPES)
    else:
        print("npm is not here, so nobody looks at the JavaScript.")
    failed = []
    with ThreadPoolExecutor(2) as pool:
        for command, done in zip(checks, pool.map(check, checks), strict=True):
            print(f"=== {' '.join(command)}\n{done.stdout}", flush=True)
            if done.returncode:
                failed.append(" ".join(command))
    sys.exit(f"failed: {', '.join(failed)}" if failed else 0)


if __name__ == "__main__":
    main()
