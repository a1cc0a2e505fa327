"""The gate every piece of HTML passes before it is shown or stored. ``allowed.py`` lists what stays.

Remote images become links unless the user allows them: fetching one tells its server whatever the model put in the
address, and that is how text leaks out of a notebook.
"""

from __future__ import annotations

import html as entities
import re
from functools import cache
from typing import Final

import nh3

from . import allowed

_FORCED: Final = {"a": {"target": "_blank"}}
_REL: Final = "noreferrer"  # it implies noopener
_CHECKED: Final = ' checked=""'
_DRAWING: Final = "data:image/svg+xml;base64,"
_FOR_MATHJAX: Final = re.compile(r"[$\\]")
# One whole start tag as nh3 writes it: every value quoted, no raw quote inside. Matching whole tags from the left
# is what keeps a match from beginning inside a value.
_TAG: Final = re.compile(r'<(/?[a-z][a-z0-9]*)((?: [a-z][a-z-]*="[^"]*")*)>')
_ATTRIBUTE: Final = re.compile(r' ([a-z][a-z-]*)="([^"]*)"')
_QUOTES: Final = (f'target="_blank" rel="{_REL}">', f"target=_blank rel={_REL}>")
# JupyterLab aligns cells to the right, and its style wins over this short attribute: only "right" can be said by it.
_RIGHT: Final = re.compile('(?<=<t[dh]) (?:style="text-align: ?right;?"|align="right")')
# A dollar alone between two tags begins no formula. MathJax reads on behind a line break.
_ALONE: Final = re.compile(r"(?<!<br)(>[^<$\\]*)<span>\$</span>([^<$\\]*)(?=<(?!br>))")
_LANGUAGE: Final = re.compile('<code class="language-[^"]*">')
_PRE: Final = re.compile("(</?pre>)")
_BLOCK: Final = "</?(?:blockquote|caption|d[dlt]|details|div|h[1-6r]|li|ol|p|summary|t(?:able|body|[dhr]|foot|head)|ul)"
_NO_SPACE: Final = re.compile(rf"(?<!\n)\n+(?={_BLOCK}[ >]|\Z)|(\A|{_BLOCK}(?: [^<>]*)?>)\n+")
# Left out only where the next tag alone says so. An end of a `p` stays: nbconvert's parser (Beautiful Soup on Python's)
# knows of no implied end and writes it behind its parent's other children, where a browser makes a second `p` of it.
_OPTIONAL: Final = re.compile(
    r"</li>(?=<li[ >]|</[ou]l>)|</t([dh])>(?=<t\1[ >]|</tr>)"
    "|</tr>(?=<tr>|</t(?:able|head)>|</tbody></table>)|<tbody>(?=<tr>)|</tbody>(?=</table>)"
)


def sanitise(html: str, *, remote_images: bool = False) -> str:
    """Return any HTML, hostile or broken, with everything dangerous taken out.

    With ``remote_images``, images that are fetched from elsewhere stay; otherwise each becomes a link.
    """
    clean: str = _cleaner(ours=False).clean(html)
    if "<input" in clean:
        clean = _TAG.sub(_checkbox, clean)
    if "<img" in clean and not remote_images:
        clean = _images_to_links(clean)
    return _without_signs(clean)


def finished(html: str) -> str:
    """Return the HTML of a whole display, our own markup kept: the last gate before it is shown or stored.

    Its pieces went through `sanitise` or `text_html`; they stand in the tags, classes and styles of this package.
    """
    clean: str = _cleaner(ours=True).clean(html)
    return _TAG.sub(_checkbox, clean) if "<input" in clean else clean


def lean(html: str) -> str:
    """Return HTML from `finished` as a notebook keeps it, without what has no effect, or as it is.

    That is newlines between blocks, the language of code, tags of a lone dollar, tags and quotes that parsers imply.
    """
    pieces, depth = _PRE.split(html), 0
    for at, piece in enumerate(pieces):
        depth += {"<pre>": 1, "</pre>": -1}.get(piece, 0)
        if not depth:
            pieces[at] = _NO_SPACE.sub(r"\1", piece)
    tight = _RIGHT.sub(' align="right"', _ALONE.sub(r"\1$\2", _LANGUAGE.sub("<code>", "".join(pieces))))
    short = _RIGHT.sub(" align=right", _OPTIONAL.sub("", tight)).replace(*_QUOTES)
    # The sanitiser parses as browsers do: where it finds the same, they show the same.
    return short if finished(short) == tight else html


