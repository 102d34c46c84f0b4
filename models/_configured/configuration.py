"""Configurations, the messages, and what a node states for whoever watches; sequences count from 0."""

from __future__ import annotations

from typing import Any, NamedTuple

from sim.machine import NodeId

from .._rules import Rule

RULES = {
    "fencing": Rule(("numbers", "none"), "fencing", "a node takes what is sent under an earlier configuration"),
    "reads": Rule(("confirmed", "unchecked"), "fencing", "a read is answered by who was last to be told that it may"),
    "joins": Rule(("with-history", "as-it-is"), "joining", "a node that comes back serves with the log that it has"),
    "sessions": Rule(("kept", "none"), "retries", "an operation that is asked for again happens again"),
    "kept": Rule(("durably", "in-memory"), "crashes", "a node acknowledges an entry that its disk may still lose"),
}


class Configuration(NamedTuple):
    """The members in order, each with the number of the configuration since which it has been one without a break.

    If it is not `led`, nobody is in charge: the master finds out first who is to be.
    """

    number: int
    members: tuple[tuple[NodeId, int], ...]
    led: bool

    @property
    def nodes(self) -> tuple[NodeId, ...]:
        return tuple(node for node, _ in self.members)

    def since(self, node: NodeId) -> int | None:
        """Return since which configuration a node has been a member, None if it is none."""
        return next((since for member, since in self.members if member == node), None)

    def after(self, node: NodeId) -> NodeId | None:
        """Return the next member, None if the node is the last or no member."""
        nodes = self.nodes
        at = nodes.index(node) + 1 if node in nodes else len(nodes)
        return nodes[at] if at < len(nodes) else None


class Entry(NamedTuple):
    """A command, and the number of the configuration in which it was put into the log."""

    number: int
    client: str
    op: int
    action: str
    args: tuple[Any, ...]

    @property
    def payload(self) -> tuple[Any, ...]:
        return (self.client, self.op, self.action, self.args)


# -- messages ----------------------------------------------------------------------------------------------


class Ping(NamedTuple):
    """I am alive, in this configuration, synced or not; I hold so many entries, the last of configuration `latest`."""

    number: int
    synced: bool
    latest: int
    held: int


class Current(NamedTuple):
    """This is the configuration."""

    configuration: Configuration


class Confirm(NamedTuple):
    """Is this still the configuration? I have a read to answer."""

    number: int
    read: int


class Confirmed(NamedTuple):
    """It is, or was when you asked."""

    number: int
    read: int


class Copy(NamedTuple):
    """Entries from a sequence on, all that there are if `whole`; so many of the log are committed."""

    number: int
    first: int
    entries: tuple[Entry, ...]
    committed: int
    whole: bool

    @property
    def size(self) -> int:
        return 100 * (1 + len(self.entries))


class Ack(NamedTuple):
    """I hold so many entries, durably, and know so many to be committed; -1 if I need the whole log.

    `gap` says that something before what came is missing.
    """

    number: int
    held: int
    committed: int
    gap: bool


# -- what a node states ------------------------------------------------------------------------------------


class Stored(NamedTuple):
    """An entry is in this log, durably; its term is the number of its configuration."""

    seq: int
    term: int
    payload: Any


class Decided(NamedTuple):
    """The master has decided on a configuration."""

    number: int
    nodes: tuple[NodeId, ...]
    led: bool


class View(NamedTuple):
    """How a node looks from outside; its term is the number of the configuration that it is in."""

    role: str
    term: int
    leader: NodeId | None
    tail: int
    commit: int
    digest: str
