"""Whether a run showed what its scenario expects."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from sim.jury import Finding
from sim.world import FaultRun, Outcome

from .consistency import findings
from .plan import Experiment

OK, UNEXPECTED, USAGE, INTERNAL, UNDECIDED, INTERRUPTED = 0, 1, 2, 3, 4, 130


@dataclass(frozen=True)
class Judged:
    """A finding beside what was expected of it; `expected` is empty if the scenario does not list the property."""

    finding: Finding
    expected: tuple[str, ...]
    met: bool


@dataclass(frozen=True)
class Verdict:
    """What a run comes to: `as-expected`, `unexpected` or `model-error`, and the exit code that says so."""

    word: str
    code: int
    judged: tuple[Judged, ...]
    remarks: tuple[str, ...]  # why a green verdict may mean little


def judge(experiment: Experiment, outcome: Outcome) -> Verdict:
    """Compare findings with expectations.

    A listed property must have a listed verdict; of the others none may be violated, and in a profile without
    a table none may be undecided either.
    """
    judged = []
    for finding in (*outcome.findings, *findings(experiment.oracles, experiment.scenario, outcome.history)):
        expected = experiment.expected.get(finding.name, ())
        if expected:
            met = finding.verdict in expected
        else:
            met = finding.verdict != "violated" and (experiment.listed or finding.verdict != "unknown")
        judged.append(Judged(finding, expected, met))
    wrong = [j for j in judged if not j.met]
    if outcome.model_error is not None:
        word, code = "model-error", UNEXPECTED
    elif not wrong:
        word, code = "as-expected", OK
    else:
        word = "unexpected"
        code = UNDECIDED if all(j.finding.verdict == "unknown" for j in wrong) else UNEXPECTED
    return Verdict(word, code, tuple(judged), tuple(_remarks(experiment, outcome, judged)))


def _named(fault: FaultRun) -> str:
    time = f", time {fault.occurrence}" if fault.occurrence > 1 else ""
    return f"fault {fault.index} ({fault.kind}{time})"


def _remarks(experiment: Experiment, outcome: Outcome, judged: Sequence[Judged]) -> Sequence[str]:
    said = []
    counted = [fault for fault in outcome.faults if fault.counted]
    if experiment.scenario.nemesis is not None and not counted:
        said.append("the nemesis drew no fault: the run shows nothing about faults")
    if counted and not outcome.stats["faults_fired"]:
        said.append("no fault fired: the run shows nothing about faults")
    for fault in counted:
        if fault.begin is None and outcome.stats["faults_fired"]:
            why = "nobody held the role" if fault.phase == "unresolved" else "its moment never came"
            said.append(f"{_named(fault)} did not fire: {why}")
        elif fault.fields.get("majority") is False:
            left = fault.fields["left"]
            said.append(f"{_named(fault)} took {' '.join(fault.nodes)}: {left} nodes were left, no majority")
    if outcome.history.operations and not outcome.stats["acknowledged"]:
        said.append("no operation was acknowledged")
    if (experiment.scenario.clients is not None or experiment.scenario.ask) and not outcome.history.operations:
        said.append("no client began an operation")
    if judged and all(j.finding.verdict == "vacuous" for j in judged):
        said.append("every property was vacuous: nothing was judged")
    return said
