"""One ask from end to end: settings → request → client → loop → screen → commit.

For: the one composition that the magic, Python's `ask`, the panel and the batch share.
Not for: choosing a renderer (``public.py``), reading flags (``parsing/``), or any layer's own work.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, MutableMapping, Sequence
from contextlib import AbstractContextManager, closing, nullcontext, suppress
from dataclasses import dataclass, field, replace
from typing import Any

from . import spending, validators
from .api import catalog
from .api.client import wire_body
from .cancel import Cancel
from .costs import estimate
from .errors import NeosantaraError, Stopped, UsageError
from .loop import AnswerCheck, TurnLimits, TurnTools, run_turn
from .messages import ImagePart, Response, Turn
from .parsing import Ask
from .paths import here
from .prompt import load_image, render_instructions, render_prompt
from .render import static
from .render.document import Document
from .render.forms import PLAIN_LOOK, Look
from .render.renderer import EarlyRenderer, Renderer
from .request import Request, build
from .settings import Settings
from .texts import two_lines
from .tools.approval import Approver, Policy, Question
from .tools.call import Captured, NoCapture
from .tools.toolbox import Toolbox
from .turns import CellKey, history_messages
from .workspace import Workspace

_REPLACES_HISTORY = {"input", "messages", "previous_response_id", "conversation"}
"""Fields that ``--param`` may put in place of ours; the server's history is then not the local one."""
_PYTHON = {"python", "py", "python3", "py3", "ipython", "ipython3", "pycon"}
_LAST_IMAGES = "_"
Listening = Callable[[Callable[[], object]], AbstractContextManager[Callable[[], object]]]
"""See `interrupts.Interrupts.until_ended`."""


@dataclass(frozen=True)
class Stage:
    """Where one ask plays: its variables, its screen, its cell, its user."""

    renderer: Renderer
    namespace: MutableMapping[str, Any]
    key: CellKey | None = None
    look: Look = PLAIN_LOOK
    question: Question | None = None
    """Asks the user about a tool call; None when nobody is there."""
    capture: Callable[[], AbstractContextManager[Captured]] = NoCapture
    set_next_cell: Callable[[str], None] | None = None
    images_shown: Callable[[], tuple[ImagePart, ...]] = tuple
    """Returns the images that the last cell showed, for ``--image _``."""
    cancel: Cancel = field(default_factory=Cancel)
    interrupts: Listening = lambda _note: nullcontext(lambda: None)
    """Entered for the whole ask, with what notes an interrupt. What it gives is called when the answer has ended: a
    Stop that comes then touches nothing."""


def ask(asked: Ask, workspace: Workspace, stage: Stage) -> Response:
    """Ask once, show the answer, keep it.

    Returns:
        The Response; it is also in ``_neosantara``, as is a stopped or failed one.

    Raises:
        UsageError: bad input; nothing was sent.
        APIError: the service failed; what came so far is kept.
        Stopped: the user stopped; what came so far is kept.
    """
    plan = prepare(asked, workspace, stage)
    estimate.check(plan.request, catalog.find(workspace.models, plan.request.model))
    spending.check_first(plan.request, workspace)
    client = workspace.client()
    document = Document()
    document.max_tokens = plan.request.max_tokens
    document.structured = plan.check is not None
    document.notes += plan.notes
    failure: BaseException | None = None
    with (
        stage.interrupts(stage.cancel.note) as answer_ended,
        workspace.conversations.asking(plan.conversation, stage.key),
    ):
        try:
            if isinstance(stage.renderer, EarlyRenderer):
                stage.renderer.begin(document)
            turn = run_turn(
                plan.request,
                client,
                stage.cancel,
                tools=plan.tools,
                check=plan.check,
                limits=plan.limits,
                before_another=lambda request: spending.check_another(request, document, workspace),
            )
            # Closed when this loop is left, however: a Stop hangs up instead of leaving the server talking.
            with closing(turn) as events:
                for event in events:
                    document.fold(event)
                    stage.renderer.show(document, event)
            answer_ended()
            document.finish("completed")
        except KeyboardInterrupt as stop:
            answer_ended()
            failure = stop
            document.finish("stopped")
        except BaseException as error:  # noqa: BLE001  (raised again below, when what came is safe)
            answer_ended()
            failure = error
            document.finish("failed", error)
        response = _keep(asked, plan, document, workspace, stage)
    if failure is None:
        return response
    if isinstance(failure, KeyboardInterrupt):
        raise Stopped(*two_lines("stopped")) from None
    if isinstance(failure, NeosantaraError):
        failure.text = failure.text or document.text
    raise failure


