"""What two other ways to ask a model from a notebook cost beside this one: size, load, CPU of an answer.

Run: ``scripts/bench peers`` (about three minutes; installs each peer from the package index into ``.cache/env``). Each
stands in an environment of its own that had ipykernel before, and asks the same loopback server from a kernel of its
own. Seconds of a shared machine say little: read the last columns, which are against ours in the same run.
"""

from __future__ import annotations

import json
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

from jupyter_client.kernelspec import KernelSpecManager
from jupyter_client.manager import KernelManager

sys.path.append(str(Path(__file__).resolve().parent.parent / "scripts"))

from benchmarks.blocks import TOKEN, text_of
from browser.speaking import events
from environments import ROOT, environment, run, uv
from isolation import isolated
from neosantara_magic.api.wire import WireAnswer, WireRequest
from wire.server import EVENT_STREAM, ScriptedServer, sse

TOKENS, RATE = 4_000, 800
TIMES = 3


class Peer(NamedTuple):
    """One way to ask: what to install, and what a notebook's cells hold."""

    packages: tuple[str, ...]
    load: str
    ask: str


PEERS = {
    "neosantara-magic": Peer((str(ROOT),), "%load_ext neosantara_magic", "%%neosantara --once\ngo"),
    "jupyter-ai-magics": Peer(
        ("jupyter-ai-magics", "langchain-openai"), "%load_ext jupyter_ai_magics", "%%ai openai-chat:gpt-4o\ngo"
    ),
    "chatlas": Peer(
        ("chatlas[openai]",),
        "import chatlas",
        "chatlas.ChatOpenAICompletions(model='m', api_key='nsk-benchmark', base_url=URL).chat('go')",
    ),
}


def answered(request: WireRequest) -> WireAnswer:
    """Say the answer as it was asked for: streamed or whole, on either endpoint."""
    text = text_of(TOKENS)
    pieces = [text[at : at + TOKEN] for at in range(0, len(text), TOKEN)]
    if request.path.endswith("/responses"):
        return WireAnswer(200, EVENT_STREAM, _paced(sse(*events(pieces))))
    common: dict[str, Any] = {"id": "c", "created": 1, "model": "m"}
    whole = {"message": {"role": "assistant", "content": text}, "index": 0, "finish_reason": "stop"}
    usage = {"prompt_tokens": 1, "completion_tokens": TOKENS, "total_tokens": TOKENS + 1}
    if not json.loads(request.body).get("stream"):
        time.sleep(TOKENS / RATE)
        body = json.dumps({**common, "object": "chat.completion", "choices": [whole], "usage": usage}).encode()
        return WireAnswer(200, {"Content-Type": "application/json"}, [body])
    deltas: list[dict[str, Any]] = [
        {"delta": {"content": piece}, "index": 0, "finish_reason": None} for piece in pieces
    ]
    deltas.append({"delta": {}, "index": 0, "finish_reason": "stop"})
    chunks = [{**common, "object": "chat.completion.chunk", "choices": [delta]} for delta in deltas]
    said = sse(*chunks, {**common, "object": "chat.completion.chunk", "choices": [], "usage": usage})
    return WireAnswer(200, EVENT_STREAM, _paced([*said, b"data: [DONE]\n\n"]))


def _paced(chunks: list[bytes]) -> Iterator[bytes]:
    start = time.monotonic()
    for place, chunk in enumerate(chunks):
        time.sleep(max(0.0, start + place / RATE - time.monotonic()))
        yield chunk


def installed(name: str, packages: tuple[str, ...]) -> tuple[Path, float]:
    """Return the interpreter of an environment with these packages, and their size in MB beside ipykernel."""
    python = environment(f"peer-{name}")
    sizes = []
    for wanted in (("ipykernel",), packages):
        run(uv(), "pip", "install", "--python", python, *wanted, quiet=True)
        files = (path for path in python.parent.parent.rglob("*") if path.is_file() and path.suffix != ".pyc")
        sizes.append(sum(path.stat().st_size for path in files) / 1e6)
    return python, sizes[1] - sizes[0]


