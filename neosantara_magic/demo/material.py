"""Answers that stand on what the prompt brings along: a table, a traceback, a text to summarise.

For: reading such material and saying something true about it.
Not for: questions that bring nothing (`brain`, `answers`).
"""

from __future__ import annotations

import re
from statistics import mean

from . import shortening
from .words import Language, says

_ERROR = re.compile(
    r"^(?:[\w.]+\.)?(?P<kind>[A-Z]\w*(?:Error|Exception|Warning|Interrupt|Iteration))(?:: (?P<message>.*))?$",
    re.MULTILINE,
)
_CAUSES = {
    "ZeroDivisionError": (
        "a number was divided by zero",
        "check the divisor before dividing",
        "if divisor != 0:\n    result = value / divisor",
    ),
    "NameError": (
        "a name was used before anything was assigned to it",
        "assign it first, or correct its spelling",
        "value = 0  # assign before use",
    ),
    "KeyError": (
        "a key was looked up that the mapping does not have",
        "use `.get` or test with `in`",
        'value = mapping.get("key", "default")',
    ),
    "IndexError": (
        "an index lies outside the sequence",
        "compare it with `len()` first",
        "if index < len(values):\n    value = values[index]",
    ),
    "TypeError": ("a value has a type that the operation does not take", "convert it first", 'total = 1 + int("2")'),
    "ValueError": (
        "a value has the right type but not a valid content",
        "check or clean it before converting",
        'number = int("42".strip())',
    ),
    "AttributeError": (
        "an object does not have that attribute",
        "look at `dir(object)` or at the object's type",
        "print(type(value))",
    ),
    "ModuleNotFoundError": (
        "a module is not installed here",
        "install it with `%pip install`",
        "import importlib.util\nprint(importlib.util.find_spec('name'))",
    ),
    "FileNotFoundError": (
        "a file is not where the code looks for it",
        "print the working directory and the path",
        "from pathlib import Path\nprint(Path.cwd())",
    ),
}
_CAUSES_ID = {
    "ZeroDivisionError": ("sebuah angka dibagi nol", "periksa pembaginya sebelum membagi"),
    "NameError": ("sebuah nama dipakai sebelum diberi nilai", "beri nilai dulu, atau perbaiki ejaannya"),
    "KeyError": ("key yang dicari tidak ada di mapping itu", "pakai `.get`, atau periksa dulu dengan `in`"),
    "IndexError": ("indeksnya berada di luar urutan itu", "bandingkan dulu dengan `len()`"),
    "TypeError": ("tipe sebuah nilai tidak diterima operasi itu", "ubah dulu tipenya"),
    "ValueError": ("tipe nilainya benar, tetapi isinya tidak sah", "periksa atau bersihkan dulu sebelum mengubahnya"),
    "AttributeError": ("objek itu tidak punya atribut tersebut", "lihat `dir(object)` atau tipe objeknya"),
    "ModuleNotFoundError": ("modul itu belum terpasang di sini", "pasang dengan `%pip install`"),
    "FileNotFoundError": (
        "file itu tidak ada di tempat yang dicari kode",
        "tampilkan direktori kerja dan path-nya",
    ),
}
"""The same causes and remedies, for an answer in Indonesian."""


def rows_of(text: str) -> list[dict[str, str]]:
    """Return the rows of the first Markdown table in a text; each maps column to cell."""
    lines = [line.strip() for line in text.splitlines()]
    for place, line in enumerate(lines[1:], 1):
        if re.fullmatch(r"\|?\s*:?-+:?\s*(?:\|\s*:?-+:?\s*)*\|?", line) and "|" in lines[place - 1]:
            # A sentence may stand before the table on its first line: "Sort these: | comment |".
            above = lines[place - 1]
            head = _cells(above[above.index("|") :] if line.startswith("|") else above)
            found = []
            for row in lines[place + 1 :]:
                if "|" not in row:
                    break
                found.append(dict(zip(head, _cells(row), strict=False)))
            return found
    return []


def _cells(line: str) -> list[str]:
    return [cell.strip() for cell in line.strip().strip("|").split("|")]


def answered(prompt: str, language: Language) -> str:
    """Answer from the material in the prompt; empty when there is none."""
    if "Traceback (most recent call last)" in prompt or (
        _ERROR.search(prompt) and says(prompt, "explain", "why", "error", "jelaskan", "kenapa", "mengapa")
    ):
        return _about_error(prompt, language)
    rows = rows_of(prompt)
    if rows:
        return _about_table(rows, language)
    return shortening.summary(prompt, language)


def _about_error(prompt: str, language: Language) -> str:
    found = list(_ERROR.finditer(prompt))
    if not found:
        return ""
    kind, message = found[-1]["kind"], (found[-1]["message"] or "").strip()
    cause, remedy, fix = _CAUSES.get(
        kind,
        (
            "the code raised it on purpose or met a state it does not expect",
            "read the last line of the traceback first",
            "print(repr(value))",
        ),
    )
    frames = re.findall(r"^\s*(?:-+>\s*\d+\s+|File .*\n\s+)(?P<code>[^\n]+)", prompt, re.MULTILINE)
    at = f"`{frames[-1].strip()}`" if frames else ""
    if language == "id":
        unknown = (
            "kode itu sengaja menimbulkannya, atau keadaannya tidak terduga",
            "baca dulu baris terakhir traceback",
        )
        cause, remedy = _CAUSES_ID.get(kind, unknown)
        where = f" di {at}" if at else ""
        return (
            f"### {kind}\n\nPython berhenti{where} dengan pesan: “{message}”.\n\n- **Sebab:** {cause}.\n- "
            f"**Perbaikan:** {remedy}.\n\n```python\n{fix}\n```\n"
        )
    where = f" at {at}" if at else ""
    return (
        f"### {kind}\n\nPython stopped{where} and said: “{message}”.\n\n- **Cause:** {cause}.\n- **Remedy:** "
        f"{remedy}.\n\n```python\n{fix}\n```\n"
    )


def _about_table(rows: list[dict[str, str]], language: Language) -> str:
    columns = list(rows[0])
    lines = []
    for column in columns:
        cells = [row.get(column, "") for row in rows]
        values = [number for number in map(_number, cells) if number is not None]
        if column and len(values) == len(cells):
            lines.append(f"| {column} | {min(values):g} | {mean(values):.4g} | {max(values):g} |")
    if language == "id":
        head, names = (
            f"Tabel itu punya **{len(rows)} baris** dan **{len(columns)} kolom**",
            "| Kolom | Terkecil | Rata-rata | Terbesar |",
        )
    else:
        head, names = (
            f"The table has **{len(rows)} rows** and **{len(columns)} columns**",
            "| Column | Smallest | Mean | Largest |",
        )
    told = f"{head}: {', '.join(f'`{column}`' for column in columns if column)}.\n"
    return f"{told}\n{names}\n|:--|--:|--:|--:|\n" + "\n".join(lines) + "\n" if lines else told


def _number(cell: str) -> float | None:
    try:
        return float(cell.replace(",", ""))
    except ValueError:
        return None
