"""Who answers: recordings opened by a command or by the environment, and the key that is typed in."""

from __future__ import annotations

import os
import sys
import types
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Literal

import pytest

from neosantara_magic import ask, public
from neosantara_magic.commands import run, status
from neosantara_magic.errors import RecordingError, UsageError
from neosantara_magic.parsing.parse import parse_line
from neosantara_magic.settings import key as key_module
from neosantara_magic.settings.fields import Settings
from neosantara_magic.workspace import Workspace, follow_environment, open_recording

KEY = "nsk_0123456789abcdef"


class Said:
    """The part of a notebook that these commands use."""

    can_ask = True

    def __init__(self) -> None:
        self.lines: list[str] = []

    def say(self, text: str) -> None:
        self.lines.append(text)


def typed(line: str, space: Workspace) -> list[str]:
    """Run a line command and return what it said."""
    said = Said()
    run(parse_line(line), space, said)  # type: ignore[arg-type]
    return said.lines


@pytest.fixture
def space() -> Workspace:
    """Give a workspace that asks nobody for its settings."""

    def unneeded() -> object:
        raise AssertionError

    return Workspace(unneeded, demo=False)  # type: ignore[arg-type]


@pytest.fixture
def fake_keyring(monkeypatch: pytest.MonkeyPatch) -> dict[tuple[str, str], str]:
    """Put a keyring in place that remembers in memory."""
    held: dict[tuple[str, str], str] = {}

    def put(service: str, account: str, value: str) -> None:
        held[service, account] = value

    fake = types.SimpleNamespace(
        get_password=lambda *name: held.get(name), set_password=put, delete_password=lambda *name: held.pop(name)
    )
    monkeypatch.setitem(sys.modules, "keyring", fake)
    monkeypatch.setattr(key_module, "_remembered", {})
    return held


@pytest.fixture
def _script() -> Iterator[None]:
    """Give a process in which nothing was asked yet."""
    public._script.clear()
    public._warn_once.cache_clear()
    yield
    public._script.clear()
    public._warn_once.cache_clear()


