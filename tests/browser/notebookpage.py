"""A notebook open in a browser, as a test handles it.

For: running cells, looking at outputs, saving, taking pictures, in JupyterLab and in Notebook 7 alike.
Not for: starting servers and browsers (`conftest.py`).
"""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from playwright.sync_api import Error, Locator, Page

ROOT = Path(__file__).resolve().parents[2]

_PANEL = "window.jupyterapp.shell.currentWidget"


class NotebookPage:
    """One open notebook. Cells are counted from 0, Markdown cells included."""

    def __init__(self, page: Page, path: Path) -> None:
        self.page = page
        """Playwright's page, for everything this class has no word for."""
        self.path = path
        """The notebook's file, as the server sees it."""
        self.outside: list[str] = []
        """Addresses off this machine that the page asked for."""
        self.problems: list[str] = []
        """Uncaught JavaScript errors."""
        self.reusable = True
        """Whether another test may open its notebook in this page; no, once it was given scripts or listeners."""
        page.on("request", self._note_request)
        page.on("pageerror", self._note_error)

    def cell(self, index: int) -> Locator:
        """Return a cell."""
        return self.page.locator(".jp-Notebook .jp-Cell").nth(index)

    def outputs(self, index: int) -> Locator:
        """Return the rendered outputs of a cell; ``.count()``, ``.nth(0)``, ``.inner_text()`` ..."""
        return self.cell(index).locator(".jp-OutputArea-output")

    def text(self, index: int) -> str:
        """Return what a reader sees below a cell, outputs joined by newlines."""
        return "\n".join(self.outputs(index).all_inner_texts())

    def model(self, index: int) -> list[dict[str, Any]]:
        """Return a cell's outputs as JupyterLab holds them and would store them."""
        outputs: list[dict[str, Any]] = self.page.evaluate(
            f"i => {_PANEL}.content.widgets[i].model.sharedModel.toJSON().outputs ?? []", index
        )
        return outputs

    def run_cell(self, index: int, *, wait: bool = True, timeout: float = 60.0) -> None:
        """Run a cell, and by default wait until its execution has ended (well or not)."""
        self.page.evaluate(
            f"""i => {{
                const panel = {_PANEL};
                panel.content.deselectAll();
                panel.content.activeCellIndex = i;
                window.testsRunning = window.jupyterapp.commands.execute('notebook:run-cell');
            }}""",
            index,
        )
        if wait:
            self.wait_done(timeout)

    def run_all(self, *, timeout: float = 120.0) -> None:
        """Do what Run > Run All Cells does, and wait for the end."""
        self.page.evaluate(
            "() => { window.testsRunning = window.jupyterapp.commands.execute('notebook:run-all-cells'); }"
        )
        self.wait_done(timeout)

    def wait_done(self, timeout: float = 60.0) -> None:
        """Wait for the end of what `run_cell` started.

        Raises:
            TimeoutError: Playwright's, after ``timeout`` seconds.
        """
        self.page.evaluate("() => { window.testsRunning.finally(() => { window.testsRunning = null; }); }")
        self.page.wait_for_function("() => window.testsRunning === null", timeout=timeout * 1000)
        self.wait_idle(timeout)

    def wait_idle(self, timeout: float = 60.0) -> None:
        """Wait until the kernel is there and has nothing to do."""
        self.page.wait_for_function(
            "() => window.jupyterapp?.shell?.currentWidget?.context?.sessionContext?.session?.kernel?.status === 'idle'",
            timeout=timeout * 1000,
        )

    def wait_text(self, index: int, text: str, timeout: float = 30.0) -> None:
        """Wait until ``text`` is seen in a cell's outputs."""
        self.outputs(index).filter(has_text=text).first.wait_for(timeout=timeout * 1000)

    def interrupt(self) -> None:
        """Do what Kernel > Interrupt Kernel does."""
        self.page.evaluate(f"() => {_PANEL}.context.sessionContext.session.kernel.interrupt()")

    def reopen(self) -> None:
        """End the kernel, and open the file anew, as a reader who comes later does."""
        self.page.evaluate(f"async () => {{ await {_PANEL}.context.sessionContext.shutdown(); }}")
        self.page.reload()
        self.wait_idle()
        self.page.locator(".jp-Notebook .jp-Cell").first.wait_for()

    def theme(self, name: str) -> None:
        """Change JupyterLab's theme."""
        self.page.evaluate(
            "async theme => { await window.jupyterapp.commands.execute('apputils:change-theme', {theme}); }", name
        )
        light = str("Dark" not in name).lower()
        self.page.wait_for_function(f"() => document.body.dataset.jpThemeLight === '{light}'")

    def restart(self) -> None:
        """Restart the kernel and wait until it is idle."""
        self.page.evaluate(f"async () => {{ await {_PANEL}.context.sessionContext.restartKernel(); }}")
        self.wait_idle()

    def save(self) -> dict[str, Any]:
        """Save, and return the notebook that is now in the file."""
        self.page.evaluate(f"async () => {{ await {_PANEL}.context.save(); }}")
        saved: dict[str, Any] = json.loads(self.path.read_text())
        return saved

    def save_without_widgets(self) -> dict[str, Any]:
        """Save once the page holds no widget any more: it closes an answer's a moment after the cell has ended."""
        for _ in range(40):
            saved = self.save()
            if "widgets" not in saved["metadata"]:
                return saved
            self.page.wait_for_timeout(250)
        raise AssertionError(f"the file holds {saved['metadata']['widgets']}")

    def screenshot(self, name: str, of: Locator | None = None) -> Path:
        """Take a picture of the page or of one element.

        Returns:
            ``.cache/screenshots/NAME.png``; with UPDATE_SCREENSHOTS=1 ``docs/images/NAME.png``.
        """
        folder = ROOT / ("docs/images" if os.environ.get("UPDATE_SCREENSHOTS") else ".cache/screenshots")
        folder.mkdir(parents=True, exist_ok=True)
        picture = folder / f"{name}.png"
        (of or self.page).screenshot(path=picture)
        return picture

    def leave(self) -> bool:
        """Close the notebook unsaved and listen to the page no longer; return whether another test may have the page.

        Once it was loaded anew, JupyterLab goes on to restore what was open, at any time.
        """
        self.page.remove_listener("request", self._note_request)
        self.page.remove_listener("pageerror", self._note_error)
        left: bool = self.page.evaluate("""() => {
            [...window.jupyterapp.shell.widgets('main')].forEach(left => left.dispose());
            return performance.getEntriesByType('navigation')[0].type === 'navigate';
        }""")
        return left

    def _note_error(self, error: Error) -> None:
        self.problems.append(str(error))

    def _note_request(self, request: Any) -> None:
        if not request.url.startswith(("http://127.0.0.1", "ws://127.0.0.1", "data:", "blob:", "about:")):
            self.outside.append(request.url)
