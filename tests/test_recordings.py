"""A recording answers what it has seen, on any machine, and explains what it has not."""

from __future__ import annotations

import json
import os
import stat
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from multiprocessing import get_context
from pathlib import Path

import pytest
from filelock import FileLock

from neosantara_magic.cancel import Cancel
from neosantara_magic.errors import RecordingError
from neosantara_magic.events import Event, RoundCompleted, RoundStarted, TextDelta, Waiting
from neosantara_magic.messages import ImagePart, Message, ToolCall, Usage, assistant_message, user_message
from neosantara_magic.recordings import store as recordings
from neosantara_magic.recordings.entry import canonical
from neosantara_magic.recordings.store import Recording, RecordingClient, is_foreign
from neosantara_magic.request import Client, Request

REQUEST = Request("nusantara-base", "responses", (user_message("Halo"),), instructions="Singkat.")
ASKED = b'"text": "Halo"'


@dataclass
class Service:
    """Answers with a number, so that a second answer is another one."""

    asked: int = 0

    def stream(self, request: Request, cancel: Cancel) -> Iterator[Event]:
        """Answer one round."""
        self.asked += 1
        yield Waiting(0.0, 1, 429)
        yield RoundStarted(request.model, request.api)
        yield TextDelta("Halo ")
        yield TextDelta(f"nomor {self.asked}")
        yield RoundCompleted(
            assistant_message(f"Halo nomor {self.asked}", (ToolCall("call_x", "f", "{}"),)),
            "tool_calls",
            Usage(3, 4, 7),
            f"resp_{self.asked}",
            request.model,
            stored=True,
            request_id="req_secret",
            billed_idr=12.5,
            raw={"id": "resp"},
        )


def nobody() -> Client:
    """Stand in for the service where it must not be needed."""
    message = "the service was asked"
    raise AssertionError(message)


def events(client: RecordingClient, request: Request = REQUEST) -> list[Event]:
    """Return all events of one round."""
    return list(client.stream(request, Cancel()))


def text_of(told: list[Event]) -> str:
    """Return the streamed text."""
    return "".join(event.text for event in told if isinstance(event, TextDelta))


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """Give a place for a recording."""
    return tmp_path / "lesson.jsonl"


def record(path: Path, service: Service, request: Request = REQUEST) -> list[Event]:
    """Ask in record mode."""
    return events(RecordingClient(Recording(path), "record", lambda: service), request)


def test_a_recorded_answer_replays_without_anybody_to_ask(path: Path) -> None:
    """Text, calls and usage come back; the round is labelled, stored nowhere and free."""
    record(path, Service())
    told = events(RecordingClient(Recording(path), "replay", nobody))
    assert text_of(told) == "Halo nomor 1"
    assert told[0] == RoundStarted("nusantara-base", "responses", "recorded")
    done = told[-1]
    assert isinstance(done, RoundCompleted)
    assert done.message.tool_calls == (ToolCall("call_x", "f", "{}"),)
    assert (done.usage, done.id, done.stored, done.billed_idr) == (Usage(3, 4, 7), None, False, 0.0)


def test_what_is_already_recorded_is_not_asked_again(path: Path) -> None:
    """Run All on an unchanged notebook asks nobody."""
    service = Service()
    assert text_of(record(path, service)) == text_of(record(path, service)) == "Halo nomor 1"
    assert service.asked == 1


def test_fresh_asks_again_and_the_newest_answer_counts(path: Path) -> None:
    """``--fresh`` replaces what the recording says."""
    service = Service()
    record(path, service)
    assert text_of(record(path, service, replace(REQUEST, fresh=True))) == "Halo nomor 2"
    assert text_of(events(RecordingClient(Recording(path), "replay", nobody))) == "Halo nomor 2"


def test_ids_streaming_and_timeouts_do_not_matter(path: Path) -> None:
    """The same question on another machine, through a server id and unstreamed, is the same request."""
    record(path, Service(), replace(REQUEST, store=True, previous_response_id="resp_1", known=0))
    other = replace(REQUEST, stream=False, timeout=5.0)
    assert text_of(events(RecordingClient(Recording(path), "replay", nobody), other)) == "Halo nomor 1"


def test_call_ids_are_positions() -> None:
    """Two servers name the same call differently; the request is the same."""

    def with_id(call_id: str) -> Request:
        asked = assistant_message("", (ToolCall(call_id, "f", "{}"),))
        return replace(REQUEST, messages=(*REQUEST.messages, asked, Message("tool", call_id=call_id)))

    assert canonical(with_id("call_a")) == canonical(with_id("call_b"))


