"""Sentences that `neosantara-magic` prints in a shell.

key: (English, Indonesian). ``key.next`` is the second line of the error ``key``.
"""

from __future__ import annotations

SENTENCES: dict[str, tuple[str, str]] = {
    # -- --help
    "shell.about": (
        "Ask Neosantara AI from a Jupyter cell. This command shows how, without a key and without a network.",
        "Bertanya ke Neosantara AI dari sel Jupyter. Perintah ini menunjukkan caranya, tanpa API key dan tanpa jaringan.",
    ),
    "shell.demo": (
        "run the first lesson here against the offline demo model, and leave it as a notebook and a web page",
        "jalankan pelajaran pertama di sini dengan model demo offline, dan simpan sebagai notebook dan halaman web",
    ),
    "shell.lab": (
        "instead, put all lessons here and open JupyterLab on them",
        "sebagai gantinya, taruh semua pelajaran di sini dan buka dengan JupyterLab",
    ),
    "shell.language": (
        "language of the messages: auto (from the locale), en or id",
        "bahasa pesan: auto (dari locale), en, atau id",
    ),
    "shell.help": ("show this help", "tampilkan bantuan ini"),
    "shell.lessons": (
        "list the lessons, copy them here, or check that they run",
        "daftar pelajaran, salin ke sini, atau periksa apakah semuanya berjalan",
    ),
    "shell.lessons_list": ("list the lessons (also without a word)", "daftar pelajaran (juga tanpa kata ini)"),
    "shell.lessons_copy": (
        "copy lessons and their recordings into a folder; a file that is there stays as it is",
        "salin pelajaran dan rekamannya ke sebuah folder; file yang sudah ada tidak diubah",
    ),
    "shell.lessons_check": (
        "run lessons against the demo model, in a folder of their own that is removed afterwards",
        "jalankan pelajaran dengan model demo, di folder tersendiri yang dihapus sesudahnya",
    ),
    "shell.lessons_names": (
        "lessons, by name or number, as `04` or `id/01`; `id` for all Indonesian ones; every lesson by default",
        "pelajaran, dengan nama atau nomor, misalnya `04` atau `id/01`; `id` untuk yang berbahasa Indonesia; kosong: semua",
    ),
    "shell.lessons_to": ("the folder; this one by default", "folder tujuan; bila kosong, folder ini"),
    "shell.check": (
        "run notebooks against the demo model or a recording, and tell what became of each cell that asks; for CI",
        "jalankan notebook dengan model demo atau rekaman, dan laporkan hasil setiap sel yang bertanya; untuk CI",
    ),
    "shell.check_notebooks": (
        "notebooks; each runs in its own folder with this Python, and its file is not changed",
        "notebook; masing-masing berjalan di foldernya sendiri dengan Python ini, dan filenya tidak diubah",
    ),
    "shell.check_demo": ("answers come from the demo model (the default)", "jawaban dari model demo (bawaan)"),
    "shell.check_replay": (
        "answers come from this recording only; a request that is not in it fails",
        "jawaban hanya dari rekaman ini; request yang tidak ada di dalamnya gagal",
    ),
    "shell.check_timeout": (
        "seconds that one cell may take; 300 by default",
        "batas waktu satu sel dalam detik; bawaan 300",
    ),
    "shell.version": ("show the version", "tampilkan versi"),
    # -- the demo
    "shell.starting": (
        "The demo model answers: offline, free, nothing is sent. Starting a kernel ...",
        "Model demo yang menjawab: offline, gratis, tidak ada yang dikirim. Menyiapkan kernel ...",
    ),
    "shell.run": (
        "To run it yourself:  {path}  (this command with --lab opens all lessons in JupyterLab)",
        "Untuk dijalankan sendiri:  {path}  (perintah ini dengan --lab membuka semua pelajaran di JupyterLab)",
    ),
    "shell.read": ("To read it:          {address}", "Untuk dibaca:              {address}"),
    "shell.real": (
        "With a real model:   get a key at app.neosantara.xyz/api-keys and type %neosantara key in a cell",
        "Dengan model sungguhan:    ambil API key di app.neosantara.xyz/api-keys lalu ketik %neosantara key di sel",
    ),
    "shell.opening": (
        "The lessons are in {folder}. JupyterLab opens the first one; Ctrl-C ends it.",
        "Pelajarannya ada di {folder}. JupyterLab membuka yang pertama; Ctrl-C mengakhirinya.",
    ),
    # -- lessons and check
    "shell.copied": ("copied", "disalin"),
    "shell.same": ("is here already", "sudah ada di sini"),
    "shell.kept": ("not copied", "tidak disalin"),
    "shell.fine": ("ok", "ok"),
    "shell.failed": ("ERROR", "ERROR"),
    "shell.expected": ("expected", "sesuai tag"),
    "shell.none_failed": (
        "Notebooks: {notebooks}. Cells that ask: {asks}. Failed: none.",
        "Notebook: {notebooks}. Sel yang bertanya: {asks}. Gagal: tidak ada.",
    ),
    "shell.some_failed": (
        "Notebooks: {notebooks}. Cells that ask: {asks}. Failed: {failures}.",
        "Notebook: {notebooks}. Sel yang bertanya: {asks}. Gagal: {failures}.",
    ),
    # -- what can go wrong
    "shell.lesson": ("There is no lesson {name}.", "Tidak ada pelajaran {name}."),
    "shell.lesson.next": (
        "neosantara-magic lessons lists them.",
        "neosantara-magic lessons menampilkan daftarnya.",
    ),
    "shell.lesson_near": ("There is no lesson {name}.", "Tidak ada pelajaran {name}."),
    "shell.lesson_near.next": ("Did you mean {near}?", "Maksud Anda {near}?"),
    "shell.occupied": (
        "Not copied, because another file of that name is there and was left alone: {names}",
        "Tidak disalin, karena sudah ada file lain dengan nama itu dan file tersebut tidak diubah: {names}",
    ),
    "shell.occupied.next": (
        "Rename yours, or copy into another folder: --to FOLDER",
        "Ganti nama file Anda, atau salin ke folder lain: --to FOLDER",
    ),
    "shell.no_file": ("There is no file {path}.", "Tidak ada file {path}."),
    "shell.no_file.next": (
        "Give its path as seen from this folder.",
        "Tulis path-nya seperti terlihat dari folder ini.",
    ),
    "shell.no_notebook": ("{path} is not a notebook.", "{path} bukan notebook."),
    "shell.no_notebook.next": (
        "Open it in Jupyter and save it again, or name another file.",
        "Buka di Jupyter lalu simpan lagi, atau sebut file lain.",
    ),
    "shell.slow": (
        "A cell took longer than {seconds} s, so the rest of the notebook was not run.",
        "Satu sel berjalan lebih dari {seconds} detik, jadi sisa notebook tidak dijalankan.",
    ),
    "shell.slow.next": ("Give it more time: --timeout SECONDS", "Beri waktu lebih lama: --timeout DETIK"),
    "shell.check_missing": (
        "Checking runs notebooks, and {missing} is not installed.",
        "Pemeriksaan menjalankan notebook, dan {missing} belum terpasang.",
    ),
    "shell.check_missing.next": ("Install what it needs: {command}", "Pasang yang diperlukan: {command}"),
    "shell.missing": (
        "The demo runs a notebook, and {missing} is not installed.",
        "Demo menjalankan notebook, dan {missing} belum terpasang.",
    ),
    "shell.missing.next": ("Install what it needs: {command}", "Pasang yang diperlukan: {command}"),
    "shell.unwritable": (
        "The lesson can't be written to {folder}: {reason}.",
        "Pelajaran tidak bisa ditulis ke {folder}: {reason}.",
    ),
    "shell.unwritable.next": (
        "Go to a folder of your own first, for example your home, and try again.",
        "Pindah dulu ke folder Anda sendiri, misalnya home, lalu coba lagi.",
    ),
    "shell.cell_failed": (
        "Cell {number} of the lesson failed, so the rest was not run.",
        "Sel {number} dari pelajaran gagal, jadi sisanya tidak dijalankan.",
    ),
    "shell.cell_failed.next": (
        "The notebook as far as it got is in {path}.",
        "Notebook sampai titik itu ada di {path}.",
    ),
    "shell.kernel": ("The kernel ended before the notebook did.", "Kernel berakhir sebelum notebook selesai."),
    "shell.kernel.next": (
        "See whether a kernel starts at all: python -m ipykernel --version",
        "Periksa apakah kernel bisa dijalankan: python -m ipykernel --version",
    ),
    "shell.interrupted": ("Interrupted; nothing was written.", "Dihentikan; tidak ada yang ditulis."),
}
