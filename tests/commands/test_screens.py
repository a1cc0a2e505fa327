"""Tables of models and money: what they show, what they hold, and what they say of the unknown."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from neosantara_magic.api.told import Model
from neosantara_magic.commands import run
from neosantara_magic.costs import Cost
from neosantara_magic.errors import NeosantaraError, UsageError
from neosantara_magic.messages import Usage
from neosantara_magic.parsing.parse import parse_line
from neosantara_magic.render.forms import MOST_ROWS, Table
from neosantara_magic.settings.fields import Settings, from_environment
from neosantara_magic.workspace import Workspace
from wire.server import ScriptedServer


class Screen:
    """The part of a notebook that the screens use."""

    def __init__(self) -> None:
        self.bundles: list[dict[str, str]] = []
        self.namespace: dict[str, Any] = {}

    def say(self, text: str) -> None:
        self.show({"text/plain": text})

    def show(self, bundle: dict[str, str]) -> None:
        self.bundles.append(bundle)

    def show_once(self, value: Any) -> Any:
        self.bundles.append(value._repr_mimebundle_())
        return value

    @property
    def plain(self) -> str:
        return self.bundles[-1]["text/plain"]


def workspace(**environment: str) -> Workspace:
    """Return a workspace with the settings of this environment."""
    settings: Settings = from_environment(environment)
    return Workspace(lambda: settings, demo=False, session_key="nsk_0123456789")


def typed(line: str, space: Workspace, screen: Screen) -> Any:
    """Run a line command."""
    return run(parse_line(line), space, screen)  # type: ignore[arg-type]


def test_usage_is_a_table_and_a_frame() -> None:
    """Shown once with a total; the value holds numbers; calls of unknown price are said, never shown as free."""
    space, screen = workspace(), Screen()
    assert typed("usage", space, screen) is None
    space.ledger.add("garda-core", "main", Usage(1_000, 500, 1_500), Cost(1.25), calls=2)
    space.ledger.add("garda-core", None, Usage(10, 5, 15), Cost(0.5, estimated=True))
    space.ledger.add("other", "main", Usage(10, 5, 15), Cost(unpriced=1))
    space.ledger.add("garda-core", None, Usage(10, 5, 15), Cost(unpriced=1))
    table = typed("usage", space, screen)
    assert screen.plain.splitlines() == [
        "Model       Conversation        Calls  Tokens in  Tokens out  Cost",
        "garda-core  main                2      1,000      500         Rp 1.25",
        "garda-core  (single questions)  2      20         10          ≈ Rp 0.50 + 1 without a known price",
        "other       main                1      10         5           1 without a known price",
        "Total                           5      1,030      515         ≈ Rp 1.75 + 2 without a known price",
    ]
    assert len(screen.bundles) == 2
    assert [row["calls"] for row in table] == [2, 2, 1]
    frame = table.to_frame()
    assert frame["input_tokens"].sum() == 1_030
    assert list(frame["model"]) == ["garda-core", "garda-core", "other"]


def test_a_tool_is_shown_with_what_the_model_is_not_told() -> None:
    """A parameter that JSON cannot carry keeps its default, which is said."""

    def plot(title: str, ax: Screen | None = None) -> None: ...

    screen = Screen()
    screen.namespace["plot"] = plot
    typed("tools plot", workspace(), screen)
    assert '"title"' in screen.plain
    assert '"ax"' not in screen.plain
    assert screen.plain.endswith("JSON cannot carry their types: ax. They keep their defaults.")


def test_an_unknown_price_is_never_free() -> None:
    """Neither in the table's total nor on the status screen, when nothing else was asked."""
    space, screen = workspace(), Screen()
    space.ledger.add("other", "main", None, Cost(unpriced=2), calls=2)
    typed("usage", space, screen)
    assert screen.plain.splitlines()[-1].endswith("2 without a known price")
    typed("", space, screen)
    assert "2 without a known price" in screen.plain
    assert "Rp 0" not in screen.plain


