"""Keeps the tests, and every Python they start, on this machine.

For: refusing any address but loopback, as a machine with no network would.
Not for: the product; `tests/conftest.py` puts this folder on PYTHONPATH, and Python imports a
`sitecustomize` it finds there before anything else.
"""

from __future__ import annotations

import errno
import ipaddress
import socket
import sys


def is_loopback(host: object) -> bool:
    """Tell whether ``host`` names this machine."""
    if isinstance(host, bytes):
        host = host.decode("ascii", "replace")
    if host is None or host in {"", "localhost"}:
        return True
    try:
        return ipaddress.ip_address(str(host).partition("%")[0]).is_loopback
    except ValueError:
        return False


def refuse_the_network(event: str, arguments: tuple[object, ...]) -> None:
    """Fail as a machine without a network fails, so that error paths are the real ones.

    Raises:
        socket.gaierror: a name other than localhost was looked up.
        OSError: a connection to another machine was opened.
    """
    if event == "socket.getaddrinfo" and not is_loopback(arguments[0]):
        raise socket.gaierror(socket.EAI_NONAME, f"tests stay on loopback: {arguments[0]!r}")
    if event == "socket.connect":
        address = arguments[1]
        # A tuple is an IP address; a path (AF_UNIX) is local by nature.
        if isinstance(address, tuple) and not is_loopback(address[0]):
            raise OSError(errno.ENETUNREACH, f"tests stay on loopback: {address!r}")


# An audit hook can't be taken out again: install it once, from the interpreter's start or from conftest.
if not hasattr(sys, "tests_stay_on_loopback"):
    sys.tests_stay_on_loopback = True  # type: ignore[attr-defined]
    sys.addaudithook(refuse_the_network)
