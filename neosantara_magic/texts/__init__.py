"""Every sentence a user reads, in English and Indonesian, by its key; and what makes any text safe to pass on.

Not for: what a model reads: that is English and stands beside the code that sends it.

One file per language, with the same keys and placeholders; ``key.next`` is the second line of the error ``key``, and
``key.near`` or ``near`` that line where a name is known that the user may have meant.
What stands under several keys is written once (`_ALSO`).
House style for Indonesian: keep `API key`, `request`, `token`, `server`, `tools`; no em dashes.
"""

from __future__ import annotations

import json
import locale
import os
import re
import sys
from collections.abc import Callable, Mapping
from functools import cache
from importlib import import_module
from pkgutil import iter_modules
from typing import Any

LANGUAGES = tuple(sorted(found.name for found in iter_modules(__path__)))
"""Each has a file here, of its name."""
_language: str | None = None
_COMMON = {
    "setting.refused": "{variable}: {what}",
    "key.place.session": "%neosantara key",
    "key.place.environment": "NEOSANTARA_API_KEY",
    "key.place.colab": "Colab Secrets",
    "key.place.kaggle": "Kaggle Secrets",
    "request_id": "request id {id}",
    "tool.options": "@tool: {problems}.",
    "footer.demo": "demo",
    "footer.tool": "1 tool",
    "footer.tools": "{count} tools",
    "card.error": "Error",
    "usage.model": "Model",
    "usage.total": "Total",
    "status_key": "Key",
    "models.id": "id",
    "page.prompt": "Prompt",
    "shell.fine": "ok",
    "shell.failed": "ERROR",
    "panel.bug": "{kind}: {message}",
    "playground.temperature": "Temperature",
}
"""Sentences that are the same in all languages; one may say it in its own way."""
_ALSO = {
    "flags.contradict.next": "flag.twice.next",
    "command.too_many.next": "command.too_few.next",
    "value.form.next": "value.between.next value.at_least.next value.whole.next",
    "flag.model": "setting.model",
    "flag.api": "setting.api",
    "flag.max_tokens": "setting.max_tokens",
    "flag.timeout": "setting.timeout",
    "tool.unknown": "schema.unknown",
    "mcp.no_name.next": "mcp.no_way.next",
    "mcp.no_variable.next": "mcp.no_names.next",
    "mcp.failed": "mcp.unreachable",
    "image.missing.next": "file.missing.next",
    "expression.name.near": "expression.member.near expression.broken.near",
    "expression.broken.next": "expression.open.next expression.member.next expression.raised.next",
    "connection_reset.next": "stopped_early.next",
    "connection_failed.next": "name_not_found.next connection_refused.next",
    "stream_failed.next": "ending_unknown.next stream_cut.next stream_reset.next stream_garbled.next",
    "tool.unknown.next": "schema.unknown.next",
    "approve.long": "panel.asks",
    "answer.reasoning": "playground.reasoning",
    "usage.model": "status_model panel.model",
    "usage.conversation": "table_conversation page.title panel.log panel.conversation",
    "context_too_long": "context_too_long.alone",
    "live": "demo_off",
    "widget.answer": "page.answer",
    "widget.stop": "panel.stop",
    "widget.stopping": "panel.stopping",
    "widget.copy": "panel.copy",
    "widget.copied": "panel.copied",
    "batch.bar_failed": "batch.failed",
    "batch.stopped": "batch.stopped_file batch.stopped_each",
}
"""The key in each language's file, and the keys that say the same, word for word."""
_STEPS = (
    (r"%config NeosantaraMagics\.(\w+) = ([^\s,]+)", lambda found: f"NEOSANTARA_{found[1].upper()}={found[2]}"),
    (r"%config NeosantaraMagics\.(\w+)", lambda found: f"NEOSANTARA_{found[1].upper()}"),
    (r"%neosantara demo on", "NEOSANTARA_DEMO=1"),
    (r"%neosantara save (.+?) --force", r'save("\1", force=True)'),
    (r"%neosantara save (NAM[EA]\.jsonl)", r'save("\1")'),
    (r"%neosantara save\b", "save()"),
    (r"%neosantara new (.+)", r"conversation(\1).clear()"),
    (r"%pip\b", "pip"),
    (r"%pwd", "os.getcwd()"),
)
"""A step in a notebook, and the same step as a plain script can take it; the files of the languages have more."""


def use_language(language: str) -> None:
    """Choose the language of all later sentences: ``"en"``, ``"id"``, or ``"auto"`` (from the locale)."""
    global _language  # noqa: PLW0603  (one process speaks one language; passing it everywhere would be noise)
    _language = None if language == "auto" else next((one for one in LANGUAGES if one == language), "en")


def language() -> str:
    """Return the language in force: the one chosen, else the locale's, else English."""
    return _language or _from_locale()


