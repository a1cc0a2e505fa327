"""The loop: ask, run the tools that were called, ask again, stop.

For: one turn from its first request to the model's last word, as a stream of events.
Not for: drawing (``render/``), dialling (``api/``), keeping (``turns.py``), or running a
tool (``tools/call.py``). It knows neither who watches nor who answers.
"""

from __future__ import annotations

from collections.abc import Callable, Container, Generator, Iterator, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, replace
from typing import Any

from .api import failures
from .cancel import Cancel
from .errors import APIStatusError, SchemaError
from .events import Event, Noted, Parsed, Prompted, RoundCompleted, TextDelta, ToolCallDelta, ToolReturned
from .messages import AnswerFormat, Message, ToolCall, ToolResult, assistant_message, tool_message, user_message
from .request import Client, Request
from .texts import say, two_lines
from .tools.approval import Approver
from .tools.arguments import MOST_ARGUMENTS
from .tools.call import Captured, call_all, refuse
from .tools.toolbox import Toolbox

_KEPT_OF_TOO_LONG = 1_000
"""Characters kept of arguments that no tool takes."""


@dataclass(frozen=True)
class AnswerCheck:
    """The schema an answer must fit, and how to turn its text into data."""

    format: AnswerFormat
    parse: Callable[[str], Any]
    """Text to validated object. Raises `SchemaError`."""


@dataclass(frozen=True)
class TurnLimits:
    """What a turn may do at most."""

    rounds: int = 8
    """Rounds that may call tools; one last call without tools may follow."""
    result_characters: int = 20_000


@dataclass(frozen=True)
class TurnTools:
    """The functions a turn may call and the two hands it needs for it."""

    toolbox: Toolbox
    approve: Approver
    capture: Callable[[], AbstractContextManager[Captured]]


@dataclass
class _Progress:
    """The request as it grows from round to round."""

    request: Request
    before_another: Callable[[Request], None]
    done: RoundCompleted | None = None
    """The last round, with the calls as they are kept and sent on."""
    calls: tuple[ToolCall, ...] = ()
    """The calls of the last round as the model wrote them."""
    calling_rounds: int = 0


def run_turn(
    request: Request,
    client: Client,
    cancel: Cancel,
    *,
    tools: TurnTools | None = None,
    check: AnswerCheck | None = None,
    limits: TurnLimits = TurnLimits(),  # frozen, so it can be shared
    before_another: Callable[[Request], None] = lambda _request: None,
) -> Generator[Event]:
    """Run one turn.

    Args:
        request: The first call. Further calls are built from it.
        client: Who answers.
        cancel: Ends the turn from outside.
        tools: What the model may call; None when no tools were named.
        check: The schema of the answer. On chat completions it is recorded through a forced tool
            after the tool rounds, because the service takes ``json_schema`` only on responses.
        limits: Rounds and result length.
        before_another: Sees each request after the first before it is sent; what it raises ends the turn.

    Yields:
        The events of all rounds, tool calls and notes in between.

    Raises:
        APIError: the service failed; what came so far was yielded.
        SchemaError: the answer does not fit ``check``, also after one repair.
        Stopped: ``cancel`` was set.
    """
    progress = _Progress(request, before_another)
    if tools is not None:
        yield from _tool_rounds(progress, client, cancel, tools, limits)
    if check is not None:
        if tools is not None:
            yield from _ask_for_record(progress, check.format)
        yield from _checked(progress, client, cancel, check)
    elif tools is None:
        yield from _round(progress, client, cancel)


def _tool_rounds(
    progress: _Progress, client: Client, cancel: Cancel, tools: TurnTools, limits: TurnLimits
) -> Iterator[Event]:
    if limits.rounds == 0:
        progress.request = replace(progress.request, tool_choice="none")
    while True:
        done = yield from _round(progress, client, cancel)
        calls = done.message.tool_calls
        if not calls:
            return
        if progress.request.tool_choice == "none":
            # The model calls although it was told not to. Its calls are answered, so that none
            # dangles in the history, but there is no further round to tell it in.
            refused = [refuse(call, "No more tool calls are allowed in this turn.") for call in calls]
            yield from (ToolReturned(result) for result in refused)
            _continue(progress, refused)
            return
        progress.calling_rounds += 1
        results: dict[int, ToolResult] = {}
        for event in call_all(
            progress.calls,
            tools.toolbox,
            approve=tools.approve,
            cancel=cancel,
            capture=tools.capture,
            limit=limits.result_characters,
        ):
            if isinstance(event, ToolReturned):
                place = _place(event.result.call, progress.calls, results)
                results[place] = replace(event.result, call=calls[place])
                yield ToolReturned(results[place])
            else:
                yield replace(event, call=calls[_place(event.call, progress.calls)])
        _continue(progress, [results[i] for i in range(len(calls))])
        if progress.calling_rounds >= limits.rounds:
            yield Noted(say("rounds_reached", count=limits.rounds))
            progress.request = replace(progress.request, tool_choice="none")


