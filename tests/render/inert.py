"""Whether Markdown can do anything, asked of a rule on its characters and of parsers none of us wrote.

For: every test of something that is stored as ``text/markdown``. JupyterLab's own parser is asked by the browser tests
and by ``scripts/fuzz render``.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import markdown as python_markdown
import mistune
from markdown_it import MarkdownIt
from nbconvert.filters.markdown_mistune import markdown2html_mistune

from render.test_html import faults

if TYPE_CHECKING:
    from markdown_it.token import Token

_FENCE = re.compile(r"^(`{3,}|~{3,})[^\n]*\n(?:.*?\n)??\1[ \t]*$", re.MULTILINE | re.DOTALL)
_RUN_BY_OTHERS = re.compile(r"mermaid|vega|[{}<>\"'&=]")
_BROKEN = {
    "a tag": re.compile(r"<[A-Za-z/!?]"),
    "an image": re.compile(r"!\[(?![^\]]*\]\(data:image/(?:png|jpeg|gif|webp);)"),
    "a scheme": re.compile(r"\](?:\(|:\s*)\s*<?(?!https?:|mailto:|data:image)[a-z][a-z0-9+.-]*:", re.IGNORECASE),
    "an autolink": re.compile(r"(?<!http)(?<!https)://", re.IGNORECASE),
    "a header for Pandoc": re.compile(r"(?:\A|\n\n)---\n"),
    "TeX": re.compile(r"\\(?:href|def|style)[{\\]"),
    "bidi": re.compile("[\u202a-\u202e\u2066-\u2069]"),
}
_COMMONMARK = MarkdownIt("commonmark", {"html": True}).enable(["table", "strikethrough"])
_COMMONMARK.validateLink = lambda _url: True  # type: ignore[method-assign]
_PARSERS = {
    "CommonMark": _COMMONMARK.render,
    "mistune": mistune.create_markdown(escape=False, plugins=["table", "url", "strikethrough", "math", "footnotes"]),
    "nbconvert": markdown2html_mistune,
    "Python-Markdown": lambda text: python_markdown.markdown(text, extensions=["extra"]),
}


def live(markdown: str) -> list[str]:
    """Return what the rule, or a parser that lets everything through, finds in Markdown that should be harmless."""
    outside = _FENCE.sub("", markdown)
    found = [name for name, broken in _BROKEN.items() if broken.search(outside)]
    found += [f"fence {one.info!r}" for one in _COMMONMARK.parse(markdown) if _named(one)]
    for name, render in _PARSERS.items():
        # A parser's own classes and ids, of formulas and footnotes, are no fault of the text.
        found += [f"{name}: {one}" for one in faults(str(render(markdown))) if not re.match(r"\w+ (class|id)=", one)]
    return found


def _named(token: Token) -> bool:
    return token.type == "fence" and _RUN_BY_OTHERS.search(token.info) is not None
