"""The 37 weaknesses of ecs (section 6 of its specification): runs of the catalogue, and steps of single machines."""

from __future__ import annotations

from models.ecs.objects import CAPSULE, build, object_id
from sim.units import S

from . import ecs_steps as steps
from .weakness import Evidence, Figures, Weakness

ISOLATED = "The scenario sets empty_diff = completes, lest sessions hang for the reason of EW-6."


def _facts(evidence: Evidence, name: str, node: str | None = None) -> list[object]:
    """Return what was stated, by one node or by all, in order."""
    return [r.data for r in evidence.records if r.name == name and node in (None, r.node)]


def _capsule(text: str) -> bytes:
    return object_id(build(CAPSULE, text.encode()))


def _forked(evidence: Evidence) -> Figures:
    published = {fact.payload for fact in _facts(evidence, "published") if fact.seq == 1}  # type: ignore[attr-defined]
    return {"capsules at sequence 1": len(published), "markers of it that F is told": len(
        {fact.payload for fact in _facts(evidence, "received", "F") if fact.seq == 1}  # type: ignore[attr-defined]
    )}  # fmt: skip


def _reused(evidence: Evidence) -> Figures:
    def applied(node: str) -> int:
        return len({f.payload for f in _facts(evidence, "applied", node) if f.seq == 1})  # type: ignore[attr-defined]

    return {"capsules F1 applies at sequence 1": applied("F1"), "capsules F2 applies there": applied("F2")}


def _sequence(evidence: Evidence) -> Figures:
    applied = [fact.seq for fact in _facts(evidence, "applied", "S0")]  # type: ignore[attr-defined]
    return {"applied by S0": " ".join(map(str, applied))}


def _never(evidence: Evidence) -> Figures:
    marker = next(r.at for r in evidence.records if r.name == "received" and r.node == "F")
    capsule = next(r.at for r in evidence.records if r.name == "held" and r.node == "F")
    late_ms = (capsule - marker) // 1_000_000
    return {"capsule after marker, ms": late_ms, "times applied by F": len(_facts(evidence, "applied", "F"))}


def _again(evidence: Evidence) -> Figures:
    return {"times applied by F": len(_facts(evidence, "applied", "F"))}


def _sessions(evidence: Evidence) -> Figures:
    ended = _facts(evidence, "session_ended")
    how = [fact.how for fact in ended]  # type: ignore[attr-defined]
    return {
        "sessions opened": len(_facts(evidence, "session_opened")),
        "complete": how.count("complete"),
        "aborted": how.count("aborted"),
    }


def _lacking(evidence: Evidence) -> Figures:
    held: dict[str, set[bytes]] = {}
    for record in evidence.records:
        if record.kind == "content":
            held.setdefault(str(record.node), set()).update(key for key, _ in record.data)
    every = set().union(*held.values())
    figures: dict[str, int] = {f"objects that {node} lacks": len(every - held.get(node, set())) for node in ("F", "L")}
    return figures | dict(_sessions(evidence))


def _deleted(evidence: Evidence) -> Figures:
    gone = {(r.node, r.data.object_id): r.at for r in evidence.records if r.name == "collected"}
    back = [
        r for r in evidence.records
        if r.name == "held" and gone.get((r.node, r.data.object_id), r.at) < r.at
    ]  # fmt: skip
    ended = {fact.session_id for fact in _facts(evidence, "session_ended")}  # type: ignore[attr-defined]
    first = _facts(evidence, "session_opened")[0]
    return {"objects that came back": len(back), "session that waits for the other ended": first.session_id in ended}  # type: ignore[attr-defined]


def _copies(evidence: Evidence) -> Figures:
    """Count the stores that hold the last commit when it is published."""
    published = [r for r in evidence.records if r.name == "published"][-1]
    held = {
        r.node for r in evidence.records
        if r.name == "acknowledged" and r.data.payload == published.data.payload and r.at <= published.at
    }  # fmt: skip
    lost = {
        r.node for r in evidence.records if r.kind == "crash" and r.at <= published.at and r.node in held
    }  # fmt: skip
    return {"stores required": published.data.required, "stores that hold it when it is published": len(held - lost)}


def _wedged(evidence: Evidence) -> Figures:
    second = _capsule("second")
    stores = {f.store_id for f in _facts(evidence, "acknowledged") if f.payload == second}  # type: ignore[attr-defined]
    published = any(f.payload == second for f in _facts(evidence, "published"))  # type: ignore[attr-defined]
    return {"stores that hold it": len(stores), "published": published}


