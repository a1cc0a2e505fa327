"""Stop, pressed in a real front end: at once, for this answer only, and nothing that was paid for is lost."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from browser.notebookpage import NotebookPage
from browser.speaking import LOAD, answer, at, half
from wire.server import ScriptedServer

pytestmark = pytest.mark.browser

Open = Callable[..., NotebookPage]

ASK = "%%neosantara\nHujan?"
STATE = "print(_neosantara.stopped, repr(_neosantara.text))"

# Presses Stop, and notes the milliseconds until the answer is static.
PRESS = """async () => {
    const began = performance.now();
    document.querySelector('.neosantara-stop').click();
    while (document.querySelector('.neosantara')) await new Promise(requestAnimationFrame);
    return performance.now() - began;
}"""


VERSION = "import ipykernel; print(ipykernel.__version__)"


@pytest.mark.parametrize(
    ("front_end", "ipykernel"), [("lab", ""), ("lab", "7.3.0"), ("lab", "6.31.0"), ("notebook7", "")]
)
def test_stop_ends_the_answer(
    front_end: str, ipykernel: str, request: pytest.FixtureRequest, service: ScriptedServer
) -> None:
    """The service sees the line cut, the half stays and is marked, the cell fails in two lines, Run All halts.

    On each ipykernel that hears the button in a way of its own: by a message or by an interrupt.
    """
    open_notebook: Open = request.getfixturevalue(front_end)
    nb = open_notebook([LOAD, ASK, "print('never')", STATE, VERSION], ipykernel=ipykernel, **at(service))
    half(service, "Separuh jawaban.")
    nb.page.evaluate("() => { window.testsRunning = window.jupyterapp.commands.execute('notebook:run-all-cells'); }")
    nb.wait_text(1, "Separuh jawaban.")
    milliseconds = nb.page.evaluate(PRESS)
    print(f"{front_end} {ipykernel}: static {milliseconds:.0f} ms after Stop")
    assert service.closed_early.wait()
    nb.wait_done()
    shown, error = nb.model(1)
    assert "".join(shown["data"]["text/plain"]).startswith("Separuh jawaban.")
    assert "stopped" in "".join(shown["data"]["text/markdown"])
    assert error["ename"] == "Stopped"
    assert len(nb.outputs(1).last.inner_text().strip().splitlines()) == 2
    assert nb.model(2) == []
    nb.run_cell(3)
    assert nb.text(3).strip() == "True 'Separuh jawaban.'"
    nb.run_cell(4)
    assert nb.text(4).strip() == ipykernel or not ipykernel


def test_stop_with_the_keyboard_while_the_service_is_silent(lab: Open, service: ScriptedServer) -> None:
    """Before the first byte there is a Stop button; Tab reaches it and Enter presses it, not the notebook's Enter."""
    nb = lab([LOAD, ASK], **at(service))
    nb.run_cell(0)
    service.answer(mute=True)
    nb.run_cell(1, wait=False)
    button = nb.cell(1).locator(".neosantara-stop")
    button.wait_for()
    assert service.wait_for_requests()
    nb.cell(1).get_by_text("Waiting for the answer").wait_for()
    for _ in range(40):
        nb.page.keyboard.press("Tab")
        if nb.page.evaluate("() => document.activeElement.className") == "neosantara-stop":
            break
    else:
        pytest.fail("Tab does not reach the Stop button")
    nb.page.keyboard.press("Enter")
    nb.wait_done()
    assert service.closed_early.wait()
    shown, error = nb.model(1)
    assert "".join(shown["data"]["text/plain"]) == "stopped"
    assert error["ename"] == "Stopped"


def test_stop_ends_a_function_that_runs(lab: Open) -> None:
    """A tool that sleeps is interrupted; its card stays."""
    tool = "def wait_for_rain(city: str) -> str:\n    'Wait for rain in a city.'\n    import time\n    time.sleep(60)"
    nb = lab([LOAD, tool, "%%neosantara --tools wait_for_rain\nWait for rain in Jakarta."], NEOSANTARA_DEMO="1")
    nb.run_cell(0)
    nb.run_cell(1)
    nb.run_cell(2, wait=False)
    nb.wait_text(2, "wait_for_rain")
    nb.cell(2).get_by_text("running").wait_for()
    nb.page.evaluate(PRESS)
    nb.wait_done()
    assert nb.model(2)[-1]["ename"] == "Stopped"
    assert "wait_for_rain" in "".join(nb.model(2)[0]["data"]["text/plain"])


def test_stop_at_the_end_never_hits_the_next_cell(lab: Open, service: ScriptedServer) -> None:
    """Stop pressed around the moment the answer ends either stops that answer or nothing."""
    delays = (0, 10, 20, 30, 45, 60, 80, 110)
    after = "import time\ntime.sleep(0.7)\nprint('unharmed')"
    nb = lab([LOAD, *[cell for _ in delays for cell in (ASK, after)]], **at(service))
    nb.run_cell(0)
    outcomes = []
    for place, delay in enumerate(delays):
        answer(service, "Satu dua tiga.", every=0.1)
        nb.page.evaluate(
            """([first, delay]) => {
                const { content } = window.jupyterapp.shell.currentWidget;
                const cell = content.widgets[first].node;
                const press = new MutationObserver(() => {
                    if (!cell.innerText.includes('tiga')) return;
                    press.disconnect();
                    setTimeout(() => document.querySelector('.neosantara-stop')?.click(), delay);
                });
                press.observe(cell, {subtree: true, childList: true, characterData: true});
                // Both are queued in the kernel, as Run All does.
                window.testsRunning = Promise.all([first, first + 1].map(index => {
                    content.activeCellIndex = index;
                    return window.jupyterapp.commands.execute('notebook:run-cell');
                }));
            }""",
            [1 + 2 * place, delay],
        )
        nb.wait_done()
        stopped = nb.model(1 + 2 * place)[-1].get("ename") == "Stopped"
        ran = nb.text(2 + 2 * place).strip()
        assert ran == ("" if stopped else "unharmed"), f"{delay} ms: {nb.model(2 + 2 * place)}"
        outcomes.append("stopped" if stopped else "whole")
        assert "Satu dua tiga." in nb.text(1 + 2 * place)
    print(dict(zip(delays, outcomes, strict=True)))
