r"""Markdown that does nothing, whatever parser reads it.

For the ``text/markdown`` beside the HTML of an answer, for Quarto, PDF and diffs, and for pages that are saved.

Each step is a rule on characters and asks no parser: outside closed fences in the first column no ``<`` may begin a
tag, no ``![`` an image, no ``](`` or ``]:`` an address that is not plain, no word a scheme. Code spans and indented
code are text too, so there a sign may change its look. Applying it again changes nothing.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from .allowed import BIDI, INLINE_IMAGE, LANGUAGES, TEX

_FENCE = re.compile(r"(`{3,}|~{3,})(.*)")
_OTHER_FENCE = re.compile(r"^[ \t>*+\-\d.)\[xX\]]+(?:```|~~~)", re.MULTILINE)
# A formula that begins in the text and ends in a fence would swallow the fence's first line; its last line then
# opens a fence, which the first line of the next one closes, and so on to the end.
_MATH_BEGINS = re.compile(r"\$|\\[(\[]|\\begin")
_MATH_ENDS = re.compile(r"\$|\\[)\]]|\\end")
# `<` stays where no parser can make a tag of it: before a space, a digit, an operator. `{{<` is Quarto's, to include.
_TAG = re.compile(r"(?<!\\)(\\*)<(?![\s\d=<>&.,;:)+-]|\Z)|(?<=\{\{)()<")
_IMAGE = re.compile(r"!(?=\[)")
_HARMLESS_IMAGE, _ANY_IMAGE = (
    re.compile(rf"!\[[\w .,:-]*\]\((?:{address})\)")
    for address in (INLINE_IMAGE.pattern, rf"{INLINE_IMAGE.pattern}|https?://[^\s()<>\"'`\\!\[\]]+")
)
_TARGET = re.compile(r"\]([(:])")
_ADDRESS = re.compile(r"[\s>]*([^\s)]{0,200})")
_PLAIN_ADDRESS = re.compile(r"(?:(?:https?|mailto):|[^:&\\\]]*(?=[/?#]|\Z))[^\"'<>`\\\]]*", re.IGNORECASE)
_ENTITIES = {"(": "]&#40;", ":": "]&#58;"}
_SCHEME = re.compile(
    r"(?<!http)(?<!https):(?=//)"
    r"|(?<![a-z0-9+.-])(?:about|blob|data|file|javascript|livescript|sms|tel|vbscript|view-source|xmpp):(?=\S)",
    re.IGNORECASE,
)
# A fence may stand behind any number of list marks, and marked takes a task's box away before it looks for one.
_FENCE_WORD = re.compile(r"^((?:\[[xX]\]|\d{1,9}[.)]|[^\w\n`~])*(?:`{3,}(?=[^\n`]*$)|~{3,}))([^\n]*)$", re.MULTILINE)
_SIGNS = re.compile(r"[\\`*_<>|$~&#{]")
_PARAGRAPH = re.compile(r"(?:[^\n]+\n?)+")
_YAML = re.compile(r"(\A|\n[ \t]*\n)---(?=[ \t]*(?:\n|\Z))")
_BRACKETS = re.compile(r"(?<!\\)(?:\\\(((?:[^\\`\n]|\\[^()\[\]\n])+)\\\)|\\\[((?:[^\\`]|\\[^()\[\]])+)\\\])")


def neutralise(markdown: str, *, remote_images: bool = False) -> str:
    """Return any text as Markdown in which no parser finds HTML, a foreign scheme, a remote image or a diagram to run.

    With ``remote_images``, images from http and https addresses stay.
    """
    text = markdown.replace("\r\n", "\n").replace("\r", "\n").replace("\0", "\ufffd")
    parts = list(_parts(BIDI.sub("", text)))
    outside = "\n".join(part for part in parts if isinstance(part, str))
    # A fence that is not in the first column could be closed by the first line of one that is, unless that has a word.
    word = "text" if _OTHER_FENCE.search(outside) else ""
    codes = (part[2] for part in parts if not isinstance(part, str))
    swallows = _MATH_BEGINS.search(outside) is not None and any(map(_MATH_ENDS.search, codes))
    blocks: list[str] = []
    for part in parts:
        if isinstance(part, str):
            blocks.append(_prose(part.strip("\n"), remote_images=remote_images))
            continue
        mark, info, code = part
        if swallows:
            code = _prose(code, remote_images=False)
        blocks.append(f"{mark}{info or word}\n{code}{mark}")
    # Between blank lines no paragraph, table, quote or formula goes on into a fence.
    return "\n\n".join(filter(None, blocks))


def literal(line: str) -> str:
    """Return a line as Markdown that shows just that: names, questions and data are others' words, never markup."""
    # A backslash before a bracket would open a formula. Without an opening bracket nothing is a link.
    return _SIGNS.sub(r"\\\g<0>", line).replace("[", "&#91;")


