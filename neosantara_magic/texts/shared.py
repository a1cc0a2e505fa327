"""Sentences that are the same in English and Indonesian, and those that stand under more than one key.

The latter are written once in each language's file, under the first key.
"""

from __future__ import annotations

_COMMON = {
    "setting.refused": "{variable}: {what}",
    "key.place.session": "%neosantara key",
    "key.place.environment": "NEOSANTARA_API_KEY",
    "key.place.colab": "Colab Secrets",
    "key.place.kaggle": "Kaggle Secrets",
    "request_id": "request id {id}",
    "tool.options": "@tool: {problems}.",
    "footer.demo": "demo",
    "footer.tool": "1 tool",
    "footer.tools": "{count} tools",
    "card.error": "Error",
    "usage.model": "Model",
    "usage.total": "Total",
    "status_key": "Key",
    "models.id": "id",
    "page.prompt": "Prompt",
    "shell.fine": "ok",
    "shell.failed": "ERROR",
    "panel.bug": "{kind}: {message}",
    "playground.temperature": "Temperature",
}
"""A language may say it in its own way."""
_ALSO = {
    "flag.missing_value": "flag.missing_choice",
    "command.option_unknown.next": "command.too_few.next command.too_many.next",
    "value.number.next": "value.between.next value.at_least.next value.whole.next value.number_or_all.next value.seconds.next",
    "flag.model": "setting.model",
    "flag.api": "setting.api",
    "flag.max_tokens": "setting.max_tokens",
    "flag.timeout": "setting.timeout",
    "tool.unknown": "schema.unknown",
    "image.unreadable": "transcript.unreadable",
    "transcript.unwritable": "batch.out_unwritable",
    "transcript.unwritable.next": "batch.out_unwritable.next",
    "image.missing.next": "transcript.missing.next batch.file_missing.next",
    "image.unreadable.next": "transcript.unreadable.next",
    "expression.name.near": "expression.member.near",
    "connection_reset.next": "conflict.next stopped_early.next",
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
    "transcript.damaged.next": "transcript.broken.next transcript.field.next",
    "shell.no_file": "batch.file_missing",
    "shell.check_missing.next": "shell.missing.next",
    "batch.bar_failed": "batch.failed",
    "batch.stopped": "batch.stopped_file batch.stopped_each",
    "batch.out_foreign.next": "batch.out_source.next",
}
"""The key in the files, and the keys that say the same, word for word."""


def with_shared(sentences: dict[str, str]) -> dict[str, str]:
    """Return a language's sentences with those that it need not write."""
    sentences = _COMMON | sentences
    return sentences | {same: sentences[key] for key, keys in _ALSO.items() for same in keys.split()}
