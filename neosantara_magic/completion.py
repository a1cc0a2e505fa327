"""Tab in a cell: our part of IPython's completer, and the names that the notebook knows.

Not for: deciding what may stand where (``parsing/help.py``). No network, no import of a library of the user's, no
property of an object is run: pressing Tab must never cost or change anything.
"""

from __future__ import annotations

import inspect
import os
import re
from collections import UserDict
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from IPython.core import completer

from .validators import is_pythons

if TYPE_CHECKING:
    from .workspace import Workspace

_PICTURES = (".png", ".jpg", ".jpeg", ".webp", ".gif")
_MOST_FILES = 500
_SIGNATURES = (b"\x89PNG", b"\xff\xd8\xff", b"GIF8", b"RIFF")
_IMAGE_TYPES = {("PIL", None), ("matplotlib", "Figure"), ("IPython", "Image")}
# What IPython itself puts into a notebook.
_NOT_THE_USERS = {"In", "Out", "exit", "quit", "get_ipython", "open"}


def install(shell: Any, workspace: Callable[[], Workspace | None]) -> Callable[[], object]:
    """Add our matcher to a shell's completer; return what takes it out again."""
    matchers = getattr(shell.Completer, "custom_matchers", [])
    ours = TabCompletion(shell, workspace)
    matcher = ours.second_api_matcher if hasattr(completer, "CompletionContext") else ours.first_api_matcher
    matchers.insert(0, matcher)
    return lambda: matcher in matchers and matchers.remove(matcher)


@dataclass
class TabCompletion:
    """Our matcher in one shell's completer."""

    _shell: Any
    _workspace: Callable[[], Workspace | None]

    def second_api_matcher(self, context: Any) -> dict[str, Any]:
        """Answer IPython's matcher API of 8.6 and later."""
        lines = context.full_text.split("\n")
        cursor = sum(len(line) + 1 for line in lines[: context.cursor_line]) + context.cursor_position
        fragment, found = self._complete(context.full_text, cursor)
        return {
            "completions": [completer.SimpleCompletion(text=name, type="magic") for name in found],
            "matched_fragment": fragment,
            "suppress": True,
            "ordered": True,
        }

    # IPython reads these three from a matcher of its second API, since 8.6.
    vars(second_api_matcher).update(
        matcher_api_version=2, matcher_identifier="neosantara_magic", matcher_priority=200.0
    )

    def first_api_matcher(self, text: str) -> list[str]:
        """Answer the matcher API before 8.6, which knows only the line and replaces ``text``."""
        line = self._shell.Completer.text_until_cursor
        fragment, found = self._complete(line, len(line))
        before, typed = text[: max(0, len(text) - len(fragment))], max(0, len(fragment) - len(text))
        return [before + name[typed:] for name in found]

    def _complete(self, text: str, cursor: int) -> tuple[str, list[str]]:
        """Return the text to replace and what may stand there."""
        if "%neosantara" not in text and "%ns" not in text:
            return "", []
        from .parsing.help import complete  # noqa: PLC0415  (not at %load_ext)

        # What the user is typing, for names with dots or slashes in them.
        word = re.split(r"[ ,=]", text[:cursor])[-1].lstrip("'\"")
        start, found = complete(text, cursor, _Names(self._shell, self._workspace(), word))
        return text[start:cursor], found