def _zombie(evidence: Evidence) -> Figures:
    by = {r.data.payload: r for r in evidence.records if r.name == "published"}
    late = by.get(_capsule("A"))
    promoted = next(r.at for r in evidence.records if r.kind == "fault" and r.data.what == "operate")
    if late is None or late.node != "L1":
        return {"published by L1 after L2 was promoted": 0}
    return {"published by L1 after L2 was promoted": 1, "so much later, ms": (late.at - promoted) // 1_000_000}


def _heard(evidence: Evidence) -> Figures:
    told = sum(r.kind == "answer" and r.data.outcome == "ok" for r in evidence.records)
    heard = {r.node for r in evidence.records if r.name == "received"}
    return {"clients told": told, "followers that heard of it": len(heard)}


def _spread(evidence: Evidence) -> Figures:
    second = _capsule("second")
    published = next((r.at for r in evidence.records if r.name == "published" and r.data.payload == second), None)
    early = {
        r.node for r in evidence.records
        if r.name == "held" and r.data.object_id == second and r.data.how == "pulled"
        and (published is None or r.at < published)
    }  # fmt: skip
    return {"nodes that pulled it unpublished": len(early), "published": published is not None}


def _stamps(evidence: Evidence) -> Figures:
    stamps = {
        r.node: r.data.timestamp_ns for r in evidence.records if r.name == "received" and r.data.seq == 1
    }  # fmt: skip
    first, second = stamps.get("F1", 0), stamps.get("F2", 0)
    return {"F2's timestamp after F1's, ms": (second - first) // 1_000_000}


def _fall(evidence: Evidence) -> Figures:
    one, two = (fact.timestamp_ns for fact in _facts(evidence, "published"))  # type: ignore[attr-defined]
    return {"second commit after the first, by timestamp, ms": (two - one) // 1_000_000}


def _reported(evidence: Evidence) -> Figures:
    return {"commits": len(_facts(evidence, "published")), "end to end": evidence.verdicts["sheaf_end_to_end"],
            "corrected": evidence.verdicts["sheaf_consistent"]}  # fmt: skip


def _roles(evidence: Evidence) -> Figures:
    return {"published by the follower": len(_facts(evidence, "published", "F"))}


def _pulled(evidence: Evidence) -> Figures:
    applied = [fact.seq for fact in _facts(evidence, "applied", "F")]  # type: ignore[attr-defined]
    return {"applied by F": " ".join(map(str, applied)), "never applied": 10 - len(applied)}


def _starved(evidence: Evidence) -> Figures:
    ended = {fact.session_id for fact in _facts(evidence, "session_ended", "F")}  # type: ignore[attr-defined]
    opened = [r for r in evidence.records if r.name == "session_opened" and r.node == "F" and r.data.peer == "B"]
    stuck = [r for r in opened if r.data.session_id not in ended and r.at < 6 * S]
    return {"sessions with B that wait": len(stuck), "objects that F lacks": sum(
        r.data.lacks for r in evidence.records if r.name == "session_ended" and r.data.how == "complete"
    )}  # fmt: skip


WEAKNESSES: tuple[Weakness, ...] = (
    Weakness(
        id="EW-1", summary="Two leaders fork the commit clock although their quorums intersect.",
        scenario="ecs/two_leaders_fork", breaks=("unique_clock",), figures=_forked,
        expected={"capsules at sequence 1": 2, "markers of it that F is told": 2},
    ),
    Weakness(
        id="EW-2", summary="A leader that restarts gives a sequence of its own to another commit.",
        scenario="ecs/seq_reused_after_restart", breaks=("unique_clock",), figures=_reused,
        expected={"capsules F1 applies at sequence 1": 2, "capsules F2 applies there": 1},
        note="With durability = volatile, as the schedule has it. With db the same happens if the crash falls behind "
        "the announcement and before the durable append, at the point `announced`: see ecs/one_commit_two_timestamps.",
    ),
    Weakness(
        id="EW-3", summary="Gates are independent, so markers are published and applied out of order.",
        scenario="ecs/published_out_of_order", breaks=("applied_in_order",), figures=_sequence,
        expected={"applied by S0": "1 3"},
    ),
    Weakness(
        id="EW-4", summary="The token of a marker is spent before its commit could be applied, which it never is.",
        scenario="ecs/token_spent_before_apply", breaks=("applied_everywhere",), figures=_never,
        expected={"times applied by F": 0},
        note="No fault is needed: a follower that is no store has no capsule yet whenever a marker comes, and so never "
        "applies anything until it restarts. The schedule's 50 ms give 45 ms here, for the announcement waits for two "
        "acknowledgements.",
    ),
    Weakness(
        id="EW-5", summary="Across a crash a commit is applied twice, or never.",
        scenario="ecs/applied_again_after_crash", breaks=("applied_exactly_once",), figures=_again,
        expected={"times applied by F": 2},
        note="Schedule (b), the lost apply, is ecs/seen_and_never_applied: it needs seen = kept and a crash at the "
        "point `accepted`.",
    ),
    Weakness(
        id="EW-6", summary="A session with nothing missing never completes.",
        scenario="ecs/nothing_missing_hangs", breaks=("sessions_end", "no_holes"), figures=_lacking,
        expected={"complete": 0},
    ),
    Weakness(
        id="EW-7", summary="An object that nobody needs completes a session that would hang, so faults hide EW-6.",
        step=steps.stray_object, weak=lambda f: f["phase before"] != f["phase after"],
        expected={"phase before": "RequestSymbols", "phase after": "PersistAndUpdate"},
    ),
    Weakness(
        id="EW-8", summary="A duplicated message is an error, and with session_error = abort the end of its session.",
        scenario="ecs/duplicate_ends_a_session", mends=("no_holes",), figures=_sessions,
        weak=lambda f: int(f["aborted"]) > 0,
        note="Both readings of the seed are choices of session_error. Under `ignore` a duplicate does no harm.",
    ),
    Weakness(
        id="EW-9", summary="Nothing that a session waits for is ever asked for again.",
        scenario="ecs/lost_symbol_wedges", breaks=("sessions_end", "no_holes"), figures=_lacking,
        expected={"objects that F lacks": 1, "complete": 0},
    ),
    Weakness(
        id="EW-10", summary="What a follower could offer it never offers, and its leader never asks.",
        scenario="ecs/leader_never_pulls", breaks=("no_holes",), figures=_lacking,
        expected={"objects that L lacks": 1},
        note="The scenario opens a fresh session in each round, lest the follower's hang for the reason of EW-6.",
    ),
    Weakness(
        id="EW-11", summary="A session is complete, or converged, although the two sides hold different sets.",
        scenario="ecs/complete_is_not_equal", breaks=("no_holes",), figures=_lacking,
        expected={"objects that L lacks": 1, "complete": 1},
        note="The repair makes the sets equal; the word still says no more than that the pull is over.",
    ),
    Weakness(
        id="EW-12", summary="A deleted object looks like a missing one: it comes back, or is waited for, for ever.",
        scenario="ecs/deleted_and_missing_look_alike", breaks=("deleted_stays_deleted",), figures=_deleted,
        weak=lambda f: not f["session that waits for the other ended"],
        expected={"objects that came back": 1, "session that waits for the other ended": False},
        note="Tombstones are kept for ever here: the horizon after which they might go is not modelled.",
    ),
    Weakness(
        id="EW-13", summary="Tips are exchanged and not read: forks go unnoticed, equality saves nothing.",
        step=steps.tips_that_say_something,
        weak=lambda f: f["forks flagged"] == 0 or int(f["inventories asked of an equal peer"]) > 0,
        expected={"forks flagged": 0, "inventories asked of an equal peer": 1},
    ),
    Weakness(
        id="EW-14", summary="A session's end moves no position, and the position says nothing of what is applied.",
        step=steps.position_after_a_pull,
        weak=lambda f: int(f["position claimed"]) > int(f["applied without a gap"]),
        note="The wiring decides what a position is: the greatest marker known (received) as measured, or also the "
        "remote's at a session's end (copied, which would claim 10 here).",
    ),
    Weakness(
        id="EW-15", summary="The tracker counts any store id, also of a store that does not exist.",
        step=steps.strangers_accept, weak=lambda f: f["published on the word of strangers"] != 0,
        expected={"published on the word of strangers": 1},
        note="By itself the repair is bound_membership; fencing and bound acknowledgements do not suffice, for the "
        "strangers here know sequence, capsule and epoch.",
    ),
    Weakness(
        id="EW-16", summary="An acceptance is never withdrawn, not even when its store has forgotten the symbols.",
        scenario="ecs/acceptance_outlives_the_copy", breaks=("published_is_held",), figures=_copies,
        expected={"stores that hold it when it is published": 1},
        note="Two of three stores crash, so that the acceptance of a dead one is needed for the quorum.",
    ),
    Weakness(
        id="EW-17", summary="Quorums that need not meet are legal, and a single copy is the default.",
        step=steps.quorums_that_need_not_meet, weak=lambda f: f["policies accepted of 1/3 and 2/4"] != 0,
        expected={"policies accepted of 1/3 and 2/4": 2, "copies by default": 1},
        note="The specified repair, 2 * required > total, lets the default of one copy pass: that half is not mended.",
    ),
    Weakness(
        id="EW-18", summary="Configuration validation does not look at the numbers of the quorum.",
        step=steps.numbers_nobody_looks_at,
        weak=lambda f: int(f["configurations that validate"]) + int(f["gates opened by nobody"]) > 0,
        expected={"configurations that validate": 2, "gates opened by nobody": 1},
    ),
    Weakness(
        id="EW-19", summary="A late acknowledgement counts for another commit at its sequence.",
        scenario="ecs/stale_ack_counts", breaks=("publication_backed",), figures=_copies,
        expected={"stores that hold it when it is published": 1},
    ),
    Weakness(
        id="EW-20", summary="Nothing is pushed again, so one lost acknowledgement wedges a commit.",
        scenario="ecs/lost_ack_wedges", breaks=("held_is_published",), figures=_wedged,
        expected={"stores that hold it": 2, "published": False},
        note="With repair = 0. Section 1.3 has a store acknowledge again on every later push of a capsule it holds, so "
        "with repair symbols one lost acknowledgement is made good by the next.",
    ),
    Weakness(
        id="EW-21", summary="A leader that was replaced publishes what it began, however late.",
        scenario="ecs/zombie_publishes", breaks=("unique_clock",), figures=_zombie,
        expected={"published by L1 after L2 was promoted": 1},
        note="The schedule's retried pushes do not exist as specified; here pushes are held up until heal.",
    ),
    Weakness(
        id="EW-22", summary="A client is told of a commit that nobody else ever hears of.",
        scenario="ecs/told_and_never_announced", breaks=("announced_everywhere",), figures=_heard,
        expected={"clients told": 1, "followers that heard of it": 0},
    ),
    Weakness(
        id="EW-23", summary="Anti-entropy carries commits that are not published.",
        scenario="ecs/unpublished_commit_spreads", breaks=("pulled_is_published",), figures=_spread,
        weak=lambda f: int(f["nodes that pulled it unpublished"]) > 0, judgement="depends",
        note="Capsules spread in any wiring. That one is applied unpublished depends on marker_objects: with `built` "
        "the leader's marker is an object before it is published, and a follower applies it "
        "(ecs/unpublished_commit_is_applied breaks no_invention); with `published` or `none` nobody does.",
    ),
    Weakness(
        id="EW-24", summary="One owner per symbol contradicts the rule of the quorum.",
        step=steps.one_owner_per_symbol,
        weak=lambda f: int(f["stores that hold k"]) < 2 or int(f["single losses survived"]) < 3,
        expected={
            "symbols of oid 1 per store, k 10": "3/3/4",
            "stores that hold k": 0,
            "single losses survived": 0,
            "repair for any two, k 4": "median 4, max 8",
            "repair for any two, k 10": "median 8, max 17",
            "repair for any two, k 32": "median 21, max 33",
            "repair for k on two, k 4": "median 7, max 20",
            "repair for k on two, k 10": "median 19, max 27",
            "repair for k on two, k 32": "median 63, max 80",
        },
        note="The repair places all symbols of an object on as many successors as the policy counts: r successors for "
        "each symbol by itself would still leave no store with k of them.",
    ),
    Weakness(
        id="EW-25", summary="Nodes with different rings look for symbols where they never were.",
        step=steps.ring_views_diverge, weak=lambda f: f["symbols not found"] != 0, expected={"symbols not found": 271},
    ),
    Weakness(
        id="EW-26", summary="A node cannot leave the ring, and one without virtual nodes forgets its members.",
        step=steps.dead_nodes_keep_their_share,
        weak=lambda f: int(f["symbols routed to the dead"]) + int(f["members forgotten"]) > 0,
        expected={"symbols routed to the dead": 347, "members forgotten": 3},
    ),
    Weakness(
        id="EW-27", summary="Anybody can make a valid tag, and nothing checks bytes against an object's id.",
        step=steps.forged_symbols,
        weak=lambda f: f["forged symbols that verify"] != 0 or f["objects held that are not what their id says"] != 0,
        expected={"forged symbols that verify": 2, "objects held that are not what their id says": 2},
        note="The key is one secret of the cluster: tags do not bind the sender or the epoch, so a member that lies is "
        "found out by the object's id alone.",
    ),
    Weakness(
        id="EW-28", summary="A decoder that counts symbols takes one symbol k times for an object.",
        step=steps.one_symbol_four_times, weak=lambda f: f["objects decoded"] != 0, judgement="depends",
        expected={"objects decoded": 1, "counting distinct ones": 0},
        note="Depends on symbols: measured with `counted`. The decoding model of section 1.3, which is what "
        "as-specified runs, counts distinct numbers and is not weak.",
    ),
    Weakness(
        id="EW-29", summary="A commit that is made again has another timestamp, and replicas keep different markers.",
        scenario="ecs/one_commit_two_timestamps", breaks=("one_marker",), figures=_stamps,
    ),
    Weakness(
        id="EW-30", summary="Timestamps run backwards along the commit clock when the leader's clock does.",
        scenario="ecs/clock_steps_back", breaks=("timestamps_rise",), figures=_fall,
        expected={"second commit after the first, by timestamp, ms": (-5000, -1)},
    ),
    Weakness(
        id="EW-31", summary="The sheaf check reports every commit of a healthy run.",
        scenario="ecs/healthy_run_is_reported", breaks=("sheaf_end_to_end",), figures=_reported,
        expected={"end to end": "violated"},
        note="The switch silences the alarm by having the leader apply at itself; the corrected check, "
        "sheaf_consistent, needs none.",
    ),
    Weakness(
        id="EW-32", summary="The sheaf check misses forks, gaps, false objects, wrong order and double application.",
        step=steps.anomalies_missed, weak=lambda f: f["missed as published"] != 0,
        expected={"histories": 6, "missed as published": 6, "missed as corrected": 0},
        unmended="no switch of a node mends a check; the property sheaf_consistent catches all six.",
    ),
    Weakness(
        id="EW-33", summary="The TLA+ text is no behaviour that a tool could replay.",
        step=steps.text_without_a_behaviour, weak=lambda f: f["Next"] == 0,
        expected={"Next": 0, "UNCHANGED": 0, "steps of 3 events": 2},
        unmended="no switch of a node mends a text; `netsplit export --format tla` writes a module that TLC replays.",
        note="What the specification says of tools is a conjecture, and confirmed: with NEXT set to one step TLC 2.15 "
        "says that the successor is not completely specified, and exits with 75 (tests/reports/export/test_tla.py).",
    ),
    Weakness(
        id="EW-34", summary="A node that is configured as a follower publishes if it is asked to.",
        scenario="ecs/follower_publishes", breaks=("only_leaders_publish",), figures=_roles,
        expected={"published by the follower": 1},
    ),
    Weakness(
        id="EW-35", summary="Tokens, gates and inventories grow with every commit.",
        step=steps.growth,
        weak=lambda f: any(
            int(f[f"{name} after 100"]) > int(f[f"{name} after 50"])
            for name in ("tokens", "gates", "ids sent to an equal peer")
        ),
        expected={"tokens after 100": 100, "gates after 100": 100, "ids sent to an equal peer after 100": 200},
        note="Objects themselves are kept in either profile, and so are gates whose quorum never comes.",
    ),
    Weakness(
        id="EW-36", summary="Anti-entropy delivers in the order of object ids, which is none of commits.",
        scenario="ecs/pulled_in_id_order", breaks=("applied_in_order",), figures=_pulled,
        weak=lambda f: f["applied by F"] != " ".join(map(str, range(1, 11))),
    ),
    Weakness(
        id="EW-37", summary="A session waits for an object that has come by another session.",
        scenario="ecs/sessions_starve", breaks=("sessions_end",), figures=_starved, judgement="depends",
        expected={"sessions with B that wait": 1},
        note="Depends on feeds: measured with `own`, where a session is told of what its own peer sends. As section "
        "1.3 wires it (`all`), every open session is told of every object, and none starves. " + ISOLATED,
    ),
)  # fmt: skip
