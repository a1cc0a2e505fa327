"""What the server or the network did, and the two lines that say so, in both languages."""

from __future__ import annotations

import re
import ssl
from socket import gaierror
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from neosantara_magic import errors, texts
from neosantara_magic.api import failures

ITPM = {
    "error": {
        "message": "You've reached your Input Tokens Per Minute (ITPM) limit for this tier.",
        "type": "rate_limit_error",
        "code": "itpm_exceeded",
        "details": {"limit": 30000, "remaining": 0, "retry_after": 12},
    }
}
MISSING_KEY = {"error": {"message": "You didn't provide an API key.", "type": "auth_error", "code": "missing_api_key"}}
DAILY = {
    "status": False,
    "creator": "neosantara.xyz",
    "error": {
        "message": "Daily token limit exceeded for your account (1500).",
        "type": "usage_limit_exceeded",
        "code": "user_total_daily_limit_exceeded",
    },
    "usage": {"current": 1500, "limit": 1500, "reset_date": "2025-07-28T00:00:00Z", "remaining": 0},
}


def said(message: str, **more: Any) -> dict[str, Any]:
    """Build an error body."""
    return {"error": {"message": message, **more}}


CASES: list[tuple[int, Any, type[errors.APIStatusError], str, str]] = [
    (400, said("bad value", param="temperature"), errors.BadRequestError, "did not accept the request (400) [temperature]: bad value", "--dry-run"),
    (400, said("too long", code="context_length_exceeded"), errors.BadRequestError, "too long for nusantara-base (400)", "--new"),
    (400, said("request (12034 tokens) exceeds the available context size (2048 tokens)", type="exceed_context_size_error"), errors.BadRequestError, "too long for nusantara-base (400)", "--new"),
    (400, said("litellm.ContextWindowExceededError: too much"), errors.BadRequestError, "too long for nusantara-base (400)", "--new"),
    (400, said("Prompt is too long: 9 tokens > 8 maximum"), errors.BadRequestError, "too long for nusantara-base (400)", "--new"),
    (500, said("the request exceeds the available context size"), errors.InternalServerError, "too long for nusantara-base (500)", "--new"),
    (413, said("maximum context length is 8 tokens"), errors.RequestTooLargeError, "too long for nusantara-base (413)", "--new"),
    (400, said("Invalid model name passed in model=smool. Call `/v1/models`"), errors.BadRequestError, "no model 'nusantara-base' (400)", "nearest: nusantara-large"),
    (400, said("The model `x` does not exist"), errors.BadRequestError, "no model 'nusantara-base' (400)", "nearest: nusantara-large"),
    (400, said("no", code="model_not_found"), errors.BadRequestError, "no model 'nusantara-base' (400)", "nearest: nusantara-large"),
    (400, said("This model does not support images"), errors.BadRequestError, "did not accept the request (400)", "--dry-run"),
    (401, MISSING_KEY, errors.AuthenticationError, "received no API key (401)", "%neosantara key"),
    (401, said("wrong", code="invalid_api_key"), errors.AuthenticationError, "did not accept the API key (401): wrong", "app.neosantara.xyz/api-keys"),
    (401, said("old", code="token_expired"), errors.AuthenticationError, "did not accept the API key (401): old", "app.neosantara.xyz/api-keys"),
    (402, said("Insufficient PAYG balance"), errors.InsufficientBalanceError, "balance of this account is used up (402)", "app.neosantara.xyz/billing"),
    (403, said("no", code="insufficient_tier"), errors.PermissionDeniedError, "may not use nusantara-base (403)", "nusantara-large"),
    (403, said("Coding keys are refused here"), errors.PermissionDeniedError, "may not do that (403): Coding keys", "kind of key"),
    (403, said("forbidden"), errors.PermissionDeniedError, "may not do that (403): forbidden", "rights"),
    (404, said("Model not found"), errors.NotFoundError, "no model 'nusantara-base' (404)", "nearest: nusantara-large"),
    (404, said("previous_response_id unknown"), errors.NotFoundError, "does not know the previous_response_id", "store = False"),
    (404, said("Resource not found"), errors.NotFoundError, "did not find what was asked for (404)", "base URL"),
    (404, "<html><title>404 Not Found</title></html>", errors.NotFoundError, "api.test has no such address (404): 404 Not Found", "/v1"),
    (405, said("Method Not Allowed"), errors.APIStatusError, "api.test has no such address (405): Method", "--api chat"),
    (408, said("slow"), errors.RequestTimeoutError, "server failed (408): slow", "again"),
    (409, said("busy"), errors.ConflictError, "server failed (409): busy", "again"),
    (413, "", errors.RequestTooLargeError, "too large for the server (413): no message", "20 MB"),
    (422, said("cannot"), errors.UnprocessableEntityError, "did not accept the request (422): cannot", "--dry-run"),
    (429, ITPM, errors.RateLimitError, "limit of 30,000 tokens per minute (ITPM)", "in 12 s"),
    (429, said("x", code="otpm_exceeded"), errors.RateLimitError, "limit of tokens per minute (OTPM)", "--max-tokens"),
    (429, said("x", code="rpm_exceeded"), errors.RateLimitError, "requests per minute (RPM)", "recording"),
    (429, DAILY, errors.RateLimitError, "tokens of this account is used up", "app.neosantara.xyz/usage"),
    (429, said("x"), errors.RateLimitError, "api.test takes no more requests now", "about a minute"),
    (500, said("boom", code="internal_error"), errors.InternalServerError, "server failed (500): boom", "not billed"),
    (502, "<html><title>502 Bad Gateway</title>", errors.InternalServerError, "server failed (502): 502 Bad Gateway", "again"),
    (503, said("down"), errors.InternalServerError, "provider is not available", "-m"),
    (504, said("x", code="gateway_timeout"), errors.InternalServerError, "longer than the gateway waits", "--no-stream"),
    (418, said("teapot"), errors.APIStatusError, "api.test failed (418): teapot", "--dry-run"),
    (307, "", errors.APIStatusError, "sends us to another address (307)", "base URL"),
]  # fmt: skip


