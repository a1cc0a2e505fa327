"""NEOSANTARA_LOCK: what a class's kernel fixes, no cell changes."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from kernels import Kernel

pytestmark = pytest.mark.kernel

KEY = "nsk_0123456789abcdefghij"
Start = Callable[..., Kernel]


@pytest.fixture
def start(clean_environment: dict[str, str], tmp_path: Path) -> Iterator[Start]:
    """Start kernels with variables of their own, the extension loaded."""
    kernels: list[Kernel] = []

    def started(**variables: str) -> Kernel:
        named = {f"NEOSANTARA_{name}": value for name, value in variables.items()}
        kernels.append(Kernel(tmp_path, {**clean_environment, **named}))
        kernels[-1].execute("%load_ext neosantara_magic")
        return kernels[-1]

    yield started
    for kernel in kernels:
        kernel.close()


def told(kernel: Kernel, cell: str) -> str:
    """Return all that a cell says, its error too."""
    run = kernel.execute(cell)
    error = "" if run.error is None else run.error.value
    return error + run.stdout + run.stderr + "".join(bundle["text/plain"] for bundle in run.bundles)


def test_no_cell_leaves_the_demo_model(start: Start, tmp_path: Path) -> None:
    """The way out is refused in two lines; what would change who answers says that it does not."""
    (tmp_path / ".env").write_text(f"NEOSANTARA_API_KEY={KEY}\n")
    kernel = start(LOCK="demo", BASE_URL="http://127.0.0.1:9/v1")
    kernel.execute("import os; os.environ.pop('NEOSANTARA_LOCK'); os.environ['NEOSANTARA_DEMO'] = '0'")
    for cell in ("%neosantara demo off", "%neosantara live", "%neosantara key", "%neosantara usage --reset"):
        said = told(kernel, cell)
        assert "NEOSANTARA_LOCK=demo" in said, cell
        assert cell in said
        assert said.count("\n") == 1, said
    for cell in ("%neosantara replay week-1.jsonl", "%neosantara record week-1.jsonl", "%neosantara demo on"):
        assert "is locked" in told(kernel, cell), cell
    assert "base_url" in told(kernel, "%config NeosantaraMagics.base_url = 'http://localhost:8/v1'")
    assert "· demo" in told(kernel, "%neosantara ask Halo")
    kernel.execute("%unload_ext neosantara_magic\n%load_ext neosantara_magic")
    assert "NEOSANTARA_LOCK=demo" in told(kernel, "%neosantara demo off")
    assert "NEOSANTARA_LOCK=demo" in told(kernel, "%neosantara")


def test_a_locked_recording_answers_alone(start: Start, tmp_path: Path) -> None:
    """Nothing reaches the service: not an ask that misses, not a list of models, though a key is there."""
    (tmp_path / "week-1.jsonl").write_text("")
    kernel = start(LOCK="replay:week-1.jsonl", API_KEY=KEY, BASE_URL="http://127.0.0.1:9/v1")
    assert told(kernel, "%neosantara ask Halo").startswith("week-1.jsonl")
    assert "NEOSANTARA_LOCK=replay:week-1.jsonl" in told(kernel, "%neosantara models")
    assert "NEOSANTARA_LOCK" in told(kernel, "%neosantara live")
    kernel.execute("%neosantara demo on")
    assert told(kernel, "from neosantara_magic import ask\nask('Halo')").startswith("week-1.jsonl")


@pytest.mark.parametrize("lock", ["off", "replay", "replay:", "Demo", "replay:none.jsonl"])
def test_a_lock_that_cannot_be_lets_nobody_answer(start: Start, lock: str) -> None:
    """A slip of the teacher's must not open the door."""
    kernel = start(LOCK=lock, API_KEY=KEY, BASE_URL="http://127.0.0.1:9/v1")
    for cell in ("%neosantara ask Halo", "%neosantara demo off", "from neosantara_magic import ask; ask('Halo')"):
        assert lock.removeprefix("replay:") in told(kernel, cell), cell


def test_limits_of_the_class_may_be_lowered_only(start: Start) -> None:
    """Budget, answer length and result length: by setting or by flag."""
    kernel = start(LOCK="limits", DEMO="1", BUDGET_IDR="5000", MAX_TOKENS="800")
    for name, more in (("budget_idr", "5001"), ("budget_idr", "None"), ("max_tokens", "801")):
        assert "NEOSANTARA_LOCK" in told(kernel, f"%config NeosantaraMagics.{name} = {more}"), name
    for cell in ("ask --max-tokens 801 Halo", "ask -P max_output_tokens=900 Halo"):
        assert "800" in told(kernel, f"%neosantara {cell}")
    kernel.execute("%config NeosantaraMagics.max_tokens = 100\n%config NeosantaraMagics.budget_idr = 10")
    for cell in ("%neosantara ask --max-tokens 800 Halo", "%config NeosantaraMagics.budget_idr = 5000"):
        assert "NEOSANTARA_LOCK" not in told(kernel, cell)


def test_no_key_from_above_the_notebook(start: Start, tmp_path: Path) -> None:
    """A teacher's .env in the course folder is no pupil's, also inside a project."""
    (tmp_path / ".git").mkdir()
    (tmp_path / ".env").write_text(f"NEOSANTARA_API_KEY={KEY}\n")
    (tmp_path / "submitted").mkdir()
    show = "import os; os.chdir('submitted')\nget_ipython().run_line_magic('neosantara', '')"
    assert KEY[:4] + "…" in told(start(), show)
    assert KEY[:4] + "…" not in told(start(LOCK="limits"), show)