@pytest.mark.usefixtures("_script")
def test_a_plain_script_replays_without_a_key(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What the recording lacks fails there, and never reaches for the service."""
    (tmp_path / "script.jsonl").write_text("", encoding="utf-8")
    monkeypatch.setenv("NEOSANTARA_RECORDING", str(tmp_path / "script.jsonl"))
    monkeypatch.setenv("NEOSANTARA_RECORDING_MODE", "replay")
    with pytest.raises(RecordingError, match="holds no recorded answers"):
        ask("one")


@pytest.mark.usefixtures("_script")
def test_a_bad_mode_is_refused_at_every_ask(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A script that catches the first error does not go on to the service unrecorded."""
    monkeypatch.setenv("NEOSANTARA_RECORDING", str(tmp_path / "script.jsonl"))
    monkeypatch.setenv("NEOSANTARA_RECORDING_MODE", "rewind")
    for _ in range(2):
        with pytest.raises(UsageError, match="rewind"):
            ask("one")


@pytest.mark.usefixtures("_script")
def test_a_plain_script_hears_once_of_bad_settings(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """A value that counts as none is said on stderr, whatever is asked afterwards."""
    monkeypatch.setenv("NEOSANTARA_TIMEOUT", "soon")
    workspace, _ = public.surroundings()
    for _ in range(3):
        workspace.settings()
    (line,) = capsys.readouterr().err.splitlines()
    assert "NEOSANTARA_TIMEOUT" in line
    assert "soon" in line


def test_recording_to_a_file_of_something_else_is_refused(space: Workspace, tmp_path: Path) -> None:
    """A table stays as it is, and two lines say what to do; replaying it only finds no answers."""
    table = tmp_path / "grades.csv"
    table.write_text("name,grade\nAni,9\n", encoding="utf-8")
    with pytest.raises(UsageError) as caught:
        typed(f"record {table}", space)
    assert str(caught.value).splitlines() == [
        f"{str(table)!r} holds something else, which was not touched.",
        "Choose another file.",
    ]
    assert space.recording is None
    assert table.read_text(encoding="utf-8") == "name,grade\nAni,9\n"
    assert "0" in typed(f"replay {table}", space)[0]


@pytest.mark.parametrize("mode", ["record", "replay"])
def test_a_place_that_cannot_be_used_is_said_before_anything_is_asked(
    mode: Literal["record", "replay"], tmp_path: Path
) -> None:
    """A folder, a folder that is not there, a device."""
    for place, reason in {
        tmp_path: "it is a folder",
        tmp_path / "no" / "lesson.jsonl": "its folder does not exist",
        Path(os.devnull): "it is not an ordinary file",
    }.items():
        with pytest.raises(UsageError, match=reason):
            open_recording(str(place), mode)


@pytest.mark.skipif(not Path("/proc/version").is_file(), reason="no such file system")
def test_a_file_that_nobody_can_write_is_refused(space: Workspace) -> None:
    """Also for root, who may open it."""
    with pytest.raises(UsageError):
        typed("record /proc/version", space)
    with pytest.raises(UsageError):
        typed("record /proc/lesson.jsonl", space)
    assert space.recording is None


def test_opening_a_recording_leaves_nothing_behind(tmp_path: Path) -> None:
    """The file comes with the first answer."""
    assert len(open_recording(str(tmp_path / "lesson.jsonl"), "record")) == 0
    assert list(tmp_path.iterdir()) == []


def test_an_environment_without_a_recording_changes_nothing(space: Workspace) -> None:
    """Neither does an empty variable."""
    follow_environment(space, {"NEOSANTARA_RECORDING": "", "NEOSANTARA_RECORDING_MODE": "replay"})
    assert space.recording is None


def test_without_the_keyring_nobody_is_asked_for_a_key_to_store(
    space: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The secret is never typed for nothing, and none is kept."""
    monkeypatch.setitem(sys.modules, "keyring", None)
    monkeypatch.setattr(status, "getpass", lambda _prompt: pytest.fail("asked for the key"))
    with pytest.raises(UsageError, match="not installed"):
        typed("key --store", space)
    assert space.session_key is None


def test_a_stored_key_is_forgotten_in_the_keyring_and_in_the_kernel(
    space: Workspace, monkeypatch: pytest.MonkeyPatch, fake_keyring: dict[tuple[str, str], str]
) -> None:
    """After --forget neither holds it."""
    monkeypatch.setattr(status, "getpass", lambda _prompt: KEY)
    typed("key --store", space)
    assert space.session_key == KEY
    assert KEY not in repr(space.session_key)
    assert list(fake_keyring.values()) == [KEY]
    assert typed("key --forget", space) == [
        "The key is forgotten: neither this kernel nor the system keyring holds one."
    ]
    assert space.session_key is None
    assert fake_keyring == {}


@pytest.mark.parametrize("installed", [True, False])
def test_a_key_that_was_only_typed_is_forgotten_too(
    space: Workspace,
    monkeypatch: pytest.MonkeyPatch,
    fake_keyring: dict[tuple[str, str], str],
    installed: bool,
) -> None:
    """With an empty keyring or none; a second time there is nothing to forget, and nothing is claimed."""
    if not installed:
        monkeypatch.setitem(sys.modules, "keyring", None)
    monkeypatch.setattr(status, "getpass", lambda _prompt: KEY)
    typed("key", space)
    (line,) = typed("key --forget", space)
    assert "is forgotten" in line
    assert space.session_key is None
    assert fake_keyring == {}
    with pytest.raises(UsageError, match="holds no Neosantara key"):
        typed("key --forget", space)


ELSEWHERE = "https://gateway.example/v1"


def at(address: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, **how: object) -> Workspace:
    """Give a workspace whose key is the keyring's, at an address."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("NEOSANTARA_API_KEY", raising=False)
    return Workspace(lambda: Settings(base_url=address), demo=False, **how)  # type: ignore[arg-type]


@pytest.mark.parametrize("address", ["https://api.neosantara.xyz/v1", "https://api.neosantara.xyz/coding/v1"])
def test_a_stored_key_goes_to_the_service(
    address: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, fake_keyring: dict[tuple[str, str], str]
) -> None:
    """Without a question."""
    fake_keyring[key_module.SERVICE, key_module.KEY_VARIABLE] = KEY
    assert at(address, monkeypatch, tmp_path).service()


@pytest.mark.parametrize(
    "address",
    [
        ELSEWHERE,
        "http://127.0.0.1:9/v1",
        "https://api.neosantara.xyz.evil.example/v1",
        "https://api.neosantara.xyz:8443/v1",
    ],
)
def test_elsewhere_a_stored_key_goes_only_with_the_users_word(
    address: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, fake_keyring: dict[tuple[str, str], str]
) -> None:
    """An environment variable may come from a cloned project. Asked once for each address; with nobody there, refused."""
    fake_keyring[key_module.SERVICE, key_module.KEY_VARIABLE] = KEY
    with pytest.raises(UsageError) as caught:
        at(address, monkeypatch, tmp_path).service()
    assert address in caught.value.what
    assert KEY not in str(caught.value)
    asked: list[str] = []

    def says(word: str) -> Callable[[str], str]:
        return lambda question: asked.append(question) or word  # type: ignore[func-returns-value]

    with pytest.raises(UsageError):
        at(address, monkeypatch, tmp_path, question=says("n")).service()
    with pytest.raises(UsageError):
        at(address, monkeypatch, tmp_path, question=says("")).service()
    agreed = at(address, monkeypatch, tmp_path, question=says("y"))
    assert agreed.service()
    assert agreed.service()
    assert len(asked) == 3
    assert all(address in question and KEY not in question for question in asked)
    assert at(address, monkeypatch, tmp_path, names_address=lambda: True).service()


def test_a_key_of_the_environment_goes_where_the_environment_says(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, fake_keyring: dict[tuple[str, str], str]
) -> None:
    """Both come from the same hand."""
    fake_keyring[key_module.SERVICE, key_module.KEY_VARIABLE] = KEY
    space = at(ELSEWHERE, monkeypatch, tmp_path)
    monkeypatch.setenv("NEOSANTARA_API_KEY", "gw-0123456789")
    assert space.service()
