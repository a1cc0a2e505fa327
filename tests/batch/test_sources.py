"""Rows from anything: lists, series, frames, files, with and without a template."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pandas as pd
import polars as pl
import pytest

from batch_servers import Echo
from neosantara_magic import UsageError, ask_many
from neosantara_magic.batch.rows import Row, source_of

pytestmark = pytest.mark.usefixtures("service")
CITIES = [{"city": "Medan", "values": 2}, {"city": "Solo", "values": 1}]
ASKED = ["Medan has 2.", "Solo has 1."]


def _csv(folder: Path) -> Path:
    path = folder / "cities.csv"
    path.write_text("\ufeffcity,values\nMedan,2\nSolo,1\n", "utf-8")
    return path


def _tsv(folder: Path) -> Path:
    path = folder / "cities.tsv"
    path.write_text("city\tvalues\nMedan\t2\nSolo\t1\n")
    return path


def _jsonl(folder: Path) -> Path:
    path = folder / "cities.jsonl"
    path.write_text("".join(json.dumps(city) + "\n" for city in CITIES) + "\n")
    return path


def _parquet(folder: Path) -> Path:
    path = folder / "cities.parquet"
    pl.DataFrame(CITIES).write_parquet(path)
    return path


@pytest.mark.parametrize(
    "rows",
    [
        lambda _: CITIES,
        lambda _: iter(CITIES),
        lambda _: pd.DataFrame(CITIES),
        lambda _: pd.DataFrame(CITIES, index=[7, 7]),
        lambda _: pl.DataFrame(CITIES),
        lambda _: pl.DataFrame(CITIES).lazy(),
        _csv,
        _tsv,
        _jsonl,
        _parquet,
    ],
    ids=["list", "iterator", "pandas", "odd-index", "polars", "lazy", "csv", "tsv", "jsonl", "parquet"],
)
def test_a_template_sees_the_row(rows: Callable[[Path], Any], echo: Echo, tmp_path: Path) -> None:
    """``row.city``; a column called like a method of a dict is a column."""
    answers = ask_many(rows(tmp_path), template="{{ row.city }} has {{ row['values'] }}.", show="none")
    assert [answer.text for answer in answers] == [f"echo {prompt}" for prompt in ASKED]
    assert sorted(echo.asked) == ASKED
    with pytest.raises(UsageError, match=r"Did you mean 'row\.city'\?"):
        ask_many(rows(tmp_path), template="{{ city }} {{ row.city }}", show="none")
    with pytest.raises(UsageError, match=r"does not use its row[^\n]*\nPut it in: \{\{ row \}\}"):
        ask_many(rows(tmp_path), template="Say {row.city}", show="none")


@pytest.mark.parametrize(
    "prompts",
    [
        ("a", "b"),
        pd.Series(["a", "b"]),
        pl.Series(["a", "b"]),
        pd.DataFrame({"prompt": ["a", "b"], "other": [1, 2]}),
        pl.DataFrame({"question": ["a", "b"]}),
    ],
    ids=["tuple", "pandas-series", "polars-series", "column-called-prompt", "one-column"],
)
def test_texts_are_prompts(prompts: Any) -> None:
    """Without a template, a row must be a text or hold one that is clearly meant."""
    assert [answer.text for answer in ask_many(prompts, show="none")] == ["echo a", "echo b"]


def test_a_file_of_lines_and_of_json_texts(tmp_path: Path) -> None:
    """One prompt a line."""
    (tmp_path / "p.txt").write_text("a\n\nb\n")
    (tmp_path / "p.jsonl").write_text('"a"\n"b"\n')
    for name in ("p.txt", "p.jsonl"):
        assert [answer.text for answer in ask_many(tmp_path / name, show="none")] == ["echo a", "echo b"]


def test_rows_that_are_no_tables(echo: Echo) -> None:
    """``{{ row }}`` is the row itself, and the notebook's variables are there too."""
    ask_many([1, 2], template="Angka {{ row + 1 }}", show="none")
    assert sorted(echo.asked) == ["Angka 2", "Angka 3"]


def test_a_value_is_inserted_once(echo: Echo) -> None:
    """What a cell of the table holds is data, braces too."""
    ask_many([{"x": "{{ 1/0 }}"}], template="{{ row.x }}", show="none")
    assert list(echo.asked) == ["{{ 1/0 }}"]


def test_instructions_may_differ_by_row(echo: Echo) -> None:
    """``system`` is a template as well."""
    ask_many(CITIES, template="{{ row.city }}", system="Untuk {{ row['values'] }}", show="none")
    assert sorted(str(body["instructions"]) for body in echo.bodies) == ["Untuk 1", "Untuk 2"]


def test_images_may_differ_by_row(echo: Echo) -> None:
    """``image="row.photo"`` takes the row's own; another one goes with every row."""
    rows = [{"q": "a", "photo": "https://example.invalid/a.png"}, {"q": "b", "photo": "https://example.invalid/b.png"}]
    image = ["https://example.invalid/all.png", "row.photo"]
    answers = ask_many(rows, template="{{ row.q }}", image=image, show="none")
    assert [[part.url[-5:] for part in answer.messages[0].images] for answer in answers] == [
        ["l.png", "a.png"],
        ["l.png", "b.png"],
    ]


@pytest.mark.parametrize(
    ("name", "told"),
    [("cities.csv2", "Kinds that do"), ("citys.csv", "Did you mean cities.csv?"), ("xyz.jsonl", "no file")],
)
def test_a_wrong_file_is_told(tmp_path: Path, name: str, told: str) -> None:
    """With what would have been right."""
    _csv(tmp_path)
    with pytest.raises(UsageError) as caught:
        source_of(tmp_path / name)
    assert told in str(caught.value)


