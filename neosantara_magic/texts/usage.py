"""Sentences about bad input: flags, values, settings, names; nothing was sent.

key: (English, Indonesian). ``key.next`` is the second line of the error ``key``.
"""

from __future__ import annotations

SENTENCES: dict[str, tuple[str, str]] = {
    # Flags and their values (validators.py, parsing/).
    "flag.unknown": ("There is no flag {flag}.", "Tidak ada flag {flag}."),
    "flag.unknown.next": (
        "%neosantara help shows all flags; a prompt that starts with a dash needs -- before it.",
        "%neosantara help menampilkan semua flag; prompt yang diawali tanda hubung perlu -- di depannya.",
    ),
    "flag.unknown_near": ("There is no flag {flag}.", "Tidak ada flag {flag}."),
    "flag.unknown_near.next": (
        "Did you mean {near}? %neosantara help shows all flags.",
        "Maksud Anda {near}? %neosantara help menampilkan semua flag.",
    ),
    "flag.takes_no_value": (
        '{flag} takes no value, so "{given}" is not understood.',
        '{flag} tidak memakai nilai, jadi "{given}" tidak dipahami.',
    ),
    "flag.takes_no_value.next": ("Write {flag} alone.", "Tulis {flag} saja."),
    "flag.missing_value": ("{flag} needs a value.", "{flag} perlu nilai."),
    "flag.missing_value.next": (
        "Write {flag} {value}, or {flag}=-x for a value that starts with a dash.",
        "Tulis {flag} {value}, atau {flag}=-x untuk nilai yang diawali tanda hubung.",
    ),
    "flag.missing_choice": ("{flag} needs a value.", "{flag} perlu nilai."),
    "flag.missing_choice.next": (
        "Write {flag} with one of: {allowed}",
        "Tulis {flag} dengan salah satu dari: {allowed}",
    ),
    "flag.twice": (
        '{flag} is given twice, the second time as "{given}".',
        '{flag} diberikan dua kali, yang kedua "{given}".',
    ),
    "flag.twice.next": ("Keep one of them.", "Pakai salah satu saja."),
    "flags.new_once": (
        "--new and --once contradict each other.",
        "--new dan --once saling bertentangan.",
    ),
    "flags.new_once.next": (
        "Use --once for a question without history, --new to start the conversation over.",
        "Pakai --once untuk pertanyaan tanpa riwayat, --new untuk memulai percakapan dari awal.",
    ),
    "flags.tool_twice": ('The tool "{name}" is named twice.', 'Tool "{name}" disebut dua kali.'),
    "flags.tool_twice.next": ("Name it once in --tools.", "Sebut sekali saja di --tools."),
    "flags.choice_without_tools": (
        '--tool-choice "{choice}" has no tools to choose from.',
        '--tool-choice "{choice}" tidak punya tools untuk dipilih.',
    ),
    "flags.choice_without_tools.next": (
        "Name them with --tools, or leave --tool-choice out.",
        "Sebut dengan --tools, atau hapus --tool-choice.",
    ),
    "flags.each_without_into": (
        "--each {frame} does not say where the answers go.",
        "--each {frame} tidak menyebut kolom untuk jawabannya.",
    ),
    "flags.each_without_into.next": ("Add --into COLUMN.", "Tambahkan --into KOLOM."),
    "flags.into_without_each": (
        "--into {column} has no DataFrame to write to.",
        "--into {column} tidak punya DataFrame untuk diisi.",
    ),
    "flags.into_without_each.next": ("Add --each FRAME.", "Tambahkan --each FRAME."),
    "quote.open": ("The quote in {given} is never closed.", "Tanda kutip di {given} tidak ditutup."),
    "quote.open.next": ("Close it with {quote}", "Tutup dengan {quote}"),
    "param.form": ('{label} "{given}" is not of the form KEY=JSON.', '{label} "{given}" tidak berbentuk KEY=JSON.'),
    "param.form.next": ("For example: -P seed=7", "Contoh: -P seed=7"),
    "param.json": ('{label} got "{given}", which is not JSON.', '{label} mendapat "{given}", yang bukan JSON.'),
    "param.json.next": (
        "Text needs double quotes inside single ones: -P {example}",
        "Teks perlu tanda kutip ganda di dalam kutip tunggal: -P {example}",
    ),
    "param.dict": (
        'param= takes a dict of request fields, not "{given}".',
        'param= menerima dict berisi field request, bukan "{given}".',
    ),
    "param.dict.next": ('For example: param={{"seed": 7}}', 'Contoh: param={{"seed": 7}}'),
    "param.value": (
        'param= holds a value under "{key}" that JSON cannot carry: {kind}.',
        'param= berisi nilai pada "{key}" yang tidak bisa dibawa JSON: {kind}.',
    ),
    "param.value.next": (
        "Use text, finite numbers, True, False, None, lists and dicts.",
        "Pakai teks, angka berhingga, True, False, None, list, dan dict.",
    ),
    "param.n": (
        "n={given} asks for several answers; all are billed, and only one can be shown.",
        "n={given} meminta beberapa jawaban; semuanya ditagih, tetapi hanya satu yang bisa ditampilkan.",
    ),
    "param.n.next": (
        "Leave n out, and ask several times with ask_many.",
        "Hapus n, lalu tanyakan beberapa kali dengan ask_many.",
    ),
    "value.number": ('{label} takes a number, not "{given}".', '{label} menerima angka, bukan "{given}".'),
    "value.number.next": ("Write it like 0.5.", "Tulis seperti 0.5."),
    "value.between": (
        '{label} takes a number from {low} to {high}, not "{given}".',
        '{label} menerima angka dari {low} sampai {high}, bukan "{given}".',
    ),
    "value.between.next": ("For example: {label} {high}", "Contoh: {label} {high}"),
    "value.at_least": (
        '{label} takes a number of {low} or more, not "{given}".',
        '{label} menerima angka mulai dari {low}, bukan "{given}".',
    ),
    "value.at_least.next": ("For example: {label} {low}", "Contoh: {label} {low}"),
    "value.comma": ('{label} got "{given}", with a comma.', '{label} mendapat "{given}", dengan koma.'),
    "value.comma.next": ("Write a point: {point}", "Tulis dengan titik: {point}"),
    "value.whole": (
        '{label} takes a whole number of {low} or more, not "{given}".',
        '{label} menerima bilangan bulat mulai dari {low}, bukan "{given}".',
    ),
    "value.whole.next": ("For example: {label} {low}", "Contoh: {label} {low}"),
    "value.grouped": (
        '{label} takes a whole number without separators, not "{given}".',
        '{label} menerima bilangan bulat tanpa pemisah, bukan "{given}".',
    ),
    "value.grouped.next": ("Write the digits alone: {label} {plain}", "Tulis angkanya saja: {label} {plain}"),
    "value.seconds": (
        '{label} takes seconds, above 0 and at most 86400, not "{given}".',
        '{label} menerima detik, di atas 0 dan paling banyak 86400, bukan "{given}".',
    ),
    "value.seconds.next": ("For example: {label} 120", "Contoh: {label} 120"),
    "value.choice": ('{label} does not know "{given}".', '{label} tidak mengenal "{given}".'),
    "value.choice.next": ("Use one of: {allowed}", "Pakai salah satu dari: {allowed}"),
    "value.choice_near": ('{label} does not know "{given}".', '{label} tidak mengenal "{given}".'),
    "value.choice_near.next": (
        "Did you mean {near}? Allowed: {allowed}",
        "Maksud Anda {near}? Yang boleh: {allowed}",
    ),
    "value.switch": ('{label} takes on or off, not "{given}".', '{label} menerima on atau off, bukan "{given}".'),
    "value.switch.next": (
        "Write True or False in Python, on or off in the environment.",
        "Tulis True atau False di Python, on atau off di environment.",
    ),
    "value.blank": ('{label} needs some text, not "{given}".', '{label} perlu teks, bukan "{given}".'),
    "value.blank.next": ("Give a text, or leave {label} out.", "Beri teks, atau hapus {label}."),
    "value.variable": (
        '{label} needs the name of a Python variable, not "{given}".',
        '{label} perlu nama variabel Python, bukan "{given}".',
    ),
    "value.variable.next": (
        "Use letters, digits and _, with no digit first, and no keyword of Python such as class.",
        "Pakai huruf, angka, dan _, tanpa angka di depan, dan bukan keyword Python seperti class.",
    ),
    "cell.stray": (
        '"{given}" on the %%neosantara line belongs to no flag.',
        '"{given}" di baris %%neosantara bukan milik flag mana pun.',
    ),
    "cell.stray.next": (
        "The prompt goes below that line; a value with spaces needs quotes.",
        "Prompt ditulis di bawah baris itu; nilai yang berisi spasi perlu tanda kutip.",
    ),
    "cell.command": (
        "{name} is a line command; %%neosantara, with two signs, sends what stands below it to the model.",
        "{name} adalah perintah satu baris; %%neosantara, dengan dua tanda, mengirim isi di bawahnya ke model.",
    ),
    "cell.command.next": ("Write it with one sign: %neosantara {name}", "Tulis dengan satu tanda: %neosantara {name}"),
    "command.unknown": ('%neosantara has no command "{name}".', '%neosantara tidak punya perintah "{name}".'),
    "command.unknown.next": (
        "%neosantara help lists the commands; to ask on one line, write %neosantara ask PROMPT",
        "%neosantara help menampilkan semua perintah; untuk bertanya satu baris, tulis %neosantara ask PROMPT",
    ),
    "command.unknown_near": ('%neosantara has no command "{name}".', '%neosantara tidak punya perintah "{name}".'),
    "command.unknown_near.next": (
        "Did you mean %neosantara {near}? To ask on one line, write %neosantara ask PROMPT",
        "Maksud Anda %neosantara {near}? Untuk bertanya satu baris, tulis %neosantara ask PROMPT",
    ),
    "command.flag_first": (
        "%neosantara got the flag {flag} before a command.",
        "%neosantara mendapat flag {flag} sebelum perintah.",
    ),
    "command.flag_first.next": (
        "To ask, write %neosantara ask {flag} …",
        "Untuk bertanya, tulis %neosantara ask {flag} …",
    ),
    "command.option_unknown": (
        "There is no option {flag} here.",
        "Tidak ada opsi {flag} di sini.",
    ),
    "command.option_unknown.next": ("The command is: {usage}", "Perintahnya: {usage}"),
    "command.too_few": ("%neosantara {name} needs more words.", "%neosantara {name} belum lengkap."),
    "command.too_few.next": ("The command is: {usage}", "Perintahnya: {usage}"),
    "command.too_many": ('"{given}" is more than the command takes.', 'Perintah ini tidak menerima "{given}".'),
    "command.too_many.next": ("The command is: {usage}", "Perintahnya: {usage}"),
    "help.unknown": ('There is no help about "{topic}".', 'Tidak ada bantuan tentang "{topic}".'),
    "help.unknown.next": ("%neosantara help shows everything.", "%neosantara help menampilkan semuanya."),
    "help.unknown_near": ('There is no help about "{topic}".', 'Tidak ada bantuan tentang "{topic}".'),
    "help.unknown_near.next": (
        "Did you mean %neosantara help {near}?",
        "Maksud Anda %neosantara help {near}?",
    ),
    "keyword.unknown": ('ask() has no keyword "{name}".', 'ask() tidak punya keyword "{name}".'),
    "keyword.unknown.next": (
        "The keywords are the long names of the flags: %neosantara help",
        "Keyword sama dengan nama panjang flag: %neosantara help",
    ),
    "keyword.unknown_near": ('ask() has no keyword "{name}".', 'ask() tidak punya keyword "{name}".'),
    "keyword.unknown_near.next": ("Did you mean {near}=?", "Maksud Anda {near}=?"),
    "key.in_cell": (
        "A key typed into a cell is saved with the notebook, so this one was not used.",
        "Key yang diketik di sel ikut tersimpan bersama notebook, jadi key ini tidak dipakai.",
    ),
    "key.in_cell.next": (
        "Take it out of the cell and run %neosantara key alone: it asks for the key without showing it.",
        "Hapus dari sel, lalu jalankan %neosantara key saja: key akan diminta tanpa ditampilkan.",
    ),
    "key.store_forget": (
        "--store and --forget contradict each other.",
        "--store dan --forget saling bertentangan.",
    ),
    "key.store_forget.next": ("Use one of them.", "Pakai salah satu."),
    # Settings, address and key (settings/).
    "setting.unknown": ('There is no setting "{name}".', 'Tidak ada setting "{name}".'),
    "setting.unknown.next": (
        "%config NeosantaraMagics lists the settings.",
        "%config NeosantaraMagics menampilkan semua setting.",
    ),
    "setting.unknown_near": ('There is no setting "{name}".', 'Tidak ada setting "{name}".'),
    "setting.unknown_near.next": ("Did you mean {near}?", "Maksud Anda {near}?"),
    "setting.list": ('{label} takes a list of names, not "{given}".', '{label} menerima daftar nama, bukan "{given}".'),
    "setting.list.next": ('For example: ["extra", "toc"]', 'Contoh: ["extra", "toc"]'),
    "setting.extension": (
        "The Markdown extensions {names} cannot all be loaded: {error}; nothing was sent.",
        "Ekstensi Markdown {names} tidak bisa dimuat semuanya: {error}; tidak ada yang dikirim.",
    ),
    "setting.extension.next": (
        "Correct the names, or run %config NeosantaraMagics.markdown_extensions = []",
        "Perbaiki namanya, atau jalankan %config NeosantaraMagics.markdown_extensions = []",
    ),
    "setting.dropped": (
        "{variable} is ignored: {what}",
        "{variable} diabaikan: {what}",
    ),
    "setting.refused": ("{variable}: {what}", "{variable}: {what}"),
    "address.form": (
        'The base URL "{given}" is not an http address.',
        'Base URL "{given}" bukan alamat http.',
    ),
    "address.form.next": ("Write it like {default}", "Tulis seperti {default}"),
    "address.credentials": (
        "The base URL for {host} holds a user name or password.",
        "Base URL untuk {host} berisi nama pengguna atau password.",
    ),
    "address.credentials.next": (
        "Take them out of the URL; the API key alone identifies you.",
        "Hapus dari URL; API key saja sudah cukup untuk mengenali Anda.",
    ),
    "address.query": (
        "The base URL for {host} holds a ? or # part.",
        "Base URL untuk {host} berisi bagian ? atau #.",
    ),
    "address.query.next": ("Keep only the part before it.", "Pakai hanya bagian sebelum tanda itu."),
    "address.plain": (
        "The base URL {given} would send your API key unencrypted.",
        "Base URL {given} akan mengirim API key Anda tanpa enkripsi.",
    ),
    "address.plain.next": (
        "Use https://, or allow it for your own network: %config NeosantaraMagics.allow_http = True",
        "Pakai https://, atau izinkan untuk jaringan Anda sendiri: %config NeosantaraMagics.allow_http = True",
    ),
    "path.home": ("There is no home folder for {path!r}.", "Tidak ada folder home untuk {path!r}."),
    "path.home.next": ("Write the path without ~.", "Tulis path-nya tanpa ~."),
    "address.question": (
        "Send the key {key} ({place}) to {address}? It came from the environment. [y]es, anything else: no ",
        "Kirim key {key} ({place}) ke {address}? Alamat ini dari environment. [y]a, selain itu: tidak ",
    ),
    "address.unnamed": (
        "The key ({place}) is not sent to {address}: nobody named that address in this kernel.",
        "Key ({place}) tidak dikirim ke {address}: alamat itu tidak disebut di kernel ini.",
    ),
    "address.unnamed.next": (
        'If you trust it: %config NeosantaraMagics.base_url = "{address}"; in a script set NEOSANTARA_API_KEY for it.',
        'Jika Anda memercayainya: %config NeosantaraMagics.base_url = "{address}"; di skrip, atur NEOSANTARA_API_KEY untuknya.',
    ),
    "no_key": (
        "There is no API key: NEOSANTARA_API_KEY is not set.",
        "Tidak ada API key: NEOSANTARA_API_KEY belum diatur.",
    ),
    "no_key.next": (
        "Get one at app.neosantara.xyz/api-keys and run %neosantara key, or try without one: %neosantara demo on",
        "Buat di app.neosantara.xyz/api-keys lalu jalankan %neosantara key, atau coba tanpa key: %neosantara demo on",
    ),
    "no_key.colab_access": (
        "There is no API key: Colab Secrets holds NEOSANTARA_API_KEY, but this notebook has no access to it.",
        "Tidak ada API key: NEOSANTARA_API_KEY ada di Colab Secrets, tetapi notebook ini belum diberi akses.",
    ),
    "no_key.colab_access.next": (
        "Switch on its notebook access (the key icon on the left); or make a key at app.neosantara.xyz/api-keys for %neosantara key, or try %neosantara demo on",
        "Nyalakan akses notebook-nya (ikon kunci di kiri); atau buat key di app.neosantara.xyz/api-keys untuk %neosantara key, atau coba %neosantara demo on",
    ),
    "no_key.colab_silent": (
        "There is no API key: NEOSANTARA_API_KEY is not set, and Colab Secrets did not answer.",
        "Tidak ada API key: NEOSANTARA_API_KEY belum diatur, dan Colab Secrets tidak menjawab.",
    ),
    "no_key.colab_silent.next": (
        "Run the cell from Colab's own page, or run %neosantara key (keys: app.neosantara.xyz/api-keys), or try %neosantara demo on",
        "Jalankan sel dari halaman Colab, atau jalankan %neosantara key (key dari app.neosantara.xyz/api-keys), atau coba %neosantara demo on",
    ),
    "key.characters": (
        "The API key from {place} holds spaces or signs that no key has.",
        "API key dari {place} berisi spasi atau tanda yang tidak ada di key mana pun.",
    ),
    "key.characters.next": (
        "Copy it again from app.neosantara.xyz/api-keys, the key alone.",
        "Salin lagi dari app.neosantara.xyz/api-keys, hanya key-nya.",
    ),
    "key.blank": ("The API key is blank.", "API key kosong."),
    "key.blank.next": (
        "Copy it from app.neosantara.xyz/api-keys.",
        "Salin dari app.neosantara.xyz/api-keys.",
    ),
    "key.note.mcp": (
        "nsk_mcp_ keys work for /v1/mcp only; a request to this endpoint may be refused.",
        "Key nsk_mcp_ hanya berlaku untuk /v1/mcp; request ke endpoint ini bisa ditolak.",
    ),
    "key.note.code": (
        "nsk_code_ keys work at https://api.neosantara.xyz/coding/v1 only; a request to this endpoint may be refused.",
        "Key nsk_code_ hanya berlaku di https://api.neosantara.xyz/coding/v1; request ke endpoint ini bisa ditolak.",
    ),
    "key.place.session": ("%neosantara key", "%neosantara key"),
    "key.place.environment": ("NEOSANTARA_API_KEY", "NEOSANTARA_API_KEY"),
    "key.place.keyring": ("the system keyring", "keyring sistem"),
    "key.place.colab": ("Colab Secrets", "Colab Secrets"),
    "keyring.missing": (
        "The system keyring needs the package keyring, which is not installed.",
        "Keyring sistem perlu paket keyring, yang belum terpasang.",
    ),
    "keyring.missing.next": (
        'Install it with %pip install "neosantara-magic[keyring]"',
        'Pasang dengan %pip install "neosantara-magic[keyring]"',
    ),
    "keyring.failed": (
        "The system keyring refused: {reason}.",
        "Keyring sistem menolak: {reason}.",
    ),
    "keyring.failed.next": (
        "Set NEOSANTARA_API_KEY instead, or run %neosantara key for this kernel alone.",
        "Pakai NEOSANTARA_API_KEY, atau jalankan %neosantara key untuk kernel ini saja.",
    ),
    "keyring.empty": (
        "The system keyring holds no Neosantara key.",
        "Keyring sistem tidak menyimpan key Neosantara.",
    ),
    "keyring.empty.next": (
        "There is nothing to forget; %neosantara shows where the key comes from.",
        "Tidak ada yang perlu dihapus; %neosantara menunjukkan asal key.",
    ),
}
