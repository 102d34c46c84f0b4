"""Hypothesis strategies for tests of one's own: faults that a scenario could have drawn, made smaller when one fails.

    @given(plans("gossip.toml"))
    def test_gossip_survives_what_befalls_a_minority(plan):
        plan.check()

Needs hypothesis, which netsplit does not install.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TypeVar

from hypothesis import strategies as st

from .load import override
from .nemesis import Fields
from .plan import Experiment
from .run import prepare
from .schedules import Room, Schedule, checked, quiet, usable

T = TypeVar("T")
SEEDS = 2**16  # enough for variety, and a seed that a failing example shows is short


class _Drawn:
    """Draws by Hypothesis, which looks for small ones when a test fails."""

    def __init__(self, draw: st.DrawFn) -> None:
        self._draw = draw

    def number(self, name: str, low: int, high: int) -> int:
        return self._draw(st.integers(low, high))

    def some(self, name: str, among: Sequence[T], most: int) -> list[T]:
        if not among or most < 1:
            return []
        places = st.lists(st.integers(0, len(among) - 1), min_size=1, max_size=min(most, len(among)), unique=True)
        return [among[i] for i in sorted(self._draw(places))]


def plans(
    scenario: str | Path, *sets: str, kinds: Sequence[str] = (), most: int = 6, seed: int | None = None
) -> st.SearchStrategy[Schedule]:
    """Return a strategy of schedules: a scenario with up to `most` drawn faults behind its written ones, and a seed.

    `scenario` is a name from `netsplit list` or a file, `sets` are as for --set. The kinds are those of its
    `[nemesis]`, or all that can be drawn, and its budget holds. A schedule has `plan`, `seed` and `faults`; `check()`
    runs it and raises AssertionError unless it is as expected. Raises UsageError for a scenario that cannot be run.
    """
    experiment = prepare(str(scenario), tuple(override(text) for text in sets))
    return _schedules(experiment, quiet(experiment), checked(kinds, experiment) or usable(experiment), most, seed)


@st.composite
def _schedules(
    draw: st.DrawFn, experiment: Experiment, calm: Experiment, kinds: tuple[str, ...], most: int, seed: int | None
) -> Schedule:
    chosen = draw(st.integers(0, SEEDS - 1)) if seed is None else seed
    room, source = Room(experiment, chosen), _Drawn(draw)
    faults: list[Fields] = []
    for _ in range(draw(st.integers(0, most))):
        kind, at = draw(st.sampled_from(kinds)), draw(st.integers(room.begin, room.end - 1))
        fault = room.fault(source, kind, at, draw(st.integers(1, room.end - at)), faults)
        if fault is not None:
            faults.append(fault)
    return Schedule(calm, chosen, tuple(faults))
