"""What a server tells beside its answers: errors, waits, limits, what was billed; its models and their prices. Pure.

Servers lie, so every type is checked, and every field is optional.
"""

from __future__ import annotations

import json
import re
import time
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from html import unescape
from typing import Any

from ..errors import attempt
from ..messages import Allowance, Usage
from ..validators import from_json, is_amount, shown
from . import wire
from .shapes import mapping, string

_LONGEST_QUOTE = 300
_PLAUSIBLE_WAIT = 3600.0
_SAYING = ("message", "msg", "detail", "error_message", "error_description", "faultstring", "description", "reason",
           "title", "Message", "error", "errors")  # fmt: skip
"""The fields in which error bodies have their message, the most exact first."""
_MOST_SAID = 5
_DEEPEST = 5
_KIND = "requests|input-tokens|output-tokens|tokens"
_LIMIT = re.compile(rf"(?:^|-)ratelimit-(?:({_KIND})-)?(limit|remaining|reset)(?:-({_KIND}))?$")
"""The end of a header's name: what is counted and which figure it is, in either order."""
_DURATION = re.compile(r"(?:(\d+(?:\.\d+)?)h)?(?:(\d+(?:\.\d+)?)m(?!s))?(?:(\d+(?:\.\d+)?)s)?(?:(\d+(?:\.\d+)?)ms)?")
_UNITS = (3600, 60, 1, 0.001)
_A_DATE = 1e9
"""A number of seconds from here on is a point in time (since 1970), not a time to wait."""
USD_RATE = 16650.0
"""Rupiah for a dollar: the fallback of the vendor's own client."""
_MILLION = 1_000_000
_DEAREST_IN_USD = 100.0
_CONTEXT = ("context_window", "context_length", "max_model_len", "max_context_length", "max_input_tokens", "n_ctx")
"""How servers call it: the service, OpenRouter, vLLM, LM Studio, LiteLLM, llama.cpp."""


def parsed(raw: str) -> object:
    """Return an error's body as JSON, also when it stands in an event of a stream; else as text."""
    body = from_json(raw, None)
    if body is not None or not raw.lstrip().startswith(("data:", "event:")):
        return raw if body is None else body
    read = (from_json(item.data, None) for item in wire.decode([raw.encode()]))
    return next((one for one in read if isinstance(one, dict)), raw)


def error_object(body: object) -> Mapping[str, Any]:
    """Return the error of a body: what it says beside its ``message``, a text; empty when the body tells none."""
    if isinstance(body, str):
        return {"message": body.strip()} if body.lstrip()[:1] not in ("", "<") else {}
    body = {"error": body} if isinstance(body, list) else body
    if not isinstance(body, Mapping):
        return {}
    told = body.get("error") or body.get("errors") or body.get("fault")
    first = mapping(told[0] if isinstance(told, list) else told)
    first = mapping(first.get("error")) or first
    message = _words(told if isinstance(told, Mapping | list) else body)
    detail = told or body.get("message") or body.get("detail")
    if not message and isinstance(detail, Mapping | list) and not first.get("code"):
        message = json.dumps(detail, ensure_ascii=False)
    return {**(first or body), "message": message} if detail or message else {}


def _words(said: object, depth: int = 0) -> str:
    """Return the message in a part of an error body, however deep it is nested."""
    if isinstance(said, str):
        return said.strip()
    if depth == _DEEPEST:
        return ""
    if isinstance(said, list):
        return "; ".join(filter(None, (_words(one, depth + 1) for one in said[:_MOST_SAID])))
    if not isinstance(said, Mapping):
        return ""
    words = next(filter(None, (_words(said.get(name), depth + 1) for name in _SAYING)), "")
    place = said.get("loc")
    return f"{'.'.join(map(str, place))}: {words}" if words and isinstance(place, list) else words


