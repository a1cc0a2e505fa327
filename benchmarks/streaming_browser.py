"""What a streamed answer costs JupyterLab, against full HTML sent thirty times a second, in the same run.

Run with the browser environment: ``python benchmarks/streaming_browser.py`` (about two minutes), 4,000 tokens at
200 a second each. Main-thread time is Chromium's own count (TaskDuration) less that of an idle JupyterLab, which is
measured first. Last paint: from the last token's leaving the service to the last change in the live widget; the
static twin, which JupyterLab then renders in its place, is reported beside it, and so are the long tasks after the last
token. A short answer of each kind goes first: what JupyterLab loads at its first Markdown is not the stream's.
"""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from benchmarks.blocks import text_of
from browser import conftest
from browser.notebookpage import NotebookPage
from browser.speaking import LOAD, at, events
from wire.server import EVENT_STREAM, ScriptedServer, sse

TOKENS, RATE, TOKEN = 4_000, 200, 4

ASK = "%%neosantara --once\ngo"
FULL = """
import time, json, urllib.request, ipywidgets
from markdown_it import MarkdownIt
from IPython.display import display
def full_html():
    md, shown, text, due = MarkdownIt(), ipywidgets.HTML(), "", 0
    display(shown)
    asked = urllib.request.Request(URL + "/responses", b"{}", {"Content-Type": "application/json"})
    for line in urllib.request.urlopen(asked):
        if line.startswith(b"data: ") and b'"delta"' in line:
            text += json.loads(line[6:])["delta"]
            if time.monotonic() >= due:
                shown.value = md.render(text)
                due = time.monotonic() + 1 / 30
    shown.value = md.render(text)
"""

WATCH = """() => {
    window.watching?.forEach(one => one.disconnect());  // else each run would be counted by the watchers of those before
    window.measured = { frames: [], long: [], last: 0, settled: 0 };
    let before = performance.now();
    const tick = now => { window.measured.frames.push(now - before); before = now; window.measured.on && requestAnimationFrame(tick); };
    window.measured.on = true;
    requestAnimationFrame(tick);
    const tasks = new PerformanceObserver(list => list.getEntries().forEach(
        e => window.measured.long.push([performance.timeOrigin + e.startTime, e.duration])));
    tasks.observe({ entryTypes: ['longtask'] });
    const live = node => (node.closest ? node : node.parentElement)?.closest('.neosantara-content, .widget-html-content');
    const page = new MutationObserver(changes => {
        window.measured.settled = Date.now();
        if (changes.some(change => live(change.target))) window.measured.last = window.measured.settled;
    });
    page.observe(document.querySelector('.jp-Notebook'), { subtree: true, childList: true, characterData: true });
    window.watching = [tasks, page];
}"""


class Spoken:
    """An answer at its rate; remembers when the last token left."""

    def __init__(self, tokens: int) -> None:
        text = text_of(tokens)
        self._chunks = sse(*events([text[i : i + TOKEN] for i in range(0, len(text), TOKEN)]))
        self.ended = 0.0

    def __iter__(self) -> Iterator[bytes]:
        began = time.monotonic()
        for place, chunk in enumerate(self._chunks):
            time.sleep(max(0.0, began + place / RATE - time.monotonic()))
            self.ended = time.time()
            yield chunk


def task_seconds(session: Any) -> float:
    """Return the main thread's busy seconds so far."""
    metrics = session.send("Performance.getMetrics")["metrics"]
    return next(float(one["value"]) for one in metrics if one["name"] == "TaskDuration")


def run(
    nb: NotebookPage, session: Any, cell: int, service: ScriptedServer | None, tokens: int = TOKENS
) -> dict[str, float]:
    """Run a cell; return what the page went through."""
    spoken = Spoken(tokens)
    if service is not None:
        service.answer(200, EVENT_STREAM, iter(spoken))
    # An answer of the run before, above or below this one, would be laid out with it.
    nb.page.evaluate("async () => { await window.jupyterapp.commands.execute('notebook:clear-all-cell-outputs'); }")
    nb.page.evaluate(WATCH)
    before = task_seconds(session)
    nb.run_cell(cell, timeout=120)
    busy = task_seconds(session) - before
    time.sleep(0.5)
    seen = nb.page.evaluate("() => { window.measured.on = false; return window.measured; }")
    frames = sorted(seen["frames"])
    ended = spoken.ended * 1000
    return {
        "busy": busy,
        "long": sum(began < ended for began, _ in seen["long"]),
        "long_after": sum(began >= ended for began, _ in seen["long"]),
        "p95": frames[int(len(frames) * 0.95)] if frames else 0.0,
        "late": seen["last"] - ended,
        "settled": seen["settled"] - ended,
    }


@contextmanager
def opened(cells: list[str], environment: dict[str, str]) -> Iterator[NotebookPage]:
    """Give a notebook in a JupyterLab of its own."""
    from playwright.sync_api import sync_playwright

    with TemporaryDirectory() as folder, sync_playwright() as playwright:
        home, notebooks = Path(folder) / "home", Path(folder) / "notebooks"
        home.mkdir()
        notebooks.mkdir()
        with conftest.jupyter(home, notebooks) as address:
            chromium = conftest.launched(playwright, Path(folder) / "profile")
            opener = conftest._opener((address, notebooks), chromium, "benchmark", "/lab/tree/")
            yield next(opener)(cells, **environment)
            next(opener, None)
            chromium.close()


def main() -> None:
    """Print the figures."""
    if missing := conftest._missing():
        sys.exit(missing)
    rounds = int(os.environ.get("ROUNDS", "1"))
    idle = f"import time; time.sleep({TOKENS / RATE})"
    with ScriptedServer() as service:
        cells = [LOAD, f"URL = {service.base_url!r}{FULL}", idle, ASK, "full_html()"]
        with opened(cells, at(service)) as nb:
            session = nb.page.context.new_cdp_session(nb.page)
            session.send("Performance.enable")
            nb.run_cell(0)
            nb.run_cell(1)
            for cell in (3, 4):
                run(nb, session, cell, service, tokens=300)
            at_rest = run(nb, session, 2, None)["busy"]
            print(f"idle JupyterLab: {at_rest:.2f} s of main thread in {TOKENS / RATE:.0f} s")
            for _ in range(rounds):
                ours, full = run(nb, session, 3, service), run(nb, session, 4, service)
                for name, one in (("ours", ours), ("full HTML", full)):
                    print(f"{name:10s} main thread {one['busy']:.2f} s ({one['busy'] - at_rest:.2f} s over idle), "
                          f"{one['long']:.0f} long tasks before the last token and {one['long_after']:.0f} after, "
                          f"p95 frame {one['p95']:.0f} ms, last paint {one['late']:.0f} ms after the last token, "
                          f"page at rest after {one['settled']:.0f} ms")  # fmt: skip
                ratio = (ours["busy"] - at_rest) / (full["busy"] - at_rest)
                for name, value, bar in (
                    ("main thread against full HTML", ratio, 0.6),
                    ("long tasks", ours["long"], 0),
                    ("p95 frame, ms", ours["p95"], 20),
                    ("last paint, ms", ours["late"], 60),
                ):
                    print(f"  {name}: {value:.2f}, bar {bar}: {'holds' if value <= bar else 'MISSED'}")


if __name__ == "__main__":
    main()
