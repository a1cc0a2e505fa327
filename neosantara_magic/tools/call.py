"""The only place where a model's request becomes a Python call.

For: all calls of one message: checked, approved, run, each answered exactly once.
Not for: asking the model again (``loop.py``), or how a call looks (``render/``).

Order: every call is checked first, then approvals are asked one by one, then they run: calls of ``parallel=True``
and of async tools at once, all others one after another in the order of the message, sync ones in the calling thread.

What a tool raises becomes its answer, also what is no ``Exception``: ``exit()`` in a tool must end neither the kernel
nor the turn. ``KeyboardInterrupt`` is the user, and ends the turn.
"""

from __future__ import annotations

import asyncio
import inspect
import time
from collections.abc import Callable, Generator, Iterator, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from typing import Any, cast

from ..cancel import Cancel
from ..errors import Stopped
from ..events import ToolAsked, ToolReturned, ToolStarted
from ..faults import in_one_line, reraise_interrupt
from ..messages import APPROVED, ToolCall, ToolResult, ToolSpec
from ..texts import say
from ..validators import nearest
from .approval import MOST_READ, Approve, Decision
from .capture import Captured, NoCapture
from .complaints import Mismatch, quoted_name
from .crew import Crew, Job, background_loop, interrupted_by
from .results import MORE_ITEMS, MOST_ITEMS, RESULT_LIMIT, as_told, drained
from .toolbox import Tool, Toolbox

__all__ = ["Captured", "NoCapture", "call_all", "refuse"]

Capture = Callable[[], AbstractContextManager[Captured]]

_MESSAGE_LIMIT = 2_000
"""Characters of an exception's message that the model is told."""


@dataclass(frozen=True, slots=True)
class _Ready:
    """A call that can run: its tool is known and its arguments fit."""

    call: ToolCall
    tool: Tool
    args: tuple[Any, ...]
    kwargs: dict[str, Any]


def call_all(
    calls: Sequence[ToolCall],
    toolbox: Toolbox,
    *,
    approve: Approve,
    cancel: Cancel,
    capture: Capture = NoCapture,
    limit: int = RESULT_LIMIT,
) -> Iterator[ToolAsked | ToolStarted | ToolReturned]:
    """Run the calls of one assistant message.

    Args:
        calls: As the model wrote them.
        toolbox: What it may call.
        approve: Decides about each call before any of them starts. When it has a method ``asks(call, tool)``
            (`Approver`), `ToolAsked` comes only for calls that wait for somebody; else for every call.
        cancel: Stop.
        capture: Entered around each function, in the thread or task in which it runs.
        limit: Characters of each result.

    Yields:
        For each call ``ToolAsked? ToolStarted? ToolReturned``; results as they come, each holding the very ToolCall
        it answers. A caller that stops early abandons what still runs.

    Raises:
        Stopped: ``cancel`` was set.
        KeyboardInterrupt: the user interrupted, or a tool raised it.
    """
    runnable: list[_Ready] = []
    for call in calls:
        checked = _checked(call, toolbox)
        if isinstance(checked, ToolResult):
            yield ToolReturned(checked)
        else:
            runnable.append(checked)
    approved: list[_Ready] = []
    for ready in runnable:
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
    if call.server:
        return _Ready(call, _on_server(call), (), {})
    tool = toolbox.get(call.name)
    if tool is None:
        near = nearest(call.name, toolbox.names) if len(call.name) <= 100 else None
        hint = f" Did you mean {near}?" if near else ""
        known = ", ".join(toolbox.names) or "none"
        told = f"There is no tool named {quoted_name(call.name)!r}.{hint} The tools are: {known}."
        return ToolResult(call, told, "failed")
    try:
        args, kwargs = tool.arguments.bind(call.arguments)
    except Mismatch as error:
        told = "The arguments do not fit, so the function was not called.\n" + "\n".join(error.lines)
        return ToolResult(call, told, "failed")
    except BaseException as error:  # noqa: BLE001  (out of a validator or a dataclass of the user's own)
        told = f"The arguments were refused, so the function was not called.\n{_told(error)}"
        return ToolResult(call, told, "failed")
    return _Ready(call, tool, args, kwargs)


def _on_server(call: ToolCall) -> Tool:
    """Return the tool that stands for a call which the service runs itself, once the user said yes to it."""
    spec = ToolSpec(f"{call.server}.{call.name}", "", {})
    return Tool(spec, lambda: APPROVED, cast("Any", None), confirm=True)


