import tomllib

import pytest

from scenarios.build import experiment
from scenarios.complaints import ScenarioError
from scenarios.load import parse
from scenarios.run import run
from scenarios.samples import read

TOP = 'about = "x"\nmodel = "probe"\nstop = "10s"\nheal = "8s"\n'
SWIZZLE = '[[fault]]\nkind = "swizzle"\nnodes = "all"\nat = "1s"\n'
FLAP = '[[fault]]\nkind = "flap"\nat = "1s"\n'
LINK = '[[fault]]\nkind = "link"\nat = "1s"\n'
CUT = '[[fault]]\nkind = "partition"\nat = "1s"\n'


def complaint(folder, text, top=TOP):
    with pytest.raises(ScenarioError) as caught:
        experiment(parse(top + text, folder / "s.toml"))
    assert len(caught.value.lines) == 1, caught.value.lines
    return caught.value.lines[0]


@pytest.mark.parametrize(
    ("text", "line", "said"),
    [
        ("[network]\nlatency = { pareto = '5ms' }\n", 6, "alpha: missing, which pareto needs"),
        ("[network]\nlatency = { pareto = '5ms', alpha = 0.5 }\n", 6, "a number from 1 to 100"),
        ("[network]\nlatency = { bimodal = ['5ms', '9ms'] }\n", 6, "slow: missing, which bimodal needs"),
        ("[network]\nlatency = { bimodal = ['5ms', '9ms'], slow = 0 }\n", 6, "above 0 and below 1"),
        ("[network]\nlatency = { exponential = '5ms', alpha = 2 }\n", 6, "found without pareto"),
        ("[network]\nlatency = { constant = '5ms', least = '1ms' }\n", 6, "found without exponential or lognormal"),
        ("[network]\nlatency = { exponential = '5ms', pareto = '1ms', alpha = 2 }\n", 6, "exponential and pareto"),
        ("[network]\nlatency = { empirical = 'lan.csv' }\n", 6, "unit: missing, which empirical needs"),
        ("[network]\nlatency = { empirical = 'no.csv', unit = 'ms' }\n", 6, "relative to the scenario's folder"),
        ("[network]\nbandwidth = '0B/s'\n", 6, "a rate above 0"),
        ("[network]\nbandwidth = '5kB'\n", 6, 'allowed: a rate such as "10MB/s"'),
        ("[network]\nqueue = '5kB'\n", 6, "found without any bandwidth"),
        ("[network]\nburst = { loss = '5%' }\n", 6, "burst.lasting: missing, allowed: a time"),
        ("[network]\nburst = { loss = '5%', lasting = 0 }\n", 6, "a time above 0"),
        ("[network]\nburst = { loss = '5%', lasting = '1s', los = 1 }\n", 6, 'did you mean "loss"?'),
        ("[[network.link]]\nsrc = 'n9'\nloss = '5%'\n", 6, 'found "n9", allowed: nodes, all or region(name)'),
        ("[[network.link]]\nsrc = 'leader'\nloss = '5%'\n", 6, "in the course of a run"),
        ("[[network.link]]\nlatency = { matrix = 'ibm-cloud-2024-08' }\n", 6, "only in [network]"),
        ("[[network.link]]\nmessages = ['Ping']\nlatency = '5ms'\n", 7, "found beside messages"),
        ("[[network.link]]\nlatency = 5\n", 6, "found 5, allowed: a time"),
        ("[[network.link]]\nlos = '5%'\n", 6, 'did you mean "loss"?'),
        (LINK + "burst = { loss = '5%', lasting = '0s' }\n", 8, "a time above 0"),
        (LINK + "reorder = { share = '5%', by = ['9ms', '1ms'] }\n", 8, "the smaller time first"),
        (LINK + "bandwidth = '0B/s'\n", 8, "a rate above 0"),
        (FLAP + "up = '1s'\ndown = '0s'\n", 9, "down: found \"0s\", allowed: a time above 0"),
        (FLAP + "up = ['0s', '1s']\ndown = '1s'\n", 8, "up: found \"0s\""),
        (FLAP + "up = '1s'\ndown = '1s'\nstable = '1s'\n", 10, "stable and unstable belong together"),
        (FLAP + "up = '1s'\n", 5, "down: missing"),
        (SWIZZLE, 5, "lasting: missing: a swizzle lets go"),
        (SWIZZLE + "lasting = ['3s', '5s']\nover = '2s'\n", 10, "at most half of lasting (1500ms)"),
        (CUT, 5, "found neither groups nor shape"),
        (CUT + "shape = 'halves'\ngroups = ['n1', 'rest']\n", 9, "found both groups and shape"),
        (CUT + "shape = 'half'\n", 8, "allowed: halves, isolate, minority-third, bridge, majorities-ring, chain"),
        ("[cluster]\nnodes = [2, 5]\n" + CUT + "shape = 'bridge'\n", 10, "with 2 nodes, allowed: with 3 or more"),
    ],
)  # fmt: skip
def test_a_broken_rule_gets_one_complaint_with_its_line(tmp_path, text, line, said):
    found = complaint(tmp_path, text)
    assert said in found
    assert f"s.toml:{line}: " in found


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"1.5\nfast\n", 'lan.csv:2: found "fast", allowed: a number of ms, one a line'),
        (b"1\n\n2\n", 'lan.csv:2: found ""'),
        (b"1\n-2\n", 'lan.csv:2: found "-2"'),
        (b"1,2\n", 'lan.csv:1: found "1,2"'),
        (b"1\nnan\n", 'lan.csv:2: found "nan"'),
        (b"1\n\xff\n", "lan.csv:2: not UTF-8"),
        (b"1\n9999999999999999\n", "lan.csv:2: found 9999999999999999ms, allowed: at most"),
        (b"", "found no number in lan.csv"),
    ],
)
def test_a_broken_file_of_latencies_is_blamed_with_its_line(tmp_path, content, said):
    (tmp_path / "lan.csv").write_bytes(content)
    found = complaint(tmp_path, "[network]\nlatency = { empirical = 'lan.csv', unit = 'ms' }\n")
    assert "s.toml:6: network.latency.empirical: " in found
    assert said in found


