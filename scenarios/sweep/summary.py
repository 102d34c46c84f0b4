"""What a sweep came to: counts, digest, estimates with intervals, and what went wrong. Read from its store."""

from __future__ import annotations

from array import array
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from hashlib import blake2b
from typing import Any

from reports import statistics
from reports.paired import Judged, Pairs

from ..verdict import INTERNAL, OK, UNDECIDED, UNEXPECTED
from .grid import Point, how_many
from .job import Job
from .row import Row, Unfinished
from .store import Store

LISTED = 20  # seeds that are named where there may be very many


@dataclass
class Tally:
    """Counts over rows, and every number of each metric."""

    runs: int = 0
    unexpected: int = 0
    undecided: int = 0
    verdicts: dict[str, dict[str, int]] = field(default_factory=dict)
    metrics: dict[str, array[int]] = field(default_factory=dict)

    def add(self, row: Row) -> None:
        """Count one row."""
        self.runs += 1
        self.unexpected += row.failed
        self.undecided += row.undecided
        for name, verdict in row.verdicts.items():
            counts = self.verdicts.setdefault(name, {})
            counts[verdict] = counts.get(verdict, 0) + 1
        for name, value in row.metrics.items():
            if value is not None:
                if name not in self.metrics:
                    self.metrics[name] = array("q")
                self.metrics[name].append(value)

    def result(self) -> dict[str, Any]:
        """Return counts and estimates; a vacuous or undecided run tells nothing of a property's probability."""
        probabilities = {}
        for name in sorted(self.verdicts):
            violated = self.verdicts[name].get("violated", 0)
            probabilities[name] = _share(violated, violated + self.verdicts[name].get("holds", 0))
        return {
            "runs": self.runs,
            "unexpected": self.unexpected,
            "unexpected_probability": _share(self.unexpected, self.runs),
            "properties": {name: dict(sorted(self.verdicts[name].items())) for name in sorted(self.verdicts)},
            "violation_probability": probabilities,
            "metrics": {name: _middle(sorted(values)) for name, values in sorted(self.metrics.items())},
        }


def _share(count: int, of: int) -> dict[str, Any]:
    found = statistics.proportion(count, of) or (None, None, None)
    return {"count": count, "of": of, **_interval("estimate", found)}


def _middle(ordered: Sequence[int]) -> dict[str, Any]:
    return {"runs": len(ordered), **_interval("median", statistics.median(ordered) or (None, None, None))}


def _interval(name: str, values: Sequence[float | None]) -> dict[str, float | None]:
    # Rounded to what is worth telling, so that no last digit of a logarithm differs between two machines.
    return {
        key: None if value is None else round(value, 9)
        for key, value in zip((name, "low", "high"), values, strict=True)
    }


@dataclass
class Summary:
    """A sweep's result; `complete` is whether every run that was asked for has a row."""

    scenario: str
    seeds: str
    part: tuple[int, int]
    points: tuple[Point, ...]
    whole: Tally
    tallies: list[Tally]
    digest: str
    asked: int
    failing: list[dict[str, Any]]
    model_errors: list[dict[str, Any]]
    unfinished: list[dict[str, Any]]
    rerun: int
    nondeterministic: list[dict[str, Any]]
    differences: list[dict[str, Any]]
    amiss: list[dict[str, Any]] | None

    @property
    def complete(self) -> bool:
        return self.whole.runs == self.asked

    @property
    def code(self) -> int:
        """The exit code."""
        if self.amiss or self.nondeterministic or self.unfinished:
            return INTERNAL
        if not self.whole.unexpected:
            return OK
        return UNDECIDED if self.whole.undecided == self.whole.unexpected else UNEXPECTED

    def result(self) -> dict[str, Any]:
        """Return what `sweep --json` prints."""
        whole = self.whole.result()
        grid = len(self.points) > 1 or bool(self.points[0].settings)
        found = {"scenario": self.scenario, "seeds": self.seeds, **whole, "digest": self.digest}
        found |= {"complete": self.complete, "asked": self.asked}
        if self.part != (1, 1):
            found["shard"] = "{}/{}".format(*self.part)
        found |= {"unexpected_seeds": sorted({row["seed"] for row in self.failing})[:LISTED]}
        found |= {"unexpected_runs": self.failing, "model_errors": self.model_errors}
        found |= {"unfinished": self.unfinished, "rerun": self.rerun, "nondeterministic": self.nondeterministic}
        if grid:
            found["metrics"] = {}  # a median over different settings says nothing
            tallies = zip(self.points, self.tallies, strict=True)
            found["points"] = [{"set": dict(point.settings), **tally.result()} for point, tally in tallies]
            found["differences"] = self.differences
        if self.amiss is not None:
            found["amiss"] = self.amiss
        return found


