"""The plane of opaque state (P2): a client's bytes, and gossip that replaces them."""

from __future__ import annotations

from typing import Any

from sim.machine import Ask, NodeId, Now, Operate, fingerprint, on

from . import codec
from .choices import STATE
from .clocks import wall_us
from .facts import Declined, Updated, shown
from .gossip import BETWEEN, GossipMessage, PullRequest, Refusal, StateReplicationManager
from .log_plane import LogPlane
from .partners import Partners

KEPT = "state"  # the key on the disk


class StatePlane(LogPlane):
    """The handlers of the opaque state; it stands on the log's, whose export it may have to carry."""

    ACTIONS = {**LogPlane.ACTIONS, "write": ("key", "value"), "read": ("key",)}
    ACTS = {**LogPlane.ACTS, "update": ("value",)}

    manager: StateReplicationManager
    state_partners: Partners

    def begin_state(self, kept: Any) -> None:
        """Begin a life of the state, with what the disk kept of it if there is a disk."""
        rules = self.rules
        self.manager = StateReplicationManager(
            self.node_id,
            self.state_partners,
            rules.digest,
            rules.gossip_apply,
            rules.gossip_checks == "all",
            rules.payload.removesuffix("-only"),
            codec.merged if rules.ships == "log" else BETWEEN.join,
            self.origin,
            self.incarnation,
        )
        if kept is not None:
            self.manager.restore(*kept)

    # -- clients -------------------------------------------------------------------------------------------

    @on(Operate, "update")
    def operated(self, act: Operate, now: Now) -> None:
        self._update(str(act.args["value"]))
        self.reply(act, "ok")

    @on(Ask, "write")
    def write(self, ask: Ask, now: Now) -> None:
        if self.refused(ask, self.writes_to()):
            return
        if self.writes_to() == STATE:
            self._update(str(ask.args[1]))
            self.reply(ask, "ok")
        else:
            self.write_register(ask, now)

    @on(Ask, "read")
    def read(self, ask: Ask, now: Now) -> None:
        if self.writes_to() != STATE:
            self.read_register(ask)
        elif not self.refused(ask, STATE):
            held = self.manager.local_state
            self.answer(ask, "ok", held.decode(errors="replace") if held else None)

    def _update(self, value: str) -> None:
        self.manager.update_local_state(value.encode())
        self.note(Updated(shown(value.encode())))
        self.offset += 1
        self.touched()

    # -- peers ---------------------------------------------------------------------------------------------

    def gossip_state(self, now: Now) -> None:
        """Send this round's messages."""
        for message in self.manager.produce_gossip(wall_us(now.wall), now.word):
            if message.to_node is not None:
                self.send(message.to_node, message)

    @on(GossipMessage)
    def gossiped(self, src: NodeId, msg: GossipMessage, now: Now) -> None:
        synced = self.manager.receive_gossip(msg, now.monotonic)
        if isinstance(synced, Refusal):
            self.note(Declined(src, synced.why))
            return
        if self.rules.gossip_pull == "on-divergence" and self.manager.wants(msg):
            self.send(src, PullRequest(self.node_id))
        if synced:
            self._adopted(src, now)
            self.touched()

    @on(PullRequest)
    def pulled(self, src: NodeId, msg: PullRequest, now: Now) -> None:
        # A round of its own, or the answer would be no newer than the digest that was asked about.
        self.state_partners.current_round += 1
        self.send(src, self.manager.message_for(src, wall_us(now.wall), whole=True))

    def _adopted(self, src: NodeId, now: Now) -> None:
        """Let a log that travels as opaque state become what was received, or merge with it if states merge."""
        if not self.ships_log() or not self.manager.local_state:
            return
        state = codec.decode(self.manager.local_state)
        if self.rules.gossip_apply == "overwrite":
            self.rebuild(state)
        else:
            self.take_in(src, state, now)

    # -- what it holds -------------------------------------------------------------------------------------

    def changed(self) -> None:
        super().changed()
        if self.ships_log() and (data := codec.plain(self.exported())) != self.manager.local_state:
            self.manager.update_local_state(data)
            self.note(Updated(shown(data)))
            self.touched()

    def keep(self) -> None:
        super().keep()
        if self.runs(STATE):
            self.persist(KEPT, self.manager.kept())

    def refresh(self) -> None:
        super().refresh()
        if self.runs(STATE):
            self.state = shown(self.manager.local_state)
            self.digest = fingerprint((self.digest if self.runs("log") else "", self.manager.local_state))
