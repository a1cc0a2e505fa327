"""Settings: each field's readings, the environment, and what happens to a bad value there."""

from __future__ import annotations

import ast
import re
from dataclasses import fields

import pytest

from neosantara_magic.errors import UsageError
from neosantara_magic.settings.fields import (
    FIELDS,
    Settings,
    default,
    environment_problems,
    from_environment,
    is_on,
    validate,
)
from neosantara_magic.texts import say, use_language


def test_the_contract_names_every_setting() -> None:
    """The table, the dataclass and the contract's list of traits agree."""
    named = [
        "model",
        "system",
        "api",
        "max_tokens",
        "timeout",
        "show",
        "markdown",
        "markdown_extensions",
        "remote_images",
        "base_url",
        "allow_http",
        "language",
        "budget_idr",
        "replay_speed",
        "store",
        "tool_result_limit",
        "highlight",
        "context",
        "context_limit",
        "patience",
        "privacy",
        "warm_up",
    ]
    assert list(FIELDS) == named == [field.name for field in fields(Settings)]


def test_the_defaults() -> None:
    """With an empty environment the defaults of the contract hold, and each passes its own reader."""
    held = from_environment({})
    assert held == Settings()
    assert (held.model, held.max_tokens, held.store) == ("nusantara-base", 2048, True)
    assert held.base_url == "https://api.neosantara.xyz/v1"
    for name, field in FIELDS.items():
        assert validate(name, field.default) == field.default
        assert say(f"setting.{name}")


@pytest.mark.parametrize(
    ("name", "given", "expected"),
    [
        ("model", "neosantara/garda-core", "garda-core"),
        ("system", "Be brief", "Be brief"),
        ("system", "", None),
        ("system", None, None),
        ("api", "chat", "chat"),
        ("max_tokens", "64", 64),
        ("max_tokens", 64, 64),
        ("timeout", "5", 5.0),
        ("timeout", None, None),
        ("timeout", "None", None),
        ("show", "text", "text"),
        ("markdown", "python-markdown", "python-markdown"),
        ("markdown_extensions", "extra, toc", ("extra", "toc")),
        ("markdown_extensions", ["extra"], ("extra",)),
        ("markdown_extensions", "", ()),
        ("remote_images", "yes", True),
        ("base_url", "http://localhost:8000/v1/", "http://localhost:8000/v1"),
        ("allow_http", 0, False),
        ("language", "id", "id"),
        ("budget_idr", "5000", 5000.0),
        ("budget_idr", 0, 0.0),
        ("budget_idr", "none", None),
        ("replay_speed", 2, 2.0),
        ("store", "off", False),
        ("tool_result_limit", 100, 100),
        ("patience", "300", 300.0),
        ("patience", "none", None),
        ("budget_idr", "5.000", 5000.0),
        ("budget_idr", "5,000", 5000.0),
        ("budget_idr", "Rp 1.250.000", 1250000.0),
        ("budget_idr", "0.125", 0.125),
        ("budget_idr", "12.5", 12.5),
    ],
)
def test_a_setting_reads_its_values(name: str, given: object, expected: object) -> None:
    """Python values, as traits get them, and text, as the environment has it."""
    assert validate(name, given) == expected
    if isinstance(given, str) and given:
        assert default(name, {f"NEOSANTARA_{name.upper()}": given}) == expected


REFUSED = [
    ("show", "big", 'show does not know "big".\nUse one of: auto, widget, markdown, text, none', None),
    (
        "markdown",
        "commonmrk",
        'markdown does not know "commonmrk".\nDid you mean commonmark?',
        'markdown tidak mengenal "commonmrk".\nMaksud Anda commonmark?',
    ),
    ("api", None, 'api does not know "None".\nUse one of: auto, responses, chat', None),
    (
        "max_tokens",
        0,
        'max_tokens takes a whole number of 1 or more, not "0".\nFor example: %config NeosantaraMagics.max_tokens = 500',
        None,
    ),
    (
        "budget_idr",
        -1,
        'budget_idr takes a number of 0 or more, not "-1".\nFor example: %config NeosantaraMagics.budget_idr = 5000',
        'budget_idr menerima angka mulai dari 0, bukan "-1".\nContoh: %config NeosantaraMagics.budget_idr = 5000',
    ),
    (
        "replay_speed",
        float("inf"),
        'replay_speed takes a number of 0 or more, not "inf".\nFor example: %config NeosantaraMagics.replay_speed = 1',
        None,
    ),
    (
        "store",
        "maybe",
        'store does not know "maybe".\nUse one of: on, off',
        'store tidak mengenal "maybe".\nPakai salah satu dari: on, off',
    ),
    (
        "markdown_extensions",
        7,
        'markdown_extensions does not take "7".\nFor example: %config NeosantaraMagics.markdown_extensions = ["extra", "toc"]',
        'markdown_extensions tidak menerima "7".\nContoh: %config NeosantaraMagics.markdown_extensions = ["extra", "toc"]',
    ),
    ("model", "", 'model needs some text, not "".\nGive it some text, or leave it out.', None),
    (
        "modle",
        "x",
        'There is no setting "modle".\nDid you mean model?',
        'Tidak ada setting "modle".\nMaksud Anda model?',
    ),
    (
        "zzz",
        "x",
        'There is no setting "zzz".\n%config NeosantaraMagics lists the settings.',
        'Tidak ada setting "zzz".\n%config NeosantaraMagics menampilkan semua setting.',
    ),
]


