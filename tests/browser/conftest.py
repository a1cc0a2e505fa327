"""A real Jupyter server and Debian's Chromium for the browser tests.

For: the fixtures ``lab`` and ``notebook7``: call one with the sources of the cells, or with the path of an
``.ipynb``, and get a `NotebookPage` with the notebook open and its kernel idle::

    pytestmark = pytest.mark.browser

    def test_it(lab: Open) -> None:
        nb = lab(["print(6 * 7)"])
        nb.run_cell(0)
        assert nb.text(0) == "42"

Not for: anything a kernel test can show. One server and one browser serve the whole run; each test has
kernels of its own and leaves none behind. JupyterLab itself stays open from test to test; ``nb.reusable = False`` says
that a test did something to its page. Keyword arguments of ``lab`` set environment variables in its kernel,
but ``ipykernel="7.3.0"`` chooses one of the versions that `scripts/test browser` puts aside. With
KEEP_SIGHT=folder each test leaves a picture of its pages as they were at its end.
"""

from __future__ import annotations

import importlib.util
import json
import os
import shutil
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from browser.notebookpage import NotebookPage
from isolation import ROOT, isolated
from wire.server import ScriptedServer

if TYPE_CHECKING:
    from playwright.sync_api import BrowserContext, Page, Playwright, ViewportSize

Open = Callable[..., NotebookPage]

OLDER_IPYKERNELS = ROOT / ".cache" / "ipykernel"
TOKEN = "tests"  # it guards a server on loopback that lives for one test run
CHROMIUM = [
    "--no-sandbox",  # CI runs as root in a container
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1",
]
VIEWPORT: ViewportSize = {"width": 1200, "height": 850}
# Opens another notebook in JupyterLab, and ends what an earlier test left there.
OPEN = """async path => {
    const { commands, shell } = window.jupyterapp;
    const earlier = [...shell.widgets('main')];
    const widget = await commands.execute('docmanager:open', { path, factory: 'Notebook' });
    shell.activateById(widget.id);
    shell.expandLeft();
    earlier.forEach(left => left.dispose());
    window.testsRunning = null;
}"""
# A kernel that has just started may lose a first request: what comes to the same when run twice is sent again.
EXECUTE = """async code => {
    for (let tries = 0; tries < 6; tries++) {
        const { kernel } = window.jupyterapp.shell.currentWidget.context.sessionContext.session;
        const done = kernel.requestExecute({code, silent: true, store_history: false}).done.then(() => true);
        if (await Promise.race([done, new Promise(ended => setTimeout(ended, 5000))])) return true;
    }
    return false;
}"""
# Nothing asks the network or the user: no news, no update check, no extension manager.
QUIET = {
    "disabledExtensions": {
        "@jupyterlab/apputils-extension:announcements": True,
        "@jupyterlab/extensionmanager-extension:plugin": True,
    }
}
SETTINGS = {
    # All cells are in the page, also those below the fold.
    "notebook-extension/tracker": {"windowingMode": "none"},
    "apputils-extension/notification": {"fetchNews": "false", "checkForUpdates": False},
}


def _chromium() -> str | None:
    return os.environ.get("CHROMIUM") or shutil.which("chromium") or shutil.which("chromium-browser")


def _missing() -> str:
    for module in ("playwright", "jupyterlab", "notebook"):
        if importlib.util.find_spec(module) is None:
            return f"{module} is not installed: run `scripts/test browser`"
    return "" if _chromium() else "Chromium is not installed: `apt-get install chromium`, or set CHROMIUM to its path"


@pytest.fixture(scope="session")
def _possible() -> None:
    """Skip where a browser test can't run; in CI it must."""
    if missing := _missing():
        if os.environ.get("CI"):
            pytest.fail(missing)
        pytest.skip(missing)


@pytest.fixture(scope="session")
def server(_possible: None, tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[str, Path]]:
    """Give the address and the folder of a JupyterLab server that serves Notebook 7 too."""
    folder = tmp_path_factory.mktemp("notebooks")
    with jupyter(tmp_path_factory.mktemp("jupyter-home"), folder) as address:
        yield address, folder


