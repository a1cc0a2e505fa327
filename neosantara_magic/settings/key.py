"""The API key: the places that are searched for it, how it is stored, and how it stays hidden.

Each place is looked at, and its package imported, only when asked for.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any, Literal

from ..errors import AuthenticationError, UsageError, attempt
from ..redaction import Secret, remember
from ..texts import say, two_lines
from .fields import is_the_services

KEY_VARIABLE = "NEOSANTARA_API_KEY"
SERVICE = "neosantara-magic"

_remembered: dict[str, str] = {}
"""Keys already read: a keyring may ask for a password each time, Colab's answer takes a second."""
_COLAB_TROUBLES = {"NotebookAccessError": "no_key.colab_access", "TimeoutException": "no_key.colab_silent"}
"""Exceptions of ``google.colab.userdata`` that the user should read about: class name to key of the sentence."""
_troubles: dict[str, str] = {}
"""For each place that failed at the last time, the name of what it raised."""
_ROOT_MARKS = (".git", "pyproject.toml")
_LARGEST = 1 << 20
"""Characters read of one file. A ``.env`` is a page; whatever is larger is something else."""

Source = Literal["session", "environment", "keyring", "colab", "kaggle", "dotenv"]
STORED: tuple[Source, ...] = ("keyring", "colab", "kaggle")
"""Where a key is kept for the service; it goes to another address only if the user says so."""
_PLACES: tuple[Source, ...] = ("session", "environment", *STORED)
_ELSEWHERE = {"nsk_mcp_": "/v1/mcp", "nsk_code_": "https://api.neosantara.xyz/coding/v1"}
"""Prefixes of keys, and where alone they work."""


@dataclass(frozen=True, repr=False)
class Key:
    """An API key and the place where it was found. Only ``str(key.value)`` shows it."""

    value: str
    source: Source
    path: Path | None = field(default=None, compare=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "value", Secret(self.value))
        remember(self.value)

    @property
    def masked(self) -> str:
        """Enough to tell two keys apart: the first and last four characters; of a short key nothing."""
        return f"{self.value[:4]}…{self.value[-4:]}" if len(self.value) >= 20 else "…"

    @property
    def place(self) -> str:
        """The place it came from, in the words of a user."""
        return str(self.path) if self.path else say(f"key.place.{self.source}")

    def __repr__(self) -> str:
        return f"Key({self.masked}, {self.source})"

    def __reduce__(self) -> str:
        raise TypeError("a Key is never written anywhere")


def find_key(
    session: str | None,
    environ: Mapping[str, str],
    directory: Path,
    *,
    above: bool = True,
    **readers: Callable[[], str | None],
) -> Key | None:
    """Return the key from the first place that has one; blank ones do not count.

    ``session`` is the key typed in at ``%neosantara key``. The search for ``.env`` starts in ``directory`` and goes up
    to the root of its project, if ``above``. ``readers`` (``keyring``, ``colab``, ``kaggle``) take the place of `read`.
    Raises UsageError: a key with white space inside or with characters that no HTTP header carries.
    """
    given = {"session": lambda: session, "environment": lambda: environ.get(KEY_VARIABLE), **readers}
    for source in _PLACES:
        text = _clean(given.get(source, partial(read, source))(), say(f"key.place.{source}"))
        if text:
            return Key(text, source)
    text, path = find_in_dotenv(directory, above=above) or ("", None)
    return Key(_clean(text, str(path)), "dotenv", path) if path else None


def typed_key(text: str) -> str:
    """Return a typed or pasted key without the space around it. Raises UsageError: it is blank, or cannot be a key."""
    key = _clean(text, say("key.place.session"))
    if not key:
        raise UsageError(*two_lines("key.unusable", place=say("key.place.session")))
    return key


def key_note(key: Key) -> str | None:
    """Return a remark about a key whose prefix says that it belongs elsewhere, or None.

    Only a remark: the service may change what a prefix means, so no key is refused for it.
    """
    notes = (say("key.note", prefix=one, where=there) for one, there in _ELSEWHERE.items() if key.value.startswith(one))
    return next(notes, None)


