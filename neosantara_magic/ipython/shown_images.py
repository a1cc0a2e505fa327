"""The images that the last cell showed: what ``--image _`` means.

They are remembered as they are displayed: the inline backend closes a figure once it is shown, so by the next cell its
image is all that is left. Not for: images that are named (``prompt/images.py``).
Only image bytes of one cell are kept, a few megabytes at most; a cell that shows none leaves them as they are, so
a second question about the same plot needs no new plot.
"""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Any

from .cells import MOST_IMAGES, image_url

if TYPE_CHECKING:
    from ..messages import ImagePart

_DRAWN = ("savefig", "getpixel", "get_figure", "_repr_png_", "_repr_jpeg_")
"""The class of a value that can be drawn has one of these."""


class ShownImages:
    """Watches the images that one shell shows."""

    def __init__(self, shell: Any) -> None:
        self._shell = shell
        self._depth = 0
        self._displayed: list[str] = []
        """Data URLs, in the order in which they were shown."""
        self._kept: list[str] = []
        self._result: object = None

    def execution_begins(self) -> None:
        """Watch the displays of this cell; nested executions belong to it."""
        self._depth += 1
        if self._depth > 1:
            return
        self._displayed = []
        publisher = self._shell.display_pub
        if hasattr(publisher, "register_hook"):
            publisher.register_hook(self._see)

    def execution_ends(self, value: object = None) -> None:
        """Keep the images that the cell showed, if any. ``value`` is its result, which a front end shows too."""
        self._depth = max(0, self._depth - 1)
        if self._depth:
            return
        self.stop()
        if self._displayed:
            self._kept, self._result = self._displayed, None
        elif value is not None and any(hasattr(type(value), name) for name in _DRAWN):
            self._kept, self._result = [], value
        self._displayed = []

    def stop(self) -> None:
        """Take the hook away."""
        publisher = self._shell.display_pub
        if hasattr(publisher, "unregister_hook"):
            publisher.unregister_hook(self._see)

    def images(self) -> tuple[ImagePart, ...]:
        """Return the images of the last cell that showed any, else pyplot's open figures, else none."""
        from ..messages import ImagePart  # noqa: PLC0415  (this file is loaded with the extension, which must cost nothing)

        if self._kept:
            return tuple(ImagePart(url) for url in self._kept)
        from ..describe.images import image_part  # noqa: PLC0415

        drawn = [self._result] if self._result is not None else _open_figures()
        return tuple(image for value in drawn if (image := image_part(value, "_")) is not None)

    def _see(self, message: dict[str, Any]) -> dict[str, Any]:
        """Note the images of a message on its way to the front end; the message stays as it is."""
        url = image_url(message.get("content", {}).get("data", {}))
        if url and url not in self._displayed:
            self._displayed = [*self._displayed, url][-MOST_IMAGES:]
        return message


def _open_figures() -> list[Any]:
    """Return the figures that pyplot holds open, in a terminal or a script for example."""
    pyplot = sys.modules.get("matplotlib.pyplot")
    if pyplot is None:
        return []
    numbers = pyplot.get_fignums()[-MOST_IMAGES:]
    if not numbers:
        return []
    current = pyplot.gcf()
    figures = [pyplot.figure(number) for number in numbers]
    pyplot.figure(current)  # asking about figures must not change which one the next plot goes to
    return figures
