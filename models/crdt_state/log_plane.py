"""The plane of the event log (P1): clients' events and registers, and exports that are merged."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sim.machine import Ask, NodeId, Now, Operate, fingerprint, on

from .base import Base
from .choices import LOG, STATE
from .clocks import Clock, HybridClock, WallClock
from .eventlog import CrdtEventLog, CrdtLogEntry, RemoteCrdtState, restored
from .facts import Appended, Fenced, Learned, Merged, Removed, Wrote, shown
from .partners import Partners
from .register import Written

KEPT = "log"  # the key on the disk


class LogPlane(Base):
    """The handlers of the event log."""

    ACTIONS = {"append": ("value",), "remove": (), "add": ("value",)}
    ACTS = {"discard": ("element",)}

    log: CrdtEventLog
    log_partners: Partners
    clock: Clock
    clock_ahead: int
    _export: RemoteCrdtState | None  # what was worked out of the log, until it changes
    _content: str | None
    _entries: str

    def begin_log(self, kept: Any, now: Now) -> None:
        """Begin a life of the log, with what the disk kept of it if there is a disk."""
        rules = self.rules
        self.clock = HybridClock(self.clock_ahead) if rules.clock == "hybrid" else WallClock()
        self.log = CrdtEventLog(
            self.origin, rules.lww_merge, rules.log_order, rules.log_dedup, rules.registers == "multi-value"
        )
        self._fresh()
        self._met: dict[NodeId, tuple[RemoteCrdtState, str]] = {}  # each peer's last export and its fingerprint
        self._held: dict[NodeId, Mapping[str, int]] = {}  # how much each peer said that it has, if deltas are sent
        if kept is not None:
            state, next_sequence, name = kept
            restored(self.log, _revived(state), next_sequence if name == self.origin else 0)
            self.clock.saw(entry.timestamp for entry in self.log.entries)
            self.clock.saw(register.timestamp() for register in self.log.registers.values())

    # -- clients -------------------------------------------------------------------------------------------

    @on(Ask, "append")
    def append(self, ask: Ask, now: Now) -> None:
        if self.refused(ask, LOG):
            return
        payload = str(ask.args[0])
        sequence = self.log.append(payload.encode(), self.clock.stamp(now.wall))
        self.note(Appended(self.origin, sequence, payload))
        self.logged()
        self.reply(ask, "ok", sequence)

    @on(Ask, "remove")
    def remove(self, ask: Ask, now: Now) -> None:
        """Count a removal; only a node that remembers requests looks whether anything is left to remove."""
        if self.refused(ask, LOG):
            return
        if self.rules.requests == "remembered" and self.log.activity_counter.value() <= 0:
            self.reply(ask, "fail")
            return
        self.log.record_removal()
        self.note(Removed(self.origin))
        self.logged()
        self.reply(ask, "ok")

    @on(Ask, "add")
    def add(self, ask: Ask, now: Now) -> None:
        if self.rules.elements == "none":
            self.answer(ask, "fail")
        elif not self.refused(ask, LOG):
            self.log.elements.add(str(ask.args[0]), self.origin)
            self.logged()
            self.reply(ask, "ok")

    @on(Operate, "discard")
    def discard(self, act: Operate, now: Now) -> None:
        there = self.log.elements.remove(str(act.args["element"]))
        self.logged()
        self.reply(act, "ok" if there else "fail")

    def write_register(self, ask: Ask, now: Now) -> None:
        """Write a register; as specified a write that is ignored is answered like one that is not."""
        key, value = map(str, ask.args)
        stamp = self.clock.stamp(now.wall)
        applied = self.log.set_register(key, value.encode(), stamp)
        self.note(Wrote(key, value, stamp, self.origin, applied))
        self.logged()
        told = self.rules.lww_merge == "total" or self.rules.clock == "hybrid"
        self.reply(ask, "fail" if told and not applied else "ok")

    def read_register(self, ask: Ask) -> None:
        value = self.log.get_register(str(ask.args[0]))
        self.answer(ask, "ok", None if value is None else value.decode())

    # -- peers ---------------------------------------------------------------------------------------------

    def exchange(self, now: Now) -> None:
        """Send this log to the round's peers: whole, or to each what it is not known to have."""
        for peer in self.log_partners.next_round(now.word):
            if self.rules.export == "delta":
                self.send(peer, self.log.export_state(self._held.get(peer, {})))
            else:
                self.send(peer, self.exported())

    @on(RemoteCrdtState)
    def merge(self, src: NodeId, remote: RemoteCrdtState, now: Now) -> None:
        peer = self.log_partners.peers.get(src)
        if peer is not None:
            self.log_partners.heard(src, now.monotonic, peer.round)
        self.take_in(src, remote, now)

    def take_in(self, src: NodeId, remote: RemoteCrdtState, now: Now) -> None:
        """Merge an export: what is not credible is left out, and a newer process of this name fences this one."""
        if self.rules.identity == "incarnation" and not self.fenced:
            self._fence(remote)
        stamps = [entry.timestamp for entry in remote.entries]
        remote = remote._replace(
            registers=tuple(pair for pair in remote.registers if self.clock.credible(pair[1].timestamp, now.wall))
        )
        stamps += [written.timestamp for _, written in remote.registers]
        self.clock.saw(stamp for stamp in stamps if self.clock.credible(stamp, now.wall))
        if self.rules.export == "delta":
            self._held[src] = dict(remote.have)
        left = self.content()
        for entry in self.log.merge_remote(remote):
            self.note(Learned(entry.origin_node, entry.sequence, shown(entry.payload)))
        self._fresh()
        result = self.content()
        self.note(Merged(left, self._content_met(src, remote), result))
        if result != left:
            self.changed()
        elif self.log.entries != list(self.listed):
            self.refresh()  # the same entries in another order

    def _fence(self, remote: RemoteCrdtState) -> None:
        mine = _incarnation(self.origin)
        newer = [slot for slot, _ in remote.event_counter if _name(slot) == self.node_id and _incarnation(slot) > mine]
        if newer:
            self.fenced = True
            self.note(Fenced(max(newer, key=_incarnation)))

    # -- what it holds -------------------------------------------------------------------------------------

    def exported(self) -> RemoteCrdtState:
        """Return the whole export; made once for all that is sent until something changes."""
        if self._export is None:
            self._export = self.log.export_state()
        return self._export

    def content(self) -> str:
        """Return a fingerprint of what the log holds, whatever the order."""
        if self._content is None:
            self._entries = entries_of(self.exported())
            self._content = content_of(self.exported(), self._entries)
        return self._content

    def _content_met(self, src: NodeId, remote: RemoteCrdtState) -> str:
        """Return an export's fingerprint; most of what a peer sends is what it sent before."""
        last = self._met.get(src)
        if last is None or last[0] != remote:
            last = self._met[src] = remote, content_of(remote, entries_of(remote))
        return last[1]

    def _fresh(self) -> None:
        """Forget what was worked out of the log as it was."""
        self._export = self._content = None
        self._entries = ""

    def logged(self) -> None:
        """Do what follows a client's change of the log."""
        self._fresh()
        self.changed()

    def changed(self) -> None:
        """Do what follows any change of the log; the plane of states extends it."""
        self.offset += 1
        self.touched()

    def keep(self) -> None:
        super().keep()
        if self.runs(LOG):
            self.persist(KEPT, (self.exported(), self.log.next_sequence, self.origin))

    def refresh(self) -> None:
        super().refresh()
        if not self.runs(LOG):
            return
        state = self.exported()
        counts = dict(state.event_counter), dict(state.activity_counter[0]), dict(state.activity_counter[1])
        slots = sorted({slot for each in counts for slot in each})
        self.listed = state.entries
        self.tail = len(state.entries)
        events, ups, downs = counts
        self.slots = tuple((slot, events.get(slot, 0), ups.get(slot, 0), downs.get(slot, 0)) for slot in slots)
        self.events = self.log.event_counter.value()
        self.activity = self.log.activity_counter.value()
        self.content()
        self.log_digest = self._entries
        self.order = fingerprint(tuple(entry.key for entry in state.entries))
        self.registers = tuple(
            (key, shown(written.value), written.timestamp, written.writer_node) for key, written in state.registers
        ) + tuple((key, (self.log.get_register(key) or b"").decode(), 0, "") for key, _ in state.multi)
        values = tuple((key, value) for key, value, _, _ in self.registers)
        self.digest = fingerprint((self.log_digest, values, self.log.elements.elements()))

    def rebuild(self, state: RemoteCrdtState) -> None:
        """Replace the log by an export, as gossip of opaque state does to one that it carries (CW-27)."""
        log = self.log
        self.log = CrdtEventLog(log.node_id, self.rules.lww_merge, self.rules.log_order, self.rules.log_dedup)
        restored(self.log, state, log.next_sequence)
        self._fresh()

    def ships_log(self) -> bool:
        return self.runs(LOG) and self.runs(STATE) and self.rules.ships == "log"


def entries_of(state: RemoteCrdtState) -> str:
    """Return a fingerprint of an export's counters and entries, in whatever order."""
    return fingerprint((state.event_counter, state.activity_counter, tuple(sorted(state.entries))))


def content_of(state: RemoteCrdtState, entries: str) -> str:
    """Return a fingerprint of all that an export holds, whoever sends it."""
    return fingerprint((entries, state.registers, state.multi, state.elements))


def _name(slot: str) -> str:
    return slot.rsplit("~", 2)[0]


def _incarnation(slot: str) -> tuple[int, str]:
    _, life, token = slot.rsplit("~", 2)
    return int(life), token


def _revived(kept: Any) -> RemoteCrdtState:
    """Return an export that was on a disk, which keeps plain tuples."""
    state = RemoteCrdtState(*kept)
    return state._replace(
        registers=tuple((key, Written(*written)) for key, written in state.registers),
        entries=tuple(CrdtLogEntry(*entry) for entry in state.entries),
    )