def failure(status: int, body: Any, headers: dict[str, str] | None = None) -> errors.APIStatusError:
    """Build the error of an answer, for one model and host."""
    return failures.from_status(
        status, headers or {}, body, model="nusantara-base", known_models=["garda-core", "nusantara-large"], host="api.test"
    )  # fmt: skip


@pytest.mark.parametrize(("status", "body", "kind", "what", "next_step"), CASES)
def test_each_status_has_its_own_two_lines(
    status: int, body: Any, kind: type[errors.APIStatusError], what: str, next_step: str
) -> None:
    """Class, the server's words, and a next step that fits."""
    error = failure(status, body)
    assert type(error) is kind
    assert what in error.what
    assert next_step in error.next_step
    assert error.status == status


@pytest.mark.parametrize(("status", "body", "kind", "what", "next_step"), CASES)
def test_each_status_speaks_indonesian_too(
    status: int, body: Any, kind: type[errors.APIStatusError], what: str, next_step: str
) -> None:
    """The Indonesian lines are other words with the same facts."""
    english = failure(status, body)
    texts.use_language("id")
    indonesian = failure(status, body)
    assert indonesian.what != english.what
    assert indonesian.next_step != english.next_step
    assert type(indonesian) is kind
    for quoted in re.findall(r"nusantara-\w+|https://\S+|\(\d{3}\)|--[a-z-]+", str(english)):
        assert quoted in str(indonesian)


def test_numbers_follow_the_language() -> None:
    """Thousands are set apart as the reader is used to."""
    assert "30,000" in failure(429, ITPM).what
    texts.use_language("id")
    assert "30.000" in failure(429, ITPM).what


@pytest.mark.parametrize("limit", [10**400, -1, 1e300, True, "30000", [1]])
def test_a_limit_that_cannot_be_is_not_shown(limit: Any) -> None:
    """JSON carries whole numbers that Python cannot make floats of."""
    shown = failure(429, said("x", code="rpm_exceeded", details={"limit": limit}))
    assert shown.what == failure(429, said("x", code="rpm_exceeded")).what


def test_the_request_id_is_shown() -> None:
    """Support asks for it, so it stands on the first line whatever the header's case."""
    error = failure(500, said("boom"), {"X-Request-Id": "req_e951d673bf8238dd787f9329"})
    assert error.what.endswith("(request id req_e951d673bf8238dd787f9329)")
    assert error.request_id == "req_e951d673bf8238dd787f9329"


