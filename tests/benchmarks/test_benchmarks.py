"""The benchmarks compare like with like, and their table is whole. No test here looks at a time."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable, Hashable, Mapping
from functools import cache, partial
from pathlib import Path
from typing import Any

import pytest

from benchmarks import beat, quorum
from benchmarks.against_naive import FLOORS
from benchmarks.measure import Effort, against, in_turns, plainly, within
from benchmarks.naive import Naive
from benchmarks.table import text
from benchmarks.worlds import BEAT, HIGH, LOW, QUORUM, SEED, Workload, calm, names, plan
from sim.checks import SHIPPED
from sim.machine import Cluster, Machine, NodeId
from sim.units import MS, S
from sim.world import World

ROOT = Path(__file__).parents[2]
NODES = names(5)
Factory = Callable[[NodeId, Cluster], Machine]
FINITE: dict[str, Factory] = {
    "quorum": partial(quorum.machine, writes=20),
    "beat": partial(beat.machine, rounds=20),
    "beat, two partners": partial(beat.machine, partners=2, rounds=20),
}
NAMES = {
    *FLOORS,
    "quorum_trace_size",
    "beat_trace_size",
    "import_sim",
    "import_sim_world",
    "world_5_nodes",
    "world_5_nodes_booted",
    "message_100_nodes",
    "message_1000_nodes",
    "partition_1000_nodes",
    *(f"property_{prop.name}" for prop in SHIPPED),
    "properties_all",
    "sweep_2_workers",
    "sweep_run",
    "sweep_1_worker",
}


def held(machines: Mapping[NodeId, Machine]) -> dict[NodeId, dict[Hashable, str]]:
    """Return what every node holds at the end."""
    return {node: dict(machine.contents()) for node, machine in machines.items()}


def really(factory: Factory, low: int, high: int) -> tuple[int, int, dict[NodeId, dict[Hashable, str]]]:
    world = World(calm(factory, NODES, S, low, high), SEED, None)
    stats = world.run().stats
    machines = {node: host.machine for node, host in world.hosts.items() if host.machine is not None}
    return stats["messages_sent"], stats["messages_delivered"], held(machines)


def naively(factory: Factory, low: int, high: int) -> tuple[int, int, dict[NodeId, dict[Hashable, str]]]:
    naive = Naive(factory, NODES, low, high, SEED)
    naive.run(S)
    return naive.sent, naive.delivered, held({node: host.machine for node, host in naive.hosts.items()})


@pytest.mark.parametrize("name", FINITE)
@pytest.mark.parametrize(("low", "high"), [(3 * MS, 3 * MS), (LOW, HIGH)])
def test_the_naive_host_and_the_world_come_to_the_same_end(name: str, low: int, high: int) -> None:
    naive, real = naively(FINITE[name], low, high), really(FINITE[name], low, high)
    assert naive == real
    assert real[0] == real[1] > 300
    assert all(real[2].values())


def test_the_naive_host_keeps_what_the_disk_of_the_world_keeps() -> None:
    factory = FINITE["quorum"]
    naive = Naive(factory, NODES, LOW, HIGH, SEED)
    naive.run(S)
    world = World(calm(factory, NODES, S), SEED, None)
    world.run()
    for node in NODES:
        kept = {key: value[2] for key, value in naive.hosts[node].durable.items()}
        assert kept == {key: value[2] for key, value in world.hosts[node].disk.durable.items()}


def test_a_write_without_enough_copies_is_given_up_at_its_deadline_by_both() -> None:
    factory = partial(quorum.machine, writes=1)
    naive = Naive(factory, NODES, 60 * MS, 60 * MS, SEED)
    naive.run(S)
    world = World(calm(factory, NODES, S, 60 * MS, 60 * MS), SEED, None)
    world.run()
    for node in NODES:
        for made in (naive.hosts[node].machine, world.hosts[node].machine):
            assert isinstance(made, quorum.Quorum)
            assert (made.round, made.commit, made.pending) == (quorum.CLIENTS, 0, {})


@pytest.mark.parametrize("load", [QUORUM, BEAT], ids=lambda load: load.name)
def test_the_measured_worlds_have_faults_that_fire_and_properties_that_judge(load: Workload) -> None:
    outcome = World(plan(load, 5), SEED, ()).run()
    assert outcome.model_error is None
    assert [finding.verdict for finding in outcome.findings] == ["holds"] * 3
    assert outcome.stats["faults_fired"] == 2
    assert outcome.drops["loss"] > 0
    assert outcome.drops["partition"] > 0
    assert 4_000 < outcome.stats["messages_delivered"] < 6_000


@cache
def quick() -> dict[str, Any]:
    done = subprocess.run(
        [sys.executable, "-m", "benchmarks", "--quick", "--json"],
        cwd=ROOT, capture_output=True, text=True, check=True,
    )  # fmt: skip
    result: dict[str, Any] = json.loads(done.stdout)
    return result


def test_the_quick_table_names_what_it_was_measured_with() -> None:
    result = quick()
    assert list(result) == ["version", "python", "simpy", "machine", "rows"]
    assert result["machine"]["cores"] >= 1


def test_the_quick_table_has_every_row_once() -> None:
    found = [row["name"] for row in quick()["rows"]]
    assert len(found) == len(set(found))
    assert set(found) == NAMES


def test_every_row_is_whole() -> None:
    for row in quick()["rows"]:
        assert list(row) == ["name", "unit", "ratio", "low", "high", "floor", "met", "value", "baseline"]
        if row["ratio"] is not None:
            assert 0 < row["low"] <= row["ratio"] <= row["high"]
            assert row["baseline"] > 0
        if row["floor"] is not None and row["ratio"] is not None:
            assert row["met"] is (row["ratio"] >= row["floor"])
        else:
            assert row["met"] is None


def test_a_table_reads_with_a_line_a_row() -> None:
    lines = text(quick()).split("\n")
    assert {line.split()[0] for line in lines[3:]} == NAMES


def test_a_ratio_is_the_median_of_the_rounds_and_more_is_better() -> None:
    row = against("x", "us", [1.0, 2.0, 4.0], [4.0, 4.0, 4.0], 2.0)
    assert (row.ratio, row.low, row.high, row.met) == (2.0, 1.0, 4.0, True)
    assert (row.value, row.baseline) == (2.0, 4.0)
    assert against("x", "us", [3.0], [4.0], 2.0).met is False


def test_a_limit_is_met_by_what_costs_less() -> None:
    assert within("x", "ms", [20.0], 60.0).met is True
    assert within("x", "ms", [61.0], 60.0).met is False


def test_a_figure_without_a_promise_has_no_verdict() -> None:
    assert plainly("x", "bytes", [3.0, 1.0, 2.0]).value == 2.0
    assert plainly("x", "bytes", [3.0]).met is None


def test_variants_take_turns_and_the_first_round_only_warms_up() -> None:
    order: list[str] = []

    def variant(name: str) -> float:
        order.append(name)
        return float(len(order))

    figures = in_turns({"a": partial(variant, "a"), "b": partial(variant, "b")}, Effort(rounds=2))
    assert order == ["a", "b"] * 3
    assert figures == {"a": [3.0, 5.0], "b": [4.0, 6.0]}
