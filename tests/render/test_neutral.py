"""Stored Markdown can do nothing, whatever parser reads it, and stays readable."""

from __future__ import annotations

import random
import re
import time

import pytest

from neosantara_magic.render import neutral
from neosantara_magic.render.neutral import neutralise
from render.corpora import examples, random_text, seeded
from render.inert import live
from render.payloads import PAYLOADS


def stored(text: str) -> str:
    """Return the stored form, after checking that it is harmless and that storing it again changes nothing."""
    found = neutralise(text)
    assert live(found) == [], text
    assert neutralise(found) == found, text
    return found


@pytest.mark.parametrize("payload", PAYLOADS)
def test_no_payload_is_stored_live(payload: str) -> None:
    """Parsers with raw HTML on and no link check make nothing live of a stored payload."""
    stored(payload)


def test_payloads_side_by_side_are_not_stored_live() -> None:
    """Two payloads in one text do not open what each alone keeps closed."""
    chance = seeded(4)
    for _ in range(500):
        stored(chance.choice(["", "\n", "\n\n", " ", "`", "$", "- "]).join(chance.sample(PAYLOADS, 2)))


def test_random_text_is_stored_harmless_and_once() -> None:
    """For text no one would write: harmless, and a second pass changes nothing."""
    for seed in range(500):
        chance = seeded(seed)
        stored("".join(chance.choice((random_text(chance, 6), chance.choice(PAYLOADS))) for _ in range(4)))


@pytest.mark.parametrize("corpus", ["commonmark", "gfm"])
def test_every_example_is_stored_harmless_and_once(corpus: str) -> None:
    """No example of either specification comes out live, or differently the second time."""
    for text in examples(corpus):
        stored(text)


@pytest.mark.parametrize(
    "text",
    [
        "a < b, x <- 1, <3 and 5 > 4, a << 2",
        "$$\n\\sum_{i < n} x_i\n= 3\n$$",
        "```html\n<script>alert(1)</script>\n```",
        "1. Run:\n\n   ```html\n   x\n   ```\n\n2. Done, it costs $5.",
        "| a | b |\n|---|---|\n| 1 < 2 | \\| |",
        "> quoted *text*\n> goes on",
        "[link](https://a.b/c_(d) 'title') [mail](mailto:a@b.c) [here](#part) [file](data.csv)",
        "[ref]\n\n[ref]: https://a.b/c",
        "![dot](data:image/png;base64,iVBORw0KGgo=)",
        "Title\n---\ntext",
        "Note: x[1]: y, and wow! [this]",
        "Waktu:10 std::vector C:\\data\\x",
        "",
    ],
)
def test_ordinary_text_is_unchanged(text: str) -> None:
    """Math, code, tables, quotes, comparisons and good links are stored byte for byte."""
    assert stored(text) == text


PICTURE = "![a](data:image/png;base64,{})"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("a <b>c</b>", "a &lt;b>c&lt;/b>"),
        ("\\<b> \\\\<b>", "&lt;b> \\\\&lt;b>"),
        ("https://a.example/<img src=x onerror=X()>", "https://a.example/&lt;img src=x onerror=X()>"),
        ("[x](javascript:alert(1))", "[x]&#40;javascript: alert(1))"),
        ("[x](JAVA&Tab;script&colon;y)", "[x]&#40;JAVA&Tab;script&colon;y)"),
        ("[x]\n\n[x]: vbscript:y", "[x]\n\n[x]&#58; vbscript: y"),
        ("see ftp://a.b and xmpp:a@b", "see ftp: //a.b and xmpp: a@b"),
        ("![cat](https://a.b/c.png)", "&#33;[cat](https://a.b/c.png)"),
        ("```mermaid\ngraph\n```", "```\ngraph\n```"),
        ("```{=html}\n<b>\n```", "```\n<b>\n```"),
        ("``` Python title=x\nx\n```", "```\nx\n```"),
        ("```Python\nx\n```", "```python\nx\n```"),
        ("text\n```py\nx\n```\nmore", "text\n\n```py\nx\n```\n\nmore"),
        ("```py\nopen", "```py\nopen\n```"),
        ("~~~py\nx\n  ~~~~~", "~~~py\nx\n~~~"),
        ("```\n    ```\n```", "````\n    ```\n````"),
        ("\\(a_1\\) and \\[b\\]", "$a_1$ and $$b$$"),
        ("$5 and \\(a\\)", "$5 and \\(a\\)"),
        ("$\\href{https://a.b}{x}\\def\\y{z}$", "$\\ href{https://a.b}{x}\\ def\\y{z}$"),
        ('> ``` "onclick=X()\n> x', "> ```\n> x"),
        ('1. ~~~python " x\n', "1. ~~~"),
        ('1. 2) - ``` "onclick=X()', "1. 2) - ```"),
        ('- [x] ~~~ "onclick=X()', "- [x] ~~~"),
        ("- [ ] ```python", "- [ ] ```python"),
        ('>~~~[x]: a``` "onclick=X()<b', ">~~~"),
        ('a "b" $c$\n\n"d"', 'a &quot;b&quot; $c$\n\n"d"'),
        ("a\u202eb &#x202E;c", "ab c"),
        ("---\nheader: x\n---", "***\nheader: x\n---"),
        ("a\r\nb <i>\0", "a\nb &lt;i>\ufffd"),
        ('[b](" $c$', "[b]&#40;&quot; $c$"),
        (" ```$\n\\(a\\)", " ```\n$a$"),
        (f" ```{PICTURE.format('AAAA')}\n{PICTURE.format('BBBB')}", f" ```\n{PICTURE.format('BBBB')}"),
        ("{{< include /etc/passwd >}}", "{{&lt; include /etc/passwd >}}"),
    ],
)
def test_what_the_rule_changes(text: str, expected: str) -> None:
    """A sign loses its meaning where it stands; the words stay."""
    assert stored(text) == expected