@contextmanager
def jupyter(home: Path, folder: Path) -> Iterator[str]:
    """Serve a folder; give the address."""
    _write(home / "jupyter/config/labconfig/page_config.json", QUIET)
    for name, values in SETTINGS.items():
        _write(home / f"jupyter/settings/@jupyterlab/{name}.jupyterlab-settings", values)
    environment = isolated(home) | {"PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"}
    for version in OLDER_IPYKERNELS.glob("*"):
        spec = {
            "argv": [sys.executable, "-m", "ipykernel_launcher", "-f", "{connection_file}"],
            "display_name": f"ipykernel {version.name}",
            "language": "python",
            "env": {"PYTHONPATH": f"{version}{os.pathsep}{environment['PYTHONPATH']}"},
        }
        _write(home / f"jupyter/data/kernels/ipykernel-{version.name}/kernel.json", spec)
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    flags = {
        "ServerApp.ip": "127.0.0.1",
        "ServerApp.port": port,
        "ServerApp.port_retries": 0,
        "ServerApp.root_dir": folder,
        "ServerApp.open_browser": False,
        "ServerApp.allow_root": True,
        "IdentityProvider.token": TOKEN,
        "LabApp.expose_app_in_browser": True,
        "JupyterNotebookApp.expose_app_in_browser": True,
        "LabApp.extension_manager": "readonly",
        "LabApp.check_for_updates_class": "jupyterlab.NeverCheckForUpdate",
    }
    log = home / "server.log"
    with log.open("w") as out:
        process = subprocess.Popen(
            [sys.executable, "-m", "jupyterlab", *(f"--{k}={v}" for k, v in flags.items())],
            env=environment,
            cwd=folder,
            stdout=out,
            stderr=subprocess.STDOUT,
        )
    address = f"http://127.0.0.1:{port}"
    try:
        _wait_for(f"{address}/api/status?token={TOKEN}", process, log)
        yield address
    finally:
        # The tests have ended their kernels; asked politely, the server takes 10 s to see that nothing is left.
        process.kill()
        process.wait()


@pytest.fixture(scope="session")
def chromium(_possible: None, tmp_path_factory: pytest.TempPathFactory) -> Iterator[BrowserContext]:
    """Give Debian's Chromium, headless, under Playwright."""
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        context = launched(playwright, tmp_path_factory.mktemp("chromium"))
        yield context
        context.close()


def launched(playwright: Playwright, profile: Path) -> BrowserContext:
    """Return the browser with a profile on disk, where it keeps JupyterLab's code compiled from page to page."""
    context = playwright.chromium.launch_persistent_context(
        profile,
        executable_path=_chromium(),
        args=CHROMIUM,
        viewport=VIEWPORT,
        device_scale_factor=2 if os.environ.get("UPDATE_SCREENSHOTS") else 1,
        locale="en-US",
    )
    context.set_default_timeout(30_000)
    return context


@pytest.fixture
def service() -> Iterator[ScriptedServer]:
    """Give a loopback server in the place of Neosantara; see `browser.speaking`."""
    with ScriptedServer() as scripted:
        yield scripted


@pytest.fixture(scope="session")
def spare() -> list[Page]:
    """Give the place where JupyterLab waits, open and empty, for the next test: to load it costs seconds."""
    return []


@pytest.fixture
def lab(
    server: tuple[str, Path], chromium: BrowserContext, spare: list[Page], request: pytest.FixtureRequest
) -> Iterator[Open]:
    """Give a function that opens a notebook in JupyterLab."""
    yield from _opener(server, chromium, request.node.name, "/lab/tree/", spare)


@pytest.fixture
def notebook7(
    server: tuple[str, Path], chromium: BrowserContext, spare: list[Page], request: pytest.FixtureRequest
) -> Iterator[Open]:
    """Give a function that opens a notebook in Notebook 7."""
    yield from _opener(server, chromium, request.node.name, "/notebooks/", spare)


