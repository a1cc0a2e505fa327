"""The chat panel as a reader uses it: typing, stopping, editing, approving, reloading, reopening the file.

For: what only a browser shows. Not for: the kernel's side of it (`tests/panel`).
"""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import pytest

from browser.notebookpage import NotebookPage
from render.payloads import PAYLOADS

if TYPE_CHECKING:
    from playwright.sync_api import Locator

pytestmark = pytest.mark.browser

Open = Callable[..., NotebookPage]

LOAD = """%load_ext neosantara_magic
%neosantara demo on
from neosantara_magic import chat, tool
def add(a: int, b: int) -> int:
    "Add two numbers."
    return a + b
@tool(confirm=True)
def delete_file(path: str) -> str:
    "Delete a file."
    return f"{path} is gone"
"""
CHAT = "panel = chat(tools=[add, delete_file])"
# A PNG of one pixel, dropped and pasted as a file.
FILE = """(panel, kind) => {
    const bytes = Uint8Array.from(atob("iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg=="), c => c.charCodeAt(0));
    const data = new DataTransfer();
    data.items.add(new File([bytes], "dot.png", { type: "image/png" }));
    const how = { bubbles: true, cancelable: true };
    panel.querySelector(".neosantara-form textarea").dispatchEvent(
        kind === "drop" ? new DragEvent("drop", { ...how, dataTransfer: data })
                        : new ClipboardEvent("paste", { ...how, clipboardData: data }));
}"""


def opened(nb: NotebookPage) -> Locator:
    """Run the first two cells and return the panel of the second."""
    nb.run_cell(0)
    nb.run_cell(1)
    panel = nb.cell(1).locator(".neosantara-panel")
    panel.wait_for()
    return panel


def field(panel: Locator) -> Locator:
    """Return the input at the bottom."""
    return panel.locator(".neosantara-form textarea")


def finished(panel: Locator, count: int) -> None:
    """Wait until there are this many turns and none is being answered."""
    panel.locator(f".neosantara-turn:nth-child({count})[aria-busy=false] .neosantara-again").wait_for()


def ask(panel: Locator, text: str, count: int) -> Locator:
    """Type a question, press Enter, wait for the answer's end, and return the turn."""
    field(panel).fill(text)
    field(panel).press("Enter")
    finished(panel, count)
    return panel.locator(".neosantara-turn").nth(count - 1)


def saved_with(nb: NotebookPage, text: str) -> list[dict[str, Any]]:
    """Save once the conversation in the file has this text, a moment after the panel has it; return its cell's outputs."""
    nb.cell(1).locator(".neosantara-transcript").filter(has_text=text).wait_for(state="attached")
    found: list[dict[str, Any]] = nb.save_without_widgets()["cells"][1]["outputs"]
    return found


@pytest.mark.parametrize("front_end", ["lab", "notebook7"])
def test_a_conversation(front_end: str, request: pytest.FixtureRequest) -> None:
    """Enter asks, a cell's turn joins in, the page can be reloaded, and the file holds text and no widget."""
    open_notebook: Open = request.getfixturevalue(front_end)
    nb = open_notebook([LOAD, CHAT, "%%neosantara\nSay rain"])
    panel = opened(nb)
    field(panel).fill("What is 17 + 25?")
    field(panel).press("Shift+Enter")
    field(panel).press_sequentially("Use the tools")
    assert field(panel).input_value() == "What is 17 + 25?\nUse the tools"
    field(panel).press("Enter")
    finished(panel, 1)
    assert "42" in panel.locator(".neosantara-turn").inner_text()
    assert field(panel).input_value() == ""
    # The live panel stands in front of the stored conversation.
    assert nb.cell(1).locator(".neosantara-transcript").is_hidden()
    nb.run_cell(2)
    finished(panel, 2)
    outputs = saved_with(nb, "Say rain")
    assert [set(one["data"]) for one in outputs] == [{"text/html", "text/markdown", "text/plain"}]
    assert "42" in json.dumps(outputs)
    assert "Say rain" in json.dumps(outputs)
    # The page is loaded again, the kernel is not: the panel comes back, and the file keeps up.
    nb.page.reload()
    nb.wait_idle()
    finished(panel, 2)
    ask(panel, "And 1 + 1?", 3)
    outputs = saved_with(nb, "And 1 + 1?")
    assert nb.cell(1).locator(".neosantara-transcript").is_hidden()
    assert [set(one["data"]) for one in outputs] == [{"text/html", "text/markdown", "text/plain"}]
    assert "And 1 + 1?" in json.dumps(outputs)
    assert panel.get_by_role("alert").count() == 0
    # The kernel starts anew: what stays is the text.
    nb.restart()
    panel.wait_for(state="detached")
    assert "And 1 + 1?" in nb.cell(1).locator(".neosantara-transcript").inner_text()
    assert nb.outside == []