@pytest.mark.parametrize(
    ("headers", "inner", "seconds"),
    [
        ({"Retry-After": "7"}, None, 7.0),
        ({"retry-after": "0.5"}, None, 0.5),
        ({}, 12, 12.0),
        ({"retry-after": "7"}, 12, 7.0),
        ({"retry-after": "soon"}, 12, 12.0),
        ({"retry-after": "0"}, 12, 12.0),
        ({"retry-after": "-3"}, None, None),
        ({"retry-after": "nan"}, None, None),
        ({"retry-after": "inf"}, 3, 3.0),
        ({"retry-after": "1e999"}, None, None),
        ({"retry-after": ""}, "4", 4.0),
        ({"retry-after": "86400"}, 12, 12.0),
        ({"retry-after": "86400"}, None, 86400.0),
        ({"retry-after": "Wed, 21 Oct 2026 07:28:30 GMT", "date": "Wed, 21 Oct 2026 07:28:00 GMT"}, None, 30.0),
        ({"retry-after": "Wed, 21 Oct 2015 07:28:00 GMT"}, None, None),
        ({"retry-after": "Wed, 99 Foo 2015"}, 5, 5.0),
        ({}, True, None),
        ({}, [1], None),
        ({}, {"a": 1}, None),
        ({}, 10**400, None),
    ],
)
def test_the_wait_that_is_asked_for(headers: dict[str, str], inner: Any, seconds: float | None) -> None:
    """Header in seconds or as a date, else the body's; lies are tolerated."""
    assert failure(429, said("x", details={"retry_after": inner}), headers).retry_after == seconds


@given(st.integers(300, 599), st.dictionaries(st.sampled_from(["retry-after", "date", "x-request-id"]), st.text()),
       st.recursive(st.none() | st.booleans() | st.floats() | st.text(), lambda s: st.lists(s, max_size=2) | st.dictionaries(
           st.sampled_from(["error", "message", "code", "type", "details", "retry_after", "limit", "param", "detail"]), s), max_leaves=8))  # fmt: skip
def test_no_answer_is_too_strange(status: int, headers: dict[str, str], body: Any) -> None:
    """Any JSON or text as an error body gives two single lines."""
    error = failure(status, body, headers)
    assert "\n" not in error.what
    assert "\n" not in error.next_step
    assert error.what
    assert error.next_step


def test_a_servers_words_are_tamed() -> None:
    """Line breaks, control characters, keys and novels do not reach the screen as they are."""
    error = failure(400, said("a\nb\x1b[31mc\u202e nsk_0123456789abcdef0123 sk-abcdefghij " + "x" * 5000))
    assert "a b [31mc" in error.what
    assert "nsk_0123" not in error.what
    assert "sk-abc" not in error.what
    assert len(error.what) < 500
    assert "{braces}" in failure(400, said("{braces} %s {0}")).what


@pytest.mark.parametrize(
    ("status", "body", "lost"),
    [
        (404, said("Response resp_1 not found"), True),
        (400, said("Unknown previous_response_id"), True),
        (400, said("No conversation", code="conversation_not_found"), True),
        (404, said("Resource not found", type="not_found_error"), True),
        (404, said("Model not found"), False),
        (400, said("temperature too high"), False),
        (500, said("resp_1"), False),
    ],
)
@pytest.mark.parametrize("language", ["en", "id"])
def test_a_lost_conversation_is_recognised(language: str, status: int, body: Any, *, lost: bool) -> None:
    """By the id, the field or the code, in either language; a wrong model is something else."""
    texts.use_language(language)
    assert failures.names_unknown_response(failure(status, body), "resp_1") is lost


class ConnectTimeout(Exception):  # noqa: N818  (named like the transport's)
    pass


class ProxyError(Exception):
    pass


class ReadTimeout(Exception):  # noqa: N818  (named like the transport's)
    pass


class TimeoutException(Exception):  # noqa: N818  (named like the transport's)
    pass


class RemoteProtocolError(Exception):
    pass


def caused(outer: BaseException, inner: BaseException) -> BaseException:
    """Chain two exceptions."""
    outer.__cause__ = inner
    return outer


@pytest.mark.parametrize(
    ("exception", "kind", "what"),
    [
        (caused(OSError("outer"), gaierror(-2, "Name or service not known")), errors.APIConnectionError, "name api.test cannot be found"),
        (caused(OSError("outer"), ConnectionRefusedError(111, "refused")), errors.APIConnectionError, "api.test refuses the connection"),
        (caused(OSError("x"), ssl.SSLCertVerificationError(1, "self-signed certificate")), errors.APIConnectionError, "certificate of api.test is not trusted: self-signed certificate"),
        (ssl.SSLError("WRONG_VERSION_NUMBER"), errors.APIConnectionError, "No secure connection to api.test"),
        (ConnectTimeout("x"), errors.APITimeoutError, "did not answer the connection in time"),
        (TimeoutException("x"), errors.APITimeoutError, "api.test sent nothing of an answer for 60 seconds"),
        (ProxyError("407 no"), errors.APIConnectionError, "proxy on the way to api.test failed: 407 no"),
        (RemoteProtocolError("Server disconnected"), errors.APIConnectionError, "closed the connection before it answered"),
        (ConnectionResetError(104, "reset"), errors.APIConnectionError, "closed the connection before it answered"),
        (ValueError("odd"), errors.APIConnectionError, "No connection to api.test: odd"),
    ],
)  # fmt: skip
def test_each_fault_of_the_way_has_its_own_words(
    exception: BaseException, kind: type[errors.APIError], what: str
) -> None:
    """DNS, refused, TLS, timeouts, proxy and resets are told apart, in both languages."""
    error = failures.from_exception(exception, host="api.test", timeout=60.0)
    assert type(error) is kind
    assert what in error.what
    texts.use_language("id")
    assert failures.from_exception(exception, host="api.test", timeout=60.0).what != error.what