def test_remote_images_stay_when_the_user_wants_them() -> None:
    """With ``remote_images`` an https image is kept, a script address is not."""
    assert neutralise("![a](https://b.c/d.png)", remote_images=True) == "![a](https://b.c/d.png)"
    assert live(neutralise("![a](javascript:x)", remote_images=True)) == []
    both = "![a](https://b.c/d.png) and ![e](data:image/png;base64,AAAA)"
    assert neutralise(both, remote_images=True) == both


@pytest.mark.parametrize(
    "text",
    [
        "$$\n\n```html\n$$\n<img src=x onerror=alert(1)>\n```",
        "\\begin{a}\n```html\n\\end{a}\n<img src=x onerror=alert(1)>\n```",
        "\\begin{a}\n```\n\\end{a}\n```\n```\n<img src=x onerror=alert(1)>\n```",
        "$\n```\nx\n```\n\n```\n$\n```\n\n```\ny\n```\n\n```\n<img src=x onerror=alert(1)>\n```",
        "  ```\n\n```\n<img src=x onerror=alert(1)>\n```",
        "- ~~~\n\n```\n~~~\n<img src=x onerror=alert(1)>\n```",
        "````\n```\n<img src=x onerror=alert(1)>\n`````\n<img src=x onerror=alert(1)>",
    ],
)
def test_code_is_kept_as_it_is_only_where_every_parser_sees_a_fence(text: str) -> None:
    """A formula, or a fence that is not in the first column, could take in a fence's first line."""
    stored(text)


def test_the_oracle_can_fail() -> None:
    """It finds HTML, unsafe links and remote images when they are there."""
    for text in (
        "<b>",
        "a <b> c",
        "[x](javascript:y)",
        "![x](http://y)",
        "```mermaid\nx\n```",
        "[x]: data:y",
        "\u202e",
    ):
        assert live(text), text


@pytest.mark.parametrize(
    "bit", [*"`[]*$\\ <!:(~|\n\t", "](", "![", "]:", "\\(", "\\[", "a:", "> ", "```\n", "a://", "[a]("]
)
def test_a_line_of_one_sign_takes_no_time(bit: str) -> None:
    """200 kB of anything are stored in much less than a second: no rule looks twice at what it has seen."""
    began = time.process_time()
    neutralise((bit * 200_000)[:200_000])
    assert time.process_time() - began < 3, "grows faster than the text"


def test_random_signs_take_no_time() -> None:
    """The same for a mix of them."""
    chance = random.Random(7)  # noqa: S311  (nothing here is secret)
    text = "".join(chance.choices("`[]()*$\\ <!:~|\n\t>a", k=200_000))
    began = time.process_time()
    found = neutralise(text)
    assert time.process_time() - began < 3
    assert neutralise(found) == found


NEVER = re.compile(r"(?!)()")
MUTANTS = {
    "_TAG": "https://a.example/<img src=x onerror=alert(1)>",
    "_IMAGE": "![x](https://evil.example/a.png)",
    "_TARGET": "[x](javascript:alert(1))",
    "_SCHEME": "go to ftp://evil.example/x",
    "_FENCE_WORD": "> ```mermaid\n> graph",
    "_YAML": "---\nheader-includes: x\n---",
    "_OTHER_FENCE": "  ```\n\n```\n<img src=x onerror=alert(1)>\n```",
    "_MATH_BEGINS": "$$\n\n```html\n$$\n<img src=x onerror=alert(1)>\n```",
    "TEX": "$\\href{https://evil.example}{x}$",
    "BIDI": "abc\u202edef",
    "LANGUAGES": "```mermaid\ngraph\n```",
}


@pytest.mark.parametrize("rule", MUTANTS)
def test_each_rule_is_needed(rule: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """With one rule taken out, something is live that was not."""
    text = MUTANTS[rule]
    stored(text)
    monkeypatch.setattr(neutral, rule, {"mermaid"} if rule == "LANGUAGES" else NEVER)
    assert live(neutralise(text)) != []
