"""What tells one failure from another: the property, the sentence with its names and numbers left out, and the roles.

Two runs that fail with the same fingerprint fail in the same way, though other nodes, values and times are concerned.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Generator, Sequence
from dataclasses import dataclass, replace
from typing import Any, NamedTuple

from sim.jury import Finding
from sim.machine import NodeId
from sim.property import NOTHING, Property
from sim.recorder import Sink
from sim.world import Outcome, Plan
from sim.world import run as run_world

from .plan import Experiment
from .verdict import Judged, Verdict, judge

MODEL_ERROR = "model-error"
DOWN = "down"
_VALUE = re.compile(r"'[^']*'|\"[^\"]*\"|[\w.:-]*\d[\w.:-]*")
_MORE = re.compile(r"((?:NODE|VALUE)(?: (?:NODE|VALUE))*)(?:(?:,| and|, and)? \1)+")
_WORD = re.compile(r"[A-Za-z0-9_.-]+")
_ERROR = re.compile(r"\S+ at \S+(?: on (\w+)\(.*?(?:msg=(\w+)\(.*)?\)| \S.*?)?: (.*)", re.S)


@dataclass(frozen=True, order=True)
class Fingerprint:
    """A way to fail; `roles` are those that the nodes named in the sentence had when it was seen, sorted."""

    property: str
    clause: str
    roles: tuple[str, ...] = ()

    def told(self) -> str:
        """Return it as text."""
        roles = f" ({', '.join(self.roles)})" if self.roles else ""
        return f"{self.property}: {self.clause}{roles}"


class Failure(NamedTuple):
    """One thing that went wrong in a run; a model error has no finding."""

    fingerprint: Fingerprint
    sentence: str
    at: int | None
    judged: Judged | None


def clause(sentence: str, nodes: Collection[NodeId]) -> str:
    """Return a sentence with `...` in place of names and numbers; several of a kind in a row count as one."""
    named = _WORD.sub(lambda word: "NODE" if word[0].rstrip(".") in nodes else word[0], sentence)
    alike = _MORE.sub(r"\1", _VALUE.sub("VALUE", named))
    return (
        alike.replace("  ", " VALUE ").replace("VALUE", "...").replace("NODE", "node")
    )  # an empty text is a value too


def of_error(error: str, nodes: Collection[NodeId]) -> Fingerprint:
    """Return the fingerprint of a model error: on which input, and what was raised or found."""
    match = _ERROR.fullmatch(error)
    if match is None:
        return Fingerprint(MODEL_ERROR, clause(error, nodes))
    on = " ".join(part for part in match.group(1, 2) if part)
    return Fingerprint(MODEL_ERROR, (f"on {on}: " if on else "") + clause(match[3], nodes))


class Roles:
    """A property that finds nothing: it remembers who had which role from which record on."""

    def __init__(self) -> None:
        self._changes: list[tuple[int, NodeId, str]] = []
        self.property = Property("roles", "", "always", {"state": ("role",)}, self._judge)

    def _judge(self, cluster: Any) -> Generator[Any, Any, None]:
        while True:
            record = yield NOTHING
            role = DOWN if record.data is None else record.data.role
            self._changes.append((record.seq, record.node, role))

    def at(self, seq: int | None, sentence: str, nodes: Collection[NodeId]) -> tuple[str, ...]:
        """Return the roles of the nodes that a sentence names, at a record; () if nobody shows any."""
        if seq is None or not self._changes:
            return ()
        last: dict[NodeId, str] = {}
        for when, node, role in self._changes:
            if when > seq:
                break
            last[node] = role
        named = {word.rstrip(".") for word in _WORD.findall(sentence)}
        return tuple(sorted({last.get(node, DOWN) for node in nodes if node in named}))


class Observed(NamedTuple):
    """A run and all that went wrong in it, expected or not."""

    outcome: Outcome
    verdict: Verdict
    failures: tuple[Failure, ...]


def observe(
    experiment: Experiment, plan: Plan, seed: int, sinks: Sequence[Sink] | None = None, also: Sequence[Property] = ()
) -> Observed:
    """Run a plan of an experiment, judge it, and take the fingerprint of every property that is violated.

    `also` are properties that watch and find nothing; they are no part of the verdict.
    """
    roles = Roles()
    watching = [*also, *([roles.property] if "role" in experiment.views else [])]
    outcome = run_world(replace(plan, properties=(*plan.properties, *watching)), seed, sinks)
    outcome.findings = outcome.findings[: len(plan.properties)]
    verdict = judge(experiment, outcome)
    failures = []
    if outcome.model_error is not None:
        error = outcome.model_error
        failures.append(Failure(of_error(error, plan.nodes), error, None, None))
    for judged in verdict.judged:
        finding = judged.finding
        if finding.verdict == "violated":
            failures.append(Failure(_of(finding, roles, plan.nodes), finding.sentence, finding.at, judged))
    return Observed(outcome, verdict, tuple(failures))


def unexpected(failures: Sequence[Failure]) -> list[Failure]:
    """Return the failures that the scenario does not expect."""
    return [failure for failure in failures if failure.judged is None or not failure.judged.met]


def _of(finding: Finding, roles: Roles, nodes: Collection[NodeId]) -> Fingerprint:
    sentence = finding.sentence
    return Fingerprint(finding.name, clause(sentence, nodes), roles.at(finding.seq, sentence, nodes))
