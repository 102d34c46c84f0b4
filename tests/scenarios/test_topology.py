"""Topologies in scenario files: shapes, GraphML and GML, places, complaints, and what the shipped scenarios show."""

import json
import math
import os
from fractions import Fraction
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from scenarios import catalog, graphfile
from scenarios.build import experiment
from scenarios.complaints import ScenarioError
from scenarios.determinism import verify
from scenarios.greatcircle import LIGHT_M_PER_S, RADIUS_M, direction, flight
from scenarios.load import parse
from scenarios.run import prepare, run
from sim.topology import Topology
from sim.units import MS, US

TOP = 'about = "x"\nmodel = "./my_log.py"\nstop = "10s"\nheal = "8s"\n'
EDGE = '[[fault]]\nkind = "edge"\nat = "1s"\n'


def made(folder: Path, text: str, nodes: str = "4") -> Any:
    cluster = "" if "[cluster]" in text else f"[cluster]\nnodes = {nodes}\n"
    return experiment(parse(TOP + cluster + text, folder / "s.toml"))


def topology(folder: Path, table: str, more: str = "", nodes: str = "4", seed: int = 1) -> Topology:
    latency = made(folder, f"[network]\ntopology = {{ {table} }}\n{more}", nodes).plan(seed).latency
    assert isinstance(latency, Topology)
    return latency


def ms(of: Topology, src: str, dst: str) -> Fraction:
    delay = of.between(src, dst)
    assert delay is not None
    return Fraction(delay.low, MS)


def complaint(folder: Path, text: str, nodes: str = "4") -> str:
    with pytest.raises(ScenarioError) as caught:
        made(folder, text, nodes)
    assert len(caught.value.lines) == 1, caught.value.lines
    return caught.value.lines[0]


# -- shapes ------------------------------------------------------------------------------------------------


def test_a_mesh_has_one_edge_between_any_two(folder: Path) -> None:
    found = topology(folder, 'shape = "mesh", latency = "3ms"')
    assert len(found.graph.edges) == 6
    assert ms(found, "n1", "n4") == 3


def test_an_edge_of_a_shape_takes_5_ms_if_nobody_says(folder: Path) -> None:
    assert ms(topology(folder, 'shape = "mesh"'), "n1", "n4") == 5


def test_a_ring_is_closed(folder: Path) -> None:
    found = topology(folder, 'shape = "ring", latency = "3ms"')
    assert [ms(found, "n1", node) for node in ("n2", "n3", "n4")] == [3, 6, 3]


@pytest.mark.parametrize(("nodes", "edges"), [(1, 0), (2, 1), (3, 3)])
def test_a_small_ring_has_no_loop_and_no_edge_twice(folder: Path, nodes: int, edges: int) -> None:
    assert len(topology(folder, 'shape = "ring"', nodes=str(nodes)).graph.edges) == edges


def test_a_star_meets_at_a_hub_on_which_nobody_sits(folder: Path) -> None:
    found = topology(folder, 'shape = "star", latency = "3ms"')
    assert ms(found, "n1", "n4") == 6
    assert "hub" in found.graph.nodes
    assert "hub" not in found.place.values()


def test_two_regions_are_meshes_joined_by_a_bridge_between_their_gateways(folder: Path) -> None:
    found = topology(folder, 'shape = "two-regions", latency = "1ms", bridge = "30ms"', nodes="5")
    assert [ms(found, "n1", node) for node in ("n3", "n4", "n5")] == [1, 32, 32]
    assert ms(found, "n4", "n5") == 1
    assert found.cut([("west", "east")]).between("n3", "n4") is None


def test_the_two_regions_are_targets(folder: Path) -> None:
    text = '[network]\ntopology = { shape = "two-regions" }\n[[fault]]\nkind = "partition"\nat = "1s"\n'
    found = made(folder, text + 'groups = ["region(west)", "region(east)"]\n').plan(1)
    assert found.regions == {"n1": "west", "n2": "west", "n3": "east", "n4": "east"}


def test_a_wan_has_the_regions_of_a_matrix_and_the_mean_of_both_directions(folder: Path) -> None:
    table = 'shape = "wan", matrix = "ibm-cloud-2024-08"'
    found = topology(folder, table, '[cluster]\nplace = { n1 = "osaka", n2 = "frankfurt" }\n')
    edge = found.graph.edges["frankfurt", "osaka"]  # 232 ms there and back as seen from one side, 231 from the other
    assert Fraction(edge, MS) == Fraction(232 + 231, 4)
    assert found.place["n3"] == "dallas"


