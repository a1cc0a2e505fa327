"""The playground: which names it finds, when it asks, and what it stores."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from kernels import Kernel
from magic.spoken import answer_events
from neosantara_magic.errors import UsageError
from neosantara_magic.panel.controls import Column, Columns, Dials, picker
from neosantara_magic.panel.playground import names_in
from neosantara_magic.parsing.flags import Ask
from neosantara_magic.render.forms import from_markdown
from wire.server import ScriptedServer

PREPARE = "%load_ext neosantara_magic\n%neosantara demo on\nfrom neosantara_magic import playground"


@pytest.mark.parametrize(
    ("template", "names"),
    [
        ("Explain {{ topic }} to {{ who }}.", ["topic", "who"]),
        ("{{ who }} and {{ who }}", ["who"]),
        ("{{ len(words) }} of {{ words | join(', ') }}", ["words"]),
        ("{{ row.name }} {braces} $x$", ["row"]),
        ("nothing here", []),
    ],
)
def test_names_of_a_prompt(template: str, names: list[str]) -> None:
    """Each once, in order; attributes and Python's own functions are not among them."""
    assert names_in(template) == names


def test_a_choice_may_be_called_like_a_function_of_python() -> None:
    """``{{ type }}`` and ``{{ input }}`` are what one would call them."""
    assert names_in("{{ len(type) }} {{ input }}", {"type": ["a"], "input": "b"}) == ["type", "input"]


@pytest.mark.parametrize(
    ("given", "kind"),
    [
        (["a", "b"], "Dropdown"),
        ((1, 5), "IntSlider"),
        ((0.0, 1.0), "FloatSlider"),
        ("text", "Text"),
        (True, "Checkbox"),
        (np.array(["a", "b"]), "Dropdown"),
        (np.float64(0.5), "FloatSlider"),
    ],
)
def test_what_is_given_decides_how_it_is_picked(given: object, kind: str) -> None:
    """As with ipywidgets' interact."""
    made = picker("topic", given)
    assert type(made).__name__ == kind
    assert made.description == "topic"


@pytest.mark.parametrize("given", [object(), [], None, (10, 1), float("nan"), np.array([])])
def test_what_cannot_be_picked_from_is_refused(given: object) -> None:
    """In two lines, with the name."""
    with pytest.raises(UsageError, match="topic"):
        picker("topic", given)


def test_a_column_says_what_it_was_asked_with() -> None:
    """Only what was chosen is named."""
    asked = Ask(model="garda-core")
    assert asked.title == "garda-core"
    hot = replace(asked, sampling={"temperature": 0.2}, reasoning="low")
    assert hot.title == "garda-core · temperature 0.2 · reasoning low"


def test_the_dials_change_what_they_show_and_nothing_else() -> None:
    """At first they stand at the flags; what is at its default is not sent; the second column differs in one thing."""
    base = Ask("hi", model="a", sampling={"top_p": 0.5, "temperature": 0.25}, reasoning="xhigh", once=True)
    dials = Dials(base, ["a", "b"])
    assert dials.settings == [base]
    dials.compare.value = "model"
    assert dials.settings == [base, replace(base, model="b")]
    dials.compare.value = "temperature"
    assert dials.settings == [base, replace(base, sampling={"top_p": 0.5, "temperature": 1.0})]
    dials.compare.value, dials.temperature.value, dials.reasoning.value = "", -1.0, ""
    assert dials.settings == [replace(base, sampling={"top_p": 0.5}, reasoning=None)]


class Painted:
    """An outlet that remembers."""

    def __init__(self) -> None:
        self.last: dict[str, str] = {}

    def show(self, bundle: dict[str, str]) -> None:
        self.last = dict(bundle)

    update = show

    def clear(self) -> None:
        self.last = {}


