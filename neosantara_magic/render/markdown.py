"""Markdown to HTML, by one of two engines. What comes out is not safe before ``html.sanitise``.

`commonmark` is markdown-it-py without raw HTML, plus tables, strikethrough, task lists, bare links and math.
`python-markdown` is the ``markdown`` package, for courses whose site is built with it. Raw HTML passes through there.
Why these: ``docs/decisions/0010-markdown-engine.md``.
"""

from __future__ import annotations

from collections.abc import MutableMapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from functools import cache
from typing import Any

from markdown_it import MarkdownIt
from markdown_it.rules_core import StateCore
from markdown_it.rules_inline import StateInline
from markdown_it.token import Token

from ..texts import say
from . import markdown_rules

DEFAULT_EXTENSIONS = ("fenced_code", "tables", "sane_lists")
"""Of Python-Markdown, without a choice of the user's: what models write, fenced code and tables, works."""
LONGEST = 20_000
"""Characters between two blank lines; Python-Markdown needs minutes for a line that is ten times as long."""
MOST_BRACKETS = 1_000
"""Opening brackets between two blank lines; there each is looked at together with all that follow."""

References = MutableMapping[str, Any]
"""Link reference definitions: normalised label to ``{"href", "title", "map"}``, as markdown-it-py keeps them."""


@dataclass(slots=True)
class Group:
    """One top-level block of a text, parsed but not rendered."""

    kind: str  # type of its first token: ``paragraph_open``, ``bullet_list_open``, ``table_open``, ``fence`` ...
    start: int  # its first line, counted from 0
    end: int  # the line after its last
    tokens: list[Token]  # the inline ones have no children yet


class CommonMark:
    """CommonMark with the extensions that models use; raw HTML is shown as text."""

    def __init__(self) -> None:
        self._parser = parser()
        names = self._parser.core.ruler.get_active_rules()
        if names[:3] != ["normalize", "block", "inline"]:
            msg = f"markdown-it-py's core rules changed: {names}"
            raise RuntimeError(msg)
        # What happens to tokens after the block phase, rule by rule; `paint` runs it on one group at a time.
        self._after_blocks = self._parser.core.ruler.getRules("")[2:]

    def render(self, text: str) -> str:
        """Return the HTML of a whole text: the reference that the block stream must equal."""
        html: str = self._parser.render(text)
        return html

    def groups(self, source: str, references: References) -> list[Group]:
        """Parse the block structure only, and add the definitions found to ``references``: the first of a label wins.

        The only line end in ``source`` is the newline character.
        """
        tokens: list[Token] = []
        self._parser.block.parse(source, self._parser, {"references": references}, tokens)
        found: list[Group] = []
        first = 0
        for at, token in enumerate(tokens):
            if token.level == 0 and token.nesting <= 0:
                opening = tokens[first]
                start, end = opening.map or (0, 0)
                found.append(Group(opening.type, start, end, tokens[first : at + 1]))
                first = at + 1
        return found

    def paint(self, tokens: list[Token], references: References) -> str:
        """Parse the inline content of ``tokens`` and return their HTML. Works again on painted tokens."""
        env: dict[str, Any] = {"references": references}
        for token in tokens:
            if token.type == "inline":
                token.children = []
        state = StateCore("", self._parser, env, tokens)
        for rule in self._after_blocks:
            rule(state)
        html: str = self._parser.renderer.render(tokens, self._parser.options, env)
        return html

    def words(self, text: str, references: References, before_dollar: bool = False) -> tuple[str, str]:
        """Return the HTML of text in a paragraph, and the sign of something open in it; empty where nothing is.

        Text that ends with a space and in which nothing is open is settled: whatever word comes after it, its HTML
        stays the same, and so does that of what follows. ``before_dollar``: a dollar comes right after the text.
        """
        env: dict[str, Any] = {"references": references}
        state = StateInline(text, self._parser, env, [])
        self._parser.inline.tokenize(state)
        for rule in self._parser.inline.ruler2.getRules(""):
            rule(state)
        sign = markdown_rules.open_sign(state, before_dollar)
        inline = Token("inline", "", 0, content=text, children=state.tokens)
        for core_rule in self._after_blocks[1:]:
            core_rule(StateCore("", self._parser, env, [inline]))
        html: str = self._parser.renderer.render([inline], self._parser.options, env)
        return html, sign


class PythonMarkdown:
    """Python-Markdown with its extensions. It knows no block structure, so its whole text is rendered each time."""

    def __init__(self, extensions: Sequence[str] = ()) -> None:
        """Load the extensions. Raises ImportError: An extension is not installed, or its name is wrong."""
        from markdown import Markdown  # noqa: PLC0415  (a rare choice)

        chosen = list(extensions or DEFAULT_EXTENSIONS)
        # Pygments' own spans would not survive the sanitiser; left to us, code is highlighted after it.
        plain = {"use_pygments": False}
        configuration = {name: plain for name in chosen if name.rpartition(".")[2] == "codehilite"}
        self._markdown = Markdown(extensions=chosen, extension_configs=configuration)

    def render(self, text: str) -> str:
        """Return the HTML of a whole text; each call starts from a clean slate.

        What Python-Markdown would take minutes for, or is nested deeper than it can follow, is read as CommonMark.
        """
        if not any(len(block) > LONGEST or block.count("[") > MOST_BRACKETS for block in text.split("\n\n")):
            with suppress(RecursionError):
                return self._markdown.reset().convert(text)
        return f"<p><em>{say('answer.engine_limit')}</em></p>\n{parser().render(text)}"


def parser() -> MarkdownIt:
    """Return a new markdown-it-py parser with our rules. It reads no raw HTML."""
    # 40 is twenty lists in each other. The limit is what keeps ten thousand opening brackets from taking seconds.
    md = MarkdownIt("commonmark", {"html": False, "maxNesting": 40})
    md.enable(["table", "strikethrough"])
    markdown_rules.install(md)
    return md


@cache
def commonmark() -> CommonMark:
    """Return the engine that all answers share; it holds nothing of any text."""
    return CommonMark()


def engine(name: str, extensions: Sequence[str] = ()) -> CommonMark | PythonMarkdown:
    """Return the engine of that name. The commonmark engine ignores ``extensions``, which are Python-Markdown's.

    Raises ImportError: An extension is not installed, or its name is wrong.
    """
    return PythonMarkdown(extensions) if name == "python-markdown" else commonmark()