def test_a_drawn_number_of_nodes_has_a_graph_of_its_size(folder: Path) -> None:
    plans = made(folder, '[network]\ntopology = { shape = "ring" }\n', "[3, 6]")
    sizes = {len(plans.plan(seed).latency.graph.edges) == len(plans.nodes(seed)) for seed in range(20)}
    assert sizes == {True}
    assert len({len(plans.nodes(seed)) for seed in range(20)}) > 1


# -- places ------------------------------------------------------------------------------------------------

SQUARE = """graph [
  node [ id 10 label "Aix" ] node [ id 11 label "Bath" ] node [ id 12 label "Cork" ] node [ id 13 label "Cork" ]
  edge [ source 10 target 11 ms 1.5 ] edge [ source 11 target 12 ms 2 ]
  edge [ source 12 target 13 ms "250us" ] edge [ source 13 target 10 ms 40 ]
]
"""


@pytest.fixture
def square(folder: Path) -> Path:
    (folder / "square.gml").write_text(SQUARE)
    return folder


GML = 'file = "square.gml", attribute = "ms"'


def test_replicas_sit_on_nodes_by_label_or_id_and_the_others_take_free_ones_in_order(square: Path) -> None:
    found = topology(square, GML, '[cluster]\nnodes = 4\nplace = { n1 = "Bath", n3 = "13" }\n')
    assert found.place == {"n1": "Bath", "n2": "Aix", "n3": "13", "n4": "12"}


def test_more_replicas_than_free_nodes_go_round_and_round(square: Path) -> None:
    found = topology(square, GML, nodes="6")
    assert list(found.place.values()) == ["Aix", "Bath", "12", "13", "Aix", "Bath"]


def test_when_no_node_is_free_all_are_taken_again(square: Path) -> None:
    place = '[cluster]\nnodes = 5\nplace = { n1 = "13", n2 = "12", n3 = "Bath", n4 = "Aix" }\n'
    assert topology(square, GML, place).place["n5"] == "Aix"


def test_a_replica_whose_own_node_is_taken_takes_a_free_one(folder: Path) -> None:
    found = topology(folder, 'shape = "ring"', '[cluster]\nnodes = 3\nplace = { n1 = "n2" }\n')
    assert found.place == {"n1": "n2", "n2": "n1", "n3": "n3"}


def test_replicas_of_a_shape_sit_on_the_nodes_of_their_names_unless_placed(folder: Path) -> None:
    found = topology(folder, 'shape = "star"', '[cluster]\nnodes = 4\nplace = { n1 = "hub" }\n')
    assert found.place == {"n1": "hub", "n2": "n2", "n3": "n3", "n4": "n4"}


def test_a_replicas_region_is_its_graph_node(square: Path) -> None:
    text = f"[network]\ntopology = {{ {GML} }}\n" + '[[fault]]\nkind = "pause"\nnodes = "region(Bath)"\nat = "1s"\n'
    assert made(square, text).plan(1).regions["n2"] == "Bath"


# -- files -------------------------------------------------------------------------------------------------


def test_latencies_come_from_an_attribute_as_numbers_or_times(square: Path) -> None:
    found = topology(square, GML)
    assert found.graph.edges == {
        ("Aix", "Bath"): 1500 * US, ("12", "Bath"): 2 * MS, ("12", "13"): 250 * US, ("13", "Aix"): 40 * MS,
    }  # fmt: skip


def test_numbers_in_an_attribute_have_the_unit_that_the_scenario_says(square: Path) -> None:
    assert topology(square, GML + ', unit = "us"').graph.edges["Aix", "Bath"] == 1500


def test_one_latency_may_stand_for_all_edges(square: Path) -> None:
    assert set(topology(square, 'file = "square.gml", latency = "7ms"').graph.edges.values()) == {7 * MS}


