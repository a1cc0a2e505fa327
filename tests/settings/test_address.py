"""Which addresses the key may be sent to."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from neosantara_magic.errors import UsageError
from neosantara_magic.settings import check_base_url
from neosantara_magic.texts import use_language


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        ("https://api.neosantara.xyz/v1", "https://api.neosantara.xyz/v1"),
        (" https://api.neosantara.xyz/v1// ", "https://api.neosantara.xyz/v1"),
        ("HTTPS://Example.COM", "https://Example.COM"),
        ("http://localhost:8000/v1", "http://localhost:8000/v1"),
        ("http://127.0.0.1:1/", "http://127.0.0.1:1"),
        ("http://127.9.9.9", "http://127.9.9.9"),
        ("http://[::1]:8000/v1", "http://[::1]:8000/v1"),
    ],
)
def test_good_addresses(given: str, expected: str) -> None:
    """HTTPS anywhere, http to this machine; the trailing slash goes."""
    assert check_base_url(given) == expected


@pytest.mark.parametrize(
    "given",
    [
        "http://example.com/v1",
        "http://10.0.0.5/v1",
        "http://localhost.example.com",
        "http://127.0.0.1.example.com",
        "http://127.1",
        "http://0.0.0.0",
        "http://[::2]",
        "HTTP://EXAMPLE.com",
    ],
)
def test_plain_http_leaves_the_machine_only_when_allowed(given: str) -> None:
    """The two lines, in both languages, and the setting that lifts the rule."""
    for language, text in (
        (
            "en",
            (
                f"The base URL {given} would send your API key unencrypted.\n"
                "Use https://, or allow it for your own network: %config NeosantaraMagics.allow_http = True"
            ),
        ),
        (
            "id",
            (
                f"Base URL {given} akan mengirim API key Anda tanpa enkripsi.\n"
                "Pakai https://, atau izinkan untuk jaringan Anda sendiri: %config NeosantaraMagics.allow_http = True"
            ),
        ),
    ):
        use_language(language)
        with pytest.raises(UsageError) as caught:
            check_base_url(given)
        assert str(caught.value) == text
    assert check_base_url(given, allow_http=True)


@pytest.mark.parametrize(
    "given",
    [
        "",
        "api.neosantara.xyz/v1",
        "ftp://example.com",
        "file:///etc/passwd",
        "https://",
        "https:///v1",
        "https://example.com:port",
        "https://example.com:99999",
        "https://[::1",
        "https://exa mple.com",
        "https://example.com\\v1",
        "https://example.com/\x00",
        "javascript:alert(1)",
    ],
)
def test_what_is_no_address(given: str) -> None:
    """Refused with an example of a good one."""
    with pytest.raises(UsageError) as caught:
        check_base_url(given, allow_http=True)
    assert caught.value.what.endswith("is not an http address.")
    assert caught.value.next_step == "Write it like https://api.neosantara.xyz/v1"


@pytest.mark.parametrize(
    "given",
    [
        "https://user:hunter2@example.com/v1",
        "https://hunter2@example.com",
        "https://user:hunter2@",
        "https://user:hunter2@exa mple.com",
        "user:hunter2@example.com",
        "https://user:hunter2@example.com:port",
        "https://example.com/v1?key=hunter2",
        "https://example.com/v1#hunter2",
        "ftp://example.com/v1?key=hunter2",
        "https://example.com:port/?key=hunter2",
    ],
)
def test_a_password_in_an_address_is_never_repeated(given: str) -> None:
    """Refused, with nothing of it in the message."""
    with pytest.raises(UsageError) as caught:
        check_base_url(given)
    assert "hunter2" not in str(caught.value) + repr(caught.value) + repr(caught.value.args)


def test_the_lines_for_credentials_and_queries() -> None:
    """The host is named, the secret is not."""
    with pytest.raises(UsageError) as caught:
        check_base_url("https://a:b@example.com/v1")
    assert str(caught.value) == (
        "The base URL for example.com holds a user name, a password, or a ? or # part.\n"
        "Leave them out; the API key alone identifies you."
    )
    with pytest.raises(UsageError) as asked:
        check_base_url("https://example.com/v1?x=1")
    assert str(asked.value) == str(caught.value)


@given(st.text(max_size=30), st.sampled_from(["", "http://", "https://", "https://a@"]))
def test_any_text_is_an_address_or_refused(text: str, head: str) -> None:
    """Never another kind of failure, and never an address that differs when it is read again."""
    try:
        read = check_base_url(head + text)
    except UsageError:
        return
    assert check_base_url(read) == read
