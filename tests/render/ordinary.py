"""Ordinary texts in which signs mean two things: what is shown at the end must be what was shown live.

For: money, shell variables, formulas, code with dollars, in paragraphs, lists, quotes and tables, in two languages.
``FORMULAS`` says how many formulas a reader must see typeset.
"""

from __future__ import annotations

MONEY = (
    "Harga beras $5 dan jagung $10 per kilo.",
    "Jadi antara $5 dan $10.",
    "It costs $5, not $50, and $500 is too much.",
    "Rp 5.000 atau US$3, lalu US$4.",
    "Between $1.50 and $2.75 a litre.",
    "$20-$30 for two, or 20$ to 30$.",
    "Gaji: $1,200/bulan (naik dari $1,000).",
    "A $5 bill, a $10 bill and a $20 bill.",
    "**$5** atau **$10**?",
    "*$5* is less than *$10*.",
    "Budget: $5k–$10k; spent: $7k.",
    "Saham naik dari $12 ke $15 ($3 lebih).",
    "| barang | harga |\n|---|---|\n| beras | $5 |\n| jagung | $10 |",
    "| a | b |\n|--:|:-:|\n| $1 | $2 |\n| $3 | $4 |",
    "- beras $5\n- jagung $10\n- gula $15",
    "1. $5\n2. $10",
    "> Dia bilang $5.\n> Saya bilang $10.",
    "# Harga $5 dan $10",
    "Total: $5 + $10 = $15.",
    "Harga_beli $5, harga_jual $10, jadi untung_bersih $5.",
    "The (cheap) one is $5, the [dear](https://example.org) one $10.",
    "$",
    "$$",
    "5$",
    "a $ b $ c",
    "US$ 5 dan US$ 10 saja.",
)
SHELL = (
    "Set $HOME and $PATH first.", "Run `echo $HOME` then `echo $PATH`.", "Use ${HOME} or $(pwd).", "`$1` and `$2` are arguments.",
    '```bash\nexport A=$B\necho "$A $C"\n```', "```bash\nfor f in $(ls); do echo $f; done\n```\n\nIt costs $5.",
    "In PHP: `$x = $y;` and in Perl `$_`.", "```php\n$harga = $jumlah * 5;\n```", "```js\nconst a = `${b} ${c}`;\n```",
    "The regex `^\\d+$` matches, `^$` is empty.", "LaTeX uses `$x$` and `$$x$$`.", "Tulis `\\(x\\)` untuk rumus.",
    "A path C:\\Users\\budi and \\\\server\\share.", "Escape it: \\$5 and \\$10.", "Backslashes: \\\\( and \\\\[ are text.",
    "Jinja: {{ x }} and {% if y %}.", "Email budi@example.org or see https://example.org/a_(b)?c=$d&e=$f.",
    "`a|b` and a | b | c.", "x < y and y > z; a<b.", "R: x <- 5; if (x<3) y.", "<b>not bold</b> and <br> is text.", "AT&T &amp; &copy;",
    "snake_case_name and __init__ and 2*3*4.", "a ~ b ~~gone~~ ~c~", "Tunggu... `kode` — “kutip” ‘x’ … ½ é 日本語 😀",
)  # fmt: skip
FORMULAS = {
    "Rumusnya $x^2$.": 1, "Jika $a<b$ maka $b>a$.": 2, "$$\\sum_{i=1}^n x_i$$": 1, "Inline \\(a_1 + b_1\\) saja.": 1,
    "\\[\\int_0^1 x\\,dx = \\frac12\\]": 1, "Harga $5, tetapi $y = ax + b$ adalah garis.": 1, "- $x_1$\n- $x_2$\n- harga $5": 2,
    "1. \\(x\\)\n2. \\(y\\)": 2, "> Jadi $e^{i\\pi} + 1 = 0$.": 1, "| rumus | nilai |\n|---|---|\n| $x_1$ | $5 |\n| $x_2$ | $10 |": 2,
    "| a | b |\n|---|---|\n| $\\alpha$ | \\(\\beta\\) |": 2, "$$\ny = mx + c\n$$\n\nlalu $m$ dan $c$.": 3, "**Rata-rata** $\\bar{x}$ dari *data* $x_i$.": 2,
    "Text\n\\[\nx = \\frac{-b \\pm \\sqrt{b^2-4ac}}{2a}\n\\]\nmore": 1, "\\begin{align}\na &= b \\\\\nc &= d\n\\end{align}": 1,
    "# Judul $x$\n\nteks": 1, "$f(x) = \\{x \\mid x > 0\\}$": 1, "Untuk $n \\ge 1$, `kode $x$` dan $k$.": 2, "$a_b$ dan a_b dan $c_d$": 2,
    "$x*y*z$ bukan *miring*": 1, "Peluang $P(A|B)$ kecil.": 1, '($x$), [$y$], "$z$".': 3, "$\\text{harga} = 5$": 1, "- a\n\n  $$x$$\n\n- b": 1,
    "```\n$x$\n```\n\n$y$": 1, "$\\frac{a}{b}$ dan $5": 1, "Satu $x$, dua $y$, harga $7.": 2, "\\(\\LaTeX\\) dan $\\pi \\approx 3{,}14$": 2,
    "$A = \\begin{pmatrix} 1 & 2 \\\\ 3 & 4 \\end{pmatrix}$": 1, "Sudut $90^\\circ$ dan suhu 30 °C.": 1, "$\\dot{x}$ dan $f(x)$": 2,
}  # fmt: skip
TEXTS = (*MONEY, *SHELL, *FORMULAS)
