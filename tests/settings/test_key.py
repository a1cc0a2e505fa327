"""Where the key is found, and that it shows itself nowhere."""

from __future__ import annotations

import copy
import os
import pickle
import sys
import types
from collections.abc import Callable
from pathlib import Path

import pytest

from neosantara_magic.errors import AuthenticationError, UsageError
from neosantara_magic.settings import key as key_module
from neosantara_magic.settings.key import (
    Key,
    find_key,
    forget_key,
    key_note,
    no_key,
    read_variable,
    store_key,
    typed_key,
)
from neosantara_magic.texts import use_language

KEY = "nsk_0123456789abcdef0123456789abcdef"
NAME = "NEOSANTARA_API_KEY"


def nowhere() -> None:
    """Stand for a place without a key."""


def look(
    tmp_path: Path,
    *,
    session: str | None = None,
    environ: dict[str, str] | None = None,
    keyring: str | None = None,
    colab: str | None = None,
    kaggle: str | None = None,
) -> Key | None:
    """Look for a key in places that hold what is given."""
    places = {"keyring": lambda: keyring, "colab": lambda: colab, "kaggle": lambda: kaggle}
    return find_key(session, environ or {}, tmp_path, **places)


def test_the_order_of_places(tmp_path: Path) -> None:
    """Session, environment, keyring, Colab, Kaggle, .env; taking one away shows the next."""
    (tmp_path / ".env").write_text(f"{NAME}=file")
    places = {"session": "a", "environ": {NAME: "b"}, "keyring": "c", "colab": "d", "kaggle": "e"}
    seen = []
    while places:
        seen.append(look(tmp_path, **places))
        places.pop(next(iter(places)))
    seen.append(look(tmp_path))
    assert [(key.value, key.source) for key in seen if key] == [
        ("a", "session"),
        ("b", "environment"),
        ("c", "keyring"),
        ("d", "colab"),
        ("e", "kaggle"),
        ("file", "dotenv"),
    ]
    assert [key.place for key in seen if key] == [
        "%neosantara key",
        NAME,
        "the system keyring",
        "Colab Secrets",
        "Kaggle Secrets",
        str(tmp_path / ".env"),
    ]


def test_later_places_are_not_asked_once_a_key_is_found(tmp_path: Path) -> None:
    """A keyring may ask for a password, so it is left alone when the environment has a key."""

    def asked() -> str:
        raise AssertionError

    assert find_key(None, {NAME: KEY}, tmp_path, keyring=asked, colab=asked) == Key(KEY, "environment")


def test_blank_keys_do_not_count(tmp_path: Path) -> None:
    """A variable that is set to nothing is not a key, and space around a key is not part of it."""
    assert look(tmp_path, session="", environ={NAME: " \n"}, keyring="", colab=f" {KEY}\n") == Key(KEY, "colab")
    assert look(tmp_path) is None


def test_nothing_of_openai_is_a_key(tmp_path: Path) -> None:
    """Another service's key is never sent here."""
    assert look(tmp_path, environ={"OPENAI_API_KEY": KEY, "NEOSANTARA_KEY": KEY}) is None


@pytest.mark.parametrize("bad", ["nsk_a b", "Bearer nsk_abc", "nsk_a\nb", "nsk_é", "nsk_\u200babc", "nsk_\x7f"])
def test_a_key_with_odd_characters_is_refused(tmp_path: Path, bad: str) -> None:
    """Two lines that name the place and not the key, in both languages."""
    for language, text in (
        (
            "en",
            (
                "The API key from NEOSANTARA_API_KEY is blank, or holds spaces or signs that no key has.\n"
                "Copy it again from app.neosantara.xyz/api-keys, the key alone."
            ),
        ),
        (
            "id",
            (
                "API key dari NEOSANTARA_API_KEY kosong, atau berisi spasi atau tanda yang tidak ada di key mana pun.\n"
                "Salin lagi dari app.neosantara.xyz/api-keys, hanya key-nya."
            ),
        ),
    ):
        use_language(language)
        with pytest.raises(UsageError) as caught:
            look(tmp_path, environ={NAME: bad})
        assert str(caught.value) == text