def test_by_keyboard_alone(lab: Open) -> None:
    """A tool is approved, an answer stopped, a question edited, a conversation forked, without a mouse."""
    nb = lab([LOAD, CHAT])
    panel = opened(nb)
    keys = nb.page.keyboard
    field(panel).focus()
    keys.type('Delete the file path="a.txt"')
    keys.press("Enter")
    panel.locator(".neosantara-asks:focus").wait_for()
    assert "a.txt" in panel.locator(".neosantara-asks").inner_text()
    keys.press("Tab")
    panel.locator(".neosantara-run:focus").wait_for()
    keys.press("Tab")
    keys.press("Enter")
    finished(panel, 1)
    assert "refused" in panel.locator(".neosantara-turn").first.inner_text()
    # Focus is back at the input: type on.
    keys.type("demo: slow")
    keys.press("Shift+Enter")
    keys.type("Write a long story")
    keys.press("Enter")
    for again in (False, True):
        if again:
            panel.locator(".neosantara-again").nth(1).focus()
            keys.press("Enter")
        panel.locator(".neosantara-turn:nth-child(2)[aria-busy=true] .neosantara-turn-answer p").first.wait_for()
        # "Ask again" is gone, the focus is not; and so it is with Stop.
        assert field(panel).evaluate("field => field === document.activeElement")
        keys.press("Tab")
        keys.press("Tab")
        panel.locator(".neosantara-halt:focus").wait_for()
        keys.press("Enter")
        finished(panel, 2)
        assert "stopped" in panel.locator(".neosantara-turn").nth(1).inner_text()
        assert field(panel).evaluate("field => field === document.activeElement")
    panel.locator(".neosantara-edit").first.focus()
    keys.press("Enter")
    panel.locator(".neosantara-question textarea:focus").wait_for()
    keys.press("ControlOrMeta+a")
    keys.type("Say rain")
    keys.press("Enter")
    panel.locator(".neosantara-turn").first.filter(has_text="Say rain").wait_for()
    # The first turn is the one that is asked; the second has ended long ago.
    finished(panel, 1)
    panel.locator(".neosantara-fork").first.focus()
    keys.press("x")
    keys.press("Enter")
    panel.locator(".neosantara-turn").nth(1).wait_for(state="detached")
    assert panel.locator(".neosantara-head select").input_value() == "main-2"
    # No key of all these reached the notebook: the cells are as they were.
    assert len(nb.save()["cells"]) == 2
    assert nb.problems == []


@pytest.mark.parametrize("key", ["Enter", "Space"])
def test_no_impatient_key_runs_a_call(lab: Open, key: str) -> None:
    """A key pressed again after Send, soon or late, or on Run at once, approves nothing; on Run a moment later it does."""
    nb = lab([LOAD, CHAT])
    panel = opened(nb)
    keys = nb.page.keyboard
    field(panel).fill('Delete the file path="a.txt"')
    field(panel).press("Enter")
    for _ in range(12):
        keys.press(key)
        nb.page.wait_for_timeout(150)
    box = panel.locator(".neosantara-asks")
    box.wait_for()
    box.get_by_role("button", name="Refuse").click()
    finished(panel, 1)
    assert "refused" in panel.locator(".neosantara-turn").first.inner_text()
    field(panel).fill('Delete the file path="b.txt"')
    field(panel).press("Enter")
    # The button is pressed in the moment in which it comes, as a key does it: a click without a pointer. A key
    # from here would come too late on a busy machine.
    panel.evaluate(
        """panel => new Promise(done => {
            const look = (_, seen) => {
                const run = panel.querySelector(".neosantara-run");
                if (run) { seen.disconnect(); run.focus(); run.click(); done(); }
            };
            const watch = new MutationObserver(look);
            watch.observe(panel, { childList: true, subtree: true });
            look([], watch);  // it may be there already
        })"""
    )
    assert box.count() == 1
    nb.page.wait_for_timeout(1000)
    keys.press(key)
    finished(panel, 2)
    assert "b.txt is gone" in panel.locator(".neosantara-turn").nth(1).inner_text()