def test_a_line_that_is_no_json_is_told(tmp_path: Path) -> None:
    """With its number."""
    (tmp_path / "p.jsonl").write_text('"a"\nb\n')
    with pytest.raises(UsageError, match=r"Line 2 of p\.jsonl"):
        ask_many(tmp_path / "p.jsonl", show="none")


def test_a_row_shows_itself_as_json() -> None:
    """``{{ row }}`` of a table."""
    row = Row({"city": "Medan", "n": 2})
    assert str(row) == '{"city": "Medan", "n": 2}'
    assert (dir(row), len(row), list(row)) == (["city", "n"], 2, ["city", "n"])


def test_a_spreadsheets_semicolons_separate(tmp_path: Path) -> None:
    """Spreadsheets write them where the comma is in numbers; a header with commas stays one with commas."""
    (tmp_path / "a.csv").write_bytes("\ufeffcity;values\r\nMedan;2,5\r\n".encode())
    (tmp_path / "b.csv").write_text("city,a;b\nSolo,1;2\n")
    assert [str(row) for row in source_of(tmp_path / "a.csv").rows] == ['{"city": "Medan", "values": "2,5"}']
    assert [str(row) for row in source_of(tmp_path / "b.csv").rows] == ['{"city": "Solo", "a;b": "1;2"}']


def test_a_field_may_be_long(tmp_path: Path) -> None:
    """Longer than the standard library reads by itself."""
    (tmp_path / "a.csv").write_text("prompt\n" + "x" * 200_000 + "\n")
    (row,) = source_of(tmp_path / "a.csv").rows
    assert len(row.prompt) == 200_000


@pytest.mark.parametrize("name", ["p.csv", "p.jsonl", "p.txt"])
def test_a_file_in_another_encoding_is_told(tmp_path: Path, name: str) -> None:
    """In two lines, wherever in the file it shows."""
    (tmp_path / name).write_bytes(b'"prompt"\n' * 5000 + b'"caf\xe9"\n')
    with pytest.raises(UsageError, match=f"{name} is not in UTF-8"):
        list(source_of(tmp_path / name).rows)


def test_a_parquet_file_that_is_none_is_told(tmp_path: Path) -> None:
    """In two lines."""
    (tmp_path / "p.parquet").write_bytes(b"PAR1 and no more")
    with pytest.raises(UsageError, match=r"'p\.parquet' cannot be read"):
        source_of(tmp_path / "p.parquet")


def test_two_columns_of_one_name_are_refused(tmp_path: Path) -> None:
    """Only one of them could be asked about; columns without a name, as spreadsheets leave, are nobody's."""
    (tmp_path / "p.csv").write_text("city,city,,\na,b,,\n")
    for twice in (tmp_path / "p.csv", pd.DataFrame([["a", "b"]], columns=["city", "city"])):
        with pytest.raises(UsageError, match="Two columns are called city"):
            list(source_of(twice).rows)
    (tmp_path / "p.csv").write_text("city,,\na,,\n")
    assert [row.city for row in source_of(tmp_path / "p.csv").rows] == ["a"]


def test_columns_without_names_are_counted(echo: Echo) -> None:
    """``{{ row[0] }}`` of a frame that was made from lists."""
    ask_many(pd.DataFrame([["a", "b"]]), template="{{ row[1] }} {{ row['0'] }}", show="none")
    assert list(echo.asked) == ["b a"]


@pytest.mark.parametrize(
    ("content", "columns"),
    [
        ("nama;harga, Rp;kota\nberas;12.500,50;Bogor\n", ["nama", "harga, Rp", "kota"]),
        ("nama;harga, Rp\nberas;12500\njagung;9000\n", ["nama", "harga, Rp"]),
        ('"harga, Rp";kota\n1,5;Bogor\n', ["harga, Rp", "kota"]),
        ("a;b;c\n1,5;2,5;3,5\n", ["a", "b", "c"]),
        ("a,b\nx;y,z\n", ["a", "b"]),
        ("a, b; c\n1,2\n3,4\n", ["a", " b; c"]),
        ("prompt\none; two, three\n", ["prompt"]),
    ],
)
def test_what_separates_is_what_fits_all_lines(tmp_path: Path, content: str, columns: list[str]) -> None:
    """A comma in a heading of a file with semicolons separates nothing, nor the other way round."""
    (tmp_path / "a.csv").write_text(content)
    source = source_of(tmp_path / "a.csv")
    assert all(list(row) == columns for row in source.rows)


def test_a_frame_of_another_library_is_told_from_the_start() -> None:
    """What has a frame's shape and none of its rows is refused in two lines, not in the middle of a batch."""

    class Frame:
        shape, columns, dtypes = (2, 1), ("city",), ("str",)

    with pytest.raises(UsageError):
        ask_many(Frame(), template="{{ row.city }}")


def test_a_file_that_cannot_be_read_makes_no_other(tmp_path: Path) -> None:
    """A wrong header is told before ``out`` exists."""
    (tmp_path / "twice.csv").write_text("a,a\n1,2\n")
    with pytest.raises(UsageError):
        ask_many(tmp_path / "twice.csv", template="{{ row.a }}", out=tmp_path / "out.jsonl")
    assert [path.name for path in tmp_path.iterdir()] == ["twice.csv"]
