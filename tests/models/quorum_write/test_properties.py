"""Every property catches a machine or a trace that breaks it, and passes the sound one."""

from __future__ import annotations

from typing import Any

import pytest

from models.quorum_write import PROPERTIES, QuorumWrite
from models.quorum_write.attempts import Attempt
from models.quorum_write.facts import Counted, Held, Status, Wrote
from models.quorum_write.messages import SyncAck, SyncPush
from models.quorum_write.rows import Row
from models.quorum_write.settings import Settings
from models.quorum_write.tracker import Verdict
from sim.faults import Crash, Operate, PacketFault, Partition, Planned
from sim.machine import Ask, Now
from sim.units import MS, S

WRITE = (1, "n1", "write", ("k", "v"))
CUT = Planned(Partition(groups=("n1", "rest")), at=0)
STATUS = Planned(Operate(nodes=("n1",), action="status"), at=2500 * MS)
LATE = Planned(PacketFault(link=("n2", "n1"), message="SyncAck", nth=1, do="delay", by=2200 * MS), at=0)
LOST = Planned(PacketFault(link=("n1", "n3"), message="SyncPush", nth=1), at=0)
WIPED = Planned(Crash(nodes=("n1",), disk="wiped"), at=500 * MS, lasting=100 * MS)


def made(kind: type[QuorumWrite]) -> Any:
    return lambda node, cluster, **params: kind(node, cluster, Settings(**params))


class Eager(QuorumWrite):
    """Tells Ok when it has written the row itself."""

    def _settle(self, attempt: Attempt, now: Now) -> None:
        if not attempt.done and not attempt.waits():
            self._end(attempt, 1, now)


class Forgetful(QuorumWrite):
    """As a peer acknowledges what it throws away."""

    def pushed(self, src: str, msg: SyncPush, now: Now) -> None:
        self.send(src, self._answer(msg, "", now)._replace(stored=msg.row))


class Backwards(QuorumWrite):
    """Lets an older row replace what it holds."""

    def pushed(self, src: str, msg: SyncPush, now: Now) -> None:
        super().pushed(src, msg, now)
        self.alarm("flush", after=100 * MS)

    def flush(self, about: Any, now: Now) -> None:
        self.keep("k", (Row("m1", "old", 0, ""),), now)


class Inventive(QuorumWrite):
    """Writes something else."""

    def write(self, ask: Ask, now: Now) -> None:
        super().write(Ask(ask.client, ask.op, ask.action, ("k", "made up")), now)


class Credulous(QuorumWrite):
    """Counts a peer that has not answered."""

    def _written(self, attempt: Attempt, why: str | None, now: Now) -> None:
        super()._written(attempt, why, now)
        row = attempt.row
        self.note(Counted(attempt.id, "n3", "n3", attempt.key, row.id, row.value, row.stamp))


class Silent(QuorumWrite):
    """Forgets to answer a failure."""

    def _end(self, attempt: Attempt, verdict: Verdict, now: Now) -> None:
        if isinstance(verdict, int):
            super()._end(attempt, verdict, now)


class Tidy(QuorumWrite):
    """Removes the row of a write that failed, and says that it holds the one before."""

    def _end(self, attempt: Attempt, verdict: Verdict, now: Now) -> None:
        if not isinstance(verdict, int):
            self.rows.cells.pop(attempt.key)
            self.note(Held(attempt.key, "m0", 0, ("old",)))
        super()._end(attempt, verdict, now)


class Hasty(QuorumWrite):
    """Gives its peers half of their time."""

    def _set_deadline(self, attempt: Attempt, now: Now) -> None:
        assert attempt.tracker is not None
        attempt.tracker.deadline = now.monotonic + S
        super()._set_deadline(attempt, now)


class Doubtful(QuorumWrite):
    """Says of every attempt that it is not met."""

    def note(self, fact: Any) -> None:
        super().note(fact._replace(met=False) if isinstance(fact, Status) else fact)


class Generous(QuorumWrite):
    """Counts every answer twice."""

    def acked(self, src: str, msg: SyncAck, now: Now) -> None:
        super().acked(src, msg, now)
        super().acked(src, msg._replace(peer=f"{msg.peer}'"), now)


