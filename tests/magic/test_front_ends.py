"""Front ends: how each is known by its messages, and that all the rest follows from its row."""

from __future__ import annotations

import sys
from types import ModuleType, SimpleNamespace
from typing import Any

import pytest

from kernels import Kernel
from neosantara_magic.ipython.front_ends import front_end_of

PLAIN = "c411965c17cc4268afa9173a258967e7"
NUMBERED = f"{PLAIN}_1_7"
"""Ids of messages, as pages and as jupyter_client make them."""


@pytest.mark.parametrize(
    ("name", "attended", "cell", "message", "user"),
    [
        ("JupyterLab", True, {"cellId": "a"}, PLAIN, ""),
        ("VS Code", True, {"cellId": "vscode-notebook-cell:/a.ipynb#W0"}, NUMBERED, "username"),
        ("Google Colab", True, {"colab": {"cell_id": "a"}}, PLAIN, "username"),
        ("JupyterLab", True, {"cellId": "a", "colab": {"height": 35}}, PLAIN, ""),
        ("Jupyter console", True, {}, NUMBERED, "budi"),
        ("nbclassic", True, {}, PLAIN, "username"),
        ("Voila", True, {}, PLAIN, ""),
        ("Voila", False, {}, NUMBERED, "budi"),
        ("", False, {"cellId": "a"}, NUMBERED, "username"),
        ("another notebook", True, {"cellId": "a"}, NUMBERED, ""),
        ("another notebook", True, {}, PLAIN, ""),
    ],
)
def test_a_front_end_is_known_by_its_message(
    monkeypatch: pytest.MonkeyPatch, name: str, attended: bool, cell: dict[str, Any], message: str, user: str
) -> None:
    """By what it sends, or what its server sets."""
    if name == "Google Colab":
        monkeypatch.setitem(sys.modules, "google.colab", ModuleType("google.colab"))
    if name == "Voila":
        monkeypatch.setenv("SERVER_SOFTWARE", "voila/0.5.13")
    header = {"msg_id": message, "username": user}
    sent = {"header": header, "metadata": cell, "content": {"allow_stdin": attended}}
    found = front_end_of(SimpleNamespace(kernel=SimpleNamespace(get_parent=lambda _channel: sent)))
    assert (found.name, found.attended) == (name, attended)


def test_colab_is_known_without_its_module() -> None:
    """Connected to a kernel of the user's own it opens no model without a view, as it does elsewhere."""
    sent = {"header": {"msg_id": PLAIN}, "metadata": {"colab": {"cell_id": "a"}}, "content": {"allow_stdin": True}}
    found = front_end_of(SimpleNamespace(kernel=SimpleNamespace(get_parent=lambda _channel: sent)))
    assert (found.name, found.page) == ("Google Colab", False)


def test_a_shell_without_a_kernel_is_a_terminal() -> None:
    """It takes no displays."""
    assert not front_end_of(SimpleNamespace()).displays


ADDED = """%load_ext neosantara_magic
%neosantara demo on
import neosantara_magic as n
from neosantara_magic.ipython import front_ends
row = front_ends.FrontEnd("Loom", lambda run: True, **{traits})
front_ends.FRONT_ENDS = (row, *front_ends.FRONT_ENDS)
"""
TEXT = {"show": "text", "redraws": False, "panel": "none"}


@pytest.mark.kernel
@pytest.mark.parametrize(
    ("traits", "cell_id"), [(TEXT, "a"), ({}, None), ({"attended": False, "show": "final", "panel": "none"}, "a")]
)
def test_a_new_front_end_is_one_row(kernel: Kernel, traits: dict[str, Any], cell_id: str | None) -> None:
    """Text or a widget, a line or a bar, a panel or none, pickers or none: as the row says, whatever the message."""
    assert kernel.execute(ADDED.replace("{traits}", repr(traits))).error is None
    how: Any = {"cell_id": cell_id, "allow_stdin": True}
    text, widget, attended = traits == TEXT, not traits, traits.get("attended", True)

    run = kernel.execute("%neosantara ask --once Say sun", **how)
    assert "sun" in run.stdout + run.answer
    assert (run.stdout.startswith("sun"), bool(run.comms())) == (text, widget)
    assert any(one["msg_type"] == "update_display_data" for one in run.messages) == widget

    run = kernel.execute("n.ask_many(['Say a', 'Say b']);", **how)
    assert "2 rows: 2 answered" in run.answer
    assert (run.stdout.startswith("\r"), bool(run.comms())) == (text, widget)

    run = kernel.execute("panel = n.chat()", **how)
    assert ("Loom cannot show the chat panel" in run.stdout, bool(run.comms())) == (not widget, widget)

    run = kernel.execute("p = n.playground('Say {{ word }}', word=['rain']); p._button.layout.display", **how)
    assert run.error is None, run.error
    views = [one for one in run.messages if "application/vnd.jupyter.widget-view+json" in str(one["content"])]
    assert bool(views) == attended
