"""The API key appears in no output, repr, traceback, recording, export, log, setting or pickle: issue 6, *Secrets*."""

from __future__ import annotations

import json

import pytest

from kernels import Run
from magic.spoken import KEY, Asked, answer_events, chat_events, problem

pytestmark = pytest.mark.kernel

EVERYTHING = """
import gc, io, json, logging, os, pickle, sys, traceback
def everything(error):
    "Everything that a user, a log or a bug report may show of an error and of the session."
    from neosantara_magic import public
    workspace, notebook = public.surroundings()
    last = notebook.namespace["_neosantara"]
    pile = [repr(error), str(error), str(getattr(error, "args", "")), str(vars(error))]
    pile += traceback.format_exception(error)
    pile += traceback.TracebackException.from_exception(error, capture_locals=True).format()
    seen = error
    while seen is not None:
        pile += [repr(seen), str(vars(seen))]
        seen = seen.__cause__ or seen.__context__
    for thing in (error, last):
        try:
            pile.append(pickle.dumps(thing).decode("latin-1"))
        except Exception as failed:
            pile.append(repr(failed))
    pile += [repr(workspace), str(vars(workspace.settings())) if hasattr(workspace.settings(), "__dict__") else ""]
    pile += [repr(last), str(last.raw), str(last._repr_mimebundle_())]
    pile += [repr(one) for one in workspace.conversations]
    pile += [repr(notebook), repr(get_ipython().find_line_magic("neosantara"))]
    return "\\n".join(pile)
"""


def _leaks(*things: object) -> list[str]:
    text = "\n".join(str(thing) for thing in things)
    return [piece for piece in (KEY, KEY[4:-4], KEY[:12], KEY[-12:]) if piece in text]


def _shown(run: Run) -> str:
    return json.dumps([run.outputs, run.messages, run.reply], default=str)


FAULTS = {
    "401 that repeats the key": lambda server: server.answer(
        401, {}, problem(f"Incorrect API key: {KEY}.", "invalid_api_key")
    ),
    "400 that repeats the header": lambda server: server.answer(
        400, {}, problem(f"Bad header Authorization: Bearer {KEY}")
    ),
    "403": lambda server: server.answer(403, {}, problem(f"{KEY} may not", "insufficient_tier")),
    "500 that repeats the key in HTML": lambda server: server.answer(
        500, {"Content-Type": "text/html"}, f"<html><body>Bearer {KEY}</body></html>"
    ),
    "an id that is the key": lambda server: server.answer(500, {"X-Request-Id": KEY}, problem("x", KEY, KEY)),
    "a stream that names the key": lambda server: server.stream(
        [*answer_events("half", pieces=1)[:2], {"type": "error", "code": "x", "message": f"key {KEY} is bad"}]
    ),
    "a cut stream": lambda server: server.stream(answer_events("half", pieces=1)[:2], cut=True),
    "a redirect": lambda server: server.answer(307, {"Location": f"http://127.0.0.1:9/?key={KEY}"}, b""),
    "an unreadable body": lambda server: server.answer(200, {"Content-Type": "text/html"}, f"<p>{KEY}</p>"),
}
IN_HEADERS = {"an id that is the key", "a redirect"}


def test_no_failure_shows_the_key(asked: Asked) -> None:
    """Even when the server itself repeats the key: outputs, messages, tracebacks with locals, reprs, pickles."""
    asked.run(
        EVERYTHING
        + "\nimport logging, io\nlog = io.StringIO()\nlogging.basicConfig(stream=log, level=logging.DEBUG, force=True)"
    )
    for name, script in FAULTS.items():
        for flags in ("", "--api chat"):
            script(asked.server)
            run = asked.cell(f"--once {flags}")
            assert run.error is not None, name
            assert not _leaks(_shown(run)), (name, flags, run.outputs)
            if name in IN_HEADERS:
                # What a server writes into its own headers is in the HTTP library's DEBUG lines, whoever asks.
                asked.run("log.truncate(0)")
            told = asked.run("import sys\nprint(everything(sys.last_value))").stdout
            assert not _leaks(told), (name, flags, told[max(0, told.find(KEY[4:16]) - 300) :][:700])
    logged = asked.run("print(log.getvalue())").stdout
    assert not _leaks(logged), logged[max(0, logged.find(KEY[4:16]) - 300) :][:700]