@dataclass(frozen=True)
class DryRun:
    """What an ask would send first, and what that would take."""

    endpoint: str
    """Path below the base URL."""
    body: Mapping[str, Any]
    input_tokens: int
    """Estimated."""
    max_tokens: int
    most_idr: float | None
    """Estimated Rupiah if all output tokens are used; None when the model's price is not known."""


def dry_run(asked: Ask, workspace: Workspace, stage: Stage) -> DryRun:
    """Prepare an ask without sending it. Needs no key."""
    request = prepare(asked, workspace, stage).request
    return DryRun(
        "responses" if request.api == "responses" else "chat/completions",
        wire_body(request),
        estimate.input_tokens(request),
        request.max_tokens,
        spending.most_idr(request, workspace),
    )


@dataclass(frozen=True)
class Plan:
    """Everything decided before the first byte leaves."""

    request: Request
    conversation: str | None
    tools: TurnTools | None
    check: AnswerCheck | None
    limits: TurnLimits
    notes: tuple[str, ...] = ()
    """For the line below the answer: what is sent in part, ``df: 20 of 5,000 rows``."""


def prepare(asked: Ask, workspace: Workspace, stage: Stage) -> Plan:
    """Decide everything that can be decided before the first byte leaves.

    Raises:
        UsageError: bad input.
    """
    settings = workspace.settings()
    with suppress(UsageError):  # a key that cannot be one is told when it is needed
        workspace.key()  # met before anything is rendered: the request must not hold it
    toolbox = Toolbox.from_names(asked.tools, stage.namespace) if asked.tools else None
    if toolbox is not None:
        workspace.tools.update({tool.spec.name: tool for tool in toolbox})
        asked = replace(asked, tool_choice=toolbox.chosen(asked.tool_choice))
    check = _check(asked.schema, stage.namespace) if asked.schema else None
    parts: dict[str, str] = {}
    prompt = [*render_prompt(asked.prompt, stage.namespace, raw=asked.raw, parts=parts)]
    if not any(isinstance(part, ImagePart) or part.text.strip() for part in prompt):
        raise UsageError(*two_lines("prompt.filled_blank"))
    prompt += _images(asked.images, stage)
    name = None if asked.once else _conversation(asked, stage.namespace)
    conversation = None if name is None else workspace.conversations.get(name)
    fresh = conversation is None or asked.new
    here = workspace.server()
    request = build(
        asked,
        settings,
        prompt,
        instructions=_instructions(asked, settings, stage.namespace, parts),
        history=() if fresh or conversation is None else conversation.before(stage.key),
        server_state=None if fresh or conversation is None else conversation.server_state(stage.key, here),
        tools=toolbox.specs if toolbox else (),
        answer_format=check.format if check else None,
    )
    tools = None
    if toolbox is not None:
        tools = TurnTools(toolbox, Approver(_policy(asked.approve), stage.question), stage.capture)
    limits = TurnLimits(8 if asked.max_rounds is None else asked.max_rounds, settings.tool_result_limit)
    return Plan(request, name, tools, check, limits, tuple(f"{name}: {part}" for name, part in parts.items()))


def _instructions(asked: Ask, settings: Settings, namespace: Mapping[str, Any], parts: dict[str, str]) -> str | None:
    """Return the system text. Only what was typed with the ask is expanded: a setting may come from any file."""
    if asked.system is None:
        return settings.system or None
    return render_instructions(asked.system, namespace, raw=asked.raw, parts=parts) or None


def _conversation(asked: Ask, namespace: Mapping[str, Any]) -> str:
    """Return the name of the conversation, ``-c {{ name }}`` expanded.

    Raises:
        UsageError: the expression fails, or gives no text for a name.
    """
    typed = asked.conversation or "main"
    return validators.words("--conversation", render_instructions(typed, namespace, raw=asked.raw))


def _policy(approve: str | None) -> Policy:
    return "always" if approve == "always" else "never" if approve == "never" else "ask"


def _images(sources: Sequence[Any], stage: Stage) -> list[ImagePart]:
    """Return the images that were named; ``_`` names those that the last cell showed."""
    found: list[ImagePart] = []
    for source in sources:
        if not (isinstance(source, str) and source == _LAST_IMAGES):
            found.append(load_image(source, stage.namespace, cwd=here()))
            continue
        shown = stage.images_shown()
        if not shown:
            raise UsageError(*two_lines("image.none_shown"))
        found += shown
    return found


