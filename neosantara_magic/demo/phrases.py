"""Small talk of the demo model: greetings, a few phrases in two languages, a joke, three lines of verse.

For: the first things that people type, answered shortly and in their language.
Not for: questions about a topic (`answers`), lists (`listing`).
"""

from __future__ import annotations

import re

from .words import Language, says

_PHRASES = (
    ("hello", "halo"), ("hi", "hai"), ("good morning", "selamat pagi"), ("good afternoon", "selamat siang"),
    ("good evening", "selamat malam"), ("good night", "selamat tidur"), ("thank you", "terima kasih"),
    ("thank you very much", "terima kasih banyak"), ("thanks", "makasih"), ("you are welcome", "sama-sama"),
    ("how are you", "apa kabar"), ("i am fine", "saya baik-baik saja"), ("please", "tolong"), ("sorry", "maaf"),
    ("excuse me", "permisi"), ("yes", "ya"), ("no", "tidak"), ("goodbye", "selamat tinggal"),
    ("see you later", "sampai jumpa"), ("welcome", "selamat datang"), ("happy birthday", "selamat ulang tahun"),
    ("happy new year", "selamat tahun baru"), ("good luck", "semoga berhasil"), ("i love you", "aku cinta kamu"),
    ("what is your name", "siapa nama anda"), ("my name is", "nama saya"), ("water", "air"), ("coffee", "kopi"),
    ("rice", "nasi"), ("one", "satu"), ("two", "dua"), ("three", "tiga"),
)  # fmt: skip
"""English and Indonesian."""

_ALIASES = {
    "thank you so much": "thank you very much", "bye": "goodbye", "good bye": "goodbye", "see you": "see you later",
    "you're welcome": "you are welcome", "i'm fine": "i am fine", "what's your name": "what is your name",
    "selamat sore": "selamat siang", "siapa namamu": "siapa nama anda", "aku mencintaimu": "aku cinta kamu",
    "dadah": "selamat tinggal", "hallo": "halo", "baik-baik saja": "saya baik-baik saja",
}  # fmt: skip
_INTO = {"en": dict(_PHRASES), "id": {other: one for one, other in _PHRASES}}
"""For each language a phrase may be in, the other's."""

_OTHERS = (
    "french|spanish|german|japanese|chinese|mandarin|korean|arabic|dutch|italian|portuguese|russian|hindi|thai|malay|"
    "javanese|sundanese|balinese|turkish|vietnamese|prancis|perancis|spanyol|jerman|jepang|korea|arab|belanda|italia|"
    "portugis|rusia|jawa|sunda|bali|melayu|tiongkok|turki"
)
_LANGUAGE = rf"(?:the )?(?:bahasa )?(?P<language>indonesian?|bahasa|english|inggris|{_OTHERS})(?:nya)?(?: language)?"
_LEAD = r"^\W*(?:(?:please|tolong|coba|can you|could you|bisakah kamu|bisa)\s+)*"
_SAYING = (
    re.compile(
        rf"{_LEAD}(?P<verb>translate|terjemahkan|say|how (?:do|would) (?:you|i|we) say|how to say|what(?:'s| is)|"
        rf"katakan|ucapkan|bagaimana mengatakan)\s+(?!exactly|only|just)(?P<text>.+?)\s+"
        rf"(?:from \w+ )?(?:in|to|into|ke dalam|ke|dalam)\s+"
        rf"{_LANGUAGE}\W*$",
        re.IGNORECASE | re.DOTALL,
    ),
    re.compile(
        rf"{_LEAD}(?P<verb>translate|terjemahkan)(?: this| the following| ini| teks ini| kalimat ini)?\s+(?:in|to|into|"
        rf"ke dalam|ke)\s+{_LANGUAGE}\s*[:,\n]?\s*(?P<text>.+)$",
        re.IGNORECASE | re.DOTALL,
    ),
    re.compile(
        rf"{_LEAD}(?P<verb>what(?:'s| is) (?:the )?){_LANGUAGE}(?: word| phrase)? for\s+(?P<text>.+)$", re.IGNORECASE
    ),
    re.compile(rf"{_LEAD}(?P<verb>apa )bahasa (?P<language>inggris|indonesia)(?:nya)?(?: dari| untuk)?\s+(?P<text>.+)$",
               re.IGNORECASE),
)  # fmt: skip
_HOW_ARE_YOU = re.compile(
    r"^\W*(?:(?:hi|hello|hey|halo|hai)\b[\s,!.]*)?(?:how are you|how(?:'s| is) it going|how do you do|"
    r"what'?s up|apa kabar(?:mu|nya)?|(?:ba)?gimana kabar(?:mu|nya)?)\b[\w\s,]{0,24}\W*$",
    re.IGNORECASE,
)
_BYE = re.compile(
    r"^\W*(?:good ?bye|bye(?: bye)?|see you|sampai jumpa|selamat tinggal)\b[\w\s,]{0,16}\W*$",
    re.IGNORECASE,
)
_JOKE = re.compile(
    rf"{_LEAD}(?:(?:tell|give|make|know|do you know|say|ceritakan|ceritain|beri|berikan|buat|buatkan|kasih)\s+)"
    r"(?:(?:me|us|saya|aku|a|an|one|another|good|funny|short|satu|sebuah|the)\s+)*(?:joke|jokes|lelucon|lawakan)\b|"
    r"^\W*(?:(?:a|another|one|satu) )?(?:joke|lelucon)\W*$",
    re.IGNORECASE,
)
_SMALL_TALK = (
    (
        _HOW_ARE_YOU,
        {
            "en": "I am fine, thank you! I am the demo model, so all my days are alike. What shall we try?",
            "id": "Kabar baik, terima kasih! Saya model demo, jadi hari saya selalu sama. Mau coba apa?",
        },
    ),
    (
        _BYE,
        {
            "en": "Goodbye! The demo model stays right here, offline.",
            "id": "Sampai jumpa! Model demo selalu ada di sini, tanpa jaringan.",
        },
    ),
    (
        _JOKE,
        {
            "en": "Why do programmers wear glasses? Because they cannot C#. (The demo model knows only this joke.)",
            "id": "Kenapa programmer berkacamata? Karena tidak bisa C#. (Model demo hanya tahu satu lelucon.)",
        },
    ),
)
"""What is said, and the reply in each language."""
_NO_POETRY = re.compile(r"\b(?:function|fungsi|code|kode|program|script|skrip|what is|apa itu)\b", re.IGNORECASE)
_TIME_OF_DAY = re.compile(
    r"^\W*(selamat (?:pagi|siang|sore|malam)|good (?:morning|afternoon|evening))\b", re.IGNORECASE
)


