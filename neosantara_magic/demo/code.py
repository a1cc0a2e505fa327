"""Python that the demo model writes, and that runs as it stands.

For: choosing an example by the words of a prompt; the standard library does, unless a plot or table is asked for.
Not for: running anything.
"""

from __future__ import annotations

import keyword
import re

from .words import numbers, says, words

_EXAMPLES: tuple[tuple[tuple[str, ...], str], ...] = (
    (
        ("fibonacci",),
        """def fibonacci(count: int) -> list[int]:
    \"\"\"Return the first `count` Fibonacci numbers.\"\"\"
    numbers = []
    a, b = 0, 1
    for _ in range(count):
        numbers.append(a)
        a, b = b, a + b
    return numbers


print(fibonacci({n}))
""",
    ),
    (
        ("prime", "primes", "prima"),
        """def primes(limit: int) -> list[int]:
    \"\"\"Return all primes up to `limit`, by the sieve of Eratosthenes.\"\"\"
    is_prime = [True] * (limit + 1)
    is_prime[:2] = [False] * min(2, limit + 1)
    for number in range(2, int(limit**0.5) + 1):
        if is_prime[number]:
            is_prime[number * number :: number] = [False] * len(is_prime[number * number :: number])
    return [number for number, prime in enumerate(is_prime) if prime]


print(primes({n}))
""",
    ),
    (
        ("factorial", "faktorial"),
        """def factorial(number: int) -> int:
    \"\"\"Return number! for a number of at least 0.\"\"\"
    product = 1
    for factor in range(2, number + 1):
        product *= factor
    return product


print(factorial({n}))
""",
    ),
    (
        ("palindrome", "palindrom"),
        """def is_palindrome(text: str) -> bool:
    \"\"\"Say whether a text reads the same backwards, letters only.\"\"\"
    letters = [letter for letter in text.lower() if letter.isalnum()]
    return letters == letters[::-1]


print(is_palindrome("Kasur ini rusak"))
""",
    ),
    (
        ("sort", "sorting", "urutkan", "mengurutkan"),
        """def merge_sort(values: list) -> list:
    \"\"\"Return the values in order.\"\"\"
    if len(values) < 2:
        return list(values)
    middle = len(values) // 2
    left, right = merge_sort(values[:middle]), merge_sort(values[middle:])
    merged = []
    while left and right:
        merged.append(left.pop(0) if left[0] <= right[0] else right.pop(0))
    return merged + left + right


print(merge_sort([5, 2, 9, 1, 7]))
""",
    ),
    (
        ("plot", "chart", "grafik", "matplotlib", "diagram"),
        """import math

import matplotlib.pyplot as plt

x = [step / 20 for step in range(126)]
plt.plot(x, [math.sin(value) for value in x], label="sin x")
plt.plot(x, [math.cos(value) for value in x], label="cos x")
plt.legend()
plt.show()
""",
    ),
    (
        ("pandas", "dataframe", "csv"),
        """import pandas as pd

df = pd.DataFrame({{"city": ["Jakarta", "Bandung", "Jakarta"], "sales": [12, 7, 5]}})
print(df.groupby("city", as_index=False)["sales"].sum())
""",
    ),
    (
        ("reverse", "balik", "membalik"),
        """def reverse(text: str) -> str:
    \"\"\"Return the text backwards.\"\"\"
    return text[::-1]


print(reverse("Nusantara"))
""",
    ),
    (
        ("word", "words", "frequency", "kata"),
        """from collections import Counter


def word_counts(text: str) -> Counter:
    \"\"\"Count the words of a text, in lower case.\"\"\"
    return Counter(text.lower().split())


print(word_counts("satu dua dua tiga tiga tiga").most_common())
""",
    ),
    (
        ("hello", "halo"),
        """print("Hello from the demo model")
""",
    ),
)


def block(source: str) -> str:
    """Return a fenced Python block."""
    return f"```python\n{source.rstrip()}\n```"


def wanted(prompt: str) -> bool:
    """Whether a prompt asks for code."""
    if says(prompt, "code", "kode", "kodenya", "script", "skrip", "program", "snippet"):
        return True
    verb = says(
        prompt,
        "write",
        "make",
        "create",
        "implement",
        "show",
        "give",
        "define",
        "buat",
        "buatkan",
        "tulis",
        "tuliskan",
        "how",
        "contoh",
    )
    return verb and says(
        prompt, "python", "function", "fungsi", "pandas", "matplotlib", "algorithm", "algoritma", "loop"
    )


def example(prompt: str, topic: str) -> str:
    """Return Python that fits the prompt."""
    given = [int(number) for number in numbers(prompt) if 0 < number <= 1000]
    for keys, source in _EXAMPLES:
        if says(prompt, *keys):
            return source.format(n=given[0] if given else 10)
    return summary(topic)


def summary(topic: str) -> str:
    """Return a small program that summarises measurements of a topic."""
    name = "_".join(word for word in words(topic)[:3] if re.fullmatch(r"[a-z]\w*", word)) or "measurements"
    return f"""from statistics import mean, stdev

{_named(name)} = [2.1, 2.4, 1.9, 2.6, 2.2]
print(f"n={{len({_named(name)})}} mean={{mean({_named(name)}):.2f}} sd={{stdev({_named(name)}):.2f}}")
"""


def _named(name: str) -> str:
    return f"{name}_values" if keyword.iskeyword(name) or name in {"mean", "stdev", "print", "len"} else name
