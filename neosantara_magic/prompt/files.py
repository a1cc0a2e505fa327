"""Prompt files: the instructions and settings of an ask in a Markdown file that people share (``--as``).

A file may come from a stranger: no ``{{ expression }}`` in it is evaluated, and its settings are those of `KEYS`, none
of which sends anything of the notebook or switches approval off. Not for: when its tools may run (``asking.py``).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from ..errors import UsageError
from ..parsing import Ask
from ..parsing.flags import LONG
from ..paths import here, not_ordinary, typed
from ..texts import say, two_lines
from ..validators import shown

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
    """Read the file of this path, or of this name here, in ``prompts/`` or of this package; ``.md`` may be left out.

    Raises:
        UsageError: there is none, or it cannot be used.
    """
    written = typed(name if name.lower().endswith(".md") else f"{name}.md")
    places = [here() / written]
    if len(written.parts) == 1:
        places += [here() / "prompts" / written, _SHIPPED / written]
    try:
        path = next((place for place in places if place.exists()), None)
        if path is None:
            raise UsageError(*two_lines("prompt_file.none", name=shown(name), known=", ".join(names())))
        reason, text = not_ordinary(path) or _reason_against(path, written), ""
        if not reason:
            text = path.read_bytes().decode("utf-8-sig")
    except UnicodeDecodeError:
        reason = say("reason.no_text")
    except (OSError, ValueError) as error:  # not allowed, too long a name, a null byte
        reason = getattr(error, "strerror", None) or str(error)
    if reason:
        raise _unusable(name, reason)
    return _parsed(text, name.removesuffix(".md"))


def names() -> list[str]:
    """Return the names of the files in ``prompts/``, then those of this package."""
    found = [sorted(folder.glob("[!.]*.md")) for folder in (here() / "prompts", _SHIPPED)]
    return list(dict.fromkeys(path.name.removesuffix(".md") for paths in found for path in paths))


def _reason_against(path: Path, written: Path) -> str:
    """Return why a file is not read. A cloned project may hold a link; whoever means another file names that one."""
    there, outside = path.resolve(), written.is_absolute() or ".." in written.parts
    if not outside and not any(there.is_relative_to(home.resolve()) for home in (here(), _SHIPPED)):
        return say("reason.outside", target=shown(there, 200))
    return say("reason.too_long", most=f"{_MOST_BYTES // 1000} kB") if path.stat().st_size > _MOST_BYTES else ""


def _parsed(text: str, name: str) -> PromptFile:
    """Read settings between two lines of three dashes, and the text below.

    ``key: value`` and lists, ``[a, b]`` or a line for each with a dash: what is written by hand, and no more of YAML.
    """
    lines = text.splitlines()
    end = 0
    if lines and lines[0].rstrip() == "---":
        end = next((at for at, line in enumerate(lines) if at and line.rstrip() == "---"), 0)
        if not end:
            raise _unusable(name, say("reason.unclosed"))
    instructions = "\n".join(lines[end + 1 :] if end else lines).strip()
    if not instructions:
        raise _unusable(name, say("reason.blank"))
    given: dict[str, list[str]] = {}
    for at, line in enumerate(lines[1:end], 2):
        key, colon, value = line.partition(":")
        key = key.strip().replace("_", "-")
        if line.lstrip().startswith("- ") and given:
            next(reversed(given.values())).append(_unquoted(line.lstrip()[2:]))
        elif not line.strip() or line.lstrip().startswith("#"):
            continue
        elif not colon or line[0].isspace() or key in given or key not in KEYS:
            told = {"line": at, "given": shown(line), "known": ", ".join(KEYS)}
            raise UsageError(*two_lines("prompt_file.line", name=shown(name), **told))
        else:
            value = value.strip().removeprefix("[").removesuffix("]") if key == "tools" else _unquoted(value)
            given[key] = [value] if value else []
    values = {key: ",".join(parts) for key, parts in given.items()}
    about = values.pop("description", "")
    fields = {
        flag.target: flag.read(f"{shown(name)}: {key}", value)
        for key, value in values.items()
        if (flag := LONG[f"--{key}"]).read
    }
    return PromptFile(name, instructions, fields, fields.pop("tools", ()), about)


def _unquoted(value: str) -> str:
    value = value.strip()
    return value[1:-1] if len(value) > 1 and value[0] == value[-1] and value[0] in "\"'" else value


def _unusable(name: str, reason: str) -> UsageError:
    return UsageError(*two_lines("prompt_file.unreadable", name=shown(name), reason=reason))
