"""Faults drawn from the seed, as the same tables that a scenario file holds under `[[fault]]`.

`schedule` is a pure function. The times are drawn first and know nothing of kinds; then the enabled kinds compete for
each time, every kind with a draw of its own. So enabling, disabling or adding a kind hands some times to another
kind and leaves all other faults at their times: two runs under one seed stay comparable. Only which nodes a fault
strikes also depends on what is active then, for the sake of the budget.

To make a kind drawable, write a function that returns its fields and mark it with @drawn. A table that names no kinds
enables those of USUAL only, so that a new kind moves nothing that was drawn before.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Any, Protocol, TypeVar

from sim.chance import Chance, choose, threshold, within
from sim.machine import NodeId
from sim.topology import Edge, Topology
from sim.units import MS, show_duration, show_share

from .schema import ALL, Nemesis

T = TypeVar("T")
Fields = dict[str, Any]
USUAL = ("crash", "pause", "partition", "link", "packet", "clock")  # enabled by a seed if nobody names kinds
WEIGHTS = 8  # a kind's weight under a seed is 1 to 8: as many words as the first block of a stream has


class Nobody(Exception):
    """The budget leaves no node to strike."""


@dataclass(frozen=True)
class Active:
    """When a drawn fault is over, which nodes it keeps from working, and which edges it cuts."""

    end: int
    down: frozenset[NodeId]
    cut: tuple[Edge, ...] = ()


class Source(Protocol):
    """Where draws come from; each has a name."""

    def number(self, name: str, low: int, high: int) -> int:
        """Return a number from low to high, both included."""

    def some(self, name: str, among: Sequence[T], most: int) -> list[T]:
        """Return one to `most` of so many things, in their order; none of none."""


class Keyed:
    """Draws from the seed, each under a key of its own, so that a new one moves no other."""

    def __init__(self, chance: Chance, *key: str | int) -> None:
        self._chance = chance
        self._key = key

    def number(self, name: str, low: int, high: int) -> int:
        return within(self._chance.word("nemesis", *self._key, name), low, high)

    def some(self, name: str, among: Sequence[T], most: int) -> list[T]:
        most = min(most, len(among))
        if most < 1:
            return []
        words = iter(self._chance.stream("nemesis", *self._key, name))
        chosen = choose(words, self.number(name + " count", 1, most), len(among))
        return [among[i] for i in sorted(chosen)]


class Dice:
    """The draws of one fault, within what the budget leaves."""

    def __init__(
        self, source: Source, nodes: Sequence[NodeId], free: int, hit: set[NodeId], ground: Topology | None = None
    ):
        self.nodes = nodes
        self.down: frozenset[NodeId] = frozenset()
        self.cut: tuple[Edge, ...] = ()
        self.ground = ground  # the topology with the edges that are cut already, if the network has one
        self._source = source
        self._free = free  # how many more nodes the budget allows
        self._hit = hit  # those that are down, still or cut off already

    def number(self, name: str, low: int, high: int) -> int:
        """Return a number from low to high, both included."""
        return self._source.number(name, low, high)

    def one(self, name: str, *values: Any) -> Any:
        """Return one of the values; one that is given twice is twice as likely."""
        return values[self.number(name, 0, len(values) - 1)]

    def time(self, name: str, low: int, high: int) -> str:
        """Return a time of at least `low` and at most `high` ns, more often short than long."""
        return show_duration(self.number(name, low, self.number(name + " at most", low, high)))

    def share(self, name: str, most: int) -> str:
        """Return a share from 1 to `most` percent, more often small than large."""
        return show_share(Fraction(self.number(name, 1, self.number(name + " at most", 1, most)), 100))

    def anybody(self, name: str, most: int) -> list[NodeId]:
        """Return one to `most` nodes that go on working."""
        return self._source.some(name, self.nodes, most)

    def victims(self, name: str, most: int) -> list[NodeId]:
        """Return one to `most` nodes that will be down, still or cut off. Raises Nobody if the budget allows none.

        Nodes that are so already cost nothing: faults nest.
        """
        found: list[NodeId] = []
        left = self._free
        for node in self._source.some(name, self.nodes, most):
            if node in self._hit or left > 0:
                left -= node not in self._hit
                found.append(node)
        found = found or self._source.some(name, [node for node in self.nodes if node in self._hit], most)
        if not found:
            raise Nobody
        self.down |= frozenset(found)
        return found

    def edges(self, name: str, most: int) -> list[Edge]:
        """Return one to `most` edges that part no more nodes than the budget allows. Raises Nobody if there is none."""
        ground = self.ground
        if ground is None:
            raise Nobody
        for ends in self._source.some(name, sorted(ground.graph.edges), most):
            apart = parted(ground.cut([*self.cut, ends]))
            if len(apart - self._hit) <= self._free:
                self.down |= apart
                self.cut += (ends,)
        if not self.cut:
            raise Nobody
        return list(self.cut)


# -- how each kind may be drawn ----------------------------------------------------------------------------

DRAWN: dict[str, Callable[[Dice], Fields]] = {}


def drawn(kind: str) -> Callable[[Callable[[Dice], Fields]], Callable[[Dice], Fields]]:
    """Mark a function as the one that draws the fields of a kind, as a scenario file would hold them.

    It takes nodes that cannot work while the fault lasts from `dice.victims`, all others from `dice.anybody`.
    """

    def mark(draw: Callable[[Dice], Fields]) -> Callable[[Dice], Fields]:
        DRAWN[kind] = draw
        return draw

    return mark


@drawn("crash")
def crash(dice: Dice) -> Fields:
    """Draw a crash between two effects; never one that wipes a disk, which no replica survives by itself."""
    disk = dice.one("disk", "unsynced-lost", "unsynced-lost", "keep", "torn")
    return {
        "nodes": dice.victims("nodes", 2),
        "disk": disk,
        "strike": "between",
        "reboot": dice.one("reboot", True, False),
    }


@drawn("pause")
def pause(dice: Dice) -> Fields:
    """Draw nodes that stand still."""
    return {"nodes": dice.victims("nodes", 2)}


@drawn("partition")
def partition(dice: Dice) -> Fields:
    """Draw a cut between some nodes and all others."""
    few = dice.victims("nodes", len(dice.nodes) - 1)
    groups = [few, [node for node in dice.nodes if node not in few]]
    oneway = dice.one("oneway", "no", "no", "out", "in")
    in_flight = dice.one("in_flight", "deliver", "drop", "hold")
    return {"groups": groups[::-1] if oneway == "in" else groups, "oneway": oneway != "no", "in_flight": in_flight}


@drawn("link")
def link(dice: Dice) -> Fields:
    """Draw links around some nodes that are bad in one way, but not cut."""
    change: Fields = dice.one(
        "change",
        {"loss": dice.share("loss", 30)},
        {"delay": dice.time("delay", MS, 200 * MS)},
        {"jitter": dice.time("jitter", MS, 200 * MS)},
        {"duplicate": dice.share("duplicate", 50)},
        {"corrupt": dice.share("corrupt", 10)},
    )
    return {
        "src": dice.anybody("src", len(dice.nodes)),
        "dst": "all",
        "oneway": dice.one("oneway", True, False),
        **change,
    }


@drawn("packet")
def packet(dice: Dice) -> Fields:
    """Draw one early packet on one link."""
    if len(dice.nodes) < 2:
        raise Nobody
    src = dice.anybody("src", 1)
    dst = [node for node in dice.nodes if node not in src][dice.number("dst", 0, len(dice.nodes) - 2)]
    do = dice.one("do", "drop", "delay", "duplicate", "corrupt")
    return {"link": [*src, dst], "do": do, "nth": dice.number("nth", 1, 12), "by": dice.time("by", MS, 500 * MS)}


@drawn("clock")
def clock(dice: Dice) -> Fields:
    """Draw clocks that run up to 2 % fast or slow, or a wall clock that jumps up to 500 ms."""
    change = dice.one(
        "change",
        {
            "drift": f"{_either_way(dice, 'drift', 20_000)}ppm",
            "which": dice.one("which", "both", "wall", "monotonic"),
        },
        {"jump": f"{_either_way(dice, 'jump', 500)}ms"},
    )
    return {"nodes": dice.anybody("nodes", len(dice.nodes)), **change}


@drawn("hold")
def hold(dice: Dice) -> Fields:
    """Draw nodes whose links hold what they carry, in both directions or in one."""
    few = dice.victims("nodes", 2)
    ends: Fields = dice.one(
        "ends", {"src": few}, {"src": few}, {"src": few, "oneway": True}, {"dst": few, "oneway": True}
    )
    return {"src": "all", "dst": "all", **ends}


@drawn("flap")
def flap(dice: Dice) -> Fields:
    """Draw nodes whose links go down and come back; as long as that goes on they count as cut off."""
    up, down = (sorted(dice.number(f"{name} {end}", 10, 500) for end in ("low", "high")) for name in ("up", "down"))
    return {
        "src": dice.victims("nodes", 2),
        "up": [f"{ms}ms" for ms in up],
        "down": [f"{ms}ms" for ms in down],
        "oneway": dice.one("oneway", False, False, True),
        "in_flight": dice.one("in_flight", "deliver", "drop", "hold"),
    }


@drawn("swizzle")
def swizzle(dice: Dice) -> Fields:
    """Draw nodes that are cut off and let back one by one; they count as cut off from the first to the last."""
    return {"nodes": dice.victims("nodes", len(dice.nodes) - 1)}


@drawn("slow")
def slow(dice: Dice) -> Fields:
    """Draw nodes that need up to 20 ms longer for every input."""
    return {"nodes": dice.anybody("nodes", len(dice.nodes)), "service": dice.time("service", MS // 10, 20 * MS)}


@drawn("disk")
def disk(dice: Dice) -> Fields:
    """Draw disks that are slow, stall, are full or have errors; never one that forgets, which no replica survives."""
    change: Fields = dice.one(
        "change",
        {"slow": dice.time("slow", MS, 200 * MS)},
        {"stall": True},
        {"full": True},
        {"eio": dice.share("eio", 100)},
    )
    # Whoever waits for a write that does not end, or crashes of one that fails, works no more than a paused node.
    return {"nodes": dice.anybody("nodes", 2) if "slow" in change else dice.victims("nodes", 2), **change}


@drawn("edge")
def edge(dice: Dice) -> Fields:
    """Draw edges of the topology that are cut; nodes that are parted from most others count as cut off."""
    cut = [list(ends) for ends in dice.edges("cut", 2)]
    return {"cut": cut, "in_flight": dice.one("in_flight", "deliver", "drop", "hold")}


def parted(ground: Topology) -> frozenset[NodeId]:
    """Return the nodes outside the largest group of nodes that reach each other; of equal ones the first counts."""
    groups: list[frozenset[NodeId]] = []
    for node in sorted(ground.place):
        if not any(node in group for group in groups):
            groups.append(frozenset(n for n in ground.place if n == node or ground.between(node, n) is not None))
    most = max(groups, key=len)
    return frozenset(ground.place) - most


def _either_way(dice: Dice, what: str, most: int) -> int:
    """Draw a number up to `most` above or below 0, and never 0, which would be no fault."""
    number = dice.number(what, -most, most - 1)
    return number if number < 0 else number + 1


# -- the schedule ------------------------------------------------------------------------------------------


def schedule(
    seed: int, nodes: Sequence[NodeId], heal: int, options: Nemesis, ground: Topology | None = None
) -> list[Fields]:
    """Return the faults that a seed draws, in the order in which they begin; all are over by `until` or heal.

    Without a topology as its ground no edges can be cut.
    """
    chance = Chance(seed)
    kinds = enabled(chance, options)
    weights = {kind: within(chance.word("nemesis", "weight", kind), 1, WEIGHTS) for kind in kinds}
    budget = allowed(options.down, len(nodes))
    faults: list[Fields] = []
    active: list[Active] = []
    for i, (at, lasting) in enumerate(_times(chance, heal if options.until is None else options.until, options)):
        active = [fault for fault in active if fault.end >= at]
        hit = {node for fault in active for node in fault.down}
        for kind in sorted(kinds, key=lambda kind: _bid(chance, kind, i, weights[kind])):
            cut = None if ground is None else ground.cut(ends for fault in active for ends in fault.cut)
            dice = Dice(Keyed(chance, "fault", kind, i), nodes, budget - len(hit), hit, cut)
            try:
                fields = DRAWN[kind](dice)
            except Nobody:
                continue
            faults.append({"kind": kind, **fields, "at": show_duration(at), "lasting": show_duration(lasting)})
            active.append(Active(at + lasting, dice.down, dice.cut))
            break
    return faults


def downed(table: Fields) -> frozenset[NodeId]:
    """Return the nodes that a drawn fault keeps from working, but for those that cut edges part."""
    match table["kind"]:
        case "crash" | "pause" | "swizzle":
            return frozenset(table["nodes"])
        case "disk":
            return frozenset(() if "slow" in table else table["nodes"])
        case "hold" | "flap":
            return frozenset(table["dst"] if table.get("src", ALL) == ALL else table["src"])
        case "partition":
            smaller: list[NodeId] = min(table["groups"], key=len)
            return frozenset(smaller)
    return frozenset()


def enabled(chance: Chance, options: Nemesis) -> list[str]:
    """Return the kinds that a seed enables: each by a draw of its own, or the one with the lowest if none is."""
    words = {kind: chance.word("nemesis", "enabled", kind) >> 32 for kind in options.kinds or USUAL}
    some = [kind for kind, word in words.items() if word < threshold(options.share)]
    return some or [min(words, key=lambda kind: (words[kind], kind))]


def allowed(down: int | str, nodes: int) -> int:
    """Return how many of so many nodes may be down at once; "minority" leaves a majority that works."""
    return down if isinstance(down, int) else nodes if down == "any" else (nodes - 1) // 2


def _bid(chance: Chance, kind: str, i: int, weight: int) -> tuple[int, str]:
    """Return a kind's bid for time i, the lowest winning; a kind has as many draws as it has weight."""
    return min(chance.stream("nemesis", "bid", kind, i).block()[:weight]), kind


