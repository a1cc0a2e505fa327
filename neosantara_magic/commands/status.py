"""What this kernel holds, who answers, and past turns: the commands in the tables at the end."""

from __future__ import annotations

import json
from dataclasses import asdict
from getpass import getpass
from typing import Any, Literal

from ..api.told import Model, cost_idr
from ..describe.cells import without_part
from ..errors import UsageError
from ..ipython.notebook import Notebook
from ..messages import Usage
from ..parsing.help import help_text
from ..parsing.parse import Command
from ..prompt import files
from ..recordings.store import Recording
from ..render.forms import Table, from_markdown, table
from ..settings.fields import LIMITS, refused
from ..settings.key import Key, forget_key, key_note, require_keyring, store_key, typed_key
from ..texts import number, rupiah, say, two_lines
from ..tools.toolbox import Toolbox
from ..transcript_files import load, save
from ..turns import Conversation
from ..validators import nearest, shown, typed
from ..workspace import Workspace, open_recording

_MAIN = "main"


def _status(_command: Command, workspace: Workspace, notebook: Notebook) -> None:
    held = workspace.settings()
    budget, key = held.budget_idr, workspace.key()
    shown_key = say("status_demo") if workspace.demo else say("status_no_key")
    if key is not None and not workspace.demo:
        shown_key = f"{key.masked} ({key.place})"
    named = ", ".join(f"{c.name} ({len(c)})" for c in workspace.conversations if len(c))
    rows: list[tuple[str, str]] = [
        (say("status_key"), shown_key),
        (say("status_address"), workspace.server()),
        (say("status_model"), held.model),
        (say("status_conversations"), named or "-"),
        (say("status_spent"), " + ".join(workspace.ledger.total.cost.parts)),
        (say("status_budget"), workspace.spoilt_budget() or ("-" if budget is None else rupiah(budget))),
        (say("status_limits"), ", ".join(f"{name} {number(getattr(held, name))}" for name in LIMITS[1:])),
    ]
    if workspace.recording is not None:
        recording, mode = workspace.recording
        rows.append((say("status_recording"), f"{mode} {recording.path.name}"))
    if workspace.lock is not None:
        rows.append((say("status_lock"), str(workspace.lock)))
    plain, markdown = table(["%neosantara", ""], rows)
    notebook.show(from_markdown(markdown, plain))
    if key is not None and not workspace.demo and (note := key_note(key)):
        notebook.say(note)


def _help(command: Command, _workspace: Workspace, notebook: Notebook) -> None:
    notebook.say(help_text(command.words[0] if command.words else None))


def _usage(command: Command, workspace: Workspace, notebook: Notebook) -> Table | None:
    if command.options.get("reset"):
        if workspace.lock is not None:
            raise refused(workspace.lock, "%neosantara usage --reset")
        workspace.ledger.reset()
        notebook.say(say("usage_reset"))
        return None
    rows = workspace.ledger.rows()
    if not rows:
        notebook.say(say("no_usage"))
        return None
    header = [say(f"usage.{name}") for name in ("model", "conversation", "calls", "input", "output", "cost")]
    named = [(row.model, row.conversation or say("usage.once"), row) for row in rows]
    lines = [
        (name, conversation, *map(number, (row.calls, row.input_tokens, row.output_tokens)), " + ".join(row.cost.parts))
        for name, conversation, row in [*named, (say("usage.total"), "", workspace.ledger.total)]
    ]
    records: list[dict[str, Any]] = [asdict(row) for row in rows]
    for record in records:  # the parts of the cost are columns of a frame
        cost = record.pop("cost")
        record |= {"cost_idr": cost.pop("amount"), **cost}
    return notebook.show_once(Table(header, lines, records))


def _models(command: Command, workspace: Workspace, notebook: Notebook) -> Table:
    models = workspace.fetch_models()
    if not models:
        raise UsageError(*two_lines("models_empty", server=workspace.server()))
    wanted = " ".join(command.words).lower()
    found = [m for m in models if wanted in m.id.lower() or wanted in " ".join(m.capabilities).lower()]
    if not found:
        raise UsageError(*two_lines("models_none", filter=repr(wanted)))
    header = [say(f"models.{name}") for name in ("id", "capabilities", "context", "input", "output")]
    return notebook.show_once(Table(header, [_model_row(model) for model in found], [asdict(one) for one in found]))


