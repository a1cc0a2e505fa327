"""Python's `ask`, and the stage that any ask plays on: the renderer for the front end, the cell, the user."""

from __future__ import annotations

import inspect
import json
import sys
from collections.abc import Iterator, Mapping, MutableMapping
from contextlib import contextmanager, suppress
from dataclasses import replace
from functools import cache
from typing import Any, Literal, Unpack

from . import asking, ipython
from .api.client import wire_body
from .asking import Stage
from .costs import input_tokens
from .errors import UsageError
from .ipython.notebook import Notebook, capture_displays, running_notebook
from .loop import listed, numbers_of, where_it_is
from .messages import Response
from .parsing.asks import ask_from_keywords, speaking_keywords
from .parsing.flags import Ask, TurnFlags
from .redaction import environment, redact
from .render.forms import Look, from_markdown
from .render.renderer import Renderer, SilentRenderer
from .render.static import StaticRenderer
from .render.text import TextRenderer, terminal_renderer, writer
from .render.updating import UpdatingRenderer
from .request import Request
from .scope import Cancel, variables, within
from .settings import fields
from .texts import number, rupiah, say, two_lines, warn
from .tools.approval import Question, decide
from .tools.crew import Captured, capture_prints
from .turns import Conversation
from .validators import shown
from .workspace import Workspace, follow_environment

_script: list[Workspace] = []
"""The workspace of a process without the extension."""
_warn_once = cache(warn)


def show_values(notebook: Notebook) -> None:
    """Let answers without a twin show themselves."""
    notebook.show_as(Response, lambda answer: dict(answer.bundle) or from_markdown(answer.text, answer.text))


def surroundings() -> tuple[Workspace, Notebook | None]:
    """Return the workspace in force, and the shell if this runs in one."""
    for opened in ipython.loaded:
        return opened()
    if not _script:
        workspace = Workspace(_settings_of_environment, problems=fields.environment_problems(environment))
        follow_environment(workspace, environment)
        _script.append(workspace)
    return _script[0], running_notebook()


def _settings_of_environment() -> fields.Settings:
    """Return the settings of a process without the extension; warn once about each unusable value."""
    for line in fields.environment_problems(environment).values():
        _warn_once(line)
    return fields.from_environment(environment)


class RowFlags(TurnFlags, total=False):
    """The flags that `ask` and `ask_many` take."""

    once: bool
    show: Literal["auto", "widget", "markdown", "text", "none"] | None


class ChatFlags(TurnFlags, total=False):
    """The flags that `ask` and `chat` take."""

    schema: Any
    context: int | str | None
    out: str | None
    conversation: str | Conversation | None
    new: bool


class AskFlags(RowFlags, ChatFlags, total=False):
    """The flags that `ask` takes."""

    code: bool
    dry_run: bool


def conversation(name: str = "main") -> Conversation:
    """Return a live conversation, the one that cells and `ask` continue; empty when it is new."""
    return surroundings()[0].conversations.get(name)


def named(given: Any, workspace: Workspace, notebook: Notebook | None) -> Any:
    """Return the name of a conversation that was given itself, which from now on is the one of that name.

    Raises UsageError: another one of that name has turns, and another cell brought it.
    """
    if not isinstance(given, Conversation):
        return given
    held = workspace.conversations.get(given.name)
    if held is not given:
        cell = None if notebook is None else notebook.cell_id
        # The cell that brought it brings it anew, so that Run All can be run twice.
        if len(held) and (cell is None or held.made_by != cell):
            raise UsageError(*two_lines("fork_exists", name=shown(given.name)))
        given.made_by = cell
        workspace.conversations.put(given)
    return given.name


def ask(prompt: str, **flags: Unpack[AskFlags]) -> Response:
    """Ask from Python. Works in a notebook, a terminal and a plain script.

    Args:
        prompt: The question. ``{{ expressions }}`` are left alone unless ``raw=False``: a prompt
            built with an f-string may hold data, and data must not be evaluated.
        **flags: The long names of the magic's flags: ``model``, ``system``, ``conversation``,
            ``tools`` (functions or names), ``schema`` (a type or a name) and the others of `AskFlags`.
            In a plain script nothing is shown unless ``show`` says so.

    Returns:
        The Response; with ``schema``, the data is in ``.parsed``.

    Raises:
        UsageError: bad input; nothing was sent.
        APIError: the service failed; ``.text`` has the answer up to that point.
        Stopped: interrupted; ``_neosantara`` has the half in a notebook.
    """
    with speaking_keywords():
        given: Any = prompt  # a type checker does not read every notebook
        if not isinstance(given, str) or "each" in flags:
            what = "each=" if isinstance(given, str) else f"{type(given).__name__} {shown(given)}"
            raise UsageError(*two_lines("ask.one", given=what))
        workspace, notebook = surroundings()
        name = named(flags.get("conversation"), workspace, notebook)
        asked = ask_from_keywords(prompt, {"raw": True, **flags, "conversation": name}, "ask")
        with within(inspect.currentframe(), namespace_of(notebook)) as namespace:
            if not asked.dry_run:
                return play(asked, workspace, notebook, namespace)
            planned = Response(bundle=dry_run(asked, workspace, notebook))  # no answer; it shows the same again
            if notebook is None:
                print(planned.bundle["text/plain"])  # noqa: T201  (this is what the caller asked for)
            else:
                notebook.show(planned.bundle)
                notebook.was_shown(planned)
            return planned


