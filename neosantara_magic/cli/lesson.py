"""Running a notebook in a kernel of this Python; the first lesson, showing it, and leaving it as files.

A terminal shows what an IPython of this process prints; a notebook keeps what a kernel makes, which is more than text.
Importing this imports nbclient, nbconvert and nbformat.
"""

from __future__ import annotations

import asyncio
import itertools
import os
import sys
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
from ..texts import Language, two_lines
from .lessons import folder_of_lessons

LESSON = {"en": "02-quickstart.ipynb", "id": "id/02-mulai.ipynb"}
"""The first lesson, for each language of the messages."""
NAME = "neosantara-quickstart"
"""The name, without its ending, of the copy in the user's folder."""


def read(language: Language) -> NotebookNode:
    """Return the lesson in that language, without its outputs."""
    path = folder_of_lessons() / LESSON[language]
    notebook: NotebookNode = nbformat.read(path, as_version=4)  # type: ignore[no-untyped-call]  # partly typed
    for cell in notebook.cells:
        if cell.cell_type == "code":
            cell.outputs, cell.execution_count = [], None
    return notebook


class _Client(NotebookClient):
    async def async_execute(self, reset_kc: bool = False, **options: Any) -> NotebookNode:
        """Run every cell. nbclient takes a cancelled run for a dead kernel."""
        try:
            return await super().async_execute(reset_kc, **options)
        except DeadKernelError:
            task = asyncio.current_task()
            if task is not None and task.cancelling():
                raise asyncio.CancelledError from None
            raise


class _Loop(asyncio.SelectorEventLoop):
    """A loop on which Ctrl-C is a KeyboardInterrupt: nbclient would take it, and go on as if the kernel had died."""

    def add_signal_handler(self, *_handler: Any) -> None:  # type: ignore[override]  # it refuses all of them
        """Refuse, as on a system without signals; nbclient can live with that."""
        raise NotImplementedError


def play(notebook: NotebookNode) -> int | None:
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


def execute(
    notebook: NotebookNode,
    folder: Path,
    environment: dict[str, str],
    timeout: float | None = None,
    **options: Any,
) -> int | None:
    """Run every cell in a new kernel; return the number of the cell that failed and ended the run, or None.

    ``folder`` is the kernel's working directory, ``environment`` its whole environment. A cell may take ``timeout``
    seconds; None: any. ``options`` are nbclient's own.
    Raises UsageError: the kernel died; TimeoutError: a cell took too long; KeyboardInterrupt: Ctrl-C.
    """
    manager = AsyncKernelManager(kernel_name="python3")
    # This very Python, whatever kernel of another one the user's Jupyter has under that name.
    manager.kernel_spec_manager = KernelSpecManager(kernel_dirs=[], parent=manager)
    # Readers have no use for the kernel's log about sockets.
    words = ["--log-level=CRITICAL"]
    client = _Client(notebook, km=manager, timeout=timeout, extra_arguments=words, **options)
    client.owns_km = True
    with asyncio.Runner(loop_factory=_Loop) as runner:
        # After Ctrl-C nbclient's watch over the kernel ends with an error that nobody waits for.
        runner.get_loop().set_exception_handler(lambda _loop, _context: None)
        try:
            runner.run(client.async_execute(env=environment, cwd=str(folder)))
        except CellExecutionError:
            return client.code_cells_executed
        except DeadKernelError:
            raise UsageError(*two_lines("shell.kernel")) from None
    return None


def environment(**ours: str) -> dict[str, str]:
    """Return a kernel's environment: the user's, without their key and settings, and ours as ``NEOSANTARA_…``."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith("NEOSANTARA_")}
    if pace := os.environ.get("NEOSANTARA_DEMO_PACE"):
        kept["NEOSANTARA_DEMO_PACE"] = pace
    return kept | {f"NEOSANTARA_{name}": value for name, value in ours.items()}


def write(notebook: NotebookNode, folder: Path) -> Path:
    """Leave the notebook and its web page under a free name, unless both are there already, the same to the byte.

    Return the page; the notebook stands beside it. Raises OSError: the folder takes no files.
    """
    for cell in notebook.cells:
        cell.metadata.pop("execution", None)  # times of this run: the same lesson is the same file
    text = str(nbformat.writes(notebook)) + "\n"  # type: ignore[no-untyped-call]  # partly typed
    for number in itertools.count(1):
        ending = f"-{number}" if number > 1 else ""
        path = folder / f"{NAME}{ending}.ipynb"
        if path.is_file() and path.read_bytes() != text.encode():
            continue
        html = _page(notebook, path.stem)
        page = path.with_suffix(".html")
        if page.exists() and page.read_bytes() != html.encode():
            continue
        path.write_bytes(text.encode())
        page.write_bytes(html.encode())
        return page
    raise AssertionError  # the count never ends


def _page(notebook: NotebookNode, title: str) -> str:
    exporter = HTMLExporter(template_name="lab")  # type: ignore[no-untyped-call]  # partly typed
    # The lesson has no widgets, so the page opens without a network; formulas alone ask for MathJax.
    exporter.require_js_url = exporter.jquery_url = exporter.widget_renderer_url = ""
    html, _ = exporter.from_notebook_node(notebook, resources={"metadata": {"name": title}})
    # nbconvert's style leaves the code of Markdown outputs in the font of the prose. On paper nothing can be unfolded.
    paper = "@media print { .neosantara-card::details-content { content-visibility: visible } }"
    style = ".jp-RenderedMarkdown pre { font-family: monospace; }"
    return str(html).replace("</head>", f"<style>{style} {paper}</style></head>", 1)