def graphml(*parts: str, directed: bool = False, keys: str = "") -> str:
    default = "directed" if directed else "undirected"
    return (
        '<?xml version="1.0"?><graphml xmlns="http://graphml.graphdrawing.org/xmlns">'
        '<key id="N" for="node" attr.name="Latitude" attr.type="double"/>'
        '<key id="E" for="node" attr.name="Longitude" attr.type="double"/>'
        '<key id="L" for="node" attr.name="label" attr.type="string"/>'
        f'<key id="W" for="edge" attr.name="ms" attr.type="double"/>{keys}'
        f'<graph edgedefault="{default}">{"".join(parts)}</graph></graphml>'
    )


def node(name: str, north: object = None, east: object = None, label: str = "") -> str:
    data = {"N": north, "E": east, "L": label or None}
    return (
        f'<node id="{name}">{"".join(f"<data key={k!r}>{v}</data>" for k, v in data.items() if v is not None)}</node>'
    )


def link(a: str, b: str, ms: object = None) -> str:
    return (
        f'<edge source="{a}" target="{b}">{"" if ms is None else f"<data key={chr(39)}W{chr(39)}>{ms}</data>"}</edge>'
    )


BY_PLACE, BY_MS = 'file = "g.graphml"', 'file = "g.graphml", attribute = "ms"'


def write(folder: Path, text: str, name: str = "g.graphml") -> Path:
    (folder / name).write_text(text, encoding="utf-8")
    return folder


def test_edges_follow_great_circles_at_two_thirds_of_light(folder: Path) -> None:
    write(folder, graphml(node("p", 0, 0), node("q", 0, 90), link("p", "q")))
    quarter = float(RADIUS_M) * math.pi / 2
    found = topology(folder, BY_PLACE).graph.edges["p", "q"]
    assert found == pytest.approx(quarter / (LIGHT_M_PER_S * 2 / 3) * 1e9, abs=1)
    assert topology(folder, BY_PLACE + ', speed = "1/3 c"').graph.edges["p", "q"] == pytest.approx(2 * found, abs=1)


def test_coordinates_may_go_by_other_names(folder: Path) -> None:
    text = graphml(node("p", 0, 0), node("q", 0, 90), link("p", "q"))
    write(folder, text.replace("Latitude", "lat").replace("Longitude", "lon"))
    found = topology(folder, BY_PLACE + ', coordinates = ["lat", "lon"]').graph.edges["p", "q"]
    assert found == pytest.approx(50.07 * MS, rel=1e-3)


def test_a_default_of_the_file_holds_where_nothing_is_said(folder: Path) -> None:
    text = graphml(node("p"), node("q"), node("r"), link("p", "q"), link("q", "r", 3))
    write(
        folder,
        text.replace(
            'attr.name="ms" attr.type="double"/>', 'attr.name="ms" attr.type="double"><default>9</default></key>'
        ),
    )
    assert topology(folder, BY_MS, nodes="3").graph.edges == {("p", "q"): 9 * MS, ("q", "r"): 3 * MS}


def test_a_default_of_the_file_places_nodes_too(folder: Path) -> None:
    text = graphml(node("p", east=0), node("q", east=90), link("p", "q"))
    key = '<key id="N" for="node" attr.name="Latitude" attr.type="double"'
    write(folder, text.replace(f"{key}/>", f"{key}><default>0</default></key>"))
    assert topology(folder, BY_PLACE).graph.edges["p", "q"] == pytest.approx(50.07 * MS, rel=1e-3)


def test_a_self_loop_is_left_out_and_of_parallel_edges_the_quickest_counts(folder: Path) -> None:
    write(
        folder,
        graphml(node("p"), node("q"), link("p", "p", 1), link("p", "q", 9), link("q", "p", 4), link("p", "q", 7)),
    )
    assert topology(folder, BY_MS).graph.edges == {("p", "q"): 4 * MS}


def test_a_directed_edge_carries_packets_both_ways(folder: Path) -> None:
    write(folder, graphml(node("p"), node("q"), link("q", "p", 4), link("p", "q", 4), directed=True))
    found = topology(folder, BY_MS, nodes="2")
    assert ms(found, "n1", "n2") == ms(found, "n2", "n1") == 4


def test_a_label_that_two_nodes_have_names_neither_and_an_id_wins_over_a_label(folder: Path) -> None:
    write(folder, graphml(node("1", label="2"), node("2", label="x"), node("3", label="y"), node("4", label="y"),
                          link("1", "2"), link("2", "3"), link("3", "4")))  # fmt: skip
    found = topology(
        folder, 'file = "g.graphml", latency = "1ms"', '[cluster]\nnodes = 2\nplace = { n1 = "2", n2 = "3" }\n'
    )
    assert found.graph.nodes == ("1", "x", "3", "4")
    assert found.place == {"n1": "x", "n2": "3"}


