"""Why replicas have not converged, in sentences: read from the whole trace once a run has failed to settle."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from ..trace import Header, Record
from ..units import clock_text
from .standing import Standing

MOST = 12  # nodes that are told of


@dataclass
class _Replica:
    """What the records say of one node."""

    booted: int | None = None
    crashed: tuple[int, str] | None = None  # when and how the last life ended, if none has begun since
    changed: int | None = None  # when its view last changed
    handled: tuple[int, str, str] | None = None  # the last message: when, its type and sender
    sent: int = 0  # messages sent to it after heal
    lost: Counter[str] = field(default_factory=Counter)  # of those, by reason
    held: dict[int, str] = field(default_factory=dict)  # faults on it that are not over
    gone: tuple[int, str] | None = None  # the fault that lasts for ever


def why_not_converged(cluster: Header, records: Iterable[Record]) -> list[str]:
    """Return one sentence per node: excused, down, held back by a fault, at rest, or still on its way.

    At rest is whose view did not change in the second half of the time from heal to the end.
    """
    heal = cluster.heal or 0
    replicas = {node: _Replica() for node in cluster.nodes}
    standing = Standing(cluster)
    flying: dict[int, tuple[str, str]] = {}
    for record in records:
        standing.hear(record)
        if record.kind == "send":
            flying[record.seq] = str(record.node), record.data.type
            if record.at >= heal and record.data.dst in replicas:
                replicas[record.data.dst].sent += 1
        elif record.kind == "fault":
            _struck(replicas, record.data)
        elif record.node in replicas:
            _heard(replicas[record.node], record, flying, heal)
    sentences = [] if standing.quorum_left() else [standing.lost()]
    sentences += [_told(node, replica, heal, cluster.stop) for node, replica in list(replicas.items())[:MOST]]
    if len(replicas) > MOST:
        sentences.append(f"({len(replicas) - MOST} more nodes)")
    return sentences


def _struck(replicas: dict[str, _Replica], fault: Any) -> None:
    for replica in replicas.values():
        replica.held.pop(fault.fault, None)
    for node in fault.nodes:
        if node in replicas and fault.phase == "forever":
            replicas[node].gone = fault.fault, fault.what
        elif node in replicas and fault.phase == "begin" and fault.what != "operate":
            replicas[node].held[fault.fault] = fault.what


def _heard(replica: _Replica, record: Record, flying: dict[int, tuple[str, str]], heal: int) -> None:
    if record.kind == "boot":
        replica.booted, replica.crashed = record.at, None
    elif record.kind == "crash":
        replica.crashed = record.at, record.data.how
    elif record.kind == "state":
        if record.data is not None:
            replica.changed = record.at
    elif record.kind == "step" and record.data.input == "receive":
        if record.cause in flying:  # not popped: a copy may follow
            src, what = flying[record.cause]
            replica.handled = record.at, what, src
    elif record.kind == "drop" and record.cause in flying and record.at >= heal:
        replica.lost[record.data.why] += 1


def _told(node: str, replica: _Replica, heal: int, stop: int) -> str:
    if replica.gone is not None:
        number, what = replica.gone
        return f"{node} is excused: fault {number} ({what}) lasts for ever"
    if replica.crashed is not None:
        at, how = replica.crashed
        held = "" if replica.held else ", and no fault holds it down"
        return f"{node} is down since {clock_text(at)} ({how}){held}"
    if replica.booted is None and replica.changed is None:
        return f"{node} never booted"
    if replica.held:
        faults = ", ".join(f"{number} ({what})" for number, what in sorted(replica.held.items()))
        return f"{node} is up, but still under fault {faults}"
    changed = replica.changed if replica.changed is not None else replica.booted or 0
    resting = 2 * (stop - changed) > stop - heal
    view = f"it is at rest since {clock_text(changed)}" if resting else f"it still changed at {clock_text(changed)}"
    text = f"{node} is up and nothing holds it back; {view}"
    if replica.handled is not None:
        at, what, src = replica.handled
        text += f"; the last message it handled was {what} from {src} at {clock_text(at)}"
    if not replica.sent and replica.handled is not None:
        text += "; nobody has sent it anything after heal"
    lost = sum(replica.lost.values())
    if lost:
        reasons = ", ".join(f"{why} {count}" for why, count in sorted(replica.lost.items()))
        text += f"; {lost} of {replica.sent} messages to it after heal were lost ({reasons})"
    return text
