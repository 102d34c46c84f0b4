"""What replicas hold: properties over `tail`, the facts `stored` and `accepted`, and the contents at the end.

A key of `contents()` is a sequence number for a log, or any other value for a store; the value is a fingerprint.
"""

from __future__ import annotations

from collections.abc import Generator
from typing import Any

from ..machine import fingerprint
from ..property import NOTHING, always, eventually
from ..trace import Header, Record
from .standing import harmed


@always("same sequence, same payload", needs={"stored": "seq payload"})
def same_payload(cluster: Header) -> Generator[Any, Record, None]:
    """Judge every entry stored against the first one stored anywhere under its sequence number.

    Where entries have terms, one of a later term may replace one that was never committed: then it is the same
    sequence and term.
    """
    terms = "term" in cluster.facts.get("stored", ())
    held: dict[Any, tuple[Any, str]] = {}
    said: Any = NOTHING
    while True:
        record = yield said
        seq, payload = record.data.seq, record.data.payload
        key = (seq, record.data.term) if terms else seq
        first, where = held.setdefault(key, (payload, str(record.node)))
        said = None
        if first != payload:
            said = f"sequence {seq} is {_shown(payload)} on {record.node} and {_shown(first)} on {where}"


@always("the commit index never falls in a life", needs={"state": "commit"})
def commit_monotone(cluster: Header) -> Generator[Any, Record, None]:
    """Judge each change of a node's commit index."""
    said: Any = NOTHING
    while True:
        record = yield said
        if record.data is None or record.was is None:
            said = NOTHING
        elif record.data.commit < record.was.commit:
            said = f"the commit index of {record.node} fell from {record.was.commit} to {record.data.commit}"
        else:
            said = None


@eventually("the tails of all live replicas agree", needs={"state": "tail", "fault": ""}, within="5s")
def tails_agree(cluster: Header) -> Generator[Any, Record, None]:
    """Compare the lengths of the logs, not what is in them; a node under a fault that lasts for ever is excused."""
    tails: dict[str, Any] = {}
    excused: frozenset[str] = frozenset()
    said: Any = NOTHING
    while True:
        record = yield said
        if record.kind == "fault":
            excused |= _outside(record, cluster)
        elif record.data is None:
            tails.pop(str(record.node), None)
        else:
            tails[str(record.node)] = record.data.tail
        judged = {node: tails[node] for node in sorted(tails) if node not in excused}
        if len(judged) < 2:
            said = NOTHING if said is NOTHING else None  # what differed before differs no more
        elif len(set(judged.values())) > 1:
            said = "the tails differ: " + ", ".join(f"{node} {tail}" for node, tail in judged.items())
        else:
            said = None


@eventually("what replicas hold at the end agrees", needs={"content": "", "fault": ""}, within="0s")
def logs_agree(cluster: Header) -> Generator[Any, Record, None]:
    """Compare contents key by key where two replicas hold the key; a missing key is another property's matter.

    A node under a fault that lasts for ever is excused, here and in the properties below.
    """
    held: dict[Any, tuple[str, str]] = {}
    excused: frozenset[str] = frozenset()
    differ: set[Any] = set()
    wrong = ""
    said: Any = NOTHING
    while True:
        record = yield said
        if record.kind == "fault":
            excused |= _outside(record, cluster)
        elif record.node not in excused:
            for key, value in record.data:
                first, where = held.setdefault(key, (value, str(record.node)))
                if first != value:
                    wrong = wrong or f"{_shown(key)} differs between {where} and {record.node}"
                    differ.add(key)
                elif where != record.node and said is NOTHING:
                    said = None
            if differ:
                said = wrong + (f" ({len(differ)} keys differ between some two replicas)" if len(differ) > 1 else "")


@eventually(
    "every live replica holds every key that another one holds", needs={"content": "", "fault": ""}, within="0s"
)
def no_holes(cluster: Header) -> Generator[Any, Record, None]:
    """Compare the keys of contents; a replica that has swept old entries holds fewer by design and fails this."""
    held: dict[str, set[Any]] = {}
    every: set[Any] = set()
    excused: frozenset[str] = frozenset()
    said: Any = NOTHING
    while True:
        record = yield said
        if record.kind == "fault":
            excused |= _outside(record, cluster)
            continue
        if record.node in excused:
            continue
        keys = [key for key, _ in record.data]
        held.setdefault(str(record.node), set()).update(keys)
        every.update(keys)
        if len(held) < 2 or not every:
            continue
        node = min((node for node in held if len(held[node]) < len(every)), default=None)
        said = None
        if node is not None:
            missing = every - held[node]
            first = _shown(min(missing, key=_rank))
            said = f"{node} lacks {len(missing)} of {len(every)} keys, the first being {first}"


@eventually(
    "every accepted operation is on every live replica at the end",
    needs={"accepted": "seq payload", "content": "", "fault": ""},
    within="0s",
)
def accepted_survives(cluster: Header) -> Generator[Any, Record, None]:
    """Compare what was accepted with the contents: a write that somebody was promised must be on every live replica."""
    accepted: dict[tuple[Any, str], str] = {}
    missing: dict[str, set[tuple[Any, str]]] = {}
    excused: frozenset[str] = frozenset()
    said: Any = NOTHING
    while True:
        record = yield said
        if record.kind == "fault":
            excused |= _outside(record, cluster)
            continue
        if record.kind != "content":
            accepted.setdefault((record.data.seq, fingerprint(record.data.payload)), str(record.node))
            continue
        if record.node in excused or not accepted:
            continue
        node = str(record.node)
        missing[node] = (missing[node] if node in missing else set(accepted)).difference(record.data)
        said = None
        lost = set().union(*missing.values())
        if lost:
            key = next(key for key in accepted if key in lost)
            where = min(node for node in missing if key in missing[node])
            said = (
                f"sequence {_shown(key[0])}, accepted by {accepted[key]}, is not on {where} "
                f"({len(lost)} of {len(accepted)} accepted operations are missing somewhere)"
            )


def _outside(record: Record, cluster: Header) -> frozenset[str]:
    """Return the nodes that a fault puts outside the core: those that it harms for ever."""
    return harmed(record.data, cluster.nodes) if record.data.phase == "forever" else frozenset()


def _rank(value: Any) -> tuple[str, Any]:
    """Return what orders values of all kinds: by kind, then by value."""
    if isinstance(value, tuple):
        return "tuple", tuple(map(_rank, value))
    return type(value).__name__, 0 if value is None else value


def _shown(value: Any) -> str:
    text = value if isinstance(value, str) else repr(value)
    return text if len(text) <= 60 else text[:57] + "..."
