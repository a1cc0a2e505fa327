"""Ask a language model from a notebook cell: ``%load_ext neosantara_magic``, then ``%%neosantara``.

Nothing is imported before it is used, so that loading costs next to nothing.
"""

# ruff: noqa: F405  (type checkers know the errors; all of them are public)
from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from .batch import ask_many
    from .commands.mcp import serve
    from .errors import *  # noqa: F403
    from .magic import load_ipython_extension as load_ipython_extension
    from .magic import unload_ipython_extension as unload_ipython_extension
    from .mcp.servers import mcp
    from .messages import Response
    from .panel.chat import chat
    from .panel.playground import playground
    from .public import ask, conversation
    from .tools.decorator import tool
    from .turns import Conversation

__version__ = "0.1.0"

__all__ = [
    "APIConnectionError",
    "APIError",
    "APIStatusError",
    "APITimeoutError",
    "AuthenticationError",
    "BadRequestError",
    "BudgetExceededError",
    "ConflictError",
    "Conversation",
    "ConversationFileError",
    "InsufficientBalanceError",
    "InternalServerError",
    "NeosantaraError",
    "NotFoundError",
    "PermissionDeniedError",
    "RateLimitError",
    "RecordingError",
    "RequestTimeoutError",
    "RequestTooLargeError",
    "Response",
    "SchemaError",
    "Stopped",
    "StreamError",
    "ToolDefinitionError",
    "UnprocessableEntityError",
    "UsageError",
    "ask",
    "ask_many",
    "chat",
    "conversation",
    "mcp",
    "playground",
    "serve",
    "tool",
]

_HOMES = {
    "ask": "public",
    "ask_many": "batch",
    "chat": "panel.chat",
    "conversation": "public",
    "mcp": "mcp.servers",
    "playground": "panel.playground",
    "serve": "commands.mcp",
    "tool": "tools.decorator",
    "load_ipython_extension": "magic",
    "unload_ipython_extension": "magic",
    "Conversation": "turns",
    "Response": "messages",
}


def __getattr__(name: str) -> Any:
    home = _HOMES.get(name, "errors" if name in __all__ else "")
    if not home:
        message = f"module {__name__!r} has no attribute {name!r}"
        raise AttributeError(message)
    from importlib import import_module

    found = getattr(import_module(f".{home}", __name__), name)
    globals()[name] = found
    return found


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
