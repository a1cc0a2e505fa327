"""How soon the first words of a real model are on the screen, and how soon a Stop ends its work.

For: two figures against llama.cpp: the first words at most 30 ms after the server sent them, and no more tokens
300 ms after a Stop. A relay between the two notes when the first words came; the server's log, when it stopped.
Not for: passing or failing; `tests/real_model` does that with more patience.
"""

from __future__ import annotations

import contextlib
import socket
import statistics
import tempfile
import threading
import time
from pathlib import Path

from isolation import isolated
from kernels import Kernel, Run
from wire.llama import RealModel

FIRST = (b"output_text.delta", b'"content":"')
"""How the first words look on either endpoint, in the server's own spelling of JSON."""


class Relay:
    """Hands on all bytes of a server, and notes when the first words of the newest answer passed."""

    def __init__(self, port: int) -> None:
        self._port = port
        self._socket = socket.create_server(("127.0.0.1", 0))
        self.port = self._socket.getsockname()[1]
        self.first = 0.0
        threading.Thread(target=self._accept, daemon=True).start()

    def _accept(self) -> None:
        while True:
            near, _ = self._socket.accept()
            far = socket.create_connection(("127.0.0.1", self._port))
            threading.Thread(target=self._hand_on, args=(near, far, ()), daemon=True).start()
            threading.Thread(target=self._hand_on, args=(far, near, FIRST), daemon=True).start()

    def _hand_on(self, source: socket.socket, sink: socket.socket, watched: tuple[bytes, ...]) -> None:
        with sink, contextlib.suppress(OSError):  # either side may leave
            while piece := source.recv(65536):
                if not self.first and any(word in piece for word in watched):
                    self.first = time.time()
                sink.sendall(piece)


def shown_at(run: Run, show: str) -> float:
    """Return when the kernel sent the first words of an answer to the screen."""
    kinds = {"stream"} if show == "text" else {"display_data", "update_display_data"}
    return next(m["header"]["date"].timestamp() for m in run.messages if m["msg_type"] in kinds)


def first_words(kernel: Kernel, relay: Relay, api: str, show: str) -> float:
    """Return the seconds from the first words at the relay to the screen."""
    relay.first = 0.0
    flags = f"--once --api {api} --show {show} --max-tokens 16"
    run = kernel.execute(f"%%neosantara {flags}\nName a colour.")
    assert run.error is None, run.error
    return shown_at(run, show) - relay.first


def stop(kernel: Kernel, model: RealModel, api: str) -> float:
    """Return the seconds from a Stop in mid-answer to the server's last token."""
    flags = f"--once --api {api} --show text --max-tokens 1500 -P ignore_eos=true"
    run = kernel.start(f"%%neosantara {flags}\nTell me a long story.")
    run.wait_for(lambda run: len(run.stdout) > 40)
    begun = time.perf_counter()
    kernel.interrupt()
    seconds = model.when("stop processing", since=begun) - begun
    run.finish()
    return seconds


def main(rounds: int = 7) -> None:
    """Measure each a few times, and print medians and worst."""
    home = Path(tempfile.mkdtemp(prefix="neosantara-bench-"))
    with RealModel() as model:
        relay = Relay(int(model.address.rpartition(":")[2]))
        kernel = Kernel(str(home), isolated(home) | {"NEOSANTARA_MODEL": "smollm2"})
        kernel.execute("%load_ext neosantara_magic")
        for api in ("responses", "chat"):
            kernel.set_environment(NEOSANTARA_BASE_URL=f"http://127.0.0.1:{relay.port}/v1")
            for show in ("text", "markdown"):
                first_words(kernel, relay, api, show)  # imports, and the model's cache
                took = [first_words(kernel, relay, api, show) for _ in range(rounds)]
                report(f"first words, {api}, {show}", took, 30)
            kernel.set_environment(NEOSANTARA_BASE_URL=model.base_url)
            report(f"Stop, {api}", [stop(kernel, model, api) for _ in range(rounds)], 300)
        kernel.close()


def report(what: str, seconds: list[float], target: int) -> None:
    """Print one figure."""
    median, worst = statistics.median(seconds) * 1000, max(seconds) * 1000
    print(f"{what:34} median {median:6.1f} ms, worst {worst:6.1f} ms  (target: at most {target} ms)", flush=True)


if __name__ == "__main__":
    main()
