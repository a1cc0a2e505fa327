"""Sentences about turns, conversations, recordings and the line commands.

key: (English, Indonesian). ``key.next`` is the second line of the error ``key``.
"""

from __future__ import annotations

SENTENCES: dict[str, tuple[str, str]] = {
    "stopped": ("You stopped the answer; what had arrived is kept.", "Jawaban dihentikan; yang sudah tiba disimpan."),
    "stopped.next": (
        "It is in _neosantara, marked stopped; run the cell again to ask again.",
        "Ada di _neosantara, ditandai dihentikan; jalankan lagi sel ini untuk bertanya lagi.",
    ),
    "stopped_early": ("You stopped this before it was done.", "Ini dihentikan sebelum selesai."),
    "stopped_early.next": ("Run the cell again when you like.", "Jalankan lagi sel ini bila perlu."),
    "ask.each": (
        "each= and into= belong to the cell magic; nothing was sent.",
        "each= dan into= milik cell magic; tidak ada yang dikirim.",
    ),
    "ask.each.next": (
        "From Python: neosantara_magic.ask_many(frame, template=...)",
        "Dari Python: neosantara_magic.ask_many(frame, template=...)",
    ),
    "prompt.not_text": (
        "The prompt must be text, not {kind}; nothing was sent.",
        "Prompt harus berupa teks, bukan {kind}; tidak ada yang dikirim.",
    ),
    "prompt.not_text.next": (
        "Pass a string; for many prompts at once there is ask_many([...]).",
        "Berikan string; untuk banyak prompt sekaligus ada ask_many([...]).",
    ),
    "rounds_reached": (
        "limit of {count} tool rounds reached (--max-rounds)",
        "batas {count} putaran tools tercapai (--max-rounds)",
    ),
    "conversation_resent": (
        "the server no longer knew this conversation: the transcript was sent again",
        "server tidak lagi mengenal percakapan ini: transkrip dikirim ulang",
    ),
    "schema_cut": (
        "The answer was cut at its token limit, so the data is not complete.",
        "Jawaban terpotong di batas token, jadi datanya tidak lengkap.",
    ),
    "schema_cut.next": (
        "Raise --max-tokens and run the cell again; what came is in _neosantara.text.",
        "Naikkan --max-tokens lalu jalankan lagi selnya; yang sudah tiba ada di _neosantara.text.",
    ),
    "dry_run_unpriced": (
        "not known; %neosantara models fetches the prices",
        "belum diketahui; %neosantara models mengambil tarifnya",
    ),
    "model_blind": (
        "{model} cannot see images; nothing was sent.",
        "{model} tidak bisa melihat gambar; tidak ada yang dikirim.",
    ),
    "model_blind.next": (
        "Choose a model with vision: %neosantara models vision",
        "Pilih model dengan vision: %neosantara models vision",
    ),
    "context_too_long": (
        "About {tokens} tokens would be sent, but {model} reads {window} at most; nothing was sent.",
        "Sekitar {tokens} token akan dikirim, padahal {model} membaca paling banyak {window}; tidak ada yang dikirim.",
    ),
    "context_too_long.next": (
        "Start over with --new, ask without history with --once, or fork an earlier point: %neosantara fork NEW --at N",
        "Mulai lagi dengan --new, bertanya tanpa riwayat dengan --once, atau cabangkan titik lebih awal: %neosantara fork NEW --at N",
    ),
    "context_too_long.alone": (
        "About {tokens} tokens would be sent, but {model} reads {window} at most; nothing was sent.",
        "Sekitar {tokens} token akan dikirim, padahal {model} membaca paling banyak {window}; tidak ada yang dikirim.",
    ),
    "context_too_long.alone.next": (
        "Shorten the prompt or the data in {{{{ }}}}, or choose a model that reads more: %neosantara models",
        "Perpendek prompt atau data di {{{{ }}}}, atau pilih model yang membaca lebih banyak: %neosantara models",
    ),
    "dry_run": (
        "Would be sent to {url} with the key {key}; nothing was sent. Estimated: {tokens} tokens in, at most {most} out; cost at most {cost}.",
        "Akan dikirim ke {url} dengan key {key}; tidak ada yang dikirim. Perkiraan: {tokens} token masuk, paling banyak {most} keluar; biaya paling banyak {cost}.",
    ),
    "dry_run_demo": (
        "The demo model would answer this, free of charge; nothing was sent. Estimated: {tokens} tokens in, at most {most} out.",
        "Model demo yang akan menjawab ini, gratis; tidak ada yang dikirim. Perkiraan: {tokens} token masuk, paling banyak {most} keluar.",
    ),
    # -- recordings
    "recording_torn": (
        "{path}: the last line is half-written and was skipped.",
        "{path}: baris terakhir hanya tertulis sebagian dan dilewati.",
    ),
    "recording_damaged": (
        "{path}: damaged lines skipped: {count}.",
        "{path}: baris rusak yang dilewati: {count}.",
    ),
    "recording_newer": (
        "{path}: lines from a newer version of neosantara-magic skipped: {count}.",
        "{path}: baris dari versi neosantara-magic yang lebih baru, dilewati: {count}.",
    ),
    "recording_unwritten": (
        "{path}: this answer could not be recorded: {reason}.",
        "{path}: jawaban ini tidak bisa direkam: {reason}.",
    ),
    "recording_foreign": (
        "{path} is not a recording: it holds something else, and recording would append to it.",
        "{path} bukan rekaman: isinya hal lain, dan merekam akan menambah baris di sana.",
    ),
    "recording_foreign.next": (
        "Record to a new file, such as %neosantara record {other}",
        "Rekam ke file baru, misalnya %neosantara record {other}",
    ),
    "recording_empty": (
        "{path} holds no recorded answers.",
        "{path} tidak berisi jawaban rekaman.",
    ),
    "recording_empty.next": (
        "Record the lesson first: %neosantara record {path}, then Run All.",
        "Rekam dulu pelajarannya: %neosantara record {path}, lalu Run All.",
    ),
    "recording_miss": (
        "{path} has no answer for this request. Recorded: {recorded} Now: {now}",
        "{path} tidak punya jawaban untuk request ini. Direkam: {recorded} Sekarang: {now}",
    ),
    "recording_miss.next": (
        "Undo that change, or record it: %neosantara record {path} and run the cell again.",
        "Batalkan perubahan itu, atau rekam: %neosantara record {path} lalu jalankan lagi selnya.",
    ),
    "recording_unreadable": (
        "{path} cannot be used as a recording: {reason}.",
        "{path} tidak bisa dipakai sebagai rekaman: {reason}.",
    ),
    "recording_unreadable.next": (
        "Check the path; a recording is a .jsonl file made by %neosantara record.",
        "Periksa path-nya; rekaman adalah file .jsonl buatan %neosantara record.",
    ),
    "reason.no_ordinary_file": ("it is not an ordinary file", "itu bukan file biasa"),
    "reason.held": ("another kernel holds it", "kernel lain sedang memakainya"),
    "reason.folder": ("it is a folder", "itu sebuah folder"),
    "reason.no_file": ("there is no such file", "tidak ada file seperti itu"),
    "reason.no_folder": ("its folder does not exist", "foldernya tidak ada"),
    "recording_on": (
        "Recording to {path}: {count} answers so far. %neosantara live ends it.",
        "Merekam ke {path}: {count} jawaban sejauh ini. %neosantara live mengakhirinya.",
    ),
    "replay_on": (
        "Answers come from {path} only: {count} recorded. %neosantara live ends it.",
        "Jawaban hanya dari {path}: {count} rekaman. %neosantara live mengakhirinya.",
    ),
    "live": ("Answers come from {server} again.", "Jawaban kembali dari {server}."),
    # -- the live widget
    "widget.answer": ("Answer", "Jawaban"),
    "widget.plain": (
        "The answer streams here. In a front end without widgets: %config NeosantaraMagics.show = 'text'",
        "Jawaban mengalir di sini. Di front end tanpa widget: %config NeosantaraMagics.show = 'text'",
    ),
    "widget.waiting": ("Waiting for the answer", "Menunggu jawaban"),
    "widget.stop": ("Stop", "Hentikan"),
    "widget.stopping": ("Stopping…", "Menghentikan…"),
    "widget.copy": ("Copy", "Salin"),
    "widget.copied": ("Copied", "Tersalin"),
    "widget.interrupt": ("Use Kernel > Interrupt to stop.", "Pakai Kernel > Interrupt untuk menghentikan."),
    # -- line commands
    "demo_on": (
        "The demo model answers now: offline, free, and marked demo under every answer. %neosantara demo off ends it.",
        "Sekarang model demo yang menjawab: tanpa jaringan, gratis, dan bertanda demo di bawah setiap jawaban. %neosantara demo off mengakhirinya.",
    ),
    "demo_off": ("Answers come from {server} again.", "Jawaban kembali dari {server}."),
    "key_prompt": ("Neosantara API key (not shown): ", "API key Neosantara (tidak ditampilkan): "),
    "key_set": ("Using {key} for this kernel.", "Memakai {key} untuk kernel ini."),
    "key_stored": ("{key} is in the system keyring now.", "{key} kini ada di keyring sistem."),
    "key_forgotten": ("The key is no longer in the system keyring.", "Key sudah tidak ada di keyring sistem."),
    "key_forgotten_here": (
        "The key typed in this kernel is forgotten; the system keyring held none.",
        "Key yang diketik di kernel ini sudah dilupakan; keyring sistem tidak menyimpan apa pun.",
    ),
    "key_nobody": (
        "Nobody can be asked for a key here: this front end takes no input.",
        "Tidak ada yang bisa dimintai key di sini: front end ini tidak menerima input.",
    ),
    "key_nobody.next": (
        "Set NEOSANTARA_API_KEY before the kernel starts, or use %neosantara demo on.",
        "Atur NEOSANTARA_API_KEY sebelum kernel dimulai, atau pakai %neosantara demo on.",
    ),
    "no_conversation": ("There is no conversation {name}.", "Tidak ada percakapan {name}."),
    "no_conversation_near": (
        "There is no conversation {name}; did you mean {near}?",
        "Tidak ada percakapan {name}; maksud Anda {near}?",
    ),
    "no_conversation.next": (
        "%neosantara conversations lists them.",
        "%neosantara conversations menampilkan daftarnya.",
    ),
    "no_conversation_near.next": (
        "%neosantara conversations lists them.",
        "%neosantara conversations menampilkan daftarnya.",
    ),
    "fork_exists": ("There is a conversation {name} already.", "Percakapan {name} sudah ada."),
    "fork_beyond": (
        "There is no turn {at} in {name}: it ends at turn {count}.",
        "Tidak ada giliran {at} di {name}: berakhir di giliran {count}.",
    ),
    "fork_beyond.next": (
        "%neosantara history {name} shows the turns.",
        "%neosantara history {name} menampilkan gilirannya.",
    ),
    "fork_exists.next": (
        "Choose another name, or empty it first: %neosantara new {name}",
        "Pilih nama lain, atau kosongkan dulu: %neosantara new {name}",
    ),
    "forked": (
        "{new} goes on from turn {count} of {name}. Ask there with -c {new}.",
        "{new} melanjutkan dari giliran {count} di {name}. Bertanya di sana dengan -c {new}.",
    ),
    "undone": (
        "Turns removed from {name}: {count}; left: {left}.",
        "{count} giliran dihapus dari {name}; tersisa {left}.",
    ),
    "cleared": ("{name} starts over.", "{name} mulai dari awal."),
    "saved": ("Saved {name} to {path}; turns: {count}.", "{count} giliran {name} disimpan ke {path}."),
    "loaded_over": (
        "Loaded {name}; turns: {count}, in place of {lost} that were there. Ask there with -c {name}.",
        "{count} giliran dimuat sebagai {name}, menggantikan {lost} yang ada. Bertanya di sana dengan -c {name}.",
    ),
    "load_taken": (
        "{name} has turns that the file does not begin with: {count} would be lost. Nothing was loaded.",
        "{name} punya giliran yang tidak ada di awal file: {count} akan hilang. Tidak ada yang dimuat.",
    ),
    "load_taken.next": (
        "Keep them with %neosantara fork COPY {name}, then replace them: %neosantara load {path} --force",
        "Simpan dengan %neosantara fork SALINAN {name}, lalu ganti: %neosantara load {path} --force",
    ),
    "loaded": (
        "Loaded {name}; turns: {count}. Ask there with -c {name}.",
        "{count} giliran dimuat sebagai {name}. Bertanya di sana dengan -c {name}.",
    ),
    "no_turns": ("{name} has no turns yet.", "{name} belum punya giliran."),
    "no_conversations": ("No conversations yet.", "Belum ada percakapan."),
    "table_conversation": ("Conversation", "Percakapan"),
    "table_turns": ("Turns", "Giliran"),
    "table_last": ("Last question", "Pertanyaan terakhir"),
    "status_key": ("Key", "Key"),
    "status_no_key": (
        "none (%neosantara key, NEOSANTARA_API_KEY, or %neosantara demo on)",
        "tidak ada (%neosantara key, NEOSANTARA_API_KEY, atau %neosantara demo on)",
    ),
    "status_demo": ("demo model, no key needed", "model demo, tanpa key"),
    "status_address": ("Address", "Alamat"),
    "status_model": ("Model", "Model"),
    "status_conversations": ("Conversations", "Percakapan"),
    "status_spent": ("Spent", "Terpakai"),
    "status_recording": ("Recording", "Rekaman"),
    "usage_reset": ("Counting starts anew.", "Hitungan mulai dari awal."),
    "no_usage": ("Nothing asked yet.", "Belum ada pertanyaan."),
    "tools_none": (
        "No tools have been used yet. Name functions with --tools, for example: %%neosantara --tools my_function",
        "Belum ada tools yang dipakai. Sebut fungsi dengan --tools, misalnya: %%neosantara --tools fungsi_saya",
    ),
    "models.id": ("id", "id"),
    "models.capabilities": ("capabilities", "kemampuan"),
    "models.context": ("context", "konteks"),
    "models.input": ("Rp / 1M in", "Rp / 1 jt masuk"),
    "models.output": ("Rp / 1M out", "Rp / 1 jt keluar"),
    "table_more": ("… {count} more rows", "… {count} baris lagi"),
    "no_pandas": (
        "pandas is not installed, so there is no DataFrame.",
        "pandas belum terpasang, jadi tidak ada DataFrame.",
    ),
    "no_pandas.next": (
        "Install it with %pip install pandas, or loop over the table: each row is a dict.",
        "Pasang dengan %pip install pandas, atau baca tabelnya baris demi baris: tiap baris adalah dict.",
    ),
    "models_none": ("No model matches {filter}.", "Tidak ada model yang cocok dengan {filter}."),
    "models_none.next": ("%neosantara models lists all of them.", "%neosantara models menampilkan semuanya."),
    "models_empty": ("{server} lists no models.", "{server} tidak menampilkan satu model pun."),
    "models_empty.next": (
        "Asking works without the list: name a model with -m. If there should be some, check the base URL: %neosantara",
        "Bertanya tetap bisa tanpa daftar: sebut model dengan -m. Jika seharusnya ada, periksa base URL: %neosantara",
    ),
    "no_traceback": ("There is no error to explain.", "Tidak ada error untuk dijelaskan."),
    "no_traceback.next": (
        "Run the cell that fails first, then %neosantara explain.",
        "Jalankan dulu sel yang gagal, lalu %neosantara explain.",
    ),
    # -- saved conversations
    "transcript.ending": (
        "A conversation cannot be saved as {path!r}: {ending} is not a form it has.",
        "Percakapan tidak bisa disimpan sebagai {path!r}: bentuk {ending} tidak tersedia.",
    ),
    "transcript.ending.next": (
        "Use .jsonl (loads again), or .md or .ipynb (for reading).",
        "Pakai .jsonl (bisa dimuat lagi), atau .md atau .ipynb (untuk dibaca).",
    ),
    "transcript.unwritable": (
        "{path!r} cannot be written: {error}.",
        "{path!r} tidak bisa ditulis: {error}.",
    ),
    "transcript.unwritable.next": (
        "Choose another folder or name; a file that was there before is unharmed.",
        "Pilih folder atau nama lain; file yang sudah ada tidak berubah.",
    ),
    "transcript.page": (
        "{path!r} is for reading: a {ending} file does not load again.",
        "{path!r} hanya untuk dibaca: file {ending} tidak bisa dimuat lagi.",
    ),
    "transcript.page.next": (
        "Load the .jsonl file of this conversation; %neosantara save NAME.jsonl writes one.",
        "Muat file .jsonl percakapan ini; %neosantara save NAMA.jsonl membuatnya.",
    ),
    "transcript.taken": (
        "{path!r} holds something that %neosantara save did not write; it was not touched.",
        "{path!r} berisi sesuatu yang bukan buatan %neosantara save; file itu tidak disentuh.",
    ),
    "transcript.taken.next": (
        "Choose another name, or overwrite it: %neosantara save {path} --force",
        "Pilih nama lain, atau timpa: %neosantara save {path} --force",
    ),
    "transcript.missing": (
        "There is no file {path!r}.",
        "Tidak ada file {path!r}.",
    ),
    "transcript.missing.next": (
        "Check the name and the working directory (%pwd shows it).",
        "Periksa namanya dan direktori kerja (lihat dengan %pwd).",
    ),
    "transcript.missing.near": (
        "There is no file {path!r}.",
        "Tidak ada file {path!r}.",
    ),
    "transcript.missing.near.next": (
        "Did you mean {near!r}?",
        "Maksud Anda {near!r}?",
    ),
    "transcript.unreadable": (
        "{path!r} cannot be read: {error}.",
        "{path!r} tidak bisa dibaca: {error}.",
    ),
    "transcript.unreadable.next": (
        "Check the file and its permissions.",
        "Periksa file dan izin aksesnya.",
    ),
    "transcript.foreign": (
        "{path!r} is not a conversation that neosantara-magic saved.",
        "{path!r} bukan percakapan yang disimpan neosantara-magic.",
    ),
    "transcript.foreign.next": (
        "Load a file that %neosantara save NAME.jsonl wrote.",
        "Muat file yang dibuat dengan %neosantara save NAMA.jsonl.",
    ),
    "transcript.newer": (
        "{path!r} is from a newer version of neosantara-magic (format {version}; this one reads {known}).",
        "{path!r} berasal dari versi neosantara-magic yang lebih baru (format {version}; versi ini membaca {known}).",
    ),
    "transcript.newer.next": (
        "Update with %pip install -U neosantara-magic, then load it again. Nothing was loaded.",
        "Perbarui dengan %pip install -U neosantara-magic, lalu muat lagi. Tidak ada yang dimuat.",
    ),
    "transcript.damaged": (
        "{path!r} is damaged in line {line}.",
        "{path!r} rusak di baris {line}.",
    ),
    "transcript.damaged.next": (
        "Correct that line or load another copy. Nothing was loaded.",
        "Perbaiki baris itu atau muat salinan lain. Tidak ada yang dimuat.",
    ),
    "transcript.broken": (
        "{path!r} is damaged in line {line}: it is not complete JSON.",
        "{path!r} rusak di baris {line}: JSON-nya tidak lengkap.",
    ),
    "transcript.broken.next": (
        "Correct that line or load another copy. Nothing was loaded.",
        "Perbaiki baris itu atau muat salinan lain. Tidak ada yang dimuat.",
    ),
    "transcript.field": (
        "{path!r} is damaged in line {line}: the field {field!r} is missing or wrong.",
        "{path!r} rusak di baris {line}: field {field!r} tidak ada atau salah.",
    ),
    "transcript.field.next": (
        "Correct that line or load another copy. Nothing was loaded.",
        "Perbaiki baris itu atau muat salinan lain. Tidak ada yang dimuat.",
    ),
    "transcript.cut": (
        "{path!r} holds {found} turns, and its first line says {expected}.",
        "{path!r} berisi {found} giliran, padahal baris pertamanya menyebut {expected}.",
    ),
    "transcript.cut.next": (
        "Load another copy, or correct the number if you took lines out on purpose. Nothing was loaded.",
        "Muat salinan lain, atau perbaiki angkanya jika Anda memang menghapus baris. Tidak ada yang dimuat.",
    ),
    "page.earlier": (
        "{count} earlier turns are not shown; %neosantara save FILE.md writes all of them.",
        "{count} giliran sebelumnya tidak ditampilkan; %neosantara save FILE.md menulis semuanya.",
    ),
    "page.title": ("Conversation", "Percakapan"),
    "page.prompt": ("Prompt", "Prompt"),
    "page.answer": ("Answer", "Jawaban"),
    "page.instructions": ("Instructions", "Instruksi"),
}