class Repeating(QuorumWrite):
    """Makes two writes of one operation."""

    def write(self, ask: Ask, now: Now) -> None:
        super().write(ask, now)
        first = list(self.attempts.values())[-1]
        self.note(Wrote(ask.client, ask.op, "again", first.key, first.row.id, first.row.value, first.row.stamp + 1))


PLANTED = [
    ("acknowledged_is_durable", Eager, {}, [CUT]),
    ("acknowledged_is_durable", Forgetful, {}, []),
    ("acknowledged_survives_losses", Backwards, {}, []),
    ("nothing_invented", Inventive, {}, []),
    ("nothing_invented", Credulous, {}, [LOST]),
    ("answered_in_time", Silent, {"finalise_at": "next-tick"}, [CUT]),
    ("failure_keeps_the_row", Tidy, {"finalise_at": "next-tick"}, [CUT]),
    ("one_verdict", QuorumWrite, {"finalise_at": "next-tick"}, [LATE, LOST, STATUS]),
    ("verdicts_agree", Doubtful, {"ack_timeout": "20s"}, [STATUS]),
    ("peers_have_their_time", Hasty, {"finalise_at": "next-tick"}, [CUT]),
    ("counted_hold_it", Generous, {"w": 3}, [LOST]),
    ("majority_of_members", QuorumWrite, {"w": 1}, []),
    ("failed_has_no_effect", QuorumWrite, {"finalise_at": "next-tick"}, [CUT]),
    ("written_once", Repeating, {}, []),
    ("no_silent_loss", QuorumWrite, {"w": 1}, [CUT, WIPED]),
]


def verdict(run: Any, name: str, kind: type[QuorumWrite], params: dict[str, Any], faults: list[Planned]) -> str:
    seen = run([WRITE], until=4000, faults=faults, properties=PROPERTIES, kind=made(kind), **params)
    found: str = seen.verdicts()[name]
    return found


@pytest.mark.parametrize(("name", "kind", "params", "faults"), PLANTED)
def test_a_planted_violation_is_seen(
    run: Any, name: str, kind: type[QuorumWrite], params: dict[str, Any], faults: list[Planned]
) -> None:
    assert verdict(run, name, kind, params, faults) == "violated"


def test_every_property_has_a_planted_violation() -> None:
    assert {name for name, *_ in PLANTED} == {prop.name for prop in PROPERTIES}


def test_an_undisturbed_write_breaks_nothing_and_is_judged_by_all_that_have_something_to_judge(run: Any) -> None:
    status = Planned(Operate(nodes=("n1",), action="status"), at=100 * MS)
    seen = run([WRITE], properties=PROPERTIES, faults=[status])
    vacuous = {name for name, found in seen.verdicts().items() if found == "vacuous"}
    assert set(seen.verdicts().values()) <= {"holds", "vacuous"}
    assert vacuous == {"failure_keeps_the_row"}


def test_an_honest_failure_breaks_only_what_calls_it_a_failure(run: Any) -> None:
    seen = run([WRITE], faults=[CUT], properties=PROPERTIES, finalise_at="next-tick")
    assert [name for name, found in seen.verdicts().items() if found == "violated"] == ["failed_has_no_effect"]
    assert seen.verdicts()["failure_keeps_the_row"] == "holds"


def test_w_lost_disks_excuse_the_loss_of_what_was_acknowledged(run: Any) -> None:
    both = Planned(Crash(nodes=("n1", "n2"), disk="wiped"), at=500 * MS, lasting=100 * MS)
    seen = run([WRITE], faults=[LOST, both], properties=PROPERTIES)
    assert seen.verdicts()["acknowledged_survives_losses"] == "holds"
    one = run([WRITE], faults=[LOST, WIPED], properties=PROPERTIES)
    assert one.verdicts()["acknowledged_survives_losses"] == "holds"


def test_a_write_that_was_replaced_by_a_later_one_is_no_loss(run: Any) -> None:
    later = (100, "n2", "write", ("k", "w"))
    assert run([WRITE, later], properties=PROPERTIES).verdicts()["no_silent_loss"] == "holds"
