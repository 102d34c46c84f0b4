"""Topologies: quickest paths, minimum cuts, cut edges, and what a run sees of them. Times in the runs are ms."""

import subprocess
import sys
from fractions import Fraction
from itertools import combinations, permutations, product
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from puppets import Ping, Puppet, booted, plan, play, rang, silent

from sim.faults import Partition, Planned
from sim.faults.edge import EdgeFault
from sim.machine import Input, Now
from sim.network import INSIDE_REGION, Delay
from sim.topology import Edge, Graph, Topology, edge
from sim.units import MS
from sim.world import World, run

NODES = tuple("abcdefg")


def topology(*edges: str, place: str = "", jitter: Fraction = Fraction(0)) -> Topology:
    """Return a topology: `ab5` is an edge of 5 ms; replica n1 sits on the first node of `place`, n2 on the second."""
    drawn = {edge(e[0], e[1]): int(e[2:]) * MS for e in edges}
    nodes = tuple(sorted({end for ends in drawn for end in ends}))
    return Topology(Graph(nodes, drawn), {f"n{i}": site for i, site in enumerate(place or nodes, 1)}, jitter)


RING = topology("ab10", "bc10", "cd10", "de10", "ae10")


@st.composite
def graphs(draw: Any) -> Graph:
    pairs = list(combinations(NODES, 2))
    chosen = draw(st.lists(st.sampled_from(pairs), unique=True, max_size=len(pairs)))
    return Graph(NODES, {ends: draw(st.integers(0, 50)) for ends in draw(st.permutations(chosen))})


def floyd_warshall(nodes: tuple[str, ...], edges: dict[Edge, int]) -> dict[Edge, int | None]:
    far = 1 << 60
    d = {(a, b): 0 if a == b else edges.get(edge(a, b), far) for a in nodes for b in nodes}
    for k, i, j in product(nodes, repeat=3):
        d[i, j] = min(d[i, j], d[i, k] + d[k, j])
    return {ends: None if ns >= far else ns for ends, ns in d.items()}


def delays(of: Topology) -> dict[Edge, int | None]:
    """Return the delays between all replicas by the graph nodes on which they sit, one on each."""
    at = {site: node for node, site in of.place.items()}
    return {(a, b): None if (found := of.between(at[a], at[b])) is None else found.low for a, b in permutations(at, 2)}


# -- paths -------------------------------------------------------------------------------------------------


@given(graphs(), st.data())
def test_delays_are_those_of_floyd_and_warshall_whatever_is_cut(graph: Graph, data: Any) -> None:
    cuts = data.draw(st.lists(st.sampled_from(sorted(graph.edges)), max_size=6)) if graph.edges else []
    made = Topology(graph, {f"n{i}": node for i, node in enumerate(NODES, 1)}).cut(cuts)
    left = {ends: ns for ends, ns in graph.edges.items() if ends not in cuts}
    expected = floyd_warshall(NODES, left)
    assert delays(made) == {ends: expected[ends] for ends in permutations(NODES, 2)}


@given(graphs().filter(lambda graph: len(graph.edges) > 0), st.data())
def test_cuts_mend_in_any_order_and_every_stage_is_what_its_cuts_make_it(graph: Graph, data: Any) -> None:
    whole = Topology(graph, {f"n{i}": node for i, node in enumerate(NODES, 1)})
    one_cut = st.lists(st.sampled_from(sorted(graph.edges)), min_size=1, max_size=3, unique=True)
    faults = data.draw(st.lists(one_cut, min_size=1, max_size=4))
    now = whole
    for edges in faults:
        now = now.cut(edges)
    in_force = list(faults)
    for edges in data.draw(st.permutations(faults)):
        now = now.mend(edges)
        in_force.remove(edges)
        gone = {ends for cut in in_force for ends in cut}
        left = {ends: ns for ends, ns in graph.edges.items() if ends not in gone}
        expected = floyd_warshall(NODES, left)
        assert delays(now) == {ends: expected[ends] for ends in permutations(NODES, 2)}
    assert now == whole
    assert delays(now) == delays(whole)


