r"""What we add to CommonMark: math, bare links, task lists.

Every rule decides from its own line or its own paragraph, never from what comes later in the document, so a block that
is closed stays as it is (``blocks.py`` builds on that). Math leaves here as escaped text between its delimiters.

Math is ``$…$``, ``$$…$$``, ``\(…\)``, ``\[…\]`` and ``\begin{x}…\end{x}``. A single ``$`` opens math as in
Pandoc: no space after it, no space before the next one, and no digit after that, so "$5 and $10" stays money.
"""

from __future__ import annotations

import re
from bisect import bisect_left
from collections.abc import Sequence
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from markdown_it.common.utils import escapeHtml
from markdown_it.token import Token

from .allowed import TEX
from .html import checkbox, text_html

if TYPE_CHECKING:
    from markdown_it import MarkdownIt
    from markdown_it.rules_block import StateBlock
    from markdown_it.rules_core import StateCore
    from markdown_it.rules_inline import StateInline
    from markdown_it.utils import EnvType, OptionsDict

LONGEST = 30_000
"""Characters of a paragraph, heading or cell. Nobody writes longer ones, and some rules look back for each sign."""

_CLOSERS = {"$$": "$$", "\\(": "\\)", "\\[": "\\]"}
_ENVIRONMENT = re.compile(r"\\begin\{([A-Za-z]{1,20}\*?)\}")
_DISPLAY_START = re.compile(r"\$\$|\\\[|\\begin\{([A-Za-z]{1,20}\*?)\}")
_URL = re.compile(r"https?://[^\s<>\"'`|\\^{}\[\]]+", re.IGNORECASE)
_ESCAPE_OR_DOLLAR = re.compile(r"\\.|\$", re.DOTALL)
_WORD = re.compile(r"\s[^\W\d_]{2,}")
_TEX_SIGN = re.compile(r"[\\^_={}]")
_TASK = re.compile(r"\[([ xX])\][ \t\n]")
_BRACKET = re.compile(r"[\[\]]")
_DEEP = 8
_OPEN = re.compile(r"`|\]\(|\$\$|\$(?=[^\s$])[^$]*\Z|\\[(\[]|\\begin\{")
"""Text that may begin code, a link's address or a formula whose end has not come."""


def install(md: MarkdownIt) -> None:
    """Add the rules to a parser."""
    md.block.ruler.before(
        "fence", "display_math", _display_math, {"alt": ["paragraph", "reference", "blockquote", "list"]}
    )
    md.inline.ruler.before("escape", "math", _math)
    md.inline.ruler.before("newline", "bare_link", _bare_link)
    md.core.ruler.at("inline", _inline)
    md.core.ruler.push("task_list", _task_list)
    md.add_render_rule("text", _text)
    md.add_render_rule("math", _math_text)


def _inline(state: StateCore) -> None:
    """Read what stands in each block, except in one so long that its brackets would take seconds: it is plain text."""
    for token in state.tokens:
        if token.type != "inline":
            continue
        token.children = token.children or []
        if len(token.content) > LONGEST:
            token.children.append(Token("text", "", 0, content=token.content))
        else:
            state.md.inline.parse(token.content, state.md, state.env, token.children)


def open_sign(state: StateInline, before_dollar: bool) -> str:
    """Return the sign of something in a text that was read that may pair with what comes after its last space.

    Empty where nothing may. An address needs no look: it holds no space. A dollar is decided by the next one, which
    may come right after the text.
    """
    for mark in state.delimiters:
        if mark.open and mark.end < 0:
            return chr(mark.marker)
    text = "".join(map(_literal, state.tokens)) + ("$" if before_dollar else "")
    if found := _OPEN.search(text):
        return found[0][0].replace("]", "[")
    depth = deepest = 0
    for bracket in _BRACKET.findall(text):
        depth = max(0, depth + (1 if bracket == "[" else -1))
        deepest = max(deepest, depth)
    return "[" if depth or deepest > _DEEP else ""


def _literal(token: Token) -> str:
    if token.type == "math":
        return "$ " if token.content.startswith("$") else "\0"
    if token.type == "text_special":
        # `\(` opens a formula; any other escape is done with.
        return token.markup if token.content == token.markup or token.content in "([" else "\0"
    return token.content if token.type == "text" else "\0"


def _display_math(state: StateBlock, start_line: int, end_line: int, silent: bool) -> bool:
    """Keep the lines of a display formula in one paragraph, though one may begin with ``=``, ``-`` or ``#``.

    The formula ends with its closer or at a blank line, whichever comes first, like MathJax's own search in Jupyter.
    """
    if state.is_code_block(start_line):
        return False
    begin = state.bMarks[start_line] + state.tShift[start_line]
    first = state.src[begin : state.eMarks[start_line]]
    opener = _DISPLAY_START.match(first)
    if opener is None:
        return False
    closer = rf"\end{{{opener[1]}}}" if opener[1] else _CLOSERS[opener[0]]
    if closer in first[opener.end() :]:
        return False  # closed on its own line: an ordinary paragraph does it
    if silent:
        return True
    line = start_line + 1
    while line < end_line and not state.isEmpty(line) and state.sCount[line] >= state.blkIndent:
        text = state.src[state.bMarks[line] + state.tShift[line] : state.eMarks[line]]
        line += 1
        if closer in text:
            break
    state.line = line
    opening = state.push("paragraph_open", "p", 1)
    opening.map = [start_line, line]
    inline = state.push("inline", "", 0)
    inline.map = [start_line, line]
    inline.content = state.getLines(start_line, line, state.blkIndent, keepLastLF=False).strip()
    inline.children = []
    state.push("paragraph_close", "p", -1)
    return True


