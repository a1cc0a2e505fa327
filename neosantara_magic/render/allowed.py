r"""What may stand in an answer, and why: the one list behind the gate for HTML and the rule for Markdown.

``html.py`` and ``neutral.py`` apply it. What is not on a list here falls.
"""

from __future__ import annotations

import re
from typing import Final

TAGS: Final = frozenset(
    (  # noqa: SIM905  (a paragraph of names reads better than fifty quoted ones)
        # What Markdown makes.
        "a blockquote br code del em h1 h2 h3 h4 h5 h6 hr img input li ol p pre s strong table tbody td th thead tr ul "
        # What models write as raw HTML (read by Python-Markdown only) and functions display: text, and nothing else.
        "abbr b caption dd details div dl dt i ins kbd mark q samp small span sub summary sup tfoot u var"
    ).split()
)
# Not on it, on purpose: script, style, link, meta, base, iframe, object, embed, form, button, select, textarea, video,
# audio, svg, math, template: they run, fetch, ask for input, or parse what they hold by other rules.

DROPPED_WHOLE: Final = frozenset(
    {"embed", "iframe", "noembed", "noframes", "noscript", "object", "script", "style", "template", "title"}
)
"""The text inside these is no text for a reader."""

ATTRIBUTES: Final = {
    "a": {"href", "title"},
    "abbr": {"title"},
    "code": {"class"},  # a language of the list below
    "details": {"open"},
    "img": {"src", "alt", "title", "width", "height"},
    "input": {"type", "checked"},  # made a checkbox that does nothing
    "li": {"value"},
    "ol": {"start"},
    "td": {"align", "colspan", "rowspan"},
    "th": {"align", "colspan", "rowspan"},
}
# No id and no name: they would shadow the page's own variables. No on…, no style but the one below. No target and rel
# of a model's choosing: both are set for every link.

ALIGNMENTS: Final = {
    f"text-align:{gap}{side}{end}" for gap in ("", " ") for side in ("left", "center", "right") for end in ("", ";")
}
"""The one style: a table column's alignment, in both engines' spelling."""

OWN_ATTRIBUTES: Final = {
    "div": {"class", "style"},
    "input": {"type", "checked", "disabled"},
    "span": {"aria-hidden"},
}
"""What our own markup has besides: signs of cards, conversations, columns. Never a model's."""

OWN_CLASS: Final = re.compile(r"neosantara-[a-z0-9-]+(?: neosantara-[a-z0-9-]+)*")

GRID: Final = "display: grid; grid-template-columns: repeat(auto-fit, minmax(min(16em, 100%), 1fr)); gap: 1em"
"""Answers side by side."""

SCHEMES: Final = frozenset({"http", "https", "mailto"})
"""Schemes of links. A relative address has none and is allowed."""

DATA_IMAGE: Final = re.compile(r"\s*data:image/(?:png|jpeg|gif|webp)[;,]", re.IGNORECASE)
"""Raster images in the text itself load nothing and hold no script."""

INLINE_IMAGE: Final = re.compile(r"data:image/(?:png|jpeg|gif|webp);base64,[A-Za-z0-9+/=]+")
"""One that is whole, as we write it."""

LANGUAGES: Final = frozenset(
    "bash c c++ cpp cs csharp css csv diff dockerfile go html ini java javascript js json jsonl jsx julia kotlin latex "  # noqa: SIM905
    "lua makefile markdown matlab md php plaintext powershell py pycon python python3 r ruby rust scala sh shell sql "
    "swift tex text toml ts tsx txt typescript xml yaml yml zsh".split()
)
"""Words after a fence. Front ends run other ones: they draw mermaid, vega and geojson, and insert ``{=html}``."""

BIDI: Final = re.compile(
    "[\u202a-\u202e\u2066-\u2069]|&#(?:x0*(?:202[a-e]|206[6-9])|0*(?:823[4-8]|829[4-7]));?", re.IGNORECASE
)
"""Signs that turn the direction of what follows: text that reads otherwise than it is."""

TEX: Final = re.compile(
    r"\\(?=(?:bbox|class|cssId|data|href|html[A-Z][a-z]+|includegraphics|mmlToken|style|url)\s*[{\[%]"
    r"|(?:[egx]?def|let|(?:new|renew|provide)(?:command|environment)|Newextarrow|DeclareMathOperator|definecolor"
    r"|DeclarePairedDelimiters?[A-Z]*|require|mathtip|texttip|toggle)\*?\s*[{\\%])"
)
"""TeX commands that reach out of their formula: the first make links, styles and attributes, the others change what
later formulas of the page mean. A space after the backslash makes a word of each."""