def answered(prompt: str, language: Language) -> str:
    """Answer small talk or the wish for a phrase; empty when the prompt is neither."""
    said = next((said for asked, said in _SMALL_TALK if asked.search(prompt)), None)
    return said[language] if said else _translated(prompt, language)


def _translated(prompt: str, language: Language) -> str:
    found = next((match for said in _SAYING if (match := said.match(prompt))), None)
    if not found:
        return ""
    text = re.sub(r"[`*<>$\[\]|\\]", "", found["text"]).strip(" .,:;?!\n\"'“”‘’")
    text = re.sub(r"^(?:the )?(?:word|phrase|sentence|kata|kalimat|frasa)\s+", "", text, flags=re.IGNORECASE).strip(
        "\"'“”"
    )
    spoken = _ALIASES.get(text.lower(), text.lower())
    wanted = found["language"].lower()
    other: Language = "en" if wanted in {"english", "inggris"} else "id"
    known = _INTO["id" if other == "en" else "en"].get(spoken, "")
    if known and (other == "en" or wanted in {"indonesia", "indonesian", "bahasa"}):
        if language == "id":
            which = "bahasa Inggris" if other == "en" else "bahasa Indonesia"
            return f"**{known.capitalize()}** ({which} untuk “{text}”)"
        return f"**{known.capitalize()}** ({'English' if other == 'en' else 'Indonesian'} for “{text}”)"
    if found["verb"].lower().startswith(("what", "apa")):
        return ""  # "What is inflation in Indonesian?" may mean something else
    short = text if len(text) <= 60 else f"{text[:60].rsplit(' ', 1)[0]} ..."
    if language == "id":
        return (
            f"Model demo hanya hafal sedikit frasa Inggris dan Indonesia (halo, terima kasih, selamat pagi, ...), "
            f"jadi tidak bisa menerjemahkan “{short}”. Matikan dengan `%neosantara demo off` untuk bertanya kepada "
            f"model sungguhan."
        )
    return (
        f"The demo model knows only a few phrases in English and Indonesian (hello, thank you, good morning, ...), "
        f"so it cannot translate “{short}”. Turn it off with `%neosantara demo off` to ask a real model."
    )


def hello(prompt: str, language: Language) -> str:
    """Return the word to greet with: the prompt's own for the time of day, else the usual one."""
    found = _TIME_OF_DAY.match(prompt)
    return found[1].capitalize() if found else "Halo" if language == "id" else "Hello"


def asks_verse(prompt: str, *forms: str) -> bool:
    """Whether a prompt asks for one of these forms of verse, and neither what it is nor for a program."""
    return says(prompt, *forms) and not _NO_POETRY.search(prompt)


def haiku(topic: str, language: Language) -> str:
    """Return three lines about a topic; two spaces at an end keep them lines in Markdown."""
    if language == "id":
        return f"Pagi dan *{topic}*,  \nangin pelan bercerita;  \nsunyi menjawab.\n"
    return f"Dawn, and *{topic}*:  \na slow wind tells of it,  \nand silence answers.\n"
