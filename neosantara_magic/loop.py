"""One turn from its first request to the model's last word, as a stream of events: ask, run the tools, ask again.

It knows neither the screen nor the service.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Generator, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, replace

from .api import failures, filters
from .errors import APIStatusError, SchemaError, UsageError
from .events import Dropped, Event, Noted, Parsed, Prompted, RoundCompleted, TextDelta, ToolCallDelta, ToolReturned
from .messages import AnswerFormat, Api, Message, ToolCall, ToolResult, assistant_message, tool_message, user_message
from .redaction import numbers_in
from .request import Client, Request, ServerMemory
from .scope import Cancel
from .texts import say, two_lines
from .tools.answer_schema import AnswerSchema
from .tools.approval import Approver
from .tools.arguments import MOST_ARGUMENTS
from .tools.call import call_all, refuse
from .tools.crew import Captured
from .tools.toolbox import Toolbox

_PATHS: dict[Api, str] = {"responses": "/v1/responses", "chat": "/v1/chat/completions"}
_KEPT_OF_TOO_LONG = 1_000
"""Characters that are kept of arguments too long for any tool."""


@dataclass(frozen=True)
class TurnTools:
    """Tools, approver, output capture and limits of a turn."""

    toolbox: Toolbox
    approve: Approver
    capture: Callable[[], AbstractContextManager[Captured]]
    rounds: int = 8
    """Rounds that may call tools; one last call without tools may follow."""
    result_characters: int = 20_000


@dataclass
class _Progress:
    """The request as it grows from round to round."""

    request: Request
    client: Client
    cancel: Cancel
    before_another: Callable[[Request], None]
    memory: ServerMemory
    done: RoundCompleted | None = None
    calls: tuple[ToolCall, ...] = ()
    """The calls of the last round as the model wrote them; ``done`` has them as they are kept and sent on."""


def run_turn(
    request: Request,
    client: Client,
    cancel: Cancel,
    *,
    tools: TurnTools,
    check: AnswerSchema | None = None,
    memory: ServerMemory | None = None,
    before_another: Callable[[Request], None] = lambda _request: None,
) -> Generator[Event]:
    """Run one turn; yield the events of all its rounds, with tool calls and notes in between.

    ``request`` is the first call; further calls are built from it, and ``before_another`` sees each before it is sent:
    what it raises ends the turn. What shows of the server is noted in ``memory``. ``check`` is the answer's schema: on
    chat completions it is recorded through a forced tool after the tool rounds, because the service takes
    ``json_schema`` only on responses.

    Raises:
        APIError: the service failed; the events up to that point were yielded.
        SchemaError: the answer does not fit ``check``, also after one repair.
        Stopped: ``cancel`` was set.
    """
    progress = _Progress(request, client, cancel, before_another, memory or ServerMemory())
    if check is None or tools.toolbox:
        yield from _tool_rounds(progress, tools)
    if check is not None:
        if tools.toolbox:
            yield from _ask_for_record(progress, check.format)
        yield from _checked(progress, check)


def _tool_rounds(progress: _Progress, tools: TurnTools) -> Iterator[Event]:
    calling_rounds = 0
    if tools.rounds == 0:
        progress.request = replace(progress.request, tool_choice="none")
    while True:
        done = yield from _round(progress)
        calls = done.message.tool_calls
        if not calls or not (tools.toolbox or any(call.server for call in calls)):
            return
        if progress.request.tool_choice == "none":
            # The model calls although it was told not to. Its calls are answered, so that none
            # dangles in the history, but there is no further round to tell it in.
            refused = [refuse(call, "No more tool calls are allowed in this turn.") for call in calls]
            yield from map(ToolReturned, refused)
            _continue(progress, refused)
            return
        calling_rounds += 1
        kept = {id(call): short for call, short in zip(progress.calls, calls, strict=True)}
        results: dict[int, ToolResult] = {}
        for event in call_all(
            progress.calls,
            tools.toolbox,
            approve=tools.approve,
            cancel=progress.cancel,
            capture=tools.capture,
            limit=tools.result_characters,
        ):
            if isinstance(event, ToolReturned):
                call = event.result.call
                results[id(call)] = replace(event.result, call=kept[id(call)])
                yield ToolReturned(results[id(call)])
            else:
                yield replace(event, call=kept[id(event.call)])
        _continue(progress, [results[id(call)] for call in progress.calls])
        if calling_rounds >= tools.rounds:
            yield Noted(say("round_reached" if tools.rounds == 1 else "rounds_reached", count=tools.rounds))
            progress.request = replace(progress.request, tool_choice="none")


def _cut(call: ToolCall) -> ToolCall:
    beginning = f"{call.arguments[:_KEPT_OF_TOO_LONG]} [cut: {len(call.arguments):,} characters]"
    return replace(call, arguments=beginning)


def _continue(progress: _Progress, results: Sequence[ToolResult]) -> None:
    """Make the request that brings the tools' answers."""
    # A forced choice is for the first round only: it would force the model to call for ever.
    progress.request = replace(_after(progress, *map(tool_message, results)), tool_choice="auto")