def test_saving_is_still_the_notebooks_key(lab: Open) -> None:
    """Ctrl+S with the focus in the panel saves the file."""
    nb = lab([LOAD, CHAT])
    panel = opened(nb)
    ask(panel, "Say rain", 1)
    assert "Say rain" not in nb.path.read_text()
    field(panel).press("ControlOrMeta+s")
    nb.page.wait_for_function("() => !window.jupyterapp.shell.currentWidget.context.model.dirty")
    assert "Say rain" in nb.path.read_text()


def test_input_and_stop_stay_in_sight(lab: Open) -> None:
    """While a long answer grows, the form is in the window, whatever its size, and its placeholder is whole."""
    nb = lab([LOAD, CHAT])
    nb.page.evaluate("() => window.jupyterapp.shell.collapseLeft()")
    panel = opened(nb)
    ask(panel, "Write a long story", 1)
    # As it is painted: what grew in this frame has been scrolled to by then.
    inside = """node => new Promise(requestAnimationFrame).then(() => {
        const [one, around] = [node, node.closest(".jp-WindowedPanel-outer, .jp-Notebook")].map(n => n.getBoundingClientRect());
        const below = one.bottom - Math.min(around.bottom, innerHeight);
        return one.height > 0 && one.top >= around.top && below <= 1 ? "" : `${below} px below, ${one.height} high`;
    })"""
    halt = panel.locator(".neosantara-halt")
    for answers, (width, height) in enumerate(((1100, 760), (480, 760), (480, 420)), 2):
        nb.page.set_viewport_size({"width": width, "height": height})
        field(panel).fill("demo: slow\nWrite a long story")
        field(panel).press("Enter")
        halt.wait_for()
        for _ in range(12):
            nb.page.wait_for_timeout(150)
            assert halt.evaluate(inside) == "", (width, height)
            assert field(panel).evaluate(inside) == "", (width, height)
        nb.screenshot(f"panel-{width}x{height}")
        halt.click()
        finished(panel, answers)
        # One line: nothing of what the empty field says is cut.
        assert field(panel).evaluate(
            """field => {
                const text = document.createElement("canvas").getContext("2d");
                text.font = getComputedStyle(field).font;
                return text.measureText(field.placeholder).width < field.clientWidth;
            }"""
        )


def test_images_are_dropped_and_pasted(lab: Open) -> None:
    """Both stand below the input, one is taken away, the other is sent and shown."""
    nb = lab([LOAD, CHAT])
    panel = opened(nb)
    panel.evaluate(FILE, "drop")
    panel.evaluate(FILE, "paste")
    panel.locator(".neosantara-preview").nth(1).wait_for()
    panel.get_by_role("button", name="Remove image 1").click()
    turn = ask(panel, "What is this?", 1)
    assert turn.locator(".neosantara-question img").count() == 1
    assert panel.locator(".neosantara-preview").count() == 0


