from dataclasses import replace

import pytest

from scenarios.sweep import opened, read_job, summarise, sweep
from scenarios.sweep.grid import points
from scenarios.sweep.row import Row, Unfinished, Violation
from scenarios.sweep.tell import told

GOOD = Row(0, 0, "d", "as-expected", False, {"p": "holds", "q": "vacuous"}, (), None, None, {}, {"lag_max": 3})
BAD = replace(
    GOOD, verdict="unexpected", verdicts={"p": "violated", "q": "vacuous"}, unexpected=("p",), metrics={"lag_max": 5},
    violation=Violation("p", "two of them", 4, 9),
)  # fmt: skip
UNDECIDED = replace(GOOD, verdict="unexpected", undecided=True, verdicts={"p": "unknown", "q": "vacuous"})
SPAN = range(1, 11)


@pytest.fixture
def summed(scenario):
    """Sums up rows of two points, given by seed."""

    def sums(first, second=None, unfinished=()):
        axes = [] if second is None else [("cluster.nodes", (3, 5))]
        job = read_job(str(scenario), axes=axes)
        with opened(None, job) as store:
            store.begin(job, SPAN, (1, 1))
            for point, rows in enumerate((first, second or {})):
                store.add(job.points, [replace(row, point=point, seed=seed) for seed, row in rows.items()])
            store.add(job.points, unfinished)
            return summarise(store, job, SPAN)

    return sums


def test_verdicts_are_counted_per_property(summed):
    found = summed({seed: BAD if seed == 4 else GOOD for seed in SPAN}).result()
    assert found["properties"] == {"p": {"holds": 9, "violated": 1}, "q": {"vacuous": 10}}
    assert (found["runs"], found["unexpected"], found["unexpected_seeds"]) == (10, 1, [4])


def test_a_probability_is_of_the_runs_that_were_judged(summed):
    found = summed({1: BAD, 2: GOOD, 3: GOOD, 4: UNDECIDED}).result()["violation_probability"]
    assert (found["p"]["count"], found["p"]["of"]) == (1, 3)
    assert found["q"] == {"count": 0, "of": 0, "estimate": None, "low": None, "high": None}


def test_a_property_that_was_never_violated_has_the_rule_of_three(summed):
    assert summed(dict.fromkeys(SPAN, GOOD)).result()["violation_probability"]["p"]["high"] == 0.3


def test_metrics_have_medians_with_intervals(summed):
    found = summed({seed: replace(GOOD, metrics={"lag_max": seed, "split_ns": None}) for seed in SPAN}).result()
    assert found["metrics"] == {"lag_max": {"runs": 10, "median": 5.5, "low": 2.0, "high": 9.0}}


def test_exit_codes_say_what_is_worst(summed):
    assert summed({1: GOOD}).code == 0
    assert summed({1: GOOD, 2: UNDECIDED}).code == 4
    assert summed({1: UNDECIDED, 2: BAD}).code == 1
    assert summed({1: BAD}, unfinished=[Unfinished(0, 2, "x")]).code == 3


def test_what_was_asked_and_did_not_come_is_missing(summed):
    found = summed({1: GOOD, 2: GOOD}).result()
    assert (found["runs"], found["asked"], found["complete"]) == (2, 10, False)


def test_each_point_of_a_grid_is_summed_up_by_itself(summed):
    found = summed({1: GOOD, 2: GOOD}, {1: BAD, 2: GOOD}).result()
    assert [(one["set"], one["unexpected"]) for one in found["points"]] == [
        ({"cluster.nodes": 3}, 0), ({"cluster.nodes": 5}, 1),
    ]  # fmt: skip
    assert found["metrics"] == {}
    assert found["unexpected_runs"] == [
        {"seed": 1, "set": {"cluster.nodes": 5}, "properties": ["p"], "why": "two of them"}
    ]  # fmt: skip