def _after(progress: _Progress, *said: Message) -> Request:
    """Return the request that goes on after the last round with what was said then."""
    request, done, memory = progress.request, progress.done, progress.memory
    assert done is not None  # noqa: S101  (only called after a round)
    so_far = (*request.messages, done.message)
    if request.api == "responses" and done.stored and done.id and not memory.keeps_nothing:
        held = done.usage.held if done.usage else 0
        continued = replace(request, previous_response_id=done.id, known=len(so_far), known_tokens=held)
        return replace(continued, messages=(*so_far, *said))
    return _with_transcript(replace(request, messages=(*so_far, *said)))


def _with_transcript(request: Request) -> Request:
    return replace(request, previous_response_id=None, known=0, known_tokens=0)


def _ask_for_record(progress: _Progress, form: AnswerFormat) -> Iterator[Event]:
    """After the tool rounds: make the request that records the answer in the schema."""
    request = progress.request
    if progress.done is not None and not progress.done.message.tool_calls:
        wish = user_message(f"Now record that answer with {form.name}.")
        yield Prompted(wish)
        request = _after(progress, wish)
    progress.request = replace(request, tools=(), web=False, tool_choice="auto", answer_format=form)


def _checked(progress: _Progress, check: AnswerSchema) -> Iterator[Event]:
    """Ask for the record, parse it, and let the model repair it once."""
    progress.request = replace(progress.request, forced=progress.memory.needs_format)
    for attempt in (1, 2):
        done = yield from _round(progress)
        try:
            value = check.parse(done.message.text)
        except SchemaError as error:
            if done.finish_reason == "length":
                raise SchemaError(*two_lines("schema_cut"), text=done.message.text) from error
            if attempt == 2:  # the repair was the second
                raise
            faults = "\n".join(error.lines) or error.what
            said = f"That does not fit the schema. Send it again, corrected.\n{faults}"
            if not re.search(r"[\[{]", done.message.text):  # no JSON at all: the server did not pass the schema on
                schema = json.dumps(check.format.schema, ensure_ascii=False)
                said += f"\nAnswer with JSON only, no other words. The JSON Schema:\n{schema}"
                progress.memory.needs_format = True
            complaint = user_message(said)
            yield Prompted(complaint)
            progress.request = replace(_after(progress, complaint), forced=progress.memory.needs_format)
        else:
            yield Parsed(value)
            return


def _round(progress: _Progress) -> Generator[Event, None, RoundCompleted]:
    """Run one API call; return how it completed. An id that the server lost or ignores gives way to the transcript."""
    memory = progress.memory
    request = progress.request
    request = progress.request = where_it_is(request, memory)
    if progress.done is not None:
        progress.before_another(request)
    try:
        done = yield from _events(request, progress)
    except APIStatusError as error:
        lost = request.previous_response_id  # with one, the endpoint is there
        if error.lacks_endpoint and lost is None and request.either and not memory.lacking:
            done = yield from _elsewhere(progress, error)
        elif lost is not None and failures.names_unknown_response(error, lost):
            memory.lost += 1
            # One that keeps responses may lose one; a second time, or words that are no "not found", tell more.
            memory.keeps_nothing = memory.keeps_nothing or error.status != 404 or memory.lost > 1
            yield Noted(say("conversation_unkept" if memory.keeps_nothing else "conversation_resent"))
            progress.request = _with_transcript(request)
            done = yield from _events(progress.request, progress)
        else:
            raise
    if request is progress.request and _ignored_history(request, done):
        memory.keeps_nothing = True
        yield Dropped()
        yield Noted(say("conversation_unkept"))
        progress.request = _with_transcript(request)
        progress.before_another(progress.request)
        done = yield from _events(progress.request, progress)
    progress.done = done
    return done


