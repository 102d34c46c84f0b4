"""One run: from an experiment and a seed to a result, and to the directory that holds everything about it."""

from __future__ import annotations

import json
from copy import deepcopy
from dataclasses import dataclass
from pathlib import Path
from time import perf_counter
from typing import Any

import tomli_w

from sim.checks.reasons import why_not_converged
from sim.metrics import Meter
from sim.tracefile import Show, quiet
from sim.tracefile import read as read_trace
from sim.units import clock_text, show_duration
from sim.world import Outcome
from sim.world import run as run_world

from . import catalog, rundir
from .build import experiment as build
from .load import read
from .plan import Experiment
from .verdict import Verdict, judge

CHAIN_MAX = 24  # records of a cause chain that are told


@dataclass(frozen=True)
class Run:
    """A finished run: its outcome, its verdict, and the result as it stands in result.json."""

    outcome: Outcome
    verdict: Verdict
    result: dict[str, Any]


def prepare(scenario: str, overrides: tuple[tuple[str, Any], ...] = ()) -> Experiment:
    """Return the experiment that a catalogue name or file describes. Raises UsageError."""
    return build(read(catalog.resolve(scenario), overrides))


def default_out(experiment: Experiment, seed: int) -> Path:
    """Return where a run goes if nobody says."""
    return Path("runs") / name_of(experiment) / f"seed-{seed}"


def name_of(experiment: Experiment) -> str:
    """Return what the scenario is called."""
    path = experiment.document.path
    return "scenario" if path is None else catalog.name_of(path)


def run(experiment: Experiment, seed: int, out: Path, plots: bool = True, show: Show = quiet) -> Run:
    """Run once and leave a run directory, replaced as a whole; `show` is told how far it has come.

    Raises UsageError if nothing may be put there.
    """
    with rundir.replacing(out) as folder:
        began = perf_counter()
        meter = Meter()
        plan = experiment.plan(seed)
        watchers = [meter.attend]
        if show is not quiet:
            watchers.append(lambda recorder: recorder.listen("step", lambda record: show(record.at, plan.stop)))
        with (folder / "trace.jsonl").open("wb") as trace:
            outcome = run_world(plan, seed, (trace,), watchers)
        wall_s = round(perf_counter() - began, 3)
        verdict = judge(experiment, outcome)
        result = _result(experiment, seed, outcome, verdict, folder / "trace.jsonl")
        result["stats"]["wall_s"] = wall_s
        result["metrics"] = meter.of(outcome.history, outcome.stats)
        result["out"] = str(out)
        with (folder / "history.jsonl").open("w", encoding="utf-8", newline="\n") as history:
            history.writelines(outcome.history.lines())
        (folder / "scenario.toml").write_bytes(replay_file(experiment, seed, outcome).encode())
        (folder / rundir.RESULT).write_text(dumps(result), encoding="utf-8")
        for name, write in experiment.model.files.items():
            header, records = read_trace(folder / "trace.jsonl")
            (folder / name).write_text(write(header.nodes, records), encoding="utf-8")
        if plots:
            from reports.draw import draw
            from reports.load import load

            draw(load(folder, show=show), folder, show=show)
    return Run(outcome, verdict, result)


def dumps(result: Any) -> str:
    """Return a result as text, the same for the same result."""
    return json.dumps(result, indent=1, ensure_ascii=False) + "\n"


def _result(experiment: Experiment, seed: int, outcome: Outcome, verdict: Verdict, trace: Path) -> dict[str, Any]:
    sentences = {prop.name: prop.sentence for prop in experiment.properties}
    sentences |= {oracle.name: oracle.sentence for oracle in experiment.oracles}
    told = [j.finding for j in verdict.judged if j.finding.verdict == "violated" and j.finding.seq is not None]
    late = {prop.name for prop in experiment.properties if prop.mode == "eventually"} & {
        j.finding.name for j in verdict.judged if j.finding.verdict == "violated"
    }
    why = why_not_converged(*read_trace(trace)) if late else []
    chains = cause_chains(trace, [f.seq for f in told if f.seq is not None])
    properties = []
    for judged in verdict.judged:
        finding = judged.finding
        evidence: dict[str, Any] | None = None
        if finding.sentence:
            evidence = {"sentence": finding.sentence, "seq": finding.seq, "at": finding.at}
            evidence["chain"] = chains.get(finding.seq or -1, [])
            evidence["why"] = why if finding.name in late else []
            evidence |= finding.evidence
        properties.append(
            {
                "name": finding.name,
                "sentence": sentences[finding.name],
                "verdict": finding.verdict,
                "expected": list(judged.expected),
                "as_expected": judged.met,
                "evidence": evidence,
            }
        )
    return {
        "format": rundir.FORMAT,
        "scenario": name_of(experiment),
        "model": experiment.model.name,
        "profile": experiment.profile,
        "seed": seed,
        "digest": outcome.digest,
        "verdict": verdict.word,
        "model_error": outcome.model_error,
        "remarks": list(verdict.remarks),
        "properties": properties,
        "not_judged": [{"name": name, "lacks": list(lacks)} for name, lacks in sorted(experiment.not_judged.items())],
        "core": list(outcome.core),
        "faults": [
            {
                "index": f.index,
                "occurrence": f.occurrence,
                "kind": f.kind,
                "colour": f.colour,
                "phase": f.phase,
                "begin": f.begin,
                "end": f.end,
                "nodes": list(f.nodes),
                "fields": f.fields,
            }
            for f in outcome.faults
        ],
        "clocks": {
            node: [{"at": at, "error_ns": error, "rate_ppm": ppm} for at, error, ppm in errors]
            for node, errors in outcome.clocks.items()
        },
        "drops": outcome.drops,
        "stats": dict(outcome.stats),
    }


