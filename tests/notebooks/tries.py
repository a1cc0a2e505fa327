"""What pupils may write in the cells of the exercises besides the teacher's answers, by lesson and exercise.

Written with the names of the English lessons; `translated` puts those of the Indonesian ones in their place. The cell as
pupils get it runs before each of them.
"""

from __future__ import annotations

import re

ALSO_RIGHT: dict[str, list[str]] = {
    "01.2": ['sentence = "sun shines in bogor."'],
    "01.3": ["tokens = 2000 / 4.1\nrupiah = tokens * 300 / 1e6", "tokens = 500.0\nrupiah = round(0.1500001, 2)"],
    "02.1": ['ram = ask("What is RAM?", conversation="aside", show="none")'],
    "02.3": ['texts = tuple(str(ask(f"What is {n} * 19?", once=True, show="none")) for n in range(21, 24))'],
    "03.2": ['alone = ask("What is my name?", conversation="another", show="none").text'],
    "03.3": [
        # One turn more, in this cell.
        'ask("Thank you!", conversation="exercise", show="none")\nturns = len(list(conversation("exercise")))',
    ],
    "04.2": [
        'mine = ["true"] * 5\nagreement = 4 / 5',
        'mine = ["false"] * 4 + ["true"]\nagreement = 0',
        'mine = ["true"] * 3 + ["false"] * 2\nagreement = round(sum(a == b for a, b in zip(mine, second)) / 5, 1)',
        'mine = ["true", "true", "true", "false", "invented"]\nagreement = 0.1 + 0.7',
    ],
    "04.3": ["import re\n\n\ndef must_be_checked(sentence):\n    return re.search(r'[0-9\"]', sentence)"],
    "05.1": ['needed = ("read_page",)'],
    "05.2": [
        "from urllib.parse import urlparse\n\n\ndef safe_page(url):\n"
        '    if urlparse(url).hostname != "example.org":\n        raise ValueError(url)\n    return read_page(url)'
    ],
    "05.3": ['send_mail = tool(confirm=True)(send_mail)\nsent.append("a@example.org")'],
    "06.1": [
        f'def to_fahrenheit(celsius: float) -> float:\n    """Turn."""\n    return {formula}'
        for formula in ("celsius * 1.8 + 32", "(9/5) * celsius + 32", "32 + celsius / 5 * 9")
    ],
    "06.2": [
        f'def to_fahrenheit(celsius: float) -> {kind}:\n    """Turn."""\n    return {formula}\n\n\n'
        'warm = ask("Use to_fahrenheit with celsius 31", tools=[to_fahrenheit], once=True, show="none")'
        for kind, formula in (("float", "32 + celsius / 5 * 9"), ("str", 'f"{celsius * 1.8 + 32:.2f}"'))
    ],
    "07.1": ["pay = tool(confirm=True, timeout=30)(pay)\npaid.append(5000)"],
    "07.3": ['def cheap(most: int) -> pd.DataFrame:\n    return sales.sort_values("price").query("price <= @most")[::-1]'],
    "08.1": ['line = "--max-tokens=200"', "line = '  --max-tokens   \"200\"'"],
    "08.3": [
        "def careful(prompt):\n    text = ''\n    try:\n        text = str(ask(prompt, show='none'))\n"
        "    except Exception:\n        pass\n    return text"
    ],
    "09.1": ['personal = ["phone", "name"]'],
    "09.3": [
        'small = pupils.groupby("class")["score"].mean()',
        'small = pupils.groupby("class")[["score"]].agg(["mean", "count"])',
        'small = pupils.pivot_table(columns="class", values="score")',
        'small = dict(pupils.groupby("class")["score"].mean())',
    ],
    "10.1": ["one = 0.36 + 0.6"],
    "10.2": ["many = 5_000 // one"],
    "10.3": ["minutes = 3 / (10 / 30)"],
    "11.2": ['people = cities["people"].sum()'],
    "11.3": [
        'import enum\n\nColour = enum.Enum("Colour", {one: one for one in ("red", "green", "blue")})\n'
        'colour = ask("Which colour has the sky? It is blue, so blue.", schema=Colour, once=True, show="none").parsed'
    ],
    "12.1": ['blue = Image.new("RGBA", (64, 32), "navy")'],
    "12.3": [
        # In the conversation the pictures of earlier questions go along.
        'seen = ask("And this?", image=blue, model="vision-emas-2045", show="none")\n'
        "pictures = len([image for message in seen.messages for image in message.images])"
    ],
    "13.1": [
        "capitals = tuple(map(str, ask_many("
        '["What is the capital of Japan?", "What is the capital of Egypt?"], show="none")))'
    ],
    "13.2": ['answers = ask_many(["What is RAM?"], show="none")\ntokens = answers[0].usage.output_tokens'],
    "14.1": ["import re\n\n\ndef suspicious(answer):\n    return re.search('ignore|score|rubric', answer, re.I)"],
    "14.2": ["average = sum([4.1, 0.9]) / 2"],
    "15.2": ['reply = str(mine.send("What is my name?"))'],
    "16.1": [
        f"expression = {written!r}"
        for written in ('{{cells["table"].output}}', "{{ cells[ 'table' ] . output }}", '{{ cells["# table"].output}}')
    ],
    "18.2": ['free = {"library.find_author"}', 'free = ("find_author",)'],
}

