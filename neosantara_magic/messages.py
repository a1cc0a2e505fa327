"""What was said: values only, frozen, comparable and picklable. Each holds only what can be sent: UTF-8, and no key."""

from __future__ import annotations

import base64
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, fields
from typing import Any, Literal

from .beside import Beside, ServiceCall, Source
from .redaction import redact, redact_all
from .texts import encodable, encodable_json, printable
from .validators import from_json

Role = Literal["user", "assistant", "tool"]
"""System text is not a message: it is the request's ``instructions``."""
ToolStatus = Literal["done", "failed", "refused"]
Api = Literal["responses", "chat"]
APPROVED = "approved"
"""What a call on an MCP server is answered with when the service may run it."""
FinishReason = str
"""``stop``, ``length``, ``tool_calls``, ``content_filter`` or what the server said."""


def _harmless(text: str) -> str:
    """Return what can be sent: UTF-8, without a key in force. What merely looks like one may be what is asked about."""
    return redact(encodable(text), forms=False)


@dataclass(frozen=True, slots=True)
class TextPart:
    """A piece of text in a message."""

    text: str

    def __post_init__(self) -> None:
        object.__setattr__(self, "text", _harmless(self.text))


@dataclass(frozen=True, slots=True)
class ImagePart:
    """An image in a message."""

    url: str
    """An ``https://`` URL or a ``data:image/...;base64,`` URL."""

    def __post_init__(self) -> None:
        object.__setattr__(self, "url", encodable(self.url))

    @property
    def media_type(self) -> str:
        """``image/png`` and the like; empty for an image that is elsewhere."""
        return self.url[5:].partition(";")[0] if self.url.startswith("data:") else ""

    @property
    def data(self) -> bytes:
        """The image's bytes; none for an image that is elsewhere."""
        return base64.b64decode(self.url.partition(",")[2]) if self.url.startswith("data:") else b""


Part = TextPart | ImagePart


@dataclass(frozen=True, slots=True)
class ToolCall:
    """The model's request to call a tool."""

    id: str
    name: str
    arguments: str
    """JSON text as the model wrote it; may be empty, cut, or not JSON at all."""
    server: str = ""
    """The MCP server on which the service would run it, once it is allowed to; empty for a function of ours."""

    def __post_init__(self) -> None:
        for name in ("id", "name", "arguments", "server"):
            object.__setattr__(self, name, _harmless(getattr(self, name)))


@dataclass(frozen=True, slots=True)
class ToolResult:
    """What became of one ToolCall, and the card that shows it."""

    call: ToolCall
    result: str
    """What the model is told: the value as text, or the reason why there is none."""
    status: ToolStatus = "done"
    seconds: float = field(default=0.0, compare=False)
    images: tuple[ImagePart, ...] = ()
    """Images the model is shown with the result."""
    shown: tuple[Mapping[str, Any], ...] = ()
    """What the function printed or displayed: mime bundles for its card, never sent."""
    note: str = ""
    """A remark for the reader only, such as "may still be running"."""

    def __post_init__(self) -> None:
        object.__setattr__(self, "result", redact(encodable(self.result)))
        object.__setattr__(self, "shown", redact_all(self.shown))

    @property
    def name(self) -> str:
        """Name of the tool, as the model called it."""
        return self.call.name

    @property
    def arguments(self) -> Any:
        """The arguments as parsed JSON (usually a dict), or the raw text when it is not JSON."""
        return from_json(self.call.arguments or "{}")

    @property
    def error(self) -> str | None:
        """What went wrong, as told to the model; None for a call that returned."""
        return None if self.status == "done" else self.result


@dataclass(frozen=True, slots=True)
class ToolSpec:
    """A tool as the model sees it."""

    name: str
    description: str
    parameters: Mapping[str, Any]
    """JSON Schema of the arguments: an object."""

    def __post_init__(self) -> None:
        object.__setattr__(self, "description", redact(encodable(self.description)))
        object.__setattr__(self, "parameters", redact_all(encodable_json(self.parameters)))


