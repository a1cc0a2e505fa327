"""Lists that the demo model gives when a prompt asks for so many things: tips, ideas, reasons.

For: reading how many of what, and about what; the tips.
Not for: the other points about a topic (`answers.ideas`).
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from .words import Language, numbers, says, subject

_NUMBER_WORDS = {
    "two": 2, "three": 3, "four": 4, "five": 5, "six": 6, "seven": 7, "eight": 8, "nine": 9, "ten": 10,
    "dua": 2, "tiga": 3, "empat": 4, "lima": 5, "enam": 6, "tujuh": 7, "delapan": 8, "sembilan": 9, "sepuluh": 10,
}  # fmt: skip
_ADVICE = ("tip", "tips", "ways", "steps", "advice", "cara", "cara-cara", "langkah", "saran", "kiat")
_POINTS = (
    "idea", "ideas", "reason", "reasons", "things", "fact", "facts", "points", "examples", "ide", "alasan", "hal",
    "fakta", "contoh",
)  # fmt: skip
_MENTIONED = (
    "ideas", "tips", "reasons", "ways", "steps", "things", "facts", "points", "examples", "ide", "alasan", "cara-cara",
    "langkah", "hal", "fakta",
)  # fmt: skip
"""Those that ask for a list without a number, too."""

_NOUNS = "|".join((*_ADVICE, *_POINTS))
_COUNTED = re.compile(
    rf"\b(?P<count>\d{{1,2}}|one|an?|satu|sebuah|some|beberapa|{'|'.join(_NUMBER_WORDS)})\s+(?:(?:good|best|quick|short|"
    rf"simple|practical|useful|easy|more|buah|different|great|main|small|fun|interesting|study|important)\s+){{0,2}}"
    rf"(?P<noun>{_NOUNS})\b\s*(?P<rest>[^\n]*)",
    re.IGNORECASE,
)
_LINKS = re.compile(
    r"^(?:praktis |singkat |bagus |mudah )?(?:about|for|on|to|of|why|how to|when|tentang|untuk|agar|supaya|mengapa|"
    r"kenapa|dalam|saat)\s+",
    re.IGNORECASE,
)
_CODE = ("code", "kode", "script", "skrip", "snippet", "snippets", "program", "programs", "functions", "fungsi")
_MOST = 50

_TIPS = {
    "en": (
        "Set one small goal for {t}, one that fits into today",
        "Spend 20 minutes a day on {t}; a habit beats a long weekend",
        "Start with the smallest example of {t} that works, then change one thing at a time",
        "Write down what surprises you about {t}, and look it up the same day",
        "Explain {t} to somebody else in three sentences",
        "Find one good source about {t} and finish it before you open the next",
        "Practise {t} on something you need anyway",
        "Keep your mistakes with {t} in a list, and read it every week",
        "Look at how somebody experienced goes about {t}, and copy one habit",
        "Ask for help with {t} as soon as you can say exactly where you are stuck",
        "Measure one number about {t}, so that you can see progress",
        "Take a break from {t} before you are tired, and begin again the next day",
    ),
    "id": (
        "Tentukan satu tujuan kecil untuk {t} yang selesai hari ini",
        "Sediakan 20 menit sehari untuk {t}; kebiasaan lebih kuat daripada satu akhir pekan panjang",
        "Mulai dari contoh {t} terkecil yang berhasil, lalu ubah satu hal setiap kali",
        "Catat apa yang mengejutkan Anda tentang {t}, dan cari jawabannya hari itu juga",
        "Jelaskan {t} kepada orang lain dalam tiga kalimat",
        "Pilih satu sumber yang baik tentang {t}, dan selesaikan sebelum membuka yang lain",
        "Latih {t} pada sesuatu yang memang Anda perlukan",
        "Simpan kesalahan Anda tentang {t} dalam daftar, dan baca setiap minggu",
        "Perhatikan cara orang berpengalaman menghadapi {t}, lalu tiru satu kebiasaannya",
        "Minta bantuan tentang {t} begitu Anda tahu persis di mana Anda macet",
        "Ukur satu angka tentang {t}, supaya kemajuan terlihat",
        "Berhentilah dari {t} sebelum lelah, lalu mulai lagi besok",
    ),
}


@dataclass(frozen=True, slots=True)
class Listed:
    """What a list is to hold."""

    count: int
    about: str
    """Empty when the prompt does not say it."""
    advice: bool
    """Tips, not points about it."""


def wanted(prompt: str) -> Listed | None:
    """Return the list that a prompt asks for by a number and a noun (``three tips``); None when it asks for none."""
    found = _COUNTED.search(prompt)
    noun = found["noun"].lower() if found else ""
    if not found or (noun not in {"tip", "tips", "advice", "saran", "kiat"} and says(prompt, *_CODE)):
        return None
    if found["count"].lower() in {"a", "an", "one", "satu", "sebuah"} and noun not in {"tip", "tips", "kiat", "saran"}:
        return None  # "for one reason" asks for no list
    about = subject(_LINKS.sub("", found["rest"].strip()))
    return Listed(_count(found["count"].lower()), about, noun in _ADVICE)


def mentioned(prompt: str) -> bool:
    """Whether a prompt names things of which one gives a list."""
    return says(prompt, *_MENTIONED)


def how_many(prompt: str) -> int:
    """Return the first number of a prompt that a list may have, 3 when there is none."""
    given = [number for number in numbers(prompt) if isinstance(number, int) and 1 <= number <= _MOST]
    spelled = [count for word, count in _NUMBER_WORDS.items() if says(prompt, word)]
    return int((given + spelled + [3])[0])


def _count(said: str) -> int:
    if said.isdigit():
        return min(max(int(said), 1), _MOST)
    return {"some": 3, "beberapa": 3}.get(said, _NUMBER_WORDS.get(said, 1))


def tips(about: str, count: int, language: Language) -> str:
    """Return a numbered list of so many pieces of advice; after the last one they come again, a step harder."""
    about = about or ("pekerjaan Anda" if language == "id" else "your work")
    known = _TIPS[language]
    again = (
        "Ulangi langkah {n} dengan kasus yang lebih sulit" if language == "id" else "Repeat step {n} on a harder case"
    )
    said = [known[place] if place < len(known) else again for place in range(count)]
    lines = [f"{place + 1}. {text.format(t=about, n=place + 1 - len(known))}." for place, text in enumerate(said)]
    note = "Tips umum dari model demo." if language == "id" else "General advice, from the demo model."
    return "\n".join(lines) + f"\n\n*{note}*\n"