def namespace_of(notebook: Notebook | None) -> MutableMapping[str, Any]:
    """Return the variables of the notebook or script that asks, with the local ones of the calling function."""
    return variables(vars(sys.modules["__main__"])) if notebook is None else notebook.namespace


def play(asked: Ask, workspace: Workspace, notebook: Notebook | None, namespace: MutableMapping[str, Any]) -> Response:
    """Ask on the stage that fits, and remember that the answer was shown there."""
    stage = _stage_for(asked, workspace, notebook, namespace)
    response = asking.ask(asked, workspace, stage)
    if notebook is not None and not isinstance(stage.renderer, SilentRenderer):
        notebook.was_shown(response)
    return response


def dry_run(asked: Ask, workspace: Workspace, notebook: Notebook | None) -> dict[str, str]:
    """Return what ``--dry-run`` shows: the exact request, and nothing that was sent."""
    stage = _stage_for(replace(asked, show="none"), workspace, notebook, namespace_of(notebook))
    request = where_it_is(asking.prepare(asked, workspace, stage).request, workspace.memory())  # needs no key
    most = workspace.most_idr(request)
    body = redact(json.dumps(wire_body(request), indent=2, ensure_ascii=False))
    key = workspace.key()
    endpoint = "responses" if request.api == "responses" else "chat/completions"
    head = say(
        "dry_run_demo" if workspace.demo else "dry_run",
        url=f"{workspace.server()}/{endpoint}",
        key="-" if key is None else key.masked,
        tokens=number(input_tokens(request)),
        most=number(request.max_tokens),
        cost=say("dry_run_unpriced") if most is None else rupiah(most, estimated=True),
    )
    head += of_people(request, numbers_of(request), demo=workspace.demo)
    return from_markdown(f"{head}\n\n```json\n{body}\n```", f"{head}\n{body}")


def of_people(request: Request, numbers: Mapping[str, str], *, demo: bool) -> str:
    """Return what ``--dry-run`` adds about ``--guard`` and about numbers of people that were found."""
    header = "" if demo or not request.guard else f" {say('dry_run_guard')}"
    key = "dry_run_refused" if request.privacy == "refuse" else "dry_run_numbers"
    return header + (f" {say(key, found=listed(numbers))}" if numbers else "")


def _stage_for(
    asked: Ask, workspace: Workspace, notebook: Notebook | None, namespace: MutableMapping[str, Any]
) -> Stage:
    """Set the stage: screen, cell, user. Raises UsageError: a Markdown extension of the settings fails."""
    look = workspace.look()
    try:
        # Before anything is paid for: an extension that fails would fail when the answer is to be shown.
        if look.engine_name != "commonmark":
            from .render.markdown import engine  # noqa: PLC0415  (a parser that the request can leave before)

            engine(look.engine_name, look.extensions)
    except Exception as error:
        names = shown(", ".join(look.extensions))
        raise UsageError(*two_lines("setting.extension", names=names, error=shown(error, 200))) from error
    if notebook is None:
        show = asked.show or "none"
        renderer: Renderer = SilentRenderer() if show == "none" else TextRenderer(writer(sys.stdout))
        return Stage(renderer, namespace, look=look)
    cancel = Cancel()
    return Stage(
        _renderer(asked.show or workspace.settings().show, notebook, look, cancel),
        namespace,
        cancel=cancel,
        interrupts=notebook.interrupts_until,
        key=notebook.next_key(),
        look=look,
        question=question(notebook),
        capture=lambda: capture(notebook),
        set_next_cell=notebook.set_next_cell,
        images_shown=notebook.cells.images,
        cells=notebook.cells.before,
    )


def _renderer(show: str, notebook: Notebook, look: Look, cancel: Cancel) -> Renderer:
    """Choose the renderer. ``auto`` depends on the front end."""
    front_end, outputs = notebook.front_end, notebook.outputs_around
    auto = show == "auto"
    show = front_end.show if auto else show
    if show == "none":
        return SilentRenderer()
    if show == "text":
        # A front end in text prints it; a program that stores its outputs gets the other forms too.
        return TextRenderer(writer(sys.stdout), notebook.outlet() if auto else None, look)
    if not front_end.displays:
        return terminal_renderer(sys.stdout)
    # An `Output` widget stores displays and ignores their updates. Our widget updates itself, so it can grow there.
    grows = show == front_end.show == "widget"
    if notebook.captured or (outputs and not grows) or show == "final":
        return StaticRenderer(notebook.outlet(), look=look)
    if show == "widget":
        # Without ipykernel's comms, or with a broken widget installation, the answer still appears.
        with suppress(ImportError):
            from .render.widget import WidgetRenderer  # noqa: PLC0415  (only notebooks need anywidget)

            return WidgetRenderer(notebook.outlet(), cancel, cell=notebook.cell_id, within=outputs, look=look)
    return UpdatingRenderer(notebook.outlet(), notebook.outlet(), look=look)


def question(notebook: Notebook) -> Question | None:
    """Ask about a call with a line of text; None where nobody can be asked."""
    return (lambda call, _tool: decide(call, notebook.question)) if notebook.can_ask else None


@contextmanager
def capture(notebook: Notebook) -> Iterator[Captured]:
    """Collect what a tool prints and displays, for its card."""
    with capture_prints() as captured, capture_displays(notebook.shell.display_pub) as captured.displayed:
        yield captured