def quote(text: str, longest: int = _LONGEST_QUOTE) -> str:
    """Return a server's words fit for one line: no control characters, no key, bounded."""
    return shown("".join(c if c.isprintable() else " " for c in text[: 4 * longest]), longest)


def html_title(page: str) -> str:
    """Return the title of an HTML page, or nothing."""
    found = re.search(r"<title[^>]*>(.{0,200}?)</title>", page[:20_000], re.IGNORECASE | re.DOTALL)
    return unescape(found.group(1)).strip() if found else ""


def retry_after(headers: Mapping[str, str], body: object = None) -> float | None:
    """Return the seconds that the server asks to wait, or None.

    ``retry-after`` first (seconds or a date), then ``error.details.retry_after`` or ``error.retry_after``. What is
    not a positive number is taken for absent; of two answers the plausible one counts.
    """
    error = error_object(body)
    said = [headers.get("retry-after"), (mapping(error.get("details")) or error).get("retry_after")]
    asked = [_seconds(f"{one}", headers.get("date")) for one in said if isinstance(one, int | float | str)]
    given = [wait for wait in asked if wait]
    return next((wait for wait in given if wait <= _PLAUSIBLE_WAIT), given[0] if given else None)


def allowances(headers: Mapping[str, str]) -> tuple[Allowance, ...]:
    """Return one `Allowance` for each limit that the headers name; what cannot be read is left out."""
    found: dict[Any, dict[str, Any]] = {}
    date = next((value for name, value in headers.items() if name.lower() == "date"), None)
    for name, value in headers.items():
        if named := _LIMIT.search(name.lower()):
            kind = (named[1] or named[3] or "requests").replace("-", "_")
            count = _amount(value.split(",", 1)[0])
            read = _seconds(value, date) if named[2] == "reset" else None if count is None else int(count)
            if read is not None:
                found.setdefault(kind, {})[named[2]] = read
    return tuple(Allowance(kind, **figures) for kind, figures in found.items())


def billed_idr(headers: Mapping[str, str]) -> float | None:
    """Return the Rupiah that the server billed: a plain number, perhaps with a currency before it."""
    return _amount((headers.get("x-neosantara-billed-idr") or "").strip().removeprefix("Rp").removeprefix("IDR"))


def _amount(value: str) -> float | None:
    amount = attempt(None, float, value)
    return amount if is_amount(amount) else None


def _seconds(value: str, date: str | None) -> float | None:
    """Read a time to wait: seconds, ``1m30s``, seconds since 1970, an ISO date or an HTTP date; None if it is none.

    Times are counted from ``date``, the ``Date`` header, so that a wrong clock here does no harm.
    """
    then = _amount(text := value.strip())
    if then is None:
        if text and (spelled := _DURATION.fullmatch(text)):
            return sum(float(part or 0) * unit for part, unit in zip(spelled.groups(), _UNITS, strict=True))
        then = _moment(text)
    elif then < _A_DATE:
        return then
    elif then >= _A_DATE * 1000:
        then /= 1000
    return None if then is None else max(0.0, then - (_moment(date or "") or time.time()))


def _moment(text: str) -> float | None:
    """Return the seconds since 1970 of a date."""
    then = attempt(None, datetime.fromisoformat, text) or attempt(None, parsedate_to_datetime, text)
    return None if then is None else (then if then.tzinfo else then.replace(tzinfo=UTC)).timestamp()


@dataclass(frozen=True, slots=True)
class Model:
    """One model, as far as the server describes it."""

    id: str
    description: str = ""
    owned_by: str = ""
    capabilities: tuple[str, ...] = ()  # the service's own words
    context_window: int | None = None  # tokens, like the next
    max_output_tokens: int | None = None
    input_price: float | None = None  # per million tokens, in ``currency``, like the next two
    output_price: float | None = None
    cached_price: float | None = None
    currency: str = ""  # ``IDR`` or ``USD``; empty when there is no price
    deprecated: bool = False

    @property
    def blind(self) -> bool:
        """Whether the server lists what the model can do, and seeing images is not in the list."""
        return bool(self.capabilities) and not {"vision", "image_input"} & {*self.capabilities}


