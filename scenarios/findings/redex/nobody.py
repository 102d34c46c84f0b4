"""Nobody leads though somebody could, or what leads is not known to: W13 to W16, W24, W29d and W30."""

from __future__ import annotations

from ..weakness import Weakness
from .entries import above, equals, shown
from .seen import NEVER, NOBODY, Ms, Seen, ms

ENTRIES = (
    Weakness(
        id="W13a",
        summary="Nodes that never heard a leader never elect one.",
        scenario="redex/cold_start_elects_nobody",
        breaks=("leadership_settles",),
        figures=shown(leaderless_ms=lambda s: s.leaderless_ms(), promotions=lambda s: s.promotions()),
        expected={"leaderless_ms": 10_000, "promotions": 0},
        note="10 s here, 600 s in the specification.",
    ),
    Weakness(
        id="W13b",
        summary="Followers that restart after the leader died, before they miss it, are deaf.",
        scenario="redex/restarted_followers_are_deaf",
        breaks=("leadership_settles",),
        figures=shown(
            leaderless_ms=lambda s: s.leaderless_ms(1003),
            n2_believes=lambda s: s.belief("n2"),
            n3_believes=lambda s: s.belief("n3"),
        ),
        expected={"leaderless_ms": 8997, "n2_believes": NOBODY, "n3_believes": NOBODY},
        note="The specification has two nodes; here are three, so that a majority is left. 10 s in place of 600.",
    ),
    Weakness(
        id="W13c",
        summary="A cluster that restarts as a whole has no leader.",
        scenario="redex/restarted_cluster_is_deaf",
        breaks=("leadership_settles",),
        figures=shown(leaderless_ms=lambda s: s.leaderless_ms(1003), n1_believes=lambda s: s.belief("n1")),
        expected={"leaderless_ms": 8997, "n1_believes": NOBODY},
        note="10 s here, 600 s in the specification.",
    ),
    Weakness(
        id="W14",
        summary="A leader that resigns with one event of backlog ends leadership for ever.",
        scenario="redex/graceful_relinquish_kills_leadership",
        breaks=("leadership_settles",),
        figures=shown(
            leaderless_ms=lambda s: s.leaderless_ms(1101),
            n2_believes=lambda s: s.belief("n2"),
            n3_believes=lambda s: s.belief("n3"),
        ),
        expected={"leaderless_ms": 8899, "n2_believes": NOBODY, "n3_believes": NOBODY},
        note="10 s here, 600 s in the specification. Without the write a new leader follows at 1413.",
    ),
    Weakness(
        id="W15",
        summary="A leader that restarts as a follower within the window leaves no leader.",
        scenario="redex/quick_restart_leaves_no_leader",
        breaks=("leadership_settles",),
        figures=shown(
            leaderless_ms=lambda s: s.leaderless_ms(1003),
            n1_believes=lambda s: s.belief("n1"),
            n2_believes=lambda s: s.belief("n2"),
            n3_believes=lambda s: s.belief("n3"),
        ),
        expected={"leaderless_ms": 8997, "n1_believes": NOBODY, "n2_believes": "n1", "n3_believes": "n1"},
        judgement="depends",
        note="P2: `keep` has the others believe in a follower for ever, `clear` in nobody; under `leader-only` n2 "
        "leads from 1313 and the weakness is gone. 10 s here, 600 s in the specification.",
    ),
    Weakness(
        id="W16a",
        summary="With round trips of 0 the survivors elect a peer that has just died, and wait for ever.",
        scenario="redex/elects_a_dead_peer",
        breaks=("leadership_settles",),
        figures=shown(
            leaderless_ms=lambda s: s.leaderless_ms(1003),
            n2_believes=lambda s: s.belief("n2"),
            elections_lost=lambda s: sum(turned.signal == "ElectionLost" for _, turned in s.notes("turned")),
        ),
        expected={"leaderless_ms": 8997, "n2_believes": NOBODY, "elections_lost": 3},
        note="The specification has three nodes, of which one is left; here are five, so that a majority is left. 10 "
        "s.",
    ),
    Weakness(
        id="W16b",
        summary="A follower that lost the leader elects a peer that never hears of it, and follows nobody until heal.",
        scenario="redex/elects_a_peer_that_never_hears_of_it",
        weak=equals("n2_events_in_the_cut", 0),
        figures=shown(
            n2_events_in_the_cut=lambda s: s.stored("n2", 6000) - 2,
            n1_events_in_the_cut=lambda s: s.stored("n1", 6000) - 2,
            n2_lost_an_election=lambda s: any(t.signal == "ElectionLost" for _, t in s.notes("turned", "n2")),
        ),
        expected={"n2_events_in_the_cut": 0, "n1_events_in_the_cut": 3, "n2_lost_an_election": True},
        unmended="One node leads, with a majority (W13's property); whom it cannot reach stands in vain, and takes no "
        "entries until the cut heals. The specification has no relay for who hears no leader at all.",
        note="A cut of 5 s and three writes within it.",
    ),
    Weakness(
        id="W24a",
        summary="Followers of equal capacity withdraw together; after one crash more nobody is left.",
        scenario="redex/equally_full_followers_withdraw",
        weak=equals("last_leader", NOBODY),
        figures=shown(
            n2_idle_ms=lambda s: next((at for at, t in s.notes("turned", "n2") if t.to == "idle"), NEVER),
            n3_idle_ms=lambda s: next((at for at, t in s.notes("turned", "n3") if t.to == "idle"), NEVER),
            leaderless_ms=lambda s: s.leaderless_ms(2000),
            last_leader=lambda s: s.last_leaders(),
        ),
        expected={"n2_idle_ms": 1023, "n3_idle_ms": 1057, "leaderless_ms": 6000, "last_leader": NOBODY},
    ),
    Weakness(
        id="W24b",
        summary="A full follower that may evict but has no cap fails on the same chunk once a heartbeat, without a "
        "strike.",
        scenario="redex/evicting_nothing_retries_for_ever",
        weak=above("failures_a_second", 5),
        figures=shown(
            failures_a_second=lambda s: round(len(s.notes("under_capacity", "n2")) / (float(s.end) / 10**9 - 1.05), 1),
            strikes=lambda s: len(s.notes("struck", "n2")),
        ),
        expected={"failures_a_second": (9.5, 10.5), "strikes": 0},
        unmended="The policy is to evict, there is nothing to evict, and REJOIN is about withdrawing; the "
        "specification names nothing else.",
    ),
    Weakness(
        id="W29d",
        summary="An unchanged leader's tag is as old as its promotion.",
        scenario="redex/unchanged_leader_has_an_old_tag",
        weak=above("untold_events", 0),
        figures=shown(
            announced_tip=lambda s: next((t.tip for _, t in reversed(s.notes("tagged", "n2")) if t.tip is not None), 0),
            tail=lambda s: s.tail("n2"),
            untold_events=lambda s: (
                int(s.tail("n2")) - next((t.tip for _, t in reversed(s.notes("tagged", "n2")) if t.tip is not None), 0)
            ),
        ),
        expected={"announced_tip": 5, "tail": 14},
    ),
    Weakness(
        id="W30a",
        summary="A sink that fails on the way to an election strands every candidate.",
        scenario="redex/failing_sink_strands_candidates",
        breaks=("leadership_settles",),
        figures=shown(
            leaderless_ms=lambda s: s.leaderless_ms(1003),
            n2_role=lambda s: s.views["n2"].role,
            n3_role=lambda s: s.views["n3"].role,
        ),
        expected={"leaderless_ms": 6997, "n2_role": "candidate", "n3_role": "candidate"},
        judgement="depends",
        note='P14: the sink must be called on the way to candidate, which `candidate_tag = "withdrawn"` does; with '
        "the default `kept` it is not, and n2 leads from 1313.",
    ),
    Weakness(
        id="W30b",
        summary="A sink that fails on promotion leaves a leader that discovery cannot see.",
        scenario="redex/failing_sink_hides_the_leader",
        weak=above("hidden_for_ms", 1000),
        figures=shown(
            last_leader=lambda s: s.last_leaders(),
            tag_failed_ms=lambda s: next((at for at, t in s.notes("tagged", "n2") if not t.ok), NEVER),
            hidden_for_ms=lambda s: _hidden_ms(s),
        ),
        expected={"last_leader": "n2", "tag_failed_ms": 1313},
        note="The sink fails three times running. Who announces again what has changed also announces what has failed.",
    ),
)


def _hidden_ms(seen: Seen) -> Ms:
    """Return for how long n2 has led at the end without having announced it; 0 if its last announcement stands."""
    tags = seen.notes("tagged", "n2")
    since = seen.promoted("n2")
    if isinstance(since, str) or any(tag.ok and tag.tip is not None and at >= since for at, tag in tags):
        return 0
    return ms(seen.end) - since
