"""``%%neosantara --each FRAME --into COLUMN`` in a real kernel, and the bar."""

from __future__ import annotations

import json
from collections.abc import Iterator

import pytest

from batch_servers import Echo, refusal
from kernels import Kernel
from wire.server import ScriptedServer

pytestmark = pytest.mark.kernel

PANDAS = "import pandas as pd\ndf = pd.DataFrame({'city': ['Medan', 'Solo', 'Palu']}, index=[5, 5, 9])"
POLARS = "import polars as pl\ndf = pl.DataFrame({'city': ['Medan', 'Solo', 'Palu']})"
CELL = "%%neosantara --each df --into answer\nWhere is {{ row.city }}?"
SCHEMA = """
from dataclasses import dataclass
@dataclass
class Place:
    island: str
    people: int
"""


@pytest.fixture
def asking(kernel: Kernel) -> Iterator[tuple[Kernel, Echo]]:
    """Give a kernel whose service is an `Echo`."""
    echo = Echo()
    with ScriptedServer(echo) as server:
        kernel.execute(f"%env NEOSANTARA_BASE_URL={server.base_url}\n%env NEOSANTARA_API_KEY=nsk_secret_key")
        kernel.execute("%load_ext neosantara_magic")
        yield kernel, echo


def value(kernel: Kernel, expression: str) -> object:
    """Return what an expression is in the kernel."""
    run = kernel.execute(f"import json; print(json.dumps({expression}))")
    assert run.error is None, run.error
    return json.loads(run.stdout)


@pytest.mark.parametrize("frame", [PANDAS, POLARS], ids=["pandas", "polars"])
def test_each_row_gets_its_answer(asking: tuple[Kernel, Echo], frame: str) -> None:
    """One request for each row; the column is in the frame, in order; the cell says one line and no more."""
    kernel, echo = asking
    kernel.execute(frame)
    run = kernel.execute(CELL)
    assert run.error is None
    assert value(kernel, "list(df['answer'])") == [f"echo Where is {c}?" for c in ("Medan", "Solo", "Palu")]
    assert set(echo.asked.values()) == {1}
    assert run.answer == "3 rows: 3 answered · 9 tokens in, 6 out · 3 without a known price"
    assert [set(bundle) for bundle in run.bundles] == [{"text/plain"}]
    assert not run.comms()


def test_a_column_may_have_any_name(asking: tuple[Kernel, Echo]) -> None:
    """As in the library itself."""
    kernel, _ = asking
    kernel.execute(PANDAS)
    run = kernel.execute(CELL.replace("--into answer", '--into "jawaban saya"'))
    assert run.error is None, run.error
    assert value(kernel, "list(df['jawaban saya'])")[0] == "echo Where is Medan?"  # type: ignore[index]


@pytest.mark.parametrize("frame", [PANDAS, POLARS], ids=["pandas", "polars"])
def test_a_schema_gives_a_column_for_each_field(asking: tuple[Kernel, Echo], frame: str) -> None:
    """A failed row is missing in each of them, and counted in the closing line."""
    kernel, echo = asking
    echo.say = lambda _prompt: '{"island": "Java", "people": 3}'
    echo.refuse = lambda prompt, _time: refusal(400) if "Solo" in prompt else None
    kernel.execute(frame + SCHEMA)
    run = kernel.execute(CELL.replace("--into", "--schema Place --into"))
    assert run.error is None
    assert "3 rows: 2 answered, 1 failed" in run.answer
    assert value(kernel, "[c for c in df.columns]") == ["city", "answer_island", "answer_people"]
    assert value(kernel, "[None if x != x or x is None else x for x in df['answer_island']]") == ["Java", None, "Java"]
    assert value(kernel, "[None if x != x or x is None else int(x) for x in df['answer_people']]") == [3, None, 3]


def test_a_rerun_with_a_recording_asks_only_what_changed(asking: tuple[Kernel, Echo], tmp_path: object) -> None:
    """The other rows come from the file."""
    kernel, echo = asking
    kernel.execute(PANDAS)
    kernel.execute(f"%neosantara record {tmp_path}/rows.jsonl")
    kernel.execute(CELL)
    kernel.execute("df.loc[9, 'city'] = 'Ambon'")
    run = kernel.execute(CELL)
    assert run.error is None
    assert echo.asked == {f"Where is {city}?": 1 for city in ("Medan", "Solo", "Palu", "Ambon")}
    assert value(kernel, "df['answer'].iloc[-1]") == "echo Where is Ambon?"


