"""One gate for API keys: which texts are keys, and how a key may be spelled."""

from __future__ import annotations

import html
import json
from urllib.parse import quote, quote_plus

import pytest

from neosantara_magic import redaction
from neosantara_magic.errors import UsageError
from neosantara_magic.ipython.notebook import Notebook
from neosantara_magic.redaction import Secret, redact, redact_all

FORMS = [
    "nsk_5ec2e75ec2e75ec2",
    "nsk_live-abcdef1234567890",
    "nsk_mcp_abcdef1234567890",
    "nsk_code_abcdef1234567890",
    "nsk_1234567890-abcdefghij",
    "nsk_ab-cd.efghij",
    "nsk-abcdef1234567890",
    "sk-abcdef1234567890",
    "sk-abcdefghij",
    "sk-proj-abcdef1234567890",
    "sk-ant-api03-Ab_cd-1234567890",
    "sk_live_51abcdef1234567890",
    "Bearer abcdef1234567890",
    "Bearer gw.ab-cd/12+34==",
    "bearer%20abcdef1234567890",
]
AROUND = [
    "{}",
    "key {}.",
    "{{'KEY': '{}'}}",
    "https://x.example/?key={}&b=1",
    "a\\n{} b",
    "k%3D{}%26",
    "\n{}\n",
    "({})",
]
ODD = "gw+Ab/c=d\"e\\f&1'x~9876543210"
"""A gateway's key of no known form, with every sign that some encoding spells otherwise."""


@pytest.mark.parametrize("around", AROUND)
@pytest.mark.parametrize("key", FORMS)
def test_every_known_form_goes_and_its_surroundings_stay(key: str, around: str) -> None:
    """Nothing of the secret part is left, and nothing of the text around it is lost."""
    told = redact(around.format(key))
    before, after = around.format("|").split("|")
    assert told.startswith(before)
    assert told.endswith(after)
    assert key[-8:] not in told
    assert "…" in told
    assert redact(told) == told


@pytest.mark.parametrize(
    "text",
    [
        "nsk_… and nsk_...",
        "nsk_mcp_ keys",
        "dansk_tekst_fil",
        "task_1234567890",
        "risk-averse-1234567",
        '<div class="sk-toggleable__content sk-container-id-1 sk-parallel-item">',
        "a bearer of important news",
        "Bearer tokens are sent in a header.",
    ],
)
def test_what_only_resembles_a_key_stays(text: str) -> None:
    """Words of other languages, CSS classes, prose about keys."""
    assert redact(text) == text


@pytest.mark.parametrize(
    "spelled",
    [
        str,
        repr,
        json.dumps,
        lambda key: json.dumps(json.dumps({"k": key})),
        lambda key: json.dumps(key).replace("/", "\\/"),
        quote,
        lambda key: quote(key, safe=""),
        quote_plus,
        html.escape,
        lambda key: html.escape(key).replace("&#x27;", "&#39;"),
        lambda key: json.dumps(key).replace("+", "\\u002b").replace("&", "\\u0026"),
        lambda key: key[: len(key) // 2 + 2],
    ],
)
def test_the_key_in_force_goes_however_it_is_spelled(spelled: object) -> None:
    """Also a gateway's, also escaped, also cut off in its second half."""
    told = redact(f"a {spelled(ODD)} b", ODD)  # type: ignore[operator]
    assert "9876" not in told
    assert "c=d" not in told
    assert told.startswith("a ")
    assert told.endswith(" b")


def test_a_key_that_was_met_and_that_of_the_environment_count(monkeypatch: pytest.MonkeyPatch) -> None:
    """Whoever calls need not know it."""
    monkeypatch.setattr(redaction, "_met", set())
    redaction.remember("gw-0123456789")
    monkeypatch.setenv("NEOSANTARA_API_KEY", "other/0123456789")
    assert redact("gw-0123456789, other/0123456789, other%2F0123456789") == "gw-…, …, …"


def test_placeholders_of_local_servers_are_words(monkeypatch: pytest.MonkeyPatch) -> None:
    """`ollama` as a key must not cost the word."""
    monkeypatch.setattr(redaction, "_met", {"ollama", "x", ""})
    assert redact("ollama x") == "ollama x"


def test_json_is_walked_and_keeps_its_kinds() -> None:
    """Keys of objects, lists, tuples; other values stay the same."""
    data = {"nsk_abcdefgh": ["nsk_abcdefgh", 1, None], "t": ("sk-abcdef123456",)}
    assert redact_all(data) == {"nsk_…": ["nsk_…", 1, None], "t": ("sk-…",)}


def test_a_secret_is_a_text_that_does_not_show_itself() -> None:
    """It can be sent; its repr, alone or in a container, cannot be read."""
    assert f"Bearer {Secret('gw-0123456789')}" == "Bearer gw-0123456789"
    assert "0123" not in repr([Secret("gw-0123456789")])


def test_no_error_shows_a_key() -> None:
    """Whoever quotes what into it; both lines."""
    error = UsageError("cannot open nsk_abcdefgh12/x", "try sk-abcdef123456 again")
    assert str(error) == "cannot open nsk_…/x\ntry sk-… again"
    assert error.args == (error.what, error.next_step)


def test_no_screen_shows_a_key(capsys: pytest.CaptureFixture[str]) -> None:
    """Whatever a command says, a name of a conversation or of a file too."""
    Notebook(type("Shell", (), {})()).say("saved to nsk_abcdefgh12.jsonl")
    assert capsys.readouterr().out == "saved to nsk_…\n"
