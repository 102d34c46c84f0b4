"""What all rooms of a server share: its state, its term, its timer, and stepping down.

A room is a class with the handlers of one subject; `machine` puts them together. What one room asks of another is
declared here and defined there.
"""

from __future__ import annotations

from collections.abc import Hashable, Iterable
from typing import Any, ClassVar

from sim.machine import Ask, Cluster, Machine, NodeId, Now, Operate, fingerprint

from .._log_facts import Accepted, Applied, Committed
from .._store import Store
from .choices import Settings
from .configuration import Configuration
from .facts import Configured, Quorum, Snapped, Stored, View, Voted
from .log import CONFIGURATION, Entry, Log

FOLLOWER, CANDIDATE, LEADER = "follower", "candidate", "leader"


class Node(Machine):
    """A server before it can do anything."""

    View: ClassVar[Any] = View
    FACTS = (Stored, Voted, Quorum, Committed, Applied, Accepted, Configured, Snapped)

    def __init__(self, node: NodeId, cluster: Cluster, settings: Settings) -> None:
        super().__init__(node, cluster)
        self.settings = settings
        self.breaks = {name: settings.breaks(name) for name in settings.words}
        # On disk: the term and the vote in it, the log, and a snapshot.
        self.term = 0
        self.voted: NodeId | None = None
        self.log = Log()
        self.audit: tuple[tuple[int, Any], ...] = ()  # term and payload of what the snapshot stands for
        self.kept_from = 1  # whatever is before this has left the disk
        # In memory.
        self.role = FOLLOWER
        self.leader: NodeId | None = None
        self.commit = 0
        self.store = Store(remembers=not self.breaks["sessions"])
        self.configurations = [(0, Configuration(settings.members))]  # in use from which index on
        # When, by its own clock, it last knew that its leader leads; a leader knows by what a majority has answered.
        self.heard: int | None = None
        self.begin_following()

    @property
    def tail(self) -> int:
        return self.log.last + 1

    @property
    def digest(self) -> str:
        return self.store.digest

    @property
    def configuration(self) -> Configuration:
        """Return the configuration in use: the latest in the log, committed or not (6)."""
        return self.configurations[-1][1]

    def contents(self) -> Iterable[tuple[Hashable, str]]:
        payloads = [*(payload for _, payload in self.audit), *(entry.payload for entry in self.log.entries)]
        return [(index, fingerprint(payload)) for index, payload in enumerate(payloads, 1)]

    # -- terms (5.1) ---------------------------------------------------------------------------------------

    def enter(self, term: int, voted: NodeId | None) -> None:
        """Be in a term with a vote in it, or none yet."""
        self.term, self.voted = term, voted
        self.persist("term", (term, voted), sync=not self.breaks["vote_kept"])
        if voted is not None:
            self.note(Voted(term, voted))

    def meet(self, term: int) -> None:
        """Follow a term that is later than this server's own."""
        if term > self.term and not (self.role == LEADER and self.breaks["deposed"]):
            self.step_down()
            self.leader = None
            self.enter(term, None)

    def wait(self) -> None:
        """Stand for election after a while in which no leader is heard."""
        self.alarm("election", self.settings.election)

    def step_down(self) -> None:
        """Follow. Clients that wait are told nothing: they ask again, as they would if the leader had crashed (8)."""
        if self.role == LEADER:
            self.cancel("beat")
            self.wait()
            self.leader = None
            self.abandon_change("unsure")
        self.role = FOLLOWER
        self.begin_following()

    def begin_following(self) -> None:
        """Have none of what only a candidate or a leader has."""
        self.votes: dict[NodeId, int] = {}
        self.polling = False  # it asks for votes before it begins a term
        self.begin_leading(())

    def begin_leading(self, peers: Iterable[NodeId]) -> None:
        """Have what a leader has of each peer, and at the beginning of its term."""
        last = self.log.last
        self.next: dict[NodeId, int] = dict.fromkeys(peers, last + 1)
        self.match: dict[NodeId, int] = dict.fromkeys(self.next, 0)
        self.acked: dict[NodeId, int] = dict.fromkeys(self.next, 0)  # the latest round that it answered
        self.probing: set[NodeId] = set()  # where its log matches is not known
        self.installing: dict[NodeId, int] = {}  # since when it is sent a snapshot
        self.round = 0
        self.confirmed = 0  # the latest round that a majority answered
        self.rounds: dict[int, int] = {}  # when each later one began
        self.waiting: dict[int, Ask] = {}  # clients by the index of the entry that they wait for
        self.reads: list[tuple[Ask, int]] = []  # with the round whose answers they wait for
        self.early: list[Ask] = []  # reads that wait for the first commitment of this term
        self.learners: tuple[NodeId, ...] = ()  # servers that get the log and do not vote
        self.leases = True  # what a lease promises holds in this term

    # -- the log -------------------------------------------------------------------------------------------

    def keep(self, entries: Iterable[Entry]) -> None:
        """Put entries at the end of the log, durable before whatever is said from here on."""
        first, some = self.log.last + 1, tuple(entries)
        for index, entry in enumerate(some, first):
            self.log.entries.append(entry)
            # One sync serves them all, and it comes with the last.
            synced = index == first + len(some) - 1 and not self.breaks["entries_kept"]
            self.persist(("log", index), tuple(entry), sync=synced)
            if entry.kind == CONFIGURATION:
                self.configurations.append((index, Configuration(*entry.payload)))
        for index, entry in enumerate(some, first):
            self.note(Stored(index, entry.term, entry.payload))
            if entry.kind == CONFIGURATION:
                self.note(Configured(index, *entry.payload))
        if self.configurations[-1][0] >= first:
            self.configured()

    def cut(self, index: int) -> None:
        """Delete the entries from an index on, the last first: of a torn write the log's beginning is left."""
        for gone in range(self.log.last, index - 1, -1):
            self.forget(("log", gone))
        self.log.cut(index)
        if self.configurations[-1][0] >= index:
            self.configurations = [one for one in self.configurations if one[0] < index]
            self.note(Configured(self.configurations[-1][0], *self.configuration))

    # -- what rooms ask of each other ----------------------------------------------------------------------

    def stand(self, now: Now, transfer: bool = False) -> None:
        """Stand for election in the next term (elections)."""
        raise NotImplementedError

    def begin_round(self, now: Now, beat: bool = False) -> None:
        """Send every peer what it lacks, or a heartbeat (replication)."""
        raise NotImplementedError

    def copy(self, peer: NodeId, now: Now, beat: bool = False) -> None:
        """Send a peer what it lacks (replication)."""
        raise NotImplementedError

    def hear(self, src: NodeId, now: Now) -> None:
        """Follow the leader of this term, which is heard (replication)."""
        raise NotImplementedError

    def advance(self, now: Now) -> None:
        """Commit what a majority holds (commitment)."""
        raise NotImplementedError

    def commit_to(self, index: int, now: Now) -> None:
        """Commit and apply what the log holds up to an index (commitment)."""
        raise NotImplementedError

    def confirm(self, now: Now) -> None:
        """See which round a majority has answered (reads)."""
        raise NotImplementedError

    def serve_early(self, now: Now) -> None:
        """Go on with the reads that waited for the first commitment of this term (reads)."""
        raise NotImplementedError

    def may_stand(self) -> bool:
        """Return whether this server is one that may be voted for (elections)."""
        raise NotImplementedError

    def transfer_to(self) -> NodeId | None:
        """Return to whom this leader is handing over (transfer)."""
        raise NotImplementedError

    def refuses(self, ask: Ask | Operate) -> bool:
        """Send whoever asks elsewhere, if this server takes no operations now (clients)."""
        raise NotImplementedError

    def hand_over(self, now: Now) -> None:
        """Let the target of a transfer stand, if it has the whole log (transfer)."""
        raise NotImplementedError

    def somebody_leads(self, leader: NodeId) -> None:
        """Know how a transfer has ended (transfer)."""
        raise NotImplementedError

    def abandon_change(self, outcome: str) -> None:
        """Answer whoever asked for a change of membership that is not finished (membership)."""
        raise NotImplementedError

    def configured(self) -> None:
        """Replicate to the members of the configuration in use (membership)."""
        raise NotImplementedError

    def configuration_committed(self, now: Now) -> None:
        """Go on with a change of membership (membership)."""
        raise NotImplementedError

    def caught_up(self, now: Now) -> None:
        """Go on with a change of membership, if new servers have the log (membership)."""
        raise NotImplementedError

    def install(self, peer: NodeId, now: Now) -> None:
        """Send a peer the snapshot (snapshots)."""
        raise NotImplementedError

    def restore(self, snapshot: tuple[Any, ...]) -> None:
        """Take over a snapshot's state (snapshots)."""
        raise NotImplementedError

    def snapshot_if_due(self) -> None:
        """Take a snapshot, if enough was committed since the last (snapshots)."""
        raise NotImplementedError
