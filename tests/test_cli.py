"""`neosantara-magic` in a shell: what it leaves, what it prints and when, what it refuses.

For: the command as a user starts it, in a process of its own. Not for: the look of answers (tests/render).
"""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from isolation import ROOT, isolated
from neosantara_magic import cli
from neosantara_magic.cli import main

COMMAND = [sys.executable, "-c", "import sys; from neosantara_magic.cli import main; sys.exit(main())"]

Run = Callable[..., subprocess.CompletedProcess[str]]


@pytest.fixture
def environment(tmp_path: Path) -> dict[str, str]:
    """Give the environment of a user with an empty home."""
    home = tmp_path / "home"
    home.mkdir()
    return isolated(home) | {"NEOSANTARA_DEMO_PACE": "0"}


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Give the working directory."""
    folder = tmp_path / "work"
    folder.mkdir()
    return folder


@pytest.fixture
def run(environment: dict[str, str], folder: Path) -> Run:
    """Give a function that runs the command in the working directory."""

    def run(*words: str, **variables: str) -> subprocess.CompletedProcess[str]:
        env = environment | variables
        return subprocess.run(
            [*COMMAND, *words], env=env, cwd=folder, capture_output=True, text=True, check=False, timeout=120
        )

    return run


def outputs(path: Path) -> list[dict[str, Any]]:
    """Return all outputs of a notebook."""
    cells = json.loads(path.read_text())["cells"]
    return [out for cell in cells if cell["cell_type"] == "code" for out in cell["outputs"]]


@pytest.mark.kernel
def test_it_runs_the_lesson_and_leaves_notebook_and_page(run: Run, folder: Path) -> None:
    """Answers are printed and kept, the page holds them too, and the end says where both are."""
    done = run("demo")
    assert done.returncode == 0, done.stderr
    assert not done.stderr
    assert "In [2]: %%neosantara" in done.stdout
    assert "Your name is Sari." in done.stdout
    assert done.stdout.count("· demo\n") >= 6
    assert sorted(path.name for path in folder.iterdir()) == [
        "neosantara-quickstart.html",
        "neosantara-quickstart.ipynb",
    ]
    answers = [out["data"] for out in outputs(folder / "neosantara-quickstart.ipynb") if "data" in out]
    assert any("Your name is Sari." in "".join(data["text/plain"]) for data in answers)
    assert "Your name is Sari." in (folder / "neosantara-quickstart.html").read_text()
    assert str(folder / "neosantara-quickstart.ipynb") in done.stdout
    assert (folder / "neosantara-quickstart.html").as_uri() in done.stdout


@pytest.mark.kernel
def test_it_never_overwrites_and_never_piles_up(run: Run, folder: Path) -> None:
    """Somebody's file of the same name stays; a second run finds its own files there already."""
    theirs = folder / "neosantara-quickstart.ipynb"
    theirs.write_text("mine")
    page = folder / "neosantara-quickstart-2.html"
    page.write_text("mine too")
    first = run("demo")
    second = run("demo")
    assert first.returncode == second.returncode == 0
    assert theirs.read_text() == "mine"
    assert page.read_text() == "mine too"
    assert "neosantara-quickstart-3.ipynb" in first.stdout
    assert "neosantara-quickstart-3.ipynb" in second.stdout
    assert len(list(folder.iterdir())) == 4


@pytest.mark.kernel
@pytest.mark.parametrize("times", [1, 2])
def test_a_kernel_that_does_not_start_is_started_again(
    run: Run, environment: dict[str, str], folder: Path, times: int
) -> None:
    """Once: another program may have taken a port that was free when it was chosen. Then two lines say so."""
    (folder / "sitecustomize.py").write_text(
        "import os, sys\n"
        "if 'ipykernel_launcher' in sys.orig_argv and len(os.listdir(os.environ['STARTS'])) < int(os.environ['TIMES']):\n"
        "    open(f\"{os.environ['STARTS']}/{os.getpid()}\", 'w').close()\n"
        "    os._exit(1)\n"
    )
    (folder / "starts").mkdir()
    environment |= {"STARTS": str(folder / "starts"), "TIMES": str(times)}
    environment["PYTHONPATH"] = os.pathsep.join([str(folder), environment.get("PYTHONPATH", "")])
    lesson = ROOT / "notebooks" / "01-what-a-model-does.ipynb"
    done = run("check", str(lesson))
    assert len(list((folder / "starts").iterdir())) == times
    assert done.returncode == times - 1, done.stderr
    assert ("The kernel ended before" in done.stdout + done.stderr) == (times == 2)
    assert "Traceback" not in done.stderr


