"""A whole notebook through nbclient, as papermill and CI run it: contract, *What appears* (nobody watching)."""

from __future__ import annotations

import nbformat
import pytest
from nbclient import NotebookClient
from nbclient.exceptions import CellExecutionError

from magic.spoken import KEY, answer_events, problem
from wire.server import ScriptedServer

pytestmark = pytest.mark.kernel


def _client(*cells: str) -> NotebookClient:
    notebook = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(cell) for cell in cells])
    return NotebookClient(notebook, kernel_name="python3", timeout=60)


def test_a_notebook_is_saved_readable_and_the_same_each_time(
    server: ScriptedServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Two runs store the same outputs, without widget state; the saved file is valid and holds the answers."""
    monkeypatch.setenv("NEOSANTARA_API_KEY", KEY)
    monkeypatch.setenv("NEOSANTARA_BASE_URL", server.base_url)
    stored = []
    for _ in range(2):
        for text in ("Halo **dunia**", "Sampai jumpa"):
            server.stream(answer_events(text, reasoning="Hm."))
        notebook = _client(
            "%load_ext neosantara_magic", "%%neosantara\nhello", "%%neosantara --show widget\nand again"
        ).execute()
        nbformat.validate(notebook)
        stored.append([[dict(o, metadata=None) for o in cell.outputs] for cell in notebook.cells])
        assert "widgets" not in notebook.metadata or not notebook.metadata.widgets.get("state")
    assert stored[0] == stored[1]
    load, first, second = stored[0]
    assert load == []
    [output] = first
    assert output["data"]["text/markdown"].count("Halo **dunia**") == 1
    assert output["data"]["text/plain"].count("Halo") == 1
    assert "application/vnd.jupyter.widget-view+json" not in str(second)
    assert "Sampai jumpa" in second[-1]["data"]["text/plain"]
    assert [request.json["input"] for request in server.requests[:2]] == [
        request.json["input"] for request in server.requests[2:]
    ]


def test_a_failure_stops_the_run_with_its_name(server: ScriptedServer, monkeypatch: pytest.MonkeyPatch) -> None:
    """The run sees the class as ename and the two lines; what came before it is stored."""
    monkeypatch.setenv("NEOSANTARA_API_KEY", KEY)
    monkeypatch.setenv("NEOSANTARA_BASE_URL", server.base_url)
    server.answer(402, {"X-Request-Id": "req_1"}, problem("Insufficient PAYG balance"))
    client = _client("%load_ext neosantara_magic", "%%neosantara\nhello", "1 + 1")
    with pytest.raises(CellExecutionError) as caught:
        client.execute()
    assert caught.value.ename == "InsufficientBalanceError"
    assert "req_1" in caught.value.evalue
    assert KEY not in str(caught.value)
    assert [len(cell.outputs) for cell in client.nb.cells] == [0, 1, 0]
