"""Nodes that stop without warning."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Annotated, Any, Literal

from ..host import Host
from ..kernel import FAULT
from ..machine import NodeId
from ..targets import Target
from ..units import S
from .base import Aims, Fault, Levers, Mend

PATIENCE = S  # how long a crash waits for a step with two effects


@dataclass(frozen=True, kw_only=True)
class Crash(Fault):
    """Volatile state is lost; the node boots again when the fault is over.

    Its record says what was lost: `nodes`, how many live ones are `left`, and whether they are a `majority` of all.
    """

    kind = "crash"
    colour = "#3d405b"

    nodes: Annotated[tuple[Target, ...], "whom it strikes"]
    disk: Annotated[
        Literal["unsynced-lost", "keep", "torn", "wiped"],
        "what the disk keeps: what was synced, everything, a keyed prefix of what was not synced, or nothing",
    ] = "unsynced-lost"
    # A protocol that sends before it persists shows it only to a crash that falls between two effects.
    strike: Annotated[
        Literal["now", "between", "here"] | None,
        "at once, between two effects of the next step that has two (within 1 s), or right behind the note that "
        'matched; default: "now" with an absolute `at`, "here" at a point of its own, else "between"',
    ] = None
    reboot: Annotated[bool, "the monotonic clock starts again at 0"] = False

    def settled(self, triggered: bool) -> Crash:
        return self if self.strike is not None else replace(self, strike="between" if triggered else "now")

    def toll(self, aims: Aims, hosts: Mapping[NodeId, Host]) -> dict[str, Any]:
        struck = {node for group in aims for node in group}
        left = sum(1 for node, host in hosts.items() if host.live and node not in struck)
        return {"left": left, "majority": 2 * left > len(hosts)}

    def inside(self) -> bool:
        return self.strike == "here"

    def apply(self, levers: Levers, aims: Aims) -> Mend:
        hosts = levers.struck(aims)
        for host in hosts:
            host.hold_down(1)
            if self.strike == "here":
                host.strike_here(self.disk, levers.cause, self.reboot)
            elif self.strike != "between":
                host.crash(self.disk, levers.cause, self.reboot)
            else:
                host.strike_between(self.disk, levers.cause, self.reboot)
        if self.strike == "between":
            wait = PATIENCE if levers.lasting is None else min(PATIENCE, levers.lasting // 2)
            levers.kernel.post(levers.kernel.now + wait, FAULT, lambda _: strike())

        def strike() -> None:
            for host in hosts:
                host.strike_plainly()

        def mend() -> None:
            strike()
            for host in hosts:
                host.hold_down(-1, levers.cause)

        return mend
