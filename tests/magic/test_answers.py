"""What appears and what is left: contract, *What appears*, *Response*, and `ask` on one line."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from magic.spoken import MODEL, USAGE, Asked, answer_events

pytestmark = pytest.mark.kernel

WIDGET = "application/vnd.jupyter.widget-view+json"
TRANSCRIPTS = Path(__file__).resolve().parents[1] / "transcripts"


def _saved(run: object) -> list[dict[str, object]]:
    return run.bundles  # type: ignore[attr-defined, no-any-return]


@pytest.mark.parametrize("attended", [True, False])
def test_the_answer_is_static_when_it_has_ended(asked: Asked, attended: bool) -> None:
    """Live or unattended: one output with the answer in each of its forms, no widget left."""
    asked.says("Halo **dunia**")
    run = asked.cell(cell_id="a", allow_stdin=attended)
    [bundle] = run.bundles
    assert set(bundle) == {"text/html", "text/markdown", "text/plain"}
    assert "Halo <strong>dunia</strong>" in bundle["text/html"]
    assert bundle["text/markdown"].startswith("Halo **dunia**\n")
    assert bundle["text/plain"] == "Halo **dunia**\n\nnusantara-base · responses · 12 tokens in, 7 out"
    assert len(run.outputs) == 1
    opened, closed = ({c["comm_id"] for c in run.comms(kind)} for kind in ("comm_open", "comm_close"))
    assert bool(opened) is attended
    assert opened == closed


def test_every_show(asked: Asked) -> None:
    """widget, markdown, text and none: each shows the answer once, or not at all; the Response is there always."""
    for show in ("auto", "widget", "markdown", "text", "none"):
        asked.says(f"by {show}")
        run = asked.cell(f"--show {show} --once", allow_stdin=True)
        assert run.error is None, (show, run.error)
        shown = run.answer + run.stdout
        assert shown.count(f"by {show}") == (0 if show == "none" else 1), (show, run.outputs)
        assert not any(WIDGET in bundle for bundle in run.bundles)
        assert asked.value("_neosantara.text") == repr(f"by {show}")


def test_the_trait_chooses_the_show(asked: Asked) -> None:
    """%config show = "none" silences all cells that do not say otherwise."""
    asked.run("%config NeosantaraMagics.show = 'none'")
    asked.says("quiet", "loud")
    assert asked.cell().outputs == []
    assert "loud" in asked.cell("--show markdown").answer


def test_out_and_the_last_one(asked: Asked) -> None:
    """-o and _neosantara hold the Response, with everything it promises."""
    asked.server.stream(
        answer_events("Use:\n```python\nprint(1)\n```", response_id="resp_9", reasoning="thinking"),
    )
    asked.cell("-o answer -c talk", "how?", cell_id="a")
    assert asked.value("answer is _neosantara") == "True"
    kept = json.loads(
        asked.run(
            "import json\na = answer\nprint(json.dumps([a.text, a.parsed, len(a.tool_calls), a.usage.input_tokens, "
            "a.usage.output_tokens, a.usage.total_tokens, a.cost_idr, a.model, a.id, a.finish_reason, a.reasoning, "
            "[(c.language, c.source) for c in a.code], a.conversation, [m.text for m in a.messages], a.error, "
            "a.stopped, str(a) == a.text, a.raw[-1]['id']]))"
        ).stdout
    )
    text = "Use:\n```python\nprint(1)\n```"
    assert kept[:10] == [text, None, 0, 12, 7, 19, None, MODEL, "resp_9", "stop"]
    assert kept[10].strip() == "thinking"
    assert [c[0] for c in kept[11]] == ["python"]
    assert kept[11][0][1].strip() == "print(1)"
    assert kept[12:] == ["talk", ["how?", text], None, False, True, "resp_9"]


def test_one_line_asks_return_and_are_shown_once(asked: Asked) -> None:
    """`answer = %neosantara ask …` returns the Response; as the cell's result it is not shown again."""
    asked.says("one", "two", "three")
    run = asked.run("answer = %neosantara ask -t 0 Apa kabar?\nanswer")
    assert run.answer.count("one") == 1
    assert asked.bodies[0]["input"] == "Apa kabar?"
    assert asked.bodies[0]["temperature"] == 0
    assert asked.value("answer.text") == "'one'"
    assert asked.run("%neosantara ask two").answer.count("two") == 1
    run = asked.run("x = %neosantara ask three\ndisplay(x)")
    assert run.answer.count("three") == 2
    assert asked.run("answer").answer.count("one") == 1
    assert asked.run("[answer.text]").answer == "['one']"