@pytest.mark.parametrize(
    "change",
    [
        {"model": "garda-core"},
        {"instructions": None},
        {"messages": (user_message("Hai"),)},
        {"max_tokens": 5},
        {"sampling": {"temperature": 0.1}},
        {"extra": {"seed": 1}},
        {"messages": (user_message("Halo", ImagePart("data:image/png;base64,AA==")),)},
    ],
)
def test_every_part_of_the_question_matters(change: dict[str, object]) -> None:
    """A request that could be answered differently is another request."""
    assert canonical(replace(REQUEST, **change)) != canonical(REQUEST)  # type: ignore[arg-type]


def test_a_miss_says_which_request_differed_and_how(path: Path) -> None:
    """The nearest recorded request is compared with this one."""
    record(path, Service())
    with pytest.raises(RecordingError) as miss:
        events(RecordingClient(Recording(path), "replay", nobody), replace(REQUEST, messages=(user_message("Halo!"),)))
    assert "lesson.jsonl" in miss.value.what
    assert "Halo!" in miss.value.what
    assert '"Halo"' in miss.value.what


def test_nothing_secret_or_volatile_is_written(path: Path) -> None:
    """No id, header, bill or raw body; one JSON object a line."""
    record(path, Service())
    (line,) = path.read_text(encoding="utf-8").splitlines()
    entry = json.loads(line)
    assert set(entry) == {"version", "key", "request", "events"}
    for secret in ("resp_1", "req_secret", "12.5"):
        assert secret not in line