def test_out_keeps_the_responses(asking: tuple[Kernel, Echo]) -> None:
    """``--out NAME``: a list with everything that is known of each row."""
    kernel, _ = asking
    kernel.execute(PANDAS)
    kernel.execute(CELL.replace("--into", "--out kept --into"))
    assert value(kernel, "[r.usage.total_tokens for r in kept]") == [5, 5, 5]


def test_dry_run_tells_what_all_rows_would_take(asking: tuple[Kernel, Echo]) -> None:
    """The first request and an estimate; nothing is sent, the frame is unchanged."""
    kernel, echo = asking
    kernel.execute(PANDAS)
    run = kernel.execute(CELL.replace("--into", "--dry-run --into"))
    assert "3 requests would be sent; nothing was" in run.answer
    assert "Where is Medan?" in run.answer
    assert not echo.asked
    assert value(kernel, "[c for c in df.columns]") == ["city"]


def test_stop_keeps_the_rows_that_are_done(asking: tuple[Kernel, Echo]) -> None:
    """Interrupt: the column holds what is there, the rest is missing, and the cell fails with `Stopped`."""
    kernel, echo = asking
    kernel.execute(PANDAS)
    import threading

    hang = threading.Event()
    echo.refuse = lambda prompt, _time: hang.wait(30) and None if "Solo" in prompt else None
    run = kernel.start(CELL.replace("--into answer", "--into answer --out kept"))
    run_until(echo, 3)
    kernel.interrupt()
    run.finish()
    hang.set()
    assert run.error is not None
    assert run.error.name == "Stopped"
    assert value(kernel, "[one.stopped for one in kept]") == [False, True, False]
    assert value(kernel, "[x if isinstance(x, str) else None for x in df['answer']]") == [
        "echo Where is Medan?",
        None,
        "echo Where is Palu?",
    ]


def test_a_notebook_may_hold_the_class_of_frames(asking: tuple[Kernel, Echo]) -> None:
    """``from pandas import DataFrame``: the class is no frame, and in nobody's way."""
    kernel, _echo = asking
    kernel.execute(PANDAS + "\nfrom pandas import DataFrame\nimport polars\nOther = polars.DataFrame")
    run = kernel.execute(CELL)
    assert run.error is None, run.error
    run = kernel.execute(CELL.replace("each df", "each DataFrame"))
    assert run.error is not None
    assert "DataFrame is of type type" in run.error.value


def test_instructions_alone_may_differ_by_row(asking: tuple[Kernel, Echo]) -> None:
    """The prompt is the same for all, so the answers differ by who is asked to give them."""
    kernel, echo = asking
    kernel.execute(PANDAS)
    run = kernel.execute("%%neosantara --each df --into answer --system 'You live in {{ row.city }}.'\nWhat is near?")
    assert run.error is None, run.error
    told = sorted(str(body["instructions"]) for body in echo.bodies)
    assert told == ["You live in Medan.", "You live in Palu.", "You live in Solo."]


def test_answers_that_the_frame_cannot_take_stay_in_out(asking: tuple[Kernel, Echo]) -> None:
    """They are paid for: the frame that has become another one must not cost them."""
    kernel, echo = asking
    frozen = "class Frozen(pd.DataFrame):\n    def __setitem__(self, *_): raise ValueError('frozen')\ndf = Frozen(df)"
    kernel.execute(f"{PANDAS}\n{frozen}")
    run = kernel.execute(CELL.replace("--into answer", "--into answer --out kept"))
    assert run.error is not None
    assert run.error.name == "ValueError", run.error
    assert value(kernel, "[one.text for one in kept]") == [
        f"echo Where is {city}?" for city in ("Medan", "Solo", "Palu")
    ]
    assert sum(echo.asked.values()) == 3


def run_until(echo: Echo, asked: int) -> None:
    """Wait until so many rows were asked, and a moment for their answers to arrive."""
    import time

    while sum(echo.asked.values()) < asked:
        time.sleep(0.02)
    time.sleep(0.5)


