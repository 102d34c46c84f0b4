"""Two sweeps, or two settings of one, are compared pair by pair; what has no partner is counted and left out."""

import pytest

from reports.chart import draw
from reports.comparison import CannotCompare, metric_table, of_axis, of_sweeps, violation_table
from reports.comparisonfigures import charts
from reports.samples import Sample, Samples
from reports.sweepfigures import WORDS
from sim.metrics import METRICS

S = 1_000_000_000


def run(seed: int, failover: int | None, verdict: str = "holds", **axes: float | str | None) -> Sample:
    return Sample(axes, seed, {"agree": verdict}, {"failover_ns": failover})


def sweep(*runs: Sample) -> Samples:
    return Samples("s", dict.fromkeys(runs[0].axes, ""), runs)


SEEDS = range(1, 11)
# A metric whose seeds differ far more than its settings: only pairs show the second.
PLAIN = [run(seed, 100 * seed * S, profile="plain") for seed in SEEDS]
HARD = [run(seed, (100 * seed + 1) * S, "violated" if seed < 4 else "holds", profile="hard") for seed in SEEDS]


def test_runs_of_one_seed_are_a_pair() -> None:
    (row,) = metric_table(of_axis(sweep(*PLAIN, *reversed(HARD)), "profile")).named()
    assert (row["pairs"], row["measured"], row["difference"]) == (10, 10, 1.0)
    assert (row["difference_low"], row["difference_high"], row["mean"]) == (1.0, 1.0, 1.0)
    assert (row["median"], row["median_beside"], row["unit"]) == (551.0, 550.0, "s")


def test_the_side_named_first_has_the_difference_and_the_other_stands_beside() -> None:
    hard, plain = (sweep(*[Sample({}, r.seed, r.verdicts, r.metrics) for r in runs]) for runs in (HARD, PLAIN))
    found = of_sweeps(("hard", hard), ("plain", plain))
    (row,) = metric_table(found).named()
    assert (row["sweep"], row["beside"], row["difference"], row["higher"], row["lower"]) == (
        "hard",
        "plain",
        1.0,
        10,
        0,
    )


def test_a_run_without_a_partner_is_left_out_and_counted() -> None:
    one, other = sweep(*[run(seed, S) for seed in range(1, 8)]), sweep(*[run(seed, S) for seed in range(5, 15)])
    found = of_sweeps(("one", one), ("other", other))
    assert (found.places[0].pairs.count, found.left) == (3, {"one": (4, 7)})


def test_pairs_stand_at_one_point_of_all_other_axes() -> None:
    runs = [run(1, n * S * (2 if mode == "b" else 1), n=n, mode=mode) for n in (3, 5) for mode in ("a", "b")]
    table = metric_table(of_axis(sweep(*runs), "mode"))
    assert [(row["n"], row["mode"], row["difference"]) for row in table.named()] == [(3, "b", 3.0), (5, "b", 5.0)]


def test_every_other_value_of_an_axis_is_compared_with_its_first() -> None:
    runs = [run(seed, n * S, n=n) for n in (3, 5, 7) for seed in SEEDS]
    found = metric_table(of_axis(sweep(*runs), "n")).named()
    assert [(row["n"], row["beside"], row["difference"]) for row in found] == [(5, 3, 2.0), (7, 3, 4.0)]


def test_runs_without_a_setting_are_compared_with_those_that_have_it() -> None:
    found = of_axis(sweep(*[run(seed, S, profile=p) for seed in SEEDS for p in (None, "hard")]), "profile")
    assert (found.beside, found.name(found.beside), found.name("hard")) == (None, "profile not set", "profile hard")


def test_both_sides_shares_stand_above_each_other_with_the_pairs_that_differ() -> None:
    plain, hard = violation_table(of_axis(sweep(*PLAIN, *HARD), "profile")).named()
    assert (plain["profile"], plain["violated"], plain["only_here"], plain["p"]) == ("plain", 0, 0, None)
    assert (hard["profile"], hard["violated"], hard["only_here"], hard["difference"]) == ("hard", 3, 3, 0.3)
    assert hard["p"] == 0.25  # of three pairs that differ all differ alike: 2 / 2**3


def test_a_share_is_of_the_pairs_that_both_runs_judged() -> None:
    runs = [run(1, S, "violated", k="a"), run(1, S, "vacuous", k="b"), run(2, S, "violated", k="a"), run(2, S, k="b")]
    for row in violation_table(of_axis(sweep(*runs), "k")).named():
        assert (row["pairs"], row["judged"]) == (2, 1)


def test_a_property_that_nobody_violates_is_not_listed_unless_it_is_named() -> None:
    found = of_axis(sweep(*PLAIN, *[run(seed, S, profile="hard") for seed in SEEDS]), "profile")
    assert violation_table(found).rows == ()
    assert [row["share"] for row in violation_table(found, ("agree",)).named()] == [0.0, 0.0]


