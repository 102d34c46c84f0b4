"""Which switch mends which weakness of section 9, by the schedules of test_schedules: shown without, gone with it.

A weakness is a function from a runner, which takes the switches' parameters, to whether it shows.
"""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction
from typing import Any

import pytest
from redex_schedules import AGAIN, at_every_leader, crash, cut, pause, write

from models.redex import PROFILES, SWITCHES, machine
from sim.clients import Errand
from sim.faults import LinkFault, Operate, PacketFault, Planned
from sim.units import MS

Runner = Callable[..., Any]
WEAKNESSES: dict[str, Callable[[Runner], bool]] = {}


def weakness(show: Callable[[Runner], bool]) -> Callable[[Runner], bool]:
    WEAKNESSES[show.__name__] = show
    return show


def two_at_once(seen: Any) -> bool:
    return any(len(who) > 1 for _, who in seen.leaders)


def lost(seen: Any) -> bool:
    """Return whether a write that was acknowledged is not in the log of whoever leads at the end."""
    log = list(seen.logs[seen.leaders[-1][1][0]].values()) if seen.leaders[-1][1] else []
    told = [op.args[0] for op in seen.outcome.history.operations if op.outcome == "ok"]
    return any(payload not in log for payload in told)


def contradicting(seen: Any) -> bool:
    logs = list(seen.logs.values())
    return any(a[seq] != b[seq] for a in logs for b in logs for seq in a.keys() & b.keys())


def leaders_at(seen: Any, ms: int) -> Any:
    return seen.leaders_at(ms * MS)  # hardened runs are not made of whole ms


# -- several leaders ---------------------------------------------------------------------------------------


@weakness
def w1_every_survivor_leads(run: Runner) -> bool:
    return two_at_once(run(4, 4000, [crash("n1", 1003)]))


@weakness
def w2_each_side_of_a_cut_leads(run: Runner) -> bool:
    return len(leaders_at(run(3, 6000, [cut(1000, 5000, "n1", "rest")]), 4900)) > 1


@weakness
def w3_two_leaders_as_long_as_both_take_writes(run: Runner) -> bool:
    writes = at_every_leader(3, 4, 1005, 5000)
    seen = run(3, 6000, [crash("n1", 1003)], phases=(0, 13, 15), workload=writes)
    return len(leaders_at(seen, 4900)) > 1


@weakness
def w17_who_stood_still_takes_over(run: Runner) -> bool:
    """With a third node, so that the leader has a majority without the one that stands still."""
    seen = run(3, 3000, [pause("n1", 1020, 1420)], params={"first_leader": "n2"})
    return bool(seen.led("n1"))


@weakness
def w19_a_leader_that_is_not_heard_leads_on(run: Runner) -> bool:
    return len(leaders_at(run(2, 6000, [cut(1005, 6000, "n1", "n2", oneway=True)]), 5900)) > 1


@weakness
def w22c_three_lost_heartbeats_move_the_leadership(run: Runner) -> bool:
    link = LinkFault(src="n2", dst="n1", oneway=True, loss=Fraction(1), messages=("SyncHeartbeat",))
    seen = run(3, 4000, [Planned(link, at=1010 * MS, lasting=300 * MS)], params={"first_leader": "n2"})
    return bool(seen.led("n1"))


@weakness
def w22a_leadership_flaps(run: Runner) -> bool:
    """Both hear each other for 100 ms of every 500: as specified, one of them is promoted every time."""
    cuts = [cut(1000 + 500 * i, 1400 + 500 * i, "n1", "n2") for i in range(8)]
    return len(run(2, 5500, cuts, workload=at_every_leader(2, 40, 1000, 5000)).turns) > 20


@weakness
def w23_a_dead_leader_deposes_a_live_one(run: Runner) -> bool:
    held = PacketFault(link=("n2", "n1"), do="delay", message="SyncHeartbeat", nth=11, by=8995 * MS)
    gone = PacketFault(link=("n2", "n3"), do="drop", message="SyncHeartbeat", nth=11)
    seen = run(
        3, 10_300, [Planned(held, at=0), Planned(gone, at=0), crash("n2", 1114)],
        params={"first_leader": "n2"}, errands=write("n2", 1110, "b", 3),
    )  # fmt: skip
    return bool(leaders_at(seen, 9000) != leaders_at(seen, 10_200))


