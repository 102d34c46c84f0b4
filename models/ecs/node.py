"""The node process: what it is configured with, how its lives begin, and its alarms (section 1.3)."""

from __future__ import annotations

from collections.abc import Hashable, Mapping
from inspect import Signature
from typing import Any, ClassVar

from sim.machine import Boot, Cluster, NodeId, Now, Point, on
from sim.units import MS, duration

from .._parameters import quantity
from .choices import Parameters, signature
from .config import LEADER, ReplicationConfig, validate_config
from .facts import (
    Acknowledged,
    Applied,
    Collected,
    Created,
    Forked,
    Halted,
    Held,
    Published,
    Received,
    Restored,
    SessionEnded,
    SessionOpened,
    SymbolRejected,
    View,
)
from .pulling import Pulling

FENCE_RETRY = 200 * MS  # how long a leader to be waits for the stores if there is no commit_retry


class Ecs(Pulling):
    """One node, leader or follower, and perhaps a store; its parameters are those of `choices.Parameters`.

    Raises EcsInternalError on a configuration that is refused, ValueError on a parameter that is no parameter's value.
    """

    View = View
    FACTS = (
        Created, Held, Collected, Acknowledged, Published, Received, Applied, Restored, SymbolRejected,
        SessionOpened, SessionEnded, Forked, Halted, Point,
    )  # fmt: skip
    __signature__: ClassVar[Signature] = signature()

    def __init__(self, node: NodeId, cluster: Cluster, **parameters: Any) -> None:
        super().__init__(node, cluster, Parameters(**parameters))
        p = self.p
        self.config = ReplicationConfig(self.role, p.mode, self.policy, p.security_enabled, p.multi_writer_explicit)
        validate_config(self.config, p.policies)
        self.ae = quantity("ae", p.ae, duration)
        self.marker_retry = quantity("marker_retry", p.marker_retry, duration)
        self.commit_retry = None if p.commit_retry is None else quantity("commit_retry", p.commit_retry, duration)

    @on(Boot)
    def booted(self, durable: Mapping[Hashable, Any], life: int, now: Now) -> None:
        self.life = life
        self.restore(durable)
        self.restate(durable)
        if self.tally:
            self.note(Restored(self.upto, self.tally))
        if life == 1:
            self.preload()
        if self.role == LEADER:
            (self.campaign if self.fenced else self.lead)(now)
        elif self._buffers:
            self.drain()
        self.alarm("ae", self.ae, every=self.ae)
        self.alarm("markers", self.marker_retry, every=self.marker_retry)
        retry = self.commit_retry or (FENCE_RETRY if self.fenced else None)
        if retry is not None:
            self.alarm("retry", retry, every=retry)
