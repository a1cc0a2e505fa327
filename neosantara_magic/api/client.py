"""The service on the other end, asked through the SDK.

For: one Request out, its events in; waits, Stop, timeouts, headers, errors of the way.
Not for: the wire form (the dialects), the sentences, sockets (``transport.py``), keys' origin.

The SDK builds and sends the request; its typed stream events are not used (they cost 45 times the
JSON and break on documented shapes of the service). How it is made, and why it never holds our key: ``sdk.py``.
"""

from __future__ import annotations

import json
import threading
import weakref
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from types import ModuleType
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from ..errors import APIError, APIStatusError, AuthenticationError, Stopped
from ..events import Event, RoundCompleted, RoundStarted, TextDelta, Waiting
from ..redaction import Secret, environment, redact, remember
from ..texts import two_lines
from . import catalog, chat, error_bodies, failures, responses, sse
from .allowances import allowances
from .connection import Connection
from .waits import seconds_to_wait

if TYPE_CHECKING:
    import httpx2

    from ..cancel import Cancel
    from ..messages import Api
    from ..request import Request
    from .transport import Line, OfflineTransport, StoppableTransport
    from .wire import WireHandler

_CONNECT_SECONDS = 10.0
_LIST_SECONDS = 30.0
_DIALECTS: dict[Api, ModuleType] = {"responses": responses, "chat": chat}


