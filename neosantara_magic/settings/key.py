"""The API key: the places that are searched for it, and how it stays hidden."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Literal

from ..errors import AuthenticationError, UsageError
from ..redaction import Secret, remember
from ..texts import say, two_lines
from .dotenv import find_in_dotenv
from .vault import colab_trouble, read

KEY_VARIABLE = "NEOSANTARA_API_KEY"

Source = Literal["session", "environment", "keyring", "colab", "kaggle", "dotenv"]
_PLACES: tuple[Source, ...] = ("session", "environment", "keyring", "colab", "kaggle")


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
    found = find_in_dotenv(KEY_VARIABLE, directory, above=above)
    if found is None:
        return None
    text, path = found
    return Key(_clean(text, str(path)), "dotenv", path)


def typed_key(text: str) -> str:
    """Return a typed or pasted key without the space around it. Raises UsageError: it is blank, or cannot be a key."""
    key = _clean(text, say("key.place.session"))
    if not key:
        raise UsageError(*two_lines("key.blank"))
    return key


def key_note(key: Key) -> str | None:
    """Return a remark about a key whose prefix says that it belongs elsewhere, or None.

    Only a remark: the service may change what a prefix means, so no key is refused for it.
    """
    kind = next((one for one in ("mcp", "code") if key.value.startswith(f"nsk_{one}_")), None)
    return say(f"key.note.{kind}") if kind else None


def no_key() -> AuthenticationError:
    """Build the error for a missing key; on Colab the secret may exist without access."""
    return AuthenticationError(*two_lines(colab_trouble() or "no_key"))


def _clean(text: str | None, place: str) -> str:
    key = (text or "").strip()
    if not all("!" <= character <= "~" for character in key):
        raise UsageError(*two_lines("key.characters", place=place))
    return key
