"""The settings: default, reader, and the environment variable of each.

A new setting is a field of `Settings` and a sentence ``setting.<name>`` in ``texts/``: the trait follows.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, fields
from typing import Any, NamedTuple

from .. import validators
from ..errors import UsageError
from ..texts import say, two_lines
from .address import DEFAULT_BASE_URL, check_base_url

_PREFIX = "NEOSANTARA_"


def _choice(*choices: str) -> Callable[[str, Any], str]:
    return lambda label, given: validators.one_of(label, given, choices)


def _names(label: str, given: Any) -> tuple[str, ...]:
    listed = given.split(",") if isinstance(given, str) else given
    if not isinstance(listed, list | tuple) or not all(isinstance(name, str) for name in listed):
        told = {"given": validators.shown(given), "example": '["extra", "toc"]'}
        raise UsageError(*two_lines("value.form", label=label, **told))
    return tuple(name.strip() for name in listed if name.strip())


def _whole(label: str, given: Any) -> int:
    return validators.whole(label, given, 1)


def _setting(default: Any, read: Callable[[str, Any], Any], *, optional: bool = False) -> Any:
    """Declare one setting: its default, and how a given value is read."""
    return field(default=default, metadata={"read": read, "optional": optional})


@dataclass(frozen=True)
class Settings:
    """The values in force when no flag is given."""

    model: str = _setting("nusantara-base", validators.model_id)
    system: str | None = _setting(None, validators.words, optional=True)
    """Instructions, sent as they are: ``{{ }}`` is expanded only in ``--system``."""
    api: str = _setting("auto", _choice("auto", "responses", "chat"))
    max_tokens: int = _setting(2048, lambda label, given: validators.whole(label, given, 1, 500))
    timeout: float | None = _setting(None, validators.seconds, optional=True)
    """Seconds without a byte; None: 60, or 600 with ``--no-stream`` or ``--reasoning``."""
    show: str = _setting("auto", _choice("auto", "widget", "markdown", "text", "none"))
    markdown: str = _setting("commonmark", _choice("commonmark", "python-markdown"))
    markdown_extensions: tuple[str, ...] = _setting((), _names)
    """Of Python-Markdown, by name; empty: that engine's own choice."""
    remote_images: bool = _setting(default=False, read=validators.switch)
    base_url: str = _setting(DEFAULT_BASE_URL, lambda _label, given: check_base_url(given))
    allow_http: bool = _setting(default=False, read=validators.switch)
    language: str = _setting("auto", _choice("auto", "en", "id"))
    budget_idr: float | None = _setting(None, validators.amount, optional=True)
    """Rupiah; None: no budget."""
    replay_speed: float = _setting(0.0, lambda label, given: validators.number(label, given, 0))
    """0: at once; 1: the recorded pace; 2: twice as fast."""
    store: bool = _setting(default=True, read=validators.switch)
    tool_result_limit: int = _setting(20_000, _whole)
    """Characters of a tool's result that the model gets."""
    highlight: bool = _setting(default=True, read=validators.switch)
    """Prompts are coloured as Markdown."""
    context: int | str | None = _setting(None, validators.number_or_all, optional=True)
    """How many cells go along with an ask: a number, ``all``, or None."""
    context_limit: int = _setting(24_000, _whole)
    """Most characters of them."""
    patience: float | None = _setting(None, validators.seconds, optional=True)
    """Seconds that an ask may wait for its turn on a shared limit; None: two waits."""
    privacy: str = _setting("auto", _choice("auto", "off", "warn", "refuse"))
    warm_up: bool = _setting(default=True, read=validators.switch)
    """Import what the first ask needs while no cell runs."""


class Field(NamedTuple):
    """What is known of one setting."""

    name: str
    read: Callable[[str, Any], Any]
    """(label, what was given) to the value; raises `UsageError`."""
    optional: bool = False
    """None is a value too; so is blank text or the word ``none``."""

    @property
    def default(self) -> Any:
        """The built-in value."""
        return getattr(Settings, self.name)

    @property
    def variable(self) -> str:
        """Its environment variable."""
        return _PREFIX + self.name.upper()

    @property
    def help(self) -> str:
        """What it does, in the language in force."""
        return say(f"setting.{self.name}")


FIELDS: dict[str, Field] = {one.name: Field(one.name, **one.metadata) for one in fields(Settings)}


def validate(name: str, value: Any, *, allow_http: bool = False) -> Any:
    """Return a Python value or a text as the setting ``name`` holds it; ``allow_http`` decides about ``base_url``.

    Raises:
        UsageError: no such setting, or a value it doesn't take.
    """
    field = FIELDS.get(name)
    if field is None:
        near = validators.nearest(name, FIELDS)
        raise UsageError(*two_lines("setting.unknown", name=validators.shown(name), meant=near))
    return _read(field, name, value, allow_http=allow_http)


def _read(field: Field, label: str, value: Any, *, allow_http: bool) -> Any:
    if field.name == "base_url":
        return check_base_url(value, allow_http=allow_http)
    if field.optional and (value is None or (isinstance(value, str) and value.strip().casefold() in ("", "none"))):
        return None
    return field.read(label, value)


def default(name: str, environ: Mapping[str, str], *, allow_http: bool = False) -> Any:
    """Return the setting's value where no flag and no trait gives one: the environment's, else the built-in one.

    A bad value in the environment counts as none; `environment_problems` tells about it.
    Raises UsageError: the environment's base URL is bad. Falling back here would send the user's data to another
    address than the one they chose.
    """
    field = FIELDS[name]
    variable, given = _given(field, environ)
    if not given.strip():
        return field.default
    try:
        return _read(field, variable, given, allow_http=allow_http or _is_on("NEOSANTARA_ALLOW_HTTP", environ))
    except UsageError as error:
        if name == "base_url":
            raise UsageError(say("setting.refused", variable=variable, what=error.what), error.next_step) from None
        return field.default


def _given(field: Field, environ: Mapping[str, str]) -> tuple[str, str]:
    given = environ.get(field.variable, "")
    if field.name == "base_url" and not given.strip():
        # The name that litellm and any-llm use for the same thing.
        return "NEOSANTARA_API_BASE", environ.get("NEOSANTARA_API_BASE", "")
    return field.variable, given


def _is_on(variable: str, environ: Mapping[str, str]) -> bool:
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
    lines: dict[str, str] = {}
    for one in FIELDS.values():
        variable, given = _given(one, environ)
        if not given.strip():
            continue
        try:
            _read(one, variable, given, allow_http=_is_on("NEOSANTARA_ALLOW_HTTP", environ))
        except UsageError as error:
            key = "setting.refused" if one.name == "base_url" else "setting.dropped"
            lines[one.name] = say(key, variable=variable, what=error.what)
    return lines


def demo_wanted(environ: Mapping[str, str]) -> bool:
    """Whether ``NEOSANTARA_DEMO`` asks for the demo model."""
    return _is_on("NEOSANTARA_DEMO", environ)