def test_a_final_question_mark_belongs_to_the_prompt(asked: Asked) -> None:
    """In every way to write the line; help on the magic itself stays help."""
    lines = {
        "%neosantara ask Apa kabar?": "Apa kabar?",
        "%ns ask Apa kabar?": "Apa kabar?",
        "x = %neosantara ask Apa kabar??": "Apa kabar??",
        "if True:\n    y = %neosantara ask --once Siapa?": "Siapa?",
        "  %neosantara ask Mengapa?": "Mengapa?",
        "%neosantara  ask  Ke mana ?": "Ke mana ?",
        'z = 1\n%neosantara ask It\'s "so"?\nz': 'It\'s "so"?',
    }
    for code, prompt in lines.items():
        asked.says("ok")
        run = asked.kernel.execute(code)
        assert run.error is None, (code, run.error)
        assert run.reply["payload"] == [], code
        assert asked.bodies[-1]["input"] == prompt, code
    count = len(asked.requests)
    assert asked.run("%neosantara?").reply["payload"]
    assert len(asked.requests) == count


def test_a_dollar_or_brace_on_the_line_is_no_ipython_expression(asked: Asked) -> None:
    """IPython's own {x} and $x expansion is off; ours is {{ x }}."""
    asked.run("x = 5")
    asked.says("ok")
    asked.run("%neosantara ask Is {x} $x {{ x }}")
    assert asked.bodies[0]["input"] == "Is {x} $x 5"


def test_code_goes_to_the_next_cell(asked: Asked) -> None:
    """--code: only Python blocks, without fences and prompts, put below and not run."""
    asked.says("Try\n```python\n>>> a = 1\n>>> a\n1\n```\nor\n```bash\nls\n```\n```py\nb = 2\n```")
    run = asked.cell("--code")
    [payload] = run.reply["payload"]
    assert (payload["source"], payload["text"], payload["replace"]) == ("set_next_input", "a = 1\na\n\nb = 2", False)
    assert asked.value("'b' in globals()") == "False"


@pytest.mark.parametrize(
    ("answer", "code"),
    [
        ("```pycon\n>>> 1 + 1\n2\n```", "1 + 1"),
        ("```\na = 1\n```", "a = 1"),
        ("```python\nprint(5)\n```\nIt prints:\n```\n5\n```", "print(5)"),
        ("```bash\nls\n```", None),
        ("No code is needed.", None),
    ],
)
def test_what_counts_as_python(asked: Asked, answer: str, code: str | None) -> None:
    """What the code prints is no code; and without code no empty cell appears."""
    asked.says(answer)
    assert [payload["text"] for payload in asked.cell("--code").reply["payload"]] == ([] if code is None else [code])


def test_a_dry_run_sends_nothing_and_needs_no_key(asked: Asked) -> None:
    """The exact JSON that would go, with an estimate of tokens; the key masked or missing; no turn."""
    run = asked.cell("--dry-run -m garda-core -t 0.1", "How many {{ 6 * 7 }}?")
    assert run.error is None
    assert "5ec2e7" not in str(run.outputs)
    body = run.answer[run.answer.index("{") : run.answer.rindex("}") + 1]
    asked.says("ok")
    asked.cell("-m garda-core -t 0.1", "How many {{ 6 * 7 }}?")
    assert json.loads(body) == asked.bodies[0]
    assert len(asked.requests) == 1
    assert "token" in run.answer.replace("max_output_tokens", "")
    asked.run("import os; del os.environ['NEOSANTARA_API_KEY']")
    assert asked.cell("--dry-run").error is None
    assert len(asked.requests) == 1


def test_a_dry_run_of_the_demo_costs_nothing(asked: Asked) -> None:
    """With the demo model on, no price is unknown and no key is named: it would answer, free."""
    asked.run("%neosantara demo on")
    try:
        run = asked.cell("--dry-run")
    finally:
        asked.run("%neosantara demo off")
    assert run.error is None
    assert run.answer.startswith("The demo model would answer this, free of charge; nothing was sent.")
    assert "not known" not in run.answer
    assert not asked.requests


