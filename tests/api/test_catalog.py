"""The model list, read with care, and what an answer costs by it."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from neosantara_magic.api import told
from neosantara_magic.messages import Usage

FULL: dict[str, Any] = {
    "id": "garda-core", "object": "model", "created": 1, "owned_by": "neosantara", "description": "Own model",
    "capabilities": ["text_generation", "function_calling", "vision", "structured_outputs"],
    "context_window": 1_000_000, "max_output_tokens": 8192, "deprecated": False, "listed": True,
    "pricing": {"currency": "IDR", "prompt": 300, "completion": 1500, "cache_read": 30},
}  # fmt: skip


def model(**entry: Any) -> told.Model:
    """Read one entry."""
    return told.read_models([{"id": "m", **entry}])[0]


def test_a_full_entry() -> None:
    """Every field that the vendor's own code reads."""
    (found,) = told.read_models([FULL])
    assert (found.id, found.owned_by, found.description) == ("garda-core", "neosantara", "Own model")
    assert (found.context_window, found.max_output_tokens) == (1_000_000, 8192)
    assert (found.input_price, found.output_price, found.cached_price, found.currency) == (300.0, 1500.0, 30.0, "IDR")
    assert not found.blind
    assert model(capabilities=["tools"]).blind


def test_a_bare_entry() -> None:
    """An id is enough; what is not said is unknown, which is not no."""
    found = model()
    assert found == told.Model("m")
    assert model(context_window=10**400, max_output_tokens=-1) == found
    assert not found.blind


def test_entries_without_an_id_and_doubles_are_dropped() -> None:
    """A list is as good as its ids."""
    assert [
        m.id for m in told.read_models([{}, {"id": 3}, {"id": "a"}, {"id": "b"}, {"id": "a", "owned_by": "x"}])
    ] == [
        "a",
        "b",
    ]


def test_control_characters_never_reach_the_table() -> None:
    """A terminal obeys them, whoever wrote them; no real id or capability has any."""
    entries = [{"id": "\x1b[31mred"}, {"id": "\u202egnol"}, {"id": "a", "capabilities": ["vision", "\x1b[2J", 5]}]
    assert told.read_models(entries) == [told.Model("a", capabilities=("vision",))]


@pytest.mark.parametrize(
    ("pricing", "expected"),
    [
        ({"currency": "USD", "prompt": 0.25, "completion": 1.5}, (0.25, 1.5, "USD")),
        ({"currency": "idr", "input_tokens": 300, "output_tokens": 1500}, (300.0, 1500.0, "IDR")),
        ({"currency": "IDR", "per_million_tokens": {"input": 1, "output": 2}}, (1.0, 2.0, "IDR")),
        ({"prompt": "$0.25", "completion": "$1.5"}, (0.25, 1.5, "USD")),
        ({"prompt": "Rp 4,710", "completion": "Rp 36,543"}, (4710.0, 36543.0, "IDR")),
        ({"prompt": 300, "completion": 1500}, (300.0, 1500.0, "IDR")),
        ({"prompt": 0.1, "completion": 0.2}, (0.1, 0.2, "USD")),
        ({"prompt": 0, "completion": 0}, (0.0, 0.0, "IDR")),
        ({"prompt": "free", "completion": -1}, (None, None, "")),
        ({"prompt": float("nan"), "completion": True}, (None, None, "")),
        ({"prompt": 10**400, "completion": 1e300}, (None, None, "")),
        ("Free / Included", (None, None, "")),
        (None, (None, None, "")),
    ],
)
def test_prices(pricing: Any, expected: tuple[float | None, float | None, str]) -> None:
    """Numbers or text, in either currency, in every place where a server puts them."""
    found = model(pricing=pricing)
    assert (found.input_price, found.output_price, found.currency) == expected


def test_cost() -> None:
    """(input - cached) and cached and output, each at its price per million, in Rupiah."""
    (garda,) = told.read_models([FULL])
    usage = Usage(1_000_000, 100_000, 1_100_000, cached_tokens=400_000)
    assert told.cost_idr(garda, usage) == pytest.approx(0.6 * 300 + 0.4 * 30 + 0.1 * 1500)
    dollars = model(pricing={"currency": "USD", "prompt": 1, "completion": 2})
    assert told.cost_idr(dollars, usage) == pytest.approx(1.2 * told.USD_RATE)


def test_what_is_not_known_costs_none_and_not_zero() -> None:
    """No model, no usage or no price: no estimate."""
    priced = model(pricing={"prompt": 300, "completion": 1500})
    assert told.cost_idr(None, Usage(1, 1, 2)) is None
    assert told.cost_idr(priced, None) is None
    assert told.cost_idr(model(), Usage(1, 1, 2)) is None
    assert told.cost_idr(model(pricing={"prompt": 0, "completion": 0}), Usage(1, 1, 2)) == 0.0


def test_finding_a_model() -> None:
    """An id in any case."""
    models = told.read_models([{"id": "nusantara-base"}, {"id": "garda-core"}])
    found = told.find_model(models, "Garda-Core")
    assert found is not None
    assert found.id == "garda-core"
    assert told.find_model(models, "garda") is None


@given(st.dictionaries(st.sampled_from([*FULL, "context_length"]), st.recursive(
    st.none() | st.booleans() | st.floats() | st.integers() | st.text(max_size=6),
    lambda s: st.lists(s, max_size=2) | st.dictionaries(st.sampled_from(["prompt", "completion", "currency", "per_million_tokens", "input"]), s), max_leaves=6)))  # fmt: skip
def test_no_entry_is_too_strange(entry: dict[str, Any]) -> None:
    """Whatever the types, an entry is read as far as it goes, and its price is a sane number or none."""
    for found in told.read_models([entry]):
        cost = told.cost_idr(found, Usage(10, 10, 20))
        assert cost is None or cost >= 0
