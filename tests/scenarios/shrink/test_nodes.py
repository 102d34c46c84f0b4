from pathlib import Path

from scenarios.shrink.case import Case
from scenarios.shrink.nodes import counted, renumbered, without

DOC = {
    "about": "n2",
    "cluster": {"nodes": ["n1", "n2", "n3"], "boot": {"n2": "1s", "n3": "2s"}},
    "clients": {"workload": "append", "beside": ["n1", "n2", "n3"]},
    "core": {"nodes": ["n1", "n2"]},
}


def case(faults=(), asks=(), packets=()):
    return Case(DOC, tuple(faults), tuple(asks), tuple(packets), Path("x.toml"))


def test_what_was_about_a_node_alone_goes_with_it():
    faults = [{"kind": "pause", "nodes": ["n2"]}, {"kind": "pause", "nodes": ["n2", "n3"]}]
    faults += [{"kind": "crash", "nodes": ["n1"], "when": {"note": "stored", "node": "n2"}}]
    faults += [{"kind": "partition", "groups": [["n2"], ["n1", "n3"]]}, {"kind": "packet", "link": ["n1", "n2"]}]
    faults += [{"kind": "partition", "groups": [["n1", "n2"], "rest"]}, {"kind": "hold", "src": "n2", "dst": "all"}]
    packets = [{"link": ["n1", "n3"], "do": "drop"}, {"link": ["n2", "n3"], "do": "drop"}]
    left = without(case(faults, [{"node": "n2"}, {"node": "n3"}], packets), "n2")
    assert left.faults == ({"kind": "pause", "nodes": ["n3"]}, {"kind": "partition", "groups": [["n1"], "rest"]})
    assert left.asks == ({"node": "n3"},)
    assert left.packets == (packets[0],)
    assert left.doc["cluster"] == {"nodes": ["n1", "n3"], "boot": {"n3": "2s"}}
    assert left.doc["core"] == {"nodes": ["n1"]}


def test_the_clients_behind_one_that_goes_move_up():
    asks = [{"client": "c1"}, {"client": "c2"}, {"client": "c3"}]
    left = without(case(asks=asks), "n2")
    assert left.doc["clients"]["beside"] == ["n1", "n3"]
    assert left.asks == ({"client": "c1"}, {"client": "c2"})


def test_the_last_node_stays():
    one = case().changed(cluster={"nodes": ["n1"]})
    assert without(one, "n1") is None


def test_nodes_are_renamed_wherever_they_are_named_and_nowhere_else():
    left = without(case([{"kind": "pause", "nodes": ["n3"]}], [{"node": "n3", "args": ["n3"]}]), "n2")
    again = renumbered(left)
    assert again.nodes == counted(2) == ("n1", "n2")
    assert again.faults == ({"kind": "pause", "nodes": ["n2"]},)
    assert again.asks == ({"node": "n2", "args": ["n3"]},)
    assert again.doc["about"] == "n2"
    assert again.doc["cluster"]["boot"] == {"n2": "2s"}
