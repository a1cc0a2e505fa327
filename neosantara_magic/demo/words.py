"""Reading a prompt: its language, its topic, and the names, numbers and dates in it.

For: everything the demo model knows about a text before it decides what to say.
Not for: the deciding (`brain`, `tools`).
"""

from __future__ import annotations

import re
from typing import Literal

from .vocabulary import CITIES, ENGLISH, INDONESIAN, NOT_NAMES

Language = Literal["en", "id"]


_LEADS = re.compile(
    r"^(?:(?:please|tolong|can you|could you|would you|bisakah kamu|coba|hai|halo|hi|hello|now|then|sekarang)[,!]?\s+)*"
    r"(?:what(?:'s| is| are| was| were)(?: the meaning of)?|who (?:is|was|are)|how (?:do|does|can|to)(?: i| you| we)?|"
    r"why (?:is|are|do|does)|explain(?: to me)?|describe|tell me(?: more| something)?(?: about)?|talk about|define|"
    r"give me|show me|write(?: me)?|make(?: me)?|create|summari[sz]e|list(?! in\b)|introduce|teach me|compare|"
    r"apa(?: itu| yang dimaksud(?: dengan)?| arti)?|apakah|siapa(?:kah)?(?: itu)?|bagaimana(?: cara)?|mengapa|"
    r"kenapa|jelaskan|"
    r"ceritakan|terangkan|uraikan|buatkan|buat|tuliskan|tulis|berikan|beri|sebutkan|ringkaslah|ringkas|bandingkan)\s+",
    re.IGNORECASE,
)
_FILLERS = re.compile(
    r"^(?:(?:an?|the|some|me|about|on|of|short|long|brief|detailed|simple|introduction to|overview of|explanation of|"
    r"(?:long|short|detailed|panjang|very long) (?:answer|essay|article|text|story|poem|jawaban|esai|artikel|"
    r"cerita)(?: about| on| of| tentang)?|"
    r"answer|essay|article|tentang|mengenai|soal|sebuah|suatu|saya|aku|secara singkat|singkat|apa itu)\s+)+",
    re.IGNORECASE,
)
_TAILS = re.compile(
    r"(?:[\s,]*(?:in (?:one|a|two|three|\d+) (?:short )?(?:sentences?|paragraphs?|words?|lines?)|in detail|"
    r"briefly|please|to me|"
    r"for (?:me|beginners)|dalam (?:satu|dua|tiga|\d+) (?:kalimat|paragraf)|secara (?:singkat|panjang|rinci)|"
    r"dengan (?:singkat|panjang|jelas)|work|bekerja))+$",
    re.IGNORECASE,
)


_LONGEST_LINE = 1000
"""Characters of a line that are searched for a topic: a longer one takes seconds."""


def words(text: str) -> list[str]:
    """Return the words of a text in lower case, in order; digits count as words."""
    return re.findall(r"[^\W_]+", text.lower())


def language(text: str) -> Language:
    """Return ``id`` when a text looks Indonesian, else ``en``."""
    found = words(text)
    indonesian = sum(word in INDONESIAN for word in found)
    return "id" if indonesian > sum(word in ENGLISH for word in found) else "en"


def first_line(text: str) -> str:
    """Return the first line with something on it."""
    return next((line.strip() for line in text.splitlines() if line.strip()), "")


def topic(prompt: str) -> str:
    """Return what a prompt is about: its first sentence without the asking around it."""
    line = _plain(prompt)
    for pattern in (_LEADS, _FILLERS, _LEADS, _FILLERS):
        shorter = pattern.sub("", line, count=1).strip()
        line = shorter or line
    return _short(line)


def subject(text: str) -> str:
    """Return the first sentence of a text as a topic, its articles kept."""
    return _short(_plain(text))


def _plain(text: str) -> str:
    line = re.split(r"(?<=[.?!])\s+", first_line(text)[:_LONGEST_LINE])[0].strip()
    # A topic is set into headings and tables, so nothing in it may be Markdown.
    return re.sub(r"[|`*<>$\[\]#\\]", "", line).strip(" .?!:;\"'“”")


def _short(line: str) -> str:
    line = _TAILS.sub("", line).strip(" ,.?!:;\"'“”") or line
    if len(line) > 60:
        line = line[:60].rsplit(" ", 1)[0] + " ..."
    return line


def title(text: str) -> str:
    """Return a text with its first letter in upper case."""
    return text[:1].upper() + text[1:]


