"""A long table, list or code block that is still being written: its finished lines are rendered once.

For: the preview of a tail that is one such block, at the cost of its new lines instead of all of it.
Not for: final HTML. When the block ends it is rendered whole, in ``freezing.py``, so nothing here can change what
stays; these classes only have to look right until then.

They ask the parser, not rules of their own, whether a line continues the block, by giving it the part that decides:
a table's two first lines, a fence's first line, a list's last item. Whatever doesn't fit ends the shortcut.
"""

from __future__ import annotations

from collections import ChainMap
from typing import TYPE_CHECKING, Any, Protocol

from .healing import heal

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from markdown_it.token import Token

    from .markdown import CommonMark, Group

LONG = 1_000
"""Characters from which a block is worth the shortcut."""

_LISTS = frozenset({"bullet_list_open", "ordered_list_open"})


class OpenBlock(Protocol):
    """One unfinished block, previewed at the cost of what is new."""

    def take(self, lines: str) -> bool:
        """Add complete lines. False: they may end the block or change what is shown of it; look at all of it again."""
        ...

    def preview(self, partial: str) -> str:
        """Return the block's finished HTML with ``partial``, the line being written, at its end."""
        ...


class _Parts:
    """The common part of the three: the parser, the known definitions, and the HTML of the finished lines."""

    def __init__(self, engine: CommonMark, definitions: Mapping[str, Any], finish: Callable[[str], str]) -> None:
        self._engine = engine
        self._definitions = definitions
        self._finish = finish
        self._done: list[str] = []

    def _groups(self, text: str) -> list[Group]:
        return self._engine.groups(text, ChainMap({}, dict(self._definitions)))

    def _html(self, tokens: list[Token]) -> str:
        return self._finish(self._engine.paint(tokens, dict(self._definitions)))

    def _whole(self, text: str) -> str:
        return self._html([token for group in self._groups(text) for token in group.tokens])


class OpenFence(_Parts):
    """Code: a line that does not close the fence is final."""

    def begin(self, text: str) -> bool:
        """Start from the block's complete lines."""
        self._opening, _, rest = text.partition("\n")
        html = self._whole(self._opening + "\n")
        self._head = html[: html.find("</code>")]
        return self._head != "" and self.take(rest)

    def take(self, lines: str) -> bool:
        """Add complete lines; a line after them shows whether the fence is still open."""
        groups = self._groups(f"{self._opening}\n{lines}x\n")
        if len(groups) != 1 or groups[0].kind != "fence" or groups[0].end != lines.count("\n") + 2:
            return False
        self._done.append(self._code(lines))
        return True

    def preview(self, partial: str) -> str:
        """Return the code up to ``partial``."""
        return "".join((self._head, *self._done, self._code(partial), "</code></pre>\n"))

    def _code(self, lines: str) -> str:
        html = self._whole(f"{self._opening}\n{lines}") if lines else ""
        return html[html.find(">", html.find("<code")) + 1 : html.rfind("</code>")]


class OpenTable(_Parts):
    """A table: a row is final when its line is."""

    def begin(self, text: str) -> bool:
        """Start from the block's complete lines."""
        header, delimiters, rest = text.split("\n", 2)
        self._opening = f"{header}\n{delimiters}\n"
        head, found, _ = self._whole(self._opening).rpartition("</table>")
        self._head = head + "<tbody>\n"
        return found != "" and self.take(rest)

    def take(self, lines: str) -> bool:
        """Add complete lines, all of them rows."""
        groups = self._groups(self._opening + lines)
        if len(groups) != 1 or groups[0].kind != "table_open" or groups[0].end != lines.count("\n") + 2:
            return False
        _, _, rows = self._html(groups[0].tokens).partition("<tbody>\n")
        self._done.append(rows.rpartition("</tbody>")[0])
        return True

    def preview(self, partial: str) -> str:
        """Return the table up to ``partial``; text that is no row stands below it."""
        html = self._whole(self._opening + heal(partial))
        _, row, rest = html.partition("<tbody>\n")
        if not row:
            rest = "</tbody>\n</table>" + html.partition("</table>")[2]
        return "".join((self._head, *self._done, rest))


class OpenList(_Parts):
    """A list: an item is final when the next one has begun, as long as the list stays tight, or loose."""

    def begin(self, text: str) -> bool:
        """Start from the block's complete lines."""
        groups = self._groups(text)
        self._kind = groups[0].kind
        self._loose = _is_loose(groups[0].tokens)
        self._last = ""
        html = self._html([groups[0].tokens[0], groups[0].tokens[-1]])
        self._head = html[: html.find(">") + 1] + "\n"
        return self._head.startswith("<") and self.take(text)

    def take(self, lines: str) -> bool:
        """Add complete lines that belong to this list."""
        text = self._last + lines
        groups = self._groups(text)
        if len(groups) != 1 or groups[0].kind != self._kind or not _covers(groups[0], text):
            return False
        tokens = groups[0].tokens
        if _is_loose(tokens) and not self._loose:
            return False  # the items above get paragraphs now
        last = max(at for at, token in enumerate(tokens) if token.level == 1 and token.nesting == 1)
        if last > 1:
            self._done.append(_inside(self._html([*self._as_shown(tokens[:last]), tokens[-1]])))
            line = (tokens[last].map or [0])[0]
            self._last = "\n".join(text.split("\n")[line:])
        else:
            self._last = text
        return True

    def preview(self, partial: str) -> str:
        """Return the list up to ``partial``; text that is no item stands below it."""
        groups = self._groups(heal(self._last + partial))
        if not groups or groups[0].kind != self._kind:
            return "".join((self._head, *self._done, "</ul>\n" if self._kind.startswith("bullet") else "</ol>\n"))
        html = self._html([token for group in groups for token in self._as_shown(group.tokens)])
        return "".join((self._head, *self._done, html[html.find(">") + 2 :]))

    def _as_shown(self, tokens: list[Token]) -> list[Token]:
        if self._loose and tokens[0].type == self._kind:
            for token in tokens:
                if token.level == 2 and token.type.startswith("paragraph"):
                    token.hidden = False
        return tokens


def _is_loose(tokens: list[Token]) -> bool:
    return any(token.level == 2 and token.type == "paragraph_open" and not token.hidden for token in tokens)


def _covers(group: Group, text: str) -> bool:
    """Tell whether nothing but blank lines follows the group: a link definition there would leave no trace."""
    return not "".join(text.split("\n")[group.end :]).strip()


def _inside(html: str) -> str:
    """Return the items of a list's HTML."""
    return html[html.find(">") + 2 : html.rstrip().rfind("</")]


def open_block(
    engine: CommonMark, group: Group, text: str, definitions: Mapping[str, Any], finish: Callable[[str], str]
) -> OpenBlock | None:
    """Return the shortcut for a long unfinished block, or None where there is none.

    Args:
        engine: The parser.
        group: The one block that ``text`` holds.
        text: Complete lines.
        definitions: The known link definitions; read again at each step.
        finish: What every piece of HTML goes through before it is shown.
    """
    kinds: dict[str, type[OpenFence | OpenTable | OpenList]] = {"fence": OpenFence, "table_open": OpenTable}
    kinds |= dict.fromkeys(_LISTS, OpenList)
    if len(text) < LONG or group.kind not in kinds or group.start or not _covers(group, text):
        return None
    block = kinds[group.kind](engine, definitions, finish)
    return block if block.begin(text) else None
