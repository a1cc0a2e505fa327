r"""A real IPython kernel for tests, spoken to as Jupyter speaks to it.

For: running cells through jupyter_client, with cell ids, stdin, interrupts and comms, and reading
what a notebook would have stored. Not for: opening a notebook in a browser (`tests/browser`).

Use the fixtures of `tests/conftest.py` and mark the test or the module ``kernel``::

    pytestmark = pytest.mark.kernel

    def test_prints(kernel: Kernel) -> None:
        run = kernel.execute("print(6 * 7)", cell_id="a")
        assert run.stdout == "42\n"

- ``kernel``: shared by the tests of a process; between tests the extension is unloaded and forgotten,
  the namespace emptied and the environment and working directory put back. About 20 ms a test.
- ``fresh_kernel``: a new process for this one test, about a second; for what must happen at start.

`Kernel.execute` runs a cell to its end. `Kernel.start` returns while it runs::

    run = kernel.start("%%neosantara\nhello", cell_id="a")
    run.wait_for(lambda run: "half" in run.answer)
    kernel.interrupt()
    run.finish()
    assert run.error.name == "Stopped"
"""

from __future__ import annotations

import queue
import time
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from jupyter_client.manager import KernelManager

# What a test leaves behind in a shared kernel. `neosantara_magic` is imported anew by the next one.
_REMEMBER = """
def _remember():
    import builtins, logging, os, sys, threading
    class OfAnEarlierTest:
        threads = ()
        def find_spec(self, name, *_asked):
            if threading.current_thread() in self.threads and name.partition(".")[0] == "neosantara_magic":
                raise SystemExit  # it would import the package half, and the next test would find that half
    sys.meta_path.insert(0, OfAnEarlierTest())
    builtins._tests_start = (OfAnEarlierTest, dict(os.environ), logging.root.handlers[:], logging.root.level)
_remember()
del _remember
"""
_FORGET = """
def _forget():
    import builtins, gc, logging, os, sys, threading
    earlier, environment, logging.root.handlers[:], level = builtins._tests_start
    logging.root.setLevel(level)
    shell = get_ipython()
    if "neosantara_magic" in shell.extension_manager.loaded:
        shell.extension_manager.unload_extension("neosantara_magic")
    shell.config.pop("NeosantaraMagics", None)
    for hooks in shell.events.callbacks.values():  # a panel that is open has one, also after the unload
        hooks[:] = [one for one in hooks if not getattr(one, "__module__", "").startswith("neosantara_magic")]
    earlier.threads = set(threading.enumerate()) - {threading.main_thread()}
    for name in [n for n in sys.modules if n.partition(".")[0] == "neosantara_magic"]:
        del sys.modules[name]
    if "ipywidgets" in sys.modules:
        sys.modules["ipywidgets"].Widget.close_all()
    if "matplotlib.pyplot" in sys.modules:
        sys.modules["matplotlib.pyplot"].close("all")
    for name in ("last_type", "last_value", "last_traceback", "last_exc"):
        vars(sys).pop(name, None)
    os.environ.clear(); os.environ.update(environment); os.chdir(FOLDER)
    shell.reset(new_session=True)
    gc.freeze()  # what is left now stays: to look through it for garbage after each test took a tenth of the time
_forget()
"""


@dataclass(frozen=True)
class CellError:
    """The error a cell ended with."""

    name: str
    """Class name, as in ``ename``."""
    value: str
    traceback: list[str]