class Notebook:
    """A kernel of one environment."""

    def __init__(self, python: Path, home: Path, url: str) -> None:
        spec = home / "kernels" / "peer" / "kernel.json"
        spec.parent.mkdir(parents=True, exist_ok=True)
        argv = [str(python), "-m", "ipykernel_launcher", "-f", "{connection_file}"]
        spec.write_text(json.dumps({"argv": argv, "display_name": "peer", "language": "python"}))
        places = KernelSpecManager(kernel_dirs=[str(home / "kernels")])
        self._manager = KernelManager(kernel_name="peer", kernel_spec_manager=places)
        told = {"NEOSANTARA_BASE_URL": url, "NEOSANTARA_API_KEY": "nsk-benchmark"}
        told |= {"OPENAI_API_BASE": url, "OPENAI_BASE_URL": url, "OPENAI_API_KEY": "nsk-benchmark"}
        self._manager.start_kernel(env=isolated(home, checkout=False) | told)
        self._client = self._manager.client()
        self._client.start_channels()
        self._client.wait_for_ready(timeout=60)
        self.seconds(f"URL = {url!r}")

    def seconds(self, code: str) -> tuple[float, float]:
        """Run a cell; return the seconds that it took, and those of the kernel's processor."""
        before = self._clocks()
        message = self._client.session.msg(
            "execute_request", {"code": code, "silent": False, "store_history": True, "allow_stdin": True}
        )
        message["metadata"] = {"cellId": "a"}  # a front end whose outputs can change
        self._client.shell_channel.send(message)
        reply = self._reply(message["header"]["msg_id"])
        assert reply["status"] == "ok", reply
        after = self._clocks()
        return after[0] - before[0], after[1] - before[1]

    def _clocks(self) -> tuple[float, float]:
        clocks = "__import__('time').perf_counter(), __import__('time').process_time()"
        asked = self._client.execute("", silent=True, user_expressions={"clocks": clocks})
        told = self._reply(asked)["user_expressions"]["clocks"]["data"]["text/plain"]
        wall, cpu = map(float, told.strip("()").split(","))
        return wall, cpu

    def _reply(self, asked: str) -> dict[str, Any]:
        while True:
            reply = self._client.get_shell_msg(timeout=120)
            if reply["parent_header"].get("msg_id") == asked:
                content: dict[str, Any] = reply["content"]
                return content

    def close(self) -> None:
        """End the kernel."""
        self._client.stop_channels()
        self._manager.shutdown_kernel(now=True)


def main() -> None:
    """Print one line for each."""
    print(f"{TOKENS} tokens at {RATE} a second; best of {TIMES} kernels")
    print("                    size MB   load ms   CPU of an answer s   size, load, CPU against ours")
    ours: list[float] = []
    for name, peer in PEERS.items():
        python, size = installed(name, peer.packages)
        loads, cpus, streams = [], [], False
        for _ in range(TIMES):
            with tempfile.TemporaryDirectory() as home, ScriptedServer(answered) as server:
                notebook = Notebook(python, Path(home), server.base_url)
                try:
                    loads.append(notebook.seconds(peer.load)[0] * 1000)
                    notebook.seconds(peer.ask)  # what is imported late is not the answer's cost
                    cpus.append(notebook.seconds(peer.ask)[1])
                    streams = server.requests[-1].json.get("stream", False)
                finally:
                    notebook.close()
        figures = [size, min(loads), min(cpus)]
        ours = ours or figures
        against = "  ".join(f"{mine / theirs:.1f}" for mine, theirs in zip(figures, ours, strict=True))
        print(f"{name:18s} {size:8.1f} {min(loads):9.0f} {min(cpus):20.2f}   {against}"
              f"{'' if streams else '   (nothing is shown before the end)'}", flush=True)  # fmt: skip


if __name__ == "__main__":
    main()
