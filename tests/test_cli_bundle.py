"""``bundle``: a folder that installs and answers where there is no network.

Its wheels are made here from what this environment holds, so nothing is fetched; big libraries are empty ones.
"""

from __future__ import annotations

import csv
import ensurepip
import io
import subprocess
import sys
import tomllib
import zipfile
from importlib import metadata
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from isolation import ROOT, isolated
from neosantara_magic.cli import lessons, main

EMPTY = {"jupyterlab", "matplotlib", "pandas", "pillow"}


def wheel(folder: Path, name: str, version: str, tag: str, files: dict[str, bytes]) -> Path:
    """Write a wheel."""
    stem = f"{name.replace('-', '_')}-{version}"
    files |= {f"{stem}.dist-info/WHEEL": f"Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: {tag}\n".encode()}
    record = io.StringIO()
    csv.writer(record).writerows([path, "", ""] for path in (*files, f"{stem}.dist-info/RECORD"))
    path = folder / f"{stem}-{tag}.whl"
    with zipfile.ZipFile(path, "w") as archive:
        for place, content in files.items():
            archive.writestr(place, content)
        archive.writestr(f"{stem}.dist-info/RECORD", record.getvalue())
    return path


def ours(folder: Path) -> Path:
    """Make this package's wheel, as pyproject.toml describes it."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
    extras = project["optional-dependencies"]
    told = [f"Metadata-Version: 2.1\nName: neosantara-magic\nVersion: {project['version']}"]
    told += ["Provides-Extra: demo", "Provides-Extra: lessons"]
    told += [f"Requires-Dist: {one}" for one in project["dependencies"]]
    told += [f"Requires-Dist: {one}; extra == '{extra}'" for extra in ("demo", "lessons") for one in extras[extra]]
    info = f"neosantara_magic-{project['version']}.dist-info"
    files = {f"{info}/METADATA": ("\n".join(told) + "\n").encode()}
    files[f"{info}/entry_points.txt"] = b"[console_scripts]\nneosantara-magic = neosantara_magic.cli:main\n"
    for top, inside in (("neosantara_magic", "neosantara_magic"), ("notebooks", "neosantara_magic/demo/lessons")):
        for path in (ROOT / top).rglob("*.*"):
            if path.is_file() and path.suffix not in {".pyc", ".lock"}:
                files[f"{inside}/{path.relative_to(ROOT / top).as_posix()}"] = path.read_bytes()
    return wheel(folder, "neosantara-magic", project["version"], "py3-none-any", files)


def installed(folder: Path, wanted: list[str]) -> None:
    """Make wheels of what is installed here, with all that it needs."""
    asked, seen = set[str](), set[str]()
    while wanted:
        requirement = Requirement(wanted.pop())
        name = canonicalize_name(requirement.name)
        if str(requirement) in asked or name == "neosantara-magic":
            continue
        asked.add(str(requirement))
        if name not in EMPTY:
            for one in map(Requirement, metadata.requires(name) or []):
                if one.marker is None or any(
                    one.marker.evaluate({"extra": extra}) for extra in ("", *requirement.extras)
                ):
                    one.marker = None
                    wanted.append(str(one))
        if name not in seen:
            _copied(folder, name)
        seen.add(name)


def _copied(folder: Path, name: str) -> None:
    if name in EMPTY:
        told = f"Metadata-Version: 2.1\nName: {name}\nVersion: 99\n".encode()
        wheel(folder, name, "99", "py3-none-any", {f"{name}-99.dist-info/METADATA": told})
        return
    found = metadata.distribution(name)
    tags = [line[5:] for line in (found.read_text("WHEEL") or "").splitlines() if line.startswith("Tag: ")]
    files = {str(at): Path(str(at.locate())).read_bytes() for at in found.files or () if at.parts[0] != ".."}
    kept = {at: content for at, content in files.items() if not at.endswith((".pyc", "/RECORD", "/WHEEL"))}
    stem = next(Path(at).parts[0] for at in files if at.endswith(".dist-info/METADATA"))
    wheel(folder, stem.removesuffix(".dist-info").partition("-")[0], found.version, tags[-1], kept)


@pytest.mark.bundle
@pytest.mark.timeout(300)
@pytest.mark.skipif(sys.platform == "win32", reason="start.bat needs another test")
def test_a_bundle_installs_and_runs_a_lesson_without_a_network(tmp_path: Path) -> None:
    """With an index that is not there; a second run has nothing to install; the teacher's notebook lies beside."""
    (tmp_path / "index").mkdir()
    (tmp_path / "home").mkdir()
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
    extras = project["optional-dependencies"]
    installed(tmp_path / "index", ["jupyterlab", *project["dependencies"], *extras["demo"], *extras["lessons"][1:]])
    own = ours(tmp_path)
    (tmp_path / "mine.ipynb").write_bytes((ROOT / "notebooks" / "03-conversations.ipynb").read_bytes())
    env = isolated(tmp_path / "home") | {
        "PIP_INDEX_URL": "http://127.0.0.1:9/simple",
        "PIP_RETRIES": "0",
        "PIP_NO_COMPILE": "1",
    }
    (pip,) = (Path(ensurepip.__file__).parent / "_bundled").glob("pip-*.whl")  # runs as it is; there is none here
    made = subprocess.run(
        [sys.executable, "-m", "neosantara_magic.cli", "bundle", "stick", "--wheel", own, "--add", "mine.ipynb"],
        env=env | {"PIP_NO_INDEX": "1", "PIP_FIND_LINKS": str(tmp_path / "index"), "PYTHONPATH": f"{ROOT}:{pip}"},
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=False,
    )
    assert made.returncode == 0, made.stderr
    assert {path.name for path in (tmp_path / "stick").iterdir()} == {
        "README.txt",
        "lessons",
        "start.bat",
        "start.sh",
        "wheels",
    }
    assert (tmp_path / "stick" / "lessons" / "id" / "17-rekaman.jsonl").is_file()
    left = tmp_path / "stick" / ".venv" / "bin" / "neosantara-magic"  # by an installation that was broken off
    left.parent.mkdir(parents=True)
    left.touch(0o755)
    without = {name: value for name, value in env.items() if name != "PYTHONPATH"}
    for told, asked in (("Failed: 0.", ("check", "lessons/mine.ipynb")), (project["version"], ("--version",))):
        started = subprocess.run(
            ["sh", tmp_path / "stick" / "start.sh", *asked],
            env=without,
            cwd=tmp_path,
            capture_output=True,
            text=True,
            check=False,
        )
        assert told in started.stdout, started.stdout + started.stderr


