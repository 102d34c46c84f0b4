"""A small replicated log behind a leader whom a majority elects: sound as it stands, and wrong in one way per bug.

It is here to be broken: the oracles must catch every bug in BUGS and let the log without one pass. Entries count
from 0; `commit` and `tail` are counts.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, NamedTuple

from models._log_facts import Accepted, Applied, Committed
from sim.machine import Alarm, Answer, Ask, Boot, Cluster, Machine, NodeId, Now, fingerprint, on
from sim.units import MS

BEAT, PATIENCE = 50 * MS, (200 * MS, 400 * MS)
NONE = "none"
NOBODY = 0  # the operation of an entry that a leader begins its term with
BUGS = {
    "answers-early": "the leader answers when the entry is in its own log alone",
    "acknowledges-before-durable": "a follower acknowledges an entry that its disk may still lose",
    "forgets-log": "a restart begins with an empty log",
    "forgets-vote": "a restart forgets whom the node voted for",
    "votes-for-all": "a node grants its vote to whoever asks",
    "votes-for-shorter": "a node votes for a candidate whose log is behind its own",
    "elected-by-half": "a candidate leads with one vote less than a majority",
    "commits-on-half": "the leader commits with one node less than a majority",
    "counts-twice": "a second acknowledgement of one node counts as that of another",
    "counts-stale": "the leader counts whoever answers, whatever it has acknowledged",
    "keeps-conflicts": "a follower keeps its own entries where the leader's differ",
    "skips-check": "a follower takes entries wherever its own log ends",
    "commits-blindly": "a follower takes over the leader's commit index before it has the entries",
    "commit-restarts": "a new leader counts its commit index from the beginning",
    "applies-early": "a follower applies an entry when it gets it",
    "applies-retries": "a retry is appended and applied again",
    "invents": "the entry with which a leader begins its term is applied as an operation",
    "waits-for-clients": "a leader begins its term without an entry, so that old ones wait for a new operation",
    "answers-when-deposed": "a leader that steps down tells its clients that all is done",
    "stays-leader": "a leader ignores that there is a later term",
    "never-steps-back": "the leader never looks for where a follower's log ends",
    "restless": "a follower stands for election though it hears its leader",
    "gives-up": "a candidate that was not elected never stands again",
    "skips-apply": "a follower that has fallen behind forgets to apply what it catches up on",
}


class Entry(NamedTuple):
    term: int
    op: int
    payload: Any


class Vote(NamedTuple):
    term: int
    tail: int
    last: int


class Granted(NamedTuple):
    term: int


class Append(NamedTuple):
    term: int
    prev: int  # how many entries come before
    prev_term: int
    entries: tuple[Entry, ...]
    commit: int


class Appended(NamedTuple):
    term: int
    ok: bool
    upto: int


class Stored(NamedTuple):
    seq: int
    term: int
    payload: Any


class Quorum(NamedTuple):
    seq: int
    nodes: tuple[NodeId, ...]


class Voted(NamedTuple):
    term: int
    candidate: NodeId


class View(NamedTuple):
    role: str
    term: int
    leader: NodeId | None
    tail: int
    commit: int
    digest: str


class QuorumLog(Machine):
    View = View
    FACTS = (Stored, Accepted, Quorum, Committed, Applied, Voted)
    ACTIONS = {"append": ("value",)}

    def __init__(self, node: NodeId, cluster: Cluster, bug: str = NONE) -> None:
        super().__init__(node, cluster)
        if bug not in (NONE, *BUGS):
            raise ValueError(f"bug: found {bug!r}, allowed: {NONE}, {', '.join(BUGS)}")
        self.bug = bug
        self.role, self.leader = "follower", None
        self.term, self.voted = 0, None
        self.log: list[Entry] = []
        self.commit, self.done, self.digest = 0, 0, ""
        self.votes: list[NodeId] = []
        self.match: dict[NodeId, int] = {}  # how many entries a peer is known to hold
        self.next: dict[NodeId, int] = {}
        self.acks: list[tuple[NodeId, int]] = []  # for a leader that counts them one by one
        self.waiting: dict[int, Ask] = {}

    @property
    def tail(self) -> int:
        return len(self.log)

    def contents(self) -> Iterable[tuple[int, str]]:
        return [(seq, fingerprint(entry.payload)) for seq, entry in enumerate(self.log)]

    @on(Boot)
    def boot(self, durable: Mapping[Any, Any], life: int, now: Now) -> None:
        self.term, self.voted = durable.get("term", (0, None))
        if self.bug == "forgets-vote":
            self.voted = None
        while self.bug != "forgets-log" and ("log", self.tail) in durable:
            self.log.append(Entry(*durable["log", self.tail]))
        self.alarm("stand", PATIENCE)

    # -- elections -----------------------------------------------------------------------------------------

    @on(Alarm, "stand")
    def stand(self, about: Any, now: Now) -> None:
        if self.role == "leader":
            return
        self.role, self.leader, self.votes = "candidate", None, [self.node]
        self.vote(self.term + 1, self.node)
        self.broadcast(Vote(self.term, self.tail, self.last()))
        if self.bug != "gives-up":
            self.alarm("stand", PATIENCE)

    def vote(self, term: int, candidate: NodeId | None) -> None:
        self.term, self.voted = term, candidate
        self.persist("term", (term, candidate))
        if candidate is not None:
            self.note(Voted(term, candidate))

    def last(self) -> int:
        return self.log[-1].term if self.log else 0

    def later(self, term: int) -> None:
        """Follow a term that is later than this node's own."""
        if term > self.term and not (self.bug == "stays-leader" and self.role == "leader"):
            self.step_down()
            self.vote(term, None)

    def step_down(self) -> None:
        if self.role == "leader":
            self.alarm("stand", PATIENCE)
        self.role = "follower"
        for ask in self.waiting.values():
            outcome = "ok" if self.bug == "answers-when-deposed" else "unsure"
            self._effects.append(Answer(ask.client, ask.op, outcome))
        self.waiting = {}

    @on(Vote)
    def asked_to_vote(self, src: NodeId, msg: Vote, now: Now) -> None:
        self.later(msg.term)
        behind = (msg.last, msg.tail) < (self.last(), self.tail) and self.bug != "votes-for-shorter"
        free = self.voted in (None, src) or self.bug == "votes-for-all"
        if msg.term == self.term and free and not behind and self.role == "follower":
            self.vote(self.term, src)
            self.alarm("stand", PATIENCE)
            self.send(src, Granted(self.term))

    @on(Granted)
    def granted(self, src: NodeId, msg: Granted, now: Now) -> None:
        self.later(msg.term)
        if msg.term != self.term or self.role != "candidate" or src in self.votes:
            return
        self.votes.append(src)
        if len(self.votes) >= self.cluster.majority() - (self.bug == "elected-by-half"):
            self.role, self.leader = "leader", self.node
            self.match, self.acks = dict.fromkeys(self.peers, 0), []
            self.next = dict.fromkeys(self.peers, self.tail)
            if self.bug == "commit-restarts":
                self.commit = 0
            # Entries of earlier terms are committed only behind one of this term, which may never be asked for.
            if self.bug != "waits-for-clients":
                self.put(Entry(self.term, -self.term if self.bug == "invents" else NOBODY, ""), self.tail)
            self.cancel("stand")
            self.beat(None, now)

    # -- replication ---------------------------------------------------------------------------------------

    @on(Alarm, "beat")
    def beat(self, about: Any, now: Now) -> None:
        if self.role == "leader":
            for peer in self.peers:
                self.copy(peer)
            self.alarm("beat", BEAT)

    def copy(self, peer: NodeId) -> None:
        prev = self.next[peer]
        prev_term = self.log[prev - 1].term if prev else 0
        self.send(peer, Append(self.term, prev, prev_term, tuple(self.log[prev : prev + 20]), self.commit))

    @on(Ask, "append")
    def append(self, ask: Ask, now: Now) -> None:
        if self.role != "leader":
            self.answer(ask, "elsewhere", hint=self.leader)
            return
        seq = next((i for i, entry in enumerate(self.log) if entry.op == ask.op), None)
        if seq is None or self.bug == "applies-retries":
            seq = self.tail
            self.put(Entry(self.term, ask.op, ask.args[0]), seq)
        if seq < self.commit or self.bug == "answers-early":
            self.accept(ask, seq)
        else:
            self.waiting[seq] = ask
        for peer in self.peers:
            self.copy(peer)

    def accept(self, ask: Ask, seq: int) -> None:
        self.note(Accepted(ask.op, seq, self.log[seq].payload))
        self.answer(ask, "ok", seq)

    def put(self, entry: Entry, seq: int) -> None:
        """Write an entry at the end of what is kept, dropping what lies there."""
        for gone in range(seq, self.tail):
            self.forget(("log", gone))
        del self.log[seq:]
        self.log.append(entry)
        self.persist(("log", seq), tuple(entry), sync=self.bug != "acknowledges-before-durable")
        self.note(Stored(seq, entry.term, entry.payload))

    @on(Append)
    def entries(self, src: NodeId, msg: Append, now: Now) -> None:
        self.later(msg.term)
        if msg.term < self.term or self.role == "leader":
            self.send(src, Appended(self.term, False, self.tail))
            return
        self.role, self.leader = "follower", src
        if self.bug != "restless":
            self.alarm("stand", PATIENCE)
        if self.bug == "commits-blindly":
            self.commit = max(self.commit, msg.commit)
        prev = msg.prev if self.bug != "skips-check" else min(msg.prev, self.tail)
        fits = prev <= self.tail and (not prev or self.log[prev - 1].term == msg.prev_term)
        if not fits and self.bug != "skips-check":
            self.send(src, Appended(self.term, False, min(self.tail, prev - 1)))
            return
        for seq, entry in enumerate(msg.entries, prev):
            known = seq < self.tail and (self.log[seq].term == entry.term or self.bug == "keeps-conflicts")
            if not known:
                self.put(entry, seq)
                if self.bug == "applies-early":
                    self.apply(seq)
        upto = prev + len(msg.entries)
        self.send(src, Appended(self.term, True, upto))
        self.commit_to(max(self.commit, min(msg.commit, upto)))

    @on(Appended)
    def copied(self, src: NodeId, msg: Appended, now: Now) -> None:
        self.later(msg.term)
        if self.role != "leader" or msg.term != self.term:
            return
        if not msg.ok:
            if self.bug != "never-steps-back":
                self.next[src] = max(0, min(self.next[src] - 1, msg.upto))
                self.copy(src)
            return
        self.match[src] = max(self.match[src], self.tail if self.bug == "counts-stale" else msg.upto)
        self.next[src] = max(self.next[src], msg.upto)
        self.acks.append((src, msg.upto))
        need = self.cluster.majority() - (self.bug == "commits-on-half")
        for count in range(self.tail, self.commit, -1):
            holders = self.holders(count)
            if len(holders) >= need and self.log[count - 1].term == self.term:
                self.note(Quorum(count - 1, tuple(holders)))
                self.commit_to(count)
                break

    def holders(self, count: int) -> list[NodeId]:
        held = self.acks if self.bug == "counts-twice" else self.match.items()
        return [self.node, *(peer for peer, upto in held if upto >= count)]

    def commit_to(self, count: int) -> None:
        for seq in range(self.commit, min(count, self.tail)):
            self.note(Committed(seq, self.log[seq].payload))
        late = count - self.commit > 10 and self.bug == "skips-apply"
        self.commit = max(self.commit, count)
        for seq in range(self.done, min(self.commit, self.tail)):
            if late:
                self.done = seq + 1
            else:
                self.apply(seq)
            if (ask := self.waiting.pop(seq, None)) is not None and ask.op == self.log[seq].op:
                self.accept(ask, seq)

    def apply(self, seq: int) -> None:
        self.done = seq + 1
        self.digest = fingerprint((self.digest, self.log[seq].op))
        if self.log[seq].op != NOBODY:
            self.note(Applied(self.log[seq].op, seq))


machine = QuorumLog
