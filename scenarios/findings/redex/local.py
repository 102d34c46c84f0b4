"""What shows at one node, or only if a machine is doctored: W28, W29, W31 and W33."""

from __future__ import annotations

from collections.abc import Mapping
from fractions import Fraction
from typing import Any

from models.redex import Hardened, Redex, wire
from models.redex.catchup import REGISTRY_SOFT_CAP
from models.redex.messages import BAD_RANGE, SyncHeartbeat, SyncNack, SyncRequest, SyncResponse
from models.redex.roles import GRACEFUL_RELINQUISH, IDLE
from sim.faults import FOREVER, Crash, LinkFault, Partition, Planned
from sim.machine import Effect, Input, NodeId, Now, Send
from sim.units import MS, S

from ..weakness import Figures, Weakness
from .bench import Doctor, doctored, play, write
from .entries import above
from .seen import NEVER, Ms, Seen

Params = Mapping[str, Any]
HEARTBEAT_MS = 100
GAUGES = (
    "The gauges are ages of heartbeats (section 6.7); the specification names no repair, and no state hangs on them."
)


def _is(msg: Any, kind: type) -> bool:
    """Return whether a message is of a kind, be it in the words of a hardened node."""
    return isinstance(msg, (kind, getattr(wire, kind.__name__)))


# -- W28 ---------------------------------------------------------------------------------------------------


def answers_nothing_until(end: int) -> Doctor:
    """Make a leader that until some time, in ns, answers as if it had nothing."""

    def doctor(msg: Any, now: Now) -> Any:
        return msg._replace(events=()) if _is(msg, SyncResponse) and now.monotonic < end else msg

    return doctored(doctor)


