"""What is streamed is what rendering the whole text gives: examples, random text, mutants, frames applied."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from neosantara_magic.events import TextDelta
from neosantara_magic.render import blocks, open_block
from neosantara_magic.render.blocks import BlockStream, Frame, LiveAnswer
from neosantara_magic.render.document import Document
from neosantara_magic.render.forms import PLAIN_LOOK, Look
from neosantara_magic.render.html import sanitise
from neosantara_magic.render.markdown import CommonMark, engine, highlight
from neosantara_magic.render.static import bundle
from render.corpora import chopped, ended, examples, random_text, seeded

pytestmark = pytest.mark.slow  # the matrix leaves it out

if TYPE_CHECKING:
    import random
    from collections.abc import Callable

    from markdown_it.token import Token

    from neosantara_magic.render.markdown import Group, References

COMMONMARK = engine("commonmark")


def raw(html: str) -> str:
    """Leave HTML as it is."""
    return html


class View:
    """What a front end does with frames."""

    def __init__(self) -> None:
        self.blocks: list[str] = []
        self.tail = ""

    def apply(self, frame: Frame) -> None:
        """Apply one frame, as the widget does."""
        for index, html in frame.repair:
            self.blocks[index] = html
        self.blocks.extend(frame.freeze)
        self.tail = frame.tail

    def html(self) -> str:
        """Return what is shown."""
        return "".join(self.blocks) + self.tail


def whole(text: str) -> str:
    """Return the HTML of a text and its end, rendered at once."""
    return COMMONMARK.render(ended(text))


def streamed(
    text: str, seed: int, post: Callable[[str], str] = raw, longest: int = 7, kind: type[BlockStream] = BlockStream
) -> str:
    """Return what a view shows after the text was streamed in random pieces, and an end after it."""
    stream = kind(COMMONMARK, post)
    view = View()
    for piece in chopped(ended(text), seeded(seed), longest):
        stream.feed(piece)
        if (frame := stream.frame()) is not None:
            view.apply(frame)
    return view.html()


@pytest.mark.parametrize("corpus", ["commonmark", "gfm"])
@pytest.mark.parametrize("seed", [1, 2, 3])
def test_every_example_streams_to_its_one_shot_html(corpus: str, seed: int) -> None:
    """No example of either specification ends different for having been streamed."""
    different = [text for text in examples(corpus) if streamed(text, seed) != whole(text)]
    assert different == []


def test_ten_thousand_random_texts_stream_to_their_one_shot_html() -> None:
    """Text made to hit every joint of the block rules ends the same, however it is chopped up."""
    for seed in range(10_000):
        text = random_text(seeded(seed), 14)
        assert streamed(text, seed, longest=16) == whole(text), (seed, text)


def test_what_is_stored_is_what_was_streamed() -> None:
    """The stored HTML, made of the blocks that were shown, is that of an answer which nobody watched: byte for byte."""
    texts = [*examples("commonmark"), *examples("gfm"), *(random_text(seeded(seed), 14) for seed in range(3_000))]
    texts += [text.replace("\n", "\r\n") for text in texts[:900]] + ["```\r\na\r\nb", "```\na\r\n\r", "a\rb\r"]
    shown = 0
    for seed, text in enumerate(texts):
        document, live = Document(), LiveAnswer(PLAIN_LOOK)
        for piece in chopped(text, seeded(seed), 16):
            document.fold(TextDelta(piece))
            if seed % 3:
                live.take(document)
        document.finish("completed")
        unwatched, watched = bundle(document), bundle_anew(document, live)
        assert watched == unwatched, text
        shown += bool(live.blocks)
    assert shown > 3_000


def test_a_view_that_broke_off_loses_no_text(monkeypatch: pytest.MonkeyPatch) -> None:
    """A Stop or a fault in the middle of a frame leaves its text out of the blocks; the stored answer has it."""
    document, live = Document(), LiveAnswer(PLAIN_LOOK)
    document.fold(TextDelta("one\n\ntwo\n\n"))
    with monkeypatch.context() as patch:
        patch.setattr(BlockStream, "_freeze", lambda *_: interrupted())
        with pytest.raises(KeyboardInterrupt):
            live.take(document)
    document.fold(TextDelta("three"))
    live.take(document)
    document.finish("stopped")
    assert bundle_anew(document, live) == bundle_anew(document, LiveAnswer(PLAIN_LOOK))
    assert "<p>one</p><p>two</p><p>three" in bundle(document)["text/html"]


def interrupted() -> None:
    """Do what a Stop does."""
    raise KeyboardInterrupt


def bundle_anew(document: Document, live: LiveAnswer) -> dict[str, str]:
    """Return the bundle, not the one that was made before."""
    document.twin = None
    return bundle(document, PLAIN_LOOK, live)


def test_long_random_texts_stream_to_their_one_shot_html() -> None:
    """The same for texts with many blocks, where definitions come long after their use."""
    for seed in range(50):
        text = random_text(seeded(seed), 400)
        assert streamed(text, seed, longest=120) == whole(text), (seed, text)


def test_sanitised_and_coloured_blocks_are_the_whole_sanitised_and_coloured() -> None:
    """Finishing block by block gives what finishing the whole gives."""

    def finished(html: str) -> str:
        return highlight(sanitise(html))

    for seed in range(150):
        text = random_text(seeded(seed), 60)
        assert streamed(text, seed, finished, longest=30) == finished(whole(text)), (seed, text)


def test_lines_that_count_before_their_end_stream_to_their_one_shot_html(monkeypatch: pytest.MonkeyPatch) -> None:
    """Random texts whose lines count as long from a few characters on end the same."""
    monkeypatch.setattr(blocks, "LONG", 5)
    monkeypatch.setattr(open_block, "LONG", 5)
    for seed in range(1_500):
        chance = seeded(seed)
        text = "\n".join(random_line(chance) for _ in range(chance.randint(1, 8)))
        assert streamed(text, seed, longest=5) == whole(text), (seed, text)


def random_line(chance: random.Random) -> str:
    """Return a line that begins as a block and goes on as text, or as something that only looks like one."""
    begin = chance.choice(
        ["", "", "\n", "- ", "1. ", "  - ", "   10. ", "     ", "> ", "> - ", "[a]:", "| a |", "```", "$$"]
    )
    text = ["word", "**bold**", "[a]", "`x`", "- -", "---", "|--|", "===", "***", "```", "$$", "'t'", "http://a.b"]
    return begin + " ".join(chance.choices(text, k=chance.randint(0, 4)))


class OnPartialLines(BlockStream):
    """Mutant: the line being written counts as complete."""

    @property
    def complete(self) -> int:
        return len(self.tail)


class WithoutRepair(BlockStream):
    """Mutant: no block remembers the labels it missed."""

    def _paint(self, index: int, tokens: list[Token]) -> str:
        return self.engine.paint(tokens, self.definitions)


def eager_cut(groups: list[blocks.Group], lines: list[str]) -> tuple[int, int]:
    """Mutant: at a blank line the last block is taken for finished."""
    if len(lines) > 1 and not lines[-2].strip() and groups:
        return len(groups), len(lines) - 1
    return 0, 0


def differs(stream: type[BlockStream] = BlockStream, texts: int = 6_000) -> bool:
    """Tell whether any of the random texts ends different for having been streamed."""
    random_texts = ((seed, random_text(seeded(seed), 20)) for seed in range(texts))
    return any(outcome(text, seed, stream) != whole(text) for seed, text in random_texts)


def outcome(text: str, seed: int, stream: type[BlockStream]) -> str:
    """Return what the text became, or what went wrong."""
    try:
        return streamed(text, seed, longest=4, kind=stream)
    except (IndexError, KeyError) as error:
        return repr(error)


@pytest.mark.parametrize("mutant", [OnPartialLines, WithoutRepair])
def test_a_mutant_stream_is_caught(mutant: type[BlockStream]) -> None:
    """Freezing on partial lines, or leaving late definitions out, shows in the same random texts."""
    assert differs(mutant)


def test_freezing_the_last_block_at_a_blank_line_is_caught(monkeypatch: pytest.MonkeyPatch) -> None:
    """A blank line does not end a list, and code goes on after it."""
    monkeypatch.setattr(blocks, "cut", eager_cut)
    assert differs()


def test_finished_blocks_are_frozen_while_the_text_grows() -> None:
    """The tail stays one block long: the point of it all."""
    stream = BlockStream(COMMONMARK, raw)
    frozen = []
    for number in range(50):
        stream.feed(f"Paragraph {number}.\n\n")
        frame = stream.frame()
        assert frame is not None
        frozen += frame.freeze
        assert frame.tail == ""
    assert frozen == [f"<p>Paragraph {number}.</p>\n" for number in range(50)]


def test_a_late_definition_repairs_only_the_blocks_that_asked_for_it() -> None:
    """One block is sent again when its label is defined; a definition that is still being written changes nothing."""
    stream = BlockStream(COMMONMARK, raw)
    stream.feed("See [docs].\n\nOther.\n\nEnd.\n\n[docs]: https://a.b")
    first = stream.frame()
    assert first is not None
    assert first.freeze == ("<p>See [docs].</p>\n", "<p>Other.</p>\n", "<p>End.</p>\n")
    stream.feed("/c\n\nAfter.\n")
    second = stream.frame()
    assert second is not None
    assert second.repair == ((0, '<p>See <a href="https://a.b/c">docs</a>.</p>\n'),)


def test_no_news_is_no_frame() -> None:
    """Without text there is nothing to send, and empty deltas are no text."""
    stream = BlockStream(COMMONMARK, raw)
    stream.feed("")
    assert stream.frame() is None
    stream.feed("a")
    assert stream.frame() == Frame((), (), "<p>a</p>\n")


LONG = {
    "fence": "```python\n" + "".join(f"value_{n} = {n} < 3\n" for n in range(150)) + "```\n\nAfter.\n",
    "tilde fence": "   ~~~ py\n" + "".join(f"   v{n}\n\n" for n in range(250)) + "~~~\nAfter.\n",
    "table": "|a|b *c*|\n|:-|-:|\n" + "".join(f"| {n} | **{n}** `x` |\n" for n in range(120)) + "\nAfter.\n",
    "table ended by a heading": "a|b\n-|-\n" + "".join(f"{n}|{n}\n" for n in range(300)) + "# Next\n",
    "tight list": "".join(f"- item **{n}** and more text\n" for n in range(120)) + "\nAfter.\n",
    "nested list": "".join(f"* item {n}\n  1. one\n  2. two\n" for n in range(80)),
    "list that turns loose": "".join(f"7. item {n}\n" for n in range(150)) + "\n8. loose\n9. end\n\nAfter.\n",
    "loose list": "".join(f"1. item {n}\n\n   more\n\n" for n in range(80)) + "After.\n",
    "list then list": "".join(f"- item {n}\n" for n in range(150)) + "* other\n* list\n",
    "list then definition": "".join(f"- [x] {n}\n" for n in range(300)) + "\n[x]: /u\n",
    "paragraph": "".join(f"Line **{n}** goes `on` & [on](https://a.b/{n} 't')\n" for n in range(60)) + "\nAfter.\n",
    "paragraph ended by a list": "".join(f"word {n}, *stress* [x] 2 * 3 $\n" for n in range(80)) + "- item\n\nAfter.\n",
    "paragraph under a table": "".join(f"word {n} | b\n" for n in range(150)) + "a | b\n--|--\n1 | 2\n",
    "heading": "".join(f"many words {n} of it\n" for n in range(150)) + "===\n",
    "quote": "".join(f"> a line with *stress* {n}\n" for n in range(80)) + "\nAfter.\n",
    "quote of many": "".join(f"> # {n}\n> - a\n>   b\n>\n>> *in {n}*\n>\n" for n in range(50)) + "> [x]\n\nAfter.\n",
    "lazy quote": "".join(f"> line {n}\nlazy {n}\n" for n in range(80)) + "\nAfter.\n",
    "long item": "- one\n- two *x*\n"
    + "".join(f"  words {n} **of** the item\n" for n in range(60))
    + "- three\n\nAfter.\n",
    "long sublist": "1. one:\n" + "".join(f"   - item {n} `x`\n" for n in range(90)) + "2. two\n\nAfter.\n",
    "code in an item": "- do:\n  ```python\n" + "".join(f"  v{n} = 1\n" for n in range(150)) + "  ```\n  done\n- b\n",
    "task list": "".join(f"- [{' x'[n % 2]}] task {n}\n" for n in range(120)),
}


@pytest.mark.parametrize("name", LONG)
def test_a_long_open_block_previews_as_if_it_were_rendered_whole(name: str) -> None:
    """At every complete line, what the shortcut shows is what parsing the whole tail would show."""
    stream = BlockStream(COMMONMARK, raw)
    view = View()
    shown = ""
    for line in LONG[name].splitlines(keepends=True):
        shown += line
        stream.feed(line)
        frame = stream.frame()
        assert frame is not None
        view.apply(frame)
        if line.strip() and (not shown.count("\n") % 7 or "After" in line):
            assert view.html() == COMMONMARK.render(shown)
    assert view.html() == COMMONMARK.render(LONG[name])


@pytest.mark.parametrize("name", sorted(set(LONG) - {"lazy quote"}))
def test_a_long_open_block_costs_its_new_lines(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """The parser is given a small multiple of the text in all, not its square."""
    given = 0
    parse = type(COMMONMARK).groups

    def counting(self: CommonMark, source: str, references: References) -> list[Group]:
        nonlocal given
        given += len(source)
        return parse(self, source, references)

    monkeypatch.setattr(CommonMark, "groups", counting)
    stream = BlockStream(COMMONMARK, raw)
    body = LONG[name][: LONG[name].rfind("\n\n")]
    for line in body.splitlines(keepends=True):
        stream.feed(line)
        stream.frame()
    lines = len(body.splitlines())
    assert given < len(body) * lines / 2


_BEGINNINGS = ["", "> ", "- ", "1. ", "- one\n  - ", "1. one:\n   - two\n     - ", "> - ", "Before:\n- ", "# Title\n"]
_BEGINNINGS += ["- one\n  ", "1. one\n\n2. ", "- one\n\n  ", "- more\n" * 90 + "- ", "1. " + "words " * 99 + "\n\n2. "]


@pytest.mark.parametrize("begin", _BEGINNINGS)
def test_a_long_line_costs_its_new_words(begin: str) -> None:
    """A paragraph of one line is parsed once, too, whatever words it has and whatever block it is in."""
    read = 0
    words = "It costs $5, see [1], `code_of` *this* a < b: snake_case \\(x\\) and ~~old~~ 2 * 3 ones. " * 120

    class Counting(CommonMark):
        def words(self, text: str, references: References, before_dollar: bool = False) -> tuple[str, str]:
            nonlocal read
            read += len(text)
            return super().words(text, references, before_dollar)

        def groups(self, source: str, references: References) -> list[Group]:
            nonlocal read
            read += len(source)
            return super().groups(source, references)

    stream = BlockStream(Counting(), raw)
    view = View()
    for piece in [begin, *chopped(words, seeded(2), 40)]:
        stream.feed(piece)
        if (frame := stream.frame()) is not None:
            view.apply(frame)
    assert view.html() == COMMONMARK.render(begin + words)
    assert read < 40 * len(words)  # its square is 260


@pytest.mark.parametrize(
    "begin", ["- ", "1. ", "> ", "> - ", "# ", "```", "$$", "[a]: ", "[a", "| a | ", "    ", "*a ", "~~~ `"]
)
def test_a_long_first_line_of_any_block_is_shown(begin: str) -> None:
    """While it is written, and when its end has come."""
    stream = BlockStream(COMMONMARK, raw)
    view = View()
    text = begin + "some **bold** words | " * 60 + "\n\n# End\n"
    for piece in chopped(text, seeded(4), 60):
        stream.feed(piece)
        if (frame := stream.frame()) is not None:
            view.apply(frame)
    assert begin in {"```", "$$"} or view.html() == COMMONMARK.render(text)


def test_a_paragraph_too_long_to_be_read_is_plain_from_then_on() -> None:
    """The live form changes when the final one does."""
    stream = BlockStream(COMMONMARK, raw)
    text = "some **bold** words " * 1_600
    for piece in chopped(text, seeded(3), 3_000):
        stream.feed(piece)
        frame = stream.frame()
    assert frame is not None
    assert frame.tail == COMMONMARK.render(text)
    assert "<strong>" not in frame.tail


_SIGNS = [*'ab1.*_~`$[]()\\!<>:&|"\n', "**", "~~", "$$", "\\(", "\\)", "](", "\\begin{a}", "\\end{a}", "http://a.b"]
_WORDS = st.lists(st.sampled_from(_SIGNS + [" "] * 8), max_size=24).map("".join)


@settings(max_examples=2_000)
@given(_WORDS, _WORDS)
@example("\\begin{a}", "\\end{a}")
@example("[a", "b](c)")
@example("[a](b 'c", "d')")
@example("$2", "\\cdot x$")
@example("5 *a", "b* c")
def test_no_later_word_changes_settled_ones(before: str, after: str) -> None:
    """Inside an open paragraph: what is settled, and what follows, are read alone as they are read together."""
    before, after = f"{before} ", after.lstrip()
    html, sign = COMMONMARK.words(before, {}, after.startswith("$"))
    if not sign and after:
        assert html + COMMONMARK.words(after, {})[0] == COMMONMARK.words(before + after, {})[0]


def test_python_markdown_is_the_tail() -> None:
    """An engine without blocks sends its whole HTML as the tail, once for each new text."""
    live, document = LiveAnswer(Look("python-markdown")), Document()
    text = "# Title\n\nSome *text* <script>alert(1)</script>\n\n```python\nx\n```\n"
    for piece in chopped(text, seeded(1)):
        document.fold(TextDelta(piece))
        frame = live.take(document)
        assert frame is not None
        assert frame.freeze == ()
        assert live.take(document) is None
    assert live.tail == sanitise(engine("python-markdown").render(text))
    assert "<script" not in live.tail
