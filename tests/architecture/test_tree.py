"""The tree keeps its own rules: docstrings, sizes, public names, and nothing of one machine in it.

For: rules that no linter has. Not for: layers and forbidden imports (import-linter, in `scripts/check`).
"""

from __future__ import annotations

import ast
import re
import subprocess
import sys
import tomllib
import warnings
from collections.abc import Iterator
from pathlib import Path

import pytest

import neosantara_magic
from isolation import ROOT

PACKAGE = ROOT / "neosantara_magic"
MODULES = sorted(PACKAGE.rglob("*.py"))
LONGEST = 300
"""A file near this many lines is asking a question; the test warns, a reviewer answers."""

FORBIDDEN_NAMES = re.compile(r"(^|_)(utils?|helpers?|manager|handlers?|base|core|misc|common)(_|$)")


def tracked() -> list[Path]:
    """Return the text files that git tracks; none when this isn't a checkout."""
    listed = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, text=True, check=False).stdout
    paths = [ROOT / name for name in listed.split("\0") if name]
    binary = {".png", ".gif", ".jpg", ".ico", ".woff2"}
    return [path for path in paths if path.is_file() and path.suffix not in binary]


def named(path: Path) -> str:
    """Return a module's path below the package, for test ids."""
    return path.relative_to(PACKAGE).as_posix()


def test_a_file_says_what_it_is_for() -> None:
    """Each file opens with a docstring whose first line is a sentence, and no file is empty."""
    first = {m: (ast.get_docstring(ast.parse(m.read_text("utf-8"))) or "?").splitlines()[0] for m in MODULES}
    assert not {named(module): line for module, line in first.items() if line == "?" or line[-1] not in ".:?"}


def test_modules_import_no_package_root() -> None:
    """Only the outside imports the root: inside, it would tie every file to every other."""
    assert not {named(m): found for m in MODULES if m != PACKAGE / "__init__.py" and (found := root_imports(m))}


def root_imports(module: Path) -> list[int]:
    """Return the lines of a module that import the package root or one of its lazy names."""
    lines = []
    for node in ast.walk(ast.parse(module.read_text("utf-8"))):
        if isinstance(node, ast.Import) and "neosantara_magic" in {alias.name for alias in node.names}:
            lines.append(node.lineno)
        if isinstance(node, ast.ImportFrom):
            folder = module.parents[max(node.level - 1, 0)]
            is_root = node.module == "neosantara_magic" or (node.level and not node.module and folder == PACKAGE)
            names = {alias.name for alias in node.names} if is_root else set()
            if any(not (PACKAGE / f"{n}.py").exists() and not (PACKAGE / n).is_dir() for n in names):
                lines.append(node.lineno)
    return lines


def test_third_party_imports_are_declared() -> None:
    """What the package imports is in pyproject.toml, as a dependency or an extra; nothing rides on others' dependencies."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
    asked = [*project["dependencies"], *(one for extra in project["optional-dependencies"].values() for one in extra)]
    declared = {re.split(r"[^\w-]", one)[0].replace("-", "_").lower() for one in asked}
    # Part of pydantic and pinned by it; markdown-it-py's own name; the rest are the notebook's own, used only when the user brings their objects.
    declared |= {"pydantic_core", "markdown_it", "neosantara_magic"} | {
        "numpy",
        "pandas",
        "polars",
        "pyarrow",
        "matplotlib",
        "pil",
        "google",
        "kaggle_secrets",
    }
    imported = imports()
    loose = {n: f for n, f in imported.items() if n not in sys.stdlib_module_names}
    assert not {n: f for n, f in loose.items() if n.lower() not in declared}


def imports() -> dict[str, set[str]]:
    """Return what the package imports from elsewhere: the top name, and the files that import it."""
    imported: dict[str, set[str]] = {}
    for module in MODULES:
        for node in ast.walk(ast.parse(module.read_text("utf-8"))):
            names = [alias.name for alias in node.names] if isinstance(node, ast.Import) else []
            if isinstance(node, ast.ImportFrom) and not node.level and node.module:
                names.append(node.module)
            for name in names:
                imported.setdefault(name.partition(".")[0], set()).add(named(module))
    return imported


def test_declared_dependencies_are_imported() -> None:
    """Each dependency in pyproject.toml is imported by some file: one that nothing imports is a burden on every user."""
    declared = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]["dependencies"]
    names = {re.split(r"[^\w-]", one)[0].replace("-", "_").lower() for one in declared}
    # markdown-it-py is imported as markdown_it, which no rule derives.
    assert names - {"markdown_it_py"} <= {name.lower() for name in imports()}


def test_files_that_texts_name_exist() -> None:
    """A path in double backquotes, as ``render/blocks.py``, is one of this package or of the checkout."""
    path = re.compile(r"``((?:[\w-]+/)*[\w-]+\.(?:py|js|css)|docs/[\w/.-]+)``")
    gone = {}
    for module in MODULES:
        for number, line in enumerate(module.read_text("utf-8").splitlines(), 1):
            for name in path.findall(line):
                if name not in NOT_OURS and not any(
                    (place / name).exists() for place in [ROOT, PACKAGE, *near(module)]
                ):
                    gone[f"{named(module)}:{number}"] = name
    assert not gone


NOT_OURS = {"ipython_config.py"}
"""Files of the user's that a docstring names."""


