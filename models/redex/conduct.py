"""Rules of what a node keeps and becomes: I3, I12, I17 and I18 of section 10.1, and L1 of 10.2.

A rule is asked about the records of its topics, and says what is wrong, None, or NOTHING.
"""

from __future__ import annotations

from typing import Any

from sim.property import NOTHING
from sim.units import show_duration

from .roles import CANDIDATE, ELECTION_WON, LEADER, MISSED_HEARTBEATS, PEER_LEADER_OBSERVED
from .tracker import MISS_THRESHOLD
from .witness import TICK, Witness


class StoresWhatALeaderWrote:
    """I3: every entry was appended by a leader, or shipped by a node that held it."""

    topics = ("note stored", "send SyncResponse")

    def __init__(self, cluster: Any, witness: Witness) -> None:
        self.witness = witness
        self.held: dict[str, set[tuple[Any, Any]]] = {}  # ever, for a file may outlive its process

    def judge(self, record: Any) -> Any:
        """Judge what is shipped, and where an entry comes from; what is preloaded comes from nowhere."""
        node = record.node
        if record.kind == "send":
            held = self.held.get(node, set())
            alien = [event[0] for event in record.data.data.events if tuple(event) not in held]
            return f"{node} ships sequence {alien[0]}, which it does not hold" if alien else None
        entry = record.data.seq, record.data.payload
        self.held.setdefault(node, set()).add(entry)
        step = self.witness.step(record)
        if step is None:
            return NOTHING
        answer = step.message("SyncResponse")
        if answer is not None:
            known = any(tuple(event) == entry for event in answer.events)
            return None if known else f"{node} stored sequence {entry[0]}, which was not in the answer"
        if step.input == "ask append" and step.view.role == LEADER:
            return None
        return f"{node} stored sequence {entry[0]} on {step.input} as {step.view.role}"


class StandsForAReason:
    """L1: nobody stands that has not missed its leader for three heartbeats, but for who is placed as leader."""

    topics = ("note turned",)

    def __init__(self, cluster: Any, witness: Witness) -> None:
        self.witness = witness

    def judge(self, record: Any) -> Any:
        """Judge a candidacy by when the node last took a leader's heartbeat of whom it believes in."""
        witness, node = self.witness, record.node
        step = witness.step(record)
        if record.data.signal != MISSED_HEARTBEATS or step is None or not witness.true:
            return NOTHING
        since = witness.led.get((node, step.view.leader))
        if step.input != TICK or since is None:
            return f"{node} stands, and has heard no leader"
        took = step.at - since
        if took < MISS_THRESHOLD * witness.heartbeat.get(node, 0):
            return f"{node} stands {show_duration(took)} after it heard {step.view.leader}"
        return None


class ConcedesToBetter:
    """I12: a leader gives way only to a longer log, or to one as long of a smaller number."""

    topics = ("note turned",)

    def __init__(self, cluster: Any, witness: Witness) -> None:
        self.witness = witness
        self.number = {node: i for i, node in enumerate(cluster.nodes)}

    def judge(self, record: Any) -> Any:
        """Judge a concession by the heartbeat that caused it."""
        if record.data.signal != PEER_LEADER_OBSERVED:
            return NOTHING
        step, node = self.witness.step(record), record.node
        beat = None if step is None else step.message("SyncHeartbeat")
        if step is None or beat is None or beat.role != LEADER:
            return f"{node} gives way without a leader's heartbeat"
        src = step.sent.node
        if (beat.tail_seq, -self.number[src]) > (step.view.tail, -self.number[node]):
            return None
        return f"{node} with tail {step.view.tail} gives way to {src} with {beat.tail_seq}"


class SaysSoLater:
    """I18: the first heartbeat that says `leader` leaves in a later tick than that of the promotion."""

    topics = ("note turned", "send SyncHeartbeat")

    def __init__(self, cluster: Any, witness: Witness) -> None:
        self.witness = witness
        self.promoted: dict[str, int] = {}  # by which record

    def judge(self, record: Any) -> Any:
        """Remember a promotion, or judge a heartbeat."""
        node = record.node
        if record.kind == "note":
            if record.data.signal == ELECTION_WON:
                self.promoted[node] = record.cause
            return NOTHING
        if record.data.data.role != LEADER:
            return NOTHING
        step = self.witness.step(record)
        if record.cause == self.promoted.get(node) or step is None or step.input != TICK:
            return f"{node} says at once that it leads"
        return None


class NobodyStaysACandidate:
    """I17: between two inputs nobody is a candidate, unless the call to the sink has just failed."""

    topics = ("note tagged", "step alarm tick", "step SyncHeartbeat")

    def __init__(self, cluster: Any, witness: Witness) -> None:
        self.witness = witness
        self.failed: set[str] = set()  # nodes whose last call failed

    def judge(self, record: Any) -> Any:
        """Remember how a call ended, or judge how a node looks as its next input comes."""
        node = record.node
        if record.kind == "note":
            (self.failed.discard if record.data.ok else self.failed.add)(node)
            return NOTHING
        view = self.witness.views.get(node)
        if view is None or view.role != CANDIDATE:
            return NOTHING
        return None if node in self.failed else f"{node} is still a candidate, and no turn has failed"


RULES = (StoresWhatALeaderWrote, StandsForAReason, ConcedesToBetter, SaysSoLater, NobodyStaysACandidate)
