import json
import re

import density
import pytest
from density import (
    PAGE,
    REPEATS,
    RUNS,
    STORED,
    STRATEGIES,
    Target,
    cell,
    first_of,
    genuine,
    measure,
    page,
    runs_of,
    targets,
)  # fmt: skip
from planted import NONE, PLANTED, SOUND, model

from scenarios.schedules import Schedule

MADE = json.loads(STORED.read_text("utf-8"))
ROWS = {Target(row["scenario"], row["bug"]): row for row in MADE["rows"]}
SLICE = targets()[7::19]


def test_the_page_says_what_was_measured():
    assert PAGE.read_text("utf-8") == page(MADE)


def test_every_planted_bug_of_a_baseline_was_looked_for_and_the_sound_machine_too():
    assert list(ROWS) == targets()
    baselines = (*SOUND, "epidemic_bugs")
    bugs = [(model(planted.scenario), planted.bug) for planted in PLANTED]
    assert [bug for bug in bugs if bug[0] in baselines] == [(model(t.scenario), t.bug) for t in ROWS if t.bug != NONE]


def test_nothing_fails_where_there_is_no_bug():
    for target, row in ROWS.items():
        if target.bug == NONE:
            assert row["first"] == dict.fromkeys(STRATEGIES, [None] * REPEATS)


def test_what_the_sound_machine_does_not_bear_either_is_no_find(monkeypatch):
    target = Target("raft/nemesis", "votes-repeatedly")
    found = Schedule(target.experiment(), 1, ())
    assert genuine(target, found)
    monkeypatch.setattr(density, "failing", lambda schedule: schedule)
    assert not genuine(target, found)


@pytest.mark.parametrize("target", SLICE, ids=lambda target: f"{target.scenario}-{target.bug}")
def test_the_first_search_of_each_strategy_ends_as_the_page_says(target):
    (row,) = measure([target], repeats=1)
    assert row["first"] == {name: first[:1] for name, first in ROWS[target]["first"].items()}


def test_a_search_ends_with_the_first_run_that_fails():
    target = Target("rumours", NONE)
    assert first_of(target, iter([None, None, True, None])) == 3
    assert first_of(target, iter([None])) is None


def test_a_search_without_a_find_counts_all_its_runs():
    assert runs_of([3, None]) == 3 + RUNS


@pytest.mark.parametrize(
    ("first", "told"),
    [
        ([None] * 6, "0"),
        ([1, 2, 3, 4, 5, 9], "6: 3.5 [1, 9]"),
        ([2, 2, 2, 2, None, None], f"4: 2 [2, >{RUNS}]"),
        ([7, None, None, None, None, None], f"1: >{RUNS} [7, >{RUNS}]"),
    ],
)
def test_a_cell_has_how_many_searches_found_it_and_the_median_run(first, told):
    assert cell(first) == told


def test_the_page_names_every_strategy_with_its_runs_for_a_find():
    for name in STRATEGIES:
        assert re.search(
            rf"^\| {name} \| \d+ of \d+ \| \d+ of \d+, .* \| \d+\.\d \| \d+ \| \d+\.\d\d \|$", page(MADE), re.M
        )
