"""Sentences about what a prompt is made of: expressions, values, images; nothing was sent.

key: (English, Indonesian). ``key.next`` is the second line of the error ``key``.
"""

from __future__ import annotations

SENTENCES: dict[str, tuple[str, str]] = {
    # Images, wherever they come from (describe/images.py, prompt/images.py).
    "image.http": (
        "The image {name!r} has a plain http address; only https is passed on.",
        "Gambar {name!r} memakai alamat http biasa; hanya https yang diteruskan.",
    ),
    "image.http.next": (
        "Use the https address, or download the image and give its file name.",
        "Pakai alamat https, atau simpan gambarnya lalu berikan nama file-nya.",
    ),
    "image.scheme": (
        "{name!r} is not an address that the service can read.",
        "{name!r} bukan alamat yang bisa dibaca server.",
    ),
    "image.scheme.next": (
        "Give an https URL, a file name, or a variable.",
        "Berikan URL https, nama file, atau variabel.",
    ),
    "image.missing": (
        "There is no file or variable {name!r}.",
        "Tidak ada file atau variabel {name!r}.",
    ),
    "image.missing.next": (
        "Check the name and the working directory (%pwd shows it).",
        "Periksa namanya dan direktori kerja (lihat dengan %pwd).",
    ),
    "image.missing.near": (
        "There is no file or variable {name!r}.",
        "Tidak ada file atau variabel {name!r}.",
    ),
    "image.missing.near.next": (
        "Did you mean {near!r}?",
        "Maksud Anda {near!r}?",
    ),
    "image.none_shown": (
        "No cell has shown an image yet, so --image _ means nothing.",
        "Belum ada sel yang menampilkan gambar, jadi --image _ belum berarti apa-apa.",
    ),
    "image.none_shown.next": (
        "Show a plot in the cell before, or name the figure: --image fig",
        "Tampilkan plot di sel sebelumnya, atau sebut figure-nya: --image fig",
    ),
    "image.folder": (
        "{name!r} is a folder, not an image.",
        "{name!r} adalah folder, bukan gambar.",
    ),
    "image.folder.next": (
        "Name one file in it.",
        "Sebutkan satu file di dalamnya.",
    ),
    "image.unreadable": (
        "{name!r} cannot be read: {error}.",
        "{name!r} tidak bisa dibaca: {error}.",
    ),
    "image.unreadable.next": (
        "Check the file and its permissions.",
        "Periksa file dan izin aksesnya.",
    ),
    "image.value": (
        "The variable {name!r} is not an image: it holds {kind!r}.",
        "Variabel {name!r} bukan gambar: isinya {kind!r}.",
    ),
    "image.value.next": (
        "Give a Pillow image, a Matplotlib figure, image bytes, a file name or an https URL.",
        "Berikan gambar Pillow, figure Matplotlib, byte gambar, nama file, atau URL https.",
    ),
    "image.array": (
        "The variable {name!r} holds numbers ({kind}), not an image.",
        "Variabel {name!r} berisi angka ({kind}), bukan gambar.",
    ),
    "image.array.next": (
        "Make an image of it first: PIL.Image.fromarray({name}), or plot it and give the figure.",
        "Jadikan gambar dulu: PIL.Image.fromarray({name}), atau buat plot lalu berikan figure-nya.",
    ),
    "image.failed": (
        "{name!r} could not be turned into an image: {error}.",
        "{name!r} tidak bisa dijadikan gambar: {error}.",
    ),
    "image.failed.next": (
        "Save it as a PNG file and give the file name.",
        "Simpan sebagai file PNG lalu berikan nama file-nya.",
    ),
    # Expressions in the prompt (prompt/). The excerpt with its caret follows the first line.
    "expression.broken": (
        "Line {line} of the prompt has an expression that cannot be read: {reason}.",
        "Baris {line} pada prompt berisi ekspresi yang tidak bisa dibaca: {reason}.",
    ),
    "expression.broken.next": (
        "Correct it (Jinja2 syntax), or add --raw to send the braces as typed.",
        "Perbaiki (sintaks Jinja2), atau tambahkan --raw agar kurung kurawal dikirim apa adanya.",
    ),
    "expression.reason.end": ("it ends too early", "ekspresi berakhir terlalu cepat"),
    "expression.reason.empty": ("it is empty", "ekspresinya kosong"),
    "expression.reason.unexpected": ("unexpected {word!r}", "{word!r} tidak pada tempatnya"),
    "expression.reason.near": ("{reason}, nearest: {near}", "{reason}, yang paling mirip: {near}"),
    "expression.open": (
        "Line {line} of the prompt opens an expression with {{{{ that no }}}} closes.",
        "Baris {line} pada prompt membuka ekspresi dengan {{{{ tanpa }}}} penutup.",
    ),
    "expression.open.next": (
        "Close it with }}}}, or add --raw to send the braces as typed.",
        "Tutup dengan }}}}, atau tambahkan --raw agar kurung kurawal dikirim apa adanya.",
    ),
    "expression.name": (
        "{expression}: there is no variable {name!r} in this notebook.",
        "{expression}: tidak ada variabel {name!r} di notebook ini.",
    ),
    "expression.name.next": (
        "Run the cell that defines it, or add --raw to send the braces as typed.",
        "Jalankan sel yang mendefinisikannya, atau tambahkan --raw agar kurung kurawal dikirim apa adanya.",
    ),
    "expression.name.near": (
        "{expression}: there is no variable {name!r} in this notebook.",
        "{expression}: tidak ada variabel {name!r} di notebook ini.",
    ),
    "expression.name.near.next": (
        "Did you mean {near!r}? To send the braces as typed, add --raw.",
        "Maksud Anda {near!r}? Agar kurung kurawal dikirim apa adanya, tambahkan --raw.",
    ),
    "expression.member": (
        "{expression}: this {kind} has no attribute or item {name}.",
        "{expression}: {kind} ini tidak punya atribut atau item {name}.",
    ),
    "expression.member.next": (
        "Correct the expression, or add --raw to send the braces as typed.",
        "Perbaiki ekspresinya, atau tambahkan --raw agar kurung kurawal dikirim apa adanya.",
    ),
    "expression.member.near": (
        "{expression}: this {kind} has no attribute or item {name}.",
        "{expression}: {kind} ini tidak punya atribut atau item {name}.",
    ),
    "expression.member.near.next": (
        "Did you mean {near!r}? To send the braces as typed, add --raw.",
        "Maksud Anda {near!r}? Agar kurung kurawal dikirim apa adanya, tambahkan --raw.",
    ),
    "expression.raised": (
        "{expression} could not be computed: {error}",
        "{expression} tidak bisa dihitung: {error}",
    ),
    "expression.raised.next": (
        "Try it in a cell of its own, or add --raw to send the braces as typed.",
        "Coba di sel tersendiri, atau tambahkan --raw agar kurung kurawal dikirim apa adanya.",
    ),
    "expression.image": (
        "{expression} is an image, and instructions are text only.",
        "{expression} adalah gambar, sedangkan instruksi hanya berupa teks.",
    ),
    "expression.image.next": (
        "Put it in the prompt, or attach it with --image.",
        "Masukkan ke prompt, atau lampirkan dengan --image.",
    ),
    "image.none": (
        "{name!r} is not an image.",
        "{name!r} bukan gambar.",
    ),
    "image.none.next": (
        "Give a PNG, JPEG, WEBP or GIF file, an https URL, or a variable with a Pillow image or a Matplotlib figure.",
        "Pakai file PNG, JPEG, WEBP, atau GIF, URL https, atau variabel berisi gambar Pillow atau figure Matplotlib.",
    ),
    "image.format": (
        "{name!r} is an image of the format {format}, which Neosantara does not take.",
        "{name!r} adalah gambar berformat {format}, yang tidak diterima Neosantara.",
    ),
    "image.format.next": (
        "Save it as PNG, JPEG, WEBP or a GIF that does not move.",
        "Simpan sebagai PNG, JPEG, WEBP, atau GIF yang tidak bergerak.",
    ),
    "image.large": (
        "{name!r} has {size} MB; an image may have {limit} MB at most.",
        "{name!r} berukuran {size} MB; satu gambar paling banyak {limit} MB.",
    ),
    "image.large.next": (
        "Make it smaller: fewer pixels, or JPEG instead of PNG.",
        "Perkecil gambarnya: kurangi piksel, atau pakai JPEG alih-alih PNG.",
    ),
    "image.pixels": (
        "{name!r} has {width} × {height} pixels, too many to encode.",
        "{name!r} berukuran {width} × {height} piksel, terlalu besar untuk dikirim.",
    ),
    "image.pixels.next": (
        "Make it smaller first, for example with image.thumbnail((2000, 2000)) or a smaller dpi.",
        "Perkecil dulu, misalnya dengan image.thumbnail((2000, 2000)) atau dpi yang lebih kecil.",
    ),
    # The prompt and the line commands (parsing/).
    "prompt.blank": ("The cell has no prompt.", "Sel ini tidak punya prompt."),
    "prompt.blank.next": (
        "Write the question below the %%neosantara line.",
        "Tulis pertanyaan di bawah baris %%neosantara.",
    ),
    "prompt.filled_blank": (
        "The prompt is blank once its {{{{ expressions }}}} are filled in; nothing was sent.",
        "Prompt menjadi kosong setelah {{{{ ekspresi }}}} diisi; tidak ada yang dikirim.",
    ),
    "prompt.filled_blank.next": (
        "See what they hold in a cell of their own, or write a question beside them.",
        "Lihat isinya di sel tersendiri, atau tulis pertanyaan di sampingnya.",
    ),
    "prompt.missing": ("%neosantara ask has no prompt.", "%neosantara ask tidak punya prompt."),
    "prompt.missing.next": (
        "Write it after the flags: %neosantara ask Why is the sky blue?",
        "Tulis setelah flag: %neosantara ask Mengapa langit biru?",
    ),
    "prompt.blank_python": ("ask() got a prompt with no text.", "ask() mendapat prompt tanpa teks."),
    "prompt.blank_python.next": (
        'Give the question as text: ask("Why is the sky blue?")',
        'Beri pertanyaan sebagai teks: ask("Mengapa langit biru?")',
    ),
}
