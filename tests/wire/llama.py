"""A real model on loopback for the tests and benchmarks that ask one.

For: starting `llama_server.py` with the interpreter that ``REAL_MODEL_PYTHON`` names, and looking at what the server does.
Not for: what is asked.
"""

from __future__ import annotations

import os
import subprocess
import threading
import time
from contextlib import AbstractContextManager
from pathlib import Path


class RealModel(AbstractContextManager["RealModel"]):
    """One running server, with its model loaded."""

    def __init__(self) -> None:
        program = Path(__file__).with_name("llama_server.py")
        # sitecustomize of the tests keeps it on loopback; its own environment must not find this checkout.
        env = {name: value for name, value in os.environ.items() if name != "PYTHONPATH"}
        self._process = subprocess.Popen(
            [os.environ["REAL_MODEL_PYTHON"], str(program)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            env=env,
        )
        assert self._process.stdout is not None
        self.address = self._process.stdout.readline().strip()
        assert self.address, "llama.cpp's server did not start"
        self._log: list[tuple[float, str]] = []
        self._grown = threading.Condition()
        self._reader = threading.Thread(target=self._read_log, daemon=True)
        self._reader.start()

    @property
    def base_url(self) -> str:
        """What a client is given, ending in ``/v1``."""
        return f"{self.address}/v1"

    def _read_log(self) -> None:
        assert self._process.stderr is not None
        with self._process.stderr as log:
            for line in log:
                with self._grown:
                    self._log.append((time.perf_counter(), line))
                    self._grown.notify_all()

    def when(self, word: str, *, since: float, timeout: float = 20.0) -> float:
        """Wait until its log says a word; return the `perf_counter` of that line.

        The log, because a question about the server's state delays how it notices that a client left.

        Args:
            word: ``processing task`` when it begins an answer, ``stop processing`` when it works on it no more.
            since: Lines before this `perf_counter` do not count.
            timeout: Seconds.
        """

        def said() -> float | None:
            return next((at for at, line in self._log if at >= since and word in line), None)

        with self._grown:
            found = self._grown.wait_for(said, timeout)
        assert found, f"{timeout} s passed and the server did not say: {word}"
        return found

    def __exit__(self, *_exc: object) -> None:
        """End the process."""
        self._process.kill()
        self._process.wait(10)
        self._reader.join(10)
        for pipe in (self._process.stdin, self._process.stdout):
            assert pipe is not None
            pipe.close()
