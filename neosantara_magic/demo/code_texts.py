"""Python about texts, lists, files and tables that the demo model knows by heart.

For: data only: what a prompt says, and the code for it.
Not for: the choosing (`code`), numbers (`code_numbers`).
"""

from __future__ import annotations

SOURCES: tuple[tuple[str, str], ...] = (
    (
        r"palindrom",
        '''def is_palindrome(text: str) -> bool:
    """Say whether a text reads the same backwards, letters only."""
    letters = [letter for letter in text.lower() if letter.isalnum()]
    return letters == letters[::-1]


print(is_palindrome("Kasur ini rusak"))
''',
    ),
    (
        r"anagram",
        '''def are_anagrams(left: str, right: str) -> bool:
    """Say whether two texts consist of the same letters."""
    return sorted(left.replace(" ", "").lower()) == sorted(right.replace(" ", "").lower())


print(are_anagrams("Listen", "Silent"))
''',
    ),
    (
        r"binary search|pencarian biner",
        '''def binary_search(values: list, wanted: object) -> int:
    """Return where a value stands in a sorted list, -1 when it does not."""
    low, high = 0, len(values) - 1
    while low <= high:
        middle = (low + high) // 2
        if values[middle] == wanted:
            return middle
        if values[middle] < wanted:
            low = middle + 1
        else:
            high = middle - 1
    return -1


print(binary_search([2, 3, 5, 8, 13, 21], 8))
''',
    ),
    (
        r"\bsort(?:s|ed(?! (?:list|array))|ing)?\b|\b(?:meng|di)?urut(?:kan)?\b",
        '''def merge_sort(values: list) -> list:
    """Return the values in order."""
    if len(values) < 2:
        return list(values)
    middle = len(values) // 2
    left, right = merge_sort(values[:middle]), merge_sort(values[middle:])
    merged = []
    while left and right:
        merged.append(left.pop(0) if left[0] <= right[0] else right.pop(0))
    return merged + left + right


print(merge_sort([5, 2, 9, 1, 7]))
''',
    ),
    (
        r"\b(?:plot(?:s|ting)?|charts?|grafik|matplotlib|diagram)\b",
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
        r"\b(?:pandas|dataframes?)\b",
        """import pandas as pd

df = pd.DataFrame({"city": ["Jakarta", "Bandung", "Jakarta"], "sales": [12, 7, 5]})
print(df.groupby("city", as_index=False)["sales"].sum())
""",
    ),
    (
        r"\bcsv\b",
        '''import csv
import tempfile
from pathlib import Path


def read_rows(path: Path) -> list[dict[str, str]]:
    """Return the rows of a CSV file; each maps column to cell."""
    with path.open(newline="", encoding="utf-8") as file:
        return list(csv.DictReader(file))


with tempfile.TemporaryDirectory() as folder:
    path = Path(folder, "sales.csv")  # put your own file's path here
    path.write_text("city,sales\\nJakarta,12\\nBandung,7\\n", encoding="utf-8")
    for row in read_rows(path):
        print(row)
''',
    ),
    (
        r"\bjson\b",
        """import json

text = '{"city": "Bandung", "sales": [12, 7, 5]}'
data = json.loads(text)
print(data["city"], sum(data["sales"]))
print(json.dumps(data, indent=2))
""",
    ),
    (
        r"\brevers\w*\b.*\b(?:list|array)\b|\b(?:mem|di)?balik(?:kan)?\b.*\b(?:daftar|list|array)\b",
        '''def reverse(values: list) -> list:
    """Return the values from the last to the first."""
    return values[::-1]


print(reverse([1, 2, 3, 4]))
''',
    ),
    (
        r"\brevers\w*\b|\bbackwards?\b|\b(?:mem|di|ter)?balik(?:kan)?\b",
        '''def reverse(text: str) -> str:
    """Return the text backwards."""
    return text[::-1]


print(reverse("Nusantara"))
''',
    ),
    (
        r"\bvowels?\b|\bvokal\b",
        '''def count_vowels(text: str) -> int:
    """Return how many vowels a text has."""
    return sum(letter in "aeiou" for letter in text.lower())


print(count_vowels("Nusantara"))
''',
    ),
    (
        (
            r"\b(?:count|number of|frequen|hitung|menghitung|jumlah|frekuensi)\w*\b.*\b(?:words?|kata)\b|"
            r"\bwords?[ -](?:count|frequen)\w*|\bfrequenc\w+"
        ),
        '''from collections import Counter


def word_counts(text: str) -> Counter:
    """Count the words of a text, in lower case."""
    return Counter(text.lower().split())


counts = word_counts("satu dua dua tiga tiga tiga")
print(counts.total(), counts.most_common())
''',
    ),
    (
        r"\bduplicat\w*|\bduplikat\w*|\bunique\b",
        '''def without_duplicates(values: list) -> list:
    """Return each value once, in the order in which they first stand."""
    return list(dict.fromkeys(values))


print(without_duplicates([3, 1, 3, 2, 1]))
''',
    ),
    (
        r"\bpasswords?\b|kata sandi",
        '''import secrets
import string


def password(length: int) -> str:
    """Return a random password of letters and digits."""
    return "".join(secrets.choice(string.ascii_letters + string.digits) for _ in range(length))


print(password(16))
''',
    ),
)
"""What a prompt says (a pattern, lower case), and the code, which runs as it stands; the first that matches counts."""
