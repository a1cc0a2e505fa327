"""The static twin: what a notebook keeps reads everywhere, runs nowhere, and is the same each time."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import replace
from html import unescape
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from markdown_it import MarkdownIt

from neosantara_magic.events import Event, Parsed, RoundCompleted, RoundStarted, TextDelta, ToolReturned, Waiting
from neosantara_magic.messages import ImagePart, Message, TextPart, ToolCall, ToolResult, assistant_message
from neosantara_magic.render.cards import card_html
from neosantara_magic.render.forms import Look, from_markdown, rendered
from neosantara_magic.render.neutral import neutralise
from neosantara_magic.render.rounds import Card
from neosantara_magic.render.static import StaticRenderer, bundle, footer, quiet
from neosantara_magic.texts import use_language
from render.answers import ANSWERS, PIXEL, WEATHER, FakeOutlet, folded, one_round, play, streamed, with_tools

NAMES = sorted(ANSWERS)


@pytest.mark.parametrize("name", NAMES)
def test_the_same_answer_gives_the_same_bytes(name: str) -> None:
    """However the deltas were cut and however long tools took, the stored bytes are the same."""
    events, outcome = ANSWERS[name]
    slow = [
        ToolReturned(ToolResult(e.result.call, e.result.result, seconds=9.9)) if isinstance(e, ToolReturned) else e
        for e in events
    ]
    finer = [TextDelta(c) for e in slow if isinstance(e, TextDelta) for c in e.text]
    texts = iter(finer)
    chopped: list[Event] = []
    for event in slow:
        chopped += [next(texts) for _ in event.text] if isinstance(event, TextDelta) else [event]
    assert bundle(folded(events, outcome)) == bundle(folded(chopped, outcome))


@pytest.mark.parametrize("name", NAMES)
def test_both_texts_hold_the_answer_and_the_footer(name: str) -> None:
    """Markdown and plain text both begin with the answer and end with the footer."""
    document = folded(*ANSWERS[name])
    forms = bundle(document)
    assert forms["text/plain"].startswith(document.text)
    assert forms["text/plain"].endswith(footer(document))
    assert forms["text/markdown"].startswith(neutralise(document.text))
    assert forms["text/markdown"].endswith("*")
    shown = MarkdownIt("commonmark").render(forms["text/markdown"])
    assert _words(shown).endswith(" ".join(footer(document).split()))


@pytest.mark.parametrize("name", NAMES)
def test_every_answer_is_stored_in_all_its_forms(name: str) -> None:
    """Front ends prefer the HTML, which is ours: no other parser stands between the words and the page."""
    assert set(bundle(folded(*ANSWERS[name]))) == {"text/html", "text/markdown", "text/plain"}


def test_html_holds_the_answer_too() -> None:
    """Where HTML is stored it is what front ends show, so the whole answer is in it."""
    html = bundle(folded(with_tools()))["text/html"]
    assert "<strong>31 °C</strong>" in html
    assert "get_weather" in html
    assert '"Jakarta"' in html
    assert html.count("<details") == html.count("</details>") == 2
    assert "2 tools" in html
    assert not re.search(r"\d s\b", html)


def test_reasoning_is_folded() -> None:
    """Reasoning is there, folded, above the answer."""
    html = bundle(folded(*ANSWERS["reasoning"]))["text/html"]
    assert html.index("<summary>Reasoning</summary>") < html.index("Think hard.") < html.index("So: 42.")


def test_an_open_fence_does_not_swallow_the_footer() -> None:
    """An answer stopped inside a code block gets its fence closed before cards and footer follow."""
    markdown = bundle(folded(*ANSWERS["stopped in a fence"]))["text/markdown"]
    tokens = MarkdownIt("commonmark").parse(markdown)
    assert [t.content for t in tokens if t.type == "fence"] == ["for x in range(\n"]
    assert "*garda-core · responses · stopped*" in markdown


def test_cards_say_what_became_of_each_call() -> None:
    """Done, failed, refused and unfinished calls say so, in all forms."""
    calls = [ToolCall(f"c{n}", f"tool_{n}", '{"n": 1}') for n in range(4)]
    results = [
        ToolResult(calls[0], "fine"),
        ToolResult(calls[1], "ValueError: no", "failed", note="It may still run."),
        ToolResult(calls[2], "The user refused.", "refused"),
    ]
    events: list[Event] = [RoundStarted("m", "chat"), RoundCompleted(assistant_message("", tuple(calls)))]
    forms = bundle(folded([*events, *map(ToolReturned, results)], "stopped"))
    for form in forms.values():
        for at, state in enumerate(("done", "failed", "refused", "not finished")):
            assert re.search(rf"tool_{at}\b.*{state}", form, re.DOTALL), form
    assert "It may still run." in forms["text/html"]
    assert "> `tool_0` `{&quot;" not in forms["text/markdown"]
    assert '> `tool_0` `{"n": 1}` · done: `fine`' in forms["text/markdown"]


def test_a_refused_call_tells_the_reader_in_their_language_only() -> None:
    """What the model is told of a refusal is English; a card shows the note instead, in every form."""
    call = ToolCall("c", "delete", "{}")
    events: list[Event] = [RoundStarted("m", "chat"), RoundCompleted(assistant_message("", (call,)))]
    refused = ToolResult(call, "The user refused this call.", "refused", note="Ditolak oleh Anda.")
    for form in bundle(folded([*events, ToolReturned(refused)], "stopped")).values():
        assert "The user refused" not in form
        assert form.count("Ditolak oleh Anda.") == 1


def test_a_figure_is_shown_open_and_other_displays_are_safe() -> None:
    """What a function drew stands open; its HTML is sanitised, its text escaped."""
    shown: tuple[Mapping[str, Any], ...] = (
        {"image/png": PIXEL + "\n", "text/plain": "<Figure>"},
        {"text/html": "<table><tr><td>1</td></tr></table><script>alert(1)</script>"},
        {"text/plain": "printed <b>text</b>"},
        {"image/svg+xml": ["<svg onload='alert(1)'>", "</svg>"]},
        {"text/plain": "  "},
    )
    events = with_tools(results=(ToolResult(WEATHER, "ok", shown=shown),))
    html = bundle(folded(events, "stopped"))["text/html"]
    assert f'<img src="data:image/png;base64,{PIXEL}" alt="">' in html
    assert '<details open="">' in html
    assert "<table><tr><td>1</table>" in html
    assert "printed &lt;b&gt;text&lt;/b&gt;" in html
    assert "alert" not in re.sub(r"base64,[^\"]*", "", html)


def test_what_follows_each_other_is_told_apart() -> None:
    """Two blocks of code have a gap, and reasoning is a quote: no front end has styles of ours."""
    html = bundle(folded(*ANSWERS["reasoning"]))["text/html"]
    assert re.search(r"</summary><blockquote>.*</blockquote></details>", html, re.DOTALL)
    assert rendered("```\na\n```\n```\nb\n```").count("</pre>\n<p></p>\n<pre>") == 1


def test_a_folded_card_says_it_all() -> None:
    """Its line has the call, what became of it and why; inside, JSON is indented. No colour is needed for any of it."""
    calls = (ToolCall("a", "get_weather", '{"location":"Jakarta"}'), ToolCall("b", "share", ""))
    results = [ToolResult(calls[0], '{"celsius": 28}'), ToolResult(calls[1], "ZeroDivisionError: no share", "failed")]
    events: list[Event] = [RoundStarted("m", "chat"), RoundCompleted(assistant_message("", calls))]
    html = bundle(folded([*events, *map(ToolReturned, results)]))["text/html"]
    assert (
        '<summary><span aria-hidden="true">✓</span> <code>get_weather</code> '
        '<small>{"location":"Jakarta"}</small> · done</summary>'
    ) in html
    assert (
        '<summary><span aria-hidden="true">✗</span> <code>share</code> '
        "· <strong>failed</strong> <small>ZeroDivisionError: no share</small></summary>"
    ) in html
    # What the line says whole is not said again, and a result that stands alone has no caption.
    assert '</summary><pre>{\n  "celsius": 28\n}</pre></details>' in html
    assert " open=" not in html
    # Else each caption stands with what it names, and apart from what stands above.
    for arguments in ('{"location": "' + "a" * 60 + '"}', '{"a":\n"b"}', '{"a":"\\u5317\\u4eac"}'):
        long = replace(calls[0], arguments=arguments)
        for unnamed in (Card(long, "running"), Card(long, "done", result=ToolResult(long, ""))):
            assert card_html(unnamed).count("<small>Arguments</small>") == 1
        html = card_html(Card(long, "done", result=ToolResult(long, "28")))
        parts = re.findall("<blockquote>\n<small>(.*?)</small>\n<pre>(.*?)</pre>", html, re.DOTALL)
        assert [name for name, _ in parts] == ["Arguments", "Result"]
        assert json.loads(unescape(parts[0][1])) == json.loads(arguments)


def test_a_picture_that_was_returned_is_shown() -> None:
    """Once: what the function displayed itself comes first."""
    pictured = ToolResult(WEATHER, "[image 1]", images=(ImagePart(PIXEL_URL),))
    for result in (pictured, replace(pictured, shown=({"image/png": PIXEL},))):
        html = bundle(folded(with_tools(results=(result,)), "stopped"))["text/html"]
        assert html.count("<img ") == 1
        assert '<details open="">' in html
    elsewhere = replace(pictured, images=(ImagePart("https://example.org/a.png"),))
    assert "<img" not in bundle(folded(with_tools(results=(elsewhere,)), "stopped"))["text/html"]


def test_images_of_the_answer() -> None:
    """An inlined image is shown; one from elsewhere is a link unless the user allows it; other schemes are dropped."""
    start = RoundStarted("m", "chat")
    inlined = bundle(folded([start, RoundCompleted(_with_image(PIXEL_URL))]))
    assert f'<img src="{PIXEL_URL}"' in inlined["text/html"]
    assert f"![Image 1]({PIXEL_URL})" in inlined["text/markdown"]
    remote = folded([start, RoundCompleted(_with_image("https://example.org/a.png"))])
    assert "<img" not in bundle(remote)["text/html"]
    assert "[Image 1](https://example.org/a.png)" in bundle(remote)["text/markdown"]
    assert "![" not in bundle(remote)["text/markdown"]
    assert '<img src="https://example.org/a.png"' in bundle(remote, Look(remote_images=True))["text/html"]
    for url in (
        "javascript:alert(1)",
        "data:text/html;base64,AAAA",
        "https://x/)![](https://evil",
        'https://x/" onerror="',
    ):
        forms = bundle(folded([start, RoundCompleted(_with_image(url))]))
        assert url not in forms["text/markdown"]
        assert "onerror" not in forms["text/html"]
        assert "javascript" not in forms["text/html"]


def test_data_is_a_json_block_and_plain_json() -> None:
    """With a schema the answer is fenced in Markdown and bare in plain text, indented alike."""
    forms = bundle(folded([*one_round('{"a": [1, 2]}'), Parsed({"a": [1, 2]})]))
    assert forms["text/markdown"].startswith('```json\n{\n  "a": [\n')
    assert forms["text/plain"].startswith('{\n  "a": [\n    1,\n    2\n  ]\n}\n')


@pytest.mark.parametrize("outcome", ["stopped", "failed"])
def test_no_blank_output_above_an_error(outcome: Any) -> None:
    """A failure before the first text leaves no output at all."""
    outlet = FakeOutlet()
    play(StaticRenderer(outlet), [RoundStarted("m", "chat")], outcome)
    assert (outlet.painted, outlet.clears) == ([], 0)


def test_static_renderer_shows_a_wait_and_then_only_the_end() -> None:
    """Nobody watches, but a log may: the wait is visible, and the end takes its place in the same display."""
    outlet = FakeOutlet()
    document = play(StaticRenderer(outlet), [Waiting(20, 1, 429), *one_round("Hello")])
    assert len(outlet.painted) == 2
    assert "20 s" in outlet.painted[0]["text/plain"]
    assert outlet.now == bundle(document)


@pytest.mark.parametrize("text", ["a*b_c`d`", "<script>", "[x](y)", "![x](y)", "$x$", "\\", "&lt;", "# no", "a|b"])
def test_quiet_lines_are_literal(text: str) -> None:
    """A hostile model name or note stays the text it is."""
    html = MarkdownIt("commonmark", {"html": True}).render(quiet(f"model {text} x"))
    assert re.fullmatch(r"<p><em>[^<]*</em></p>\n", html)


_TOOL_TEXT = st.text(st.sampled_from("`<>*_[]()!\\\n\r$&\"'x 1-#~|:/") | st.characters(codec="utf-8"), max_size=60)


@settings(max_examples=60, deadline=None)
@given(name=_TOOL_TEXT, arguments=_TOOL_TEXT, result=_TOOL_TEXT, model=_TOOL_TEXT)
def test_cards_and_footer_are_never_markup(name: str, arguments: str, result: str, model: str) -> None:
    """Whatever a model calls a tool, sends it or gets from it: no raw HTML, no link, no image comes of it."""
    call = ToolCall("c", name, arguments)
    events: list[Event] = [
        RoundStarted(model, "chat"),
        *streamed("Text."),
        RoundCompleted(assistant_message("Text.", (call,))),
        ToolReturned(ToolResult(call, result)),
    ]
    forms = bundle(folded(events))
    tokens = MarkdownIt("commonmark", {"html": True}).parse(forms["text/markdown"])
    kinds = {t.type for token in tokens for t in (token, *(token.children or []))}
    assert not kinds & {"html_block", "html_inline", "link_open", "image", "fence", "code_block", "heading_open"}
    tags = set(re.findall(r"</?([a-zA-Z][^\s/>]*)", forms["text/html"]))
    assert tags <= {"div", "p", "details", "summary", "code", "pre", "small", "em", "span", "strong", "blockquote"}
    assert "\x1b" not in forms["text/plain"]


PIXEL_URL = f"data:image/png;base64,{PIXEL}"


def _with_image(url: str) -> Message:
    return Message("assistant", (TextPart("Look:"), ImagePart(url)))


def _words(html: str) -> str:
    text = re.sub(r"<[^>]*>", " ", html)
    for entity, sign in (("&lt;", "<"), ("&gt;", ">"), ("&quot;", '"'), ("&amp;", "&")):
        text = text.replace(entity, sign)
    return " ".join(text.split())


def test_the_twin_is_made_once_and_follows_what_is_learnt_later() -> None:
    """Asking twice gives equal, separate bundles; a cost or language that comes later is in the next one."""
    document = folded(one_round("x"))
    first = bundle(document)
    first["text/plain"] = "spoilt"
    assert bundle(document)["text/plain"].startswith("x\n")
    document.cost_idr = 7
    assert "Rp 7" in bundle(document)["text/plain"]
    use_language("id")
    assert "token masuk" in bundle(document)["text/markdown"]
    document = folded(one_round("a_b <u>c</u>"))
    assert "<u>c</u>" not in bundle(document)["text/html"]
    assert "<u>c</u>" in bundle(document, Look("python-markdown"))["text/html"]


def test_a_quiet_line_is_text() -> None:
    """A bracket begins neither a link nor, with a backslash before it, a formula."""
    line = "see [1] and [a](b), $x$, {y} and #z"
    forms = from_markdown(quiet(line), line)
    shown = MarkdownIt("commonmark").render(forms["text/markdown"])
    assert _words(shown) == line
    assert "$$" not in forms["text/markdown"]
    assert re.sub("<[^>]*>", "", forms["text/html"]) == line
