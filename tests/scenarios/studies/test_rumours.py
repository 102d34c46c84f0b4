"""The study of rumours on fewer sites: its figures hang together as the paper says they do."""

from math import exp

import pytest

from scenarios.studies.baselines.push_rounds import rounds
from scenarios.studies.baselines.rumours import Job, closed_form, run, spread_once
from scenarios.studies.spread import Spread


def test_the_residue_of_push_is_e_to_the_minus_traffic() -> None:
    answers = [spread_once(Job("push feedback counter", 1, seed, 400)) for seed in range(1, 9)]
    residue = sum(one[0] for one in answers) / len(answers)
    traffic = sum(one[1] for one in answers) / len(answers)
    assert residue == pytest.approx(exp(-traffic), rel=0.15)


def test_more_contacts_leave_less_residue() -> None:
    few, many = (
        sum(spread_once(Job("push feedback counter", k, seed, 200))[0] for seed in range(1, 7)) for k in (1, 3)
    )
    assert few > 2 * many


def test_the_closed_form_is_a_solution() -> None:
    for k in (1, 2, 3):
        s = closed_form(k)
        assert s == pytest.approx(exp(-(k + 1) * (1 - s)))
        assert 0 < s < 0.3


def test_every_site_hears_what_is_pushed_for_ever() -> None:
    assert 6 <= rounds((30, 1)) <= 20


def test_the_study_has_a_row_for_each_published_figure(monkeypatch: pytest.MonkeyPatch) -> None:
    from scenarios.studies.baselines import rumours

    monkeypatch.setattr(rumours, "PUBLISHED", {("push feedback counter", 1): (0.18, 1.7, 11.0, 16.8)})
    monkeypatch.setattr(rumours, "COIN", ("push feedback coin", (1,)))
    monkeypatch.setattr(rumours, "SITES", 100)
    result = run(2, Spread())
    figures = ["residue", "traffic", "t_ave", "t_last"]
    assert [row.name for row in result.rows[:4]] == [f"push feedback counter k=1 {figure}" for figure in figures]
    assert {row.published for row in result.rows[:4]} == {0.18, 1.7, 11.0, 16.8}
    assert set(result.charts) == {"residue", "traffic"}


def test_a_blind_site_that_sends_once_hands_the_rumour_on_until_it_meets_who_knows_it() -> None:
    residue, traffic, _, _ = spread_once(Job("push blind coin", 1, seed=1, sites=50))
    known = round((1 - residue) * 50)
    assert known > 2  # whom the first site told was told before it lost interest, and told another
    assert traffic * 50 == pytest.approx(known)  # each sent one copy, the last of them to one who knew
