"""Sentences that stand under more than one key: written once in each language's file, under the first of them."""

from __future__ import annotations

import re

_ALSO = {
    "flag.missing_value": "flag.missing_choice",
    "command.option_unknown.next": "command.too_few.next command.too_many.next",
    "setting.unknown_near.next": "tool.unknown_near.next tool.choice_near.next schema.unknown_near.next shell.lesson_near.next batch.file_missing_near.next",
    "image.missing.next": "transcript.missing.next",
    "image.missing.near.next": "transcript.missing.near.next",
    "image.unreadable.next": "transcript.unreadable.next",
    "expression.name.near.next": "expression.member.near.next",
    "bad_request.next": "unprocessable.next",
    "context_length_exceeded.next": "context_exceeded.next",
    "busy_elsewhere.next": "rate_limited.next",
    "stream_failed.next": "ending_unknown.next stream_cut.next stream_reset.next stream_garbled.next",
    "tool.unknown.next": "schema.unknown.next",
    "approve.long": "panel.asks",
    "answer.reasoning": "playground.reasoning",
    "usage.model": "status_model panel.model",
    "usage.conversation": "table_conversation page.title panel.log panel.conversation",
    "budget.turn.spent.next": "budget.turn.passed.next",
    "context_too_long": "context_too_long.alone",
    "live": "demo_off",
    "widget.answer": "page.answer",
    "widget.stop": "panel.stop",
    "widget.stopping": "panel.stopping",
    "widget.copy": "panel.copy",
    "widget.copied": "panel.copied",
    "no_conversation.next": "no_conversation_near.next",
    "transcript.damaged.next": "transcript.broken.next transcript.field.next",
    "shell.no_file": "batch.file_missing",
    "shell.check_missing.next": "shell.missing.next",
    "batch.bar_failed": "batch.failed",
    "batch.stopped": "batch.stopped_file batch.stopped_each",
    "batch.out_foreign.next": "batch.out_source.next",
}
"""The key in the files, and the keys that say the same, word for word."""
_NEAR = re.compile(r"[._]near\.next$")


def with_shared(sentences: dict[str, str]) -> dict[str, str]:
    """Return a language's sentences with those that say the same, and with the first line of each error.

    An error ``x_near`` or ``x.near`` says first what ``x`` says; only its next step is another.
    """
    found = sentences | {same: sentences[key] for key, keys in _ALSO.items() for same in keys.split()}
    near = {key.removesuffix(".next"): found[_NEAR.sub("", key)] for key in found if _NEAR.search(key)}
    return near | found
