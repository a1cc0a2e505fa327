"""Servers for batches: what they answer depends on the prompt, so the order of arrival does not matter."""

from __future__ import annotations

import json
import threading
from collections import Counter
from collections.abc import Callable, Iterator, Mapping

import pytest

from neosantara_magic import public
from neosantara_magic.api.wire import WireAnswer, WireRequest
from wire.server import ScriptedServer

JSON = {"Content-Type": "application/json"}


class Echo:
    """Answers each prompt with itself, and remembers how often each was asked."""

    def __init__(self) -> None:
        self.asked: Counter[str] = Counter()
        self.bodies: list[dict[str, object]] = []
        self.headers: Mapping[str, str] = {}
        """Sent with every answer."""
        self.refuse: Callable[[str, int], WireAnswer | None] = lambda _prompt, _time: None
        """(prompt, how often it was asked before) to another answer."""
        self.say: Callable[[str], str] = lambda prompt: f"echo {prompt}"
        self._lock = threading.Lock()

    def __call__(self, request: WireRequest) -> WireAnswer:
        body = json.loads(request.body)
        prompt = body["input"][-1]["content"] if isinstance(body["input"], list) else body["input"]
        prompt = prompt if isinstance(prompt, str) else prompt[0]["text"]
        with self._lock:
            before = self.asked[prompt]
            self.asked[prompt] += 1
            self.bodies.append(body)
        refused = self.refuse(prompt, before)
        if refused is not None:
            return refused
        usage = {"input_tokens": 3, "output_tokens": 2, "total_tokens": 5}
        said = [
            {"type": "message", "role": "assistant", "content": [{"type": "output_text", "text": self.say(prompt)}]}
        ]
        answer = {"id": "resp_1", "status": "completed", "model": body["model"], "output": said, "usage": usage}
        return WireAnswer(200, {**JSON, **self.headers}, [json.dumps(answer).encode()])


def refusal(status: int, code: str = "", **headers: str) -> WireAnswer:
    """Return an error as the service words it."""
    body = {"error": {"message": "no", "type": "error", "code": code or None}}
    return WireAnswer(
        status, {**JSON, **{k.replace("_", "-"): v for k, v in headers.items()}}, [json.dumps(body).encode()]
    )


@pytest.fixture
def echo() -> Echo:
    """Give the answers of `service`, to change and to look at."""
    return Echo()


@pytest.fixture
def service(echo: Echo, monkeypatch: pytest.MonkeyPatch) -> Iterator[ScriptedServer]:
    """Give a loopback server that a script asks by default, with a key, and a workspace of this test's own."""
    with ScriptedServer(echo) as serving:
        monkeypatch.setenv("NEOSANTARA_BASE_URL", serving.base_url)
        monkeypatch.setenv("NEOSANTARA_API_KEY", "nsk_batch_secret")
        public._script.clear()
        yield serving
        for workspace in public._script:
            workspace.service().close()
        public._script.clear()
