"""What a docstring says: a description, and a text for each parameter.

For: Google, NumPy, Sphinx and Epydoc docstrings, through docstring-parser.
Not for: ``Annotated`` and ``Field`` texts (``hints.py``), which win over these.
"""

from __future__ import annotations

import inspect
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class Docstring:
    """The parts of a docstring that a model can use."""

    description: str = ""
    parameters: dict[str, str] = field(default_factory=dict)
    """Name to text on one line; without the stars of ``*args``."""


def read_docstring(raw: str | None) -> Docstring:
    """Read a docstring of any style. One that no style fits is all description. Never raises."""
    text = inspect.cleandoc(raw or "").strip()
    if not text:
        return Docstring()
    from docstring_parser import parse  # noqa: PLC0415  (only functions with a docstring pay for it)

    try:
        parsed = parse(text)
    except Exception:  # noqa: BLE001  (ParseError, and others on odd indentation)
        return Docstring(text)
    parameters: dict[str, str] = {}
    for entry in parsed.params:
        if entry.args and entry.args[0] in {"attribute", "raises"}:
            continue
        for name in entry.arg_name.split(","):  # NumPy documents "x, y : float" together
            parameters[name.strip().lstrip("*\\")] = " ".join((entry.description or "").split())
    paragraphs = [part.strip() for part in (parsed.short_description, parsed.long_description) if part and part.strip()]
    if parsed.returns and parsed.returns.description:
        paragraphs.append("Returns: " + " ".join(parsed.returns.description.split()))
    return Docstring("\n\n".join(paragraphs), {name: said for name, said in parameters.items() if said})
