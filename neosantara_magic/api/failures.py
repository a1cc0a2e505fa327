"""From what the server or the network did to the error that says so; at the end, which failures are tried again. Pure.

Exceptions of the SDK and the transport are told apart by their names, so that nothing heavy is imported here.
"""

from __future__ import annotations

import difflib
import json
import math
import random
import re
from collections.abc import Iterable, Mapping
from typing import Any

from .. import errors
from ..errors import APIConnectionError, APIError, APIStatusError, APITimeoutError, StreamError
from ..events import MOST_WAITS
from ..redaction import environment
from ..texts import decimal, say, two_lines
from ..validators import from_json, is_amount
from .shapes import mapping, string
from .told import error_object, html_title, quote, retry_after
from .wire import ServerSentEvent

_MAY_BE_LONG = (400, 413, 422, 500)
_TOO_LONG = re.compile(
    r"context[ _-]?(length|size|window)|(prompt|input|request) is too long|too many (input |prompt )?tokens"
    r"|maximum (context|prompt|input)( length)?\b"
)
"""How servers say, in code or message, that a model cannot hold so much."""
_NO_SUCH_MODEL = re.compile(
    r"(invalid|unknown|unrecognized|no such) model|no model (named|with)"
    r"|\bmodel\b.{0,100}?(not found|(does not|doesn't|not) exist|is not (available|valid|loaded)|is unknown)"
)
_BY_STATUS: dict[int, tuple[type[APIStatusError], str]] = {
    400: (errors.BadRequestError, "bad_request"),
    401: (errors.AuthenticationError, "key_refused"),
    402: (errors.InsufficientBalanceError, "balance_used_up"),
    403: (errors.PermissionDeniedError, "not_allowed"),
    404: (errors.NotFoundError, "not_found"),
    405: (APIStatusError, "address_unknown"),
    408: (errors.RequestTimeoutError, "server_error"),
    409: (errors.ConflictError, "server_error"),
    413: (errors.RequestTooLargeError, "too_large"),
    422: (errors.UnprocessableEntityError, "bad_request"),
    429: (errors.RateLimitError, "rate_limited"),
    503: (errors.InternalServerError, "unavailable"),
    504: (errors.InternalServerError, "gateway_timeout"),
}
_TOLD = {
    (401, "key_not_received"): "missing_api_key",
    (429, "rate_rpm"): "rpm_exceeded",
    (429, "rate_tokens"): "itpm_exceeded otpm_exceeded tpm_exceeded",
    (429, "quota_used_up"): "user_total_daily_limit_exceeded user_total_monthly_limit_exceeded",
    (400, ""): "context_length_exceeded exceed_context_size_error invalid_request_error",
    (401, ""): "invalid_api_key authentication_error token_expired session_expired",
    (403, ""): "permission_error",
    (404, ""): "model_not_found not_found_error",
    (429, ""): "insufficient_quota rate_limit_error rate_limit_exceeded",
    (503, ""): "overloaded_error service_unavailable",
}
"""Codes and types by the status with which they come, and the sentence of those that tell more than the status."""
_BY_CODE = {code: told for told, codes in _TOLD.items() for code in codes.split()}
_NO_ROUTE = re.compile(
    r"not found|cannot post /\S*|(no )?route.*|unknown (endpoint|path|url|request url).*|file not found"
)
"""How servers say that they have no such address, where a model that is missing would be named."""
_SERVICES_WORDS = re.compile(r"payg|\btier\b|neosantara")
_ELSEWHERE = {
    **dict.fromkeys(("key_refused", "key_not_received"), "key_elsewhere"),
    **dict.fromkeys(("balance_used_up", "not_allowed"), "refused_elsewhere"),
    "server_error": "status_unexpected",
}
"""Sentences for servers that are not the service."""


