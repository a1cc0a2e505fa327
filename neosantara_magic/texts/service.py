"""Sentences about what the server or the network did.

key: (English, Indonesian). ``key.next`` is the second line of the error ``key``.
"""

from __future__ import annotations

SENTENCES: dict[str, tuple[str, str]] = {
    # Pieces of other sentences ---------------------------------------------------------------
    "request_id": ("request id {id}", "request id {id}"),
    "no_message": ("no message", "tanpa pesan"),
    "the_server": ("the server", "server"),
    "list_models": ("list them with %neosantara models", "lihat daftarnya dengan %neosantara models"),
    "nearest_models": ("nearest: {models}", "yang mirip: {models}"),
    "limit_of": (" of {n}", " sebesar {n}"),
    "limit_on": (" on", " untuk"),
    "wait_a_minute": ("about a minute", "sekitar satu menit"),
    "wait_seconds": ("{n} s", "{n} detik"),
    "wait_minutes": ("{n} minutes", "{n} menit"),
    "wait_hours": ("{n} hours", "{n} jam"),
    # 400 -------------------------------------------------------------------------------------
    "bad_request": (
        "The server did not accept the request (400){param}: {message}",
        "Server menolak request ini (400){param}: {message}",
    ),
    "bad_request.next": (
        "See exactly what was sent with --dry-run, then change the flag or parameter that it names.",
        "Lihat persis apa yang dikirim dengan --dry-run, lalu ubah flag atau parameter yang disebut.",
    ),
    "context_length_exceeded": (
        "The request is too long for {model} ({status}): {message}",
        "Request terlalu panjang untuk {model} ({status}): {message}",
    ),
    "context_length_exceeded.next": (
        "Start over with --new, or send less: shorten the prompt or the data in {{{{ }}}}.",
        "Mulai lagi dengan --new, atau kirim lebih sedikit: pendekkan prompt atau data di {{{{ }}}}.",
    ),
    "context_exceeded": (
        "The request is too long for this model ({status}): {message}",
        "Request terlalu panjang untuk model ini ({status}): {message}",
    ),
    "context_exceeded.next": (
        "Start over with --new, or send less: shorten the prompt or the data in {{{{ }}}}.",
        "Mulai lagi dengan --new, atau kirim lebih sedikit: pendekkan prompt atau data di {{{{ }}}}.",
    ),
    # 401 -------------------------------------------------------------------------------------
    "key_refused": (
        "Neosantara did not accept the API key (401): {message}",
        "Neosantara menolak API key (401): {message}",
    ),
    "key_refused.next": (
        "Check NEOSANTARA_API_KEY or enter another key with %neosantara key; keys: https://app.neosantara.xyz/api-keys",
        "Periksa NEOSANTARA_API_KEY atau masukkan key lain dengan %neosantara key; key ada di https://app.neosantara.xyz/api-keys",
    ),
    "key_not_received": (
        "The server received no API key (401): {message}",
        "Server tidak menerima API key (401): {message}",
    ),
    "key_not_received.next": (
        "Enter one with %neosantara key; if a proxy is in between, it may have removed the Authorization header.",
        "Masukkan dengan %neosantara key; kalau lewat proxy, header Authorization mungkin dihapus di sana.",
    ),
    "key_expired": (
        "The API key is no longer valid (401): {message}",
        "API key sudah tidak berlaku (401): {message}",
    ),
    "key_expired.next": (
        "Make a new key at https://app.neosantara.xyz/api-keys and enter it with %neosantara key",
        "Buat key baru di https://app.neosantara.xyz/api-keys dan masukkan dengan %neosantara key",
    ),
    "key_unsendable": (
        "The API key holds a space, a line break or another character that no key has.",
        "API key berisi spasi, baris baru, atau karakter lain yang tidak ada di key mana pun.",
    ),
    "key_unsendable.next": (
        "Copy it again from https://app.neosantara.xyz/api-keys and enter it with %neosantara key",
        "Salin lagi dari https://app.neosantara.xyz/api-keys dan masukkan dengan %neosantara key",
    ),
    # 402, 403 --------------------------------------------------------------------------------
    "balance_used_up": (
        "The balance of this account is used up (402): {message}",
        "Saldo akun ini habis (402): {message}",
    ),
    "balance_used_up.next": (
        "Top up at https://app.neosantara.xyz/billing, or choose a free model: %neosantara models",
        "Top-up di https://app.neosantara.xyz/billing, atau pilih model gratis: %neosantara models",
    ),
    "tier_too_low": (
        "The tier of this account may not use {model} (403): {message}",
        "Tier akun ini belum boleh memakai {model} (403): {message}",
    ),
    "tier_too_low.next": (
        "Choose another model with -m ({near}), or top up at https://app.neosantara.xyz/billing",
        "Pilih model lain dengan -m ({near}), atau top-up di https://app.neosantara.xyz/billing",
    ),
    "tier_too_low_somewhere": (
        "The tier of this account does not include this (403): {message}",
        "Tier akun ini belum mencakup hal ini (403): {message}",
    ),
    "tier_too_low_somewhere.next": (
        "See your tier at https://app.neosantara.xyz/billing",
        "Lihat tier di https://app.neosantara.xyz/billing",
    ),
    "coding_key": (
        "This is a key of the Coding Plan, which the standard address refuses (403): {message}",
        "Ini key Coding Plan, yang ditolak di alamat standar (403): {message}",
    ),
    "coding_key.next": (
        "Use a standard key (nsk_ and 32 characters) from https://app.neosantara.xyz/api-keys",
        "Pakai key standar (nsk_ dan 32 karakter) dari https://app.neosantara.xyz/api-keys",
    ),
    "not_allowed": (
        "This key may not do that (403): {message}",
        "Key ini tidak boleh melakukan itu (403): {message}",
    ),
    "not_allowed.next": (
        "Check the kind of key and its rights at https://app.neosantara.xyz/api-keys",
        "Periksa jenis key dan haknya di https://app.neosantara.xyz/api-keys",
    ),
    # 404 -------------------------------------------------------------------------------------
    "model_unknown": (
        "The service has no model {model!r} ({status}): {message}",
        "Layanan tidak punya model {model!r} ({status}): {message}",
    ),
    "model_unknown.next": (
        "Choose one with -m; {near}",
        "Pilih satu dengan -m; {near}",
    ),
    "response_unknown": (
        "The server does not know the previous_response_id, so it cannot continue there ({status}): {message}",
        "Server tidak mengenal previous_response_id, jadi percakapan tidak bisa dilanjutkan di sana ({status}): {message}",
    ),
    "response_unknown.next": (
        "Send the whole conversation instead: %config NeosantaraMagics.store = False",
        "Kirim seluruh percakapan: %config NeosantaraMagics.store = False",
    ),
    "not_found": (
        "The server did not find what was asked for (404): {message}",
        "Server tidak menemukan yang diminta (404): {message}",
    ),
    "not_found.next": (
        "Check -m and the base URL; %neosantara shows both.",
        "Periksa -m dan base URL; %neosantara menampilkan keduanya.",
    ),
    "address_unknown": (
        "{host} has no such address (404): {message}",
        "{host} tidak punya alamat ini (404): {message}",
    ),
    "address_unknown.next": (
        "Check the base URL; it usually ends in /v1, as https://api.neosantara.xyz/v1 does.",
        "Periksa base URL; biasanya berakhiran /v1, seperti https://api.neosantara.xyz/v1.",
    ),
    # 408, 409, 413, 422 and others -----------------------------------------------------------
    "server_timeout": (
        "The server gave up waiting for the request (408): {message}",
        "Server tidak lagi menunggu request ini (408): {message}",
    ),
    "server_timeout.next": (
        "Run the cell again; on a slow line send fewer or smaller images.",
        "Jalankan lagi sel ini; kalau koneksi lambat, kirim gambar lebih sedikit atau lebih kecil.",
    ),
    "conflict": (
        "The server is still busy with something that excludes this request (409): {message}",
        "Server masih mengerjakan hal lain yang bentrok dengan request ini (409): {message}",
    ),
    "conflict.next": ("Run the cell again in a moment.", "Jalankan lagi sel ini sebentar lagi."),
    "too_large": (
        "The request is too large for the server (413): {message}",
        "Request terlalu besar untuk server (413): {message}",
    ),
    "too_large.next": (
        "Send smaller images (20 MB each at most) or less data, or start over with --new.",
        "Kirim gambar lebih kecil (maksimal 20 MB per gambar) atau data lebih sedikit, atau mulai lagi dengan --new.",
    ),
    "unprocessable": (
        "The server understood the request but cannot carry it out (422){param}: {message}",
        "Server mengerti request ini tetapi tidak bisa menjalankannya (422){param}: {message}",
    ),
    "unprocessable.next": (
        "See exactly what was sent with --dry-run, then change the flag or parameter that it names.",
        "Lihat persis apa yang dikirim dengan --dry-run, lalu ubah flag atau parameter yang disebut.",
    ),
    "redirected": (
        "{host} sends us to another address ({status}); the API key is not sent there.",
        "{host} mengalihkan ke alamat lain ({status}); API key tidak dikirim ke sana.",
    ),
    "redirected.next": (
        "Set the base URL to the final address, such as https://api.neosantara.xyz/v1",
        "Atur base URL ke alamat akhirnya, misalnya https://api.neosantara.xyz/v1",
    ),
    "status_unexpected": (
        "The server answered with status {status}: {message}",
        "Server menjawab dengan status {status}: {message}",
    ),
    "status_unexpected.next": (
        "See exactly what was sent with --dry-run; if it looks right, tell support the request id.",
        "Lihat persis apa yang dikirim dengan --dry-run; kalau sudah benar, beri tahu support request id-nya.",
    ),
    # 429 -------------------------------------------------------------------------------------
    "rate_limited": (
        "Too many requests for this tier (429): {message}",
        "Terlalu banyak request untuk tier ini (429): {message}",
    ),
    "rate_limited.next": ("Run the cell again in {wait}.", "Jalankan lagi sel ini dalam {wait}."),
    "rate_rpm": (
        "The limit{limit} requests per minute (RPM) is reached (429): {message}",
        "Batas{limit} request per menit (RPM) tercapai (429): {message}",
    ),
    "rate_rpm.next": (
        "Run the cell again in {wait}; a Run All with many asks stays below it with a recording.",
        "Jalankan lagi sel ini dalam {wait}; dengan rekaman, Run All dengan banyak pertanyaan tetap di bawah batas.",
    ),
    "rate_itpm": (
        "The limit{limit} input tokens per minute (ITPM) is reached (429): {message}",
        "Batas{limit} token input per menit (ITPM) tercapai (429): {message}",
    ),
    "rate_itpm.next": (
        "Run the cell again in {wait}, or send less: --new drops the conversation so far.",
        "Jalankan lagi sel ini dalam {wait}, atau kirim lebih sedikit: --new membuang percakapan sejauh ini.",
    ),
    "rate_otpm": (
        "The limit{limit} output tokens per minute (OTPM) is reached (429): {message}",
        "Batas{limit} token output per menit (OTPM) tercapai (429): {message}",
    ),
    "rate_otpm.next": (
        "Run the cell again in {wait}, or lower --max-tokens.",
        "Jalankan lagi sel ini dalam {wait}, atau turunkan --max-tokens.",
    ),
    "quota_used_up": (
        "The token quota{limit} of this account is used up (429): {message}",
        "Kuota token{limit} akun ini habis (429): {message}",
    ),
    "quota_used_up.next": (
        "Waiting a minute does not help; see https://app.neosantara.xyz/usage for when it starts again.",
        "Menunggu semenit tidak membantu; lihat https://app.neosantara.xyz/usage kapan kuota dimulai lagi.",
    ),
    # 500 and above ---------------------------------------------------------------------------
    "server_error": (
        "The server failed ({status}): {message}",
        "Terjadi error di server ({status}): {message}",
    ),
    "server_error.next": (
        "Run the cell again; if it stays so, tell support the request id. Failed requests are not billed.",
        "Jalankan lagi sel ini; kalau tetap begitu, beri tahu support request id-nya. Request yang gagal tidak ditagih.",
    ),
    "unavailable": (
        "The model's provider is not available right now (503): {message}",
        "Penyedia model sedang tidak tersedia (503): {message}",
    ),
    "unavailable.next": (
        "Run the cell again in {wait}, or choose another model with -m.",
        "Jalankan lagi sel ini dalam {wait}, atau pilih model lain dengan -m.",
    ),
    "gateway_timeout": (
        "The model took longer than the gateway waits (504): {message}",
        "Model perlu waktu lebih lama daripada batas tunggu gateway (504): {message}",
    ),
    "gateway_timeout.next": (
        "Run the cell again without --no-stream, or ask for less at once.",
        "Jalankan lagi sel ini tanpa --no-stream, atau minta lebih sedikit sekaligus.",
    ),
    "gateway_page": (
        "{host} answered with a web page instead of an answer ({status}): {message}",
        "{host} menjawab dengan halaman web, bukan jawaban ({status}): {message}",
    ),
    "gateway_page.next": (
        "A gateway on the way is in trouble: run the cell again in a minute.",
        "Ada gangguan di gateway: jalankan lagi sel ini sebentar lagi.",
    ),
    # The way there ---------------------------------------------------------------------------
    "name_not_found": ("The name {host} cannot be found.", "Nama {host} tidak ditemukan."),
    "name_not_found.next": (
        "Check the internet connection and the base URL; %neosantara shows it. Offline: %neosantara demo on",
        "Periksa koneksi internet dan base URL; lihat dengan %neosantara. Tanpa internet: %neosantara demo on",
    ),
    "connection_refused": ("{host} refuses the connection.", "{host} menolak koneksi."),
    "connection_refused.next": (
        "Check that a server runs there and that the base URL is right; %neosantara shows it.",
        "Pastikan ada server yang jalan di sana dan base URL benar; lihat dengan %neosantara.",
    ),
    "connect_timeout": (
        "{host} did not answer the connection in time.",
        "{host} tidak menjawab koneksi tepat waktu.",
    ),
    "connect_timeout.next": (
        "Check the internet connection; behind a firewall set HTTPS_PROXY. Offline: %neosantara demo on",
        "Periksa koneksi internet; di belakang firewall, atur HTTPS_PROXY. Tanpa internet: %neosantara demo on",
    ),
    "read_timeout": (
        "{host} sent nothing for {seconds} seconds.",
        "{host} tidak mengirim apa pun selama {seconds} detik.",
    ),
    "read_timeout.next": (
        "Allow more time, with a --timeout above {seconds}, or ask for less at once.",
        "Beri waktu lebih lama dengan --timeout di atas {seconds}, atau minta lebih sedikit sekaligus.",
    ),
    "certificate_refused": (
        "The TLS certificate of {host} is not trusted: {reason}",
        "Sertifikat TLS {host} tidak dipercaya: {reason}",
    ),
    "certificate_refused.next": (
        "Check this computer's date; behind a company proxy set SSL_CERT_FILE to its certificate.",
        "Periksa tanggal komputer; di belakang proxy kantor, atur SSL_CERT_FILE ke sertifikatnya.",
    ),
    "tls_failed": ("No secure connection to {host}: {reason}", "Tidak ada koneksi aman ke {host}: {reason}"),
    "tls_failed.next": (
        "Check that the base URL has the right scheme (https or http) and port; %neosantara shows it.",
        "Periksa skema (https atau http) dan port base URL; lihat dengan %neosantara.",
    ),
    "proxy_failed": ("The proxy on the way to {host} failed: {reason}", "Proxy menuju {host} gagal: {reason}"),
    "proxy_failed.next": (
        "Check HTTPS_PROXY, HTTP_PROXY and ALL_PROXY, or list the host in NO_PROXY.",
        "Periksa HTTPS_PROXY, HTTP_PROXY, dan ALL_PROXY, atau masukkan host ini ke NO_PROXY.",
    ),
    "proxy_address": (
        "The proxy for {host} has an address that cannot be used: {given}",
        "Alamat proxy untuk {host} tidak bisa dipakai: {given}",
    ),
    "proxy_address.next": (
        "Write HTTPS_PROXY, HTTP_PROXY or ALL_PROXY like http://proxy.example:8080, or list the host in NO_PROXY.",
        "Tulis HTTPS_PROXY, HTTP_PROXY, atau ALL_PROXY seperti http://proxy.example:8080, atau masukkan host ini ke NO_PROXY.",
    ),
    "certificates_unreadable": (
        "The certificates of {place} cannot be read: {reason}",
        "Sertifikat dari {place} tidak bisa dibaca: {reason}",
    ),
    "certificates_unreadable.next": (
        "Name a file of PEM certificates that is there, or take the variable out of the environment.",
        "Sebut file sertifikat PEM yang ada, atau hapus variabel itu dari environment.",
    ),
    "connection_reset": (
        "{host} closed the connection before it answered: {reason}",
        "{host} memutus koneksi sebelum menjawab: {reason}",
    ),
    "connection_reset.next": ("Run the cell again.", "Jalankan lagi sel ini."),
    "connection_failed": ("No connection to {host}: {reason}", "Tidak ada koneksi ke {host}: {reason}"),
    "connection_failed.next": (
        "Check the internet connection and the base URL; %neosantara shows it.",
        "Periksa koneksi internet dan base URL; lihat dengan %neosantara.",
    ),
    # Streams ---------------------------------------------------------------------------------
    "stream_failed": (
        "The server broke the answer off: {reason}",
        "Server menghentikan jawaban: {reason}",
    ),
    "stream_failed.next": (
        "What had arrived is kept in _neosantara.text; run the cell again.",
        "Yang sudah sampai ada di _neosantara.text; jalankan lagi sel ini.",
    ),
    "ending_unknown": (
        "The server ended the answer with '{reason}', so it may not be whole.",
        "Server mengakhiri jawaban dengan '{reason}', jadi jawaban mungkin belum lengkap.",
    ),
    "ending_unknown.next": (
        "What had arrived is kept in _neosantara.text; run the cell again.",
        "Yang sudah sampai ada di _neosantara.text; jalankan lagi sel ini.",
    ),
    "too_much": (
        "The server sent more than {most}, so reading was stopped.",
        "Server mengirim lebih dari {most}, jadi pembacaan dihentikan.",
    ),
    "too_much.next": (
        "What had arrived is kept in _neosantara.text; ask for less at once, or check the base URL with %neosantara.",
        "Yang sudah sampai ada di _neosantara.text; minta lebih sedikit sekaligus, atau periksa base URL dengan %neosantara.",
    ),
    "most_bytes": ("{n} MB in one answer", "{n} MB dalam satu jawaban"),
    "most_line": ("{n} MB in one piece", "{n} MB dalam satu potongan"),
    "most_text": ("{n} million characters in one answer", "{n} juta karakter dalam satu jawaban"),
    "most_calls": ("{n} tool calls in one message", "{n} panggilan tool dalam satu pesan"),
    "packed_unknown": (
        "The server packed the answer in a way that cannot be unpacked: {encoding}",
        "Server memampatkan jawaban dengan cara yang tidak bisa dibuka: {encoding}",
    ),
    "packed_unknown.next": (
        "A proxy on the way may do that: check HTTPS_PROXY and the base URL; %neosantara shows it.",
        "Mungkin ulah proxy di tengah jalan: periksa HTTPS_PROXY dan base URL; lihat dengan %neosantara.",
    ),
    "no_progress": (
        "{host} kept the line open for {seconds} seconds and sent nothing of an answer.",
        "{host} menahan koneksi selama {seconds} detik tanpa mengirim jawaban apa pun.",
    ),
    "no_progress.next": (
        "Run the cell again; for a slow server allow more time with --timeout.",
        "Jalankan lagi sel ini; untuk server yang lambat, beri waktu lebih lama dengan --timeout.",
    ),
    "stream_cut": (
        "The stream ended before the answer was complete.",
        "Stream berakhir sebelum jawaban lengkap.",
    ),
    "stream_cut.next": (
        "What had arrived is kept in _neosantara.text; run the cell again.",
        "Yang sudah sampai ada di _neosantara.text; jalankan lagi sel ini.",
    ),
    "stream_empty": (
        "The stream ended before anything of the answer came.",
        "Stream berakhir sebelum ada jawaban yang sampai.",
    ),
    "stream_empty.next": (
        "Run the cell again with --no-stream: the server may say why then.",
        "Jalankan lagi sel ini dengan --no-stream: server mungkin menyebut sebabnya.",
    ),
    "stream_reset": (
        "The connection to {host} broke in the middle of the answer: {reason}",
        "Koneksi ke {host} putus di tengah jawaban: {reason}",
    ),
    "stream_reset.next": (
        "What had arrived is kept in _neosantara.text; run the cell again.",
        "Yang sudah sampai ada di _neosantara.text; jalankan lagi sel ini.",
    ),
    "stream_garbled": (
        "The server sent a damaged piece of stream: {quoted}",
        "Server mengirim potongan stream yang rusak: {quoted}",
    ),
    "stream_garbled.next": (
        "What had arrived is kept in _neosantara.text; run the cell again.",
        "Yang sudah sampai ada di _neosantara.text; jalankan lagi sel ini.",
    ),
    "list_unreadable": (
        "The server sent something that is no list of models: {quoted}",
        "Server mengirim sesuatu yang bukan daftar model: {quoted}",
    ),
    "list_unreadable.next": (
        "Check the base URL with %neosantara; asking works without the list, with -m and a model's id.",
        "Periksa base URL dengan %neosantara; bertanya tetap bisa tanpa daftar, dengan -m dan id model.",
    ),
    "body_unreadable": (
        "The server sent something that is no answer of this endpoint: {quoted}",
        "Server mengirim sesuatu yang bukan jawaban endpoint ini: {quoted}",
    ),
    "body_unreadable.next": (
        "Check the base URL with %neosantara; the other endpoint is --api chat or --api responses.",
        "Periksa base URL dengan %neosantara; endpoint lain: --api chat atau --api responses.",
    ),
}
