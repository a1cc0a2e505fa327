"""Functions of the notebook for agents outside: their calls, and where these run and are shown.

For: one call from its arrival to its answer: its turn in the kernel, the user's decision, its card.
Not for: HTTP and MCP (``serving_http.py``), or what the user types (``commands/serve.py``).

A call runs in the kernel's main thread between two cells, so that functions may use sqlite and Matplotlib and can be
interrupted. Those of ``parallel=True`` and async functions run in a thread of their own, also while a cell runs.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from concurrent.futures import Future, InvalidStateError
from contextlib import suppress
from dataclasses import dataclass
from typing import Any, Protocol

from ..cancel import Cancel
from ..events import ToolAsked, ToolReturned
from ..faults import in_one_line
from ..ipython.between_cells import BetweenCells, interruptible
from ..messages import ToolCall, ToolResult
from ..redaction import redact_all
from ..render.alarm import AlarmClock
from ..render.cards import card_html, card_plain, cards_markdown
from ..render.forms import Forms, forms
from ..render.pace import Pace
from ..render.renderer import Outlet
from ..render.rounds import Card
from ..render.static import quiet, quiet_html
from ..texts import say
from ..texts.numbers import number
from ..tools.approval import Decision
from ..tools.call import Capture, call_all, refuse
from ..tools.toolbox import Tool, Toolbox

_MOST_CARDS = 50
"""Cards in the output; of a longer list, the newest."""
_MOST_OPEN = 32
"""Calls that wait or run at once; an agent may send hundreds."""


class Question(Protocol):
    """The question about a call, with buttons."""

    bundle: dict[str, Any]

    def close(self) -> None:
        """Take it away."""
        ...


@dataclass
class Offer:
    """What one serving cell offers."""

    find: Callable[[], Toolbox]
    """Returns its functions as they are defined now."""
    outlet: Outlet
    """Where the calls are shown."""
    line: str
    """What stands below them."""
    capture: Capture
    limit: int
    """Characters of each result."""
    ask: Callable[[ToolCall, str, Callable[[Decision], None]], Question] | None
    """Makes the question about a call, below the HTML given; None where nobody can be asked."""


class Desk:
    """Takes the calls of all agents and shows them.

    Args:
        between: Runs what has to run in the kernel's main thread.
        offer: What is served first.
    """

    def __init__(self, between: BetweenCells, offer: Offer) -> None:
        self.between = between
        between.cell_ended = self._look_again
        self.offer = offer
        self.tools = offer.find()
        self._cards: list[Card] = []
        self._count = 0
        self.open: list[ServedCall] = []
        """Calls without an answer."""
        self._asked: ServedCall | None = None
        self._question: Question | None = None
        self._pace = Pace(self._frame, alarm=AlarmClock())
        self._frame()

    def replace(self, offer: Offer) -> None:
        """Serve something else from now on, and show its calls elsewhere."""
        self.end("serve.replaced")
        self._cards, self._count, self.offer, self.tools = [], 0, offer, offer.find()
        self._frame()

    def end(self, why: str) -> None:
        """Refuse what waits, and say in the output why nothing is served there any more."""
        for call in [*self.open]:
            call.give_up("these functions are not served any more")
        self.offer.line = say(why)
        self._frame()

    def take(self, call: ToolCall) -> ServedCall:
        """Take in a call, which runs when it can."""
        served = ServedCall(call, self)
        self._count += 1
        self._cards = [*self._cards, served.card][-_MOST_CARDS:]
        self.open.append(served)
        if len(self.open) > _MOST_OPEN:
            served.give_up(f"{_MOST_OPEN} other calls are not answered yet")
        else:
            served.go_on()
        return served

    def paint(self) -> None:
        """Show soon what changed; an answer does not wait for that."""
        self._pace.later(0.05)

    def _look_again(self) -> None:
        with suppress(Exception):  # a function that is gone, or no tool any more, stays as it was
            self.tools = self.offer.find()

    def _frame(self) -> int:
        shown = _forms(self._cards, f"{self.offer.line} · {say('serve.calls', count=number(self._count))}")
        asked = next((call for call in self.open if call.asking), None)
        if asked is not self._asked and self._question is not None:
            self._question.close()
            self._question = None
        if asked is not None and asked is not self._asked and self.offer.ask is not None:
            self._question = self.offer.ask(asked.card.call, shown["text/html"], asked.decide)
        if asked is None or asked is not self._asked:  # a question stays as it is until it is answered
            self.offer.outlet.update(redact_all(shown | (self._question.bundle if self._question else {})))
        self._asked = asked
        return 0


class ServedCall:
    """One call of an agent.

    Attributes:
        card: How it is shown.
        future: Its result. As long as it can be cancelled, the function has not begun.
        refusal: The answer when it was cancelled.
        state: What it waits for, in words for the agent.
        asking: Whether the user has to decide.
    """

    def __init__(self, call: ToolCall, desk: Desk) -> None:
        self.card = Card(call, "waiting")
        self.future: Future[ToolResult] = Future()
        self.refusal = refuse(call, "This call was dropped.", say("serve.left"))
        self.state = "waiting: a cell of the notebook runs"
        self.asking = False
        self._desk = desk
        self._decision = Decision.NOBODY
        tools, offer = desk.tools, desk.offer
        tool = tools.get(call.name)
        self._apart = tool is not None and (tool.parallel or tool.is_async)
        # It is left where it asks, and gone on with when the user has decided.
        self._events = call_all([call], tools, approve=self, cancel=Cancel(), capture=offer.capture, limit=offer.limit)
        self.future.add_done_callback(self._ended)

    def asks(self, _call: ToolCall, tool: Tool) -> bool:
        """Whether the call waits for the user's decision (`tools.approval.Approver`)."""
        return tool.confirm and self._desk.offer.ask is not None

    def __call__(self, _call: ToolCall, tool: Tool) -> Decision:
        """Return the decision about the call."""
        return self._decision if tool.confirm else Decision.RUN

    def go_on(self) -> None:
        """Run the call as far as it goes, where its function runs."""
        if self._apart:
            threading.Thread(target=self._run, name="neosantara-served", daemon=True).start()
        else:
            self._desk.between.put(self._run)

    def decide(self, decision: Decision) -> None:
        """Go on with what the user decided. A second decision changes nothing."""
        if self.asking:
            self._decision, self.asking = decision, False
            self._desk.paint()
            self.go_on()

    def give_up(self, reason: str) -> bool:
        """Refuse the call unless its function has begun; return whether it is refused."""
        self.refusal = refuse(self.card.call, f"This call was not run: {reason}.", say("serve.gave_up"))
        return self.future.cancel()

    def _run(self) -> None:
        try:
            with interruptible():
                result = self._advance()
        except KeyboardInterrupt:
            result = refuse(self.card.call, "The user stopped this call.", say("serve.stopped"))
        except BaseException as error:  # noqa: BLE001  (whatever it was, the agent gets an answer)
            result = ToolResult(self.card.call, in_one_line(error, 500), "failed")
        if result is not None:
            with suppress(InvalidStateError):
                self.future.set_result(result)

    def _advance(self) -> ToolResult | None:
        """Return the result; None when the user is asked first, or nobody waits any more."""
        for event in self._events:
            if isinstance(event, ToolReturned):
                return event.result
            if isinstance(event, ToolAsked):
                self.state, self.card.asked, self.asking = "waiting for the user's decision", True, True
            elif self.future.set_running_or_notify_cancel():
                self.state, self.card.state = "running", "running"
            else:
                return None
            self._desk.paint()
            if self.asking:
                return None
        return None

    def _ended(self, future: Future[ToolResult]) -> None:
        self.asking = False
        self._desk.open.remove(self)
        self.card.result = self.refusal if future.cancelled() else future.result()
        self.card.state = self.card.result.status
        self._desk.paint()


def _forms(cards: list[Card], line: str) -> Forms:
    html = ['<div class="neosantara-answer">', *map(card_html, cards), quiet_html(line), "</div>"]
    markdown = [cards_markdown(cards), quiet(line)] if cards else [quiet(line)]
    return forms("\n".join(html), "\n\n".join(markdown), "\n".join([*map(card_plain, cards), line]))
