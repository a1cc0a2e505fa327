"""The help, from the same tables as the parser: aligned plain text that reads the same everywhere."""

from __future__ import annotations

import textwrap

from ..errors import UsageError
from ..texts import say, two_lines
from ..validators import nearest, shown
from .flags import COMMANDS, FLAGS, LONG, SHORT, Flag

_WIDTH = 100
_INDENT = " " * 4


def help_text(topic: str | None = None) -> str:
    """Return the help on a command, a flag or all, 100 columns wide. Raises UsageError: there is no such topic."""
    wanted = (topic or "").strip()
    if not wanted:
        return _everything()
    flag = SHORT.get(wanted) or LONG.get(wanted) or LONG.get(f"--{wanted}") or SHORT.get(f"-{wanted}")
    form = COMMANDS.get(wanted)
    # "tools" is a command and a flag: show both.
    parts = [_about(form.usage, form.help)] if form else []
    if flag:
        about = _about(_spelled(flag).strip(), _explained(flag))
        values = f"\n{_INDENT}{say('help.values', values=', '.join(flag.choices))}" if flag.choices else ""
        parts.append(about + values)
    if not parts:
        near = nearest(wanted, [*COMMANDS, *(flag.name for flag in FLAGS)])
        raise UsageError(*two_lines("help.unknown", topic=shown(wanted), meant=near and f"%neosantara help {near}"))
    return "\n\n".join(parts)


def topics() -> list[str]:
    """Return what there is help about: all commands, then all flags."""
    return [*COMMANDS, *LONG]


def _everything() -> str:
    flags = [(_spelled(flag), _explained(flag)) for flag in FLAGS]
    commands = [(f"{form.name} {form.synopsis}".rstrip(), form.help) for form in COMMANDS.values()]
    return "\n\n".join(
        (
            say("help.intro"),
            textwrap.indent(f"%%neosantara [flags]\n{say('help.cell')}", "    "),
            f"{say('help.flags')}\n{_aligned(flags)}",
            f"{say('help.commands')} (%neosantara ...)\n{_aligned(commands)}",
            textwrap.fill(say("help.quoting"), _WIDTH),
            textwrap.fill(say("help.more"), _WIDTH),
        )
    )


def _about(usage: str, text: str) -> str:
    return f"{usage}\n{_filled(text, _INDENT, _INDENT)}"


def _spelled(flag: Flag) -> str:
    short = f"-{flag.short}, " if flag.short else "    "
    return f"{short}{flag.long} {flag.value}".rstrip()


def _explained(flag: Flag) -> str:
    notes = [say("help.default", default=flag.default)] if flag.default else []
    notes += [say("help.repeatable")] if flag.repeatable else []
    return f"{flag.help} ({'; '.join(notes)})" if notes else flag.help


def _aligned(rows: list[tuple[str, str]]) -> str:
    width = min(34, max(len(left) for left, _ in rows))
    lines: list[str] = []
    for left, right in rows:
        if len(left) > width:  # too long for the column: it gets a line of its own
            lines.append(f"  {left}")
            left = ""  # noqa: PLW2901  (what is left to place)
        lines.append(_filled(right, f"  {left:<{width}}  ", " " * (width + 4)))
    return "\n".join(lines)


def _filled(text: str, first: str, later: str) -> str:
    return textwrap.fill(text, _WIDTH, initial_indent=first, subsequent_indent=later, break_on_hyphens=False)
