"""The demo model's prose: Markdown with headings, lists, tables, code and formulas, in two languages.

For: texts about a topic, long and short, and Python that runs.
Not for: choosing among them (`brain`). What stands here is read as a model's answer, so it is no part of ``texts/``.
"""

from __future__ import annotations

from . import code
from .words import Language, title


def overview(topic: str, language: Language) -> str:
    """Return an answer of one screen about a topic, with one of each kind of Markdown block."""
    if language == "id":
        return f"""## {title(topic)}

Anda bertanya tentang **{topic}**. Ini **model demo**: bentuknya seperti jawaban model
sungguhan, isinya umum.

### Cara mendekatinya

1. **Rumuskan** apa yang ingin Anda ketahui tentang *{topic}*.
2. **Kumpulkan** data atau contoh, sekecil apa pun.
3. **Uji** satu dugaan, lalu ulangi.

| Langkah | Pertanyaan | Hasil |
|:--|:--|--:|
| Rumuskan | Apa yang penting dari {topic}? | 1 kalimat |
| Kumpulkan | Contoh apa yang ada? | 3 contoh |
| Uji | Apakah dugaan itu benar? | ya / tidak |

{code.block(code.summary(topic))}

Rata-rata yang dihitung kode itu ditulis $\\bar{{x}} = \\frac{{1}}{{n}}\\sum_{{i=1}}^{{n}} x_i$.

> Matikan demo dengan `%neosantara demo off` untuk bertanya kepada model sungguhan.
"""
    return f"""## {title(topic)}

You asked about **{topic}**. This is the **demo model**: the form is that of a
real model's answer, the content is general.

### How to approach it

1. **State** what you want to know about *{topic}*.
2. **Collect** data or examples, however few.
3. **Test** one guess, then repeat.

| Step | Question | Result |
|:--|:--|--:|
| State | What matters about {topic}? | 1 sentence |
| Collect | Which examples are there? | 3 examples |
| Test | Was the guess right? | yes / no |

{code.block(code.summary(topic))}

The mean that this code computes is written $\\bar{{x}} = \\frac{{1}}{{n}}\\sum_{{i=1}}^{{n}} x_i$.

> Turn the demo off with `%neosantara demo off` to ask a real model.
"""


def sentence(topic: str, language: Language) -> str:
    """Return an answer of one sentence."""
    if language == "id":
        return (
            f"Singkatnya, **{topic}** paling mudah dipahami dari satu contoh kecil yang bisa dicoba sendiri "
            f"(jawaban model demo)."
        )
    return (
        f"In short, **{topic}** is best understood from one small example that you can try yourself (the demo "
        f"model's answer)."
    )


_ASPECTS = {
    "en": (
        (
            "What it is",
            (
                "A working definition of {t} says what belongs to it and what does not, and names the one question "
                "it answers"
            ),
        ),
        (
            "Where it comes from",
            (
                "People met {t} before they had a word for it, because the same difficulty kept returning in "
                "different places"
            ),
        ),
        ("The parts", "Looked at closely, {t} has parts that can be named, counted and changed one at a time"),
        (
            "How the parts work together",
            "None of the parts explains {t} alone; what matters is the order in which they act on one another",
        ),
        ("A small example", "The smallest example of {t} that still shows the point fits on one line of a notebook"),
        ("How to measure it", "Whoever works with {t} needs one number to watch, and must know what moves that number"),
        (
            "Common mistakes",
            "The usual mistake about {t} is to test the easy case only and to trust the result everywhere",
        ),
        ("Limits", "There are cases that {t} does not cover, and it is honest to write them down beside the result"),
        (
            "In practice",
            "In daily work {t} is a habit more than a theory: a short loop of trying, looking and changing",
        ),
        (
            "What to read next",
            "After the first hour with {t}, one worked example teaches more than three more chapters",
        ),
    ),
    "id": (
        (
            "Apa itu",
            "Definisi kerja {t} menyebut apa yang termasuk dan apa yang tidak, serta satu pertanyaan yang dijawabnya",
        ),
        (
            "Asal-usul",
            "Orang mengenal {t} sebelum ada kata untuknya, karena kesulitan yang sama terus muncul di tempat berbeda",
        ),
        (
            "Bagian-bagiannya",
            "Jika dilihat dari dekat, {t} punya bagian yang bisa diberi nama, dihitung, dan diubah satu per satu",
        ),
        (
            "Cara kerjanya",
            "Tidak ada bagian yang menjelaskan {t} sendirian; yang penting adalah urutan bagian itu saling memengaruhi",
        ),
        ("Contoh kecil", "Contoh terkecil dari {t} yang masih menunjukkan maksudnya cukup satu baris di notebook"),
        (
            "Cara mengukurnya",
            "Siapa pun yang bekerja dengan {t} perlu satu angka untuk diamati, dan tahu apa yang menggerakkannya",
        ),
        (
            "Kesalahan umum",
            "Kesalahan yang biasa tentang {t} adalah hanya menguji kasus mudah lalu percaya hasilnya di mana-mana",
        ),
        ("Batas", "Ada kasus yang tidak dicakup {t}, dan jujur kalau itu ditulis di samping hasilnya"),
        ("Dalam praktik", "Sehari-hari {t} lebih merupakan kebiasaan daripada teori: coba, lihat, ubah"),
        (
            "Bacaan berikutnya",
            "Setelah satu jam dengan {t}, satu contoh yang dikerjakan lebih berguna daripada tiga bab lagi",
        ),
    ),
}
_THREADS = {
    "en": (
        "Take it in small steps, and keep the result of each step where you can see it",
        "Write the assumption down first, because it is the first thing that gets forgotten",
        "Change one thing at a time, so that a difference has one cause",
        "If two people disagree about it, let them predict the same case and compare",
        "A table of five rows is often enough to see whether the idea holds",
    ),
    "id": (
        "Kerjakan sedikit demi sedikit, dan simpan hasil tiap langkah di tempat yang terlihat",
        "Tulis dulu asumsinya, karena itulah yang paling cepat terlupa",
        "Ubah satu hal setiap kali, supaya perbedaan punya satu sebab",
        "Jika dua orang tidak sepakat, minta keduanya menebak kasus yang sama lalu bandingkan",
        "Tabel lima baris sering cukup untuk melihat apakah gagasannya benar",
    ),
}


