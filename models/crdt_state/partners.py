"""Whom a node gossips with: its peers, the rounds, and the rotation over them (3.8).

Staleness as specified is the difference of two nodes' own round counters, which says little (CW-23); under `silence`
it is the local rounds since a peer was last heard, by how seldom one hears each of so many.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass

ROTATION, RANDOM = "rotation", "random"
PROBE = 10  # every so many rounds a suspected peer is given a place again, for it may be back


@dataclass(slots=True)
class NodeReplicationState:
    """What is known of a peer: `last_seen` in ns of the monotonic clock, which nobody reads, and its own round."""

    node_id: str
    last_seen: int
    last_digest: str = ""
    round: int = 0
    incarnation: int = 0
    heard_in: int = 0  # the local round in which it was last heard, or was added


class Partners:
    """A node's peers in the order in which they were added.

    `choice` is rotation or random; `stale_rule` rounds or silence; with `suspect` peers that are stale are passed over,
    but for one every PROBE rounds. `stale_rounds` is how many rounds may go by.
    """

    def __init__(
        self,
        fanout: int,
        stale_rounds: int,
        choice: str = ROTATION,
        stale_rule: str = "rounds",
        suspect: bool = False,
        readd: str = "resets",
    ) -> None:
        self.fanout = fanout
        self.stale_rounds = stale_rounds
        self.peers: dict[str, NodeReplicationState] = {}
        self.current_round = 0
        self._choice = choice
        self._silence = stale_rule == "silence"
        self._suspect = suspect
        self._keeps = readd == "keeps"
        self._twice: tuple[str, ...] = ()  # all peers in order, twice: a round is a slice of it
        self._suspects: list[str] = []

    def add_peer(self, node: str, monotonic: int) -> None:
        """Add a peer; one that is known loses its record and counts as never heard, and none is ever removed."""
        if node not in self.peers or not self._keeps:
            self.peers[node] = NodeReplicationState(node, monotonic, heard_in=self.current_round)
            self._twice = ()

    def heard(self, node: str, monotonic: int, round_number: int, incarnation: int = 0) -> bool:
        """Note that a peer was heard, and return whether it is known; its round is taken over, also a smaller one."""
        peer = self.peers.get(node)
        if peer is None:
            return False
        peer.last_seen = monotonic
        peer.round = round_number
        peer.incarnation = incarnation
        peer.heard_in = self.current_round
        return True

    def next_round(self, word: Callable[[int], int] | None = None) -> tuple[str, ...]:
        """Begin a round and return whom it is for; `word` is asked for random words if the choice is random."""
        self.current_round += 1
        if not self._twice:
            self._twice = (*self.peers, *self.peers)
        twice = self._twice
        if self._suspect and self.current_round % self._turn() == 0:
            self._suspects = self.stale_peers()  # once in a while: among many peers it is a long walk
        if self._suspects:
            left = self._without(self._suspects)
            twice = left + left
        peers = len(twice) // 2
        count = min(self.fanout, peers)
        if self._choice == RANDOM and word is not None:
            return _drawn(twice, peers, count, word)
        offset = self.current_round % max(1, peers)
        return twice[offset : offset + count]

    def stale_peers(self) -> list[str]:
        """Return the peers that count as stale; `stale_rounds` of them are still allowed."""
        return [node for node, peer in self.peers.items() if self._stale(peer)]

    def _stale(self, peer: NodeReplicationState) -> bool:
        if not self._silence:
            return max(0, self.current_round - peer.round) > self.stale_rounds
        return self.current_round - peer.heard_in > self.stale_rounds * self._turn()

    def _turn(self) -> int:
        """Return how many rounds it takes to be heard of by every peer, and so to hear each, if all choose alike."""
        return max(1, -(-len(self.peers) // max(1, self.fanout)))

    def _without(self, stale: list[str]) -> tuple[str, ...]:
        """Return whom a round may be for: live peers, and now and then one that may have come back."""
        suspected = frozenset(stale)
        live = tuple(node for node in self.peers if node not in suspected)
        if not live or self.current_round % PROBE == 0:
            # By the number of probes, so that every suspected peer has its turn.
            return (stale[self.current_round // PROBE % len(stale)], *live[: max(0, self.fanout - 1)])
        return live


def _drawn(peers: tuple[str, ...], among: int, count: int, word: Callable[[int], int]) -> tuple[str, ...]:
    """Return so many different ones of the first `among` peers; it costs as many steps as are drawn."""
    moved: dict[int, int] = {}  # a shuffle that goes no further than it must: who stands where another one stood
    chosen = []
    for i in range(count):
        at, last = word(i) % (among - i), among - i - 1
        chosen.append(peers[moved.get(at, at)])
        moved[at] = moved.get(last, last)
    return tuple(chosen)


def configuration_errors(
    fanout: int, interval: int, stale_rounds: int, node: str, peers: Iterable[str], expected: Iterable[str]
) -> list[str]:
    """Return what is wrong with a configuration, none of which is refused as specified (CW-36)."""
    said = [
        f"{name}: found {value}, allowed: a number from 1"
        for name, value in (("fanout", fanout), ("gossip_interval", interval), ("stale_rounds", stale_rounds))
        if value < 1
    ]
    if node in tuple(peers):
        said.append(f"peers: found {node}, allowed: other nodes")
    if not tuple(expected):
        said.append("expected: found no nodes, allowed: one or more")
    return said
