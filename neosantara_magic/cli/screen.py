"""A notebook's run, printed as it happens: the kernel's messages as lines of a terminal, or of a pipe.

Not for: running anything. The look of an answer is `terminal_renderer`'s, as in IPython.
"""

from __future__ import annotations

import os
import re
from typing import Any, TextIO

from ..events import TextDelta
from ..render.document import Document, Outcome
from ..render.terminal import terminal_renderer
from ..render.text import GROWING
from ..texts.printable import printable

_ANSI = re.compile(r"\x1b\[[0-9;]*[A-Za-z]")


class Screen:
    """Prints cells and their outputs. Colours appear only in a terminal, and not with ``NO_COLOR``."""

    def __init__(self, out: TextIO) -> None:
        self._out = out
        plain = not out.isatty() or os.environ.get("NO_COLOR") or os.environ.get("TERM") == "dumb"
        self._coloured = not plain
        self._growing: dict[str, _Answer] = {}

    def say(self, *lines: str) -> None:
        """Print our own lines after an empty one."""
        self._put("", *lines)

    def cell(self, kind: str, source: str, number: int | None) -> None:
        """Show a cell that is about to run: code as IPython shows it, the headings of prose."""
        if kind != "code":
            for line in source.splitlines():
                if line.startswith("#"):
                    self._put("", self._styled(line.lstrip("# "), "1"))
            return
        head = f"In [{number}]: "
        lines = source.splitlines() or [""]
        self._put("", self._styled(head, "32") + lines[0])
        for line in lines[1:]:
            self._put(self._styled("...: ".rjust(len(head)), "32") + line)

    def message(self, kind: str, content: dict[str, Any]) -> None:
        """Print one message of the kernel."""
        if kind == "stream":
            self._write(printable(_ANSI.sub("", content["text"])))
        elif kind in {"display_data", "update_display_data"}:
            self._display(content)
        elif kind == "execute_result":
            self._put(printable(content["data"].get("text/plain", "")))
        elif kind == "error":
            trace = "\n".join(content["traceback"])
            self._put("", trace if self._coloured else _ANSI.sub("", trace))

    def close(self) -> None:
        """End the answers that still grow: they were stopped."""
        for answer in self._growing.values():
            answer.close("stopped")
        self._growing.clear()

    def _display(self, content: dict[str, Any]) -> None:
        display_id = (content.get("transient") or {}).get("display_id", "")
        data = content["data"]
        text = data.get("text/plain", "")
        if GROWING in data:
            if display_id not in self._growing:
                self._put("")
                self._growing[display_id] = _Answer(self._out)
            self._growing[display_id].grow(text)
        elif display_id in self._growing:
            self._growing.pop(display_id).close()
            # The twin repeats the answer; only its last paragraph, the quiet line, is new.
            self._put("", self._styled(printable(text.rpartition("\n\n")[2]), "2"))
        else:
            self._put("", printable(text))

    def _styled(self, text: str, style: str) -> str:
        return f"\x1b[{style}m{text}\x1b[0m" if self._coloured else text

    def _put(self, *lines: str) -> None:
        self._write("".join(f"{line}\n" for line in lines))

    def _write(self, text: str) -> None:
        self._out.write(text)
        self._out.flush()


class _Answer:
    """One growing answer, and the part of it that is printed."""

    def __init__(self, out: TextIO) -> None:
        self._document = Document()
        self._renderer = terminal_renderer(out)
        self._shown = ""

    def grow(self, text: str) -> None:
        new = text.removeprefix(self._shown)
        self._shown = text
        if new:
            event = TextDelta(new)
            self._document.fold(event)
            self._renderer.show(self._document, event)

    def close(self, outcome: Outcome = "completed") -> None:
        self._document.finish(outcome)
        self._renderer.close(self._document)
