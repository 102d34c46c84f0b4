"""Logs that differ, hold what nobody led with, or have holes: W4 to W10, W12 and W18."""

from __future__ import annotations

from ..weakness import Weakness
from .entries import above, shown

ENTRIES = (
    Weakness(
        id="W4a",
        summary="Logs of equal length differ for ever and nobody asks.",
        scenario="redex/equal_tails_differ_for_ever",
        breaks=("same_payload", "logs_agree"),
        figures=shown(
            n1_log=lambda s: s.log("n1"),
            n2_log=lambda s: s.log("n2"),
            requests_after_heal=lambda s: len(s.sent("SyncRequest", since=2005)),
        ),
        expected={"n1_log": "c0 c1 a0 a1 a2", "n2_log": "c0 c1 b0 b1 b2", "requests_after_heal": 0},
    ),
    Weakness(
        id="W4b",
        summary="Three nodes cut from one another end with three different logs of one length, and one leader.",
        scenario="redex/three_logs_and_one_leader",
        breaks=("same_payload", "logs_agree"),
        figures=shown(
            n1_log=lambda s: s.log("n1"),
            n2_log=lambda s: s.log("n2"),
            n3_log=lambda s: s.log("n3"),
            last_leader=lambda s: s.last_leaders(),
        ),
        expected={
            "n1_log": "c0 c1 a0 a1 a2",
            "n2_log": "c0 c1 b0 b1 b2",
            "n3_log": "c0 c1 d0 d1 d2",
            "last_leader": "n1",
        },
    ),
    Weakness(
        id="W5",
        summary="A log becomes the prefix of one history and the suffix of another.",
        scenario="redex/log_of_two_histories",
        breaks=("same_payload", "logs_agree"),
        figures=shown(
            n1_log=lambda s: s.log("n1"),
            n2_log=lambda s: s.log("n2"),
            n3_log=lambda s: s.log("n3"),
            last_leader=lambda s: s.last_leaders(),
        ),
        expected={
            "n1_log": "c0 c1 a0 a1 a2 b3 b4 b5",
            "n2_log": "c0 c1 b0 b1 b2 b3 b4 b5",
            "n3_log": "c0 c1 a0 a1 a2 b3 b4 b5",
            "last_leader": "n2",
        },
    ),
    Weakness(
        id="W6",
        summary="A longer stale log displaces writes that a majority held.",
        scenario="redex/longer_stale_log_wins",
        breaks=("same_payload", "accepted_survives"),
        figures=shown(
            n2_conceded_ms=lambda s: s.conceded("n2", 2000),
            n1_log=lambda s: s.log("n1"),
            n2_log=lambda s: s.log("n2"),
            n3_log=lambda s: s.log("n3"),
        ),
        expected={
            "n2_conceded_ms": 5005,
            "n1_log": "c0 c1 a0 a1 a2 a3 a4",
            "n2_log": "c0 c1 b0 b1 b2 a3 a4",
            "n3_log": "c0 c1 b0 b1 b2 a3 a4",
        },
    ),
    Weakness(
        id="W7",
        summary="The node that lost the leader first stands first, and a better one follows it.",
        scenario="redex/laggard_leads_and_is_followed",
        breaks=("same_payload", "accepted_survives"),
        figures=shown(
            n2_promoted_ms=lambda s: s.promoted("n2"),
            last_leader=lambda s: s.last_leaders(),
            n2_log=lambda s: s.log("n2"),
            n3_log=lambda s: s.log("n3"),
        ),
        expected={
            "n2_promoted_ms": 1313,
            "last_leader": "n2",
            "n2_log": "c0 c1 b0 b1 b2",
            "n3_log": "c0 c1 a0 a1 a2 a3 a4",
        },
        note="1313 needs packets in flight at the cut to be delivered; dropped, it is 1213 (section 11.1).",
    ),
    Weakness(
        id="W8",
        summary="A restarted leader with a longer log on disk keeps it and diverges in silence.",
        scenario="redex/restarted_leader_diverges",
        breaks=("same_payload", "logs_agree"),
        figures=shown(
            n2_promoted_ms=lambda s: s.promoted("n2"),
            n1_log=lambda s: s.log("n1"),
            n2_log=lambda s: s.log("n2"),
            n3_log=lambda s: s.log("n3"),
        ),
        expected={
            "n2_promoted_ms": 1313,
            "n1_log": "c0 c1 a0 a1 a2 a3 a4 d3 d4",
            "n2_log": "c0 c1 b0 b1 d0 d1 d2 d3 d4",
            "n3_log": "c0 c1 b0 b1 d0 d1 d2 d3 d4",
        },
    ),
    Weakness(
        id="W9a",
        summary="A cut too short for an election and a leader that retains little leave a hole for ever.",
        scenario="redex/retention_leaves_a_hole",
        breaks=("accepted_survives",),
        mends=("same_payload", "tails_agree"),  # of two nodes one cut off accepts nothing that could survive
        weak=above("n2_lacks", 0),
        figures=shown(
            n2_log=lambda s: s.log("n2"),
            n2_lacks=lambda s: s.lacks("n2"),
            skips=lambda s: len(s.notes("skipped", "n2")),
        ),
        expected={"n2_log": "c0 c1 -- -- -- -- -- -- x6 x7 x8 x9", "skips": 1},
        note="It needs no fault at all: ten writes within one heartbeat leave the same hole (section 11.5).",
    ),
    Weakness(
        id="W9b",
        summary="A leader that loses keeps its accepted writes as orphans and skips what it lacks.",
        scenario="redex/losers_writes_are_orphaned",
        breaks=("same_payload", "accepted_survives"),
        mends=("same_payload", "tails_agree"),  # likewise
        weak=above("n2_lacks", 0),
        figures=shown(n2_log=lambda s: s.log("n2"), n2_lacks=lambda s: s.lacks("n2")),
        expected={"n2_log": "c0 c1 b0 b1 b2 -- -- a5 a6 a7"},
    ),
    Weakness(
        id="W10",
        summary="A node with a hole outranks one that has the data, which then waits for backoff.",
        scenario="redex/hole_outranks_data",
        breaks=("accepted_survives",),
        figures=shown(
            n3_promoted_ms=lambda s: s.promoted("n3"),
            n2_promoted_ms=lambda s: s.promoted("n2"),
            n3_conceded_ms=lambda s: s.conceded("n3"),
            strikes=lambda s: len(s.notes("struck", "n3")),
            late_write_arrives_ms=lambda s: next(
                (at for at, d in s.notes("stored", "n3") if d.payload == "late"), "never"
            ),
            n2_log=lambda s: s.log("n2"),
        ),
        expected={
            "n3_promoted_ms": 1447,
            "n2_promoted_ms": 1513,
            "n3_conceded_ms": 1618,
            "strikes": 8,
            "late_write_arrives_ms": (33_450, 33_470),
            "n2_log": "c0 c1" + " --" * 9 + " late0",
        },
        note="The late write was accepted at 21 000.",
    ),
    Weakness(
        id="W12",
        summary="Two answers that change places leave a hole where data was in hand.",
        scenario="redex/reordered_answers_leave_a_hole",
        breaks=("accepted_survives",),
        mends=("same_payload", "tails_agree"),  # likewise
        weak=above("delivered_and_lost", 0),
        figures=shown(
            n2_log=lambda s: s.log("n2"),
            n2_events=lambda s: s.events("n2"),
            delivered_and_lost=lambda s: s.shipped_and_lost("n2"),
        ),
        expected={"n2_events": 12, "delivered_and_lost": 5},
        judgement="depends",
        note="P7: the schedule needs `from-floor`, which is not the default; with `bad-range` nothing is in hand "
        "that could be lost, though the hole is as large. In order the follower ends with 17 events, 0, 1 and "
        "12 to 26.",
    ),
    Weakness(
        id="W18",
        summary="A leader that stood still for ten seconds takes writes and displaces others.",
        scenario="redex/paused_leader_resumes",
        breaks=("same_payload", "accepted_survives"),
        figures=shown(
            n2_promoted_ms=lambda s: s.promoted("n2"),
            n2_conceded_ms=lambda s: s.conceded("n2"),
            n1_log=lambda s: s.log("n1"),
            n2_log=lambda s: s.log("n2"),
            n3_log=lambda s: s.log("n3"),
        ),
        expected={
            "n2_promoted_ms": 1313,
            "n2_conceded_ms": 11_005,
            "n1_log": "c0 c1 z0 z1 z2",
            "n2_log": "c0 c1 b0 b1 z2",
            "n3_log": "c0 c1 b0 b1 z2",
        },
        note="Depends on clients ranking above heartbeats among the lanes (section 11.8).",
    ),
)
