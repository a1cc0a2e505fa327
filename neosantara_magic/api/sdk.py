"""The SDK's client, made so that only what we write reaches the wire.

For: the SDK over one of our transports, with our headers and no others.
Not for: asking (``client.py``), sockets (``transport.py``). Imported at the first request: the SDK takes 0.6 s.

The SDK never holds our key: below it, every header of every request is written anew, so that nothing of ``OPENAI_*``
and no key of ours can go astray.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit
from urllib.request import getproxies, proxy_bypass

import httpx2
import openai

from .transport import HeadedTransport, OfflineTransport, StoppableTransport

if TYPE_CHECKING:
    from .wire import WireHandler

_LOOPBACK = ("localhost", "127.0.0.1", "::1")


class _Wire(openai.OpenAI):
    """The SDK without its headers: OPENAI_CUSTOM_HEADERS may hold what no request can carry."""

    @property
    def default_headers(self) -> dict[str, Any]:
        return {"Accept": "application/json", "Content-Type": "application/json"}


def make(
    key: str, base_url: str, handler: WireHandler | None
) -> tuple[openai.OpenAI, OfflineTransport | StoppableTransport]:
    """Return the SDK's client and the transport below it.

    Args:
        key: The API key; empty: no Authorization header is sent.
        base_url: Where the endpoints are.
        handler: Answers inside this process instead of the network.
    """
    transport = OfflineTransport(handler) if handler is not None else StoppableTransport(proxy=_proxy_for(base_url))
    http = httpx2.Client(
        transport=HeadedTransport(transport, _headers_with(key)),
        follow_redirects=False,  # our key goes to no other address
        trust_env=False,  # no .netrc; proxies are the transport's
    )
    # Not None, which would mean "look into OPENAI_*"; the real ones are written below.
    sdk = _Wire(
        api_key="none", admin_api_key="none", base_url=base_url, http_client=http, max_retries=0,
        organization="", project="", webhook_secret="none",  # noqa: S106  (no secret: the word "none")
    )  # fmt: skip
    return sdk, transport


def _headers_with(key: str) -> Callable[[httpx2.Request, bytes], dict[str, str]]:
    """Return what writes a request's headers: all of them, nothing of the SDK's or the environment's."""

    def headers(request: httpx2.Request, body: bytes) -> dict[str, str]:
        streamed = b'"stream":true' in body
        written = {
            "Host": request.url.netloc.decode("ascii"),
            "Accept": "text/event-stream, application/json" if streamed else "application/json",
            # A compressed stream waits in the compressor's buffer instead of on the screen.
            "Accept-Encoding": "identity" if streamed else "gzip, deflate",
            "Connection": "keep-alive",
            "User-Agent": "neosantara-magic",
        }
        if key:
            written["Authorization"] = f"Bearer {key}"
        if body:
            written["Content-Type"] = "application/json"
        return written

    return headers


def _proxy_for(base_url: str) -> str | None:
    """Return the proxy that the environment names for this address; never one for loopback."""
    parts = urlsplit(base_url)
    host = parts.hostname or ""
    if host in _LOOPBACK or host.startswith("127.") or proxy_bypass(host):
        return None
    proxies = getproxies()
    found = proxies.get(parts.scheme) or proxies.get("all")
    return found if not found or "://" in found else f"http://{found}"
