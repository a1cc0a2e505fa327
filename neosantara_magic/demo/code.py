"""Python that the demo model writes, and that runs as it stands.

For: choosing an example by the words of a prompt, or a skeleton named after the task.
Not for: the examples themselves (`code_numbers`, `code_texts`); running anything.
"""

from __future__ import annotations

import builtins
import keyword
import re

from . import code_numbers, code_texts
from .words import Language, numbers, says, words

_KNOWN = tuple((re.compile(said), source) for said, source in (*code_texts.SOURCES, *code_numbers.SOURCES))
_VERBS = (
    "write", "make", "create", "implement", "generate", "show", "give", "define", "buat", "buatkan", "buatlah", "bikin",
    "bikinkan", "tulis", "tuliskan", "contoh",
)  # fmt: skip
_NOT_ASKED = re.compile(r"^\W*(?:what|why|who|when|explain|describe|apa|apakah|mengapa|kenapa|jelaskan)\b")
_TASK = re.compile(
    r"\b(?:functions?|code|script|program|snippet|fungsi|kode|skrip)(?:\s+(?:in|with|dengan|dalam|pakai))?(?:\s+python)?"
    r"\s+(?:that|which|to|untuk|yang|buat)\s+(?:(?:can|will|should|bisa|dapat|akan)\s+)?(?P<task>[^\n]+)",
    re.IGNORECASE,
)
_ARTICLES = frozenset(
    ["a", "an", "the", "of", "in", "from", "my", "your", "some", "python", "sebuah", "suatu", "dari", "dalam", "di"]
)
_READ = 400
"""Characters of a prompt in which the task is looked for."""

_LONGEST_TASK = 70
"""Characters of a task in a docstring."""


def block(source: str) -> str:
    """Return a fenced Python block."""
    return f"```python\n{source.rstrip()}\n```"


def wanted(prompt: str) -> bool:
    """Whether a prompt asks for code."""
    explains = bool(_NOT_ASKED.match(prompt.lower()))
    if says(prompt, "code", "kode", "kodenya", "script", "skrip", "program", "snippet", "fizzbuzz"):
        return not explains or bool(known(prompt))
    if says(prompt, *_VERBS):
        return says(prompt, "python", "function", "fungsi", "pandas", "matplotlib", "algorithm", "algoritma", "loop")
    if not explains and says(prompt, "how", "bagaimana", "cara", "gimana"):
        return says(prompt, "python", "pandas", "matplotlib")
    if says(prompt, "python") and not explains:
        return bool(known(prompt) or _TASK.search(prompt))
    return False


def known(prompt: str) -> str:
    """Return the example that fits a prompt; empty when none does."""
    low = " ".join(prompt[:_READ].lower().split())
    found = next((source for said, source in _KNOWN if said.search(low)), "")
    given = [number for number in numbers(prompt) if isinstance(number, int) and 0 < number <= 1000]
    return found.replace("{n}", str(given[0] if given else 15 if "fizzbuzz" in found else 10))


def answered(prompt: str, topic: str, language: Language) -> str:
    """Return code for a prompt, and a sentence that says whether it does what was asked."""
    source = known(prompt)
    task = _TASK.search(prompt)
    if task and not source:
        lead = (
            "Model demo tidak hafal tugas ini. Kerangka berikut bisa dijalankan dan menunggu isi dari Anda:"
            if language == "id"
            else "The demo model does not know this task. This skeleton runs, and waits for your own lines:"
        )
        return f"{lead}\n\n{block(skeleton(task['task'], language))}\n"
    lead = "Kode Python ini langsung jalan:" if language == "id" else "This Python runs as it stands:"
    return f"{lead}\n\n{block(source or summary(_without_asking(topic)))}\n"


def skeleton(task: str, language: Language) -> str:
    """Return a function that is named after a task and still to be filled in; it runs."""
    told = re.sub(r"[^\w\s.,()+-]", "", re.split(r"(?<=[.?!])\s", task)[0]).strip(" .")[:_LONGEST_TASK].strip()
    spoken = re.findall(r"[a-z][a-z0-9]*", told.lower())
    named = [_plain_verb(spoken[0]), *spoken[1:]] if spoken and language == "en" else spoken
    name = "_".join([word for word in named if word not in _ARTICLES][:4]) or "task"
    if keyword.iskeyword(name) or hasattr(builtins, name):
        name += "_it"
    if language == "id":
        todo, tried = "Tulis langkah-langkahnya di sini: model demo tidak mengetahuinya.", "contoh"
    else:
        todo, tried = "Write the steps here: the demo model does not know them.", "an example"
    return f'''def {name}(value):
    """To be written: {told or name}."""
    # {todo}
    return value


print({name}("{tried}"))
'''


def _plain_verb(word: str) -> str:
    """``merges`` → ``merge``, ``matches`` → ``match``, ``copies`` → ``copy``."""
    if re.search(r"(?:ch|sh|ss|x|zz)es$", word):
        return word[:-2]
    if word.endswith("ies") and len(word) > 4:
        return f"{word[:-3]}y"
    return word[:-1] if word.endswith("s") and not word.endswith("ss") else word


def _without_asking(topic: str) -> str:
    """The topic without the words that ask for code about it."""
    rest = re.sub(
        r"^(?:(?:python|code|kode|function|fungsi|script|skrip|program|snippet|an?|that|to|about|for|untuk|tentang|"
        r"yang)\s+)+",
        "",
        topic,
        flags=re.IGNORECASE,
    )
    return "" if says(rest, "python", "code", "kode", "function", "fungsi", "program", "script", "skrip") else rest


def summary(topic: str) -> str:
    """Return a small program that summarises measurements of a topic."""
    name = "_".join(word for word in words(topic)[:3] if re.fullmatch(r"[a-z]\w*", word)) or "measurements"
    return f"""from statistics import mean, stdev

{_named(name)} = [2.1, 2.4, 1.9, 2.6, 2.2]
print(f"n={{len({_named(name)})}} mean={{mean({_named(name)}):.2f}} sd={{stdev({_named(name)}):.2f}}")
"""


def _named(name: str) -> str:
    return f"{name}_values" if keyword.iskeyword(name) or name in {"mean", "stdev", "print", "len"} else name
