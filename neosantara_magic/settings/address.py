"""The base URL: an address that would leak the key or cannot work is refused before anything is sent."""

from __future__ import annotations

from ..errors import UsageError
from ..texts import two_lines
from ..validators import shown

DEFAULT_BASE_URL = "https://api.neosantara.xyz/v1"


def check_base_url(given: object, *, allow_http: bool = False) -> str:
    """Return the base URL without a trailing slash.

    ``allow_http`` lets ``http://`` leave this machine, for a server on one's own network.
    Raises UsageError: not an http(s) address, with credentials, a query or a fragment in it, or plain ``http://`` to
    another machine. A password in it is never repeated.
    """
    from urllib.parse import urlsplit  # noqa: PLC0415  (not at %load_ext: an address is rarely set)

    text = str(given).strip()
    try:
        parts = urlsplit(text)
        host, _ = parts.hostname, parts.port  # reading the port checks it
    except ValueError:
        raise _form(text) from None
    if host and ("@" in parts.netloc or "?" in text or "#" in text):
        raise UsageError(*two_lines("address.parts", host=shown(host)))
    if parts.scheme not in ("http", "https") or not host or any(c.isspace() or c in "\\\x7f" or c < " " for c in text):
        raise _form(text)
    if parts.scheme == "http" and not allow_http and not is_loopback(host):
        raise UsageError(*two_lines("address.plain", given=shown(text)))
    return f"{parts.scheme}://{parts.netloc}{parts.path}".rstrip("/")


def is_the_services(address: str) -> bool:
    """Whether an address that `check_base_url` returned is the service's own: its host, by https."""
    own = DEFAULT_BASE_URL.removesuffix("/v1")
    return address.casefold() == own or address.casefold().startswith(f"{own}/")


def on_this_machine(address: str) -> bool:
    """Whether an address that `check_base_url` returned is this machine's: a server there may need no key."""
    from urllib.parse import urlsplit  # noqa: PLC0415  (not at %load_ext)

    return is_loopback(urlsplit(address).hostname or "")


def is_loopback(host: str) -> bool:
    """Whether ``host`` is this machine: ``localhost``, ``127.0.0.0/8`` or ``::1``."""
    from ipaddress import ip_address  # noqa: PLC0415  (the same)

    if host == "localhost":
        return True
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return False


def _form(text: str) -> UsageError:
    # Whatever stands before an @ may be a password, even in an address that cannot be read.
    harmless = "…@" + text.rpartition("@")[2] if "@" in text else text
    harmless = harmless.partition("?")[0].partition("#")[0]
    return UsageError(*two_lines("address.form", given=shown(harmless), default=DEFAULT_BASE_URL))