class _Names(UserDict[str, Any]):
    """The known names by kind; each kind is collected only when the grammar asks for it."""

    def __init__(self, shell: Any, workspace: Workspace | None, word: str) -> None:
        self._shell, self._word, self._workspace = shell, word, workspace
        models = workspace.models if workspace else []
        kept = workspace.conversations if workspace else ()
        kinds: dict[str, Callable[[], list[str]]] = {
            "models": lambda: [model.id for model in models] or _documented_models(),
            "tools": self._tools,
            "servers": self._servers,
            "schemas": lambda: [name for name, value in self._variables() if _is_schema(value)],
            "conversations": lambda: list(dict.fromkeys([*(one.name for one in kept), "main"])),
            "images": lambda: [*(n for n, v in self._variables() if _is_image(v)), "_", *_files(self._word, _PICTURES)],
            "files": self._pages,
            "records": lambda: _files(self._word, (".jsonl",)),
            "frames": lambda: [n for n, v in self._variables() if not callable(v) and not inspect.ismodule(v)],
            "variables": lambda: [name for name, _ in self._variables()],
            "prompts": self._prompts,
        }
        super().__init__(kinds)

    def __getitem__(self, kind: str) -> list[str]:
        found: list[str] = super().__getitem__(kind)()
        return found

    def _variables(self) -> list[tuple[str, Any]]:
        """Return the user's variables, newest first."""
        hidden = getattr(self._shell, "user_ns_hidden", {})
        return [
            (name, value)
            for name, value in reversed(list(self._shell.user_ns.items()))
            if not name.startswith("_")
            and name not in _NOT_THE_USERS
            and (name not in hidden or hidden[name] is not value)
        ]

    def _pages(self) -> list[str]:
        from .transcript_files import PAGES  # noqa: PLC0415  (not at %load_ext)

        return _files(self._word, (".jsonl", *PAGES))

    def _prompts(self) -> list[str]:
        from .prompt import files  # noqa: PLC0415  (not at %load_ext)

        return [*files.names(), *_files(self._word, (".md",))]

    def _tools(self) -> list[str]:
        name, dot, _ = self._word.rpartition(".")
        if dot:
            # Nothing of the owner is run.
            owner = self._shell.user_ns.get(name)
            members = {one: inspect.getattr_static(owner, one, None) for one in dir(owner) if not one.startswith("_")}
            found = {one: getattr(value, "__func__", value) for one, value in members.items()}
            return [f"{name}.{one}" for one, value in found.items() if callable(value) and not inspect.isclass(value)]
        return [*(name for name, value in self._variables() if _is_tool(value)), *self._servers()]

    def _servers(self) -> list[str]:
        if self._workspace is None:
            return []
        from .mcp.servers import servers  # noqa: PLC0415  (where there is a workspace, it is loaded)

        return [server.name for server in servers]


def _documented_models() -> list[str]:
    """Return the models of the service's documentation. ``%neosantara models`` fetches the list that replaces them."""
    import tomllib  # noqa: PLC0415  (not at %load_ext)

    documented = (Path(__file__).parent / "demo" / "service.toml").read_text(encoding="utf-8")
    return [*tomllib.loads(documented)["models"]]


def _is_tool(value: Any) -> bool:
    if isinstance(value, (list, tuple)):
        return bool(value) and all(_is_tool(one) for one in value[:20])
    return callable(value) and not (is_pythons(value) or inspect.isclass(value) or _is_schema(value))


def _is_schema(value: Any) -> bool:
    if isinstance(value, dict):
        return "$schema" in value or "properties" in value or isinstance(value.get("type"), str)
    if inspect.isclass(value):
        marks = ("model_fields", "__dataclass_fields__", "__total__", "__members__")
        pydantic = any(base.__module__.partition(".")[0] == "pydantic" for base in value.__mro__[1:])
        return pydantic or any(inspect.getattr_static(value, mark, None) is not None for mark in marks)
    if type(value).__name__ in {"TypeAliasType", "NewType"}:
        return True
    # list[Model] and Literal[...] keep what they are made of in __args__.
    return bool(getattr(type(value), "__module__", "") in {"types", "typing"} and hasattr(value, "__args__"))


def _is_image(value: Any) -> bool:
    if isinstance(value, (bytes, bytearray)):
        return bytes(value[:4]).startswith(_SIGNATURES)
    names = {(base.__module__.partition(".")[0], base.__name__) for base in type(value).__mro__}
    return any((top, name) in _IMAGE_TYPES or (top, None) in _IMAGE_TYPES for top, name in names)


def _files(typed: str, endings: tuple[str, ...]) -> list[str]:
    """Return folders, and files that end so, in the folder of what is typed."""
    folder, slash, _ = typed.rpartition("/")
    try:
        with os.scandir(Path(folder + slash).expanduser()) as entries:
            listed = [entry for entry, _ in zip(entries, range(_MOST_FILES), strict=False)]
    except (OSError, ValueError, RuntimeError):
        return []
    names = [
        f"{folder}{slash}{entry.name}{'/' if entry.is_dir() else ''}"
        for entry in listed
        if not entry.name.startswith(".") and (entry.is_dir() or entry.name.lower().endswith(endings))
    ]
    # A name with a space is typed in quotes, which Tab cannot add after the fact.
    return sorted(name for name in names if " " not in name)
