"""How leadership lasts, as specified: L5 and L7 of section 10.2, for the default choices."""

from __future__ import annotations

from typing import Any

from sim.property import NOTHING, always
from sim.units import clock_text

from .bounds import NEEDS, Calm
from .witness import Judge, as_specified


@always("leadership does not die out while nothing is wrong, nor change where nothing ever was", needs=NEEDS)
@as_specified
def leadership_lasts(cluster: Any) -> Judge:
    """Judge whether anybody leads for as long as nothing is wrong (L5), and until then the first leader alone (L7).

    A step shows the node's new state before it says why, so a change is judged when the step is over.
    """
    calm = Calm(cluster.nodes, None)
    boots: set[int] = set()
    first: tuple[str, ...] = ()
    ever = False  # something has been wrong
    began: int | None = None  # nothing is wrong, and somebody leads, from here
    crashed = 0
    changed: tuple[int, str | None] | None = None  # by the step that changed who leads: what to say of it
    said: Any = NOTHING
    while True:
        record = yield said
        said = NOTHING
        at = record.at
        if changed is not None and record.cause != changed[0]:
            said, changed = changed[1], None
        if record.kind == "boot" and record.data.life == 1:
            boots.add(record.seq)
        crashed = at if record.kind == "crash" else crashed
        before = calm.leaders
        disturbed = calm.hear(record) or not calm.heartbeat or not calm.stable(at)
        if disturbed:
            began, changed = None, None
            ever = ever or not (record.seq in boots or record.cause in boots)
        if calm.leaders != before and began is not None:
            first = first or before
            changed = record.cause, _wrong(calm.leaders, first, ever, began)
        # A heartbeat of the dead may be under way for D, and a live leader gives way to it.
        if not disturbed and began is None and calm.leaders and (not crashed or at > crashed + calm.delay):
            began = at
        elif began is not None and record.kind == "state" and said is NOTHING:
            said = None


def _wrong(leaders: tuple[str, ...], first: tuple[str, ...], ever: bool, began: int) -> str | None:
    if not leaders:
        return f"nobody leads, and nothing is wrong since {clock_text(began)}"
    if not ever and leaders != first:
        return f"{' and '.join(leaders)} lead, and {' and '.join(first)} led before, and nothing was ever wrong"
    return None
