"""What redex as specified never breaks: its table of turns, and three bounds on leadership (sections 10.1 and 10.2).

The bounds are made for the default choices. Each judges only while its premises hold, so a run that is never calm
leaves it vacuous rather than violated.
"""

from __future__ import annotations

from collections.abc import Generator
from typing import Any

from sim.property import NOTHING, Property, always
from sim.units import clock_text

from .bounds import NEEDS, Calm
from .roles import FOLLOWER, IDLE, LEADER, legal

Judge = Generator[Any, Any, None]


@always("every role follows from the one before by a legal turn", needs={"turned": "was to signal", "crash": ""})
def legal_turns(cluster: Any) -> Judge:
    """Judge each turn against the table and against the turn before it (I1); a new life begins idle."""
    roles: dict[str, str] = {}
    said: Any = NOTHING
    while True:
        record = yield said
        if record.kind == "crash":
            roles.pop(record.node, None)
            said = NOTHING
            continue
        was, to, signal = record.data.was, record.data.to, record.data.signal
        before = roles.get(record.node, IDLE)
        roles[record.node] = to
        said = None
        if was != before:
            said = f"{record.node} turned from {was} but was {before}"
        elif not legal(was, to, signal):
            said = f"{record.node} turned from {was} to {to} on {signal}"


def bounded(delay: int | None = None) -> tuple[Property, Property, Property]:
    """Return the bounds on leadership for a largest one-way delay D in ns; at most half a heartbeat, the default.

    L2 is `detected_in_time`, L3 `settled_after_failover`, L4 `settled_after_heal`.
    """

    @always("a follower replaces a crashed leader after more than 2H and at most 4H + D", needs=NEEDS)
    def detected_in_time(cluster: Any) -> Judge:
        calm = Calm(cluster.nodes, delay)
        waiting: dict[str, tuple[int, str]] = {}  # by follower: when its leader crashed, and who that was
        said: Any = NOTHING
        while True:
            record = yield said
            said = NOTHING
            at, heartbeat = record.at, calm.heartbeat
            if waiting and calm.stable(at):
                last = at - 4 * heartbeat - calm.delay
                late = [(n, crashed, leader) for n, (crashed, leader) in waiting.items() if crashed < last]
                if late:
                    follower, crashed, leader = late[0]
                    said = f"{follower} has not replaced {leader}, which crashed at {clock_text(crashed)}"
                    continue
            orphans = _orphans(record, calm)
            if calm.hear(record):
                waiting = dict.fromkeys(orphans, (at, record.node))
            elif record.node in waiting and record.kind == "state":
                crashed, leader = waiting[record.node]
                if record.data is not None and record.data.role == LEADER:
                    del waiting[record.node]
                    if calm.stable(at):
                        took = at - crashed
                        good = 2 * heartbeat < took <= 4 * heartbeat + calm.delay
                        said = None if good else f"{record.node} replaced {leader} {clock_text(took)} after its crash"
                elif record.data is None or record.data.role != FOLLOWER or record.data.leader != leader:
                    del waiting[record.node]  # it follows somebody else, or nobody

    @always("one leader, the best, 2H + 2D after the first promotion and 5H + 2D after the crash", needs=NEEDS)
    def settled_after_failover(cluster: Any) -> Judge:
        calm = Calm(cluster.nodes, delay)
        crashed: int | None = None
        first: int | None = None  # the first promotion since
        promoted: dict[str, int] = {}  # all since, and their tails then
        said: Any = NOTHING
        while True:
            record = yield said
            said = NOTHING
            at = record.at
            if crashed is not None and calm.stable(at):
                due = crashed + 5 * calm.heartbeat + 2 * calm.delay
                if first is not None:
                    due = min(due, first + 2 * calm.heartbeat + 2 * calm.delay)
                if at > due:  # until this very record the leaders were still those of before
                    said = _one(calm.leaders, f"long after the crash of the leader at {clock_text(crashed)}")
                    said = calm.outranked(promoted) if said is None else said
            orphans = _orphans(record, calm)
            if record.kind == "state" and record.data is not None and record.data.role == LEADER:
                promoted.setdefault(record.node, record.data.tail)
            if calm.hear(record):
                crashed, first, promoted = (at if orphans else None), None, {}
            elif crashed is not None and first is None and calm.leaders:
                first = at

    @always("one leader, always the same, 2(H + D) after the cluster calmed down with a leader", needs=NEEDS)
    def settled_after_heal(cluster: Any) -> Judge:
        settling = Settling(Calm(cluster.nodes, delay))
        said: Any = NOTHING
        while True:
            said = settling.judge((yield said))

    return detected_in_time, settled_after_failover, settled_after_heal


class Settling:
    """Judges whether one of those whom `calm` watches leads, always the same, 2(H + D) after they calmed down (L4)."""

    def __init__(self, calm: Calm) -> None:
        self.calm = calm
        self._began: int | None = None  # stable, and with a leader, from here
        # For D after a crash, or after a cut, a heartbeat of a leader that is gone may arrive, and a live one gives way
        # to it: then nobody leads. The specification states L4 for what comes from nodes that stay up and in reach.
        self._lost = calm.since

    def judge(self, record: Any) -> Any:
        """Take in a record and say what is wrong; the leaders that it judges are those of until then."""
        calm, at = self.calm, record.at
        said: Any = NOTHING
        self._lost = at if record.kind == "crash" else self._lost
        stable = calm.stable(at)
        # Between two records there is always one set of leaders, so another leader would show as none or two.
        if self._began is not None and stable and at > self._began + 2 * (calm.heartbeat + calm.delay):
            said = _one(calm.leaders, f"long after {clock_text(self._began)}, since when nothing is wrong")
        disturbed = calm.hear(record)
        if disturbed or not stable or not calm.heartbeat:
            self._began = None
        landed = not self._lost or at > self._lost + calm.delay
        taken = disturbed and record.kind == "step"  # a message of unknown age, and its effect has yet to show
        if self._began is None and calm.leaders and calm.heartbeat and calm.stable(at) and landed and not taken:
            self._began = at
        return said


def _orphans(record: Any, calm: Calm) -> list[str]:
    """Return who followed the only leader, which crashes here after 4H without a disturbance; all others must."""
    if record.kind != "crash" or calm.leaders != (record.node,):
        return []
    if not calm.heartbeat or record.at - calm.since < 4 * calm.heartbeat or not calm.stable(record.at):
        return []
    others = [node for node in sorted(calm.views) if node != record.node]
    follow = all(calm.views[n].role == FOLLOWER and calm.views[n].leader == record.node for n in others)
    return others if follow else []


def _one(leaders: tuple[str, ...], when: str) -> str | None:
    if len(leaders) == 1:
        return None
    return f"{' and '.join(leaders) or 'nobody'} lead{'' if leaders else 's'} {when}"
