"""``check``: notebooks run against the demo model or a recording, and a line for each cell that asks.

It is for course material in CI: no request leaves the machine, unless the notebook sets an address itself.
Not for: comparing outputs with what the notebook holds (nbval does), nor for keeping them: the file stays as it is.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import nbformat
from nbformat import NotebookNode

from ..errors import UsageError
from ..texts import say, two_lines
from ..texts.printable import printable
from ..validators import shown
from . import lesson, stored
from .collecting import ASK

_NOWHERE = "http://127.0.0.1:9/v1"
"""Nobody listens there, so a request to the service fails at once."""


@dataclass
class Report:
    """Prints a line for each cell that asked, and counts."""

    asks: int = 0
    failures: int = 0

    def cell(self, *, cell: NotebookNode, execute_reply: dict[str, Any], **_more: Any) -> None:
        """Print one cell that has run; nbclient calls this. Of cells that ask nothing only failures are printed."""
        reply = execute_reply["content"]
        asks = ASK.search(cell.source) is not None
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


def check(notebooks: list[Path], recording: Path | None, language: str, timeout: float) -> int:
    """Run notebooks, each in its folder, and print what became of each ask; return 1 when a cell failed, else 0.

    Answers come from the file ``recording`` only, or, if that is None, from the demo model. ``language`` is ``auto``,
    ``en`` or ``id``; a cell may take ``timeout`` seconds. Raises UsageError, before anything runs: no notebook.
    """
    if recording is not None and not recording.is_file():
        raise UsageError(*two_lines("file.missing", path=str(recording)))
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
            report.failures += stored.tell_all(path, found)
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
        except (TimeoutError, UsageError) as error:
            slow = two_lines("shell.slow", seconds=f"{timeout:g}")
            stored.tell(*((error.what, error.next_step) if isinstance(error, UsageError) else slow))
            report.failures += 1
    print(say("shell.checked", asks=report.asks, notebooks=len(read), failures=report.failures))
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
    return shown(body)
