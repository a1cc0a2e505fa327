"""Every failure in the notebook: two lines, the class, the request id, and nothing lost: contract, *Errors*."""

from __future__ import annotations

import re

import pytest

from kernels import Kernel, Run
from magic.spoken import Asked, answer_events, chat_events, problem

pytestmark = pytest.mark.kernel

REQUEST = "req_e951d673bf8238dd787f9329"

STATUSES = [
    (400, problem("'temperature' is too high.", param="temperature"), "BadRequestError", "--dry-run"),
    (400, problem("Too long.", "context_length_exceeded"), "BadRequestError", "--new"),
    (401, problem("Incorrect API key.", "invalid_api_key", "auth_error"), "AuthenticationError", "%neosantara key"),
    (402, problem("Insufficient PAYG balance"), "InsufficientBalanceError", "app.neosantara.xyz/billing"),
    (403, problem("Your tier is too low.", "insufficient_tier"), "PermissionDeniedError", "-m"),
    (404, problem("Model 'x' not found.", "model_not_found", "not_found_error"), "NotFoundError", "%neosantara models"),
    (408, problem("Slow."), "RequestTimeoutError", "again"),
    (409, problem("Busy."), "ConflictError", "again"),
    (413, problem("Large."), "RequestTooLargeError", "--new"),
    (418, problem("Teapot."), "APIStatusError", "--dry-run"),
    (422, problem("No."), "UnprocessableEntityError", "--dry-run"),
    (500, problem("Boom."), "InternalServerError", "again"),
    (502, "<html><body><h1>Bad Gateway</h1></body></html>", "InternalServerError", "again"),
    (504, problem("Slow model."), "InternalServerError", "--no-stream"),
]


def two_lines(run: Run, *, alone: bool = True) -> str:
    """Return an error's two lines after checking that there is nothing else: no traceback, no blank output."""
    assert run.error is not None, run.outputs
    assert len(run.error.traceback) == 2, run.error.traceback
    assert all(line.strip() for line in run.error.traceback), run.error.traceback
    assert run.error.traceback[0].startswith(f"{run.error.name}: ")
    if alone:
        assert len(run.outputs) == 1, run.outputs
    for output in run.outputs[:-1]:
        assert output.get("text") or any(str(value).strip() for value in output.get("data", {}).values()), run.outputs
    return "\n".join(run.error.traceback)


@pytest.mark.parametrize("attended", [True, False])
def test_every_status_is_two_lines_of_its_own(asked: Asked, attended: bool) -> None:
    """The class is the ename, the server's message and request id are shown, the next step fits."""
    for status, body, name, step in STATUSES:
        kind = {"Content-Type": "text/html"} if isinstance(body, str) else {}
        asked.server.answer(status, {"X-Request-Id": REQUEST, **kind}, body)
        run = asked.cell("-m x --once", allow_stdin=attended)
        # A live front end may have shown that it waits; then that output says what became of it.
        said = two_lines(run, alone=not attended)
        assert run.error is not None
        assert run.error.name == name, (status, run.error)
        assert str(status) in said, said
        assert REQUEST in said, said
        assert step in said.split("\n")[1], said
        assert asked.value("_neosantara.error.status") == str(status)
        assert asked.value("_neosantara.error.request_id") == repr(REQUEST)
    assert len(asked.requests) == len(STATUSES), "the SDK retried behind our back"


@pytest.mark.parametrize("status", [429, 503])
def test_a_wait_is_seen_and_then_the_answer_comes(asked: Asked, status: int) -> None:
    """429 and 503 with retry-after: a line counts down in the output, then the answer takes its place."""
    asked.server.answer(status, {"retry-after": "1"}, problem("Slow down.", "rpm_exceeded", "rate_limit_error"))
    asked.says("after the wait")
    run = asked.start()
    run.wait_for(lambda run: f"HTTP {status}" in run.answer + run.stdout)
    run.finish()
    assert run.error is None, run.error
    assert "after the wait" in run.answer
    assert "HTTP" not in run.answer
    assert len(asked.requests) == 2


def test_two_waits_at_most_and_what_was_waited_is_said(asked: Asked) -> None:
    """Three refusals: the error ends it, and the output says how long was waited, from the body's retry_after too."""
    for _ in range(3):
        asked.server.answer(
            429, {}, problem("Slow.", "itpm_exceeded", "rate_limit_error", details={"retry_after": 0.1})
        )
    run = asked.cell()
    said = two_lines(run, alone=False)
    assert run.error is not None
    assert run.error.name == "RateLimitError"
    assert "ITPM" in said
    assert run.answer.count("HTTP 429: waited") == 2
    assert len(asked.requests) == 3


def test_a_wait_can_be_interrupted(asked: Asked) -> None:
    """Kernel > Interrupt in the countdown: Stopped, and nothing is sent again."""
    asked.server.answer(429, {"retry-after": "60"}, problem("Slow."))
    run = asked.start()
    run.wait_for(lambda run: "HTTP 429" in run.answer + run.stdout)
    asked.kernel.interrupt()
    run.finish(20)
    assert run.error is not None
    assert run.error.name == "Stopped"
    assert len(asked.requests) == 1


