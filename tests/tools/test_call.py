"""Running the calls of one message: order, threads, approval, Stop."""

from __future__ import annotations

import asyncio
import itertools
import json
import signal
import sys
import threading
import time
from collections.abc import AsyncIterator, Iterator
from typing import Annotated, Any

import pytest
from pydantic import AfterValidator

from neosantara_magic.errors import Stopped
from neosantara_magic.events import ToolAsked, ToolReturned, ToolStarted
from neosantara_magic.messages import ToolCall, ToolResult
from neosantara_magic.scope import Cancel
from neosantara_magic.tools.approval import MOST_READ, Approver, Decision, Question
from neosantara_magic.tools.call import call_all, refuse
from neosantara_magic.tools.crew import capture_prints
from neosantara_magic.tools.decorator import tool
from neosantara_magic.tools.toolbox import Tool, Toolbox

WAIT = 20
"""Seconds until a test that hangs fails instead."""


def calls_of(*named: tuple[str, str]) -> list[ToolCall]:
    """Return calls by name and arguments."""
    return [ToolCall(f"call_{i}", name, arguments) for i, (name, arguments) in enumerate(named)]


def run(functions: list[Any], *named: tuple[str, str], approve: Any = None, cancel: Cancel | None = None) -> list[Any]:
    """Return all events of one message that calls ``named``."""
    toolbox = Toolbox.from_names(functions, {})
    return list(call_all(calls_of(*named), toolbox, approve=approve or Approver(), cancel=cancel or Cancel()))


def results(events: list[Any]) -> dict[str, ToolResult]:
    """Return the results by call id."""
    return {event.result.call.id: event.result for event in events if isinstance(event, ToolReturned)}


def test_sync_tools_run_here_in_order() -> None:
    """In the calling thread (sqlite, Matplotlib), one after the other, each started before it returns."""
    seen: list[tuple[str, bool]] = []

    def first() -> None:
        seen.append(("first", threading.current_thread() is threading.main_thread()))

    def second() -> None:
        seen.append(("second", threading.current_thread() is threading.main_thread()))

    events = run([first, second], ("second", ""), ("first", "{}"))
    assert seen == [("second", True), ("first", True)]
    assert [type(event) for event in events] == [ToolStarted, ToolReturned] * 2


def test_a_result_holds_the_very_call_it_answers() -> None:
    """The loop sorts results by identity, since a model may send equal calls."""

    def f() -> None: ...

    calls = calls_of(("f", ""), ("f", ""))
    events = call_all(calls, Toolbox.from_names([f], {}), approve=Approver(), cancel=Cancel())
    answered = [event.result.call for event in events if isinstance(event, ToolReturned)]
    assert all(found is call for found, call in zip(answered, calls, strict=True))


def test_parallel_tools_run_at_once() -> None:
    """Three calls wait for each other: one after the other they would never meet."""
    meeting = threading.Barrier(3, timeout=WAIT)

    @tool(parallel=True)
    def meet(number: int) -> int:
        meeting.wait()
        return number

    events = run([meet], *[("meet", f'{{"number": {i}}}') for i in range(3)])
    assert {result.result for result in results(events).values()} == {"0", "1", "2"}


def test_async_tools_run_at_once() -> None:
    """Two coroutines that need each other, on one loop that is not the kernel's."""
    boxes: dict[int, asyncio.Event] = {}
    threads = set()

    async def meet(number: int) -> str:
        threads.add(threading.current_thread().name)
        boxes[number] = asyncio.Event()
        while len(boxes) < 2:  # noqa: ASYNC110  (the other one makes its own event)
            await asyncio.sleep(0)
        boxes[1 - number].set()
        await boxes[number].wait()
        return "met"

    events = run([meet], ("meet", '{"number": 0}'), ("meet", '{"number": 1}'))
    assert [result.result for result in results(events).values()] == ["met", "met"]
    assert threads == {"neosantara-async-tools"}


