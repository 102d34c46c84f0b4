"""Nodes that stop without warning."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Annotated, Literal

from ..kernel import FAULT
from ..targets import Target
from ..units import S
from .base import Aims, Fault, Levers, Mend

PATIENCE = S  # how long a crash waits for a step with two effects


@dataclass(frozen=True, kw_only=True)
class Crash(Fault):
    """Volatile state is lost; the node boots again when the fault is over."""

    kind = "crash"
    colour = "#3d405b"

    nodes: Annotated[tuple[Target, ...], "whom it strikes"]
    disk: Annotated[
        Literal["unsynced-lost", "keep", "torn", "wiped"],
        "what the disk keeps: what was synced, everything, a keyed prefix of what was not synced, or nothing",
    ] = "unsynced-lost"
    # A protocol that sends before it persists shows it only to a crash that falls between two effects.
    strike: Annotated[
        Literal["now", "between"] | None,
        "at once, or between two effects of the next step that has two (within 1 s); "
        'default: "now" with an absolute `at`, else "between"',
    ] = None
    reboot: Annotated[bool, "the monotonic clock starts again at 0"] = False

    def settled(self, triggered: bool) -> Crash:
        return self if self.strike is not None else replace(self, strike="between" if triggered else "now")

    def apply(self, levers: Levers, aims: Aims) -> Mend:
        hosts = levers.struck(aims)
        for host in hosts:
            host.hold_down(1)
            if self.strike != "between":
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
