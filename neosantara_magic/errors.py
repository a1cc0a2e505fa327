"""Every error we raise on purpose, as two lines; and what code of the notebook raised, in one line or passed on.

Names follow the OpenAI SDK's where it has one, so that code and search results carry over.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

from .redaction import redact
from .texts import printable

T = TypeVar("T")
_MOST_INNER = 5
"""Exceptions of a group that a message names."""
_CONTEXT: Any = vars(BaseException)["__context__"]


def _groupless(error: BaseException) -> BaseException | None:
    """Return an error's context; None if it leads to a group, for then IPython prints a traceback, not our lines."""
    context = link = _CONTEXT.__get__(error)
    while link is not None and not isinstance(link, BaseExceptionGroup):
        link = link.__context__
    return None if link else context


class _TwoLines(BaseException):
    """Shows an exception as two lines in IPython, with its real class as ``ename``."""

    __context__ = property(_groupless, _CONTEXT.__set__)

    def __init__(self, what: str = "", next_step: str = "") -> None:
        self.what, self.next_step = printable(redact(what)), printable(redact(next_step))
        super().__init__(self.what, self.next_step)

    def __str__(self) -> str:
        return "\n".join(line for line in (self.what, self.next_step) if line)

    def _render_traceback_(self) -> list[str]:
        # IPython asks for this before it builds a traceback (InteractiveShell.showtraceback).
        return [f"{type(self).__name__}: {self.what}", *([self.next_step] if self.next_step else [])]


def explains_itself(error: object) -> bool:
    """Whether an error is one of ours, or IPython's of a mistyped magic: it shows two lines and no traceback."""
    return isinstance(error, _TwoLines) or type(error).__module__ == "IPython.core.error"


class NeosantaraError(_TwoLines, Exception):
    """Something went wrong that the user can understand and act on.

    Attributes:
        what: What happened, with the exact thing quoted. One line.
        next_step: What to do now. One line, may be empty.
        status: HTTP status of the server's answer, if one came.
        code: The server's ``error.code``, if it gave one.
        request_id: The server's ``X-Request-Id``, to quote to support.
        retry_after: Seconds the server asked to wait, if it did.
        text: The part of the answer that had arrived. Empty when there is none.
    """

    def __init__(
        self,
        what: str,
        next_step: str = "",
        *,
        status: int | None = None,
        code: str | None = None,
        request_id: str | None = None,
        retry_after: float | None = None,
        text: str = "",
    ) -> None:
        super().__init__(what, next_step)
        self.status = status
        self.code = code
        self.request_id = request_id
        self.retry_after = retry_after
        self.text = text


class UsageError(NeosantaraError):
    """What the user typed or set cannot be used. Nothing was sent, nothing was lost."""


class ToolDefinitionError(UsageError):
    """A function that cannot be offered as a tool; all its problems in one error."""


class BudgetExceededError(UsageError):
    """The request could pass ``budget_idr``, so it was not sent.

    It may be a later request of a turn: what came before it is kept, in ``text`` too.
    """


class RecordingError(NeosantaraError):
    """A recording has no answer for this request, or cannot be read."""


class ConversationFileError(NeosantaraError):
    """A saved conversation is damaged or from a newer version; nothing was loaded."""


class SchemaError(NeosantaraError):
    """The answer does not fit the schema. ``text`` holds it."""

    lines: tuple[str, ...] = ()
    """What is wrong, one line per field, in English: for the model that is asked to repair it."""


class APIError(NeosantaraError):
    """The service, or the way to it, failed."""


class APIConnectionError(APIError):
    """No connection: DNS, refused, TLS, proxy, reset."""


class APITimeoutError(APIConnectionError):
    """No byte for the time that ``--timeout`` allows."""


class StreamError(APIError):
    """The stream broke half-way: failed, cut, or ended without its completion event."""

    body: Any = None
    """What the server sent, when it reported an error itself."""


class APIStatusError(APIError):
    """The server answered with an HTTP error status."""

    allowances: tuple[Any, ...] = ()
    """What is left of the service's limits (`messages.Allowance`), when the server said so."""
    lacks_endpoint = False
    """Whether the server has no such address: not the model or response, the endpoint itself is not there."""


class BadRequestError(APIStatusError):
    """400."""


class AuthenticationError(APIStatusError):
    """401, or no key to send."""


class InsufficientBalanceError(APIStatusError):
    """402: the PAYG balance is used up."""


class PermissionDeniedError(APIStatusError):
    """403: the tier or the kind of key does not allow this."""


class NotFoundError(APIStatusError):
    """404: no such model, or no such stored response."""


class RequestTimeoutError(APIStatusError):
    """408."""


class ConflictError(APIStatusError):
    """409."""


class RequestTooLargeError(APIStatusError):
    """413."""


class UnprocessableEntityError(APIStatusError):
    """422."""


class RateLimitError(APIStatusError):
    """429, after the visible waits."""


class InternalServerError(APIStatusError):
    """500 and above."""


class Stopped(_TwoLines, KeyboardInterrupt):  # a KeyboardInterrupt, so no Error in its name
    """The user stopped the answer. What had arrived is kept and marked ``stopped``."""


# -- what code of the notebook raised: tools, values and validators may raise anything, also what is no Exception


def reraise_interrupt(error: BaseException) -> None:
    """Raise again what is no fault: the user's interrupt, also in a group as trio gives it, or the wish to exit."""
    if isinstance(error, KeyboardInterrupt | SystemExit | GeneratorExit):
        raise error
    if isinstance(error, BaseExceptionGroup) and error.subgroup(KeyboardInterrupt) is not None:
        raise KeyboardInterrupt from error


def attempt(otherwise: T, function: Callable[..., T], *args: object) -> T:
    """Return what a call gives; ``otherwise`` when it fails."""
    try:
        return function(*args)
    except BaseException as error:  # noqa: BLE001
        reraise_interrupt(error)
        return otherwise


def repr_of(value: object) -> str:
    """Return the `repr` of any value; of one whose `repr` fails, the class."""
    return attempt(f"<{type(value).__name__}>", repr, value)


def message_of(error: BaseException, limit: int) -> str:
    """Return an exception's message in one line of at most ``limit`` characters; empty if it has none or fails."""
    message = attempt("", str, error)[: 10 * limit]
    if isinstance(error, BaseExceptionGroup) and limit > _MOST_INNER:
        inner = [in_one_line(one, limit // 2) for one in error.exceptions[:_MOST_INNER]]
        message = f"{message}: {'; '.join(inner)}"
    flat = redact(" ".join(message.split()))
    return flat if len(flat) <= limit else f"{flat[: limit - 3]}..."


def in_one_line(error: BaseException, limit: int = 200) -> str:
    """Return an exception as type and message, never a traceback, and no API key in it."""
    message = message_of(error, limit)
    return f"{type(error).__name__}: {message}" if message else type(error).__name__
