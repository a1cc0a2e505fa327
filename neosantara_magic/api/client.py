"""The service on the other end, asked through the SDK: one Request out, its events in.

The SDK builds and sends the request; its typed stream events are not used (they cost 45 times the
JSON and break on documented shapes of the service). How it is made, and why it never holds our key: ``sdk.py``.
"""

from __future__ import annotations

import codecs
import threading
import weakref
from collections.abc import Iterator, Mapping
from contextlib import closing, contextmanager, suppress
from dataclasses import replace
from functools import partial
from itertools import chain
from types import ModuleType
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from .. import errors
from ..errors import APIError, APIStatusError, Stopped, StreamError
from ..events import Event, RoundCompleted, RoundStarted, TextDelta, Waiting
from ..messages import Api
from ..redaction import Secret, environment, redact, remember
from ..request import Request
from ..scope import Cancel
from ..settings.fields import is_the_services
from ..texts import two_lines
from ..validators import from_json
from . import chat, failures, responses, shapes, told, wire
from .filters import followed, joined, without_key

if TYPE_CHECKING:
    import httpx2

    from .sdk import Line

_CONNECT_SECONDS = 10.0
_LIST_SECONDS = 30.0
_FIELDS = (b"event:", b"data:", b"id:", b"retry:", b":")
"""How a stream of events begins; a JSON body never does."""
_ADDED_TO = ("tools", "include")
_DIALECTS: dict[Api, ModuleType] = {"responses": responses, "chat": chat}