def test_a_torn_or_damaged_line_is_skipped_with_a_warning(path: Path) -> None:
    """A kernel that died while writing costs its own line and no other."""
    record(path, Service())
    whole = path.read_bytes()
    path.write_bytes(b"not json\n" + whole + whole[: len(whole) // 2])
    said: list[str] = []
    recording = Recording(path, said.append)
    assert len(recording) == 1
    assert len(said) == 2
    record(path, Service(), replace(REQUEST, model="garda-core"))
    assert len(Recording(path)) == 2


def test_damage_is_counted_and_said_once(path: Path) -> None:
    """Three broken lines are one warning; a torn last line is not said again at every look-up."""
    record(path, Service())
    whole = path.read_bytes()
    path.write_bytes(b"one\ntwo\nthree\n" + whole + whole[: len(whole) // 2])
    said: list[str] = []
    recording = Recording(path, said.append)
    for _ in range(3):
        assert recording.find(canonical(REQUEST)) is not None
    assert sorted(said) == [
        "lesson.jsonl: damaged lines skipped: 1.",
        "lesson.jsonl: damaged lines skipped: 3.",
    ]


DONE: dict[str, object] = {
    "type": "RoundCompleted",
    "text": "a",
    "calls": [],
    "finish_reason": "stop",
    "usage": None,
    "model": "m",
}


@pytest.mark.parametrize(
    "change",
    [
        {"request": None},
        {"request": {}},
        {"request": {"messages": None}},
        {"key": [1]},
        {"version": "1"},
        {"version": None},
        {"events": []},
        {"events": None},
        {"events": [5]},
        {"events": [{"type": "TextDelta", "text": "a"}]},
        {"events": [DONE, DONE]},
        {"events": [{"type": "Unknown"}, DONE]},
        {"events": [{"type": ["TextDelta"]}, DONE]},
        {"events": [{"type": "TextDelta", "text": 5}, DONE]},
        {"events": [{"type": "TextDelta", "text": "a", "color": "red"}, DONE]},
        {"events": [{"type": "ToolCallDelta", "index": "0"}, DONE]},
        {"events": [{**DONE, "text": 5}]},
        {"events": [{**DONE, "calls": [["id", "name"]]}]},
        {"events": [{**DONE, "calls": [["id", "name", {}]]}]},
        {"events": [{**DONE, "usage": {"input_tokens": "3"}}]},
        {"events": [{**DONE, "at": "soon"}]},
        {"events": [{**DONE, "at": None}]},
        {"events": [{**DONE, "at": 10**400}]},
        {"events": [{"type": "RoundCompleted"}]},
    ],
)
def test_valid_json_that_is_no_entry_is_skipped_with_a_warning(path: Path, change: dict[str, object]) -> None:
    """What a hand or a merge left is never replayed, explains no miss, and stops nothing else."""
    record(path, Service())
    entry = json.loads(path.read_text(encoding="utf-8"))
    path.write_text(json.dumps({**entry, "events": [DONE], **change}) + "\n", encoding="utf-8")
    said: list[str] = []
    with pytest.raises(RecordingError) as miss:
        events(RecordingClient(Recording(path, said.append), "replay", nobody))
    assert miss.value.what == "lesson.jsonl holds no recorded answers."
    assert said == ["lesson.jsonl: damaged lines skipped: 1."]


def test_a_line_nested_too_deeply_is_a_damaged_line(path: Path) -> None:
    """The parser gives up on it, the recording does not."""
    record(path, Service())
    path.write_bytes(b"[" * 200_000 + b"\n" + path.read_bytes())
    said: list[str] = []
    assert len(Recording(path, said.append)) == 1
    assert said == ["lesson.jsonl: damaged lines skipped: 1."]


def test_an_answer_that_cannot_be_recorded_still_arrives(tmp_path: Path) -> None:
    """The round completes; the reason is said once, and again only after a write has worked."""
    folder = tmp_path / "lesson"
    said: list[str] = []
    recording = Recording(folder / "lesson.jsonl", said.append)
    client = RecordingClient(recording, "record", Service)
    for _ in range(2):
        assert isinstance(events(client)[-1], RoundCompleted)
    assert said == ["lesson.jsonl: this answer could not be recorded: No such file or directory."]
    folder.mkdir()
    events(client)
    assert len(recording) == 1
    assert len(said) == 1


@pytest.mark.parametrize(
    ("held", "foreign"),
    [
        ("", False),
        ("\n \n", False),
        ("a,b\n1,2\n", True),
        ('{"cells": []}\n', True),
        ("5", True),
        ('{"version": 1, "ke', False),
        ('{"key": "x", "version": 2}\n', False),
        ("junk\n{entry}", False),
    ],
)
def test_only_a_recording_or_an_empty_file_is_appended_to(path: Path, held: str, foreign: bool) -> None:
    """A torn first line, a newer version and damage beside an entry are still a recording's."""
    record(path, Service())
    path.write_text(held.replace("{entry}", path.read_text(encoding="utf-8")), encoding="utf-8")
    assert is_foreign(path) is foreign


def test_a_kernel_sees_what_another_one_has_just_written(path: Path) -> None:
    """A recording is read on, not only once."""
    first = Recording(path)
    assert first.find(canonical(REQUEST)) is None
    record(path, Service())
    assert first.find(canonical(REQUEST)) is not None


def _another(text: str) -> Request:
    return replace(REQUEST, messages=(user_message(text),))


@pytest.mark.parametrize(
    "change",
    [
        pytest.param(lambda whole: whole.splitlines(keepends=True)[1], id="shortened"),
        pytest.param(lambda whole: whole.replace(ASKED, b'"text": "Hola"'), id="of the same size"),
        pytest.param(lambda whole: whole.replace(ASKED, b'"text": "Halo, Halo"'), id="longer"),
    ],
)
@pytest.mark.parametrize("by", ["writing", "replacing"])
def test_a_file_that_is_changed_meanwhile_is_read_anew(path: Path, change: Callable[[bytes], bytes], by: str) -> None:
    """What it no longer holds is no longer answered; what else it holds still is; nobody is warned."""
    record(path, Service())
    record(path, Service(), _another("Kedua"))
    said: list[str] = []
    recording = Recording(path, said.append)
    assert recording.find(canonical(REQUEST)) is not None
    before = path.stat().st_mtime_ns
    changed = change(path.read_bytes())
    if by == "writing":
        path.write_bytes(changed)
    else:
        (path.parent / "new").write_bytes(changed)
        (path.parent / "new").replace(path)
    os.utime(path, ns=(before + 10**9, before + 10**9))
    assert recording.find(canonical(REQUEST)) is None
    assert recording.find(canonical(_another("Kedua"))) is not None
    record(path, Service(), _another("Ketiga"))
    assert recording.find(canonical(_another("Ketiga"))) is not None
    assert said == []


def test_a_file_that_is_gone_answers_nothing(path: Path) -> None:
    """Recording goes on in a new one."""
    recording = Recording(path)
    client = RecordingClient(recording, "record", Service)
    events(client)
    path.unlink()
    assert recording.find(canonical(REQUEST)) is None
    events(client)
    assert len(Recording(path)) == len(recording) == 1


def test_a_miss_quotes_the_row_that_begins_alike(path: Path) -> None:
    """Not any row of a batch: the one whose text was changed."""
    for number in range(10):
        record(path, Service(), _another(f"Ringkas ulasan {number}: bagus"))
    recording = Recording(path)
    for number in (7, 3):
        with pytest.raises(RecordingError, match=f"ulasan {number}: bagus") as miss:
            events(RecordingClient(recording, "replay", nobody), _another(f"Ringkas ulasan {number}: jelek"))
        assert f"ulasan {number}: jelek" in miss.value.what


@pytest.mark.parametrize(
    ("recorded", "nearest"),
    [
        ([{"model": "a"}, {"model": "b"}], 0),
        ([{"sampling": {"stop": ["x"]}, "model": "b"}, {}], 1),
        ([{"messages": (user_message("Hallo"),)}, {"messages": (user_message("Selamat"),)}], 0),
        ([{"model": "b"}, {"messages": (user_message("Hallo"),)}], 1),
    ],
)
def test_most_parts_alike_then_the_longest_beginning(
    path: Path, recorded: list[dict[str, object]], nearest: int
) -> None:
    """A miss is explained by the request that is most like it."""
    for change in recorded:
        record(path, Service(), replace(REQUEST, **change))  # type: ignore[arg-type]
    found = Recording(path).nearest(canonical(replace(REQUEST, messages=(user_message("Halo!"),))))
    assert found is not None
    assert found["request"] == canonical(replace(REQUEST, **recorded[nearest]))  # type: ignore[arg-type]


def _write_many(path: str, kernel: int) -> None:
    for number in range(30):
        record(Path(path), Service(), replace(REQUEST, messages=(user_message(f"{kernel}-{number} " + "x" * 5000),)))


@pytest.mark.slow
def test_two_kernels_may_append_to_one_file(path: Path) -> None:
    """No line is lost or mixed up when two processes write at once."""
    context = get_context("spawn")
    kernels = [context.Process(target=_write_many, args=(str(path), kernel)) for kernel in (1, 2)]
    for kernel in kernels:
        kernel.start()
    for kernel in kernels:
        kernel.join(60)
    said: list[str] = []
    assert len(Recording(path, said.append)) == 60
    assert said == []
    assert [file.name for file in path.parent.iterdir()] == [path.name], "nothing may lie beside a lesson"


def test_replay_can_keep_the_recorded_pace(path: Path) -> None:
    """With a speed the client waits between events; a stop ends the wait."""
    record(path, Service())
    entry = json.loads(path.read_text(encoding="utf-8"))
    for number, line in enumerate(entry["events"]):
        line["at"] = 100.0 * number
    path.write_text(json.dumps(entry) + "\n", encoding="utf-8")

    class Clock(Cancel):
        waited = 0.0

        def wait(self, seconds: float) -> bool:
            self.waited += seconds
            return False

    clock = Clock()
    list(RecordingClient(Recording(path), "replay", nobody, speed=2.0).stream(REQUEST, clock))
    assert clock.waited == pytest.approx(50.0 * (len(entry["events"]) - 1))


def test_another_user_can_hold_no_ask(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The lock is in a folder of one's own; a stuck kernel of one's own costs seconds and one line, not the ask."""
    monkeypatch.setenv("XDG_RUNTIME_DIR", str(tmp_path / "run"))
    (tmp_path / "run").mkdir()
    warned: list[str] = []
    recording = Recording(tmp_path / "r.jsonl", warned.append)
    recording.keep({"messages": [], "n": 1}, [DONE])
    [folder] = (tmp_path / "run").iterdir()
    [lock] = folder.iterdir()
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700
    assert stat.S_IMODE(lock.stat().st_mode) & 0o077 == 0
    monkeypatch.setattr(recordings, "_LOCK_SECONDS", 0.2)
    with FileLock(lock):
        recording.keep({"messages": [], "n": 2}, [DONE])
    assert len(warned) == 1
    recording.keep({"messages": [], "n": 3}, [DONE])
    folder.chmod(0o777)  # as if somebody else had made it
    with FileLock(lock):
        recording.keep({"messages": [], "n": 4}, [DONE])
    assert len(warned) == 1
    assert len(Recording(tmp_path / "r.jsonl")) == 3
