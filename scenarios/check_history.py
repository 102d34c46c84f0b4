"""Judges histories in files, ours or foreign."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from sim.checks import appends
from sim.checks.calls import STEPS, BadHistory, Budget, Call, Judgement, calls
from sim.checks.consistency import ORACLES
from sim.checks.datatypes import DATA_TYPES, of_actions
from sim.history import History

from .complaints import UsageError, unknown
from .histories import read

LIST_APPEND = "list-append"  # transactions; judged by their anomalies
MODELS = (*DATA_TYPES, LIST_APPEND)
SESSIONS = ("read_your_writes", "monotonic_reads", "monotonic_writes", "writes_follow_reads")
# What a model stands for if no judge is named: linearizability is the claim, the others are cheap and say more.
_UNASKED = {"set": ("linearizable", "no_lost_elements"), "counter": ("linearizable", "counter_in_bounds")}
_WORST = ("violated", "unknown", "holds", "vacuous")


@dataclass(frozen=True)
class Judged:
    """One judge's finding."""

    name: str
    judgement: Judgement


def judges_of(model: str, wanted: Sequence[str] = ()) -> tuple[str, ...]:
    """Return who judges a model, or those wanted. Raises UsageError for a judge that cannot."""
    allowed = tuple(
        name
        for name, oracle in ORACLES.items()
        if model in oracle.types or (model == LIST_APPEND and name in ("no_anomalies", "no_strict_anomalies"))
    )
    for name in wanted:
        if name not in (*allowed, "sessions"):
            raise UsageError(f"--judge: {unknown(name, allowed, f'for the model {model} ')}")
    if wanted:
        given = [other for name in wanted for other in (SESSIONS if name == "sessions" else (name,))]
        return tuple(dict.fromkeys(given))
    if model == LIST_APPEND:
        return ("no_anomalies",)
    return _UNASKED.get(model, ("linearizable",))


def check_history(
    path: Path, form: str | None, model: str | None, steps: int = STEPS, wanted: Sequence[str] = ()
) -> dict[str, Any]:
    """Return the verdict on a history in a file: what `check-history --json` prints. Raises UsageError."""
    if model is not None and model not in MODELS:
        raise UsageError(f"--model: {unknown(model, MODELS)}")
    history = read(path, form, model or "")
    name = model or _model_of(path, history)
    found = judge(path, history, name, judges_of(name, wanted), steps)
    worst = min(found, key=lambda judged: _WORST.index(judged.judgement.verdict))
    verdict = worst.judgement.verdict
    evidence: dict[str, Any] = {"judge": worst.name, "sentence": worst.judgement.sentence}
    evidence |= worst.judgement.evidence
    if verdict == "vacuous":  # true of everything, since nothing was observed
        verdict, evidence["vacuous"] = "holds", True
    others = [judged for judged in found if judged is not worst]
    if others:
        evidence["also"] = {
            j.name: {"verdict": j.judgement.verdict, "sentence": j.judgement.sentence, **j.judgement.evidence}
            for j in others
        }
    return {
        "file": str(path),
        "model": name,
        "verdict": verdict,
        "operations": len(history.operations),
        "evidence": evidence,
    }


def judge(path: Path, history: History, model: str, names: Sequence[str], steps: int) -> list[Judged]:
    """Return each judge's finding on a history. Raises UsageError where the model does not know what it holds."""
    every = calls(history)
    found = []
    budget = Budget(steps)
    for i, name in enumerate(names):
        # Nobody may spend what those after him need.
        share = Budget(max(budget.steps, 0) // (len(names) - i))
        given = share.steps
        try:
            found.append(Judged(name, _judge(name, every, model, share)))
        except BadHistory as bad:
            raise UsageError(f"{path}: op {bad.op}: {bad}") from None
        budget.steps -= given - share.steps
    return found


def _judge(name: str, every: Sequence[Call], model: str, budget: Budget) -> Judgement:
    if model == LIST_APPEND:
        return appends.judge(every, budget, realtime=name == "no_strict_anomalies")
    return ORACLES[name].judge(every, DATA_TYPES[model], budget, None)


def _model_of(path: Path, history: History) -> str:
    used = {operation.action for operation in history.operations}
    kind = of_actions(used)
    if kind is None:
        raise UsageError(
            f"{path}: found the actions {', '.join(sorted(used))}, which make up no model that can be told from them; "
            f"name one with --model: {', '.join(MODELS)}"
        )
    return kind.name
