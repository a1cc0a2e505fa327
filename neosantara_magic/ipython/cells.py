"""The cells that ran: what ``--context``, ``{{ cells }}``, ``%neosantara fix`` and ``--image _`` see of them.

Loaded with the extension, so nothing is imported before the first cell ends. Nothing is kept of cells that ask, which
belong to conversations, nor of cells that manage or name a key, which are private; but images count in any cell. They
are noted as they are displayed: the inline backend closes a figure once it is shown.
"""

from __future__ import annotations

import contextlib
import re
import sys
from collections.abc import Mapping
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from .front_ends import cell_id_of

if TYPE_CHECKING:
    from ..describe.cells import Cell, Cells
    from ..messages import ImagePart

# Patterns as text: compiled at their first use, not by %load_ext.
_ONLY_SETTINGS = r"(?m)^[ \t]*%(?:(?:re|un)?load_ext[ \t]+neosantara_magic|config[ \t]+NeosantaraMagics).*\n?"
_OURS = r"(?im)^\s*%%?(?:neosantara|ns)\b|=\s*%(?:neosantara|ns)\b|API_?KEY|\bgetpass\b"
_OVERWRITTEN = r"[^\n\r]*\r(?=[^\n\r])"  # text of a progress bar that is overwritten by the next state
_TERMINALS = r"(?m)^(?:-{40,}$|Out\[\d+\]: )"
_COLOURS = r"\x1b\[[0-?]*[ -/]*[@-~]|[\x00-\x08\x0b-\x1f\x7f-\x9f]"
_MOST_KEPT = 20_000  # characters of what a cell printed and displayed
MOST_IMAGES = 8  # images that are kept of one cell, the last ones: more would rarely fit a request
_LONGEST_IMAGE = 28_000_000  # characters of one image in base64: what the service takes (20 MB)
_DRAWN = ("savefig", "getpixel", "get_figure", "_repr_png_", "_repr_jpeg_")
"""The class of a value that can be drawn has one of these."""