def shunned_leader(params: Params) -> Figures:
    """Let a leader answer empty for a while, and see how long after that its follower still lacks three events."""
    short, _ = play(
        params, 2, 5000, doctors={"n1": answers_nothing_until(1500 * MS)}, errands=write("n1", 1010, "a", 3)
    )  # fmt: skip
    long, _ = play(params, 2, 70_000, doctors={"n1": answers_nothing_until(33 * S)}, errands=write("n1", 1010, "a", 3))
    windows = [struck.window // MS for _, struck in short.notes("struck", "n2")]
    return {
        "strikes": len(windows),
        "first_window_ms": max(windows, default=0),
        "resumed_after_ms": _arrived(short, 1500),
        "resumed_after_nine_strikes_ms": _arrived(long, 33_000),
    }


def _arrived(seen: Seen, since: int) -> Ms | str:
    """Return how long after some time the first write came to the follower."""
    return next((at - since for at, d in seen.notes("stored", "n2") if d.payload == "a0"), NEVER)


# -- W29 ---------------------------------------------------------------------------------------------------


def lose(kind: str, src: NodeId, at_ms: int = 0) -> Planned:
    """Return the loss of all messages of one type from a node, from some time on."""
    link = LinkFault(src=(src,), dst="all", oneway=True, loss=Fraction(1), messages=(kind,))
    return Planned(link, at=at_ms * MS)


def unheard_peer_counts_as_agreement(params: Params) -> Figures:
    """Let a leader take 50 events more and tick before it has heard its follower, which cannot ask for them."""
    more = write("n1", 90, "a", 50)
    seen, living = play({"preload": 50, **params}, 2, 900, faults=[lose("SyncRequest", "n2")], errands=more)
    return {"recorded": living["n1"].recorded_tail, "held_elsewhere": int(seen.tail("n2"))}


def wiped_peer_is_still_counted(params: Params) -> Figures:
    """Let a follower report 92 events, and come back from a crash with none and unable to ask."""
    faults = [
        Planned(Crash(nodes=("n2",), disk="wiped"), at=1500 * MS, lasting=50 * MS),
        lose("SyncRequest", "n2", 1500),
    ]
    seen, living = play(
        {"placed": "every-boot", **params}, 2, 2000, faults=faults, errands=write("n1", 500, "a", 90)
    )  # fmt: skip
    return {"recorded": living["n1"].recorded_tail, "held_elsewhere": int(seen.tail("n2"))}


def rival_counts_as_confirmation(params: Params) -> Figures:
    """Let two leaders of a cut take three writes each, and heal it."""
    cut = Planned(Partition(groups=("n1", "n2")), at=1000 * MS, lasting=1000 * MS)
    errands = [*write("n1", 1600, "a", 3), *write("n2", 1600, "b", 3)]
    seen, living = play(params, 2, 3000, faults=[cut], errands=errands)
    same = sum(one == two for one, two in zip(seen.log("n1").split(), seen.log("n2").split(), strict=False))
    return {"recorded": living["n1"].recorded_tail, "held_elsewhere": same}


def _claims_too_much(figures: Figures) -> bool:
    return int(figures["recorded"]) > int(figures["held_elsewhere"])


# -- W31 ---------------------------------------------------------------------------------------------------


def floods(kind: type, count: int) -> Doctor:
    """Make a follower that beside each of its heartbeats to n1 sends it so many other messages; they change nothing."""

    def change(made: Redex) -> None:
        step = made.step
        spoken: Any = getattr(wire, kind.__name__) if isinstance(made, Hardened) else kind
        fields = dict.fromkeys(kind._fields, 0) | {"channel_id": "another channel"}  # type: ignore[attr-defined]
        flood: list[Effect] = [Send("n1", spoken(**{**fields, "request_id": i})) for i in range(count)]

        def flooding(input: Input, now: Now) -> list[Effect]:
            effects = list(step(input, now))
            beats = any(isinstance(e, Send) and e.dst == "n1" and _is(e.msg, SyncHeartbeat) for e in effects)
            return effects + flood if beats else effects

        setattr(made, "step", flooding)  # noqa: B010  # one machine, not its class

    return change


def flooded_priority_lane(params: Params) -> Figures:
    """Keep the priority lane of a leader that needs 10 ms for an input from ever being empty."""
    seen, _ = play(
        params, 3, 8000, doctors={"n3": floods(SyncResponse, 12)}, service={"n1": 10 * MS}
    )  # fmt: skip
    return {
        "n1_heartbeats_in_the_last_3_s": len(seen.sent("SyncHeartbeat", "n1", "n2", since=5000)),
        "n2_promoted_ms": seen.promoted("n2"),
        "most_leaders": seen.most_leaders(),
    }


def flooded_low_lane(params: Params) -> Figures:
    """Fill the low lane of a follower that needs 10 ms for an input, so that there is no room for heartbeats."""
    seen, _ = play(
        params, 3, 20_000, doctors={"n3": floods(SyncRequest, 40)}, service={"n1": 10 * MS},
        own={"n1": {"first_leader": "n2"}, "n2": {"first_leader": "n2"}, "n3": {"first_leader": "n2"}},
    )  # fmt: skip
    return {"n1_promoted_ms": seen.promoted("n1"), "most_leaders": seen.most_leaders()}


# -- W33 ---------------------------------------------------------------------------------------------------


def resigning(made: Redex) -> None:
    """Have somebody outside end a reign between the budget's yes and the answer."""
    admit = made._admit

    def admit_and_resign(*request: Any) -> bool:
        admitted = admit(*request)
        made._turn(IDLE, GRACEFUL_RELINQUISH, request[-1])
        return admitted

    setattr(made, "_admit", admit_and_resign)  # noqa: B010  # one machine, not its class


def budget_leaks(params: Params) -> Figures:
    """Charge the budget for an answer that is never sent."""
    limited = {"bandwidth": "10kB/s", **params}
    seen, living = play(
        limited, 2, 170, doctors={"n1": resigning}, errands=[*write("n1", 99, "a", 40)], own={"n1": {}}
    )  # fmt: skip
    budget = living["n1"].budget
    charged = 0 if budget is None else budget.capacity - budget.available
    return {"charged_bytes": charged, "answers": len(seen.sent("SyncResponse", "n1"))}


def blank(msg: Any, now: Now) -> Any:
    """Return a refusal for being out of range, without a floor, in place of each answer."""
    if not _is(msg, SyncResponse):
        return msg
    refusal: Any = SyncNack if isinstance(msg, SyncResponse) else wire.SyncNack
    return refusal(msg.channel_id, msg.first_seq, BAD_RANGE, 0, msg.request_id)


def floor_of_zero_burns_sequences(params: Params) -> Figures:
    """Refuse a follower ten events with a floor of 0, which no retention explains."""
    seen, _ = play(params, 2, 2500, doctors={"n1": doctored(blank)}, errands=write("n1", 510, "a", 10))
    skips = seen.notes("skipped", "n2")
    return {"sequences_burnt": sum(d.to - d.start for _, d in skips), "heartbeats": len(skips)}


def refused_skips_are_counted(params: Params) -> Figures:
    """Count skips of a log on disk, which refuses each of them."""
    cut = Planned(Partition(groups=("n1", "n2")), at=1010 * MS, lasting=280 * MS)
    kept = {"retention_max_events": 4, "file": "kept", **params}
    seen, living = play(kept, 2, 5000, faults=[cut], errands=write("n1", 1050, "a", 10))
    return {"counted": living["n2"].gauges.skip_ahead_total, "skipped": len(seen.notes("skipped", "n2"))}


def gauge_of_a_follower_without_progress(params: Params) -> Figures:
    """Lose all requests of a follower, and look at its gauge."""
    seen, living = play(params, 2, 20_000, faults=[lose("SyncRequest", "n2", 1000)], errands=write("n1", 1100, "a", 5))
    lag = living["n2"].gauges.follower_lag
    return {
        "gauge_ms": -1 if lag is None else lag // MS,
        "events_behind": int(seen.tail("n1")) - int(seen.tail("n2")),
    }


def gauge_of_a_leader_with_a_dead_peer(params: Params) -> Figures:
    """Crash one of two followers for ever, and look at the leader's gauge ten seconds later."""
    _, living = play(params, 3, 11_000, faults=[Planned(Crash(nodes=("n3",)), at=1000 * MS, lasting=FOREVER)])
    lag = living["n1"].gauges.leader_lag
    return {"gauge_ms": -1 if lag is None else lag // MS}


def tokens_above_the_cap(params: Params) -> Figures:
    """Lose all answers to a follower, and count the tokens that it keeps."""
    _, living = play(params, 2, 41_000, faults=[lose("SyncResponse", "n1", 0)], errands=write("n1", 510, "a", 5))
    return {"tokens": len(living["n2"].outstanding.tokens), "soft_cap": REGISTRY_SOFT_CAP}


ENTRIES = (
    Weakness(
        id="W28",
        summary="A follower shuns a leader that has long been well again.",
        step=shunned_leader,
        weak=above("resumed_after_ms", 5 * HEARTBEAT_MS),
        expected={"strikes": 4, "first_window_ms": 1000, "resumed_after_nine_strikes_ms": (28_000, 30_200)},
        note="The leader answers empty until 1500 ms, and until 33 s: four strikes open a window of 1 s, nine one of "
        "30 s. An honest leader answers empty only in W10.",
    ),
    Weakness(
        id="W29a",
        summary="A leader that has heard nobody records its own tail as agreed, and never takes it back.",
        step=unheard_peer_counts_as_agreement,
        weak=_claims_too_much,
        expected={"recorded": 100, "held_elsewhere": 50},
    ),
    Weakness(
        id="W29b",
        summary="What a peer reported before it was wiped still counts.",
        step=wiped_peer_is_still_counted,
        weak=_claims_too_much,
        note="92 and 0 in place of the specification's 90.",
    ),
    Weakness(
        id="W29c",
        summary="A rival's tail counts as confirmation, whatever its log holds.",
        step=rival_counts_as_confirmation,
        weak=_claims_too_much,
    ),
    Weakness(
        id="W31a",
        summary="A priority lane that is never empty keeps a leader from ticking, and the others elect.",
        step=flooded_priority_lane,
        weak=above("most_leaders", 1),
        note="The flood is 120 messages a second of a foreign channel, from a member; an outsider's would queue as "
        "well, for membership is judged behind the queue. One input takes 10 ms.",
    ),
    Weakness(
        id="W31b",
        summary="A low lane full of requests has no room for heartbeats, and a follower of a healthy leader stands.",
        step=flooded_low_lane,
        weak=above("most_leaders", 1),
        note="400 requests a second for a node that handles 100. That one blocked send stalls all that follow has no "
        "counterpart here: a send takes no time.",
    ),
    Weakness(
        id="W33a",
        summary="Bytes that the budget granted are gone if the role ends before the answer is sent.",
        step=budget_leaks,
        weak=lambda f: int(f["charged_bytes"]) > 0 and f["answers"] == 0,
        expected={"answers": 0},
        note="Between admission and answer nothing can happen in a model that handles one input after the other; a "
        "hook ends the role just there.",
    ),
    Weakness(
        id="W33b",
        summary="The gauge of a follower that receives nothing shows one heartbeat.",
        step=gauge_of_a_follower_without_progress,
        weak=lambda f: 0 <= int(f["gauge_ms"]) <= HEARTBEAT_MS and int(f["events_behind"]) > 0,
        expected={"gauge_ms": (0, 100), "events_behind": 5},
        unmended=GAUGES,
    ),
    Weakness(
        id="W33c",
        summary="A peer that is gone makes the leader's gauge grow for ever.",
        step=gauge_of_a_leader_with_a_dead_peer,
        weak=above("gauge_ms", 1000),
        expected={"gauge_ms": (9900, 10_100)},
        unmended=GAUGES,
    ),
    Weakness(
        id="W33d",
        summary="Skips that the log refused are counted as skips.",
        step=refused_skips_are_counted,
        weak=lambda f: f["counted"] != f["skipped"],
        expected={"skipped": 0},
    ),
    Weakness(
        id="W33e",
        summary="A refusal with a floor of 0 makes a follower give up one sequence after another.",
        step=floor_of_zero_burns_sequences,
        weak=above("sequences_burnt", 0),
        expected={"sequences_burnt": 10, "heartbeats": 10},
        note="What might cause such a refusal is a conjecture of the specification.",
    ),
    Weakness(
        id="W33f",
        summary="The cap on outstanding requests is none while they are young.",
        step=tokens_above_the_cap,
        weak=above("tokens", REGISTRY_SOFT_CAP),
        expected={"tokens": 300, "soft_cap": 256},
    ),
)
