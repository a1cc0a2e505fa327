"""The calls of one message: checked, approved, run, each answered exactly once. Nothing else calls a tool.

Order: every call is checked first, then approvals are asked one by one, then they run: calls of ``parallel=True``
and of async tools at once, all others one after another in the order of the message, sync ones in the calling thread.

What a tool raises becomes its answer, also what is no ``Exception``: ``exit()`` in a tool must end neither the kernel
nor the turn. ``KeyboardInterrupt`` is the user, and ends the turn.
"""

from __future__ import annotations

import asyncio
import inspect
import math
import time
from collections.abc import Callable, Generator, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field
from typing import Any, Literal, cast

from ..errors import Stopped, in_one_line, reraise_interrupt
from ..events import Progress, ToolAsked, ToolReturned, ToolStarted
from ..messages import APPROVED, ToolCall, ToolResult, ToolSpec
from ..scope import Cancel
from ..texts import say
from ..validators import nearest, shown
from .approval import MOST_READ, Approver, Decision
from .arguments import Mismatch
from .crew import Captured, Crew, Job, background_loop, interrupted_by, no_capture
from .results import MORE_ITEMS, MOST_ITEMS, RESULT_LIMIT, Told, as_told, drained
from .toolbox import Tool, Toolbox

Capture = Callable[[], AbstractContextManager[Captured]]

_MESSAGE_LIMIT = 2_000
"""Characters of an exception's message that the model is told."""

progress: ContextVar[Progress] = ContextVar("progress")
"""For an async tool: where it may say how far its call is. Whoever draws the card draws that with it."""


@dataclass
class _Ready:
    """A call that can run: its tool is known and its arguments fit."""

    call: ToolCall
    tool: Tool
    args: tuple[Any, ...]
    kwargs: dict[str, Any]
    progress: Progress = field(default_factory=Progress)
    told: Told = field(init=False)
    """Its value, once it has ended."""
    result: ToolResult = field(init=False)

    @contextmanager
    def running(self, capture: Capture) -> Iterator[None]:
        """Run the block as the call: keep what it shows, how long it takes, and what it raises in place of a value."""
        start, captured = time.perf_counter(), Captured()
        status: Literal["done", "failed"] = "done"
        try:
            with capture() as captured:
                yield
        except BaseException as error:
            task = asyncio.current_task() if self.tool.is_async else None
            if isinstance(error, asyncio.CancelledError) and task is not None and task.cancelling():
                raise
            self.told, status = Told(_told(error)), "failed"
        seconds, told = time.perf_counter() - start, self.told
        self.result = ToolResult(self.call, told.text, status, seconds, told.images, captured.shown)


def call_all(
    calls: Sequence[ToolCall],
    toolbox: Toolbox,
    *,
    approve: Approver,
    cancel: Cancel,
    capture: Capture = no_capture,
    limit: int = RESULT_LIMIT,
) -> Iterator[ToolAsked | ToolStarted | ToolReturned]:
    """Run the calls of one assistant message.

    Yields for each call ``ToolAsked? ToolStarted? ToolReturned``; results as they come, each holding the very ToolCall
    it answers. A caller that stops early abandons what still runs. ``capture`` is entered around each function, in the
    thread or task in which it runs; ``limit`` is in characters of each result.

    ``approve`` decides about each call before any of them starts. `ToolAsked` comes for those that wait for somebody.

    Raises:
        Stopped: ``cancel`` was set.
        KeyboardInterrupt: the user interrupted, or a tool raised it.
    """
    checked = [_checked(call, toolbox) for call in calls]
    yield from (ToolReturned(one) for one in checked if isinstance(one, ToolResult))
    approved: list[_Ready] = []
    for ready in [one for one in checked if isinstance(one, _Ready)]:
        refused = yield from _approved(ready, approve, cancel)
        if refused is None:
            approved.append(ready)
        else:
            yield ToolReturned(refused)
    yield from _run(approved, cancel, capture, limit)


def refuse(call: ToolCall, reason: str, note: str = "") -> ToolResult:
    """Answer a call without running it. ``reason`` is for the model, ``note`` for the reader."""
    return ToolResult(call, reason, "refused", note=note)


def _checked(call: ToolCall, toolbox: Toolbox) -> _Ready | ToolResult:
    if call.server:  # the service runs it itself, once the user said yes
        spec = ToolSpec(f"{call.server}.{call.name}", "", {})
        return _Ready(call, Tool(spec, lambda: APPROVED, cast("Any", None), confirm=True), (), {})
    tool = toolbox.get(call.name)
    if tool is None:
        near = nearest(call.name, toolbox) if len(call.name) <= 100 else None
        hint = f" Did you mean {near}?" if near else ""
        known = ", ".join(toolbox) or "none"
        told = f"There is no tool named {shown(call.name)!r}.{hint} The tools are: {known}."
        return ToolResult(call, told, "failed")
    try:
        return _Ready(call, tool, *tool.arguments.bind(call.arguments))
    except Mismatch as error:
        told = "The arguments do not fit, so the function was not called.\n" + "\n".join(error.lines)
    except BaseException as error:  # noqa: BLE001  (out of a validator or a dataclass of the user's own)
        told = f"The arguments were refused, so the function was not called.\n{_told(error)}"
    return ToolResult(call, told, "failed")


