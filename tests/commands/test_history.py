"""Conversations and answers in a kernel: shown once, shown again, picklable."""

from __future__ import annotations

import pytest

from kernels import Kernel

pytestmark = pytest.mark.kernel


@pytest.fixture
def demo(kernel: Kernel) -> Kernel:
    """Give a kernel with the extension loaded and the demo model answering."""
    kernel.set_environment(NEOSANTARA_DEMO="1")
    assert kernel.execute("%load_ext neosantara_magic").outputs == []
    return kernel


def test_history_is_shown_once_and_is_the_conversation(demo: Kernel) -> None:
    """As a statement and as the cell's result it appears once; the value has the turns and shows itself again."""
    demo.execute("%%neosantara\nMy name is Sari.", cell_id="a")
    demo.execute("%%neosantara\nWhat is my name?", cell_id="b")
    alone = demo.execute("%neosantara history")
    assert len(alone.bundles) == 1
    assert "1. My name is Sari." in alone.answer
    assert "## 2. Prompt" in alone.bundles[0]["text/markdown"]
    named = demo.execute("said = %neosantara history main\nsaid")
    assert len(named.bundles) == 1, named.outputs
    again = demo.execute("said")
    assert again.bundles[0]["text/markdown"] == alone.bundles[0]["text/markdown"]
    assert demo.value("([turn.prompt.text for turn in said], len(said.messages))") == (
        "(['My name is Sari.', 'What is my name?'], 4)"
    )
    assert demo.execute("%neosantara history\n%neosantara usage").error is None


def test_an_answer_is_whole_and_survives_pickle(demo: Kernel) -> None:
    """Everything the contract lists is there, and comes back equal from pickle, as another process reads it."""
    demo.execute("def area(w: float, h: float) -> float:\n    'Area of a rectangle.'\n    return w * h")
    run = demo.execute("%%neosantara --tools area -o answer\nWhat is the area of a rectangle 3 by 4?", cell_id="a")
    assert run.error is None, run.error
    demo.execute("import pickle\nback = pickle.loads(pickle.dumps(answer))")
    assert (
        demo.value("(back == answer, back.bundle == answer.bundle, str(back) == answer.text)") == "(True, True, True)"
    )
    assert demo.value("[(c.name, c.arguments, c.result, c.error) for c in back.tool_calls]") == (
        "[('area', {'w': 3, 'h': 4}, '12.0', None)]"
    )
    assert demo.value("(len(back.raw), back.usage.total_tokens > 0, back.conversation, back.stopped, back.error)") == (
        "(2, True, 'main', False, None)"
    )
    assert demo.value("[m.role for m in back.messages]") == "['user', 'assistant', 'tool', 'assistant']"
    assert demo.execute("back").bundles[0] == run.bundles[0]
    demo.execute("%%neosantara --once -o code\nShow me Python that computes a mean.")
    assert demo.value("[b.language for b in code.code]") == "['python']"


def test_usage_and_models_appear_once(demo: Kernel) -> None:
    """The table is on the screen once, also as the cell's result, and has a pandas form."""
    demo.execute("%neosantara ask --once hello")
    run = demo.execute("spent = %neosantara usage\nspent")
    assert len(run.bundles) == 1
    assert demo.value("int(spent.to_frame()['calls'].sum())") == "1"
    assert len(demo.execute("%neosantara models vision").bundles) == 1
