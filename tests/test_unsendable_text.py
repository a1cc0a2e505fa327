"""Text that UTF-8 cannot carry (half a surrogate pair, as in a file name that is no UTF-8) fails no request."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from magic.spoken import answer_events, chat_events
from neosantara_magic import asking
from neosantara_magic.errors import UsageError
from neosantara_magic.parsing import ask_from_keywords
from neosantara_magic.recordings.store import Recording
from neosantara_magic.render.renderer import SilentRenderer
from neosantara_magic.settings import from_environment
from neosantara_magic.workspace import Workspace
from wire.server import ScriptedServer

LONE = "a\ud800b"
KEPT = "a\ufffdb"


def odd(city: str) -> str:
    """Get a docstring below."""
    return city


odd.__doc__ = f"Tell about {LONE}."

FLAGS: dict[str, Any] = {
    "model": LONE,
    "system": LONE,
    "system with an expression": "{{ lone }}",
    "stop": [LONE, "END"],
    "reasoning": LONE,
    "param": {LONE: [LONE, {"deep": LONE}]},
    "schema": {"type": "object", "properties": {LONE: {"type": "string", "description": LONE}}},
    "image": f"https://example.invalid/{LONE}.png",
    "tools": odd,
    "conversation": LONE,
}


@pytest.fixture
def space(server: ScriptedServer) -> Workspace:
    """Give a workspace that asks a scripted server."""
    settings = from_environment({"NEOSANTARA_BASE_URL": server.base_url})
    return Workspace(lambda: settings, demo=False, session_key="nsk_0123456789")


def ask(space: Workspace, prompt: str = "hello", **flags: Any) -> Any:
    """Ask with nobody watching."""
    return asking.ask(ask_from_keywords(prompt, flags), space, asking.Stage(SilentRenderer(), {"lone": LONE}))


@pytest.mark.parametrize("flag", FLAGS)
def test_a_flag_sends_what_can_be_sent(server: ScriptedServer, space: Workspace, tmp_path: Path, flag: str) -> None:
    """The lone half becomes a replacement character on the wire, and in a recording that is written meanwhile."""
    space.recording = (Recording(tmp_path / "r.jsonl"), "record")
    if flag == "tools":
        server.stream(chat_events("fine"), done=True)
    else:
        server.stream(answer_events('{"x": 1}' if flag == "schema" else "fine"))
    response = ask(space, **{flag.partition(" ")[0]: FLAGS[flag]})
    sent = server.requests[-1].body.decode()
    written = (tmp_path / "r.jsonl").read_text(encoding="utf-8")
    assert response.text
    if flag == "conversation":
        assert response.conversation == KEPT
    else:
        assert KEPT in json.dumps(json.loads(sent), ensure_ascii=False)
        assert KEPT in written
    assert "\\ud8" not in sent + written


def test_an_error_that_quotes_it_can_be_shown(space: Workspace) -> None:
    """Jupyter sends errors as UTF-8 too."""
    for flags in ({"api": LONE}, {"temperature": LONE}, {LONE: 1}, {"image": LONE}):
        with pytest.raises(UsageError) as refused:
            ask(space, **flags)
        assert KEPT in refused.value.what
        str(refused.value).encode()