@dataclass(frozen=True, slots=True)
class AnswerFormat:
    """The JSON Schema the answer must follow."""

    name: str
    schema: Mapping[str, Any]

    def __post_init__(self) -> None:
        object.__setattr__(self, "name", encodable(self.name))
        object.__setattr__(self, "schema", redact_all(encodable_json(self.schema)))


@dataclass(frozen=True, slots=True)
class Message:
    """One message of a conversation."""

    role: Role
    parts: tuple[Part, ...] = ()
    tool_calls: tuple[ToolCall, ...] = ()
    """Only on ``assistant`` messages."""
    call_id: str | None = None
    """Only on ``tool`` messages: the id of the ToolCall this answers."""
    beside: tuple[Beside, ...] = ()
    """Only on ``assistant`` messages: what the service sent beside text, images and calls. It is never sent back."""
    status: ToolStatus = "done"
    """Only on ``tool`` messages, for who reads them: what became of the call."""

    @property
    def text(self) -> str:
        """All text parts joined."""
        return "".join(part.text for part in self.parts if isinstance(part, TextPart))

    @property
    def images(self) -> tuple[ImagePart, ...]:
        """All image parts."""
        return tuple(part for part in self.parts if isinstance(part, ImagePart))


def user_message(*parts: Part | str) -> Message:
    """Build a user message from parts or plain strings."""
    return Message("user", tuple(TextPart(part) if isinstance(part, str) else part for part in parts))


def assistant_message(
    text: str, tool_calls: tuple[ToolCall, ...] = (), brought: Iterable[ImagePart | Beside] = ()
) -> Message:
    """Build an assistant message; images among what the service ``brought`` become parts."""
    images = tuple(one for one in brought if isinstance(one, ImagePart))
    beside = tuple(one for one in brought if not isinstance(one, ImagePart))
    return Message("assistant", ((TextPart(text),) if text else ()) + images, tool_calls, beside=beside)


def brought_in(messages: Iterable[Message]) -> dict[str, Any]:
    """Return images, sources (each once) and calls of the service in replies, as `Response` names them."""
    replies = [message for message in messages if message.role == "assistant"]
    beside = [one for message in replies for one in message.beside]
    return {
        "images": tuple(image for message in replies for image in message.images),
        "sources": tuple(dict.fromkeys(one for one in beside if isinstance(one, Source))),
        "service_calls": tuple(one for one in beside if isinstance(one, ServiceCall)),
    }


def tool_message(result: ToolResult) -> Message:
    """Build the message that answers a tool call."""
    return Message("tool", (TextPart(result.result), *result.images), call_id=result.call.id, status=result.status)


@dataclass(frozen=True, slots=True)
class Usage:
    """Tokens of one round or of a whole turn."""

    input_tokens: int = 0
    output_tokens: int = 0
    total_tokens: int = 0
    cached_tokens: int = 0
    """Part of ``input_tokens`` that came from the provider's prompt cache."""
    reasoning_tokens: int = 0
    """Part of ``output_tokens`` spent on reasoning; billed as output."""

    @property
    def held(self) -> int:
        """Tokens that a server must read again to go on after this: all but the reasoning."""
        return self.input_tokens + self.output_tokens - min(self.reasoning_tokens, self.output_tokens)

    def __add__(self, other: Usage) -> Usage:
        return Usage(*(getattr(self, one.name) + getattr(other, one.name) for one in fields(self)))


@dataclass(frozen=True, slots=True)
class Allowance:
    """What the service says is left of one of its limits."""

    kind: Literal["requests", "tokens", "input_tokens", "output_tokens"]
    limit: int | None = None
    """Most in one period; the service counts by the minute."""
    remaining: int | None = None
    reset: float | None = None
    """Seconds from the answer until the limit is whole again."""


@dataclass(frozen=True, slots=True)
class CodeBlock:
    """A fenced block of an answer."""

    language: str
    source: str


_PYTHON = {"python", "py", "python3", "py3", "ipython", "ipython3", "pycon"}


