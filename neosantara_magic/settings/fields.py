"""The settings: default, reader, and environment variable of each; what a base URL may be; what a class's lock fixes.

An address that would leak the key or cannot work is refused before anything is sent.
A new setting is a field of `Settings` and a sentence ``setting.<name>`` in ``texts/``: the trait follows.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import Field, dataclass, field, fields
from functools import partial
from typing import Any, Literal, NamedTuple

from .. import validators
from ..errors import UsageError, attempt
from ..redaction import environment
from ..texts import LANGUAGES, number, say, two_lines

DEFAULT_BASE_URL = "https://api.neosantara.xyz/v1"
_PREFIX = "NEOSANTARA_"
LOCK_VARIABLE = "NEOSANTARA_LOCK"
_at_start = environment.get(LOCK_VARIABLE, "").strip()
"""What a cell does to the variable later does not count."""
LIMITS = ("budget_idr", "max_tokens", "tool_result_limit")
"""Settings that may be lowered under a lock, but not raised."""


def _choice(*choices: str) -> Callable[[str, Any], str]:
    return partial(validators.one_of, choices=choices)


def _names(label: str, given: Any) -> tuple[str, ...]:
    listed = given.split(",") if isinstance(given, str) else given
    if not isinstance(listed, list | tuple) or not all(isinstance(name, str) for name in listed):
        told = {"given": validators.shown(given), "example": '["extra", "toc"]'}
        raise UsageError(*two_lines("value.form", label=label, **told))
    return tuple(name.strip() for name in listed if name.strip())


def _setting(default: Any, read: Callable[[str, Any], Any], *, optional: bool = False) -> Any:
    """Declare one setting: its default, and how a value is read, from its label and what was given.

    ``optional``: None is a value too; so is blank text or the word ``none``.
    """
    return field(default=default, metadata={"read": read, "optional": optional})


@dataclass(frozen=True)
class Settings:
    """The values in force when no flag is given."""

    model: str = _setting("nusantara-base", validators.model_id)
    system: str | None = _setting(None, validators.words, optional=True)
    """Instructions, sent as they are: ``{{ }}`` is expanded only in ``--system``."""
    api: str = _setting("auto", _choice("auto", "responses", "chat"))
    max_tokens: int = _setting(2048, partial(validators.whole, low=1, example=500))
    timeout: float | None = _setting(None, validators.seconds, optional=True)
    """Seconds without a byte; None: 60, or 600 with ``--no-stream`` or ``--reasoning``."""
    show: str = _setting("auto", _choice("auto", "widget", "markdown", "text", "none"))
    markdown: str = _setting("commonmark", _choice("commonmark", "python-markdown"))
    markdown_extensions: tuple[str, ...] = _setting((), _names)
    """Of Python-Markdown, by name; empty: that engine's own choice."""
    remote_images: bool = _setting(default=False, read=validators.switch)
    base_url: str = _setting(DEFAULT_BASE_URL, lambda _label, given: check_base_url(given))
    allow_http: bool = _setting(default=False, read=validators.switch)
    language: str = _setting("auto", _choice("auto", *LANGUAGES))
    budget_idr: float | None = _setting(None, validators.amount, optional=True)
    """Rupiah; None: no budget."""
    replay_speed: float = _setting(0.0, partial(validators.number, low=0, example=1))
    """0: at once; 1: the recorded pace; 2: twice as fast."""
    store: bool = _setting(default=True, read=validators.switch)
    tool_result_limit: int = _setting(20_000, partial(validators.whole, low=1, example=20_000))
    """Characters of a tool's result that the model gets."""
    highlight: bool = _setting(default=True, read=validators.switch)
    """Prompts are coloured as Markdown."""
    context: int | str | None = _setting(None, validators.number_or_all, optional=True)
    """How many cells go along with an ask: a number, ``all``, or None."""
    context_limit: int = _setting(24_000, partial(validators.whole, low=1, example=24_000))
    """Most characters of them."""
    patience: float | None = _setting(None, validators.seconds, optional=True)
    """Seconds that an ask may wait for its turn on a shared limit; None: two waits."""
    privacy: str = _setting("auto", _choice("auto", "off", "warn", "refuse"))
    warm_up: bool = _setting(default=True, read=validators.switch)
    """Import what the first ask needs while no cell runs."""


FIELDS = {one.name: one for one in fields(Settings)}


def validate(name: str, value: Any, *, allow_http: bool = False) -> Any:
    """Return a Python value or a text as the setting ``name`` holds it; ``allow_http`` decides about ``base_url``.

    Raises:
        UsageError: no such setting, or a value it doesn't take.
    """
    field = FIELDS.get(name)
    if field is None:
        near = validators.nearest(name, FIELDS)
        raise UsageError(*two_lines("setting.unknown", name=validators.shown(name), meant=near))
    try:
        return _read(field, name, value, allow_http=allow_http)
    except UsageError as error:  # the reader's example is that of a flag
        step = error.next_step.replace(f": {name} ", f": %config NeosantaraMagics.{name} = ")
        raise UsageError(error.what, step) from None


def _read(field: Field[Any], label: str, value: Any, *, allow_http: bool) -> Any:
    if field.name == "base_url":
        return check_base_url(value, allow_http=allow_http)
    blank = value is None or (isinstance(value, str) and value.strip().casefold() in ("", "none"))
    return None if blank and field.metadata["optional"] else field.metadata["read"](label, value)


def default(name: str, environ: Mapping[str, str], *, allow_http: bool = False) -> Any:
    """Return the setting's value where no flag and no trait gives one: the environment's, else the built-in one.

    A bad value in the environment counts as none; `environment_problems` tells about it.
    Raises UsageError: the environment's base URL is bad. Falling back here would send the user's data to another
    address than the one they chose.
    """
    value, fault = _found(FIELDS[name], environ, allow_http=allow_http)
    if fault and name == "base_url":
        raise fault
    return value


