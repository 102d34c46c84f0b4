"""Judges stored traces: ours, or those of a real system that writes the same format."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from sim.checks import SHIPPED
from sim.checks.reasons import why_not_converged
from sim.jury import Finding, Jury, lacking
from sim.property import Property
from sim.trace import Header, Record
from sim.tracefile import Show, quiet, read, watched

from .build import experiment
from .complaints import UsageError, unknown
from .load import read as read_scenario
from .model import ModelProblem, find


def check_trace(path: Path, wanted: tuple[str, ...] = (), show: Show = quiet) -> dict[str, Any]:
    """Return the verdicts of all properties that apply to a trace, or of those wanted; `show` is told how far it is.

    In a run directory the scenario beside the trace gives the model's own properties and bounds; else
    the header's model does if it ships, and a foreign trace has the shipped properties. Raises UsageError and BadTrace.
    """
    header, records = read(path)
    offered = _offered(path, header)
    gathered: list[Record] = list(watched(records, header.stop, show))
    contents = any(record.kind == "content" for record in gathered)
    applicable = {prop.name: prop for prop in offered if not lacking(prop, header, contents)}
    for name in wanted:
        if name not in applicable:
            lacks = next((lacking(p, header, contents) for p in offered if p.name == name), None)
            if lacks:
                raise UsageError(f"--property {name}: the trace lacks {', '.join(lacks)}")
            raise UsageError(f"--property: {unknown(name, tuple(applicable))}")
    judged = [prop for prop in applicable.values() if not wanted or prop.name in wanted]
    jury = Jury(judged, header)
    jury.hear_all(watched(gathered, header.stop, show))
    findings = jury.findings()
    late = [f.name for p, f in zip(judged, findings, strict=True) if p.mode == "eventually" and f.verdict == "violated"]
    why = why_not_converged(header, gathered) if late else []
    return {
        "trace": str(path),
        "records": len(gathered),
        "properties": [
            _row(prop, finding, why if prop.name in late else [])
            for prop, finding in zip(judged, findings, strict=True)
        ],
    }


def _row(prop: Property, finding: Finding, why: list[str]) -> dict[str, Any]:
    evidence = (
        {"sentence": finding.sentence, "seq": finding.seq, "at": finding.at, "why": why} if finding.sentence else None
    )
    return {"name": prop.name, "sentence": prop.sentence, "verdict": finding.verdict, "evidence": evidence}


def _offered(path: Path, header: Header) -> tuple[Property, ...]:
    beside = path.parent / "scenario.toml"
    if beside.is_file():
        found = experiment(read_scenario(beside))
        if found.model.name == header.model:
            own = {prop.name: prop for prop in found.properties}
            return tuple(own.get(prop.name, prop) for prop in found.model.properties)
    if header.model.isidentifier():
        try:
            return find(header.model, None).properties
        except ModelProblem:
            pass  # a real system's name for itself
    return SHIPPED
