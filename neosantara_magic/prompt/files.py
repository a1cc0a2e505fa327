"""Files that an ask names: an image (``--image SRC``), or instructions and settings that people share (``--as FILE``).

An image may also be an https URL or a variable. A URL is passed on, never fetched: the service fetches it. A file's
size is checked before it is read.
A prompt file may come from a stranger: no ``{{ expression }}`` in it is evaluated, and its settings are those of
`KEYS`, none of which sends anything of the notebook or switches approval off. Not for: when its tools may run
(``asking.py``).
"""

from __future__ import annotations

import base64
import binascii
import os
import re
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, replace
from itertools import islice
from pathlib import Path
from typing import Any

from ..describe.images import IMAGE_LIMIT, image_of_bytes, image_part, image_too_large
from ..errors import UsageError, in_one_line, reraise_interrupt
from ..messages import ImagePart
from ..parsing.asks import Given
from ..parsing.flags import LONG, Ask
from ..texts import say, two_lines
from ..validators import here, nearest, not_ordinary, shown, typed

_SCHEME = re.compile(r"([A-Za-z][A-Za-z0-9+.-]*)://")
_LISTED = 2_000
"""Names of a folder that are looked at for the nearest one."""
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
        fields = {name: value for name, value in self.fields.items() if getattr(asked, name) is None}
        return replace(asked, sampling={**self.fields["sampling"], **asked.sampling}, **fields)


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
    flags = Given()
    for key, value in values.items():
        flags.add(LONG[f"--{key}"], value, f"{shown(name)}: {key}")
    return PromptFile(name, instructions, flags.fields, flags.fields.pop("tools", ()), about)


def load_image(source: object, namespace: Mapping[str, Any], *, cwd: str | os.PathLike[str] = ".") -> ImagePart:
    """Return the image that ``--image SRC`` names.

    Text is an https or data URL, else a variable's name (dots reach into it), else a path. A variable may hold an
    image (see `describe.image_part`), or text or a path that says where one is. Anything but text is taken as the
    variable's value.

    Relative paths start from ``cwd``.
    Raises UsageError: nothing there, no image, a format or size that the service does not take, plain http.
    """
    if not isinstance(source, str):
        return _from_value(source, type(source).__name__, cwd)
    return _from_url(source) or _from_variable(source, namespace, cwd) or _from_file(source, namespace, cwd)


def _from_url(source: str) -> ImagePart | None:
    if source[:5].lower() == "data:":
        head, _, data = source.partition(",")
        decoded = b""
        with suppress(binascii.Error):
            decoded = base64.b64decode(data, validate=True) if head.lower().endswith(";base64") else b""
        return image_of_bytes(decoded, shown(source))
    scheme = _SCHEME.match(source)
    if scheme is None:
        return None
    if scheme[1].lower() != "https" or len(source) == scheme.end():
        raise UsageError(*two_lines("image.address", name=shown(source)))
    return ImagePart(source)


def _from_variable(source: str, namespace: Mapping[str, Any], cwd: str | os.PathLike[str]) -> ImagePart | None:
    first, *rest = source.split(".")
    if first not in namespace or not all(name.isidentifier() for name in rest):
        return None
    value = namespace[first]
    for name in rest:
        if not hasattr(value, name):
            return None
        value = getattr(value, name)
    try:
        return _from_value(value, source, cwd)
    except UsageError:
        if (Path(cwd) / typed(source)).is_file():
            return None  # a file that is called like some variable
        raise


def _from_value(value: object, name: str, cwd: str | os.PathLike[str]) -> ImagePart:
    if isinstance(value, str):
        return _from_url(value) or _from_file(value, {}, cwd)
    if isinstance(value, os.PathLike):
        return _from_file(os.fspath(value), {}, cwd)
    try:
        image = image_part(value, name)
    except UsageError:
        raise
    except BaseException as error:
        reraise_interrupt(error)
        raise UsageError(*two_lines("image.failed", name=name, error=in_one_line(error))) from error
    if image is None:
        raise UsageError(*two_lines("image.none", name=f"{name!r} ({type(value).__name__})"))
    return image


def _from_file(source: str, namespace: Mapping[str, Any], cwd: str | os.PathLike[str]) -> ImagePart:
    path = Path(cwd) / typed(source)
    try:
        if not path.is_file():
            raise _not_found(source, path, namespace)
        size = path.stat().st_size
        if size > IMAGE_LIMIT:
            raise image_too_large(source, size)
        with path.open("rb") as file:
            data = file.read(IMAGE_LIMIT + 1)  # a file that grows meanwhile is not read whole either
    except (OSError, ValueError) as error:  # ValueError: a null byte in the name
        reason = getattr(error, "strerror", None) or str(error)
        raise UsageError(*two_lines("file.unreadable", path=shown(source), error=reason)) from error
    return image_of_bytes(data, source)


def _not_found(source: str, path: Path, namespace: Mapping[str, Any]) -> UsageError:
    if special := not_ordinary(path):
        return UsageError(*two_lines("file.unreadable", path=shown(source), error=special))
    folder = os.path.dirname(source)  # noqa: PTH120  (as typed: a Path would drop "./")
    names: list[str] = []
    with suppress(OSError), os.scandir(path.parent) as entries:
        names = [entry.name for entry in islice(entries, _LISTED)]
    known = [os.path.join(folder, name) for name in names]  # noqa: PTH118
    if source.isidentifier():
        known += [name for name in namespace if not name.startswith("_")]
    near = nearest(source, known)
    return UsageError(*two_lines("image.missing", name=shown(source), meant=near and repr(near)))
