"""A further language of the demo model is one file: a made-up one beside the others, in a copy of the package."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from pathlib import Path

from isolation import OFFLINE, ROOT, isolated

MADE_UP = {
    "bahasa indonesia": "jeziko xxo",
    "berapa": "kolikovo",
    '"halo"': '"zdravko"',
    "Halo!": "Zdravko!",
    r"\bkali\b": r"\bputa\b",
    'signs = ".,"': """signs = "'·\"""",
    'cuaca = "weather"': 'vremeno = "weather"',
    'endings = "nya"': 'endings = "ovo"',
    'empty = "ini': 'empty = "tajo ini',
    'then = "dan': 'then = "potomo',
    'joins = "dan': 'joins = "alio',
    'is = "adalah"': 'is = "jesto"',
    'yes = "ya': 'yes = "dako',
    'no = "tidak': 'no = "neko',
    'place = "kota"': 'place = "grado"',
    'width = "lebar"': 'width = "sirino"',
    'description = "deskripsi"': 'description = "opiso"',
    'hint_email = "kepada': 'hint_email = "primatelo',
    'red = "merah"': 'red = "crveno"',
}
"""Words of ``id.toml``, and what stands for them in ``xx.toml``."""

TOLD = """
import json
from neosantara_magic.demo import mind, reading, requests, tools

def asked(prompt, *more, **functions):
    offered = [
        {"type": "function", "function": {"name": name, "parameters": {
            "type": "object", "properties": fields, "required": [*fields]}}}
        for name, fields in functions.items()
    ]
    messages = [{"role": "user", "content": prompt}, *more]
    return requests.read({"model": "m", "messages": messages, "tools": offered}, "messages")

def text(*said): return mind.reply(asked(*said)).text
def calls(prompt, **functions):
    return [[call.name, json.loads(call.arguments)] for call in mind.reply(asked(prompt, **functions)).calls]

string, truth, number = ({"type": kind} for kind in ("string", "boolean", "integer"))
red = reading.Seen("PNG", (3, 2), (reading.Colour(1.0, "red", (255, 0, 0)),))
called = {"id": "c", "type": "function", "function": {"name": "f", "arguments": '{"grado": "Medan"}'}}
print(json.dumps({
    "greeting": text("Zdravko"),
    "asked for": text("Why is the sky blue? Jeziko xxo"),
    "sum": text("Kolikovo 1'001 puta 2 / 4?"),
    "capital": text("Ibu kota Jepang apa?"),
    "glossary, ending": calls('vremenoovo, location: "Medan"', get_weather={"location": string}, tajo={}),
    "place": text("Zdravko", {"role": "assistant", "content": None, "tool_calls": [called]},
                  {"role": "tool", "tool_call_id": "c", "content": '{"temperature": 30}'}),
    "truth": calls("`send` urgent jesto dako quiet jesto neko", send={"urgent": truth, "quiet": truth}),
    "then": calls("`add` a=1 potomo `sub` a=2", add={"a": number}, sub={"a": number}),
    "joins": calls('load_it "x" alio "y"', load_it={"what": string}),
    "hint": calls('`send` "hi" budi@example.com', send={"primatelo": string}),
    "empty": tools._words("tajo vremeno"),
    "colour": red.sentence("xx"),
    "fields": red.fields("xx"),
}))
"""


def test_one_file_is_a_language(tmp_path: Path) -> None:
    """Every word that the demo reads or says comes from the files of all languages."""
    package = tmp_path / "neosantara_magic"
    shutil.copytree(ROOT / "neosantara_magic", package, ignore=shutil.ignore_patterns("__pycache__"))
    words = (package / "demo" / "id.toml").read_text("utf-8")
    for old, new in MADE_UP.items():
        assert old in words, old
        words = words.replace(old, new)
    (package / "demo" / "xx.toml").write_text(words, "utf-8")
    env = isolated(tmp_path) | {"PYTHONPATH": f"{OFFLINE}:{tmp_path}"}
    done = subprocess.run(
        [sys.executable, "-c", TOLD], env=env, cwd=tmp_path, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    told = json.loads(done.stdout)
    sentence = told.pop("colour")
    assert "crveno (100%)" in sentence
    assert told.pop("greeting").startswith("Zdravko! Saya model demo.")
    assert told.pop("asked for").startswith("Cahaya matahari")
    assert told == {
        "sum": "Hasil `1001 * 2 / 4` adalah **500·5**",
        "capital": "Ibu kota Jepang adalah Tokyo.",
        "glossary, ending": [["get_weather", {"location": "Medan"}]],
        "place": "Cuaca di Medan sekarang 30 derajat Celsius.",
        "truth": [["send", {"urgent": True, "quiet": False}]],
        "then": [["add", {"a": 1}], ["sub", {"a": 2}]],
        "joins": [["load_it", {"what": "x"}], ["load_it", {"what": "y"}]],
        "hint": [["send", {"primatelo": "budi@example.com"}]],
        "empty": ["vremeno"],
        "fields": {
            "width": 3,
            "height": 2,
            "sirino": 3,
            "lebar": 3,
            "tinggi": 2,
            **dict.fromkeys(("description", "caption", "deskripsi", "opiso"), sentence),
        },
    }
