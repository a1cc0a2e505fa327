"""The models that the demo lists, with prices, windows and what they can do.

For: ``/v1/models`` and ``/v1/models/{id}``. Ids, windows and prices are those of the service's public tables.
Not for: how the demo answers: every id here is answered by the same offline stand-in.
"""

from __future__ import annotations

from typing import Any

from .talk import CREATED

_ALL = "text_generation function_calling vision reasoning structured_outputs"

_TABLE: tuple[tuple[str, str, int, str, float, float, str], ...] = (
    # id, owner, context window, capabilities, price in, price out (per 1M tokens), currency
    ("nusantara-base", "neosantara", 131072, "text_generation function_calling structured_outputs", 300, 1500, "IDR"),
    (
        "garda-core",
        "neosantara",
        1048576,
        "text_generation function_calling reasoning structured_outputs",
        300,
        1500,
        "IDR",
    ),
    ("garda-agentic-mini", "neosantara", 131072, "text_generation structured_outputs", 2500, 10499, "IDR"),
    ("garda-beta-mini", "neosantara", 131072, "text_generation structured_outputs", 2500, 10499, "IDR"),
    ("archipelago-core-70b", "neosantara", 24576, "text_generation structured_outputs", 4710, 36543, "IDR"),
    ("archipelago-70b", "neosantara", 24576, "text_generation structured_outputs", 4710, 36543, "IDR"),
    (
        "vision-emas-2045",
        "neosantara",
        131072,
        "text_generation function_calling vision structured_outputs",
        300,
        1500,
        "IDR",
    ),
    (
        "gpt-oss-20b",
        "openai",
        131072,
        "text_generation function_calling reasoning structured_outputs",
        400,
        1600,
        "IDR",
    ),
    ("glm-4.6v-flash", "zai", 131072, "text_generation function_calling vision reasoning", 250, 750, "IDR"),
    ("glm-4.7-flash", "zai", 200000, "text_generation function_calling reasoning", 0, 0, "IDR"),
    ("sahabatai-lion-9b-ties-v1", "gotocompany", 8192, "text_generation structured_outputs", 150, 560, "IDR"),
    ("sea-lion-v4-27b-it", "aisingapore", 131072, "text_generation structured_outputs", 350, 600, "IDR"),
    ("deepseek-v4.1-flash", "deepseek", 1048576, _ALL, 0.15, 0.6, "USD"),
    ("deepseek-r1", "deepseek", 131072, "text_generation reasoning structured_outputs", 1.35, 5.4, "USD"),
    ("gemini-3.1-flash-lite", "google", 1048576, _ALL, 0.25, 1.5, "USD"),
    ("gemini-3.8-flash", "google", 1048576, _ALL, 0.75, 3.75, "USD"),
    (
        "muse-spark-1.3-contributor",
        "muse",
        1048576,
        "text_generation function_calling vision reasoning",
        0.1,
        0.2,
        "USD",
    ),
)


def _entry(row: tuple[str, str, int, str, float, float, str]) -> dict[str, Any]:
    name, owner, window, capabilities, price_in, price_out, currency = row
    return {
        "id": name,
        "object": "model",
        "created": CREATED,
        "owned_by": owner,
        "capabilities": capabilities.split(),
        "context_window": window,
        "max_output_tokens": min(window // 2, 65536),
        "deprecated": False,
        "listed": True,
        "pricing": {"currency": currency, "prompt": price_in, "completion": price_out},
    }


MODELS: dict[str, dict[str, Any]] = {row[0]: _entry(row) for row in _TABLE}
"""Model id to its entry."""


def listing(capability: str = "") -> dict[str, Any]:
    """Return the list's body, narrowed to one capability when given."""
    wanted = "text_generation" if capability == "chat" else capability
    return {
        "object": "list",
        "data": [entry for entry in MODELS.values() if not wanted or wanted in entry["capabilities"]],
    }