def test_no_verbose_traceback_shows_the_key(asked: Asked) -> None:
    """A bug inside (an exception of no kind of ours) under %xmode Verbose prints locals, and not the key."""
    asked.run("%xmode Verbose")
    asked.run(
        "def boom(x: int) -> int: return x\nclass Odd:\n    def __str__(self): raise MemoryError('odd')\nodd = Odd()"
    )
    asked.server.stream(chat_events("", ("boom", {"x": 1})), done=True)
    asked.run(
        "from neosantara_magic import loop\nkept = loop.call_all\ndef bug(*a, **k): raise LookupError('a bug')\nloop.call_all = bug"
    )
    run = asked.cell("--tools boom")
    assert run.error is not None
    assert run.error.name == "LookupError"
    assert len(run.error.traceback) > 2, "a bug keeps its traceback"
    assert not _leaks(_shown(run))
    asked.run("loop.call_all = kept\n%xmode Context")


def test_no_screen_and_no_file_shows_the_key(asked: Asked) -> None:
    """Every %neosantara screen, %config, --dry-run, save files, recordings, the history of prompts."""
    asked.run("%neosantara record r.jsonl")
    asked.says("ok", "ok")
    asked.cell(cell_id="a")
    asked.cell("--dry-run")
    asked.server.answer(body={"data": [{"id": "m"}]}, path="/models")
    for code in (
        "%neosantara",
        "%neosantara status",
        "%neosantara help",
        "%neosantara help key",
        "%neosantara models",
        "%neosantara tools",
        "%neosantara conversations",
        "%neosantara history",
        "%neosantara usage",
        "%neosantara save c.jsonl",
        "%neosantara save c.md",
        "%neosantara save c.ipynb",
        "%neosantara live",
        "%config NeosantaraMagics",
        "%%neosantara --dry-run\nhi",
        "%%neosantara --dry-run --tools nothing\nhi",
        "_neosantara",
        "print(repr(_neosantara), vars(_neosantara))",
        "%neosantara?",
        "%who",
        "print({k: v for k, v in globals().items() if 'nsk' in str(v) and not k.startswith('_')})",
        "for f in ('r.jsonl', 'c.jsonl', 'c.md', 'c.ipynb'): print(open(f).read())",
    ):
        run = asked.kernel.execute(code)
        assert not _leaks(_shown(run)), code


def test_a_key_typed_in_is_as_secret(asked: Asked) -> None:
    """%neosantara key: the key is in no output, message, input history or configuration."""
    run = asked.kernel.execute("%neosantara key", allow_stdin=True, answers=[KEY])
    assert not _leaks(_shown(run))
    run = asked.run(
        "magics = [one for one in get_ipython().configurables if type(one).__name__ == 'NeosantaraMagics'][0]\n"
        "print(In, Out, get_ipython().config, magics, vars(magics), magics.trait_values())"
    )
    assert not _leaks(_shown(run))
    # A key pasted where it does not belong is not repeated either.
    for code in (f"%neosantara key {KEY}", f"%neosantara {KEY}"):
        run = asked.kernel.execute(code)
        assert run.error is not None
        assert not _leaks(run.outputs), code


def test_a_bad_key_is_not_quoted(asked: Asked) -> None:
    """A key with a space or a line break inside is refused without being shown, and nothing is sent."""
    asked.kernel.set_environment(NEOSANTARA_API_KEY=f"{KEY} {KEY}")
    run = asked.cell()
    assert run.error is not None
    assert not _leaks(_shown(run))
    assert asked.requests == []


KEYS = {
    "nsk": KEY,
    "nsk live": "nsk_live-abcdef1234567890",
    "nsk mcp": "nsk_mcp_abcdef1234567890",
    "nsk number": "nsk_1234567890-abcdefghij",
    "nsk dotted": "nsk_ab-cd.efghij12",
    "sk": "sk-abcdef1234567890",
    "sk-proj": "sk-proj-abcdef1234567890",
    "bearer": "Bearer gwabcdef1234567890",
    "a gateway's, in force": "gw/Ab+c=de&f9876543210",
}
HOLDERS = """
import os
from urllib.parse import quote
key = {spelled}[::-1]
link = 'https://x.example/?key=' + quote(key, safe='')
def gives(): return {{'env': {{'KEY': key}}, 'link': link}}
def raises(): raise ValueError(f'cannot log in with {{key!r}} at {{link}}')
def prints():
    from IPython.display import display, HTML
    print('logged in with', key, link)
    display(HTML('<p>' + key + '</p>'))
    return 1
def fault(): return 1 / (len([key, link]) - 2)
"""