def python_source(code: Sequence[CodeBlock]) -> str:
    """Return the Python blocks of an answer as source for a cell, without fences and prompts.

    Blocks without a language count only when no block is marked as Python: beside Python they usually show output.
    """
    blocks = [block for block in code if block.language.lower() in _PYTHON]
    sources = [block.source for block in blocks or [block for block in code if not block.language]]
    for at, source in enumerate(sources):
        lines = source.splitlines()
        if any(line.startswith(">>> ") for line in lines):  # a console session: what was typed, not what was printed
            typed = [line[4:] for line in lines if line.startswith((">>> ", "... ")) or line in {">>>", "..."}]
            sources[at] = "\n".join(typed)
    return "\n\n".join(source.rstrip() for source in sources)


@dataclass(frozen=True, slots=True)
class Turn:
    """One ask and everything until the model stopped."""

    prompt: Message
    replies: tuple[Message, ...] = ()
    """Assistant and tool messages in order; never a tool call without its answer."""
    instructions: str | None = None
    api: Api = "responses"
    model: str = ""
    usage: Usage | None = None
    cost_idr: float | None = None
    outcome: Literal["completed", "stopped", "failed"] = "completed"
    response_id: str | None = None
    """The server's id of the last stored response of this turn; None when nothing is stored."""
    label: str = ""
    """``demo`` or ``recorded`` when the answer did not come from the service itself."""
    held_tokens: int = field(default=0, compare=False)
    """`Usage.held` of the last round, to notice a server that keeps nothing; 0 when not known."""
    stands_for: str | None = None
    """Digest of the history that ``response_id`` stands for (see ``turns.digest``)."""

    @property
    def messages(self) -> tuple[Message, ...]:
        """The prompt and the replies."""
        return (self.prompt, *self.replies)

    @property
    def text(self) -> str:
        """The answer's text, all rounds joined."""
        return "\n\n".join(m.text for m in self.replies if m.role == "assistant" and m.text)


@dataclass(frozen=True)
class Response:
    """The answer to one ask. ``str(response)`` is its text; IPython shows it again."""

    text: str = ""
    parsed: Any = None
    """With ``--schema``: the validated object."""
    tool_calls: tuple[ToolResult, ...] = ()
    usage: Usage | None = None
    """All rounds of the turn; None when the server reported none."""
    cost_idr: float | None = None
    """Rupiah; as billed when the server said so, else estimated; None when unknown."""
    cost_estimated: bool = False
    model: str = ""
    api: Api = "responses"
    id: str | None = None
    """The server's id of the last round."""
    request_id: str | None = None
    """The server's ``X-Request-Id`` of the last round."""
    finish_reason: FinishReason | None = None
    reasoning: str = ""
    code: tuple[CodeBlock, ...] = ()
    images: tuple[ImagePart, ...] = ()
    """Images in the answer, each with ``.data`` and ``.media_type``."""
    sources: tuple[Source, ...] = ()
    """Pages that the service named for what it says, each with ``.url`` and ``.title``."""
    service_calls: tuple[ServiceCall, ...] = ()
    """What the service ran itself, each with ``.name .arguments .output .error``."""
    conversation: str | None = None
    """Name of the conversation; None for ``--once``."""
    messages: tuple[Message, ...] = ()
    """What the model saw and said: history, prompt and replies."""
    error: BaseException | None = None
    stopped: bool = False
    raw: list[Any] = field(default_factory=list)
    """The server's own bodies, one a round; for a stream, the completion event's."""
    bundle: Mapping[str, str] = field(default_factory=dict, repr=False)
    """The static twin: what a notebook stores for this answer."""

    def __str__(self) -> str:
        return self.text

    def __repr__(self) -> str:
        head = self.text if len(self.text) <= 60 else self.text[:57] + "..."
        return printable(f"<Response {self.model} {head!r}>")

    def _repr_mimebundle_(self, **_kwargs: object) -> dict[str, str]:
        # Without a twin, as from a batch, the text; with the extension loaded it is rendered (`public.open_in`).
        return dict(self.bundle) or {"text/plain": printable(self.text)}
