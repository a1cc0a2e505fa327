"""Sentences about the chat panel and the playground.

key: (English, Indonesian). ``key.next`` is the second line of the error ``key``.
"""

from __future__ import annotations

SENTENCES: dict[str, tuple[str, str]] = {
    # -- the stored conversation
    "panel.question": ("Question {number}", "Pertanyaan {number}"),
    "panel.images": ("{count} images", "{count} gambar"),
    "panel.no_text": ("(no text)", "(tanpa teks)"),
    "panel.empty": ("Conversation {name}: no questions yet.", "Percakapan {name}: belum ada pertanyaan."),
    "panel.plain": (
        "The chat panel opens here in a front end with widgets.",
        "Panel chat terbuka di sini, di front end yang mendukung widget.",
    ),
    "panel.without": (
        "{front_end} cannot show the chat panel, so the conversation stands here as text.\nOpen the notebook in JupyterLab, Notebook 7, VS Code or Colab to type in it; from a cell, .send() asks.",
        "{front_end} tidak bisa menampilkan panel chat, jadi percakapannya tampil sebagai teks di sini.\nBuka notebook di JupyterLab, Notebook 7, VS Code, atau Colab untuk mengetik di dalamnya; dari sel, .send() bertanya.",
    ),
    # -- labels
    "panel.title": ("Chat with Neosantara", "Chat dengan Neosantara"),
    "panel.log": ("Conversation", "Percakapan"),
    "panel.you": ("You", "Anda"),
    "panel.input": ("Your question", "Pertanyaan Anda"),
    "panel.hint": ("Enter sends, Shift+Enter breaks the line", "Enter mengirim, Shift+Enter baris baru"),
    "panel.send": ("Send", "Kirim"),
    "panel.stop": ("Stop", "Hentikan"),
    "panel.stopping": ("Stopping…", "Menghentikan…"),
    "panel.attach": ("Add images", "Tambah gambar"),
    "panel.detach": ("Remove image {number}", "Hapus gambar {number}"),
    "panel.not_image": (
        "{name} is not a PNG, JPEG, WEBP or GIF image.",
        "{name} bukan gambar PNG, JPEG, WEBP, atau GIF.",
    ),
    "panel.edit": ("Edit", "Ubah"),
    "panel.cancel": ("Cancel", "Batal"),
    "panel.ask_again": ("Ask again", "Tanya lagi"),
    "panel.fork": ("Fork here", "Cabangkan di sini"),
    "panel.copy": ("Copy", "Salin"),
    "panel.copied": ("Copied", "Tersalin"),
    "panel.options": ("Model and tools", "Model dan tools"),
    "panel.model": ("Model", "Model"),
    "panel.tools": ("Tools the model may call", "Tools yang boleh dipanggil model"),
    "panel.no_tools": ("No tools were named.", "Tidak ada tools yang disebut."),
    "panel.confirms": ("asks first", "bertanya dulu"),
    "panel.conversation": ("Conversation", "Percakapan"),
    "panel.spent": ("spent so far: {amount}", "terpakai: {amount}"),
    "panel.spent_unpriced": (
        "spent so far: {amount}, and {count} calls without a known price",
        "terpakai: {amount}, dan {count} panggilan tanpa tarif yang diketahui",
    ),
    "panel.asks": ("The model wants to run {name} with", "Model ingin menjalankan {name} dengan"),
    "panel.run": ("Run", "Jalankan"),
    "panel.refuse": ("Refuse", "Tolak"),
    "panel.run_all": ("Run all {name} calls of this turn", "Jalankan semua panggilan {name} di giliran ini"),
    "panel.answered": ("The answer is complete.", "Jawaban selesai."),
    "panel.working": ("Answering", "Menjawab"),
    "panel.stopped": ("Stopped before the answer began.", "Dihentikan sebelum jawaban dimulai."),
    "panel.reloaded": (
        "This page was loaded again. Run the cell again, so that the notebook keeps the answers from now on.",
        "Halaman ini dimuat ulang. Jalankan lagi selnya agar notebook menyimpan jawaban selanjutnya.",
    ),
    "panel.gone": (
        "The kernel is not running. Run the cell again to go on.",
        "Kernel tidak berjalan. Jalankan lagi selnya untuk melanjutkan.",
    ),
    "panel.bug": ("{kind}: {message}", "{kind}: {message}"),
    # -- errors
    "panel.nowhere": ("A chat panel needs a notebook.", "Panel chat memerlukan notebook."),
    "panel.nowhere.next": (
        "Here, ask with %neosantara ask or neosantara_magic.ask().",
        "Di sini, bertanyalah dengan %neosantara ask atau neosantara_magic.ask().",
    ),
    "panel.flag": ("A chat panel takes no {flag}.", "Panel chat tidak menerima {flag}."),
    "panel.flag.next": (
        "Leave it out; %neosantara help ask shows where it fits.",
        "Hapus flag itu; %neosantara help ask menunjukkan tempatnya.",
    ),
    "panel.busy": ("This panel is still answering.", "Panel ini masih menjawab."),
    "panel.busy.next": ("Wait for the answer, or press Stop.", "Tunggu jawabannya, atau tekan Hentikan."),
    "panel.closed": ("This panel is closed.", "Panel ini sudah ditutup."),
    "panel.closed.next": ("Open a new one with chat().", "Buka yang baru dengan chat()."),
    "panel.blank": ("There is no question to send.", "Tidak ada pertanyaan untuk dikirim."),
    "panel.blank.next": ("Type one, or add an image.", "Ketik pertanyaan, atau tambahkan gambar."),
    "panel.no_turn": ("There is no question {number}.", "Tidak ada pertanyaan {number}."),
    "panel.no_turn.next": ("Questions in this conversation: {count}.", "Pertanyaan di percakapan ini: {count}."),
    # -- the playground
    "playground.ask": ("Ask", "Tanya"),
    "playground.compare": ("Compare with", "Bandingkan dengan"),
    "playground.nothing": ("nothing", "tidak ada"),
    "playground.other_model": ("another model", "model lain"),
    "playground.other_temperature": ("another temperature", "temperature lain"),
    "playground.temperature": ("Temperature", "Temperature"),
    "playground.reasoning": ("Reasoning", "Penalaran"),
    "playground.default": ("(default)", "(bawaan)"),
    "playground.live": ("Ask on change", "Tanya saat berubah"),
    "playground.asking": ("Asking…", "Bertanya…"),
    "playground.cost": ("Asked {count} ×, {amount}", "Ditanyakan {count} ×, {amount}"),
    "playground.missing": ("Nothing was given for {name}.", "Tidak ada nilai untuk {name}."),
    "playground.missing.next": (
        'Pass it: playground(prompt, {name}=["one", "two"])',
        'Berikan: playground(prompt, {name}=["satu", "dua"])',
    ),
    "playground.abbrev": (
        "{name}: nothing can be picked from {given}.",
        "{name}: tidak ada yang bisa dipilih dari {given}.",
    ),
    "playground.abbrev.next": (
        "Give a list of choices, a (low, high) pair, a text, a number or a bool.",
        "Berikan daftar pilihan, pasangan (rendah, tinggi), teks, angka, atau bool.",
    ),
}
