"""Gossip of opaque state (3.8): a payload whose digest differs replaces what a node holds, whatever it was.

Nothing compares versions, rounds, addresses or the payload's own digest, so what converges is what nobody updates.
With versions every state carries the writes it is made of, and merging keeps those that no other write has seen.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

from .digests import OF_STATE
from .dots import MvRegister, Wire
from .partners import Partners

NO_VERSION: Wire[bytes] = ((), ())
BETWEEN = b"|"  # concurrent values of a versioned state, as one state


class GossipMessage(NamedTuple):
    """A node's state and its digest, for one peer; `timestamp` in us since 1970, read by nobody.

    What stands behind it is the hardened form's, and empty as specified: the sender's incarnation, and the writes that
    the payload is made of.
    """

    from_node: str
    to_node: str | None
    round: int
    state_digest: str
    state_payload: bytes | None
    timestamp: int
    incarnation: int = 0
    version: Wire[bytes] = NO_VERSION

    @property
    def size(self) -> int:
        """Return about how many bytes this takes on the wire."""
        return 60 + len(self.state_digest) + len(self.state_payload or b"") + 12 * len(self.version[1])

    def corrupted(self, word: int) -> GossipMessage:
        """Return this message with one bit of its state wrong, or a digit of its digest if it carries no state."""
        alive, seen = self.version
        if alive:
            actor, number, value = alive[0]
            return self._replace(version=(((actor, number, flipped(value, word)), *alive[1:]), seen))
        if self.state_payload:
            return self._replace(state_payload=flipped(self.state_payload, word))
        at = word % 16
        digits = self.state_digest or "0" * 16
        return self._replace(state_digest=f"{digits[:at]}{int(digits[at], 16) ^ 1:x}{digits[at + 1 :]}")


def flipped(data: bytes, word: int) -> bytes:
    """Return bytes with one bit wrong; of no bytes there is none."""
    if not data:
        return data
    at = word % len(data)
    return data[:at] + bytes([data[at] ^ 1 << (word >> 32) % 8]) + data[at + 1 :]


class PullRequest(NamedTuple):
    """Send me your whole state: the answer to a digest without a payload that the specification promises (CW-22)."""

    from_node: str


class ReplicationStats(NamedTuple):
    """Counts of one node's gossip."""

    messages_sent: int
    messages_received: int
    sync_count: int
    tracked_nodes: int
    current_round: int


class Refusal(NamedTuple):
    """Why a message was not looked at, under `gossip_checks`."""

    why: str


class StateReplicationManager:
    """One node's opaque state and what it hears of others.

    `apply` is overwrite or versioned; `merge` makes one state of two concurrent ones where states have a merge of
    their own, else both are kept beside each other; `actor` names this node's writes. `checks` refuses what is not
    intact, addressed to this node, from a member and newer than the last of that member. `digest` names the hash.
    """

    def __init__(
        self,
        node_id: str,
        partners: Partners,
        digest: str = "fnv-1a",
        apply: str = "overwrite",
        checks: bool = False,
        payload: str = "always",
        merge: Callable[[tuple[bytes, ...]], bytes] = BETWEEN.join,
        actor: str = "",
        incarnation: int = 0,
    ) -> None:
        self.node_id = node_id
        self.partners = partners
        self.hash = OF_STATE[digest]
        self.local_digest = ""
        self.local_state = b""
        self.inbox: list[GossipMessage] = []  # it grows for ever (CW-15)
        self.writes = MvRegister()
        self.incarnation = incarnation
        self._actor = actor or node_id
        self._versioned = apply == "versioned"
        self._checks = checks
        self._payload = payload
        self._merge = merge
        self._sent = self._received = self._syncs = 0

    def update_local_state(self, state: bytes) -> None:
        """Replace the state by a client's."""
        if self._versioned:
            self.writes.write(state, self._actor)
        self._hold(state)

    def produce_gossip(self, now_us: int, word: Callable[[int], int] | None = None) -> list[GossipMessage]:
        """Begin a round and return its messages; with no peers it begins all the same."""
        messages = [self.message_for(peer, now_us) for peer in self.partners.next_round(word)]
        self._sent += len(messages)
        return messages

    def message_for(self, peer: str, now_us: int, whole: bool = False) -> GossipMessage:
        """Return what is sent to a peer: with the payload, even before any update, unless only digests are sent."""
        carries = whole or self._payload == "always"
        version = self.writes.wire() if self._versioned else NO_VERSION
        if not carries and self._versioned:
            version = ((), version[1])  # what the digest stands for, not its values
        return GossipMessage(
            self.node_id,
            peer,
            self.partners.current_round,
            self.local_digest,
            self.local_state if carries else None,
            now_us,
            self.incarnation,
            version,
        )

    def receive_gossip(self, msg: GossipMessage, monotonic: int) -> bool | Refusal:
        """Take a message, and return whether its state was taken over; only checks refuse one."""
        self._received += 1
        self.inbox.append(msg)
        if self._checks and (why := self._wrong(msg)) is not None:
            return Refusal(why)
        self.partners.heard(msg.from_node, monotonic, msg.round, msg.incarnation)
        if msg.state_payload is None:
            return False
        synced = self._merged(msg.version) if self._versioned else msg.state_digest != self.local_digest
        if synced and not self._versioned:
            self._hold(msg.state_payload)
        self._syncs += synced
        return synced

    def _merged(self, version: Wire[bytes]) -> bool:
        """Merge another state's writes; equal digests are no reason not to, for they may hide a difference (CW-24)."""
        before = self.local_state
        self.writes.merge(MvRegister(version))
        if self.writes.seen:  # a node that has seen no write has nothing to tell, and changes nobody (CW-19)
            self._hold(self._merge(self.writes.values()))
        return self.local_state != before

    def wants(self, msg: GossipMessage) -> bool:
        """Return whether a message says that there is something to pull: another digest, and no payload."""
        return msg.state_payload is None and msg.state_digest != self.local_digest

    def stats(self) -> ReplicationStats:
        partners = self.partners
        return ReplicationStats(self._sent, self._received, self._syncs, len(partners.peers), partners.current_round)

    def kept(self) -> tuple[bytes, Wire[bytes]]:
        """Return what a durable node writes down."""
        return self.local_state, self.writes.wire()

    def restore(self, state: bytes, wire: Wire[bytes]) -> None:
        """Take up what a durable node had written down; the round begins anew."""
        self.writes = MvRegister(wire)
        self._hold(state)

    def _hold(self, state: bytes) -> None:
        self.local_state = state
        self.local_digest = self.hash(state)

    def _wrong(self, msg: GossipMessage) -> str | None:
        peer = self.partners.peers.get(msg.from_node)
        if peer is None:
            return "not a member"
        if msg.to_node != self.node_id:
            return "not addressed to this node"
        if msg.state_payload is not None and msg.state_digest and self.hash(msg.state_payload) != msg.state_digest:
            return "its digest is not that of its payload"
        if self._versioned and msg.state_payload is not None and not self._made_of(msg):
            return "its payload is not what its writes make"
        if (msg.incarnation, msg.round) <= (peer.incarnation, peer.round):
            return "no newer than the last one"
        return None

    def _made_of(self, msg: GossipMessage) -> bool:
        return self._merge(MvRegister(msg.version).values()) == msg.state_payload
