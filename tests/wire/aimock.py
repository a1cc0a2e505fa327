"""`@copilotkit/aimock`: a server that speaks the OpenAI wire, written by none of us.

For: checking that our client agrees with somebody else's reading of the protocol.
Not for: what only Neosantara does; `wire.server` scripts that.

Fixtures are aimock's own: ``{"match": {"userMessage": "weather"}, "response": {"content": "Sunny."}}``;
``{"response": {"toolCalls": [{"name": "f", "arguments": {"x": 1}}]}}`` with ``"hasToolResult": False`` in the match.
"""

from __future__ import annotations

import http.client
import json
import os
import re
import shutil
import subprocess
from collections.abc import Iterable, Mapping
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Any

_PROGRAM = Path(__file__).resolve().parents[2] / "node_modules" / "@copilotkit" / "aimock" / "dist" / "cli.js"
_LISTENING = re.compile(r"listening on http://127\.0\.0\.1:(\d+)")


def missing() -> str:
    """Return why aimock cannot run here; empty when it can."""
    if shutil.which("node") is None:
        return "Node.js is not installed"
    return "" if _PROGRAM.is_file() else "@copilotkit/aimock is not installed: run `npm ci`"


class Aimock(AbstractContextManager["Aimock"]):
    """One aimock process with its fixtures.

    Args:
        folder: Where its fixture file is written.
        fixtures: In aimock's own form.
        chunk_size: Characters in each piece of a stream.
        keys: The API keys it takes; any, and none, by default.
    """

    def __init__(
        self, folder: Path, fixtures: Iterable[Mapping[str, Any]], *, chunk_size: int = 8, keys: str = ""
    ) -> None:
        file = folder / "fixtures.json"
        file.write_text(json.dumps({"fixtures": list(fixtures)}), encoding="utf-8")
        command = [
            "node",
            str(_PROGRAM),
            "--port",
            "0",
            "--fixtures",
            str(file),
            "--strict",
            "--chunk-size",
            str(chunk_size),
        ]
        env = os.environ | ({"AIMOCK_API_KEYS": keys} if keys else {})
        self._process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, env=env)
        self.port = self._wait_until_it_listens()

    def _wait_until_it_listens(self) -> int:
        said = []
        for line in self._process.stdout or ():
            said.append(line)
            found = _LISTENING.search(line)
            if found:
                return int(found.group(1))
        self.__exit__(None, None, None)
        raise RuntimeError(f"aimock did not start: {''.join(said)}")

    @property
    def base_url(self) -> str:
        """What a client is given, ending in ``/v1``."""
        return f"http://127.0.0.1:{self.port}/v1"

    @property
    def requests(self) -> list[dict[str, Any]]:
        """Every request so far, in order: ``method``, ``path``, ``headers`` (lower case) and the parsed ``body``."""
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=10)
        try:
            connection.request("GET", "/__aimock/journal")
            told: list[dict[str, Any]] = json.loads(connection.getresponse().read())
        finally:
            connection.close()
        return told

    def __exit__(self, *_exc: object) -> None:
        """End the process."""
        self._process.terminate()
        self._process.wait(10)
        if self._process.stdout is not None:
            self._process.stdout.close()
