"""Figures of section 6 that a single run of the catalogue does not show: phases, more nodes, and durable restarts."""

from __future__ import annotations

from itertools import pairwise
from typing import Any

import pytest

from models.crdt_state.digests import fnv_root
from models.crdt_state.partners import Partners
from scenarios.run import prepare
from sim.world import World, run


def verdict(scenario: str, name: str, *settings: tuple[str, Any]) -> str:
    experiment = prepare(f"crdt_state/{scenario}", settings)
    outcome = run(experiment.plan(1), 1, None)
    return next(finding.verdict for finding in outcome.findings if finding.name == name)


@pytest.mark.parametrize(
    ("apart", "verdicts"),
    [(ms, ("violated", "violated")) for ms in (0, 1, 5, 9)]
    + [(ms, ("holds", "violated")) for ms in (11, 50, 250, 490, 499)],
)
def test_states_are_swapped_for_ever_by_phases_closer_than_a_message_takes(
    apart: int, verdicts: tuple[str, str]
) -> None:
    """Else they agree at the first message, and one update is lost (CW-18)."""
    settings = (("stop", "20s"), ("cluster.params.n2", {"phase": f"{500 + apart}ms"}))
    found = tuple(verdict("two_nodes_swap", name, *settings) for name in ("states_agree", "updates_survive"))
    assert found == verdicts


@pytest.mark.parametrize("apart", [0, 1, 5, 9])
def test_jitter_does_not_end_the_swapping(apart: int) -> None:
    settings = (("stop", "20s"), ("network.jitter", "20ms"), ("cluster.params.n2", {"phase": f"{500 + apart}ms"}))
    assert verdict("two_nodes_swap", "states_agree", *settings) == "violated"


def states_of(nodes: int, rounds: int) -> list[str]:
    """Return what all nodes hold after each round, if all gossip in step and were written differently."""
    asks = [
        {"at": "100ms", "node": f"n{i + 1}", "action": "write", "args": ["state", "abcde"[i]]} for i in range(nodes)
    ]
    stop = f"{rounds * 500 + 250}ms"
    experiment = prepare("crdt_state/two_nodes_swap", (("stop", stop), ("cluster.nodes", nodes), ("ask", asks)))
    world = World(experiment.plan(1), 1, None)
    held: dict[str, str] = {}
    after: dict[int, str] = {}

    def seen(record: Any) -> None:
        held[record.node] = record.data.state
        after[record.at] = "".join(held[node] for node in sorted(held))

    world.recorder.listen("state", seen)
    world.run()
    return [after[at] for at in sorted(after)][-rounds:]


def test_three_and_four_nodes_in_step_turn_with_period_two() -> None:
    assert states_of(3, 4) == ["ccb", "bbc", "ccb", "bbc"]
    four = states_of(4, 6)
    assert four[0] != four[1] and four[0::2] == [four[0]] * 3 and four[1::2] == [four[1]] * 3


def test_five_nodes_in_step_with_a_fanout_of_three_keep_changing() -> None:
    found = states_of(5, 12)
    assert all(one != other for one, other in pairwise(found))


def test_what_an_empty_node_leaves_is_the_hash_of_nothing() -> None:
    experiment = prepare("crdt_state/empty_node_erases")
    world = World(experiment.plan(1), 1, None)
    world.run()
    digests = {host.machine.manager.local_digest for host in world.hosts.values() if host.machine is not None}  # type: ignore[attr-defined]
    assert digests <= {fnv_root(b""), ""} and fnv_root(b"") in digests


def test_a_dead_peer_of_round_1000_is_told_in_round_1011_and_not_before() -> None:
    partners = Partners(3, 10)
    partners.add_peer("B", 0)
    partners.heard("B", 0, 1000)
    for _ in range(1010):
        partners.next_round()
    assert partners.stale_peers() == []
    partners.next_round()
    assert partners.stale_peers() == ["B"]


def test_a_durable_node_keeps_its_names_over_a_restart() -> None:
    assert verdict("restart_reuses_sequences", "appends_survive", ("profile", "durable")) == "holds"
    assert verdict("counter_amnesia", "counts_are_true", ("profile", "durable")) == "holds"
    assert verdict("empty_node_erases", "updates_survive", ("profile", "durable")) == "holds"
