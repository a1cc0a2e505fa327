"""What IPython needs to know about us: the settings as traits, the magics, hooks, load and unload.

``commands/`` and ``public.py`` do what is typed; both are imported at the first use, because ``%load_ext`` must cost
next to nothing.
"""

from __future__ import annotations

import contextlib
import inspect
import re
import tokenize
from collections.abc import Mapping
from pathlib import Path
from types import new_class
from typing import TYPE_CHECKING, Any

from IPython.core.magic import Magics, line_cell_magic, magics_class, no_var_expand
from traitlets import TraitError, TraitType, Undefined

from . import ipython
from .completion import install
from .errors import Stopped, UsageError
from .ipython.cells import CellsRun
from .ipython.front_ends import front_end_of
from .ipython.warming import WarmUp
from .redaction import environment
from .settings import fields
from .texts import rupiah, say, two_lines, use_language, warn

if TYPE_CHECKING:
    from .ipython.notebook import Notebook
    from .workspace import Workspace

_SHORT = "ns"
_LOADING = re.compile(r"%load_ext[ ]+neosantara_magic[ ]*$")
_EMPTY = rf"^(get_ipython\(\)\.run_cell_magic\('(?:neosantara|{_SHORT})', .*, )''\)$"  # compiled at its first use
_ASKING = re.compile(
    r"""(\s*(?:[\w.,\s\[\]"']+=\s*|%time(?:it)?\s+)?)  # `answer =`, or a timing of it
    %(neosantara|ns)[ ]+
    ((?:ask|explain|fix)[ ]+\S.*\?)\s*\Z             # commands that end in a sentence of the user's""",
    re.VERBOSE,
)


class Setting(TraitType):  # type: ignore[type-arg]  # before 5.10 it has no parameters to give
    """One setting as a trait. What it may be, and its default, stand in ``settings``."""

    info_text = "a valid setting"
    _setting = ""

    def __init__(self, name: str) -> None:
        super().__init__(Undefined)
        self._setting = name
        self.tag(config=True)

    @property
    def help(self) -> str:
        """Its sentence in the language in force. Not while it is made: the sentences cost a third of ``%load_ext``."""
        return say(f"setting.{self._setting}") if self._setting else ""

    @help.setter  # noqa: A003  (traitlets' name)
    def help(self, _text: str) -> None:
        """Ignore what traitlets sets."""

    def default(self, obj: Any = None) -> Any:
        """Read the environment at first use, not at load: ``%env`` may come in between."""
        return fields.default(self._setting, environment, allow_http=self._allows_http(obj))

    def validate(self, obj: Any, value: Any) -> Any:
        """Refuse a bad value; traitlets then keeps the old one."""
        try:
            read = fields.validate(self._setting, value, allow_http=self._allows_http(obj))
            fields.check_change(self._setting, read, obj.held)
        except UsageError as error:
            raise TraitError(str(error)) from None
        small = self._setting == "budget_idr" and 0 < (read or 0) < 100  # Python reads 5.000 as five
        if small and read != obj._trait_values.get("budget_idr"):  # noqa: SLF001  (%config sets everything twice)
            warn(f"{say('status_budget')}: {rupiah(read)}")
        return read

    def _allows_http(self, obj: Any) -> bool:
        """Only the address depends on another setting."""
        return self._setting == "base_url" and obj is not None and bool(obj.allow_http)

    def from_string(self, text: str) -> Any:
        """Take a value from a command line as it is typed."""
        return text


_TRAITS = {name: Setting(name) for name in fields.FIELDS}
_WithSettings: Any = new_class("_WithSettings", (Magics,), None, lambda names: names.update(_TRAITS))


