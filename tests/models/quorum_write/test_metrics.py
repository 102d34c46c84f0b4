"""The three metrics, in a text that Prometheus' own parser reads, and in every run directory."""

from pathlib import Path
from typing import Any

import pytest
from prometheus_client.parser import text_string_to_metric_families

from models.quorum_write.facts import Counted, Drifted, Late, Refusal, SkewSeen, Verdict
from models.quorum_write.metrics import ACKS, FAILURES, SKEW, Metrics, prometheus, seconds
from scenarios.run import prepare, run
from sim.machine import snake_case
from sim.trace import Record
from sim.units import MS, S

FACTS = [
    Counted("a", "n2", "n2", "k", "m", "v", 1),
    Drifted("a", "n3"),
    Refusal("a", "n3", "failed"),
    Late("a", "n3"),
    Late("a", "n2"),
    Verdict("a", 1, "reply", "timeout", 1, 2),
    Verdict("a", 1, "status", "timeout", 1, 2),
    Verdict("b", 2, "reply", "ok", 2, 2),
    SkewSeen("n2", -30 * S, False),
    SkewSeen("n3", 1500 * MS, False),
]


def samples(text: str) -> dict[tuple[str, ...], float]:
    """Return what Prometheus' parser makes of a text: by name and labels, without the node."""
    return {
        (sample.name, *(value for label, value in sorted(sample.labels.items()) if label != "node")): sample.value
        for family in text_string_to_metric_families(text)
        for sample in family.samples
        if sample.labels["node"] == "n1"
    }


@pytest.fixture
def counted() -> dict[tuple[str, ...], float]:
    records = [Record(i, 0, "note", "n1", None, snake_case(type(f).__name__), f) for i, f in enumerate(FACTS)]
    return samples(prometheus(("n1", "n2"), records))


@pytest.mark.parametrize(("result", "number"), [("ok", 1), ("id_drift", 1), ("refused", 1), ("late", 2)])
def test_answers_are_counted_by_what_became_of_them(counted: Any, result: str, number: int) -> None:
    assert counted[ACKS, result] == number


def test_failures_that_were_told_to_clients_are_counted_by_reason(counted: Any) -> None:
    assert {key: value for key, value in counted.items() if key[0] == FAILURES} == {(FAILURES, "timeout"): 1}


def test_skews_fill_the_buckets_from_their_bound_on(counted: Any) -> None:
    found = {bound: counted[f"{SKEW}_bucket", bound] for bound in ("1", "10", "30", "60", "+Inf")}
    assert found == {"1": 0, "10": 1, "30": 2, "60": 2, "+Inf": 2}
    assert (counted[f"{SKEW}_sum",], counted[f"{SKEW}_count",]) == (31.5, 2)


def test_a_fact_that_concerns_no_metric_is_ignored() -> None:
    metrics = Metrics()
    metrics.hear("held", None)
    assert metrics.samples("n1") == Metrics().samples("n1")


@pytest.mark.parametrize(("ns", "text"), [(0, "0"), (S, "1"), (1500 * MS, "1.5"), (1, "0.000000001")])
def test_seconds_are_exact_decimals(ns: int, text: str) -> None:
    assert seconds(ns) == text


@pytest.mark.parametrize(("profile", "warnings"), [("as-specified", 0), ("hardened", 2)])
def test_a_run_directory_holds_the_metrics_of_its_nodes(tmp_path: Path, profile: str, warnings: int) -> None:
    experiment = prepare("quorum_write/skew_goes_unseen", (("profile", profile),))
    run(experiment, 1, tmp_path / "run", plots=False)
    found = samples((tmp_path / "run/quorum_metrics.prom").read_text())
    assert found[ACKS, "ok"] + found[ACKS, "late"] == 2
    assert found[f"{SKEW}_count",] == warnings  # the seed has the metric and never observes it (QW-18)