def near(module: Path) -> list[Path]:
    """Return the folders in which a docstring may name a file by its bare name: its own, and those above it."""
    return [folder for folder in module.parents if PACKAGE in (folder, *folder.parents)]


def test_every_mutant_finds_its_place() -> None:
    """`scripts/mutants` runs outside the gate; a line of its table that nothing fits would be seen too late."""
    tree = ast.parse((ROOT / "scripts" / "mutants").read_text())
    (table,) = (
        one.value for one in tree.body if isinstance(one, ast.Assign) and ast.unparse(one.targets[0]) == "MUTANTS"
    )
    for _, file, text, _, tests in ast.literal_eval(table):
        assert (PACKAGE / file).read_text().count(text) == 1, text
        assert all((ROOT / one).exists() for one in tests.split()), tests


def test_every_public_name_has_a_user() -> None:
    """Each function and class without an underscore is used in the package, exported, or named in the documentation."""
    used = set(neosantara_magic.__all__)
    defined: dict[str, str] = {}
    for module in MODULES:
        tree = ast.parse(module.read_text("utf-8"))
        for node in ast.walk(tree):
            if isinstance(node, ast.Name | ast.Attribute):
                used.add(node.id if isinstance(node, ast.Name) else node.attr)
        defined |= {name: f"{named(module)}:{line}" for name, line in public(tree)}
    documented = "".join(page.read_text("utf-8") for page in [*ROOT.glob("*.md"), *(ROOT / "docs/how-to").glob("*.md")])
    loose = {name: place for name, place in defined.items() if name not in used | CALLED_BY_OTHERS}
    assert not {name: place for name, place in loose.items() if not re.search(rf"\b{name}\b", documented)}


CALLED_BY_OTHERS = {
    "add_signal_handler",
    "load_ipython_extension",
    "unload_ipython_extension",
    "default_headers",
    "writelines",
}
"""By asyncio, IPython, the openai SDK, and whatever writes to ``sys.stdout``."""


def public(tree: ast.Module) -> list[tuple[str, int]]:
    """Return the functions, classes and methods of a file that no underscore marks as its own, with their lines."""
    kinds = ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef
    return [(n.name, n.lineno) for n in ast.walk(tree) if isinstance(n, kinds) and not n.name.startswith("_")]


def test_a_file_has_a_name_that_says_something() -> None:
    """No utils, helpers, manager, handler, base, core: such a file has no question it answers."""
    assert not [named(module) for module in MODULES if FORBIDDEN_NAMES.search(module.stem)]


def test_long_files_are_reported() -> None:
    """Files past 300 lines are named in the warnings; past twice that, the test fails."""
    lengths = {named(m): len(m.read_text("utf-8").splitlines()) for m in MODULES}
    # The catalogue is a table, not a program.
    long = {name: n for name, n in lengths.items() if n > LONGEST and not name.startswith("texts/")}
    with warnings.catch_warnings():
        warnings.simplefilter("always")
        for name, n in sorted(long.items()):
            warnings.warn(f"{name} has {n} lines: is it one thing?", stacklevel=1)
    assert not {name: n for name, n in long.items() if n > 2 * LONGEST}


def test_no_registry_is_named() -> None:
    """Locks and scripts work with any mirror: the tree names no package registry."""
    # Put together here, so that this file does not find itself.
    hosts = [".".join(host) for host in (("pypi", "org"), ("pythonhosted", "org"), ("npmjs", "org"), ("npmjs", "com"))]
    found = {path.relative_to(ROOT): host for path in tracked() for host in hosts if host in text(path)}
    assert not found


def test_no_machine_is_named() -> None:
    """No absolute path of somebody's machine is in the tree."""
    machine = re.compile(
        r"(?<![\w.])/(?:" + "|".join(("wo" + "rk", "ro" + "ot", "Us" + "ers", "ho" + "me")) + r")/[\w.]"
    )
    found = {}
    for path in tracked():
        for number, line in enumerate(text(path).splitlines(), 1):
            # A URL path may hold such a word; a path in a docstring's example of what to hide may not.
            if (match := machine.search(line)) and "://" not in line:
                found[f"{path.relative_to(ROOT)}:{number}"] = line[max(match.start() - 20, 0) : match.end() + 20]
    assert not found


def test_locks_have_hashes() -> None:
    """Every pinned requirement carries a hash, and no lock says where it was made from."""
    for lock in (ROOT / "requirements").glob("*.txt"):
        if lock.stem in {"colab", "kaggle"}:
            continue  # what those machines hold, not what we install
        lines = lock.read_text("utf-8").splitlines()
        pins = [i for i, line in enumerate(lines) if "==" in line and not line.lstrip().startswith("#")]
        assert pins, lock.name
        assert all("--hash=" in lines[i + 1] for i in pins), lock.name
        assert "://" not in lock.read_text("utf-8"), lock.name


