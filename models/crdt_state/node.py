"""The node: its parameters, its lives, and the timer of its gossip."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from sim.machine import Alarm, Boot, Cluster, NodeId, Now, Operate, fingerprint, on
from sim.units import duration

from .._parameters import count, quantity
from . import checkpoint_plane, choices, log_plane, state_plane
from .checkpoint_plane import CheckpointPlane
from .choices import CHECKPOINT, LOG, STATE
from .partners import configuration_errors


class CrdtState(CheckpointPlane):
    """One node; `planes` says which of log, state and checkpoint it runs.

    Times are text such as "500ms". A round goes to `fanout` peers every `gossip_interval`, the first one `phase`
    after boot: a time, "interval", or "random" for one below an interval. A peer is stale after more than
    `stale_rounds` rounds. `node_id` is what the node calls itself, its name in the cluster unless given.
    `clock_ahead` is how far a stamp may be ahead for a hybrid clock to take it in. `coordinator`, the first node
    unless given, collects checkpoints from `expected`, all nodes unless given, every `ckpt_every` or "never"; what is
    not answered is sent again every `ckpt_resend`, and given up after `ckpt_deadline`. `balance` is what there is to
    transfer. The others are words of choices.WORDS. Raises ValueError with the parameter's name, what was found and
    what is allowed.
    """

    ACTS = {**CheckpointPlane.ACTS, "add_peer": ("peer",), "stale_peers": ()}

    def __init__(
        self,
        node: NodeId,
        cluster: Cluster,
        *,
        planes: str | Sequence[str] = LOG,
        fanout: int = 3,
        gossip_interval: str = "500ms",
        stale_rounds: int = 10,
        phase: str = "interval",
        node_id: str | None = None,
        clock_ahead: str = "1m",
        coordinator: str | None = None,
        expected: Sequence[str] | None = None,
        ckpt_every: str = "5s",
        ckpt_resend: str = "500ms",
        ckpt_deadline: str = "4s",
        balance: int = 100,
        lww_merge: str = "strict",
        clock: str = "wall",
        identity: str = "node",
        log_order: str = "sequence",
        log_dedup: str = "batch",
        registers: str = "lww",
        elements: str = "none",
        export: str = "whole",
        requests: str = "counted",
        gossip_apply: str = "overwrite",
        gossip_checks: str = "none",
        gossip_pull: str = "never",
        peer_choice: str = "rotation",
        membership: str = "static",
        stale_rule: str = "rounds",
        ckpt_members: str = "anyone",
        ckpt_done: str = "forgotten",
        ckpt_epoch: str = "none",
        ckpt_barrier: str = "none",
        ckpt_retry: str = "never",
        digest: str = "fnv-1a",
        configuration: str = "unchecked",
        storage: str = "volatile",
        peer_order: str = "cluster",
        payload: str = "always",
        ships: str = "opaque",
        submit_result: str = "none",
        staleness: str = "asked",
    ) -> None:
        rules = choices.rules(locals())
        super().__init__(node, cluster, rules, choices.planes(planes), node if node_id is None else node_id)
        self.fanout = count("fanout", fanout)
        self.stale_rounds = count("stale_rounds", stale_rounds)
        self.interval = quantity("gossip_interval", gossip_interval, duration)
        self.phase = None if phase == "random" else self.interval
        if phase not in ("random", "interval"):
            self.phase = quantity("phase", phase, duration)
        self.clock_ahead = quantity("clock_ahead", clock_ahead, duration)
        self.coordinator = cluster.nodes[0] if coordinator is None else coordinator
        self.expected = cluster.nodes if expected is None else tuple(expected)
        self.ckpt_every = None if ckpt_every == "never" else quantity("ckpt_every", ckpt_every, duration)
        self.ckpt_resend = quantity("ckpt_resend", ckpt_resend, duration)
        self.ckpt_deadline = quantity("ckpt_deadline", ckpt_deadline, duration)
        self.initial_balance = self.balance = count("balance", balance)
        for name, found in (("coordinator", coordinator), *(("expected", one) for one in expected or ())):
            if found is not None and found not in cluster.nodes:
                raise ValueError(f"{name}: found {found!r}, allowed: {', '.join(cluster.nodes)}")
        if rules.configuration == "refused":
            wrong = configuration_errors(
                self.fanout, self.interval, self.stale_rounds, self.node, self.peers, self.expected
            )
            if wrong:
                raise ValueError(wrong[0])
        self.tail = self.events = self.activity = self.completed = 0
        self.slots: tuple[tuple[str, int, int, int], ...] = ()
        self.registers: tuple[tuple[str, str, int, str], ...] = ()
        self.state = self.log_digest = self.order = ""
        self.listed: tuple[Any, ...] = ()
        self.stale: tuple[str, ...] = ()
        self.latest: str | None = None

    @on(Boot)
    def boot(self, durable: Mapping[Any, Any], life: int, now: Now) -> None:
        if self.rules.identity == "incarnation":
            # The life stands for a boot counter that outlives the process, the word for what tells two processes of
            # one name and life apart.
            self.incarnation = life
            self.origin = f"{self.node_id}~{life}~{fingerprint(now.word(len(self.peers)))}"
        if self.runs(LOG):
            self.log_partners = self.partners(self.fanout, self.stale_rounds)
            self.meet(self.log_partners, now)
        if self.runs(STATE):
            self.state_partners = self.partners(self.fanout, self.stale_rounds)
            self.meet(self.state_partners, now)
            self.begin_state(durable.get(state_plane.KEPT))
        if self.runs(LOG):
            self.begin_log(durable.get(log_plane.KEPT), now)
        if self.runs(CHECKPOINT):
            self.begin_checkpoints(durable.get(checkpoint_plane.KEPT), life)
        self.refresh()
        if (self.runs(LOG) or self.runs(STATE)) and self.interval:
            first: int | tuple[int, int] = (0, self.interval - 1) if self.phase is None else self.phase
            self.alarm("gossip", first, self.interval)

    @on(Alarm, "gossip")
    def gossip(self, about: Any, now: Now) -> None:
        if self.runs(LOG) and not self.ships_log():
            self.exchange(now)
        if self.runs(STATE):
            self.gossip_state(now)
            if self.rules.staleness == "each-round":
                self.stale = tuple(self.state_partners.stale_peers())

    @on(Operate, "add_peer")
    def add_peer(self, act: Operate, now: Now) -> None:
        peer = str(act.args["peer"])
        if self.rules.configuration == "refused" and peer == self.node:
            self.reply(act, "fail")
            return
        for plane, name in ((LOG, "log_partners"), (STATE, "state_partners")):
            if self.runs(plane):
                getattr(self, name).add_peer(peer, now.monotonic)
        self.reply(act, "ok")

    @on(Operate, "stale_peers")
    def asked_stale(self, act: Operate, now: Now) -> None:
        self.stale = tuple(self.state_partners.stale_peers()) if self.runs(STATE) else ()
        self.reply(act, "ok", self.stale)

    def contents(self) -> list[tuple[str, str]]:
        """Yield what this node holds: entries and registers by key, and the state."""
        held: list[tuple[str, str]] = []
        if self.runs(LOG):
            held += [(f"{origin}#{seq}", fingerprint(payload)) for seq, origin, _, payload in self.listed]
            held += [(f"register {key}", fingerprint(value)) for key, value, _, _ in self.registers]
        if self.runs(STATE):
            held.append(("state", fingerprint(self.manager.local_state)))
        return held
