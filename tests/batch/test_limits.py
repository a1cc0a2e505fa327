"""The arithmetic of limits, in a time of its own: what is let through, when, and what is learnt from refusals."""

from __future__ import annotations

import heapq
from collections.abc import Callable, Sequence

import pytest

from neosantara_magic.api.failures import LONGEST_WAIT
from neosantara_magic.batch.sending import Limits
from neosantara_magic.messages import Allowance


class Bucket:
    """A service whose limit fills up steadily."""

    def __init__(self, a_minute: float, burst: int, *, named: bool) -> None:
        self.rate, self.burst, self.left, self.at, self.named = a_minute / 60, burst, float(burst), 0.0, named

    def ask(self, now: float) -> tuple[float, Sequence[Allowance]]:
        """Return the seconds to wait (0: taken), and what the headers say."""
        self.left, self.at = min(self.burst, self.left + (now - self.at) * self.rate), now
        said = [Allowance("requests", int(self.rate * 60))] if self.named else []
        if self.left >= 1:
            self.left -= 1
            return 0.0, said
        return max(1.0, (1 - self.left) / self.rate), said  # whole seconds, as Retry-After has them


class Window:
    """A service that counts anew each minute and says how many are left."""

    def __init__(self, a_minute: int, *, named: bool) -> None:
        self.limit, self.named, self.minute, self.count = a_minute, named, 0.0, 0

    def ask(self, now: float) -> tuple[float, Sequence[Allowance]]:
        """Return the seconds to wait (0: taken), and what the headers say."""
        if now // 60 > self.minute:
            self.minute, self.count = now // 60, 0
        reset = (self.minute + 1) * 60 - now
        self.count += self.count < self.limit
        left = self.limit - self.count
        refused = left == 0 and getattr(self, "full", None) == self.minute
        if left == 0:
            self.full = self.minute
        said = [Allowance("requests", self.limit, left, reset)] if self.named else []
        return (reset if refused else 0.0), said


def simulate(service: Bucket | Window, rows: int, width: int, latency: float = 0.05) -> tuple[float, int]:
    """Let ``width`` threads ask ``rows`` rows; return the seconds and how often the service refused."""
    limits, now, refusals, done, begun = Limits(), 0.0, 0, 0, 0
    answers: list[tuple[float, int, Callable[[float], bool]]] = []
    while done < rows:
        while begun - done < width and begun < rows and not limits.delay(now, 1):
            ticket = limits.take(now, 1)
            wait, said = service.ask(now)
            begun += 1

            def answer(then: float, ticket: int = ticket, wait: float = wait, said: Sequence[Allowance] = said) -> bool:
                if wait:
                    limits.refused(then, ticket, 429, wait, said)
                    return False
                limits.accepted(then, ticket, said)
                return True

            heapq.heappush(answers, (now + latency, ticket, answer))
        held = limits.delay(now, 1) if begun - done < width and begun < rows else 0.0
        following = min([answers[0][0]] if answers else [], default=now + held)
        now = min(following, now + held) if held else following
        while answers and answers[0][0] <= now:
            _, _, answer = heapq.heappop(answers)
            if answer(now):
                done += 1
            else:
                refusals += 1
                begun -= 1
    return now, refusals


@pytest.mark.parametrize("rows", [200, 1000])
@pytest.mark.parametrize("width", [1, 8, 32])
@pytest.mark.parametrize("named", [True, False])
def test_a_steady_limit_is_used_up(width: int, named: bool, rows: int) -> None:
    """600 a minute and a burst of 10: 0.98 of it is used; a little less at first when no header names it."""
    seconds, refusals = simulate(Bucket(600, 10, named=named), rows, width)
    assert (rows - 10) / 10 / seconds >= (0.98 if named else 0.96 if rows == 200 else 0.975)
    assert refusals <= (40 if named else 80)


def test_a_guess_rises_with_time_and_not_with_every_answer() -> None:
    """A hundred a second that no header names: the guess is not tried out a hundred times as often."""
    seconds, refusals = simulate(Bucket(6000, 200, named=False), 8000, 128)
    assert 7800 / 100 / seconds >= 0.98
    assert refusals <= 128 + 20


@pytest.mark.parametrize("width", [1, 8, 32])
@pytest.mark.parametrize("burst", [1, 2])
@pytest.mark.parametrize("a_minute", [60, 300, 600])
def test_a_named_limit_that_allows_no_volley_is_kept(a_minute: int, burst: int, width: int) -> None:
    """What a pause has missed is not made good at once where that is refused, nor is a request sent on the very beat."""
    seconds, refusals = simulate(Bucket(a_minute, burst, named=True), a_minute, width)
    assert (a_minute - burst) / (a_minute / 60) / seconds >= 0.9
    assert refusals <= width + 20