def test_parallel_async_and_sync_meet() -> None:
    """A sync tool in the calling thread runs while parallel and async ones do."""
    thread_is_there, loop_is_there, sync_is_there = (threading.Event() for _ in range(3))

    @tool(parallel=True)
    def apart() -> bool:
        thread_is_there.set()
        return sync_is_there.wait(WAIT)

    async def on_loop() -> bool:
        loop_is_there.set()
        return await asyncio.to_thread(sync_is_there.wait, WAIT)

    def here() -> bool:
        met = thread_is_there.wait(WAIT) and loop_is_there.wait(WAIT)
        sync_is_there.set()
        return met

    events = run([apart, on_loop, here], ("here", ""), ("apart", ""), ("on_loop", ""))
    assert [result.result for result in results(events).values()] == ["true"] * 3


def test_more_parallel_calls_than_threads() -> None:
    """Hundreds of calls are all answered, a bounded number at a time."""

    @tool(parallel=True)
    def number(n: int) -> int:
        return n

    events = run([number], *[("number", f'{{"n": {i}}}') for i in range(200)])
    assert sorted(int(result.result) for result in results(events).values()) == list(range(200))


def test_a_sync_function_that_returns_a_coroutine() -> None:
    """A lambda around an async function is awaited as well."""

    async def inner(n: int) -> int:
        return n + 1

    def outer(n: int) -> Any:
        return inner(n)

    assert results(run([outer], ("outer", '{"n": 1}')))["call_0"].result == "2"


@pytest.mark.parametrize("parallel", [False, True])
def test_a_timeout_is_told_and_the_thread_abandoned(parallel: bool) -> None:
    """The model is told, the reader warned; a late result changes nothing."""
    release = threading.Event()

    @tool(timeout=0.05, parallel=parallel)
    def slow() -> str:
        release.wait(WAIT)
        return "too late"

    def after() -> str:
        release.set()
        return "after"

    events = run([slow, after], ("slow", ""), ("after", ""), ("slow", ""))
    late = results(events)["call_0"]
    assert results(events)["call_1"].result == "after"
    if not parallel:  # at once, "after" may release it in time
        assert late.status == "failed"
        assert late.result == "TimeoutError: no result within 0.05 seconds; the function was given up"
        assert late.note == "Given up after 0.05 s. The function may still be running."
    assert len(results(events)) == 3


def test_a_timeout_of_an_async_tool_cancels_it() -> None:
    """A coroutine can be ended, so nothing runs on, even if it lingers."""
    ended = threading.Event()

    @tool(timeout=0.05)
    async def slow() -> None:
        try:
            await asyncio.sleep(WAIT)
        finally:
            ended.set()

    events = run([slow], ("slow", ""))
    assert results(events)["call_0"].note == "Given up after 0.05 s."
    assert ended.wait(WAIT)


def test_a_function_within_its_timeout() -> None:
    """A timeout that does not pass changes nothing but the thread."""

    @tool(timeout=WAIT)
    def quick() -> bool:
        return threading.current_thread() is not threading.main_thread()

    assert results(run([quick], ("quick", "")))["call_0"].result == "true"


class _OddError(Exception):
    def __str__(self) -> str:
        raise ValueError


class PanicException(BaseException):  # the name that libraries written in Rust give theirs
    pass


class Silent(PanicException):
    def __str__(self) -> str:
        raise PanicException

    __repr__ = __str__


class Mute:
    """A result whose own code fails."""

    def __repr__(self) -> str:
        raise PanicException("mute")


