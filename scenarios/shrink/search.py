"""Tries cases, and keeps the smallest that fails with the fingerprint that is wanted."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from time import monotonic
from typing import Any

from sim.property import Property

from ..complaints import UsageError
from ..fingerprint import Failure, Fingerprint, Observed, observe
from .case import Case

Overrides = tuple[tuple[str, Any], ...]


class Spent(Exception):
    """The time box is spent."""


@dataclass
class Search:
    """What is wanted, and the best so far. `sound` are overrides with which the property must not be violated."""

    wanted: Fingerprint
    best: Case
    sound: Overrides = ()
    deadline: float | None = None  # of the clock `monotonic`
    progress: Callable[[Search], None] = lambda search: None
    tried: int = 0
    failure: Failure | None = None  # that of the best
    _known: dict[bytes, bool] = field(default_factory=dict)

    def accepts(self, case: Case) -> bool:
        """Try a case, and keep it if it fails as wanted. Raises Spent."""
        if case.key == self.best.key:
            return False
        if self._known.get(case.key) is False:
            return False
        if self.deadline is not None and monotonic() > self.deadline:
            raise Spent
        failure = self.failing(case)
        self._known[case.key] = failure is not None
        if failure is not None:
            self.best, self.failure = case, failure
        self.progress(self)
        return failure is not None

    def failing(self, case: Case) -> Failure | None:
        """Return how a case fails as wanted, None if it does not, is no scenario, or fails in its sound form too."""
        self.tried += 1
        found = next((f for f in self._failures(case) if f.fingerprint == self.wanted), None)
        if found is None or not self.sound:
            return found
        spoilt = any(f.fingerprint.property == self.wanted.property for f in self._failures(case, self.sound))
        return None if spoilt else found

    def _failures(self, case: Case, overrides: Overrides = ()) -> Sequence[Failure]:
        try:
            return observed(case, overrides).failures
        except UsageError:
            return ()  # what a pass leaves need not be a scenario


def observed(case: Case, overrides: Overrides = (), also: Sequence[Property] = ()) -> Observed:
    """Run a case and judge it. Raises UsageError if it is no scenario.

    Nothing is traced, so a value that no trace can hold is found only where nothing is judged.
    """
    experiment = case.experiment(overrides)
    sinks = None if experiment.scenario.judge else ()
    return observe(experiment, case.plan(experiment), experiment.scenario.seed, sinks, also)
