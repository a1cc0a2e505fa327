"""Pace: when a frame is painted."""

from __future__ import annotations

from neosantara_magic.render.renderer import BYTES_PER_SECOND, LONGEST_PAUSE, Pace
from render.answers import FakeClock


def _pace(clock: FakeClock, *, cost: float = 0.0, sent: int = 0) -> tuple[Pace, list[float]]:
    painted: list[float] = []

    def paint() -> int:
        painted.append(clock.now)
        clock.now += cost
        return sent

    return Pace(paint, clock, shortest=0.1), painted


def test_first_at_once_then_at_most_so_often() -> None:
    """The first wish is a frame, the next ones share the frame that falls due."""
    clock = FakeClock(0.0)
    pace, painted = _pace(clock)
    for _ in range(10):
        pace.wish()
        clock.pass_(0.01)
    clock.pass_(1)
    assert [round(at, 3) for at in painted] == [0.0, 0.1]


def test_expensive_frames_become_rare() -> None:
    """Painting takes a fifth of the time at most, and bytes have a limit a second."""
    clock = FakeClock(0.0)
    pace, painted = _pace(clock, cost=0.1)
    for _ in range(200):
        pace.wish()
        clock.pass_(0.01)
    assert 3 <= len(painted) <= 6
    clock = FakeClock(0.0)
    pace, painted = _pace(clock, sent=BYTES_PER_SECOND)
    for _ in range(300):
        pace.wish()
        clock.pass_(0.01)
    assert len(painted) == 3


def test_one_slow_frame_does_not_freeze_the_answer() -> None:
    """However slow a frame was, the next comes within the longest pause."""
    clock = FakeClock(0.0)
    pace, painted = _pace(clock, cost=60.0)
    pace.wish()
    pace.wish()
    clock.pass_(LONGEST_PAUSE + 0.01)
    assert len(painted) == 2


def test_a_late_frame_gives_way_to_an_early_one() -> None:
    """A tick set for later does not hold back words that come sooner; nor is a cancelled alarm heard."""
    clock = FakeClock(0.0)
    pace, painted = _pace(clock)
    pace.wish()
    pace.later(1.0)
    pace.wish()
    clock.pass_(0.5)
    assert [round(at, 3) for at in painted] == [0.0, 0.1]


def test_an_alarm_that_was_replaced_is_not_heard() -> None:
    """An alarm whose cancel came too late paints nothing."""
    clock = FakeClock(0.0)
    pace, painted = _pace(clock)
    pace.wish()
    pace.wish()
    assert clock.set is not None
    late = clock.set[1]
    pace.wish(now=True)
    late()
    assert painted == [0.0, 0.0]


def test_now_is_now_and_stop_is_the_end() -> None:
    """What can't wait is painted at once; after stop nothing is."""
    clock = FakeClock(0.0)
    pace, painted = _pace(clock)
    pace.wish()
    pace.wish(now=True)
    pace.wish()
    pace.stop()
    pace.wish(now=True)
    pace.later(0)
    clock.pass_(5)
    assert painted == [0.0, 0.0]
    assert clock.waiting == 0
