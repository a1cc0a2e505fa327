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
    "shell.lab": ("open the lesson in JupyterLab afterwards", "setelah itu buka pelajaran di JupyterLab"),
    "shell.language": (
        "language of the messages: auto (from the locale), en or id",
        "bahasa pesan: auto (dari locale), en, atau id",
    ),
    "shell.version": ("show the version", "tampilkan versi"),
    # -- the demo
    "shell.starting": (
        "The demo model answers: offline, free, nothing is sent. Starting a kernel ...",
        "Model demo yang menjawab: offline, gratis, tidak ada yang dikirim. Menyiapkan kernel ...",
    ),
    "shell.run": (
        "To run it yourself:  {path}  (this command with --lab opens it in JupyterLab)",
        "Untuk dijalankan sendiri:  {path}  (perintah ini dengan --lab membukanya di JupyterLab)",
    ),
    "shell.read": ("To read it:          {address}", "Untuk dibaca:              {address}"),
    "shell.real": (
        "With a real model:   get a key at app.neosantara.xyz/api-keys and type %neosantara key in a cell",
        "Dengan model sungguhan:    ambil API key di app.neosantara.xyz/api-keys lalu ketik %neosantara key di sel",
    ),
    "shell.opening": ("Opening it in JupyterLab; Ctrl-C ends that.", "Membukanya di JupyterLab; Ctrl-C mengakhirinya."),
    # -- what can go wrong
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
    "shell.kernel": ("The kernel ended before the lesson did.", "Kernel berakhir sebelum pelajaran selesai."),
    "shell.kernel.next": (
        "See whether a kernel starts at all: python -m ipykernel --version",
        "Periksa apakah kernel bisa dijalankan: python -m ipykernel --version",
    ),
    "shell.interrupted": ("Interrupted; nothing was written.", "Dihentikan; tidak ada yang ditulis."),
}