def read_models(entries: Iterable[Mapping[str, Any]]) -> list[Model]:
    """Read the entries of ``/v1/models``.

    One without an id is left out, the second of an id too, and one whose id would move the cursor of a terminal.
    """
    found: dict[str, Model] = {}
    for entry in entries:
        name = string(entry.get("id"))
        if name and name.isprintable():
            found.setdefault(name, _model(name, entry))
    return list(found.values())


def _model(name: str, entry: Mapping[str, Any]) -> Model:
    told = (entry, mapping(entry.get("meta")), mapping(entry.get("model_info")))
    pricing = mapping(entry.get("pricing"))
    listed = {**mapping(pricing.get("per_million_tokens")), **pricing}
    spelled = (("prompt", "input_tokens", "input"), ("completion", "output_tokens", "output"), ("cache_read", "cached"))
    prices = [next((listed[name] for name in names if listed.get(name) is not None), None) for names in spelled]
    amounts = [_price(price) for price in prices]
    words = entry.get("capabilities")
    words = words if isinstance(words, list) else []
    return Model(
        id=name,
        description=string(entry.get("description")),
        owned_by=string(entry.get("owned_by")),
        capabilities=tuple(word for word in words if isinstance(word, str) and word.isprintable()),
        context_window=next(filter(None, (_tokens(one.get(name)) for one in told for name in _CONTEXT)), None),
        max_output_tokens=_tokens(entry.get("max_output_tokens")),
        input_price=amounts[0],
        output_price=amounts[1],
        cached_price=amounts[2],
        currency=_currency(pricing, prices, amounts),
        deprecated=entry.get("deprecated") is True,
    )


def _price(price: object) -> float | None:
    """Read a price: a number, or text such as ``$0.25`` or ``Rp 1,500``."""
    if isinstance(price, str):
        digits = re.sub(r"[^\d.]", "", price)
        price = float(digits) if re.fullmatch(r"\d+(\.\d*)?|\.\d+", digits) else None
    return float(price) if is_amount(price) else None


def _tokens(count: object) -> int | None:
    return int(count) if is_amount(count) and count else None


def _currency(pricing: Mapping[str, Any], prices: Sequence[object], amounts: Sequence[float | None]) -> str:
    """Return the currency that is named, else the one that the prices look like.

    The vendor's own programs disagree on what a missing currency means, but prices tell: the cheapest in Rupiah is in
    the hundreds, the dearest in dollars below a hundred.
    """
    said, written = string(pricing.get("currency")).upper(), " ".join(map(string, prices))
    dearest = max((amount for amount in amounts if amount is not None), default=None)
    if said in ("IDR", "USD"):
        return said
    if "$" in written or dearest is None:
        return "USD" if "$" in written else ""
    return "IDR" if "Rp" in written or dearest >= _DEAREST_IN_USD or dearest == 0 else "USD"


def find_model(models: Iterable[Model], name: str) -> Model | None:
    """Return the model of that id, whatever its case."""
    return next((model for model in models if model.id.lower() == name.lower()), None)


def cost_idr(model: Model | None, usage: Usage | None) -> float | None:
    """Return an estimate in Rupiah, or None when the price or the usage is not known.

    Cached tokens count at their own price where the model has one.
    """
    if model is None or usage is None or model.input_price is None or model.output_price is None:
        return None
    cached = min(usage.cached_tokens, usage.input_tokens)
    cached_price = model.input_price if model.cached_price is None else model.cached_price
    cost = (usage.input_tokens - cached) * model.input_price + cached * cached_price
    cost = (cost + usage.output_tokens * model.output_price) / _MILLION
    return cost * USD_RATE if model.currency == "USD" else cost
