"""Who leads among nodes that can reach each other."""

from __future__ import annotations

from collections.abc import Generator
from typing import Any

from ..property import END, NOTHING, About, always
from ..trace import Header, Record
from ..units import clock_text
from .standing import Cuts


@always(
    "at most one leader among nodes that reach each other, but for a grace",
    needs={"state": "role", "fault": "", END: ""},
    grace="5s",
)
def one_leader_per_component(cluster: Header, grace: int) -> Generator[Any, Record, None]:
    """Judge how long two leaders could reach each other; partitions cut, and a paused node reaches nobody.

    While a fault of links, packets or edges lasts nothing is judged, and the grace begins anew.
    """
    cuts = Cuts(cluster)
    leaders: dict[str, Record] = {}
    met: dict[tuple[str, str], Record] = {}  # two leaders that reach each other, and the record since which they do
    said: Any = NOTHING
    while True:
        record = yield said
        said = None if leaders else NOTHING
        for (a, b), since in met.items():
            if record.at - since.at > grace:
                for_long = f"reach each other and both lead since {clock_text(since.at)}"
                said = About(f"{a} and {b} {for_long}", since)
                break
        if record.kind == "fault":
            cuts.hear(record)
        elif record.kind == "state":
            node = str(record.node)
            leads = record.data is not None and record.data.role == "leader"
            if leads == (node in leaders):
                continue
            leaders = {n: r for n, r in leaders.items() if n != node} | ({node: record} if leads else {})
        names = sorted(leaders) if cuts.clear else []
        pairs = [(a, b) for i, a in enumerate(names) for b in names[i + 1 :] if cuts.together(a, b)]
        met = {pair: met.get(pair, record) for pair in pairs}
