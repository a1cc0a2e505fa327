"""What the asks of one kernel share: settings, conversations, costs, the key, the client of the next ask."""

from __future__ import annotations

import tempfile
from collections import deque
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from functools import cached_property
from threading import current_thread, main_thread
from typing import Any, cast, get_args

from . import validators
from .api import catalog
from .api.catalog import Model
from .api.client import ServiceClient
from .costs import Ledger
from .errors import UsageError
from .paths import here, not_ordinary, typed
from .recordings.entry import canonical
from .recordings.store import Mode, Recording, RecordingClient, is_foreign
from .redaction import environment
from .render.forms import Look
from .request import Client, Request, ServerMemory
from .settings import Key, Settings, check_base_url, demo_wanted, find_key, is_the_services, no_key, on_this_machine
from .settings.lock import Lock, find_lock, refused
from .texts import say, two_lines
from .texts.printable import warn
from .tools.toolbox import Sources, Tool
from .turns import Asked, Conversations

DEMO_URL = "https://demo.invalid/v1"
"""Where the demo model pretends to live; ``.invalid`` resolves nowhere (RFC 2606)."""


@dataclass
class Workspace:
    """What outlives one ask: settings, conversations, costs, the key, the client."""

    settings: Callable[[], Settings]
    conversations: Conversations = field(default_factory=Conversations)
    ledger: Ledger = field(default_factory=Ledger)
    asks: deque[Asked] = field(default_factory=lambda: deque(maxlen=2_000), repr=False)
    """The newest asks of this kernel, in order, for ``%neosantara save --all``."""
    session_key: str | None = field(default=None, repr=False)
    """The key typed in at ``%neosantara key``."""
    tools: dict[str, Tool] = field(default_factory=dict)
    """Every tool that an ask has offered, by its name on the wire."""
    demo: bool = field(default_factory=lambda: demo_wanted(environment))
    recording: tuple[Recording, Mode] | None = None
    else_demo: bool = False
    """Whether the demo model answers what a replayed recording does not have."""
    lock: Lock | None = None
    """Who answers, whatever a cell says (`follow_environment`)."""
    held: Mapping[str, Any] = field(default_factory=dict)
    """The settings that a lock fixes, with their values."""
    problems: Mapping[str, str] = field(default_factory=dict)
    """A warning for each setting whose configured value cannot be used, by its name."""
    names_address: Callable[[], bool] = field(default=lambda: False, repr=False)
    """Whether the base URL is one that the user named in this kernel, not the environment."""
    serving: Any = None
    """The server of functions for agents outside (`mcp.serving.HttpServer`), if there is one."""
    question: Callable[[str], str | None] = field(default=lambda _asked: None, repr=False)
    """Asks the user a line of text; None when nobody is there."""
    servers: Sources = field(default=lambda _name: None, repr=False)
    """Finds a server of tools by its name."""
    _memories: dict[str, ServerMemory] = field(default_factory=dict, repr=False)
    _allowed: set[str] = field(default_factory=set, repr=False)
    _models: dict[str, list[Model]] = field(default_factory=dict, repr=False)
    _service: tuple[tuple[str, str], ServiceClient] | None = field(default=None, repr=False)

    def server(self) -> str:
        """Name the server in force: response ids are valid only there."""
        return "demo" if self.demo else self.settings().base_url

    def look(self) -> Look:
        """Return how answers are rendered now."""
        held = self.settings()
        return Look(held.markdown, held.markdown_extensions, held.remote_images)

    def memory(self) -> ServerMemory:
        """Return what this kernel learned about the server in force."""
        return self._memories.setdefault(self.server(), ServerMemory())

    def service(self) -> ServiceClient:
        """Return the client for the service, or for the demo model when that was chosen.

        Raises:
            AuthenticationError: no key, no demo model wanted, and a server that is not on this machine.
            UsageError: a lock lets only a recording answer, or the budget of the configuration cannot be read.
        """
        if self.lock is not None and self.lock.answers == "replay":
            raise refused(self.lock, self.settings().base_url)
        if self.demo:
            return self.demo_model
        key, held = self.key(), self.settings()
        if key is None and not on_this_machine(held.base_url):
            raise no_key()
        if (line := self.spoilt_budget()) is not None:
            raise UsageError(*two_lines("setting.spoilt", line=line))
        # Again here: allow_http may have been switched off after the address was set.
        wanted = ("" if key is None else key.value, check_base_url(held.base_url, allow_http=held.allow_http))
        if key is not None:
            self._check_address(key, wanted[1])
        if self._service is None or self._service[0] != wanted:
            known = tuple(model.id for model in self.models)
            self._service = (wanted, ServiceClient(key=wanted[0], base_url=wanted[1], known_models=known))
        return self._service[1]

    @cached_property
    def demo_model(self) -> ServiceClient:
        """The client for the demo model."""
        from .demo.server import DemoServer  # noqa: PLC0415  (most asks go to the service)

        return ServiceClient(key="demo", base_url=DEMO_URL, handler=DemoServer().handle, label="demo")

    def spoilt_budget(self) -> str | None:
        """Return the warning about a configured budget that cannot be read, until the user sets one."""
        return self.problems.get("budget_idr") if self.settings().budget_idr is None else None

    def otherwise(self) -> Client | None:
        """Return who answers what a replayed recording does not have."""
        return self.demo_model if self.else_demo else None

    def key(self) -> Key | None:
        """Return the key in force. Where none is needed, no keyring and no Secrets are asked."""
        needless = self.demo or (self.recording is not None and self.recording[1] == "replay")
        asked: dict[str, Any] = dict.fromkeys(("keyring", "colab", "kaggle"), lambda: None) if needless else {}
        return find_key(self.session_key, environment, here(), above=self.lock is None, **asked)

    def _check_address(self, key: Key, address: str) -> None:
        """Raise UsageError unless the user lets a key that was stored for the service go elsewhere."""
        # An address may come from the environment, and that from a file of a cloned project.
        if key.source not in ("keyring", "colab", "kaggle") or is_the_services(address) or self.names_address():
            return
        if address not in self._allowed:
            asked = say("address.question", place=key.place, key=key.masked, address=address)
            # From a panel's thread nobody would see the question.
            answer = self.question(asked) if current_thread() is main_thread() else None
            if (answer or "").strip().casefold() not in ("y", "yes", "ya"):
                raise UsageError(*two_lines("address.unnamed", place=key.place, address=address))
            self._allowed.add(address)

    @property
    def models(self) -> list[Model]:
        """The models of the server in force, from ``/v1/models``; empty until somebody asked for the list."""
        return self._models.get(self.server(), [])

    @models.setter
    def models(self, found: list[Model]) -> None:
        self._models[self.server()] = found

    def fetch_models(self) -> list[Model]:
        """Return the models of the server in force; they are fetched once. Raises APIError: the service failed."""
        self.models = self.models or catalog.parse(self.service().models())
        return self.models

    def costs_nothing(self, request: Request) -> bool:
        """Whether this will be answered without a call to the service: by the demo model, or by a recording."""
        if self.demo or self.recording is None:
            return self.demo
        recording, mode = self.recording
        return mode == "replay" or (not request.fresh and recording.find(canonical(request)) is not None)

    def client(self) -> Client:
        """Return who answers: the service, the demo model, or a recording around one of them."""
        if self.recording is None:
            return self.service()
        return RecordingClient(*self.recording, self.service, self.settings().replay_speed, self.otherwise())


