"""%load_ext, %unload_ext, the settings as traits, and the help: contract, *Load*."""

from __future__ import annotations

from pathlib import Path

import pytest

from kernels import Kernel
from magic.spoken import KEY, Asked
from neosantara_magic.settings.fields import FIELDS
from wire.server import ScriptedServer

pytestmark = pytest.mark.kernel

TRAITS = list(FIELDS)
"""The names of the contract, as `tests/settings/test_fields.py` holds them."""

LEFT = """
import json
shell = get_ipython()
print(json.dumps({
    "magics": sorted(f"{kind} {n}" for kind, t in shell.magics_manager.magics.items() for n in t if n in {"neosantara", "ns"}),
    "registry": "NeosantaraMagics" in shell.magics_manager.registry,
    "configurables": [type(one).__name__ for one in shell.configurables if type(one).__name__ == "NeosantaraMagics"],
    "transformers": [f.__name__ for f in [*shell.input_transformers_cleanup, *shell.input_transformer_manager.line_transforms] if f.__module__.startswith("neosantara_magic")],
    "hooks": [getattr(f, "__qualname__", "") for event in shell.events.callbacks.values() for f in event
              if getattr(f, "__module__", "").startswith("neosantara_magic")],
    "matchers": [getattr(m, "__qualname__", str(m)) for m in getattr(shell.Completer, "custom_matchers", [])
                 if getattr(m, "__module__", "").startswith("neosantara_magic")],
    "formatters": [str(t) for t in shell.display_formatter.ipython_display_formatter.type_printers
                   if "neosantara" in str(t)],
}))
"""


def test_unloading_takes_everything_away(asked: Asked) -> None:
    """After an ask, %unload_ext leaves no magic, configurable, hook, transformer, matcher or formatter."""
    asked.says("hi")
    asked.run("%neosantara ask hello")
    before = asked.run(LEFT).stdout
    assert "cell ns" in before
    assert "NeosantaraMagics" in before
    asked.run("%unload_ext neosantara_magic")
    left = asked.run(LEFT).stdout.strip()
    assert left == (
        '{"magics": [], "registry": false, "configurables": [], "transformers": [], "hooks": [], "matchers": [], '
        '"formatters": []}'
    )
    gone = asked.kernel.execute("%neosantara")
    assert "not found" in gone.stderr or (gone.error is not None and "not found" in gone.error.value)


def test_loading_twice_and_again_after_unloading(asked: Asked) -> None:
    """A second %load_ext changes and says nothing; unload and load gives a working extension once more."""
    assert asked.run("%load_ext neosantara_magic").outputs == []
    asked.run("import neosantara_magic\nneosantara_magic.load_ipython_extension(get_ipython())")
    assert '"configurables": ["NeosantaraMagics"]' in asked.run(LEFT).stdout
    asked.run("%unload_ext neosantara_magic\n%load_ext neosantara_magic")
    asked.says("still here")
    assert "still here" in asked.cell().answer


def test_reloading_keeps_one_of_everything(asked: Asked) -> None:
    """%reload_ext, which developers use, leaves one magic that works."""
    asked.run("%reload_ext neosantara_magic")
    assert '"configurables": ["NeosantaraMagics"]' in asked.run(LEFT).stdout
    asked.says("yes")
    assert "yes" in asked.cell().answer


def test_the_short_forms_ask_and_manage(asked: Asked) -> None:
    """%ns and %%ns do what the long names do."""
    asked.says("short")
    assert "short" in asked.kernel.execute("%%ns -m garda-core\nhello").answer
    assert asked.bodies[0]["model"] == "garda-core"
    assert "Address" in asked.run("%ns status").answer


def test_a_short_form_that_somebody_owns_is_left_alone(kernel: Kernel) -> None:
    """A user's own %ns stays theirs, through load and unload."""
    kernel.execute(
        "from IPython.core.magic import register_line_magic\n@register_line_magic\ndef ns(line): return 'mine'"
    )
    kernel.execute("%load_ext neosantara_magic")
    assert kernel.execute("%ns").answer == "'mine'"
    kernel.execute("%unload_ext neosantara_magic")
    assert kernel.execute("%ns").answer == "'mine'"
    kernel.execute("get_ipython().magics_manager.magics['line'].pop('ns')")