def test_no_stream_asks_for_one_body(asked: Asked) -> None:
    """--no-stream: no "stream" on the wire, the same answer in the notebook."""
    body = {
        "id": "resp_1",
        "model": MODEL,
        "output": [{"type": "message", "content": [{"type": "output_text", "text": "whole"}]}],
        "usage": USAGE,
    }
    asked.server.answer(body=body)
    run = asked.cell("--no-stream")
    assert "stream" not in asked.bodies[0]
    assert run.answer == "whole\n\nnusantara-base · responses · 12 tokens in, 7 out"


SAME = "Halo Neosantara"


def _shapes() -> list[tuple[str, object]]:
    """Return ten ways in which a server may say SAME: event lists are streamed, mappings are bodies."""
    message = [{"type": "message", "role": "assistant", "content": [{"type": "output_text", "text": SAME}]}]
    plain = {"id": "resp_1", "model": MODEL, "usage": USAGE}
    full = answer_events(SAME)
    delta = [e for e in full if e["type"] == "response.output_text.delta"]
    return [
        ("full order", full),
        ("one delta", answer_events(SAME, pieces=1)),
        ("deltas and a bare end", [full[0], *delta, {"type": "response.completed", "response": plain}]),
        ("no deltas", [full[0], full[-1]]),
        ("item done only", [full[0], {"type": "response.output_item.done", "item": message[0]}, full[-1]]),
        ("seed body", {"type": "message", "output": [{"type": "output_text", "text": SAME}], **plain}),
        ("openai body", {"object": "response", "status": "completed", "output": message, **plain}),
        ("top-level text", {"output_text": SAME, **plain}),
        ("top-level text, empty output", {"output_text": SAME, "output": [], **plain}),
        (
            "reasoning first, other usage names",
            {
                "id": "resp_1",
                "model": MODEL,
                "output": message,
                "usage": {"prompt_tokens": 12, "completion_tokens": 7},
            },
        ),
    ]


def test_the_same_answer_in_ten_shapes_is_saved_the_same(asked: Asked) -> None:
    """However the server spells it, the stored bytes are equal; so are two runs of the same bytes."""
    stored = set()
    for name, shape in _shapes():
        if isinstance(shape, list):
            asked.server.stream(shape)
            run = asked.cell("--once")
        else:
            asked.server.answer(body=shape)
            run = asked.cell("--once --no-stream")
        assert run.error is None, (name, run.error)
        assert asked.value("_neosantara.text") == repr(SAME), name
        stored.add(json.dumps(run.bundles, sort_keys=True))
    assert len(stored) == 1, stored


def test_cut_answers_end_normally_and_say_so(asked: Asked) -> None:
    """response.incomplete and finish_reason length: no error, the footer names the limit."""
    events = answer_events("This is cut")
    events[-1]["type"] = "response.incomplete"
    events[-1]["response"] |= {"status": "incomplete", "incomplete_details": {"reason": "max_output_tokens"}}
    asked.server.stream(events)
    run = asked.cell()
    assert run.error is None
    assert "cut at 2,048 tokens: raise --max-tokens" in run.answer
    assert asked.value("_neosantara.finish_reason") == "'length'"


def test_hostile_output_stays_text(asked: Asked) -> None:
    """No mime bundle of an answer holds a script, an event handler or a javascript: address."""
    asked.server.stream(
        answer_events(
            "<script>alert(1)</script> <img src=x onerror=alert(1)> [x](javascript:alert(1)) <iframe src=//e.x>",
            reasoning="<script>alert(2)</script>",
        )
    )
    run = asked.cell()
    html = "".join(b.get("text/html", "") for b in run.bundles).lower()
    assert html
    for word in ("<script", "<img", 'href="javascript', "<iframe"):
        assert word not in html, word


def test_python_ask_in_the_notebook_shares_everything(asked: Asked) -> None:
    """ask() shows its answer, returns the Response and takes part in the conversation."""
    asked.says("from python", "from the cell")
    run = asked.run("from neosantara_magic import ask\nr = ask('a', temperature=0.3)", cell_id="a")
    assert "from python" in run.answer
    assert asked.bodies[0]["temperature"] == 0.3
    asked.cell(prompt="b", cell_id="b")
    assert asked.bodies[1]["previous_response_id"] == "resp_1"
