"""Sentences about functions of the notebook as tools.

key: (English, Indonesian). ``key.next`` is the second line of the error ``key``.
"""

from __future__ import annotations

SENTENCES: dict[str, tuple[str, str]] = {
    # Naming tools (tools/toolbox.py).
    "tool.unknown": (
        "--tools: there is no {name!r} in this notebook.",
        "--tools: {name!r} tidak ada di notebook ini.",
    ),
    "tool.unknown.next": (
        "Run the cell that defines it, then ask again.",
        "Jalankan sel yang mendefinisikannya, lalu tanya lagi.",
    ),
    "tool.unknown_near": (
        "--tools: there is no {name!r} in this notebook.",
        "--tools: {name!r} tidak ada di notebook ini.",
    ),
    "tool.unknown_near.next": (
        "Did you mean {near}?",
        "Maksud Anda {near}?",
    ),
    "tool.empty_list": (
        "--tools: the list {name!r} is empty.",
        "--tools: list {name!r} kosong.",
    ),
    "tool.empty_list.next": (
        "Put functions into it, or name them one by one: --tools f,g",
        "Isi dengan fungsi, atau sebut satu per satu: --tools f,g",
    ),
    "tool.module": (
        "--tools: {name!r} is a module, not a function.",
        "--tools: {name!r} adalah modul, bukan fungsi.",
    ),
    "tool.module.next": (
        "Name a function in it: --tools {name}.FUNCTION",
        "Sebut fungsi di dalamnya: --tools {name}.FUNGSI",
    ),
    "tool.not_callable": (
        "--tools: {name!r} is a value of type {kind}, not a function.",
        "--tools: {name!r} adalah nilai bertipe {kind}, bukan fungsi.",
    ),
    "tool.not_callable.next": (
        "Name a function, a method (obj.method) or a list of functions. A value goes into the prompt: {{{{ {name} }}}}",
        "Sebut fungsi, method (obj.method), atau list berisi fungsi. Nilai ditulis di prompt: {{{{ {name} }}}}",
    ),
    "tool.collision": (
        "Two tools would have the same name: {name!r}.",
        "Dua tools akan punya nama yang sama: {name!r}.",
    ),
    "tool.collision.next": (
        'Give one of them another name: @tool(name="...")',
        'Beri salah satunya nama lain: @tool(name="...")',
    ),
    "tool.choice": (
        "--tool-choice {choice!r}: no tool of this cell has that name.",
        "--tool-choice {choice!r}: tidak ada tool di sel ini dengan nama itu.",
    ),
    "tool.choice.next": (
        "Choose auto, none, required or one of: {names}",
        "Pilih auto, none, required, atau salah satu dari: {names}",
    ),
    "tool.choice_near": (
        "--tool-choice {choice!r}: no tool of this cell has that name.",
        "--tool-choice {choice!r}: tidak ada tool di sel ini dengan nama itu.",
    ),
    "tool.choice_near.next": (
        "Did you mean {near}?",
        "Maksud Anda {near}?",
    ),
    # A function that cannot be a tool (tools/schema.py).
    "tool.definition": (
        "{name!r} can't be a tool: {problems}.",
        "{name!r} tidak bisa menjadi tool: {problems}.",
    ),
    "tool.definition.next": (
        "Change that, run the function's cell, then ask again. Nothing was sent.",
        "Perbaiki, jalankan sel fungsinya, lalu tanya lagi. Tidak ada request yang dikirim.",
    ),
    "tool.problem.name": (
        'its name may have only A-Z, a-z, 0-9, _ and -, 64 at most (set another with @tool(name="..."))',
        'namanya hanya boleh berisi A-Z, a-z, 0-9, _ dan -, paling banyak 64 (ganti dengan @tool(name="..."))',
    ),
    "tool.problem.callable": (
        "it is a value of type {kind}, not a function",
        "ini nilai bertipe {kind}, bukan fungsi",
    ),
    "tool.problem.signature": (
        "Python does not know its parameters; wrap it in a function of your own",
        "parameternya tidak diketahui Python; bungkus dengan fungsi sendiri",
    ),
    "tool.problem.unbound": (
        "it is a method without its object; name it through an object (obj.method)",
        "ini method tanpa objeknya; sebut lewat objek (obj.method)",
    ),
    "tool.problem.hint": (
        "the type {hint} of {parameter!r} can't be read: {reason}",
        "tipe {hint} dari {parameter!r} tidak bisa dibaca: {reason}",
    ),
    "tool.problem.type": (
        "{parameter!r} is {hint}, which JSON can't carry",
        "{parameter!r} bertipe {hint}, yang tidak bisa dibawa JSON",
    ),
    "tool.problem.typed_dict": (
        "{parameter!r} has a typing.TypedDict inside another class; on Python 3.11 import TypedDict from typing_extensions",
        "{parameter!r} memuat typing.TypedDict di dalam kelas lain; di Python 3.11 impor TypedDict dari typing_extensions",
    ),
    # The @tool decorator (tools/decorator.py).
    "tool.left_out": (
        "Not told to the model, since JSON cannot carry their types: {names}. They keep their defaults.",
        "Tidak diberitahukan ke model, karena JSON tidak bisa memuat tipenya: {names}. Nilai default-nya dipakai.",
    ),
    "tool.not_a_function": (
        "@tool: {value} is a value of type {kind}, not a function.",
        "@tool: {value} adalah nilai bertipe {kind}, bukan fungsi.",
    ),
    "tool.not_a_function.next": (
        "Put @tool above a function; its options need names: @tool(confirm=True)",
        "Taruh @tool di atas fungsi; opsinya perlu nama: @tool(confirm=True)",
    ),
    "tool.cannot_mark": (
        "@tool: {value} can't keep its options.",
        "@tool: {value} tidak bisa menyimpan opsinya.",
    ),
    "tool.cannot_mark.next": (
        "Put @tool above the method inside its class, or wrap it in a function of your own.",
        "Taruh @tool di atas method di dalam kelasnya, atau bungkus dengan fungsi sendiri.",
    ),
    "tool.options": (
        "@tool: {problems}.",
        "@tool: {problems}.",
    ),
    "tool.options.next": (
        'For example: @tool(name="get_weather", confirm=True, timeout=30, parallel=True)',
        'Contoh: @tool(name="get_weather", confirm=True, timeout=30, parallel=True)',
    ),
    "tool.option.name": (
        "name={value} must be text of A-Z, a-z, 0-9, _ and -, 1 to 64 characters",
        "name={value} harus berupa teks dari A-Z, a-z, 0-9, _ dan -, 1 sampai 64 karakter",
    ),
    "tool.option.description": (
        "description={value} must be text",
        "description={value} harus berupa teks",
    ),
    "tool.option.flag": (
        "{option}={value} must be True or False",
        "{option}={value} harus True atau False",
    ),
    "tool.option.timeout": (
        "timeout={value} must be a number of seconds above 0, or None",
        "timeout={value} harus jumlah detik di atas 0, atau None",
    ),
    # The question about a call (tools/question.py).
    "approve.short": (
        "The model wants to run {call}",
        "Model ingin menjalankan {call}",
    ),
    "approve.long": (
        "The model wants to run {name} with",
        "Model ingin menjalankan {name} dengan",
    ),
    "approve.choices": (
        "[y] run  [n] refuse (also Enter)  [a] run all {name} calls of this turn: ",
        "[y] jalankan  [n] tolak (juga Enter)  [a] jalankan semua panggilan {name} di giliran ini: ",
    ),
    "approve.unclear": (
        "Please answer y, n or a.",
        "Jawab y, n, atau a.",
    ),
    # Remarks on a call's card (tools/call.py).
    "tool.note.nobody": (
        "Not run: it needs approval, and nobody can be asked here.",
        "Tidak dijalankan: perlu persetujuan, dan di sini tidak ada yang bisa ditanya.",
    ),
    "tool.note.refused": (
        "Not run: you refused it.",
        "Tidak dijalankan: Anda menolaknya.",
    ),
    "tool.note.too_long": (
        "Not run: it needs approval, and its {count} characters of arguments are too many to read.",
        "Tidak dijalankan: perlu persetujuan, dan argumennya, {count} karakter, terlalu panjang untuk dibaca.",
    ),
    "tool.note.still_running": (
        "Given up after {seconds} s. The function may still be running.",
        "Dihentikan setelah {seconds} detik. Fungsinya mungkin masih berjalan.",
    ),
    "tool.note.cancelled": (
        "Given up after {seconds} s.",
        "Dihentikan setelah {seconds} detik.",
    ),
    # An answer that must fit a schema (tools/answer_schema.py).
    "schema.kind": (
        "--schema: {name} can't describe an answer: {reason}.",
        "--schema: {name} tidak bisa menggambarkan jawaban: {reason}.",
    ),
    "schema.kind.next": (
        "Give a pydantic model, a dataclass, a TypedDict, list[...] of these, an Enum, a Literal or a JSON Schema dict.",
        "Pakai model pydantic, dataclass, TypedDict, list[...] berisi salah satunya, Enum, Literal, atau dict JSON Schema.",
    ),
    "schema.reason.kind": ("it is a {kind}", "ini sebuah {kind}"),
    "schema.reason.value": ("it is a value of type {kind}", "ini nilai bertipe {kind}"),
    "schema.reason.no_schema": (
        "it is no JSON Schema (its keys: {keys})",
        "ini bukan JSON Schema (kuncinya: {keys})",
    ),
    "schema.reason.no_name": ("it is not a name", "ini bukan nama"),
    "schema.reason.signs": ("only names, [...] and | may stand in it", "isinya hanya boleh nama, [...], dan |"),
    "schema.unknown": (
        "--schema: there is no {name!r} in this notebook.",
        "--schema: {name!r} tidak ada di notebook ini.",
    ),
    "schema.unknown.next": (
        "Run the cell that defines it, then ask again.",
        "Jalankan sel yang mendefinisikannya, lalu tanya lagi.",
    ),
    "schema.unknown_near": (
        "--schema: there is no {name!r} in this notebook.",
        "--schema: {name!r} tidak ada di notebook ini.",
    ),
    "schema.unknown_near.next": (
        "Did you mean {near}?",
        "Maksud Anda {near}?",
    ),
    "schema.mismatch": (
        "The answer does not fit {name}: {problems}",
        "Jawaban tidak cocok dengan {name}: {problems}",
    ),
    "schema.mismatch.next": (
        "Its text is in _neosantara.text. Ask again, or make the schema easier to meet.",
        "Teksnya ada di _neosantara.text. Tanya lagi, atau permudah schema-nya.",
    ),
}
