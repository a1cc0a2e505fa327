"""What the demo model remembers: facts the user stated earlier, and what was asked before.

For: answers that stand on the history, so that a conversation can be seen to work.
Not for: keeping anything. The history comes with each request, or with the stored response it continues.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from ..messages import Message
from .words import Language, first_line, says

_VALUE = r"[\"'“]?(?P<value>[^.,!?;\n\"'”]+?)[\"'”]?(?=\s+(?:and|dan|but|tetapi)\s|[.,!?;\n]|$)"
_NAME = re.compile(
    rf"(?:\bmy name is|\bcall me|\bi am called|\bnama (?:saya|aku|gue)(?: adalah)?|\bnamaku(?: adalah)?|"
    rf"\bpanggil (?:saya|aku))\s+{_VALUE}",
    re.IGNORECASE,
)
_FACTS = (
    re.compile(rf"\bmy (?P<key>[a-z]+(?: [a-z]+){{0,3}}?) (?:is|are|=)\s+{_VALUE}", re.IGNORECASE),
    re.compile(
        rf"\b(?P<key>[a-z]+(?: favorit| kesukaan)?) (?:saya|aku) (?:adalah |itu |ialah )?{_VALUE}", re.IGNORECASE
    ),
)
_NOTE = re.compile(
    r"\b(?:remember|keep in mind|ingat|ingatlah|catat)(?: that| this| bahwa| ini)?[: ,]+(?P<value>[^\n]+)",
    re.IGNORECASE,
)
_ASKS_NAME = re.compile(
    r"(?:what(?:'s| is| was) my name|who am i|do you (?:know|remember) my name|siapa(?:kah)? (?:nama (?:saya|"
    r"aku|ku)|namaku|saya|aku)|"
    r"nama (?:saya|aku) siapa|namaku siapa|apa(?:kah)? nama (?:saya|aku))",
    re.IGNORECASE,
)
_ASKS_FACT = (
    re.compile(
        r"\b(?:what|who|which|where|how old)(?:'s| is| are| was) my (?P<key>[a-z]+(?: [a-z]+){0,3})", re.IGNORECASE
    ),
    re.compile(
        r"\b(?:apa|siapa|berapa|mana|di mana) (?P<key>[a-z]+(?: favorit| kesukaan)?) (?:saya|aku)\b", re.IGNORECASE
    ),
)
_ASKS_NOTE = re.compile(
    r"what (?:did i (?:ask|tell) you to remember|do you remember|(?:number|word|code) did i)|apa yang (?:saya|"
    r"aku) minta (?:kamu |anda )?ingat",
    re.IGNORECASE,
)
_ASKS_BEFORE = re.compile(
    r"what (?:did|was) (?:i|my) (?:just )?(?:ask|say|last question|previous question|first question|question)|"
    r"(?:my|the) (?:last|previous|first) question|repeat (?:your|my) (?:last|previous)|"
    r"apa yang (?:baru(?: saja)? |tadi )?(?:saya|aku|ku) ?(?:baru(?: saja)? |tadi )?(?:tanyakan|tanya|katakan)|"
    r"pertanyaan (?:saya|ku|aku) (?:sebelumnya|tadi|pertama)",
    re.IGNORECASE,
)


def recalled(messages: Sequence[Message], language: Language) -> str:
    """Answer a question about the conversation so far; empty when the last message asks none."""
    prompt = messages[-1].text
    earlier = [message.text for message in messages[:-1] if message.role == "user"]
    if _ASKS_NAME.search(prompt):
        name = name_in(earlier)
        if not name:
            return "Anda belum menyebutkan nama Anda." if language == "id" else "You have not told me your name yet."
        return f"Nama Anda {name}." if language == "id" else f"Your name is {name}."
    if _ASKS_NOTE.search(prompt):
        notes = [found["value"].strip() for text in earlier for found in _NOTE.finditer(text)]
        if notes:
            told = "; ".join(notes)
            return f"Anda meminta saya mengingat: {told}" if language == "id" else f"You asked me to remember: {told}"
    if _ASKS_BEFORE.search(prompt):
        return _before(earlier, says(prompt, "first", "pertama"), language)
    return _fact(prompt, earlier, language)


def name_in(texts: Sequence[str]) -> str:
    """Return the name that the user gave last; empty when none was given."""
    found = [match["value"].strip() for text in texts for match in _NAME.finditer(text)]
    return found[-1] if found else ""


def noted(prompt: str, language: Language) -> str:
    """Acknowledge a fact that the prompt states; empty when it states none."""
    if "?" in prompt:
        return ""
    name = name_in([prompt])
    if name:
        return f"Salam kenal, {name}!" if language == "id" else f"Nice to meet you, {name}!"
    note = _NOTE.search(prompt)
    facts = [(match["key"], match["value"].strip()) for pattern in _FACTS for match in pattern.finditer(prompt)]
    if note:
        return f"Baik, saya ingat: {note['value'].strip()}" if language == "id" else f"Noted: {note['value'].strip()}"
    if facts and len(prompt) < 200:
        key, value = facts[0]
        return f"Baik, {key} Anda {value}." if language == "id" else f"Noted: your {key} is {value}."
    return ""


def _before(earlier: Sequence[str], first: bool, language: Language) -> str:
    if not earlier:
        return (
            "Ini pertanyaan pertama dalam percakapan ini."
            if language == "id"
            else "This is the first question of this conversation."
        )
    asked = first_line(earlier[0] if first else earlier[-1])
    which = ("pertama" if first else "sebelumnya") if language == "id" else ("first" if first else "previous")
    if language == "id":
        return f"Pertanyaan Anda yang {which}: “{asked}”"
    return f"Your {which} question was: “{asked}”"


def _fact(prompt: str, earlier: Sequence[str], language: Language) -> str:
    wanted = next((match["key"].lower() for pattern in _ASKS_FACT if (match := pattern.search(prompt))), "")
    if not wanted:
        return ""
    for text in reversed(earlier):
        for pattern in _FACTS:
            for match in pattern.finditer(text):
                if match["key"].lower() == wanted:
                    value = match["value"].strip()
                    return f"{wanted.capitalize()} Anda {value}." if language == "id" else f"Your {wanted} is {value}."
    if language == "id":
        return f"Anda belum menyebutkan {wanted} Anda."
    return f"You have not told me your {wanted} yet."