@pytest.mark.parametrize("form", KEYS)
def test_no_exit_lets_a_key_out(asked: Asked, form: str) -> None:
    """Values, results, exceptions, prints, explain, errors, screens, dry runs, recordings, files."""
    key = KEYS[form]
    asked.run(HOLDERS.format(spelled=repr(key[::-1])))
    if "in force" in form:
        asked.run("os.environ['NEOSANTARA_API_KEY'] = key")
    shown: list[object] = [asked.run("%neosantara record exits.jsonl")]
    asked.says("ok")
    shown.append(
        asked.cell("--system '{{ link }}'", "{{ key }} {{ [key] }} {{ os.environ }} {{ link }} {{ link | tojson }}")
    )
    asked.chats([("gives", {}), ("raises", {}), ("prints", {})], "done")
    shown.append(asked.cell("--tools gives,raises,prints"))
    shown.append(asked.cell("--dry-run -P user='\"x\"'", "{{ key }} {{ link }}"))
    shown.append(asked.cell("", "{{ raises() }}"))
    assert asked.kernel.execute("fault()").error is not None
    asked.says("because")
    shown.append(asked.run("%neosantara explain"))
    commands = ("history", "conversations", "usage", "save x.jsonl", "save x.md", "save x.ipynb", "live")
    shown += [asked.run(f"%neosantara {command}") for command in commands]
    files = asked.run("for f in ('exits.jsonl', 'x.jsonl', 'x.md', 'x.ipynb'): print(open(f).read()); os.remove(f)")
    asked.run("get_ipython().run_cell('%neosantara new', store_history=False)")
    told = "\n".join([*(_shown(run) for run in shown), files.stdout])  # type: ignore[arg-type]
    told += "\n".join(json.dumps(request.json) for request in asked.server.requests)
    assert "…" in told
    for piece in (key[-8:], key[-10:]):
        assert piece not in told, told[max(0, told.find(piece) - 400) :][:800]


@pytest.mark.parametrize(
    "place",
    [
        "workspace.check_base_url",
        "workspace.find_key",
        "settings.key.find_in_dotenv",
        "settings.key._clean",
        "workspace.ServiceClient",
        "api.client.wire_body",
        "api.sdk.make",
        "api.sdk.StoppableTransport.handle_request",
    ],
)
def test_no_verbose_traceback_shows_what_holds_the_key(asked: Asked, place: str) -> None:
    """A bug wherever the key passes: in finding it, in making the client, in sending."""
    found = asked.run(
        "from functools import reduce\nfrom importlib import import_module\nimport neosantara_magic\n"
        "import neosantara_magic.workspace, neosantara_magic.api.sdk\n%neosantara\n"
        f"*way, wanted = {place!r}.split('.')\nholder = reduce(getattr, way, neosantara_magic)\n"
        "kept = getattr(holder, wanted, None)\ndef bug(*a, **k): raise LookupError('a bug')\n"
        "print(kept is not None)\nsetattr(holder, wanted, bug)\n"
        "from neosantara_magic import public\npublic.surroundings()[0]._service = None"
    )
    assert "True" in found.stdout
    in_env = "dotenv" not in place
    if not in_env:
        asked.run("import os; hidden = os.environ.pop('NEOSANTARA_API_KEY')[::-1]")
    asked.run("%xmode Verbose")
    run = asked.cell()
    asked.run("%xmode Context\nsetattr(holder, wanted, kept)")
    if not in_env:
        asked.run("import os; os.environ['NEOSANTARA_API_KEY'] = hidden[::-1]")
    assert run.error is not None
    assert run.error.name == "LookupError", run.error
    told = _shown(run)
    assert not _leaks(told), told[max(0, told.find(KEY[:12]) - 300) :][:700]
