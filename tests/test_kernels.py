"""The kernel fixture itself: a test that trusts it must be able to."""

from __future__ import annotations

import pytest

from kernels import Kernel

pytestmark = pytest.mark.kernel


def test_outputs_are_what_a_notebook_stores(kernel: Kernel) -> None:
    """Streams are joined, displays updated in place, and the result comes last."""
    run = kernel.execute(
        "print('a'); print('b')\n"
        "h = display({'text/plain': 'old'}, raw=True, display_id=True)\n"
        "h.update({'text/plain': 'new'}, raw=True)\n"
        "6 * 7"
    )
    assert run.stdout == "a\nb\n"
    assert [bundle["text/plain"] for bundle in run.bundles] == ["new", "42"]
    assert run.reply["status"] == "ok"
    assert run.error is None


def test_the_cell_id_arrives(kernel: Kernel) -> None:
    """The kernel sees the cell id that Jupyter would send."""
    run = kernel.execute("print(get_ipython().get_parent()['metadata'].get('cellId'))", cell_id="cell-7")
    assert run.stdout == "cell-7\n"


def test_prompts_are_answered(kernel: Kernel) -> None:
    """With stdin the given answers are typed; without it input() fails."""
    run = kernel.execute("print(input('name? '))", allow_stdin=True, answers=["Sari"])
    assert run.stdout == "Sari\n"
    assert run.prompts == [{"prompt": "name? ", "password": False}]
    refused = kernel.execute("input()")
    assert refused.error is not None
    assert refused.error.name == "StdinNotImplementedError"


def test_a_running_cell_can_be_interrupted(kernel: Kernel) -> None:
    """Interrupt ends a cell that is under way, and what it printed stays."""
    run = kernel.start("import time\nprint('on', flush=True)\ntime.sleep(60)")
    run.wait_for(lambda run: "on" in run.stdout)
    kernel.interrupt()
    run.finish(20)
    assert run.error is not None
    assert run.error.name == "KeyboardInterrupt"


def test_nothing_is_left_for_the_next_test(kernel: Kernel) -> None:
    """Names, environment and folder are put back."""
    kernel.set_environment(NEOSANTARA_MODEL="x")
    kernel.execute("import os; os.chdir('/'); left = 1")
    kernel.forget()
    assert kernel.value("'left' in globals()") == "False"
    assert kernel.value("'NEOSANTARA_MODEL' in __import__('os').environ") == "False"
    assert kernel.value("__import__('os').getcwd() != '/'") == "True"


def test_the_kernel_stays_on_loopback(kernel: Kernel) -> None:
    """A kernel under test cannot reach another machine."""
    run = kernel.execute("import socket; socket.create_connection(('192.0.2.1', 80), 1)")
    assert run.error is not None
    assert "tests stay on loopback" in run.error.value


def test_the_tests_stay_on_loopback() -> None:
    """Neither can a test."""
    import socket

    with pytest.raises(OSError, match="tests stay on loopback"):
        socket.create_connection(("192.0.2.1", 80), 1)
    with pytest.raises(socket.gaierror, match="tests stay on loopback"):
        socket.getaddrinfo("example.invalid", 80)


def test_tab_and_shift_tab(kernel: Kernel) -> None:
    """Completion and inspection answer."""
    kernel.execute("def greeting():\n    'Says hello.'")
    assert "greeting" in kernel.complete("greet")
    assert "Says hello." in kernel.inspect("greeting")
