"""The commands that only show: status, help, usage, models, tools, prompts.

They change nothing, except ``usage --reset`` and the model list that is kept for the session.
"""

from __future__ import annotations

import json
from dataclasses import asdict
from typing import Any

from ..api import catalog
from ..costs import LedgerRow
from ..errors import UsageError
from ..ipython.notebook import Notebook
from ..messages import Usage
from ..parsing import Command, help_text
from ..prompt import files
from ..render.forms import from_markdown
from ..render.tables import Table, table
from ..settings import key_note
from ..settings.lock import LIMITS, refused
from ..texts import say, two_lines
from ..texts.numbers import number, rupiah
from ..tools.toolbox import Toolbox
from ..validators import shown
from ..workspace import Workspace


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
    lines = [
        (name, conversation, *map(number, (row.calls, row.input_tokens, row.output_tokens)), " + ".join(row.cost.parts))
        for name, conversation, row in [
            *((row.model, row.conversation or say("usage.once"), row) for row in rows),
            (say("usage.total"), "", workspace.ledger.total),
        ]
    ]
    shown = Table(header, lines, [_flat(row) for row in rows])
    notebook.show_once(shown)
    return shown


def _flat(row: LedgerRow) -> dict[str, Any]:
    """Return a row as a frame has it: the parts of the cost are columns."""
    flat: dict[str, Any] = asdict(row)
    cost = flat.pop("cost")
    return {**flat, "cost_idr": cost.pop("amount"), **cost}


def _models(command: Command, workspace: Workspace, notebook: Notebook) -> Table:
    models = workspace.fetch_models()
    if not models:
        raise UsageError(*two_lines("models_empty", server=workspace.server()))
    wanted = " ".join(command.words).lower()
    found = [m for m in models if wanted in m.id.lower() or wanted in " ".join(m.capabilities).lower()]
    if not found:
        raise UsageError(*two_lines("models_none", filter=repr(wanted)))
    header = [say(f"models.{name}") for name in ("id", "capabilities", "context", "input", "output")]
    shown = Table(header, [_model_row(model) for model in found], [asdict(model) for model in found])
    notebook.show_once(shown)
    return shown


def _model_row(model: catalog.Model) -> tuple[str, ...]:
    prices = [catalog.cost_idr(model, Usage(**{kind: 1_000_000})) for kind in ("input_tokens", "output_tokens")]
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
    if not command.words:
        specs = [tool.spec for tool in known.values()]
        rows = [(spec.name, spec.description.split("\n")[0]) for spec in specs]
        plain, markdown = table(["tool", "description"], rows)
        schemas = "\n\n".join(f"**{spec.name}**\n\n```json\n{_schema(spec.parameters)}\n```" for spec in specs)
        text = "\n\n".join([plain, *(f"{spec.name}\n{_schema(spec.parameters)}" for spec in specs)])
        notebook.show(from_markdown(f"{markdown}\n\n{schemas}", text))
        return
    name = command.words[0]
    # A function that was not used yet can be looked at before it is.
    tool = known.get(name) or next(iter(Toolbox.from_names([name], notebook.namespace, workspace.servers).values()))
    shown = _schema({"name": tool.spec.name, "description": tool.spec.description, "parameters": tool.spec.parameters})
    left = tool.arguments.left_out
    note = say("tool.left_out", names=", ".join(left)) if left else ""
    notebook.show(from_markdown(f"```json\n{shown}\n```\n\n{note}".strip(), f"{shown}\n{note}".strip()))


def _prompts(_command: Command, _workspace: Workspace, notebook: Notebook) -> Table:
    records = [{"name": name, "about": _about(name)} for name in files.names()]
    listed = Table(["--as", ""], [tuple(record.values()) for record in records], records)
    notebook.show_once(listed)
    return listed


def _about(name: str) -> str:
    try:
        file = files.read(name)
    except UsageError as error:
        return error.what
    return shown(file.description or file.text.splitlines()[0].strip("# "), 90)


def _schema(schema: Any) -> str:
    return json.dumps(schema, indent=2, ensure_ascii=False)


COMMANDS = {"status": _status, "help": _help, "usage": _usage, "models": _models, "tools": _tools, "prompts": _prompts}
