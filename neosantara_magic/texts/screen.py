"""Sentences about labels, footers, tables, prompts and notices.

key: (English, Indonesian). ``key.next`` is the second line of the error ``key``.
"""

from __future__ import annotations

SENTENCES: dict[str, tuple[str, str]] = {
    # -- the quiet line below an answer
    "footer.tokens": ("{input} tokens in, {output} out", "{input} token masuk, {output} keluar"),
    "footer.recorded": ("recorded", "dari rekaman"),
    "footer.demo": ("demo", "demo"),
    "footer.tool": ("1 tool", "1 tool"),
    "footer.tools": ("{count} tools", "{count} tools"),
    "footer.stopped": ("stopped", "dihentikan"),
    "footer.failed": ("incomplete", "tidak lengkap"),
    "footer.cut": ("cut at {count} tokens: raise --max-tokens", "terpotong di {count} token: naikkan --max-tokens"),
    "footer.cut_somewhere": (
        "cut at the token limit: raise --max-tokens",
        "terpotong di batas token: naikkan --max-tokens",
    ),
    "footer.filtered": ("cut by the content filter", "terpotong oleh filter konten"),
    "footer.seconds": ("{seconds} s", "{seconds} dtk"),
    # -- waits before asking again
    "wait.now": (
        "HTTP {status}: asking again in {seconds} s (wait {attempt} of {most})",
        "HTTP {status}: mencoba lagi dalam {seconds} detik (jeda {attempt} dari {most})",
    ),
    "wait.done": ("HTTP {status}: waited {seconds} s", "HTTP {status}: sudah menunggu {seconds} detik"),
    # -- tool cards
    "card.arriving": ("arriving", "sedang diterima"),
    "card.waiting": ("waiting", "menunggu"),
    "card.asked": ("waiting for your decision", "menunggu keputusan Anda"),
    "card.running": ("running", "berjalan"),
    "card.done": ("done", "selesai"),
    "card.failed": ("failed", "gagal"),
    "card.refused": ("refused", "ditolak"),
    "card.unfinished": ("not finished", "tidak selesai"),
    "card.arguments": ("Arguments", "Argumen"),
    "card.result": ("Result", "Hasil"),
    "card.error": ("Error", "Error"),
    "card.shown": ("Shown by the function", "Ditampilkan oleh fungsi"),
    "card.more": ("… {count} more characters", "… {count} karakter lagi"),
    # -- the answer
    "answer.reasoning": ("Reasoning", "Penalaran"),
    "answer.engine_limit": (
        "Too long or too deep for python-markdown: shown as CommonMark.",
        "Terlalu panjang atau terlalu dalam untuk python-markdown: ditampilkan sebagai CommonMark.",
    ),
    "answer.reasoning_live": ("Reasoning: {count} characters so far", "Penalaran: {count} karakter sejauh ini"),
    "answer.image": ("Image {number}", "Gambar {number}"),
    # -- %neosantara usage
    "usage.model": ("Model", "Model"),
    "usage.conversation": ("Conversation", "Percakapan"),
    "usage.once": ("(single questions)", "(pertanyaan tunggal)"),
    "usage.calls": ("Calls", "Panggilan"),
    "usage.input": ("Tokens in", "Token masuk"),
    "usage.output": ("Tokens out", "Token keluar"),
    "usage.cost": ("Cost", "Biaya"),
    "usage.total": ("Total", "Total"),
    "usage.unpriced": ("{count} without a known price", "{count} tanpa tarif yang diketahui"),
    # -- the budget
    "budget.spent": (
        "The budget of {budget} is used up: {spent} spent so far; nothing was sent.",
        "Anggaran {budget} sudah habis: {spent} sudah terpakai; tidak ada yang dikirim.",
    ),
    "budget.spent.next": (
        "Raise it with %config NeosantaraMagics.budget_idr = …, or start counting anew with %neosantara usage --reset.",
        "Naikkan dengan %config NeosantaraMagics.budget_idr = …, atau hitung dari awal dengan %neosantara usage --reset.",
    ),
    "budget.turn.spent": (
        "The budget of {budget} is used up: {spent} spent so far; the turn's next request was not sent.",
        "Anggaran {budget} sudah habis: {spent} sudah terpakai; request berikutnya di giliran ini tidak dikirim.",
    ),
    "budget.turn.spent.next": (
        "What came so far is kept. To go on, raise %config NeosantaraMagics.budget_idr and run the cell again.",
        "Yang sudah tiba disimpan. Untuk melanjutkan, naikkan %config NeosantaraMagics.budget_idr lalu jalankan lagi selnya.",
    ),
    "budget.turn.passed": (
        "The turn's next request may cost {estimate}; with {spent} spent so far it would pass the budget of {budget}; it was not sent.",
        "Request berikutnya di giliran ini bisa berbiaya {estimate}; dengan {spent} yang sudah terpakai, anggaran {budget} akan terlewati; request itu tidak dikirim.",
    ),
    "budget.turn.passed.next": (
        "What came so far is kept. To go on, raise %config NeosantaraMagics.budget_idr and run the cell again.",
        "Yang sudah tiba disimpan. Untuk melanjutkan, naikkan %config NeosantaraMagics.budget_idr lalu jalankan lagi selnya.",
    ),
    "budget.passed": (
        "This request may cost {estimate}; with {spent} spent so far it would pass the budget of {budget}; nothing was sent.",
        "Request ini bisa berbiaya {estimate}; dengan {spent} yang sudah terpakai, anggaran {budget} akan terlewati; tidak ada yang dikirim.",
    ),
    "budget.passed.next": (
        "Lower --max-tokens, raise %config NeosantaraMagics.budget_idr, or start counting anew with %neosantara usage --reset.",
        "Turunkan --max-tokens, naikkan %config NeosantaraMagics.budget_idr, atau hitung dari awal dengan %neosantara usage --reset.",
    ),
}
