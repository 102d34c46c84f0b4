"""What section 10 promises of redex as specified and no record shows: I5, I7, I11, I15, I18 and R5."""

from __future__ import annotations

from collections.abc import Hashable
from fractions import Fraction
from random import Random
from typing import Any

import pytest

from models.redex import Redex
from models.redex.budget import BACKGROUND, BandwidthBudget
from models.redex.catchup import REGISTRY_SOFT_CAP
from models.redex.messages import (
    BAD_RANGE,
    CHANNEL_CLOSED,
    NOT_LEADER,
    SyncHeartbeat,
    SyncNack,
    SyncRequest,
    SyncResponse,
)
from sim.clients import Errand
from sim.faults import FOREVER, Crash, LinkFault, Partition, Planned
from sim.machine import Now, Receive
from sim.units import MS, S

BEAT = SyncHeartbeat("redex", 99, "leader", 0)
STRANGE = [
    BEAT,
    SyncRequest("redex", 0, 1000, 1, "foreground"),
    SyncResponse("redex", 0, 0, ((0, "x"),), 1),
    *(SyncNack("redex", 0, code, 50, 1) for code in (NOT_LEADER, BAD_RANGE, CHANNEL_CLOSED)),
]


def known(machine: Redex) -> Hashable:
    """Return all that a message could change."""
    held = (dict(machine.log.entries), machine.tail, machine.recorded_tail, vars(machine.gauges), machine.sink.tip)
    heard = (machine.tracker.peers, machine.tracker.belief, machine.outstanding.tokens, machine.backoff.leaders)
    return repr((machine.role, held, heard))


@pytest.mark.parametrize("role", ["follower", "leader", "idle"])
@pytest.mark.parametrize("msg", STRANGE, ids=[f"{type(m).__name__}{getattr(m, 'error_code', '')}" for m in STRANGE])
def test_i5_what_a_stranger_says_changes_nothing_and_is_not_answered(node: Any, msg: Any, role: str) -> None:
    machine = node(role=role)
    machine.outstanding.record("stranger", 1, 0)
    machine.tracker.belief = "stranger"
    before = known(machine)
    assert machine.step(Receive("stranger", msg), Now(50 * MS)) == []
    assert known(machine) == before


class Gapped(Redex):
    """Counts the gaps of its log after each step."""

    most = 0

    def step(self, input: Any, now: Any) -> Any:
        effects = super().step(input, now)
        missing = [seq for seq in range(self.first_retained, self.tail) if seq not in self.log.entries]
        gaps = sum(seq - 1 not in missing for seq in missing)
        assert gaps <= self.gauges.skip_ahead_total
        Gapped.most = max(Gapped.most, gaps)
        return effects


def test_i7_there_are_no_more_gaps_than_skips_were_counted(run: Any) -> None:
    """n1 retains four of the ten events that come in each of two cuts; n2 retains all that it gets."""
    cuts = [Planned(Partition(groups=("n1", "n2")), at=at * MS, lasting=280 * MS) for at in (1010, 2010)]
    writes = [
        Errand(f"w{at}", "n1", "append", (f"w{at}",), (at * MS,)) for at in (*range(1050, 1060), *range(2050, 2060))
    ]
    run(2, 4000, cuts, machine=Gapped, errands=writes, per_node={"n1": {"retention_max_events": 4}}, properties=())
    assert Gapped.most == 2


@pytest.mark.parametrize("seed", range(20))
def test_i11_a_budget_admits_no_more_than_its_capacity_and_a_second_of_it_for_each_second(seed: int) -> None:
    random = Random(f"budget {seed}")
    share = Fraction(random.randint(1, 9), 10)
    budget = BandwidthBudget(random.randint(100, 10_000), Fraction(1), share, 0)
    at, admitted, refunded = 0, [], [(0, 0)]
    for _ in range(300):
        at += random.randint(0, 200 * MS)
        cost, kind = random.randint(1, budget.capacity), random.choice(("foreground", BACKGROUND))
        if budget.try_consume(cost, kind, at):
            admitted.append((at, cost))
            assert kind != BACKGROUND or budget.available >= (1 - share) * budget.capacity - 1
            if random.random() < 0.1:
                budget.refund(cost)
                refunded.append((at, cost))
        assert 0 <= budget.available <= budget.capacity
    for i, (begin, _) in enumerate(admitted):
        for end, _ in admitted[i:]:
            sent = sum(cost for when, cost in admitted if begin <= when <= end)
            back = sum(cost for when, cost in refunded if begin <= when <= end)
            assert sent <= budget.capacity * (1 + Fraction(end - begin, S)) + back


class Recording(Redex):
    """Remembers what its coordinator was given, and what it could have been."""

    def __init__(self, *args: Any, **params: Any) -> None:
        super().__init__(*args, **params)
        self.given: list[tuple[int, int]] = []

    def _record_tail(self, tail: int) -> None:
        heard = [peer.tail for peer in self.tracker.peers.values()]
        if self.role == "leader" and heard:
            assert tail <= min(self.tail, max(heard))
        before = self.recorded_tail
        super()._record_tail(tail)
        assert self.recorded_tail >= before
        self.given.append((before, self.recorded_tail))


@pytest.mark.parametrize("seed", range(10))
def test_i15_what_the_coordinator_records_never_falls_nor_runs_ahead_of_all_peers(run: Any, seed: int) -> None:
    random = Random(f"tails {seed}")
    cut = Planned(Partition(groups=("n1", "rest")), at=random.randint(300, 900) * MS, lasting=1 * S)
    writes = [
        Errand(f"w{i}", f"n{random.randint(1, 3)}", "append", (f"w{i}",), (random.randint(0, 2500) * MS,))
        for i in range(100)
    ]
    seen = run(3, 3000, [cut], machine=Recording, errands=writes, properties=(), seed=seed)
    assert {view.tail for view in seen.views.values()} != {2}


@pytest.mark.parametrize("seed", range(20))
def test_i18_a_reign_is_first_told_of_exactly_one_heartbeat_after_the_promotion(run: Any, seed: int) -> None:
    random = Random(f"reign {seed}")
    crash = Planned(Crash(nodes=("n1",)), at=random.randint(1000, 1100) * MS, lasting=FOREVER)
    seen = run(4, 3000, [crash], phases=random.sample(range(100), 4), delay=random.randint(0, 50), properties=())
    for node in ("n2", "n3", "n4"):
        told = [at // MS for at, src, _, msg in seen.sends if src == node and getattr(msg, "role", "") == "leader"]
        reigns = [at for at in seen.led(node) if told and at < told[-1]]
        assert [min(at for at in told if at > began) - began for began in reigns] == [100] * len(reigns)


@pytest.mark.parametrize(("heartbeat", "most"), [("100ms", 301), ("50ms", 601), ("500ms", REGISTRY_SOFT_CAP)])
def test_r5_a_follower_keeps_no_more_tokens_than_it_asked_for_in_thirty_seconds(
    run: Any, heartbeat: str, most: int
) -> None:
    counts = []

    class Counting(Redex):
        def _pull(self, now: Now) -> None:
            before = len(self.outstanding.tokens)
            super()._pull(now)
            counts.append(len(self.outstanding.tokens))
            assert counts[-1] <= before + 1

    lost = Planned(LinkFault(src="n1", dst="n2", loss=Fraction(1), messages=("SyncResponse",)), at=0)
    write = [Errand("w", "n1", "append", ("w",), (10 * MS,))]
    run(2, 62_000, [lost], machine=Counting, errands=write, params={"heartbeat": heartbeat}, properties=())
    assert most // 3 < max(counts) <= most
