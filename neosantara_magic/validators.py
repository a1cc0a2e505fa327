"""Reading one value that a person typed: a number, a choice, a name, a path. Grammar and settings share these readers.

Each reader takes the ``label`` under which the user knows the value (``--top-p``, ``max_tokens``)
and what they gave, as text or as a Python value. It returns the value or raises `UsageError`.
"""

from __future__ import annotations

import builtins
import json
import keyword
import math
import os
import re
from collections.abc import Iterable, Sequence
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeGuard

from .errors import UsageError
from .redaction import redact
from .texts import encodable, say, two_lines, words_for

if TYPE_CHECKING:
    from pydantic import TypeAdapter

_MODEL_PREFIX = re.compile(r"^neosantara[/:]", re.IGNORECASE)
_GROUPED = re.compile(r"\d{1,3}(?:[.,]\d{3})+")
"""A number as the footers write it: 2,048 in English, 2.048 in Indonesian."""
_TOO_MUCH = 1e15
_THE_TEXT: Any = object()


def nearest(word: str, names: Iterable[str]) -> str | None:
    """Return the name that ``word`` most likely means, or None when nothing is near."""
    from difflib import get_close_matches  # noqa: PLC0415  (not at %load_ext: only errors need it)

    known = list(names)
    folded = {name.casefold(): name for name in reversed(known)}
    near = get_close_matches(word.casefold(), list(folded), n=1, cutoff=0.6)
    return folded[near[0]] if near else None


def nearest_or_begun(word: str, names: Iterable[str]) -> str | None:
    """Return the nearest of the names that ``word`` begins, else the nearest of all: ``temp`` means ``temperature``."""
    known = list(names)
    begun = [name for name in known if len(word) > 1 and name.startswith(word.casefold())]
    return nearest(word, begun or known) or next(iter(begun), None)


def number(label: str, given: Any, low: float, high: float = math.inf, example: float = 60) -> float:
    """Read a finite number between ``low`` and ``high``, both included; an error shows ``example``, if it is one."""
    try:
        read = math.nan if isinstance(given, bool) else float(given)
    except (TypeError, ValueError, OverflowError):
        read = math.nan
    if math.isfinite(read) and low <= read <= high:
        return read
    key, meant = "between" if math.isfinite(high) else "at_least", f"{min(high, max(low, example)):g}"
    if isinstance(given, str) and re.fullmatch(r"\s*[+-]?\d*,\d+\s*", given):  # Indonesian writes 0,2 for Python's 0.2
        key, meant = "comma", given.replace(",", ".")
    bounds = {"low": f"{low:g}", "high": f"{high:g}", "example": meant}
    raise UsageError(*two_lines(f"value.{key}", label=label, given=shown(given), **bounds))


def amount(label: str, given: Any) -> float:
    """Read Rupiah, also as Indonesians write them: ``5.000`` and ``Rp 5.000`` are five thousand."""
    text = re.sub(r"^\s*rp\.?\s*", "", given, flags=re.IGNORECASE).strip() if isinstance(given, str) else given
    if isinstance(text, str) and _GROUPED.fullmatch(text) and not text.startswith("0"):
        text = re.sub(r"\D", "", text)
    return number(label, text, 0, example=5000)


def whole(label: str, given: Any, low: int = 0, example: int | None = None) -> int:
    """Read a whole number that is at least ``low``; an error shows ``example``, or ``low`` itself."""
    try:
        exact = not isinstance(given, bool | float) or (isinstance(given, float) and given.is_integer())
        read = int(given) if exact else None
    except (TypeError, ValueError, OverflowError):
        read = None
    if read is None and isinstance(given, str) and _GROUPED.fullmatch(given.strip()):
        plain = re.sub(r"\D", "", given)
        raise UsageError(*two_lines("value.comma", label=label, given=shown(given), example=plain))
    if read is None or read < low:
        raise UsageError(*two_lines("value.whole", label=label, given=shown(given), low=low, example=example or low))
    return read


def number_or_all(label: str, given: Any) -> int | str:
    """Read ``all`` or how many."""
    if isinstance(given, str) and given.strip().casefold() == "all":
        return "all"
    if isinstance(given, str) and not given.strip().isdecimal():
        raise UsageError(*two_lines("value.choice", label=label, given=shown(given), allowed="0, 1, 2, …, all"))
    return whole(label, given, 0)


def seconds(label: str, given: Any) -> float:
    """Read a time in seconds: above 0, a day at most (waits further off overflow the system's timers)."""
    return number(label, given, 0.001, 86_400)


def one_of(label: str, given: Any, choices: Sequence[str]) -> str:
    """Read one of the words in ``choices``."""
    if isinstance(given, str) and given in choices:
        return given
    near = nearest(given, choices) if isinstance(given, str) else None
    allowed = shown(", ".join(choices), 300) or "-"
    raise UsageError(*two_lines("value.choice", label=label, given=shown(given), allowed=allowed, meant=near))


