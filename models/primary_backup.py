"""Primary-backup: one node decides for all and copies what it decides; when it is lost a backup takes its place.

The primary puts operations in order and answers when as many backups hold one as `replication` says: all of them, one,
or none. A master decides who is primary, in configurations that are numbered: a backup that has heard of the next one
refuses the primary of the last (fencing), and a primary asks the master before it answers a read. That is the step
that is easy to omit, for nobody can tell a primary that is dead from one that is cut off.

The guarantee, synchronous: operations are linearizable under any crashes, losses and cuts, as long as disks keep what
is synced. Semi-synchronous is the same if only the primary is lost and the backup that holds most takes over; the next
loss before all hold the same again may take acknowledged operations with it. Asynchronous, it loses what was
acknowledged and not copied yet: that is its price for never waiting.

After Alsberg and Day, A Principle for Resilient Sharing of Distributed Resources (ICSE 1976), and Budhiraja, Marzullo,
Schneider and Toueg, The Primary-Backup Approach (in Distributed Systems, 2nd edition, 1993), whose properties Pb1 to
Pb4 are meant by their names. Theirs are machines that stop for good and networks that lose nothing.
"""

from __future__ import annotations

from collections.abc import Mapping

from sim.machine import Cluster, NodeId

from ._configured.configuration import RULES as CONFIGURED
from ._configured.configuration import Configuration
from ._configured.member import Member
from ._rules import Rule, broken, chosen, told

SYNCHRONOUS, SEMI_SYNCHRONOUS, ASYNCHRONOUS = "synchronous", "semi-synchronous", "asynchronous"
RULES: Mapping[str, Rule] = {
    "replication": Rule(
        (SYNCHRONOUS, SEMI_SYNCHRONOUS, ASYNCHRONOUS), "Pb4", "the primary answers before any backup has the operation"
    ),
    "promotes": Rule(("most-advanced", "next"), "Pb4", "the next backup takes over, whatever others hold"),
    **CONFIGURED,
}
PROFILES = {
    SYNCHRONOUS: {},
    SEMI_SYNCHRONOUS: {"replication": SEMI_SYNCHRONOUS},
    **broken(RULES),
    "promotes-next": {"replication": SEMI_SYNCHRONOUS, "promotes": "next"},  # of no account where all hold the same
}
WITHOUT = told(RULES)


class PrimaryBackup(Member):
    """One node. It tells the master every `beat` that it is alive; who is silent for `patience` is taken for dead."""

    def __init__(
        self,
        node: NodeId,
        cluster: Cluster,
        *,
        beat: str = "50ms",
        patience: str = "200ms",
        replication: str = SYNCHRONOUS,
        promotes: str = "most-advanced",
        fencing: str = "numbers",
        reads: str = "confirmed",
        joins: str = "with-history",
        sessions: str = "kept",
        kept: str = "durably",
    ) -> None:
        super().__init__(node, cluster, chosen(RULES, locals()), beat, patience)
        # Where every member holds what was acknowledged anybody may lead, and nobody need be asked first.
        self.interregnum = replication != SYNCHRONOUS and promotes == "most-advanced"

    def successors(self) -> tuple[NodeId, ...]:
        return self.configuration.nodes[1:] if self.role == "leader" else ()

    def source(self) -> NodeId | None:
        return None if self.leader == self.node else self.leader

    def answers(self) -> bool:
        return self.role == "leader"

    def in_step(self, was: Configuration | None) -> bool:
        """Backups of one primary hold beginnings of its log, each as long as it may be; of another they may not."""
        same = was is not None and was.led and was.nodes[0] == self.configuration.nodes[0]
        return self.synced and self.aligned and same  # it may not have been given that one's log yet

    def may_read(self) -> bool:
        return self.commit >= self.inherited

    def advance(self) -> None:
        if self.role != "leader":
            return
        held = [self.held.get(backup, 0) for backup in self.successors()]
        if not held or self.words["replication"] == ASYNCHRONOUS:
            self.commit_to(self.tail)
        else:
            self.commit_to(min(held) if self.words["replication"] == SYNCHRONOUS else max(held))


machine = PrimaryBackup