def _check(schema: Any, namespace: Mapping[str, Any]) -> AnswerCheck:
    from .tools.answer_schema import resolve_schema  # noqa: PLC0415  (loads pydantic)

    answer = resolve_schema(schema, namespace)
    return AnswerCheck(answer.format, answer.parse)


def _keep(asked: Ask, plan: Plan, document: Document, workspace: Workspace, stage: Stage) -> Response:
    """Price, commit, show for good and hand over what came, however it ended."""
    try:
        spending.add_up(plan.request, plan.conversation, document, workspace)
        _commit(asked, plan, document, workspace, stage)
        # First what was paid for, then how it looks: a fault while painting must not lose the answer.
        response = stage.namespace["_neosantara"] = workspace.last = response_of(plan, document)
        if asked.code and document.outcome == "completed" and stage.set_next_cell is not None:
            document.next_cell = python_source(response)
    finally:
        # Nor may a fault above leave a widget that seems to go on.
        stage.renderer.close(document)
    response = stage.namespace["_neosantara"] = workspace.last = response.with_bundle(
        static.bundle(document, stage.look)
    )
    if document.outcome == "completed":
        if asked.out:
            stage.namespace[asked.out] = response.parsed if plan.check else response
        if document.next_cell and stage.set_next_cell is not None:
            stage.set_next_cell(document.next_cell)
    return response


def _commit(asked: Ask, plan: Plan, document: Document, workspace: Workspace, stage: Stage) -> None:
    """Give the conversation its turn, all at once, and only if something was said."""
    workspace.conversations.forget(stage.key, but=plan.conversation)
    if plan.conversation is None or not (document.messages or document.outcome == "completed"):
        return
    replies = tuple(document.messages)
    # An id may be continued only if the server saw everything up to the last reply.
    whole = document.outcome == "completed" and document.stored and replies and replies[-1].role == "assistant"
    conversation = workspace.conversations.get(plan.conversation)
    # A panel answers in a thread: meanwhile a cell may have changed the history that was sent.
    before = () if asked.new else history_messages(conversation.before(stage.key))
    whole = whole and before == plan.request.messages[:-1] and not _REPLACES_HISTORY & plan.request.extra.keys()
    turn = Turn(
        prompt=plan.request.messages[-1],
        replies=replies,
        instructions=plan.request.instructions,
        api=plan.request.api,
        model=document.model or plan.request.model,
        usage=document.usage,
        cost_idr=document.cost_idr,
        outcome=document.outcome or "completed",
        response_id=document.response_id if whole else None,
        label=document.label,
    )
    conversation.commit(turn, stage.key, server=workspace.server(), restart=asked.new)


def response_of(plan: Plan, document: Document) -> Response:
    """Return what came, as the user's Response. It has no looks yet (`Response.with_bundle`)."""
    answers = [message.text for message in document.messages if message.role == "assistant"]
    return Response(
        text=answers[-1] if plan.check and answers else document.text,
        parsed=document.parsed,
        tool_calls=tuple(document.tool_results),
        usage=document.usage,
        cost_idr=document.cost_idr,
        cost_estimated=document.cost_estimated,
        model=document.model or plan.request.model,
        api=plan.request.api,
        id=document.response_id,
        request_id=document.request_id,
        finish_reason=document.finish_reason,
        reasoning=document.reasoning,
        code=document.code_blocks,
        conversation=plan.conversation,
        messages=(*plan.request.messages, *document.messages),
        error=None if isinstance(document.error, KeyboardInterrupt) else document.error,
        stopped=document.outcome == "stopped",
        raw=list(document.raw),
    )


def python_source(response: Response) -> str:
    """Return the Python blocks of an answer, ready for a cell: no fences, no prompts.

    A block without a language counts only where none says that it is Python: beside one it is what the code prints.
    """
    blocks = [block for block in response.code if block.language.lower() in _PYTHON]
    blocks = blocks or [block for block in response.code if not block.language]
    return "\n\n".join(_without_prompts(block.source).rstrip() for block in blocks)


def _without_prompts(source: str) -> str:
    """Drop ``>>>``, ``...`` and what was printed, from a block that is a console session."""
    lines = source.splitlines()
    if not any(line.startswith(">>> ") for line in lines):
        return source
    return "\n".join(line[4:] for line in lines if line.startswith((">>> ", "... ")) or line in {">>>", "..."})