def test_a_fault_in_the_middle_of_an_answer_is_a_broken_stream() -> None:
    """A reset while streaming is a broken stream; silence stays a timeout."""
    error = failures.from_exception(ConnectionResetError(104, "reset"), streaming=True)
    assert type(error) is errors.StreamError
    assert type(failures.from_exception(TimeoutException("x"), streaming=True)) is errors.APITimeoutError


def test_causes_that_go_in_a_circle_end() -> None:
    """Two exceptions that blame each other do not hang the report."""
    first, second = ValueError("a"), ValueError("b")
    first.__cause__, second.__cause__ = second, first
    assert failures.from_exception(first).what


@pytest.mark.parametrize(
    ("body", "message"),
    [
        ({"errors": [{"message": "one", "code": "c"}, {"message": "two"}]}, "one; two"),
        ({"errors": ["one", "two"]}, "one; two"),
        ({"errors": "one"}, "one"),
        ({"errors": {"temperature": ["too high"]}}, '{"temperature": ["too high"]}'),
        ({"message": ["one", "two"], "error": "Bad Request", "statusCode": 400}, "one; two"),
        ({"message": {"detail": "one"}}, "one"),
        ({"Message": "one"}, "one"),
        ({"msg": "one"}, "one"),
        ({"detail": [{"loc": ["body", "n"], "msg": "must be 1", "type": "value_error"}]}, "body.n: must be 1"),
        ({"detail": {"message": "one"}}, "one"),
        ({"title": "Bad", "detail": "one", "status": 400}, "one"),
        ({"error": ["one"]}, "one"),
        ({"error": {"message": ["one"]}}, "one"),
        ({"error": {"message": {"detail": "one"}}}, "one"),
        ({"error": {"errors": [{"reason": "one"}]}}, "one"),
        ({"error": {"error": {"message": "one"}}}, "one"),
        ({"error": True, "message": "one"}, "one"),
        ({"error": "invalid_request", "error_description": "one"}, "one"),
        ({"fault": {"faultstring": "one"}}, "one"),
        ([{"error": {"message": "one", "code": 400}}], "one"),
        ({"error": {"code": "c"}}, "no message"),
        ({}, "no message"),
        ([], "no message"),
        ({"error": {"message": {"a": {"b": {"c": {"d": {"e": "deep"}}}}}}}, None),
    ],
)
def test_the_words_of_an_error_are_found(body: Any, message: str | None) -> None:
    """In every nesting that servers use; what has no words is quoted or left out."""
    what = failure(418, body).what
    assert message is None or what == f"api.test failed (418): {message}"


@pytest.mark.parametrize(
    ("error", "status"),
    [
        ({"code": "404"}, 404), ({"code": 429}, 429), ({"status": 503, "code": "x"}, 503), ({"status_code": 400}, 400),
        ({"code": "rpm_exceeded"}, 429), ({"type": "rate_limit_error"}, 429), ({"code": "model_not_found"}, 404),
        ({"code": "context_length_exceeded"}, 400), ({"code": "server_error"}, None), ({"code": 200}, None),
        ({"code": True}, None), ({"message": "x"}, None), ({"code": "٤٠٤"}, None), ({"code": [404]}, None),
    ],
)  # fmt: skip
def test_a_code_in_a_stream_tells_its_status(error: dict[str, Any], status: int | None) -> None:
    """As number, as text or by a name."""
    assert failures.told_status({"error": error}) == status


def test_kaggles_internet_switch_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    """It is off in a new notebook there, and shows itself as a name that cannot be found; elsewhere nobody hears of it."""
    fault = ConnectionError("no way")
    fault.__cause__ = gaierror(-3, "Temporary failure in name resolution")
    assert "Kaggle" not in str(failures.from_exception(fault, host="api.example"))
    monkeypatch.setenv("KAGGLE_KERNEL_RUN_TYPE", "Interactive")
    error = failures.from_exception(fault, host="api.example")
    assert "api.example" in error.what
    assert "Session options > Internet" in error.next_step
    refused = failures.from_exception(ConnectionRefusedError("refused"), host="localhost")
    assert "Kaggle" not in str(refused)
