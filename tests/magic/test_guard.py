"""`--guard` and the setting `privacy`: what is sent, what is named, and what stays here."""

from __future__ import annotations

import pytest

from magic.spoken import Asked

pytestmark = pytest.mark.kernel

NIK, PHONE = "3174051203900001", "0812-3456-7890"


def refuse(asked: Asked) -> None:
    """Let nothing of a person leave."""
    asked.run('%config NeosantaraMagics.privacy = "refuse"')


@pytest.mark.parametrize("way", ["", "--no-stream", "--api chat"])
def test_the_service_is_asked_by_a_header(asked: Asked, way: str) -> None:
    """`X-Guard: on` goes with `--guard`, on both endpoints, and with nothing else."""
    (asked.chats if "chat" in way else asked.says)("a", "b")
    asked.cell(f"--guard {way}")
    asked.cell(way)
    assert [request.header("X-Guard") for request in asked.requests] == ["on", None]


def test_it_works_from_python_in_a_batch_and_in_a_panel(asked: Asked) -> None:
    """One flag, wherever something is asked."""
    asked.says("a", "b", "c")
    asked.run("import neosantara_magic as n; n.ask('x', guard=True); n.ask_many(['y'], guard=True)")
    asked.run("p = n.chat(guard=True)")
    asked.run("p.send('z')")
    assert [request.header("X-Guard") for request in asked.requests] == ["on"] * 3


def test_numbers_are_named_below_the_answer(asked: Asked) -> None:
    """By kind and masked; of values and the system text too; the numbers themselves are sent."""
    asked.says("a", "b", "c")
    asked.run(f"row = {{'hp': '{PHONE}'}}")
    run = asked.cell("--guard -s 'NPWP 09.254.294.3-407.000'", f"{NIK} {{{{ row }}}}")
    for said in ("NIK 3174…01", "phone number 0812…90", "NPWP 0925…00"):
        assert said in run.answer
    assert NIK in asked.requests[0].body.decode()
    assert NIK not in run.answer
    assert "NIK" not in asked.cell("--once", NIK).answer  # without --guard nobody asked
    asked.run('%config NeosantaraMagics.privacy = "off"')
    assert "NIK" not in asked.cell("--once --guard", NIK).answer


def test_only_what_is_sent_is_named(asked: Asked) -> None:
    """A turn that the server holds is not sent again, and the model's words are not ours."""
    asked.says(f"Call {PHONE}.", "b", store=True)
    assert "NIK 3174…01" in asked.cell("--guard", NIK).answer
    run = asked.cell("--guard", "more")
    assert "NIK" not in run.answer
    assert "phone" not in run.answer


def test_refused_in_two_lines(asked: Asked) -> None:
    """Nothing is sent, nothing is kept, and the number is shown masked."""
    refuse(asked)
    run = asked.cell("", f"Who is {NIK}?")
    assert run.error is not None
    assert run.error.name == "UsageError"
    assert "NIK 3174…01" in run.error.value
    assert "privacy" in run.error.traceback[1]
    assert len(run.error.traceback) == 2
    assert NIK not in str(run.outputs)
    assert asked.requests == []
    asked.says("a")
    assert asked.cell("", "hello").error is None
    assert NIK not in asked.requests[0].body.decode()


def test_a_tools_result_is_looked_at_before_it_leaves(asked: Asked) -> None:
    """Refused: the round that would bring it is not sent, and what came before is kept."""
    refuse(asked)
    asked.run(f"def find(name: str) -> str:\n    'Find.'\n    return '{NIK}'")
    asked.chats([("find", {"name": "Budi"})], "never")
    run = asked.cell("--tools find")
    assert run.error is not None
    assert "NIK 3174…01" in run.error.value
    assert len(asked.requests) == 1
    assert asked.value("[r.result for r in _neosantara.tool_calls]") == f"['{NIK}']"


def test_other_request_fields_are_looked_at(asked: Asked) -> None:
    """`-P` is no way around."""
    refuse(asked)
    run = asked.cell(f"""-P 'input="{NIK}"'""")
    assert run.error is not None
    assert asked.requests == []


def test_a_batch_names_them_in_its_closing_line(asked: Asked) -> None:
    """There is no line below each row's answer, so the first ones stand below all."""
    asked.says("a", "b")
    run = asked.run(f"import neosantara_magic as n; rows = n.ask_many(['x {NIK}', 'y'], guard=True)")
    assert "NIK 3174…01" in run.answer + run.stdout + run.stderr


def test_a_batch_refuses_the_row_alone(asked: Asked) -> None:
    """One row with a number is not sent; the others are answered."""
    refuse(asked)
    asked.says("a", "b")
    asked.run(f"import neosantara_magic as n; rows = n.ask_many(['x', '{NIK}', 'y'], concurrency=1)")
    assert asked.value("[type(r.error).__name__ for r in rows]") == "['NoneType', 'UsageError', 'NoneType']"
    assert len(asked.requests) == 2


def test_a_dry_run_tells_what_the_guard_would_do(asked: Asked) -> None:
    """The header, and what was found in prompt, values and results: named, refused, or let alone."""
    dry = "--dry-run --guard"
    header, found = "X-Guard: on", "NIK 3174…01, phone number 0812…90"
    assert header not in asked.cell("--dry-run").answer
    asked.run(f"row = {{'hp': '{PHONE}'}}")
    prompt = f"{NIK} {{{{ row }}}}"
    said = asked.cell(dry, prompt).answer
    assert header in said
    assert f"It holds what looks like {found}." in said
    assert found not in asked.cell("--dry-run", prompt).answer
    refuse(asked)
    assert f"A request with what looks like {found} would be refused" in asked.cell("--dry-run", prompt).answer
    asked.run('%config NeosantaraMagics.privacy = "off"')
    said = asked.cell(dry, prompt).answer
    assert header in said
    assert found not in said
    assert asked.requests == []
    asked.run('%config NeosantaraMagics.privacy = "warn"')
    asked.run(f"def find(name: str) -> str:\n    'Find.'\n    return '{PHONE}'")
    asked.chats([("find", {"name": "Budi"})], "found")
    assert asked.cell("--tools find", cell_id="a").error is None
    assert "It holds what looks like phone number 0812…90." in asked.cell("--dry-run --api chat", cell_id="b").answer


def test_a_dry_run_of_the_demo_sends_no_header(asked: Asked) -> None:
    """Nothing leaves this machine then; what was found is named all the same."""
    asked.run("%neosantara demo on")
    said = asked.cell("--dry-run --guard", NIK).answer
    asked.run("%neosantara demo off")
    assert "X-Guard" not in said
    assert "NIK 3174…01" in said


def test_a_dry_run_of_a_batch_counts_no_row_that_would_be_refused(asked: Asked) -> None:
    """It shows the first that would be sent, and names what stays here."""
    refuse(asked)
    asked.run(f"import pandas; df = pandas.DataFrame({{'of': ['{NIK}', 'Budi', 'Sari']}})")
    said = asked.cell("--dry-run --guard --each df --into x", "Who is {{ row.of }}?").answer
    assert "2 requests would be sent" in said
    assert "Who is Budi?" in said
    assert "X-Guard: on" in said
    assert "A request with what looks like NIK 3174…01 would be refused" in said
    assert NIK not in said


def test_a_replay_tells_asks_with_guard_apart(asked: Asked, tmp_path: object) -> None:
    """The guard changes what the model reads, so it is part of what a recording answers."""
    asked.says("masked", "open")
    asked.run(f"%neosantara record {tmp_path}/r.jsonl")
    asked.cell("--once --guard")
    asked.cell("--once")
    assert len(asked.requests) == 2