def long(topic: str, language: Language) -> str:
    """Return an answer of about 1,500 tokens."""
    parts = [overview(topic, language).rstrip()]
    threads = _THREADS[language]
    for place, (head, claim) in enumerate(_ASPECTS[language]):
        body = [claim.format(t=topic), *(threads[(place + step) % len(threads)] for step in range(3))]
        points = "\n".join(f"- {threads[(place + step) % len(threads)]}." for step in (3, 4))
        parts.append(f"### {place + 1}. {head}\n\n{'. '.join(body)}.\n\n{points}")
    return "\n\n".join(parts) + "\n"


def identity(model: str, language: Language) -> str:
    """Say plainly who is answering."""
    if language == "id":
        return (
            "Saya **model demo** dari neosantara-magic: pengganti offline yang deterministik. "
            f"Request ini meminta `{model}`, tetapi tidak ada yang dikirim ke Neosantara AI: tanpa API key, "
            f"tanpa jaringan, tanpa biaya."
        )
    return (
        "I am the **demo model** of neosantara-magic: a deterministic offline stand-in. "
        f"This request asked for `{model}`, but nothing was sent to Neosantara AI: no API key, no network, no cost."
    )


def greeting(hello: str, name: str, language: Language) -> str:
    """Greet with that word, by name when one is known."""
    who = f", {name}" if name else ""
    if language == "id":
        return (
            f"{hello}{who}! Saya model demo. Tanyakan sesuatu, minta kode Python, atau beri saya sebuah fungsi "
            f"dengan `--tools`."
        )
    return (
        f"{hello}{who}! I am the demo model. Ask me something, ask for Python code, or give me a function "
        f"with `--tools`."
    )


def comparison(left: str, right: str, language: Language) -> str:
    """Compare two things in a table."""
    if language == "id":
        rows = [
            ("Pertama kali dicoba", "mulai dari sini", "setelah itu"),
            ("Yang dibandingkan", "satu contoh", "contoh yang sama"),
        ]
        rows.append(("Ukuran hasil", "catat angkanya", "catat angkanya"))
        head, tail = "Aspek", "Isi tabel ini umum: model demo tidak tahu isi keduanya."
    else:
        rows = [("First try", "start here", "then here"), ("What to compare", "one example", "the same example")]
        rows.append(("Measure", "write the number down", "write the number down"))
        head, tail = "Aspect", "The cells are general: the demo model knows neither of them."
    lines = "\n".join(f"| {aspect} | {one} | {two} |" for aspect, one, two in rows)
    return (
        f"## {title(left)} vs {right}\n\n| {head} | {title(left)} | {title(right)} |\n|:--|:--|:--|\n{lines}\n"
        f"\n{tail}\n"
    )


def ideas(topic: str, count: int, language: Language) -> str:
    """Return a numbered list of so many points about a topic."""
    threads = _THREADS[language]
    aspects = _ASPECTS[language]
    lines = []
    for place in range(count):
        head, claim = aspects[place % len(aspects)]
        said = claim.format(t=topic) if place < len(aspects) else threads[place % len(threads)]
        lines.append(f"{place + 1}. **{head}.** {said}.")
    return "\n".join(lines) + "\n"


def verse(topic: str, language: Language) -> str:
    """Return four lines of verse about a topic; two spaces at an end keep them lines in Markdown."""
    if language == "id":
        return (
            f"Pagi cerah di kota lama,  \nangin datang membawa kabar;  \n*{topic}* jadi tema bersama,  \ndibaca "
            f"pelan, dipahami sabar.\n"
        )
    return (
        f"A question walked in with the morning light,  \nand *{topic}* was all that it said;  \nwe wrote it down "
        f"small, and we read it right,  \nand went on with a clearer head.\n"
    )
