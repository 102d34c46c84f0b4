import pickle
import tomllib
from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from scenarios.build import experiment
from scenarios.catalog import names, resolve
from scenarios.complaints import ScenarioError, UsageError
from scenarios.load import SIZE_MAX, override, parse, read

GOOD = """
about = "nothing happens"
model = "./my_log.py"
stop = "2s"
"""


def complaints(folder, text, overrides=()):
    with pytest.raises(ScenarioError) as caught:
        experiment(parse(text, folder / "s.toml", overrides))
    return [line.removeprefix(f"{folder}/") for line in caught.value.lines]


def test_a_scenario_with_four_mistakes_gets_four_complaints_with_their_lines(folder):
    text = GOOD + 'heal = "1s"\n[cluster]\nnodse = 3\n[network]\nloss = "200%"\n[[fault]]\nkind = "partition"\n'
    text += 'groups = [["n9"], "rest"]\nat = "0s"\nlasting = "5s"\n'
    assert [line.split(":")[1] for line in complaints(folder, text)] == ["7", "9", "12", "14"]


def test_a_misspelt_key_is_named_with_what_was_probably_meant(folder):
    assert 'found "nodse" (did you mean "nodes"?)' in complaints(folder, GOOD + "[cluster]\nnodse = 3\n")[0]


def test_a_text_that_is_no_toml_is_refused_with_its_line(folder):
    with pytest.raises(ScenarioError, match=r"s\.toml:2: not TOML"):
        parse("a = 1\nb = = 2\n", folder / "s.toml")


def test_an_unclosed_table_at_the_end_is_refused_with_the_last_line(folder):
    with pytest.raises(ScenarioError, match=r"s\.toml:3: not TOML"):
        parse('a = 1\nb = 2\nc = "', folder / "s.toml")


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("[network]\nloss = nan\n", "found nan, allowed: a share"),
        ("[network]\nloss = -0.1\n", "allowed: a share from 0 to 1"),
        ("[network]\nloss = true\n", "found True, allowed: a share"),
        ("[cluster]\nnodes = 99999999999\n", "a count from 1 to 100000"),
        ("[cluster]\nnodes = 0\n", "a count from 1 to 100000"),
        ('[cluster]\nnodes = ["a", "a"]\n', "different names"),
        ('[cluster]\nnodes = ["leader"]\n', "no role"),
        ('[network]\nlatency = "5 parsecs"\n', 'found "5 parsecs", allowed: a time'),
        ('[network]\nlatency = "-5ms"\n', "not negative"),
        ('[network]\nlatency = "99999999999h"\n', "allowed: at most"),
        ("[clients]\nworkload = 3\n", "found 3, allowed:"),
        ("fault = 3\n", "[[fault]]"),
        ('ties = "random"\n', 'found "random", allowed: fifo, shuffled'),
        ("seed = -1\n", "allowed: an integer from 0"),
        ("seed = 1.5\n", "allowed: an integer"),
        ('format = "netsplit.scenario/99"\n', "allowed: netsplit.scenario/1"),
        ("[expect]\nsingle_leader = []\n", "found no verdict, allowed: holds, violated"),
        ("[expect.as-written]\nsingle_leader = {}\n", "found a table without its verdict, allowed: holds, violated"),
    ],
)
def test_a_bad_value_gets_one_complaint_that_says_what_is_allowed(folder, line, said):
    found = complaints(folder, GOOD + line)
    assert len(found) == 1
    assert said in found[0]


def test_a_fault_of_an_unknown_kind_names_the_kinds(folder):
    assert "partition, link" in complaints(folder, GOOD + '[[fault]]\nkind = "crsh"\nat = "1s"\n')[0]


def test_a_missing_needed_key_is_said(folder):
    found = complaints(folder, 'model = "./my_log.py"\nstop = "1s"\n')
    assert found == ["s.toml:1: about: missing"]


def test_an_override_wins_over_the_file(folder):
    document = parse(GOOD, folder / "s.toml", (("cluster.nodes", 4),))
    assert len(experiment(document).nodes(1)) == 4


def test_a_bad_override_is_blamed_on_the_command_line(folder):
    found = complaints(folder, GOOD, (("cluster.nodes", "many"),))
    assert found[0].startswith("--set cluster.nodes: found")


def test_an_override_reads_toml_or_else_a_bare_string():
    assert override("a.b=3") == ("a.b", 3)
    assert override("a=3s") == ("a", "3s")
    assert override('a=["x", "y"]') == ("a", ["x", "y"])


def test_an_override_without_a_path_is_refused():
    with pytest.raises(UsageError, match="allowed: PATH=VALUE"):
        override("=3")


def test_a_file_that_is_not_there_is_refused(tmp_path):
    with pytest.raises(UsageError, match="No such file"):
        read(tmp_path / "none.toml")


def test_a_file_that_is_not_utf8_is_refused_with_its_line(tmp_path):
    path = tmp_path / "s.toml"
    path.write_bytes(b"a = 1\nb = '\xff'\n")
    with pytest.raises(ScenarioError, match=r"s\.toml:2: not UTF-8"):
        read(path)


def test_a_huge_file_is_refused(tmp_path):
    path = tmp_path / "s.toml"
    path.write_bytes(b"#" * (SIZE_MAX + 1))
    with pytest.raises(UsageError, match="allowed: at most"):
        read(path)


def test_a_complaint_comes_out_of_a_worker_as_it_was():
    error = ScenarioError(["a.toml:1: x: missing", "a.toml:2: y: missing"])
    assert pickle.loads(pickle.dumps(error)).lines == error.lines


def places(table: dict[str, Any], path: str = "") -> Iterator[str]:
    """Yield the dotted path of each value in a scenario."""
    for key, value in table.items():
        inner = [value] if isinstance(value, dict) else value if isinstance(value, list) else []
        yield path + key
        for i, one in enumerate(inner):
            if isinstance(one, dict):
                yield from places(one, f"{path}{key}." if isinstance(value, dict) else f"{path}{key}.{i}.")


PLACES = [(name, place) for name in names() for place in places(tomllib.loads(resolve(name).read_text("utf-8")))]
WORDS = (
    "",
    "n1",
    "n99",
    "leader",
    "random(0)",
    "random(99)",
    "0ms",
    "-1ms",
    "1e9s",
    "9" * 30 + "s",
    "1/0",
    "3/2",
    "holds",
)
LEAVES = st.sampled_from(WORDS) | st.integers() | st.floats() | st.booleans() | st.text(max_size=5)
VALUES = st.recursive(
    LEAVES, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(WORDS), inner, max_size=2)
)


@given(st.sampled_from(PLACES), VALUES)
def test_whatever_stands_in_a_scenario_is_taken_or_complained_of(place: tuple[str, str], value: Any) -> None:
    name, path = place
    try:
        experiment(read(resolve(name), ((path, value),)))
    except ScenarioError as error:
        assert all(error.lines)