def _elsewhere(progress: _Progress, lacking: APIStatusError) -> Generator[Event, None, RoundCompleted]:
    """Ask on the other endpoint, because the server does not have this one; note it for the kernel's life."""
    first = progress.request.api
    progress.request = _on_the_other(progress.request)
    try:
        done = yield from _events(progress.request, progress)
    except APIStatusError as error:
        # Neither endpoint: the address is wrong, and what was asked first says so.
        raise lacking if error.lacks_endpoint else error from None
    progress.memory.lacking.add(first)
    yield Noted(say("endpoint_lacking", lacking=_PATHS[first], path=_PATHS[progress.request.api]))
    return done


def where_it_is(request: Request, memory: ServerMemory) -> Request:
    """Return a request as it goes to a server that may be known to lack its endpoint."""
    return _on_the_other(request) if request.either and request.api in memory.lacking else request


def _on_the_other(request: Request) -> Request:
    other: Api = "chat" if request.api == "responses" else "responses"
    return _with_transcript(replace(request, api=other, store=False))


def _ignored_history(request: Request, done: RoundCompleted) -> bool:
    """Whether the server answered without the history that it was told to go on from."""
    sent, body = request.previous_response_id, done.raw
    if sent is None or not isinstance(body, dict):
        return False
    if "previous_response_id" in body:  # an echo is believed
        return bool(body["previous_response_id"] != sent)
    read = done.usage.input_tokens if done.usage else 0  # one that counts nothing shows no sign of keeping anything
    return body.get("store") is False or read <= request.known_tokens


def _events(request: Request, progress: _Progress) -> Generator[Event, None, RoundCompleted]:
    if numbers := numbers_of(request):
        if request.privacy == "refuse":
            raise UsageError(*two_lines("privacy.refused", found=listed(numbers)))
        yield Noted(say("privacy.sent", found=listed(numbers)))
    as_record = request.api == "chat" and request.answer_format is not None and not request.tools
    for event in filters.apart(progress.client.stream(request, progress.cancel)):
        shown = _record_as_text(event) if as_record else event
        if isinstance(shown, RoundCompleted):
            progress.calls = shown.message.tool_calls
            # Tools refuse megabytes of arguments, so nobody needs the rest of them.
            calls = tuple(call if len(call.arguments) <= MOST_ARGUMENTS else _cut(call) for call in progress.calls)
            done = replace(shown, message=replace(shown.message, tool_calls=calls))
            yield done
            return done
        if shown is not None:
            yield shown
    raise AssertionError("a Client ends with RoundCompleted or raises")


def numbers_of(request: Request) -> dict[str, str]:
    """Return what `numbers_in` finds in what is about to be sent; nothing where `privacy` is off."""
    if request.privacy == "off":
        return {}
    texts = [request.instructions or "", json.dumps(dict(request.extra), ensure_ascii=False)]
    texts += [message.text for message in request.messages[request.known :] if message.role != "assistant"]
    return numbers_in(texts)


def listed(numbers: Mapping[str, str]) -> str:
    """Return the first of such numbers in words: kind and masked form."""
    found = [f"{kind if kind.isupper() else say(f'privacy.{kind}')} {masked}" for masked, kind in numbers.items()]
    return ", ".join(found[:5]) + (", …" if len(found) > 5 else "")


def _record_as_text(event: Event) -> Event | None:
    """Turn the forced tool call that carries a record into the text it stands for, as on the other endpoint."""
    if isinstance(event, ToolCallDelta):
        return TextDelta(event.arguments) if event.arguments else None
    if isinstance(event, RoundCompleted) and event.message.tool_calls:
        text = event.message.tool_calls[0].arguments
        reason = "stop" if event.finish_reason == "tool_calls" else event.finish_reason
        return replace(event, message=assistant_message(text), finish_reason=reason)
    return event