def no_key(address: str = "") -> AuthenticationError:
    """Build the error for a missing key for ``address``; on Colab the secret may exist without access."""
    if address and not is_the_services(address):
        return AuthenticationError(*two_lines("no_key.elsewhere", address=address))
    return AuthenticationError(*two_lines(_COLAB_TROUBLES.get(_troubles.get("colab", ""), "no_key")))


def _clean(text: str | None, place: str) -> str:
    key = (text or "").strip()
    if not all("!" <= character <= "~" for character in key):
        raise UsageError(*two_lines("key.unusable", place=place))
    return key


def _on_colab() -> str | None:
    from google.colab import userdata  # noqa: PLC0415  (only there)

    return userdata.get(KEY_VARIABLE)  # type: ignore[no-any-return]


def _on_kaggle() -> str | None:
    from kaggle_secrets import UserSecretsClient  # noqa: PLC0415  (only there)

    return UserSecretsClient().get_secret(KEY_VARIABLE)  # type: ignore[no-any-return]


_READERS: dict[str, Callable[[], str | None]] = {
    "keyring": lambda: require_keyring().get_password(SERVICE, KEY_VARIABLE),
    "colab": _on_colab,
    "kaggle": _on_kaggle,
}


def read(place: str) -> str | None:
    """Return the key in a place of `_READERS`, read once; None elsewhere, without one, or when it does not answer."""
    if place not in _remembered:
        _troubles.pop(place, None)
        try:
            found = _READERS[place]()
        except Exception as error:  # noqa: BLE001  (each place fails in its own way; other places follow)
            _troubles[place] = type(error).__name__
            return None
        if found:
            _remembered[place] = found
    return _remembered.get(place)


def store_key(value: str) -> None:
    """Put the key in the system keyring. Raises UsageError: the package is missing, or the keyring refused."""
    with _keyring() as keyring:
        keyring.set_password(SERVICE, KEY_VARIABLE, value)


def forget_key() -> bool:
    """Take the key out of the keyring; return whether there was one. Raises UsageError: the keyring refused."""
    if attempt(None, require_keyring) is None:  # without the package nothing was stored
        return False
    with _keyring() as keyring:
        held = bool(keyring.get_password(SERVICE, KEY_VARIABLE))
        if held:
            keyring.delete_password(SERVICE, KEY_VARIABLE)
    return held


def require_keyring() -> Any:
    """Return the module ``keyring``. Raises UsageError: the package is missing."""
    try:
        import keyring  # noqa: PLC0415  (an extra)
    except ImportError:
        raise UsageError(*two_lines("package", package='"neosantara-magic[keyring]"')) from None
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


def find_in_dotenv(directory: Path, *, above: bool = True) -> tuple[str, Path] | None:
    """Return the key and the file it stands in, from the nearest ``.env`` that sets it.

    The search covers ``directory`` and, inside a project, the folders above it up to the project's root: a file above
    that root may belong to somebody else. Without ``above`` it covers ``directory`` alone. Unreadable files and blank
    values are skipped.
    """
    for folder in _searched(directory) if above else [directory]:
        path = folder / ".env"
        try:
            if not path.is_file():  # a pipe of that name would block
                continue
            with path.open(encoding="utf-8-sig", errors="replace") as file:
                text = file.read(_LARGEST)
        except OSError:
            continue
        if value := read_variable(KEY_VARIABLE, text):
            return value, path
    return None


def _searched(directory: Path) -> list[Path]:
    """Return the folders from ``directory`` to the root of its project; without a project ``directory`` alone."""
    folders = [directory, *directory.parents]
    for at, folder in enumerate(folders):
        with suppress(OSError):
            if any((folder / mark).exists() for mark in _ROOT_MARKS):
                return folders[: at + 1]
    return [directory]


def read_variable(name: str, text: str) -> str | None:
    """Return the value of ``name`` in the text of a ``.env`` file; the last one wins."""
    form = re.compile(rf"^[ \t]*(?:export[ \t]+)?{re.escape(name)}[ \t]*=[ \t]*(?P<value>.*?)[ \t\r]*$", re.MULTILINE)
    found = list(form.finditer(text))
    if not found:
        return None
    value: str = found[-1]["value"]
    if value.startswith(("'", '"')):
        return value[1:].partition(value[0])[0]
    return re.split(r"(?:^|[ \t])#", value, maxsplit=1)[0].strip()
