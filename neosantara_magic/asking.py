"""One ask from end to end: settings → request → client → loop → screen → commit.

The magic, Python's `ask`, the panel and the batch share it. Who chooses the screen: ``public.py``.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, MutableMapping, Sequence
from contextlib import AbstractContextManager, closing, nullcontext, suppress
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any, cast

from . import validators
from .api.told import find_model
from .describe.cells import Cells, blocks_of, chosen, part_of
from .errors import NeosantaraError, RecordingError, Stopped, UsageError
from .loop import TurnTools, run_turn
from .messages import ImagePart, Part, Response, TextPart, Turn, brought_in, python_source, user_message
from .parsing.flags import Ask
from .prompt import files
from .prompt.render import render_instructions, render_prompt
from .render import static
from .render.document import Document, code_blocks
from .render.forms import PLAIN_LOOK, Look
from .render.renderer import Renderer, SilentRenderer
from .request import Client, Request, ServerMemory, build
from .scope import Cancel
from .settings.fields import check_change
from .texts import say, two_lines
from .tools.answer_schema import AnswerSchema, answer_schema
from .tools.approval import Approver, Policy, Question
from .tools.crew import Captured, no_capture
from .tools.toolbox import Toolbox
from .turns import Asked, CellKey, ServerState, history_messages
from .validators import here
from .workspace import Workspace

_REPLACES_HISTORY = {"input", "messages", "previous_response_id", "conversation"}
"""Fields that ``--param`` may put in place of ours; the server's history is then not the local one."""
Listening = Callable[[Callable[[], object]], AbstractContextManager[Callable[[], object]]]


@dataclass(frozen=True)
class Stage:
    """The surroundings of one ask: variables, screen, cell, user."""

    renderer: Renderer
    namespace: MutableMapping[str, Any]
    key: CellKey | None = None
    look: Look = PLAIN_LOOK
    question: Question | None = None  # asks the user about a tool call; None when nobody can answer
    capture: Callable[[], AbstractContextManager[Captured]] = no_capture
    set_next_cell: Callable[[str], None] | None = None
    images_shown: Callable[[], tuple[ImagePart, ...]] = tuple  # those that the last cell showed, for ``--image _``
    cells: Callable[[], Cells] = Cells  # those that ran before
    cancel: Cancel = field(default_factory=Cancel)
    interrupts: Listening = lambda _note: nullcontext(lambda: None)
    """A context for the whole ask (`Interrupts.until_ended`); it is given the function that notes an interrupt. The
    function that it returns is called when the answer has ended: a later Stop then changes nothing."""


def ask(asked: Ask, workspace: Workspace, stage: Stage) -> Response:
    """Ask once, show the answer, keep it. The Response is in ``_neosantara`` too, as is a stopped or failed one.

    Raises UsageError: bad input, nothing was sent; APIError or Stopped: the answer up to that point is kept.
    """
    return unless_failed(answer(asked, workspace, stage))


def unless_failed(response: Response) -> Response:
    """Return the Response, or raise what ended its ask."""
    if response.stopped:
        raise Stopped(*two_lines("stopped"))
    if response.error is not None:
        raise response.error
    return response


def answer(asked: Ask, workspace: Workspace, stage: Stage) -> Response:
    """Ask once, as `ask`, but return a stopped or failed Response too. `UsageError` is raised all the same."""
    plan = prepare(asked, workspace, stage)
    workspace.check_model(plan.request)
    workspace.check_budget(plan.request)
    client = workspace.client()
    with stage.interrupts(stage.cancel.note) as ended, workspace.conversations.asking(plan.conversation, stage.key):
        document = play(
            plan, client, stage.cancel, before_another=workspace.check_budget, renderer=stage.renderer, ended=ended
        )
        return _keep(asked, plan, document, workspace, stage)


def play(
    plan: Plan,
    client: Client,
    cancel: Cancel,
    *,
    before_another: Callable[[Request, Document], None],
    renderer: Renderer = SilentRenderer(),  # noqa: B008  (it holds nothing)
    ended: Callable[[], object] = lambda: None,
) -> Document:
    """Run one turn to its end. Nothing is raised: the document has the outcome and the error.

    ``before_another`` sees each further request and may raise; ``ended`` is called after the last event, come what may.
    """
    document = Document()
    document.max_tokens, document.structured = plan.request.max_tokens, plan.check is not None
    document.notes, document.cells = [*plan.notes], plan.cells
    try:
        try:
            renderer.begin(document)
            turn = run_turn(
                plan.request,
                client,
                cancel,
                tools=plan.tools,
                check=plan.check,
                memory=plan.memory,
                before_another=lambda request: before_another(request, document),
            )
            # Closed when this loop is left, however: a Stop hangs up instead of leaving the server talking.
            with closing(turn) as events:
                for event in events:
                    document.fold(event)
                    renderer.show(document, event)
        finally:
            ended()
        document.finish("completed")
    except KeyboardInterrupt:
        document.finish("stopped")
    except BaseException as error:  # noqa: BLE001  (the caller raises it when the answer is safe)
        if isinstance(error, NeosantaraError):
            error.text = error.text or document.text
        document.finish("failed", error)
    return document