def test_a_path_takes_the_sum_of_its_edges() -> None:
    assert RING.between("n1", "n3") == Delay(20 * MS)


def test_an_edge_that_is_slower_than_the_way_round_it_is_not_taken() -> None:
    assert topology("ab100", "bc10", "ac20").between("n1", "n2") == Delay(30 * MS)


def test_replicas_on_one_graph_node_are_as_far_apart_as_in_one_region() -> None:
    assert topology("ab5", place="aab").between("n1", "n2") == Delay(INSIDE_REGION)


def test_jitter_is_a_share_of_the_whole_path() -> None:
    assert topology("ab10", "bc10", jitter=Fraction(1, 20)).between("n1", "n3") == Delay(20 * MS, MS)


def test_where_no_path_leads_there_is_no_delay() -> None:
    assert topology("ab5", "cd5").between("n1", "n3") is None


def test_an_edge_cut_twice_is_open_after_two_mends() -> None:
    once = RING.cut([("a", "b")]).cut([("b", "a")]).mend([("a", "b")])
    assert once.between("n1", "n2") == Delay(40 * MS)
    assert once.mend([("a", "b")]).between("n1", "n2") == Delay(10 * MS)


def test_a_cut_leaves_the_topology_that_was_cut_as_it_was() -> None:
    RING.cut([("a", "b")])
    assert RING.between("n1", "n2") == Delay(10 * MS)


def test_what_is_no_edge_cannot_be_cut() -> None:
    with pytest.raises(ValueError, match="a and c are not joined"):
        RING.cut([("a", "c")])


# -- minimum cuts ------------------------------------------------------------------------------------------


def cheapest_side(graph: Graph, a: str, b: str) -> tuple[Edge, ...]:
    """Return the edges that leave the smallest side of `a` among the sides that the fewest edges leave."""
    others = [node for node in NODES if node not in (a, b)]
    best: Any = None
    for size in range(len(others) + 1):
        for more in combinations(others, size):
            side = {a, *more}
            leaving = tuple(sorted(ends for ends in graph.edges if (ends[0] in side) != (ends[1] in side)))
            if best is None or len(leaving) < len(best):
                best = leaving
    return tuple(best)


@given(graphs())
def test_a_minimum_cut_has_the_fewest_edges_and_is_the_nearest_to_the_first_node(graph: Graph) -> None:
    assert graph.min_cut("a", "g") == cheapest_side(graph, "a", "g")
    assert graph.min_cut("g", "a") == cheapest_side(graph, "g", "a")


@given(graphs(), st.randoms(use_true_random=False))
def test_a_minimum_cut_does_not_depend_on_the_order_of_a_file(graph: Graph, chance: Any) -> None:
    nodes, edges = list(graph.nodes), list(graph.edges.items())
    chance.shuffle(nodes)
    chance.shuffle(edges)
    assert Graph(tuple(nodes), dict(edges)).min_cut("a", "g") == graph.min_cut("a", "g")


# -- in a run ----------------------------------------------------------------------------------------------


def cut(at: int, lasting: int | None, *edges: str, **more: Any) -> Planned:
    pairs = tuple((e[0], e[1]) for e in edges)
    return Planned(EdgeFault(cut=pairs, **more), at * MS, lasting=None if lasting is None else lasting * MS)


def outcomes(*faults: Planned, on: Topology = RING, dst: str = "n2", first: int = 5, **more: Any) -> list[int | str]:
    """Return, for the messages that n1 sends every 10 ms, how many ms each flew or why it was dropped."""

    def script(me: Puppet, input: Input, now: Now) -> None:
        if booted(input) and me.node == "n1":
            me.alarm("tick", first * MS, 10 * MS)
        elif rang(input, "tick"):
            me.send(dst, Ping(1))

    show = play(script, nodes=len(on.place), stop=400 * MS, latency=on, faults=faults, **more)
    arrived = {r["cause"]: r["at"] for r in show.got(dst)}
    dropped = {r["cause"]: r["why"] for r in show.of("drop")}
    return [
        (arrived[r["seq"]] - r["at"]) // MS if r["seq"] in arrived else dropped.get(r["seq"], "under way")
        for r in show.of("send", "n1", dst=dst)
    ]


