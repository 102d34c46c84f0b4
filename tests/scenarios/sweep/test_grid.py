import shlex

import pytest

from scenarios.complaints import UsageError
from scenarios.load import override
from scenarios.sweep.grid import axis, charted, how_many, points, runs, seeds, shard


@pytest.mark.parametrize("text", ["", "1-3", "3..1", "a..b", "-1..3", "1..99999999999999999999", "1..٣"])
def test_a_span_that_is_none_is_refused(text):
    with pytest.raises(UsageError, match=r"allowed: A\.\.B"):
        seeds(text)


def test_a_span_includes_both_ends():
    assert seeds("2..4") == range(2, 5)


@pytest.mark.parametrize("text", ["", "1", "0/2", "3/2", "1/0", "a/b", "1/2/3"])
def test_a_shard_that_is_none_is_refused(text):
    with pytest.raises(UsageError, match="allowed: k/n"):
        shard(text)


def test_an_axis_has_toml_values_or_bare_words_between_commas():
    assert axis("a.b=1s, 2s") == ("a.b", ("1s", "2s"))
    assert axis("a=1,true,0.5,x") == ("a", (1, True, 0.5, "x"))


def test_an_axis_may_be_a_toml_array():
    assert axis('a=["x,y", [1, 2]]') == ("a", ("x,y", [1, 2]))


@pytest.mark.parametrize("text", ["a", "a=", "=1", "a=[1", "a=[]", "a=1,,2", "a..b=1", "a=1,1", "seed=1,2", "a=[1] x"])
def test_an_axis_that_is_none_is_refused(text):
    with pytest.raises(UsageError, match="--grid"):
        axis(text)


def test_a_grid_has_every_combination_and_the_last_axis_changes_fastest():
    grid = points({"a": (1, 2), "b": ("x", "y")})
    assert [dict(point.settings) for point in grid] == [
        {"a": 1, "b": "x"}, {"a": 1, "b": "y"}, {"a": 2, "b": "x"}, {"a": 2, "b": "y"},
    ]  # fmt: skip
    assert [point.number for point in grid] == [0, 1, 2, 3]


def test_without_axes_there_is_one_point_that_changes_nothing():
    assert [point.settings for point in points({})] == [()]


def test_a_point_has_the_same_label_whatever_the_order_of_the_axes():
    assert {p.label for p in points({"a": (1,), "b": (2, 3)})} == {p.label for p in points({"b": (3, 2), "a": (1,)})}


@pytest.mark.parametrize("value", [1, 0.5, True, "1s", 'it\'s, "so"', ["leader", "rest"], [["a"], ["b"]]])
def test_a_point_as_arguments_is_read_back_by_set(value):
    (point,) = points({"a.b": (value,)})
    option, text = shlex.split(point.arguments())
    assert (option, override(text)) == ("--set", ("a.b", value))


def test_a_scenario_without_a_chart_has_none_to_follow():
    with pytest.raises(UsageError, match="has no \\[sweep\\]"):
        charted({})


def test_runs_go_seed_by_seed_through_all_points():
    assert list(runs(2, range(3, 5))) == [(0, 3), (1, 3), (0, 4), (1, 4)]


@pytest.mark.parametrize(("count", "span", "n"), [(1, range(1, 11), 3), (3, range(7, 12), 4), (2, range(5, 6), 5)])
def test_shards_have_every_run_once(count, span, n):
    parts = [list(runs(count, span, (k, n))) for k in range(1, n + 1)]
    assert sorted(run for part in parts for run in part) == sorted(runs(count, span))
    assert [len(part) for part in parts] == [how_many(count, span, (k, n)) for k in range(1, n + 1)]


def test_a_span_may_be_longer_than_any_sweep_will_come():
    ahead = runs(2, seeds(f"0..{2**63 - 1}"), (2, 3))
    assert [next(ahead) for _ in range(2)] == [(1, 0), (0, 2)]
    assert how_many(1, seeds(f"0..{2**63 - 1}")) == 2**63
