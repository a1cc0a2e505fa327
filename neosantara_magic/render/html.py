"""The gate every piece of HTML passes before it is shown or stored.

For: HTML from a model's text, of either engine, made harmless: an allow-list of tags and attributes, safe link
schemes only, no ids, names or classes of the model's choosing (they could shadow the page's own), no remote images.
Not for: Markdown that is stored as Markdown (``neutral.py``), nor for colours (``highlight.py`` adds them after).

Remote images become links unless the user allows them: fetching one tells its server whatever the model put in the
address, and that is how text leaks out of a notebook.
"""

from __future__ import annotations

import html as entities
import re
from functools import cache
from typing import Final

import nh3

# A paragraph of names reads better than fifty quoted ones.
_TAGS: Final = frozenset(
    "a abbr b blockquote br caption code dd del details div dl dt em h1 h2 h3 h4 h5 h6 hr i img input ins kbd li mark "  # noqa: SIM905
    "ol p pre q s samp small span strong sub summary sup table tbody td tfoot th thead tr ul var".split()
)
# The text inside these is no text for a reader.
_DROPPED_WHOLE: Final = frozenset(
    {"embed", "iframe", "noembed", "noframes", "noscript", "object", "script", "style", "template", "title"}
)
_ATTRIBUTES: Final = {
    "a": {"href", "title"},
    "abbr": {"title"},
    "code": {"class"},
    "details": {"open"},
    "img": {"src", "alt", "title", "width", "height"},
    "input": {"type", "checked"},
    "li": {"value"},
    "ol": {"start"},
    "td": {"align", "colspan", "rowspan"},
    "th": {"align", "colspan", "rowspan"},
}
# Both engines' spelling of a table column's alignment; no other style is let through.
_ALIGNMENTS: Final = {
    f"text-align:{gap}{side}{end}" for gap in ("", " ") for side in ("left", "center", "right") for end in ("", ";")
}
_VALUES: Final = {"td": {"style": _ALIGNMENTS}, "th": {"style": _ALIGNMENTS}}
_FORCED: Final = {"a": {"target": "_blank"}}
_REL: Final = "noopener noreferrer nofollow"

SCHEMES: Final = frozenset({"http", "https", "mailto", "tel"})
"""Schemes a link may have. An image may also be ``data:`` with one of the raster types."""

DATA_IMAGE: Final = re.compile(r"\s*data:image/(?:png|jpeg|gif|webp)[;,]", re.IGNORECASE)
_LANGUAGE: Final = re.compile(r"language-[^\s\"'<>&]{1,60}")
# One whole start tag as nh3 writes it: every value quoted, no raw quote inside. Matching whole tags from the left
# is what keeps a match from beginning inside a value.
_TAG: Final = re.compile(r'<(/?[a-z][a-z0-9]*)((?: [a-z][a-z-]*="[^"]*")*)>')
_ATTRIBUTE: Final = re.compile(r' ([a-z][a-z-]*)="([^"]*)"')


def sanitise(html: str, *, remote_images: bool = False) -> str:
    """Return ``html`` with everything dangerous taken out.

    Args:
        html: Any HTML, hostile or broken.
        remote_images: Keep images that are fetched from elsewhere; otherwise each becomes a link.
    """
    clean: str = _cleaner().clean(html)
    if "<input" in clean:
        clean = _TAG.sub(_checkbox, clean)
    if "<img" in clean and not remote_images:
        clean = _images_to_links(clean)
    return clean


@cache
def _cleaner() -> nh3.Cleaner:
    # Built once: the rules are the same for every piece, and building them costs more than a small piece does.
    return nh3.Cleaner(
        tags=set(_TAGS),
        clean_content_tags=set(_DROPPED_WHOLE),
        attributes=_ATTRIBUTES,
        attribute_filter=_kept_value,
        tag_attribute_values=_VALUES,
        set_tag_attribute_values=_FORCED,
        url_schemes={*SCHEMES, "data"},
        link_rel=_REL,
    )


def _kept_value(tag: str, attribute: str, value: str) -> str | None:
    if value.startswith(("https://", "http://")):
        return value
    if attribute == "class":
        language = _LANGUAGE.search(value) if tag == "code" else None
        return language[0] if language else None
    if attribute == "href" and not safe_address(value):
        return None
    if attribute == "src" and scheme(value) not in {"http", "https", ""} and not DATA_IMAGE.match(value):
        return None
    return value


def scheme(address: str) -> str:
    """Return an address's scheme, in lower case, as a browser reads it: control characters and spaces do not count.

    Empty when there is none: a relative address.
    """
    visible = "".join(character for character in address[:200] if character > " ")
    found = re.match(r"([A-Za-z][A-Za-z0-9+.-]*):", visible)
    return found[1].lower() if found else ""


def _checkbox(tag: re.Match[str]) -> str:
    """Make every input a checkbox that shows and does nothing (nh3 would write forced attributes in random order)."""
    if tag[1] != "input":
        return tag[0]
    checked = ' checked=""' if " checked=" in tag[2] else ""
    return f'<input type="checkbox"{checked} disabled="">'


def safe_address(address: str) -> bool:
    """Tell whether a link may point there: an allowed scheme, or none at all."""
    return scheme(address) in {*SCHEMES, ""}


def _images_to_links(clean: str) -> str:
    """Replace each remote image by a link to it, or by its text where it stands inside a link."""
    inside = False

    def replaced(tag: re.Match[str]) -> str:
        nonlocal inside
        if tag[1] in {"a", "/a"}:
            inside = tag[1] == "a"
        if tag[1] != "img":
            return tag[0]
        attributes: dict[str, str] = dict(_ATTRIBUTE.findall(tag[2]))
        source = attributes.get("src", "")
        if DATA_IMAGE.match(entities.unescape(source)):
            return tag[0]
        label = attributes.get("alt", "").strip() or source
        label = label.replace("<", "&lt;").replace(">", "&gt;")
        if inside or not source:
            return label
        return f'<a href="{source}" target="_blank" rel="{_REL}">{label}</a>'

    return _TAG.sub(replaced, clean)
