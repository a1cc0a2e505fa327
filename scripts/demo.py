#!/usr/bin/env python3
"""Try neosantara-magic with no key and nothing but Python: the lesson "The first cell", against the demo model.

scripts/demo            runs the lesson here in the terminal and leaves it in demo/
scripts/demo --lab      installs JupyterLab and the package, and opens all lessons in it
"""

from __future__ import annotations

import os
import sys
from locale import getlocale

from environments import ROOT, environment, need_python, run, settle, uv


def main() -> None:
    """Make the environment, then hand over to the command that an installed copy has."""
    need_python()
    settle()
    lab = "--lab" in sys.argv[1:]
    name, lock = ("lab", "browser.txt") if lab else ("demo", "demo.txt")
    said = "Making an environment in .cache (the first time takes a minute) ..."
    tongue = next(filter(None, map(os.environ.get, ("LC_ALL", "LC_MESSAGES", "LANG"))), getlocale()[0] or "")
    if "id" in sys.argv[1:] or tongue.startswith(("id", "Indonesian")):
        said = "Menyiapkan environment di .cache (yang pertama kali perlu sekitar satu menit) ..."
    print(said, flush=True)
    python = environment(name, ROOT / "requirements" / lock)
    if lab and not list(python.parent.glob("neosantara-magic*")):
        # A lesson, or a notebook beside it, may use the command too.
        run(uv(), "pip", "install", "--python", python, "--no-deps", "--editable", ROOT, quiet=True)
    folder = ROOT / "demo"
    folder.mkdir(exist_ok=True)
    os.chdir(folder)
    os.environ["PYTHONPATH"] = "" if lab else str(ROOT)
    os.environ["PATH"] = os.pathsep.join([str(python.parent), os.environ.get("PATH", os.defpath)])
    command = "import sys; from neosantara_magic.cli import main; sys.exit(main())"
    words = [str(python), "-c", command, "demo", *sys.argv[1:]]
    os.execv(words[0], words)  # noqa: S606  (Ctrl-C and the exit code are the command's)


if __name__ == "__main__":
    main()
