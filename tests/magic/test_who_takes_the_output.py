"""An answer where displays are taken by somebody who knows no display ids, or by a front end that changes nothing.

The browser's side is in `tests/browser/test_output_widgets.py`.
"""

from __future__ import annotations

import pytest

from kernels import Run
from magic.spoken import Asked, answer_events

pytestmark = pytest.mark.kernel

OUTPUT = "import ipywidgets\nout, inner = ipywidgets.Output(), ipywidgets.Output()\n"
ASK = "neosantara_magic.ask('go', once=True{more})"
TWIN = {"text/html", "text/markdown", "text/plain"}


def without_updates(run: Run) -> list[set[str]]:
    """Return the types of what stays for one who ignores every change of a display, dead widgets left out."""
    shown = [m["content"]["data"] for m in run.messages if m["msg_type"] == "display_data"]
    return [set(data) for data in shown if "application/vnd.jupyter.widget-view+json" not in data]


@pytest.mark.parametrize("show", ["auto", "widget", "markdown", "text"])
@pytest.mark.parametrize("attended", [True, False], ids=["cell", "callback"])
@pytest.mark.parametrize(
    "where",
    [
        "with out:\n    {}",
        "with out, inner:\n    {}",
        "@out.capture()\ndef f(): {}\nf()",
        "ipywidgets.interactive_output(lambda: {}, {{}})",
    ],
    ids=["with", "nested", "capture", "interactive"],
)
def test_an_output_widget_keeps_the_answer(asked: Asked, where: str, show: str, *, attended: bool) -> None:
    """The final form is a display of its own, once, whatever shows the answer; as text it is a stream."""
    asked.server.stream(answer_events("Satu dua."))
    code = where.format(ASK.format(more=f", show={show!r}"))
    run = asked.kernel.execute(f"import neosantara_magic\n{OUTPUT}{code}", cell_id="a", allow_stdin=attended)
    assert run.error is None, run.error
    assert without_updates(run) == ([] if show == "text" else [TWIN])
    assert run.stdout.startswith("Satu dua.\n") == (show == "text")
    # The view of the widget that showed it growing is taken out again, by the browser.
    ends = [m["data"]["content"] for m in run.comms("comm_msg") if m["data"].get("content", {}).get("kind") == "end"]
    grew = attended and show in {"auto", "widget"}
    assert [bool(end["within"]) for end in ends] == [True] * grew


def test_after_an_output_widget_the_cell_is_as_ever(asked: Asked) -> None:
    """What is asked below the block goes into the cell, in one output."""
    asked.server.stream(answer_events("Satu."))
    run = asked.kernel.execute(
        f"import neosantara_magic\n{OUTPUT}with out: pass\n{ASK.format(more='')};", cell_id="a", allow_stdin=True
    )
    assert [set(bundle) for bundle in run.bundles] == [TWIN]


@pytest.mark.parametrize("show", ["auto", "widget", "markdown"])
def test_whoever_captures_gets_the_answer_once(asked: Asked, show: str) -> None:
    """`capture_output`, another publisher and a hook that takes displays: the final form, and nothing before it."""
    ask = ASK.format(more=f", show={show!r}")
    asked.kernel.execute(
        """import neosantara_magic
from IPython.utils.capture import capture_output
from IPython.core.displaypub import DisplayPublisher
shell, taken = get_ipython(), []
class Mine(DisplayPublisher):
    def publish(self, data, *_, **__): taken.append(sorted(data))
class Patched:
    def __enter__(self): self.kept, shell.display_pub = shell.display_pub, Mine()
    def __exit__(self, *_): shell.display_pub = self.kept
class Hooked:
    def hook(self, message): taken.append(sorted(message["content"]["data"]))
    def __enter__(self): shell.display_pub.register_hook(self.hook)
    def __exit__(self, *_): shell.display_pub.unregister_hook(self.hook)
"""
    )
    for where in ("capture_output() as got", "Patched()", "Hooked()"):
        asked.server.stream(answer_events("Satu."))
        run = asked.kernel.execute(
            f"with {where}:\n    {ask}\nif 'got' in globals(): taken += [sorted(o.data) for o in got.outputs]; del got\n"
            "print(taken); taken.clear()",
            cell_id="a",
            allow_stdin=True,
        )
        assert (where, run.stdout) == (where, f"[{sorted(TWIN)}]\n")
        assert run.bundles == []


def test_a_console_reads_the_answer_as_it_comes(asked: Asked) -> None:
    """Jupyter console and the like ignore changes of displays: the text is a stream, and the footer follows."""
    asked.server.stream(answer_events("Satu dua tiga."))
    run = asked.kernel.execute("%%neosantara --once\ngo", allow_stdin=True)
    assert run.stdout.startswith("Satu dua tiga.\n\nnusantara-base · ")
    # Nothing that a console prints; whoever keeps outputs has the answer in one.
    assert [set(bundle) for bundle in run.bundles] == [{"text/html", "text/markdown"}]
    assert not run.comms()


def test_show_text_is_a_stream_everywhere(asked: Asked) -> None:
    """In a notebook too, and where nobody watches."""
    for attended in (True, False):
        asked.server.stream(answer_events("Satu dua."))
        run = asked.kernel.execute("%%neosantara --once --show text\ngo", cell_id="a", allow_stdin=attended)
        assert run.stdout.startswith("Satu dua.\n")
        assert run.bundles == []


def test_a_finished_answer_leaves_no_widget_in_the_kernel(asked: Asked) -> None:
    """Neither its object nor its model: a kernel that asks all day does not grow."""
    asked.kernel.execute("import gc, ipywidgets\nfrom neosantara_magic.render.widget import AnswerWidget")
    for _ in range(3):
        asked.server.stream(answer_events("Satu dua."))
        run = asked.kernel.execute("%%neosantara --once\ngo", cell_id="a", allow_stdin=True)
        assert run.comms("comm_close")
    asked.kernel.execute("gc.collect()")
    assert asked.kernel.value("sum(type(o).__name__ == 'AnswerWidget' for o in gc.get_objects())") == "0"