def test_models_are_asked_for_once_for_each_server(server: ScriptedServer) -> None:
    """The list is kept while the same server answers; another one is asked anew."""
    space, screen = workspace(NEOSANTARA_BASE_URL=server.base_url), Screen()
    entries = [
        {"id": "one", "capabilities": ["vision"], "context_window": 8_192, "pricing": {"prompt": 300, "completion": 1500, "currency": "IDR"}},
        {"id": "two"},
        {"id": "three", "pricing": {"prompt": "$0.25", "completion": "$1"}},
    ]  # fmt: skip
    server.answer(body={"data": entries})
    table = typed("models", space, screen)
    assert screen.plain.splitlines()[1:] == [
        "one    vision        8,192    Rp 300      Rp 1,500",
        "two    -             -        -           -",
        "three  -             -        ≈ Rp 4,162  ≈ Rp 16,650",
    ]
    assert [row["id"] for row in table] == ["one", "two", "three"]
    typed("models VISION", space, screen)
    assert "two" not in screen.plain
    with pytest.raises(UsageError) as nothing:
        typed("models zzz", space, screen)
    assert "'zzz'" in str(nothing.value)
    assert len(server.requests) == 1
    space.demo = True
    assert space.models == []
    typed("models", space, screen)
    assert "nusantara-base" in screen.plain
    space.demo = False
    assert [model.id for model in space.models] == ["one", "two", "three"]


@pytest.mark.parametrize(
    ("body", "said"),
    [
        ({"data": []}, " lists no models.\nAsking works without the list"),
        ("", "no answer of this endpoint: (empty)\nCheck the base URL with %neosantara"),
        ("<html><title>Hotel</title>", "no answer of this endpoint: Hotel\n"),
        ({"models": {}}, 'no answer of this endpoint: {"models": {}}\n'),
    ],
)
def test_a_server_without_a_list_is_told_so(server: ScriptedServer, body: Any, said: str) -> None:
    """Neither "no model matches" nor the other endpoint: neither has to do with a list that is not there."""
    server.answer(body=body)
    with pytest.raises(NeosantaraError) as refused:
        typed("models", workspace(NEOSANTARA_BASE_URL=server.base_url), Screen())
    assert said in str(refused.value)


def test_a_long_table_shows_its_beginning() -> None:
    """Ten thousand models stay one screen of a notebook; the value holds them all."""
    rows = [(f"m{number}", "x") for number in range(10_000)]
    table = Table(["id", "b"], rows, [{"id": name} for name, _ in rows])
    assert str(table).endswith("\n… 9,800 more rows")
    assert len(str(table).splitlines()) == MOST_ROWS + 2
    assert len(table) == len(list(table)) == 10_000
    assert repr(table) == "<Table of 10000 rows; .to_frame() for pandas>"
    assert repr(Table(["id"], rows[:1], [{"id": "m0"}])) == "<Table of 1 row; .to_frame() for pandas>"


def test_a_model_without_an_id_or_a_price_breaks_nothing() -> None:
    """Every field but the id is optional."""
    assert not Model("x").blind


def test_prompts_lists_files_and_names_those_that_cannot_be_used(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Ours and the package's, each with what it sets; a stranger's description is text, not markup."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "prompts").mkdir()
    (tmp_path / "prompts" / "a.md").write_text("---\ndescription: <b>Guide</b> | x\ntools: [f, g]\n---\nHi")
    (tmp_path / "prompts" / "b.md").write_text("---\nnope: 1\n---\nHi")
    space, screen = workspace(), Screen()
    rows = list(typed("prompts", space, screen))
    assert rows[0] == {"name": "a", "about": "<b>Guide</b> | x"}
    assert '"nope: 1"' in rows[1]["about"]
    assert "tutor.id" in screen.plain
    assert "<b>" not in screen.bundles[-1]["text/html"]
