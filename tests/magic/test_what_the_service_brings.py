"""Everything an answer may hold beside text, through a real kernel: shown, stored, kept and usable."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from kernels import Run
from magic.spoken import Asked
from wire.server import EVENT_STREAM

pytestmark = pytest.mark.kernel
TRANSCRIPTS = Path(__file__).parent.parent / "transcripts"


def script(asked: Asked, name: str) -> None:
    """Let the server answer with a transcript, as it stands in the file."""
    raw = (TRANSCRIPTS / name).read_bytes()
    if name.endswith(".json"):
        asked.server.answer(200, body=json.loads(raw))
    else:
        asked.server.answer(200, body=raw, headers=EVENT_STREAM)


def stored(run: Run) -> dict[str, Any]:
    """Return the forms of the one output of a cell."""
    bundle: dict[str, Any] = run.bundles[-1]
    return bundle


@pytest.mark.parametrize("ending", ["sse", "json"])
def test_every_item_is_stored_and_usable(asked: Asked, ending: str) -> None:
    """Cards, sources, image and the unknown kind stand in all forms; the Response has them as data."""
    script(asked, f"responses/everything.{ending}")
    run = asked.cell("" if ending == "sse" else "--no-stream")
    assert run.error is None
    bundle = stored(run)
    html, markdown, plain = bundle["text/html"], bundle["text/markdown"], bundle["text/plain"]
    for form in (html, markdown, plain):
        assert "done by the service" in form
        assert "failed by the service" in form
        assert "acme:telemetry" in form
        assert "BMKG" in form
        assert "cuaca Jakarta" in form
    assert '<a href="https://bmkg.go.id/a"' in html
    assert "(https://bmkg.go.id/a)" in markdown
    assert 'href="javascript' not in html
    assert "](javascript:" not in markdown
    assert html.count("<img ") == 1
    assert "Saya cek dulu.\n\nJawaban akhir." in plain
    assert asked.value("_neosantara.text") == repr("Saya cek dulu.\n\nJawaban akhir.")
    assert asked.value("_neosantara.reasoning") == repr("Cari dulu.")
    assert asked.value("[(i.media_type, i.data[:4]) for i in _neosantara.images]") == repr([("image/png", b"\x89PNG")])
    assert asked.value("[(s.url, s.title) for s in _neosantara.sources][:1]") == "[('https://bmkg.go.id/a', 'BMKG')]"
    names = "['web_search', 'mcp_list_tools', 'cari', 'rute', 'code_interpreter', 'image_generation']"
    assert asked.value("[c.name for c in _neosantara.service_calls]") == names
    assert asked.value("_neosantara.service_calls[2].arguments") == "{'q': 'Monas'}"
    assert asked.value("_neosantara.service_calls[3].error") == "'no route'"


def test_nothing_of_it_is_sent_back(asked: Asked) -> None:
    """The history holds the answer's text, no reasoning, sources or images."""
    script(asked, "chat/sources-and-images.sse")
    asked.chats("ok")
    asked.cell("--api chat")
    asked.cell("--api chat", "and now?")
    sent = json.dumps(asked.bodies[1])
    assert "Jawaban akhir." in sent
    assert "Cari dulu" not in sent
    assert "bmkg" not in sent
    assert "base64" not in sent


def test_it_survives_files(asked: Asked, tmp_path: Path) -> None:
    """Save, load, record and replay keep all of it; pages for reading show it."""
    file, recording = tmp_path / "a.jsonl", tmp_path / "r.jsonl"
    asked.run(f"%neosantara record {recording}")
    script(asked, "responses/everything.sse")
    first = asked.cell()
    asked.run(f"%neosantara save {file}")
    asked.run(f"%neosantara save {tmp_path / 'a.md'}")
    page = (tmp_path / "a.md").read_text("utf-8")
    assert "[BMKG](https://bmkg.go.id/a)" in page
    assert "cari({" in page
    asked.run("%neosantara new")
    asked.run(f"%neosantara load {file}")
    rows = [json.loads(line) for line in file.read_text("utf-8").splitlines()]
    assert len(rows[1]["replies"][0]["beside"]) == 9
    asked.run(f"%neosantara save {tmp_path / 'b.jsonl'}")
    assert json.loads((tmp_path / "b.jsonl").read_text("utf-8").splitlines()[1])["replies"] == rows[1]["replies"]
    asked.run(f"%neosantara replay {recording}")
    replayed = asked.cell("--once")
    assert replayed.error is None
    assert (
        asked.value("(len(_neosantara.sources), len(_neosantara.service_calls), len(_neosantara.images))")
        == "(2, 6, 1)"
    )
    assert stored(replayed)["text/plain"].split("\n\n")[:3] == stored(first)["text/plain"].split("\n\n")[:3]


def test_a_batch_keeps_it(asked: Asked, tmp_path: Path) -> None:
    """A row's line holds what the service brought, and gives it back without asking again."""
    script(asked, "responses/everything.json")
    code = f"import neosantara_magic as n\nrows = n.ask_many(['hello'], out={str(tmp_path / 'o.jsonl')!r})"
    asked.run(code)
    counts = "(len(rows[0].sources), len(rows[0].service_calls), len(rows[0].images))"
    assert asked.value(counts) == "(2, 6, 1)"
    asked.run(code)
    assert asked.value(counts) == "(2, 6, 1)"
    assert len(asked.requests) == 1


@pytest.mark.parametrize(
    ("output", "sentence"),
    [
        ([], "without text"),
        ([{"type": "message", "content": []}], "without text"),
        ([{"type": "reasoning", "content": [{"type": "reasoning_text", "text": "Hm."}]}], "wrote no answer"),
        ([{"type": "compaction", "id": "c"}], "compaction"),
        ([{"type": "web_search_call", "action": {"query": "a"}}], "without text"),
    ],
)
def test_an_answer_is_never_blank(asked: Asked, output: list[Any], sentence: str) -> None:
    """Whatever an answer lacks, its output says so in every form."""
    asked.server.answer(200, body={"id": "r", "model": "m", "status": "completed", "output": output})
    run = asked.cell("--no-stream")
    assert run.error is None
    for form in stored(run).values():
        assert sentence in form


@pytest.mark.parametrize("api", ["responses", "chat"])
def test_think_tags_are_folded(asked: Asked, api: str) -> None:
    """A leading think tag is reasoning on both endpoints, and no part of the history."""
    text = "<think>Let me think.</think>\n\nThe answer is 4."
    if api == "chat":
        asked.chats(text, "ok")
    else:
        asked.says(text, "ok")
    run = asked.cell(f"--api {api}")
    assert asked.value("(_neosantara.text, _neosantara.reasoning)") == "('The answer is 4.', 'Let me think.')"
    assert "<summary>Reasoning</summary><blockquote><p>Let me think.</p>" in stored(run)["text/html"]
    assert "think" not in stored(run)["text/plain"]
    asked.run("%config NeosantaraMagics.store = False")
    asked.cell(f"--api {api}", "again")
    assert "Let me think" not in json.dumps(asked.bodies[1])
