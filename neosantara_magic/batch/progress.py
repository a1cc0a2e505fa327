"""The progress of a batch: what is counted, a bar while it runs, one line when it ends.

The bar is a widget in a notebook, and a line that rewrites itself in a terminal or a console. The closing line takes
its place: no widget is left in the saved notebook, and the same answers leave the same line. Where nobody watches there
is only that line.
"""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import TextIO

from ..costs import Cost
from ..errors import NeosantaraError, in_one_line
from ..ipython.notebook import DisplayOutlet, Notebook
from ..messages import Response, Usage
from ..texts import decimal, number, say, warn

_LONG_PAUSE = 0.5  # seconds; a shorter pause is not worth telling
_REPAINT = 0.5  # seconds between two states of the bar


@dataclass
class Tally:
    """Counts and costs of a batch so far."""

    into: str = ""  # the column that is filled, if any
    parts: dict[str, str] = field(default_factory=dict)  # as in `rows.Prepared`
    asked: int = 0  # rows that were sent and answered
    kept: int = 0  # rows whose answer was there already: in the file, or in the column ``into``
    failed: int = 0
    usage: Usage = field(default_factory=Usage)
    cost: Cost = field(default_factory=Cost)
    labels: set[str] = field(default_factory=set)
    notes: dict[str, None] = field(default_factory=dict)
    first_error: BaseException | None = None

    @property
    def rows(self) -> int:
        """Rows that have their answer or failed."""
        return self.asked + self.kept + self.failed

    def add(self, response: Response, label: str = "", notes: Iterable[str] = ()) -> None:
        """Count a row that was answered or failed, sent or not."""
        self.asked += response.error is None
        self.failed += response.error is not None
        self.first_error = response.error if self.first_error is None else self.first_error
        self.usage += response.usage or Usage()
        # A server may answer and tell no usage.
        if response.error is None or response.usage is not None or response.cost_idr is not None:
            self.cost += Cost.of(response.cost_idr, estimated=response.cost_estimated)
        self.labels.add(label)
        self.notes |= dict.fromkeys(notes)


@dataclass
class Progress:
    """Shows one batch: of ``total`` rows, if that is known; ``pause_left`` returns the seconds that all rows wait."""

    total: int | None
    notebook: Notebook | None
    pause_left: Callable[[], float]
    silent: bool = False
    clock: Callable[[], float] = time.monotonic
    _painted: float = float("-inf")
    _bar: _Bar | _Line | None = None

    def __post_init__(self) -> None:
        self._began = self.clock()
        self._outlet = self.notebook.outlet() if self.notebook and self.notebook.front_end.displays else None

    def show(self, tally: Tally) -> None:
        """Move the bar."""
        if self.silent or self.clock() - self._painted < _REPAINT:
            return
        if not tally.rows and self.pause_left() <= _LONG_PAUSE:  # a refused batch leaves nothing above its error
            return
        self._painted = self.clock()
        state = self._state(tally)
        self._bar = self._bar or self._made(state)
        if self._bar is not None:
            self._bar.show(tally.rows, state)

    def _made(self, state: str) -> _Bar | _Line | None:
        """Return a new bar; None where nobody watches."""
        if self.notebook is None or self._outlet is None:
            return _Line(sys.stderr) if sys.stderr.isatty() else None
        front_end, around = self.notebook.front_end, self.notebook.outputs_around  # these take no bar away again
        if not (front_end.attended or around):
            return None
        return _Line(sys.stdout) if around or not front_end.redraws else _Bar(self.total, self._outlet, state)

    def close(self, tally: Tally) -> None:
        """Take the bar away and print the summary."""
        if self._bar is not None:
            self._bar.close()
        if self.silent:
            return
        if self._outlet is None:
            warn(closing_line(tally))
        else:
            self._outlet.show({"text/plain": closing_line(tally)})

    def _state(self, tally: Tally) -> str:
        parts = [say("batch.rows", count=number(tally.rows))]
        if self.total is not None:
            parts = [say("part.rows", shown=number(tally.rows), total=number(self.total))]
        rate = (tally.asked + tally.failed) / max(self.clock() - self._began, 0.001)
        if rate:
            parts.append(f"{decimal(rate)}/s" if rate >= 1 else f"{decimal(rate * 60)}/min")
        if rate and self.total is not None:
            minutes, seconds = divmod(round((self.total - tally.rows) / rate), 60)
            spelled = f"{minutes // 60}:{minutes % 60:02}:{seconds:02}".removeprefix("0:")
            parts.append(say("batch.bar_left", time=spelled))
        parts += _cost(tally)
        if tally.failed:
            parts.append(say("batch.bar_failed", count=number(tally.failed)))
        if (pause := self.pause_left()) > _LONG_PAUSE:
            parts.append(say("batch.bar_waiting", seconds=number(round(pause))))
        return " · ".join(parts)


def closing_line(tally: Tally) -> str:
    """Return the summary of a batch in one line; after failures, the first error in a second line."""
    counts = [say("batch.answered", count=number(tally.asked))]
    if tally.kept:
        counts.append(say("batch.filled" if tally.into else "batch.kept", count=number(tally.kept)))
    if tally.failed:
        counts.append(say("batch.failed", count=number(tally.failed)))
    parts = [f"{say('batch.rows', count=number(tally.rows))}: {', '.join(counts)}"]
    used = tally.usage
    if used.input_tokens or used.output_tokens:
        parts.append(say("footer.tokens", input=number(used.input_tokens), output=number(used.output_tokens)))
    parts += _cost(tally)
    parts += [say(f"footer.{label}") for label in sorted(tally.labels - {""})]
    parts += [f"{name}: {part}" for name, part in tally.parts.items()]
    parts += [*tally.notes][:3]
    line = " · ".join(parts)
    if tally.into and tally.kept and tally.kept == tally.rows:
        return f"{line}\n{say('batch.all_filled', column=tally.into)}"
    if (error := tally.first_error) is None:
        return line
    what = error.what if isinstance(error, NeosantaraError) else in_one_line(error)
    return f"{line}\n{say('batch.first_error', error=' '.join(what.split()))}"


def _cost(tally: Tally) -> list[str]:
    return tally.cost.parts if tally.asked or tally.cost != Cost() else []


@dataclass
class _Line:
    """A line of text that rewrites itself."""

    file: TextIO
    width: int = 0

    def show(self, _done: int, text: str) -> None:
        """Write the state over the one before."""
        self.file.write(f"\r{text.ljust(self.width)}")
        self.file.flush()
        self.width = len(text)

    def close(self) -> None:
        """Take the line away."""
        self.show(0, "")
        self.file.write("\r")


class _Bar:
    """A progress bar with the state beside it, in a display."""

    def __init__(self, total: int | None, outlet: DisplayOutlet, text: str) -> None:
        import ipywidgets  # noqa: PLC0415  (only a batch that somebody watches in a notebook needs it)

        self._bar = ipywidgets.IntProgress(max=total or 1)
        self._state = ipywidgets.Label()
        # Without a total there is nothing to fill.
        self._box = ipywidgets.HBox([self._state] if total is None else [self._bar, self._state])
        outlet.show_widget(self._box.model_id, text)

    def show(self, done: int, text: str) -> None:
        """Move the bar."""
        self._bar.value, self._state.value = done, text

    def close(self) -> None:
        """Close the widgets, and what ipywidgets opened for each."""
        for widget in (self._bar, self._state, self._box):
            for part in (widget.layout, getattr(widget, "style", widget), widget):
                part.close()
