"""The word lists that the demo model reads by, Indonesian and English.

For: data only, so that the rules in `words`, `evidence` and `tools` stay readable.
Not for: rules.
"""
# ruff: noqa: SIM905  (a list of words reads best as text)

from __future__ import annotations

INDONESIAN = frozenset(
    """
    adalah aku anda angka apa atau bagaimana bagi bandingkan belajar berapa beri berikan bikin bisa buat buatkan cara
    cari ceritakan contoh cuaca dalam dan dari dengan di dimana fungsi gambar gimana hai halo hapus hari hitung ini
    itu jam jawab jelaskan juga jumpa kabar kamu kapan kasih katakan ke kenapa kirim kode kota lelucon makasih malam
    membalik mengapa nama namaku pagi pakai panjang pendek pilih ringkas ringkaslah saya sebutkan sekarang selamat
    seperti siang siapa simpan singkat sore sudah tadi tampilkan tentang terima terjemahkan tidak tiga tolong tulis
    tuliskan untuk yang
    """.split()
)
"""Words that speak for Indonesian."""

ENGLISH = frozenset(
    """
    a about an and are at can could do does english explain for from give goodbye hello hi how i in indonesian is it
    like list make me morning my name of on please show tell thank thanks that the this time to translate we weather
    what when where who why with write you your
    """.split()
)
"""Words that speak for English."""

NOT_NAMES = frozenset(
    """
    A Add Aku Also An And Apa Apakah API Are Ask At Bagaimana Bagi Berapa Beri Berikan Between Book Buat Buatkan
    Calculate Call Can Cari Carikan Cek Celsius Check Compare Compute Convert Could Count Cuaca Dan Dari Dengan
    Describe Di Did Do Does Draw Explain Fahrenheit Find First For Friday From Get Give Gunakan Hapus Hello Hi Hitung
    How I I'd I'm If In IP Is It Jam Jelaskan JSON Juga Jumlahkan Kali Kamu Kapan Ke Kelompokkan Kenapa Kirim Kurang
    Lalu Lebih Let List Look Make Mana Mengapa Monday My Next No Not Now On Pakai Pesan Pilih Please Plot Pukul Python
    Repeat Run Saturday Say Saya Search Sebutkan Second Send Set Should Show Siapa Simpan Sort Sum Summarise Summarize
    Sunday Tambah Tampilkan Tell Thanks That The Then There This Thursday Time To Today Tolong Tomorrow Translate
    Tuesday Tulis Tuliskan Untuk Use Weather Wednesday What What's When Where Which Who Who's Why Will With Would
    Write Yang Yes You Your
    """.split()
)
"""Words in upper case that begin a sentence and are no names."""

CITIES = {
    "jakarta": "Asia/Jakarta", "bandung": "Asia/Jakarta", "surabaya": "Asia/Jakarta", "yogyakarta": "Asia/Jakarta",
    "jogja": "Asia/Jakarta", "semarang": "Asia/Jakarta", "medan": "Asia/Jakarta", "palembang": "Asia/Jakarta",
    "bogor": "Asia/Jakarta", "depok": "Asia/Jakarta", "malang": "Asia/Jakarta", "solo": "Asia/Jakarta", "pontianak":
    "Asia/Pontianak", "denpasar": "Asia/Makassar", "bali": "Asia/Makassar", "ubud": "Asia/Makassar", "makassar":
    "Asia/Makassar", "balikpapan": "Asia/Makassar", "manado": "Asia/Makassar", "kupang": "Asia/Makassar",
    "jayapura": "Asia/Jayapura", "ambon": "Asia/Jayapura", "singapore": "Asia/Singapore", "kuala lumpur":
    "Asia/Kuala_Lumpur", "bangkok": "Asia/Bangkok", "tokyo": "Asia/Tokyo", "seoul": "Asia/Seoul", "beijing":
    "Asia/Shanghai", "shanghai": "Asia/Shanghai", "delhi": "Asia/Kolkata", "mumbai": "Asia/Kolkata", "dubai":
    "Asia/Dubai", "sydney": "Australia/Sydney", "melbourne": "Australia/Melbourne", "london": "Europe/London",
    "paris": "Europe/Paris", "berlin": "Europe/Berlin", "amsterdam": "Europe/Amsterdam", "madrid": "Europe/Madrid",
    "rome": "Europe/Rome", "cairo": "Africa/Cairo", "nairobi": "Africa/Nairobi", "lagos": "Africa/Lagos",
    "new york": "America/New_York", "chicago": "America/Chicago", "san francisco": "America/Los_Angeles", "los angeles":
    "America/Los_Angeles", "mexico city": "America/Mexico_City", "toronto": "America/Toronto", "istanbul":
    "Europe/Istanbul",
}  # fmt: skip
"""Cities and their IANA time zones."""

PLACE = frozenset(
    """
    address alamat asal city country destination kota location lokasi negara origin place region tempat town tujuan
    """.split()
)
"""Fields that hold a place."""

PLACED = frozenset(
    """
    city country kota location lokasi negara place tempat timezone tz zone
    """.split()
)
"""Fields that a place decides, a time zone among them."""

ZONE = frozenset(
    """
    timezone tz zona zone
    """.split()
)
"""Fields that hold a time zone."""

PERSON = frozenset(
    """
    author customer nama name orang owner pelanggan penerima penulis person recipient student user who
    """.split()
)
"""Fields that hold a person's name."""

FELT = frozenset(
    """
    emotion feeling mood perasaan sentimen sentiment suasana tone
    """.split()
)
"""Fields that hold how a text feels."""

