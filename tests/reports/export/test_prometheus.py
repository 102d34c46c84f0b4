"""The Prometheus client's own parser reads the metrics of a run."""

from typing import Any

import pytest

from reports.export.prometheus import prometheus
from reports.load import RunData


def families(run: RunData) -> dict[str, Any]:
    parser = pytest.importorskip("prometheus_client.parser", reason="reading metrics needs prometheus-client")
    return {family.name: family for family in parser.text_string_to_metric_families(prometheus(run).decode())}


def test_the_parser_finds_what_was_sent(run: RunData) -> None:
    sent = families(run)["netsplit_messages_sent"]
    assert [sample.value for sample in sent.samples] == [run.result.stats["messages_sent"]]


def test_drops_by_reason_add_up(run: RunData) -> None:
    dropped = families(run)["netsplit_messages_dropped"]
    assert {s.labels["why"]: s.value for s in dropped.samples} == run.result.drops


def test_a_histogram_rises_to_its_count(run: RunData) -> None:
    samples = families(run)["netsplit_operation_seconds"].samples
    buckets = [s.value for s in samples if s.name.endswith("_bucket")]
    assert buckets == sorted(buckets)
    assert buckets[-1] == next(s.value for s in samples if s.name.endswith("_count")) > 0


def test_each_property_has_one_verdict(run: RunData) -> None:
    verdicts = families(run)["netsplit_property_verdict"].samples
    for judged in run.result.properties:
        mine = {s.labels["verdict"] for s in verdicts if s.labels["property"] == judged.name and s.value == 1}
        assert mine == {judged.verdict}


def test_quotes_in_a_label_are_escaped(run: RunData) -> None:
    from dataclasses import replace

    odd = replace(run, result=replace(run.result, scenario='a"b\\c\nd'))
    sent = families(odd)["netsplit_messages_sent"].samples[0]
    assert sent.labels["scenario"] == 'a"b\\c\nd'
