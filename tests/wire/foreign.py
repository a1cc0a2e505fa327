"""Servers of `requirements/proxies.txt` on loopback: the LiteLLM proxy, and `llmock`, which fails on purpose.

For: starting them in the environment whose interpreter ``PROXIES_PYTHON`` names, and steering them.
Not for: what is asked.
"""

from __future__ import annotations

import http.client
import json
import os
import re
import secrets
import subprocess
import time
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Any

from isolation import isolated

_RUNNING = re.compile(r"Uvicorn running on http://127\.0\.0\.1:(\d+)")


class Foreign(AbstractContextManager["Foreign"]):
    """One running program.

    Args:
        command: Its name and arguments; a free port is added.
        log: The file that takes what it says; its folder is the program's home.
        env: What its environment has beside ours. It finds nothing of this checkout and of this machine's home.
    """

    def __init__(self, *command: str, log: Path, env: dict[str, str] | None = None) -> None:
        program = Path(os.environ["PROXIES_PYTHON"]).with_name(command[0])
        own = isolated(log.parent, checkout=False) | (env or {})
        with log.open("w") as file:
            self._process = subprocess.Popen(
                [program, *command[1:], "--host", "127.0.0.1", "--port", "0"], stdout=file, stderr=file, env=own
            )
        self.port = self._wait_until_it_listens(log)

    def _wait_until_it_listens(self, log: Path, seconds: float = 150) -> int:
        end = time.monotonic() + seconds
        while time.monotonic() < end and self._process.poll() is None:
            found = _RUNNING.search(log.read_text("utf-8", "replace"))
            if found:
                return int(found[1])
            time.sleep(0.1)
        self.__exit__(None, None, None)
        raise RuntimeError(f"It did not start: {log.read_text('utf-8', 'replace')[-2000:]}")

    @property
    def base_url(self) -> str:
        """What a client is given, ending in ``/v1``."""
        return f"http://127.0.0.1:{self.port}/v1"

    def __exit__(self, *_exc: object) -> None:
        """End the process."""
        self._process.kill()
        self._process.wait(10)


class LiteLLM(Foreign):
    """A proxy before one model, under a name for each of its two ways to ``/v1/responses``.

    ``org/smollm2:native`` passes a request on to the model's own endpoint; ``org/smollm2:bridged`` turns it into one for chat.
    """

    def __init__(self, folder: Path, upstream: str) -> None:
        self.key = f"sk-{secrets.token_hex(32)}"
        routes = {"org/smollm2:native": "openai/smollm2", "org/smollm2:bridged": "lm_studio/smollm2"}
        config = {
            "model_list": [
                {"model_name": name, "litellm_params": {"model": model, "api_base": upstream, "api_key": "none"}}
                for name, model in routes.items()
            ],
            "litellm_settings": {"telemetry": False, "num_retries": 0},
        }
        file = folder / "config.yaml"
        file.write_text(json.dumps(config))  # JSON is YAML too
        env = {"LITELLM_MASTER_KEY": self.key, "LITELLM_LOCAL_MODEL_COST_MAP": "True"}
        super().__init__("litellm", "--config", str(file), log=folder / "litellm.log", env=env)


class Llmock(Foreign):
    """A server that answers with made-up words, or fails as its scenario says, and judges its client.

    Scenarios and findings are in its own form: ``{"type": "fail", "status": 429, "retry_after": 1, "times": 2}``,
    ``{"type": "stream_fault", "kind": "truncate", "after_chunks": 3}``; ``retry_after_ignored``, ``gave_up`` ...

    Args:
        folder: Where its log is written.
        flags: For ``llmock serve``.
    """

    def __init__(self, folder: Path, *flags: str) -> None:
        super().__init__("llmock", "serve", *flags, log=folder / "llmock.log")

    def script(self, *scenario: dict[str, Any]) -> None:
        """Forget what was, and let this happen to the next requests."""
        self._control("POST", "reset")
        if scenario:
            self._control("POST", "scenario", {"behaviors": scenario})

    @property
    def findings(self) -> list[str]:
        """What it holds against its client since the last `script`."""
        return [finding["code"] for finding in self._control("GET", "verdict")["findings"]]

    @property
    def requests(self) -> list[dict[str, Any]]:
        """Every request since the last `script`: ``path``, ``body``, ``status``, ``started_at`` ..."""
        told: list[dict[str, Any]] = self._control("GET", "requests")["requests"]
        return told

    def _control(self, method: str, name: str, body: object = None) -> dict[str, Any]:
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=20)
        try:
            connection.request(method, f"/_llmock/{name}", json.dumps(body))
            response = connection.getresponse()
            told: dict[str, Any] = json.loads(response.read())
        finally:
            connection.close()
        assert response.status < 300, told
        return told