@pytest.mark.parametrize(
    ("cell", "told"),
    [
        ("%%neosantara --each fd --into x\n{{ row.city }}", "Did you mean df?"),
        ("%%neosantara --each number --into x\n{{ row.city }}", "number is of type int, and --each cannot"),
        (
            "%%neosantara --each lazy --into x\n{{ row.city }}",
            "lazy is of type elsewhere.core.DataFrame, and --each cannot",
        ),
        ("%%neosantara --each df --into x\nWhere is it?", "{{ row.city }}"),
        ("%%neosantara --each df --into x\nWhere is {{ number }} tomorrow, row by row?", "{{ row.city }}"),
        ("%%neosantara --each df --into x\n{{ row.cty }}", "city"),
        ("%%neosantara --each df --into x -c main\n{{ row.city }}", "--each takes no -c."),
        ("%%neosantara --each df --into x --code\n{{ row.city }}", "--each takes no --code."),
        ("%%neosantara --each df --into x --context 2\n{{ row.city }}", "--each takes no --context."),
    ],
)
def test_slips_are_told_before_anything_is_sent(asking: tuple[Kernel, Echo], cell: str, told: str) -> None:
    """Two lines with the next step; the frame is unchanged."""
    kernel, echo = asking
    kernel.execute(PANDAS + "\nnumber = 7\nlazy = type('DataFrame', (), {'__module__': 'elsewhere.core'})()")
    run = kernel.execute(cell)
    assert run.error is not None
    assert told in run.error.value
    assert not echo.asked
    assert value(kernel, "[c for c in df.columns]") == ["city"]


VIEW = "application/vnd.jupyter.widget-view+json"


def test_the_bar_becomes_the_closing_line(asking: tuple[Kernel, Echo]) -> None:
    """With somebody watching: one display, a real bar first; the saved notebook holds the line, the kernel no widget."""
    kernel, _ = asking
    code = "import neosantara_magic as n\nanswers = n.ask_many(['a', 'b'])"
    run = kernel.execute(code, cell_id="a", allow_stdin=True)
    assert run.error is None
    assert [sorted(bundle) for bundle in run.bundles] == [["text/plain"]]
    assert run.bundles[0]["text/plain"].startswith("2 rows: 2 answered ")
    shown = [m["content"]["data"] for m in run.messages if "display" in m["header"]["msg_type"]]
    assert [VIEW in data for data in shown] == [True, False]
    assert "of 2 rows" in shown[0]["text/plain"]
    assert len(run.comms("comm_close")) == len(run.comms("comm_open")) > 0
    kernel.execute("import ipywidgets")
    assert kernel.value("len(ipywidgets.widgets.widget._instances)") == "0"


@pytest.mark.parametrize("where", ["console", "output"])
def test_where_nothing_changes_the_bar_is_a_line(asking: tuple[Kernel, Echo], where: str) -> None:
    """Jupyter console and ipywidgets' Output: a line that rewrites itself and goes, then the closing line."""
    kernel, _ = asking
    kernel.execute("import neosantara_magic as n, ipywidgets\nout = ipywidgets.Output()")
    code = "with out: n.ask_many(['a', 'b'])" if where == "output" else "n.ask_many(['a', 'b']);"
    run = kernel.execute(code, cell_id="a" if where == "output" else None, allow_stdin=True)
    assert run.error is None
    assert run.stdout.startswith("\r")
    assert "of 2 rows · " in run.stdout
    assert run.stdout.endswith("\r")
    shown = [m["content"]["data"] for m in run.messages if m["header"]["msg_type"] == "display_data"]
    assert [sorted(data) for data in shown] == [["text/plain"]]


def test_a_rerun_asks_only_rows_without_an_answer(asking: tuple[Kernel, Echo]) -> None:
    """After a Stop, and after failures; a reworded question asks all; a filled column that came with the frame counts."""
    kernel, echo = asking
    kernel.execute(PANDAS)
    echo.refuse = lambda prompt, _time: refusal(400) if "Solo" in prompt else None
    assert "2 answered, 1 failed" in kernel.execute(CELL).answer
    echo.refuse = lambda _prompt, _time: None
    run = kernel.execute(CELL.replace("--into", "--out kept --into"))
    assert run.answer.startswith("3 rows: 1 answered, 2 filled before")
    assert value(kernel, "list(df['answer'])") == [f"echo Where is {c}?" for c in ("Medan", "Solo", "Palu")]
    assert value(kernel, "[one.text for one in kept]") == value(kernel, "list(df['answer'])")
    assert echo.asked == {"Where is Medan?": 1, "Where is Solo?": 2, "Where is Palu?": 1}
    run = kernel.execute(CELL)
    assert run.answer.startswith("3 rows: 0 answered, 3 filled before\nNothing was asked: the column answer is filled.")
    assert sum(echo.asked.values()) == 4
    kernel.execute(CELL.replace("Where is", "What is"))
    assert sum(echo.asked.values()) == 7
    assert value(kernel, "df['answer'].iloc[0]") == "echo What is Medan?"