def _approved(ready: _Ready, approve: Approve, cancel: Cancel) -> Generator[ToolAsked, None, ToolResult | None]:
    """Ask about one call; return its refusal, or None when it may run."""
    asks = getattr(approve, "asks", None)
    if asks is None or asks(ready.call, ready.tool):
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
    crew: Crew[ToolResult] = Crew(cancel)
    try:
        for ready in approved:
            if ready.tool.parallel:
                _stop_if(cancel)
                yield ToolStarted(ready.call)
                crew.start(_job(ready, capture, limit))
        for ready in approved:
            if ready.tool.parallel:
                continue
            _stop_if(cancel)
            yield ToolStarted(ready.call)
            if ready.tool.timeout is None and not ready.tool.is_async:
                with interrupted_by(cancel):
                    result = _called(ready, capture, limit)
                yield ToolReturned(result)
            else:
                yield from _until(crew, crew.start(_job(ready, capture, limit)))
            yield from (ToolReturned(result) for _, result in crew.ready())
        while crew.busy:
            yield from (ToolReturned(result) for _, result in crew.wait())
        _stop_if(cancel)
    finally:
        crew.abandon()


def _until(crew: Crew[ToolResult], number: int) -> Iterator[ToolReturned]:
    """Yield results up to and with that of one job."""
    awaited = False
    while not awaited:
        for found, result in crew.wait():
            awaited = awaited or found == number
            yield ToolReturned(result)


def _stop_if(cancel: Cancel) -> None:
    if cancel.stopped:
        raise Stopped


def _job(ready: _Ready, capture: Capture, limit: int) -> Job[ToolResult]:
    def late(seconds: float) -> ToolResult:
        allowed = f"{ready.tool.timeout:g}"
        told = f"TimeoutError: no result within {allowed} seconds; the function was given up"
        note = say("tool.note.cancelled" if ready.tool.is_async else "tool.note.still_running", seconds=allowed)
        return ToolResult(ready.call, told, "failed", seconds, note=note)

    if ready.tool.is_async:
        return Job(lambda: _called_async(ready, capture, limit), late, ready.tool.timeout, on_loop=True)
    return Job(lambda: _called(ready, capture, limit), late, ready.tool.timeout)


def _called(ready: _Ready, capture: Capture, limit: int) -> ToolResult:
    """Call a sync function here and now."""
    begun = _Begun(ready)
    try:
        with capture() as begun.captured:
            value = ready.tool.function(*ready.args, **ready.kwargs)
            if inspect.isawaitable(value):  # a plain function that hands out a coroutine
                value, raised = asyncio.run_coroutine_threadsafe(_awaited(value), background_loop()).result()
                if raised is not None:
                    return begun.failed(raised)
            if inspect.isgenerator(value):  # its body runs now, and what it raises is the tool's
                value = drained(value)
            told = as_told(value, limit)
    except BaseException as error:  # noqa: BLE001  (whatever a tool raises)
        return begun.failed(error)
    return begun.done(told.text, told.images)


async def _called_async(ready: _Ready, capture: Capture, limit: int) -> ToolResult:
    """Call an async function on the background loop."""
    begun = _Begun(ready)
    try:
        with capture() as begun.captured:
            value = ready.tool.function(*ready.args, **ready.kwargs)
            if inspect.isasyncgen(value):
                value = await _collected(value)
            elif inspect.isawaitable(value):
                value = await value
            told = as_told(value, limit)
    except asyncio.CancelledError as error:
        if asyncio.current_task() is not None and asyncio.current_task().cancelling():  # type: ignore[union-attr]
            raise
        return begun.failed(error)
    except BaseException as error:  # noqa: BLE001  (whatever a tool raises)
        return begun.failed(error)
    return begun.done(told.text, told.images)


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


class _Begun:
    """A call under way: its clock and what it showed."""

    def __init__(self, ready: _Ready) -> None:
        self._call = ready.call
        self._start = time.perf_counter()
        self.captured: Captured = NoCapture()

    def done(self, text: str, images: tuple[Any, ...]) -> ToolResult:
        return ToolResult(self._call, text, "done", self._seconds, images, tuple(self.captured.shown))

    def failed(self, error: BaseException) -> ToolResult:
        return ToolResult(self._call, _told(error), "failed", self._seconds, (), tuple(self.captured.shown))

    @property
    def _seconds(self) -> float:
        return time.perf_counter() - self._start


def _told(error: BaseException) -> str:
    """Return what a tool raised as one line for the model.

    Raises:
        KeyboardInterrupt: it is the user's.
    """
    if not isinstance(error, SystemExit | GeneratorExit):
        reraise_interrupt(error)
    return in_one_line(error, _MESSAGE_LIMIT)