def test_a_part_of_the_graph_without_replicas_may_lie_apart(folder: Path) -> None:
    write(folder, graphml(node("p"), node("q"), node("r"), link("p", "q", 4)))
    assert ms(topology(folder, BY_MS, nodes="2"), "n1", "n2") == 4


BOMB = '<!DOCTYPE b [<!ENTITY a "x">' + "".join(
    f'<!ENTITY {chr(98 + i)} "{f"&{chr(97 + i)};" * 50}">' for i in range(9)
) + "]>"  # fmt: skip


@pytest.mark.parametrize(
    "doctype",
    [BOMB, '<!DOCTYPE g [<!ENTITY a SYSTEM "file:///etc/passwd">]>', '<!DOCTYPE graphml SYSTEM "graphml.dtd">'],
)
def test_a_file_that_declares_entities_or_a_document_type_is_refused(folder: Path, doctype: str) -> None:
    text = graphml(node("p", label="&a;"), node("q"), link("p", "q", 1))
    write(folder, text.replace('<?xml version="1.0"?>', '<?xml version="1.0"?>\n' + doctype))
    found = complaint(folder, f"[network]\ntopology = {{ {BY_MS} }}\n")
    assert "s.toml:8: network.topology.file: found a <!DOCTYPE> in g.graphml:2, allowed: none" in found


PQ, STRAIGHT = node("p") + node("q"), node("q", 0, 0) + link("p", "q")
BOTH_WAYS = link("p", "q", 1) + link("q", "p", 2)


@pytest.mark.parametrize(
    ("table", "text", "said"),
    [
        (BY_MS, "<graphml", "g.graphml:1: not XML"),
        (BY_MS, "<html/>", "not GraphML as networkx reads it"),
        (BY_MS, graphml(node("p", "north")), "could not convert string to float"),
        (BY_MS, graphml(), "found 0 nodes"),
        (BY_MS, graphml(PQ, link("p", "q", "nan")), 'without a time of at least 0 in "ms" (p - q: nan)'),
        (BY_MS, graphml(PQ, link("p", "q", -1)), "found 1 of 1 edges without a time of at least 0"),
        (BY_MS, graphml(PQ, link("p", "q")), "p - q: None"),
        (BY_MS, graphml(PQ, BOTH_WAYS, directed=True), 'in which "p" to "q" and back take 1ms and 2ms'),
        (BY_PLACE, graphml(node("p", "nan", 0), STRAIGHT), "found 1 of 2 nodes in g.graphml without numbers Latitude"),
        (BY_PLACE, graphml(node("p", 91, 0), STRAIGHT), ": p. Place them in the file"),
        (BY_PLACE, graphml(node("p", 0, "inf"), STRAIGHT), "Longitude (-180 to 180): p."),
        (BY_PLACE, graphml(PQ, link("p", "q", 1)), 'latency = "5ms" for every edge, or attribute = what holds'),
        (BY_MS, graphml(PQ), 'no path from n1 on "p" to n2 on "q", allowed: replicas in one part of the graph'),
    ],
)
def test_a_graphml_file_that_cannot_be_used_gets_one_complaint(folder: Path, table: str, text: str, said: str) -> None:
    write(folder, text)
    found = complaint(folder, f"[network]\ntopology = {{ {table} }}\n")
    assert "s.toml:8: network.topology" in found
    assert said in found


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("graph [ node [ id 1", "not GML as networkx reads it: expected"),
        ("graph [ node [ id 1 ] node [ id 1 ] ]", "duplicated"),
        ("graph [ node [ id 1 ] node [ id 2 ] edge [ source 1 target 2 ] edge [ source 1 target 2 ] ]", "multigraph 1"),
        ("graph " + "[ a " * 100_000, "not GML as networkx reads it"),
        ("nonsense", "not GML as networkx reads it"),
    ],
)
def test_a_gml_file_that_cannot_be_used_gets_one_complaint(folder: Path, text: str, said: str) -> None:
    write(folder, text, "g.gml")
    assert said in complaint(folder, '[network]\ntopology = { file = "g.gml", latency = "1ms" }\n')


