"""What a run came to, in Prometheus' text exposition format: counters, a histogram of latencies, and verdicts."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping

from ..load import RunData, operations

BUCKETS_MS = (1, 2, 5, 10, 20, 50, 100, 200, 500, 1000, 2000, 5000, 10000)
VERDICTS = ("holds", "violated", "unknown", "vacuous")

Sample = tuple[Mapping[str, str], int | float]


def prometheus(run: RunData) -> bytes:
    """Return the metrics; every sample has the labels scenario, model, profile and seed."""
    own = {"scenario": run.result.scenario, "model": run.result.model, "profile": run.result.profile}
    own["seed"] = str(run.result.seed)
    stats = run.result.stats
    made = [
        _family("netsplit_messages_sent_total", "counter", "Messages given to the network.", own,
                [({}, stats.get("messages_sent", 0))]),
        _family("netsplit_messages_delivered_total", "counter", "Messages that a node took, per copy.", own,
                [({}, stats.get("messages_delivered", 0))]),
        _family("netsplit_messages_dropped_total", "counter", "Messages that nobody will handle, by reason.", own,
                [({"why": why}, count) for why, count in run.result.drops.items()]),
        _family("netsplit_records_total", "counter", "Records of the trace.", own, [({}, stats.get("records", 0))]),
        _family("netsplit_faults_fired_total", "counter", "Faults that struck, by kind.", own,
                [({"kind": kind}, count) for kind, count in sorted(_kinds(run).items())]),
        *_operations(run, own),
        _family("netsplit_property_verdict", "gauge", "1 for the verdict that a property has.", own,
                [({"property": judged.name, "verdict": verdict}, int(judged.verdict == verdict))
                 for judged in run.result.properties for verdict in VERDICTS]),
        _family("netsplit_simulated_seconds", "gauge", "How long the run lasted in simulated time.", own,
                [({}, stats.get("sim_ns", 0) / 1e9)]),
    ]  # fmt: skip
    return "".join(made).encode()


def _kinds(run: RunData) -> Counter[str]:
    return Counter(fault.kind for fault in run.result.faults if fault.begin is not None)


def _operations(run: RunData, own: Mapping[str, str]) -> list[str]:
    begun: dict[int, int] = {}
    ended: Counter[tuple[str, str]] = Counter()
    waited: list[float] = []
    for event in operations(run.path):
        if event["type"] == "invoke":
            begun[event["op"]] = event["at"]
            continue
        ended[event["action"], event["type"]] += 1
        if event["type"] == "ok":
            waited.append((event["at"] - begun[event["op"]]) / 1e9)
    buckets: list[Sample] = [
        ({"le": f"{bound / 1000:g}"}, sum(one * 1000 <= bound for one in waited)) for bound in BUCKETS_MS
    ]
    buckets.append(({"le": "+Inf"}, len(waited)))
    name = "netsplit_operation_seconds"
    histogram = _head(name, "histogram", "How long acknowledged operations took, in simulated seconds.")
    histogram += _lines(f"{name}_bucket", own, buckets)
    histogram += _lines(f"{name}_sum", own, [({}, round(sum(waited), 9))])
    histogram += _lines(f"{name}_count", own, [({}, len(waited))])
    outcomes = [({"action": action, "outcome": outcome}, n) for (action, outcome), n in sorted(ended.items())]
    counted = _family("netsplit_operations_total", "counter", "Ended client operations, by outcome.", own, outcomes)
    return [counted, histogram]


def _family(name: str, kind: str, about: str, own: Mapping[str, str], samples: Iterable[Sample]) -> str:
    return _head(name, kind, about) + _lines(name, own, samples)


def _head(name: str, kind: str, about: str) -> str:
    return f"# HELP {name} {about}\n# TYPE {name} {kind}\n"


def _lines(name: str, own: Mapping[str, str], samples: Iterable[Sample]) -> str:
    return "".join(f"{name}{{{_labels({**own, **labels})}}} {value}\n" for labels, value in samples)


def _labels(labels: Mapping[str, str]) -> str:
    return ",".join(f'{name}="{_escaped(value)}"' for name, value in labels.items())


def _escaped(text: str) -> str:
    return text.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")
