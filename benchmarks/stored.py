"""How large a stored answer is: its three forms together, as a multiple of its text.

Run: ``scripts/bench stored``. The bar is 3.5. "as JSON" is what an ``.ipynb`` holds, where a text stands as its lines,
against the text in that spelling. Answers have no footer here; it is 200 characters, once.
"""

from __future__ import annotations

import json

from benchmarks.blocks import KINDS, MIXED, text_of
from neosantara_magic.render.forms import Forms, from_markdown
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


def ratios(texts: list[str]) -> tuple[float, float]:
    """Return how much larger the forms are than the texts: in characters, and as JSON."""
    made: list[Forms] = [from_markdown(text, text) for text in texts]
    plain = sum(len(form) for forms in made for form in forms.values()) / sum(map(len, texts))
    return plain, sum(_as_json(form) for forms in made for form in forms.values()) / sum(map(_as_json, texts))


def _as_json(text: str) -> int:
    # Each line has its quotes and escapes, seven spaces before it, and a comma and a line end after it.
    return sum(len(json.dumps(line, ensure_ascii=False)) + 9 for line in text.splitlines(keepends=True))


def main() -> None:
    """Print the figures."""
    print("kind        characters   as JSON")
    for name, texts in answers().items():
        print("{:10s} {:11.2f} {:9.2f}".format(name, *ratios(texts)))


if __name__ == "__main__":
    main()
