"""Nothing that a server, a file or data names steers a terminal: every public object, screen, error and warning.

For: control characters in texts, reprs and ``text/plain``, at the gate that each of them passes.
Not for: streamed answers (tests/render/test_terminal.py, test_text.py).
"""

from __future__ import annotations

import dataclasses
import inspect
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

import neosantara_magic
from neosantara_magic import Conversation, NeosantaraError, Response, Stopped, ipython, messages
from neosantara_magic.api.told import Model
from neosantara_magic.commands import run
from neosantara_magic.costs import Cost
from neosantara_magic.ipython.notebook import DisplayOutlet, Notebook
from neosantara_magic.messages import (
    CodeBlock,
    ToolCall,
    ToolResult,
    Turn,
    Usage,
    assistant_message,
    tool_message,
    user_message,
)
from neosantara_magic.parsing.parse import parse_line
from neosantara_magic.public import show_values
from neosantara_magic.render.forms import Table, from_markdown
from neosantara_magic.settings.fields import from_environment
from neosantara_magic.texts import printable, warn
from neosantara_magic.workspace import Workspace

HOSTILE = "\x1b]52;c;ZXZpbA==\x07\x1b]0;title\x07\x1b]8;;https://evil.example\x1b\\x\x1b[2J\x9b2J\x90q\x9c\u202eevil\u2066\x08\x7f\ud800"
CALL = ToolCall(HOSTILE, HOSTILE, '{"a": "' + HOSTILE + '"}')
RESULT = ToolResult(CALL, HOSTILE, note=HOSTILE, shown=({"text/plain": HOSTILE},))
TURN = Turn(
    user_message(HOSTILE),
    (assistant_message(HOSTILE, (CALL,)), tool_message(RESULT), assistant_message(HOSTILE)),
    instructions=HOSTILE,
    model=HOSTILE,
    label="demo",
)
RESPONSE = Response(
    HOSTILE,
    tool_calls=(RESULT,),
    usage=Usage(1, 2, 3),
    model=HOSTILE,
    id=HOSTILE,
    finish_reason=HOSTILE,
    code=(CodeBlock(HOSTILE, HOSTILE),),
    conversation=HOSTILE,
    messages=TURN.messages,
    error=NeosantaraError(HOSTILE, HOSTILE),
    raw=[{"model": HOSTILE}],
)
TALK = Conversation(HOSTILE, [TURN])
TABLE = Table([HOSTILE], [[HOSTILE]], [{HOSTILE: HOSTILE}])


def safe(text: str) -> bool:
    """Tell whether a terminal only prints this text."""
    return printable(text) == text


class Shell:
    """The part of IPython that shows things, with a terminal behind it."""

    def __init__(self) -> None:
        from IPython.core.formatters import DisplayFormatter

        self.display_formatter = DisplayFormatter()
        self.published: list[dict[str, Any]] = []
        self.display_pub = SimpleNamespace(publish=lambda data, **_how: self.published.append(data))
        self.user_ns: dict[str, Any] = {}
        self.execution_count = 1
        self.configurables: list[Any] = []


@pytest.fixture
def notebook() -> Iterator[Notebook]:
    """Give a notebook on such a shell, in which the extension is loaded."""
    space = Workspace(lambda: from_environment({}), demo=False, session_key="nsk_0123456789")
    notebook = Notebook(Shell())
    show_values(notebook)
    ipython.loaded[:] = [lambda: (space, notebook)]
    space.conversations.put(Conversation(HOSTILE, [TURN]))
    space.fetch_models = lambda **_how: [Model(HOSTILE, capabilities=(HOSTILE,))]  # type: ignore[method-assign]
    space.ledger.add(HOSTILE, HOSTILE, Usage(1, 2, 3), Cost(1.0))
    notebook.shell.space = space
    yield notebook
    ipython.loaded.clear()


VALUES: dict[str, Any] = {
    "Response": RESPONSE,
    "Response with a twin": dataclasses.replace(RESPONSE, bundle=from_markdown(HOSTILE, HOSTILE)),
    "list of them": [RESPONSE],
    "Conversation": TALK,
    "Turn": TURN,
    "Table": TABLE,
    "ToolResult": RESULT,
    "CodeBlock": RESPONSE.code[0],
    "Usage": RESPONSE.usage,
    "Message": TURN.prompt,
    "Model": Model(HOSTILE, capabilities=(HOSTILE,)),
}


