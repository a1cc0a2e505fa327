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
from .api.client import ServiceClient
from .api.told import Model, cost_idr, find_model, read_models
from .costs import Cost, Ledger, estimated_idr, input_tokens
from .errors import UsageError
from .messages import Usage
from .recordings.entry import canonical
from .recordings.store import Mode, Recording, RecordingClient, is_foreign
from .redaction import environment
from .render.document import Document
from .render.forms import Look
from .request import Client, Request, ServerMemory
from .settings.fields import Lock, Settings, check_base_url, find_lock, is_on, is_the_services, on_this_machine, refused
from .settings.key import STORED, Key, find_key, no_key
from .texts import number, say, two_lines, warn, words_for
from .tools.toolbox import Sources, Tool
from .turns import Asked, Conversations
from .validators import here, not_ordinary, typed

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
    demo: bool = field(default_factory=lambda: is_on("NEOSANTARA_DEMO", environment))
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
            raise no_key(held.base_url)
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

    def key(self) -> Key | None:
        """Return the key in force. Where none is needed, no keyring and no Secrets are asked."""
        needless = self.demo or (self.recording is not None and self.recording[1] == "replay")
        asked: dict[str, Any] = dict.fromkeys(STORED, lambda: None) if needless else {}
        return find_key(self.session_key, environment, here(), above=self.lock is None, **asked)

    def _check_address(self, key: Key, address: str) -> None:
        """Raise UsageError unless the user lets a key that was stored for the service go elsewhere."""
        # An address may come from the environment, and that from a file of a cloned project.
        if key.source not in STORED or is_the_services(address) or self.names_address():
            return
        if address not in self._allowed:
            asked = say("address.question", place=key.place, key=key.masked, address=address)
            # From a panel's thread nobody would see the question.
            answer = self.question(asked) if current_thread() is main_thread() else None
            if (answer or "").strip().casefold() not in words_for("yes"):
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
        self.models = self.models or read_models(self.service().models())
        return self.models

    def costs_nothing(self, request: Request) -> bool:
        """Whether this will be answered without a call to the service: by the demo model, or by a recording."""
        if self.demo or self.recording is None:
            return self.demo
        recording, mode = self.recording
        return mode == "replay" or (not request.fresh and recording.find(canonical(request)) is not None)

    def client(self, live: Callable[[], Client] | None = None) -> Client:
        """Return who answers: what ``live`` returns (`service`: also the demo model), or a recording around it."""
        if self.recording is None:
            return (live or self.service)()
        otherwise = self.demo_model if self.else_demo else None
        return RecordingClient(*self.recording, live or self.service, self.settings().replay_speed, otherwise)

    def check_model(self, request: Request) -> None:
        """Raise UsageError for an image to a model that does not see, or a transcript too long for its context window.

        The service is not asked: what ``%neosantara models`` did not fetch is not checked.
        """
        model = find_model(self.models, request.model)
        if model is None:
            return
        if any(message.images for message in request.messages) and model.blind:
            raise UsageError(*two_lines("model_blind", model=model.id))
        tokens, window = input_tokens(request), model.context_window
        if window is not None and tokens > window:
            key = "context_too_long" if len(request.messages) > 1 else "context_too_long.alone"
            raise UsageError(*two_lines(key, tokens=number(tokens), model=model.id, window=number(window)))

    def check_budget(self, request: Request, document: Document | None = None, *, reserved: float = 0.0) -> None:
        """Let a request pass. The cost of the rounds before it in its turn (``document``) is not in the ledger yet.

        ``reserved`` is what other turns under way may still cost, in Rupiah.
        Raises BudgetExceededError: ``budget_idr`` is used up, or the request could pass it.
        """
        budget = self.settings().budget_idr
        if budget is None or self.costs_nothing(request):
            return
        turn = None if document is None else self.price(document, request.model)
        most = self.most_idr(request)
        if reserved:
            most = reserved + (most or 0.0)
        self.ledger.check(budget, most, turn=turn, note=self._price_note(request.model))

    def most_idr(self, request: Request) -> float | None:
        """Return the Rupiah that this one request may cost; None when the model's price is not known."""
        most = estimated_idr(request, self._counted_as(request.model))
        if most is None and self.settings().budget_idr is not None:
            # No price at all is known: the dearest call so far says what another one may cost.
            return max((row.cost.amount / row.calls for row in self.ledger.rows() if row.cost.amount), default=None)
        return most

    def price(self, document: Document, asked_model: str) -> Cost:
        """Return the cost of the rounds so far: the bill, else an estimate from the model's price."""
        if document.billed_idr:
            return Cost(sum(document.billed_idr))
        model = self._counted_as(document.model or asked_model)
        idr = None if document.usage is None else cost_idr(model, document.usage)
        return Cost.of(idr, estimated=True, calls=document.rounds)

    def add_up(self, request: Request, conversation: str | None, document: Document) -> None:
        """Price a finished document and enter it in the ledger."""
        document.conversation = conversation
        cost = self.price(document, request.model)
        known = bool(document.rounds) and not cost.unpriced
        document.cost_idr, document.cost_estimated = (cost.amount, cost.estimated) if known else (None, False)
        if document.cost_estimated and (note := self._price_note(document.model or request.model)):
            document.notes.append(note)
        if document.rounds:
            # By the model that was asked: a proxy calls the one that answered now this, now that.
            self.ledger.add(request.model, conversation, document.usage, cost, document.rounds)

    def _counted_as(self, name: str) -> Model | None:
        """Return the model whose price counts: with a budget the dearest known one, if a model's own is not known."""
        model = find_model(self.models, name)
        if _rate(model) is not None or self.settings().budget_idr is None:
            return model
        priced = [one for one in self.models if _rate(one) is not None]
        return max(priced, key=lambda one: _rate(one) or 0, default=model)

    def _price_note(self, name: str) -> str:
        """Say that another model's price counts; nothing where it does not."""
        model = self._counted_as(name)
        same = model is None or model.id.lower() == name.lower()
        return "" if same or model is None else say("budget.dearest", model=name, dearest=model.id)


def _rate(model: Model | None) -> float | None:
    return cost_idr(model, Usage(1000, 1000))


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