class Run:
    """One execution of a cell: what came so far, and at the end what the notebook would store."""

    def __init__(self, kernel: Kernel, request: dict[str, Any], answers: Iterable[str], queued: bool) -> None:
        self._kernel = kernel
        self._request = request
        self._queued = queued
        self._answers = iter(answers)
        self._clear_next = False
        self._idle = False
        self.outputs: list[dict[str, Any]] = []
        """nbformat outputs in order, display updates and ``clear_output`` applied as a front end does."""
        self.messages: list[dict[str, Any]] = []
        """Every iopub message of this run, comm messages and updates included."""
        self.prompts: list[dict[str, Any]] = []
        """Every ``input_request`` (``prompt``, ``password``) the cell made."""
        self.reply: dict[str, Any] = {}
        """Content of the ``execute_reply``: ``status``, ``payload`` ... Empty while running."""

    @property
    def done(self) -> bool:
        """Whether the kernel is idle again and has replied."""
        return self._idle and bool(self.reply)

    @property
    def error(self) -> CellError | None:
        """The error that ended the cell."""
        for output in self.outputs:
            if output["output_type"] == "error":
                return CellError(output["ename"], output["evalue"], output["traceback"])
        return None

    @property
    def stdout(self) -> str:
        """What the cell printed."""
        return self._stream("stdout")

    @property
    def stderr(self) -> str:
        """What the cell wrote to stderr."""
        return self._stream("stderr")

    @property
    def answer(self) -> str:
        """The ``text/plain`` of every display and result, joined by newlines."""
        return "\n".join(bundle.get("text/plain", "") for bundle in self.bundles)

    @property
    def bundles(self) -> list[dict[str, Any]]:
        """The mime bundles of every display and result."""
        return [o["data"] for o in self.outputs if o["output_type"] in {"display_data", "execute_result"}]

    def comms(self, msg_type: str = "comm_open") -> list[dict[str, Any]]:
        """Contents of the comm messages of one type (``comm_open``, ``comm_msg``, ``comm_close``)."""
        return [m["content"] for m in self.messages if m["msg_type"] == msg_type]

    def wait_for(self, condition: Callable[[Run], object], timeout: float = 30.0) -> Run:
        """Read messages until ``condition(run)`` is true.

        Raises:
            AssertionError: the cell ended, or ``timeout`` seconds passed, before it was.
        """
        deadline = time.monotonic() + timeout
        while not condition(self):
            assert not self.done, f"the cell ended before the condition held: {self.outputs} {self.reply}"
            assert time.monotonic() < deadline, f"{timeout} s passed before the condition held: {self.outputs}"
            self._kernel._pump(self)
        return self

    def finish(self, timeout: float = 60.0) -> Run:
        """Read until the cell has ended."""
        return self.wait_for(lambda run: run.done or None, timeout) if not self.done else self

    def _stream(self, name: str) -> str:
        return "".join(o["text"] for o in self.outputs if o["output_type"] == "stream" and o["name"] == name)

    def _take_iopub(self, message: dict[str, Any]) -> None:
        kind, content = message["msg_type"], message["content"]
        if not self._is_asked_by(message):
            return
        self.messages.append(message)
        if kind == "status" and content["execution_state"] == "idle":
            self._idle = True
        elif kind == "clear_output":
            if content.get("wait"):
                self._clear_next = True
            else:
                self.outputs.clear()
        elif kind in {"stream", "display_data", "execute_result", "error"}:
            if self._clear_next:
                self.outputs.clear()
                self._clear_next = False
            self._append(kind, content)

    def _take_reply(self, message: dict[str, Any]) -> None:
        if not self._is_asked_by(message):
            return
        if message["content"]["status"] == "aborted" and not self._queued:
            # For a moment after an error a kernel refuses what it takes for the rest of a Run All. This request
            # was sent after the error had been read: a user would run the cell once more.
            self._request = self._kernel._send(self._request["content"], self._request["metadata"])
            self._idle = False
        else:
            self.reply = message["content"]

    def _is_asked_by(self, message: dict[str, Any]) -> bool:
        return bool(message["parent_header"].get("msg_id") == self._request["header"]["msg_id"])

    def _append(self, kind: str, content: Mapping[str, Any]) -> None:
        last = self.outputs[-1] if self.outputs else {}
        if kind == "stream" and last.get("output_type") == "stream" and last["name"] == content["name"]:
            last["text"] += content["text"]
            return
        output = {"output_type": kind, **content}
        output["_display_id"] = output.pop("transient", {}).get("display_id")
        self.outputs.append(output)

    def _answer_input(self, message: dict[str, Any]) -> None:
        self.prompts.append(message["content"])
        self._kernel._client.input(next(self._answers, ""))


