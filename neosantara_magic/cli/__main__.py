"""``python -m neosantara_magic.cli``: the command where its script is not on the path.

For: starting `main` with the process's arguments. Not for: anything else (``cli/__init__.py``).
"""

from __future__ import annotations

import sys

from . import main

if __name__ == "__main__":
    sys.exit(main())