def test_columns_stand_side_by_side_and_end_as_text() -> None:
    """Live there is HTML alone; at the end all forms, with the settings above each answer."""
    painted = Painted()
    columns = Columns(painted, ["one", "t<wo"])  # type: ignore[arg-type]
    first, second = Column(columns, 0), Column(columns, 1)
    first.show({"text/html": "<p>half</p>"})
    assert set(painted.last) == {"text/html"}
    assert "t&lt;wo" in painted.last["text/html"]
    first.show(from_markdown("**A**", "A"))
    second.show(from_markdown("B", "B"))
    columns.end()
    assert painted.last["text/plain"] == "one\nA\n\nt<wo\nB"
    assert "<strong>A</strong>" in painted.last["text/html"]


def test_what_an_earlier_round_paints_is_not_shown() -> None:
    """A slider that moved on leaves an answer behind that may still arrive."""
    painted = Painted()
    first = Columns(painted, ["one"])  # type: ignore[arg-type]
    late = Column(first, 0)
    first.stop()
    Columns(painted, ["two"])  # type: ignore[arg-type]
    late.show({"text/html": "<p>belated</p>"})
    assert "belated" not in painted.last["text/html"]


def test_a_column_that_failed_says_why() -> None:
    """Both lines of the error, in every form."""
    painted = Painted()
    columns = Columns(painted, ["one"])  # type: ignore[arg-type]
    columns.fail(0, "No *model*.\nPick another.")
    columns.end()
    assert painted.last["text/plain"] == "one\nNo *model*.\nPick another."
    assert "<em>model</em>" not in painted.last["text/html"]


@pytest.mark.kernel
def test_it_asks_with_what_is_picked(kernel: Kernel) -> None:
    """The values go into the prompt, two settings give two answers, and the cost counts both."""
    kernel.execute(PREPARE)
    run = kernel.execute(
        "p = playground('Say {{ word }}', word=['rain', 'sun'], temperature=0.25, reasoning='xhigh')", allow_stdin=False
    )
    assert run.error is None, run.error
    assert [set(bundle) for bundle in run.bundles] == [{"text/html", "text/markdown", "text/plain"}]
    assert "rain" in run.bundles[0]["text/plain"]
    kernel.execute("p.pickers['word'].value = 'sun'; p.compare.value = 'temperature'; answers = p.ask()")
    assert kernel.value("[a.text for a in answers]") == "['sun', 'sun']"
    titles = [f"nusantara-base · temperature {heat} · reasoning xhigh" for heat in ("0.25", "1")]
    assert kernel.value("[one.title for one in p.settings]") == repr(titles)
    assert kernel.value("p.cost.value") == "'Asked 3 ×, Rp 0'"
    assert "temperature 0.25 · reasoning xhigh" in run.bundles[0]["text/plain"]
    assert "temperature 1" in run.bundles[0]["text/plain"]
    # Single questions: no conversation grew.
    assert "no turns" in kernel.execute("%neosantara history").stdout.lower()


@pytest.mark.kernel
def test_a_change_asks_again_in_the_background(kernel: Kernel) -> None:
    """The controls are a widget above, the answer an output below that stays."""
    kernel.execute(PREPARE)
    run = kernel.execute("p = playground('Say {{ word }}', word=['rain', 'sun'])", allow_stdin=True)
    assert run.error is None, run.error
    kernel.execute("import time\nwhile p._asks < 1: time.sleep(0.05)")
    kernel.execute("for word in ('sun', 'rain', 'sun'): p.pickers['word'].value = word")
    kernel.execute("import time\nwhile p._asks < 2: time.sleep(0.05)\ntime.sleep(1)")
    assert kernel.value("p._asks") == "2", "many changes ask once"
    assert "application/vnd.jupyter.widget-view+json" in run.bundles[0]
    assert "sun" in run.bundles[1]["text/plain"]