def test_hostile_turns_do_nothing(lab: Open) -> None:
    """In questions and answers, live and stored: nothing runs, and no address is fetched."""
    said = (
        "from neosantara_magic.messages import Turn, user_message, assistant_message\n"
        "from neosantara_magic import public\n"
        "main = public.surroundings()[0].conversations.get('main')\n"
        f"for text in {list(PAYLOADS)!r}:\n"
        "    main.commit(Turn(user_message(text), (assistant_message(text),), model=text[:40]), None)\n"
    )
    nb = lab([LOAD + "%neosantara\n" + said, CHAT])
    nb.page.evaluate("() => { window.pwned = []; window.alert = (...all) => window.pwned.push(all); }")
    panel = opened(nb)
    assert panel.locator(".neosantara-turn").count() == len(PAYLOADS)
    nb.cell(1).locator("script, iframe, object, embed, style, [onerror], [onload], [onclick]").first.wait_for(
        state="detached"
    )
    for link in panel.locator(".neosantara-turn-answer a").all()[:40]:
        assert not (link.get_attribute("href") or "").lower().strip().startswith(("javascript:", "vbscript:"))
    nb.run_cell(0)
    nb.page.wait_for_timeout(500)
    assert nb.page.evaluate("() => window.pwned") == []
    assert nb.outside == []


def test_it_fits_and_speaks(lab: Open) -> None:
    """At 320 px nothing sticks out; every control has a name; both themes come from the notebook; the pictures."""
    nb = lab([LOAD, CHAT])
    panel = opened(nb)
    ask(panel, "What is 17 + 25? Use the tools", 1)
    field(panel).fill('Delete the file path="notes/old.txt"')
    field(panel).press("Enter")
    panel.locator(".neosantara-run").wait_for()
    panel.locator(".neosantara-options summary").click()
    ground = panel.evaluate("panel => getComputedStyle(panel.querySelector('.neosantara-question')).backgroundColor")
    nb.screenshot("panel-light", panel)
    nb.theme("JupyterLab Dark")
    dark = panel.evaluate("panel => getComputedStyle(panel.querySelector('.neosantara-question')).backgroundColor")
    assert dark != ground
    nb.screenshot("panel-dark", panel)
    panel.evaluate("panel => { panel.style.flex = '0 0 320px'; panel.style.width = '320px'; }")
    wide = panel.evaluate(
        """panel => [...panel.querySelectorAll("*")].filter(
            node => node.checkVisibility() && !node.closest(".neosantara-heard, pre, .neosantara-turn-answer")
                && node.getBoundingClientRect().right > panel.getBoundingClientRect().right + 1
        ).map(node => node.outerHTML.slice(0, 80))"""
    )
    assert wide == []
    nameless = panel.evaluate(
        """panel => [...panel.querySelectorAll("button, textarea, select, input:not([type=file])")].filter(
            node => !(node.textContent.trim() || node.getAttribute("aria-label") || node.labels?.length)
        ).map(node => node.outerHTML)"""
    )
    assert nameless == []
    assert panel.locator("[role=status]").inner_text().startswith("The model wants to run delete_file")


def test_the_file_opens_without_a_kernel(lab: Open) -> None:
    """A reader who never runs it sees the conversation, and no word about widgets."""
    nb = lab([LOAD, CHAT])
    ask(opened(nb), "Say rain", 1)
    saved_with(nb, "Say rain")
    nb.page.evaluate("async () => { await window.jupyterapp.shell.currentWidget.context.sessionContext.shutdown(); }")
    nb.page.reload()
    nb.cell(1).locator(".neosantara-transcript").wait_for()
    assert "Say rain" in nb.text(1)
    assert "widget" not in nb.text(1)


def test_what_is_typed_is_evaluated_and_what_is_pasted_is_text(lab: Open) -> None:
    """By the keys of the keyboard; a text that holds braces may come from anywhere."""
    nb = lab([LOAD + "\nword = 'rain'", CHAT])
    panel = opened(nb)
    box = field(panel)
    box.press_sequentially("Say {{ word }}")
    box.press("Enter")
    panel.get_by_text("Say rain", exact=True).first.wait_for()
    panel.locator(".neosantara-turn-answer").nth(0).wait_for()
    box.press_sequentially("Say {{ word }} now")
    box.press("Control+a")
    box.press("Control+x")
    box.press("Control+v")
    box.press("Enter")
    panel.get_by_text("Say {{ word }} now", exact=True).first.wait_for()
