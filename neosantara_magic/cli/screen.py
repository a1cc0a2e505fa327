"""A lesson in a terminal: IPython in this process runs its cells one after the other, as if somebody typed them."""

from __future__ import annotations

import os
import sys
from typing import TYPE_CHECKING

from IPython.core.interactiveshell import InteractiveShell
from traitlets.config import Config

if TYPE_CHECKING:
    from nbformat import NotebookNode


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
