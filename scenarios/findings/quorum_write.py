"""The documented weaknesses of quorum_write (section 6 of its specification), QW-1 to QW-25."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from models.quorum_write.errors import ID_DRIFT, IN_FLIGHT
from models.quorum_write.messages import SyncAck
from models.quorum_write.node import machine
from models.quorum_write.policy import QuorumPolicy
from models.quorum_write.rows import digest
from sim.clients import Errand
from sim.faults import ClockFault, Crash, PacketFault, Partition, Pause, Planned
from sim.host import ModelError
from sim.machine import Alarm, Ask, Boot, Cluster, Now, Persisted, Receive
from sim.units import MS
from sim.world import Plan, World

from .weakness import Evidence, Figures, Weakness

Params = Mapping[str, Any]
REJECTED = "rejected"


# -- what a scenario's records say -------------------------------------------------------------------------


def _facts(evidence: Evidence, name: str) -> list[Any]:
    return [record for record in evidence.records if record.kind == "note" and record.name == name]


def _outcome(evidence: Evidence, op: int) -> str:
    """Return what the client was told of an operation; `none` if nothing."""
    told = [r.data.outcome for r in _facts(evidence, "verdict") if r.data.op == op and r.data.by == "reply"]
    return told[-1] if told else "none"


def _asked(evidence: Evidence, op: int) -> int:
    return next(r.at for r in evidence.records if r.kind == "ask" and r.data.op == op)


def _answered_ms(evidence: Evidence, op: int) -> float:
    """Return how many ms after it was asked an operation was answered, -1 if never."""
    at = [r.at for r in evidence.records if r.kind == "answer" and r.data.op == op]
    return (at[0] - _asked(evidence, op)) / MS if at else -1


def _values(evidence: Evidence, key: str) -> str:
    """Return the values that nodes hold under a key at the end, each once."""
    held = {r.node: r.data.values for r in _facts(evidence, "held") if r.data.key == key}
    return " ".join(sorted({value for values in held.values() for value in values}))


def _copies(evidence: Evidence, value: str) -> int:
    """Return how many nodes hold a value at the end, lost disks aside."""
    held: dict[tuple[str | None, str], tuple[str, ...]] = {}
    for record in evidence.records:
        if record.kind == "note" and record.name == "held":
            held[record.node, record.data.key] = record.data.values
        elif record.kind == "crash" and record.data.how == "wiped":
            held = {where: values for where, values in held.items() if where[0] != record.node}
    return sum(value in values for values in held.values())


def _oks(evidence: Evidence, key: str) -> int:
    return sum(r.data.key == key for r in _facts(evidence, "quorum"))


# -- small worlds ------------------------------------------------------------------------------------------


@dataclass
class Seen:
    """What a small world showed: of each operation the verdict told to its client, and the copies of each value."""

    verdicts: dict[int, Any] = field(default_factory=dict)
    told_at: dict[int, int] = field(default_factory=dict)  # ns
    held: dict[str, dict[str, tuple[str, ...]]] = field(default_factory=dict)  # by node and key
    error: str | None = None

    def outcome(self, op: int = 1) -> str:
        return self.verdicts[op].outcome if op in self.verdicts else "none"

    def got(self, op: int = 1) -> int:
        return self.verdicts[op].got if self.outcome(op) == "ok" else 0

    def copies(self, value: str = "v") -> int:
        return sum(value in values for of_node in self.held.values() for values in of_node.values())


def _observe(params: Params, nodes: int, stop_ms: int, faults: Sequence[Planned] = (), **wiring: Any) -> Seen:
    """Let a client write k = v at n1 after 1 ms, with one-way latencies of 5 ms, and watch."""
    names = tuple(f"n{i + 1}" for i in range(nodes))
    seen = Seen()
    plan = Plan(
        lambda node, cluster: machine(node, cluster, **{**params, **wiring}),
        names,
        stop_ms * MS,
        heal=stop_ms * MS - MS,
        errands=(Errand("c", "n1", "write", ("k", "v"), (MS,)),),
        faults=tuple(faults),
    )
    try:
        world = World(plan, 1, None)
    except ModelError as error:
        return Seen(error=str(error))

    def verdict(record: Any) -> None:
        if record.data.by == "reply":
            seen.verdicts[record.data.op] = record.data
            seen.told_at[record.data.op] = record.at

    def held(record: Any) -> None:
        seen.held.setdefault(record.node, {})[record.data.key] = record.data.values

    def crash(record: Any) -> None:
        if record.data.how == "wiped":
            seen.held.pop(record.node, None)

    world.recorder.listen("verdict", verdict)
    world.recorder.listen("held", held)
    world.recorder.listen("crash", crash)
    seen.error = world.run().model_error
    return seen


def _packet(link: tuple[str, str], message: str, do: Any = "drop", by_ms: int = 0) -> Planned:
    return Planned(PacketFault(link=link, message=message, nth=1, do=do, by=by_ms * MS), at=0)


STALLED = Planned(Pause(nodes=("n1",)), at=6 * MS, lasting=4994 * MS)  # the pushes are out, the answers are not in


def verdict_after_a_stall(params: Params) -> Figures:
    """QW-7: what n1 says after a stall of 5 s of answers that came at 11 or at 4011 ms, by the order of draining."""
    late = [_packet((peer, "n1"), "SyncAck", "delay", 4000) for peer in ("n2", "n3")]
    figures: dict[str, Any] = {}
    for drain in ("inbox-first", "timers-first", "in-order"):
        for name, faults in (("in time", []), ("late", late)):
            seen = _observe(params, 3, 6000, [STALLED, *faults], drain=drain, finalise_at="next-tick")
            figures[f"{drain}, {name}"] = seen.outcome()
    fast = Planned(ClockFault(nodes=("n1",), drift=100_000), at=0)
    cut = Planned(Partition(groups=("n1", "rest")), at=0)
    seen = _observe(params, 3, 3000, [fast, cut], finalise_at="next-tick")
    figures["failed after, clock 10% fast (ms)"] = round((seen.told_at[1] - MS) / MS)
    return figures


def _depends_on_draining(figures: Figures) -> bool:
    in_time = {value for name, value in figures.items() if name.endswith("in time")}
    late = {value for name, value in figures.items() if name.endswith("late")}
    return in_time != {"ok"} or "ok" in late


def copies_behind_an_ok(params: Params) -> Figures:
    """QW-9: how many are counted and how many copies there are, when an acknowledgement is no other member's."""
    cut = Planned(Partition(groups=("n1", "rest")), at=0)
    own = _observe(params, 3, 3000, [cut], broadcast="everyone", finalise_at="next-tick")
    silent = [_packet(("n1", node), "SyncPush") for node in ("n3", "n4", "n5")]
    again = _packet(("n1", "n2"), "SyncPush", "duplicate", 500)
    restart = Planned(Crash(nodes=("n2",)), at=100 * MS, lasting=100 * MS)
    renamed = _observe(params, 5, 3000, [*silent, again, restart], peer_ids="certificate", finalise_at="next-tick")
    strangers = _stepped(params, 2, [f"stranger{i}" for i in range(9)])
    addresses = _stepped(params, 3, ["10.0.0.2:9077", "n2.local:9077"])
    return {
        "own ack: counted": own.got(),
        "own ack: copies": own.copies(),
        "renamed peer: counted": renamed.got(),
        "renamed peer: copies": renamed.copies(),
        "nine foreign ids: counted": strangers[0],
        "two addresses of one peer: counted": addresses[0],
        "two addresses of one peer: copies": 2,
    }