def summarise(store: Store, job: Job, span: range, part: tuple[int, int] = (1, 1)) -> Summary:
    """Return what the rows of a store say about the runs that were asked for."""
    points = job.points
    tallies = [Tally() for _ in points]
    whole = Tally() if len(points) > 1 else tallies[0]
    found = Summary(
        job.name, f"{span.start}..{span.stop - 1}", part, points, whole, tallies, "", how_many(len(points), span, part),
        [], [], [], 0, [], [], [] if job.replay else None,
    )  # fmt: skip
    digest = blake2b(digest_size=16)
    for point in sorted(points, key=lambda p: p.label):
        prefix = f"{point.label} " if point.settings else ""
        for row in _asked(store, point, job, span, part):
            digest.update(f"{prefix}{row.seed} {row.digest}\n".encode())
            tallies[point.number].add(row)
            if whole is not tallies[point.number]:
                whole.add(row)
            _note(found, point, row)
    found.digest = digest.hexdigest()
    found.unfinished = [_named(points, one) for one in store.unfinished(points, span) if _in(one, job, span, part)]
    reruns = store.reruns(points, span)
    found.rerun = len(reruns)
    found.nondeterministic = [
        {"seed": seed, "set": dict(points[point].settings), "what": what}
        for (seed, point), what in reruns.items()
        if what
    ]  # fmt: skip
    for listed in (found.failing, found.model_errors, found.unfinished, found.nondeterministic):
        listed.sort(key=lambda row: row["seed"])
        del listed[LISTED:]
    found.differences = [_difference(store, points[0], point, span) for point in points[1:]]
    return found


def _in(run: Row | Unfinished, job: Job, span: range, part: tuple[int, int]) -> bool:
    """Return whether a run belongs to a shard."""
    k, n = part
    return ((run.seed - span.start) * len(job.points) + run.point) % n == k - 1


def _asked(store: Store, point: Point, job: Job, span: range, part: tuple[int, int]) -> Iterator[Row]:
    return (row for row in store.rows(point, span) if _in(row, job, span, part))


def _named(points: Sequence[Point], one: Unfinished) -> dict[str, Any]:
    return {"seed": one.seed, "set": dict(points[one.point].settings), "why": one.why}


def _note(found: Summary, point: Point, row: Row) -> None:
    """Take down what is to be told of a single run."""
    settings = dict(point.settings)
    if row.failed and found.tallies[point.number].unexpected <= LISTED:
        sentence = row.violation.sentence if row.violation is not None else row.model_error or ""
        found.failing.append({"seed": row.seed, "set": settings, "properties": list(row.unexpected), "why": sentence})
    if row.model_error and found.tallies[point.number].unexpected <= LISTED:
        found.model_errors.append({"seed": row.seed, "set": settings, "error": row.model_error})
    if row.amiss and found.amiss is not None:
        found.amiss.append({"seed": row.seed, "set": settings, "what": row.amiss})


# -- two settings under the same seeds ---------------------------------------------------------------------


def _pairs(store: Store, one: Point, other: Point, span: range) -> Iterator[tuple[Row, Row]]:
    """Yield the rows of seeds that both points have: they met the same weather."""
    ours, theirs = store.rows(one, span), store.rows(other, span)
    a, b = next(ours, None), next(theirs, None)
    while a is not None and b is not None:
        if a.seed == b.seed:
            yield a, b
        low = min(a.seed, b.seed)
        a = next(ours, None) if a.seed == low else a
        b = next(theirs, None) if b.seed == low else b


def _difference(store: Store, one: Point, other: Point, span: range) -> dict[str, Any]:
    """Return what the second setting changes, seed by seed."""
    pairs = Pairs()
    for a, b in _pairs(store, one, other, span):
        pairs.add(b, a)
    return {
        "of": dict(other.settings),
        "to": dict(one.settings),
        "pairs": pairs.count,
        "violation_probability": {name: _shift(judged) for name, judged in sorted(pairs.verdicts.items())},
        "metrics": {
            name: _middle(measured.differences()) for name, measured in sorted(pairs.metrics.items()) if measured.side
        },
    }


def _shift(judged: Judged) -> dict[str, Any]:
    found = judged.difference() or (None, None, None)
    counts = {"pairs": judged.pairs, "only_to": judged.only_beside, "only_of": judged.only_side}
    return {**counts, **_interval("difference", found)}
