"""Sentences of the help: what each flag, command and setting does.

key: (English, Indonesian). The rows themselves stand in ``parsing/flags.py``, ``parsing/forms.py``
and ``settings/fields.py``.
"""

from __future__ import annotations

SENTENCES: dict[str, tuple[str, str]] = {
    # ------------------------------------------------------------------------------------------------ frame
    "help.intro": (
        "Ask Neosantara AI from a notebook cell.",
        "Bertanya ke Neosantara AI dari sel notebook.",
    ),
    "help.cell": (
        "the prompt, any Markdown, with {{{{ expressions }}}}",
        "prompt, Markdown apa pun, dengan {{{{ ekspresi }}}}",
    ),
    "help.flags": ("Flags", "Flag"),
    "help.commands": ("Commands", "Perintah"),
    "help.more": (
        "%neosantara help TOPIC shows one flag or command. %config NeosantaraMagics lists the settings.",
        "%neosantara help TOPIC menampilkan satu flag atau perintah. %config NeosantaraMagics menampilkan semua setting.",
    ),
    "help.default": ("default: {default}", "bawaan: {default}"),
    "help.repeatable": ("repeatable", "boleh diulang"),
    "help.values": ("Values: {values}", "Nilai: {values}"),
    "help.quoting": (
        'Put quotes around a value with spaces: -s "Answer briefly". Backslashes stay as typed. -- ends the flags.',
        'Beri tanda kutip pada nilai yang berisi spasi: -s "Jawab singkat". Backslash tetap seperti diketik. -- mengakhiri flag.',
    ),
    # ------------------------------------------------------------------------------------------------ flags
    "flag.model": (
        "Model to ask. A pasted neosantara/ or neosantara: prefix is dropped.",
        "Model yang ditanya. Awalan neosantara/ atau neosantara: yang ikut tersalin dibuang.",
    ),
    "flag.system": (
        "Instructions for the model; {{{{ name }}}} allowed.",
        "Instruksi untuk model; {{{{ nama }}}} boleh dipakai.",
    ),
    "flag.conversation": ("Conversation this cell belongs to.", "Percakapan yang diikuti sel ini."),
    "flag.new": ("Start that conversation over with this cell.", "Mulai percakapan itu dari awal dengan sel ini."),
    "flag.once": (
        "A single question: reads no history, leaves none, stores nothing.",
        "Pertanyaan tunggal: tidak membaca riwayat, tidak menambah riwayat, tidak menyimpan apa pun.",
    ),
    "flag.api": (
        "Endpoint: responses, chat, or auto (chat with tools, else responses).",
        "Endpoint: responses, chat, atau auto (chat bila ada tools, selain itu responses).",
    ),
    "flag.tools": (
        "Functions of the notebook that the model may call; also obj.method, module.fn or a list variable.",
        "Fungsi di notebook yang boleh dipanggil model; juga obj.method, module.fn, atau variabel list.",
    ),
    "flag.tool_choice": (
        "Whether the model may call tools, must, must not, or must call the one named.",
        "Apakah model boleh memanggil tools, harus, tidak boleh, atau harus memanggil yang disebut.",
    ),
    "flag.max_rounds": (
        "Rounds that may call tools; one last call without tools follows.",
        "Jumlah putaran yang boleh memanggil tools; setelah itu satu panggilan terakhir tanpa tools.",
    ),
    "flag.approve": (
        "Who waits for your yes: tools marked confirm=True (ask), every tool (always), none (never).",
        "Yang menunggu persetujuan Anda: tool dengan confirm=True (ask), semua tool (always), tidak ada (never).",
    ),
    "flag.schema": (
        "The answer as validated data: a pydantic model, dataclass, TypedDict, list[...] of these, or a JSON Schema dict.",
        "Jawaban sebagai data tervalidasi: model pydantic, dataclass, TypedDict, list[...] berisi salah satunya, atau dict JSON Schema.",
    ),
    "flag.image": (
        "Image to show the model: a path, an https URL, or a variable (PIL image, figure, bytes).",
        "Gambar untuk model: path, URL https, atau variabel (gambar PIL, figure, bytes).",
    ),
    "flag.temperature": (
        "0 is steady, 2 is wild. Sent only when given.",
        "0 paling stabil, 2 paling liar. Hanya dikirim bila diberikan.",
    ),
    "flag.top_p": (
        "Share of likely tokens to choose from, 0 to 1.",
        "Porsi token paling mungkin yang dipilih, 0 sampai 1.",
    ),
    "flag.max_tokens": (
        "Longest answer, in tokens. Always sent.",
        "Panjang jawaban maksimal, dalam token. Selalu dikirim.",
    ),
    "flag.stop": (
        "Text at which the answer ends; taken as typed, \\n is two characters.",
        "Teks tempat jawaban berhenti; persis seperti diketik, \\n adalah dua karakter.",
    ),
    "flag.presence_penalty": (
        "From -2 to 2; higher brings up new topics.",
        "Dari -2 sampai 2; makin tinggi makin banyak topik baru.",
    ),
    "flag.frequency_penalty": (
        "From -2 to 2; higher repeats less.",
        "Dari -2 sampai 2; makin tinggi makin sedikit pengulangan.",
    ),
    "flag.reasoning": (
        "How hard the model thinks, for models that reason.",
        "Seberapa dalam model berpikir, untuk model yang bernalar.",
    ),
    "flag.param": (
        "Any other request field, sent as it is.",
        "Field request lain apa pun, dikirim apa adanya.",
    ),
    "flag.out": (
        "Put the Response (with --schema: the data) in this variable.",
        "Simpan Response (dengan --schema: datanya) di variabel ini.",
    ),
    "flag.code": (
        "Put the answer's Python blocks in the next cell; never runs them.",
        "Taruh blok Python dari jawaban di sel berikutnya; tidak pernah dijalankan.",
    ),
    "flag.raw": (
        "Send the body as typed: {{{{ }}}} is ordinary text.",
        "Kirim isi sel seperti diketik: {{{{ }}}} menjadi teks biasa.",
    ),
    "flag.fresh": (
        "Ask again although a recording holds the answer.",
        "Tanya lagi walaupun rekaman sudah punya jawabannya.",
    ),
    "flag.dry_run": (
        "Show the exact request with its estimated tokens and cost; send nothing.",
        "Tampilkan request persisnya dengan perkiraan token dan biaya; tidak ada yang dikirim.",
    ),
    "flag.no_stream": (
        "One response instead of a stream.",
        "Satu response utuh, bukan stream.",
    ),
    "flag.show": (
        "How the answer appears.",
        "Cara jawaban ditampilkan.",
    ),
    "flag.timeout": (
        "Seconds without a byte before giving up; 600 with --no-stream or --reasoning.",
        "Detik tanpa satu byte pun sebelum menyerah; 600 dengan --no-stream atau --reasoning.",
    ),
    "flag.each": (
        "Ask once for each row of this DataFrame; {{{{ row.column }}}} in the prompt. Needs --into.",
        "Tanya sekali untuk tiap baris DataFrame ini; {{{{ row.kolom }}}} di prompt. Perlu --into.",
    ),
    "flag.into": (
        "Column of the --each DataFrame that receives the answers.",
        "Kolom DataFrame --each yang menerima jawaban.",
    ),
    # --------------------------------------------------------------------------------------------- commands
    "command.status": (
        "Key, base URL, model, conversation and spend so far; the same as %neosantara alone.",
        "Key, base URL, model, percakapan, dan biaya sejauh ini; sama dengan %neosantara saja.",
    ),
    "command.ask": (
        "Ask on one line: flags first, then the prompt exactly as typed.",
        "Bertanya dalam satu baris: flag dulu, lalu prompt persis seperti diketik.",
    ),
    "command.help": ("This help, or one flag or command.", "Bantuan ini, atau satu flag atau perintah."),
    "command.models": (
        "Models with capabilities, context and price.",
        "Daftar model dengan kemampuan, konteks, dan tarif.",
    ),
    "command.tools": (
        "Registered tools with their JSON Schema.",
        "Tools yang terdaftar dengan JSON Schema-nya.",
    ),
    "command.conversations": ("All conversations of this kernel.", "Semua percakapan di kernel ini."),
    "command.history": ("Turns of one conversation.", "Giliran dalam satu percakapan."),
    "command.fork": (
        "Copy a conversation, up to turn N with --at, under a new name.",
        "Salin percakapan, sampai giliran N dengan --at, dengan nama baru.",
    ),
    "command.undo": (
        "Take back the last turn, or the last N.",
        "Batalkan giliran terakhir, atau N giliran terakhir.",
    ),
    "command.new": ("Empty a conversation.", "Kosongkan percakapan."),
    "command.save": (
        "Save a conversation: .jsonl to load again, .md or .ipynb to read; --force overwrites any file.",
        "Simpan percakapan: .jsonl untuk dimuat lagi, .md atau .ipynb untuk dibaca; --force menimpa file apa pun.",
    ),
    "command.load": (
        "Load a saved conversation; --force drops turns it does not hold.",
        "Muat percakapan yang tersimpan; --force membuang giliran yang tidak ada di file.",
    ),
    "command.usage": (
        "Calls, tokens and cost per model and conversation; --reset starts from zero.",
        "Panggilan, token, dan biaya per model dan percakapan; --reset memulai dari nol.",
    ),
    "command.explain": (
        "Send the last error with the code that raised it and ask why.",
        "Kirim error terakhir beserta kodenya dan tanyakan sebabnya.",
    ),
    "command.record": (
        "Write every request and its answer to a file; what is there is answered from it.",
        "Tulis setiap request dan jawabannya ke file; yang sudah ada dijawab dari file itu.",
    ),
    "command.replay": ("Answer from a recording only.", "Jawab hanya dari rekaman."),
    "command.live": ("End record or replay.", "Akhiri record atau replay."),
    "command.demo": (
        "Switch the offline demo model on or off.",
        "Nyalakan atau matikan model demo offline.",
    ),
    "command.key": (
        "Ask for the API key, for this kernel; --store keeps it in the system keyring, --forget removes it.",
        "Minta API key, untuk kernel ini; --store menyimpannya di keyring sistem, --forget menghapusnya.",
    ),
    "command.chat": ("Open the chat panel.", "Buka panel chat."),
    # --------------------------------------------------------------------------------------------- settings
    "setting.model": ("Model to ask when -m does not say.", "Model yang ditanya bila -m tidak diberikan."),
    "setting.system": (
        "Instructions when -s does not say; {{{{ }}}} stays as it is.",
        "Instruksi bila -s tidak diberikan; {{{{ }}}} tetap apa adanya.",
    ),
    "setting.api": ("Endpoint: auto, responses or chat.", "Endpoint: auto, responses, atau chat."),
    "setting.max_tokens": ("Longest answer, in tokens.", "Panjang jawaban maksimal, dalam token."),
    "setting.timeout": (
        "Seconds without a byte before giving up; None: 60, or 600 with --no-stream or --reasoning.",
        "Detik tanpa satu byte pun sebelum menyerah; None: 60, atau 600 dengan --no-stream atau --reasoning.",
    ),
    "setting.show": (
        "How answers appear: auto, widget, markdown, text or none.",
        "Cara jawaban ditampilkan: auto, widget, markdown, text, atau none.",
    ),
    "setting.markdown": (
        "Markdown engine: commonmark or python-markdown.",
        "Mesin Markdown: commonmark atau python-markdown.",
    ),
    "setting.markdown_extensions": (
        "Extensions of the python-markdown engine, by name.",
        "Ekstensi mesin python-markdown, menurut nama.",
    ),
    "setting.remote_images": (
        "Show images of answers that lie on other servers; otherwise they become links.",
        "Tampilkan gambar dari server lain dalam jawaban; bila tidak, gambar menjadi tautan.",
    ),
    "setting.base_url": (
        "Address of the API; NEOSANTARA_BASE_URL or NEOSANTARA_API_BASE when not set here.",
        "Alamat API; NEOSANTARA_BASE_URL atau NEOSANTARA_API_BASE bila tidak diatur di sini.",
    ),
    "setting.allow_http": (
        "Allow plain http:// beyond this machine, for a server on your own network.",
        "Izinkan http:// tanpa enkripsi ke luar komputer ini, untuk server di jaringan Anda sendiri.",
    ),
    "setting.language": ("Language of messages: auto, en or id.", "Bahasa pesan: auto, en, atau id."),
    "setting.budget_idr": (
        "Most Rupiah to spend in this kernel; None: no limit.",
        "Batas pengeluaran dalam Rupiah di kernel ini; None: tanpa batas.",
    ),
    "setting.replay_speed": (
        "Pace of recorded answers: 0 at once, 1 as recorded, 2 twice as fast.",
        "Kecepatan jawaban rekaman: 0 langsung, 1 seperti direkam, 2 dua kali lebih cepat.",
    ),
    "setting.store": (
        "Let the service keep responses, so that a conversation continues by its id.",
        "Biarkan layanan menyimpan response, agar percakapan berlanjut lewat id-nya.",
    ),
    "setting.tool_result_limit": (
        "Characters of a tool's result that the model gets.",
        "Jumlah karakter hasil tool yang diterima model.",
    ),
}
