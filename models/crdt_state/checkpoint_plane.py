"""The plane of checkpoints (P3): a coordinator asks, every node makes its part, the coordinator collects.

What a node's part holds is its balance, which transfers move between nodes, and a fingerprint of what its other planes
hold. As specified nobody answers a submission, nobody asks twice, and nothing ends a checkpoint that lacks a part.
"""

from __future__ import annotations

from typing import Any

from sim.machine import Alarm, NodeId, Now, Operate, fingerprint, on

from .checkpoint import (
    DistributedCheckpointer,
    GlobalDistributedCheckpoint,
    NodeCheckpoint,
    Unwanted,
    make_node_checkpoint,
)
from .choices import CHECKPOINT, LOG, STATE
from .clocks import wall_us
from .cuts import Cut, Cuts
from .errors import CheckpointVerificationFailed
from .facts import Aborted, Completed, Rejected, Submitted, shown
from .messages import CheckpointRequest, Marker, Rejoined, SubmitCheckpoint, SubmitResult, Transfer
from .state_plane import StatePlane

KEPT = "checkpoints"  # the key on the disk
PENDING, COMPLETE, REJECTED = "pending", "complete", "rejected"


class CheckpointPlane(StatePlane):
    """The handlers of checkpoints."""

    ACTS = {**StatePlane.ACTS, "checkpoint": (), "submit": ("checkpoint_id",), "transfer": ("to", "amount")}

    checkpointer: DistributedCheckpointer
    coordinator: NodeId
    expected: tuple[NodeId, ...]
    initial_balance: int
    ckpt_every: int | None
    ckpt_resend: int
    ckpt_deadline: int

    def begin_checkpoints(self, kept: Any, life: int) -> None:
        """Begin a life; a coordinator that retries finds on its disk which ids were used and which are complete."""
        rules = self.rules
        self.balance = self.initial_balance
        self.life = life
        self.checkpointer = DistributedCheckpointer(
            self.expected, rules.digest, rules.ckpt_members, rules.ckpt_done == "remembered"
        )
        self.number = 0
        self.cuts = Cuts(node for node in self.expected if node != self.node)
        self._asked: dict[str, int] = {}  # checkpoints that lack a part, and when they were begun
        self._given_up: set[str] = set()
        self._unanswered: dict[str, NodeCheckpoint] = {}  # own parts
        self._lives: dict[NodeId, int] = {}
        if kept is not None and rules.ckpt_retry == "until-answered":
            self.number, done, self.latest = kept
            self.checkpointer.done.update(done)
        if self.node == self.coordinator and self.ckpt_every is not None:
            self.alarm("checkpoint", self.ckpt_every, self.ckpt_every)
        if rules.ckpt_retry == "until-answered":
            self.alarm("resend", self.ckpt_resend, self.ckpt_resend)
        if rules.ckpt_epoch == "restarts" and life > 1:
            self.send(self.coordinator, Rejoined(life))

    # -- the coordinator -----------------------------------------------------------------------------------

    @on(Alarm, "checkpoint")
    def due(self, about: Any, now: Now) -> None:
        self._request(now)

    @on(Operate, "checkpoint")
    def operated_checkpoint(self, act: Operate, now: Now) -> None:
        if self.node != self.coordinator:
            self.reply(act, "elsewhere")
            return
        self._request(now)
        self.reply(act, "ok", f"ckpt-{self.number}")

    def _request(self, now: Now) -> None:
        self.number += 1
        name = f"ckpt-{self.number}"
        if self.rules.ckpt_retry == "until-answered":
            self._asked[name] = now.monotonic
        self._write_down()
        for node in self.expected:
            self.send(node, CheckpointRequest(name, self._cut_number(name)))

    def _cut_number(self, name: str) -> int:
        return int(name.removeprefix("ckpt-")) if self.rules.ckpt_barrier == "markers" else 0

    @on(SubmitCheckpoint)
    def submitted(self, src: NodeId, msg: SubmitCheckpoint, now: Now) -> None:
        part = msg.part
        if self.rules.ckpt_epoch == "restarts" and not self._same_execution(part, now):
            self._reject(src, part, "of an execution that did not happen")
            return
        if part.checkpoint_id in self._given_up:
            self._reject(src, part, "given up")
            return
        try:
            whole = self.checkpointer.submit_node_checkpoint(part, wall_us(now.wall))
        except CheckpointVerificationFailed as failed:
            self._reject(src, part, str(failed), failed.expected, failed.actual)
            return
        if isinstance(whole, Unwanted):
            if part.checkpoint_id in self.checkpointer.done:
                self._tell(src, SubmitResult(part.checkpoint_id, COMPLETE))
            else:
                self._reject(src, part, whole.why)
            return
        self._tell(src, SubmitResult(part.checkpoint_id, PENDING if whole is None else COMPLETE))
        if whole is not None:
            self._asked.pop(whole.checkpoint_id, None)
            latest = self.checkpointer.latest_checkpoint()
            self.latest = None if latest is None else latest.checkpoint_id
            self.completed = len(self.checkpointer.completed)
            self._write_down()
            self.note(_completed(whole))

    def _same_execution(self, part: NodeCheckpoint, now: Now) -> bool:
        known = self._lives.setdefault(part.node_id, part.life)
        if part.life > known:
            self._begin_anew(part.node_id, part.life, now)
        return part.life == known and part.checkpoint_id not in self._given_up

    @on(Rejoined)
    def rejoined(self, src: NodeId, msg: Rejoined, now: Now) -> None:
        self._begin_anew(src, msg.life, now)

    def _begin_anew(self, node: NodeId, life: int, now: Now) -> None:
        """Give up what is under way, for a member has forgotten its share of it, and ask for a new checkpoint."""
        if life <= self._lives.get(node, 0):
            return
        self._lives[node] = life
        under_way = sorted({*self.checkpointer.active, *self._asked})
        for name in under_way:
            self._give_up(name)
        if under_way:
            self._request(now)

    def _give_up(self, name: str) -> None:
        self.checkpointer.active.pop(name, None)
        self._asked.pop(name, None)
        self._given_up.add(name)
        self.note(Aborted(name))

    def _reject(self, src: NodeId, part: NodeCheckpoint, why: str, expected: str = "", actual: str = "") -> None:
        self.note(Rejected(part.checkpoint_id, part.node_id, why))
        self._tell(src, SubmitResult(part.checkpoint_id, REJECTED, expected, actual))

    def _tell(self, dst: NodeId, result: SubmitResult) -> None:
        if self.rules.submit_result == "sent" or self.rules.ckpt_retry == "until-answered":
            self.send(dst, result)

    def _write_down(self) -> None:
        if self.rules.ckpt_retry == "until-answered":
            self.persist(KEPT, (self.number, tuple(sorted(self.checkpointer.done)), self.latest))

    # -- every node ----------------------------------------------------------------------------------------

    @on(CheckpointRequest)
    def requested(self, src: NodeId, msg: CheckpointRequest, now: Now) -> None:
        name = msg.checkpoint_id
        if name in self._unanswered:
            self.send(self.coordinator, SubmitCheckpoint(self._unanswered[name]))
        elif msg.number:
            self._cut(msg.number, now)
            self._submit_whole(now)
        else:
            self._submit(name, self.snapshot(self.balance), self.offset, now)

    @on(Operate, "submit")
    def operated_submit(self, act: Operate, now: Now) -> None:
        self._submit(str(act.args["checkpoint_id"]), self.snapshot(self.balance), self.offset, now)
        self.reply(act, "ok")

    def _submit(self, name: str, state: bytes, logical_time: int, now: Now) -> None:
        rules = self.rules
        life = self.life if rules.ckpt_epoch == "restarts" or rules.ckpt_members == "expected" else 0
        part = make_node_checkpoint(name, self.node_id, logical_time, state, wall_us(now.wall), rules.digest, life)
        if rules.ckpt_retry == "until-answered":
            self._unanswered[name] = part
        self.note(Submitted(name, logical_time, part.merkle_root))
        self.send(self.coordinator, SubmitCheckpoint(part))

    def snapshot(self, balance: int) -> bytes:
        """Return the bytes of this node's part."""
        lines = [f"balance={balance}"]
        if self.runs(LOG):
            lines.append(f"log={fingerprint(self.content())}")
        if self.runs(STATE):
            lines.append(f"state={self.state}")
        return " ".join(lines).encode()

    @on(SubmitResult)
    def answered(self, src: NodeId, msg: SubmitResult, now: Now) -> None:
        self._unanswered.pop(msg.checkpoint_id, None)

    @on(Alarm, "resend")
    def resend(self, about: Any, now: Now) -> None:
        """Send again what was not answered; the coordinator asks again, or gives up what is overdue and says so."""
        for part in self._unanswered.values():
            self.send(self.coordinator, SubmitCheckpoint(part))
        for name, begun in list(self._asked.items()):
            if now.monotonic - begun >= self.ckpt_deadline:
                self._give_up(name)
                continue
            have = {part.node_id for part in self.checkpointer.active.get(name, ())}
            for node in self.expected:
                if node not in have:
                    self.send(node, CheckpointRequest(name, self._cut_number(name)))

    # -- transfers, and cuts through them ------------------------------------------------------------------

    @on(Operate, "transfer")
    def operated_transfer(self, act: Operate, now: Now) -> None:
        dst, amount = str(act.args["to"]), int(act.args["amount"])
        self.balance -= amount
        self.offset += 1
        cut = self.cuts.sending(dst) if self.rules.ckpt_barrier == "markers" else 0
        self.send(dst, Transfer(amount, cut))
        self.reply(act, "ok")

    @on(Transfer)
    def transferred(self, src: NodeId, msg: Transfer, now: Now) -> None:
        if self.rules.ckpt_barrier == "markers":
            self._cut(msg.cut, now)
            self.cuts.arrived(src, msg.amount, msg.cut)
        self.balance += msg.amount
        self.offset += 1
        self._submit_whole(now)

    @on(Marker)
    def marked(self, src: NodeId, msg: Marker, now: Now) -> None:
        self._cut(msg.number, now)
        self.cuts.marked(src, msg.number, msg.transfers)
        self._submit_whole(now)

    def _cut(self, number: int, now: Now) -> None:
        """Make this node's part of a cut, unless it has, before anything that comes after the cut takes effect."""
        if number <= self.cuts.number or not self.runs(CHECKPOINT):
            return
        name = f"ckpt-{number}"
        self.cuts.begin(Cut(name, number, self.balance, self.offset))
        for member in self.cuts.members:
            self.send(member, Marker(name, number, self.cuts.sent.get(member, 0)))

    def _submit_whole(self, now: Now) -> None:
        for cut in self.cuts.whole():
            self._submit(cut.checkpoint_id, self.snapshot(cut.balance + cut.under_way), cut.logical_time, now)


def _completed(whole: GlobalDistributedCheckpoint) -> Completed:
    parts = tuple(
        (node, part.logical_time, part.life, shown(part.state_bytes), part.merkle_root)
        for node, part in whole.node_checkpoints
    )
    return Completed(whole.checkpoint_id, parts, whole.min_logical_time, whole.max_logical_time, whole.is_complete)
