"""The forms of a display: the one place that makes ``text/html`` and ``text/markdown``.

JupyterLab, Notebook, VS Code, Colab, GitHub and nbconvert prefer the HTML. We rendered and sanitised it, so no other
Markdown parser stands between a model's words and a reader's page. The Markdown is for Quarto, PDF and diffs.
"""

from __future__ import annotations

from dataclasses import dataclass

from ..texts import encodable, printable
from .html import finished, lean, sanitise
from .neutral import neutralise

HTML, MARKDOWN, PLAIN = "text/html", "text/markdown", "text/plain"

Forms = dict[str, str]
"""Text by its MIME type."""


@dataclass(frozen=True, slots=True)
class Look:
    """How the Markdown of an answer is rendered, as the user's settings say."""

    engine_name: str = "commonmark"  # or ``python-markdown``
    extensions: tuple[str, ...] = ()  # names of Python-Markdown extensions; the other engine takes none
    remote_images: bool = False  # keep images from other servers as images; they become links otherwise


PLAIN_LOOK = Look()


def forms(html: str, markdown: str, plain: str, *, remote_images: bool = False) -> Forms:
    """Return one display in all its forms.

    ``html`` comes from `rendered`, `html.sanitise` and `html.text_html`, and tags of ours. What could do anything is
    taken out of the Markdown here, and control characters out of the text.
    """
    return {
        HTML: lean(finished(encodable(html))),
        MARKDOWN: neutralise(encodable(markdown), remote_images=remote_images),
        PLAIN: printable(plain),
    }


def growing(html: str) -> Forms:
    """Return a display that is replaced as it grows: its HTML alone."""
    return {HTML: finished(encodable(html))}


def from_markdown(markdown: str, plain: str) -> Forms:
    """Return the forms of a screen, a table or a transcript that is written as Markdown."""
    return forms(rendered(markdown), markdown, plain)


def rendered(markdown: str, look: Look = PLAIN_LOOK) -> str:
    """Return Markdown as safe, coloured HTML."""
    from .highlight import highlight  # noqa: PLC0415  (loads Pygments)
    from .markdown import engine  # noqa: PLC0415  (loads the Markdown parser)

    html = engine(look.engine_name, look.extensions).render(encodable(markdown))
    return apart(highlight(sanitise(html, remote_images=look.remote_images)))


def apart(html: str) -> str:
    """Return rendered HTML in which two blocks of code are two, with no style of ours."""
    return html.replace("</pre>\n<pre>", "</pre>\n<p></p>\n<pre>")