def test_public_names_are_there() -> None:
    """Everything in `__all__` can be imported, is sorted, and belongs to this package."""
    assert list(neosantara_magic.__all__) == sorted(neosantara_magic.__all__)
    for name in neosantara_magic.__all__:
        member = getattr(neosantara_magic, name)
        assert member.__module__.startswith("neosantara_magic"), name
        assert name in dir(neosantara_magic)


def test_public_names_are_complete() -> None:
    """The names that the documentation promises are exported, with every error of ours."""
    from neosantara_magic import errors

    promised = {"ask", "tool", "Conversation", "Response", "Stopped"}
    raised = {
        name
        for name, member in vars(errors).items()
        if isinstance(member, type) and issubclass(member, BaseException) and not name.startswith("_")
    }
    assert promised | raised <= set(neosantara_magic.__all__)


def test_a_wrong_public_name_is_an_attribute_error() -> None:
    """The lazy root fails as any module does."""
    with pytest.raises(AttributeError):
        neosantara_magic.no_such_name  # noqa: B018


def text(path: Path) -> str:
    """Return a file's text; empty when it is not text."""
    try:
        return path.read_text("utf-8")
    except UnicodeDecodeError:
        return ""


@pytest.mark.parametrize("module", MODULES, ids=named)
def test_no_module_asks_which_front_end_it_is(module: Path) -> None:
    """What differs is a trait of the front end's row, so a new one is a change of one file."""
    found = names_of_front_ends(ast.parse(module.read_text("utf-8")))
    assert bool(found) == (named(module) == "ipython/front_ends.py"), found


def names_of_front_ends(tree: ast.Module) -> list[str]:
    """Return what a module compares with the name of a front end, or what only one of them has."""
    tests = [[node.left, *node.comparators] for node in ast.walk(tree) if isinstance(node, ast.Compare)]
    calls = [node for node in ast.walk(tree) if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute)]
    tests += [call.args for call in calls if isinstance(call.func, ast.Attribute) and call.func.attr == "startswith"]
    asked = [ast.unparse(one) for test in tests for one in test]
    own = re.compile(
        r"front_end(\.name)?$|['\"].*(colab|vs ?code|voila|nbclassic|jupyter ?(lab|console)).*['\"]", re.IGNORECASE
    )
    return [one for one in asked if own.search(one)]


@pytest.mark.parametrize(
    "source", ["notebook.front_end == x", "x in front_end.name", "'google.colab' in y", "x.startswith('vscode-')"]
)
def test_a_name_of_a_front_end_is_found(source: str) -> None:
    """The guard sees a comparison from either side; a trait is none."""
    assert names_of_front_ends(ast.parse(source))
    assert not names_of_front_ends(ast.parse("notebook.front_end.panel == 'none'"))


WIRE = ("api", "demo")
"""Where a content type is a server's word about a body, not a form of a display."""


@pytest.mark.parametrize("module", MODULES, ids=named)
def test_every_display_is_made_in_one_place(module: Path) -> None:
    """HTML and Markdown for a front end come from `render/forms.py`; nothing is displayed around it."""
    found = list(displays(ast.parse(module.read_text("utf-8"))))
    if named(module) == "render/forms.py":
        assert [name for _, name in found] == ["text/html", "text/markdown"]
    elif named(module).partition("/")[0] not in WIRE:
        assert found == []


def displays(tree: ast.Module) -> Iterator[tuple[int, str]]:
    """Yield line and name of each MIME type of a display and each use of IPython's own display classes."""
    docs = {id(node.value) for node in ast.walk(tree) if isinstance(node, ast.Expr)}
    makers = {"HTML", "Markdown", "Latex", "SVG", "Javascript"}
    for node in ast.walk(tree):
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and id(node) not in docs:
            yield from ((node.lineno, mime) for mime in ("text/html", "text/markdown") if mime in node.value)
        if isinstance(node, ast.ImportFrom) and (node.module or "").startswith("IPython"):
            yield from ((node.lineno, one.name) for one in node.names if one.name in makers)
        if isinstance(node, ast.FunctionDef) and node.name in {"_repr_html_", "_repr_markdown_"}:
            yield node.lineno, node.name


@pytest.mark.parametrize(
    "source",
    [
        'x = {"text/html": y}',
        'x = f"text/markdown{y}"',
        "from IPython.display import Markdown",
        "class A:\n    def _repr_html_(self): ...",
    ],
)
def test_a_display_of_its_own_is_found(source: str) -> None:
    """The guard sees each way around the one place; words in a docstring are none."""
    assert list(displays(ast.parse(source)))
    assert not list(displays(ast.parse('"""Not text/html."""')))
