"""Prompt files: the instructions and settings of an ask in a Markdown file that people share (``--as``).

A file may come from a stranger: no ``{{ expression }}`` in it is evaluated, and its settings are those of `KEYS`, none
of which sends anything of the notebook or switches approval off. Not for: when its tools may run (``asking.py``).
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from ..errors import UsageError
from ..parsing import Ask
from ..parsing.flags import LONG
from ..texts import say, two_lines
from ..validators import here, not_ordinary, shown, typed

KEYS = ("description", "model", "temperature", "top-p", "max-tokens", "reasoning", "max-rounds", "tools")
"""What front matter may say; all but the first are flags."""
_SHIPPED = Path(__file__).parent / "shipped"
_MOST_BYTES = 100_000


@dataclass(frozen=True)
class PromptFile:
    """A prompt file, read; ``fields`` are those of `Ask`, but for the tools that it asks for."""

    name: str
    text: str
    fields: Mapping[str, Any]
    tools: tuple[str, ...]
    description: str

    def under(self, asked: Ask) -> Ask:
        """Return the ask with what the file sets and the line does not."""
        return replace(asked, **{name: value for name, value in self.fields.items() if getattr(asked, name) is None})


def read(name: str) -> PromptFile:
    """Read the file of this path, or of this name here, in ``prompts/`` or of this package; raises UsageError."""
    written = typed(name if name.lower().endswith(".md") else f"{name}.md")
    places = [here() / written]
    if len(written.parts) == 1:
        places += [here() / "prompts" / written, _SHIPPED / written]
    try:
        path = next((place for place in places if place.exists()), None)
        if path is None:
            raise UsageError(*two_lines("prompt_file.none", name=shown(name), known=", ".join(names())))
        _check(path, written)
        return _parsed(path.read_bytes().decode("utf-8-sig"), name.removesuffix(".md"))
    except UnicodeDecodeError:
        reason = say("reason.no_text")
    except (OSError, ValueError) as error:  # not allowed, too long a name, a null byte
        reason = getattr(error, "strerror", None) or str(error)
    raise UsageError(*two_lines("prompt_file.unreadable", name=shown(name), reason=reason))


def names() -> list[str]:
    """Return the names of the files in ``prompts/``, then those of this package."""
    found = [sorted(folder.glob("[!.]*.md")) for folder in (here() / "prompts", _SHIPPED)]
    return list(dict.fromkeys(path.name.removesuffix(".md") for paths in found for path in paths))


def _check(path: Path, written: Path) -> None:
    """Raise ValueError where a file is not read. A cloned project may hold a link; whoever means its end names that."""
    there, reason = path.resolve(), not_ordinary(path)
    mine = written.is_absolute() or ".." in written.parts
    if not mine and not any(there.is_relative_to(home.resolve()) for home in (here(), _SHIPPED)):
        reason = say("reason.outside", target=shown(there, 200))
    if reason or path.stat().st_size > _MOST_BYTES:
        raise ValueError(reason or say("reason.too_long", most=f"{_MOST_BYTES // 1000} kB"))


def _parsed(text: str, name: str) -> PromptFile:
    """Read settings between two lines of three dashes, and the text below.

    ``key: value`` and lists, ``[a, b]`` or a line for each with a dash: what is written by hand, and no more of YAML.
    """
    lines = text.splitlines()
    end = -1
    if lines and lines[0].rstrip() == "---":
        end = next((at for at, line in enumerate(lines) if at and line.rstrip() == "---"), len(lines))
    instructions = "\n".join(lines[end + 1 :]).strip()
    if not instructions:
        raise ValueError(say("reason.blank"))
    given: dict[str, list[str]] = {}
    for at, line in enumerate(lines[1 : max(end, 1)], 2):
        key, colon, value = line.partition(":")
        key = key.strip().replace("_", "-")
        if line.lstrip().startswith("- ") and given:
            next(reversed(given.values())).append(line.lstrip()[2:])
        elif not line.strip() or line.lstrip().startswith("#"):
            continue
        elif not colon or line[0].isspace() or key in given or key not in KEYS:
            told = {"line": at, "given": shown(line), "known": ", ".join(KEYS)}
            raise UsageError(*two_lines("prompt_file.line", name=shown(name), **told))
        else:
            given[key] = [value] if value.strip() else []
    values = {key: re.sub(r"^([\"'])(.*)\1$", r"\2", ",".join(parts).strip()) for key, parts in given.items()}
    values |= {"tools": re.sub("[][\"']", "", values["tools"])} if "tools" in values else {}
    about = values.pop("description", "")
    fields = {
        flag.target: flag.read(f"{shown(name)}: {key}", value)
        for key, value in values.items()
        if (flag := LONG[f"--{key}"]).read
    }
    return PromptFile(name, instructions, fields, fields.pop("tools", ()), about)