def _prose(text: str, *, remote_images: bool) -> str:
    """Apply the rule to text that is in no fence."""
    kept: list[str] = []

    def put_aside(image: re.Match[str]) -> str:
        kept.append(image[0])
        return "\0"

    text = _FENCE_WORD.sub(_plain_word, text)
    text = (_ANY_IMAGE if remote_images else _HARMLESS_IMAGE).sub(put_aside, text)
    if "$" not in text:  # Quarto and Pandoc typeset dollars only
        text = _BRACKETS.sub(lambda bare: f"${bare[1].strip()}$" if bare[1] else f"$${bare[2]}$$", text)
    # A backslash before the sign would stay visible: it is an escape already.
    text = _TAG.sub(lambda tag: (tag[1] or "")[len(tag[1] or "") % 2 :] + "&lt;", text)
    text = _IMAGE.sub("&#33;", text)
    text = _PARAGRAPH.sub(_without_quotes, text)
    text = _TARGET.sub(_target, text)
    text = _SCHEME.sub(r"\g<0> ", text)
    text = TEX.sub(r"\\ ", text)
    text = _YAML.sub(r"\1***", text)
    images = iter(kept)
    return re.sub("\0", lambda _: next(images), text) if kept else text


def _target(bracket: re.Match[str]) -> str:
    address = _ADDRESS.match(bracket.string, bracket.end())
    plain = address is not None and _PLAIN_ADDRESS.fullmatch(address[1])
    return bracket[0] if plain else _ENTITIES[bracket[1]]


def _plain_word(line: re.Match[str]) -> str:
    # JupyterLab writes the words after any fence into an attribute as they are.
    word = line[2].strip().lower()
    return line[1] + (word if word in LANGUAGES else "")


def _without_quotes(paragraph: re.Match[str]) -> str:
    # JupyterLab puts formulas back after parsing, into addresses too, where a quote would end the attribute.
    return paragraph[0].replace('"', "&quot;") if _MATH_BEGINS.search(paragraph[0]) else paragraph[0]


Fence = tuple[str, str, str]
"""Its mark, its language (empty where it is not on the list), its code."""


def _parts(text: str) -> Iterator[str | Fence]:
    """Yield the text between the fences, and the fences in the first column; one that is not closed is closed here."""
    lines = text.split("\n")
    begin = at = 0
    while at < len(lines):
        fence = _FENCE.fullmatch(lines[at])
        if fence is None or (fence[1][0] == "`" and "`" in fence[2]):
            at += 1
            continue
        if begin < at:
            yield "\n".join(lines[begin:at]) + "\n"
        closing = re.compile(rf" {{0,3}}{fence[1]}{fence[1][0]}*[ \t]*")
        end = next((row for row in range(at + 1, len(lines)) if closing.fullmatch(lines[row])), len(lines))
        code = "".join(f"{line}\n" for line in lines[at + 1 : end])
        info = fence[2].strip().lower()
        # Longer than any run in it: no line of the code ends the block for any parser.
        inside = max(map(len, re.findall(rf"{fence[1][0]}{{3,}}", code)), default=0)
        yield fence[1][0] * max(len(fence[1]), inside + 1), info if info in LANGUAGES else "", code
        begin = at = end + 1
    if begin < len(lines):
        yield "\n".join(lines[begin:])