def test_what_a_bundle_says_and_how_pip_is_asked(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Each platform's own wheels, and what pip would leave out here; Windows' files end lines as Windows does."""
    asked: list[list[str]] = []
    monkeypatch.setattr(lessons, "_download", lambda _to, words: asked.append([*words]))
    folder = tmp_path / "stick"
    words = ["bundle", str(folder), "--platform", "windows", "--platform", "linux", "--python", "3.12"]
    assert main(words) == 0
    windows, linux = asked
    assert windows[:2] == ["--platform", "win_amd64"]
    assert {"neosantara-magic[lessons]", "jupyterlab", "pywin32", "--python-version", "3.12"} <= {*windows}
    assert "pywin32" not in linux
    readme, bat, shell = ((folder / name).read_bytes() for name in ("README.txt", "start.bat", "start.sh"))
    assert "Python 3.12, 64 bit (windows, linux)" in readme.decode()
    assert "Salin seluruh folder ini" in readme.decode()
    assert bat.count(b"\r\n") == bat.count(b"\n") > 10
    assert b"\r" not in shell
    for script in (bat, shell):
        assert b"--no-index --find-links wheels" in script
    capsys.readouterr()
    (tmp_path / "file").write_text("")
    assert main(["bundle", str(tmp_path / "file")]) == 1
    assert main(["bundle", str(folder), "--add", str(tmp_path / "none.ipynb")]) == 1
    assert capsys.readouterr().err.count("\n") == 4


@pytest.mark.skipif(sys.platform == "win32", reason="start.bat needs another test")
def test_what_was_half_installed_is_installed_again(tmp_path: Path) -> None:
    """With a Python that only writes down what it is asked, and a pip that fails the first time."""
    script = (Path(lessons.__file__).parent / "bundled" / "start.sh").read_text("utf-8")
    (tmp_path / "lessons").mkdir()
    (tmp_path / "start.sh").write_text(script.replace("{python}", "3.99"))
    inside = f'#!/bin/sh\necho "$*" >> {tmp_path}/asked\ncase $2 in pip) exit $PIP ;; esac\n'
    (tmp_path / "inside").write_text(inside)
    fake = tmp_path / "python3"
    fake.write_text(
        f"#!/bin/sh\nmkdir -p .venv/bin; cp {tmp_path}/inside .venv/bin/python; chmod +x .venv/bin/python\n"
    )
    fake.chmod(0o755)
    started = []
    for pip in ("1", "0", "0"):
        env = {"PATH": f"{tmp_path}:/usr/bin:/bin", "PIP": pip}
        done = subprocess.run(["sh", tmp_path / "start.sh"], env=env, check=False, capture_output=True, text=True)
        started.append(done.returncode == 0)
    assert started == [False, True, True], done.stderr
    assert [line.split()[1] for line in (tmp_path / "asked").read_text().splitlines()] == [
        *("pip", "pip", "jupyterlab", "jupyterlab"),
    ]


def test_the_start_script_of_windows_does_what_cmd_can() -> None:
    """By its words, for want of a Windows: every path of it ends where its message can be read."""
    script = (Path(lessons.__file__).parent / "bundled" / "start.bat").read_text("utf-8")
    lines = [line for line in script.splitlines() if not line.startswith("rem ")]
    assert not [
        line for line in lines if "(" in line or line.startswith("cd /d")
    ]  # %* may hold a ), a folder be \\server\x
    assert 'pushd "%~dp0" || goto failed' in lines
    for step in ("-m venv", "-m pip", "-m jupyterlab"):
        assert [line for line in lines if step in line and line.endswith("|| goto failed")], step
    assert lines.index("if exist .venv\\installed goto start") < lines.index("type nul > .venv\\installed")
    assert "-m pip" in lines[lines.index("type nul > .venv\\installed") - 1]
    assert lines[lines.index(":failed") :][-2:] == ["pause", "exit /b 1"]


def test_pip_that_fails_is_two_lines(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """It is missing, or finds no such package: its last words are quoted."""
    monkeypatch.setattr(lessons.sys, "executable", "false")
    assert main(["bundle", str(tmp_path / "stick")]) == 1
    said = capsys.readouterr().err.splitlines()
    assert said[0].startswith("pip could not fetch the wheels: ")
    assert "--wheel FILE" in said[1]
