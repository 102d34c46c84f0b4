"""The wrong example must be caught by properties that ship, and be innocent where nothing goes wrong."""

from __future__ import annotations

from fractions import Fraction
from typing import Any

from models.careless import Accepted, Careless, Copy, Stored
from sim.checks.logs import accepted_survives, logs_agree, no_holes, same_payload
from sim.clients import Workload
from sim.faults import Crash, LinkFault, Planned
from sim.machine import Answer, Ask, Boot, Cluster, Note, Now, Point, Send
from sim.units import S
from sim.world import Plan, run

NODES = ("n1", "n2", "n3")


def verdicts(*faults: Planned) -> Any:
    workload = Workload("append", ("n1", "n2"), until=4 * S)
    plan = Plan(
        Careless, NODES, 10 * S, 5 * S, workload=workload, faults=faults,
        properties=(same_payload, logs_agree, no_holes, accepted_survives),
    )  # fmt: skip
    outcome = run(plan, seed=1)
    assert outcome.model_error is None
    assert outcome.stats["acknowledged"] > 50
    return {f.name: f.verdict for f in outcome.findings}


def test_it_answers_before_it_sends_a_copy() -> None:
    leader = Careless("n1", Cluster("n1", NODES))
    leader.step(Boot({}), Now())
    assert leader.step(Ask("c1", 7, "append", ("x",)), Now()) == [
        Note(Stored(0, "x")),
        Note(Accepted(7, 0, "x")),
        Answer("c1", 7, "ok"),
        Note(Point("promised")),
        Send("n2", Copy(0, "x")),
        Send("n3", Copy(0, "x")),
    ]


def test_nothing_is_wrong_with_it_while_nothing_goes_wrong() -> None:
    assert set(verdicts().values()) == {"holds"}


def test_a_lossy_link_shows_that_it_never_retries() -> None:
    found = verdicts(Planned(LinkFault(src="n1", dst="n2", oneway=True, loss=Fraction(1, 10)), at=S))
    assert found["no_holes"] == found["accepted_survives"] == "violated"
    assert found["same_payload"] == "holds"


def test_a_crash_shows_that_it_never_persists() -> None:
    found = verdicts(Planned(Crash(nodes=("n1",)), at=2 * S, lasting=1 * S))
    assert found["same_payload"] == "violated", "its sequences begin again at 0"
    assert found["no_holes"] == found["accepted_survives"] == "violated"
