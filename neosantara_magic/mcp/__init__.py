"""MCP, both ways: servers as tools for the model, and functions of the notebook for agents outside (extra ``mcp``).

Called, this package adds a server, as `servers.mcp` does: ``from neosantara_magic import mcp`` may find either.
"""

from __future__ import annotations

import sys
import types
from typing import Any


class _Package(types.ModuleType):
    def __call__(self, *args: Any, **options: Any) -> Any:
        from .servers import mcp  # noqa: PLC0415  (not when only serving)

        return mcp(*args, **options)


sys.modules[__name__].__class__ = _Package