FAULTS = {
    "cut": {"cut": True},
    "ends early": {},
}


@pytest.mark.parametrize("how", FAULTS)
@pytest.mark.parametrize("api", ["responses", "chat"])
@pytest.mark.parametrize("attended", [True, False])
def test_a_broken_stream_keeps_its_text(asked: Asked, how: str, api: str, attended: bool) -> None:
    """The text stays in the output and in _neosantara; the error is a StreamError of two lines."""
    events = answer_events("half of it", pieces=1)[:2] if api == "responses" else chat_events("half of it")[:2]
    asked.server.stream(events, **FAULTS[how])
    run = asked.cell(f"--api {api}", allow_stdin=attended, cell_id="a")
    said = two_lines(run, alone=False)
    assert run.error is not None
    assert run.error.name == "StreamError", said
    assert "half of it" in run.answer
    assert "incomplete" in run.answer
    assert asked.value("_neosantara.text") == "'half of it'"
    assert asked.value("(_neosantara.error.text, _neosantara.stopped)") == "('half of it', False)"


def test_faults_that_the_stream_names(asked: Asked) -> None:
    """response.failed, an error event, an error object: the server's words, the text kept."""
    begun = answer_events("half", pieces=1)[:2]
    failed = {
        "type": "response.failed",
        "response": {"id": "r", "error": {"code": "server_error", "message": "GPU gone"}},
    }
    for fault, words in [
        (failed, "GPU gone"),
        ({"type": "error", "code": "x", "message": "broken off"}, "broken off"),
        ({"error": {"message": "an object", "type": "server_error", "code": "y"}}, "an object"),
    ]:
        asked.server.stream([*begun, fault])
        run = asked.cell("--once")
        said = two_lines(run, alone=False)
        assert words in said, said
        assert "half" in run.answer
        assert asked.value("_neosantara.text") == "'half'"


def test_without_a_key_nothing_is_sent_and_three_ways_are_named(kernel: Kernel) -> None:
    """The first cell of somebody new: the variable, where to get a key, and the demo."""
    kernel.execute("%load_ext neosantara_magic")
    run = kernel.execute("%%neosantara\nhello")
    said = two_lines(run)
    assert run.error is not None
    assert run.error.name == "AuthenticationError"
    for word in ("NEOSANTARA_API_KEY", "app.neosantara.xyz/api-keys", "%neosantara demo on"):
        assert word in said


def test_nothing_is_sent_on_a_usage_error(asked: Asked) -> None:
    """Unknown flag, bad value, missing variable, blank body …: two lines that name the thing and the nearest name."""
    asked.run("frame = 1")
    for code, words in {
        "%%neosantara --modle x\nhi": ["--modle", "--model"],
        "%%neosantara --api soap\nhi": ["soap", "responses"],
        "%%neosantara -t hot\nhi": ["--temperature", "hot"],
        "%%neosantara -t 3\nhi": ["--temperature", "3"],
        "%%neosantara -t 0,5\nhi": ["0,5", "0.5"],
        "%%neosantara --max-tokens 0\nhi": ["--max-tokens", "1 or more"],
        "%%neosantara -m\nhi": ["--model needs a value"],
        "%%neosantara --new --once\nhi": ["--new", "--once"],
        "%%neosantara -P seed\nhi": ["--param seed=7", "seed"],
        "%%neosantara -P user=siti\nhi": ["siti", '"siti"'],
        "%%neosantara -o 2x\nhi": ["--out", "2x"],
        "%%neosantara --show loud\nhi": ["loud", "widget"],
        "%%neosantara -s 'open\nhi": ["quote"],
        "%%neosantara\n  \n": ["no prompt"],
        "%%neosantara\n{{ '' }}": ["blank", "{{ expressions }}"],
        "%%neosantara\n{{ fram }}": ["fram", "frame"],
        "%%neosantara\n{{ 1 + }}": ["--raw"],
        "%%neosantara\n{{ 1/0 }}": ["ZeroDivisionError"],
        "%%neosantara -i nothing.png\nhi": ["nothing.png"],
        "%%neosantara --schema Persn\nhi": ["Persn"],
        "%%neosantara --tool-choice required\nhi": ["--tools"],
        "%%neosantara hello\nhi": ["hello"],
        "%neosantara aks hi": ["aks", "ask"],
        "%neosantara ask": ["needs more words", "PROMPT"],
        "%neosantara history nobody": ["nobody"],
        "%neosantara fork": ["fork NEW"],
        "%neosantara demo maybe": ["maybe", "on"],
        "%neosantara replay nowhere.jsonl": ["nowhere.jsonl"],
        "%neosantara load nowhere.jsonl": ["nowhere.jsonl"],
        "%neosantara save talk.doc": ["talk.doc"],
        "%neosantara undo zero": ["zero"],
        "%neosantara help modle": ["modle", "model"],
        "%neosantara tools nosuch": ["nosuch"],
    }.items():
        run = asked.kernel.execute(code)
        assert run.error is not None, code
        shown = "\n".join(run.error.traceback)
        assert run.error.name in {"UsageError", "ConversationFileError", "ToolDefinitionError"}, (code, run.error.name)
        assert 2 <= len(run.error.traceback) <= (2 if "{{" not in code else 5), (code, shown)
        assert len(run.outputs) == 1, (code, run.outputs)
        for word in words:
            assert word in shown, (code, shown)
    assert asked.requests == []