@weakness
def w32a_a_leader_of_longer_heartbeats_is_deposed(run: Runner) -> bool:
    return len(run(2, 6000, per_node={"n1": {"heartbeat": "500ms"}}).turns) > 10


# -- lost and different entries ----------------------------------------------------------------------------


@weakness
def w4_logs_of_equal_length_differ(run: Runner) -> bool:
    errands = write("n1", 1600, "a", 3) + write("n2", 1600, "b", 3)
    return contradicting(run(2, 6000, [cut(1000, 2000, "n1", "n2")], errands=errands))


@weakness
def w5_a_log_of_two_histories(run: Runner) -> bool:
    errands = write("n1", 1600, "a", 3) + write("n2", 1600, "b", 6)
    return contradicting(run(3, 6000, [cut(1000, 2500, "n2", "rest")], errands=errands))


@weakness
def w6_a_longer_stale_log_wins(run: Runner) -> bool:
    errands = write("n1", 1010, "a", 5) + write("n2", 2000, "b", 3) + write("n3", 2000, "d", 3)
    return lost(run(3, 8000, [cut(1000, 5000, "n1", "rest")], errands=errands))


@weakness
def a_write_that_nobody_else_has_is_acknowledged(run: Runner) -> bool:
    return lost(run(3, 4000, [crash("n1", 1020)], errands=write("n1", 1010, "a", 5)))


@weakness
def w7_a_lagging_node_leads(run: Runner) -> bool:
    faults = [cut(1005, 5000, "n1", "n2"), crash("n1", 1610)]
    return lost(run(3, 5000, faults, errands=write("n1", 1010, "a", 5)))


@weakness
def w8_a_restarted_leader_diverges(run: Runner) -> bool:
    errands = write("n1", 1010, "a", 5) + write("n2", 2500, "b", 2) + write("n2", 4000, "d", 5)
    return contradicting(run(3, 8000, [crash("n1", 1015, 3000)], params=AGAIN, errands=errands))


@weakness
def w9_retention_leaves_a_hole(run: Runner) -> bool:
    seen = run(
        2, 5000, [cut(1010, 1290, "n1", "n2")], per_node={"n1": {"retention_max_events": 4}},
        errands=write("n1", 1050, "a", 10, every=10),
    )  # fmt: skip
    return any(seq not in seen.logs["n2"] for seq in seen.logs["n1"].keys() | set(range(seen.views["n1"].tail)))


@weakness
def w11_a_kept_log_below_the_floor_is_stuck(run: Runner) -> bool:
    params = {"retention_max_events": 4, "file": "kept"}
    seen = run(
        2, 6000, [cut(1010, 1290, "n1", "n2")], errands=write("n1", 1050, "a", 10, every=10), params=params,
    )  # fmt: skip
    return bool(seen.views["n2"].tail < seen.views["n1"].tail)


@weakness
def w18_who_was_away_displaces_others(run: Runner) -> bool:
    errands = write("n2", 3000, "b", 2) + write("n3", 3000, "d", 2) + write("n1", 10_999, "z", 3)
    return lost(run(3, 13_000, [pause("n1", 1020, 11_000)], errands=errands))


# -- no leader ---------------------------------------------------------------------------------------------


def nobody(seen: Any) -> bool:
    return not seen.leaders[-1][1]


@weakness
def w13a_nobody_ever_led(run: Runner) -> bool:
    return nobody(run(3, 6000, params={"first_leader": "none"}))


@weakness
def w13c_all_restart(run: Runner) -> bool:
    return nobody(run(3, 6000, [crash(n, 1003, 1203) for n in ("n1", "n2", "n3")], params=AGAIN))


