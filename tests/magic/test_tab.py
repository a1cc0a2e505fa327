"""Tab in a cell, through a real kernel: issue 6, *Completion*."""

from __future__ import annotations

import pytest

from kernels import Kernel
from magic.spoken import Asked

pytestmark = pytest.mark.kernel

NOTEBOOK = """
import dataclasses, enum, typing
def get_weather(city: str) -> str: return "rain"
def get_time() -> str: return "noon"
both = [get_weather, get_time]
class Clinic:
    def find_doctor(self, name: str) -> str: return name
    @property
    def boom(self): raise RuntimeError("a property was run by Tab")
clinic = Clinic()
@dataclasses.dataclass
class Person:
    name: str
class Place(typing.TypedDict):
    name: str
class Colour(enum.Enum):
    RED = 1
people = list[Person]
Name = typing.NewType("Name", str)
shape = {"type": "object", "properties": {}}
number = 7
show, shout = print, open
from PIL import Image
picture = Image.new("RGB", (1, 1))
pixels = b"\\x89PNG\\r\\n"
open("scan.png", "wb").close(); open("notes.txt", "w").close(); open("lesson.jsonl", "w").close()
"""


def _offered(kernel: Kernel, text: str) -> list[str]:
    """Return what Tab offers at ``|``."""
    return kernel.complete(text.replace("|", "", 1), text.index("|"))


def test_flags_values_and_names_are_offered_before_the_first_ask(asked_first: Asked) -> None:
    """Right after %load_ext: flags, choices, models, functions, types, images, conversations, files, variables."""
    asked, kernel = asked_first, asked_first.kernel
    asked.run(NOTEBOOK)
    assert _offered(kernel, "%%neosantara --mo|") == ["--model"]
    assert _offered(kernel, "%%ns --api |\nhello") == ["auto", "responses", "chat"]
    assert "garda-core" in _offered(kernel, "%%neosantara -m |")
    assert _offered(kernel, "%%neosantara --model=garda-c|") == ["garda-core"]
    assert set(_offered(kernel, "%%neosantara --tools |")) == {"both", "get_time", "get_weather"}
    assert _offered(kernel, "%%neosantara --tools get_weather,get|") == ["get_time"]
    assert _offered(kernel, "%%neosantara --tools clinic.|") == ["clinic.find_doctor"]
    assert set(_offered(kernel, "%%neosantara --schema |")) == {"Person", "Place", "Colour", "people", "Name", "shape"}
    assert set(_offered(kernel, "%%neosantara -i |")) == {"picture", "pixels", "_", "scan.png"}
    assert _offered(kernel, "%%neosantara -c |") == ["main"]
    asked.run("import os; os.mkdir('prompts'); open('prompts/mine.md', 'w').close()")
    assert set(_offered(kernel, "%%neosantara --as |")) >= {"mine", "tutor", "tutor.id"}
    assert _offered(kernel, "%%neosantara --as prompts/m|") == ["prompts/mine.md"]
    assert _offered(kernel, "%%neosantara\nDescribe {{ num|") == ["number"]
    assert _offered(kernel, "%neosantara conv|") == ["conversations"]
    assert _offered(kernel, "answer = %neosantara ask --tem|") == ["--temperature"]
    assert _offered(kernel, "%ns demo |") == ["on", "off"]
    assert _offered(kernel, "%ns replay less|") == ["lesson.jsonl"]
    asked.run("open('lesson.md', 'w').close()")
    assert _offered(kernel, "%ns load less|") == ["lesson.jsonl"]
    assert set(_offered(kernel, "%ns save less|")) == {"lesson.jsonl", "lesson.md"}
    assert _offered(kernel, "%%neosantara --each both|") == ["both"]
    assert not {"get_time", "Clinic", "dataclasses"} & set(_offered(kernel, "%%neosantara --each |"))
    assert asked.requests == []
    assert asked.value("any(n.startswith('neosantara_magic.api') for n in __import__('sys').modules)") == "False"


def test_the_session_is_known(asked: Asked) -> None:
    """Conversations that exist, and the models that the server listed, which then count alone."""
    asked.server.answer(body={"object": "list", "data": [{"id": "garda-core"}, {"id": "vendor/odd"}]}, path="/models")
    asked.says("ok")
    asked.cell("-c lesson")
    asked.run("%neosantara models")
    count = len(asked.requests)
    assert _offered(asked.kernel, "%%neosantara -c le|") == ["lesson"]
    assert _offered(asked.kernel, "%neosantara history |") == ["lesson", "main"]
    assert _offered(asked.kernel, "%%neosantara -m |") == ["garda-core", "vendor/odd"]
    assert len(asked.requests) == count


def test_python_is_completed_as_before(asked: Asked) -> None:
    """Nothing of ours appears in ordinary code, and after %unload_ext nothing at all."""
    asked.run("number = 7\n%config IPCompleter.use_jedi = False")
    assert _offered(asked.kernel, "x = numb|") == ["number"]
    assert "%neosantara" in _offered(asked.kernel, "%neo|")
    asked.run("%unload_ext neosantara_magic")
    assert "--model" not in _offered(asked.kernel, "%%neosantara --mo|")
