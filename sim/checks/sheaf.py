"""Whether what nodes say of commits fits together: properties over the facts `published`, `received` and `applied`.

Each is a fact with a sequence and a payload. The first property is a published check, kept as it is so that it can be
measured; the second is what it should have been.
"""

from __future__ import annotations

from collections.abc import Generator
from typing import Any

from ..property import END, NOTHING, About, always
from ..trace import Header, Record
from .standing import Standing, listed, shown

Judge = Generator[Any, Record, None]
FACTS = {"published": "seq payload", "received": "seq payload", "applied": "seq payload"}


@always("some node both published and applied every sequence", needs=FACTS | {END: ""})
def sheaf_end_to_end(cluster: Header) -> Judge:
    """Look at the end for a node that did both, whatever the payload and the order.

    As published for ecs (specification, 3.8): a leader that does not apply at itself is reported for every commit, and
    forks, gaps and double application are not seen.
    """
    kinds: dict[Any, dict[str, set[str]]] = {}
    said: Any = NOTHING
    while True:
        record = yield said
        said = NOTHING
        if record.kind != END:
            kinds.setdefault(record.data.seq, {}).setdefault(str(record.node), set()).add(str(record.name))
        elif kinds:
            phantoms = [s for s in sorted(kinds) if not any({"published", "applied"} <= k for k in kinds[s].values())]
            said = None
            if phantoms:
                who = listed(kinds[phantoms[0]])
                said = f"phantom commit at sequence {phantoms[0]}: none of {who} both published and applied it"
                said += f" ({len(phantoms)} of {len(kinds)} sequences)" if len(phantoms) > 1 else ""


@always(
    "what nodes published, received and applied is one history",
    needs=FACTS | {"crash": "how", "fault": "", "boot": "", END: ""},
    grace="5s",
)
def sheaf_consistent(cluster: Header, grace: int) -> Judge:
    """Judge every fact against those before it, and the end if nothing was wrong for a grace.

    A sequence is published with one payload; nothing is received or applied that is not; every node applies sequence
    after sequence, once and without a gap, from the lowest one on; and what was published a grace ago is applied by
    somebody else, if anybody else is left.
    """
    published: dict[Any, Any] = {}
    first: dict[Any, Record] = {}
    nodes: dict[str, list[Any]] = {}  # what each node applied, in order
    restarted: set[str] = set()  # who has applied nothing since
    standing = Standing(cluster)
    said: Any = NOTHING
    while True:
        record = yield said
        said = NOTHING
        if record.kind == END:
            if standing.calm(record.at, grace) and published:
                others = set(cluster.nodes) - standing.beyond
                said = _unapplied(record.at - grace, first, nodes, others)
            continue
        if standing.hear(record):
            if record.kind == "crash" and record.data.how == "wiped":
                nodes.pop(str(record.node), None)
            elif record.kind == "crash":
                restarted.add(str(record.node))
            continue
        if record.kind != "note":
            continue
        seq, payload = record.data.seq, record.data.payload
        said = None
        if record.name == "published":
            first.setdefault(seq, record)
            had = published.setdefault(seq, payload)
            if had != payload:
                said = f"sequence {shown(seq)} is published as {_brief(had)} and by {record.node} as {_brief(payload)}"
        elif seq not in published:
            said = f"{record.node} {record.name} sequence {shown(seq)}, which nobody had published"
        elif published[seq] != payload:
            said = f"{record.node} {record.name} {_brief(payload)}, but sequence {seq} is {_brief(published[seq])}"
        elif record.name == "applied":
            # A crash may fall between an effect and its statement, so after one a gap is nobody's fault.
            lenient = str(record.node) in restarted
            restarted.discard(str(record.node))
            said = _misplaced(str(record.node), seq, nodes.setdefault(str(record.node), []), published, lenient)


def _brief(payload: Any) -> str:
    return payload.hex()[:8] if isinstance(payload, bytes) else shown(payload)


def _misplaced(node: str, seq: Any, done: list[Any], published: dict[Any, Any], lenient: bool) -> str | None:
    """Return what is wrong with applying a sequence now, and take it in."""
    before = seq - 1 if isinstance(seq, int) else max((other for other in published if other < seq), default=None)
    last = done[-1] if done else None
    done.append(seq)
    if seq in done[:-1]:
        return f"{node} applied sequence {shown(seq)} a second time"
    if last is not None and seq < last:
        return f"{node} applied sequence {shown(seq)} after {shown(last)}"
    if not lenient and before is not None and seq != min(published) and before not in done:
        return f"{node} applied sequence {shown(seq)} without {shown(before)}"
    return None


def _unapplied(due: int, first: dict[Any, Record], nodes: dict[str, list[Any]], left: set[str]) -> Any:
    for seq, record in first.items():
        others = left - {str(record.node)} or left
        if record.at <= due and not any(seq in nodes.get(node, ()) for node in others):
            return About(f"sequence {shown(seq)}, published by {record.node}, is applied by nobody else", record)
    return None
