#!/usr/bin/env python3
"""Try neosantara-magic with no key and nothing but Python: the first lesson, against the demo model.

scripts/demo            runs the lesson here in the terminal and leaves it in demo/
scripts/demo --lab      also installs JupyterLab and opens the lesson in it
"""

from __future__ import annotations

import os
import sys

from environments import ROOT, environment, need_python, settle


def main() -> None:
    """Make the environment, then hand over to the command that an installed copy has."""
    need_python()
    settle()
    name = "browser" if "--lab" in sys.argv[1:] else "demo"
    print("Making an environment in .cache (the first time takes a minute) ...", flush=True)
    python = environment(name, ROOT / "requirements" / f"{name}.txt")
    folder = ROOT / "demo"
    folder.mkdir(exist_ok=True)
    os.chdir(folder)
    os.environ["PYTHONPATH"] = str(ROOT)
    os.environ["PATH"] = os.pathsep.join([str(python.parent), os.environ.get("PATH", os.defpath)])
    command = "import sys; from neosantara_magic.cli import main; sys.exit(main())"
    words = [str(python), "-c", command, "demo", *sys.argv[1:]]
    os.execv(words[0], words)  # noqa: S606  (Ctrl-C and the exit code are the command's)


if __name__ == "__main__":
    main()
