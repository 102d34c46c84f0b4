"""Small traces with figures worked out by hand, and whole runs beside what reports/series makes of their traces."""

from collections import namedtuple

import pytest

from reports.series import combine, field_steps, leaders_at_once, spread
from scenarios.run import prepare
from sim.history import History, Operation
from sim.metrics import METRICS, Meter, of_history, quantile
from sim.trace import Faulted, Header, Record
from sim.tracefile import read
from sim.world import run

NODES = ("a", "b", "c")
View = namedtuple("View", ["role", "tail"])


class Script:
    """A meter that is told what nodes show, one record after the other."""

    def __init__(self, heal=None, views=("role", "tail")):
        self.meter = Meter()
        self.meter.begin(Header(NODES, stop=1000, heal=heal, views=views))
        self.shown = {}
        self.seq = 0

    def tell(self, at, kind, node, data, was=None):
        self.seq += 1
        self.meter.hear(Record(self.seq, at, kind, node, None, None, data, was))
        return self

    def view(self, at, node, role, tail):
        now = View(role, tail)
        self.tell(at, "state", node, now, self.shown.get(node))
        self.shown[node] = now
        return self

    def gone(self, at, node):
        return self.tell(at, "state", node, None, self.shown.pop(node))

    def fault(self, at, what, phase, nodes, number=0):
        return self.tell(at, "fault", None, Faulted(number, what, phase, {}, tuple(nodes)))

    def figures(self, end=1000, history=None, messages=0):
        return self.meter.figures(end, history or History(), messages)


def told(*operations):
    history = History()
    for i, (invoked, ended, outcome) in enumerate(operations):
        operation = Operation(i, "c", 0, "write", (), "a", invoked)
        history.begin(operation)
        if ended is not None:
            history.end(operation, ended, outcome, None)
    return history


def test_every_figure_is_described():
    assert set(Script().figures()) == set(METRICS)


def test_a_crashed_leader_is_replaced_after_the_time_between():
    script = Script().view(0, "a", "leader", 0).view(0, "b", "follower", 0).gone(100, "a").view(130, "b", "leader", 0)
    figures = script.figures()
    assert (figures["failovers"], figures["failover_ns"], figures["leaderless_ns"]) == (1, 30, 30)


def test_a_leader_that_is_cut_off_is_replaced_while_it_still_believes_to_lead():
    script = Script().view(0, "a", "leader", 0).view(0, "b", "follower", 0)
    script.fault(100, "partition", "begin", NODES).view(150, "b", "leader", 0).view(180, "a", "follower", 0)
    figures = script.figures()
    assert (figures["failover_ns"], figures["split_ns"], figures["leaderless_ns"]) == (50, 30, 0)


def test_a_cut_that_a_leader_outlives_is_no_failover():
    script = Script().view(0, "a", "leader", 0).view(0, "b", "follower", 0)
    script.fault(100, "partition", "begin", NODES).fault(200, "partition", "mend", NODES).view(900, "b", "leader", 0)
    assert script.figures()["failovers"] == 0


def test_a_fault_that_leaves_the_leader_alone_is_no_failover():
    script = Script().view(0, "a", "leader", 0).view(0, "b", "follower", 0)
    script.fault(100, "clock", "begin", ["a"]).fault(100, "pause", "begin", ["b"], 1).view(200, "b", "leader", 0)
    assert script.figures()["failovers"] == 0


def test_several_failovers_have_a_median_and_a_longest():
    script = Script()
    for at, gap in ((0, 10), (100, 30), (200, 20)):
        script.view(at, "a", "leader", 0).gone(at + 50, "a").view(at + 50 + gap, "a", "leader", 0).gone(at + 90, "a")
        script.view(at + 99, "a", "leader", 0)
    figures = script.figures()
    assert figures["failovers"] == 6
    assert figures["failover_ns_max"] == 30
    assert figures["failover_ns"] == 9


def test_time_before_the_first_leader_is_not_leaderless():
    assert Script().view(0, "a", "follower", 0).view(400, "a", "leader", 0).figures()["leaderless_ns"] == 0


def test_replicas_have_converged_when_they_are_alike_for_good():
    script = Script(heal=100).view(0, "a", "x", 0).view(0, "b", "x", 0).view(90, "a", "x", 5).view(120, "b", "x", 5)
    script.view(150, "a", "x", 6).view(170, "b", "x", 6)
    assert script.figures()["convergence_ns"] == 70


def test_replicas_that_are_alike_at_heal_converge_at_once():
    assert Script(heal=100).view(0, "a", "x", 1).view(0, "b", "x", 1).figures()["convergence_ns"] == 0


def test_replicas_that_differ_at_the_end_have_not_converged():
    assert Script(heal=100).view(0, "a", "x", 1).view(0, "b", "x", 2).figures()["convergence_ns"] is None


def test_one_replica_alone_converges_with_nobody():
    assert Script(heal=100).view(0, "a", "x", 1).figures()["convergence_ns"] is None