def test_a_key_hides_itself() -> None:
    """At most the first and last four characters, of a short key nothing, and it cannot be written out."""
    key = Key(KEY, "session")
    assert key.masked == "nsk_…cdef"
    for shown in (repr(key), str(key), f"{key}", f"{[key]}"):
        assert KEY not in shown
        assert KEY[4:-4] not in shown
    assert Key("nsk_short", "session").masked == "…"
    for write in (pickle.dumps, copy.deepcopy):
        with pytest.raises(TypeError):
            write(key)


def test_a_missing_key_names_three_ways_out() -> None:
    """The variable, where to get a key, and the demo model; in both languages."""
    error = no_key()
    assert isinstance(error, AuthenticationError)
    assert str(error) == (
        "There is no API key: NEOSANTARA_API_KEY is not set.\n"
        "Get one at app.neosantara.xyz/api-keys and run %neosantara key, or try without one: %neosantara demo on"
    )
    use_language("id")
    assert str(no_key()) == (
        "Tidak ada API key: NEOSANTARA_API_KEY belum diatur.\n"
        "Buat di app.neosantara.xyz/api-keys lalu jalankan %neosantara key, atau coba tanpa key: %neosantara demo on"
    )
    elsewhere = no_key("http://192.168.1.5:8080/v1")
    assert "192.168.1.5" in elsewhere.what
    assert "neosantara.xyz" not in str(elsewhere)


def test_a_prefix_of_another_product_is_only_remarked_on() -> None:
    """Such keys are used all the same."""
    assert key_note(Key(KEY, "session")) is None
    assert "nsk_mcp_" in (key_note(Key("nsk_mcp_1", "session")) or "")
    assert "/coding/v1" in (key_note(Key("nsk_code_1", "session")) or "")


def test_a_typed_key() -> None:
    """Space around it goes; blank is refused."""
    assert typed_key(f" {KEY}\n") == KEY
    with pytest.raises(UsageError) as caught:
        typed_key(" ")
    assert str(caught.value) == (
        "The API key from %neosantara key is blank, or holds spaces or signs that no key has.\n"
        "Copy it again from app.neosantara.xyz/api-keys, the key alone."
    )


# ------------------------------------------------------------------------------------------------- .env


@pytest.mark.parametrize(
    ("text", "value"),
    [
        (f"{NAME}=abc", "abc"),
        (f"A=1\r\nexport {NAME} = abc  \r\nB=2", "abc"),
        (f'{NAME}="abc" # mine', "abc"),
        (f"{NAME}='abc'", "abc"),
        (f"{NAME}=abc # mine", "abc"),
        (f"{NAME}=abc#def", "abc#def"),
        (f"{NAME}=a\n{NAME}=b", "b"),
        (f"{NAME}=$(cat /etc/passwd)", "$(cat /etc/passwd)"),
        (f"{NAME}=", ""),
        (f"{NAME}= # later", ""),
        (f"#{NAME}=abc", None),
        (f"MY_{NAME}=abc", None),
        (f"{NAME}_2=abc", None),
        ("", None),
    ],
)
def test_one_variable_of_a_dotenv_file(text: str, value: str | None) -> None:
    """Quotes, comments and export are understood; nothing is expanded or run."""
    assert read_variable(NAME, text) == value


def test_the_nearest_dotenv_with_a_key_counts(tmp_path: Path) -> None:
    """The search goes up past files without the name, blank ones, folders and pipes called .env."""
    deep = tmp_path / "a" / "b" / "c" / "d"
    deep.mkdir(parents=True)
    (tmp_path / ".git").mkdir()
    (tmp_path / ".env").write_text(f"{NAME}=top", encoding="utf-8-sig")
    (tmp_path / "a" / ".env").mkdir()
    (tmp_path / "a" / "b" / ".env").write_bytes(b"\xff\xfe\x00 OTHER=1\n")
    (tmp_path / "a" / "b" / "c" / ".env").write_text(f"{NAME}=\n")
    if hasattr(os, "mkfifo"):
        os.mkfifo(deep / ".env")
    found = look(deep)
    assert found == Key("top", "dotenv")
    assert found.path == tmp_path / ".env"


def test_a_huge_dotenv_is_read_only_at_its_start(tmp_path: Path) -> None:
    """What stands behind the first mebibyte is not looked at."""
    (tmp_path / ".env").write_text("#" * (1 << 20) + f"\n{NAME}=late\n")
    assert look(tmp_path) is None


# ------------------------------------------------------------------------------------- keyring and Colab