def test_an_extension_that_cannot_be_loaded_costs_no_answer(asked: Asked) -> None:
    """It would fail only when the answer is there: the line that is advised works."""
    asked.run("%config NeosantaraMagics.markdown = 'python-markdown'")
    asked.run("%config NeosantaraMagics.markdown_extensions = ['extra', 'nosuch']")
    run = asked.cell("")
    assert run.error is not None
    what, advice = run.error.traceback
    assert "extra, nosuch cannot all be loaded: No module named 'nosuch'" in what
    assert asked.requests == []
    asked.run(advice.partition("run ")[2])
    asked.says("**ok**")
    assert asked.cell("").error is None


def test_nobody_listens(asked: Asked) -> None:
    """A refused connection and an unknown name say which host, and what to check."""
    asked.run("%config NeosantaraMagics.base_url = 'http://127.0.0.1:9/v1'")
    said = two_lines(asked.cell())
    assert "127.0.0.1" in said
    assert "%neosantara" in said


def test_silence_ends_by_the_timeout(asked: Asked) -> None:
    """--timeout: seconds without a byte; what had come is kept."""
    asked.server.answer(mute=True)
    run = asked.cell("--timeout 0.2")
    said = two_lines(run)
    assert run.error is not None
    assert run.error.name == "APITimeoutError"
    assert "--timeout" in said
    asked.server.stream(answer_events("half", pieces=1)[:2], hang=True)
    run = asked.cell("--timeout 0.2")
    assert "half" in run.answer
    assert asked.value("_neosantara.text") == "'half'"


def test_errors_speak_indonesian_when_asked_to(asked: Asked) -> None:
    """%config language = "id": the same two lines, in Indonesian."""
    asked.run("%config NeosantaraMagics.language = 'id'")
    asked.server.answer(401, {}, problem("Incorrect API key.", "invalid_api_key"))
    assert "menolak API key" in two_lines(asked.cell())
    assert "Tidak ada flag" in two_lines(asked.cell("--modle x"))


def test_errors_are_catchable_by_their_names(asked: Asked) -> None:
    """In Python: the class, its fields and one except for all of ours."""
    asked.server.answer(429, {"X-Request-Id": REQUEST, "retry-after": "7200"}, problem("Wait.", "rpm_exceeded"))
    run = asked.run(
        "from neosantara_magic import NeosantaraError, RateLimitError, ask\n"
        "try:\n    ask('hi')\nexcept NeosantaraError as error:\n"
        "    print(type(error) is RateLimitError, error.status, error.code, error.request_id, error.retry_after)"
    )
    assert run.stdout == f"True 429 rpm_exceeded {REQUEST} 7200.0\n"


def test_no_traceback_and_no_terminal_codes(asked: Asked) -> None:
    """The two lines are plain text: no colour codes that a saved notebook would keep."""
    run = asked.cell("--bad")
    assert run.error is not None
    assert not re.search(r"\x1b\[", "".join(run.error.traceback) + run.error.value)


@pytest.mark.parametrize(
    ("cell", "said"),
    [
        ("%%neosantara", "The cell has no prompt."),
        ("%%neosantara What is a token?", '"What is a token?" on the %%neosantara line'),
    ],
)
def test_a_cell_of_one_line(asked: Asked, cell: str, said: str) -> None:
    """IPython would refuse it before us, with a sentence of its own that names the wrong remedy."""
    assert said in two_lines(asked.kernel.execute(cell))


GROUP = "ExceptionGroup('many', [ValueError('inside'), KeyError('b')])"
STOP = "BaseExceptionGroup('all', [KeyboardInterrupt(), KeyError('b')])"
ASK = "from neosantara_magic import ask\n{}\nask('hello', {})"


@pytest.mark.parametrize(
    ("code", "name"),
    [
        (f"def fail():\n    raise {GROUP}\n%ns ask x {{{{ fail() }}}}", "UsageError"),
        (f"def fail():\n    raise {STOP}\n%ns ask x {{{{ fail() }}}}", "Stopped"),
        (f"try:\n    raise {GROUP}\nexcept ExceptionGroup:\n    %ns no-such", "UsageError"),
        (
            f"try:\n    try:\n        raise {GROUP}\n    finally:\n        1 / 0\nexcept ZeroDivisionError:\n    %ns x",
            "UsageError",
        ),
        (ASK.format(f"def go(): raise {STOP}", "tools=[go]"), "Stopped"),
    ],
)
def test_an_error_with_a_group_behind_it(asked: Asked, code: str, name: str) -> None:
    """IPython prints Python's traceback of all that a group of exceptions led to; ours stay two lines."""
    asked.chats([("go", {})], "Done.")
    run = asked.kernel.execute(code)
    assert run.error is not None, run.stderr
    assert run.error.name == name
    assert len(run.error.traceback) <= 2
    assert "Traceback" not in run.stderr
