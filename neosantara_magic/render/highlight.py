"""Colours for code, after sanitising.

For: ``<pre><code class="language-x">`` blocks of clean HTML: Pygments' tokens as spans whose colours are the theme's
own variables, so light, dark and high contrast follow the page.
Not for: making anything safe. Code is read from escaped text and escaped again; a language Pygments doesn't know, or
code it can't give back letter for letter, stays as it was. Where a sanitiser takes the styles away, plain code stays.
"""

from __future__ import annotations

import html as entities
import re
from functools import lru_cache
from typing import TYPE_CHECKING

from pygments.lexers import get_lexer_by_name
from pygments.token import Comment, Keyword, Name, Number, Operator, String, Token
from pygments.util import ClassNotFound

if TYPE_CHECKING:
    from pygments.lexer import Lexer
    from pygments.token import _TokenType

LONGEST = 50_000
"""Characters; longer code stays plain, for a lexer may need more than linear time."""

_CODE = re.compile(r'(<pre><code class="language-([^"]+)">)([^<]*)(?=</code></pre>)')
# JupyterLab's variable, then VS Code's, then a colour that can be read on white and on black.
_COLOURS = {
    Comment: ("comment", "descriptionForeground", "#6a8759"),
    Keyword: ("keyword", "symbolIcon-keywordForeground", "#2e8b57"),
    Keyword.Constant: ("atom", "symbolIcon-constantForeground", "#8a6fd1"),
    Name.Builtin: ("builtin", "symbolIcon-functionForeground", "#2e8b8b"),
    Name.Class: ("def", "symbolIcon-classForeground", "#4078f2"),
    Name.Function: ("def", "symbolIcon-functionForeground", "#4078f2"),
    Name.Decorator: ("meta", "symbolIcon-methodForeground", "#a06ad0"),
    Name.Tag: ("tag", "symbolIcon-classForeground", "#2e8b57"),
    Name.Attribute: ("attribute", "symbolIcon-propertyForeground", "#4078f2"),
    Number: ("number", "symbolIcon-numberForeground", "#2e8b57"),
    Operator: ("operator", "symbolIcon-operatorForeground", "#a06ad0"),
    Operator.Word: ("keyword", "symbolIcon-keywordForeground", "#2e8b57"),
    String: ("string", "symbolIcon-stringForeground", "#c0504d"),
}
STYLES = {
    kind: f"color: var(--jp-mirror-editor-{lab}-color, var(--vscode-{code}, {plain}))"
    for kind, (lab, code, plain) in _COLOURS.items()
}


def highlight(html: str) -> str:
    """Return sanitised HTML with its code blocks coloured.

    Args:
        html: What ``html.sanitise`` returned.
    """
    return _CODE.sub(_coloured, html) if "<pre><code class=" in html else html


def _coloured(block: re.Match[str]) -> str:
    lexer = _lexer(block[2].removeprefix("language-"))
    code = entities.unescape(block[3])
    if lexer is None or len(code) > LONGEST:
        return block[0]
    spans: list[tuple[str, str]] = []
    for kind, text in lexer.get_tokens(code):
        style = _style(kind)
        if spans and (spans[-1][0] == style or not text.strip()):
            spans[-1] = (spans[-1][0], spans[-1][1] + text)
        else:
            spans.append((style, text))
    if "".join(text for _, text in spans) != code:
        return block[0]
    return block[1] + "".join(_span(style, text) for style, text in spans)


def _span(style: str, text: str) -> str:
    escaped = entities.escape(text, quote=False)
    return f'<span style="{style}">{escaped}</span>' if style else escaped


@lru_cache(maxsize=128)
def _lexer(language: str) -> Lexer | None:
    try:
        return get_lexer_by_name(entities.unescape(language), stripnl=False, ensurenl=False)
    except (ClassNotFound, ValueError):
        return None


@lru_cache(maxsize=512)
def _style(kind: _TokenType) -> str:
    while kind is not Token and kind is not None:
        if kind in STYLES:
            return STYLES[kind]
        kind = kind.parent
    return ""