@dataclass(frozen=True)
class Plan:
    """Everything that is decided before the first byte leaves."""

    request: Request
    conversation: str | None
    tools: TurnTools
    check: AnswerSchema | None
    memory: ServerMemory
    notes: tuple[str, ...] = ()  # for the line below the answer: what is sent in part, ``df: 20 of 5,000 rows``
    cells: int = 0  # how many cells of the notebook the model sees for ``--context``


def prepare(asked: Ask, workspace: Workspace, stage: Stage) -> Plan:
    """Make the plan of an ask. Raises UsageError: bad input."""
    settings = workspace.settings()
    with suppress(UsageError):  # the error of a malformed key is raised when the key is needed
        workspace.key()  # read before anything is rendered: the request must not contain it
    file = None if asked.as_ is None else files.read(asked.as_)
    asked = asked if file is None else file.under(asked)
    toolbox, lent, notes = _tools(asked, file, stage.namespace, workspace)
    workspace.tools.update(toolbox)
    if len(toolbox):
        asked = replace(asked, tool_choice=toolbox.chosen(asked.tool_choice))
    check = answer_schema(asked.schema, stage.namespace) if asked.schema else None
    parts: dict[str, str] = {}
    cells_named = "cells" in asked.prompt and not asked.raw and "cells" not in stage.namespace
    known = {**stage.namespace, "cells": stage.cells()} if cells_named else stage.namespace
    prompt = [*render_prompt(asked.prompt, known, raw=asked.raw, parts=parts)]
    if not any(isinstance(part, ImagePart) or part.text.strip() for part in prompt):
        raise UsageError(*two_lines("prompt.filled_blank"))
    prompt += _images(asked.images, stage)
    conversation, history, server_state = _history(asked, workspace, stage)
    context, cells = _context(asked, workspace, stage, history)
    # Only what was typed with the ask is expanded: the rest may come from any file.
    system = settings.system if file is None else file.text
    if asked.system is not None:
        system = render_instructions(asked.system, stage.namespace, raw=asked.raw, parts=parts)
    request = build(
        asked,
        settings,
        [*context, *prompt],
        instructions=system or None,
        history=history,
        server_state=server_state,
        tools=toolbox.specs,
        answer_format=check.format if check else None,
    )
    check_change("max_tokens", request.max_tokens, workspace.held)
    approver = Approver(cast("Policy", asked.approve or "ask"), stage.question, lent)
    rounds = 8 if asked.max_rounds is None else asked.max_rounds
    tools = TurnTools(toolbox, approver, stage.capture, rounds, settings.tool_result_limit)
    notes += tuple(f"{name}: {part}" for name, part in parts.items())
    return Plan(request, conversation, tools, check, workspace.memory(), notes, cells)


def _history(asked: Ask, workspace: Workspace, stage: Stage) -> tuple[str | None, tuple[Turn, ...], ServerState | None]:
    """Return the name of the conversation, its turns before this ask, and what the server holds of them."""
    if asked.once:
        return None, (), None
    typed = render_instructions(asked.conversation or "main", stage.namespace, raw=asked.raw)
    conversation = workspace.conversations.get(validators.words("--conversation", typed))
    if asked.new:
        return conversation.name, (), None
    state = None if workspace.memory().keeps_nothing else conversation.server_state(stage.key, workspace.server())
    return conversation.name, conversation.before(stage.key), state


def _context(asked: Ask, workspace: Workspace, stage: Stage, history: Sequence[Turn]) -> tuple[list[Part], int]:
    """Return the part with the cells of ``--context``, and how many of them the model sees.

    What the history holds already is not sent again: a Run All of many such asks sends each version of a cell once.
    """
    settings = workspace.settings()
    wanted = settings.context if asked.context is None else asked.context
    if not wanted:
        return [], 0
    ran = stage.cells()
    cells = chosen(ran if wanted == "all" else ran[-int(wanted) :], settings.context_limit)
    said = (part for turn in history for part in turn.prompt.parts if isinstance(part, TextPart))
    held = {block for part in said for block in blocks_of(part.text)}
    sent = [cell for cell in cells if cell.block not in held]
    parts: list[Part] = [TextPart(part_of([cell.block for cell in sent]) + "\n\n")] if sent else []
    model = find_model(workspace.models, asked.model or settings.model)
    if model is None or not model.blind:
        parts += [image for cell in sent for image in cell.images]
    return parts, len(cells)


def _tools(
    asked: Ask, file: files.PromptFile | None, namespace: Mapping[str, Any], workspace: Workspace
) -> tuple[Toolbox, frozenset[str], tuple[str, ...]]:
    """Return the tools, which of them only the prompt file names, and a note about those that the notebook lacks."""
    patience = asked.timeout or workspace.settings().timeout
    own = Toolbox.from_names(asked.tools, namespace, workspace.servers, patience)
    if file is None or not file.tools:
        return own, frozenset(), ()
    values = {name: namespace.get(name) for name in file.tools if name not in asked.tools}
    lent = [name for name, value in values.items() if callable(value) and not validators.is_pythons(value)]
    lacking = ", ".join(name for name in values if name not in lent)
    notes = (say("prompt_file.lacking", name=file.name, tools=lacking),) if lacking else ()
    toolbox = Toolbox.from_names((*asked.tools, *lent), namespace, workspace.servers, patience)
    return toolbox, frozenset(toolbox.keys() - own.keys()), notes


