"""How leaders come to lead: properties over `role`, `term` and the fact `voted`."""

from __future__ import annotations

from collections.abc import Generator
from typing import Any

from ..property import NOTHING, always
from ..trace import Header, Record
from .replicas import Logs
from .standing import CONFIGURED, Members, listed, shown


@always("a node votes once in a term", needs={"voted": "term candidate"})
def voted_once(cluster: Header) -> Generator[Any, Record, None]:
    """Judge every vote against this node's first in the term, in whichever life that was."""
    votes: dict[tuple[str, Any], tuple[Any, int]] = {}
    said: Any = NOTHING
    while True:
        record = yield said
        term, candidate = record.data.term, record.data.candidate
        first, seq = votes.setdefault((str(record.node), term), (candidate, record.seq))
        said = None
        if first != candidate:
            said = f"{record.node} voted for {candidate} in term {term}, and had voted for {first} (record {seq})"


@always(
    "a leader has the votes of a majority",
    needs={"state": "role term", "voted": "term candidate"},
    heeds=CONFIGURED,
)
def leader_has_majority(cluster: Header) -> Generator[Any, Record, None]:
    """Judge each new leader by the votes stated for it so far; its own counts without being stated.

    Where members change they are those of the leader's configuration, of both parts of a joint one.
    """
    members = Members(cluster)
    votes: dict[tuple[Any, Any], set[str]] = {}
    said: Any = NOTHING
    while True:
        record = yield said
        said = NOTHING
        if record.name == "configured":
            members.hear(record)
        elif record.name == "voted":
            votes.setdefault((record.data.term, record.data.candidate), set()).add(str(record.node))
        elif _begins_to_lead(record):
            voters = votes.get((record.data.term, record.node), set()) | {str(record.node)}
            said = None
            for part in members.of(record.node):
                have, need = len(voters.intersection(part)), len(part) // 2 + 1
                if have < need:
                    among = "" if len(part) == len(cluster.nodes) else f" among {listed(part)}"
                    said = f"{record.node} leads term {record.data.term} with {have} votes of {need} needed{among}"
                    break


@always(
    "a leader holds every entry that was committed in an earlier term",
    needs={"state": "role term tail", "stored": "seq payload", "committed": "seq payload"},
)
def leader_completeness(cluster: Header) -> Generator[Any, Record, None]:
    """Judge each new leader by what it stored and has not cut off since: `tail` says how far its log reaches."""
    logs = Logs()
    terms: dict[str, Any] = {}
    committed: dict[Any, tuple[Any, Any, str]] = {}  # by sequence: the payload, the term and who committed it first
    said: Any = NOTHING
    while True:
        record = yield said
        said = NOTHING
        node = str(record.node)
        if record.name == "stored":
            logs.store(node, record.data.seq, record.data.payload)
        elif record.name == "committed":
            committed.setdefault(record.data.seq, (record.data.payload, terms.get(node), node))
        elif record.data is not None:
            terms[node] = term = record.data.term
            logs.look(record)
            if _begins_to_lead(record) and committed:
                held = logs.of(node)
                said = None
                for seq, (payload, then, who) in committed.items():
                    lacks = held.get(seq, NOTHING) != payload and not logs.unknown(node, seq)
                    if then is not None and then < term and lacks:
                        said = (
                            f"{node} leads term {term} without sequence {shown(seq)}, "
                            f"which {who} committed in term {then}"
                        )
                        break


def _begins_to_lead(record: Record) -> bool:
    data, was = record.data, record.was
    if data is None or data.role != "leader":
        return False
    return was is None or was.role != "leader" or was.term != data.term