@weakness
def w14_relinquishing_ends_leadership(run: Runner) -> bool:
    relinquish = [Planned(Operate(nodes=("n1",), action="relinquish"), at=1101 * MS)]
    return nobody(run(3, 6000, relinquish, errands=write("n1", 1099, "a", 1)))


@weakness
def w15_a_leader_restarts_within_the_window(run: Runner) -> bool:
    return nobody(run(3, 6000, [crash("n1", 1003, 1103)], params=AGAIN))


@weakness
def w16_the_election_goes_to_the_dead(run: Runner) -> bool:
    """With five nodes, so that a majority is left."""
    faults = [crash("n3", 1003), crash("n1", 1150)]
    return nobody(run(5, 6000, faults, rtt=0, params={"first_leader": "n3"}, phases=(0, 13, 47, 13, 13)))


@weakness
def w24_full_followers_withdraw_together(run: Runner) -> bool:
    room = {"capacity_events": 5}
    seen = run(
        3, 6000, [crash("n1", 2000)], errands=write("n1", 999, "a", 8), per_node={"n2": room, "n3": room},
    )  # fmt: skip
    return nobody(seen)


# -- no progress -------------------------------------------------------------------------------------------


@weakness
def w20_a_follower_that_the_leader_does_not_hear_is_stuck(run: Runner) -> bool:
    seen = run(3, 5000, [cut(1000, 5000, "n2", "n1", oneway=True)], errands=write("n1", 1100, "a", 5))
    return bool(seen.views["n2"].tail == 2)


@weakness
def w21_a_belief_that_flaps_starves(run: Runner) -> bool:
    seen = run(
        3, 6000, [cut(1000, 6000, "n1", "n2")], phases=(0, 30, 95), delay=20, workload=at_every_leader(2, 10, 1500),
    )  # fmt: skip
    return 2 * len(seen.logs["n3"]) < len(seen.logs["n1"])


@weakness
def w25_a_chunk_that_is_never_admitted(run: Runner) -> bool:
    backlog = [Errand(f"c{i}", "n1", "append", (f"a{i}" + "x" * 998,), (99 * MS,)) for i in range(40)]
    params = {"bandwidth": "100kB/s", "bandwidth_class": "background"}
    return len(run(2, 6000, errands=backlog, params=params).logs["n2"]) < 42


@weakness
def w26_who_hears_no_answer_starves_another(run: Runner) -> bool:
    backlog = [Errand(f"c{i}", "n1", "append", (f"{i:04}" + "x" * 984,), (100 * MS,)) for i in range(1000)]
    gone = Planned(LinkFault(src=("n1",), dst=("n2",), loss=Fraction(1), messages=("SyncResponse",)), at=0)
    params = {"bandwidth": "500kB/s", "bucket": "empty", "chunk_max": "100kB"}
    seen = run(3, 8000, [gone], phases=(0, 10, 44), errands=backlog, params=params)
    return len(seen.logs["n3"]) < 1002


@weakness
def w27a_one_chunk_a_heartbeat(run: Runner) -> bool:
    """500 writes a second of 32 bytes, ten to a chunk."""
    writes = write("n1", 1000, "a" * 17, 1000, every=2)
    seen = run(2, 3500, errands=writes, params={"chunk_max": 320})
    return bool(seen.views["n1"].tail - seen.views["n2"].tail > 100)


@weakness
def w27b_a_long_round_trip_multiplies_what_is_served(run: Runner) -> bool:
    seen = run(
        2, 4000, [cut(1000, 1200, "n1", "n2")], delay=140, errands=write("n1", 1010, "a", 100), properties=(),
    )  # fmt: skip
    served = [m.size for _, _, _, m in seen.sends if type(m).__name__ == "SyncResponse"]
    return sum(served) > 2 * max(served, default=0)


@weakness
def w29_an_unchanged_leaders_tag_is_stale(run: Runner) -> bool:
    seen = run(2, 3000, errands=write("n1", 1000, "b", 9))
    tips = [fact.tip for _, who, fact in seen.notes if who == "n1" and type(fact).__name__ == "Tagged"]
    return bool(tips[-1] < seen.views["n1"].tail)