def test_a_gml_file_that_is_not_utf8_is_refused_with_its_line(folder: Path) -> None:
    (folder / "g.gml").write_bytes(b'graph [\n node [ id 1 label "\xff" ] ]')
    assert "g.gml:2: not UTF-8" in complaint(folder, '[network]\ntopology = { file = "g.gml", latency = "1ms" }\n')


def test_labels_beyond_ascii_are_read_from_both_formats(folder: Path) -> None:
    write(folder, graphml(node("p", label="Malmö"), node("q", label="Ærø"), link("p", "q", 4)))
    write(
        folder,
        'graph [ node [ id 1 label "Malmö" ] node [ id 2 label "Ærø" ] edge [ source 1 target 2 ms 4 ] ]',
        "g.gml",
    )
    assert topology(folder, BY_MS).graph == topology(folder, 'file = "g.gml", attribute = "ms"').graph


def test_a_graph_that_is_too_large_is_refused(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write(folder, graphml(node("p"), node("q"), node("r"), link("p", "q", 1)))
    text = f"[network]\ntopology = {{ {BY_MS} }}\n"
    monkeypatch.setattr(graphfile, "NODES_MAX", 2)
    assert "found 3 nodes and 1 edges in g.graphml, allowed: 1 to 2 nodes" in complaint(folder, text)
    monkeypatch.setattr(graphfile, "SIZE_MAX", 100)
    assert "bytes in g.graphml, allowed: at most 100" in complaint(folder, text)


# -- the rules of the table --------------------------------------------------------------------------------


RING, SQUARES = 'topology = { shape = "ring" }\n', 'topology = { file = "square.gml", latency = "1ms" }\n'


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("topology = {}", "network.topology: found neither shape nor file"),
        ('topology = { shape = "ring", file = "square.gml" }', "found both shape and file"),
        ('topology = { shape = "rign" }', 'found "rign", allowed: mesh, ring, star, two-regions, wan'),
        ('topology = { shape = "ring", latncy = "1ms" }', 'did you mean "latency"?'),
        ('topology = { shape = "ring", bridge = "1ms" }', 'topology.bridge: found beside shape = "ring"'),
        ('topology = { shape = "ring", speed = "1/2 c" }', "topology.speed: found beside"),
        ('topology = { shape = "wan" }', "topology.matrix: missing, allowed: ibm-cloud-2024-08"),
        ('topology = { shape = "wan", matrix = "ibm-cloud-2024-08", bridge = "1ms" }', "topology.bridge: found beside"),
        ('topology = { file = "square.gml", latency = "1ms", attribute = "ms" }', "found beside file with latency"),
        ('topology = { file = "square.gml", attribute = "ms", speed = "1 c" }', "found beside file with attribute"),
        ('topology = { file = "square.gml", attribute = "sm" }', "found 4 of 4 edges without a time of at least 0"),
        ('topology = { file = "square.gml", speed = "2 c" }', "a share of the speed of light"),
        ('topology = { file = "square.gml", speed = "0.5" }', "a share of the speed of light"),
        ('topology = { file = "square.gml", speed = "0 c" }', "a share of the speed of light"),
        ('topology = { file = "sqare.gml", latency = "1ms" }', 'sqare.gml": No such file or directory'),
        ('topology = { file = "square.txt", latency = "1ms" }', "allowed: a file that ends in .graphml or .gml"),
        ('latency = "5ms"\n' + RING, "network.latency: found beside topology"),
        (RING + '[cluster.place]\nn1 = "n9"', 'cluster.place.n1: found "n9"'),
        (SQUARES + '[cluster.place]\nn1 = "Bahth"', 'did you mean "Bath"?'),
        (SQUARES + '[cluster.place]\nn1 = "Cork"', "the label of 2 nodes, allowed: their ids 12, 13"),
        (RING + EDGE, "fault.0: found neither cut nor between"),
        (RING + EDGE + 'cut = [["n1", "n2"]]\nbetween = ["n1", "n2"]', "found both cut and between"),
        (RING + EDGE + 'cut = [["n1", "n3"]]', 'no edge between "n1" and "n3", allowed from "n1": to n2, n4'),
        (RING + EDGE + 'cut = [["n1", "n7"]]', 'fault.0.cut: found "n7"'),
        (RING + EDGE + 'between = ["n1", "n1"]', "two different graph nodes"),
        (RING + EDGE + 'between = ["n1", "n7"]', 'fault.0.between: found "n7"'),
        ('latency = "5ms"\n' + EDGE + 'cut = [["n1", "n2"]]', 'fault.0.kind: found "edge" without edges'),
    ],
)
def test_a_broken_rule_gets_one_complaint_that_names_it(square: Path, text: str, said: str) -> None:
    assert said in complaint(square, f"[network]\n{text}\n")


