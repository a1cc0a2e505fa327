"""Sums in a prompt: ``what is 12 * 7?``, ``berapa 3 kali 4``, ``15% of 80000``.

For: a prompt that is one sum and nothing else. Not for: sums inside a sentence, powers and roots.
"""

from __future__ import annotations

import re

from .book import Language, book, say

_LONGEST = 200
"""Characters of a sum."""


def solved(prompt: str, language: Language) -> str:
    """Return the sum and its value as a sentence; empty when the prompt is no sum."""
    written = prompt[:_LONGEST].strip(" ?=.!\n")
    group = r"\." if language == "id" else ","  # between thousands
    written = re.sub(rf"(?<=\d){group}(?=\d{{3}}(?!\d))", "", written).replace(",", ".")
    for words, sign in [*book("en")["spelled"].items(), *book("id")["spelled"].items()]:
        written = re.sub(words, sign, written, flags=re.IGNORECASE)
    # Only digits, brackets and signs, and no powers: nothing that could do anything but compute, and that at once.
    sum_ = re.fullmatch(r"(?:[\d.()+\-\s]|[*/%](?!\*|/))+", written)
    if len(prompt) > _LONGEST or not sum_ or not re.search(r"\d[\s)]*[-+*/%]\s*[-(]*\d", written):
        return ""
    try:
        value = eval(written.strip(), {"__builtins__": {}})  # noqa: S307  (see above)
    except (SyntaxError, TypeError, ArithmeticError, MemoryError):
        return ""
    shown = f"{value:.10g}" if isinstance(value, float) else str(value)
    return say(language, "sum", sum=written.strip(), value=shown.replace(".", ",") if language == "id" else shown)