@pytest.mark.kernel
def test_an_ask_never_stops_itself(kernel: Kernel, server: ScriptedServer) -> None:
    """What was picked just before is asked once; what is picked meanwhile is asked after it, and stops nothing."""
    kernel.set_environment(NEOSANTARA_BASE_URL=server.base_url, NEOSANTARA_API_KEY="nsk-tests")
    kernel.execute("%load_ext neosantara_magic\nfrom neosantara_magic import playground\nimport threading, time")
    server.stream(answer_events("first"))
    kernel.execute("p = playground('Say {{ word }}', word=['rain', 'sun', 'moon'])", allow_stdin=True)
    kernel.execute("while p._asks < 1: time.sleep(0.05)")
    meanwhile = "threading.Timer(0.2, lambda: setattr(p.pickers['word'], 'value', 'moon')).start()\n"
    for change in ("", meanwhile):
        kernel.execute("before = p._asks")
        # Longer than the pause after which a change asks.
        server.stream(answer_events("a long answer " * 20, pieces=20), delay_between=0.1)
        server.stream(answer_events("after"))
        run = kernel.execute(f"p.pickers['word'].value = 'sun'\n{change}answers = p.ask()")
        assert run.error is None, run.error
        assert kernel.value("answers[0].messages[0].text") == "'Say sun'"
        kernel.execute("time.sleep(1.2)")
        assert kernel.value("p._asks - before") == ("2" if change else "1")
        if not change:
            server._script.clear()


@pytest.mark.kernel
def test_an_unknown_price_is_not_free(kernel: Kernel, server: ScriptedServer) -> None:
    """A server without prices: the line beside the button says so."""
    kernel.set_environment(NEOSANTARA_BASE_URL=server.base_url, NEOSANTARA_API_KEY="nsk-tests")
    server.stream(answer_events("rain"))
    kernel.execute("%load_ext neosantara_magic\nfrom neosantara_magic import playground")
    run = kernel.execute("p = playground('Say {{ word }}', word=['rain', 'sun'])", allow_stdin=False)
    assert run.error is None, run.error
    assert kernel.value("p.cost.value") == "'Asked 1 ×, 1 without a known price'"


@pytest.mark.kernel
def test_a_name_without_a_choice_is_named(kernel: Kernel) -> None:
    """Unless the notebook has a variable of that name."""
    kernel.execute(PREPARE)
    run = kernel.execute("playground('Say {{ word }}')", allow_stdin=False)
    assert run.error is not None
    assert run.error.value == 'Nothing was given for word.\nPass it: playground(prompt, word=["one", "two"])'
    assert kernel.execute("word = 'rain'; p = playground('Say {{ word }}')", allow_stdin=False).error is None


@pytest.mark.kernel
def test_an_ask_that_the_next_one_replaces_ends_quietly(kernel: Kernel) -> None:
    """A picker passes many values; none of them leaves a traceback in the notebook."""
    kernel.execute(PREPARE)
    run = kernel.execute(
        "import time\np = playground('{{ type }}', type='demo: silent 30 x')\ntime.sleep(0.5)\n"
        "p.pickers['type'].value = 'Hi'\nanswers = p.ask()\ntime.sleep(0.2)",
        allow_stdin=True,
    )
    assert run.error is None, run.error
    assert run.stderr == ""
    assert kernel.value("answers[0].messages[0].text") == "'Hi'"


@pytest.mark.kernel
@pytest.mark.parametrize("call", ["playground(5)", "playground('Hi', model=5)"])
def test_what_is_no_text_is_told(kernel: Kernel, call: str) -> None:
    """In two lines."""
    kernel.execute(PREPARE)
    run = kernel.execute(call, allow_stdin=True)
    assert run.error is not None
    assert run.error.name == "UsageError"


def test_flags_are_those_of_a_single_question(kernel: Kernel) -> None:
    """Others are refused by their keyword; a name of the prompt may be spelled like a flag."""
    kernel.execute(PREPARE)
    for call, what in (
        ("playground('hi', dry_run=True)", "playground() takes no dry_run=."),
        ("playground('hi', conversation='x')", "playground() takes no conversation=."),
        ("playground('hi', temperature=9)", "temperature= "),
        ("playground('hi', temprature=1)", "temprature"),
    ):
        run = kernel.execute(call)
        assert run.error is not None, call
        assert what in str(run.error), call
        assert not run.bundles
    run = kernel.execute(
        "ground = playground('Say {{ stop }}', stop=['rain', 'sun'], top_p=0.5); sorted(ground.pickers)"
    )
    assert run.error is None, run.error
    assert run.bundles[-1]["text/plain"] == "['stop']"