class ServiceClient:
    """A `request.Client` that asks the service, or whoever answers in its place.

    Args:
        key: The API key. Empty: no Authorization header is sent.
        base_url: Where the endpoints are, usually ending in ``/v1``.
        handler: Answers the HTTP requests inside this process instead of the network.
        label: Shown with the answers: ``demo`` or nothing.
        known_models: Ids that the service is known to have; `models` asks for the list anew.

    Raises:
        AuthenticationError: the key cannot stand in a header.
    """

    def __init__(
        self,
        *,
        key: str,
        base_url: str,
        handler: WireHandler | None = None,
        label: str = "",
        known_models: tuple[str, ...] = (),
    ) -> None:
        if not (key.isascii() and key.isprintable() and " " not in key):
            raise AuthenticationError(*two_lines("key_unsendable"))
        self._key = Secret(key)
        remember(key)
        self._base_url = base_url.rstrip("/")
        self._handler = handler
        self._label = label
        self._host = urlsplit(base_url).netloc.rpartition("@")[2]
        self._lock = threading.Lock()
        self._made: tuple[Any, OfflineTransport | StoppableTransport] | None = None
        self._made_for: tuple[str | None, ...] = ()
        self._known_models = known_models

    def __repr__(self) -> str:
        return f"<ServiceClient {self._host}{' ' + self._label if self._label else ''}>"

    @property
    def connection(self) -> Connection:
        """How to reach the same service from another process."""
        return Connection(self._base_url, self._key, self._label)

    def stream(self, request: Request, cancel: Cancel) -> Iterator[Event]:
        """Yield the events of one round, the last one `RoundCompleted`.

        Raises:
            APIError: the service or the way to it failed; ``text`` holds what had arrived.
            Stopped: ``cancel`` was set.
        """
        attempt = 1
        while True:
            try:
                yield from self.send(request, cancel)
            except APIStatusError as error:
                seconds = seconds_to_wait(error, attempt)
                if seconds is None:
                    raise
                yield Waiting(seconds, attempt, error.status or 0, error.code)
                if cancel.wait(seconds):
                    raise _stopped() from None
                attempt += 1
            else:
                return

    def send(self, request: Request, cancel: Cancel) -> Iterator[Event]:
        """Send once, without waits, and turn whatever goes wrong into our errors.

        For whoever waits for many requests at once (``batch/``); raises what `stream` raises.
        """
        text: list[str] = []
        try:
            for event in self._round(request, cancel):
                if isinstance(event, TextDelta):
                    text.append(event.text)
                yield event
                if cancel.stopped and not isinstance(event, RoundCompleted):
                    raise _stopped()
        except APIError as error:
            if cancel.stopped:  # Stop cut the line; what that broke is not the news
                raise _stopped() from None
            error.text = error.text or "".join(text)
            raise self._cleared(error) from None

    def _round(self, request: Request, cancel: Cancel) -> Iterator[Event]:
        from .transport import Line

        line = Line()
        dialect = _DIALECTS[request.api]
        with cancel.waking(line.cut):
            if cancel.stopped:
                raise _stopped()
            # A handler of this process has no line to cut: a Stop ends the pauses of its body instead.
            with self._answer(request, line) as answer, cancel.waking(self._hang_up(answer)):
                yield RoundStarted(request.model, request.api, self._label)
                for event in self._decoded(answer, dialect, request):
                    if isinstance(event, RoundCompleted):
                        yield self._completed(event, request, answer.headers)
                    else:
                        yield event

    def _hang_up(self, answer: httpx2.Response) -> Callable[[], None]:
        return (lambda: None) if self._handler is None else answer.stream.close  # type: ignore[union-attr]

    @contextmanager
    def _answer(self, request: Request, line: Line) -> Iterator[httpx2.Response]:
        """Send the request; hold its response open while the block runs.

        Nothing goes through the SDK's typed keywords: it would compare each value with the type of its parameter,
        level by level, to find what is spelled otherwise on the wire, and of that our requests have nothing. It
        takes a quarter of the time that `create` needs for a short request, and grows with the history.
        """
        import httpx2
        from openai import omit

        sdk, _ = self._sdk()
        create = sdk.responses if request.api == "responses" else sdk.chat.completions
        required = {} if request.api == "responses" else {"model": omit, "messages": omit}
        body = wire_body(request)
        timeout = httpx2.Timeout(request.timeout, connect=_CONNECT_SECONDS)
        with self._faults(request.model, request.timeout, line):
            # Only the sending is inside: an exception of whoever takes our events is theirs.
            manager = create.with_streaming_response.create(**required, extra_body=body, timeout=timeout)
            answer = manager.__enter__().http_response
        try:
            yield answer
        finally:
            answer.close()

    def _decoded(self, answer: httpx2.Response, dialect: ModuleType, request: Request) -> Iterator[Event]:
        """Decode by what came, not by what was asked for: a server may ignore ``stream``."""
        chunks = self._chunks(answer, request.timeout)
        if "event-stream" in answer.headers.get("content-type", ""):
            yield from dialect.decode(sse.decode(chunks))
            return
        raw = b"".join(chunks)
        if raw.lstrip()[:6] in (b"event:", b"data: ") or raw.lstrip()[:5] == b"data:":
            yield from dialect.decode(sse.decode([raw]))
            return
        try:
            body = json.loads(raw)
        except (ValueError, RecursionError):
            body = None
        if not isinstance(body, dict):
            page = raw[:20_000].decode("utf-8", "replace")
            shown = error_bodies.html_title(page) or page or "(empty)"
            raise failures.broken_stream("body_unreadable", quoted=self._masked(shown))
        yield from dialect.decode_body(body)

    def _chunks(self, answer: httpx2.Response, timeout: float) -> Iterator[bytes]:
        import httpx2

        try:
            yield from answer.iter_bytes()
        except (httpx2.HTTPError, httpx2.StreamError, OSError) as fault:
            raise failures.from_exception(fault, host=self._host, timeout=timeout, streaming=True) from None

    @contextmanager
    def _faults(self, model: str, timeout: float, line: Line | None = None) -> Iterator[None]:
        """Turn what the SDK raises while sending into our errors."""
        import httpx2
        import openai

        from .transport import StoppableTransport

        _, transport = self._sdk()
        try:
            if line is not None and isinstance(transport, StoppableTransport):
                with transport.calling(line):
                    yield
            else:
                yield
        except openai.APIStatusError as fault:
            raise self._refused(fault.response, model) from None
        except (openai.APIConnectionError, httpx2.HTTPError, OSError, ImportError) as fault:
            proxied = isinstance(transport, StoppableTransport) and transport.proxied
            raise failures.from_exception(fault, host=self._host, timeout=timeout, proxied=proxied) from None

    def _refused(self, answer: httpx2.Response, model: str) -> APIStatusError:
        raw = self._masked(answer.read().decode("utf-8", "replace"))
        try:
            body = json.loads(raw)
        except (ValueError, RecursionError):
            body = raw
        known = self._known_models
        refusal = failures.from_status(
            answer.status_code, answer.headers, body, model=model, known_models=known, host=self._host
        )
        refusal.allowances = allowances(answer.headers)
        return refusal

    def _cleared(self, error: APIError) -> APIError:
        """Take the key out of an error, should the server have repeated it, and the frames that held its words."""
        for name in ("what", "next_step", "code", "request_id"):
            said = getattr(error, name)
            if isinstance(said, str):
                setattr(error, name, self._masked(said))
        error.args = (error.what, error.next_step)
        error.__context__ = None
        return error.with_traceback(None)

    def _masked(self, text: str) -> str:
        return redact(text, self._key)

    def _completed(self, event: RoundCompleted, request: Request, headers: Mapping[str, str]) -> RoundCompleted:
        asked = request.extra.get("store", request.store) is True and request.api == "responses"
        kept = asked and event.id is not None and event.raw.get("store") is not False
        return replace(
            event,
            model=event.model or request.model,
            stored=kept,
            request_id=headers.get("x-request-id"),
            billed_idr=_rupiah(headers.get("x-neosantara-billed-idr")),
            allowances=allowances(headers),
        )

    def models(self) -> list[Mapping[str, Any]]:
        """Return the entries of ``/models`` as the server gives them.

        Raises:
            APIError: the service or the way to it failed.
        """
        try:
            return self._listed()
        except APIError as error:
            raise self._cleared(error) from None

    def _listed(self) -> list[Mapping[str, Any]]:
        sdk, _ = self._sdk()
        with self._faults("", _LIST_SECONDS):
            raw = sdk.models.with_raw_response.list(timeout=_LIST_SECONDS).http_response.content
        try:
            body = json.loads(raw)
        except (ValueError, RecursionError):
            body = None
        entries = body.get("data") if isinstance(body, dict) else body
        if not isinstance(entries, list):
            page = raw[:20_000].decode("utf-8", "replace")
            shown = error_bodies.html_title(page) or page or "(empty)"
            raise failures.broken_stream("list_unreadable", quoted=self._masked(shown))
        found: list[Mapping[str, Any]] = [entry for entry in entries if isinstance(entry, dict)]
        self._known_models = tuple(model.id for model in catalog.parse(found))
        return found

    def wire_body(self, request: Request) -> dict[str, Any]:
        """Return the JSON that `stream` would send."""
        return wire_body(request)

    def close(self) -> None:
        """Close idle connections. The client may be used again."""
        with self._lock:
            made, self._made = self._made, None
        if made is not None:
            made[0].close()

    def _sdk(self) -> tuple[Any, OfflineTransport | StoppableTransport]:
        """Return the SDK's client and its transport, made at first use (the import takes 0.6 s)."""
        from .sdk import WAY, make

        way = tuple(map(environment.get, WAY))
        with self._lock:
            if self._made is None or way != self._made_for:
                # Requests under way keep the old one.
                self._made, self._made_for = make(self._key, self._base_url, self._handler), way
                # Whoever forgets to close: the sockets go with the client, or with the process.
                weakref.finalize(self, self._made[0].close)
            return self._made


def wire_body(request: Request) -> dict[str, Any]:
    """Return the JSON body of a request: the keywords with ``extra_body`` merged over them."""
    keywords = _DIALECTS[request.api].encode(request)
    extra = keywords.pop("extra_body", {})
    return {**keywords, **extra}


def _stopped() -> Stopped:
    return Stopped(*two_lines("stopped"))


def _rupiah(header: str | None) -> float | None:
    """Read the billing header: a plain number, perhaps with a currency before it."""
    try:
        amount = float((header or "").strip().removeprefix("Rp").removeprefix("IDR").strip())
    except ValueError:
        return None
    return amount if 0 <= amount < float("inf") else None
