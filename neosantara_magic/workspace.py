"""What outlives one ask: settings, conversations, spend, the key, who answers.

For: finding out who answers the next ask, and keeping what the asks of one kernel share.
Not for: any one ask (``asking.py``).
"""

from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from .api import catalog
from .api.client import ServiceClient
from .conversation import Conversations
from .ledger import Ledger
from .messages import Response
from .recordings import Recording, RecordingClient, canonical
from .request import Client, Request
from .settings import Settings, check_base_url, demo_wanted, find_key, no_key
from .tools.toolbox import Tool

if TYPE_CHECKING:
    from .api.catalog import Model

DEMO_URL = "https://demo.invalid/v1"
"""Where the demo model pretends to live; ``.invalid`` resolves nowhere (RFC 2606)."""


@dataclass
class Workspace:
    """What outlives one ask: settings, conversations, spend, the key, who answers."""

    settings: Callable[[], Settings]
    conversations: Conversations = field(default_factory=Conversations)
    ledger: Ledger = field(default_factory=Ledger)
    session_key: str | None = field(default=None, repr=False)
    """The key typed in at ``%neosantara key``."""
    tools: dict[str, Tool] = field(default_factory=dict)
    """Every tool that an ask has offered, by its name on the wire."""
    demo: bool = field(default_factory=lambda: demo_wanted(os.environ))
    recording: tuple[Recording, Literal["record", "replay"]] | None = None
    last: Response | None = None
    _models: dict[str, list[Model]] = field(default_factory=dict, repr=False)
    _service: tuple[tuple[str, str], ServiceClient] | None = field(default=None, repr=False)
    _demo: ServiceClient | None = field(default=None, repr=False)

    def server(self) -> str:
        """Name who answers, for ids that mean nothing to anybody else."""
        return "demo" if self.demo else self.settings().base_url

    def service(self) -> ServiceClient:
        """Return the client for the service, or for the demo model when that was chosen.

        Raises:
            AuthenticationError: no key, and no demo model wanted.
        """
        if self.demo:
            if self._demo is None:
                from .demo.server import DemoServer  # noqa: PLC0415  (most asks go to the service)

                self._demo = ServiceClient(key="demo", base_url=DEMO_URL, handler=DemoServer().handle, label="demo")
            return self._demo
        key = find_key(self.session_key, os.environ, Path.cwd())
        if key is None:
            raise no_key()
        held = self.settings()
        # Again here: allow_http may have been switched off after the address was set.
        wanted = (key.value, check_base_url(held.base_url, allow_http=held.allow_http))
        if self._service is None or self._service[0] != wanted:
            self._service = (wanted, ServiceClient(key=key.value, base_url=wanted[1]))
        return self._service[1]

    @property
    def models(self) -> list[Model]:
        """The models of whoever answers now, from ``/v1/models``; empty until somebody asked for the list."""
        return self._models.get(self.server(), [])

    @models.setter
    def models(self, found: list[Model]) -> None:
        self._models[self.server()] = found

    def fetch_models(self) -> list[Model]:
        """Return the models of whoever answers now; asked for once.

        Raises:
            APIError: the service or the way to it failed.
        """
        if not self.models:
            self._models[self.server()] = catalog.parse(self.service().models())
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
        recording, mode = self.recording
        return RecordingClient(recording, mode, self.service, self.settings().replay_speed)