class ServiceClient:
    """A `request.Client` that asks the service, or whoever answers in its place.

    An empty ``key`` sends no Authorization header. ``handler`` answers inside this process instead of the network;
    ``label`` (``demo`` or nothing) is shown with the answers. `models` asks for the ``known_models`` anew.
    Raises AuthenticationError: the key cannot stand in a header.
    """

    def __init__(
        self,
        *,
        key: str,
        base_url: str,
        handler: wire.WireHandler | None = None,
        label: str = "",
        known_models: tuple[str, ...] = (),
    ) -> None:
        if not (key.isascii() and key.isprintable() and " " not in key):
            raise errors.AuthenticationError(*two_lines("key.unusable", place="ServiceClient"))
        remember(key)
        self._key, self._base_url, self._handler = Secret(key), base_url.rstrip("/"), handler
        self._label, self._known_models = label, known_models
        self._host = urlsplit(base_url).netloc.rpartition("@")[2]
        self._lock = threading.Lock()
        self._made: Any = None
        self._made_for: tuple[str | None, ...] = ()

    @property
    def connection(self) -> wire.Connection:
        """How to reach the same service from another process."""
        return wire.Connection(self._base_url, self._key, self._label)

    def stream(self, request: Request, cancel: Cancel) -> Iterator[Event]:
        """Yield the events of one round, the last one `RoundCompleted`.

        Raises:
            APIError: the service or the way to it failed; ``text`` holds what had arrived.
            Stopped: ``cancel`` was set.
        """
        attempt, waited = 1, 0.0
        while True:
            try:
                yield from self.send(request, cancel)
            except APIStatusError as error:
                seconds = failures.seconds_to_wait(error, attempt, request.patience, waited)
                if seconds is None:
                    raise
                yield Waiting(seconds, attempt, error.status or 0, error.code)
                if cancel.wait(seconds):
                    raise Stopped(*two_lines("stopped")) from None
                attempt, waited = attempt + 1, waited + seconds
            else:
                return

    def send(self, request: Request, cancel: Cancel) -> Iterator[Event]:
        """Send once, without waits; raises what `stream` raises. For whoever waits for many requests at once."""
        text = list[str]()
        try:
            self._sdk()
            ask = partial(self._response, request, cancel)
            begun = followed(self._round(request, cancel), ask, self._call_off, cancel)
            with closing(without_key(begun, self._key)) as events:
                for event in wire.bounded(events):
                    if isinstance(event, TextDelta):
                        text.append(event.text)
                    yield event
                    if cancel.stopped and not isinstance(event, RoundCompleted):
                        raise Stopped(*two_lines("stopped"))
        except APIError as error:
            if cancel.stopped:  # Stop cut the line; what that broke is not the news
                raise Stopped(*two_lines("stopped")) from None
            error.text = error.text or "".join(text)
            raise self._cleared(error) from None

    def _response(self, request: Request, cancel: Cancel, name: str) -> list[Event]:
        watched = self._watched(request.timeout)
        with watched as (line, _), cancel.waking(line.cut), self._faults(request.model, request.timeout, line):
            answer = self._sdk().responses.with_raw_response.retrieve(name, timeout=request.timeout).http_response
        events = responses.decode_body(self._object(answer.content))
        return [self._completed(e, request, answer.headers) if isinstance(e, RoundCompleted) else e for e in events]

    def _call_off(self, name: str) -> None:
        def tell() -> None:
            with suppress(Exception):  # nobody is left who could be told: whoever pressed Stop does not wait for it
                self._sdk().responses.with_raw_response.cancel(name, timeout=_CONNECT_SECONDS)

        threading.Thread(target=tell, name="neosantara-call-off").start()

    def _round(self, request: Request, cancel: Cancel) -> Iterator[Event]:
        with self._watched(request.timeout) as (line, watch), cancel.waking(line.cut):
            if cancel.stopped:
                raise Stopped(*two_lines("stopped"))
            with (
                closing(self._sent(request, line)) as answer,
                # A handler of this process has no line to cut: a Stop ends the pauses of its body instead.
                cancel.waking(answer.stream.close if self._handler else line.cut),  # type: ignore[union-attr]
            ):
                yield RoundStarted(request.model, request.api, self._label)
                begun = False
                try:
                    for event in self._decoded(answer, request):
                        watch.progress()
                        begun = True
                        if isinstance(event, RoundCompleted):
                            event = self._completed(event, request, answer.headers)  # noqa: PLW2901
                        yield event
                except StreamError as error:
                    status = None if begun else failures.told_status(error.body)
                    if status is None:
                        raise
                    raise self._refusal(status, answer.headers, error.body, request.model) from None

    @contextmanager
    def _watched(self, timeout: float) -> Iterator[tuple[Line, wire.Watch]]:
        """Yield a line; cut it when it brings bytes for long and nothing of an answer."""
        from .sdk import Line

        line = Line()
        with wire.Watch(timeout * wire.SILENCES, line.cut) as watch:
            try:
                yield line, watch
            except APIError:
                if not watch.fired:
                    raise
                said = two_lines("read_timeout", host=self._host, seconds=f"{watch.seconds:g}")
                raise errors.APITimeoutError(*said) from None

    def _sent(self, request: Request, line: Line) -> httpx2.Response:
        """Send the request; return its response, still open.

        The SDK's typed keywords are not used: comparing each value with its type would take a quarter of the time.
        """
        import httpx2
        from openai import omit

        sdk = self._sdk()
        create = sdk.responses if request.api == "responses" else sdk.chat.completions
        given: dict[str, Any] = {} if request.api == "responses" else {"model": omit, "messages": omit}
        given |= {"extra_headers": {"X-Guard": "on"}} if request.guard else {}
        timeout = httpx2.Timeout(request.timeout, connect=_CONNECT_SECONDS)
        with self._faults(request.model, request.timeout, line):
            manager = create.with_streaming_response.create(**given, extra_body=wire_body(request), timeout=timeout)
            answer: httpx2.Response = manager.__enter__().http_response
        return answer

    def _decoded(self, answer: httpx2.Response, request: Request) -> Iterator[Event]:
        """Decode by what came, not by what was asked for: a server may ignore ``stream``."""
        dialect = _DIALECTS[request.api]
        chunks = self._chunks(answer, request.timeout)
        head = b""
        for chunk in chunks:
            head = (head + chunk).removeprefix(codecs.BOM_UTF8).lstrip()
            if len(head) >= len(_FIELDS[0]):
                break
        streamed = head.startswith(_FIELDS) or (
            "event-stream" in answer.headers.get("content-type", "") and head[:1] not in (b"{", b"[", b"<")
        )
        if streamed:
            yield from joined(dialect.decode(wire.decode(chain([head], chunks), pauses=True)))
            return
        raw = bytearray(head)
        for chunk in chunks:
            wire.within(len(raw) + len(chunk))
            raw += chunk
        yield from dialect.decode_body(self._object(raw))

    def _object(self, raw: bytes | bytearray, whole: type = dict) -> Any:
        """Return a body that is JSON, its ``data`` where a list is wanted."""
        body = from_json(raw, None)
        if whole is list and isinstance(body, dict):
            body = body.get("data", body.get("models"))
        if not isinstance(body, whole):
            page = raw[:20_000].decode("utf-8", "replace")
            quoted = redact(told.html_title(page) or page or "(empty)", self._key)
            raise failures.broken_stream("body_unreadable", quoted=quoted)
        return body

    def _chunks(self, answer: httpx2.Response, timeout: float) -> Iterator[bytes]:
        import httpx2

        try:
            yield from answer.iter_bytes()
        except (httpx2.HTTPError, httpx2.StreamError, OSError) as fault:
            raise failures.from_exception(fault, host=self._host, timeout=timeout, streaming=True) from None

    @contextmanager
    def _faults(self, model: str, timeout: float, line: Line) -> Iterator[None]:
        """Turn what the SDK raises while sending into our errors."""
        import httpx2
        import openai

        from .sdk import calling

        try:
            with calling(line):
                yield
        except openai.APIStatusError as fault:
            answer = fault.response
            said = told.parsed(redact(answer.read().decode("utf-8", "replace"), self._key))
            raise self._refusal(answer.status_code, answer.headers, said, model) from None
        except (openai.APIConnectionError, httpx2.HTTPError, OSError, ImportError) as fault:
            if isinstance(fault.__cause__, APIError):  # a limit of ours, while the SDK read
                raise fault.__cause__ from None
            proxied = self._sdk().proxied
            raise failures.from_exception(fault, host=self._host, timeout=timeout, proxied=proxied) from None

    def _refusal(self, status: int, headers: Mapping[str, str], body: object, model: str) -> APIStatusError:
        more: dict[str, Any] = {"model": model, "known_models": self._known_models, "host": self._host}
        elsewhere = self._handler is None and not is_the_services(self._base_url)
        refusal = failures.from_status(status, headers, body, **more, elsewhere=elsewhere)
        refusal.allowances = told.allowances(headers)
        return refusal

    def _cleared(self, error: APIError) -> APIError:
        """Take the key out of an error, should the server have repeated it, and the frames that held its words."""
        # Its two lines were made without any key that this process knows.
        error.code, error.request_id = (one and redact(one, self._key) for one in (error.code, error.request_id))
        if isinstance(error, StreamError):
            error.body = None
        error.__context__ = None
        return error.with_traceback(None)

    def _completed(self, event: RoundCompleted, request: Request, headers: Mapping[str, str]) -> RoundCompleted:
        on_responses = request.api == "responses"
        asked = request.extra.get("store", request.store) is True and on_responses
        spent = event.usage is not None and event.usage.output_tokens >= request.max_tokens
        # llama.cpp calls it "completed"; of chat the finish reason tells.
        cut = spent and event.finish_reason == "stop" and on_responses
        return replace(
            event,
            model=event.model or request.model,
            finish_reason="length" if cut else event.finish_reason,
            stored=asked and event.id is not None and event.raw.get("store") is not False,
            request_id=headers.get("x-request-id"),
            billed_idr=told.billed_idr(headers),
            allowances=told.allowances(headers),
        )

    def models(self) -> list[Mapping[str, Any]]:
        """Return the entries of ``/models`` as the server gives them.

        Raises APIError: the service or the way to it failed.
        """
        try:
            sdk = self._sdk()
            with self._watched(_LIST_SECONDS) as (line, _), self._faults("", _LIST_SECONDS, line):
                raw = sdk.models.with_raw_response.list(timeout=_LIST_SECONDS).http_response.content
        except APIError as error:
            raise self._cleared(error) from None
        found = shapes.objects(self._object(raw, list))
        self._known_models = tuple(model.id for model in told.read_models(found))
        return found

    def close(self) -> None:
        """Close idle connections. The client may be used again."""
        with self._lock:
            made, self._made = self._made, None
        if made is not None:
            made.close()

    def _sdk(self) -> Any:
        """Return the SDK's client, made at first use (the import takes 0.6 s).

        Raises APIConnectionError: the SDK is broken, or what the environment says of the way there.
        """
        try:
            from .sdk import WAY, make
        except Exception as fault:  # a half-installed package may raise anything
            raise errors.APIConnectionError(*two_lines("sdk_broken", reason=told.quote(str(fault)))) from fault

        way = tuple(map(environment.get, WAY))
        with self._lock:
            if self._made is None or way != self._made_for:
                # Requests under way keep the old one.
                self._made, self._made_for = make(self._key, self._base_url, self._handler), way
                # Whoever forgets to close: the sockets go with the client, or with the process.
                weakref.finalize(self, self._made.close)
            return self._made


def wire_body(request: Request) -> dict[str, Any]:
    """Return the JSON body of a request, with ``--param`` merged over it.

    ``tools`` and ``include`` are added to ours; a name that ends in ``!`` replaces it.
    """
    body: dict[str, Any] = _DIALECTS[request.api].encode(request)
    for name, value in request.extra.items():
        ours = body.get(name, []) if name in _ADDED_TO and isinstance(value, list) else []
        body[name.removesuffix("!")] = [*ours, *value] if ours else value
    return body
