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
    "flags.contradict.next": "flag.twice.next",
    "command.too_many.next": "command.too_few.next",
    "value.form.next": "value.between.next value.at_least.next value.whole.next",
    "flag.model": "setting.model",
    "flag.api": "setting.api",
    "flag.max_tokens": "setting.max_tokens",
    "flag.timeout": "setting.timeout",
    "tool.unknown": "schema.unknown",
    "image.missing.next": "file.missing.next",
    "expression.name.near": "expression.member.near expression.broken.near",
    "expression.broken.next": "expression.open.next expression.member.next expression.raised.next",
    "connection_reset.next": "stopped_early.next",
    "connection_failed.next": "name_not_found.next connection_refused.next",
    "stream_failed.next": "ending_unknown.next stream_cut.next stream_reset.next stream_garbled.next",
    "tool.unknown.next": "schema.unknown.next",
    "approve.long": "panel.asks",
    "answer.reasoning": "playground.reasoning",
    "usage.model": "status_model panel.model",
    "usage.conversation": "table_conversation page.title panel.log panel.conversation",
    "context_too_long": "context_too_long.alone",
    "live": "demo_off",
    "widget.answer": "page.answer",
    "widget.stop": "panel.stop",
    "widget.stopping": "panel.stopping",
    "widget.copy": "panel.copy",
    "widget.copied": "panel.copied",
    "batch.bar_failed": "batch.failed",
    "batch.stopped": "batch.stopped_file batch.stopped_each",
}
"""The key in the files, and the keys that say the same, word for word."""


def with_shared(sentences: dict[str, str]) -> dict[str, str]:
    """Return a language's sentences with those that it need not write."""
    sentences = _COMMON | sentences
    return sentences | {same: sentences[key] for key, keys in _ALSO.items() for same in keys.split()}
