"""What a message costs as the cluster grows, and what one partition of a large one costs."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from time import process_time

from sim.machine import Cluster, NodeId
from sim.network import Cut
from sim.world import World

from .beat import PERIOD, Beat, machine
from .measure import Effort, Row, against, in_turns, plainly
from .worlds import SEED, calm, names, world_run

SIZES = (5, 100, 1000)
PARTNERS = 4  # so that the traffic of a node is the same in all sizes
# The same order: less than three times what a message costs among five nodes. The caches of a processor alone make the
# naive host one and a half to two times as slow among 1,000.
FLAT = 1 / 3


def _beats(node: NodeId, cluster: Cluster) -> Beat:
    return machine(node, cluster, partners=PARTNERS)


def _cost(size: int, effort: Effort) -> float:
    """Return the us of one more message: of a long run less a short one, so that no set-up and no first use counts."""
    periods = max(1, effort.thousands * 2000 // (2 * PARTNERS * size))
    short, long = (world_run(calm(_beats, names(size), n * periods * PERIOD), None) for n in (1, 4))
    return (long.seconds - short.seconds) / (long.sent - short.sent) * 1e6


def _partition(size: int) -> float:
    """Return the ms to cut a cluster with all its links in use into halves and to mend it."""
    nodes = names(size)
    world = World(calm(_beats, nodes, 2 * PERIOD), SEED, None)
    world.run()
    cut = Cut({node: i % 2 for i, node in enumerate(nodes)})
    began = process_time()
    world.network.cut(cut)
    world.network.mend(cut)
    return (process_time() - began) * 1000


def rows(effort: Effort) -> list[Row]:
    """Measure clusters of 5, 100 and 1,000 nodes."""
    variants: dict[str, Callable[[], float]] = {str(size): partial(_cost, size, effort) for size in SIZES}
    figures = in_turns({**variants, "partition": partial(_partition, SIZES[-1])}, effort)
    small = figures[str(SIZES[0])]
    return [
        *(against(f"message_{size}_nodes", "us/message", figures[str(size)], small, FLAT) for size in SIZES[1:]),
        plainly(f"partition_{SIZES[-1]}_nodes", "ms", figures["partition"]),
    ]