@magics_class
class NeosantaraMagics(_WithSettings):
    """Settings of %neosantara and %%neosantara."""

    _surroundings: tuple[Workspace, Notebook] | None = None
    dropped: Mapping[str, Any] = {}
    """Values of the configuration that cannot be used."""
    held: Mapping[str, Any] = {}
    """The settings that a lock (``NEOSANTARA_LOCK``) fixes, with their values."""
    _colours: Any = None
    """The widget that colours prompts; False until it is made, None when nobody wants it."""

    def __init__(self, shell: Any) -> None:
        super().__init__(shell)
        self._depth = 0
        self.cells = CellsRun(shell)
        self.held = fields.held_by_lock(environment, self)  # now, before any cell
        self.warming = WarmUp(lambda: bool(self.warm_up))
        self.undo = contextlib.ExitStack()
        """What unloading calls, the newest first."""

    @no_var_expand
    @line_cell_magic
    def neosantara(self, line: str, cell: str | None = None) -> Any:
        """Ask a language model. ``%neosantara help`` shows the flags and the commands."""
        try:
            self.warming.stop()
            return self._run(line, cell)
        except KeyboardInterrupt as stop:
            # While libraries load, say: their insides are no news to whoever pressed Stop.
            raise stop if isinstance(stop, Stopped) else Stopped(*two_lines("stopped_early")) from None

    def _run(self, line: str, cell: str | None) -> Any:
        from . import commands
        from .parsing.parse import parse_cell, parse_line
        from .scope import within

        workspace, notebook = self.surroundings()
        self.settings()
        with within(inspect.currentframe(), notebook.namespace):
            if cell is None:
                return commands.run(parse_line(line), workspace, notebook)
            commands.ask(parse_cell(line, cell), workspace, notebook)
            return None  # the answer is on the screen

    def settings(self) -> fields.Settings:
        """Return the settings as they are now."""
        values = {name: getattr(self, name) for name in fields.FIELDS}
        use_language(values["language"])
        return fields.Settings(**values)

    def _names_address(self) -> bool:
        """Whether the base URL is the user's own word, by ``%config`` or in their configuration of IPython."""
        named = "base_url" in self.config.get(type(self).__name__, {})
        return named or self.base_url != fields.default("base_url", environment, allow_http=bool(self.allow_http))

    def surroundings(self) -> tuple[Workspace, Notebook]:
        """Return the workspace and the shell of this extension; made at the first use."""
        if self._surroundings is None:
            from . import public
            from .ipython.notebook import Notebook
            from .mcp.servers import servers
            from .workspace import Workspace, follow_environment

            use_language(self.language)
            problems = fields.environment_problems(environment) | _problems(self.dropped)
            for line in problems.values():
                warn(line)
            notebook = Notebook(self.shell, self.cells)
            workspace = Workspace(self.settings, names_address=self._names_address, question=notebook.question)
            workspace.held, workspace.problems = self.held, problems
            # Before anything is kept: a bad recording mode is an error at every ask, not only at the first.
            follow_environment(workspace, environment)
            servers.question, workspace.servers = notebook.question, servers
            for undo in (lambda: workspace.serving and workspace.serving.stop(), notebook.forget_shown, servers.close):
                self.undo.callback(undo)
            self._surroundings = (workspace, notebook)
            public.show_values(notebook)
        return self._surroundings

    def workspace_so_far(self) -> Workspace | None:
        """Return the workspace if there is one: Tab makes none."""
        return self._surroundings and self._surroundings[0]

    def execution_begins(self, info: object = None) -> None:
        """IPython's ``pre_run_cell``. A cell that runs inside another (``%run``, nested cells) is part of it."""
        self._depth += 1
        if self._depth > 1:
            return
        self.warming.cell_begins()
        self.cells.execution_begins(info)
        if self._surroundings is not None:
            self._surroundings[1].execution_begins()

    def execution_ends(self, result: Any = None) -> None:
        """IPython's ``post_run_cell``: turns that the cell no longer makes go."""
        self._depth = max(0, self._depth - 1)  # the cell that loads us ends, and never began
        if self._depth:
            return
        self.warming.cell_ends()
        self.cells.execution_ends(result, asked=bool(self._surroundings and self._surroundings[1].asks))
        self.colour()
        if self._surroundings is not None:
            workspace, notebook = self._surroundings
            # A cell that failed says nothing about the asks it did not reach, so a typo in a flag costs no turn.
            if getattr(result, "success", True) and notebook.cell_id is not None:
                workspace.conversations.keep_only(notebook.cell_id, notebook.asks)

    def colour(self) -> None:
        """Colour prompts where a page can do that, or stop doing so; the libraries load when the kernel is idle."""
        if not self.highlight:
            self.stop_colouring()
        elif self._colours is None and front_end_of(self.shell).page:
            import asyncio  # half of %load_ext where no kernel has imported it

            with contextlib.suppress(RuntimeError):  # no loop: nothing of this can work
                asyncio.get_running_loop().call_later(0.05, self._make_colours)
                self._colours = False

    def _make_colours(self) -> None:
        if self._colours is False:
            with contextlib.suppress(Exception):  # without anywidget, or with a broken one: no colours
                from anywidget import AnyWidget

                # Never displayed: its model alone reaches the notebook.
                script = (Path(__file__).parent / "render" / "colours.js").read_text("utf-8")
                self._colours = type("PromptColours", (AnyWidget,), {"_esm": script})()

    def stop_colouring(self) -> None:
        """Let prompts look as they did before."""
        made, self._colours = self._colours, None
        if made:
            made.close()


def _help() -> str:
    from .parsing.help import help_text

    return help_text(None)


# IPython's `?` asks a magic for this; the table is made only then.
vars(NeosantaraMagics.neosantara)["getdoc"] = _help


