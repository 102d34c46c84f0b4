"""What faults of links say of themselves in their records, against what became of every message.

Shares are allowed four standard errors: a sound run of one figure fails with probability 6e-5. All is judged once, when
the probe has finished; a figure that no fault and no scenario states is not judged.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from fractions import Fraction
from itertools import pairwise
from typing import Any

from sim.property import NOTHING, Property, always

SURE = 4  # standard errors


@dataclass
class Message:
    """What became of one message: when it arrived, each copy, or why it was dropped."""

    at: int
    src: str
    dst: str
    size: int
    arrived: list[int] = field(default_factory=list)
    why: str = ""


@dataclass
class Struck:
    """A fault, and the messages that were sent while it lasted, by link."""

    what: str
    fields: Mapping[str, Any]
    nodes: tuple[str, ...]
    begin: int
    end: int
    links: dict[tuple[str, str], list[Message]] = field(default_factory=dict)

    def sent(self) -> list[Message]:
        """Return the messages on all links that the fault picks."""
        return [message for link, messages in self.links.items() if self._picks(*link) for message in messages]

    def picked(self) -> Iterator[list[Message]]:
        """Yield the messages of each link that the fault picks."""
        return (messages for link, messages in self.links.items() if self._picks(*link))

    def _picks(self, src: str, dst: str) -> bool:
        if "src" not in self.fields:
            return True
        there, back = self.fields["src"], self.fields["dst"]
        return (src in there and dst in back) or (not self.fields["oneway"] and src in back and dst in there)


def _gathered(cluster: Any, judge: Callable[[list[Message], list[Struck], dict[str, int]], Any]) -> Any:
    """Gather every message and fault until the probe has finished; then yield what `judge` says."""
    messages: dict[int, Message] = {}
    faults: dict[int, Struck] = {}
    stated: dict[str, int] = {}
    said: Any
    over, said = False, None
    while True:
        record = yield said if over else NOTHING
        if over:
            continue
        data = record.data
        if record.kind == "send":
            messages[record.seq] = Message(record.at, record.node, data.dst, getattr(data.data, "size", 0))
        elif record.kind == "step" and record.cause in messages and data.input == "receive":
            messages[record.cause].arrived.append(record.at)
        elif record.kind == "drop" and record.cause in messages:
            messages[record.cause].why = data.why
        elif record.kind == "fault" and data.phase in ("begin", "forever"):
            faults[data.fault] = Struck(data.what, data.fields, tuple(data.nodes), record.at, cluster.stop)
        elif record.kind == "fault" and data.phase == "mend":
            faults[data.fault].end = record.at
        elif record.kind == "note" and record.name == "stated":
            stated[data.what] = data.value
        elif record.kind == "note" and record.name == "finished":
            over = True
            for fault in faults.values():
                for message in messages.values():
                    if fault.begin <= message.at < fault.end:
                        fault.links.setdefault((message.src, message.dst), []).append(message)
            said = judge(list(messages.values()), list(faults.values()), stated)


NEEDS = {
    "send": "dst data", "step": "input", "drop": "why", "fault": "what phase fields nodes", "stated": "what value",
    "finished": "life",
}  # fmt: skip


@always("every fault of links did what its record says", needs=NEEDS)
def links_as_recorded(cluster: Any) -> Any:
    """Shares, bursts, limits, cuts, holds and flaps, each against the messages sent while the fault lasted."""

    def judge(messages: list[Message], faults: list[Struck], stated: Mapping[str, int]) -> Any:
        mine = [fault for fault in faults if fault.what in _JUDGES]
        if not mine:
            return NOTHING
        if not any(fault.links for fault in mine):
            return "no message was sent while a fault lasted"
        said = (sentence for fault in mine for sentence in _JUDGES[fault.what](fault) if sentence)
        return next(said, None)

    return _gathered(cluster, judge)


@always("flights, losses and throughput are those that the scenario states", needs=NEEDS)
def figures_as_stated(cluster: Any) -> Any:
    """Figures of the whole run within the stated `tolerance`, 5 % if there is none."""

    def judge(messages: list[Message], faults: list[Struck], stated: Mapping[str, int]) -> Any:
        tolerance = stated.get("tolerance", 50_000)
        wrong = []
        for what, value in sorted(stated.items()):
            if what == "tolerance":
                continue
            found = _FIGURES[what](messages)
            if abs(found - value) * 1_000_000 > tolerance * value:
                wrong.append(f"{what} is {found}, stated {value}")
        return "; ".join(wrong) or (None if set(stated) - {"tolerance"} else NOTHING)

    return _gathered(cluster, judge)


def _flights(messages: list[Message]) -> list[int]:
    return sorted(message.arrived[0] - message.at for message in messages if message.arrived) or [0]


def _throughput(messages: list[Message]) -> int:
    """Return the bytes per second over the busiest link, from its first arrival to its last."""
    links: dict[tuple[str, str], list[tuple[int, int]]] = {}
    for message in messages:
        for at in message.arrived:
            links.setdefault((message.src, message.dst), []).append((at, message.size))
    best = 0
    for arrivals in links.values():
        arrivals.sort()
        span = arrivals[-1][0] - arrivals[0][0]
        if span:
            best = max(best, sum(size for _, size in arrivals[1:]) * 1_000_000_000 // span)
    return best


_FIGURES: Mapping[str, Callable[[list[Message]], int]] = {
    "flight_median": lambda messages: _flights(messages)[len(_flights(messages)) // 2],
    "flight_mean": lambda messages: sum(_flights(messages)) // len(_flights(messages)),
    "flight_p99": lambda messages: _flights(messages)[len(_flights(messages)) * 99 // 100],
    "loss": lambda messages: sum(not m.arrived for m in messages) * 1_000_000 // max(len(messages), 1),
    "throughput": _throughput,
}


# -- one fault each ----------------------------------------------------------------------------------------

Sentences = Iterator[str | None]


def _share(name: str, seen: int, of: int, share: Fraction) -> str | None:
    if (seen - of * share) ** 2 <= SURE**2 * of * share * (1 - share) + 1:
        return None
    return f"{name}: {seen} of {of}, stated {share}"


def _link(fault: Struck) -> Sentences:
    fields, sent = fault.fields, fault.sent()
    if fields["messages"]:
        return
    loss, corrupt, twice = (Fraction(fields[name]) for name in ("loss", "corrupt", "duplicate"))
    asked = [m for m in sent if m.why not in ("burst", "queue-full", "too-big")]
    kept = [m for m in asked if m.why != "loss"]
    yield _share("loss", len(asked) - len(kept), len(asked), loss)
    yield _share("corrupt", sum(m.why == "corrupt" for m in kept), len(kept), corrupt)
    whole = [m for m in kept if m.why == ""]
    yield _share("duplicate", sum(len(m.arrived) > 1 for m in whole), len(whole), twice)
    if "reorder" in fields and whole:
        # With a constant delay what is held back is what flew longer than the rest.
        by = fields["reorder"]["by"]
        least = min(m.arrived[0] - m.at for m in whole) + (by if isinstance(by, int) else by[0])
        held = sum(m.arrived[0] - m.at >= least for m in whole)
        yield _share("reorder", held, len(whole), Fraction(fields["reorder"]["share"]))
    if "burst" in fields:
        yield from _bursts(fault, Fraction(fields["burst"]["loss"]), fields["burst"]["lasting"])
    if "mtu" in fields:
        wrong = [m for m in sent if (m.size > fields["mtu"]) != (m.why == "too-big")]
        yield f"mtu: {len(wrong)} messages, the first of {wrong[0].size} bytes" if wrong else None
    if "bandwidth" in fields:
        found = _throughput(sent)
        yield f"bandwidth: {found} B/s, stated {fields['bandwidth']}" if found > fields["bandwidth"] else None


def _runs(messages: list[Message], why: str) -> list[tuple[int, int]]:
    """Return when each run of messages dropped for a reason began, and when the message after it was sent."""
    found, began = [], None
    for message in messages:
        if message.why == why:
            began = message.at if began is None else began
        elif began is not None:
            found.append((began, message.at))
            began = None
    return found


def _bursts(fault: Struck, loss: Fraction, lasting: int) -> Sentences:
    sent = fault.sent()
    runs = [run for messages in fault.picked() for run in _runs(messages, "burst")]
    if len(runs) < 30:
        yield f"only {len(runs)} bursts, too few to judge"
        return
    mean = sum(end - begin for begin, end in runs) // len(runs)
    links = len(list(fault.picked()))
    gap = (fault.end - fault.begin) * links // len(sent)  # a burst seems longer by up to the time between two messages
    off = max(lasting - mean, mean - gap - lasting, 0)
    yield f"bursts last {mean} ns, stated {lasting}" if off**2 * len(runs) > (SURE * lasting) ** 2 else None
    # Neighbouring messages meet the same burst: the variance is that of the share of time, not of single messages.
    lost = sum(message.why == "burst" for message in sent)
    variance = 2 * loss * (1 - loss) ** 2 * Fraction(lasting, (fault.end - fault.begin) * links)
    if (Fraction(lost, len(sent)) - loss) ** 2 > SURE**2 * variance:
        yield f"bursts: {lost} of {len(sent)} lost, stated {loss}"


def _partition(fault: Struck) -> Sentences:
    fields = fault.fields
    if "reach" in fields:
        place = {node: i for i, node in enumerate(sorted(fields["order"]))}
        severed = {link for link in fault.links if fields["reach"][place[link[0]]][place[link[1]]] == "0"}
    else:
        side = {node: i for i, group in enumerate(fields["groups"]) for node in group}
        both = [link for link in fault.links if link[0] in side and link[1] in side]
        severed = {(a, b) for a, b in both if (side[a] < side[b] if fields["oneway"] else side[a] != side[b])}
    for link, messages in fault.links.items():
        dropped = sum(message.why == "partition" for message in messages)
        if dropped != len(messages) * (link in severed):
            yield f"{link[0]} to {link[1]}: {dropped} of {len(messages)} cut off"
    if not severed or len(severed) == len(fault.links):
        yield f"{len(severed)} of {len(fault.links)} links are cut, allowed: some and not all"


def _hold(fault: Struck) -> Sentences:
    for message in fault.sent():
        if message.why or not message.arrived:
            yield f"sent at {message.at} and lost ({message.why})"
        elif min(message.arrived) < fault.end:
            yield f"sent at {message.at} and arrived at {min(message.arrived)}, while it was to be held"


def _flap(fault: Struck) -> Sentences:
    fields = fault.fields
    down, stable, unstable = fields["down"], fields["stable"], fields["unstable"]
    low, high = (down, down) if isinstance(down, int) else down
    runs = 0
    for messages in fault.picked():
        gap = max((b.at - a.at for a, b in pairwise(messages)), default=0)
        for begin, end in _runs(messages, "partition"):
            runs += 1
            # A stability window cuts an outage short.
            if not (low if not stable else 0) - gap <= end - begin <= high + gap:
                yield f"an outage from {begin} to {end}"
        calm = [m for m in messages if stable and (m.at - fault.begin) % (unstable + stable) >= unstable]
        if any(m.why == "partition" for m in calm):
            yield "an outage in a stability window"
    if runs < 10:
        yield f"only {runs} outages, too few to judge"


def _swizzle(fault: Struck) -> Sentences:
    third = (fault.end - fault.begin) // 3
    over = fault.fields.get("over", third)
    mine = [m for m in fault.sent() if m.src in fault.nodes or m.dst in fault.nodes]
    if any(m.why or not m.arrived for m in mine):
        yield "a message was lost"
    early = [at for m in mine for at in m.arrived if fault.begin + over < at < fault.end - over]
    if early:
        yield f"something arrived at {early[0]}, while all were clogged"


_JUDGES: Mapping[str, Callable[[Struck], Sentences]] = {
    "link": _link, "partition": _partition, "hold": _hold, "flap": _flap, "swizzle": _swizzle,
}  # fmt: skip

PROPERTIES: tuple[Property, ...] = (links_as_recorded, figures_as_stated)
