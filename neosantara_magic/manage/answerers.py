"""Who answers: the key, the demo model, recordings.

For: the commands that change where the next ask goes.
Not for: keys (``settings/``), recordings (``recordings.py``) or the demo model (``demo/``) themselves.
"""

from __future__ import annotations

import sys
from getpass import getpass
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from .. import values
from ..errors import UsageError
from ..recordings import Recording
from ..settings import Key, forget_key, key_note, store_key, typed_key
from ..texts import say, two_lines

if TYPE_CHECKING:
    from collections.abc import Mapping

    from ..command import Command
    from ..notebook import Notebook
    from ..workspace import Workspace


def _key(command: Command, workspace: Workspace, notebook: Notebook) -> None:
    if command.options.get("forget"):
        forget_key()
        notebook.say(say("key_forgotten"))
        return
    if not notebook.can_ask:
        raise UsageError(*two_lines("key_nobody"))
    key = Key(typed_key(getpass(say("key_prompt"))), "session")
    workspace.session_key = key.value
    if command.options.get("store"):
        store_key(key.value)
        notebook.say(say("key_stored", key=key.masked))
    else:
        notebook.say(say("key_set", key=key.masked))
    note = key_note(key)
    if note:
        notebook.say(note)


def _demo(command: Command, workspace: Workspace, notebook: Notebook) -> None:
    workspace.demo = command.words[0] == "on"
    notebook.say(say("demo_on") if workspace.demo else say("demo_off", server=workspace.server()))


def _record(command: Command, workspace: Workspace, notebook: Notebook) -> None:
    recording = open_recording(command.words[0], "record")
    workspace.recording = (recording, "record")
    notebook.say(say("recording_on", path=command.words[0], count=len(recording)))


def _replay(command: Command, workspace: Workspace, notebook: Notebook) -> None:
    recording = open_recording(command.words[0], "replay")
    workspace.recording = (recording, "replay")
    notebook.say(say("replay_on", path=command.words[0], count=len(recording)))


def _live(_command: Command, workspace: Workspace, notebook: Notebook) -> None:
    workspace.recording = None
    notebook.say(say("live", server=workspace.server()))


def follow_environment(workspace: Workspace, environ: Mapping[str, str]) -> None:
    """Record or replay when ``NEOSANTARA_RECORDING`` and ``NEOSANTARA_RECORDING_MODE`` say so.

    Raises:
        UsageError: the mode is neither ``record`` nor ``replay``, or the file cannot be used.
    """
    typed = environ.get("NEOSANTARA_RECORDING", "")
    if typed:
        mode = values.one_of(
            "NEOSANTARA_RECORDING_MODE", environ.get("NEOSANTARA_RECORDING_MODE") or "record", ("record", "replay")
        )
        chosen: Literal["record", "replay"] = "replay" if mode == "replay" else "record"
        workspace.recording = (open_recording(typed, chosen), chosen)


def open_recording(typed: str, mode: Literal["record", "replay"]) -> Recording:
    """Open a recording, or say in two lines why it cannot be one.

    Raises:
        UsageError: replaying a file that is not there, or recording where nothing can be written.
    """
    path = Path(typed).expanduser()
    if mode == "replay" and not path.is_file():
        raise UsageError(*two_lines("recording_unreadable", path=typed, reason=_reason(path)))
    if mode == "record" and (path.is_dir() or not path.absolute().parent.is_dir()):
        raise UsageError(*two_lines("recording_unreadable", path=typed, reason=_reason(path)))
    return Recording(path.absolute(), lambda line: print(line, file=sys.stderr))  # noqa: T201


def _reason(path: Path) -> str:
    if path.is_dir():
        return say("reason.folder")
    return say("reason.no_file") if path.absolute().parent.is_dir() else say("reason.no_folder")


COMMANDS = {"key": _key, "demo": _demo, "record": _record, "replay": _replay, "live": _live}
