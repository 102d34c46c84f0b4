"""What the records of a run of redex say, as figures. Times are ms; what never happened is `never`."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

from sim.machine import NodeId, fingerprint
from sim.trace import Record
from sim.units import MS

from ..weakness import Evidence

NEVER = "never"
NOBODY = "nobody"

Ms = int | float
Leaders = tuple[NodeId, ...]


def ms(ns: int) -> Ms:
    """Return a time in ms: whole if it is."""
    return ns // MS if ns % MS == 0 else round(ns / MS, 3)


class Seen:
    """A run as its records tell it: who led when, what was sent, what the logs came to hold."""

    def __init__(self, evidence: Evidence) -> None:
        self.records = evidence.records
        self.end: int = evidence.outcome.stats["sim_ns"]
        self.leaders = tuple(_leaders(self.records))  # each set of leaders, and since when, in ns
        self.views = {r.node: r.data for r in self.records if r.kind == "state"}  # the last of each node

    # -- who led -------------------------------------------------------------------------------------------

    def reigns(self, since: Ms = 0) -> Iterator[tuple[int, int, Leaders]]:
        """Yield from when to when, in ns, which nodes led; a set that lasted for no time is left out."""
        begin = int(since * MS)
        ends = (*(at for at, _ in self.leaders[1:]), self.end)
        for (at, who), end in zip(self.leaders, ends, strict=True):
            if end > max(at, begin):
                yield max(at, begin), end, who

    def overlap_ms(self, since: Ms = 0) -> Ms:
        """Return for how long there was a leader too many, counted once for each too many."""
        return ms(sum((end - at) * (len(who) - 1) for at, end, who in self.reigns(since) if who))

    def leaderless_ms(self, since: Ms = 0) -> Ms:
        """Return for how long nobody led."""
        return ms(sum(end - at for at, end, who in self.reigns(since) if not who))

    def most_leaders(self) -> int:
        """Return how many led at once."""
        return max((len(who) for _, who in self.leaders), default=0)

    def last_leaders(self) -> str:
        """Return who leads at the end."""
        return " ".join(self.leaders[-1][1]) if self.leaders and self.leaders[-1][1] else NOBODY

    def settled_ms(self) -> Ms:
        """Return since when those who lead at the end have been leading."""
        return ms(self.leaders[-1][0]) if self.leaders else 0

    def changes(self, until: Ms | None = None) -> int:
        """Return how often the set of leaders changed."""
        return sum(until is None or at <= until * MS for at, _ in self.leaders[1:])

    def promoted(self, node: NodeId, since: Ms = 0) -> Ms | str:
        """Return when a node first became leader; whoever leads from the start was not promoted."""
        return self._first(node, since, lambda was, now: now == "leader" and was != "leader")

    def first_promoted(self) -> Ms | str:
        """Return when the first node was promoted."""
        return min((ms(at) for at, _, was, now in self._turns() if at and now == "leader" != was), default=NEVER)

    def gave_up(self, node: NodeId, leader: NodeId, crashed: Ms) -> Ms | str:
        """Return how long after a crash a node no longer followed whom it struck."""
        for record in self.records:
            if record.kind != "state" or record.node != node or record.data is None or record.at <= crashed * MS:
                continue
            if record.data.role != "follower" or record.data.leader != leader:
                return ms(record.at - int(crashed * MS))
        return NEVER

    def conceded(self, node: NodeId, since: Ms = 0) -> Ms | str:
        """Return when a node first stopped leading without having crashed."""
        return self._first(node, since, lambda was, now: was == "leader" and now not in ("leader", ""))

    def promotions(self, node: NodeId | None = None) -> int:
        """Return how often a node became leader, or all of them."""
        return sum(1 for at, n, was, now in self._turns() if at and now == "leader" != was and node in (None, n))

    def _first(self, node: NodeId, since: Ms, wanted: Any) -> Ms | str:
        for at, who, was, now in self._turns():
            if at > 0 and at >= since * MS and who == node and wanted(was, now):
                return ms(at)
        return NEVER

    def _turns(self) -> Iterator[tuple[int, NodeId, str, str]]:
        roles: dict[NodeId, str] = {}
        for record in self.records:
            if record.kind == "state" and record.node is not None:
                was, now = roles.get(record.node, ""), "" if record.data is None else record.data.role
                roles[record.node] = now
                if was != now:
                    yield record.at, record.node, was, now

    # -- what was said -------------------------------------------------------------------------------------

    def sent(self, kind: str, src: NodeId = "", dst: NodeId = "", since: Ms = 0, until: Ms | None = None) -> list[Any]:
        """Return the messages of a type that were sent, from one node or to one if these are given."""
        end = self.end if until is None else until * MS
        return [
            r.data.data
            for r in self.records
            if r.kind == "send"
            and r.data.type == kind
            and src in ("", r.node)
            and dst in ("", r.data.dst)
            and since * MS <= r.at <= end
        ]

    def notes(self, name: str, node: NodeId = "") -> list[tuple[Ms, Any]]:
        """Return what was noted of a fact, with times."""
        return [
            (ms(r.at), r.data) for r in self.records if r.kind == "note" and r.name == name and node in ("", r.node)
        ]

    # -- what came of it -----------------------------------------------------------------------------------

    def belief(self, node: NodeId) -> str:
        """Return whom a node believes in at the end, `nobody`, or `down`."""
        view = self.views.get(node)
        return "down" if view is None else view.leader or NOBODY

    def tail(self, node: NodeId) -> int | str:
        """Return a node's tail at the end."""
        view = self.views.get(node)
        return "down" if view is None else view.tail

    def log(self, node: NodeId) -> str:
        """Return a log as words, `--` where there is a hole; the nth acceptance of `a` is a0, a1, ..."""
        held = self._contents(node)
        if held is None:
            return "down"
        names = self._names()
        stored = {(d.seq, fingerprint(d.payload)): d.payload for _, d in self.notes("stored")}
        words = []
        for seq in range(int(self.tail(node))):
            if seq not in held:
                words.append("--")
                continue
            payload = stored.get((seq, held[seq]), "?")
            words.append(names.get((seq, payload), str(payload)))
        return " ".join(words)

    def events(self, node: NodeId) -> int:
        """Return how many events a node holds at the end; none if it is down."""
        return len(self._contents(node) or ())

    def lacks(self, node: NodeId) -> int:
        """Return how many sequences below its tail a node does not hold."""
        return int(self.tail(node)) - self.events(node)

    def shipped_and_lost(self, node: NodeId) -> int:
        """Return how many sequences were shipped to a node that it does not hold at the end."""
        shipped = {event[0] for answer in self.sent("SyncResponse", dst=node) for event in answer.events}
        return len(shipped - (self._contents(node) or {}).keys())

    def stored(self, node: NodeId, until: Ms) -> int:
        """Return how many entries a node had stored by then, those that were there from the start too."""
        return sum(at < until for at, _ in self.notes("stored", node))

    def differing(self, a: NodeId, b: NodeId) -> int:
        """Return at how many sequences two nodes hold something else, or only one of them holds anything."""
        one, two = self._contents(a) or {}, self._contents(b) or {}
        return sum(one.get(seq) != two.get(seq) for seq in one.keys() | two.keys())

    def _contents(self, node: NodeId) -> dict[Any, str] | None:
        chunks = [r.data for r in self.records if r.kind == "content" and r.node == node]
        return {key: value for chunk in chunks for key, value in chunk} if chunks else None

    def _names(self) -> dict[tuple[int, Any], str]:
        """Return what each acceptance is called, by its sequence and payload."""
        counts: dict[Any, int] = {}
        names = {}
        for _, accepted in self.notes("accepted"):
            n = counts[accepted.payload] = counts.get(accepted.payload, -1) + 1
            names[accepted.seq, accepted.payload] = f"{accepted.payload}{n}"
        return names


def _leaders(records: Iterable[Record]) -> Iterator[tuple[int, Leaders]]:
    """Yield each set of leaders and since when; of the sets within one instant only the last."""
    now: set[NodeId] = set()
    last: tuple[int, Leaders] | None = None
    before: Leaders | None = None
    for record in records:
        if record.kind != "state" or record.node is None:
            continue
        leads = record.data is not None and record.data.role == "leader"
        (now.add if leads else now.discard)(record.node)
        if last is not None and record.at > last[0] and last[1] != before:
            yield last
            before = last[1]
        last = (record.at, tuple(sorted(now)))
    if last is not None and last[1] != before:
        yield last