NOT_YET: dict[str, list[str]] = {
    "01.1": ['followers = after["in"]', "followers = [2, 2]"],
    "01.2": ['sentence = write("sun", 0).split()', 'sentence = write("rain", 0)'],
    "01.3": ["tokens = 2000\nrupiah = 0.6", "tokens = 500\nrupiah = 150", 'tokens = 500\nrupiah = "Rp 0.15"'],
    "02.1": [
        'ram = ask("What is RAM?", show="none")',
        'ram = ask("What is RAM?", once=True, show="none").text',
        'ram = ask("What is an API?", once=True, show="none")',
    ],
    "02.2": ["tokens = ram.usage", "tokens = ram.text.usage", "tokens = str(ram.usage.output_tokens)"],
    "02.3": [
        'texts = [ask(f"What is {n} * 19?", once=True, show="none") for n in (21, 22, 23)]',
        'texts = ask("What is 21 * 19?", once=True, show="none").text',
        'texts = ["399", "437"]',
        'texts = [ask("What is 21 * 19?", once=True, show="none").text] * 3',
    ],
    "03.1": [
        'ask("My name is Budi.", show="none")\nreply = ask("What is my name?", show="none").text',
        'ask("My name is Budi.", show="none")\nreply = ask("What is my name?", conversation="exercise", show="none").text',
        'ask("My name is Budi.", conversation="exercise", show="none")\n'
        'reply = ask("What is my name?", conversation="exercise", show="none")',
        'reply = ask("My name is Budi.", conversation="exercise", show="none").text',
        'reply = ["Budi"]',
    ],
    "03.2": [
        'alone = ask("What is my name?", once=True, show="none")',
        'alone = ask("What is my name?", conversation="exercise", show="none").text',
        'alone = ["?"]',
    ],
    "03.3": ['turns = conversation("exercise")', "turns = 1"],
    "04.1": ['mine = ["true"] * 5', "mine = [True, True, True, False, None]", 'mine = "true"'],
    "04.2": ['agreement = "0.8"', "agreement = 4", 'mine = ["true"] * 5\nagreement = 1', "mine = None\nagreement = 0.8"],
    "04.3": [
        f"def must_be_checked(sentence):\n    return {wrong}"
        for wrong in ("True", "any(sign.isdigit() for sign in sentence)", "sentence.digits")
    ],
    "05.1": ['needed = "read_page"', "needed = [read_page]", 'needed = ["read_page", "delete_everything"]'],
    "05.2": [
        "def safe_page(url):\n    raise ValueError(url)",
        'def safe_page(url):\n    if not url.startswith("https://example.org/"):\n        raise ValueError(url)',
        'def safe_page(url):\n    return "only example.org"',
    ],
    "05.3": ["send_mail = tool(send_mail)", "send_mail = tool(confirm=False)(send_mail)", 'send_mail = "send_mail"'],
    "06.1": [
        "def to_fahrenheit(celsius: float) -> float:\n    return celsius * 9 / 5 + 32",
        *(
            f'def to_fahrenheit(celsius: float) -> float:\n    """Turn."""\n    return {wrong}'
            for wrong in ("celsius * 9 / 5", "str(celsius * 1.8 + 32)", "degrees * 1.8 + 32", "None")
        ),
    ],
    "06.2": [
        'warm = ask("Use to_fahrenheit with celsius 31", tools=[to_fahrenheit], once=True, show="none").text',
        'warm = ask("Use to_fahrenheit with celsius 20", tools=[to_fahrenheit], once=True, show="none")',
        'warm = ask("Hello", tools=[to_fahrenheit], once=True, show="none")',
    ],
    "06.3": [
        'status = ask("What is the weather like in Surabaya?", tools=[get_weather], once=True, show="none").tool_calls[0]',
        'status = ask("Thank you!", once=True, show="none").tool_calls[0].status',
        'status = "done"',
    ],
    "07.1": ["pay = tool(pay)", "pay = tool(timeout=30)(pay)", "pay = None"],
    "07.2": [
        'quiet = ask("What time is it in Jakarta?", tools=[get_time], once=True, show="none")',
        'quiet = ask("What time is it in Jakarta?", tools=[get_time], tool_choice="none", once=True, show="none").text',
        'quiet = ask("Thank you!", tools=[get_time], tool_choice="none", once=True, show="none")',
    ],
    "07.3": [
        'def cheap(most: int) -> pd.DataFrame:\n    return sales[sales["price"] < most]',
        'def cheap(most: int) -> pd.DataFrame:\n    return ["Bandung", "Medan"]',
    ],
    "08.1": ['line = "--max-tokens"', 'line = "-max-tokens 200"', 'line = ["--max-tokens", 200]'],
    "08.2": [
        'try:\n    ask("demo: error 401", once=True, show="none")\nexcept NeosantaraError as error:\n    kind = type(error)',
        'ask("demo: error 401", once=True, show="none")',
        'kind = "UnprocessableEntityError"',
    ],
    "08.3": [
        'def careful(prompt):\n    return ask(prompt, once=True, show="none").text',
        'def careful(prompt):\n    return ""',
        'def careful(prompt):\n    try:\n        return ask(prompt, once=True, show="none")\n'
        '    except NeosantaraError:\n        return ""',
        'def careful(prompt):\n    try:\n        return ask(prompt, once=True, show="none").text\n'
        "    except NeosantaraError:\n        return None",
    ],
    "09.1": ['personal = {"name"}', 'personal = "name, phone"', 'personal = {"name", "phone", "score"}'],
    "09.2": ['def hide(text):\n    return text.replace("Bima Putra", "P2")', "def hide(text):\n    return codes[text]"],
    "09.3": [
        'small = pupils[["class", "score"]].head(2)',
        'small = pupils.groupby("class")["score"].max()',
        'small = pupils["score"].mean()',
        'small = pupils[["class", "score"]].assign(mean=pupils.groupby("class")["score"].transform("mean"))',
    ],
    "10.1": ['one = "0.96"', "one = 960_000"],
    "10.2": ["many = 5_000 / one", 'many = "5208"'],
    "10.3": ['minutes = "9"', "minutes = 30"],
    "11.1": [
        "@dataclass\nclass Person:\n    name: str\n    age: int\n\n\n"
        "person = ask('name: \"Sari\", age: 17.', schema=Person, once=True, show=\"none\")",
        'person = {"name": "Sari", "age": 17}',
    ],
    "11.2": ['people = cities["people"]', "people = [6_300_000]"],
    "11.3": [
        'Colour = Literal["red", "green", "blue"]\n'
        'colour = ask("Which colour has the sky? It is blue, so blue.", schema=Colour, once=True, show="none")',
        'colour = ["blue"]',
    ],
    "12.1": [
        'blue = Image.new("RGB", (64, 32))',
        'blue = Image.new("RGB", (32, 64), "blue")',
        'import numpy\n\nblue = numpy.asarray(Image.new("RGB", (64, 32), "blue"))',
    ],
    "12.2": [
        'seen = ask("What does this picture show?", image=blue, model="vision-emas-2045", once=True, show="none").text',
        'seen = ask("What does this picture show?", model="vision-emas-2045", once=True, show="none")',
    ],
    "12.3": ["pictures = 2", "pictures = seen.messages"],
    "13.1": [
        'capitals = ask_many(["What is the capital of Japan?", "What is the capital of Egypt?"], show="none")',
        'capitals = ask_many(["What is the capital of Japan?"], show="none")[0].text',
    ],
    "13.2": ["tokens = sum(one.usage.input_tokens for one in answers)", "tokens = [one.usage for one in answers]"],
    "13.3": ['prompts = "What is 1 + 1?"', 'prompts = [f"What is {n} + {n}?" for n in range(5)]'],
    "14.1": [
        "def suspicious(answer):\n    return 'ignore' in answer.lower()",
        "def suspicious(answer):\n    return any(word in answer for word in ('ignore', 'score', 'rubric'))",
        "def suspicious(answer):\n    return answers[answer]",
    ],
    "14.2": ["average = (4 + 1 + 4) / 3", "average = [4, 1]"],
    "14.3": ['decided = {"A": 4, "B": 1, "C": 4}', "decided = (4, 1, 1)"],
    "15.1": [
        'mine = chat()\nmine.send("My name is Budi.")',
        'mine = chat(conversation="exercise").send("My name is Budi.")',
    ],
    "15.2": ['reply = mine.send("What is my name?")', 'reply = ["Budi"]'],
    "15.3": ["turns = len(mine.conversation)", 'mine.edit(1, "My name is Sari.")\nturns = mine.conversation'],
    "16.1": [
        f"expression = {written!r}"
        for written in ('cells["table"].output', '{{ cells["table"] }}', '{{ cells["table"].source }}', 5)
    ],
    "16.2": ['most = "3"'],
    "16.3": ['together = rain["Jakata"] + rain["Kupang"]'],
    "18.1": ['name = "lend"'],
    "18.2": [
        "free = [tool for tool in library.tools if not tool.confirm]",
        "free = [tool.spec.name for tool in library.tools]",
        'free = "library__find_author"',
    ],
    "18.3": ["shelf = library", 'shelf = "shelf"'],
}

