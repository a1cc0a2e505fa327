"""``check``: notebooks run against the demo model or a recording, and a line for each cell that asks.

It is for course material in CI: no request leaves the machine, unless the notebook sets an address itself.
Not for: comparing outputs with what the notebook holds (nbval does), nor for keeping them: the file stays as it is.
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import nbformat
from nbformat import NotebookNode

from ..errors import UsageError
from ..texts import say, two_lines
from ..texts.printable import printable
from . import lesson, stored

_ASKS = re.compile(
    r"\A\s*%%(?:neosantara|ns)\b|^[^#\n]*%(?:neosantara|ns)\s+(?:ask|explain|fix)\b|^[^#\n]*\b(?:ask|ask_many)\(",
    re.MULTILINE,
)
_NOWHERE = "http://127.0.0.1:9/v1"
"""Nobody listens there, so a request to the service fails at once."""
_SHOWN = 60
"""Characters of a question that are shown."""


class Report:
    """Prints a line for each cell that asked, and counts."""

    def __init__(self) -> None:
        self.asks = 0
        self.failures = 0

    def cell(self, *, cell: NotebookNode, execute_reply: dict[str, Any], **_more: Any) -> None:
        """Print one cell that has run; nbclient calls this. Of cells that ask nothing only failures are printed."""
        reply = execute_reply["content"]
        asks = _ASKS.search(cell.source) is not None
        failed = reply["status"] != "ok"
        expected = failed and "raises-exception" in cell.metadata.get("tags", [])
        self.asks += asks
        if not asks and (not failed or expected):
            return
        self.failures += failed and not expected
        verdict = "shell.expected" if expected else "shell.failed" if failed else "shell.fine"
        print(f"  {say(verdict):10} In [{reply['execution_count']}]  {_question(cell.source)}", flush=True)
        if failed:
            lines = printable(f"{reply['ename']}: {reply['evalue']}").splitlines()
            print("\n".join(f"  {'':10} {line}" for line in lines[:6]), flush=True)

    def broke(self, error: UsageError) -> None:
        """Print why a notebook could not be run to its end."""
        self.failures += 1
        print(f"  {say('shell.failed'):10} {error.what}\n  {'':10} {error.next_step}", flush=True)


def check(notebooks: list[Path], recording: Path | None, language: str, timeout: float) -> int:
    """Run notebooks, each in a kernel of its own and in its folder, and print what became of each ask.

    Nothing is written to the notebooks. Answers come from the file ``recording`` only, or, if that is None, from the
    demo model. ``language`` of the messages: ``auto``, ``en`` or ``id``. A cell may take ``timeout`` seconds.

    Returns:
        The exit code: 0, or 1 when a cell failed that was not expected to.

    Raises:
        UsageError: a file is missing or no notebook; found before anything runs.
    """
    if recording is not None and not recording.is_file():
        raise UsageError(*two_lines("shell.no_file", path=recording))
    read = [_read(path) for path in notebooks]
    answers = {"DEMO": "1"}
    if recording is not None:
        answers = {"RECORDING": str(recording.absolute()), "RECORDING_MODE": "replay"}
    environment = lesson.environment(BASE_URL=_NOWHERE, LANGUAGE=language, DEMO_PACE="0", **answers)
    report = Report()
    for path, notebook, found in read:
        print(path, flush=True)
        if found:
            # The outputs may come from anywhere; the notebook is not run before somebody has looked at them.
            report.failures += len(found)
            stored.tell(path, found)
            continue
        try:
            lesson.execute(
                notebook,
                path.absolute().parent,
                environment,
                timeout=timeout,
                allow_errors=True,
                on_cell_executed=report.cell,
            )
        except TimeoutError:
            report.broke(UsageError(*two_lines("shell.slow", seconds=f"{timeout:g}")))
        except UsageError as error:
            report.broke(error)
    failed = "shell.some_failed" if report.failures else "shell.none_failed"
    print(say(failed, asks=report.asks, notebooks=len(read), failures=report.failures))
    return 1 if report.failures else 0


def _read(path: Path) -> tuple[Path, NotebookNode, stored.Found]:
    text, raw = stored.read(path)
    try:
        notebook: NotebookNode = nbformat.reads(text, as_version=4)  # type: ignore[no-untyped-call]  # partly typed
    except (ValueError, AttributeError, TypeError, KeyError, nbformat.ValidationError):  # JSON of any shape
        raise UsageError(*two_lines("shell.no_notebook", path=path)) from None
    return path, notebook, stored.findings(raw)


def _question(source: str) -> str:
    """Return the line by which a reader recognises a cell: its question, or its first line."""
    lines = [line.strip() for line in source.strip().splitlines()]
    body = next((line for line in lines[1:] if line), lines[0]) if lines[0].startswith("%%") else lines[0]
    return body if len(body) <= _SHOWN else f"{body[: _SHOWN - 3]}..."