def _counts_too_many(figures: Figures) -> bool:
    pairs = [("own ack: counted", "own ack: copies"), ("renamed peer: counted", "renamed peer: copies")]
    pairs.append(("two addresses of one peer: counted", "two addresses of one peer: copies"))
    too_many = any(int(figures[counted]) > int(figures[copies]) for counted, copies in pairs)
    return too_many or int(figures["nine foreign ids: counted"]) > 3


def _stepped(params: Params, w: int, peers: Sequence[str], ids: Sequence[str] = ()) -> tuple[int, str, int]:
    """Step a coordinator of three until its deadline; n2 answers under these names, with these row ids if given.

    A name that is a node's own comes from there. Returns the count of an Ok or 0, the outcome, and how many drifts.
    """
    names = ("n1", "n2", "n3")
    node = machine("n1", Cluster("n1", names), **{**params, "w": w, "integration": "finalising"})
    now = Now(0, 0, words=(0, 0))
    node.step(Boot({}), now)
    node.step(Ask("c", 1, "write", ("k", "v")), now)
    node.step(Persisted(("row", "k")), now)
    attempt = next(iter(node.attempts.values()))
    row = attempt.row
    for i, peer in enumerate(peers):
        stored = row._replace(id=ids[i]) if ids and ids[i] else row
        src = peer if peer in names else "n2"
        node.step(Receive(src, SyncAck(attempt.id, "k", peer, row.stamp, stored, digest(stored), "", 0)), now)
    if not attempt.done:
        node.step(Alarm(f"deadline {attempt.id}", attempt.id), Now(node.policy.ack_timeout + 1, 0))
    assert attempt.tracker is not None
    ok = attempt.outcome == "ok"
    return attempt.tracker.got if ok else 0, str(attempt.outcome), attempt.tracker.id_drift_count()


