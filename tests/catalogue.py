"""The catalogue as tests look at it: each sentence in every language."""

from __future__ import annotations

from functools import cache

from neosantara_magic.texts import LANGUAGES, sentences


@cache
def catalogue() -> dict[str, tuple[str, ...]]:
    """Return each key with its sentences, in the order of the languages."""
    return {key: tuple(sentences(one)[key] for one in LANGUAGES) for key in sentences(LANGUAGES[0])}
