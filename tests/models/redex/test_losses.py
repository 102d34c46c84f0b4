"""R4 of redex: what a crash of the leader takes with it. A machine that loses more is caught."""

from __future__ import annotations

from typing import Any

import pytest

from models.redex import Redex
from models.redex.losses import loses_the_unserved
from models.redex.messages import Event, SyncRequest, SyncResponse
from sim.clients import Workload
from sim.faults import FOREVER, Crash, Partition, Planned
from sim.machine import NodeId, Now, Send, on
from sim.units import MS

CRASH = Planned(Crash(nodes=("n1",)), at=1003 * MS, lasting=FOREVER)


def finding(run: Any, machine: Any = Redex, faults: tuple[Planned, ...] = (CRASH,), **params: Any) -> Any:
    """Crash the leader of two while it takes a write every 10 ms."""
    writes = Workload("append", ("n1",), "fixed", (10 * MS, 10 * MS))
    seen = run(2, 2000, faults, machine=machine, workload=writes, properties=(loses_the_unserved,), params=params)
    return seen.outcome.findings[0]


class Stingy(Redex):
    """Keeps the last entry of every chunk back."""

    def step(self, input: Any, now: Now) -> Any:
        effects = super().step(input, now)
        return [
            Send(e.dst, e.msg._replace(events=e.msg.events[:-1]))
            if isinstance(e, Send) and isinstance(e.msg, SyncResponse)
            else e
            for e in effects
        ]


class Forgetful(Redex):
    """Takes a chunk and stores something else."""

    def _apply(self, events: tuple[Event, ...]) -> bool:
        return super()._apply(tuple((seq, f"{payload}!") for seq, payload in events))


@pytest.mark.parametrize("machine", [Stingy, Forgetful])
def test_a_machine_that_loses_what_a_follower_asked_for_is_caught(run: Any, machine: Any) -> None:
    found = finding(run, machine)
    assert (found.verdict, "though a follower was served later" in found.sentence) == ("violated", True)


def test_what_was_served_outlives_the_leader(run: Any) -> None:
    assert finding(run).verdict == "holds"


def test_a_backlog_that_does_not_fit_into_a_chunk_may_be_lost(run: Any) -> None:
    """Three or four entries fit, and ten come in the time of a tick."""
    assert finding(run, chunk_max=60).verdict == "holds"


class Shortchanged(Redex):
    """Ships half of the bytes that were asked for."""

    @on(SyncRequest)
    def asked(self, src: NodeId, msg: SyncRequest, now: Now) -> None:
        super().asked(src, msg._replace(chunk_max=msg.chunk_max // 2), now)


def test_a_chunk_that_is_shorter_than_it_need_be_makes_no_backlog(run: Any) -> None:
    assert finding(run, Shortchanged, chunk_max=60).verdict == "violated"


@pytest.mark.parametrize(
    "fault",
    [
        Partition(groups=("n1", "n2")),
        Partition(groups=("n2", "n1"), oneway=True),
    ],
)
def test_nothing_is_promised_of_a_leader_that_crashes_cut_off(run: Any, fault: Partition) -> None:
    assert finding(run, faults=(Planned(fault, at=900 * MS), CRASH), machine=Stingy).verdict == "vacuous"
