"""How answers look: one quiet line everywhere, no blink at the end, words that can be read in both themes, a grid.

Not for: what is in an answer (`tests/render`), or whether live and stored forms agree (`test_seen_alike.py`).
"""

from __future__ import annotations

from collections.abc import Callable
from itertools import pairwise

import pytest

from browser.notebookpage import NotebookPage
from browser.test_panel import CHAT, LOAD, ask, field, opened

pytestmark = pytest.mark.browser

Open = Callable[..., NotebookPage]

STYLE = "node => { const s = getComputedStyle(node); return [s.fontSize, s.fontStyle, s.color]; }"
HEIGHTS = """() => {
    const output = document.querySelectorAll(".jp-Cell")[1].querySelector(".jp-Cell-outputWrapper");
    window.heights = [];
    const look = () => { window.heights.push(output.offsetHeight); requestAnimationFrame(look); };
    look();
}"""
# Text that has less contrast with what is behind it than 4.5:1 (WCAG 2.2, 1.4.3); what is disabled may have less.
FAINT = """() => {
    const read = colour => { const [r, g, b, a = 1] = colour.match(/[\\d.]+/g).map(Number); return [r, g, b, a]; };
    const over = ([r, g, b, a], [R, G, B]) => [r * a + R * (1 - a), g * a + G * (1 - a), b * a + B * (1 - a), 1];
    const behind = node => {
        if (!node) return [255, 255, 255, 1];
        const own = read(getComputedStyle(node).backgroundColor);
        return own[3] === 1 ? own : over(own, behind(node.parentElement));
    };
    const light = ([r, g, b]) => [r, g, b].map(c => c / 255).map(c => c <= 0.04045 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4)
        .reduce((sum, c, i) => sum + c * [0.2126, 0.7152, 0.0722][i], 0);
    const faint = [];
    let seen = 0;
    for (const node of document.querySelectorAll(".jp-OutputArea-output *, .neosantara-panel *")) {
        const own = [...node.childNodes].some(one => one.nodeType === 3 && one.data.trim());
        if (!own && !node.placeholder || node.disabled || node.closest("mjx-container, .neosantara-heard, [hidden]") || !node.offsetParent) continue;
        const ground = behind(node);
        const colour = getComputedStyle(node, own ? null : "::placeholder").color;
        const [low, high] = [light(over(read(colour), ground)), light(ground)].sort((a, b) => a - b);
        const contrast = (high + 0.05) / (low + 0.05);
        seen += 1;
        if (contrast < 4.5) faint.push(`${node.tagName} ${node.className} ${contrast.toFixed(2)} ${node.textContent.slice(0, 30)}`);
    }
    return [seen, faint];
}"""


def test_the_quiet_line_is_one_and_words_can_be_read(lab: Open) -> None:
    """Live, stored, with a tool, in the panel: one size, slant and colour; every word at 4.5:1 in both themes."""
    tools = "%%neosantara --once --tools add\nHow much is 2 + 3? Use add a=2 b=3"
    nb = lab([LOAD, CHAT, tools, "%%neosantara --once\nWhat is linear regression?"])
    panel = opened(nb)
    turn = ask(panel, "How much is 2 + 3? Use add a=2 b=3", 1)
    nb.run_cell(2)
    nb.run_cell(3, wait=False)
    live = nb.cell(3).locator(".neosantara-bar span").evaluate(STYLE)
    nb.wait_done()
    lines = [live, turn.locator(".neosantara-bar span").evaluate(STYLE)]
    lines += [nb.cell(at).locator("p > small > em").evaluate(STYLE) for at in (2, 3)]
    assert lines == [live] * 4
    field(panel).fill('Delete the file path="a.txt"')
    field(panel).press("Enter")
    panel.locator(".neosantara-asks").wait_for()
    field(panel).fill("more")
    field(panel).press("Enter")  # said, not swallowed
    assert "still answering" in panel.locator("[role=alert]").inner_text()
    nb.page.evaluate("() => document.querySelectorAll('details').forEach(one => one.open = true)")
    for theme in ("JupyterLab Light", "JupyterLab Dark"):
        nb.theme(theme)
        seen, faint = nb.page.evaluate(FAINT)
        assert seen > 40
        assert faint == [], theme
    panel.get_by_role("button", name="Refuse").click()
    panel.locator(".neosantara-turn:nth-child(2)[aria-busy=false]").wait_for()
    assert panel.locator("[role=alert]").inner_text() == ""


def test_nothing_blinks_when_a_long_answer_ends(lab: Open) -> None:
    """The final form takes the place of the live one in one step; Markdown, which is drawn later, left a gap."""
    nb = lab([LOAD, "%%neosantara --once\nWhat is linear regression?"])
    nb.run_cell(0)
    nb.run_cell(1, wait=False)
    nb.cell(1).locator(".neosantara-content table").wait_for()
    nb.page.evaluate(HEIGHTS)
    nb.wait_done()
    nb.cell(1).locator(".jp-RenderedHTML").wait_for()
    nb.page.wait_for_timeout(500)
    heights = nb.page.evaluate("() => window.heights")
    drops = [(before, after) for before, after in pairwise(heights) if after < 0.9 * before]
    assert not drops


def test_the_playground_stands_on_a_grid(lab: Open) -> None:
    """In each column the fields begin and end at the same place; the answer keeps its distance."""
    nb = lab([LOAD, "from neosantara_magic import playground\nplayground('{{ a }} {{ b }}', a=['x', 'y'], b='z')"])
    nb.run_cell(0)
    nb.run_cell(1)
    nb.cell(1).locator(".widget-gridbox .widget-dropdown").first.wait_for()
    edges = (
        nb.cell(1)
        .locator(".widget-gridbox")
        .evaluate(
            """grid => [...grid.querySelectorAll("select, input[type=text]")].filter(one => one.offsetParent)
            .map(one => one.getBoundingClientRect()).map(box => [Math.round(box.left), Math.round(box.right)])"""
        )
    )
    assert len(edges) > 4
    assert (
        len({left for left, _ in edges}) == len({right for _, right in edges}) == len({tuple(edge) for edge in edges})
    )