def test_packets_take_the_long_way_round_while_an_edge_is_cut() -> None:
    assert outcomes(cut(20, 30, "ab"))[:7] == [10, 10, 40, 40, 40, 10, 10]


def test_packets_in_flight_keep_the_delay_with_which_they_left() -> None:
    slow = topology("ab100", "bc100", "ac100")
    assert outcomes(cut(20, 30, "ab"), on=slow)[:7] == [100, 100, 200, 200, 200, 100, 100]


def test_a_cut_that_leaves_no_path_is_a_partition() -> None:
    assert outcomes(cut(20, 30, "ab", "de"))[:7] == [10, 10, "partition", "partition", "partition", 10, 10]


def test_a_cut_elsewhere_changes_nothing() -> None:
    assert outcomes(cut(20, 30, "cd"))[:7] == [10] * 7


@pytest.mark.parametrize(("first", "second"), [((20, 60), (40, 20)), ((20, 40), (40, 40)), ((40, 20), (20, 60))])
def test_cuts_that_overlap_mend_in_any_order(first: Any, second: Any) -> None:
    found = outcomes(cut(*first, "ab"), cut(*second, "ab", "de"))
    ends = [first[0] + first[1], second[0] + second[1]]
    for i, fate in enumerate(found[:12]):
        sent = 5 + 10 * i
        near = first[0] < sent < ends[0]
        both = second[0] < sent < ends[1]
        assert fate == ("partition" if both else 40 if near else 10), sent


def test_a_cut_edge_and_a_partition_overlap_in_any_order() -> None:
    parted = Planned(Partition(groups=("n1", "n2")), 30 * MS, lasting=40 * MS)
    found = outcomes(cut(20, 30, "ab", "de"), parted)
    assert found[:9] == [10, 10, *["partition"] * 5, 10, 10]
    within = Planned(Partition(groups=("n1", "n2")), 30 * MS, lasting=10 * MS)
    assert outcomes(cut(20, 30, "ab", "de"), within)[:6] == [10, 10, *["partition"] * 3, 10]


LINE = topology("ab30", "bc30")


def test_packets_in_flight_where_no_path_is_left_are_delivered_dropped_or_held() -> None:
    def fates(word: str) -> list[int | str]:
        return outcomes(cut(50, 20, "ab", in_flight=word), on=LINE)[:8]

    # Sent at 25, 35 and 45 they are under way at 50, when the cut begins; those of 25 and 35 would arrive before 70.
    assert fates("deliver") == [30, 30, 30, 30, 30, "partition", "partition", 30]
    assert fates("drop") == [30, 30, *["partition"] * 5, 30]
    assert fates("hold") == [30, 30, 45, 35, 30, "partition", "partition", 30]


def test_packets_in_flight_where_a_path_is_left_are_neither_dropped_nor_held() -> None:
    slow = topology("ab30", "bc30", "ac30")
    for word in ("deliver", "drop", "hold"):
        assert outcomes(cut(50, 20, "ab", in_flight=word), on=slow)[:8] == [30, 30, 30, 30, 30, 60, 60, 30]


def test_the_cut_that_takes_the_last_path_decides_about_packets_in_flight() -> None:
    ring = topology("ab30", "bc30", "ac30")
    first, last = cut(40, None, "ab", in_flight="deliver"), cut(50, None, "ac", in_flight="drop")
    assert outcomes(first, last, on=ring)[:6] == [30, 30, *["partition"] * 4]
    further = cut(60, None, "bc", in_flight="drop")
    assert outcomes(cut(50, None, "ab", "ac"), further, on=ring)[:6] == [30] * 5 + ["partition"]


