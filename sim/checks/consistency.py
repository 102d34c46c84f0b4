"""Which judges of histories there are, which data types each can judge, and which judge a run unasked."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial

from ..units import S
from . import appends, counters, linearizable, queues, sequential, sessions, sets, staleness
from .calls import BadHistory, Budget, Call, Calm, Judgement
from .datatypes import OF_RUNS, DataType, of_actions

_Judge = Callable[[Sequence[Call], DataType, Budget, Calm | None], Judgement]
RUN_STEPS = 500_000  # a run's budget for all its judges; some two seconds


@dataclass(frozen=True)
class Oracle:
    """A judge of histories by name, with its claim in a sentence.

    `unasked` are the data types of which it judges every run, `asked` those of which it judges a run that names it
    in [expect]. `within` is the default bound, in ns after heal, of what must hold eventually.
    """

    name: str
    sentence: str
    judge: _Judge
    unasked: tuple[str, ...] = ()
    asked: tuple[str, ...] = ()
    within: int | None = None

    @property
    def types(self) -> tuple[str, ...]:
        return self.unasked + self.asked


def _session(name: str, every: Sequence[Call], kind: DataType, budget: Budget, calm: Calm | None) -> Judgement:
    return sessions.judge(name, every, kind, budget)


_REGISTERS = ("register", "cas-register")
_GROWING = ("list", "set")
_SESSIONS = {
    "read_your_writes": "a session reads what it wrote, or something newer",
    "monotonic_reads": "a session never reads something older than before",
    "monotonic_writes": "nobody sees a session's writes in another order",
    "writes_follow_reads": "nobody sees a write without what its session had read before",
}

ORACLES: Mapping[str, Oracle] = {
    oracle.name: oracle
    for oracle in (
        Oracle(
            "linearizable",
            "one order of the operations, true to real time, explains every answer",
            lambda every, kind, budget, calm: linearizable.judge(every, kind, budget),
            _REGISTERS,
            (*_GROWING, "counter", "queue", "kv-append", "lock", "owned-lock"),
        ),
        Oracle(
            "sequential",
            "one order of the operations, true to each process, explains every answer",
            lambda every, kind, budget, calm: sequential.judge(every, kind, budget),
            (),
            (*_REGISTERS, *_GROWING, "counter", "queue", "kv-append"),
        ),
        *(
            Oracle(name, sentence, partial(_session, name), _REGISTERS, _GROWING)
            for name, sentence in _SESSIONS.items()
        ),
        Oracle(
            "fresh_reads",
            "no read returns a value that had certainly been replaced",
            lambda every, kind, budget, calm: staleness.judge(every, budget),
            (),
            _REGISTERS,
        ),
        Oracle(
            "no_anomalies",
            "lists show no anomaly of serializability",
            lambda every, kind, budget, calm: appends.judge(every, budget),
            ("list",),
        ),
        Oracle(
            "no_strict_anomalies",
            "lists show no anomaly of serializability, real time counting too",
            lambda every, kind, budget, calm: appends.judge(every, budget, realtime=True),
            (),
            ("list",),
        ),
        Oracle(
            "no_lost_elements",
            "every element that was added is read again",
            lambda every, kind, budget, calm: sets.judge(every, budget, calm),
            ("set",),
            within=5 * S,
        ),
        Oracle(
            "counter_in_bounds",
            "a counter shows at least what was acknowledged and at most what was tried",
            lambda every, kind, budget, calm: counters.judge(every, budget, calm),
            ("counter",),
            within=5 * S,
        ),
        Oracle(
            "taken_once",
            "what is dequeued was enqueued, and is dequeued once",
            lambda every, kind, budget, calm: queues.judge(every, budget),
            ("queue",),
        ),
    )
}


def offered(actions: Iterable[str]) -> tuple[tuple[Oracle, ...], tuple[Oracle, ...], dict[str, tuple[str, ...]]]:
    """Return who judges a run whose clients do these actions: unasked, if asked, and what the others lack."""
    kind = of_actions(actions)
    unasked, asked = [], []
    lacking: dict[str, tuple[str, ...]] = {}
    named = ", ".join(sorted(set(actions))) or "none"
    for oracle in ORACLES.values():
        if kind is not None and kind.name in oracle.unasked:
            unasked.append(oracle)
        elif kind is not None and kind.name in oracle.asked:
            asked.append(oracle)
        else:
            forms = " or ".join(" ".join(t.actions) for t in OF_RUNS if t.name in oracle.types)
            lacking[oracle.name] = (f"client operations that observe something, of {forms} (found {named})",)
    return tuple(unasked), tuple(asked), lacking


def judge(oracle: Oracle, every: Sequence[Call], kind: DataType, budget: Budget, calm: Calm | None = None) -> Judgement:
    """Return one oracle's judgement; a history that its data type does not know is `unknown`, with the reason."""
    try:
        return oracle.judge(every, kind, budget, calm)
    except BadHistory as bad:
        return Judgement("unknown", f"op {bad.op}: {bad}", {"operations": [bad.op]})