SPOKEN = frozenset(
    """
    kata keyword keywords kueri pertanyaan prompt q query question search term topic topik
    """.split()
)
"""Fields that hold what is asked, in the user's words."""

TEXTUAL = frozenset(
    """
    body comment content isi judul komentar label message note pesan phrase review sentence string subject subjek task
    teks text title word
    """.split()
)
"""Fields that hold a text, which a prompt quotes."""

FORMULA = frozenset(
    """
    calculation ekspresi equation expr expression formula rumus
    """.split()
)
"""Fields that hold an expression to compute."""

CODED = frozenset(
    """
    code command kode python script sql
    """.split()
)
"""Fields that hold code."""

ADDRESSEE = frozenset(
    """
    bcc cc email kepada penerima recipient to
    """.split()
)
"""Fields that hold an e-mail address, when there is one."""

COUNTED = frozenset(
    """
    amount count jumlah k limit n number rows times top
    """.split()
)
"""Fields that hold how many."""

SYNONYMS = {
    "celsius": ("c", "°c", "celcius"), "fahrenheit": ("f", "°f"), "true": ("yes", "ya"), "false": ("no", "tidak"),
    "positive": ("love", "great", "good", "excellent", "amazing", "happy", "wonderful", "best", "like", "recommend",
    "bagus", "suka", "senang", "puas", "hebat", "mantap", "baik", "positif"), "negative": ("hate", "bad",
    "terrible", "awful", "worst", "broken", "disappointed", "poor", "slow", "angry", "jelek", "buruk", "kecewa",
    "rusak", "benci", "lambat", "negatif"), "high": ("urgent", "tinggi", "penting"), "low": ("rendah",), "medium":
    ("sedang",), "add": ("plus", "tambah", "+"), "multiply": ("times", "kali", "*"), "subtract": ("minus",
    "kurang"), "divide": ("bagi", "/"), "positif": ("love", "great", "good", "bagus", "suka", "senang", "puas",
    "hebat", "mantap", "baik"), "negatif": ("hate", "bad", "terrible", "jelek", "buruk", "kecewa", "rusak", "benci",
    "lambat"),
}  # fmt: skip
# How a text sounds: the plain words for it mean what positive and negative mean.
SYNONYMS |= {
    **dict.fromkeys(("good", "happy", "baik", "senang", "puas"), SYNONYMS["positive"]),
    **dict.fromkeys(("bad", "angry", "sad", "unhappy", "buruk", "marah", "sedih", "kecewa"), SYNONYMS["negative"]),
}
"""Values of an enum, and other words that mean them."""

NOT_A_VALUE = frozenset(
    """
    a adalah an and are as at atau be by dan dari dengan di for from has have in ini is it itu ke of on or that the
    this to untuk was which with yang
    """.split()
)
"""Words that are never a value by themselves."""

EMPTY = frozenset(
    """
    a address all an and any are arguments as at based be by call current data do e fetch find for from function g
    get given has how i if in info is it list make me my name new no not of on one optional or parameters return
    returns run set show that the this to tool two use user using value values what when which with you your
    """.split()
)
"""Words in a tool's name or description that say nothing about it."""

MEANS = {
    "cuaca": "weather", "suhu": "weather", "temperature": "weather", "forecast": "weather", "rain": "weather",
    "hujan": "weather", "rainy": "weather", "raining": "weather", "sunny": "weather", "snow": "weather",
    "humid": "weather", "windy": "weather", "umbrella": "weather", "warm": "weather", "warmer": "weather",
    "warmest": "weather", "hot": "weather", "hotter": "weather", "hottest": "weather", "cold": "weather",
    "colder": "weather", "coldest": "weather", "panas": "weather", "dingin": "weather", "hangat": "weather",
    "sejuk": "weather", "gerah": "weather", "cerah": "weather", "mendung": "weather", "berawan": "weather",
    "payung": "weather", "sapa": "greet", "jam": "time", "pukul": "time", "waktu": "time", "clock": "time",
    "lokasi": "location", "kota": "city", "hitung": "calculate", "hitunglah": "calculate", "compute":
    "calculate", "tambah": "add", "tambahkan": "add", "jumlahkan": "add", "plus": "add", "sum": "add", "jumlah":
    "add", "addition": "add", "kali": "multiply", "kalikan": "multiply", "times": "multiply", "product":
    "multiply", "kurangi": "subtract", "minus": "subtract", "bagi": "divide", "divided": "divide", "cari":
    "search", "carikan": "search", "lookup": "search", "kirim": "send", "kirimkan": "send", "harga": "price",
    "cost": "price", "kurs": "convert", "exchange": "convert", "ubah": "convert", "konversi": "convert",
    "conversion": "convert", "hapus": "delete", "remove": "delete", "simpan": "save", "store": "save", "buat":
    "create", "buatkan": "create", "rata": "mean", "average": "mean", "gambar": "plot", "grafik": "plot",
    "draw": "plot", "chart": "plot", "figure": "plot", "plotting": "plot", "baca": "read", "tanggal": "date",
    "today": "date", "berita": "news", "terjemahkan": "translate", "stok": "stock", "penjualan": "sales",
    "pesan": "order", "pesanan": "order", "book": "order", "dadu": "dice", "acak": "random", "penduduk":
    "population", "populasi": "population", "tabel": "table", "frame": "table", "dataframe": "table", "pangkat":
    "power", "akar": "sqrt", "root": "sqrt", "square": "square", "kuadrat": "square",
}  # fmt: skip
"""Words of a prompt, and the word of a tool's name that they mean."""