def test_held_packets_wait_until_a_path_is_back_whichever_cut_is_mended() -> None:
    ring = topology("ab30", "bc30", "ac30")
    other, last = cut(10, 60, "ab"), cut(50, 100, "ac", in_flight="hold")
    # From 10 on packets take 60 ms by c; those of 15 to 45 are under way at 50; at 70 the edge to b is open again.
    assert outcomes(other, last, on=ring)[:8] == [30, 60, 60, 60, 60, "partition", "partition", 30]
    assert outcomes(cut(10, 80, "ab"), last, on=ring)[:6] == [30, 75, 65, 60, 60, "partition"]


def test_a_link_first_used_during_a_cut_sees_it_and_its_end() -> None:
    assert outcomes(cut(0, 30, "ab"), first=5)[:5] == [40, 40, 40, 10, 10]
    assert outcomes(cut(0, 30, "ab", "de"), first=5)[:5] == ["partition", "partition", "partition", 10, 10]


def test_a_link_first_used_after_a_cut_that_was_mended_sees_nothing_of_it() -> None:
    assert outcomes(cut(0, 4, "ab", "de"), first=5)[:3] == [10, 10, 10]


def test_a_cut_between_two_nodes_cuts_their_minimum_cut() -> None:
    parted = Planned(EdgeFault(between=("a", "c")), 20 * MS, lasting=30 * MS)
    assert outcomes(parted)[:6] == [10, 10, "partition", "partition", "partition", 10]


def test_what_heal_mends_is_open_again() -> None:
    assert outcomes(cut(20, None, "ab"), heal=50 * MS)[:7] == [10, 10, 40, 40, 40, 10, 10]


def test_a_run_leaves_the_plans_topology_whole() -> None:
    made = plan(silent, nodes=5, stop=100 * MS, latency=RING, faults=(cut(20, None, "ab"),))
    first, second = run(made, 1, []), run(made, 1, [])
    assert first.digest == second.digest
    assert RING.cuts == ()


def test_a_cut_reshuffles_no_later_packet() -> None:
    weather = topology("ab10", "bc10", "ac10", jitter=Fraction(1, 2))
    calm, cut_for_a_while = (
        outcomes(*faults, on=weather, loss=Fraction(1, 4)) for faults in ((), (cut(100, 100, "ab"),))
    )
    assert calm[:9] + calm[21:] == cut_for_a_while[:9] + cut_for_a_while[21:]
    assert [fate == "loss" for fate in calm] == [fate == "loss" for fate in cut_for_a_while]


def test_nodes_are_told_the_round_trip_of_the_whole_topology() -> None:
    world = World(plan(silent, nodes=5, latency=RING, faults=(cut(0, None, "ab"),)), 1, [])
    world.run()
    machine = world.hosts["n1"].machine
    assert machine is not None
    assert [machine.cluster.rtt(peer) for peer in ("n2", "n3", "n5")] == [20 * MS, 40 * MS, 20 * MS]


def test_nodes_that_no_path_joins_know_no_round_trip() -> None:
    world = World(plan(silent, nodes=4, latency=topology("ab5", "cd5")), 1, [])
    world.run()
    machine = world.hosts["n1"].machine
    assert machine is not None
    assert machine.cluster.rtt("n3") is None


def test_an_edge_fault_without_a_topology_says_what_it_needs() -> None:
    with pytest.raises(ValueError, match=r"needs a sim\.topology\.Topology"):
        run(plan(silent, faults=(cut(1, None, "ab"),)), 1, [])


def test_without_a_topology_networkx_is_never_imported() -> None:
    code = (
        "import sys, sim.world, sim.topology\n"
        "from scenarios.run import prepare\n"
        "from sim.world import run\n"
        "run(prepare('careless/a_copy_is_lost').plan(1), 1)\n"
        "assert 'networkx' not in sys.modules, 'networkx was imported'\n"
    )
    subprocess.run([sys.executable, "-c", code], check=True)