@pytest.mark.parametrize(
    ("error", "told"),
    [
        (PanicException("no"), "PanicException: no"),
        (Silent(), "Silent"),
        (ExceptionGroup("many", [ValueError("a")]), "ExceptionGroup: many (1 sub-exception): ValueError: a"),
        (BaseExceptionGroup("all", [Silent()]), "BaseExceptionGroup: all (1 sub-exception): Silent"),
        (StopIteration("x"), None),
        (ValueError("no such\ncity"), "ValueError: no such city"),
        (KeyError("x"), "KeyError: 'x'"),
        (RuntimeError(), "RuntimeError"),
        (SystemExit(1), "SystemExit: 1"),
        (GeneratorExit(), "GeneratorExit"),
        (asyncio.CancelledError(), "CancelledError"),
        (RecursionError("deep"), "RecursionError: deep"),
        (_OddError(), "_OddError"),
        (ValueError("x" * 5000), "ValueError: " + "x" * 1997 + "..."),
    ],
    ids=lambda value: type(value).__name__ if isinstance(value, BaseException) else "",
)
@pytest.mark.parametrize("kind", ["here", "thread", "loop"])
def test_what_a_tool_raises_is_told_in_one_line(error: BaseException, told: str, kind: str) -> None:
    """Type and message, never a traceback; the next call still runs."""

    def here() -> None:
        raise error

    @tool(parallel=True)
    def thread() -> None:
        raise error

    async def loop() -> None:
        raise error

    def fine() -> str:
        return "fine"

    events = run([here, thread, loop, fine], (kind, ""), ("fine", ""))
    failed = results(events)["call_0"]
    assert failed.status == "failed"
    assert told is None or failed.result == told
    assert results(events)["call_1"].result == "fine"


@pytest.mark.parametrize("error", [PanicException("no"), SystemExit(3), asyncio.CancelledError(), Silent()])
def test_what_is_raised_apart_from_the_call(error: BaseException) -> None:
    """In a coroutine that a plain function hands out, in a task of a tool's own, in a validator, with a timeout.

    The loop that async tools share is none the worse for it.
    """

    async def raising() -> None:
        raise error

    def handed_out() -> Any:
        return raising()

    async def in_a_task() -> None:
        await asyncio.gather(asyncio.create_task(raising()))

    async def forgotten_task() -> str:
        asyncio.create_task(raising())  # noqa: RUF006  (as carelessly as users write it)
        await asyncio.sleep(0.05)
        return "sent off"

    def fails(value: int) -> int:
        raise error

    def validated(value: int) -> int:
        return value

    validated.__annotations__["value"] = Annotated[int, AfterValidator(fails)]

    @tool(timeout=WAIT)
    def with_a_timeout() -> None:
        raise error

    async def fine() -> str:
        return "fine"

    functions = [handed_out, in_a_task, forgotten_task, validated, with_a_timeout, fine]
    named = [(one.__name__, '{"value": 1}' if one is validated else "") for one in functions]
    for _ in range(2):
        found = [result.result for result in results(run(functions, *named)).values()]
        assert sorted(found).count("fine") == 1
        assert sum(type(error).__name__ in one for one in found) >= 4


def test_a_result_whose_own_code_panics() -> None:
    """There is a text in its place, and the rest is told."""

    def gives() -> list[Any]:
        return [1, Mute(), {Mute(): 2}]

    assert results(run([gives], ("gives", "")))["call_0"].result == '[1, "<Mute>", {"<Mute>": 2}]'


def test_an_interrupt_in_a_group_is_an_interrupt() -> None:
    """As trio and anyio give it."""

    def stopped() -> None:
        raise BaseExceptionGroup("", [ValueError(), KeyboardInterrupt()])

    with pytest.raises(KeyboardInterrupt):
        run([stopped], ("stopped", ""))


def test_what_is_too_long_to_be_read_is_not_asked_about() -> None:
    """Nobody can approve what nobody can read; the model is told how much can be."""
    asked: list[ToolCall] = []
    ran: list[int] = []

    @tool(confirm=True)
    def write(text: str) -> None:
        ran.append(len(text))

    def say_yes(call: ToolCall, _tool: Tool) -> Decision:
        asked.append(call)
        return Decision.RUN

    arguments = [json.dumps({"text": "x" * size}) for size in (MOST_READ - 20, MOST_READ)]
    events = run([write], *(("write", one) for one in arguments), approve=Approver("ask", say_yes))
    assert len(asked) == len(ran) == 1
    assert results(events)["call_1"].status == "refused"
    assert "20,000" in results(events)["call_1"].result
    assert run([write], ("write", arguments[1]), approve=Approver("never"))[-1].result.status == "done"


