"""The weaknesses of redex, W1 to W33 of its specification, each schedule an entry.

H is 100 ms, D 5 ms each way; nodes n1, n2, n3 stand for A, B, C with phases 0, 13 and 47 ms, two nodes have 0 and 50.
n1 leads from 0, and c0 and c1 are on every node. Section numbers in notes are those of the specification, P numbers
its open choices.

    leadership   several leaders, and leadership that moves without need
    logs         logs that differ, and holes
    nobody       nobody leads, or nobody knows who
    progress     replicas that do not catch up, or at too high a price
    local        what one node shows, or only a doctored one
    seen         a run's records as figures
    bench        worlds with doctored machines
"""

from __future__ import annotations

import re

from ..weakness import Weakness
from . import leadership, local, logs, nobody, progress


def _place(weakness: Weakness) -> tuple[int, str]:
    number, letter = re.fullmatch(r"W(\d+)(\w?)", weakness.id).groups()  # type: ignore[union-attr]
    return int(number), letter


WEAKNESSES = tuple(
    sorted(
        (*leadership.ENTRIES, *logs.ENTRIES, *nobody.ENTRIES, *progress.ENTRIES, *local.ENTRIES),
        key=_place,
    )
)