class Kernel:
    """A running kernel. Made by the fixtures ``kernel`` and ``fresh_kernel``."""

    def __init__(self, folder: Path, env: Mapping[str, str]) -> None:
        self._folder = folder
        self._manager = KernelManager(kernel_name="python3")
        self._manager.start_kernel(cwd=str(folder), env=dict(env))
        self._client = self._manager.client()
        self._client.start_channels()
        self._client.wait_for_ready(timeout=60)
        self._runs: list[Run] = []
        self.execute(_REMEMBER)

    def start(
        self, code: str, *, cell_id: str | None = None, allow_stdin: bool = False, answers: Iterable[str] = ()
    ) -> Run:
        """Start a cell and return at once.

        Args:
            code: The cell's source.
            cell_id: What Jupyter sends as ``metadata.cellId``; None as from a front end without cell ids.
            allow_stdin: Whether someone is there to answer prompts; False as under nbclient and papermill.
            answers: What the user types at each prompt, in order; then empty lines.
        """
        content = {
            "code": code,
            "silent": False,
            "store_history": True,
            "user_expressions": {},
            "allow_stdin": allow_stdin,
            "stop_on_error": True,
        }
        self._client.allow_stdin = allow_stdin
        queued = any(not each.done for each in self._runs)
        request = self._send(content, {} if cell_id is None else {"cellId": cell_id})
        run = Run(self, request, answers, queued)
        self._runs.append(run)
        return run

    def execute(
        self,
        code: str,
        *,
        cell_id: str | None = None,
        allow_stdin: bool = False,
        answers: Iterable[str] = (),
        timeout: float = 60.0,
    ) -> Run:
        """Run a cell to its end; see `start` for the arguments."""
        return self.start(code, cell_id=cell_id, allow_stdin=allow_stdin, answers=answers).finish(timeout)

    def value(self, expression: str) -> str:
        """Return ``repr`` of an expression in the kernel.

        Raises:
            AssertionError: evaluating it raised.
        """
        run = self.execute(f"print(repr({expression}), end='')")
        assert run.error is None, run.error
        return run.stdout

    def set_environment(self, **variables: str) -> None:
        """Set environment variables in the kernel, until the next test."""
        self.execute(f"import os; os.environ.update({variables!r}); del os")

    def interrupt(self) -> None:
        """Do what Kernel > Interrupt does."""
        self._manager.interrupt_kernel()

    def send_comm(self, comm_id: str, data: Mapping[str, Any], buffers: list[bytes] | None = None) -> None:
        """Send a ``comm_msg``, as a widget in the front end does."""
        message = self._client.session.msg("comm_msg", {"comm_id": comm_id, "data": dict(data)})
        self._client.session.send(self._client.shell_channel.socket, message, buffers=buffers)

    def complete(self, code: str, cursor: int | None = None) -> list[str]:
        """Return what Tab offers at ``cursor`` (the end of ``code`` by default)."""
        reply = self._client.complete(code, cursor if cursor is not None else len(code), reply=True, timeout=30)
        return list(reply["content"]["matches"])

    def inspect(self, code: str) -> str:
        """Return the text of Shift-Tab on ``code``; empty when nothing was found."""
        reply = self._client.inspect(code, reply=True, timeout=30)
        return str(reply["content"]["data"].get("text/plain", ""))

    def work_in(self, folder: Path) -> None:
        """Change the working directory, also of the tests that follow."""
        if folder != self._folder:
            self._folder = folder
            self.execute(f"import os; os.chdir({str(folder)!r}); del os")

    def forget(self) -> None:
        """Undo what a test did: extension, modules, widgets, namespace, logging, environment, working directory.

        Raises:
            AssertionError: the kernel could not be put back; no other test may have it.
        """
        run = self.execute(_FORGET.replace("FOLDER", repr(str(self._folder))))
        assert run.error is None, f"the kernel could not be put back: {run.error}"
        self._runs.clear()

    def close(self) -> None:
        """End the kernel's process."""
        self._client.stop_channels()
        self._manager.shutdown_kernel(now=True)

    def _send(self, content: dict[str, Any], metadata: dict[str, Any]) -> dict[str, Any]:
        message = self._client.session.msg("execute_request", content)
        message["metadata"] = metadata
        self._client.shell_channel.send(message)
        return dict(message)

    def _shown(self, run: Run) -> list[dict[str, Any]]:
        """All outputs on the page; an update may reach into an earlier cell."""
        return [output for each in [*self._runs, run] for output in each.outputs]

    def _update(self, run: Run, content: Mapping[str, Any]) -> None:
        """Update a display as front ends do: by its id, whatever the message answers (a widget's, say)."""
        for output in self._shown(run):
            if output.get("_display_id") == content["transient"]["display_id"]:
                output["data"], output["metadata"] = content["data"], content["metadata"]

    def _pump(self, run: Run, wait: float = 0.05) -> None:
        if message := _next(self._client.get_iopub_msg, wait):
            # Two cells may be queued; each run picks its own messages.
            for each in {id(r): r for r in [*self._runs, run]}.values():
                each._take_iopub(message)
            if message["msg_type"] == "update_display_data":
                self._update(run, message["content"])
        if self._client.allow_stdin and (asked := _next(self._client.get_stdin_msg)):
            run._answer_input(asked)
        while reply := _next(self._client.get_shell_msg):
            for each in {id(r): r for r in [*self._runs, run]}.values():
                each._take_reply(reply)


def _next(read: Callable[..., dict[str, Any]], wait: float = 0) -> dict[str, Any] | None:
    """Return a channel's next message, or None; jupyter_client 7 has no `msg_ready` that could be asked."""
    try:
        return read(timeout=wait)
    except queue.Empty:
        return None
