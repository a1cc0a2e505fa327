"""A new table library is one function and one line: then a model reads its frames, and batches take and fill them."""

from __future__ import annotations

from pathlib import Path

import pytest

import ledgers
from batch_servers import Echo
from kernels import Kernel
from neosantara_magic import ask_many
from neosantara_magic.describe.tables import LIBRARIES
from neosantara_magic.prompt.render import render_prompt
from wire.server import ScriptedServer


@pytest.mark.usefixtures("service")
def test_a_new_library_in_a_prompt_and_in_a_batch(echo: Echo, monkeypatch: pytest.MonkeyPatch) -> None:
    """``{{ df }}`` shows the first rows; ``ask_many(df)`` asks each of them."""
    monkeypatch.setitem(LIBRARIES, ledgers.MARKS, ledgers.ledger)
    df = ledgers.Ledger({"city": ["Medan", "Solo"], "rain": [2.0, None]})
    (shown,) = render_prompt("{{ df }}", {"df": df})
    assert shown == type(shown)(
        "| city | rain |\n|---|---|\n| Medan | 2 |\n| Solo | None |\n\n2 rows × 2 columns\ndtypes: city any, rain any"
    )
    ask_many(df, template="Where is {{ row.city }}?", show="none")
    assert sorted(echo.asked) == ["Where is Medan?", "Where is Solo?"]


@pytest.mark.kernel
def test_a_new_librarys_frame_takes_the_answers(kernel: Kernel) -> None:
    """``--each``: a second run asks only the row that has none."""
    with ScriptedServer(echo := Echo()) as server:
        kernel.execute(f"%env NEOSANTARA_BASE_URL={server.base_url}\n%env NEOSANTARA_API_KEY=nsk_secret_key")
        kernel.execute("%load_ext neosantara_magic")
        kernel.execute(Path(ledgers.__file__).read_text("utf-8"))
        kernel.execute("from neosantara_magic.describe.tables import LIBRARIES\nLIBRARIES[MARKS] = ledger")
        kernel.execute("df = Ledger({'city': ['Medan', 'Solo'], 'answer': [None, 'old']})")
        run = kernel.execute("%%neosantara --each df --into answer\nWhere is {{ row.city }}?")
    assert run.error is None, run.error
    assert dict(echo.asked) == {"Where is Medan?": 1}
    assert kernel.value("df.entries()") == "[('Medan', 'echo Where is Medan?'), ('Solo', 'old')]"