@pytest.mark.parametrize(
    ("one", "other", "complaint"),
    [
        (sweep(run(1, S)), sweep(run(2, S), run(4, S)), "no seed .* one has seeds 1..1, other has seeds 2..4"),
        (sweep(run(1, S, n=3)), sweep(run(1, S, n=5)), "no settings .* one has n 3, other has n 5"),
        (sweep(run(1, S, n=3)), sweep(run(1, S)), "different axes, one: n; other: none; allowed: the same axes"),
    ],
)
def test_sweeps_without_pairs_are_refused(one: Samples, other: Samples, complaint: str) -> None:
    with pytest.raises(CannotCompare, match=complaint):
        of_sweeps(("one", one), ("other", other))


def test_an_axis_of_one_value_cannot_be_compared() -> None:
    with pytest.raises(CannotCompare, match="found n with one value, 3, allowed: an axis with two or more"):
        of_axis(sweep(run(1, S, n=3), run(2, S, n=3)), "n")


def test_a_value_without_a_seed_of_the_first_is_refused_by_name() -> None:
    with pytest.raises(CannotCompare, match=r"n 7 has seeds 5\.\.5, n 3 has seeds 1\.\.1"):
        of_axis(sweep(run(1, S, n=3), run(1, S, n=5), run(5, S, n=7)), "n")


def test_every_metric_has_words() -> None:
    assert set(WORDS) == set(METRICS)


# -- charts ------------------------------------------------------------------------------------------------


def test_one_setting_beside_one_makes_a_chart_of_metrics_and_one_of_properties() -> None:
    told = charts(of_axis(sweep(*PLAIN, *HARD), "profile"), "t")
    assert {name: (chart.form, chart.x) for name, (chart, _) in told.items()} == {
        "difference": ("rows", "metric"), "difference_violations": ("rows", "property"),
    }  # fmt: skip
    assert told["difference"][0].notes["failover_ns"] == "+1 s (+1 to +1); lower 0, higher 10 of 10"
    assert "only here 3, only beside 0 of 10; p 0.25" in told["difference_violations"][0].notes["agree"]


def test_an_axis_of_numbers_goes_across_and_others_make_curves() -> None:
    runs = [
        run(seed, S, "violated" if n == 5 and mode == "b" else "holds", n=n, mode=mode, loss=loss)
        for seed in SEEDS for n in (3, 5) for mode in ("a", "b") for loss in ("low", "high")
    ]  # fmt: skip
    told = charts(of_axis(sweep(*runs), "mode"), "t")
    chart, table = told["difference_violations_agree"]
    assert (chart.form, chart.x, chart.by) == ("line", "n", "at")
    rows = [(row["at"], row["n"], row["difference"]) for row in table.named()]
    assert rows == [("loss low", 3, 0.0), ("loss high", 3, 0.0), ("loss low", 5, 1.0), ("loss high", 5, 1.0)]


def test_an_axis_of_words_makes_rows() -> None:
    runs = [run(seed, S, k=k, mode=mode) for seed in SEEDS for k in ("x", "y") for mode in ("a", "b")]
    chart, _ = charts(of_axis(sweep(*runs), "mode"), "t")["difference_failover"]
    assert (chart.form, chart.x, chart.names) == ("rows", "k", {"x": "k x", "y": "k y"})


def test_more_curves_than_can_be_told_apart_make_a_map() -> None:
    runs = [run(seed, S, n=n, m=m, k=k) for seed in SEEDS for n in (3, 5) for m in range(9) for k in ("a", "b")]
    chart, table = charts(of_axis(sweep(*runs), "k"), "t")["difference_failover"]
    assert chart.form == "heat"
    assert draw(chart, table).axes[0].images


def test_axes_keep_the_order_of_the_grid() -> None:
    runs = [run(1, S, z=z, k=k, a=a) for z in (1, 2) for k in ("x", "y") for a in (3, 4)]
    assert of_axis(sweep(*runs), "k").axes == ("z", "a", "k")


def test_what_is_the_same_in_every_pair_has_words_and_no_axis() -> None:
    told = charts(of_axis(sweep(*[run(seed, S, k=k) for seed in SEEDS for k in ("a", "b")]), "k"), "t")
    chart, table = told["difference"]
    assert chart.notes == {"failover_ns": "the same in all 10 pairs"}
    assert [axes for axes in draw(chart, table).axes if axes.lines] == []


def test_a_metric_that_no_pair_has_twice_is_said_to_have_none() -> None:
    runs = [run(seed, S if k == "a" else None, k=k) for seed in SEEDS for k in ("a", "b")]
    chart, _ = charts(of_axis(sweep(*runs), "k"), "t")["difference"]
    assert chart.notes == {"failover_ns": "in no pair on both sides; only beside 10"}