def drift_bookkeeping(params: Params) -> Figures:
    """QW-11: what is said when both peers answer with another id, one of them twice; and of a drift, then an ack."""
    _, reason, drifts = _stepped(params, 2, ["n2", "n2", "n3"], ["x", "x", "y"])
    got, _, before = _stepped(params, 2, ["n2", "n2"], ["x", ""])
    return {
        "reason": reason,
        "drifts of two peers": drifts,
        "counts a peer that drifted as well": got == 2 and before == 1,
    }


def configured_durability(params: Params) -> Figures:
    """QW-14: the w that is in force where 0 or 9 of 3 was configured, and what w = 1 costs when a disk is lost."""
    check = params.get("policy_check", "clamp")
    lost = Planned(Crash(nodes=("n1",), disk="wiped"), at=2 * MS, lasting=100 * MS)
    cut = Planned(Partition(groups=("n1", "rest")), at=0)
    one = _observe(params, 3, 1000, [cut, lost], w=1)
    return {
        "w for 0 of 3": _w(3, 0, check),
        "w for 9 of 3": _w(3, 9, check),
        "w = 1, disk lost: told": one.outcome(),
        "w = 1, disk lost: copies": one.copies(),
    }


def _w(n: int, w: int, check: str) -> int | str:
    try:
        return QuorumPolicy.new(n, w, check=check).w
    except ValueError:
        return REJECTED


def policies_from_json(params: Params) -> Figures:
    """QW-15: what becomes of a write under policies that nobody validates."""

    def policy(n: int, w: int, secs: int = 2) -> str:
        return QuorumPolicy(n, w, secs * 1000 * MS).to_json()

    cut = Planned(Partition(groups=("n1", "rest")), at=0)
    found = {
        "n = 0, w = 0, cut off": _observe(params, 3, 3000, [cut], policy=policy(0, 0)),
        "w = 9 of 3, no fault": _observe(params, 3, 3000, policy=policy(3, 9), finalise_at="next-tick"),
        "longest ack_timeout": _observe(params, 3, 3000, policy=policy(3, 2, 2**64 - 1)),
    }
    return {name: _accepted(seen) for name, seen in found.items()}


def _accepted(seen: Seen) -> str:
    if seen.error is None:
        return seen.outcome()
    return REJECTED if "InvalidPolicy" in seen.error else seen.error.split(": ")[1]


