"""What every node does for others: it keeps rows, applies what is pushed to it and answers (section 1.3)."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Hashable, Iterable, Mapping
from typing import Any

from sim.machine import Alarm, Boot, Cluster, Lane, Machine, NodeId, Now, Persisted, fingerprint, on

from .._parameters import count
from .clocks import HybridClock
from .facts import Configured, Held, View
from .messages import FAILED, STAMP, SyncAck, SyncPush
from .rows import Cell, Row, Rows, digest, latest
from .settings import Settings

INBOX, TIMERS = Lane("inbox", 4096), Lane("timers", 4096, (Alarm,))
DRAINS: Mapping[str, tuple[Lane, ...]] = {
    "inbox-first": (INBOX, TIMERS),
    "timers-first": (TIMERS, INBOX),
    "in-order": (INBOX,),
}
PRELOADED = "old"  # the value of every key that is there before the first life

Written = Callable[[str | None, Now], None]  # what follows when a write is durable, or why it is not


class Replica(Machine):
    """A node as far as it only serves others."""

    View = View

    def __init__(self, node: NodeId, cluster: Cluster, settings: Settings) -> None:
        super().__init__(node, cluster)
        self.settings = settings
        self.LANES = DRAINS["in-order" if settings.latched else settings.drain]  # type: ignore[misc]
        held = len(cluster.nodes) if settings.replicas is None else settings.replicas
        self.members: tuple[NodeId, ...] = cluster.nodes[: count("replicas", held, 1, len(cluster.nodes))]
        self.policy = settings.policy_for(len(self.members))
        self.rows = Rows(settings.ties, settings.siblings)
        self.clock = HybridClock()
        self.life = 0
        self.made = 0  # ids and attempts of this life
        self.changed: dict[str, None] = {}  # keys that have changed since the last cycle of the daemon, in order
        self.known: dict[tuple[str, int], tuple[str, Row]] = {}  # what became of a client's operation, by token
        self.flushing = False
        self._writing: dict[Hashable, deque[Written]] = {}
        self._sum = (
            0  # of the fingerprints of all keys with their values, modulo 2**64: it costs the same for any number
        )

    # -- how it looks --------------------------------------------------------------------------------------

    @property
    def keys(self) -> int:
        return len(self.rows.cells)

    @property
    def digest(self) -> str:
        return f"{self._sum:016x}"

    @property
    def open(self) -> int:
        return 0

    def contents(self) -> Iterable[tuple[Hashable, str]]:
        return [(key, fingerprint(self.rows.values(key))) for key in sorted(self.rows.cells)]

    @property
    def others(self) -> list[NodeId]:
        """Return the other replicas that this node knows."""
        return [member for member in self.members if member != self.node]

    @property
    def name(self) -> str:
        """Return what this node calls itself in acknowledgements."""
        return self.node if self.settings.peer_ids == "node" else f"{self.node}#{self.life}"

    def next_id(self) -> str:
        """Return a name that nothing else has."""
        self.made += 1
        return f"{self.node}.{self.life}.{self.made}"

    def stamp(self, now: Now) -> int:
        return self.clock.tick(now.wall) if self.settings.hybrid else now.wall

    # -- a life begins -------------------------------------------------------------------------------------

    @on(Boot)
    def booted(self, durable: Mapping[Hashable, Any], life: int, now: Now) -> None:
        self.life = life
        self.note(Configured(self.policy.n, self.policy.w, self.policy.ack_timeout))
        self.restore(durable)
        if life == 1 and self.node in self.members:
            for key in self.settings.preload:
                row = Row(f"m-{key}", PRELOADED, 0, "")
                self.keep(key, (row,), now)

    def restore(self, durable: Mapping[Hashable, Any]) -> None:
        """Take over what the disk kept."""
        for key, value in durable.items():
            if isinstance(key, tuple) and key[0] == "row":
                self._put(key[1], value)
            elif isinstance(key, tuple) and key[0] == "token":
                self.known[key[1], key[2]] = (value[0], value[1])

    # -- writing -------------------------------------------------------------------------------------------

    def keep(self, key: str, cell: Cell, now: Now, then: Written | None = None, sync: bool = True) -> None:
        """Put what a key holds on disk; `then` follows when it is durable, or when that failed and was undone."""
        before = self.rows.cell(key)
        self._put(key, cell)

        def written(why: str | None, now: Now) -> None:
            if why is not None and self.rows.cell(key) == cell:
                self._put(key, before)
            if then is not None:
                then(why, now)

        self._writing.setdefault(("row", key), deque()).append(written)
        self.persist(("row", key), cell, sync=sync, tell=True)
        row = latest(cell)
        if sync:
            self.note(Held(key, row.id, row.stamp, self.rows.values(key)))
        elif not self.flushing:
            self.flushing = True
            self.alarm("flush", after=self.settings.flush_ns)

    def _put(self, key: str, cell: Cell) -> None:
        self._sum = (self._sum - _weight(key, self.rows.cell(key)) + _weight(key, cell)) % 2**64
        if cell:
            self.rows.cells[key] = cell
            self.clock.see(latest(cell).stamp)
        else:
            self.rows.cells.pop(key, None)
        self.changed[key] = None

    @on(Persisted)
    def persisted(self, key: Hashable, why: str | None, now: Now) -> None:
        waiting = self._writing.get(key)
        if waiting:
            waiting.popleft()(why, now)

    @on(Alarm, "flush")
    def flush(self, about: Any, now: Now) -> None:
        """Sync what was acknowledged at once; until here a crash loses it (QW-16)."""
        self.flushing = False
        self.persist(("flushed",), self.life, tell=True)
        for key in sorted(self.rows.cells):
            row = latest(self.rows.cells[key])
            self.note(Held(key, row.id, row.stamp, self.rows.values(key)))

    # -- serving -------------------------------------------------------------------------------------------

    @on(SyncPush)
    def pushed(self, src: NodeId, msg: SyncPush, now: Now) -> None:
        row = msg.row
        if self.settings.skew == "reported" and row.stamp > now.wall + self.policy.clock_skew_warn:
            self.send(src, self._answer(msg, STAMP, now))
            return
        if msg.hint_for is not None:
            self.take_hint(msg.hint_for, msg.key, row)
            self.send(src, self._answer(msg, "", now))
            return
        self.remember(msg.key, row)
        cell = self.rows.joined(msg.key, row)
        if cell == self.rows.cell(msg.key):
            self.send(src, self._answer(msg, "", now))  # a row that lost is answered with success all the same (QW-17)
        elif self.settings.acks_at_once:
            self.keep(msg.key, cell, now, sync=False)
            self.send(src, self._answer(msg, "", now))
        else:

            def written(why: str | None, now: Now) -> None:
                if why is not None:
                    self.send(src, self._answer(msg, FAILED, now))

            self.keep(msg.key, cell, now, written)
            # It waits for the row to be durable, and is gone if that fails.
            self.send(src, self._answer(msg, "", now))

    def _answer(self, msg: SyncPush, why: str, now: Now) -> SyncAck:
        """Return the answer to a push: with what this node holds now."""
        cell = self.rows.cell(msg.key)
        stored = latest(cell) if cell else None
        if self.rows.siblings and stored is not None and self.rows.has(msg.key, msg.row):
            stored = msg.row._replace(id=stored.id)
        if msg.hint_for is not None:
            stored = msg.row
        bound = digest(stored) if self.settings.bound and stored is not None else b""
        return SyncAck(msg.attempt, msg.key, self.name, msg.row.stamp, stored, bound, why, now.wall)

    def remember(self, key: str, row: Row) -> None:
        """Keep which operation a row is of, so that a retry of it is known for one; nothing without a token."""
        if row.token is not None and row.token not in self.known:
            self.known[row.token] = (key, row)
            self.persist(("token", *row.token), (key, row), tell=True)

    def take_hint(self, peer: NodeId, key: str, row: Row) -> None:
        """Keep a row on behalf of another replica."""
        raise NotImplementedError


def _weight(key: str, cell: Cell) -> int:
    return int(fingerprint((key, tuple(row.value for row in cell))), 16) if cell else 0