def test_measured_latencies_are_read_exactly_and_sorted(tmp_path):
    (tmp_path / "lan.csv").write_text("2.5\n0.000001\n10\n")
    assert read(tmp_path / "lan.csv", "ms") == (1, 2_500_000, 10_000_000)
    assert read(tmp_path / "lan.csv", "ns") == (0, 2, 10)


def test_a_run_with_measured_latencies_replays_from_its_own_directory(tmp_path):
    (tmp_path / "lan.csv").write_text("".join(f"{i}\n" for i in range(1, 30)))
    text = TOP + "[cluster.params]\nuntil = '2s'\n[network]\nlatency = { empirical = 'lan.csv', unit = 'ms' }\n"
    text += "[[network.link]]\nsrc = 'n1'\nlatency = { empirical = 'lan.csv', unit = 'us' }\n"
    first = run(experiment(parse(text, tmp_path / "s.toml")), 3, tmp_path / "out", plots=False)
    kept = (tmp_path / "out" / "scenario.toml").read_text("utf-8")
    network = tomllib.loads(kept)["network"]
    absolute = (tmp_path / "lan.csv").as_posix()
    assert network["latency"]["empirical"] == network["link"][0]["latency"]["empirical"] == absolute
    again = run(experiment(parse(kept, tmp_path / "out" / "scenario.toml")), 3, tmp_path / "again", plots=False)
    assert again.result["digest"] == first.result["digest"]


def test_latencies_of_the_file_are_those_of_the_links(tmp_path):
    text = (
        TOP + "[network]\nlatency = '7ms'\n[[network.link]]\nsrc = 'n1'\ndst = ['n2']\noneway = true\nlatency = '9ms'\n"
    )
    plan = experiment(parse(text, tmp_path / "s.toml")).plan(1)
    found = {(a, b): plan.latency.between(a, b).low for a in plan.nodes for b in plan.nodes if a != b}
    assert found.pop(("n1", "n2")) == 9_000_000
    assert set(found.values()) == {7_000_000}


def test_a_region_names_its_nodes_in_a_line(tmp_path):
    text = TOP + "[cluster.place]\nn1 = 'eu'\nn2 = 'eu'\n[[network.link]]\nsrc = 'region(eu)'\nloss = '5%'\n"
    (line,) = experiment(parse(text, tmp_path / "s.toml")).plan(1).lines
    assert line.ends.src == {"n1", "n2"}
    assert line.ends.dst == {"n1", "n2", "n3"}