def test_what_a_generator_raises_is_the_tools_failure() -> None:
    """The body of a generator runs while it is read; that is part of the call, sync and async."""

    def sync() -> Iterator[int]:
        yield 1
        raise ValueError("half-way")

    async def apart() -> AsyncIterator[int]:
        yield 1
        raise ValueError("half-way")

    for result in results(run([sync, apart], ("sync", ""), ("apart", ""))).values():
        assert (result.status, result.result) == ("failed", "ValueError: half-way")


def test_endless_generators_are_bounded() -> None:
    """Both kinds are read up to the limit, and the model is told."""

    def sync() -> Iterator[int]:
        yield from itertools.count()

    async def apart() -> AsyncIterator[int]:
        for number in itertools.count():
            yield number

    for result in results(run([sync, apart], ("sync", ""), ("apart", ""))).values():
        assert result.result.endswith('999, "... (only the first 1,000 items)"]')


@pytest.mark.parametrize("kind", ["here", "thread", "loop"])
def test_keyboard_interrupt_stops_the_turn(kind: str) -> None:
    """The user means the turn, wherever the tool runs; later calls are not started."""
    ran: list[str] = []

    def here() -> None:
        raise KeyboardInterrupt

    @tool(timeout=WAIT)
    def thread() -> None:
        raise KeyboardInterrupt

    async def loop() -> None:
        raise KeyboardInterrupt

    def later() -> None:
        ran.append("later")

    with pytest.raises(KeyboardInterrupt):
        run([here, thread, loop, later], (kind, ""), *([("later", "")] if kind != "loop" else []))
    assert ran == []


@pytest.mark.skipif(sys.platform == "win32", reason="sends itself SIGINT")
def test_ctrl_c_ends_the_wait_for_a_worker() -> None:
    """The calling thread waits in a way that a signal ends."""
    started, release = threading.Event(), threading.Event()

    @tool(parallel=True)
    def slow() -> None:
        started.set()
        release.wait(WAIT)

    def press() -> None:
        started.wait(WAIT)
        main = threading.main_thread().ident
        assert main is not None
        signal.pthread_kill(main, signal.SIGINT)

    presser = threading.Thread(target=press)
    presser.start()
    with pytest.raises(KeyboardInterrupt):
        run([slow], ("slow", ""))
    release.set()
    presser.join()


def test_stop_reaches_a_function_in_the_main_thread() -> None:
    """The Stop button interrupts what runs here, as Ctrl-C would, and the turn ends as Stopped."""
    cancel, ran_on = Cancel(), []

    def endless() -> None:
        # Later, so that the function is asleep in C by then, as in a slow download.
        threading.Timer(0.05, cancel.stop).start()
        time.sleep(WAIT)
        ran_on.append("not interrupted")

    with pytest.raises(Stopped):
        run([endless], ("endless", ""), cancel=cancel)
    assert ran_on == []


def test_stop_ends_the_wait_for_workers() -> None:
    """Stop does not wait for a thread that does not return."""
    cancel, release = Cancel(), threading.Event()
    ended: list[bool] = []

    @tool(parallel=True)
    def endless() -> None:
        threading.Timer(0.05, cancel.stop).start()
        ended.append(release.wait(WAIT))

    with pytest.raises(Stopped):
        run([endless], ("endless", ""), cancel=cancel)
    assert ended == []
    release.set()