def test_a_node_under_a_fault_for_ever_does_not_hold_up_convergence():
    script = Script(heal=100).view(0, "a", "x", 1).view(0, "b", "x", 1).view(0, "c", "x", 0)
    script.fault(130, "pause", "forever", ["c"])
    assert script.figures()["convergence_ns"] == 30


def test_lag_is_the_greatest_difference_of_tails_and_how_long_there_was_any():
    script = Script().view(0, "a", "x", 0).view(0, "b", "x", 0).view(100, "a", "x", 7).view(150, "b", "x", 7)
    script.view(900, "a", "x", 9)
    figures = script.figures()
    assert (figures["lag_max"], figures["behind_ns"]) == (7, 150)


def test_a_node_that_is_down_is_behind_nobody():
    script = Script().view(0, "a", "x", 0).view(0, "b", "x", 0).gone(50, "b").view(100, "a", "x", 7)
    assert script.figures()["behind_ns"] == 0


def test_tails_that_are_no_numbers_have_no_greatest_difference():
    figures = Script().view(0, "a", "x", "p").view(10, "b", "x", "q").figures()
    assert (figures["lag_max"], figures["behind_ns"]) == (None, 990)


def test_a_view_without_fields_to_compare_has_nothing_measured():
    figures = Script(views=("load",)).figures()
    assert [figures[name] for name in ("convergence_ns", "lag_max", "failovers", "split_ns")] == [None] * 4


def test_waiting_is_measured_from_asking_to_ok():
    figures = of_history(told((0, 10, "ok"), (100, 130, "ok"), (200, 900, "fail"), (300, 320, "ok")))
    assert (figures["latency_ns_p50"], figures["latency_ns_p99"], figures["latency_ns_max"]) == (20, 30, 30)


def test_availability_is_the_share_of_operations_that_were_acknowledged():
    assert of_history(told((0, 10, "ok"), (1, 10, "info"), (2, None, None)))["availability_ppm"] == 333_333


def test_an_outage_is_the_longest_time_without_an_acknowledgement():
    assert of_history(told((0, 10, "ok"), (20, 400, "info"), (300, 310, "ok"), (350, 360, "ok")))["outage_ns"] == 300


def test_without_operations_there_is_nothing_to_measure():
    assert set(of_history(History()).values()) == {None}


def test_messages_are_counted_for_acknowledged_operations():
    figures = Script().figures(history=told((0, 10, "ok"), (1, 10, "ok"), (2, 3, "fail")), messages=9)
    assert figures["messages_per_1000_acknowledged"] == 4500


@pytest.mark.parametrize(("percent", "value"), [(0, 1), (50, 5), (51, 6), (99, 10), (100, 10)])
def test_a_quantile_is_one_of_the_numbers(percent, value):
    assert quantile(range(1, 11), percent) == value
    assert quantile((), percent) is None


@pytest.mark.parametrize(("name", "seed"), [("redex/cut_in_two", 1), ("redex/nemesis", 3), ("careless/nemesis", 2)])
def test_a_whole_run_has_the_figures_that_its_pictures_show(name, seed, tmp_path):
    experiment, meter, path = prepare(name), Meter(), tmp_path / "trace.jsonl"
    with path.open("wb") as trace:
        outcome = run(experiment.plan(seed), seed, (trace,), (meter.attend,))
    header, lines = read(path)
    records = list(lines)
    end = outcome.stats["sim_ns"]
    figures = meter.of(outcome.history, outcome.stats)

    apart = combine(field_steps(records, header.nodes, "tail"), spread)
    until = [*(at for at, _ in apart[1:]), end]
    behind = sum(to - at for (at, value), to in zip(apart, until, strict=True) if value)
    assert figures["behind_ns"] == behind
    assert figures["lag_max"] >= max(value for _, value in apart)
    leading = leaders_at_once(records)
    until = [*(at for at, _ in leading[1:]), end]
    assert figures["split_ns"] == sum(to - at for (at, value), to in zip(leading, until, strict=True) if value > 1)
    assert figures["convergence_ns"] == (None if apart[-1][1] else max(0, apart[-1][0] - header.heal))


def test_a_metered_run_has_the_digest_of_any_other():
    experiment = prepare("redex/cut_in_two")
    assert run(experiment.plan(1), 1, (), (Meter().attend,)).digest == run(experiment.plan(1), 1).digest


def test_a_stored_trace_has_the_figures_of_its_run(tmp_path):
    experiment, online, path = prepare("redex/cut_in_two"), Meter(), tmp_path / "trace.jsonl"
    with path.open("wb") as trace:
        outcome = run(experiment.plan(2), 2, (trace,), (online.attend,))
    header, records = read(path)
    stored = Meter()
    stored.begin(header)
    for record in records:
        stored.hear(record)
    assert stored.of(outcome.history, outcome.stats) == online.of(outcome.history, outcome.stats)
