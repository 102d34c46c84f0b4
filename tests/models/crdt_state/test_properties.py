"""Every property of crdt_state catches a machine, or a run, that breaks it, and passes a sound one."""

from __future__ import annotations

from typing import Any

import pytest

from models.crdt_state import PROPERTIES, CrdtState
from models.crdt_state.eventlog import RemoteCrdtState
from models.crdt_state.gossip import GossipMessage
from models.crdt_state.properties import INVARIANTS
from models.crdt_state.wishes import WISHES, activity_is_not_negative
from scenarios import catalog
from scenarios.run import prepare
from sim.clients import Errand
from sim.faults import Operate, Planned
from sim.machine import NodeId, Now, on
from sim.units import MS
from sim.world import Plan
from sim.world import run as execute

NODES = ("n1", "n2", "n3")


def verdicts(
    machine: Any, planes: str, *errands: Errand, acts: tuple[Planned, ...] = (), **params: Any
) -> dict[str, str]:
    """Run three nodes for 4 s on a quiet network."""
    phases = {"n1": "100ms", "n2": "220ms", "n3": "340ms"}
    plan = Plan(
        lambda node, cluster: machine(node, cluster, planes=planes, phase=phases[node], **params),
        NODES, 4000 * MS, errands=errands, faults=acts, properties=PROPERTIES,
    )  # fmt: skip
    outcome = execute(plan, 1)
    assert outcome.model_error is None, outcome.model_error
    return {finding.name: finding.verdict for finding in outcome.findings}


def at(ms: int, node: str, action: str, *args: Any) -> Errand:
    return Errand(f"c{ms}{node}", node, action, args, (ms * MS,))


def act(ms: int, node: str, action: str, **args: Any) -> Planned:
    return Planned(Operate(nodes=(node,), action=action, args=args), at=ms * MS)


LOG = (
    *(at(50 + 7 * i, node, "append", f"{node}{i}") for i in range(3) for node in NODES),
    at(60, "n1", "remove"),
    at(70, "n1", "write", "k", "x"),
    at(80, "n2", "write", "k", "y"),
)
STATE = (at(50, "n1", "write", "state", "x"), at(2000, "n2", "write", "state", "y"))
CHECKPOINTS = (act(10, "n1", "transfer", to="n2", amount=5), act(100, "n1", "checkpoint"), act(900, "n1", "checkpoint"))


class Deaf(CrdtState):
    """Merges counters and registers, and no entry but the first of each origin."""

    def take_in(self, src: NodeId, remote: RemoteCrdtState, now: Now) -> None:
        entries = tuple(entry for entry in remote.entries if entry.sequence == 0)
        super().take_in(src, remote._replace(entries=entries), now)


class Adding(CrdtState):
    """Adds the counters of others to its own instead of taking the larger."""

    def take_in(self, src: NodeId, remote: RemoteCrdtState, now: Now) -> None:
        own = self.log.event_counter.counts
        added = tuple((slot, min(count + own.get(slot, 0), 99)) for slot, count in remote.event_counter)
        super().take_in(src, remote._replace(event_counter=added), now)


class Garbling(CrdtState):
    """Learns other payloads than were appended."""

    def take_in(self, src: NodeId, remote: RemoteCrdtState, now: Now) -> None:
        entries = tuple(entry._replace(payload=entry.payload + b"!") for entry in remote.entries)
        super().take_in(src, remote._replace(entries=entries), now)


class Nostalgic(CrdtState):
    """Takes over the register of the smaller stamp."""

    def take_in(self, src: NodeId, remote: RemoteCrdtState, now: Now) -> None:
        for key, written in remote.registers:
            register = self.log.registers.get(key)
            if register is not None and written.timestamp < register.timestamp():
                register.held = written
        super().take_in(src, remote, now)


class Replacing(CrdtState):
    """Becomes what it receives."""

    def take_in(self, src: NodeId, remote: RemoteCrdtState, now: Now) -> None:
        self.rebuild(remote)
        self.logged()


class Joining(CrdtState):
    """Makes one state of two."""

    @on(GossipMessage)
    def gossiped(self, src: NodeId, msg: GossipMessage, now: Now) -> None:
        if msg.state_payload and msg.state_payload not in self.manager.local_state:
            self.manager._hold(self.manager.local_state + msg.state_payload)
            self.touched()


