"""How far a batch is: a bar while it runs, one line when it ends.

For: tqdm's bar in a notebook, a terminal and a script, and the closing line in all of them.
Not for: counting (``driver.py``).

tqdm paints into a display of the cell, as text, and the closing line takes its place: no widget is left in the saved
notebook, and the same answers leave the same line. Without tqdm, or with nobody watching, there is only that line.
"""

from __future__ import annotations

import sys
import time
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from ..errors import NeosantaraError
from ..faults import in_one_line
from ..texts import say
from ..texts.numbers import number, rupiah

if TYPE_CHECKING:
    from ..notebook import DisplayOutlet, Notebook
    from .driver import Tally

_LONG_PAUSE = 0.5
"""Seconds. A shorter pause is not worth telling."""
_REPAINT = 0.5


class Progress:
    """Shows one batch.

    Args:
        total: How many rows, when that is known.
        notebook: The shell; None in a script.
        pause_left: Seconds that the service's limits hold everybody back.
        silent: Show nothing at all.
    """

    def __init__(
        self, total: int | None, notebook: Notebook | None, pause_left: Callable[[], float], *, silent: bool = False
    ) -> None:
        self._silent = silent
        self._pause_left = pause_left
        in_cell = notebook is not None and notebook.front_end != "terminal"
        self._outlet: DisplayOutlet | None = notebook.outlet() if notebook is not None and in_cell else None
        watched = notebook is None or notebook.front_end != "unattended"
        self._total = total
        self._wanted = watched and not silent
        self._bar: Any = None
        self._painted = 0.0

    def show(self, tally: Tally) -> None:
        """Move the bar."""
        if self._wanted:  # not before there is a row to tell of: a refused batch leaves nothing above its error
            self._wanted = False
            self._bar = _bar(self._total, self._outlet)
        if self._bar is None:
            return
        self._bar.set_postfix_str(self._state(tally), refresh=False)
        self._bar.update(tally.rows - self._bar.n)
        if time.monotonic() - self._painted > _REPAINT:
            self._painted = time.monotonic()
            self._bar.refresh()

    def close(self, tally: Tally, *, silent: bool = False) -> None:
        """Take the bar away and say what it came to; silently when an error says it all."""
        if self._bar is not None:
            self._bar.close()
        if self._silent or silent:
            if self._bar is not None and self._outlet is not None:
                self._outlet.clear()
            return
        line = closing_line(tally)
        if self._outlet is not None:
            self._outlet.show({"text/plain": line})
        else:
            print(line, file=sys.stderr)  # noqa: T201  (a script's or a terminal's last word about a batch)

    def _state(self, tally: Tally) -> str:
        parts = [rupiah(tally.cost_idr, estimated=tally.estimated)] if tally.cost_idr else []
        if tally.failed:
            parts.append(say("batch.bar_failed", count=number(tally.failed)))
        pause = self._pause_left()
        if pause > _LONG_PAUSE:
            parts.append(say("batch.bar_waiting", seconds=number(round(pause))))
        return " · ".join(parts)


def closing_line(tally: Tally) -> str:
    """Return what a batch came to, in one line; with failures, the first of them in a second."""
    counts = [say("batch.answered", count=number(tally.asked))]
    if tally.kept:
        counts.append(say("batch.kept", count=number(tally.kept)))
    if tally.failed:
        counts.append(say("batch.failed", count=number(tally.failed)))
    parts = [f"{say('batch.rows', count=number(tally.rows))}: {', '.join(counts)}"]
    if tally.input_tokens or tally.output_tokens:
        parts.append(say("footer.tokens", input=number(tally.input_tokens), output=number(tally.output_tokens)))
    if tally.cost_idr or (tally.asked and not tally.unpriced):
        parts.append(rupiah(tally.cost_idr, estimated=tally.estimated))
    if tally.unpriced:
        parts.append(say("usage.unpriced", count=number(tally.unpriced)))
    parts += [say(f"footer.{label}") for label in sorted(tally.labels - {""})]
    line = " · ".join(parts)
    if tally.first_error is None:
        return line
    error = tally.first_error
    what = error.what if isinstance(error, NeosantaraError) else in_one_line(error)
    return f"{line}\n{say('batch.first_error', error=' '.join(what.split()))}"


def _bar(total: int | None, outlet: DisplayOutlet | None) -> Any:
    try:
        from tqdm.std import tqdm  # noqa: PLC0415  (the extra `batch`)
    except ImportError:
        return None
    where: dict[str, Any] = {"file": sys.stderr, "dynamic_ncols": True}
    if outlet is not None:
        where = {"file": _Painted(outlet), "ncols": 100}
    return tqdm(total=total, unit=say("batch.unit"), leave=False, disable=None if outlet is None else False, **where)


class _Painted:
    """A file for tqdm whose last line is what a display shows."""

    encoding = "utf-8"

    def __init__(self, outlet: DisplayOutlet) -> None:
        self._outlet = outlet

    def write(self, text: str) -> int:
        """Show the line, unless tqdm is only wiping its own."""
        if text.strip():
            self._outlet.show({"text/plain": text.strip("\r\n")})
        return len(text)

    def flush(self) -> None:
        """Do nothing: each write is shown at once."""