_INDONESIAN = {
    "01": "followers=pengikut|in=di|sentence=kalimat|sun=matahari|rain=hujan|shines in bogor=bersinar di sawah"
    "|2000 / 4.1=1800 / 2.9|tokens=token|500=600|500.0=600.0|0.1500001=0.1800001|0.15=0.18",
    "02": "tokens=token|texts=teks|What is {n}=Berapa {n}|What is 21=Berapa 21|What is RAM=Apa itu RAM"
    "|What is an API=Apa itu API",
    "03": "alone=sendiri|turns=giliran|reply=balasan|exercise=latihan|What is my name=Siapa nama saya"
    "|My name is=Nama saya",
    "04": "mine=saya|second=kedua|agreement=kesepakatan|true=benar|false=salah|invented=dikarang"
    "|must_be_checked=harus_diperiksa",
    "05": "needed=perlu|safe_page=halaman_aman|sent=terkirim",
    "06": "to_fahrenheit=ke_fahrenheit|warm=hangat|Use=Pakai|with=dengan|What is the weather like in=Bagaimana cuaca di",
    "07": "pay=bayar|paid=dibayar|quiet=diam|What time is it in=Jam berapa di|cheap=murah|sales=penjualan"
    "|most=paling_banyak|price=harga|city=kota",
    "08": "line=baris|kind=jenis|careful=hati_hati",
    "09": "personal=pribadi|name=nama|phone=telepon|hide=samarkan|codes=kode|P2=S2|small=kecil|pupils=siswa"
    "|class=kelas|score=nilai",
    "10": "one=satu|many=banyak|minutes=menit",
    "11": "people=penduduk|cities=daftar_kota|Colour=Warna|colour=warna|red=merah|green=hijau|blue=biru|Person=Orang"
    "|person=orang|name=nama|age=umur|Which colour has the sky? It is=Apa warna langit? Warnanya|so=jadi",
    "12": "blue=biru|seen=dilihat|pictures=banyak_gambar",
    "13": "capitals=ibu_kota|What is the capital of Japan=Apa ibu kota Jepang|tokens=token|answers=semua|prompts=prompt"
    "|What is the capital of Egypt=Apa ibu kota Mesir|What is=Berapa|What is RAM=Apa itu RAM",
    "14": "suspicious=mencurigakan|answers=jawaban|ignore=abaikan|score=skor|rubric=rubrik|average=rata_rata"
    "|decided=keputusan",
    "15": "mine=punya_saya|exercise=latihan|reply=balasan|turns=giliran|What is my name=Siapa nama saya"
    "|My name is=Nama saya",
    "16": "expression=ekspresi|table=tabel|most=terbanyak|together=bersama|rain=hujan",
    "18": "name=nama|library=perpustakaan|lend=pinjamkan|free=bebas|find_author=cari_penulis|shelf=rak"
    "|library.find_author=perpustakaan.cari_penulis|library__find_author=perpustakaan__cari_penulis",
}


def translated(tried: str, number: str) -> str:
    """Return what is tried in the English lesson of this number as it is written in the Indonesian one."""
    words = dict(pair.split("=") for pair in _INDONESIAN[number].split("|"))
    longest = "|".join(map(re.escape, sorted(words, key=len, reverse=True)))
    # What follows a dot is an attribute, which has the same name in both.
    return re.sub(rf"(?<![\w.])(?:{longest})(?!\w)", lambda found: words[found[0]], tried)
