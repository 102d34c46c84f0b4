"""Many writes of one cluster, each under a key of its own, and reads a given time after each acknowledgement.

Keys are independent of each other, and so are the delays of all messages: every write is one trial.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from fractions import Fraction
from functools import partial
from typing import Any

from models.quorum_write.node import machine
from sim.chance import Chance, within
from sim.clients import Errand
from sim.faults import Planned
from sim.host import Host
from sim.kernel import CLIENT
from sim.latency import Drawn
from sim.machine import Ask
from sim.quantiles import exponential
from sim.units import MS, S
from sim.world import Plan, World

WRITES = 100  # of one world
APART = 20 * MS
QUIET: Mapping[str, Any] = {"sync_interval": "1h", "finalise_at": "next-tick", "retries": "never"}


@dataclass
class Observed:
    """What became of a world's writes: when each was acknowledged, and by the read's delay whether it was seen.

    Times in ns; `acked` maps the number of a write to how long its acknowledgement took.
    """

    writes: int
    acked: dict[int, int] = field(default_factory=dict)
    fresh: dict[int, int] = field(default_factory=dict)  # by delay, reads that found the value
    stale: dict[int, int] = field(default_factory=dict)


def watch(
    nodes: int,
    params: Mapping[str, Any],
    seed: int,
    *,
    mean: int = 10 * MS,
    loss: Fraction = Fraction(0),
    reads: Sequence[int] = (),
    faults: Sequence[Planned] = (),
    writes: int = WRITES,
) -> Observed:
    """Let clients write at nodes drawn at random, and read so many ns after each acknowledgement, likewise.

    One-way delays are exponential with this mean.
    """
    names = tuple(f"n{i + 1}" for i in range(nodes))
    chance = Chance(seed)

    def anybody(*purpose: Any) -> str:
        return names[within(chance.word("study", *purpose), 0, nodes - 1)]

    errands = tuple(
        Errand(f"w{i}", anybody("writer", i), "write", (f"k{i}", f"v{i}"), (S + i * APART,)) for i in range(writes)
    )
    stop = S + writes * APART + 10 * S + max(reads, default=0)
    plan = Plan(
        lambda node, cluster: machine(node, cluster, **{**QUIET, **params}),
        names,
        stop,
        heal=stop - MS,
        latency=Drawn(exponential(mean), 0),
        loss=loss,
        errands=errands,
        faults=tuple(faults),
    )
    world = World(plan, seed, None)
    seen = Observed(writes, fresh=dict.fromkeys(reads, 0), stale=dict.fromkeys(reads, 0))
    asked: dict[tuple[str, int], int] = {}

    def acknowledged(record: Any) -> None:
        number = int(record.data.key[1:])
        seen.acked[number] = record.at - (S + number * APART)
        for delay in reads:
            ask = Ask(f"r{delay}", number, "read", (record.data.key,))
            ask.cause = record.seq
            asked[ask.client, number] = delay
            host = world.hosts[anybody("reader", number, delay)]
            world.kernel.post(record.at + delay, CLIENT, partial(_offer, host, ask))

    def answered(record: Any) -> None:
        delay = asked.pop((record.data.client, record.data.op), None)
        if delay is not None and record.data.outcome == "ok":
            (seen.fresh if record.data.value == f"v{record.data.op}" else seen.stale)[delay] += 1

    world.recorder.listen("quorum", acknowledged)
    world.recorder.listen("answer", answered)
    outcome = world.run()
    if outcome.model_error is not None:
        raise AssertionError(outcome.model_error)
    return seen


def _offer(host: Host, ask: Ask, _: Any) -> None:
    host.offer(ask)
