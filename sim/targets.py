"""Whom a fault strikes: node names and roles, resolved at the moment it fires.

A target is a node's name or one of: `leader`, `a-follower` (the first by name that is not named before it),
`minority` and `majority` (drawn from the seed), `all`, `rest` (every node that no other group of the
fault names), `random(k)`, `region(name)`, `rack(name)`, and `itself`, the node whose record matched `when`. A role
that nobody holds leaves the fault unresolved.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING

from .chance import Stream, choose
from .machine import NodeId

if TYPE_CHECKING:
    from .host import Host

ITSELF = "itself"
ROLES = ("leader", "a-follower", "minority", "majority", "all", "rest", ITSELF)
TARGET_FORM = "a node's name, " + ", ".join(ROLES) + ", random(k), region(name) or rack(name)"
_RANDOM = re.compile(r"random\(([1-9][0-9]{0,5})\)")
_REGION = re.compile(r"region\(([A-Za-z0-9_-]+)\)")
_RACK = re.compile(r"rack\(([A-Za-z0-9_-]+)\)")

Target = str | tuple[str, ...]  # one group: a target or several


def leader(hosts: Mapping[NodeId, Host]) -> NodeId | None:
    """Return the live node in role leader with the highest term; of several, the latest to have become one."""
    best: tuple[int, int, NodeId] | None = None
    for node, host in hosts.items():
        view = host.view
        if view is not None and getattr(view, "role", None) == "leader":
            term = getattr(view, "term", 0)
            key = (term if isinstance(term, int) else 0, host.led_since, node)
            best = key if best is None else max(best, key)
    return None if best is None else best[2]


def words_of(target: Target) -> tuple[str, ...]:
    """Return the single words of a group."""
    return (target,) if isinstance(target, str) else tuple(target)


def check(word: str, nodes: Sequence[NodeId], regions: Sequence[str], racks: Sequence[str] = ()) -> str | None:
    """Return what is wrong with one word of a target, or None."""
    if word in nodes or word in ROLES:
        return None
    if match := _RANDOM.fullmatch(word):
        return None if int(match[1]) <= len(nodes) else f'found "{word}", allowed: at most random({len(nodes)})'
    for form, places, what, table in ((_REGION, regions, "regions", "place"), (_RACK, racks, "racks", "rack")):
        if match := form.fullmatch(word):
            known = ", ".join(places) or f"of [cluster.{table}] (there are none)"
            return None if match[1] in places else f'found "{word}", allowed: the {what} {known}'
    return f'found "{word}", allowed: {TARGET_FORM} (nodes: {_few(nodes)})'


def _few(nodes: Sequence[NodeId]) -> str:
    return ", ".join(nodes) if len(nodes) <= 12 else f"{nodes[0]} to {nodes[-1]}"


def resolve(
    groups: Sequence[Target],
    hosts: Mapping[NodeId, Host],
    regions: Mapping[NodeId, str],
    words: Stream,
    racks: Mapping[NodeId, str] | None = None,
    itself: NodeId | None = None,
) -> tuple[tuple[NodeId, ...], ...] | None:
    """Return the nodes of each group, in node order, or None if somebody it needs is not there."""
    order = tuple(hosts)
    groups = [tuple(itself if w == ITSELF and itself else w for w in words_of(group)) for group in groups]
    drawn = iter(words)
    named: set[NodeId] = {w for group in groups for w in words_of(group) if w in hosts}
    taken: list[set[NodeId]] = []
    for group in groups:
        nodes: set[NodeId] = set()
        for word in words_of(group):
            if word == "rest":
                continue
            found = _one(word, hosts, order, regions, racks or {}, named, drawn)
            if found is None:
                return None
            nodes |= found
            named |= found
        taken.append(nodes)
    rest = set(order).difference(*taken) if taken else set()
    result = []
    for group, nodes in zip(groups, taken, strict=True):
        if "rest" in words_of(group):
            nodes = nodes | rest
        if not nodes:
            return None
        result.append(tuple(n for n in order if n in nodes))
    return tuple(result)


def _one(
    word: str,
    hosts: Mapping[NodeId, Host],
    order: tuple[NodeId, ...],
    regions: Mapping[NodeId, str],
    racks: Mapping[NodeId, str],
    named: set[NodeId],
    drawn: Iterator[int],
) -> set[NodeId] | None:
    """Return the nodes that one word stands for; roles that pick among nodes leave out those already named."""
    if word in hosts:
        return {word}
    if word == "all":
        return set(order)
    if word == ITSELF:
        return None  # no record of a node led here
    if word == "leader":
        found = leader(hosts)
        return None if found is None else {found}
    if word == "a-follower":
        followers = [n for n in order if n not in named and getattr(hosts[n].view, "role", None) == "follower"]
        return {followers[0]} if followers else None
    if match := _REGION.fullmatch(word):
        return {n for n in order if regions.get(n) == match[1]} or None
    if match := _RACK.fullmatch(word):
        return {n for n in order if racks.get(n) == match[1]} or None
    free = [n for n in order if n not in named]
    if word == "minority":
        count = (len(order) - 1) // 2
    elif word == "majority":
        count = len(order) // 2 + 1
    else:
        match = _RANDOM.fullmatch(word)
        assert match is not None, word
        count = int(match[1])
    if count == 0 or count > len(free):
        return None
    return {free[i] for i in choose(drawn, count, len(free))}