def from_status(
    status: int,
    headers: Mapping[str, str],
    body: object,
    *,
    model: str = "",
    known_models: Iterable[str] = (),
    host: str = "",
    elsewhere: bool = False,
) -> APIStatusError:
    """Return the error for an HTTP answer of 300 and above.

    ``body`` is parsed JSON, or the text when it is none. The nearest of the ``known_models`` are named for a ``model``
    that is not there. ``elsewhere``: the server has no account, tier or support of the service.
    """
    head = {name.lower(): value for name, value in headers.items()}
    error = error_object(body)
    code = string(error.get("code")) or string(error.get("type")) or None
    message = quote(string(error.get("message")) or (html_title(body) if isinstance(body, str) else ""))
    wait = retry_after(head, body)
    key = _status_key(status, code or "", message.lower(), model.lower(), body)
    if elsewhere and not _SERVICES_WORDS.search(message.lower()):
        key = _ELSEWHERE.get(key, key)
    request_id = head.get("x-request-id") or head.get("request-id")
    others = [known for known in known_models if known != model]
    near = difflib.get_close_matches(model, others, n=3, cutoff=0.4) if model else []
    what, next_step = two_lines(
        key,
        status=status,
        message=message or say("no_message"),
        model=model,
        param=f" [{quote(param, 60)}]" if (param := string(error.get("param"))) else "",
        near=say("nearest_models", models=", ".join(near)) if near else say("list_models"),
        wait=_wait_text(wait),
        limit=f" {decimal(limit, 0)}" if is_amount(limit := mapping(error.get("details")).get("limit")) else "",
        kind=(code or "").partition("_")[0].upper(),
        host=host or say("the_server"),
    )
    if request_id:
        what = f"{what} ({say('request_id', id=quote(request_id, 80))})"
    kind, _ = _usual(status)
    refusal = kind(what, next_step, status=status, code=code, request_id=request_id, retry_after=wait)
    # A server with words of its own for "no such address" names no model there.
    nameless = status == 404 and elsewhere and not any(word in message.lower() for word in ("model", model.lower()))
    refusal.lacks_endpoint = key == "address_unknown" or nameless
    return refusal


def _status_key(status: int, code: str, message: str, model: str, body: object) -> str:
    """Choose the sentence, the more exact one first. ``message`` and ``model`` in lower case."""
    unknown = code.startswith(("model_not_found", "invalid_model")) or _NO_SUCH_MODEL.search(message)
    tier = code == "insufficient_tier" or "tier" in message or "deposit" in message
    nowhere = isinstance(body, str) or not error_object(body) or _NO_ROUTE.fullmatch(message.strip(" .!"))
    too_long = status in _MAY_BE_LONG and _TOO_LONG.search(f"{code} {message}".lower())
    by_code = _BY_CODE.get(code, (0, ""))
    for fits, key in (
        (too_long, "context_length_exceeded"),
        (status == 400 and model and unknown, "model_unknown"),
        (status == 403 and tier and model, "tier_too_low"),
        (status == 404 and re.search("previous_response|conversation|resp_", message), "response_unknown"),
        (status == 404 and nowhere, "address_unknown"),
        (status == 404 and model and ("model" in message or model in message), "model_unknown"),
        (by_code[0] == status, by_code[1]),
    ):
        if fits and key:
            return key
    return _usual(status)[1]


def _usual(status: int) -> tuple[type[APIStatusError], str]:
    """Return the class of an error, and its sentence where nothing tells more."""
    other = (APIStatusError, "redirected" if 300 <= status < 400 else "status_unexpected")
    return _BY_STATUS.get(status, (errors.InternalServerError, "server_error") if status >= 500 else other)


def _wait_text(seconds: float | None) -> str:
    if seconds is None:
        return say("wait_a_minute")
    unit, length = ("seconds", 1) if seconds < 120 else ("minutes", 60) if seconds < 7200 else ("hours", 3600)
    return say(f"wait_{unit}", n=math.ceil(seconds / length))


def broken_stream(key: str, **values: str) -> StreamError:
    """Return the error for a stream that broke. ``key`` chooses the sentence."""
    return StreamError(*two_lines(key, **{name: quote(value) for name, value in values.items()}))


