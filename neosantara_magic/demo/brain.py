"""What the demo model says: a conversation in, a reply out.

For: the order in which the possible replies are considered, and the effect of the instructions.
Not for: the texts (`answers`), the tools (`tools`), instances of a schema (`schema`).
"""

from __future__ import annotations

import json
import re
from dataclasses import replace

from ..messages import Message, TextPart
from . import answers, code, faults, images, listing, material, memory, phrases, schema, tools
from .arithmetic import solved
from .talk import Asked, Reply
from .words import Language, language, names, says, topic

_SHORT = (
    "short", "shortly", "brief", "briefly", "concise", "concisely", "one sentence", "a sentence", "single sentence",
    "one line",
    "terse", "few words", "singkat", "pendek", "ringkas saja", "satu kalimat", "satu baris", "sesingkat mungkin",
)  # fmt: skip
_LONG = (
    "long answer", "long text", "long", "very long", "in detail", "detailed", "essay", "article", "1500 words",
    "panjang",
    "rinci", "esai", "artikel", "selengkapnya",
)  # fmt: skip
_READ = 16_000
"""Characters of a message that are read: an answer must not take longer than a real model's."""

_LONGEST_WORD = 300
"""Characters without a space: more is data, such as Base64, and slow to search."""

_WHO = re.compile(
    r"\b(?:who|what) are you\b|\bare you (?:a |an )?(?:real|human|demo|gpt|chatgpt)|what model (?:are|is)|"
    r"which model|introduce yourself|"
    r"\bsiapa(?:kah)? (?:kamu|anda|dirimu)|\b(?:kamu|anda) (?:ini )?siapa|perkenalkan dirimu|model apa",
    re.IGNORECASE,
)
_HELLO = re.compile(
    r"^\W*(?:hi|hello|hey|halo|hai|selamat (?:pagi|siang|sore|malam)|"
    r"good (?:morning|afternoon|evening))\b[\w\s,]{0,24}\W*$",
    re.IGNORECASE,
)
_THANKS = re.compile(r"^\W*(?:thanks|thank you|terima kasih|makasih)\b[\w\s,]{0,24}\W*$", re.IGNORECASE)
_ECHO = re.compile(
    r"^\W*(?:please |tolong )?(?:say|repeat|reply with|respond with|answer with|echo|repeat after me|katakan|"
    r"ucapkan|ulangi|balas dengan|jawab dengan)"
    r"(?: exactly| only| just| this| the words?| persis| kata| hanya| saja)*[: ]+[\"'“`]?(.+?)[\"'”`]?\s*$",
    re.IGNORECASE,
)
_TONGUE = re.compile(
    r"\b(?:answer|reply|respond) in (indonesian|english)\b|"
    r"\bjawab(?:lah)? (?:dalam|pakai|dengan) bahasa (indonesia|inggris)\b",
    re.IGNORECASE,
)
"""``Answer in Indonesian.``, which `%neosantara explain` says too."""
_COUNT = re.compile(
    r"\b(?:count|hitung|berhitung)\w*\s+(?:from|up|dari|to)?\s*(\d+)?\s*(?:to|up to|sampai|hingga|-)\s*(\d+)",
    re.IGNORECASE,
)
_COMPARE = re.compile(
    r"(?:compare|bandingkan|difference between|perbedaan(?: antara)?|beda)\s+(.+?)\s+(?:and|with|to|vs\.?|"
    r"versus|dan|dengan)\s+([^.?!\n]+)",
    re.IGNORECASE,
)


def reply(asked: Asked) -> Reply:
    """Return what the demo model says to this request."""
    asked = replace(asked, messages=tuple(_readable(message) for message in asked.messages))
    said = _said(asked)
    if asked.effort:
        return replace(said, reasoning=_reasoning(asked))
    return said


def _readable(message: Message) -> Message:
    """Return a message as far as it is read: of a very long text, word or gap only so much."""
    text = message.text
    if len(text) <= _LONGEST_WORD:
        return message
    text = re.sub(rf"\S{{{_LONGEST_WORD},}}", lambda word: word[0][:_LONGEST_WORD], text)
    text = re.sub(r"\s{40,}", lambda gap: "\n\n" if "\n" in gap[0] else " ", text)
    if len(text) > _READ:
        text = f"{text[: _READ * 3 // 4]}\n{text[-_READ // 4 :]}"
    return replace(message, parts=(TextPart(text), *message.images))


def _said(asked: Asked) -> Reply:
    broken = _breaks_schema(asked)
    if asked.tools and asked.choice != "none":
        calls = tools.chosen(asked, broken=broken)
        if calls.wanted:
            return Reply(calls=calls.wanted)
        if calls.question and asked.answer_format is None:
            return Reply(text=calls.question)
    if asked.answer_format is not None:
        value = {"demo": "not what the schema says"} if broken else schema.answer(asked)
        return Reply(text=json.dumps(value, ensure_ascii=False, indent=2))
    told = tools.told(asked)
    if told:
        return Reply(text=_styled(told, asked))
    text = _text(asked)
    if asked.json_object:
        return Reply(text=json.dumps({"answer": text.strip()}, ensure_ascii=False))
    return Reply(text=_styled(text, asked))