class FakeKeyring(types.ModuleType):
    """A module that stands for ``keyring``."""

    def __init__(self) -> None:
        super().__init__("keyring")
        self.held: dict[tuple[str, str], str] = {}
        self.asked = 0

    def get_password(self, service: str, account: str) -> str | None:
        self.asked += 1
        return self.held.get((service, account))

    def set_password(self, service: str, account: str, value: str) -> None:
        if value == "refused":
            raise RuntimeError(value)
        self.held[service, account] = value

    def delete_password(self, service: str, account: str) -> None:
        del self.held[service, account]


@pytest.fixture
def fake_keyring(monkeypatch: pytest.MonkeyPatch) -> FakeKeyring:
    """Put a keyring in place that remembers in memory."""
    fake = FakeKeyring()
    monkeypatch.setitem(sys.modules, "keyring", fake)
    monkeypatch.setattr(key_module, "_remembered", {})
    return fake


def test_a_key_goes_into_the_keyring_and_out_again(fake_keyring: FakeKeyring, tmp_path: Path) -> None:
    """Stored under the package's name, found by the search without asking twice, forgotten for good."""
    store_key(KEY)
    assert fake_keyring.held == {("neosantara-magic", NAME): KEY}
    for _ in range(2):
        assert find_key(None, {}, tmp_path, colab=nowhere) == Key(KEY, "keyring")
    assert fake_keyring.asked == 1
    assert forget_key()
    assert fake_keyring.held == {}
    assert find_key(None, {}, tmp_path, colab=nowhere) is None
    assert not forget_key()
    assert fake_keyring.held == {}


def test_a_keyring_that_refuses_says_so_without_the_key(fake_keyring: FakeKeyring) -> None:
    """The backend's own message may repeat what it was given, so only its kind is shown."""
    with pytest.raises(UsageError) as caught:
        store_key("refused")
    assert str(caught.value) == (
        "The system keyring refused: RuntimeError.\n"
        "Set NEOSANTARA_API_KEY instead, or run %neosantara key for this kernel alone."
    )
    assert caught.value.__cause__ is None
    assert caught.value.__suppress_context__


