"""A thousand nodes gossip, and what a round costs does not depend on how many peers a node has."""

from __future__ import annotations

from models.crdt_state import CrdtState
from models.crdt_state.partners import Partners
from sim.latency import Uniform
from sim.units import MS
from sim.world import Plan, run


def test_a_thousand_nodes_gossip() -> None:
    names = tuple(f"n{i:04d}" for i in range(1, 1001))
    plan = Plan(
        lambda node, cluster: CrdtState(node, cluster, planes="state", phase="random"),
        names, 1050 * MS, latency=Uniform(10 * MS, 30 * MS),
    )  # fmt: skip
    outcome = run(plan, 1, sinks=None)
    assert outcome.model_error is None
    assert outcome.stats["messages_sent"] >= 2 * 1000 * 3


def test_a_round_of_many_peers_is_no_walk_over_them() -> None:
    few, many = Partners(3, 10), Partners(3, 10)
    for partners, count in ((few, 4), (many, 999)):
        for i in range(count):
            partners.add_peer(f"p{i}", 0)
        partners.next_round()
    before = many._twice
    many.next_round()
    assert many._twice is before