def _breaks_schema(asked: Asked) -> bool:
    """Whether the prompt asks for an answer that breaks the schema, and has not had one yet."""
    ordered = [
        place
        for place, message in enumerate(asked.messages)
        if message.role == "user" and "demo: invalid schema" in message.text.lower()
    ]
    if not ordered:
        return False
    once = "once" in asked.messages[ordered[-1]].text.lower()
    answered = any(message.role == "assistant" for message in asked.messages[ordered[0] :])
    return not answered if once else faults.ordered(asked).kind == "invalid"


def speaks(asked: Asked) -> Language:
    """Return the language to answer in: the one the instructions or the prompt ask for, else the prompt's own."""
    if says(asked.instructions, "bahasa indonesia", "in indonesian", "indonesian"):
        return "id"
    if says(asked.instructions, "in english", "bahasa inggris"):
        return "en"
    told = _TONGUE.search(asked.prompt)
    if told:
        return "id" if (told[1] or told[2]).lower().startswith("indonesia") else "en"
    return language(asked.prompt)


def _text(asked: Asked) -> str:  # noqa: PLR0911  (one return for each kind of prompt, in order)
    prompt = asked.prompt.strip()
    spoken = speaks(asked)
    last = next(message for message in reversed(asked.messages) if message.role == "user")
    if last.images:
        return images.described([image.url for image in last.images], spoken)
    if _WHO.search(prompt):
        return answers.identity(asked.model, spoken)
    small = phrases.answered(prompt, spoken)
    if small:
        return small
    echo = _ECHO.match(prompt)
    if echo and "\n" not in prompt and len(prompt) < 200:
        return echo.group(1)
    earlier = [message for message in asked.messages if message.role == "user"]
    remembered = memory.recalled(earlier, spoken)
    if remembered:
        return remembered
    found = material.answered(prompt, spoken) or memory.noted(prompt, spoken) or solved(prompt, spoken)
    if found:
        return found
    if _THANKS.match(prompt):
        return "Sama-sama!" if spoken == "id" else "You are welcome!"
    if _HELLO.match(prompt):
        name = memory.name_in([message.text for message in earlier])
        return answers.greeting(phrases.hello(prompt, spoken), name, spoken)
    return _about(asked, prompt, spoken)


def _about(asked: Asked, prompt: str, spoken: Language) -> str:  # noqa: PLR0911  (the same)
    subject = topic(prompt) or ("ini" if spoken == "id" else "this")
    count = _COUNT.search(prompt)
    if count:
        first, last = int(count[1] or 1), int(count[2])
        return "\n".join(str(number) for number in range(first, min(last, first + 2000) + 1))
    if phrases.asks_verse(prompt, "haiku"):
        return phrases.haiku(_plain_topic(subject), spoken)
    if phrases.asks_verse(prompt, "poem", "verse", "pantun", "puisi", "sajak"):
        return answers.verse(_plain_topic(subject), spoken)
    listed = listing.wanted(prompt)
    if listed:
        told = listing.tips if listed.advice else answers.ideas
        return told(listed.about or ("" if listed.advice else subject), listed.count, spoken)
    if code.wanted(prompt):
        return code.answered(prompt, subject, spoken)
    wish = f"{prompt}\n{asked.instructions}"
    if says(wish, *_SHORT):
        return answers.sentence(subject, spoken)
    if says(wish, *_LONG):
        return answers.long(subject, spoken)
    compared = _COMPARE.search(prompt)
    if compared:
        return answers.comparison(topic(compared[1]), topic(compared[2]), spoken)
    if listing.mentioned(prompt):
        told = listing.tips if says(prompt, "tips", "tip") else answers.ideas
        return told(_plain_topic(subject), listing.how_many(prompt), spoken)
    return answers.overview(subject, spoken)


def _plain_topic(subject: str) -> str:
    """The topic without the count and kind of things asked for: ``three tips for sleep`` → ``sleep``."""
    found = re.split(r"\b(?:about|for|on|to|of|tentang|untuk|agar|mengapa)\s+", subject, maxsplit=1)
    return found[-1] or subject


def _styled(text: str, asked: Asked) -> str:
    """Apply the instructions that a demo can follow, and name the ones it cannot."""
    told = asked.instructions.strip()
    if not told:
        return text
    if says(told, "uppercase", "upper case", "all caps", "capital letters", "huruf besar", "huruf kapital"):
        return text.upper()
    if says(told, "pirate", "bajak laut"):
        return f"Arr! {text}"
    followed = says(told, *_SHORT, *_LONG, "indonesian", "bahasa indonesia", "english", "bahasa inggris")
    if followed or len(text) < 200:  # a one-line answer should stay one
        return text
    quoted = told.splitlines()[0][:80]
    if speaks(asked) == "id":
        return f"{text.rstrip()}\n\n*Instruksi yang saya terima: “{quoted}”*\n"
    return f"{text.rstrip()}\n\n*The instructions I was given: “{quoted}”*\n"


def _reasoning(asked: Asked) -> str:
    subject = topic(asked.prompt) or "this"
    steps = [f"The question is about {subject}."]
    if asked.tools:
        steps.append(f"There are tools: {', '.join(tool.name for tool in asked.tools)}.")
    known = names(asked.prompt)
    if known:
        steps.append(f"It names {', '.join(known[:4])}.")
    if asked.effort in {"high", "xhigh", "max"}:
        steps.append("I check the history for anything that changes the answer, then the form it should have.")
    steps.append("I answer in the language of the question.")
    return " ".join(steps)