def _place(call: ToolCall, calls: Sequence[ToolCall], taken: Container[int] = ()) -> int:
    """Return where this very call stands; equal ones may stand beside it."""
    return next(i for i, one in enumerate(calls) if one is call and i not in taken)


def _bounded(event: RoundCompleted) -> RoundCompleted:
    """Return a round whose calls can be kept and sent again: megabytes of arguments are shortened.

    Tools refuse such arguments, so what is lost is only what nobody reads.
    """
    if all(len(call.arguments) <= MOST_ARGUMENTS for call in event.message.tool_calls):
        return event
    calls = tuple(map(_shortened, event.message.tool_calls))
    return replace(event, message=replace(event.message, tool_calls=calls))


def _shortened(call: ToolCall) -> ToolCall:
    if len(call.arguments) <= MOST_ARGUMENTS:
        return call
    beginning = f"{call.arguments[:_KEPT_OF_TOO_LONG]} [cut: {len(call.arguments):,} characters]"
    return replace(call, arguments=beginning)


def _continue(progress: _Progress, results: Sequence[ToolResult]) -> None:
    """Make the request that brings the tools' answers."""
    assert progress.done is not None  # noqa: S101  (only called after a round)
    answers = tuple(tool_message(result) for result in results)
    progress.request = replace(
        _after(progress.request, progress.done, *answers),
        # A forced choice is for the first round only: it would force the model to call for ever.
        tool_choice="auto",
    )


def _after(request: Request, done: RoundCompleted, *said: Message) -> Request:
    """Return the request that goes on after ``done`` with what was said then."""
    so_far = (*request.messages, done.message)
    if request.api == "responses" and done.stored and done.id:
        return replace(request, messages=(*so_far, *said), previous_response_id=done.id, known=len(so_far))
    return replace(request, messages=(*so_far, *said), previous_response_id=None, known=0)


def _ask_for_record(progress: _Progress, form: AnswerFormat) -> Iterator[Event]:
    """After the tool rounds: make the request that records the answer in the schema."""
    request = progress.request
    if progress.done is not None and not progress.done.message.tool_calls:
        wish = user_message(f"Now record that answer with {form.name}.")
        yield Prompted(wish)
        request = _after(request, progress.done, wish)
    progress.request = replace(request, tools=(), tool_choice="auto", answer_format=form)


def _checked(progress: _Progress, client: Client, cancel: Cancel, check: AnswerCheck) -> Iterator[Event]:
    """Ask for the record, parse it, and let the model repair it once."""
    for attempt in (1, 2):
        done = yield from _round(progress, client, cancel)
        try:
            value = check.parse(done.message.text)
        except SchemaError as error:
            if done.finish_reason == "length":
                raise SchemaError(*two_lines("schema_cut"), text=done.message.text) from error
            if attempt == 2:  # the repair was the second
                raise
            faults = "\n".join(error.lines) or error.what
            complaint = user_message(f"That does not fit the schema. Send it again, corrected.\n{faults}")
            yield Prompted(complaint)
            progress.request = _after(progress.request, done, complaint)
        else:
            yield Parsed(value)
            return


def _round(progress: _Progress, client: Client, cancel: Cancel) -> Generator[Event, None, RoundCompleted]:
    """Run one API call; return how it completed.

    An id the server no longer knows is replaced by the transcript, once: the local history is the
    truth, so nothing is lost but the shortcut.
    """
    request = progress.request
    if progress.done is not None:
        progress.before_another(request)
    try:
        done = yield from _events(request, client, cancel, progress)
    except APIStatusError as error:
        lost = request.previous_response_id
        if lost is None or not failures.names_unknown_response(error, lost):
            raise
        yield Noted(say("conversation_resent"))
        progress.request = replace(request, previous_response_id=None, known=0)
        done = yield from _events(progress.request, client, cancel, progress)
    progress.done = done
    return done


def _events(
    request: Request, client: Client, cancel: Cancel, progress: _Progress
) -> Generator[Event, None, RoundCompleted]:
    as_record = request.api == "chat" and request.answer_format is not None and not request.tools
    for event in client.stream(request, cancel):
        shown = _record_as_text(event) if as_record else event
        if isinstance(shown, RoundCompleted):
            progress.calls = shown.message.tool_calls
            shown = _bounded(shown)
        if shown is not None:
            yield shown
        if isinstance(shown, RoundCompleted):
            return shown
    raise AssertionError("a Client ends with RoundCompleted or raises")


def _record_as_text(event: Event) -> Event | None:
    """Turn the forced tool call that carries a record into the text it stands for.

    The reader, the history and the parser then see the same JSON on both endpoints.
    """
    if isinstance(event, ToolCallDelta):
        return TextDelta(event.arguments) if event.arguments else None
    if isinstance(event, RoundCompleted) and event.message.tool_calls:
        text = event.message.tool_calls[0].arguments
        reason = "stop" if event.finish_reason == "tool_calls" else event.finish_reason
        return replace(event, message=assistant_message(text), finish_reason=reason)
    return event