def test_two_points_are_compared_seed_by_seed(summed):
    first = {seed: replace(GOOD, metrics={"lag_max": 100 * seed}) for seed in range(1, 9)}
    second = {seed: replace(BAD, metrics={"lag_max": 100 * seed + 7}) for seed in range(3, 11)}
    (found,) = summed(first, second).result()["differences"]
    assert (found["of"], found["to"], found["pairs"]) == ({"cluster.nodes": 5}, {"cluster.nodes": 3}, 6)
    assert found["metrics"]["lag_max"] == {"runs": 6, "median": 7.0, "low": 7.0, "high": 7.0}
    shift = found["violation_probability"]["p"]
    assert (shift["pairs"], shift["only_to"], shift["only_of"], shift["difference"]) == (6, 0, 6, 1.0)
    assert shift["low"] > 0.3


def test_pairs_in_which_a_property_had_nothing_to_judge_do_not_count(summed):
    (found,) = summed({1: GOOD, 2: BAD}, {1: BAD, 2: UNDECIDED}).result()["differences"]
    assert found["violation_probability"]["p"]["pairs"] == 1
    assert "q" not in found["violation_probability"]


def test_two_settings_under_one_seed_met_the_same_weather(scenario):
    job = read_job(str(scenario), axes=[("clients.until", ("6s", "7s"))])
    found = sweep(job, range(1, 13), rerun=0).result()
    alone, paired = found["points"][1]["metrics"], found["differences"][0]["metrics"]
    spread = {name: one["high"] - one["low"] for name, one in (("a", alone["lag_max"]), ("b", paired["lag_max"]))}
    assert spread["b"] <= spread["a"]


def test_a_long_list_of_failing_runs_names_the_first_of_each_point(summed):
    found = summed(dict.fromkeys(SPAN, BAD)).result()
    assert [row["seed"] for row in found["unexpected_runs"]] == list(SPAN)


def test_only_so_many_runs_are_named(summed, monkeypatch):
    monkeypatch.setattr("scenarios.sweep.summary.LISTED", 3)
    found = summed(dict.fromkeys(range(4, 11), BAD), unfinished=[Unfinished(0, seed, "x") for seed in range(1, 4)])
    result = found.result()
    assert [row["seed"] for row in result["unexpected_runs"]] == [4, 5, 6]
    assert (result["unexpected"], len(result["unfinished"]), found.code) == (7, 3, 3)


# -- as text -----------------------------------------------------------------------------------------------


def text(summary):
    return told(summary, lambda point: f"x --point-{point}")


def test_a_person_is_told_counts_chances_medians_and_how_to_see_a_failure(summed):
    lines = text(summed({seed: BAD if seed == 4 else GOOD for seed in SPAN})).splitlines()
    assert lines[0] == "my_log seeds 1..10: 10 runs, 1 unexpected (10 %, 95 %: 1.79 % to 40.4 %)"
    assert "  p        holds 9, violated 1  violated (10 %, 95 %: 1.79 % to 40.4 %)" in lines
    assert "  lag_max  median 3 (3 to 3), of 10 runs" in lines
    assert "  see netsplit run x --point-0 --seed 4" in lines
    assert lines[-1].startswith("digest ")


def test_a_person_is_told_what_a_setting_changes(summed):
    said = text(summed(dict.fromkeys(SPAN, GOOD), dict.fromkeys(SPAN, BAD)))
    assert "cluster.nodes 5 beside cluster.nodes 3, 10 seeds that both have:" in said
    assert "  p  violated +100 %" in said
    assert "  lag_max  median difference 2 (2 to 2), of 10" in said


def test_a_person_is_told_what_is_missing_and_why(summed):
    said = text(summed({1: GOOD}, unfinished=[Unfinished(0, 2, "its worker died (X)")]))
    assert "  9 of 10 runs are missing" in said
    assert "  unfinished: seed 2: its worker died (X)" in said


def test_numbers_are_told_in_the_unit_of_their_name(summed):
    metrics = {"split_ns": 1_500_000_000, "availability_ppm": 999_000, "failovers": 2}
    said = text(summed({1: replace(GOOD, metrics=metrics)}))
    assert "split_ns          median 1.500000s" in said
    assert "availability_ppm  median 99.9 %" in said
    assert "failovers         median 2, of 1 runs" in said


def test_points_have_distinct_names_for_a_person():
    assert [point.told() for point in points({"a": ("1s", 2), "b": ([1],)})] == ["a 1s, b [1]", "a 2, b [1]"]
