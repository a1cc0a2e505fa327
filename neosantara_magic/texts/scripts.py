"""Sentences for a plain script, which has no magics and no cells: the same step, as a script can take it."""

from __future__ import annotations

import re

_STEPS = (
    (r"%config NeosantaraMagics\.(\w+) = ([^\s,]+)", lambda found: f"NEOSANTARA_{found[1].upper()}={found[2]}"),
    (r"%config NeosantaraMagics\.(\w+)", lambda found: f"NEOSANTARA_{found[1].upper()}"),
    (r"%neosantara demo on", "NEOSANTARA_DEMO=1"),
    (r"\brun %neosantara key\b", "set NEOSANTARA_API_KEY"),
    (r"\bjalankan %neosantara key\b", "atur NEOSANTARA_API_KEY"),
    (r"\bwith %neosantara key\b", "as NEOSANTARA_API_KEY"),
    (r"\bdengan %neosantara key\b", "sebagai NEOSANTARA_API_KEY"),
    (
        r"; (?:%neosantara shows (?:it|both)|lihat dengan %neosantara(?! \w)|%neosantara menampilkan keduanya)",
        " (NEOSANTARA_BASE_URL)",
    ),
    (r"\bwith %neosantara(?! \w)", "in NEOSANTARA_BASE_URL"),
    (r"\bdengan %neosantara(?! \w)", "di NEOSANTARA_BASE_URL"),
    (r"%neosantara save (.+?) --force", r'save("\1", force=True)'),
    (r"%neosantara save (NAM[EA]\.jsonl)", r'save("\1")'),
    (r"%neosantara save\b", "save()"),
    (r"%neosantara new (.+)", r"conversation(\1).clear()"),
    (r"%pip\b", "pip"),
    (r"\b(W|w)ith (%%?neosantara \w+)", r"\1ith \2 in a notebook"),
    (r"%pwd", "os.getcwd()"),
    (r"\b(R|r)un the cell that defines it", lambda found: f"{'D' if found[1] == 'R' else 'd'}efine it first"),
    (r"\b(J|j)alankan sel yang mendefinisikannya", lambda found: f"{'D' if found[1] == 'J' else 'd'}efinisikan dulu"),
    (r"\b(R|r)un the cell again", r"\1un it again"),
    (r"\b(J|j)alankan lagi sel(?: ini|nya)", r"\1alankan lagi"),
    (r"run the function's cell, then ask again", "then ask again"),
    (r"in this notebook", "here"),
    (r"di notebook ini", "di sini"),
)


def for_script(sentence: str) -> str:
    """Return a sentence without magics and cells, as far as a script has the same thing."""
    for pattern, step in _STEPS:
        sentence = re.sub(pattern, step, sentence)
    return sentence