def test_without_the_extra_the_keyring_is_no_place(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Looking there finds nothing; storing there says what to install."""
    monkeypatch.setitem(sys.modules, "keyring", None)
    monkeypatch.setattr(key_module, "_remembered", {})
    assert find_key(None, {}, tmp_path, colab=nowhere) is None
    assert not forget_key()
    with pytest.raises(UsageError) as caught:
        store_key(KEY)
    assert str(caught.value) == (
        'This needs "neosantara-magic[keyring]", which is not installed.\n'
        'Install it: %pip install "neosantara-magic[keyring]"'
    )


# google.colab.userdata as Google documents it: get(key) returns the secret as text, or raises one of these.


class NotebookAccessError(Exception):
    """The user has not given this notebook access to the secret."""


class SecretNotFoundError(Exception):
    """There is no such secret."""


class TimeoutException(Exception):  # noqa: N818  (Google's name)
    """Secrets can only be fetched when running from the Colab page; nobody answered."""


class Userdata(types.ModuleType):
    """A module that stands for ``google.colab.userdata``: it gives what stands in ``script``, then the last of it."""

    def __init__(self, *script: str | Exception) -> None:
        super().__init__("google.colab.userdata")
        self.asked: list[str] = []
        self._script = script

    def get(self, key: str) -> str:
        self.asked.append(key)
        said = self._script[min(len(self.asked), len(self._script)) - 1]
        if isinstance(said, Exception):
            raise said
        return said


@pytest.fixture
def colab(monkeypatch: pytest.MonkeyPatch) -> Callable[..., Userdata]:
    """Give a function that puts Colab Secrets in place."""

    def put(*script: str | Exception) -> Userdata:
        package = types.ModuleType("google.colab")
        package.userdata = Userdata(*script)  # type: ignore[attr-defined]
        monkeypatch.setitem(sys.modules, "google", types.ModuleType("google"))
        monkeypatch.setitem(sys.modules, "google.colab", package)
        monkeypatch.setattr(key_module, "_remembered", {})
        monkeypatch.setattr(key_module, "_troubles", {})
        return package.userdata  # type: ignore[attr-defined, no-any-return]

    return put


def test_a_key_in_colab_secrets_is_read_once(colab: Callable[..., Userdata], tmp_path: Path) -> None:
    """Each reading takes a second and may ask the user, so the second ask does without."""
    userdata = colab(KEY)
    for _ in range(3):
        assert find_key(None, {}, tmp_path, keyring=nowhere) == Key(KEY, "colab")
    assert userdata.asked == [NAME]


@pytest.mark.parametrize(
    ("refusal", "text"),
    [
        (SecretNotFoundError(NAME), "There is no API key: NEOSANTARA_API_KEY is not set."),
        (
            NotebookAccessError(NAME),
            "There is no API key: Colab Secrets holds NEOSANTARA_API_KEY, but this notebook has no access to it.",
        ),
        (
            TimeoutException(NAME),
            "There is no API key: NEOSANTARA_API_KEY is not set, and Colab Secrets did not answer.",
        ),
    ],
)
def test_colab_secrets_that_give_no_key(
    colab: Callable[..., Userdata], tmp_path: Path, refusal: Exception, text: str
) -> None:
    """The error says why, and how to go on; once the user has given access, the key is found."""
    userdata = colab(refusal, refusal, KEY)
    for _ in range(2):
        assert find_key(None, {}, tmp_path, keyring=nowhere) is None
        error = no_key()
        assert error.what == text
        for way_out in ("app.neosantara.xyz/api-keys", "%neosantara key", "%neosantara demo on"):
            assert way_out in error.next_step
    assert find_key(None, {}, tmp_path, keyring=nowhere) == Key(KEY, "colab")
    assert userdata.asked == [NAME] * 3
    assert no_key().what == "There is no API key: NEOSANTARA_API_KEY is not set."


def test_a_blank_secret_is_no_key(colab: Callable[..., Userdata], tmp_path: Path) -> None:
    """Colab gives an empty text for a secret without a value."""
    colab("")
    assert find_key(None, {}, tmp_path, keyring=nowhere) is None


def test_a_key_in_kaggle_secrets(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """It is read once; a client that fails, as without internet, is no key and no error."""
    answers: list[str | Exception] = [ConnectionError("no internet"), KEY]

    class UserSecretsClient:
        def get_secret(self, name: str) -> str:
            assert name == NAME
            answer = answers.pop(0)
            if isinstance(answer, Exception):
                raise answer
            return answer

    module = types.ModuleType("kaggle_secrets")
    module.UserSecretsClient = UserSecretsClient  # type: ignore[attr-defined]
    monkeypatch.setitem(sys.modules, "kaggle_secrets", module)
    monkeypatch.setattr(key_module, "_remembered", {})
    assert find_key(None, {}, tmp_path, keyring=nowhere, colab=nowhere) is None
    for _ in range(2):
        assert find_key(None, {}, tmp_path, keyring=nowhere, colab=nowhere) == Key(KEY, "kaggle")


def dotenv(folder: Path, value: str) -> None:
    """Put a key into the ``.env`` of a folder."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / ".env").write_text(f"{NAME}={value}")


def test_without_a_project_only_the_folder_itself_counts(tmp_path: Path) -> None:
    """What stands above may be anybody's: a shared temporary folder, a home, the root."""
    dotenv(tmp_path, "somebody-elses")
    (tmp_path / "a").mkdir()
    assert look(tmp_path / "a") is None
    assert look(tmp_path) == Key("somebody-elses", "dotenv")
    dotenv(tmp_path / "a", "own")
    assert look(tmp_path / "a") == Key("own", "dotenv")


@pytest.mark.parametrize("mark", [".git/", ".git", "pyproject.toml"])
def test_inside_a_project_its_root_is_the_last_folder(tmp_path: Path, mark: str) -> None:
    """`.git` is a file in worktrees and submodules."""
    root = tmp_path / "project"
    deep = root / "lessons" / "one"
    deep.mkdir(parents=True)
    if mark.endswith("/"):
        (root / mark).mkdir()
    else:
        (root / mark).touch()
    dotenv(tmp_path, "above")
    assert look(deep) is None
    assert look(root) is None
    dotenv(root, "of the root".replace(" ", "-"))
    assert look(deep) == Key("of-the-root", "dotenv")
    dotenv(root / "lessons", "nearer")
    assert look(deep) == Key("nearer", "dotenv")