@pytest.mark.parametrize("kind", VALUES)
def test_values_are_safe_as_repr_and_as_text(kind: str, notebook: Notebook) -> None:
    """At a prompt, with the extension and without it."""
    value = VALUES[kind]
    assert safe(repr(value))
    if hasattr(value, "_repr_mimebundle_"):
        assert safe(value._repr_mimebundle_()["text/plain"])
    shown, _ = notebook.shell.display_formatter.format(value)
    assert safe(shown["text/plain"])


SCREENS = [
    "",
    "usage",
    "models",
    "tools",
    "conversations",
    "history {name}",
    "fork copy {name}",
    "save talk.jsonl {name}",
    "load talk.jsonl",
    "new {name}",
    "key --forget",
    "ask --dry-run -c {name} {name}",
]


def test_no_screen_steers_a_terminal(
    notebook: Notebook, capsys: pytest.CaptureFixture[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Each line command that shows something of a server, a conversation or a file, and its result at the prompt."""
    monkeypatch.chdir(tmp_path)
    space: Workspace = notebook.shell.space
    for line in SCREENS:
        told = ""
        try:
            value = run(parse_line(line.format(name='"' + HOSTILE + '"')), space, notebook)
            assert value is None or safe(repr(value)), line
        except NeosantaraError as error:
            told = str(error)
        shown = capsys.readouterr()
        assert safe(shown.out), line
        assert safe(shown.err), line
        assert safe(told), line
        assert shown.out or told, line


@pytest.mark.parametrize("kind", neosantara_magic.__all__)
def test_errors_are_safe(kind: str) -> None:
    """As text, as a repr's words and as the lines that IPython prints."""
    error_type = getattr(neosantara_magic, kind)
    if not (inspect.isclass(error_type) and issubclass(error_type, (NeosantaraError, Stopped))):
        return
    error = error_type(HOSTILE, HOSTILE)
    assert safe(str(error))
    assert safe("\n".join(error._render_traceback_()))
    assert safe(repr(error))


def test_warnings_questions_and_displays_are_safe(
    notebook: Notebook, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """What is printed beside an answer, what is asked, and what a display publishes."""
    warn(HOSTILE)
    notebook.say(HOSTILE)
    notebook.show({"text/plain": HOSTILE, "text/html": "x"})
    notebook.show_once(RESPONSE)
    notebook._show_again(RESPONSE)
    DisplayOutlet(notebook.shell).show({"text/plain": HOSTILE})
    asked: list[str] = []
    monkeypatch.setattr("builtins.input", lambda prompt: asked.append(prompt) or "")
    monkeypatch.setattr(Notebook, "can_ask", True)
    notebook.question(HOSTILE)
    told = capsys.readouterr()
    shown = [bundle["text/plain"] for bundle in notebook.shell.published]
    assert len(shown) == 2
    assert all(map(safe, [told.out, told.err, *asked, *shown]))
    assert asked
    assert "evil" in told.err


def test_a_response_without_a_twin_is_rendered_like_an_answer(notebook: Notebook) -> None:
    """From a batch or made by hand: HTML of ours first, never the Markdown or the text alone."""
    shown, _ = notebook.shell.display_formatter.format(Response("**a** <img src=x onerror=X()> $5"))
    assert list(shown) == ["text/html", "text/markdown", "text/plain"]
    assert "<strong>a</strong>" in shown["text/html"]
    assert "<img" not in shown["text/html"] + shown["text/markdown"]
    assert shown["text/plain"] == "**a** <img src=x onerror=X()> $5"


def test_the_walk_knows_every_value() -> None:
    """A class that is public or a message and has a look of its own is in the walk."""
    shown = {type(value) for value in VALUES.values()}
    kinds = {kind for kind in vars(messages).values() if dataclasses.is_dataclass(kind) and "__repr__" in vars(kind)}
    own = {kind for kind in kinds if not kind.__dataclass_params__.repr}
    assert {Response, *own} <= shown
