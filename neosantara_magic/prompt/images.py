"""One ``--image SRC`` (a path, an https URL, or a variable): the image, or the two-line error when it cannot be sent.

A URL is passed on, never fetched: the service fetches it. A file's size is checked before it is read.
"""

from __future__ import annotations

import base64
import binascii
import os
import re
from collections.abc import Mapping
from contextlib import suppress
from itertools import islice
from pathlib import Path
from typing import Any

from ..describe.images import IMAGE_LIMIT, image_of_bytes, image_part, image_too_large
from ..errors import UsageError
from ..faults import in_one_line, reraise_interrupt
from ..messages import ImagePart
from ..paths import not_ordinary, typed
from ..texts import two_lines
from ..validators import nearest, shown

_SCHEME = re.compile(r"([A-Za-z][A-Za-z0-9+.-]*)://")
_LISTED = 2_000
"""Names of a folder that are looked at for the nearest one."""


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
        if _path(source, cwd).is_file():
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
    path = _path(source, cwd)
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


def _path(source: str, cwd: str | os.PathLike[str]) -> Path:
    return Path(cwd) / typed(source)


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
