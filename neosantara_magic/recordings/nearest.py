"""Find the outline that is most like a given one, to explain why a recording has no answer. Pure."""

from __future__ import annotations

from bisect import bisect, insort
from collections.abc import Sequence


class Outlines:
    """Outlines by key. An *outline* is a request as a list of lines, its prompt the last.

    Many outlines that differ in the last line alone (a batch) are one group, in the order of that line; so the one
    that begins most like a given line is a neighbour of its place there, and no two texts are compared but those.
    """

    def __init__(self) -> None:
        self.keys: set[str] = set()
        self._groups: dict[tuple[str, ...], list[tuple[str, str]]] = {}
        """All lines but the last, to last lines with their keys, sorted."""

    def add(self, key: str, outline: Sequence[str]) -> None:
        """Add an outline."""
        self.keys.add(key)
        insort(self._groups.setdefault(tuple(outline[:-1]), []), (outline[-1], key))

    def nearest(self, outline: Sequence[str]) -> str | None:
        """Return the key of the outline that is most like this one; None when there is none.

        Most lines alike; among those, the longest beginning of the last line.
        """
        wanted, last = set(outline[:-1]), outline[-1]

        def alike(lines: tuple[str, ...]) -> tuple[float, int]:
            near, total = _neighbour(self._groups[lines], last)[0], len(wanted) + len(lines)
            return 2 * len(wanted.intersection(lines)) / total if total else 1.0, shared(near, last)

        group = max(self._groups, key=alike, default=None)
        return None if group is None else _neighbour(self._groups[group], last)[1]


def _neighbour(lines: Sequence[tuple[str, str]], wanted: str) -> tuple[str, str]:
    """Return the one of sorted lines that shares the longest beginning with this one."""
    place = bisect(lines, (wanted, ""))
    return max(lines[max(0, place - 1) : place + 1], key=lambda line: shared(line[0], wanted))


def shared(one: str, other: str) -> int:
    """Return how many characters two texts have in common at their beginning."""
    low, high = 0, min(len(one), len(other))
    while low < high:
        middle = (low + high + 1) // 2
        low, high = (middle, high) if one[:middle] == other[:middle] else (low, middle - 1)
    return low
