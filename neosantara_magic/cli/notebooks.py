"""Running notebooks in a kernel of this Python: the first lesson as a demo, and ``check``.

A terminal shows what an IPython of this process prints; a notebook keeps what a kernel makes, which is more than text.
Importing this imports nbclient, nbconvert and nbformat.
"""

from __future__ import annotations

import asyncio
import atexit
import itertools
import os
import sys
from collections import Counter
from functools import partial
from pathlib import Path
from typing import Any

import nbformat
from IPython.core.interactiveshell import InteractiveShell
from jupyter_client.kernelspec import KernelSpecManager
from jupyter_client.manager import AsyncKernelManager
from nbclient import NotebookClient
from nbclient.exceptions import CellExecutionError, DeadKernelError
from nbconvert import HTMLExporter
from nbformat import NotebookNode
from traitlets.config import Config

from ..errors import UsageError
from ..texts import language as texts_language
from ..texts import printable, say, two_lines
from ..validators import shown
from . import stored
from .classroom import ASK
from .lessons import FOLDER, unwritable

_LESSON = {"en": "02-quickstart.ipynb", "id": "id/02-mulai.ipynb"}  # the first, for each language of the messages
_NAME = "neosantara-quickstart"  # the name, without its ending, of the copy in the user's folder
_NOWHERE = "http://127.0.0.1:9/v1"  # nobody listens there, so a request to the service fails at once


class _Loop(asyncio.SelectorEventLoop):
    """A loop on which Ctrl-C is a KeyboardInterrupt: nbclient would take it, and go on as if the kernel had died."""

    def add_signal_handler(self, *_handler: Any) -> None:  # type: ignore[override]  # it refuses all of them
        """Refuse, as on a system without signals; nbclient can live with that."""
        raise NotImplementedError


def _execute(
    notebook: NotebookNode, folder: Path, environment: dict[str, str], timeout: float | None = None, **options: Any
) -> int | None:
    """Run every cell in a new kernel; return the number of the cell that failed and ended the run, or None.

    ``folder`` is the kernel's working directory, ``environment`` its whole environment. A cell may take ``timeout``
    seconds; None: any. ``options`` are nbclient's own.
    Raises UsageError: the kernel died; TimeoutError: a cell took too long; KeyboardInterrupt: Ctrl-C.
    """
    # Readers have no use for the kernel's log about sockets.
    # One output for what a cell prints, however its messages were cut: a second run gives the same bytes.
    options = {"extra_arguments": ["--log-level=CRITICAL"], "coalesce_streams": True, **options}

    async def run(*, again: bool = True) -> int | None:
        manager = AsyncKernelManager(kernel_name="python3")
        # This very Python, whatever kernel of another one the user's Jupyter has under that name.
        manager.kernel_spec_manager = KernelSpecManager(kernel_dirs=[], parent=manager)
        client = NotebookClient(notebook, km=manager, timeout=timeout, **options)
        client.owns_km = True
        try:
            await client.async_execute(env=environment, cwd=str(folder))
        except CellExecutionError:
            return int(client.code_cells_executed)
        except (AssertionError, RuntimeError) as error:  # the first is nbclient's when no kernel has started
            task = asyncio.current_task()
            if task is not None and task.cancelling():  # nbclient takes a cancelled run for a dead kernel
                raise asyncio.CancelledError from None
            atexit.unregister(client._cleanup_kernel)  # noqa: SLF001  (it would fail at the end, with a traceback)
            # Another program may have taken one of its ports. No cell is ever run twice.
            if again and not client.code_cells_executed and not isinstance(error, DeadKernelError):
                return await run(again=False)
            raise UsageError(*two_lines("shell.kernel")) from None
        return None

    with asyncio.Runner(loop_factory=_Loop) as runner:
        # After Ctrl-C nbclient's watch over the kernel ends with an error that nobody waits for.
        runner.get_loop().set_exception_handler(lambda _loop, _context: None)
        return runner.run(run())