def event_data(item: ServerSentEvent) -> Mapping[str, Any]:
    """Return the JSON object of an event; an empty one for what is no object, such as a ping.

    Raises StreamError: the data begins like an object and is damaged.
    """
    data = item.data.strip()
    if not data.startswith("{"):
        if item.event == "error":
            raise broken_stream("stream_failed", reason=data or "error")
        return {}
    told: dict[str, Any] | None = from_json(data, None)
    if told is None:
        raise broken_stream("stream_garbled", quoted=data)
    if item.event == "error":
        raise reported(told)
    return told


def raise_if_error(body: Mapping[str, Any], *, certain: bool = False) -> None:
    """Raise `StreamError` if a stream's item, a part of one, or a body with status 200 is an error.

    ``body`` is ``{"error": {...}}`` or the like, or the error itself when that is ``certain``.
    """
    if certain or body.get("error") or body.get("errors") or body.get("object") == "error":
        raise reported(body)


def told_status(body: object) -> int | None:
    """Return the HTTP status that an error inside a stream stands for; None when it does not tell."""
    error = error_object(body)
    for name in ("status", "status_code", "code", "type"):
        said = f"{error.get(name)}"
        if re.fullmatch(r"[45][0-9]{2}", said):
            return int(said)
        if said in _BY_CODE:
            return _BY_CODE[said][0]
    return None


def no_answer(body: Mapping[str, Any]) -> StreamError:
    """Return the error for a body that is no answer; it quotes the message in the body, or the body."""
    if string(error_object(body).get("message")):
        return reported(body)
    return broken_stream("body_unreadable", quoted=json.dumps(body, ensure_ascii=False))


def reported(body: Mapping[str, Any]) -> StreamError:
    """Return the error that a stream's item or a body tells of."""
    error = error_object(body) or body
    code = string(error.get("code")) or string(error.get("type")) or None
    reason = string(error.get("message")) or code or "error"
    what, next_step = two_lines("stream_failed", reason=quote(reason))
    broken = StreamError(what, next_step, code=None if code == "error" else code, retry_after=retry_after({}, body))
    broken.body = body
    return broken


def from_exception(
    exception: BaseException, *, host: str = "", timeout: float = 0.0, streaming: bool = False, proxied: bool = False
) -> APIError:
    """Return the error for an exception of the SDK or of its transport, and for its causes.

    ``timeout`` is in seconds without a byte. ``streaming``: the answer had begun. ``proxied``: we were talking to a
    proxy, so it is the proxy that could not be reached.
    """
    chain: list[BaseException] = []
    link: BaseException | None = exception
    while link is not None and link not in chain:
        chain.append(link)
        link = link.__cause__ or link.__context__
    reason = quote(next((str(link) for link in reversed(chain) if str(link)), type(exception).__name__))
    names = {kind.__name__ for link in chain for kind in type(link).__mro__}
    names |= {word for word in ("socksio", "CERTIFICATE_VERIFY") if word in reason}
    key = next((key for key, signs in _CONNECTION_FAULTS.items() if names & signs), "connection_failed")
    kind: type[APIError] = APITimeoutError if key.endswith("timeout") else APIConnectionError
    if streaming and key in _WITHIN_A_STREAM:
        kind, key = StreamError, "stream_reset"
    elif proxied and key in _ON_THE_FIRST_STEP:
        kind, key = APIConnectionError, "proxy_failed"
    elif "KAGGLE_KERNEL_RUN_TYPE" in environment and key in _WITHOUT_INTERNET:
        key = "kaggle_offline"
    return kind(*two_lines(key, host=host or say("the_server"), reason=reason, seconds=f"{timeout:g}"))


