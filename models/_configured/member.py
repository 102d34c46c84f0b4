"""A member: the log, its copies, what is committed, reads and clients.

Entries are copied from a member to its successors. What a protocol adds is who these are, when an entry is committed,
who answers, and who reads.
"""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Mapping
from typing import Any

from sim.machine import Alarm, Ask, Boot, Cluster, NodeId, Now, fingerprint, on

from .._log_facts import Accepted, Applied, Committed
from .._store import ACTIONS, Command, Store
from .configuration import Ack, Configuration, Confirm, Confirmed, Copy, Current, Decided, Entry, Ping, Stored, View
from .master import Master


class Member(Master):
    """A node before it knows to whom it copies."""

    View = View
    FACTS = (Stored, Committed, Applied, Accepted, Decided)
    ACTIONS = ACTIONS

    def __init__(self, node: NodeId, cluster: Cluster, words: Mapping[str, str], beat: str, patience: str) -> None:
        super().__init__(node, cluster, beat, patience)
        self.words = words
        # On disk: the configuration, whether this node holds what was acknowledged in it, and the log.
        self.configuration = self.initial
        self.synced = True
        self.log: list[Entry] = []
        # In memory.
        self.aligned = True  # the log begins like that of whoever copies to it
        self.commit = 0
        self.inherited = 0  # entries that were in the log when this configuration or life began
        self.spoken = 0  # entries before this one were in the log when this life began, or came as a whole
        self.store = Store(words["sessions"] == "kept")
        self.forget_peers()
        self.reading: dict[int, Ask] = {}  # reads that wait for the master's word
        self.asked = 0

    def forget_peers(self) -> None:
        self.held: dict[NodeId, int] = {}  # how many entries a successor is known to hold
        self.next: dict[NodeId, int] = {}  # the first that it was not sent
        self.told: dict[NodeId, int] = {}  # how many it knows to be committed
        self.stuck: dict[NodeId, tuple[int | None, int, int]] = {}  # both, and the own commit index, at the last beat

    # -- what a protocol says ------------------------------------------------------------------------------

    def successors(self) -> tuple[NodeId, ...]:
        """Return to whom this node copies."""
        raise NotImplementedError

    def advance(self) -> None:
        """Commit what may be committed."""
        raise NotImplementedError

    def answers(self) -> bool:
        """Return whether this node tells clients what has become of their operations."""
        raise NotImplementedError

    def reader(self) -> NodeId:
        """Return who reads for clients."""
        return self.configuration.nodes[0]

    def in_step(self, was: Configuration | None) -> bool:
        """Return whether this log begins like that of whoever copies to it now, after a configuration or a reboot."""
        return self.synced

    def may_read(self) -> bool:
        """Return whether all that was acknowledged has taken effect here."""
        return True

    def leaves_gaps(self) -> bool:
        """Return whether this node takes what comes though it lacks what was before."""
        return False

    # -- how it looks --------------------------------------------------------------------------------------

    @property
    def leader(self) -> NodeId | None:
        return self.configuration.nodes[0] if self.configuration.led else None

    @property
    def role(self) -> str:
        if not self.synced or self.node not in self.configuration.nodes:
            return "idle"
        return "leader" if self.leader == self.node else "follower"

    @property
    def term(self) -> int:
        return self.configuration.number

    @property
    def tail(self) -> int:
        return len(self.log)

    @property
    def digest(self) -> str:
        return self.store.digest

    def contents(self) -> Iterable[tuple[int, str]]:
        return [(seq, fingerprint(entry.payload)) for seq, entry in enumerate(self.log)]

    # -- configurations ------------------------------------------------------------------------------------

    @on(Boot)
    def boot(self, durable: Mapping[Hashable, Any], life: int, now: Now) -> None:
        if (kept := durable.get("configuration")) is not None:
            number, members, led, self.synced = kept
            self.configuration = Configuration(number, members, led)
        while (entry := durable.get(("log", self.tail))) is not None:
            self.log.append(Entry(*entry))
            self.note(Stored(self.tail - 1, entry[0], self.log[-1].payload))
        self.spoken = self.inherited = self.tail
        self.aligned = life == 1 or self.in_step(None)
        self.begin_mastering(durable, now)
        self.alarm("beat", self.beat_ns, every=self.beat_ns)
        self.ping()
        self.advance()

    def ping(self) -> None:
        latest = self.log[-1].number if self.log else 0
        self.send(self.master, Ping(self.term, self.synced, latest, self.tail))

    @on(Current)
    def configured(self, src: NodeId, msg: Current, now: Now) -> None:
        if msg.configuration.number > self.term:
            self.adopt(msg.configuration)

    def adopt(self, configuration: Configuration) -> None:
        was, self.configuration = self.configuration, configuration
        since = configuration.since(self.node)
        stays = since is not None and since <= was.number
        as_it_is = since is not None and not stays and self.words["joins"] == "as-it-is"
        self.synced = (self.synced and stays) or as_it_is
        self.aligned = self.in_step(was) or as_it_is
        self.inherited = self.tail
        self.keep_configuration()
        self.forget_peers()
        self.ping()
        if not configuration.led:
            return
        if since is not None and (source := self.source()) is not None:
            self.send(source, Ack(self.term, self.tail if self.aligned else -1, self.commit, False))
        self.advance()
        for read in sorted(self.reading):
            if self.reader() != self.node or not self.synced:
                self.answer(self.reading.pop(read), "elsewhere", hint=self.reader())

    def source(self) -> NodeId | None:
        """Return who copies to this node, None if nobody does."""
        raise NotImplementedError

    def keep_configuration(self) -> None:
        self.persist("configuration", (*self.configuration, self.synced))

    def fenced(self, number: int) -> bool:
        """Return whether what is sent under a number is none of this node's business, or no more."""
        return number != self.term and not (self.words["fencing"] == "none" and number < self.term)

    # -- copying -------------------------------------------------------------------------------------------

    @on(Alarm, "beat")
    def beat(self, about: Any, now: Now) -> None:
        self.ping()
        for read in self.reading:
            self.send(self.master, Confirm(self.term, read))
        for peer in self.successors():
            held, known = self.held.get(peer), self.told.get(peer, 0)
            if held is None or self.stuck.get(peer) == (held, known, self.commit):
                self.next[peer] = self.inherited if held is None else held
            if held is None or min(held, known, self.commit) < self.tail:
                self.copy(peer, even_nothing=self.stuck.get(peer) == (held, known, self.commit))
            self.stuck[peer] = held, known, self.commit

    def copy(self, peer: NodeId, even_nothing: bool = False, whole: bool = False) -> None:
        """Send a successor what it was not sent, or everything."""
        first = 0 if whole else self.next.get(peer, self.inherited)
        entries = tuple(self.log[first:])
        if entries or even_nothing:
            self.next[peer] = self.tail
            self.send(peer, Copy(self.term, first, entries, self.commit, whole))

    def copy_on(self) -> None:
        for peer in self.successors():
            self.copy(peer)

    @on(Copy)
    def copied(self, src: NodeId, msg: Copy, now: Now) -> None:
        if self.fenced(msg.number) or (src != self.source() and self.words["fencing"] == "numbers"):
            return
        if msg.whole and not self.aligned:  # a second one may be late, and shorter than what came after the first
            self.replace(msg.entries)
        elif not self.aligned:
            self.send(src, Ack(msg.number, -1, self.commit, False))
            return
        elif msg.first > self.tail and not self.leaves_gaps():
            self.send(src, Ack(msg.number, self.tail, self.commit, True))
            return
        else:
            known = max(self.tail - msg.first, 0)
            if tuple(self.log[msg.first :][: len(msg.entries)]) != msg.entries[:known]:
                self.replace((*self.log[: msg.first], *msg.entries))  # two lead: only without fencing
            else:
                self.put(msg.entries[known:])
        self.commit_to(msg.committed)
        self.advance()
        self.copy_on()
        self.acknowledge(src, msg)

    def acknowledge(self, src: NodeId, msg: Copy) -> None:
        self.send(src, Ack(msg.number, self.tail, self.commit, False))

    @on(Ack)
    def acknowledged(self, src: NodeId, msg: Ack, now: Now) -> None:
        if self.fenced(msg.number) or src not in self.successors() or not self.synced:
            return
        if msg.held < 0 or msg.held > self.tail:
            self.copy(src, even_nothing=True, whole=True)
            return
        self.held[src] = max(msg.held, self.held.get(src, 0))
        self.told[src] = max(msg.committed, self.told.get(src, 0))
        if msg.gap or src not in self.next:
            self.next[src] = msg.held
            self.copy(src)
        self.heard_of(src, msg)
        self.advance()

    def heard_of(self, src: NodeId, msg: Ack) -> None:
        """Take in what a successor knows to be committed, where that says something."""

    def put(self, entries: Iterable[Entry]) -> None:
        """Put entries at the end of the log, durable before whatever is said from here on."""
        first, some = self.tail, tuple(entries)
        for seq, entry in enumerate(some, first):
            self.log.append(entry)
            last = seq == first + len(some) - 1  # one sync serves them all
            self.persist(("log", seq), tuple(entry), sync=last and self.words["kept"] == "durably")
        for seq, entry in enumerate(some, first):
            self.note(Stored(seq, entry.number, entry.payload))

    def replace(self, entries: tuple[Entry, ...]) -> None:
        """Have this log in place of the own one, and be synced; what is the same is left alone."""
        same = next((i for i, (a, b) in enumerate(zip(self.log, entries, strict=False)) if a != b), None)
        same = min(self.tail, len(entries)) if same is None else same
        for seq in range(self.tail - 1, same - 1, -1):
            self.forget(("log", seq))
        del self.log[same:]
        if same < self.commit:  # what was committed is taken back: begin again
            self.commit, self.store = 0, Store(self.store.remembers)
        self.put(entries[same:])
        self.spoken = self.tail
        self.synced = self.aligned = True
        self.keep_configuration()  # syncs what was forgotten, too
        self.ping()

    # -- committing ----------------------------------------------------------------------------------------

    def commit_to(self, count: int) -> None:
        """Commit and apply the log up to a count."""
        while self.commit < min(count, self.tail):
            seq, entry = self.commit, self.log[self.commit]
            self.commit += 1
            self.note(Committed(seq, entry.payload))
            client, op = entry.client, entry.op
            (outcome, value), new = self.store.apply(Command(*entry.payload))
            if new:
                self.note(Applied(op, seq))
            if self.answers() and seq >= self.spoken:
                self.note(Accepted(op, seq, entry.payload))
                self.answer(Ask(client, op, entry.action, entry.args), outcome, value)

    # -- clients -------------------------------------------------------------------------------------------

    @on(Ask, "write")
    def write(self, ask: Ask, now: Now) -> None:
        self.propose(ask)

    @on(Ask, "cas")
    def cas(self, ask: Ask, now: Now) -> None:
        self.propose(ask)

    @on(Ask, "append")
    def append(self, ask: Ask, now: Now) -> None:
        self.propose(ask)

    def propose(self, ask: Ask) -> None:
        if self.role != "leader":
            self.answer(ask, "elsewhere", hint=None if self.leader == self.node else self.leader)
        elif (told := self.store.told(ask.client, ask.op)) is not None:
            self.answer(ask, *told)
        elif self.store.remembers and any(one.op == ask.op for one in self.log[self.commit :]):
            pass  # it is under way
        else:
            self.put([Entry(self.term, ask.client, ask.op, ask.action, ask.args)])
            self.advance()
            self.copy_on()

    @on(Ask, "read")
    def read(self, ask: Ask, now: Now) -> None:
        reader = self.reader()
        if reader != self.node or not self.synced or not self.configuration.led:
            self.answer(ask, "elsewhere", hint=None if reader == self.node else reader)
        elif self.words["reads"] == "unchecked":
            self.answer(ask, "ok", self.store.values.get(ask.args[0]))
        else:
            self.asked += 1
            self.reading[self.asked] = ask
            self.send(self.master, Confirm(self.term, self.asked))

    @on(Confirmed)
    def confirmed(self, src: NodeId, msg: Confirmed, now: Now) -> None:
        if msg.number == self.term and msg.read in self.reading and self.may_read():
            ask = self.reading.pop(msg.read)
            self.answer(ask, "ok", self.store.values.get(ask.args[0]))
