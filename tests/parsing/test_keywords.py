"""Errors of `ask()` and `ask_many()` name keywords, not flags."""

from __future__ import annotations

import re
from typing import Any

import pytest

from catalogue import catalogue
from neosantara_magic import ask, ask_many
from neosantara_magic.errors import UsageError
from neosantara_magic.parsing import FLAGS
from neosantara_magic.parsing.keywords import as_keywords

SENTENCES = {
    "--temperature takes a number from 0 to 2.": "temperature= takes a number from 0 to 2.",
    "For example: --temperature 2": "For example: temperature=2",
    "For example: --presence-penalty -1.5": "For example: presence_penalty=-1.5",
    "Allow more time with --timeout 60 or more.": "Allow more time with timeout=60 or more.",
    "Give a text, or leave --model out.": "Give a text, or leave model= out.",
    "Choose one with -m; nearest: garda-core": "Choose one with model=; nearest: garda-core",
    "Use --once, --new or --no-stream.": "Use once=True, new=True or no_stream=True.",
    "the other endpoint is --api chat or --api responses.": 'the other endpoint is api="chat" or api="responses".',
    '--tool-choice "required" has no tools.': 'tool_choice="required" has no tools.',
    "--tool-choice 'f': no tool has that name.": "tool_choice='f': no tool has that name.",
    "--tools: there is no 'f' in this notebook.": "tools: there is no 'f' in this notebook.",
    '--tools needs some text, not "".': 'tools= needs some text, not "".',
    "so --image _ means nothing": 'so image="_" means nothing',
    # What is not a flag of ask() stays, and so does what somebody typed.
    '--model needs some text, not "--tools x".': 'model= needs some text, not "--tools x".',
    "%neosantara fork NEW --at N, %neosantara usage --reset": "%neosantara fork NEW --at N, %neosantara usage --reset",
    "a well-known -x and 5 --- 4": "a well-known -x and 5 --- 4",
}


@pytest.mark.parametrize("sentence", SENTENCES)
def test_a_sentence_for_python(sentence: str) -> None:
    """Flags become keywords, their values Python; the rest stays."""
    assert as_keywords(sentence) == SENTENCES[sentence]


def test_no_sentence_keeps_a_flag() -> None:
    """In either language; `--param KEY=JSON` is not for Python, which takes a dict."""
    flag = re.compile(rf"(?<!%neosantara )(?<![\w-])({'|'.join(one.long for one in FLAGS)})(?![\w-])")
    left = [
        text
        for key, texts in catalogue().items()
        if f"{key}.next" in catalogue() or key.endswith(".next")
        for text in map(as_keywords, texts)
        if flag.search(re.sub('"[^"]*"', "", text))
    ]
    assert not left


@pytest.mark.parametrize(
    ("flags", "text"),
    [
        ({"temperature": 3}, 'temperature= takes a number from 0 to 2, not "3".\nFor example: temperature=2'),
        (
            {"new": True, "once": True},
            "new=True, once=True contradict each other.\nKeep one of them.",
        ),
        (
            {"tools": "no_such_function"},
            "tools: there is no 'no_such_function' here.\nDefine it first, then ask again.",
        ),
    ],
)
def test_what_python_is_told(flags: dict[str, Any], text: str) -> None:
    """Whatever raised it: the grammar, a rule between two flags, a layer below."""
    with pytest.raises(UsageError) as caught:
        ask("hi", **flags)
    assert str(caught.value) == text
    assert caught.value.args == tuple(text.split("\n"))


def test_what_a_batch_is_told() -> None:
    """The same for many prompts."""
    with pytest.raises(UsageError) as caught:
        ask_many(["hi"], top_p=2)
    assert str(caught.value) == 'top_p= takes a number from 0 to 1, not "2".\nFor example: top_p=1'
    with pytest.raises(UsageError) as caught:
        ask_many(["hi"], conversation="x")
    assert str(caught.value) == (
        "ask_many() takes no conversation=.\nLeave it out; %neosantara help shows what it is for."
    )