class Restless(CrdtState):
    """Empties its state after six messages."""

    @on(GossipMessage)
    def gossiped(self, src: NodeId, msg: GossipMessage, now: Now) -> None:
        super().gossiped(src, msg, now)
        if self.manager.stats().messages_received == 6:
            self.manager._hold(b"")
            self.touched()


class Generous(CrdtState):
    """Takes a checkpoint for complete when one part is there, and says so."""

    def begin_checkpoints(self, kept: Any, life: int) -> None:
        super().begin_checkpoints(kept, life)
        self.checkpointer.expected = frozenset(["n2"])


class Boastful(CrdtState):
    """Claims an earlier time than any part has."""

    def note(self, fact: Any) -> None:
        early = {"min_logical_time": -1} if type(fact).__name__ == "Completed" else {}
        super().note(fact._replace(**early))


BREAKS = [
    (Deaf, "log", LOG, (), "logs_converge"),
    (Deaf, "log", LOG, (), "counts_are_true"),
    (Adding, "log", LOG, (), "nothing_is_invented"),
    (Garbling, "log", LOG, (), "entries_are_unique"),
    (Garbling, "log", LOG, (), "nothing_is_invented"),
    (Nostalgic, "log", LOG, (), "greatest_stamp_wins"),
    (Replacing, "log", LOG, (), "never_shrinks"),
    (Joining, "state", STATE, (), "states_are_somebodys"),
    (Restless, "state", STATE[:1], (), "agreement_is_kept"),
    (Generous, "checkpoint", (), CHECKPOINTS, "checkpoints_are_sound"),
    (Boastful, "checkpoint", (), CHECKPOINTS, "checkpoints_are_sound"),
]


@pytest.mark.parametrize(("machine", "planes", "errands", "acts", "name"), BREAKS)
def test_an_invariant_catches_a_machine_that_breaks_it(
    machine: Any, planes: str, errands: Any, acts: Any, name: str
) -> None:
    assert verdicts(machine, planes, *errands, acts=acts)[name] == "violated"


@pytest.mark.parametrize(
    ("planes", "errands", "acts"), [("log", LOG, ()), ("state", STATE, ()), ("checkpoint", (), CHECKPOINTS)]
)
def test_the_invariants_pass_a_sound_machine(planes: str, errands: Any, acts: Any) -> None:
    found = verdicts(CrdtState, planes, *errands, acts=acts)
    assert {found[prop.name] for prop in INVARIANTS} <= {"holds", "vacuous"}


def test_every_invariant_is_caught_being_broken_and_judges_a_sound_run() -> None:
    names = {prop.name for prop in INVARIANTS}
    assert names == {name for *_, name in BREAKS}
    runs = [("log", LOG, ()), ("state", STATE, ()), ("checkpoint", (), CHECKPOINTS)]
    judged = [verdicts(CrdtState, planes, *errands, acts=acts) for planes, errands, acts in runs]
    assert all(any(found[name] == "holds" for found in judged) for name in names)


def test_activity_below_nothing_is_seen() -> None:
    found = verdicts(CrdtState, "log", at(50, "n1", "remove"))
    assert found[activity_is_not_negative.name] == "violated"
    assert verdicts(CrdtState, "log", *LOG)[activity_is_not_negative.name] == "holds"


def expected(name: str) -> tuple[dict[str, Any], dict[str, Any]]:
    """Return what a catalogue scenario expects as specified and hardened."""
    return tuple(dict(prepare(name, (("profile", profile),)).expected) for profile in ("as-specified", "hardened"))  # type: ignore[return-value]


def test_every_wish_is_broken_by_a_run_of_the_catalogue_and_fulfilled_there_when_hardened() -> None:
    names = [name for name in catalog.names() if name.startswith("crdt_state/")]
    broken: set[str] = set()
    for name in names:
        specified, hardened = expected(name)
        broken |= {
            prop for prop, word in specified.items() if word == ("violated",) and hardened.get(prop) == ("holds",)
        }
    assert {prop.name for prop in WISHES} - broken == {activity_is_not_negative.name}