def kept(html: str) -> str:
    """Return what may stay of the HTML of a whole display that a file holds, whoever made it."""
    return _without_signs(_images_to_links(finished(html)))


def text_html(text: str) -> str:
    """Return text as HTML that shows just that: no markup, and nothing that MathJax takes for a formula.

    MathJax looks for formulas in text that no tag interrupts, so a dollar or a backslash alone in a span begins none.
    """
    return _FOR_MATHJAX.sub(r"<span>\g<0></span>", entities.escape(allowed.BIDI.sub("", text), quote=False))


@cache
def _cleaner(*, ours: bool) -> nh3.Cleaner:
    # Built once: the rules are the same for every piece, and building them costs more than a small piece does.
    return nh3.Cleaner(
        tags=set(allowed.TAGS),
        clean_content_tags=set(allowed.DROPPED_WHOLE),
        attributes={**allowed.ATTRIBUTES, **allowed.OWN_ATTRIBUTES} if ours else allowed.ATTRIBUTES,
        attribute_filter=_kept_own_value if ours else _kept_value,
        tag_attribute_values={"td": {"style": allowed.ALIGNMENTS}, "th": {"style": allowed.ALIGNMENTS}},
        set_tag_attribute_values=_FORCED,
        url_schemes={*allowed.SCHEMES, "data"},
        link_rel=_REL,
    )


def _kept_own_value(tag: str, attribute: str, value: str) -> str | None:
    if attribute == "class" and allowed.OWN_CLASS.fullmatch(value):
        return value
    if attribute == "style":
        return value if value == allowed.GRID or value in allowed.ALIGNMENTS else None
    # A drawing of a function's is inert in an image: there it runs no script and loads nothing.
    if attribute == "src" and value.startswith(_DRAWING):
        return value
    return _kept_value(tag, attribute, value)


def _kept_value(tag: str, attribute: str, value: str) -> str | None:
    if value.startswith(("https://", "http://")):
        return value
    if attribute == "class":
        language = value.partition("language-")[2].lower()
        return f"language-{language}" if tag == "code" and language in allowed.LANGUAGES else None
    if attribute == "href" and scheme(value) not in {*allowed.SCHEMES, ""}:
        return None
    if attribute == "src" and scheme(value) not in {"http", "https", ""} and not allowed.DATA_IMAGE.match(value):
        return None
    return value


def scheme(address: str) -> str:
    """Return an address's scheme, in lower case, as a browser reads it: control characters and spaces do not count.

    Empty when there is none: a relative address.
    """
    visible = "".join(character for character in address[:200] if character > " ")
    found = re.match(r"([A-Za-z][A-Za-z0-9+.-]*):", visible)
    return found[1].lower() if found else ""


def checkbox(checked: bool) -> str:
    """Return a checkbox that shows and does nothing."""
    return f'<input type="checkbox"{_CHECKED * checked} disabled="">'


def _checkbox(tag: re.Match[str]) -> str:
    """Make every input such a checkbox (nh3 would write forced attributes in random order)."""
    return checkbox(" checked=" in tag[2]) if tag[1] == "input" else tag[0]


def _without_signs(clean: str) -> str:
    return allowed.BIDI.sub("", _without_far_tex(clean) if allowed.TEX.search(clean) else clean)


def _without_far_tex(clean: str) -> str:
    """Break the TeX commands that are not allowed, except in code, which MathJax does not read."""
    pieces: list[str] = []
    at = depth = 0
    for tag in _TAG.finditer(clean):
        text = clean[at : tag.start()]
        pieces += (text if depth else allowed.TEX.sub(r"\\ ", text), tag[0])
        at = tag.end()
        depth += {"pre": 1, "code": 1, "/pre": -1, "/code": -1}.get(tag[1], 0)
    return "".join((*pieces, allowed.TEX.sub(r"\\ ", clean[at:])))


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
        if source.startswith(_DRAWING) or allowed.DATA_IMAGE.match(entities.unescape(source)):
            return tag[0]
        label = attributes.get("alt", "").strip() or source
        label = text_html(entities.unescape(label))
        if inside or not source:
            return label
        return f'<a href="{source}" target="_blank" rel="{_REL}">{label}</a>'

    return _TAG.sub(replaced, clean)
