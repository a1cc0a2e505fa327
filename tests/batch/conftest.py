"""The fixtures of `batch_servers`, for the tests of this folder."""

from __future__ import annotations

from batch_servers import echo, service

__all__ = ["echo", "service"]