@pytest.mark.parametrize(("name", "given", "english", "indonesian"), REFUSED)
def test_a_bad_setting_is_refused_in_two_lines(name: str, given: object, english: str, indonesian: str | None) -> None:
    """What was given, and what it may be, in both languages."""
    for language, text in (("en", english), ("id", indonesian)):
        use_language(language)
        with pytest.raises(UsageError) as caught:
            validate(name, given)
        assert text is None or str(caught.value) == text


@pytest.mark.parametrize("language", ["en", "id"])
def test_the_example_of_a_refusal_can_be_typed(language: str) -> None:
    """Of every setting that is a number or a list: the line as it stands sets it."""
    use_language(language)
    steps = []
    for name in FIELDS:
        try:
            validate(name, object())
        except UsageError as error:
            steps.append(error.next_step)
    assert not [step for step in steps if re.search(rf": ({'|'.join(FIELDS)}) ", step)]
    typed = dict(found for step in steps for found in re.findall(r"%config NeosantaraMagics\.(\w+) = (.+)", step))
    assert {"budget_idr", "replay_speed", "max_tokens", "timeout", "context_limit", "markdown_extensions"} <= {*typed}
    for name, value in typed.items():
        assert validate(name, ast.literal_eval(value)) is not None


def test_a_bad_value_in_the_environment_is_dropped_with_one_line() -> None:
    """The rest of the environment still counts, and blank variables are none."""
    environ = {"NEOSANTARA_SHOW": "big", "NEOSANTARA_MODEL": "x", "NEOSANTARA_TIMEOUT": " "}
    assert from_environment(environ) == Settings(model="x")
    line = 'NEOSANTARA_SHOW is ignored: NEOSANTARA_SHOW does not know "big".'
    assert environment_problems(environ) == {"show": line}


@pytest.mark.parametrize(
    ("environ", "expected"),
    [
        ({}, "https://api.neosantara.xyz/v1"),
        ({"NEOSANTARA_API_BASE": "https://b.example/v1/"}, "https://b.example/v1"),
        ({"NEOSANTARA_BASE_URL": "https://a.example", "NEOSANTARA_API_BASE": "https://b.example"}, "https://a.example"),
        ({"NEOSANTARA_BASE_URL": "  ", "NEOSANTARA_API_BASE": "https://b.example"}, "https://b.example"),
        ({"NEOSANTARA_BASE_URL": "http://10.0.0.5/v1", "NEOSANTARA_ALLOW_HTTP": "1"}, "http://10.0.0.5/v1"),
        ({"OPENAI_BASE_URL": "https://evil.example"}, "https://api.neosantara.xyz/v1"),
    ],
)
def test_the_order_of_addresses(environ: dict[str, str], expected: str) -> None:
    """NEOSANTARA_BASE_URL, then NEOSANTARA_API_BASE, then the service's own."""
    assert default("base_url", environ) == expected
    assert from_environment(environ).base_url == expected


@pytest.mark.parametrize("variable", ["NEOSANTARA_BASE_URL", "NEOSANTARA_API_BASE"])
def test_a_bad_address_never_becomes_another_one(variable: str) -> None:
    """Who set an address meant their data to go there: a bad one stops the ask, and the line at load says so."""
    environ = {variable: "http://10.0.0.5/v1", "NEOSANTARA_MODEL": "x"}
    with pytest.raises(UsageError) as caught:
        default("base_url", environ)
    what = f"{variable}: The base URL http://10.0.0.5/v1 would send your API key unencrypted."
    assert caught.value.what == what
    assert [*environment_problems(environ).values()] == [what]
    assert default("model", environ) == "x"
    assert default("base_url", environ, allow_http=True) == "http://10.0.0.5/v1"


@pytest.mark.parametrize(
    ("value", "wanted"), [("1", True), ("on", True), ("0", False), ("", False), ("perhaps", False)]
)
def test_the_demo_model_is_only_chosen_by_a_clear_yes(value: str, wanted: bool) -> None:
    """Never silently."""
    assert is_on("NEOSANTARA_DEMO", {"NEOSANTARA_DEMO": value}) is wanted
    assert is_on("NEOSANTARA_DEMO", {}) is False