def _images(sources: Sequence[Any], stage: Stage) -> Iterator[ImagePart]:
    """Yield the images that were named; ``_`` names those that the last cell showed."""
    for source in sources:
        if not (isinstance(source, str) and source == "_"):
            yield files.load_image(source, stage.namespace, cwd=here())
        elif images := stage.images_shown():
            yield from images
        else:
            raise UsageError(*two_lines("image.none_shown"))


def _keep(asked: Ask, plan: Plan, document: Document, workspace: Workspace, stage: Stage) -> Response:
    """Finish the ask, however it ended: price it, commit it, paint it for the last time, return its Response."""
    try:
        _commit(asked, plan, document, enter(plan, document, workspace), workspace, stage)
        # Keep the answer before painting it: an error while painting must not lose what was paid for.
        response = stage.namespace["_neosantara"] = response_of(plan, document)
        if asked.code and document.outcome == "completed" and stage.set_next_cell is not None:
            document.next_cell = python_source(response.code)
    finally:
        # An error above must not leave a widget that seems to go on.
        stage.renderer.close(document)
    response = stage.namespace["_neosantara"] = replace(response, bundle=static.bundle(document, stage.look))
    # A check of what was called must find it, though a recording ended before the answer.
    if asked.out and (document.outcome == "completed" or isinstance(document.error, RecordingError)):
        stage.namespace[asked.out] = response.parsed if plan.check and not document.error else response
    if document.next_cell and stage.set_next_cell is not None:
        stage.set_next_cell(document.next_cell)
    return response


def enter(plan: Plan, document: Document, workspace: Workspace) -> Turn:
    """Price a finished document, enter it in the ledger and among the asks of this kernel, and return its turn."""
    workspace.add_up(plan.request, plan.conversation, document)
    turn = Turn(
        prompt=plan.request.messages[-1],
        replies=tuple(document.messages),
        instructions=plan.request.instructions,
        api=document.api if document.rounds else plan.request.api,
        model=document.model or plan.request.model,
        usage=document.usage,
        cost_idr=document.cost_idr,
        outcome=document.outcome or "completed",
        held_tokens=document.held_tokens,
        label=document.label,
    )
    time = datetime.now().astimezone().isoformat(timespec="seconds")
    who = {"demo": "demo", "recorded": "replay"}.get(turn.label, "live")
    # Nothing else holds the prompt of a single question: the images of a long batch would fill the memory.
    kept = turn if plan.conversation is not None else replace(turn, prompt=user_message(turn.prompt.text))
    workspace.asks.append(Asked(time, plan.conversation, who, kept))
    return turn


def _commit(asked: Ask, plan: Plan, document: Document, turn: Turn, workspace: Workspace, stage: Stage) -> None:
    """Add the turn to its conversation, in one step, and only if there is a reply."""
    workspace.conversations.forget(stage.key, but=plan.conversation)
    if plan.conversation is None or not (turn.replies or document.outcome == "completed"):
        return
    conversation = workspace.conversations.get(plan.conversation)
    # A panel answers in a thread: meanwhile a cell may have changed the history that was sent.
    before = () if asked.new else history_messages(conversation.before(stage.key))
    # An id may be continued only if the server saw everything up to the last reply.
    whole = document.outcome == "completed" and document.stored and not _REPLACES_HISTORY & plan.request.extra.keys()
    whole = whole and turn.messages[-1].role == "assistant" and before == plan.request.messages[:-1]
    turn = replace(turn, response_id=document.response_id if whole else None)
    conversation.commit(turn, stage.key, server=workspace.server(), restart=asked.new)


def response_of(plan: Plan, document: Document) -> Response:
    """Return the document as the user's Response. It has no display forms yet."""
    answers = [message.text for message in document.messages if message.role == "assistant"]
    return Response(
        text=answers[-1] if plan.check and answers else document.text,
        parsed=document.parsed,
        tool_calls=tuple(card.result for card in document.cards if card.result is not None),
        usage=document.usage,
        cost_idr=document.cost_idr,
        cost_estimated=document.cost_estimated,
        model=document.model or plan.request.model,
        api=document.api if document.rounds else plan.request.api,
        id=document.response_id,
        request_id=document.request_id,
        finish_reason=document.finish_reason,
        reasoning=document.reasoning,
        code=code_blocks(document.text),
        **brought_in(document.messages),
        conversation=plan.conversation,
        messages=(*plan.request.messages, *document.messages),
        error=None if isinstance(document.error, KeyboardInterrupt) else document.error,
        stopped=document.outcome == "stopped",
        raw=list(document.raw),
    )
