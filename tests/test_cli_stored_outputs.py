"""`neosantara-magic check --outputs` and `--repair`: which saved outputs are found, and how a file is rewritten.

For: notebook files as 0.1.0 wrote them, or as somebody changed them. Not for: running notebooks (test_cli_lessons.py).
"""

from __future__ import annotations

import json
import re
import time
from pathlib import Path
from typing import Any

import pytest

from isolation import ROOT
from neosantara_magic.cli import main
from neosantara_magic.cli.stored import findings
from neosantara_magic.render.forms import HTML, MARKDOWN, PLAIN, from_markdown
from render.inert import live
from render.payloads import PAYLOADS
from render.test_html import faults

ALONE = {MARKDOWN: "https://a.example/\\<img src=x onerror=X()>", PLAIN: "https://a.example/<img src=x onerror=X()>"}
LIVE = {
    "only Markdown": ALONE,
    "Markdown in lines": {MARKDOWN: ["a\n", "b"], PLAIN: ["a\n", "b"]},
    "script in HTML": {HTML: "<p>a</p><script>X()</script>", MARKDOWN: "a", PLAIN: "a"},
    "event in HTML": {HTML: "<p onclick=X()>a</p>", MARKDOWN: "a", PLAIN: "a"},
    "style in HTML": {HTML: '<p style="position:fixed">a</p>', MARKDOWN: "a", PLAIN: "a"},
    "image in HTML": {HTML: '<img src="https://evil.example/a">', MARKDOWN: "a", PLAIN: "a"},
    "formula in HTML": {HTML: "<p>$\\href{https://evil.example}{x}$</p>", MARKDOWN: "a", PLAIN: "a"},
    "direction in HTML": {HTML: "<p>a\u202eb</p>", MARKDOWN: "a", PLAIN: "a"},
    "style with a colour": {HTML: '<p style="color: red; position: fixed">a</p>', MARKDOWN: "a", PLAIN: "a"},
    "HTML of ours alone": {HTML: '<div class="neosantara-answer"><a href="javascript:X()">a</a></div>', PLAIN: "a"},
    "script in words": {HTML: '<p>a rel="<script>X()</script>"</p>', MARKDOWN: "a", PLAIN: "a"},
    "class of the page": {HTML: '<p class="neosantara-footer modal">a</p>', MARKDOWN: "a", PLAIN: "a"},
    "opener": {HTML: '<a href="https://a.b" target="_blank" rel="opener">a</a>', MARKDOWN: "a", PLAIN: "a"},
    "input": {HTML: '<input type="t target="_blank"ext" disa target="_blank"bled="">', MARKDOWN: "a", PLAIN: "a"},
    "a tag in Markdown": {HTML: "<p>a</p>", MARKDOWN: "`<img src=x onerror=X()>\n-|\n-`", PLAIN: "a"},
    "a diagram in Markdown": {HTML: "<p>a</p>", MARKDOWN: "```mermaid\nx\n```", PLAIN: "a"},
    "an image in Markdown": {HTML: "<p>a</p>", MARKDOWN: "![a](https://evil.example/(x)", PLAIN: "a"},
}
OTHERS = {
    "a table of pandas": {HTML: '<style scoped>a{}</style><table border="1" class="dataframe"></table>', PLAIN: "a"},
    "the user's own Markdown": {MARKDOWN: "<b>mine</b>", PLAIN: "<IPython.core.display.Markdown object>"},
    "a figure": {"image/png": "iVBORw0KGgo=", PLAIN: "<Figure>"},
    "text": {PLAIN: "<img src=x onerror=X()>"},
    "a card of 0.1.0": {
        HTML: '<div class="neosantara-answer">\n<details class="neosantara-card"><summary><code>f</code><small>{&quot;a&quot;: &#x27;</small>'
        '</summary>\n<pre>x</pre></details>\n<p><a href="https://a.b" rel="noreferrer" target="_blank">a</a><br/></p>\n'
        '<pre><code class="language-python"><span style="color: var(--jp-a-color, var(--b, #2e8b57))">if</span></code></pre></div>',
        MARKDOWN: "a",
        PLAIN: "a",
    },
    "ours with classes": {
        HTML: '<div class="neosantara-answer"><ul><li>rice <span>$</span>5<li><a href="https://a.b" target=_blank rel=noreferrer>b</a></ul>'
        '<p class="neosantara-footer"><small><em>m</em></small></p></div>',
        MARKDOWN: "- rice $5",
        PLAIN: "a",
    },
    "ours of today": from_markdown("## a\n\n$x$ costs $5\n\n```python\nif x: y\n```", "a"),
    "ours with a link": from_markdown("https://a.example ![a](https://b.example/c.png) - [x] d", "a"),
}


