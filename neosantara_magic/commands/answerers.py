"""The commands that change who answers: the key, the demo model, recordings."""

from __future__ import annotations

from getpass import getpass

from ..errors import UsageError
from ..ipython.notebook import Notebook
from ..parsing import Command
from ..settings import Key, forget_key, key_note, require_keyring, store_key, typed_key
from ..settings.lock import Lock, refused
from ..texts import say, two_lines
from ..workspace import Workspace, open_recording


def _key(command: Command, workspace: Workspace, notebook: Notebook) -> None:
    if command.options.get("forget"):
        workspace.session_key = None
        forget_key()
        notebook.say(say("key_forgotten"))
        return
    if not notebook.can_ask:
        raise UsageError(*two_lines("key_nobody"))
    store = command.options.get("store")
    if store:
        require_keyring()
    key = Key(typed_key(getpass(say("key_prompt"))), "session")
    if store:
        store_key(key.value)
    workspace.session_key = key.value
    notebook.say(say("key_stored" if store else "key_set", key=key.masked))
    if note := key_note(key):
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
    workspace.else_demo = "else" in command.options
    key = "replay_else_demo" if workspace.else_demo else "replay_on"
    notebook.say(say(key, path=command.words[0], count=len(recording)))


def _live(_command: Command, workspace: Workspace, notebook: Notebook) -> None:
    workspace.recording = None
    notebook.say(say("live", server=workspace.server()))


def is_held_back(command: Command, lock: Lock | None, notebook: Notebook) -> bool:
    """Whether a lock holds this command back; then say so. Raises UsageError: it leads to the network or a new key."""
    if lock is None or not (lock.fixes_answerer or command.name == "key"):
        return False
    what = " ".join(("%neosantara", command.name, *command.words))
    if command.name in ("key", "live") or command.words == ("off",):
        raise refused(lock, what)
    notebook.say(say("lock.refused", what=what, lock=lock))
    return True


COMMANDS = {"key": _key, "demo": _demo, "record": _record, "replay": _replay, "live": _live}
