"""What redex promises is judged by properties that can fail: each catches a machine that breaks it."""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path
from typing import Any

from models.redex import PROPERTIES, Redex
from models.redex.facts import Turned
from models.redex.properties import bounded, legal_turns
from models.redex.roles import TRANSITION
from sim.clients import Workload
from sim.faults import FOREVER, Crash, LinkFault, Partition, Planned
from sim.jury import Jury
from sim.tracefile import read
from sim.units import MS, S
from sim.world import Plan
from sim.world import run as execute

CRASH = Planned(Crash(nodes=("n1",)), at=1003 * MS, lasting=FOREVER)
CUT = Planned(Partition(groups=("n1", "rest")), at=1000 * MS, lasting=1000 * MS)


class Stubborn(Redex):
    """Never concedes."""

    def _turn(self, to: str, signal: str, at: int) -> str | None:
        return TRANSITION if signal == "PeerLeaderObserved" else super()._turn(to, signal, at)


class Hasty(Redex):
    """Takes a leader for dead after one heartbeat."""

    def __init__(self, *args: Any, **params: Any) -> None:
        super().__init__(*args, **params)
        self.tracker.window = self.heartbeat


class Patient(Redex):
    """Never stands."""

    def __init__(self, *args: Any, **params: Any) -> None:
        super().__init__(*args, **params)
        self.tracker.window = 10**12


class Contrary(Redex):
    """Gives way to greater numbers, not to smaller ones."""

    def _outranks(self, src: str, msg: Any) -> bool:
        return (self.tail, self.node) > (msg.tail_seq, src)


class Lawless(Redex):
    """Leaves out the candidacy."""

    def _turn(self, to: str, signal: str, at: int) -> str | None:
        if signal == "MissedHeartbeats" and at:
            self.note(Turned(self.role, "leader", "ElectionWon"))
            self.role = "leader"
            return TRANSITION
        return super()._turn(to, signal, at)


def verdicts(run: Any, faults: Any, machine: Any = Redex, delay: int = 5 * MS, **plan: Any) -> Any:
    properties = (legal_turns, *bounded(delay))
    seen = run(3, 5000, faults, machine=machine, properties=properties, **plan)
    return {f.name: f.verdict for f in seen.outcome.findings}


def sentence(run: Any, name: str, faults: Any, machine: Any) -> str:
    seen = run(3, 5000, faults, machine=machine, properties=(legal_turns, *bounded(5 * MS)))
    found: str = next(f.sentence for f in seen.outcome.findings if f.name == name)
    return found


def test_a_clean_failover_keeps_every_promise(run: Any) -> None:
    assert set(verdicts(run, [CRASH]).values()) == {"holds"}


def test_a_machine_that_never_concedes_breaks_both_promises_of_one_leader(run: Any) -> None:
    assert verdicts(run, [CRASH], Stubborn)["settled_after_failover"] == "violated"
    assert verdicts(run, [CUT], Stubborn)["settled_after_heal"] == "violated"
    said = sentence(run, "settled_after_heal", [CUT], Stubborn)
    assert said == "n1 and n2 and n3 lead long after 2.000000s, since when nothing is wrong"


def test_a_machine_of_which_not_the_best_leader_stays_is_caught(run: Any) -> None:
    said = sentence(run, "settled_after_failover", [CRASH], Contrary)
    assert said == "n3 with tail 2 leads, and n2 did with 2"


def test_a_machine_that_stands_too_soon_is_caught(run: Any) -> None:
    said = sentence(run, "detected_in_time", [CRASH], Hasty)
    assert said == "n2 replaced n1 0.110000s after its crash"


def test_a_machine_that_never_stands_is_caught(run: Any) -> None:
    said = sentence(run, "detected_in_time", [CRASH], Patient)
    assert said == "n2 has not replaced n1, which crashed at 1.003000s"
    assert verdicts(run, [CRASH], Patient)["settled_after_failover"] == "violated"


def test_a_follower_that_elects_a_peer_need_not_replace_the_leader(run: Any) -> None:
    """W16: with a round trip of 0 n3 elects n2, and its belief is cleared."""
    seen = run(3, 5000, [CRASH], rtt=0)
    assert [turn[1:] for turn in seen.turns if turn[3] == "ElectionLost"] == [("n3", "follower", "ElectionLost")]
    assert "violated" not in {f.verdict for f in seen.outcome.findings}


def test_a_turn_that_is_not_in_the_table_is_caught(run: Any) -> None:
    assert sentence(run, "legal_turns", [CRASH], Lawless) == "n2 turned from follower to leader on ElectionWon"


def test_a_stored_trace_is_judged_as_the_run_was(tmp_path: Path) -> None:
    plan = Plan(Stubborn, ("n1", "n2", "n3"), 5 * S, faults=(CRASH,), properties=PROPERTIES)
    file = tmp_path / "trace.jsonl"
    with file.open("wb") as sink:
        online = execute(plan, 0, [sink]).findings
    header, records = read(file)
    jury = Jury(PROPERTIES, header)
    jury.hear_all(records)
    assert jury.findings() == online
    assert {f.verdict for f in online} >= {"holds", "violated"}


def test_bounds_do_not_bind_while_the_network_is_slower_than_they_are_made_for(run: Any) -> None:
    judged = verdicts(run, [CRASH], Stubborn, delay=4 * MS)
    assert judged["detected_in_time"] == judged["settled_after_failover"] == "vacuous"
    assert judged["settled_after_heal"] == "vacuous"


def test_bounds_do_not_bind_while_a_link_is_lossy(run: Any) -> None:
    lossy = Planned(LinkFault(loss=Fraction(1)), at=0, lasting=FOREVER)
    judged = verdicts(run, [lossy, CRASH], Stubborn)
    assert judged["detected_in_time"] == judged["settled_after_heal"] == "vacuous"


def test_bounds_do_not_bind_while_several_leaders_take_writes(run: Any) -> None:
    """W3: neither side ever concedes, which no bound promises."""
    writes = Workload("append", ("n2", "n3"), "every-leader", (4 * MS, 4 * MS), start=1005 * MS)
    judged = verdicts(run, [CRASH], workload=writes, phases=(0, 13, 15))
    assert "violated" not in judged.values()