def two_integrations(params: Params) -> Figures:
    """QW-25: what a polling and a finalising coordinator say of the same answers, at 1900 ms with a stall, or late."""
    stall = Planned(Pause(nodes=("n1",)), at=1800 * MS, lasting=300 * MS)
    figures: dict[str, Any] = {}
    for name, by_ms, faults in (("at 1900 ms", 1890, [stall]), ("at 3010 ms", 3000, [])):
        late = [_packet((peer, "n1"), "SyncAck", "delay", by_ms) for peer in ("n2", "n3")]
        for integration in ("polling", "finalising"):
            seen = _observe(params, 3, 5000, [*late, *faults], integration=integration, finalise_at="next-tick")
            figures[f"{integration}, answers {name}"] = seen.outcome()
    return figures


WEAKNESSES: tuple[Weakness, ...] = (
    Weakness(
        id="QW-1",
        summary="The majority of an even number is half of it: both sides of a partition acknowledge the same key.",
        scenario="quorum_write/both_halves_acknowledge",
        breaks=("quorums_intersect", "no_silent_loss"),
        figures=lambda e: {
            "writes of k acknowledged": _oks(e, "k"),
            "nodes counted for each": min(len(r.data.nodes) for r in _facts(e, "quorum") if r.data.key == "k")
            if _oks(e, "k")
            else 0,
            "answered after (ms)": _answered_ms(e, 1),
            "values of k at the end": _values(e, "k"),
        },
        expected={"writes of k acknowledged": 2, "nodes counted for each": 2, "answered after (ms)": 10},
        note="The documented ceil((n + 1) / 2) equals n // 2 + 1 for every n, so it is no third choice. With the "
        "stamps of the schedule taken exactly equal (both writes at 10 ms by true clocks) nothing decides between v1 "
        "and v2, for the row has one id: the halves then differ for ever. The scenario sets one clock 1 ms ahead.",
    ),
    Weakness(
        id="QW-2",
        summary="The tracker has two definitions of success, and a late acknowledgement meets only one of them.",
        scenario="quorum_write/late_ack_two_verdicts",
        breaks=("verdicts_agree",),
        figures=lambda e: {
            f"{name} at 3015 ms": value
            for r in _facts(e, "status")[:1]
            for name, value in (("is_quorum_met", r.data.met), ("finalise", r.data.finalised))
        },
        expected={"is_quorum_met at 3015 ms": False, "finalise at 3015 ms": "ok"},
    ),
    Weakness(
        id="QW-3",
        summary="An attempt that was reported as failed is a success when it is asked about later.",
        scenario="quorum_write/late_ack_two_verdicts",
        breaks=("one_verdict",),
        figures=lambda e: {
            "told to the client": _outcome(e, 1),
            "told later": next((r.data.outcome for r in _facts(e, "verdict") if r.data.by == "status"), "none"),
        },
        expected={"told to the client": "unreachable", "told later": "ok"},
    ),
    Weakness(
        id="QW-4",
        summary="A quorum that was met in time is not met after the deadline: a polling coordinator reports a failure.",
        scenario="quorum_write/met_quorum_is_unmet",
        weak=lambda figures: figures["told to the client"] != "ok",
        figures=lambda e: {"told to the client": _outcome(e, 1), "copies": _copies(e, "v")},
        expected={"told to the client": "timeout", "copies": 3},
        judgement="depends",
        note="It needs a coordinator that polls. One that asks after every input, and finalises at its deadline, says "
        "ok here, late: `finalise` does not look at the time. A poll at the deadline itself finds the quorum met.",
    ),
    Weakness(
        id="QW-5",
        summary="Exactly at the deadline the answer is still in flight: the one alarm decides nothing.",
        scenario="quorum_write/deadline_is_in_flight",
        breaks=("answered_in_time",),
        figures=lambda e: {"answered after (ms)": _answered_ms(e, 1)},
        expected={"answered after (ms)": -1},
        judgement="depends",
        note="On the wiring: the client waits for ever (-1) where InFlight means what its documentation says, to keep "
        "waiting. A coordinator that shows InFlight as a timeout (`in_flight = fails`) answers at the deadline.",
    ),
    Weakness(
        id="QW-6",
        summary="There are no negative acknowledgements: what every peer has refused is in flight until the deadline.",
        scenario="quorum_write/refusals_are_in_flight",
        weak=lambda figures: figures["status after 1 s"] == IN_FLIGHT,
        figures=lambda e: {
            "status after 1 s": next((r.data.finalised for r in _facts(e, "status")), "none"),
            "told to the client": _outcome(e, 1),
            "answered after (ms)": _answered_ms(e, 1),
        },
        expected={
            "status after 1 s": IN_FLIGHT,
            "told to the client": "unreachable",
            "answered after (ms)": 2000.000001,
        },
        note="Refusals count once the single retry after 250 ms has been refused too.",
    ),
    Weakness(
        id="QW-7",
        summary="After a stall of the coordinator the order in which inbox and timers are drained decides the verdict.",
        step=verdict_after_a_stall,
        weak=_depends_on_draining,
        expected={"failed after, clock 10% fast (ms)": 1818},
        note="Draining timers first loses what came in time; draining the inbox first counts what came two seconds "
        "late. The latched verdict takes inputs in the order in which they arrived. That a clock's rate stretches or "
        "shortens the deadline stays so under every switch.",
    ),
    Weakness(
        id="QW-8",
        summary="A write that failed stays, spreads after heal, and replaces the one that made up for it.",
        scenario="quorum_write/failed_write_spreads",
        breaks=("failed_has_no_effect",),
        figures=lambda e: {
            "told of v": _outcome(e, 1),
            "answered after (ms)": _answered_ms(e, 1),
            "told of u": _outcome(e, 2),
            "values of k at the end": _values(e, "k"),
        },
        expected={
            "told of v": "unreachable",
            "answered after (ms)": 2000.000001,
            "told of u": "ok",
            "values of k at the end": "v",
        },
        note="`tri-state` tells the truth about v and keeps it; that u is not lost takes `siblings` besides. A hybrid "
        "clock alone does not save u: its node never saw the stamp of v.",
    ),
    Weakness(
        id="QW-9",
        summary="Acknowledgements are not tied to members: the coordinator's own, a renamed peer's, strangers' count.",
        step=copies_behind_an_ok,
        weak=_counts_too_many,
        expected={
            "own ack: counted": 2,
            "own ack: copies": 1,
            "renamed peer: counted": 3,
            "renamed peer: copies": 2,
            "nine foreign ids: counted": 10,
            "two addresses of one peer: counted": 3,
            "two addresses of one peer: copies": 2,
        },
        note="The renamed peer can be watched in `quorum_write/renamed_peer_counts_twice`.",
    ),
    Weakness(
        id="QW-10",
        summary="Acknowledgements are not tied to an attempt: that of an earlier value is counted for a later one.",
        scenario="quorum_write/old_ack_counts_for_new_write",
        breaks=("counted_hold_it",),
        figures=lambda e: {
            "told of v1": _outcome(e, 1),
            "told of v2": _outcome(e, 2),
            "answered after (ms)": _answered_ms(e, 2),
            "copies of v2": _copies(e, "v2"),
        },
        expected={"told of v1": "unreachable", "told of v2": "ok", "answered after (ms)": 410, "copies of v2": 1},
        judgement="depends",
        note="It needs trackers that are found by row id (`ack_names = row`); the attempt's id in SyncAck, which "
        "section 1.3 infers, excludes it. A hybrid clock mends it too: it tells answers apart by the stamp asked for.",
    ),
    Weakness(
        id="QW-11",
        summary="Drifts are counted once for every telling, beside an acknowledgement, and are never the reason given.",
        step=drift_bookkeeping,
        weak=lambda figures: figures["reason"] != ID_DRIFT or figures["drifts of two peers"] != 2,
        expected={"reason": "unreachable", "drifts of two peers": 3, "counts a peer that drifted as well": True},
    ),
    Weakness(
        id="QW-12",
        summary="The clock starts when the tracker is made: a slow local disk leaves the peers no time.",
        scenario="quorum_write/slow_disk_spends_the_deadline",
        breaks=("peers_have_their_time",),
        figures=lambda e: {"told to the client": _outcome(e, 1), "answered after (ms)": _answered_ms(e, 1)},
        expected={"answered after (ms)": 2500},
        judgement="depends",
        note="On the wiring: it needs a tracker that is made before the local write (`tracker_at = before-local`). "
        "The specification's outcome, is_quorum_met never and finalise Ok(2), takes peers that are asked meanwhile.",
    ),
    Weakness(
        id="QW-13",
        summary="With peers asked beside the local write, a write that failed locally exists everywhere else.",
        scenario="quorum_write/local_failure_spreads",
        breaks=("failed_has_no_effect",),
        figures=lambda e: {
            "told to the client": _outcome(e, 1),
            "answered after (ms)": _answered_ms(e, 1),
            "copies": _copies(e, "v"),
        },
        expected={"told to the client": "local_write_failed", "answered after (ms)": 40, "copies": 2},
        judgement="depends",
        note="On the wiring: it needs `pushes = with-local`.",
    ),
    Weakness(
        id="QW-14",
        summary="A w out of range is clamped without a word, and w = 1 acknowledges what one disk holds.",
        step=configured_durability,
        weak=lambda figures: figures["w for 0 of 3"] == 1 or figures["w for 9 of 3"] == 3,
        expected={
            "w for 0 of 3": 1,
            "w for 9 of 3": 3,
            "w = 1, disk lost: told": "ok",
            "w = 1, disk lost: copies": 0,
        },
        note="The check rejects what cannot be meant. w = 1 can be meant, and costs what it costs under every switch.",
    ),
    Weakness(
        id="QW-15",
        summary="A policy from JSON is taken as it stands: n = 0, a w that no peers can reach, a timeout beyond time.",
        step=policies_from_json,
        weak=lambda figures: any(value != REJECTED for value in figures.values()),
        expected={
            "n = 0, w = 0, cut off": "ok",
            "w = 9 of 3, no fault": "timeout",
            "longest ack_timeout": "OverflowError",
        },
    ),
    Weakness(
        id="QW-16",
        summary="A peer that acknowledges before its copy is durable leaves an acknowledged write on one disk.",
        scenario="quorum_write/ack_before_durable",
        breaks=("acknowledged_survives_losses", "no_silent_loss"),
        figures=lambda e: {
            "told to the client": _outcome(e, 1),
            "answered after (ms)": _answered_ms(e, 1),
            "copies": _copies(e, "v"),
        },
        expected={"told to the client": "ok", "answered after (ms)": 10, "copies": 0},
        judgement="depends",
        note="On the wiring: it needs `acks = at-once`.",
    ),
    Weakness(
        id="QW-17",
        summary="An acknowledgement does not mean that the row was applied: who keeps another one answers success.",
        scenario="quorum_write/ack_is_not_applied",
        breaks=("counted_hold_it", "no_silent_loss"),
        figures=lambda e: {
            "told of v1": _outcome(e, 2),
            "nodes counted": next((r.data.copies for r in _facts(e, "quorum") if r.data.value == "v1"), 0),
            "values of k at the end": _values(e, "k"),
        },
        expected={"told of v1": "ok", "nodes counted": 3},
        note="A coordinator that replies as soon as w is reached says Ok(2); Ok(3) is what one says that finalises at "
        "its deadline. Bound acknowledgements turn the false Ok into a failure; a hybrid clock learns the greater "
        "stamp from the answer, stamps the row anew and makes the later write win.",
    ),
    Weakness(
        id="QW-18",
        summary="The threshold for clock skew is stored and never read: a minute's skew goes unseen.",
        scenario="quorum_write/skew_goes_unseen",
        weak=lambda figures: figures["warnings"] == 0,
        figures=lambda e: {"warnings": sum(r.data.warned for r in _facts(e, "skew_seen"))},
        expected={"warnings": 0},
    ),
    Weakness(
        id="QW-19",
        summary="Two concurrent writes of one key are both acknowledged, and the clocks drop one of them.",
        scenario="quorum_write/concurrent_writes_both_succeed",
        breaks=("no_silent_loss",),
        figures=lambda e: {"writes of k acknowledged": _oks(e, "k"), "values of k at the end": _values(e, "k")},
        expected={"writes of k acknowledged": 2, "values of k at the end": "v2"},
        note="Only siblings mend it here: a hybrid clock orders the two writes, and drops one all the same.",
    ),
    Weakness(
        id="QW-20",
        summary="Reads are local: a replica that was cut off answers with what it had before an acknowledged write.",
        scenario="quorum_write/read_misses_the_write",
        breaks=("linearizable",),
        figures=lambda e: {
            "answered after (ms)": _answered_ms(e, 1),
            "read 19 ms after the write began": str(
                next((r.data.value for r in e.records if r.kind == "answer" and r.data.op == 2), "nothing")
            ),
        },
        expected={"answered after (ms)": 10, "read 19 ms after the write began": "None"},
        note="What R + W > N is worth for reads, and what it is worth without, is measured by the study `staleness`.",
    ),
    Weakness(
        id="QW-21",
        summary="Whoever has not acknowledged is abandoned: once its coordinator is gone a row never reaches all.",
        scenario="quorum_write/straggler_is_abandoned",
        breaks=("no_holes",),
        figures=lambda e: {"answered after (ms)": _answered_ms(e, 1), "copies": _copies(e, "v")},
        expected={"answered after (ms)": 10, "copies": 2},
        judgement="depends",
        note="On the daemon: where every node pushes all that it holds (`daemon = all`) the straggler gets the row. "
        "Hints that the coordinator keeps do not help, for it never comes back.",
    ),
    Weakness(
        id="QW-22",
        summary="All state of an attempt is volatile: a coordinator's crash forgets it, and a retry is a second write.",
        scenario="quorum_write/crash_forgets_the_attempt",
        breaks=("written_once",),
        figures=lambda e: {"logical writes of one operation": len({r.data.stamp for r in _facts(e, "wrote")})},
        expected={"logical writes of one operation": 2},
    ),
    Weakness(
        id="QW-23",
        summary="A retry under a fresh id drifts at who kept the first: two of three are up, and no write succeeds.",
        scenario="quorum_write/fresh_ids_drift",
        weak=lambda figures: figures["told of v2"] != "ok" or figures["told of v3"] != "ok",
        figures=lambda e: {"told of v2": _outcome(e, 2), "told of v3": _outcome(e, 3)},
        expected={"told of v2": "unreachable", "told of v3": "unreachable"},
    ),
    Weakness(
        id="QW-24",
        summary="The policy of an open attempt does not follow the membership: two of six are Ok.",
        scenario="quorum_write/three_more_join",
        breaks=("majority_of_members",),
        figures=lambda e: {
            f"{name}": value
            for r in _facts(e, "quorum")[:1]
            for name, value in (("nodes counted", r.data.copies), ("replicas", len(r.data.members)))
        },
        expected={"nodes counted": 2, "replicas": 6},
    ),
    Weakness(
        id="QW-25",
        summary="The writer is missing: two integrations of one tracker report opposite outcomes of the same answers.",
        step=two_integrations,
        weak=lambda figures: figures["polling, answers at 1900 ms"] != figures["finalising, answers at 1900 ms"],
        expected={
            "polling, answers at 1900 ms": "timeout",
            "finalising, answers at 1900 ms": "ok",
            "polling, answers at 3010 ms": "timeout",
            "finalising, answers at 3010 ms": "ok",
        },
        judgement="depends",
        note="On when the second integration finalises. Given the answers of QW-2 at 3010 ms, one that finalises at "
        "its deadline fails like the polling one: opposite outcomes take one that finalises after 3010 ms. Given "
        "those of QW-4, at 1900 ms with a stall, the two do contradict each other.",
    ),
)
