"""The playground's controls of any ask: model, temperature, reasoning, and what to compare with.

Not for: what the prompt leaves open (``controls.picker``), or asking (``playground.py``).
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import ipywidgets

from ..parsing import Ask
from ..texts import say

_EFFORTS = ("none", "minimal", "low", "medium", "high")
_UNSET = -1.0
"""The slider's value for "not given"; the list's is "". ipywidgets takes None for "nothing is selected"."""


@dataclass(frozen=True)
class Settings:
    """The settings of one column."""

    model: str
    temperature: float | None
    reasoning: str | None

    @property
    def title(self) -> str:
        """The title above the column."""
        parts = [self.model]
        if self.temperature is not None:
            parts.append(f"temperature {self.temperature:g}")
        if self.reasoning is not None:
            parts.append(f"reasoning {self.reasoning}")
        return " · ".join(parts)


class Dials:
    """The controls of any prompt. They stand at the flags of ``base`` first; ``known`` are models to pick from."""

    def __init__(self, base: Ask, known: list[str]) -> None:
        default = say("playground.default")
        tenths = {tenth / 10 for tenth in range(21)} | {one for one in [base.temperature] if one is not None}
        heat = [(default, _UNSET), *((f"{one:g}", one) for one in sorted(tenths))]
        efforts = dict.fromkeys([*_EFFORTS, *filter(None, [base.reasoning])])
        self.model = ipywidgets.Combobox(value=base.model or known[0], options=known, description=say("panel.model"))
        self.temperature = _slider(heat, _UNSET if base.temperature is None else base.temperature)
        self.reasoning = ipywidgets.Dropdown(
            options=[(default, ""), *((one, one) for one in efforts)],
            value=base.reasoning or "",
            description=say("playground.reasoning"),
        )
        self.compare = ipywidgets.Dropdown(
            options=[
                (say("playground.nothing"), ""),
                (say("playground.other_model"), "model"),
                (say("playground.other_temperature"), "temperature"),
            ],
            value="",
            description=say("playground.compare"),
        )
        self.other_model = ipywidgets.Combobox(value=known[-1], options=known, description=say("panel.model"))
        self.other_temperature = _slider(heat, 1.0)
        self.compare.observe(self._show_other, "value")
        self._show_other()

    @property
    def all(self) -> list[Any]:
        """Every widget, as they stand."""
        dials = [self.model, self.temperature, self.reasoning]
        return [*dials, self.compare, self.other_model, self.other_temperature]

    @property
    def settings(self) -> list[Settings]:
        """The settings that the next ask compares: one column, or two."""
        one = Settings(self.model.value, _given(self.temperature.value), self.reasoning.value or None)
        if self.compare.value == "model":
            return [one, replace(one, model=self.other_model.value)]
        if self.compare.value == "temperature":
            return [one, replace(one, temperature=_given(self.other_temperature.value))]
        return [one]

    def _show_other(self, _change: object = None) -> None:
        for name, widget in (("model", self.other_model), ("temperature", self.other_temperature)):
            widget.layout.display = "" if self.compare.value == name else "none"


def _slider(options: list[tuple[str, float]], value: float) -> ipywidgets.SelectionSlider:
    return ipywidgets.SelectionSlider(
        options=options, value=value, description=say("playground.temperature"), continuous_update=False
    )


def _given(temperature: float) -> float | None:
    return None if temperature == _UNSET else temperature
