"""Request: one API call, fully resolved, in nobody's wire form; and building the first Request of a turn."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol

from .events import Event
from .messages import AnswerFormat, Api, Message, Part, ToolSpec, Turn, user_message
from .parsing.flags import FLAGS, Ask
from .redaction import redact
from .scope import Cancel
from .settings.fields import Settings
from .texts import encodable, encodable_json
from .turns import ServerState, history_messages

_LENGTHS = ("max_output_tokens", "max_tokens", "max_completion_tokens")
"""By whichever name ``--param`` gives the longest answer."""


@dataclass(frozen=True, slots=True)
class Request:
    """One API call. A dialect's ``encode`` turns it into the body that is sent."""

    model: str
    api: Api
    messages: tuple[Message, ...]
    """The whole local transcript this call stands on: history, prompt, rounds so far."""
    instructions: str | None = None
    known: int = 0
    """How many leading messages the server already holds under ``previous_response_id``."""
    known_tokens: int = 0
    """As many tokens at least, 0 when not known: fewer in the answer's usage mean that the server forgot them."""
    previous_response_id: str | None = None
    """Responses only. When set, only ``messages[known:]`` travel."""
    store: bool = False
    """Responses only; always sent."""
    either: bool = False
    """Whether nobody chose the endpoint: a server that lacks it may be asked on the other."""
    tools: tuple[ToolSpec, ...] = ()
    web: bool = False
    """Whether the service may search the web. Responses only."""
    guard: bool = False
    privacy: str = "off"
    """What the loop does about numbers of people in what is sent: ``off``, ``warn`` or ``refuse``."""
    tool_choice: str = "auto"
    """``auto``, ``none``, ``required`` or a tool's name."""
    answer_format: AnswerFormat | None = None
    forced: bool = False
    """Whether ``answer_format`` travels as ``response_format``, the only form that some servers enforce."""
    max_tokens: int = 2048
    sampling: Mapping[str, Any] = field(default_factory=dict)
    """Sent as it is; only what the user gave."""
    reasoning: str | None = None
    """Effort: ``low``, ``medium``, ``high`` or what the model takes."""
    extra: Mapping[str, Any] = field(default_factory=dict)
    """``--param``: sent as it is. ``tools`` and ``include`` add to ours; all else wins."""
    stream: bool = True
    timeout: float = 60.0
    """Seconds without a byte."""
    patience: float | None = None
    """Seconds to wait for a turn on a shared limit; None: two waits."""
    fresh: bool = False
    """``--fresh``: a recording must not answer this."""
    named: frozenset[str] = frozenset()
    """Of model, api, instructions and max_tokens, what the ask itself gave; settings gave the others."""

    def __post_init__(self) -> None:
        # Only what can be sent; messages, tools and the answer's format see to that themselves.
        for name in ("model", "instructions", "previous_response_id", "tool_choice", "reasoning"):
            text = getattr(self, name)
            if text is not None:
                object.__setattr__(self, name, redact(encodable(text), forms=False))
        for name in ("sampling", "extra"):
            object.__setattr__(self, name, encodable_json(getattr(self, name)))


@dataclass
class ServerMemory:
    """What this kernel found out about one server."""

    keeps_nothing: bool = False
    """It takes a ``previous_response_id`` and ignores or refuses it: it gets transcripts."""
    lacking: set[Api] = field(default_factory=set)
    """Endpoints that it does not have."""
    needs_format: bool = False
    """It ignored a schema in its usual form: it gets ``response_format`` too."""
    lost: int = 0
    """How often it did not know an id that it had given."""


class Client(Protocol):
    """Whoever answers a Request: the service, a recording, a test."""

    def stream(self, request: Request, cancel: Cancel) -> Iterator[Event]:
        """Yield the events of one round, the last one `RoundCompleted`. Raises APIError, Stopped."""


def build(
    ask: Ask,
    settings: Settings,
    prompt: Sequence[Part],
    *,
    instructions: str | None = None,
    history: Sequence[Turn] = (),
    server_state: ServerState | None = None,
    tools: Sequence[ToolSpec] = (),
    answer_format: AnswerFormat | None = None,
) -> Request:
    """Build the first request of a turn. A flag wins over a setting.

    The instructions are sent with every turn: whether the service carries them over with ``previous_response_id`` is
    documented nowhere. With tools the ``answer_format`` is left out: the loop asks for the record after their rounds.

    The service documents tools on chat completions only; ``json_schema``, its search of the web and its work in the
    background on responses only (docs.neosantara.xyz, OpenAI compatibility).
    """
    wanted = ask.api or settings.api
    later = ask.params.get("background") is True  # what responses alone can do, with one that the server keeps
    web = ask.web or (later and wanted == "auto")
    # With tools and a schema the record comes through a forced tool after the tool rounds, which is chat's way.
    on_chat = wanted == "chat" or bool(tools and (answer_format or wanted == "auto"))
    api: Api = "chat" if on_chat and not web else "responses"
    store = api == "responses" and (later or (settings.store and not ask.once))
    continued = server_state if store else None
    model = ask.params.get("model")  # --param wins, and what it costs is that model's price
    # By whichever name: estimates and the budget must know the longest answer that will be allowed.
    lengths = [most for name in _LENGTHS if type(most := ask.params.get(name)) is int and most > 0]
    # In the order of the table, however they were typed: recordings compare and show them as text.
    sampling = {name: ask.sampling[name] for name in (flag.keyword for flag in FLAGS) if name in ask.sampling}
    named = {
        "model": ask.model or model,
        "api": ask.api,
        "instructions": ask.system is not None or ask.as_ is not None,
        "max_tokens": ask.max_tokens or any(name in ask.params for name in _LENGTHS),
    }
    return Request(
        model=model if isinstance(model, str) and model else ask.model or settings.model,
        api=api,
        messages=(*history_messages(history), user_message(*prompt)),
        instructions=instructions,
        known=continued.messages if continued else 0,
        known_tokens=continued.tokens if continued else 0,
        previous_response_id=continued.response_id if continued else None,
        store=store,
        either=wanted == "auto" and not web,
        tools=tuple(tools),
        web=ask.web,
        guard=ask.guard,
        privacy=settings.privacy if settings.privacy != "auto" else "warn" if ask.guard else "off",
        tool_choice=ask.tool_choice or "auto",
        answer_format=None if tools else answer_format,
        max_tokens=max(lengths, default=ask.max_tokens or settings.max_tokens),
        sampling={name: list(one) if isinstance(one, tuple) else one for name, one in sampling.items()},
        reasoning=ask.reasoning,
        extra=dict(ask.params),
        stream=ask.stream,
        # Long where nothing arrives until the whole answer is there.
        timeout=ask.timeout or settings.timeout or (600.0 if not ask.stream or ask.reasoning else 60.0),
        patience=settings.patience,
        fresh=ask.fresh,
        named=frozenset(name for name, given in named.items() if given),
    )
