"""Markdown to HTML, by one of two engines, its open end closed and its code marked. ``html.sanitise`` makes it safe.

`commonmark` is markdown-it-py without raw HTML, plus tables, strikethrough, task lists, bare links and math.
`python-markdown` is the ``markdown`` package, for courses whose site is built with it. Raw HTML passes through there.
Why these: ``docs/decisions/0010-markdown-engine.md``.
"""

from __future__ import annotations

import html as entities
import re
from collections.abc import MutableMapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from functools import cache, lru_cache
from itertools import groupby
from typing import TYPE_CHECKING, Any

from markdown_it import MarkdownIt
from markdown_it.rules_core import StateCore
from markdown_it.rules_inline import StateInline
from markdown_it.token import Token
from pygments.lexers import get_lexer_by_name
from pygments.token import Comment, Keyword, Operator
from pygments.util import ClassNotFound

from ..texts import say
from . import markdown_rules

if TYPE_CHECKING:
    from pygments.lexer import Lexer
    from pygments.token import _TokenType

DEFAULT_EXTENSIONS = ("fenced_code", "tables", "sane_lists")
"""Of Python-Markdown, without a choice of the user's: what models write, fenced code and tables, works."""
LONGEST = 20_000
"""Characters between two blank lines; Python-Markdown needs minutes for a line that is ten times as long."""
MOST_BRACKETS = 1_000
"""Opening brackets between two blank lines; there each is looked at together with all that follow."""

References = MutableMapping[str, Any]
"""Link reference definitions: normalised label to ``{"href", "title", "map"}``, as markdown-it-py keeps them."""

_PREFIX = r"^(?:[ \t]|>|[-*+] |\d{1,9}[.)] )*"
_FENCE = re.compile(rf"{_PREFIX}(`{{3,}}|~{{3,}})(?:.*?{_PREFIX}\1|(?P<open>))", re.MULTILINE | re.DOTALL)
_PARAGRAPH_START = re.compile(r"^(?:[ \t]*\n|(?:[ \t]*(?:[-*+]|\d{1,9}[.)]|>|#{1,6})(?:[ \t]+|$))+)", re.MULTILINE)
"""A blank line or block marks: emphasis does not go on across them."""
_UNDERLINE = re.compile(r" {0,3}(?:=+|-+)[ \t]*")
_HALF_FENCE = re.compile(r"[ \t]*(?:`{1,2}|~{1,2})")
_HALF_DELIMITER_ROW = re.compile(r"[ \t]*\|?[-:| \t]*")
_LAST_MARK = re.compile(r"(?<![\\*_~])[*_~]+\Z")
_PIECE = re.compile(
    r"""
    (?P<ticks>`+)(?!`).*?(?<!`)(?P=ticks)(?!`) | \$\$.*?\$\$ | \$(?=[^\s\d$]).*?\$ | \\\(.*?\\\) | \\\[.*?\\\]
    | (?P<begun> `+ | \$\$ | \$(?=[^\s\d$]) | \\[(\[] )    # code or a formula without its end
    | \\.
    | !?\[[^\[\]]*\]\([^)]*\) | !?\[(?P<label>[^\[\]]*)\]\([^)]*\Z
    | (?P<run> \*+ | _+ | ~~ )
    """,
    re.DOTALL | re.VERBOSE,
)
"""Complete code, formulas and links match first, so that no mark inside them counts."""

LONGEST_CODE = 50_000
"""Characters; longer code stays plain, for a lexer may need more than linear time."""

_CODE = re.compile(r'(<pre><code class="language-([^"]+)">)([^<]*)(?=</code></pre>)')
_TAGS = {Comment: "i", Keyword: "b", Operator.Word: "b"}


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


