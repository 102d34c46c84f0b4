"""What crdt_state as specified never breaks, under the premises of section 7 (CI-7 to CI-12), and what a view tells of
CI-1 to CI-6.

Each says its premises; a run that does not keep to them proves nothing, and may show a violation.
"""

from __future__ import annotations

from collections.abc import Generator, Mapping
from typing import Any

from sim.property import NOTHING, always, eventually
from sim.units import S

from .facts import shown
from .judging import Owed, moved, named, parts_of

Judge = Generator[Any, Any, None]
FLIGHT = 2 * S  # CI-11: nothing is under way longer


@eventually(
    "all logs have the same counters and the same set of entries",
    needs={"state": "log_digest", "appended": ""},
    within="5s",
)
def logs_converge(cluster: Any) -> Judge:
    """CI-7: whatever is lost, doubled or late, if no node forgets, names are unique and updates stop."""
    held: dict[str, str] = {}
    appended = False
    said: Any = NOTHING
    while True:
        record = yield said
        if record.kind == "note":
            appended = True
        elif record.data is None:
            held.pop(record.node, None)
        else:
            held[record.node] = record.data.log_digest
        differ = len(set(held.values())) > 1
        said = NOTHING if not appended else f"the logs differ: {named(held)}" if differ else None


@eventually(
    "every node's counters say how many appends and removals there were",
    needs={"state": "tail events activity", "appended": "origin seq", "removed": "slot"},
    within="5s",
)
def counts_are_true(cluster: Any) -> Judge:
    """CI-7: events and entries are the appends, activity is appends less removals."""
    views: dict[str, Any] = {}
    appends = removals = 0
    said: Any = NOTHING
    while True:
        record = yield said
        if record.kind == "state":
            moved(views, record)
        elif record.name == "appended":
            appends += 1
        else:
            removals += 1
        should = (appends, appends, appends - removals)
        wrong = [n for n in sorted(views) if (views[n].tail, views[n].events, views[n].activity) != should]
        said = NOTHING if not appends and not removals else None
        if wrong and said is None:
            view = views[wrong[0]]
            said = (
                f"{wrong[0]} counts {view.events} events, {view.tail} entries and activity {view.activity} after "
                f"{appends} appends and {removals} removals"
            )


@always(
    "an origin and a sequence name one entry", needs={"appended": "origin seq payload", "learned": "origin seq payload"}
)
def entries_are_unique(cluster: Any) -> Judge:
    """CI-7: no sequence is given twice, and wherever an entry is learnt it is the one that was appended."""
    entries: dict[tuple[str, int], str] = {}
    said: Any = NOTHING
    while True:
        record = yield said
        fact = record.data
        name = f"{fact.origin}#{fact.seq}"
        said = None
        if record.name == "appended":
            if (fact.origin, fact.seq) in entries:
                said = f"{name} was given twice, to {entries[fact.origin, fact.seq]!r} and to {fact.payload!r}"
            entries[fact.origin, fact.seq] = fact.payload
        elif entries.get((fact.origin, fact.seq), fact.payload) != fact.payload:
            said = f"{record.node} learnt {name} as {fact.payload!r}, and it is {entries[fact.origin, fact.seq]!r}"


@eventually(
    "every node holds the write of the greatest stamp of each register",
    needs={"state": "registers", "wrote": "key value stamp"},
    within="5s",
)
def greatest_stamp_wins(cluster: Any) -> Judge:
    """CI-8: of stamps that are distinct and above 0, whether the write was applied where it was made or not.

    A register that keeps concurrent values holds each of them.
    """
    greatest: dict[str, tuple[int, str]] = {}
    views: dict[str, Mapping[str, str]] = {}
    said: Any = NOTHING
    while True:
        record = yield said
        if record.kind == "note":
            fact = record.data
            greatest[fact.key] = max(greatest.get(fact.key, (0, "")), (fact.stamp, fact.value))
        elif record.data is None:
            views.pop(record.node, None)
        else:
            views[record.node] = {key: value for key, value, _, _ in record.data.registers}
        said = None if greatest else NOTHING
        for key, (stamp, value) in sorted(greatest.items()):
            for node in sorted(views):
                if value not in parts_of(found := views[node].get(key, "")):
                    said = f"{node} has {found!r} in {key}, and the greatest stamp, {stamp}, is of {value!r}"


@always(
    "no slot exceeds what its owner counted, and every entry was appended by its origin",
    needs={
        "state": "slots",
        "appended": "origin seq payload",
        "removed": "slot",
        "learned": "origin seq payload",
        "end": "",
    },
)
def nothing_is_invented(cluster: Any) -> Judge:
    """CI-9: at every node, at all times; a new life adds to what its owner counted before."""
    appends: dict[str, int] = {}
    removals: dict[str, int] = {}
    entries: set[tuple[str, int, str]] = set()
    owed = Owed()
    view: Any = None
    said: Any = NOTHING
    while True:
        record = yield said
        said = owed.settle(record)
        if record.kind == "state":
            view = record.data
        elif record.name == "appended":
            appends[record.data.origin] = appends.get(record.data.origin, 0) + 1
            entries.add(tuple(record.data))
        elif record.name == "removed":
            removals[record.data.slot] = removals.get(record.data.slot, 0) + 1
        elif record.name == "learned" and tuple(record.data) not in entries and said is NOTHING:
            said = f"{record.node} learnt {record.data.origin}#{record.data.seq}, which nobody appended"
        if record.kind != "end" and record.name != "learned" and view is not None:
            owed.forgive()
            if (beyond := _beyond(record.node, view, appends, removals)) is not None:
                owed.owe(beyond, record)
        said = None if said is NOTHING and record.kind != "end" else said


