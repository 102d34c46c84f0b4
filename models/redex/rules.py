"""The rules by which a node acts, as specified: I3, I6, I8 to I10, I12, I17 and I18 of section 10.1, L1, and R3.

They hold in any run, however faulty, for the default choices. All stand in one property, for they look at the same
things; what it says is wrong tells which rule it was.
"""

from __future__ import annotations

from typing import Any

from sim.property import END, NOTHING, always

from . import conduct, exchange
from .witness import Judge, Witness, as_specified

NEEDS = {
    "send": "", "step": "", "crash": "", "fault": "", END: "", "state": "role leader tail",
    "configured": "heartbeat", "turned": "signal", "tagged": "ok",
    "stored": "seq payload", "skipped": "", "struck": "leader strikes window",
}  # fmt: skip


@always("a node asks, answers, heeds, stores, stands, gives way and is silent by the rules", needs=NEEDS)
@as_specified
def acts_by_the_rules(cluster: Any) -> Judge:
    """Judge each act of each node by the rule that it falls under; the first rule that is broken is told."""
    witness = Witness()
    table: dict[str, list[Any]] = {}
    for kind in (*exchange.RULES, *conduct.RULES):
        rule = kind(cluster, witness)
        for topic in rule.topics:
            table.setdefault(topic, []).append(rule.judge)
    said: Any = NOTHING
    while True:
        record = yield said
        said = NOTHING
        for judge in table.get(witness.hear(record), ()):
            found = judge(record)
            if said is NOTHING or said is None:
                said = said if found is NOTHING else found
