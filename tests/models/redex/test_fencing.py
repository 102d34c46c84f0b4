"""TERM, LEASE, SEED, HINT, NOW and CALM, each alone where it can be, and what happens without it."""

from __future__ import annotations

from typing import Any

import pytest
from redex_hardened_steps import beat, crown, follow, made, notes, now, receive, sends, tick

from models.redex import SWITCHES, Redex, machine, wire
from models.redex.choices import HARDENINGS
from models.redex.claims import Hardened, Voted
from models.redex.facts import Turned
from models.redex.hardened import Drained
from models.redex.messages import NOT_LEADER
from models.redex.roles import CANDIDATE, FOLLOWER, LEADER
from sim.machine import Alarm, Ask, Boot, Cluster, Now, Operate, Persist
from sim.units import MS


def lead(*switches: str, **params: Any) -> Any:
    """Return a leader that nobody had to vote for."""
    one = made(*switches, first_leader="n1", **params)
    assert one.role == LEADER
    return one


# -- switches ----------------------------------------------------------------------------------------------


def test_with_no_switch_on_the_machine_is_the_specified_one() -> None:
    words = {name: allowed[0] for name, allowed in HARDENINGS.items()}
    assert type(machine("n1", Cluster("n1", ("n1", "n2")), **words)) is Redex


@pytest.mark.parametrize("name", SWITCHES)
def test_a_life_begins_with_the_switches_that_are_on(name: str) -> None:
    one = machine("n1", Cluster("n1", ("n1", "n2")), **SWITCHES[name])
    (said,) = notes(one.step(Boot({}, 1), Now(0, 0, (1, 2, 3))), Hardened)
    assert set(said.switches) == set(SWITCHES[name]) - {"file"}


def test_a_word_that_a_switch_does_not_have_is_a_complaint() -> None:
    with pytest.raises(ValueError, match=r"^term: found 'loose', allowed: none, fenced$"):
        made("VOTE", term="loose")


def test_every_switch_has_its_parameter_and_every_parameter_its_switch() -> None:
    assert [name for name in HARDENINGS if all(name not in switch for switch in SWITCHES.values())] == []
    assert len(SWITCHES) == len(HARDENINGS)


# -- TERM --------------------------------------------------------------------------------------------------


def test_a_promotion_begins_a_term_that_is_on_disk_before_anything_is_said_in_it() -> None:
    effects = tick(made("TERM", "SEED", "NOW"), 300)
    spoken = next(e for dst, msg in sends(effects, wire.SyncHeartbeat) if msg.term == 1 for e in [msg])
    order = [e for e in effects if isinstance(e, Persist) or getattr(e, "msg", None) is spoken]
    assert order == [Persist("ballot", (1, "n1")), *order[1:]]
    assert len(order) > 1


def test_a_term_outlives_a_crash() -> None:
    assert made("TERM", life=2, durable={"ballot": (7, None)}).term == 7


def test_a_leader_that_hears_of_a_later_term_gives_way_at_once() -> None:
    one = lead("TERM")
    receive(one, "n2", beat(FOLLOWER, term=5), 10)
    assert (one.role, one.term) == (FOLLOWER, 5)


def test_without_terms_a_leader_that_hears_a_shorter_leader_leads_on() -> None:
    one = lead("NOW", preload=2)
    receive(one, "n2", beat(LEADER, tail=1, term=5), 10)
    assert one.role == LEADER


def test_what_a_past_term_sends_is_refused_and_its_leader_told() -> None:
    one = made("TERM")
    follow(one, "n2", 10, term=5)
    effects = receive(one, "n3", beat(LEADER, tail=9, term=4), 20)
    assert one.leader == "n2"
    assert [(dst, msg.term) for dst, msg in sends(effects, wire.SyncHeartbeat)] == [("n3", 5)]


def test_a_request_of_a_past_term_is_answered_with_the_term() -> None:
    one = lead("TERM")
    receive(one, "n2", beat(FOLLOWER, term=5), 10)
    request = wire.SyncRequest("redex", 0, 100, 7, "foreground", term=4)
    ((dst, nack),) = sends(receive(one, "n3", request, 20), wire.SyncNack)
    assert (dst, nack.error_code, nack.term) == ("n3", NOT_LEADER, 5)


