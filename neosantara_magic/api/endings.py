"""How an answer ended, and whether it is whole, in every spelling that servers use. Pure.

Gateways write ``error``, ``unknown`` or ``other`` when the model's server went away, and a half that passes for an
answer is worse than an error: a batch would keep it as finished. So a reason that stands in no list here is an error
that names it and keeps the text.
"""

from __future__ import annotations

from . import failures
from .shapes import string

_SPELLINGS = {
    "stop": "stop completed complete done end end_turn stop_sequence eos eos_token",
    "length": "length incomplete max_tokens max_output_tokens model_length model_context_window_exceeded",
    "tool_calls": "tool_calls tool_call tool_use function_call",
    "content_filter": "content_filter content_filtered guardrail_intervened refusal safety sensitive",
}
_OURS = {spelling: ours for ours, spellings in _SPELLINGS.items() for spelling in spellings.split()}


def is_whole(said: object) -> bool:
    """Whether the server named an ending that is known to be whole."""
    return bool(said) and _ours(said) is not None


def _ours(said: object) -> str | None:
    return _OURS.get(f"{said or 'stop'}".strip().lower())


def ended(said: object, *, calls: bool) -> str:
    """Return how a round ended, in our spelling. One that ended well and holds calls ended for them.

    Raises StreamError: this ending is not known to be whole.
    """
    reason = _ours(said)
    if reason is None:
        raise failures.broken_stream("ending_unknown", reason=string(said) or f"{said}")
    return "tool_calls" if calls and reason == "stop" else reason