@weakness
def w30_a_sink_that_fails_strands_candidates(run: Runner) -> bool:
    params = {"candidate_tag": "withdrawn", "tag_sink_fails_after": 1}
    return nobody(run(3, 6000, [crash("n1", 1003)], params=params, properties=()))


# -- who mends what ----------------------------------------------------------------------------------------

MENDED_BY: dict[str, tuple[str, ...]] = {
    "w1_every_survivor_leads": ("VOTE", "NOW"),
    "w2_each_side_of_a_cut_leads": ("LEASE",),
    "w3_two_leaders_as_long_as_both_take_writes": ("TERM",),
    "w4_logs_of_equal_length_differ": ("MATCH",),
    "w5_a_log_of_two_histories": ("MATCH",),
    "w6_a_longer_stale_log_wins": ("LEASE+COMMIT",),
    "a_write_that_nobody_else_has_is_acknowledged": ("COMMIT",),
    "w7_a_lagging_node_leads": ("VOTE",),
    "w8_a_restarted_leader_diverges": ("MATCH",),
    "w9_retention_leaves_a_hole": ("SNAP",),
    "w11_a_kept_log_below_the_floor_is_stuck": ("SNAP",),
    "w13a_nobody_ever_led": ("SEED",),
    "w13c_all_restart": ("SEED",),
    "w14_relinquishing_ends_leadership": ("HINT", "SEED"),
    "w15_a_leader_restarts_within_the_window": ("SEED",),
    "w16_the_election_goes_to_the_dead": ("VOTE",),
    "w17_who_stood_still_takes_over": ("DRAIN",),
    "w18_who_was_away_displaces_others": ("LEASE",),
    "w19_a_leader_that_is_not_heard_leads_on": ("LEASE",),
    "w20_a_follower_that_the_leader_does_not_hear_is_stuck": ("TERM+VOTE+MATCH+FLOW",),
    "w21_a_belief_that_flaps_starves": ("TERM",),
    "w22a_leadership_flaps": ("CALM",),
    "w22c_three_lost_heartbeats_move_the_leadership": ("VOTE",),
    "w23_a_dead_leader_deposes_a_live_one": ("TERM",),
    "w24_full_followers_withdraw_together": ("REJOIN",),
    "w25_a_chunk_that_is_never_admitted": ("FLOW",),
    "w26_who_hears_no_answer_starves_another": ("FLOW",),
    "w27a_one_chunk_a_heartbeat": ("FLOW",),
    "w27b_a_long_round_trip_multiplies_what_is_served": ("FLOW",),
    "w29_an_unchanged_leaders_tag_is_stale": ("COMMIT", "TIP"),
    "w30_a_sink_that_fails_strands_candidates": ("VOTE",),
    "w32a_a_leader_of_longer_heartbeats_is_deposed": ("SEED",),
}


def settings(switches: str) -> dict[str, object]:
    return {name: word for switch in switches.split("+") for name, word in SWITCHES[switch].items()}


def shows(run: Any, name: str, params: Any) -> bool:
    def with_switches(*args: Any, **plan: Any) -> Any:
        own = {**params, **plan.pop("params", {})}
        return run(*args, params=own, machine=machine, round_ms=False, **plan)

    return WEAKNESSES[name](with_switches)


@pytest.mark.parametrize("name", WEAKNESSES)
def test_as_specified_the_weakness_shows(run: Any, name: str) -> None:
    assert shows(run, name, {})


@pytest.mark.parametrize("name", WEAKNESSES)
def test_hardened_it_does_not(run: Any, name: str) -> None:
    assert not shows(run, name, PROFILES["hardened"])


@pytest.mark.parametrize(("name", "switches"), [(n, s) for n, several in MENDED_BY.items() for s in several])
def test_the_switch_mends_it(run: Any, name: str, switches: str) -> None:
    assert not shows(run, name, settings(switches))


def test_every_switch_mends_something() -> None:
    assert {s for several in MENDED_BY.values() for joined in several for s in joined.split("+")} == set(SWITCHES)