def _opener(
    server: tuple[str, Path], chromium: BrowserContext, test: str, route: str, spare: list[Page]
) -> Iterator[Open]:
    address, folder = server
    opened: list[NotebookPage] = []

    def open_notebook(
        what: list[str] | Path, *, name: str = "", ipykernel: str = "", **environment: str
    ) -> NotebookPage:
        """Open the cells ``what`` (a source starting with ``# md`` is Markdown) or a copy of the file ``what``."""
        named = name or (what.name if isinstance(what, Path) else f"{test.partition('[')[0]}.ipynb")
        path = folder / named
        if isinstance(what, Path):
            shutil.copyfile(what, path)
        else:
            path.write_text(json.dumps(_notebook(what, f"ipykernel-{ipykernel}" if ipykernel else "python3")))
        reused = spare.pop() if spare and route == "/lab/tree/" else None
        notebook = NotebookPage(reused or chromium.new_page(), path)
        opened.append(notebook)
        page = notebook.page
        if reused:
            page.bring_to_front()
            page.set_viewport_size(VIEWPORT)
            page.evaluate(OPEN, path.name)
        else:
            page.goto(f"{address}{route}{path.name}?token={TOKEN}&reset")
        notebook.wait_idle()
        page.locator(".jp-Notebook .jp-Cell").first.wait_for()
        # Notebook 7 complains about commands of JupyterLab it lacks while it starts; only later errors are ours.
        notebook.problems.clear()
        if environment:
            code = f"import os; os.environ.update({environment!r}); del os"
            assert page.evaluate(EXECUTE, code), "the kernel does not answer"
        return notebook

    yield open_notebook
    if os.environ.get("KEEP_SIGHT"):
        for number, page in enumerate(chromium.pages[1:]):
            page.screenshot(path=f"{os.environ['KEEP_SIGHT']}/{test.partition('[')[0]}-{number}.png")
    if route == "/lab/tree/":
        spare.extend([nb.page for nb in opened if nb.reusable and not nb.page.is_closed() and nb.leave()][:1])
    for page in chromium.pages[1:]:  # the first is the browser's own
        if page not in spare:
            page.close()
    _end_kernels(address)


def _notebook(sources: list[str], kernel_name: str) -> dict[str, Any]:
    cells: list[dict[str, Any]] = []
    for index, source in enumerate(sources):
        cell: dict[str, Any] = {"id": f"cell-{index}", "metadata": {}, "source": source}
        if source.startswith("# md"):
            cell |= {"cell_type": "markdown", "source": source.partition("\n")[2]}
        else:
            cell |= {"cell_type": "code", "outputs": [], "execution_count": None}
        cells.append(cell)
    kernel = {"name": kernel_name, "display_name": kernel_name, "language": "python"}
    return {"cells": cells, "metadata": {"kernelspec": kernel}, "nbformat": 4, "nbformat_minor": 5}


def _end_kernels(address: str) -> None:
    for session in json.load(urllib.request.urlopen(f"{address}/api/sessions?token={TOKEN}", timeout=10)):  # noqa: S310
        gone = urllib.request.Request(  # noqa: S310  (loopback)
            f"{address}/api/sessions/{session['id']}", method="DELETE", headers={"Authorization": f"token {TOKEN}"}
        )
        urllib.request.urlopen(gone, timeout=10).close()  # noqa: S310  (loopback)


def _wait_for(address: str, process: subprocess.Popen[bytes], log: Path) -> None:
    deadline = time.monotonic() + 90
    while time.monotonic() < deadline:
        assert process.poll() is None, f"the server ended:\n{log.read_text()}"
        with suppress(OSError):
            urllib.request.urlopen(address, timeout=5).close()  # noqa: S310  (loopback)
            return
        time.sleep(0.2)
    pytest.fail(f"the server did not answer in 90 s:\n{log.read_text()}")


def _write(path: Path, value: object) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(value))