def test_a_pair_where_a_list_of_pairs_is_meant_is_refused(folder: Path) -> None:
    with pytest.raises(ScenarioError, match=r'fault\.0\.cut\.0: found "n1", allowed: a list'):
        made(folder, '[network]\ntopology = { shape = "ring" }\n' + EDGE + 'cut = ["n1", "n2"]\n')


@pytest.mark.parametrize("more", [EDGE + 'cut = [["n1", "n2"]]\n', '[cluster.place]\nn1 = "n2"\n'])
def test_edges_and_places_of_a_shape_need_a_fixed_number_of_nodes(folder: Path, more: str) -> None:
    text = '[network]\ntopology = { shape = "ring" }\n' + more
    assert "a drawn number of nodes" in complaint(folder, text, "[3, 5]")


@pytest.mark.parametrize(("shape", "name"), [("star", "hub"), ("two-regions", "west"), ("two-regions", "east")])
def test_a_replica_may_not_have_the_name_of_a_shapes_own_node(folder: Path, shape: str, name: str) -> None:
    text = f'[network]\ntopology = {{ shape = "{shape}" }}\n'
    assert f'found a replica named "{name}"' in complaint(folder, text, f'["a", "{name}"]')


def test_a_mesh_of_more_edges_than_anybody_cuts_is_refused_at_once(folder: Path) -> None:
    text = '[network]\ntopology = { shape = "mesh" }\n'
    assert "which are 4999950000 edges, allowed: at most 50000" in complaint(folder, text, "100000")


def test_a_mistake_in_the_topology_is_not_blamed_on_the_edge_faults_too(folder: Path) -> None:
    text = '[network]\ntopology = { shape = "rign" }\n' + EDGE + 'cut = [["n1", "n2"]]\n'
    assert "rign" in complaint(folder, text)


# -- great circles -----------------------------------------------------------------------------------------


def degrees(most: int) -> Any:
    return st.fractions(-most, most, max_denominator=10_000)


@given(degrees(90), degrees(180), degrees(90), degrees(180))
def test_a_great_circle_is_as_long_as_floats_say_where_floats_can_say_it(a: Any, b: Any, c: Any, d: Any) -> None:
    phi, lam, psi, mu = (math.radians(x) for x in (a, b, c, d))
    haversine = math.sin((psi - phi) / 2) ** 2 + math.cos(phi) * math.cos(psi) * math.sin((mu - lam) / 2) ** 2
    arc = 2 * math.atan2(math.sqrt(haversine), math.sqrt(max(0.0, 1 - haversine)))
    expected = arc * float(RADIUS_M) / LIGHT_M_PER_S * 1e9
    assert flight(direction(a, b), direction(c, d), Fraction(1)) == pytest.approx(expected, abs=1.5)


def test_half_the_world_round_loses_no_digit() -> None:
    # pi times 6371008.8 m over 299792458 m/s is 66,763,235.39 ns.
    assert flight(direction(Fraction(0), Fraction(0)), direction(Fraction(0), Fraction(180)), Fraction(1)) == 66_763_235
    assert (
        flight(direction(Fraction(90), Fraction(7)), direction(Fraction(-90), Fraction(7)), Fraction(1)) == 66_763_235
    )


def test_a_place_is_no_way_from_itself() -> None:
    oslo = direction(Fraction("59.91"), Fraction("10.75"))
    assert flight(oslo, oslo, Fraction(2, 3)) == 0


def test_oslo_is_as_far_from_copenhagen_as_an_atlas_says() -> None:
    oslo, copenhagen = direction(Fraction("59.91"), Fraction("10.75")), direction(Fraction("55.68"), Fraction("12.57"))
    km = flight(oslo, copenhagen, Fraction(1)) * LIGHT_M_PER_S / 1e12
    assert 480 < km < 490