def _approved(ready: _Ready, approve: Approver, cancel: Cancel) -> Generator[ToolAsked, None, ToolResult | None]:
    """Ask about one call; return its refusal, or None when it may run."""
    if approve.asks(ready.tool):
        size = len(ready.call.arguments)
        if size > MOST_READ:
            told = f"its arguments have {size:,} characters, and the user can read {MOST_READ:,} at most"
            return refuse(ready.call, f"This call was not run: {told}.", say("tool.note.too_long", count=f"{size:,}"))
        yield ToolAsked(ready.call)
    _stop_if(cancel)
    decision = approve(ready.call, ready.tool)
    if decision in (Decision.RUN, Decision.RUN_ALL):
        return None
    if decision == Decision.NOBODY:
        reason = "This call needs the user's approval and nobody can be asked here, so it was not run."
        return refuse(ready.call, reason, say("tool.note.nobody"))
    return refuse(ready.call, "The user refused this call, so it was not run.", say("tool.note.refused"))


def _run(
    approved: Sequence[_Ready], cancel: Cancel, capture: Capture, limit: int
) -> Iterator[ToolStarted | ToolReturned]:
    crew = Crew(cancel)
    try:
        for ready in sorted(approved, key=lambda one: not one.tool.parallel):
            _stop_if(cancel)
            yield ToolStarted(ready.call, ready.progress)
            if ready.tool.parallel or ready.tool.is_async or ready.tool.timeout is not None:
                job = _job(ready, capture, limit)
                crew.start(job)
                while not (ready.tool.parallel or job.over):
                    yield from map(ToolReturned, crew.wait())
            else:
                with interrupted_by(cancel):
                    result = _called(ready, capture, limit)
                yield ToolReturned(result)
            yield from map(ToolReturned, crew.ready())
        while crew.busy:
            yield from map(ToolReturned, crew.wait())
        _stop_if(cancel)
    finally:
        crew.abandon()


def _stop_if(cancel: Cancel) -> None:
    if cancel.stopped:
        raise Stopped


def _job(ready: _Ready, capture: Capture, limit: int) -> Job:
    tool = ready.tool

    def late(seconds: float) -> ToolResult:
        allowed = f"{tool.timeout:g}"
        told = f"TimeoutError: no result within {allowed} seconds; the function was given up"
        note = say("tool.note.cancelled" if tool.is_async else "tool.note.still_running", seconds=allowed)
        return ToolResult(ready.call, told, "failed", seconds, note=note)

    called = _called_async if tool.is_async else _called
    patience = math.inf if tool.timeout is None else tool.timeout
    return Job(lambda: called(ready, capture, limit), late, patience, on_loop=tool.is_async)


def _called(ready: _Ready, capture: Capture, limit: int) -> ToolResult:
    """Call a sync function here and now."""
    with ready.running(capture):
        value = ready.tool.function(*ready.args, **ready.kwargs)
        if inspect.isawaitable(value):  # a plain function that hands out a coroutine
            value, raised = asyncio.run_coroutine_threadsafe(_awaited(value), background_loop()).result()
            if raised is not None:
                raise raised
        if inspect.isgenerator(value):  # its body runs now, and what it raises is the tool's
            value = drained(value)
        ready.told = as_told(value, limit)
    return ready.result


async def _called_async(ready: _Ready, capture: Capture, limit: int) -> ToolResult:
    """Call an async function on the background loop."""
    progress.set(ready.progress)
    with ready.running(capture):
        value = ready.tool.function(*ready.args, **ready.kwargs)
        if inspect.isasyncgen(value):
            value = await _collected(value)
        elif inspect.isawaitable(value):
            value = await value
        ready.told = as_told(value, limit)
    return ready.result


async def _awaited(value: Any) -> tuple[Any, BaseException | None]:
    try:
        return await value, None
    except BaseException as error:  # noqa: BLE001  (one that leaves a task would end the loop, or cancel its future)
        return None, error


async def _collected(items: Any) -> list[Any]:
    found: list[Any] = []
    async for item in items:
        if len(found) == MOST_ITEMS:
            await items.aclose()
            return [*found, MORE_ITEMS]
        found.append(item)
    return found


def _told(error: BaseException) -> str:
    """Return what a tool raised as one line for the model. Raise it again when it is the user's interrupt."""
    if not isinstance(error, SystemExit | GeneratorExit):
        reraise_interrupt(error)
    return in_one_line(error, _MESSAGE_LIMIT)