@pytest.mark.kernel
def test_answers_are_printed_while_they_arrive(environment: dict[str, str], folder: Path) -> None:
    """The first words of an answer are there before its last: Ctrl-C between them ends everything at once."""
    process = subprocess.Popen(
        [*COMMAND, "demo"],
        env=environment | {"NEOSANTARA_DEMO_PACE": "0.5"},
        cwd=folder,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    assert process.stdout
    seen = ""
    for line in process.stdout:
        seen += line
        if line.startswith("## Linear"):
            process.send_signal(signal.SIGINT)
            break
    rest, errors = process.communicate(timeout=60)
    assert "## Linear regression" in seen
    assert "stopped" in rest
    assert "Your name is Sari." not in rest
    assert process.returncode == 130
    assert errors == "\nInterrupted; nothing was written.\n"
    assert not list(folder.iterdir())


@pytest.mark.kernel
def test_the_users_settings_and_key_stay_out_of_the_demo(run: Run, folder: Path) -> None:
    """A model, a recording or a key in the environment changes nothing, and the messages follow --language."""
    done = run(
        "demo",
        "--language",
        "id",
        NEOSANTARA_MODEL="no-such-model",
        NEOSANTARA_API_KEY="nsk_secret_of_the_user",
        NEOSANTARA_RECORDING="lesson.jsonl",
    )
    assert done.returncode == 0, done.stdout[-2000:]
    assert "token masuk" in done.stdout
    assert "Untuk dibaca:" in done.stdout
    assert "Nama Anda Sari." in done.stdout  # the lesson itself is the Indonesian one
    assert "Your name is" not in done.stdout
    assert "nsk_secret" not in done.stdout + (folder / "neosantara-quickstart.ipynb").read_text()
    assert not (folder / "lesson.jsonl").exists()


@pytest.mark.kernel
def test_a_failing_cell_is_an_exit_code(run: Run, environment: dict[str, str], folder: Path) -> None:
    """When a cell fails the command says which, keeps the notebook so far, and exits with 1."""
    profile = Path(environment["IPYTHONDIR"]) / "profile_default"
    profile.mkdir(parents=True)
    (profile / "ipython_kernel_config.py").write_text(
        "get_config().InteractiveShellApp.exec_lines = ['import sys; sys.modules[\"neosantara_magic\"] = None']\n"
    )
    done = run("demo")
    assert done.returncode == 1
    told, kept = done.stderr.splitlines()
    assert told == "Cell 1 of the lesson failed, so the rest was not run."
    assert str(folder / "neosantara-quickstart.ipynb") in kept
    assert "not an IPython extension" in "".join(outputs(folder / "neosantara-quickstart.ipynb")[0]["text"])


@pytest.mark.parametrize(
    ("language", "first"), [("en", "01-what-a-model-does.ipynb"), ("id", "id/01-apa-itu-model.ipynb")]
)
def test_lab_opens_all_lessons(run: Run, folder: Path, tmp_path: Path, language: str, first: str) -> None:
    """In the reader's language, the first one shown; nothing is run before, and what somebody changed stays."""
    stand_in = tmp_path / "site" / "jupyterlab"
    stand_in.mkdir(parents=True)
    (stand_in / "__init__.py").touch()
    (stand_in / "__main__.py").write_text("import sys; print(sys.argv[1:])")
    mine = folder / first
    mine.parent.mkdir(exist_ok=True)
    mine.write_text("mine")
    path = os.pathsep.join([str(tmp_path / "site"), str(Path(__file__).parents[1])])
    done = run("demo", "--lab", "--language", language, PYTHONPATH=path)
    assert done.returncode == 0, done.stderr
    told, words = done.stdout.splitlines()
    assert str(mine.parent) in told
    assert f"--ServerApp.root_dir={mine.parent}" in words
    assert f"--LabApp.default_url=/lab/tree/{mine.name}" in words
    lessons = (ROOT / "notebooks" / first).parent
    assert {path.name for path in mine.parent.glob("*.ipynb")} == {path.name for path in lessons.glob("[0-9]*.ipynb")}
    assert mine.read_text() == "mine"


def test_lab_opens_the_english_lessons_where_none_are_in_the_readers_language(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A language may have its sentences before it has lessons."""
    started: list[list[str]] = []
    monkeypatch.setattr(cli, "texts_language", lambda: "xx")
    monkeypatch.setattr(cli.os, "execv", lambda _python, words: started.append(words))
    monkeypatch.setattr(cli.subprocess, "run", lambda *_words, **_how: subprocess.CompletedProcess([], 0))
    cli._open_lab(folder)
    assert any(word.endswith("/01-what-a-model-does.ipynb") for word in started[0])


def test_missing_extras_are_two_lines(run: Run, tmp_path: Path) -> None:
    """Without the extra the command names what is missing and how to get it."""
    hidden = tmp_path / "hidden"
    hidden.mkdir()
    (hidden / "sitecustomize.py").write_text(
        "import sys\n"
        "class Hide:\n"
        "    def find_spec(self, name, path=None, target=None):\n"
        "        if name in {'nbclient', 'jupyterlab'}:\n"
        "            raise ModuleNotFoundError(name)\n"
        "import importlib.util\n"
        "found = importlib.util.find_spec\n"
        "importlib.util.find_spec = lambda name, *a: None if name in {'nbclient', 'jupyterlab'} else found(name, *a)\n"
    )
    path = os.pathsep.join([str(hidden), str(Path(__file__).parents[1])])
    done = run("demo", "--lab", PYTHONPATH=path)
    assert done.returncode == 1
    assert done.stderr.splitlines() == [
        'This needs "neosantara-magic[demo]" jupyterlab, which is not installed.',
        'Install it: pip install "neosantara-magic[demo]" jupyterlab',
    ]


@pytest.mark.parametrize(
    ("words", "code"), [(["--help"], 0), (["--version"], 0), (["demo", "--help"], 0), (["dmo"], 2)]
)
def test_help_and_wrong_words(words: list[str], code: int, capsys: pytest.CaptureFixture[str]) -> None:
    """Help and version exit with 0, a wrong word with 2, and each says something."""
    with pytest.raises(SystemExit) as ended:
        main(words)
    assert ended.value.code == code
    told = capsys.readouterr()
    assert "neosantara-magic" in (told.err if code else told.out)


def test_help_follows_the_language(capsys: pytest.CaptureFixture[str]) -> None:
    """Also the help, which argparse prints before it has read anything else."""
    with pytest.raises(SystemExit):
        main(["demo", "--language", "id", "--help"])
    assert 'jalankan pelajaran "Sel pertama"' in capsys.readouterr().out


@pytest.mark.parametrize("words", [[], ["collect"]])
def test_the_help_names_a_magic_by_its_name(words: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    """With one percent sign, in the list of commands and in a command's own help, in both languages."""
    for language in ("en", "id"):
        with pytest.raises(SystemExit):
            main([*words, "--language", language, "--help"] if words else ["--help", "--language", language])
        told = " ".join(capsys.readouterr().out.split())
        assert " %neosantara save" in told


def test_no_command_is_help(capsys: pytest.CaptureFixture[str]) -> None:
    """Alone, the command explains itself."""
    assert main([]) == 0
    assert "demo" in capsys.readouterr().out


def test_the_package_runs_as_a_module(environment: dict[str, str], folder: Path) -> None:
    """``python -m neosantara_magic.cli`` is the command where its script is not on the path."""
    words = [sys.executable, "-m", "neosantara_magic.cli", "--help"]
    ran = subprocess.run(words, env=environment, cwd=folder, capture_output=True, text=True, check=False, timeout=120)
    assert ran.returncode == 0, ran.stderr
    assert ran.stdout.startswith("usage: neosantara-magic")
