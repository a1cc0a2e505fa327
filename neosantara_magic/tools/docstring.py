"""Read a docstring, through docstring-parser: a description, and a text for each parameter.

Not for: ``Annotated`` and ``Field`` texts (``hints.py``), which win over these.
"""

from __future__ import annotations

import inspect
import re
from dataclasses import dataclass, field
from typing import Any

_KEYWORDS = ("Keyword Args", "Keyword Arguments", "Kwargs", "Other Parameters", "Other Args")
_NUMPY = (["notes"], ["warnings"])
_REMARK = re.compile(
    r"^(?:\.\. )?(notes?|warnings?|caution|important)::?[ \t]*"
    r"(\S.*(?:\n\S.*)*)?((?:\n(?:[ \t]+\S.*|[ \t]*(?=\n[ \t])))*)$",
    re.MULTILINE | re.IGNORECASE,
)
"""``Note:`` and ``.. note::``, with the lines below them. Their parsers drop these; NumPy's keeps its own."""


@dataclass(frozen=True, slots=True)
class Docstring:
    """The parts of a docstring that a model can use."""

    description: str = ""
    parameters: dict[str, str] = field(default_factory=dict)
    """Name to text on one line; without the stars of ``*args``."""


def read_docstring(raw: str | None) -> Docstring:
    """Read a docstring of any style. One that no style fits is all description. Never raises.

    Notes and warnings belong to the description; examples and what is raised do not.
    """
    text = inspect.cleandoc(raw or "").strip()
    if not text:
        return Docstring()
    remarks = [f"{name.title()}: {_line(said + below)}" for name, said, below in _REMARK.findall(text)]
    try:
        parsed = _parsed(_REMARK.sub("", text))
    except Exception:  # noqa: BLE001  (ParseError, and others on odd indentation)
        return Docstring(text)
    parameters: dict[str, str] = {}
    for entry in parsed.params:
        if entry.args and entry.args[0] in {"attribute", "raises"}:
            continue
        for name in entry.arg_name.split(","):  # NumPy documents "x, y : float" together
            parameters[name.strip().lstrip("*\\")] = _line(entry.description)
    paragraphs = [part.strip() for part in (parsed.short_description, parsed.long_description) if part and part.strip()]
    if parsed.returns and parsed.returns.description:
        paragraphs.append(f"Returns: {_line(parsed.returns.description)}")
    remarks += [f"{one.args[0].title()}: {_line(one.description)}" for one in parsed.meta if one.args in _NUMPY]
    return Docstring("\n\n".join(paragraphs + remarks), {name: said for name, said in parameters.items() if said})


def _parsed(text: str) -> Any:
    from docstring_parser import google, parse  # noqa: PLC0415  (only functions with a docstring pay for it)

    keywords = [google.Section(title, "param", google.SectionType.MULTIPLE) for title in _KEYWORDS]
    both = (parse(text), google.GoogleParser([*google.DEFAULT_SECTIONS, *keywords]).parse(text))
    return max(both, key=lambda one: len(one.meta))  # of two as good the first, as docstring_parser itself chooses


def _line(text: str | None) -> str:
    return " ".join((text or "").split())