# -- cause chains ------------------------------------------------------------------------------------------


def cause_chains(trace: Path, seqs: list[int]) -> dict[int, list[str]]:
    """Return for each record the sentences from its first cause to itself, the oldest first."""
    if not seqs:
        return {}
    causes: dict[int, int] = {}
    _, records = read_trace(trace)
    last = max(seqs)
    for record in records:
        if record.cause is not None:
            causes[record.seq] = record.cause
        if record.seq >= last:
            break
    chains: dict[int, list[int]] = {}
    for seq in seqs:
        chain = [seq]
        while chain[-1] in causes and len(chain) < CHAIN_MAX:
            chain.append(causes[chain[-1]])
        chains[seq] = chain[::-1]
    wanted = {seq for chain in chains.values() for seq in chain}
    _, records = read_trace(trace)
    told = {}
    for record in records:
        if record.seq in wanted:
            told[record.seq] = _told(record)
        if record.seq >= last:
            break
    return {seq: [told[s] for s in chain if s in told] for seq, chain in chains.items()}


def _told(record: Any) -> str:
    data = record.data
    match record.kind:
        case "send":
            what = f"sends {data.type} to {data.dst}"
        case "step":
            what = f"takes {data.input}"
        case "state":
            what = "is gone" if data is None else "is now " + _fields(data)
        case "note":
            what = f"notes {record.name} " + _fields(data)
        case "ask":
            what = f"is asked {data.action}{list(data.args)} by {data.client} (op {data.op})"
        case "answer":
            what = f"answers {data.outcome} to {data.client} (op {data.op})"
        case "boot":
            what = f"boots, life {data.life}"
        case "crash":
            what = f"crashes ({data.how})"
        case "drop":
            what = f"never handles it ({data.why})"
        case "fault":
            what = f"{data.what} fault {data.fault}: {data.phase}"
        case _:
            what = record.kind
    who = f"{record.node} " if record.node is not None else ""
    return f"{clock_text(record.at)} #{record.seq} {who}{what}"


def _fields(row: Any) -> str:
    return ", ".join(f"{name} {value}" for name, value in zip(row._fields, row, strict=True))


# -- the scenario that replays this run --------------------------------------------------------------------


def replay_file(experiment: Experiment, seed: int, outcome: Outcome) -> str:
    """Return the scenario with this seed, and with all that it drew written out: times, and what `[nemesis]` drew."""
    doc = deepcopy(experiment.document.doc)
    if doc.pop("nemesis", None) is not None:
        doc["fault"] = [*doc.get("fault", []), *experiment.drawn(seed)]
    doc["seed"] = seed
    doc["model"] = experiment.model.reference
    topology = experiment.scenario.network.topology
    if topology is not None and topology.file is not None:
        doc["network"]["topology"]["file"] = (experiment.document.folder / topology.file).resolve().as_posix()
    for key in experiment.document.measured:
        table = doc
        for part in key:
            table = table[part]  # type: ignore[index]
        table["empirical"] = (experiment.document.folder / table["empirical"]).resolve().as_posix()
    nodes = experiment.scenario.cluster.nodes
    if not isinstance(nodes[0], str) and nodes[0] != nodes[1]:
        doc["cluster"]["nodes"] = len(experiment.nodes(seed))
    for fault in outcome.faults:
        for name, value in fault.drawn.items():
            doc["fault"][fault.index][name] = show_duration(value)
    doc = {key: value for key, value in doc.items() if not isinstance(value, dict)} | doc
    return f"# Replays seed {seed} of {name_of(experiment)}.\n" + tomli_w.dumps(doc)