@pytest.mark.parametrize("frame", [PANDAS, POLARS], ids=["pandas", "polars"])
def test_a_column_that_came_with_the_frame_is_completed(asking: tuple[Kernel, Echo], frame: str) -> None:
    """As from a file written before: null and blank are open; nothing else is touched, and --dry-run counts the same."""
    kernel, echo = asking
    answers = "['old', None, ' ']"
    added = f"df['answer'] = {answers}" if frame is PANDAS else f"df = df.with_columns(answer=pl.Series({answers}))"
    kernel.execute(f"{frame}\n{added}")
    assert "2 requests would be sent" in kernel.execute(CELL.replace("--into", "--dry-run --into")).answer
    run = kernel.execute(CELL)
    assert run.error is None, run.error
    assert value(kernel, "list(df['answer'])") == ["old", "echo Where is Solo?", "echo Where is Palu?"]
    assert sum(echo.asked.values()) == 2


def test_filled_cells_stay_what_they_are(asking: tuple[Kernel, Echo]) -> None:
    """Whatever their column is called, and in a number's own type: no NumPy scalar, which JSON does not take."""
    kernel, _ = asking
    kernel.execute(f"{PANDAS}\ndf['_values'] = ['p', None, None]\ndf['n'] = pd.array([1, None, None], dtype='Int64')")
    for into in ("_values", "n"):
        assert kernel.execute(CELL.replace("answer", into)).error is None
    assert value(kernel, "df['_values'].tolist()") == ["p", "echo Where is Solo?", "echo Where is Palu?"]
    assert value(kernel, "df['n'].tolist()") == [1, "echo Where is Solo?", "echo Where is Palu?"]


def test_a_dry_run_fills_nothing(asking: tuple[Kernel, Echo]) -> None:
    """Nor does it claim a column that came with the frame for its question; a blank row is in nobody's way."""
    kernel, echo = asking
    kernel.execute(f"{PANDAS}\ndf['city'] = ['', 'Solo', 'Palu']\ndf['answer'] = [None, 'old', None]")
    run = kernel.execute(CELL.replace("--into", "--dry-run --into"))
    assert run.error is None, run.error
    assert "1 requests would be sent" in run.answer
    assert "The first:" in run.answer
    assert "What is Palu?" not in run.answer
    kernel.execute("full = df.assign(answer='old')")
    none = kernel.execute(CELL.replace("--each df", "--each full").replace("--into", "--dry-run --into"))
    assert none.answer.startswith("0 requests would be sent")
    assert none.answer.endswith(".")
    kernel.execute(CELL.replace("Where is", "What is"))
    assert list(echo.asked) == ["What is Palu?"]


@pytest.mark.parametrize("frame", [PANDAS, POLARS], ids=["pandas", "polars"])
def test_the_columns_of_a_schema_are_completed(asking: tuple[Kernel, Echo], frame: str) -> None:
    """A row with any of them is filled; a run in which nothing new came leaves the frame as it is."""
    kernel, echo = asking
    echo.say = lambda _prompt: '{"island": "Java", "people": 3}'
    echo.refuse = lambda prompt, _time: refusal(400) if "Solo" in prompt else None
    kernel.execute(frame + SCHEMA)
    cell = CELL.replace("--into", "--schema Place --into")
    for failed in (1, 1, 0):
        if not failed:
            echo.refuse = lambda _prompt, _time: None
        run = kernel.execute(cell)
        assert run.error is None, run.error
        assert value(kernel, "[c for c in df.columns]") == ["city", "answer_island", "answer_people"]
    assert value(kernel, "list(df['answer_island'])") == ["Java"] * 3
    assert echo.asked == {"Where is Medan?": 1, "Where is Solo?": 3, "Where is Palu?": 1}