def test_a_trait_sets_what_flags_leave_open(asked: Asked) -> None:
    """Flag > trait > environment > default, seen on the wire."""
    asked.kernel.set_environment(NEOSANTARA_MAX_TOKENS="11", NEOSANTARA_MODEL="from-env")
    asked.says("1", "2", "3")
    asked.cell("--once")
    asked.run("%config NeosantaraMagics.model = 'from-trait'")
    asked.run("%config NeosantaraMagics.max_tokens = 22")
    asked.cell("--once")
    asked.cell("--once -m from-flag --max-tokens 33")
    sent = [(body["model"], body["max_output_tokens"]) for body in asked.bodies]
    assert sent == [("from-env", 11), ("from-trait", 22), ("from-flag", 33)]


@pytest.mark.parametrize(
    ("name", "bad", "old", "said"),
    [
        ("api", "'soap'", "'auto'", 'does not know "soap"'),
        ("max_tokens", "0", "2048", "whole number of 1 or more"),
        ("timeout", "'soon'", "", "takes a number from 0.001"),
        ("base_url", "'http://example.org/v1'", "", "unencrypted"),
        ("show", "7", "'auto'", "does not know"),
        ("store", "'maybe'", "True", "Use one of: on, off"),
        ("model", "'  '", "'nusantara-base'", "needs some text"),
    ],
)
def test_a_bad_trait_is_refused_and_the_old_value_stays(asked: Asked, name: str, bad: str, old: str, said: str) -> None:
    """%config logs what is wrong in plain words and changes nothing."""
    before = asked.run(f"%config NeosantaraMagics.{name}").answer
    assert old in before
    run = asked.kernel.execute(f"%config NeosantaraMagics.{name} = {bad}")
    assert said in run.stderr + (run.error.value if run.error else "")
    assert "Traceback" not in run.stderr
    assert asked.run(f"%config NeosantaraMagics.{name}").answer == before


def test_config_lists_every_trait_with_help(asked: Asked) -> None:
    """%config NeosantaraMagics names all traits and says what each is for."""
    listed = asked.run("%config NeosantaraMagics").stdout
    for name in TRAITS:
        assert f"NeosantaraMagics.{name}" in listed
    assert "Most Rupiah to spend" in listed


def test_a_bad_value_in_the_configuration_file_is_dropped_with_one_line(kernel: Kernel, server: ScriptedServer) -> None:
    """The extension loads, says what it dropped, and keeps the good values beside it."""
    kernel.execute(
        "c = get_ipython().config.NeosantaraMagics\nc.api = 'soap'\nc.model = 'neosantara/garda-core'\nc.max_tokens = 9"
    )
    loaded = kernel.execute("%load_ext neosantara_magic")
    assert loaded.error is None
    assert loaded.stderr == 'NeosantaraMagics.api: api does not know "soap".\n'
    kernel.set_environment(NEOSANTARA_API_KEY=KEY, NEOSANTARA_BASE_URL=server.base_url)
    asked = Asked(kernel, server)
    asked.says("ok")
    assert asked.cell().error is None
    assert (asked.bodies[0]["model"], asked.bodies[0]["max_output_tokens"]) == ("garda-core", 9)


def test_a_bad_value_in_the_environment_is_dropped_with_one_line(asked: Asked) -> None:
    """The first use says which variable is ignored and why; the ask goes through with the default."""
    asked.kernel.set_environment(NEOSANTARA_MAX_TOKENS="many")
    asked.says("ok", "ok")
    first = asked.cell()
    assert first.stderr.count("\n") == 1
    assert "NEOSANTARA_MAX_TOKENS is ignored" in first.stderr
    assert asked.cell().stderr == ""
    assert asked.bodies[0]["max_output_tokens"] == 2048


def test_question_marks_show_the_flag_table(asked: Asked) -> None:
    """%neosantara?, %%neosantara? and %neosantara help show the same text, from the parser's table."""
    text = asked.run("%neosantara help").stdout.strip()
    assert "--max-rounds N" in text
    for code in ("%neosantara?", "%%neosantara?", "?%%neosantara"):
        payload = asked.run(code).reply["payload"]
        shown = "".join(page["data"]["text/plain"] for page in payload)
        assert text.splitlines()[0] in shown, code
        assert "--max-rounds N" in shown, code
    assert asked.requests == []


def test_the_configuration_file_of_a_profile(fresh_kernel: Kernel, tmp_path: Path) -> None:
    """`c.NeosantaraMagics` given before the extension loads is what an ask uses."""
    fresh_kernel.execute(
        "from traitlets.config import Config\n"
        "get_ipython().update_config(Config({'NeosantaraMagics': {'system': 'Be brief.'}}))"
    )
    fresh_kernel.execute("%load_ext neosantara_magic")
    assert fresh_kernel.execute("%config NeosantaraMagics.system").answer == "'Be brief.'"
