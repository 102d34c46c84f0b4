"""What the shipped properties cost: each by the records that it is given, and all of them on a run.

The records are those of two sound machines in bad weather, from tests/mutants, and of a healthy run of ecs: between
them they offer every field and fact that a shipped property reads.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory
from time import process_time

from scenarios import catalog
from scenarios.build import experiment
from scenarios.load import read
from scenarios.plan import Experiment
from sim.checks import SHIPPED
from sim.jury import Case
from sim.property import Property
from sim.trace import Header, Record
from sim.tracefile import read as read_trace
from sim.world import run

from .measure import Effort, Row, against, in_turns, plainly

MACHINES = Path(__file__).resolve().parent.parent / "tests/mutants"
SEED = 2


def _experiment(name: str) -> Experiment:
    return experiment(read(MACHINES / f"{name}.toml"))


def _records(made: Experiment) -> tuple[Header, list[Record]]:
    with TemporaryDirectory() as folder:
        path = Path(folder) / "trace.jsonl"
        with path.open("wb") as trace:
            run(made.plan(SEED), SEED, (trace,))
        header, records = read_trace(path)
        return header, list(records)


def _hearing(prop: Property, header: Header, heard: list[Record]) -> float:
    """Return the us that a property needs for a record, of those that it is given until it has decided."""
    case = Case(prop, header)
    hear = case.hear
    began = process_time()
    for record in heard:
        hear(record)
    case.close()
    return (process_time() - began) / len(heard) * 1e6


def _running(made: Experiment, judged: bool) -> float:
    """Return the us that a message costs in an untraced run, with all properties or with none."""
    plan = made.plan(SEED)
    began = process_time()
    outcome = run(plan if judged else replace(plan, properties=()), SEED, None)
    return (process_time() - began) / outcome.stats["messages_delivered"] * 1e6


def rows(effort: Effort) -> list[Row]:
    """Measure every shipped property, and a run with all that apply beside the same run with none."""
    variants: dict[str, Callable[[], float]] = {}
    hostile = _experiment("hostile")
    shipped = {prop.name for prop in SHIPPED}
    for made in (hostile, _experiment("counter"), experiment(read(catalog.resolve("ecs/healthy_run_is_reported")))):
        header, records = _records(made)
        for prop in made.properties:
            heard = [record for record in records if record.kind in prop.needs or record.name in prop.needs]
            if prop.name not in variants and prop.name in shipped:
                variants[prop.name] = partial(_hearing, prop, header, heard)
    variants["all"] = partial(_running, hostile, True)
    variants["none"] = partial(_running, hostile, False)
    figures = in_turns(variants, effort)
    each = [plainly(f"property_{name}", "us/record", figures[name]) for name in variants if name not in ("all", "none")]
    return [*each, against("properties_all", "us/message", figures["all"], figures["none"], None)]