# -- what the shipped scenarios show -----------------------------------------------------------------------


def flights(folder: Path, src: str, dst: str) -> list[tuple[int, int | None]]:
    """Return (sent at, flew for) in ns of every message between two nodes; None never arrived."""
    sent: dict[int, int] = {}
    arrived: dict[int, int] = {}
    for line in (folder / "trace.jsonl").read_text("utf-8").splitlines()[1:]:
        record = json.loads(line)
        if record["kind"] == "send" and (record["node"], record["dst"]) == (src, dst):
            sent[record["seq"]] = record["at"]
        elif record["kind"] == "step" and record["cause"] in sent:
            arrived[record["cause"]] = record["at"]
    return [(at, arrived[seq] - at if seq in arrived else None) for seq, at in sent.items()]


def between(found: list[tuple[int, int | None]], begin_ms: int, end_ms: int) -> set[int | None]:
    return {flew for at, flew in found if begin_ms * MS < at < end_ms * MS}


@pytest.fixture
def shown(tmp_path: Path) -> Any:
    def show(name: str) -> Path:
        found = prepare(f"topology/{name}")
        run(found, found.scenario.seed, tmp_path / "run", plots=False)
        return tmp_path / "run"

    return show


def test_ring_reroutes_takes_the_sum_of_the_four_other_edges(shown: Any) -> None:
    found = flights(shown("ring_reroutes"), "n1", "n2")
    assert between(found, 0, 2000) == between(found, 5000, 7900) == {10 * MS}
    assert between(found, 2000, 5000) == {40 * MS}


def test_ring_in_two_reroutes_then_parts_then_reroutes_the_other_way(shown: Any) -> None:
    folder = shown("ring_in_two")
    near, far = flights(folder, "n1", "n2"), flights(folder, "n3", "n4")
    stages = (0, 2000), (2000, 3000), (3000, 5000), (5000, 6000), (6000, 10_900)
    assert [between(near, *stage) for stage in stages] == [{10 * MS}, {40 * MS}, {None}, {10 * MS}, {10 * MS}]
    assert [between(far, *stage) for stage in stages] == [{10 * MS}, {10 * MS}, {None}, {40 * MS}, {10 * MS}]


def test_bridge_is_cut_holds_what_was_on_the_bridge_until_it_is_mended(shown: Any) -> None:
    folder = shown("bridge_is_cut")
    found = flights(folder, "n1", "n4")
    assert between(found, 0, 1950) == between(found, 4000, 7900) == {34 * MS}
    assert between(found, 2000, 4000) == {None}
    inside = flights(folder, "n1", "n3")
    assert between(inside, 0, 7900) == {2 * MS}


def test_a_packet_that_is_on_the_bridge_when_it_is_cut_arrives_when_it_is_mended(tmp_path: Path) -> None:
    found = prepare("topology/bridge_is_cut", (("fault.0.at", "2010ms"), ("fault.0.lasting", "1s")))
    run(found, 1, tmp_path / "run", plots=False)
    # Ticks are 100 ms apart from 0 on: what n1 sent at 2000 ms is on its way, and waits from 2034 to 3010.
    assert dict(flights(tmp_path / "run", "n1", "n4"))[2000 * MS] == 1010 * MS


def test_north_is_parted_cuts_two_edges_and_reaches_as_far_as_they_do(shown: Any) -> None:
    folder = shown("north_is_parted")
    fault = json.loads((folder / "result.json").read_text("utf-8"))["faults"][0]
    assert fault["fields"]["cut"] == [["Copenhagen", "Hamburg"], ["Helsinki", "Warsaw"]]
    assert between(flights(folder, "n2", "n1"), 2000, 4000) == {None}  # Oslo, Frankfurt
    assert None not in between(flights(folder, "n2", "n4"), 0, 7900)  # Oslo, Stockholm
    assert None not in between(flights(folder, "n1", "n5"), 0, 7900)  # Frankfurt, Milan


def test_a_path_between_cities_takes_the_sum_of_its_great_circles() -> None:
    plan = prepare("topology/north_is_parted").plan(1)
    assert isinstance(plan.latency, Topology)
    edges = plan.latency.graph.edges
    path = ("Copenhagen", "Oslo"), ("Copenhagen", "Hamburg"), ("Frankfurt", "Hamburg")
    delay = plan.latency.between("n2", "n1")
    assert delay is not None
    assert delay.low == sum(edges[ends] for ends in path) == 5_827_593