def switch(label: str, given: Any) -> bool:
    """Read on or off, in the spellings that environment variables use."""
    word = str(given).strip().casefold()
    for value, kind, signs in ((True, "yes", {"1", "true", "on"}), (False, "no", {"0", "false", "off"})):
        if word in signs or (len(word) > 1 and word in words_for(kind)):  # "t" would be no, and true elsewhere
            return value
    raise UsageError(*two_lines("value.choice", label=label, given=shown(given), allowed="on, off"))


def words(label: str, given: Any) -> str:
    """Read text that is not blank, as it is, but for what UTF-8 cannot carry."""
    if not isinstance(given, str) or not given.strip():
        raise UsageError(*two_lines("value.blank", label=label, given=shown(given)))
    return encodable(given)


def model_id(label: str, given: Any) -> str:
    """Read a model's id; a pasted ``neosantara/`` or ``neosantara:`` prefix is dropped."""
    return words(label, _MODEL_PREFIX.sub("", words(label, given).strip()))


def is_pythons(value: object) -> bool:
    """Whether a value of the notebook is a builtin, or IPython's: nothing that the user made, so nothing to propose."""
    module = str(getattr(value, "__module__", ""))
    return module in {"builtins", "io", "_io", "_sitebuiltins"} or module.partition(".")[0] == "IPython"


def variable(label: str, given: Any, *, new: bool = False) -> str:
    """Read a name that Python can assign to; a ``new`` one hides nothing of Python's own, such as ``print``."""
    taken = isinstance(given, str) and (keyword.iskeyword(given) or (new and hasattr(builtins, given)))
    if isinstance(given, str) and given.isidentifier() and not taken:
        return given
    raise UsageError(*two_lines("value.variable", label=label, given=shown(given)))


def here() -> Path:
    """Return the working directory; ``.`` when it was deleted, as a function's temporary folder may be."""
    try:
        return Path.cwd()
    except OSError:
        return Path()


def typed(text: str | os.PathLike[str]) -> Path:
    """Return a path as it was typed, with ``~`` and ``~name`` replaced. Raises UsageError: there is no such home."""
    name = os.fspath(text)
    try:
        return Path(name).expanduser()
    except RuntimeError:
        raise UsageError(*two_lines("path.home", path=name)) from None


def not_ordinary(path: Path) -> str:
    """Return why ``path`` cannot be read or written like a file: a folder, a pipe, a device; else nothing.

    What is not there, or may not be looked at, is left to whoever opens it: the system says it better.
    """
    try:
        if path.is_dir():
            return say("reason.folder")
        return say("reason.no_ordinary_file") if path.exists() and not path.is_file() else ""
    except (OSError, ValueError):  # a null byte
        return ""


def from_json(written: str | bytes | bytearray, otherwise: Any = _THE_TEXT) -> Any:
    """Return what a JSON text says; ``otherwise``, as a rule the text itself, when it is no JSON."""
    try:
        return json.loads(written)
    except (ValueError, RecursionError):
        return written if otherwise is _THE_TEXT else otherwise


def is_json(value: Any) -> bool:
    """Whether a value can be written as JSON, as the standard has it: without NaN and infinities."""
    try:
        json.dumps(value, allow_nan=False)
    except (TypeError, ValueError, RecursionError):
        return False
    return True


@cache
def _adapter(kind: Any) -> TypeAdapter[Any]:
    from pydantic import TypeAdapter  # noqa: PLC0415  (not at %load_ext)

    # A list, because an adapter of a dataclass itself takes no configuration.
    return TypeAdapter(list[kind], config={"strict": True, "revalidate_instances": "always"})


def misfit(value: Any, kind: Any = None) -> str | None:
    """Return a field of a dataclass, or of JSON data for a TypedDict, that is not of its type; None where all are."""
    from pydantic import ValidationError  # noqa: PLC0415  (not at %load_ext)

    try:
        _adapter(kind or value.__class__).validate_python([value])
    except ValidationError as wrong:
        place = wrong.errors(include_url=False)[0]["loc"]
        return next((str(part) for part in reversed(place) if str(part).islower()), "?")
    return None


def json_text(value: Any, **form: Any) -> str:
    """Return a value as JSON, in this ``form`` of ``json.dumps``; what JSON cannot hold, NaN too, is its text."""
    form = {"ensure_ascii": False, "default": str, **form}
    try:
        return json.dumps(value, allow_nan=False, **form)
    except ValueError:
        return json.dumps(_finite(value), **form)


def _finite(value: Any) -> Any:
    if isinstance(value, dict):
        return {str(_finite(key)) if isinstance(key, float) else key: _finite(one) for key, one in value.items()}
    if isinstance(value, list | tuple):
        return [_finite(one) for one in value]
    return str(value) if isinstance(value, float) and not math.isfinite(value) else value


def is_amount(said: object) -> TypeGuard[int | float]:
    """Whether a JSON value of a server is a usable amount: a number, not negative, not absurdly large.

    JSON carries NaN, and whole numbers that Python cannot make floats of.
    """
    return isinstance(said, int | float) and not isinstance(said, bool) and 0 <= said < _TOO_MUCH


def shown(given: Any, limit: int = 60) -> str:
    """Return ``given`` short enough to be quoted in one line, and without a key that was typed in the wrong place."""
    flat = redact(" ".join(str(given).split()))
    return flat if len(flat) <= limit else flat[: limit - 1] + "…"