def _model_row(model: Model) -> tuple[str, ...]:
    prices = [cost_idr(model, Usage(**{kind: 1_000_000})) for kind in ("input_tokens", "output_tokens")]
    return (
        model.id,
        ", ".join(model.capabilities) or "-",
        number(model.context_window) if model.context_window else "-",
        *("-" if price is None else rupiah(price, estimated=model.currency == "USD") for price in prices),
    )


def _tools(command: Command, workspace: Workspace, notebook: Notebook) -> None:
    known = workspace.tools
    if not known and not command.words:
        notebook.say(say("tools_none"))
        return
    tools = [*known.values()]
    for name in command.words:  # a function that was not used yet can be looked at before it is
        tools = [
            known.get(name) or next(iter(Toolbox.from_names([name], notebook.namespace, workspace.servers).values()))
        ]
    rows = [(tool.spec.name, tool.spec.description.split("\n")[0]) for tool in tools]
    plain, markdown = ("", "") if command.words else table(["tool", "description"], rows)
    for spec, left in ((tool.spec, tool.arguments.left_out) for tool in tools):
        told = {"name": spec.name, "description": spec.description, "parameters": spec.parameters}
        shown = json.dumps(told, indent=2, ensure_ascii=False)
        note = say("tool.left_out", names=", ".join(left)) if left else ""
        plain += f"\n\n{shown}\n{note}"
        markdown += f"\n\n```json\n{shown}\n```\n\n{note}"
    notebook.show(from_markdown(markdown.strip(), plain.strip()))


def _prompts(_command: Command, _workspace: Workspace, notebook: Notebook) -> Table:
    records = [{"name": name, "about": _about(name)} for name in files.names()]
    return notebook.show_once(Table(["--as", ""], [tuple(record.values()) for record in records], records))


def _about(name: str) -> str:
    try:
        file = files.read(name)
    except UsageError as error:
        return error.what
    return shown(file.description or file.text.splitlines()[0].strip("# "), 90)


def _key(command: Command, workspace: Workspace, notebook: Notebook) -> None:
    if command.options.get("forget"):
        typed, workspace.session_key = workspace.session_key, None
        if not forget_key() and typed is None:
            raise UsageError(*two_lines("keyring.empty"))
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
    if (held := workspace.recording) is not None and held[1] == "replay":
        _tell_recording(*held, held[0].path.name, workspace, notebook)  # it answers still
    else:
        notebook.say(say("demo_on") if workspace.demo else say("demo_off", server=workspace.server()))


def _recording(command: Command, workspace: Workspace, notebook: Notebook) -> None:
    mode: Literal["record", "replay"] = "record" if command.name == "record" else "replay"
    workspace.recording = held = (open_recording(command.words[0], mode), mode)
    workspace.else_demo = "else" in command.options
    _tell_recording(*held, command.words[0], workspace, notebook)


def _tell_recording(recording: Recording, mode: str, path: str, workspace: Workspace, notebook: Notebook) -> None:
    key = "replay_else_demo" if workspace.else_demo else "recording_on" if mode == "record" else "replay_on"
    notebook.say(say(key, path=path, count=len(recording)))


def _live(_command: Command, workspace: Workspace, notebook: Notebook) -> None:
    workspace.recording = None
    notebook.say(say("live", server=workspace.server()))


def is_held_back(command: Command, workspace: Workspace, notebook: Notebook) -> bool:
    """Whether a lock holds this command back; then say so. Raises UsageError: it leads to the network or a new key."""
    lock = workspace.lock
    if lock is None or command.name not in _ANSWERERS or not (lock.fixes_answerer or command.name == "key"):
        return False
    what = " ".join(("%neosantara", command.name, *command.words))
    if command.name in ("key", "live") or command.words == ("off",):
        raise refused(lock, what)
    notebook.say(say("lock.stays", what=what, lock=lock))
    return True


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
    fork = source.fork(new, command.options.get("at"), key)
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


_SCREENS = {"status": _status, "help": _help, "usage": _usage, "models": _models, "tools": _tools, "prompts": _prompts}
_ANSWERERS = {"key": _key, "demo": _demo, "record": _recording, "replay": _recording, "live": _live}
_TURNS = {"conversations": _list, "history": _history, "fork": _fork, "undo": _undo, "new": _new}
COMMANDS = {**_SCREENS, **_ANSWERERS, **_TURNS, "save": _save, "load": _load}
