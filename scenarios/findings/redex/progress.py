"""Replicas that do not catch up, or at too high a price: W11, W20, W21, W25 to W27 and the backlog of W31."""

from __future__ import annotations

from ..weakness import Weakness
from .entries import above, equals, shown
from .seen import Seen

BACKPRESSURE = 3

ENTRIES = (
    Weakness(
        id="W11",
        summary="A follower whose log is on disk and below the leader's floor asks for ever, and nothing counts it.",
        scenario="redex/persistent_follower_asks_for_ever",
        breaks=("catch_up_progresses",),
        figures=shown(
            requests=lambda s: len(s.sent("SyncRequest", "n2")),
            refusals=lambda s: len(s.sent("SyncNack", "n1")),
            n2_tail=lambda s: s.tail("n2"),
            strikes=lambda s: len(s.notes("struck", "n2")),
        ),
        expected={"requests": 298, "refusals": 297, "n2_tail": 2, "strikes": 0},
        note="The last request is under way when the run ends at 31 051. P7: with `from-floor` the 297 refusals are "
        "as many useless chunks.",
    ),
    Weakness(
        id="W20",
        summary="A follower whose requests are lost asks for ever and nobody notices.",
        scenario="redex/requests_into_the_void",
        weak=equals("n2_events_in_the_cut", 0),
        figures=shown(
            requests=lambda s: len(s.sent("SyncRequest", "n2", until=60_013)),
            n2_events_in_the_cut=lambda s: s.stored("n2", 60_014) - 2,
            strikes=lambda s: len(s.notes("struck", "n2")),
            last_leader=lambda s: s.last_leaders(),
        ),
        expected={"requests": 590, "n2_events_in_the_cut": 0, "strikes": 0, "last_leader": "n1"},
        note="590 counts the ticks from 1113 to 60 013, the last of them after the specification's 60 s.",
    ),
    Weakness(
        id="W21",
        summary="A node that reaches both leaders of a split believes each in turn and drops every answer.",
        scenario="redex/flapping_belief_starves",
        weak=equals("n3_events_in_the_cut", 0),
        figures=shown(
            n1_events=lambda s: len(s.notes("accepted", "n1")),
            requests=lambda s: len(s.sent("SyncRequest", "n3", until=5999)),
            answers=lambda s: len(s.sent("SyncResponse", dst="n3", until=5999)),
            n3_events_in_the_cut=lambda s: s.stored("n3", 6000) - 2,
        ),
        expected={"n3_events_in_the_cut": 0},
        judgement="depends",
        note="4.5 s of writes here. The specification's 28.5 s count 2853 events, 286 requests and 284 dropped "
        "answers; this model counts 2852, 285 and 284 up to 30 000 excluded. P1: `sticky` never starves. Phases "
        "decide: n2 at 60 ms starves too; at 4 or 13 ms n3 follows n2, at 90 or 99 ms n1.",
    ),
    Weakness(
        id="W25a",
        summary="A chunk that background requests can never afford is refused once a heartbeat, for ever.",
        scenario="redex/background_chunk_is_never_admitted",
        breaks=("accepted_survives", "tails_agree"),
        figures=shown(
            requests=lambda s: len(s.sent("SyncRequest", "n2")),
            refusals=lambda s: sum(m.error_code == BACKPRESSURE for m in s.sent("SyncNack", "n1")),
            n2_events=lambda s: s.events("n2"),
        ),
        expected={"requests": 99, "refusals": 99, "n2_events": 2},
        note="10 s here; in 600 s the specification counts 5999 of each, the first of them at 150 ms.",
    ),
    Weakness(
        id="W25b",
        summary="A chunk above the budget's capacity is refused once a heartbeat, for ever.",
        scenario="redex/chunk_above_capacity_is_never_admitted",
        breaks=("accepted_survives", "tails_agree"),
        figures=shown(
            requests=lambda s: len(s.sent("SyncRequest", "n2")),
            refusals=lambda s: sum(m.error_code == BACKPRESSURE for m in s.sent("SyncNack", "n1")),
            n2_events=lambda s: s.events("n2"),
        ),
        expected={"n2_events": 2},
        note="The specification gives no figures for this schedule.",
    ),
    Weakness(
        id="W26",
        summary="A follower whose answers are lost eats the shared budget, and a healthy one starves.",
        scenario="redex/lost_answers_eat_the_budget",
        weak=equals("n3_events", 2),
        figures=shown(
            n3_events=lambda s: s.stored("n3", 6000),
            answers_to_n2=lambda s: sum(bool(m.events) for m in s.sent("SyncResponse", dst="n2", until=5999)),
            answers_to_n3=lambda s: sum(bool(m.events) for m in s.sent("SyncResponse", dst="n3", until=5999)),
        ),
        expected={"n3_events": 2, "answers_to_n3": 0},
        note="At a hundredth of the specification's sizes, for 6 s in place of 60. It depends on phases, n2 asking "
        "before n3, and on event sizes that divide chunk_max, so that the bucket is never full enough between "
        "the two.",
    ),
    Weakness(
        id="W27a",
        summary="A follower gets one chunk a heartbeat: lag grows without bound, whatever the bandwidth.",
        scenario="redex/catch_up_slower_than_writes",
        weak=lambda f: isinstance(f["caught_up_share"], float) and f["caught_up_share"] < 0.9,
        figures=shown(
            events_a_heartbeat=lambda s: max((len(m.events) for m in s.sent("SyncResponse")), default=0),
            n1_events=lambda s: s.stored("n1", 10_000),
            n2_events=lambda s: s.stored("n2", 10_000),
            caught_up_share=lambda s: round(s.stored("n2", 10_000) / max(1, s.stored("n1", 10_000)), 3),
        ),
        expected={"caught_up_share": (0.62, 0.64)},
        note="At an eighth of the specification's rates, 8 events a chunk and 12.5 writes a heartbeat, for 10 s; "
        "there it is 64 of 100, and 19 196 of 30 010 after 30 s.",
    ),
    Weakness(
        id="W27b",
        summary="With a round trip above the heartbeat each event is served twice.",
        scenario="redex/long_round_trip_multiplies_bytes",
        weak=lambda f: not f["copies"] or float(f["copies"]) > 1.5,  # nothing served is no mending
        figures=shown(copies=lambda s: _copies(s), n2_events=lambda s: s.events("n2")),
        expected={"copies": 2.0, "n2_events": 102},
        note="One way is 60 ms.",
    ),
    Weakness(
        id="W27c",
        summary="With a round trip of five heartbeats each event is served six times.",
        scenario="redex/long_round_trip_multiplies_bytes",
        settings={"network.latency": "260ms"},
        weak=lambda f: not f["copies"] or float(f["copies"]) > 1.5,  # nothing served is no mending
        figures=shown(copies=lambda s: _copies(s), n2_events=lambda s: s.events("n2")),
        expected={"copies": 6.0, "n2_events": 102},
        unmended="A round trip above 3H outlasts any lease of the hardened profile: nobody leads for long, and "
        "nothing is shipped. FLOW alone asks again when no answer comes for long: three copies in place of "
        "six.",
        note="One way is 260 ms; with 160 it is 4 copies, and with 500 it is 10.5 in the specification.",
    ),
    Weakness(
        id="W31c",
        summary="Heartbeats that wait in an inbox are stamped when read, so a dead leader lives for as long as the "
        "queue.",
        scenario="redex/backlog_hides_a_dead_leader",
        weak=above("n2_noticed_after_ms", 1000),
        figures=shown(
            n3_noticed_after_ms=lambda s: s.gave_up("n3", "n1", 5003),
            n2_noticed_after_ms=lambda s: s.gave_up("n2", "n1", 5003),
        ),
        note="n2 needs 45 ms for an input. A node that reads its mail at once needs at most 4H + D, 405 ms.",
    ),
)


def _copies(seen: Seen) -> float:
    """Return how many events were served for each that the follower was missing."""
    return round(sum(len(m.events) for m in seen.sent("SyncResponse")) / 100, 2)