_ON_THE_FIRST_STEP = ("connection_refused", "name_not_found", "connect_timeout")
_WITHOUT_INTERNET = ("name_not_found", "connect_timeout", "connection_failed")
"""How Kaggle's internet switch shows itself; it is off when a notebook is new."""
_WITHIN_A_STREAM = ("connection_reset", "connection_failed", "tls_failed")
_CONNECTION_FAULTS = {
    "connect_timeout": {"ConnectTimeout", "PoolTimeout"},
    "proxy_failed": {"ProxyError", "socksio"},
    "certificate_refused": {"SSLCertVerificationError", "CERTIFICATE_VERIFY"},
    "read_timeout": {"TimeoutException", "APITimeoutError", "TimeoutError"},
    "name_not_found": {"gaierror"},
    "connection_refused": {"ConnectionRefusedError"},
    "tls_failed": {"SSLError"},
    "connection_reset": {"ReadError", "WriteError", "RemoteProtocolError", "ConnectionError"},
}
"""Faults and the exceptions that tell of them, the more exact one first: a refused proxy is a proxy's fault."""


def names_unknown_response(error: APIError, response_id: str) -> bool:
    """Whether the server says that it does not know the response it should continue.

    The wording is documented nowhere, so any 400 or 404 that names the id or the field counts: to ask again with the
    whole transcript is always right.
    """
    if error.status not in (400, 404):
        return False
    said = f"{error.what} {error.code or ''}".lower()
    signs = ("previous_response", "previous response", "response_not_found", "conversation_not_found")
    nameless = error.status == 404 and "model" not in said  # "Resource not found"
    return nameless or bool(response_id and response_id.lower() in said) or any(sign in said for sign in signs)


# -- which failures are tried again, how often, and after how many seconds

REFUSALS = (429, 503)  # the server takes no request now. One ask waits for these only: its user sees any other failure
QUOTA_CODES = (*_TOLD[429, "quota_used_up"].split(), "usage_limit_exceeded")  # limits that no short wait lifts
LONGEST_WAIT = 120.0  # the service counts by the minute, so a longer wait is about something else: a quota, not a pace
_FIRST_WAIT, _GROWTH, _LAST_WAIT = 4.0, 3.0, 60.0  # when the server does not say how long; it counts by the minute
MOST_VAIN_PAUSES = 6  # of a batch: after so many without a request that got through, waiting is of no use
MOST_REFUSALS = 30  # of one row while others get through: it asks for more than the limit ever gives
ROW_FAULTS, AFTER_FAULT = 2, 2.0  # further tries of a row, and by how much their pauses grow: nobody watches a row
FETCH_FAULTS = 5  # in succession, before an answer made in the background is given up: to fetch it costs nothing


def passes_soon(error: APIError, *, billed: bool) -> bool:
    """Whether the same request may succeed a little later.

    ``billed``: an answer costs. After a time-out the server may still make it, so asking again could cost it twice.
    """
    if isinstance(error, APIStatusError):
        return error.code not in QUOTA_CODES and (error.status in (408, 409, *REFUSALS) or (error.status or 0) >= 500)
    return isinstance(error, APIConnectionError) and not (billed and isinstance(error, APITimeoutError))


def backoff(attempt: int) -> float:
    """Return the seconds to wait when the server did not say how long; ``attempt`` is 1 for the first wait."""
    return min(_FIRST_WAIT * _GROWTH ** (attempt - 1), _LAST_WAIT)


def seconds_to_wait(
    error: APIStatusError, attempt: int, patience: float | None = None, waited: float = 0.0
) -> float | None:
    """Return the seconds that one ask waits before it is sent again; None when that would be no use.

    ``attempt`` is 1 for the first wait of this request, which has ``waited`` so many seconds. All its waits may take
    ``patience`` seconds; None: `MOST_WAITS`, whatever they take.
    """
    asked = error.retry_after
    if error.status not in REFUSALS or error.code in QUOTA_CODES:
        return None
    # Random, as those that were refused together must not come back together: a class shares one limit.
    if patience is not None:
        least, left = _FIRST_WAIT if asked is None else asked, patience - waited
        longest = max(least, min(_LAST_WAIT, least * 1.6**attempt), 1.0)
        return None if least > left or left <= 0 else min(left, random.uniform(least, longest))  # noqa: S311
    if attempt > MOST_WAITS or (asked is not None and asked > LONGEST_WAIT):
        return None
    return backoff(attempt) * random.uniform(0.75, 1.25) if asked is None else asked  # noqa: S311
