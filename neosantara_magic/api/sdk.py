"""The SDK's client, made so that only what we write reaches the wire. Importing it takes 0.6 s.

It never holds our key: below it, every header is written anew, so nothing of ``OPENAI_*`` and no key goes astray.
"""

from __future__ import annotations

from functools import partial
from typing import Any
from urllib.parse import urlsplit
from urllib.request import getproxies, proxy_bypass

import httpx2
import openai

from ..errors import APIConnectionError
from ..redaction import environment
from ..texts import two_lines
from ..validators import shown
from .transport import HeadedTransport, OfflineTransport, StoppableTransport
from .wire import WireHandler

_CERTIFICATES = ("SSL_CERT_FILE", "SSL_CERT_DIR")
_PROXIES = ("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "NO_PROXY")
WAY = (*_CERTIFICATES, *_PROXIES, *(name.lower() for name in _PROXIES))
"""The variables that say how to get there. An error may advise to set one, so they are read anew when they change."""
_LOOPBACK = ("localhost", "127.0.0.1", "::1")


class _Wire(openai.OpenAI):
    """The SDK without its headers: OPENAI_CUSTOM_HEADERS may hold what no request can carry."""

    @property
    def default_headers(self) -> dict[str, Any]:
        return {"Accept": "application/json", "Content-Type": "application/json"}


def make(
    key: str, base_url: str, handler: WireHandler | None
) -> tuple[openai.OpenAI, OfflineTransport | StoppableTransport]:
    """Return the SDK's client and the transport below it. With a handler, it answers instead of the network.

    Raises APIConnectionError: what the environment says of the way there cannot be used (see `WAY`).
    """
    transport = OfflineTransport(handler) if handler is not None else _network(base_url)
    http = httpx2.Client(
        transport=HeadedTransport(transport, partial(_headers, key=key)),
        follow_redirects=False,  # our key goes to no other address
        trust_env=False,  # no .netrc; proxies are the transport's
    )
    # Not None, which would mean "look into OPENAI_*"; the real ones are written below.
    sdk = _Wire(
        api_key="none", admin_api_key="none", base_url=base_url, http_client=http, max_retries=0,
        organization="", project="", webhook_secret="none",  # noqa: S106  (no secret: the word "none")
    )  # fmt: skip
    return sdk, transport


def _headers(request: httpx2.Request, body: bytes, *, key: str) -> dict[str, str]:
    """Return all headers of a request: nothing of the SDK's or the environment's."""
    streamed = b'"stream":true' in body
    written = {
        "Host": request.url.netloc.decode("ascii"),
        "Accept": "text/event-stream, application/json" if streamed else "application/json",
        # A compressed stream waits in the compressor's buffer instead of on the screen.
        "Accept-Encoding": "identity" if streamed else "gzip",
        "Connection": "keep-alive",
        "User-Agent": "neosantara-magic",
    }
    if key:
        written["Authorization"] = f"Bearer {key}"
    if request.headers.get("x-guard") == "on":
        written["X-Guard"] = "on"
    if body:
        written["Content-Type"] = "application/json"
    return written


def _network(base_url: str) -> StoppableTransport:
    proxy = _proxy_for(base_url)
    try:
        return StoppableTransport(proxy=proxy)
    except OSError as fault:
        # The file counts first; a folder that is not there is no error.
        place = next((f"{name}={environment[name]}" for name in _CERTIFICATES if environment.get(name)), "-")
        told = {"place": shown(place, 200), "reason": fault.strerror or str(fault)}
        raise APIConnectionError(*two_lines("certificates_unreadable", **told)) from None


def _proxy_for(base_url: str) -> str | None:
    """Return the proxy that the environment names for this address; never one for loopback."""
    parts = urlsplit(base_url)
    host = parts.hostname or ""
    if host in _LOOPBACK or host.startswith("127.") or proxy_bypass(host):
        return None
    proxies = getproxies()
    found = proxies.get(parts.scheme) or proxies.get("all")
    if not found:
        return None
    found = found if "://" in found else f"http://{found}"
    try:
        httpx2.Proxy(found)
    except (ValueError, httpx2.InvalidURL):
        bare = f"{found.partition('://')[0]}://{found.rpartition('@')[2].rpartition('://')[2]}"  # without a password
        raise APIConnectionError(*two_lines("proxy_failed", host=host, reason=shown(bare))) from None
    return found
