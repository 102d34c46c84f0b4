"""What makes a commitment safe: properties over the fact `quorum(seq, nodes)`.

A node states it when it takes everything up to `seq` for committed because these nodes hold it, before it notes
`committed` or `accepted`.
"""

from __future__ import annotations

from collections.abc import Generator
from typing import Any

from ..property import NOTHING, always
from ..trace import Header, Record
from .replicas import Logs
from .standing import CONFIGURED, Members, listed, shown


@always("any two commit quorums of the same members share a node", needs={"quorum": "nodes"}, heeds=CONFIGURED)
def quorums_intersect(cluster: Header) -> Generator[Any, Record, None]:
    """Judge each quorum against every earlier one so small that the two need not share a node.

    Quorums of different configurations may have nothing in common: there are others between them.
    """
    members = Members(cluster)
    among: dict[tuple[tuple[str, ...], ...], dict[frozenset[str], int]] = {}
    said: Any = NOTHING
    while True:
        record = yield said
        said = NOTHING
        if record.name == "configured":
            members.hear(record)
            continue
        said = None
        voting = members.of(record.node)
        seen = among.setdefault(voting, {})  # by quorum the record that first told of it
        quorum = frozenset(record.data.nodes)
        if quorum in seen:
            continue
        seen[quorum] = record.seq
        most = len({node for part in voting for node in part}) - len(quorum)
        apart = next((q for q in sorted(seen, key=len) if len(q) <= most and q.isdisjoint(quorum)), None)
        if apart is not None:
            said = f"the quorums {listed(quorum)} and {listed(apart)} (record {seen[apart]}) share no node"


@always(
    "every node counted in a quorum holds the entry, and is counted once",
    needs={"quorum": "seq nodes", "stored": "seq payload", "state": "tail"},
)
def quorum_stored(cluster: Header) -> Generator[Any, Record, None]:
    """Judge each quorum by what its nodes stored and have not cut off, against what the counting node itself holds."""
    logs = Logs()
    said: Any = NOTHING
    while True:
        record = yield said
        said = NOTHING
        node = str(record.node)
        if record.kind == "state":
            if record.data is not None:
                logs.look(record)
        elif record.name == "stored":
            logs.store(node, record.data.seq, record.data.payload)
        else:
            seq, counted = record.data.seq, record.data.nodes
            own = logs.of(node).get(seq, NOTHING)
            twice = next((n for i, n in enumerate(counted) if n in counted[:i]), None)
            without = next((n for n in counted if _lacks(logs, n, seq, own)), None)
            said = None
            if twice is not None:
                said = f"{node} counts {twice} twice in the quorum for sequence {shown(seq)}"
            elif without is not None:
                said = f"{node} counts {without} in the quorum for sequence {shown(seq)}, which {without} does not hold"


def _lacks(logs: Logs, node: str, seq: Any, own: Any) -> bool:
    """Return whether a node is known not to hold the entry that the counting one holds itself."""
    return not logs.unknown(node, seq) and (own is NOTHING or logs.of(node).get(seq, NOTHING) != own)


@always(
    "what a quorum held stays on a majority",
    needs={"quorum": "seq nodes", "stored": "seq payload", "state": "tail", "crash": "how"},
)
def quorum_keeps(cluster: Header) -> Generator[Any, Record, None]:
    """Judge a log that gets shorter: what it loses must be on a majority of the other logs, or not of a quorum yet.

    A node that is down still has what it had when it went. A node whose disk was wiped is not held to it.
    """
    need = len(cluster.nodes) // 2 + 1
    logs = Logs()
    safe = -1  # the highest sequence that a quorum held
    wiped: set[str] = set()
    said: Any = NOTHING
    while True:
        record = yield said
        said = NOTHING
        node = str(record.node)
        if record.name == "stored":
            logs.store(node, record.data.seq, record.data.payload)
        elif record.name == "quorum":
            safe, said = max(safe, record.data.seq), None
        elif record.kind == "crash":
            if record.data.how == "wiped":
                wiped.add(node)
        elif record.data is not None:
            start, end = logs.look(record)
            if node in wiped:
                continue
            for seq in range(start, min(end, safe + 1)):
                left = [n for n in cluster.nodes if seq in logs.of(n) or logs.unknown(n, seq)]
                if len(left) < need:
                    said = f"{node} lost sequence {seq}, which a quorum held: it is now on {listed(left) or 'no node'}"
                    break


@always("no operation is accepted before a quorum holds it", needs={"accepted": "seq", "quorum": "seq nodes"})
def accepted_on_quorum(cluster: Header) -> Generator[Any, Record, None]:
    """Judge each promise by the quorums stated so far, by whichever node."""
    safe: Any = None  # the highest sequence that a quorum held
    said: Any = NOTHING
    while True:
        record = yield said
        seq = record.data.seq
        if record.name == "quorum":
            safe = seq if safe is None else max(safe, seq)
            said = NOTHING
        else:
            early = safe is None or seq > safe
            said = f"{record.node} accepted sequence {shown(seq)} before any quorum held it" if early else None
