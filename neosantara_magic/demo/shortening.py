"""Short forms of a text that a prompt brings along: its own first sentences, as prose or as bullets.

For: ``Summarise: ...`` and ``Ringkas: ...``. Not for: understanding the text; nothing is said that it does not say.
"""

from __future__ import annotations

import re

from .listing import how_many
from .words import Language, says

_ASKS = (
    "summarize", "summarise", "summary", "tl;dr", "ringkas", "ringkaslah", "ringkaskan", "rangkum", "rangkumlah",
    "rangkumkan", "ringkasan", "rangkuman",
)  # fmt: skip
_BULLETS = ("bullet", "bullets", "bullet points", "points", "list", "poin", "butir", "daftar")
_SENTENCES = ("sentence", "sentences", "kalimat")
_VERB = re.compile(rf"^.*?\b(?:{'|'.join(_ASKS)})\b(?: (?:this|the following|ini|berikut))?\s*", re.IGNORECASE)
_LONGEST = 30
"""Words of a sentence that are kept."""


def summary(prompt: str, language: Language) -> str:
    """Return the first sentences of the text after the request; empty when none is asked for or no text is there."""
    if not says(prompt, *_ASKS):
        return ""
    order, text = _parted(prompt)
    sentences = [part.strip(" -*•\t") for part in re.split(r"(?<=[.!?])\s+|\n+", text) if len(part.split()) > 1]
    if not sentences:
        return ""
    words = len(text.split())
    head = f"**Ringkasan** ({words} kata)" if language == "id" else f"**Summary** ({words} words)"
    if says(order, *_BULLETS):
        kept = [_cut(sentence) for sentence in sentences[: how_many(order)]]
        return f"{head}:\n\n" + "\n".join(f"- {sentence}" for sentence in kept) + "\n"
    if says(order, *_SENTENCES):
        one = says(order, "one", "a", "single", "satu", "sebuah")
        kept = sentences[: 1 if one else how_many(order)]
    else:
        kept = sentences[:1] if len(sentences) < 3 else sentences[:2]
    return f"{head}: {' '.join(map(_cut, kept))}\n"


def _parted(prompt: str) -> tuple[str, str]:
    """Return what is asked and the text it is asked of."""
    first, _, rest = prompt.strip().partition("\n")
    order, colon, told = first.partition(":")
    if colon and says(order, *_ASKS):
        return order, f"{told}\n{rest}"
    if rest.strip():
        return first, rest
    verb = _VERB.match(first)
    told = first[verb.end() :] if verb else ""
    # Without a colon only a text of several sentences is one; "Summarise the news" brings none.
    return (first[: len(first) - len(told)], told) if len(re.findall(r"[.!?](?:\s|$)", told)) > 1 else (first, "")


def _cut(sentence: str) -> str:
    words = sentence.split()
    return sentence if len(words) <= _LONGEST else " ".join(words[:_LONGEST]) + " ..."