def says(text: str, *phrases: str) -> bool:
    """Whether one of the phrases stands in the text as whole words, in any case."""
    low = text.lower()
    return any(re.search(rf"(?<!\w){re.escape(phrase)}(?!\w)", low) for phrase in phrases)


def quoted(text: str) -> list[str]:
    """Return what stands in quotation marks or backticks."""
    found = re.findall(r"\"([^\"\n]+)\"|“([^”\n]+)”|`([^`\n]+)`|(?<!\w)'([^'\n]+)'(?!\w)", text)
    return [next(part for part in groups if part) for groups in found]


_LONGEST_NUMBER = 30
"""Digits; Python itself refuses to read numbers of thousands."""


def numbers(text: str) -> list[int | float]:
    """Return the numbers of a text in order; digits inside words and dates do not count."""
    plain = re.sub(r"\d{4}-\d{2}-\d{2}(?:[T ]\d{2}:\d{2}(?::\d{2})?)?|\b\d{1,2}:\d{2}\b", " ", text)
    found: list[int | float] = []
    for digits in re.findall(r"(?<![\w.])-?\d+(?:,\d{3})+(?:\.\d+)?(?!\w)|(?<![\w.])-?\d+(?:\.\d+)?(?![\w])", plain):
        number = digits.replace(",", "")
        if len(number) <= _LONGEST_NUMBER:
            found.append(float(number) if "." in number else int(number))
    return found


def dates(text: str) -> list[str]:
    """Return dates in ISO form, with their time when one follows."""
    return re.findall(r"\d{4}-\d{2}-\d{2}(?:[T ]\d{2}:\d{2}(?::\d{2})?)?", text)


_NAME = re.compile(
    r"(?<![\w'])[A-Z][\w'’-]*(?:[ \t]+(?:(?:de|of|van|bin)[ \t]+)?[A-Z][\w'’-]*)*(?:,[ \t][A-Z][\w'’-]+)?"
)


def names(text: str) -> list[str]:
    """Return what looks like proper names, in order and once each: ``Jakarta``, ``San Francisco, CA``."""
    found: list[str] = []
    for match in _NAME.finditer(text):
        for name in _without_leads(match.group()):
            if name not in found:
                found.append(name)
    return found


def _without_leads(name: str) -> list[str]:
    parts = name.split(" ")
    while parts and parts[0].rstrip(",") in NOT_NAMES:
        parts = parts[1:]
    while parts and parts[-1].rstrip(",") in NOT_NAMES:
        parts = parts[:-1]
    kept = " ".join(parts).strip(" ,").removesuffix("'s").removesuffix("’s")
    return [kept] if kept else []


def cities(text: str) -> list[str]:
    """Return the known cities that a text names, in its order, as it writes them but capitalised."""
    low = text.lower()
    found = [(match.start(), city) for city in CITIES for match in [re.search(rf"(?<!\w){city}(?!\w)", low)] if match]
    return [city.title() for _, city in sorted(found)]


_JOINED = re.compile(r"(?<![\w'])(?=([A-Z][\w'’-]*),? (?:and|or|dan|atau) (?:(?:in|at|di|of) )?([A-Z][\w'’-]*))")


def joined(text: str) -> list[str]:
    """Return the names on both sides of *and* or *or*: ``Siti and Budi``."""
    found = [name for pair in _JOINED.findall(text) for name in names(" or ".join(pair))]
    return list(dict.fromkeys(found))


def places(text: str) -> list[str]:
    """Return the places that a text names: known cities, and names after ``in``, ``at``, ``di`` or ``ke``."""
    known = cities(text)
    found: list[tuple[int, str]] = []
    for name in names(text):
        position = text.find(name)
        before = text[:position].rstrip().lower().rsplit(" ", 1)[-1] if position > 0 else ""
        if any(says(name, city.lower()) for city in known) or before in {
            "in",
            "at",
            "di",
            "ke",
            "to",
            "for",
            "from",
            "dari",
            "kota",
        }:
            found.append((position, name))
    for one, other in _JOINED.findall(text):  # "Jakarta or Wamena": what stands beside a place is one
        pair = [(text.find(name), name) for name in names(f"{one} or {other}")]
        if any(known_one in found for known_one in pair):
            found += [name for name in pair if name not in found]
    told = " ".join(name for _, name in found)
    found += [(text.lower().find(city.lower()), city) for city in known if not says(told, city.lower())]
    return [name for _, name in sorted(found)]
