"""Leadership settles and stays: properties over `role`."""

from __future__ import annotations

from collections.abc import Generator
from typing import Any

from ..property import END, NOTHING, Excuse, always, eventually
from ..trace import Header, Record
from ..units import clock_text
from .standing import NEEDS, Standing, listed


@eventually("one node leads", needs={"state": "role", "fault": ""}, within="5s")
def leadership_settles(cluster: Header) -> Generator[Any, Record, None]:
    """Count live leaders that are not beyond help; excused without a majority, and nothing if all live nodes idle."""
    standing = Standing(cluster)
    roles: dict[str, Any] = {}
    said: Any = NOTHING
    while True:
        record = yield said
        if record.kind == "fault":
            standing.hear(record)
        else:
            node, role = str(record.node), None if record.data is None else record.data.role
            if roles.get(node) == role:
                continue  # another field changed, so what was said holds on
            roles[node] = role
        judged = {n: roles[n] for n in sorted(roles) if roles[n] is not None and n not in standing.beyond}
        leaders = [n for n, role in judged.items() if role == "leader"]
        if len(leaders) == 1:
            said = None
        elif not standing.quorum_left():
            said = Excuse(standing.lost())
        elif all(role == "idle" for role in judged.values()):
            said = NOTHING
        else:
            said = f"{listed(leaders)} lead" if leaders else "nobody leads"


@always("leadership does not change while nothing is wrong", needs={"state": "role", **NEEDS, END: ""}, grace="5s")
def leadership_stable(cluster: Header, grace: int) -> Generator[Any, Record, None]:
    """Judge each leader that comes or goes when no fault, crash or boot was for as long as the grace.

    Packets lost by the network's own loss are no excuse: a protocol is expected to bear them.
    """
    standing = Standing(cluster)
    leaders: list[str] = []
    said: Any = NOTHING
    while True:
        record = yield said
        said = NOTHING
        calm = standing.calm(record.at, grace)
        if calm and leaders:
            said = None
        if record.kind != "state":
            standing.hear(record)
            continue
        node = str(record.node)
        leads = record.data is not None and record.data.role == "leader"
        if leads != (node in leaders):
            was = leaders
            leaders = sorted([*leaders, node]) if leads else [n for n in leaders if n != node]
            if calm and was:
                turn = f"{node} became leader beside {listed(was)}" if leads else f"{node} ceased to lead"
                said = f"{turn}, though nothing is wrong since {clock_text(standing.since)}"