def test_nothing_starts_after_stop() -> None:
    """A Stop before the first call means no call."""
    cancel, ran = Cancel(), []

    def f() -> None:
        ran.append(1)

    cancel.stop()
    with pytest.raises(Stopped):
        run([f], ("f", ""), cancel=cancel)
    assert ran == []


def test_a_stop_after_the_end_interrupts_nothing() -> None:
    """Once the function has returned, Stop must not hit what runs then."""
    cancel = Cancel()

    def f() -> str:
        return "done"

    assert results(run([f], ("f", ""), cancel=cancel))["call_0"].result == "done"
    cancel.stop()


# ------------------------------------------------------------------------------------------------------ approval


@tool(confirm=True)
def erase(path: str) -> str:
    """Erase a file."""
    _erased.append(path)
    return "erased"


def look(path: str) -> str:
    """Look at a file."""
    return path


_erased: list[str] = []


@pytest.fixture(autouse=True)
def _nothing_erased() -> None:
    _erased.clear()


def answering(*decisions: Decision | str) -> tuple[list[str], Question]:
    """Return a question that gives these answers, and the list of what was asked."""
    asked: list[str] = []
    left = iter(decisions)

    def question(call: ToolCall, _tool: Tool) -> Decision | str:
        asked.append(f"{call.name} {call.arguments}")
        return next(left)

    return asked, question


def test_a_refused_call_is_never_run() -> None:
    """The function is not called, the model is told so, the reader too."""
    _, question = answering("refuse")
    events = run([erase], ("erase", '{"path": "a"}'), approve=Approver("ask", question))
    assert _erased == []
    refused = results(events)["call_0"]
    assert refused.status == "refused"
    assert refused.result == "The user refused this call, so it was not run."
    assert refused.note == "Not run: you refused it."
    assert [type(event) for event in events] == [ToolAsked, ToolReturned]


def test_all_questions_come_before_any_call_starts() -> None:
    """The user decides about the whole message before its first effect."""
    order: list[str] = []

    def question(call: ToolCall, _tool: Tool) -> Decision:
        order.append(f"ask {call.arguments}")
        assert _erased == []
        return Decision.RUN

    events = run(
        [erase, look],
        ("look", '{"path": "x"}'),
        ("erase", '{"path": "a"}'),
        ("erase", '{"path": "b"}'),
        approve=Approver("ask", question),
    )
    assert order == ['ask {"path": "a"}', 'ask {"path": "b"}']
    assert _erased == ["a", "b"]
    kinds = [type(event) for event in events]
    assert kinds[:2] == [ToolAsked, ToolAsked]
    assert ToolAsked not in kinds[2:]


def test_an_approval_is_bound_to_the_exact_call() -> None:
    """A yes to one call is no yes to the next, not even to an equal one."""
    asked, question = answering("run", "refuse", "refuse")
    same, other = '{"path": "a"}', '{"path": "b"}'
    run([erase], ("erase", same), ("erase", same), ("erase", other), approve=Approver("ask", question))
    assert asked == [f"erase {same}", f"erase {same}", f"erase {other}"]
    assert _erased == ["a"]


def test_run_all_lasts_for_the_turn_and_the_tool() -> None:
    """No more questions about this tool from this Approver; another tool is asked about."""
    asked, question = answering("run_all", "refuse")
    approver = Approver("always", question)
    run([erase, look], ("erase", '{"path": "a"}'), ("erase", '{"path": "b"}'), approve=approver)
    run([erase, look], ("erase", '{"path": "c"}'), ("look", '{"path": "d"}'), approve=approver)
    assert _erased == ["a", "b", "c"]
    assert asked == ['erase {"path": "a"}', 'look {"path": "d"}']


def test_nobody_to_ask() -> None:
    """nbclient, papermill: refused, and both the model and the reader are told why."""

    def closed(_call: ToolCall, _tool: Tool) -> Decision:
        raise EOFError

    for approver in (Approver("ask", None), Approver("ask", closed)):
        events = run([erase], ("erase", '{"path": "a"}'), approve=approver)
        refused = results(events)["call_0"]
        assert _erased == []
        assert refused.status == "refused"
        assert "nobody can be asked" in refused.result
        assert refused.note.startswith("Not run: it needs approval")


