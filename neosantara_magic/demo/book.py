"""What the demo model knows and says: the files ``en.toml`` and ``id.toml`` beside this one, one for each language."""

from __future__ import annotations

import re
import tomllib
from functools import cache
from pathlib import Path
from typing import Any, Literal

Language = Literal["en", "id"]
_LANGUAGES: tuple[Language, ...] = ("en", "id")


@cache
def book(language: Language) -> dict[str, Any]:
    """Return all that one language's file says."""
    return tomllib.loads((Path(__file__).parent / f"{language}.toml").read_text(encoding="utf-8"))


def say(language: Language, sentence: str, /, **values: Any) -> str:
    """Return a sentence of the demo's own, with values in its places."""
    told: str = book(language)["say"][sentence]
    return told.format(**values)


@cache
def pattern(name: str) -> re.Pattern[str]:
    """Return the expression of that name in all languages."""
    parts = (f"(?:{book(one)[name]})" for one in _LANGUAGES)
    return re.compile("|".join(parts), re.IGNORECASE | re.MULTILINE | re.DOTALL)


def found(name: str, text: str) -> list[str] | None:
    """Return the groups of an expression that a text matches in any language; None when it does not."""
    match = pattern(name).search(text)
    return [group for group in match.groups() if group is not None] if match else None


def language(*prompts: str, instructions: str = "") -> Language:
    """Return the language that is asked for; else that of the first prompt with more words of it than of the other."""
    for text in (instructions, *prompts[:1]):
        for one in _LANGUAGES:
            if re.search(book(one)["tongue"], text, re.IGNORECASE):
                return one
    for text in prompts:
        words = re.findall(r"[^\W\d_]+", text.lower())
        more = sum((word in _words("id")) - (word in _words("en")) for word in words)
        if more:
            return "id" if more > 0 else "en"
    return "en"


@cache
def _words(one: Language) -> frozenset[str]:
    asked = [question for fact_ in book(one)["facts"].values() for question in fact_["ask"]]
    return frozenset(f"{book(one)['small']} {' '.join(asked)}".lower().split())


def fact(prompt: str, spoken: Language) -> str:
    """Return true answers to all the questions of a prompt; empty when it asks anything that is not known."""
    answers: list[str] = []
    style = "|".join(word for one in _LANGUAGES for word in book(one)["style"].split())  # "please", "in one sentence"
    for sentence in re.split(r"(?<=[.?!])\s+|\n+", pattern("tongue").sub("", prompt)):
        asked = " ".join(re.findall(r"[\w'’-]+", sentence.lower()))
        plain = re.sub(rf"^(?:(?:{style})(?: |$))+|(?:(?:^| )(?:{style}))+$", "", asked)
        answer = _answer(asked, spoken) or _answer(plain, spoken)
        if plain and not answer:
            return ""
        answers += [answer] if answer and answer not in answers else []
    return "\n\n".join(answers)


def _answer(question: str, spoken: Language) -> str:
    term = found("defines", question)
    key = _questions().get(question) or _questions().get(term[0] if term else "")
    if key:
        return str(book(spoken)["facts"][key]["say"])
    place = found("capital", question)
    for one in _LANGUAGES if place else ():
        for code, names in book(one)["capitals"].items():
            if place == [names[0].lower().removeprefix("the ")]:
                country, capital = book(spoken)["capitals"][code]
                return say(spoken, "capital", country=country, capital=capital)
    return ""


@cache
def _questions() -> dict[str, str]:
    """Return each question that is known, as lower-case words, to the name of its fact."""
    facts = [pair for one in _LANGUAGES for pair in book(one)["facts"].items()]
    return {" ".join(re.findall(r"[\w'’-]+", asked.lower())): name for name, one in facts for asked in one["ask"]}
