"""Sentences about batches: `ask_many` and ``--each``.

key: (English, Indonesian). ``key.next`` is the second line of the error ``key``.
"""

from __future__ import annotations

SENTENCES: dict[str, tuple[str, str]] = {
    # -- the bar and the closing line
    "batch.bar": ("{done} of {total} rows", "{done} dari {total} baris"),
    "batch.bar_per_second": ("{rate}/s", "{rate}/dtk"),
    "batch.bar_per_minute": ("{rate}/min", "{rate}/mnt"),
    "batch.bar_left": ("{time} left", "sisa {time}"),
    "batch.bar_failed": ("{count} failed", "{count} gagal"),
    "batch.bar_waiting": ("limit reached, waiting {seconds} s", "batas tercapai, menunggu {seconds} dtk"),
    "batch.rows": ("{count} rows", "{count} baris"),
    "batch.answered": ("{count} answered", "{count} dijawab"),
    "batch.kept": ("{count} already in the file", "{count} sudah ada di file"),
    "batch.filled": ("{count} filled before", "{count} sudah terisi"),
    "batch.all_filled": (
        "Nothing was asked: the column {column} is filled. Delete it first to ask these rows again.",
        "Tidak ada yang ditanyakan: kolom {column} sudah terisi. Hapus dulu kolom itu untuk menanyakan baris ini lagi.",
    ),
    "batch.failed": ("{count} failed", "{count} gagal"),
    "batch.first_error": ("The first failure: {error}", "Kegagalan pertama: {error}"),
    "batch.dry_run": (
        "{count} requests would be sent; nothing was. Estimated: {tokens} tokens in, at most {most} out; cost at most {cost}. The first:",
        "{count} request akan dikirim; belum ada yang dikirim. Perkiraan: {tokens} token masuk, paling banyak {most} keluar; biaya paling banyak {cost}. Yang pertama:",
    ),
    "batch.stopped": (
        "You stopped the batch after {count} rows; they are kept.",
        "Batch dihentikan setelah {count} baris; hasilnya disimpan.",
    ),
    "batch.stopped.next": (
        'They are in the exception\'s .answers; with out="FILE.jsonl" running it again asks only the rest.',
        'Hasilnya ada di .answers milik exception; dengan out="FILE.jsonl", menjalankannya lagi hanya menanyakan sisanya.',
    ),
    "batch.stopped_file": (
        "You stopped the batch after {count} rows; they are kept.",
        "Batch dihentikan setelah {count} baris; hasilnya disimpan.",
    ),
    "batch.stopped_file.next": (
        "Run it again with the same out= file: it asks only the rest.",
        "Jalankan lagi dengan file out= yang sama: hanya sisanya yang ditanyakan.",
    ),
    "batch.stopped_each": (
        "You stopped the batch after {count} rows; they are kept.",
        "Batch dihentikan setelah {count} baris; hasilnya disimpan.",
    ),
    "batch.stopped_each.next": (
        "Run the cell again: it asks only the rows without an answer.",
        "Jalankan lagi selnya: hanya baris tanpa jawaban yang ditanyakan.",
    ),
    # -- what holds prompts
    "batch.one_prompt": (
        "ask_many takes many prompts, not one {kind}.",
        "ask_many menerima banyak prompt, bukan satu {kind}.",
    ),
    "batch.one_prompt.next": (
        'Put it in a list, ask_many([prompt]), or read a file: ask_many(Path("questions.csv"))',
        'Masukkan ke dalam list, ask_many([prompt]), atau baca file: ask_many(Path("questions.csv"))',
    ),
    "batch.no_prompts": ("A value of type {kind} holds no prompts.", "Nilai bertipe {kind} tidak berisi prompt."),
    "batch.no_prompts.next": (
        "Give a list, a generator, a DataFrame, a Series or a Path.",
        "Berikan list, generator, DataFrame, Series, atau Path.",
    ),
    "batch.no_template": (
        "The rows have several columns ({columns}) and none is called prompt.",
        "Barisnya punya beberapa kolom ({columns}) dan tidak ada yang bernama prompt.",
    ),
    "batch.no_template.next": (
        'Say what to ask: ask_many(rows, template="… {{{{ row.column }}}} …")',
        'Tulis apa yang ditanyakan: ask_many(rows, template="… {{{{ row.column }}}} …")',
    ),
    "batch.no_text": ("A prompt must be text, not {kind}.", "Prompt harus berupa teks, bukan {kind}."),
    "batch.no_text.next": (
        'Turn it into text, or say how: ask_many(rows, template="… {{{{ row }}}} …")',
        'Ubah menjadi teks, atau tulis caranya: ask_many(rows, template="… {{{{ row }}}} …")',
    ),
    "batch.frame_local": (
        "{name} is a variable of a function, and a polars frame cannot get its column in place.",
        "{name} adalah variabel fungsi, dan frame polars tidak bisa diberi kolom di tempat.",
    ),
    "batch.frame_local.next": (
        "Ask in the cell itself, or use ask_many() and add the answers as a column.",
        "Bertanya di sel langsung, atau pakai ask_many() lalu tambahkan jawabannya sebagai kolom.",
    ),
    "batch.blank": ("The row is blank, so nothing was sent for it.", "Baris ini kosong, jadi tidak ada yang dikirim."),
    "batch.blank.next": ("Leave the row out, or fill it.", "Hapus barisnya, atau isi."),
    # -- files of prompts
    "batch.file_kind": ("{path} is no kind of file that holds prompts.", "{path} bukan jenis file yang berisi prompt."),
    "batch.file_kind.next": ("Kinds that do: {kinds}", "Jenis yang bisa: {kinds}"),
    "batch.file_missing": ("There is no file {path}.", "Tidak ada file {path}."),
    "batch.file_missing.next": (
        "Check the path and the working directory (%pwd shows it).",
        "Periksa path-nya dan direktori kerja (lihat dengan %pwd).",
    ),
    "batch.file_missing_near": ("There is no file {path}.", "Tidak ada file {path}."),
    "batch.file_missing_near.next": ("Did you mean {near}?", "Maksud Anda {near}?"),
    "batch.file_line": ("Line {line} of {path} is not JSON.", "Baris {line} di {path} bukan JSON."),
    "batch.file_line.next": (
        "Each line must be a JSON object or a JSON string.",
        "Tiap baris harus berupa objek JSON atau string JSON.",
    ),
    "batch.file_encoding": ("{path} is not in UTF-8.", "{path} tidak memakai UTF-8."),
    "batch.file_encoding.next": (
        "Save it as UTF-8 (in a spreadsheet: CSV UTF-8), or read it with pandas: pd.read_csv(..., encoding=...)",
        "Simpan sebagai UTF-8 (di spreadsheet: CSV UTF-8), atau baca dengan pandas: pd.read_csv(..., encoding=...)",
    ),
    "batch.file_unreadable": ("{path} cannot be read: {error}", "{path} tidak bisa dibaca: {error}"),
    "batch.file_unreadable.next": (
        "See that the file is whole and what its name says, then run it again.",
        "Pastikan file itu utuh dan isinya sesuai dengan namanya, lalu jalankan lagi.",
    ),
    "batch.columns_alike": (
        "Two columns are called {column}.",
        "Ada dua kolom yang bernama {column}.",
    ),
    "batch.columns_alike.next": (
        "Rename one of them, or leave it out.",
        "Ganti nama salah satunya, atau hapus.",
    ),
    "batch.parquet": ("Reading {path} needs pyarrow or polars.", "Membaca {path} memerlukan pyarrow atau polars."),
    "batch.parquet.next": ("Install one: %pip install pyarrow", "Pasang salah satu: %pip install pyarrow"),
    # -- flags
    "batch.flag": ("{flag} means nothing in a batch.", "{flag} tidak berarti apa-apa di dalam batch."),
    "batch.flag.next": (
        "Each row is a single question without history; leave {flag} out.",
        "Tiap baris adalah pertanyaan tunggal tanpa riwayat; hapus {flag}.",
    ),
    "batch.executor": ("A value of type {kind} is no executor.", "Nilai bertipe {kind} bukan executor."),
    "batch.executor.next": (
        "Give any concurrent.futures.Executor, such as ProcessPoolExecutor() or Dask's client.get_executor().",
        "Berikan concurrent.futures.Executor apa saja, misalnya ProcessPoolExecutor() atau client.get_executor() dari Dask.",
    ),
    # -- the file of answers
    "batch.out_busy": ("Another batch is writing {path}.", "Batch lain sedang menulis {path}."),
    "batch.out_busy.next": ("Wait for it, or choose another file.", "Tunggu sampai selesai, atau pilih file lain."),
    "batch.out_unwritable": ("{path} cannot be written: {error}.", "{path} tidak bisa ditulis: {error}."),
    "batch.out_unwritable.next": ("Choose another place for out=.", "Pilih tempat lain untuk out=."),
    "batch.out_foreign": (
        "{path} holds something other than answers of a batch; it was not touched.",
        "{path} berisi hal lain, bukan jawaban batch; file itu tidak disentuh.",
    ),
    "batch.out_foreign.next": ("Choose another file for out=.", "Pilih file lain untuk out=."),
    "batch.out_source": (
        "{path} holds the prompts, so the answers cannot be written there.",
        "{path} berisi prompt-nya, jadi jawaban tidak bisa ditulis di sana.",
    ),
    "batch.out_source.next": ("Choose another file for out=.", "Pilih file lain untuk out=."),
    "batch.out_damaged": (
        "{path}: damaged lines skipped: {count}; their rows are asked again.",
        "{path}: baris rusak yang dilewati: {count}; pertanyaannya diajukan lagi.",
    ),
    # -- workers
    "batch.workers_lost": (
        "The workers could not send this request: {error}",
        "Worker tidak bisa mengirim request ini: {error}",
    ),
    "batch.workers_lost.next": (
        "Check that neosantara-magic is installed on the workers; with out= running it again asks only the rest.",
        "Periksa apakah neosantara-magic terpasang di worker; dengan out=, menjalankannya lagi hanya menanyakan sisanya.",
    ),
    "batch.executor_broken": (
        "The executor broke ({error}); the remaining rows are sent from this process.",
        "Executor rusak ({error}); baris yang tersisa dikirim dari proses ini.",
    ),
    # -- --each
    "batch.frame_missing": ("There is no variable {name}.", "Tidak ada variabel {name}."),
    "batch.frame_missing.next": (
        "--each takes the name of a pandas or polars DataFrame.",
        "--each menerima nama DataFrame pandas atau polars.",
    ),
    "batch.frame_missing_near": ("There is no variable {name}.", "Tidak ada variabel {name}."),
    "batch.frame_missing_near.next": ("Did you mean the DataFrame {near}?", "Maksud Anda DataFrame {near}?"),
    "batch.no_frame": ("{name} is of type {kind}, not a DataFrame.", "{name} bertipe {kind}, bukan DataFrame."),
    "batch.no_frame.next": (
        "Make it a DataFrame, or use neosantara_magic.ask_many({name}).",
        "Ubah menjadi DataFrame, atau pakai neosantara_magic.ask_many({name}).",
    ),
    "batch.no_row": (
        "The prompt does not use its row, so every row of {name} would get the same answer.",
        "Prompt tidak memakai barisnya, jadi semua baris {name} akan mendapat jawaban yang sama.",
    ),
    "batch.no_row.next": ("Put a column in: {{{{ row.{column} }}}}", "Masukkan kolom: {{{{ row.{column} }}}}"),
}
