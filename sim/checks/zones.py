"""Zones: when a value must have been, and could have been, the current one (Gibbons and Korach, 1997).

A cluster is a value's one write and its reads: in any linearization they stand together, with no other cluster between
them. From the first end of a cluster's calls to the last begin its value must have been current; if the first end comes
later than the last begin, they may all have happened at one instant between the two. Two values cannot both be
current, and an instant cannot lie within another value's time.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterable, Sequence
from itertools import pairwise

Interval = tuple[int, int]  # where a call began and ended
NEVER = 1 << 62  # the end of a call of unknown outcome


def contradict(clusters: Iterable[tuple[Interval, Sequence[Interval]]]) -> bool:
    """Return whether clusters of (write, reads) cannot all be put in one order.

    Exact if every value is written once and no call depends on two values.
    """
    forward: list[Interval] = []
    backward: list[Interval] = []
    for write, reads in clusters:
        if any(end < write[0] for _, end in reads):
            return True
        first_end = min([write[1], *(end for _, end in reads)])
        last_begin = max([write[0], *(begin for begin, _ in reads)])
        if first_end < last_begin:
            forward.append((first_end, last_begin))
        else:
            backward.append((last_begin, first_end))
    forward.sort()
    if any(later[0] < earlier[1] for earlier, later in pairwise(forward)):
        return True
    starts = [start for start, _ in forward]
    for begin, end in backward:
        at = bisect_left(starts, begin) - 1
        if at >= 0 and end < forward[at][1]:
            return True
    return False
