"""The key in the system keyring, Colab Secrets and Kaggle Secrets; each is imported only when asked for."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from ..errors import UsageError
from ..texts import two_lines

SERVICE = "neosantara-magic"
ACCOUNT = "NEOSANTARA_API_KEY"

_remembered: dict[str, str] = {}
"""Keys already read: a keyring may ask for a password each time, Colab's answer takes a second."""
_COLAB_TROUBLES = {"NotebookAccessError": "no_key.colab_access", "TimeoutException": "no_key.colab_silent"}
"""Exceptions of ``google.colab.userdata`` that the user should read about: class name to key of the sentence."""
_troubles: dict[str, str] = {}
"""For each place that failed at the last time, the name of what it raised."""


def _in_keyring() -> str | None:
    return require_keyring().get_password(SERVICE, ACCOUNT)  # type: ignore[no-any-return]


def _on_colab() -> str | None:
    from google.colab import userdata  # noqa: PLC0415  (only there)

    return userdata.get(ACCOUNT)  # type: ignore[no-any-return]


def _on_kaggle() -> str | None:
    from kaggle_secrets import UserSecretsClient  # noqa: PLC0415  (only there)

    return UserSecretsClient().get_secret(ACCOUNT)  # type: ignore[no-any-return]


_PLACES = {"keyring": _in_keyring, "colab": _on_colab, "kaggle": _on_kaggle}


def read(place: str) -> str | None:
    """Return the key in a place of `_PLACES`, read once; None elsewhere, without one, or when it does not answer."""
    if place not in _remembered:
        _troubles.pop(place, None)
        try:
            found = _PLACES[place]()
        except Exception as error:  # noqa: BLE001  (each place fails in its own way; other places follow)
            _troubles[place] = type(error).__name__
            return None
        if not found:
            return None
        _remembered[place] = found
    return _remembered[place]


def colab_trouble() -> str | None:
    """Return the key of the sentence that says why Colab Secrets gave no API key; None without a reason."""
    return _COLAB_TROUBLES.get(_troubles.get("colab", ""))


def store_key(value: str) -> None:
    """Put the key in the system keyring. Raises UsageError: the package is missing, or the keyring refused."""
    with _keyring() as keyring:
        keyring.set_password(SERVICE, ACCOUNT, value)


def forget_key(*, expected: bool = True) -> bool:
    """Take the key out of the keyring; return if it held one. Raises UsageError: refused, or one was ``expected``."""
    try:
        require_keyring()
    except UsageError:
        if expected:
            raise
        return False
    with _keyring() as keyring:
        held = keyring.get_password(SERVICE, ACCOUNT)
        if held:
            keyring.delete_password(SERVICE, ACCOUNT)
    if not held and expected:
        raise UsageError(*two_lines("keyring.empty"))
    return bool(held)


def require_keyring() -> Any:
    """Return the module ``keyring``. Raises UsageError: the package is missing."""
    try:
        import keyring  # noqa: PLC0415  (an extra)
    except ImportError:
        raise UsageError(*two_lines("keyring.missing")) from None
    return keyring


@contextmanager
def _keyring() -> Iterator[Any]:
    """Yield the keyring for a change to it; what it raises becomes an error of ours."""
    keyring = require_keyring()
    _remembered.pop("keyring", None)
    try:
        yield keyring
    except Exception as error:  # noqa: BLE001  (any backend)
        # Only the kind of the failure: a backend's message may repeat what it was given.
        raise UsageError(*two_lines("keyring.failed", reason=type(error).__name__)) from None