class CellsRun:
    """Watches the cells of one shell."""

    def __init__(self, shell: Any) -> None:
        self._shell = shell
        self._running = False
        self._seen_from: int | None = None  # number of the first cell that was watched; IPython's history has others
        self._cells: dict[str, tuple[int, Cell]] = {}
        """By id (without one by code), in the order in which they ran last, each with when that was."""
        self._first: dict[str, int] = {}  # when each cell, asking or not, ran for the first time
        self._runs = 0
        self._key = self._source = ""
        self._id: str | None = None
        self._watches = False
        self._pieces: list[str] = []
        self._images: list[str] = []
        self._kept: list[tuple[str, ImagePart]] = []  # the newest images of the cells, each with its cell's key
        self._displayed: list[str] = []
        """Data URLs of all images of this cell, cleared and changed ones too, in the order in which they were shown."""
        self._shown: list[str] = []  # those of the last cell that showed any: a second question needs no new plot
        self._drawn: object = None  # the result of that cell, where it was shown by its value alone
        self._room = 0
        self._stdout: Any = None
        self._write: Any = None
        self.failed: tuple[Cell, BaseException] | None = None
        """The last cell that failed, and has not run without an error since."""
        self.failure: BaseException | None = None  # the last error of a cell that did not explain itself

    def execution_begins(self, info: Any = None) -> None:
        """IPython's ``pre_run_cell``."""
        self._running = True
        if self._seen_from is None:
            self._seen_from = self._shell.execution_count
        self._source = str(getattr(info, "raw_cell", "") or "")
        self._id = cell_id_of(self._shell)
        self._key = self._id or self._source
        self._runs += 1
        self._first.setdefault(self._key, self._runs)
        self._displayed = []
        self._clear()
        self.watch_displays()
        self._watches = bool(without_settings(self._source))
        if self._watches:
            self._stdout, self._write = sys.stdout, sys.stdout.write
            try:
                self._stdout.write = self._print
            except (AttributeError, TypeError):  # a stream of slots: its text stays unknown
                self._stdout = None

    def watch_displays(self) -> None:
        """Note what is displayed; called at the load too, so that a plot of the cell that loads us counts."""
        if hasattr(publisher := self._shell.display_pub, "register_hook"):
            publisher.unregister_hook(self._see)
            publisher.register_hook(self._see)

    def execution_ends(self, result: Any = None, *, asked: bool = False) -> None:
        """IPython's ``post_run_cell`` with its ``ExecutionResult``; ``asked``: the cell has asked a model."""
        watched, self._running = self._watches, False
        self.stop()
        value = getattr(result, "result", None)
        if self._displayed:
            self._shown, self._drawn = self._displayed, None
        elif value is not None and any(hasattr(type(value), name) for name in _DRAWN):
            self._shown, self._drawn = [], value
        self._cells.pop(self._key, None)
        self._kept = [one for one in self._kept if one[0] != self._key]
        error = getattr(result, "error_in_exec", None) or getattr(result, "error_before_exec", None)
        if not self._key or (not watched and error is None and self.failed is None):
            return
        from .. import errors, messages  # noqa: PLC0415
        from ..describe import cells, images, plain  # noqa: PLC0415  (see above)

        note = "" if error is None else errors.in_one_line(error, 500)
        if error is not None and not errors.explains_itself(error):
            self.failed, self.failure = (cells.Cell(self._source, error=note, id=self._id), error), error
        elif self.failed is not None and error is None and (self.failed[0].id or self.failed[0].source) == self._key:
            self.failed = None
        if not watched or asked:
            return
        drawn = [messages.ImagePart(url) for url in self._images]
        if value is not None and hasattr(self._shell, "kernel"):  # a terminal has printed it
            image = None
            with contextlib.suppress(Exception):  # a strange class costs its image, not the cell
                image = images.image_part(value, "_")
            self._add(f"{plain.text_of(value, _MOST_KEPT)}\n" if image is None else "[image]\n")
            drawn += [image] if image else []
        text = "".join(self._pieces).replace("\r\n", "\n")
        shown = re.sub(_COLOURS, "", re.sub(_OVERWRITTEN, "", text)).rstrip()  # as a reader sees it
        if self._room < 0:
            shown += f"\n[cut: {-self._room:,} more characters]"
        if not hasattr(self._shell, "kernel"):
            # A terminal prints results and tracebacks where the cell prints.
            printed, *rest = re.split(_TERMINALS, shown, maxsplit=1)
            told = plain.text_of(value, _MOST_KEPT) if rest and value is not None else ""
            shown = "\n".join(filter(None, (printed.rstrip(), told)))
        number = getattr(result, "execution_count", None)
        self._cells[self._key] = (self._runs, cells.Cell(without_settings(self._source), shown, note, number, self._id))
        self._kept = [*self._kept, *((self._key, image) for image in drawn)][-MOST_IMAGES:]  # may be megabytes each

    def stop(self) -> None:
        """Stop watching."""
        self._watches = False
        if self._stdout is not None and self._stdout.write == self._print:
            self._stdout.write = self._write
        self._stdout = None
        if hasattr(self._shell.display_pub, "unregister_hook"):
            self._shell.display_pub.unregister_hook(self._see)

    def before(self) -> Cells:
        """Return the cells that ran before the running one, newest version of each, oldest first.

        A notebook that is run again from above sees what it saw the first time: cells that followed then are left out,
        unless they ran after those above.
        """
        from ..describe.cells import Cells  # noqa: PLC0415

        known = {key: held for key, held in self._cells.items() if key != self._key or not self._running}
        own = self._first.get(self._key, self._runs)
        again = max((ran for key, (ran, _) in known.items() if self._first[key] < own), default=0)
        seen = [
            replace(cell, images=tuple(image for owner, image in self._kept if owner == key))
            for key, (ran, cell) in known.items()
            if self._first[key] < own or ran > again
        ]
        return Cells([*self._history({cell.source for _, cell in known.values()}), *seen])

    def _history(self, known: set[str]) -> list[Cell]:
        """Return what IPython remembers of the cells before the first that was watched."""
        from ..describe import cells, plain  # noqa: PLC0415

        end = self._shell.execution_count if self._seen_from is None else self._seen_from
        sources = list(getattr(self._shell.history_manager, "input_hist_raw", ()))[:end]
        results = self._shell.user_ns.get("_oh", {})
        found: dict[str, Cell] = {}
        for number, raw in enumerate(sources):
            source = without_settings(raw)
            if source and source not in known:
                found.pop(source, None)
                output = plain.text_of(results[number], _MOST_KEPT) if number in results else ""
                found[source] = cells.Cell(source, output, number=number)
        return list(found.values())

    def only(self, line: str) -> bool:
        """Whether the running cell holds nothing but this one command."""
        lines = [one for one in self._source.splitlines() if one.strip() and not one.lstrip().startswith("#")]
        return len(lines) == 1 and line in lines[0]

    def images(self) -> tuple[ImagePart, ...]:
        """Return the images of the last cell that showed any, else pyplot's open figures, else none."""
        from ..describe.images import image_part  # noqa: PLC0415
        from ..messages import ImagePart  # noqa: PLC0415

        if self._shown:
            return tuple(ImagePart(url) for url in self._shown)
        drawn = _open_figures() if self._drawn is None else [self._drawn]
        return tuple(image for value in drawn if (image := image_part(value, "_")) is not None)

    def _print(self, text: Any) -> Any:
        if isinstance(text, str):
            self._add(text)
        return self._write(text)

    def _add(self, text: str) -> None:
        if self._room > 0:
            self._pieces.append(text[: self._room])
        self._room -= len(text)

    def _see(self, message: dict[str, Any]) -> dict[str, Any]:
        """Note a display on its way to the front end; the message stays as it is."""
        kind, content = message["header"]["msg_type"], message.get("content", {})
        data = content.get("data", {})
        if (url := image_url(data)) and url not in self._displayed:
            self._displayed = [*self._displayed, url][-MOST_IMAGES:]
        if kind == "clear_output":
            self._clear()
        elif kind == "display_data":
            self._images = [*self._images, *([url] if url else [])][-MOST_IMAGES:]
            self._add("[image]\n" if url else f"{data.get('text/plain', '')}\n")
        return message

    def _clear(self) -> None:
        self._pieces, self._images, self._room = [], [], _MOST_KEPT


def image_url(data: Mapping[str, Any]) -> str:
    """Return the image of a display as a data URL; empty when it has none that the service takes."""
    for kind in ("image/png", "image/jpeg"):
        image = data.get(kind)
        if isinstance(image, str) and 0 < len(image) <= _LONGEST_IMAGE:
            return f"data:{kind};base64,{''.join(image.split())}"
    return ""


def _open_figures() -> list[Any]:
    """Return the figures that pyplot holds open, in a terminal or a script for example."""
    pyplot = sys.modules.get("matplotlib.pyplot")
    if pyplot is None or not (numbers := pyplot.get_fignums()[-MOST_IMAGES:]):
        return []
    current = pyplot.gcf()
    figures = [pyplot.figure(number) for number in numbers]
    pyplot.figure(current)  # asking about figures must not change which one the next plot goes to
    return figures


def without_settings(source: str) -> str:
    """Return a cell's code without lines that load or set us; empty for one that asks, manages or names a key."""
    return "" if re.search(_OURS, source) else re.sub(_ONLY_SETTINGS, "", source).strip()