@pytest.mark.parametrize("width", [8, 32])
def test_a_counted_minute_is_used_up(width: int) -> None:
    """A whole minute's requests may go at once; then the reset is waited for, and nothing is refused on the way."""
    seconds, refusals = simulate(Window(100, named=True), 250, width)
    assert 120 <= seconds <= 122
    assert refusals <= width


def test_a_counted_minute_without_headers_is_used_up() -> None:
    """Only 429s tell, with the seconds to the next minute: the third hundred is done in the third minute."""
    seconds, _ = simulate(Window(100, named=False), 250, 8)
    assert 120 <= seconds <= 180


def test_a_free_tier_is_not_hammered() -> None:
    """Ten a minute and 32 in flight: one volley too many at the start, then the pace holds."""
    seconds, refusals = simulate(Bucket(10, 1, named=True), 30, 32)
    assert 29 * 6 / seconds >= 0.95
    assert refusals <= 31 + 10


def test_nobody_goes_during_a_pause() -> None:
    """One refusal holds everybody, for as long as the service said."""
    limits = Limits()
    ticket = limits.take(0.0, 1)
    limits.refused(1.0, ticket, 429, 7.0, [])
    assert limits.delay(1.0, 1) == 7.0
    assert limits.delay(7.5, 1) == 0.5
    assert limits.delay(8.0, 1) == 0.0


def test_a_volley_of_refusals_is_one_pause() -> None:
    """Eight that were in flight together and refused together grow the backoff once."""
    limits = Limits()
    tickets = [limits.take(0.0, 1) for _ in range(8)]
    for ticket in tickets:
        limits.refused(1.0, ticket, 503, None, [])
    assert limits.vain_pauses == 1
    assert limits.delay(1.0, 1) == 4.0


def test_backoff_grows_while_nothing_gets_through() -> None:
    """4, 12, 36, 60 seconds; an answer starts it over."""
    limits, now, pauses = Limits(), 0.0, []
    for _ in range(4):
        limits.refused(now, limits.take(now, 1), 503, None, [])
        pauses.append(limits.delay(now, 1))
        now += pauses[-1]
    assert pauses == [4.0, 12.0, 36.0, 60.0]
    limits.accepted(now, limits.take(now, 1), [])
    limits.refused(now, limits.take(now, 1), 503, None, [])
    assert limits.delay(now, 1) == 4.0


def test_input_tokens_are_counted_down() -> None:
    """A row that needs more than is left of the minute waits for the reset; a small one goes."""
    limits = Limits()
    limits.accepted(0.0, limits.take(0.0, 10), [Allowance("input_tokens", 1000, 100, 30.0)])
    assert limits.delay(0.0, 60) == 0.0
    limits.take(0.0, 60)
    assert limits.delay(0.0, 60) == 30.0
    assert limits.delay(0.0, 30) == 0.0
    assert limits.delay(30.0, 60) == 0.0


def test_requests_in_flight_count_against_what_is_left() -> None:
    """What went after the request that was told is not in the figure it was told."""
    limits = Limits()
    first = limits.take(0.0, 1)
    limits.take(0.0, 1)
    limits.take(0.0, 1)
    limits.accepted(0.1, first, [Allowance("requests", 10, 2, 50.0)])
    assert limits.delay(0.1, 1) == 50.0


def test_an_older_answer_does_not_undo_a_newer_one() -> None:
    """Answers overtake each other; the latest request knows best."""
    limits = Limits()
    first, second = limits.take(0.0, 1), limits.take(0.0, 1)
    limits.accepted(0.1, second, [Allowance("requests", 10, 0, 50.0)])
    limits.accepted(0.2, first, [Allowance("requests", 10, 1, 50.0)])
    assert limits.delay(0.2, 1) > 0


def test_a_reset_far_away_is_not_waited_for() -> None:
    """A quota of a day is the service's to refuse, not ours to sit out."""
    limits = Limits()
    limits.accepted(0.0, limits.take(0.0, 1), [Allowance("requests", 1500, 0, LONGEST_WAIT + 1)])
    assert limits.delay(0.0, 1) == 0.0


def test_a_guess_rises_once_the_service_names_more() -> None:
    """Refused twice without a word, the pace is a guess; the limit that is named later lifts it."""
    limits, now = Limits(), 0.0
    while not limits._interval:
        limits.refused(now, limits.take(now, 10), 429, None, ())
        now += 10
        limits.accepted(now, limits.take(now, 10), ())
    slow = limits._interval
    for _ in range(50):
        limits.accepted(now, limits.take(now, 10), [Allowance("requests", 6_000, 5_000, 60)])
    assert limits._interval < slow / 5
