"""The commands on past turns: list, read, fork, undo, start over, save, load."""

from __future__ import annotations

from ..describe.cells import without_part
from ..errors import UsageError
from ..ipython.notebook import Notebook
from ..parsing import Command
from ..paths import typed
from ..render.forms import from_markdown
from ..render.tables import table
from ..texts import say, two_lines
from ..transcript_files import load, save
from ..turns import Conversation
from ..validators import nearest, shown
from ..workspace import Workspace

_MAIN = "main"


def _existing(name: str, workspace: Workspace) -> Conversation:
    """Return a conversation that has turns; ``main`` too while none has."""
    known = [conversation.name for conversation in workspace.conversations if len(conversation)]
    if name not in known and (name != _MAIN or known):
        raise UsageError(*two_lines("no_conversation", name=name, meant=nearest(name, known)))
    return workspace.conversations.get(name)


def _typed(name: str) -> str:
    """Return a name as the user would type it, for messages that say what to type."""
    return name if name and not any(sign.isspace() for sign in name) else f'"{name}"'


def _list(_command: Command, workspace: Workspace, notebook: Notebook) -> None:
    held = [(one, one.turns[-1].prompt.text) for one in workspace.conversations if len(one)]
    rows = [(one.name, len(one), shown(without_part(last))) for one, last in held]
    if not rows:
        notebook.say(say("no_conversations"))
        return
    plain, markdown = table([say("table_conversation"), say("table_turns"), say("table_last")], rows)
    notebook.show(from_markdown(markdown, plain))


def _history(command: Command, workspace: Workspace, notebook: Notebook) -> Conversation:
    conversation = _existing(command.words[0] if command.words else _MAIN, workspace)
    if len(conversation):
        return notebook.show_once(conversation)
    notebook.say(say("no_turns", name=conversation.name))
    notebook.was_shown(conversation)
    return conversation


def _fork(command: Command, workspace: Workspace, notebook: Notebook) -> None:
    new = command.words[0]
    source = _existing(command.words[1] if len(command.words) > 1 else _MAIN, workspace)
    key = notebook.next_key()
    taken = workspace.conversations.get(new) if new in workspace.conversations else ()
    # The cell that made it makes it anew, so that Run All can be run twice.
    if len(taken) and (key is None or getattr(taken, "made_by", None) != key[0]):
        raise UsageError(*two_lines("fork_exists", name=_typed(new)))
    at = command.options.get("at")
    if at is not None and at > len(source):
        raise UsageError(*two_lines("fork_beyond", name=_typed(source.name), at=at, count=len(source)))
    fork = source.fork(new, at, key)
    workspace.conversations.put(fork)
    notebook.say(say("forked", new=_typed(new), count=len(fork), name=_typed(source.name)))


def _undo(command: Command, workspace: Workspace, notebook: Notebook) -> None:
    conversation = _existing(command.words[0] if command.words else _MAIN, workspace)
    count = conversation.undo(command.options.get("count", 1), notebook.next_key())
    notebook.say(say("undone", count=count, name=conversation.name, left=len(conversation)))


def _new(command: Command, workspace: Workspace, notebook: Notebook) -> None:
    name = command.words[0] if command.words else _MAIN
    workspace.conversations.get(name).clear(notebook.next_key())
    notebook.say(say("cleared", name=name))


def _save(command: Command, workspace: Workspace, notebook: Notebook) -> None:
    path, force = typed(command.words[0]), bool(command.options.get("force"))
    if command.options.get("all"):
        name, count = say("page.all"), len(workspace.asks)
        save(path, name, force=force, asks=tuple(workspace.asks))
    else:
        conversation = _existing(command.words[1] if len(command.words) > 1 else _MAIN, workspace)
        name, count = conversation.name, len(conversation)
        save(path, name, conversation.turns, force=force)
    notebook.say(say("saved", count=count, name=name, path=command.words[0]))


def _load(command: Command, workspace: Workspace, notebook: Notebook) -> None:
    name, turns = load(typed(command.words[0]))
    key = notebook.next_key()
    held = workspace.conversations.get(name) if name in workspace.conversations else Conversation(name)
    # The cell that loaded it loads it anew, so that Run All can be run twice.
    again = key is not None and held.made_by == key[0]
    lost = len(held) if tuple(held) != turns[: len(held)] else 0
    if lost and not again and not command.options.get("force"):
        raise UsageError(*two_lines("load_taken", name=_typed(name), count=lost, path=command.words[0]))
    loaded = Conversation(name, turns)
    loaded.made_by = key[0] if key else None
    workspace.conversations.put(loaded)
    notebook.say(say("loaded_over" if lost else "loaded", count=len(turns), name=_typed(name), lost=lost))


COMMANDS = {
    "conversations": _list,
    "history": _history,
    "fork": _fork,
    "undo": _undo,
    "new": _new,
    "save": _save,
    "load": _load,
}
