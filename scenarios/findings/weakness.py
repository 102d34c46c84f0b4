"""What the entry of a documented weakness says."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from sim.trace import Record
from sim.world import Outcome

Figure = int | float | str | bool
Figures = Mapping[str, Figure]

JUDGEMENTS = ("confirmed", "refuted", "depends")  # what measuring made of the specification's claim


@dataclass(frozen=True)
class Evidence:
    """A run of a weakness's scenario: its outcome, its trace, and each property's verdict."""

    outcome: Outcome
    records: tuple[Record, ...]
    verdicts: Mapping[str, str]


@dataclass(frozen=True, kw_only=True)
class Weakness:
    """One documented weakness.

    It is shown by a catalogue scenario, in which the properties of `breaks` are violated, or by `step`, which steps
    machines with the parameters given and returns figures. `weak` says whether figures show the weakness; a step needs
    it, for a scenario it adds to `breaks`. The weakness counts as mended where it does not show and the properties of
    `mends`, if not those of `breaks`, hold. A number in `expected` is the specification's, and so is a range (low,
    high); where what is measured departs from it, `note` says why. Raises ValueError on an entry that says too little.
    """

    id: str
    summary: str
    scenario: str = ""
    breaks: tuple[str, ...] = ()
    mends: tuple[str, ...] = ()
    settings: Mapping[str, Any] = field(default_factory=dict)  # what the scenario is run with, as --set has it
    figures: Callable[[Evidence], Figures] | None = None
    step: Callable[[Mapping[str, Any]], Figures] | None = None
    weak: Callable[[Figures], bool] | None = None
    expected: Mapping[str, Figure | tuple[Figure, Figure]] = field(default_factory=dict)
    judgement: str = "confirmed"
    unmended: str = ""  # why no switch mends it
    note: str = ""

    def __post_init__(self) -> None:
        if bool(self.scenario) == (self.step is not None):
            raise ValueError(f"{self.id}: allowed: a scenario or a step, one of both")
        if self.step is not None and self.weak is None:
            raise ValueError(f"{self.id}: a step needs weak, which says whether its figures show the weakness")
        if self.scenario and not self.breaks and self.weak is None:
            raise ValueError(f"{self.id}: a scenario needs breaks or weak, by which the weakness is known")
        if self.judgement not in JUDGEMENTS:
            raise ValueError(f"{self.id}: found judgement {self.judgement!r}, allowed: {', '.join(JUDGEMENTS)}")
        if self.judgement != "confirmed" and not self.note:
            raise ValueError(f"{self.id}: {self.judgement} needs a note that says on what grounds")

    @property
    def shown_by(self) -> str:
        """Return the scenario, or the name of the step."""
        return self.scenario or f"step {getattr(self.step, '__name__', self.id)}"


def agrees(measured: Figure, expected: Figure | tuple[Figure, Figure]) -> bool:
    """Return whether a figure is the expected one, or in the expected range."""
    if isinstance(expected, tuple):
        low, high = expected
        return low <= measured <= high  # type: ignore[operator]
    return measured == expected
