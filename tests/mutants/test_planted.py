import re

import pytest
from planted import BUDGET, PAGE, PLANTED, bugs, model, passes, prepared, ranges, seeds_that_catch

from sim.checks import SHIPPED
from sim.checks.consistency import ORACLES
from sim.jury import Jury
from sim.tracefile import read
from sim.world import run

SCENARIOS = tuple(dict.fromkeys(planted.scenario for planted in PLANTED))
ROW = re.compile(r"^\| (\w+) \| ([\w-]+) \| .+ \| ([\w/]+) \| `(\w+)` \| (\d+) of (\d+): ([\d, -]+) \| .* \|$", re.M)


@pytest.mark.parametrize("scenario", SCENARIOS)
def test_the_sound_machine_survives_the_budget_and_gives_its_oracles_something_to_judge(scenario):
    holds = passes(scenario, BUDGET)
    assert [p.oracle for p in PLANTED if p.scenario == scenario and not holds[p.oracle]] == []


@pytest.mark.parametrize("planted", PLANTED, ids=lambda planted: planted.bug)
def test_a_planted_bug_is_caught_by_its_oracle_at_the_seed_that_the_table_names(planted):
    rows = ROW.findall(PAGE.read_text("utf-8"))
    (row,) = [row for row in rows if (row[2], row[1], row[3]) == planted[:3]]
    first, _ = next(seeds_that_catch(planted))
    assert re.match(r"\d+", row[6])[0] == str(first)
    assert int(row[5]) == planted.budget >= first


@pytest.mark.parametrize("planted", PLANTED[:: len(PLANTED) // 8], ids=lambda planted: planted.bug)
def test_the_stored_trace_of_a_planted_bug_is_judged_as_the_run_was(planted, tmp_path):
    made = prepared(planted.scenario, planted.bug)
    seed, _ = next(seeds_that_catch(planted))
    with (tmp_path / "trace.jsonl").open("wb") as trace:
        online = run(made.plan(seed), seed, (trace,)).findings
    header, records = read(tmp_path / "trace.jsonl")
    jury = Jury(made.properties, header)
    jury.hear_all(records)
    assert jury.findings() == online


def test_the_table_has_a_row_for_every_planted_bug_in_order():
    rows = [(scenario, bug, oracle) for _, bug, scenario, oracle, *_ in ROW.findall(PAGE.read_text("utf-8"))]
    assert rows == [planted[:3] for planted in PLANTED]


def test_every_bug_that_a_machine_knows_is_planted():
    known = {(model(scenario), bug) for scenario in SCENARIOS for bug in bugs(scenario)}
    assert known == {(model(planted.scenario), planted.bug) for planted in PLANTED}


def test_every_seed_that_the_table_counts_is_named():
    for *_, count, budget, seeds in ROW.findall(PAGE.read_text("utf-8")):
        ends = [run.split("-") for run in seeds.split(", ")]
        named = [seed for first, *last in ends for seed in range(int(first), int((last or [first])[0]) + 1)]
        assert (len(named), named[-1] <= int(budget)) == (int(count), True)
        assert ranges(named) == seeds


def test_an_oracle_of_the_table_ships_or_is_the_machines_own():
    own = {"legal_turns", "detected_in_time", "settled_after_failover", "settled_after_heal"}
    assert {planted.oracle for planted in PLANTED} <= {prop.name for prop in SHIPPED} | own | set(ORACLES)