def test_a_follower_of_a_past_term_is_not_corrected_for_its_heartbeats() -> None:
    one = lead("TERM")
    receive(one, "n2", beat(FOLLOWER, term=5), 10)
    assert receive(one, "n3", beat(FOLLOWER, term=4), 20) == []


@pytest.mark.parametrize(("peer", "role"), [("n1", FOLLOWER), ("n3", LEADER)])
def test_two_leaders_of_one_term_compare_numbers_and_never_tails(peer: str, role: str) -> None:
    one = made("TERM", node="n2", first_leader="n2")
    receive(one, peer, beat(LEADER, tail=99, term=1), 10)
    assert one.role == role


# -- LEASE -------------------------------------------------------------------------------------------------


def echo(stamp: int, leader: str = "n1") -> wire.SyncHeartbeat:
    return beat(FOLLOWER, leader=leader, echo=stamp * MS)


def test_a_leader_that_nobody_echoes_steps_down_after_a_window() -> None:
    one = lead("LEASE")
    tick(one, 200)
    assert one.role == LEADER
    assert notes(tick(one, 300), Turned) == [Turned(LEADER, FOLLOWER, "LeaseLapsed")]


def test_without_a_lease_it_leads_on() -> None:
    one = lead("SEED")
    tick(one, 60_000)
    assert one.role == LEADER


def test_an_echo_of_this_leaders_stamp_prolongs_its_lease() -> None:
    one = lead("LEASE")
    receive(one, "n2", echo(100), 110)
    tick(one, 399)
    assert one.role == LEADER
    tick(one, 400)
    assert one.role == FOLLOWER


def test_an_echo_for_another_leader_prolongs_nothing() -> None:
    one = lead("LEASE")
    receive(one, "n2", echo(100, leader="n3"), 110)
    tick(one, 300)
    assert one.role == FOLLOWER


@pytest.mark.parametrize("action", ["append", "read"])
def test_a_leader_that_stood_still_takes_nothing_before_it_has_looked_at_its_lease(action: str) -> None:
    one = lead("LEASE")
    effects = one.step(Ask("c1", 1, action, ("x",) if action == "append" else ()), now(5000))
    assert [e.outcome for e in effects if hasattr(e, "outcome")] == ["elsewhere"]
    assert one.tail == 0


def test_a_follower_echoes_the_stamp_of_the_leader_that_it_hears() -> None:
    one = made("LEASE")
    ((dst, said),) = sends(follow(one, "n2", 50), wire.SyncHeartbeat)
    assert (dst, said.leader, said.echo) == ("n2", "n2", 50 * MS)


# -- SEED --------------------------------------------------------------------------------------------------


def test_a_follower_that_never_heard_a_leader_stands_after_a_window() -> None:
    one = made("SEED")
    tick(one, 299)
    assert one.role == FOLLOWER
    tick(one, 300)
    assert one.role == LEADER


def test_without_the_timer_it_is_deaf() -> None:
    one = made("NOW")
    tick(one, 60_000)
    assert one.role == FOLLOWER


def test_a_leader_that_no_longer_says_that_it_leads_is_silent() -> None:
    one = made("SEED")
    follow(one, "n2", 50, term=0)
    receive(one, "n2", beat(FOLLOWER), 300)
    tick(one, 350)
    assert one.role == LEADER


def test_silence_is_counted_in_the_leaders_own_heartbeats_if_they_are_longer() -> None:
    one = made("SEED")
    follow(one, "n2", 50, term=0, every=500 * MS)
    tick(one, 1549)
    assert one.role == FOLLOWER
    tick(one, 1550)
    assert one.role == LEADER


# -- HINT --------------------------------------------------------------------------------------------------


def refused(*switches: str, leader: str | None) -> Any:
    """Return a follower of n2 that n2 has refused."""
    one = made(*switches)
    receive(one, "n3", beat(FOLLOWER), 40)
    follow(one, "n2", 50, term=0, tail=3, mark="m")
    tick(one, 100)
    receive(one, "n2", wire.SyncNack("redex", 0, NOT_LEADER, 0, 11, leader=leader), 110)
    return one


def test_a_refusal_says_who_leads_and_the_follower_turns_there() -> None:
    assert refused("HINT", leader="n3").leader == "n3"