def _times(chance: Chance, until: int, options: Nemesis) -> Iterator[tuple[int, int]]:
    """Yield when each fault begins and how long it lasts: storms of overlapping faults with calm between them."""
    every, lasting, calm = (
        _own(chance, name, span if isinstance(span, tuple) else (span, span))
        for name, span in (("every", options.every), ("lasting", options.lasting), ("calm", options.calm))
    )
    size = _own(chance, "storm", options.storm)
    at, ends, i, storm = options.at, [0], 0, 0
    while True:
        for _ in range(within(chance.word("nemesis", "size", storm), *size)):
            at += within(chance.word("nemesis", "every", i), *every)
            going = sorted(end for end in ends if end >= at)
            if len(going) >= options.most:
                at = going[-options.most] + 1  # only `most` - 1 go on beyond that
            if at >= until:
                return
            span = min(within(chance.word("nemesis", "lasting", i), *lasting), until - at)
            yield at, span
            ends = [*going, at + span]
            i += 1
        at = max(at, *ends) + within(chance.word("nemesis", "calm", storm), *calm)
        storm += 1


def _own(chance: Chance, name: str, span: tuple[int, int]) -> tuple[int, int]:
    """Return this seed's own part of a range, more often its lower part: so seeds differ in their rates."""
    low, high = span
    high = within(chance.word("nemesis", "own", name, "high"), low, high)
    return within(chance.word("nemesis", "own", name, "low"), low, high), high
