"""What replicas hold: properties over `tail`, the facts `stored` and `accepted`, and the contents at the end.

A key of `contents()` is a sequence number for a log, or any other value for a store; the value is a fingerprint.
"""

from __future__ import annotations

from collections.abc import Generator
from typing import Any

from ..machine import fingerprint
from ..property import NOTHING, always, eventually
from ..trace import Header, Record


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
            if record.data.phase == "forever":
                excused |= frozenset(record.data.nodes)
        elif record.data is None:
            tails.pop(str(record.node), None)
        else:
            tails[str(record.node)] = record.data.tail
        judged = {node: tails[node] for node in sorted(tails) if node not in excused}
        if len(judged) < 2:
            said = NOTHING
        elif len(set(judged.values())) > 1:
            said = "the tails differ: " + ", ".join(f"{node} {tail}" for node, tail in judged.items())
        else:
            said = None


@eventually("what replicas hold at the end agrees", needs={"content": ""}, within="0s")
def logs_agree(cluster: Header) -> Generator[Any, Record, None]:
    """Compare contents key by key where two replicas hold the key; a missing key is another property's matter."""
    held: dict[Any, tuple[str, str]] = {}
    nodes: set[str] = set()
    wrong: str | None = None
    count = 0
    said: Any = NOTHING
    while True:
        record = yield said
        nodes.add(str(record.node))
        for key, value in record.data:
            first, where = held.setdefault(key, (value, str(record.node)))
            if first != value:
                count += 1
                wrong = wrong or f"{_shown(key)} differs between {where} and {record.node}"
        more = f" ({count} keys differ between some two replicas)" if count > 1 else ""
        said = NOTHING if len(nodes) < 2 or not held else wrong and wrong + more


@eventually("every live replica holds every key that another one holds", needs={"content": ""}, within="0s")
def no_holes(cluster: Header) -> Generator[Any, Record, None]:
    """Compare the keys of contents; a replica that has swept old entries holds fewer by design and fails this."""
    held: dict[str, set[Any]] = {}
    said: Any = NOTHING
    while True:
        record = yield said
        held.setdefault(str(record.node), set()).update(key for key, _ in record.data)
        every = set().union(*held.values())
        missing = {node: every - keys for node, keys in held.items() if every - keys}
        if len(held) < 2 or not every:
            said = NOTHING
        elif missing:
            node = min(missing)
            first = _shown(_first(missing[node]))
            said = f"{node} lacks {len(missing[node])} of {len(every)} keys, the first being {first}"
        else:
            said = None


@eventually(
    "every accepted operation is on every live replica at the end",
    needs={"accepted": "seq payload", "content": ""},
    within="0s",
)
def accepted_survives(cluster: Header) -> Generator[Any, Record, None]:
    """Compare what was accepted with the contents: a write that somebody was promised must be on every live replica."""
    accepted: dict[tuple[Any, str], str] = {}
    held: dict[str, set[tuple[Any, str]]] = {}
    said: Any = NOTHING
    while True:
        record = yield said
        if record.kind == "content":
            held.setdefault(str(record.node), set()).update((key, value) for key, value in record.data)
        else:
            accepted.setdefault((record.data.seq, fingerprint(record.data.payload)), str(record.node))
        if not held or not accepted:
            said = NOTHING
            continue
        lost = [(key, node) for key in accepted for node in sorted(held) if key not in held[node]]
        said = None
        if lost:
            (seq, _), node = lost[0]
            keys = len({key for key, _ in lost})
            said = (
                f"sequence {_shown(seq)}, accepted by {accepted[lost[0][0]]}, is not on {node} "
                f"({keys} of {len(accepted)} accepted operations are missing somewhere)"
            )


def _first(keys: set[Any]) -> Any:
    return min(keys, key=lambda key: (str(type(key)), key))


def _shown(value: Any) -> str:
    text = value if isinstance(value, str) else repr(value)
    return text if len(text) <= 60 else text[:57] + "..."