def heal(text: str) -> str:
    """Return ``text`` with its unfinished end closed or left out. Linear in its length.

    ``**bold te`` is shown bold, ``[text](https://exa`` as its text, a half-written code span as code. Else about one
    frame in ten would show raw marks. Healed text is never frozen, stored or sent: a wrong guess is gone with the next
    frame.
    """
    if any(found["open"] is not None for found in _FENCE.finditer(text)):
        return text
    text = without_half_line(text)
    start = max((found.end() for found in _PARAGRAPH_START.finditer(text)), default=0)
    header, _, second = text[start:].partition("\n")
    bars = header.count("|") if header.lstrip().startswith("|") else 0
    if second.count("|") < bars and _HALF_DELIMITER_ROW.fullmatch(second):
        return text[:start]  # a table without its second row would show as a paragraph of bars
    return text[:start] + closed(text[start:])


def without_half_line(text: str) -> str:
    """Leave out a last line that may still turn into something else: a heading's underline, a fence."""
    start = text.rfind("\n") + 1
    last = text[start:]
    before = text[text.rfind("\n", 0, max(start - 1, 0)) + 1 : start]
    if _HALF_FENCE.fullmatch(last) or (before.strip() and _UNDERLINE.fullmatch(last)):
        return text[:start]
    return text


def closed(text: str) -> str:
    """Close what is open in one paragraph's text."""
    last = _LAST_MARK.search(text)  # one that closes something is written again below
    shown = text[: last.start()].rstrip() if last else text
    opened: list[str] = []
    for found in _PIECE.finditer(shown):
        start, mark, label = found.start(), found["begun"], found["label"]
        rest = shown[found.end() :] if mark else ""
        if (mark and not rest.strip(" ")) or (label is not None and shown[start] == "!"):
            return closed(shown[:start])  # nothing in it yet; a half-written image
        if mark:
            opened += [{"\\(": "\\)", "\\[": "\\]"}.get(mark, mark)] if rest.strip() else []
            break
        if label is not None:
            shown = shown[:start] + label
            break
        if found["run"]:
            _pair(shown, found, opened)
    return shown.rstrip() + "".join(reversed(opened)) if opened else shown


def _pair(text: str, run: re.Match[str], opened: list[str]) -> None:
    """Let a run of marks close what is open, and open what it may."""
    mark, length = run[0][0], len(run[0])
    before, after = text[run.start() - 1 : run.start()], text[run.end() : run.end() + 1]
    if mark == "_" and before.isalnum() and after.isalnum():  # inside a word
        return
    if before and not before.isspace():
        while length and opened and opened[-1] == mark:
            opened.pop()
            length -= 1
    if not after.isspace() and (after or not before or before.isspace()):
        opened += mark * length


def highlight(html: str) -> str:
    """Return HTML from `html.sanitise` with its code marked: keywords in bold, comments in italics.

    Tags survive the sanitisers of GitHub and JupyterLab, need no theme, can be read on any background, and cost a tenth
    of the bytes of colours, which each stored answer would carry. Code is read from escaped text and escaped again; a
    language that Pygments doesn't know, or code that it can't give back letter for letter, stays as it was.
    """
    return _CODE.sub(_marked, html) if "<pre><code class=" in html else html


def _marked(block: re.Match[str]) -> str:
    lexer = _lexer(block[2])
    code = entities.unescape(block[3])
    if lexer is None or len(code) > LONGEST_CODE:
        return block[0]
    runs = groupby(lexer.get_tokens(code), lambda token: _tag(token[0]))
    pieces = [(tag, "".join(text for _, text in run)) for tag, run in runs]
    if "".join(text for _, text in pieces) != code:
        return block[0]
    escaped = [(tag, entities.escape(text, quote=False)) for tag, text in pieces]
    return block[1] + "".join(f"<{tag}>{text}</{tag}>" if tag else text for tag, text in escaped)


@lru_cache(maxsize=128)
def _lexer(language: str) -> Lexer | None:
    try:
        return get_lexer_by_name(entities.unescape(language), stripnl=False, ensurenl=False)
    except (ClassNotFound, ValueError):
        return None


@cache
def _tag(kind: _TokenType) -> str:
    return next((tag for marked, tag in _TAGS.items() if kind in marked), "")
