"""Stop in a real kernel, by each of the ways the button has; run it in an environment per ipykernel to compare them.

The browser's side of the button is in `tests/browser/test_stop.py`.
"""

from __future__ import annotations

import time
from importlib.metadata import version

import pytest

from browser.speaking import at, half
from kernels import Kernel, Run
from neosantara_magic.render.widget import hears_messages
from wire.server import ScriptedServer

pytestmark = pytest.mark.kernel

ASK = "%%neosantara\nhalf"


def asking(kernel: Kernel) -> Run:
    """Start an ask in a front end where somebody watches; return when its first words were sent to the widget."""
    kernel.execute("%load_ext neosantara_magic")
    run = kernel.start(ASK, cell_id="a", allow_stdin=True)
    return run.wait_for(lambda run: "jawaban." in str(run.comms("comm_msg")))


def stopped(run: Run, server: ScriptedServer, kernel: Kernel) -> None:
    """Check what every Stop must leave, and print how long it took."""
    began = time.monotonic()
    assert server.closed_early.wait()
    cut = time.monotonic() - began
    run.finish()
    print(f"ipykernel {version('ipykernel')}: line cut {cut * 1000:.0f} ms after Stop, cell ended after "
          f"{(time.monotonic() - began) * 1000:.0f} ms")  # fmt: skip
    assert run.error is not None
    assert run.error.name == "Stopped"
    assert run.answer.startswith("Separuh jawaban.")
    assert "stopped" in run.answer
    assert "widget-view" not in str(run.bundles)
    assert kernel.value("(_neosantara.stopped, _neosantara.text)") == "(True, 'Separuh jawaban.')"
    assert len(run.comms("comm_close")) >= 1


def test_an_interrupt_stops(kernel: Kernel, server: ScriptedServer) -> None:
    """What the button does on a kernel that hears no messages, and what Kernel > Interrupt does everywhere."""
    kernel.set_environment(**at(server))
    half(server, "Separuh jawaban.")
    run = asking(kernel)
    kernel.interrupt()
    stopped(run, server, kernel)


def test_a_message_stops_where_it_is_heard(kernel: Kernel, server: ScriptedServer) -> None:
    """What the button sends; the widget says whether this kernel hears it, and that is true."""
    kernel.set_environment(**at(server))
    half(server, "Separuh jawaban.")
    run = asking(kernel)
    opened = next(one for one in run.comms("comm_open") if one["data"]["state"].get("_model_module") == "anywidget")
    hears = hears_messages(version("ipykernel"))
    assert opened["data"]["state"]["hears"] is hears
    if not hears:
        kernel.interrupt()
        run.finish()
        return
    _send_on_subshell(kernel, opened["comm_id"], {"method": "custom", "content": {"kind": "stop"}})
    stopped(run, server, kernel)


def _send_on_subshell(kernel: Kernel, comm_id: str, data: dict[str, object]) -> None:
    """Send a comm message as JupyterLab does since 4.4: on a subshell made for the widget."""
    client = kernel._client
    client.control_channel.send(client.session.msg("create_subshell_request", {}))
    subshell = client.control_channel.get_msg(timeout=10)["content"]["subshell_id"]
    message = client.session.msg("comm_msg", {"comm_id": comm_id, "data": data})
    message["header"]["subshell_id"] = subshell
    client.shell_channel.send(message)


def test_an_interrupt_during_the_first_import_leaves_a_kernel_that_can_ask(
    fresh_kernel: Kernel, server: ScriptedServer
) -> None:
    """Stop while libraries load: the cell fails in two lines, the next ask works."""
    fresh_kernel.set_environment(**at(server))
    fresh_kernel.execute("%load_ext neosantara_magic")
    half(server, "x")
    run = fresh_kernel.start(ASK, cell_id="a", allow_stdin=True)
    time.sleep(0.25)
    fresh_kernel.interrupt()
    run.finish()
    assert run.error is not None
    assert run.error.name == "Stopped"
    assert len(run.error.traceback) == 2
    if not server.requests:
        server._script.clear()
    half(server, "Separuh jawaban.")
    again = fresh_kernel.start(ASK, cell_id="b", allow_stdin=True)
    again.wait_for(lambda run: "jawaban." in str(run.comms("comm_msg")))
    fresh_kernel.interrupt()
    again.finish()
    assert again.answer.startswith("Separuh jawaban.")


def test_captured_and_cleared_outputs(kernel: Kernel, server: ScriptedServer) -> None:
    """`%%capture` gets the answer once; an output cleared while it streams loses nothing of ``_neosantara``."""
    from browser.speaking import answer

    kernel.set_environment(**at(server))
    kernel.execute("%load_ext neosantara_magic")
    answer(server, "Satu dua.", every=0)
    run = kernel.execute("%%capture got\n%neosantara ask --once go", allow_stdin=True)
    assert run.error is None
    assert run.outputs == []
    assert (
        kernel.value("[sorted(one.data) for one in got.outputs if one.data]")
        == "[['text/html', 'text/markdown', 'text/plain']]"
    )
    answer(server, "Satu dua.", every=0)
    kernel.execute(
        "from IPython.display import clear_output\nimport threading\n"
        "threading.Timer(0.01, clear_output).start()\n%neosantara ask --once go",
        cell_id="a",
        allow_stdin=True,
    )
    assert kernel.value("_neosantara.text") == "'Satu dua.'"