@cache
def _from_locale() -> str:
    spelled = os.environ.get("LC_ALL") or os.environ.get("LC_MESSAGES") or os.environ.get("LANG") or ""
    word = re.split("[_.@]", spelled or locale.getlocale()[0] or "")[0].lower()
    if len(word) > 3:  # Windows writes "Indonesian_Indonesia"
        return next((one for one in LANGUAGES if _file(one).NAME.lower().startswith(word)), "en")
    return word if word in LANGUAGES else "en"


def _file(language: str) -> Any:
    return import_module(f"{__name__}.{language}")


@cache
def sentences(language: str) -> dict[str, str]:
    """Return all sentences of a language by their keys."""
    own: dict[str, str] = _COMMON | _file(language).SENTENCES
    return own | {same: own[key] for key, keys in _ALSO.items() for same in keys.split()}


@cache
def words_for(*kinds: str) -> frozenset[str]:
    """Return what users may type for ``yes``, ``no``, ``run``, ``refuse`` or ``all``, in any language."""
    return frozenset(" ".join(_file(one).WORDS[kind] for one in LANGUAGES for kind in kinds).split())


def name_of_language() -> str:
    """Return what a model calls the language in force."""
    return str(_file(language()).NAME)


def for_script(sentence: str) -> str:
    """Return a sentence without magics and cells, as far as a script has the same thing."""
    for pattern, step in (*_STEPS, *_file(language()).STEPS):
        sentence = re.sub(pattern, step, sentence)
    return sentence


def say(key: str, /, **values: object) -> str:
    """Return one sentence, its ``{placeholders}`` filled in. Raises KeyError: a bug, found by the tests."""
    return encodable(sentences(language())[key].format(**values))


def two_lines(key: str, /, **values: object) -> tuple[str, str]:
    """Return what happened and the next step: the sentences ``key`` and ``key.next``.

    Where the value ``meant`` holds a name, the next step asks whether that was meant.
    """
    step = f"{key}.next"
    if values.get("meant"):
        step = f"{key}.near" if f"{key}.near" in sentences(language()) else "near"
    return say(key, **values), say(step, **values)


def decimal(value: float, decimals: int = 1) -> str:
    """Return a number with exactly this many decimals, as readers of the language in force write it."""
    return f"{value:,.{decimals}f}".translate(str.maketrans(",.", _file(language()).SIGNS))


def number(value: int) -> str:
    """Return a whole number with its thousands grouped."""
    return decimal(value, 0)


def rupiah(value: float, *, estimated: bool = False) -> str:
    """Return an amount in Rupiah, with as many decimals as a small amount needs: ``Rp 1,500``, ``Rp 1.500``.

    Whole amounts and those from 1,000 on have no decimals, others two, those below 0.1 four: a short answer that
    costs a fraction of a Rupiah must not read as free.
    """
    size = abs(float(value))
    decimals = 0 if size.is_integer() or round(size, 2) >= 1000 else 2 if size >= 0.1 else 4
    amount = f"< Rp {decimal(0.0001, 4)}" if 0 < size < 0.0001 else f"Rp {decimal(value, decimals)}"
    return f"≈ {amount}" if estimated else amount


_SEQUENCE = r"\x1b\[[0-?]*[ -/]*[@-~]|\x1b[\]PX^_][^\x07\x1b]*(?:\x07|\x1b\\)?|\x1b[ -/]*[0-~]"
_CONTROL = "[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069\ud800-\udfff]"


def printable(text: str) -> str:
    """Return text that steers no terminal; line feeds and tabs stay.

    The one gate of whatever goes to a terminal, a ``repr`` or ``text/plain``: names and texts of a server, a file or
    data. Colours, cursor moves, window titles, clipboard writes and text direction overrides are taken out.
    """
    if text.isprintable():
        return text
    return re.sub(_CONTROL, "", re.sub(_SEQUENCE, "", text.replace("\r\n", "\n")))


def warn(line: str) -> None:
    """Print a line where a script's or a terminal's user reads what is not the answer."""
    print(printable(line), file=sys.stderr)  # noqa: T201


def encodable(text: str) -> str:
    """Return text that UTF-8 can carry: halves of surrogate pairs are joined, lone ones become U+FFFD.

    A lone half would break a request, a file or a kernel's message.
    """
    return text if text.isascii() else text.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace")


def encodable_json(value: Any) -> Any:
    """Return JSON data whose texts UTF-8 can carry, keys included; the same object where nothing has to change.

    What is no JSON stays as it is: that is the business of whoever writes it out.
    """
    try:
        json.dumps(value, ensure_ascii=False).encode()
    except UnicodeEncodeError:
        return mapped(encodable, value)
    except (TypeError, ValueError, RecursionError):
        pass
    return value


def mapped(change: Callable[[str], str], value: Any) -> Any:
    """Return JSON data whose texts went through ``change``, keys of objects included."""
    if isinstance(value, str):
        return change(value)
    if isinstance(value, Mapping):
        return {mapped(change, name): mapped(change, one) for name, one in value.items()}
    if isinstance(value, list | tuple):
        found = [mapped(change, one) for one in value]
        return tuple(found) if isinstance(value, tuple) else found
    return value