def test_a_refusal_without_a_hint_leaves_the_belief_and_so_the_silence_timer() -> None:
    one = refused("HINT", leader=None)
    assert one.leader == "n2"
    tick(one, 350)
    assert one.role == LEADER


def test_without_hints_a_refusal_makes_a_follower_deaf() -> None:
    one = refused("NOW", leader=None)
    tick(one, 60_000)
    assert (one.role, one.leader) == (FOLLOWER, None)


@pytest.mark.parametrize(("switch", "hint"), [("HINT", "n2"), ("NOW", None)])
def test_a_follower_that_is_asked_says_whom_it_follows(switch: str, hint: str | None) -> None:
    one = made(switch)
    follow(one, "n2", 50, term=0)
    ((_, nack),) = sends(receive(one, "n3", wire.SyncRequest("redex", 0, 100, 7, "foreground"), 60), wire.SyncNack)
    assert nack.leader == hint


# -- NOW ---------------------------------------------------------------------------------------------------


def roles_told(effects: Any) -> list[str]:
    return [msg.role for dst, msg in sends(effects, wire.SyncHeartbeat) if dst == "n3"]


@pytest.mark.parametrize(("switches", "told"), [(("SEED", "NOW"), [FOLLOWER, LEADER]), (("SEED",), [FOLLOWER])])
def test_a_promoted_node_says_so_at_once_or_a_heartbeat_later(switches: Any, told: list[str]) -> None:
    assert roles_told(tick(made(*switches), 300)) == told


def test_a_leader_that_gave_way_says_so_at_once() -> None:
    one = lead("NOW")
    assert roles_told(receive(one, "n2", beat(LEADER, tail=9), 10)) == [FOLLOWER]


# -- CALM --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("switches", "role"), [(("CALM",), FOLLOWER), (("NOW",), LEADER)])
def test_a_leader_that_gave_way_does_not_stand_for_a_window_or_more(switches: Any, role: str) -> None:
    one = lead(*switches)
    receive(one, "n2", beat(LEADER, tail=9), 10)
    tick(one, 310)
    assert one.role == role


def test_after_three_windows_it_may_stand_again() -> None:
    one = lead("CALM")
    receive(one, "n2", beat(LEADER, tail=9), 10)
    tick(one, 910)
    assert one.role == LEADER


# -- DRAIN -------------------------------------------------------------------------------------------------


def test_heartbeats_that_wait_come_before_a_tick_and_both_before_answers() -> None:
    assert [lane.name for lane in made("DRAIN").LANES] == ["client", "heartbeat", "tick", "priority", "low"]
    assert isinstance(made(), Drained)


@pytest.mark.parametrize(("switch", "role"), [("DRAIN", FOLLOWER), ("NOW", LEADER)])
def test_a_tick_that_is_late_itself_judges_nobodys_silence(switch: str, role: str) -> None:
    one = made(switch)
    follow(one, "n2", 50, term=0)
    tick(one, 100)
    tick(one, 400)
    assert one.role == role


def test_the_tick_after_a_late_one_judges_again() -> None:
    one = made("DRAIN")
    follow(one, "n2", 50, term=0)
    for at in (100, 400, 500):
        tick(one, at)
    assert one.role == LEADER


# -- all together ------------------------------------------------------------------------------------------


def test_a_deposed_candidate_follows() -> None:
    one = made()
    for at in (200, 300):
        tick(one, at)
    one.step(Alarm("stand"), now(330))
    assert one.role == CANDIDATE
    receive(one, "n2", beat(LEADER, term=3, leader="n2"), 340)
    assert (one.role, one.term, one.leader) == (FOLLOWER, 3, "n2")


def test_an_operator_may_still_end_a_reign() -> None:
    one = made()
    crown(one, 400)
    one.step(Operate(1, "relinquish"), now(410))
    assert one.role == "idle"


def test_the_first_leader_is_elected_like_any_other() -> None:
    one = made(first_leader="n1")
    assert (one.role, one.term, one.voted) == (CANDIDATE, 1, "n1")
    other = made(node="n2", first_leader="n1")
    effects = receive(other, "n1", wire.VoteRequest("redex", 1, 0, 0, False), 5)
    assert notes(effects, Voted) == [Voted(1, "n1")]
    receive(one, "n2", wire.Vote("redex", 1, True, False), 10)
    assert one.role == LEADER
