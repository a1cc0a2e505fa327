"""An MCP server over stdio that misbehaves as its first argument says; it uses no library, so that it can.

For: what no well-kept library lets a server do. Not for: anything a good server does (`library_server.py`).
"""

from __future__ import annotations

import json
import os
import signal
import sys
import time
from pathlib import Path
from typing import Any

HOW = sys.argv[1] if len(sys.argv) > 1 else ""
NOTES = Path(sys.argv[2]) if len(sys.argv) > 2 else None
"""Where it notes what happened, one word a line; survives its deaths."""
READS = {"readOnlyHint": True}


def note(word: str) -> None:
    """Write down that something happened."""
    if NOTES is not None:
        with NOTES.open("a") as file:
            file.write(word + "\n")


def times(word: str) -> int:
    """Count how often something happened."""
    return NOTES.read_text().split().count(word) if NOTES is not None and NOTES.exists() else 0


def tool(name: str, hints: dict[str, Any] | None = None, **more: Any) -> dict[str, Any]:
    """Return one entry of a tool list."""
    return {"name": name, "description": name, "inputSchema": {"type": "object"}, "annotations": hints or READS, **more}


def tools() -> list[dict[str, Any]]:
    """Return the tool list of this way to misbehave."""
    if HOW == "names":
        names = ["a.b", "a_b", "a b", "ü" * 80, "x" * 200, "<script>alert(1)</script>", "rm -rf /; `id`", ""]
        return [*map(tool, names), tool("long", description="d" * 100_000), tool("deep", inputSchema=deep())]
    if HOW == "changing":
        note("listed")
        return [tool("one" if times("listed") == 1 else "two")]
    if HOW == "many":
        return [tool(f"t{n}") for n in range(300)]
    if HOW == "schemas":
        bad = {"type": "object", "properties": {"n": {"type": "no such type"}}}
        far = {"type": "object", "properties": {"n": {"$ref": "https://elsewhere.invalid/schema.json"}}}
        return [tool("bad", inputSchema=bad), tool("far", inputSchema=far)]
    if HOW == "dies-writing":
        return [tool("go", {"readOnlyHint": False})]
    return [tool("go")]


def deep() -> dict[str, Any]:
    """Return a schema that is too long to be sent."""
    return {"type": "object", "properties": {f"p{n}": {"type": "string", "description": "d" * 90} for n in range(2000)}}


def called(arguments: dict[str, Any]) -> dict[str, Any] | None:
    """Return what a call gives; None: no answer."""
    note("called")
    if HOW == "hangs":
        return None
    if HOW == "broken":
        print('{"jsonrpc": "2.0", "id":', "no json", "\x00", flush=True)
        print(json.dumps({"hello": "world"}), flush=True)
    if HOW == "pictures":
        bad = [{"type": "image", "data": data, "mimeType": "image/png"} for data in ("%%%", "aGVsbG8=")]
        return {"content": [*bad, {"type": "audio", "data": "AAAA", "mimeType": "audio/wav"}]}
    if HOW in ("dies", "dies-writing", "dies-always") and (times("called") == 1 or HOW == "dies-always"):
        os._exit(3)
    text = {"big": "x" * 10_000_000, "environment": json.dumps(sorted(os.environ))}.get(HOW, json.dumps(arguments))
    return {"content": [{"type": "text" if HOW != "nonsense" else "no such type", "text": text}]}


def answered(message: dict[str, Any]) -> dict[str, Any] | None:  # noqa: PLR0911  (one for each method)
    """Return the answer to a request; None: there is none."""
    method, params = message["method"], message.get("params", {})
    if HOW == "silent" or (HOW == "lists-nothing" and method == "tools/list"):
        return None
    if HOW == "newest" and method == "initialize":
        return {"error": {"code": -32022, "message": "too old", "data": {"supported": ["2026-07-28"]}}}
    if HOW == "newest" and method == "server/discover":
        more = {"resultType": "complete", "ttlMs": 0, "cacheScope": "public"}
        return {"result": {"supportedVersions": ["2026-07-28"], "capabilities": {"tools": {}}, **more}}
    if method == "initialize":
        version = params["protocolVersion"]
        info = {"name": HOW, "version": "1"}
        return {"result": {"protocolVersion": version, "capabilities": {"tools": {}}, "serverInfo": info}}
    if method == "tools/list":
        listed = tools()
        more: dict[str, Any] = {"nextCursor": "again"} if HOW == "pages-for-ever" else {}
        if HOW == "newest":
            more = {"resultType": "complete", "ttlMs": 0, "cacheScope": "public"}
        return {"result": {"tools": listed, **more}}
    if method == "tools/call":
        result = called(params.get("arguments", {}))
        return None if result is None else {"result": result | ({"resultType": "complete"} if HOW == "newest" else {})}
    return {"error": {"code": -32601, "message": "no such method"}}


def main() -> None:
    """Serve, in this way."""
    note("started")
    if HOW == "floods":
        os.write(2, b"flood " * 1_000_000)
    if HOW == "stubborn":
        signal.signal(signal.SIGTERM, signal.SIG_IGN)
        signal.signal(signal.SIGHUP, signal.SIG_IGN)
        note(str(os.getpid()))
    for line in sys.stdin:
        message = json.loads(line)
        if message.get("method") == "notifications/cancelled":
            note("cancelled")
        if "id" not in message or "method" not in message:
            continue
        answer = answered(message)
        if answer is not None:
            print(json.dumps({"jsonrpc": "2.0", "id": message["id"], **answer}), flush=True)
    while HOW == "stubborn":
        time.sleep(1)


if __name__ == "__main__":
    main()
