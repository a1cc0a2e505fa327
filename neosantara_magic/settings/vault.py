"""The key in the system keyring, Colab Secrets and Kaggle Secrets; each is imported only when asked for."""

from __future__ import annotations

from collections.abc import Callable
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


def _read(place: str, read: Callable[[], str | None]) -> str | None:
    """Return the key in a place, read once; None when it has none or does not answer."""
    if place not in _remembered:
        _troubles.pop(place, None)
        try:
            found = read()
        except Exception as error:  # noqa: BLE001  (each place fails in its own way; other places follow)
            _troubles[place] = type(error).__name__
            return None
        if not found:
            return None
        _remembered[place] = found
    return _remembered[place]


def read_keyring() -> str | None:
    """Return the key in the system keyring; None without one, or when the keyring doesn't answer."""
    return _read("keyring", lambda: require_keyring().get_password(SERVICE, ACCOUNT))


def read_colab() -> str | None:
    """Return the key in Colab Secrets; None elsewhere, or when the notebook has no access to it (`colab_trouble`)."""

    def ask() -> str | None:
        from google.colab import userdata  # noqa: PLC0415  (only there)

        return userdata.get(ACCOUNT)  # type: ignore[no-any-return]

    return _read("colab", ask)


def read_kaggle() -> str | None:
    """Return the key in Kaggle Secrets; None elsewhere, when it is not attached, or when the internet is off there."""

    def ask() -> str | None:
        from kaggle_secrets import UserSecretsClient  # noqa: PLC0415  (only there)

        return UserSecretsClient().get_secret(ACCOUNT)  # type: ignore[no-any-return]

    return _read("kaggle", ask)


def colab_trouble() -> str | None:
    """Return the key of the sentence that says why Colab Secrets gave no API key; None without a reason."""
    return _COLAB_TROUBLES.get(_troubles.get("colab", ""))


def store_key(value: str) -> None:
    """Put the key in the system keyring. Raises UsageError: the package is missing, or the keyring refused."""
    keyring = require_keyring()
    _remembered.pop("keyring", None)
    try:
        keyring.set_password(SERVICE, ACCOUNT, value)
    except Exception as error:  # noqa: BLE001  (any backend)
        raise _failed(error) from None


def forget_key(*, expected: bool = True) -> bool:
    """Take the key out of the keyring; return if it held one. Raises UsageError: refused, or one was ``expected``."""
    try:
        keyring = require_keyring()
    except UsageError:
        if expected:
            raise
        return False
    _remembered.pop("keyring", None)
    try:
        held = keyring.get_password(SERVICE, ACCOUNT)
        if held:
            keyring.delete_password(SERVICE, ACCOUNT)
    except Exception as error:  # noqa: BLE001  (any backend)
        raise _failed(error) from None
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


def _failed(error: Exception) -> UsageError:
    # Only the kind of the failure: a backend's message may repeat what it was given.
    return UsageError(*two_lines("keyring.failed", reason=type(error).__name__))