def _environment(**ours: str) -> dict[str, str]:
    """Return a kernel's environment: the user's, without their key and settings, and ours as ``NEOSANTARA_…``."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith("NEOSANTARA_")}
    if pace := os.environ.get("NEOSANTARA_DEMO_PACE"):
        kept["NEOSANTARA_DEMO_PACE"] = pace
    return kept | {f"NEOSANTARA_{name}": value for name, value in ours.items()}


# -- the demo


def demo(folder: Path, language: str) -> None:
    """Show the first lesson here, and leave it in the folder. ``language`` is ``auto``, ``en`` or ``id``.

    Raises UsageError: a cell failed, or the folder takes no files; KeyboardInterrupt: Ctrl-C.
    """
    print(f"\n{say('shell.starting')}", flush=True)
    path = FOLDER / _LESSON.get(texts_language(), _LESSON["en"])
    notebook: NotebookNode = nbformat.read(path, as_version=4)  # type: ignore[no-untyped-call]  # partly typed
    for cell in notebook.cells:
        if cell.cell_type == "code":
            cell.outputs, cell.execution_count = [], None
    environment = _environment(DEMO="1", LANGUAGE=language)
    os.environ.clear()
    os.environ.update(environment)
    failed = _play(notebook)
    if failed is None:
        # A kernel makes the outputs that a page can show: the demo model says the same again.
        print(f"\n{say('shell.writing')}", flush=True)
        failed = _execute(notebook, folder, environment | {"NEOSANTARA_DEMO_PACE": "0"})
    try:
        page = _write(notebook, folder)
    except OSError as error:
        raise unwritable(folder, error.strerror) from None
    path = page.with_suffix(".ipynb")
    if failed is not None:
        raise UsageError(*two_lines("shell.cell_failed", number=failed, path=path))
    print("", say("shell.run", path=path), say("shell.read", address=page.as_uri()), say("shell.real"), sep="\n")


def _play(notebook: NotebookNode) -> int | None:
    """Run and show every cell; return the number of the cell that failed and ended the run, or None.

    Answers come from whoever the environment names. Raises KeyboardInterrupt: Ctrl-C, in an answer too.
    """
    # The reader's own history does not hold a lesson.
    shell = InteractiveShell.instance(config=Config(HistoryManager=Config(hist_file=":memory:")))
    for cell in notebook.cells:
        if cell.cell_type != "code":
            headings = [line.lstrip("# ") for line in cell.source.splitlines() if line.startswith("#")]
            print("".join(f"\n{_styled(line, '1')}\n" for line in headings), end="", flush=True)
            continue
        number = shell.execution_count
        head = f"In [{number}]: "
        first, *more = cell.source.splitlines() or [""]
        indent = _styled("...: ".rjust(len(head)), "32")
        print(f"\n{_styled(head, '32')}{first}", *(f"{indent}{line}" for line in more), sep="\n", flush=True)
        result = shell.run_cell(cell.source, store_history=True)  # type: ignore[no-untyped-call]
        if isinstance(result.error_in_exec, KeyboardInterrupt):
            raise result.error_in_exec
        if not result.success and "raises-exception" not in cell.metadata.get("tags", []):
            return number
    return None


def _styled(text: str, style: str) -> str:
    plain = not sys.stdout.isatty() or os.environ.get("NO_COLOR") or os.environ.get("TERM") == "dumb"
    return text if plain else f"\x1b[{style}m{text}\x1b[0m"


def _write(notebook: NotebookNode, folder: Path) -> Path:
    """Leave the notebook and its web page under a free name, unless both are there already, the same to the byte.

    Return the page; the notebook stands beside it. Raises OSError: the folder takes no files.
    """
    for cell in notebook.cells:
        cell.metadata.pop("execution", None)  # times of this run: the same lesson is the same file
    text = (str(nbformat.writes(notebook)) + "\n").encode()  # type: ignore[no-untyped-call]  # partly typed
    for number in itertools.count(1):
        path = folder / f"{_NAME}{f'-{number}' if number > 1 else ''}.ipynb"
        if path.is_file() and path.read_bytes() != text:
            continue
        html = _page(notebook, path.stem).encode()
        page = path.with_suffix(".html")
        if page.exists() and page.read_bytes() != html:
            continue
        path.write_bytes(text)
        page.write_bytes(html)
        return page
    raise AssertionError  # the count never ends


def _page(notebook: NotebookNode, title: str) -> str:
    exporter = HTMLExporter(template_name="lab")  # type: ignore[no-untyped-call]  # partly typed
    # The lesson has no widgets, so the page opens without a network; formulas alone ask for MathJax.
    exporter.require_js_url = exporter.jquery_url = exporter.widget_renderer_url = ""
    html, _ = exporter.from_notebook_node(notebook, resources={"metadata": {"name": title}})
    # nbconvert's style leaves the code of Markdown outputs in the font of the prose. On paper nothing can be unfolded.
    paper = "@media print { details::details-content { content-visibility: visible } }"
    style = ".jp-RenderedMarkdown pre { font-family: monospace; }"
    return str(html).replace("</head>", f"<style>{style} {paper}</style></head>", 1)


# -- check


def check(paths: list[Path], recording: Path | None, language: str, timeout: float) -> int:
    """Run notebooks, each in its folder, and print what became of each ask; return 1 when a cell failed, else 0.

    It is for course material in CI: no request leaves the machine, unless the notebook sets an address itself. A file
    stays as it is, and its outputs are not compared (nbval does that).
    Answers come from the file ``recording`` only, or, if that is None, from the demo model. ``language`` is ``auto``,
    ``en`` or ``id``; a cell may take ``timeout`` seconds. Raises UsageError, before anything runs: no notebook.
    """
    read = [_read(path) for path in paths]
    answers = {"RECORDING": str(recording.absolute()), "RECORDING_MODE": "replay"} if recording else {"DEMO": "1"}
    environment = _environment(BASE_URL=_NOWHERE, LANGUAGE=language, DEMO_PACE="0", **answers)
    counts: Counter[str] = Counter()
    options = {"allow_errors": True, "on_cell_executed": partial(_tell, counts)}
    for path, notebook, found in read:
        print(path, flush=True)
        # The outputs may come from anywhere; the notebook is not run before somebody has looked at them.
        counts["failures"] += stored.tell_all(path, found)
        try:
            if not found:
                _execute(notebook, path.absolute().parent, environment, timeout, **options)
        except (TimeoutError, UsageError) as error:
            slow = two_lines("shell.slow", seconds=f"{timeout:g}")
            stored.tell(*((error.what, error.next_step) if isinstance(error, UsageError) else slow))
            counts["failures"] += 1
    print(say("shell.checked", asks=counts["asks"], notebooks=len(read), failures=counts["failures"]))
    return 1 if counts["failures"] else 0


def _tell(counts: Counter[str], *, cell: NotebookNode, execute_reply: dict[str, Any], **_more: Any) -> None:
    """Count one cell that has run, and print it if it asks or fails; nbclient calls this."""
    reply = execute_reply["content"]
    asks = ASK.search(cell.source) is not None
    failed = reply["status"] != "ok"
    expected = failed and "raises-exception" in cell.metadata.get("tags", [])
    counts.update(asks=asks, failures=failed and not expected)
    if not asks and (not failed or expected):
        return
    verdict = "shell.expected" if expected else "shell.failed" if failed else "shell.fine"
    print(f"  {say(verdict):10} In [{reply['execution_count']}]  {_question(cell.source)}", flush=True)
    if failed:
        lines = printable(f"{reply['ename']}: {reply['evalue']}").splitlines()
        print("\n".join(f"  {'':10} {line}" for line in lines[:6]), flush=True)


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