def notebook(*outputs: Any) -> dict[str, Any]:
    """Return a notebook whose second cell has these outputs."""
    shown = [{"data": data, "metadata": {}, "output_type": "display_data"} for data in outputs]
    asked = {
        "cell_type": "code",
        "execution_count": 1,
        "id": "a",
        "metadata": {},
        "outputs": shown,
        "source": "%%ns\nx",
    }
    text = {"cell_type": "markdown", "id": "b", "metadata": {}, "source": "é <b>mine</b>"}
    return {"cells": [text, asked], "metadata": {}, "nbformat": 4, "nbformat_minor": 5}


def data(path: Path) -> list[dict[str, Any]]:
    """Return the forms of each output of a file."""
    return [output["data"] for output in json.loads(path.read_bytes())["cells"][1]["outputs"]]


@pytest.mark.parametrize("kind", LIVE)
def test_what_is_not_inert_is_found_and_repaired(kind: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """It is named by its place in two lines; repaired it is found no more, does nothing, and its text is as it was."""
    path = tmp_path / "old.ipynb"
    path.write_text(json.dumps(notebook({PLAIN: "x"}, LIVE[kind])))
    assert main(["check", "--outputs", str(path)]) == 1
    what, next_step = capsys.readouterr().out.splitlines()[1:3]
    assert "Cell 2, output 2 is not inert: " in what
    assert next_step.strip() == f"Rewrite it: neosantara-magic check --repair {path}"
    assert main(["check", "--repair", str(path)]) == 0
    assert "Outputs rewritten: 1." in capsys.readouterr().out
    assert main(["check", "--outputs", str(path)]) == 0
    mended = data(path)[1]
    assert list(mended) == [one for one in (HTML, MARKDOWN, PLAIN) if one in mended]
    assert mended[PLAIN] == LIVE[kind][PLAIN]
    assert type(mended[HTML]) is type(LIVE[kind].get(MARKDOWN, ""))
    assert not set(faults("".join(mended[HTML]))) - {"div class='neosantara-answer'"}
    assert live("".join(mended.get(MARKDOWN, ""))) == []
    assert not re.search("\u202e|\\\\href", "".join(mended[HTML]))


@pytest.mark.parametrize("kind", OTHERS)
def test_others_outputs_and_ours_of_today_are_left_alone(kind: str) -> None:
    """A table, a plot, Markdown that the user's own code displays: none of it is ours to judge."""
    assert findings(notebook(OTHERS[kind])) == []


def test_what_0_1_0_stored_of_any_payload_is_repaired() -> None:
    """Whatever Markdown stands in a file, with or without HTML."""
    from neosantara_magic.cli.stored import _mend

    for payload in PAYLOADS:
        for saved in ({MARKDOWN: payload, PLAIN: payload}, {HTML: payload, MARKDOWN: payload, PLAIN: payload}):
            held = notebook(dict(saved))
            for *_, forms in findings(held):
                _mend(forms)
            mended = held["cells"][1]["outputs"][0]["data"]
            assert findings(held) == [], payload
            assert faults(mended[HTML]) == [], payload
            assert live(mended[MARKDOWN]) == [], payload


@pytest.mark.parametrize(
    ("style", "end"),
    [
        ({"indent": 1, "ensure_ascii": False}, "\n"),
        ({"indent": 1, "ensure_ascii": False, "sort_keys": True}, ""),
        ({"indent": 2}, "\n"),
        ({"indent": "\t"}, "\n\n"),
        ({"separators": (",", ":")}, ""),
        ({}, "\n"),
    ],
)
@pytest.mark.parametrize("newline", ["\n", "\r\n"])
def test_the_rest_of_a_file_keeps_its_bytes(style: dict[str, Any], end: str, newline: str, tmp_path: Path) -> None:
    """Indentation, order of keys, escapes, ends of lines: only the lines of the output differ."""
    path = tmp_path / "old.ipynb"
    held = notebook({PLAIN: "·\u2028\ud800"}, ALONE)
    held = {"nbformat_minor": 5, **held, "metadata": {"z": 1.0, "a": [1e22, True, None, {}, []]}}
    text = (json.dumps(held, **style) + end).replace("\n", newline)
    text = text.replace("\ud800", "\\ud800")
    path.write_bytes(text.encode())
    assert main(["check", "--repair", str(path)]) == 0
    after = path.read_bytes().decode()
    assert data(path)[1] != ALONE
    before_output, after_output = text.index('"https://a.example'), text.rindex('"https://a.example')
    assert after.startswith(text[: text[:before_output].rindex("{")])
    assert after.endswith(text[after_output:])
    again = path.read_bytes()
    assert main(["check", "--repair", str(path)]) == 0
    assert path.read_bytes() == again


def test_files_without_a_finding_are_not_written(tmp_path: Path) -> None:
    """Not even anew with the same bytes; and a wrong file ends all before one is changed."""
    good, bad = tmp_path / "good.ipynb", tmp_path / "bad.ipynb"
    good.write_text(json.dumps(notebook({PLAIN: "x"}), indent=3))
    bad.write_text("[]")
    time = good.stat().st_mtime_ns
    assert main(["check", "--repair", str(good)]) == 0
    assert good.stat().st_mtime_ns == time
    good.write_text(before := json.dumps(notebook(ALONE)))
    assert main(["check", "--repair", str(good), str(bad)]) == 1
    assert good.read_text() == before


def test_no_output_takes_long() -> None:
    """A foreign file decides what is looked at."""
    began = time.process_time()
    findings(notebook({HTML: f"<p>a{' ' * 200_000}b</p>", MARKDOWN: "a", PLAIN: "a"}))
    assert time.process_time() - began < 1


@pytest.mark.parametrize(
    "odd", [5, None, [], [5], {"outputs": 5}, [{"outputs": [5, {"data": []}, {"data": {HTML: 5}}]}]]
)
def test_a_file_of_any_shape_is_read(odd: Any) -> None:
    """JSON that is no notebook's holds no output."""
    assert findings({"nbformat": 4, "cells": odd}) == []


def test_a_notebook_with_such_an_output_is_not_run(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """`check` looks before it runs anything."""
    path = tmp_path / "old.ipynb"
    held = notebook(ALONE)
    held["cells"][1]["source"] = f"open({str(tmp_path / 'ran')!r}, 'w')"
    path.write_text(json.dumps(held))
    assert main(["check", str(path)]) == 1
    assert "Cell 2, output 1 is not inert: a program" in capsys.readouterr().out
    assert not (tmp_path / "ran").exists()


def test_the_lessons_are_inert(capsys: pytest.CaptureFixture[str]) -> None:
    """As they are saved here, in both languages."""
    lessons = [str(path) for path in sorted((ROOT / "notebooks").rglob("*.ipynb"))]
    assert main(["check", "--outputs", *lessons]) == 0, capsys.readouterr().out
