"""What an ask costs locally as its conversation grows: building, encoding, a recording's key, the commit.

For: the numbers behind the target (growth at most linear with a small constant, and with a server id in force the
history is not encoded again).
Not for: passing or failing. Run it from the checkout: ``python benchmarks/conversation.py``.
"""

from __future__ import annotations

import json
import statistics
import time
from collections.abc import Callable
from itertools import pairwise

from neosantara_magic.api.client import wire_body
from neosantara_magic.costs import input_tokens
from neosantara_magic.messages import TextPart, Turn, assistant_message, user_message
from neosantara_magic.parsing.asks import ask_from_keywords
from neosantara_magic.recordings.entry import canonical
from neosantara_magic.request import Request, build
from neosantara_magic.settings.fields import from_environment
from neosantara_magic.turns import Conversation

SIZES = (10, 100, 1_000)
ROUNDS = 15
PROMPT = "What follows from that for the price of rice in Bandung? " * 4
ANSWER = "It depends on the season, on transport and on what the market expects. " * 20
SERVER = "https://api.example/v1"
SETTINGS = from_environment({})


def turn(number: int) -> Turn:
    """Return one turn of a chat of ordinary size: 230 characters in, 1,400 out."""
    said = f"{number}: {ANSWER}"
    return Turn(user_message(f"{number}: {PROMPT}"), (assistant_message(said),), response_id=f"resp_{number}")


def grown(size: int) -> Conversation:
    """Return a conversation of ``size`` turns, each of its own cell."""
    conversation = Conversation()
    for number in range(size):
        conversation.commit(turn(number), (f"cell-{number}", 0), server=SERVER)
    return conversation


def request_of(conversation: Conversation, key: tuple[str, int], *, chained: bool) -> Request:
    """Build the request of the next ask."""
    return build(
        ask_from_keywords("And now?", {}),
        SETTINGS,
        (TextPart("And now?"),),
        history=conversation.before(key),
        server_state=conversation.server_state(key, SERVER) if chained else None,
    )


def milliseconds(work: Callable[[], object]) -> float:
    """Return the median CPU milliseconds of one call."""
    times = []
    for _ in range(ROUNDS):
        began = time.process_time_ns()
        work()
        times.append((time.process_time_ns() - began) / 1e6)
    return statistics.median(times)


def measured(size: int) -> dict[str, float]:
    """Return the cost of each step, in CPU milliseconds."""
    conversation = grown(size)
    new = ("cell-new", 0)
    chained, whole = (request_of(conversation, new, chained=way) for way in (True, False))
    first = ("cell-0", 0)

    def commit_last() -> None:
        conversation.commit(turn(size), new, server=SERVER)
        conversation.forget(new)

    return {
        "build, id": milliseconds(lambda: request_of(conversation, new, chained=True)),
        "encode, id": milliseconds(lambda: json.dumps(wire_body(chained))),
        "build, transcript": milliseconds(lambda: request_of(conversation, new, chained=False)),
        "encode, transcript": milliseconds(lambda: json.dumps(wire_body(whole))),
        "estimate": milliseconds(lambda: input_tokens(whole)),
        "recording key": milliseconds(lambda: json.dumps(canonical(whole), sort_keys=True)),
        "commit last": milliseconds(commit_last),
        "commit first again": milliseconds(lambda: conversation.commit(turn(0), first, server=SERVER)),
        "bytes sent, id": float(len(json.dumps(wire_body(chained)))),
    }


def main() -> None:
    """Print a table: a row for each step, a column for each size, and the growth from each size to the next."""
    results = [measured(size) for size in SIZES]
    print(f"{'CPU ms of one ask':22}" + "".join(f"{size:>12,} turns" for size in SIZES) + "   growth for 10 x")
    for name in results[0]:
        values = [result[name] for result in results]
        growth = " ".join(f"{b / a:5.1f}" if a > 0.0005 else "    -" for a, b in pairwise(values))
        print(f"{name:22}" + "".join(f"{value:>18.3f}" for value in values) + f"   {growth}")


if __name__ == "__main__":
    main()
