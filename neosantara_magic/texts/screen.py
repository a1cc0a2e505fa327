"""Sentences about labels, footers, tables, prompts and notices.

key: (English, Indonesian). ``key.next`` is the second line of the error ``key``.
"""

from __future__ import annotations

SENTENCES: dict[str, tuple[str, str]] = {}