@pytest.mark.parametrize("frame", [PANDAS, POLARS], ids=["pandas", "polars"])
def test_a_prompt_about_the_column_itself_asks_every_time(asking: tuple[Kernel, Echo], frame: str) -> None:
    """Such a prompt improves what is there, and where it fails nothing is lost. A whole ``{{ row }}`` does not hold the answer of the run before."""
    kernel, echo = asking
    for column in ("city", "kota?"):
        kernel.execute(frame.replace("city", column))
        for _ in range(2):
            kernel.execute(f"%%neosantara --each df --into {column}\nMore: {{{{ row['{column}'] }}}}")
        assert value(kernel, f"list(df['{column}'])[0]") == "echo More: echo More: Medan"
    kernel.execute(frame)
    echo.refuse = lambda prompt, _time: refusal(400) if "Solo" in prompt else None
    kernel.execute("%%neosantara --each df --into city\nMore: {{ row.city }}")
    assert value(kernel, "list(df['city'])") == ["echo More: Medan", "Solo", "echo More: Palu"]
    echo.refuse = lambda _prompt, _time: None
    kernel.execute(frame)
    echo.asked.clear()
    for _ in range(2):
        kernel.execute("%%neosantara --each df --into s\n{{ row }}")
    assert list(echo.asked.values()) == [1, 1, 1]


def test_a_stop_says_what_works_here(asking: tuple[Kernel, Echo]) -> None:
    """In a cell the cell, with a file the file, else the file that there could be."""
    import threading

    kernel, echo = asking
    kernel.execute(f"{PANDAS}\nimport neosantara_magic as n")
    said = {}
    for code in (CELL, "n.ask_many(list(df.city), out='kept.jsonl')", "n.ask_many(list(df.city))"):
        hang = threading.Event()
        echo.refuse = lambda prompt, _time, hang=hang: hang.wait(30) and None if "Solo" in prompt else None  # type: ignore[misc]
        before = sum(echo.asked.values())
        run = kernel.start(code)
        run_until(echo, before + 3)
        kernel.interrupt()
        run.finish()
        hang.set()
        assert run.error is not None
        said[code] = run.error.value.split("\n")[1]
    assert list(said.values()) == [
        "Run the cell again: it asks only the rows without an answer.",
        "Run it again with the same out= file: it asks only the rest.",
        'They are in the exception\'s .answers; with out="FILE.jsonl" running it again asks only the rest.',
    ]


def test_a_functions_own_polars_frame_is_refused_before_it_is_asked(asking: tuple[Kernel, Echo]) -> None:
    """It can get no column: polars makes a new frame, and a running function's variable cannot be set."""
    kernel, echo = asking
    magic = CELL.split("\n", maxsplit=1)[0].removeprefix("%%neosantara ")
    ask = f"get_ipython().run_cell_magic('neosantara', '{magic}', 'Where is {{{{ row.city }}}}?')"
    kernel.execute(f"{POLARS}\ndef own(df):\n    {ask}\n    return df\ndef shared():\n    {ask}")
    refused = kernel.execute("own(df)").error
    assert refused is not None
    assert "df is a variable of a function, and a frame of type polars.dataframe.frame.DataFrame" in refused.value
    assert not echo.asked
    assert kernel.execute("shared()").error is None
    kernel.execute("import pandas as pd")
    kernel.execute("filled = own(pd.DataFrame({'city': list(df['city'])}))")
    assert value(kernel, "[list(df['answer']) == list(filled['answer']), len(df)]") == [True, 3]


def test_a_polars_column_takes_what_has_no_common_type(asking: tuple[Kernel, Echo]) -> None:
    """Times with and without a zone are one answer's right, and no column type of polars."""
    kernel, echo = asking
    days = {"Medan": "2024-05-01T08:00:00Z", "Solo": "2024-05-01T08:00:00", "Palu": "2024-05-01T08:00:00"}
    echo.say = lambda prompt: json.dumps({"when": days[prompt]})
    schema = "\nimport datetime, dataclasses\n@dataclasses.dataclass\nclass Moment:\n    when: datetime.datetime\n"
    kernel.execute(POLARS + schema)
    run = kernel.execute("%%neosantara --each df --into at --schema Moment\n{{ row.city }}")
    assert run.error is None, run.error
    assert value(kernel, "[one.isoformat() for one in df['at_when']]")[0] == "2024-05-01T08:00:00+00:00"  # type: ignore[index]