def test_wan_detour_goes_round_by_madrid(shown: Any) -> None:
    found = flights(shown("wan_detour"), "n1", "n2")
    usual = {flew // MS for flew in between(found, 0, 5000) if flew is not None}
    detour = {flew // MS for flew in between(found, 5000, 15_000) if flew is not None}
    # 13 ms there and back are 6.5 one way; by Madrid 27 and 29 are 28; either way 5 % of jitter come on top.
    assert usual == {6}
    assert detour <= {28, 29}
    assert None not in between(found, 5000, 15_000)


def test_single_uplink_drops_what_was_on_it(shown: Any) -> None:
    found = flights(shown("single_uplink"), "n1", "n3")
    # The edge from the library to core-b takes 300 us; by core-a it is 250.
    assert between(found, 0, 995) == between(found, 3000, 5900) == {1_750 * US}
    assert between(found, 1000, 3000) == {None}


@pytest.mark.parametrize("name", ["north_is_parted", "single_uplink"])
def test_a_run_directory_replays_to_the_same_digest(shown: Any, tmp_path: Path, name: str) -> None:
    folder = shown(name)
    first = json.loads((folder / "result.json").read_text("utf-8"))["digest"]
    again = run(prepare(str(folder / "scenario.toml")), 1, tmp_path / "again", plots=False)
    assert again.outcome.digest == first


def test_a_topology_runs_to_the_same_bytes_in_fresh_processes() -> None:
    name = "topology/north_is_parted"
    assert verify([(name, str(catalog.resolve(name)))], None, (), (), lambda _: None) == []


# -- real networks -----------------------------------------------------------------------------------------

DATA = os.environ.get("NETSPLIT_DATA")
real = pytest.mark.skipif(DATA is None, reason="NETSPLIT_DATA names no folder with topologies/")


@real
def test_uninett_is_placed_by_its_coordinates(folder: Path) -> None:
    file = Path(DATA or "") / "topologies/Uninett.graphml"
    table = f'file = "{file}"'
    more = '[cluster]\nnodes = 3\nplace = { n1 = "UNINETT Teknobyen", n2 = "HiF Alta", n3 = "NyAlesund" }\n'
    found = topology(folder, table, more)
    assert (len(found.graph.nodes), len(found.graph.edges)) == (74, 97)
    # Trondheim and Alta are some 950 km apart, and no path is shorter than the straight one.
    assert 950e3 / (LIGHT_M_PER_S * 2 / 3) * 1e3 < ms(found, "n1", "n2") < 20
    cut = found.graph.min_cut("UNINETT Teknobyen", "NyAlesund")
    assert found.cut(cut).between("n1", "n3") is None


@real
def test_uninett_runs(folder: Path, tmp_path: Path) -> None:
    file = Path(DATA or "") / "topologies/Uninett.graphml"
    text = f'[network]\ntopology = {{ file = "{file}" }}\n' + EDGE + 'between = ["UNINETT Teknobyen", "NyAlesund"]\n'
    place = '[cluster]\nnodes = 2\nplace = { n1 = "UNINETT Teknobyen", n2 = "NyAlesund" }\n'
    asking = '[clients]\nworkload = "append"\nbeside = ["n1"]\nuntil = "7s"\n'
    done = run(made(folder, text + place + asking), 1, tmp_path / "run", plots=False)
    assert done.outcome.model_error is None
    found = flights(tmp_path / "run", "n1", "n2")
    assert between(found, 1000, 8000) == {None}
    assert len(between(found, 0, 1000)) == 1


@real
def test_internet2_has_no_coordinates_and_the_complaint_says_what_to_do(folder: Path) -> None:
    file = Path(DATA or "") / "topologies/Internet2.graphml"
    found = complaint(folder, f'[network]\ntopology = {{ file = "{file}" }}\n')
    assert "found 20 of 20 nodes in Internet2.graphml without numbers Latitude" in found
    assert 'latency = "5ms" for every edge' in found
    assert ms(topology(folder, f'file = "{file}", latency = "5ms"', nodes="2"), "n1", "n2") % 5 == 0