def _beyond(node: str, view: Any, appends: Mapping[str, int], removals: Mapping[str, int]) -> str | None:
    for slot, events, ups, downs in view.slots:
        if max(events, ups) > appends.get(slot, 0):
            return f"{node} counts {max(events, ups)} events in slot {slot}, whose owner counted {appends.get(slot, 0)}"
        if downs > removals.get(slot, 0):
            return f"{node} counts {downs} removals in slot {slot}, whose owner counted {removals.get(slot, 0)}"
    return None


@always("a node's log and counters never shrink in a life", needs={"state": "tail events slots"})
def never_shrinks(cluster: Any) -> Judge:
    """CI-1 and CI-4, as far as a view tells."""
    said: Any = NOTHING
    while True:
        record = yield said
        now, was = record.data, record.was
        if now is None or was is None:
            said = NOTHING
            continue
        slots = {slot: counts for slot, *counts in now.slots}
        less = [slot for slot, *counts in was.slots if not _covers(slots.get(slot, [0, 0, 0]), counts)]
        said = None
        if now.tail < was.tail or now.events < was.events:
            said = f"{record.node} fell from {was.tail} entries and {was.events} events to {now.tail} and {now.events}"
        elif less:
            said = f"slot {less[0]} shrank on {record.node}"


def _covers(greater: list[int], less: list[int]) -> bool:
    return all(a >= b for a, b in zip(greater, less, strict=True))


@always("every state is empty or was some client's", needs={"state": "state", "updated": "state", "end": ""})
def states_are_somebodys(cluster: Any) -> Judge:
    """CI-10: without corruption and forged senders; what is merged of several is nobody's."""
    updated = {""}
    owed = Owed()
    said: Any = NOTHING
    while True:
        record = yield said
        said = owed.settle(record)
        if record.kind == "note":
            updated.add(record.data.state)
            owed.forgive()  # a step has one update, and its state is that update
        elif record.kind == "state" and record.data is not None:
            if record.data.state not in updated:
                owed.owe(f"{record.node} holds {record.data.state!r}, which no client wrote", record)
            said = None if said is NOTHING else said


@always(
    "once all nodes hold one state and nothing else is under way, no state changes",
    needs={"state": "state", "updated": "state", "send": "", "end": ""},
)
def agreement_is_kept(cluster: Any) -> Judge:
    """CI-11: what was sent counts as under way for FLIGHT, arrived or not; updates and restarts end the agreement."""
    names = cluster.messages.get("GossipMessage", ())
    at = names.index("state_payload") if "state_payload" in names else None
    states: dict[str, str] = {}
    sent: dict[str, int] = {}  # by payload, when it was last sent
    agreed: str | None = None
    owed = Owed()
    said: Any = NOTHING
    while True:
        record = yield said
        said = owed.settle(record)
        if record.kind == "send":
            if at is not None and record.data.type == "GossipMessage" and record.data.data[at] is not None:
                sent[shown(record.data.data[at])] = record.at
            continue
        if record.kind == "note":
            owed.forgive()
            agreed = None
        elif record.kind == "state" and record.data is None:
            agreed = None
            states.pop(record.node, None)
        elif record.kind == "state" and states.get(record.node) != record.data.state:
            if agreed is not None and record.node in states:
                owed.owe(f"{record.node} turned from {agreed!r} to {record.data.state!r}", record)
            agreed = None
            states[record.node] = record.data.state
        held = set(states.values())
        flying = {payload for payload, when in sent.items() if when > record.at - FLIGHT}
        if len(states) == len(cluster.nodes) and len(held) == 1 and flying <= held:
            agreed = next(iter(held))
            said = None if said is NOTHING else said


@always(
    "a checkpoint id is completed once, in full, with exactly the parts that were submitted",
    needs={
        "submitted": "checkpoint_id logical_time root",
        "completed": "checkpoint_id parts is_complete min_logical_time max_logical_time",
    },
)
def checkpoints_are_sound(cluster: Any) -> Judge:
    """CI-12: if only expected nodes contribute, each once for an id, and nothing is doubled."""
    submitted: set[tuple[str, str, int, str]] = set()
    done: set[str] = set()
    said: Any = NOTHING
    while True:
        record = yield said
        fact = record.data
        if record.name == "submitted":
            submitted.add((fact.checkpoint_id, record.node, fact.logical_time, fact.root))
            said = NOTHING
            continue
        name = fact.checkpoint_id
        alien = [n for n, time, _, _, root in fact.parts if (name, n, time, root) not in submitted]
        times = [time for _, time, _, _, _ in fact.parts]
        said = None
        if name in done:
            said = f"{name} was completed twice"
        elif not fact.is_complete:
            said = f"{name} was completed by {len(fact.parts)} nodes, and says that it is not complete"
        elif alien:
            said = f"{name} holds a part of {alien[0]} that was never submitted"
        elif times and (min(times), max(times)) != (fact.min_logical_time, fact.max_logical_time):
            said = f"{name} claims times {fact.min_logical_time} to {fact.max_logical_time}"
        done.add(name)


INVARIANTS = (
    logs_converge,
    counts_are_true,
    entries_are_unique,
    greatest_stamp_wins,
    nothing_is_invented,
    never_shrinks,
    states_are_somebodys,
    agreement_is_kept,
    checkpoints_are_sound,
)
