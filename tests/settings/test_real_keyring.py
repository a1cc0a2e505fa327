"""The package `keyring` itself, with a backend that keeps its keys in a file: stored, found by another kernel, forgotten."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from kernels import Kernel
from magic.spoken import KEY, answer_events
from wire.server import ScriptedServer

pytest.importorskip("keyring")
pytest.importorskip("keyrings.alt")

pytestmark = [pytest.mark.kernel, pytest.mark.slow]

Start = Callable[[], Kernel]


@pytest.fixture
def start(clean_environment: dict[str, str], server: ScriptedServer, tmp_path: Path) -> Iterator[Start]:
    """Give a function that starts a kernel of a machine whose keyring is a file in ``tmp_path``."""
    environment = clean_environment | {
        # keyring's own configuration, as a user without a desktop would write it.
        "PYTHON_KEYRING_BACKEND": "keyrings.alt.file.PlaintextKeyring",
        "XDG_DATA_HOME": str(tmp_path / "data"),
        "LOCALAPPDATA": str(tmp_path / "data"),
        "NEOSANTARA_BASE_URL": server.base_url,
    }
    with ExitStack() as running:

        def begin() -> Kernel:
            kernel = Kernel(tmp_path, environment)
            running.callback(kernel.close)
            assert kernel.execute("%load_ext neosantara_magic").error is None
            return kernel

        yield begin


def test_a_key_outlives_its_kernel(start: Start, server: ScriptedServer, tmp_path: Path) -> None:
    """``key --store`` keeps it, another kernel asks with it, ``key --forget`` takes it away."""
    first = start()
    stored = first.execute("%neosantara key --store", allow_stdin=True, answers=[KEY])
    assert stored.error is None
    assert "is in the system keyring now" in stored.stdout
    [file] = [path for path in (tmp_path / "data").rglob("*") if path.is_file()]
    assert "neosantara" in file.read_text()

    second = start()
    server.stream(answer_events("hello"))
    refused = second.execute("%neosantara ask hi")
    assert refused.error is not None, "the address is the environment's, and nobody can be asked"
    assert server.base_url in refused.error.value
    assert not server.requests
    second.execute(f"%config NeosantaraMagics.base_url = {server.base_url!r}")
    asked = second.execute("%neosantara ask hi")
    assert asked.error is None
    assert server.requests[-1].header("authorization") == f"Bearer {KEY}"
    screen = second.execute("%neosantara")
    assert "the system keyring" in screen.answer
    forgotten = second.execute("%neosantara key --forget")
    assert "The key is forgotten" in forgotten.stdout
    for run in (stored, asked, screen, forgotten):
        assert KEY not in f"{run.outputs}{run.stdout}{run.reply}"

    third = start()
    third.execute("%config NeosantaraMagics.base_url = 'https://api.example/v1'")  # on loopback no key is needed
    refused = third.execute("%neosantara ask hi")
    assert refused.error is not None
    assert refused.error.name == "AuthenticationError"
    nothing = third.execute("%neosantara key --forget")
    assert nothing.error is not None
    assert "holds no Neosantara key" in nothing.error.value
    assert len(server.requests) == 1


def test_a_machine_without_a_keyring_says_so(clean_environment: dict[str, str], tmp_path: Path) -> None:
    """Keyring's own backend for "there is none": storing is refused in two lines, and looking there finds nothing."""
    kernel = Kernel(tmp_path, clean_environment | {"PYTHON_KEYRING_BACKEND": "keyring.backends.fail.Keyring"})
    try:
        kernel.execute("%load_ext neosantara_magic")
        stored = kernel.execute("%neosantara key --store", allow_stdin=True, answers=[KEY])
        assert stored.error is not None
        assert stored.error.value == (
            "The system keyring refused: NoKeyringError.\n"
            "Set NEOSANTARA_API_KEY instead, or run %neosantara key for this kernel alone."
        )
        assert KEY not in f"{stored.outputs}{stored.stdout}{stored.reply}"
        unset = kernel.execute("%neosantara ask hi")
        assert unset.error is not None
        assert unset.error.value.startswith("There is no API key")
    finally:
        kernel.close()
