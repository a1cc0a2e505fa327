"""How large a stored answer is: its three forms together, as a multiple of its text.

Run: ``scripts/bench stored``. The bar is 3.5. "as JSON" is what an ``.ipynb`` holds, where a text stands as its lines,
against the text in that spelling. The first rows are answers without a footer. The last ones are what our lessons
store, footers, tool cards and screens included, against their plain text.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from pathlib import Path
from statistics import median

from benchmarks.blocks import KINDS, MIXED, text_of
from neosantara_magic.render.forms import HTML, MARKDOWN, PLAIN, Forms, from_markdown
from render.ordinary import TEXTS

PROSE = (
    "A paragraph about **thing {n}** with *stress*, as answers have. It goes on for a second sentence, which is longer "
    "than the first, and ends after a third one that says nothing new about thing {n}.\n\n"
)
CODE = (
    "```python\ndef f_{n}(x: int) -> list[int]:\n    # step {n}\n    return [x + {n} for _ in range(3) if x]\n```\n\n"
)
LINKS = "- [Thing {n}](https://example.org/things/{n}) says **{n}** of 100 in the table below\n"
TOKENS = 1_000


def answers() -> dict[str, list[str]]:
    """Return the texts of each kind."""
    kinds = {"prose": ("", PROSE), "mixed": ("", MIXED), "code": ("", CODE), "links": ("", LINKS)}
    found = {name: [text_of(TOKENS, head, line)] for name, (head, line) in {**kinds, **KINDS}.items()}
    return found | {"short": ["Yes.", "The answer is **42**.", "Jakarta is the capital."], "ordinary": list(TEXTS)}


def lessons() -> dict[str, list[Forms]]:
    """Return what the lessons' notebooks store: with no tool call, with some, with a picture."""
    found: dict[str, list[Forms]] = {"lessons": [], "... cards": [], "... images": []}
    for path in sorted((Path(__file__).parent.parent / "notebooks").rglob("*.ipynb")):
        for cell in json.loads(path.read_text("utf-8"))["cells"]:
            for output in cell.get("outputs", []):
                data = {name: "".join(text) for name, text in output.get("data", {}).items()}
                if {HTML, MARKDOWN, PLAIN} <= data.keys():
                    with_call = "... cards" if "<details" in data[HTML] else "lessons"
                    found["... images" if "<img" in data[HTML] else with_call].append(data)
    return found


def ratios(made: Iterable[Forms]) -> list[float]:
    """Return how much larger the forms are than the texts: in characters, and as JSON; the median answer's also."""
    figures = []
    for size in (len, _as_json):
        sizes = [(sum(map(size, forms.values())), size(forms[PLAIN])) for forms in made]
        whole, texts = map(sum, zip(*sizes, strict=True))
        figures += [whole / texts, median(one / text for one, text in sizes)]
    return figures


def _as_json(text: str) -> int:
    # Each line has its quotes and escapes, seven spaces before it, and a comma and a line end after it.
    return sum(len(json.dumps(line, ensure_ascii=False)) + 9 for line in text.splitlines(keepends=True))


def main() -> None:
    """Print the figures."""
    print("kind        characters    median   as JSON    median")
    made = {name: [from_markdown(text, text) for text in texts] for name, texts in answers().items()}
    for name, forms in {**made, **lessons()}.items():
        print("{:10s} {:11.2f} {:9.2f} {:9.2f} {:9.2f} {:5d}".format(name, *ratios(forms), len(forms)))


if __name__ == "__main__":
    main()