def _found(field: Field[Any], environ: Mapping[str, str], *, allow_http: bool = False) -> tuple[Any, UsageError | None]:
    """Return the environment's value, else the built-in one; and what is wrong with the environment's."""
    variable = _PREFIX + field.name.upper()
    if field.name == "base_url" and not environ.get(variable, "").strip():
        variable = "NEOSANTARA_API_BASE"  # as litellm and any-llm call the same thing
    given = environ.get(variable, "")
    if not given.strip():
        return field.default, None
    try:
        allow_http = allow_http or is_on("NEOSANTARA_ALLOW_HTTP", environ)
        return _read(field, variable, given, allow_http=allow_http), None
    except UsageError as error:
        key = "setting.refused" if field.name == "base_url" else "setting.dropped"
        return field.default, UsageError(say(key, variable=variable, what=error.what), error.next_step)


def is_on(variable: str, environ: Mapping[str, str]) -> bool:
    """Whether a switch of the environment is on. Anything but a clear yes is a no."""
    try:
        return validators.switch(variable, environ.get(variable, ""))
    except UsageError:
        return False


def from_environment(environ: Mapping[str, str]) -> Settings:
    """Return the settings of a process without traits. Raises UsageError: the environment's base URL is bad."""
    return Settings(**{name: default(name, environ) for name in FIELDS})


def environment_problems(environ: Mapping[str, str]) -> dict[str, str]:
    """Return a warning for each value in the environment that cannot be used, by the setting's name."""
    faults = {name: _found(field, environ)[1] for name, field in FIELDS.items()}
    return {name: fault.what for name, fault in faults.items() if fault}


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
        raise UsageError(*two_lines("address.parts", host=validators.shown(host)))
    if parts.scheme not in ("http", "https") or not host or any(c.isspace() or c in "\\\x7f" or c < " " for c in text):
        raise _form(text)
    if parts.scheme == "http" and not allow_http and not on_this_machine(text):
        raise UsageError(*two_lines("address.plain", given=validators.shown(text)))
    return f"{parts.scheme}://{parts.netloc}{parts.path}".rstrip("/")


def is_the_services(address: str) -> bool:
    """Whether an address that `check_base_url` returned is the service's own: its host, by https."""
    own = DEFAULT_BASE_URL.removesuffix("/v1")
    return address.casefold() == own or address.casefold().startswith(f"{own}/")


def on_this_machine(address: str) -> bool:
    """Whether an address is this machine's (``localhost``, ``127.0.0.0/8``, ``::1``); a server there needs no key."""
    from ipaddress import ip_address  # noqa: PLC0415  (not at %load_ext)
    from urllib.parse import urlsplit  # noqa: PLC0415

    host = urlsplit(address).hostname or ""
    found = attempt(None, ip_address, host)
    return host == "localhost" or (found is not None and found.is_loopback)


def _form(text: str) -> UsageError:
    # Whatever stands before an @ may be a password, even in an address that cannot be read.
    harmless = "…@" + text.rpartition("@")[2] if "@" in text else text
    harmless = harmless.partition("?")[0].partition("#")[0]
    return UsageError(*two_lines("address.form", given=validators.shown(harmless), default=DEFAULT_BASE_URL))


class Lock(NamedTuple):
    """Who must answer in a class, and for ``replay`` from which file.

    Code that means to get round it is stopped only by a machine without a key (docs/how-to/teach.md).
    """

    answers: Literal["demo", "replay", "limits"]
    """``limits``: whoever the class's settings name; only address, key, budget and limits are fixed."""
    file: str = ""

    def __str__(self) -> str:
        return f"{LOCK_VARIABLE}={self.answers}{self.file and ':' + self.file}"

    @property
    def fixes_answerer(self) -> bool:
        """Whether no cell may choose who answers."""
        return self.answers != "limits"


def find_lock(environ: Mapping[str, str]) -> Lock | None:
    """Return the environment's lock. Raises UsageError: it asks for what is no lock; then nobody may answer."""
    text = _at_start or environ.get(LOCK_VARIABLE, "").strip()
    kind, _, file = text.partition(":")
    if text in ("demo", "limits"):
        return Lock("demo" if text == "demo" else "limits")
    if kind == "replay" and file.strip():
        return Lock("replay", file.strip())
    if text:
        raise UsageError(*two_lines("lock.form", given=validators.shown(text)))
    return None


def refused(lock: Lock, what: str) -> UsageError:
    """Build the error for something that a lock forbids."""
    return UsageError(*two_lines("lock.refused", what=what, lock=lock))


def held_by_lock(environ: Mapping[str, str], settings: object) -> dict[str, Any]:
    """Return the class's settings that a lock fixes: the address, and the limits that the class has set."""
    try:
        if find_lock(environ) is None:
            return {}
        values = {name: getattr(settings, name) for name in ("base_url", *LIMITS)}
    except UsageError:  # a bad lock or address is told at every ask
        return {}
    return {name: value for name, value in values.items() if name == "base_url" or value != FIELDS[name].default}


def check_change(name: str, value: Any, held: Mapping[str, Any]) -> None:
    """Refuse another value of a locked setting. Raises UsageError: another address, or more than the class's limit."""
    if name not in held or value == held[name]:
        return
    if name == "base_url":
        raise UsageError(*two_lines("lock.refused", what="base_url", lock=LOCK_VARIABLE))
    if value is None or value > held[name]:
        raise UsageError(*two_lines("lock.refused", what=f"{name} > {number(held[name])}", lock=LOCK_VARIABLE))