def _math(state: StateInline, silent: bool) -> bool:
    """Take a formula whole, so that no Markdown is read inside it."""
    end = _math_end(state, state.pos)
    if end < 0:
        return False
    if not silent:
        token = state.push("math", "", 0)
        token.content = state.src[state.pos : end]
    state.pos = end
    return True


def _math_end(state: StateInline, pos: int) -> int:
    source = state.src
    if source[pos] == "$":
        if source.startswith("$$", pos):
            return _find_closer(state, "$$", pos + 2)
        return _dollar_end(state, pos)
    if source[pos] != "\\":
        return -1
    opener = source[pos : pos + 2]
    if opener in ("\\(", "\\["):
        return _find_closer(state, _CLOSERS[opener], pos + 2)
    environment = _ENVIRONMENT.match(source, pos)
    return _find_closer(state, rf"\end{{{environment[1]}}}", environment.end()) if environment else -1


def _find_closer(state: StateInline, closer: str, start: int) -> int:
    at = _next(state.src, closer, start)
    return at + len(closer) if start < at < state.posMax else -1


def _dollar_end(state: StateInline, pos: int) -> int:
    source, limit = state.src, state.posMax
    if pos + 2 >= limit or source[pos + 1].isspace() or source[pos - 1 : pos] == "$":
        return -1
    end = _next(source, "$", pos + 1)
    if end < 0 or end >= limit or source[end - 1].isspace() or "`" in source[pos:end]:
        return -1
    if source[end + 1 : end + 2].isdigit() or _is_money(source[pos + 1 : end]):
        return -1
    return end + 1


def _is_money(text: str) -> bool:
    """Tell whether what stands between two dollars is an amount with words after it: "$20-$30 for two, or 20$"."""
    return text[0].isdigit() and _WORD.search(text) is not None and _TEX_SIGN.search(text) is None


# A paragraph with ten thousand openers asks ten thousand times where the next closer is. Looked up once for the
# paragraph, that stays linear; a few entries are enough, because questions about one paragraph come together.
@lru_cache(maxsize=16)
def _positions(source: str, closer: str) -> list[int]:
    signs = _ESCAPE_OR_DOLLAR.finditer(source) if closer == "$" else re.finditer(re.escape(closer), source)
    return [found.start() for found in signs if found[0] == closer]


def _next(source: str, closer: str, start: int) -> int:
    positions = _positions(source, closer)
    at = bisect_left(positions, start)
    return positions[at] if at < len(positions) else -1


def _bare_link(state: StateInline, silent: bool) -> bool:
    """Make a bare http(s) address a link, as GitHub and JupyterLab do."""
    source, pos = state.src, state.pos
    if source[pos] != ":" or state.linkLevel > 0 or not source.startswith("://", pos):
        return False
    start = pos - 5 if source[max(pos - 5, 0) : pos].lower() == "https" else pos - 4
    found = _URL.match(source, start, state.posMax) if start >= 0 else None
    if found is None or (start and (source[start - 1].isalnum() or source[start - 1] == "_")):
        return False
    address = _without_trailing_marks(found[0])
    href = state.md.normalizeLink(address)
    if start + len(address) <= pos + 3 or not state.md.validateLink(href):
        return False
    if not silent:
        scheme = source[start:pos]
        if not state.pending.endswith(scheme):
            return False
        state.pending = state.pending[: -len(scheme)]
        state.push("link_open", "a", 1).attrs = {"href": href}
        state.push("text", "", 0).content = address
        state.push("link_close", "a", -1)
    state.pos = start + len(address)
    return True


def _without_trailing_marks(address: str) -> str:
    """Leave out what belongs to the sentence: closing punctuation, and a parenthesis that was opened outside."""
    surplus = address.count(")") - address.count("(")
    end = len(address)
    while end:
        last = address[end - 1]
        if last == ")" and surplus > 0:
            surplus -= 1
        elif last not in "?!.,:;*_~$":
            break
        end -= 1
    return address[:end]


def _task_list(state: StateCore) -> None:
    """Turn ``[ ]`` and ``[x]`` at the start of a list item into a box."""
    tokens = state.tokens
    for at in range(2, len(tokens)):
        inline = tokens[at]
        if inline.type != "inline" or tokens[at - 2].type != "list_item_open" or not inline.children:
            continue
        first = inline.children[0]
        box = _TASK.match(inline.content)
        if box and first.type == "text" and first.content.startswith(f"[{box[1]}]"):
            first.content = first.content[3:]
            inline.children.insert(0, Token("html_inline", "", 0, content=checkbox(box[1] != " ")))


def _text(_renderer: Any, tokens: Sequence[Token], at: int, _options: OptionsDict, _env: EnvType) -> str:
    return text_html(tokens[at].content)


def _math_text(_renderer: Any, tokens: Sequence[Token], at: int, _options: OptionsDict, _env: EnvType) -> str:
    return escapeHtml(TEX.sub(r"\\ ", tokens[at].content))