def follow_environment(workspace: Workspace, environ: Mapping[str, str]) -> None:
    """Hold to ``NEOSANTARA_LOCK``, else to ``NEOSANTARA_RECORDING`` and ``…_MODE``. Raises UsageError: they are bad."""
    workspace.lock = find_lock(environ)
    if workspace.lock is not None and workspace.lock.fixes_answerer:
        workspace.demo = workspace.lock.answers == "demo"
        if workspace.lock.file:
            workspace.recording = (open_recording(workspace.lock.file, "replay"), "replay")
        return
    if name := environ.get("NEOSANTARA_RECORDING", ""):
        variable = "NEOSANTARA_RECORDING_MODE"
        mode = cast("Mode", validators.one_of(variable, environ.get(variable) or "record", get_args(Mode)))
        workspace.recording = (open_recording(name, mode), mode)


def open_recording(name: str, mode: Mode) -> Recording:
    """Open a recording; nothing is written yet. Raises UsageError: not readable or writable, or something else."""
    path = here() / typed(name)
    try:
        reason = not_ordinary(path)
        if not reason and (mode == "replay" or path.exists()):
            path.open("rb" if mode == "replay" else "r+b").close()
            if mode == "record" and is_foreign(path):
                raise UsageError(*two_lines("file.taken", path=name))
        elif not reason:
            with suppress(FileNotFoundError):
                path.stat()  # a link that leads to itself raises
            # Leaves nothing behind, which trying the path itself would.
            tempfile.TemporaryFile(dir=path.parent).close()
    except FileNotFoundError:
        reason = say("reason.no_file" if path.parent.is_dir() else "reason.no_folder")
    except OSError as error:
        reason = error.strerror or type(error).__name__
    if reason:
        raise UsageError(*two_lines("recording_unreadable", path=name, reason=reason))
    return Recording(path, warn)