@pytest.mark.parametrize(("policy", "asked_about"), [("ask", ["erase"]), ("always", ["erase", "look"]), ("never", [])])
def test_policies(policy: Any, asked_about: list[str]) -> None:
    """ask: tools marked confirm; always: every tool; never: none."""
    asked: list[str] = []

    def question(call: ToolCall, _tool: Tool) -> Decision:
        asked.append(call.name)
        return Decision.RUN

    run([erase, look], ("erase", '{"path": "a"}'), ("look", '{"path": "b"}'), approve=Approver(policy, question))
    assert asked == asked_about
    assert _erased == ["a"]


def test_an_interrupted_question_runs_nothing() -> None:
    """Ctrl-C at the question ends the turn before the first call."""

    def question(_call: ToolCall, _tool: Tool) -> Decision:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        run([erase, look], ("look", '{"path": "x"}'), ("erase", '{"path": "a"}'), approve=Approver("ask", question))
    assert _erased == []


def test_wrong_arguments_are_not_asked_about() -> None:
    """The user is not bothered with a call that cannot run."""
    asked, question = answering()
    run([erase], ("erase", "{}"), approve=Approver("ask", question))
    assert asked == []


def test_refuse() -> None:
    """A call that may not run is answered with the reason."""
    result = refuse(ToolCall("1", "f", ""), "No more calls.", "for the reader")
    assert (result.status, result.result, result.note) == ("refused", "No more calls.", "for the reader")


# ------------------------------------------------------------------------------------------------------- capture


def test_prints_go_to_the_card_and_not_to_the_model(capsys: pytest.CaptureFixture[str]) -> None:
    """Each tool's own, also when several run at once and when one raises."""
    meeting = threading.Barrier(2, timeout=WAIT)

    @tool(parallel=True)
    def loud(word: str) -> str:
        meeting.wait()
        print(word, 1)
        meeting.wait()
        print(word, 2, file=sys.stderr)
        return word

    async def wave(word: str) -> str:
        for i in (1, 2):
            print(word, i)
            await asyncio.sleep(0)
        return word

    def breaks() -> None:
        print("before")
        raise ValueError

    events = call_all(
        calls_of(
            ("loud", '{"word": "a"}'),
            ("loud", '{"word": "b"}'),
            ("wave", '{"word": "c"}'),
            ("wave", '{"word": "d"}'),
            ("breaks", ""),
        ),
        Toolbox.from_names([loud, wave, breaks], {}),
        approve=Approver(),
        cancel=Cancel(),
        capture=capture_prints,
    )
    shown = {call: result.shown for call, result in results(list(events)).items()}
    for call, word in zip(sorted(shown), "abcd", strict=False):
        assert shown[call] == ({"text/plain": f"{word} 1\n{word} 2\n"},)
    assert shown["call_4"] == ({"text/plain": "before\n"},)
    print("outside")
    assert capsys.readouterr() == ("outside\n", "")


def test_stdout_is_put_back() -> None:
    """After the last capture the streams are the user's own again."""
    out, err = sys.stdout, sys.stderr
    with capture_prints():
        assert sys.stdout is not out
        with capture_prints() as inner:
            print("inner")
        print("lost to the outer one only")
    assert (sys.stdout, sys.stderr) == (out, err)
    assert inner.shown == ({"text/plain": "inner\n"},)


def test_endless_printing_is_bounded() -> None:
    """A card keeps the first part and says how much is missing."""
    with capture_prints() as printed:
        for _ in range(300):
            print("x" * 999)
    (bundle,) = printed.shown
    assert len(bundle["text/plain"]) < 101_000
    assert bundle["text/plain"].endswith("[cut: 200,000 more characters]")