def load_ipython_extension(shell: Any) -> None:
    """Register everything (``%load_ext``). A second call changes nothing."""
    if _loaded(shell) is not None:
        return
    dropped = _drop_bad_configuration(shell)
    magics = NeosantaraMagics(shell)
    magics.dropped = dropped
    shell.register_magics(magics)
    ipython.loaded[:] = [magics.surroundings]
    for table in shell.magics_manager.magics.values():
        table.setdefault(_SHORT, table["neosantara"])  # only where nobody else owns it
    for event, hook in (("pre_run_cell", magics.execution_begins), ("post_run_cell", magics.execution_ends)):
        shell.events.register(event, hook)
        magics.undo.callback(shell.events.unregister, event, hook)
    magics.cells.watch_displays()
    manager = shell.input_transformer_manager
    # Not before IPython has read the magic: a terminal would take the first line for a whole cell.
    lines = (manager.line_transforms, keep_empty_cell)
    for transforms, ours in ((shell.input_transformers_cleanup, protect_question_mark), lines):
        transforms.append(ours)
        magics.undo.callback(transforms.remove, ours)
    uninstall = install(shell, magics.workspace_so_far)
    for undo in (uninstall, magics.warming.stop, magics.stop_colouring, magics.cells.stop):
        magics.undo.callback(undo)


def unload_ipython_extension(shell: Any) -> None:
    """Unregister everything that was registered (``%unload_ext``)."""
    if (magics := _loaded(shell)) is None:
        return
    for table in shell.magics_manager.magics.values():
        ours = table.pop("neosantara", None)
        if table.get(_SHORT) == ours:
            table.pop(_SHORT, None)
    shell.magics_manager.registry.pop(type(magics).__name__, None)
    shell.configurables.remove(magics)
    ipython.loaded.clear()
    magics.undo.close()


def _loaded(shell: Any) -> NeosantaraMagics | None:
    return next((one for one in shell.configurables if isinstance(one, NeosantaraMagics)), None)


def _drop_bad_configuration(shell: Any) -> dict[str, Any]:
    """Take what cannot be used out of our section of ``ipython_config.py``, with one line each, and return it.

    A typo in a configuration file must not make the extension fail to load. The lines come again at the first use:
    nobody sees those of an extension that is loaded before the notebook.
    """
    section = shell.config.get(NeosantaraMagics.__name__, {})
    given = {name: value for name, value in section.items() if name in fields.FIELDS}
    problems = _problems(given, allow_http=bool(section.get("allow_http", False)))
    for line in problems.values():
        warn(line)
    return {name: section.pop(name) for name in problems}


def _problems(given: Mapping[str, Any], *, allow_http: bool = False) -> dict[str, str]:
    """Return a warning for each configured value that cannot be used, by the setting's name."""
    found: dict[str, str] = {}
    for name, value in given.items():
        try:
            fields.validate(name, value, allow_http=allow_http)
        except UsageError as error:
            found[name] = f"NeosantaraMagics.{name}: {error.what}"
    return found


def protect_question_mark(lines: list[str]) -> list[str]:
    """Keep IPython from reading ``%neosantara ask Apa kabar?`` as a question about the magic.

    An input transformer: it runs before IPython looks for a final ``?``. Only lines that start
    with the ask command change, never inside a cell magic and never inside a string.
    """
    if not lines or lines[0].startswith("%%") or not any(_ASKING.match(line) or _LOADING.match(line) for line in lines):
        return lines
    inside = _rows_inside_strings(lines)
    lines = [line if row in inside else _ASKING.sub(_as_call, line) for row, line in enumerate(lines)]
    # Loaded it is, or this would not run: IPython's remark on a second %load_ext puzzles a class that loads it for all.
    kept = range(len(lines)) if any(line.startswith("%unload_ext") for line in lines) else inside
    return [line if row in kept else _LOADING.sub("", line) for row, line in enumerate(lines)]


def keep_empty_cell(lines: list[str]) -> list[str]:
    """Give a cell of ours that is one line long an empty second one: its error is then ours, not IPython's."""
    return [re.sub(_EMPTY, r"\1'\\n')", lines[0])] if len(lines) == 1 else lines


def _as_call(asking: re.Match[str]) -> str:
    before, name, typed = asking.groups()
    return f"{before}get_ipython().run_line_magic({name!r}, {typed.strip()!r})\n"


def _rows_inside_strings(lines: list[str]) -> set[int]:
    """Return the rows that begin inside a string of several lines, as far as the cell can be read as Python."""
    rows: set[int] = set()
    with contextlib.suppress(tokenize.TokenError, SyntaxError):
        for token in tokenize.generate_tokens(iter(lines).__next__):
            rows.update(range(token.start[0], token.end[0]))
    return rows
