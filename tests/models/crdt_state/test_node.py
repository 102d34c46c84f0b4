"""The machine: what clients and timers make a node do, restarts, and each switch beside what fails without it."""

from __future__ import annotations

import inspect
from typing import Any

import pytest
from crdt_state_steps import act, ask, boot, exchange, kept, notes, now, ring, sends, tell

from models.crdt_state import PROFILES, SWITCHES, CrdtState
from models.crdt_state.choices import PLANES, WORDS
from models.crdt_state.eventlog import CrdtEventLog, RemoteCrdtState
from models.crdt_state.facts import Appended, Declined, Fenced, Learned, Merged, Updated, Wrote
from models.crdt_state.gossip import GossipMessage, PullRequest
from models.crdt_state.node import CrdtState as Node
from models.crdt_state.register import Written
from sim.machine import Alarm, Answer, Ask, Boot, Cluster, Persist, SetAlarm, Unhandled
from sim.units import MS

TWO = ("n1", "n2")


def log(machine: CrdtState) -> str:
    return " ".join(entry.payload.decode() for entry in machine.log.entries)


# -- parameters --------------------------------------------------------------------------------------------


def test_the_first_word_of_a_choice_is_its_default_and_the_specifications() -> None:
    defaults = {name: p.default for name, p in inspect.signature(Node).parameters.items()}
    assert {name: defaults[name] for name in WORDS} == {name: words[0] for name, words in WORDS.items()}
    assert PROFILES["as-specified"] == {}


@pytest.mark.parametrize(("name", "word"), [(name, word) for name, words in WORDS.items() for word in words])
def test_every_word_is_understood(name: str, word: str) -> None:
    machine = boot(planes=PLANES, **{name: word})
    for alarm in ("gossip", "checkpoint"):
        ring(machine, alarm)
    assert getattr(machine.rules, name) == word


def test_a_switch_sets_the_parameter_of_its_subject_to_another_word_than_the_first() -> None:
    for switch, settings in SWITCHES.items():
        assert all(word in WORDS[name][1:] for name, word in settings.items()), switch


@pytest.mark.parametrize(
    ("params", "said"),
    [
        ({"clock": "sundial"}, "clock: found 'sundial', allowed: wall, hybrid"),
        ({"planes": ["log", "log"]}, r"planes: found .*, allowed: one or more of log, state, checkpoint"),
        ({"fanout": -1}, "fanout: found -1, allowed: a whole number from 0"),
        ({"gossip_interval": "soon"}, 'gossip_interval: found "soon", allowed: a time'),
        ({"coordinator": "n9"}, "coordinator: found 'n9', allowed: n1, n2, n3"),
        ({"expected": ["n9"]}, "expected: found 'n9', allowed: n1, n2, n3"),
        ({"configuration": "refused", "fanout": 0}, "fanout: found 0, allowed: a number from 1"),
    ],
)
def test_a_parameter_that_cannot_be_is_refused(params: dict[str, Any], said: str) -> None:
    with pytest.raises(ValueError, match=f"^{said}"):
        boot(**params)


def test_a_senseless_configuration_is_accepted_as_specified() -> None:
    machine = boot(planes="state", fanout=0, gossip_interval="0ms", stale_rounds=0, expected=[])
    act(machine, "add_peer", peer="n1")
    assert "n1" in machine.state_partners.peers


@pytest.mark.parametrize(("phase", "after"), [("interval", 500 * MS), ("random", (0, 500 * MS - 1)), ("13ms", 13 * MS)])
def test_the_first_round_is_a_phase_after_boot(phase: str, after: Any) -> None:
    machine = CrdtState("n1", Cluster("n1", TWO), phase=phase)
    assert machine.step(Boot({}), now()) == [SetAlarm("gossip", after, 500 * MS)]


# -- the log's plane ---------------------------------------------------------------------------------------


def test_an_append_is_noted_and_answered_with_its_sequence() -> None:
    machine = boot()
    assert [ask(machine, "append", "a").value, ask(machine, "append", "b").value] == [0, 1]
    assert (machine.tail, machine.events, machine.activity) == (2, 2, 2)


def test_a_round_sends_the_whole_log_to_the_peers_of_the_rotation() -> None:
    machine = boot(fanout=1)
    ask(machine, "append", "a")
    (first,), (second,) = sends(ring(machine)), sends(ring(machine))
    assert [first[0], second[0]] == ["n3", "n2"]
    assert [entry.payload for entry in first[1].entries] == [b"a"]


def test_what_was_merged_is_noted_and_nothing_is_sent_back() -> None:
    source, machine = boot("n2"), boot()
    ask(source, "append", "a")
    effects = tell(machine, "n2", source.exported())
    assert notes(effects, Learned) == [Learned("n2", 0, "a")]
    assert len(notes(effects, Merged)) == 1 and sends(effects) == []


def test_a_write_that_is_ignored_is_answered_ok_as_specified_and_told_with_a_total_order() -> None:
    for merge, outcome in (("strict", "ok"), ("total", "fail")):
        machine = boot(lww_merge=merge)
        ask(machine, "write", "k", "x", ms=10)
        assert ask(machine, "write", "k", "y", ms=5).outcome == outcome
        assert ask(machine, "read", "k").value == "x"


def test_a_hybrid_clock_applies_every_local_write() -> None:
    machine = boot(clock="hybrid")
    ask(machine, "write", "k", "x", ms=10)
    assert ask(machine, "write", "k", "y", ms=5).outcome == "ok"
    assert ask(machine, "read", "k").value == "y"


def test_a_hybrid_clock_passes_what_it_merged_and_ignores_what_is_too_far_ahead() -> None:
    machine = boot(clock="hybrid", clock_ahead="1s")
    near, far = (Written(b"v", now(ms).wall // 1000, "n2") for ms in (900, 5000))
    tell(machine, "n2", RemoteCrdtState("n2", (), ((), ()), (("far", far), ("near", near)), ()))
    assert [key for key, *_ in machine.registers] == ["near"]
    ask(machine, "write", "near", "mine")
    assert machine.registers[0][1] == "mine"


def test_as_specified_a_stamp_of_the_far_future_freezes_a_register() -> None:
    machine = boot()
    tell(machine, "n2", RemoteCrdtState("n2", (), ((), ()), (("k", Written(b"v", 2**64 - 1, "n2")),), ()))
    ask(machine, "write", "k", "mine")
    assert machine.registers[0][1] == "v"


def test_a_register_of_several_values_keeps_what_was_concurrent() -> None:
    a, b = boot("n1", registers="multi-value"), boot("n2", registers="multi-value")
    ask(a, "write", "k", "x")
    ask(b, "write", "k", "y")
    exchange(a, b)
    assert [ask(a, "read", "k").value, ask(b, "read", "k").value] == ["x|y", "x|y"]


def test_there_is_no_set_as_specified_and_with_one_a_removal_takes_what_it_saw() -> None:
    assert ask(boot(), "add", "e").outcome == "fail"
    a, b = (boot(name, elements="observed-remove") for name in TWO)
    ask(a, "add", "e")
    exchange(a, b)
    act(b, "discard", element="e")
    ask(a, "add", "e")
    exchange(a, b)
    assert a.log.elements.elements() == b.log.elements.elements() == ("e",)


def test_deltas_hold_what_the_peer_is_not_known_to_have() -> None:
    a, b = (boot(name, names=TWO, export="delta", identity="incarnation") for name in TWO)
    for value in "abc":
        ask(a, "append", value)
        exchange(a, b)
    exchange(a, b)
    ask(a, "append", "d")
    ((_, sent),) = sends(ring(a))
    assert [entry.payload for entry in sent.entries] == [b"d"]
    assert log(b) == "a b c"


def test_deltas_that_were_lost_are_sent_again() -> None:
    a, b = (boot(name, names=TWO, export="delta", identity="incarnation") for name in TWO)
    ask(a, "append", "a")
    ring(a)
    exchange(a, b)
    assert log(b) == "a"


def test_a_peer_that_forgot_gets_everything_again() -> None:
    a, b = (boot(name, names=TWO, export="delta", identity="incarnation") for name in TWO)
    ask(a, "append", "a")
    exchange(a, b)
    exchange(a, b)
    b = boot("n2", names=TWO, life=2, export="delta", identity="incarnation")
    exchange(a, b)
    exchange(a, b)
    assert log(b) == "a"


@pytest.mark.parametrize(("requests", "counted"), [("counted", 2), ("remembered", 1)])
def test_a_retry_is_counted_again_unless_requests_are_remembered(requests: str, counted: int) -> None:
    machine = boot(requests=requests)
    first, second = (ask(machine, "append", "a", op=77) for _ in range(2))
    assert machine.events == counted
    assert (first.value == second.value) is (requests == "remembered")


@pytest.mark.parametrize(("requests", "activity"), [("counted", -1), ("remembered", 0)])
def test_a_removal_of_nothing_is_counted_as_specified(requests: str, activity: int) -> None:
    machine = boot(requests=requests)
    ask(machine, "remove")
    assert machine.activity == activity


# -- restarts and names ------------------------------------------------------------------------------------


@pytest.mark.parametrize(("identity", "held"), [("node", "old"), ("incarnation", "old new")])
def test_after_a_restart_a_new_event_is_discarded_by_who_has_an_old_one_of_its_name(identity: str, held: str) -> None:
    a, b = (boot(name, names=TWO, identity=identity) for name in TWO)
    ask(a, "append", "old")
    exchange(a, b)
    a = boot("n1", names=TWO, life=2, identity=identity)
    ask(a, "append", "new", ms=2)
    exchange(a, b)
    assert sorted(log(b).split()) == sorted(held.split())
    assert b.events == len(held.split())


@pytest.mark.parametrize(("identity", "activity"), [("node", 9), ("incarnation", 12)])
def test_the_halves_of_activity_are_absorbed_one_by_one(identity: str, activity: int) -> None:
    a, b = (boot(name, names=TWO, identity=identity) for name in TWO)
    for i in range(10):
        ask(a, "append", f"old{i}")
    exchange(a, b)
    a = boot("n1", names=TWO, life=2, identity=identity)
    for i in range(3):
        ask(a, "append", f"new{i}")
    ask(a, "remove")
    exchange(a, b)
    assert b.activity == activity


def test_of_two_processes_of_one_name_the_older_is_fenced_when_it_hears_of_the_newer() -> None:
    older = boot("n1", identity="incarnation", life=1)
    newer = boot("n2", identity="incarnation", life=2, node_id="n1")
    for machine in (older, newer):
        ask(machine, "append", "x")
    assert notes(tell(older, "n2", newer.exported()), Fenced) == [Fenced(newer.origin)]
    tell(newer, "n1", older.exported())
    assert [ask(machine, "append", "y").outcome for machine in (older, newer)] == ["fail", "ok"]
    assert newer.events == 3


def test_two_processes_of_one_name_and_life_have_different_origins() -> None:
    one, other = (boot("n1", identity="incarnation", word=word) for word in (1, 2))
    assert one.origin != other.origin


def test_a_volatile_node_restarts_empty_and_a_durable_one_as_it_was() -> None:
    for storage, held in (("volatile", ("", 0, 0, "")), ("durable", ("a b", 2, 2, "s"))):
        machine = boot(storage=storage, planes=["log", "state"])
        machine.step(Ask("c", 1, "append", ("a",)), now(1))
        act(machine, "update", value="s")
        disk = kept(machine.step(Ask("c", 2, "append", ("b",)), now(1)))
        again = boot(life=2, durable=disk, storage=storage, planes=["log", "state"])
        assert (log(again), again.log.next_sequence, again.events, again.state) == held


def test_a_durable_node_writes_before_it_answers() -> None:
    effects = [type(effect) for effect in boot(storage="durable").step(Ask("c", 1, "append", ("a",)), now(1))]
    assert effects.index(Persist) < effects.index(Answer)


def test_a_durable_node_under_a_new_name_counts_sequences_anew() -> None:
    machine = boot(storage="durable", identity="incarnation")
    disk = kept(machine.step(Ask("c", 1, "append", ("a",)), now(1)))
    again = boot(life=2, durable=disk, storage="durable", identity="incarnation")
    assert (log(again), again.log.next_sequence) == ("a", 0)


# -- the state's plane -------------------------------------------------------------------------------------


def test_a_write_without_a_log_replaces_the_state() -> None:
    machine = boot(planes="state")
    assert ask(machine, "write", "state", "x").outcome == "ok"
    assert (machine.state, ask(machine, "read", "state").value) == ("x", "x")


def test_an_operators_update_is_noted_and_does_the_same() -> None:
    machine = boot(planes=["log", "state"])
    assert notes(act(machine, "update", value="x"), Updated) == [Updated("x")]
    assert machine.state == "x"


def test_a_plane_that_does_not_run_answers_fail() -> None:
    assert ask(boot(planes="state"), "append", "a").outcome == "fail"


def test_a_refused_message_is_noted_with_the_reason() -> None:
    machine = boot(planes="state", gossip_checks="all")
    effects = tell(machine, "ghost", GossipMessage("ghost", "n1", 1, "", b"", 0))
    assert notes(effects, Declined) == [Declined("ghost", "not a member")]


@pytest.mark.parametrize(("pull", "converged"), [("never", False), ("on-divergence", True)])
def test_a_digest_alone_is_answered_only_by_a_node_that_pulls(pull: str, converged: bool) -> None:
    a, b = (boot(name, "state", names=TWO, payload="digest-only", gossip_pull=pull) for name in TWO)
    ask(a, "write", "state", "x")
    ((_, digest),) = sends(ring(a))
    for _, request in sends(tell(b, "n1", digest)):
        assert request == PullRequest("n2")
        for _, answer in sends(tell(a, "n2", request)):
            tell(b, "n1", answer)
    assert (b.state == "x") is converged


@pytest.mark.parametrize(("apply", "events"), [("overwrite", [3, 5]), ("versioned", [8, 8])])
def test_logs_that_travel_as_opaque_state_replace_each_other_unless_states_merge(apply: str, events: list[int]) -> None:
    a, b = (boot(name, ["log", "state"], names=TWO, ships="log", gossip_apply=apply) for name in TWO)
    for i in range(5):
        ask(a, "append", f"a{i}")
    for i in range(3):
        ask(b, "append", f"b{i}")
    exchange(a, b)
    assert [a.events, b.events] == events
    exchange(a, b)
    exchange(a, b)
    assert (a.manager.local_state == b.manager.local_state) is (apply == "versioned")


def test_stale_peers_are_shown_when_somebody_asks_or_each_round() -> None:
    asked, each = boot(planes="state", stale_rounds=1), boot(planes="state", stale_rounds=1, staleness="each-round")
    for machine in (asked, each):
        for _ in range(3):
            ring(machine)
    assert (asked.stale, each.stale) == ((), ("n2", "n3"))
    act(asked, "stale_peers")
    assert asked.stale == ("n2", "n3")


def test_a_random_choice_follows_the_words_and_rotation_does_not() -> None:
    chosen = {}
    for choice in ("rotation", "random"):
        chosen[choice] = {
            tuple(dst for dst, _ in sends(ring(boot(planes="state", fanout=1, peer_choice=choice), word=word)))
            for word in range(4)
        }
    assert (len(chosen["rotation"]), len(chosen["random"])) == (1, 2)


def test_peers_may_have_been_added_in_another_order_than_the_clusters() -> None:
    orders = {tuple(boot(planes="state", peer_order="shuffled", word=word).state_partners.peers) for word in range(6)}
    assert orders == {("n2", "n3"), ("n3", "n2")}


def test_an_unknown_register_is_none() -> None:
    assert ask(boot(), "read", "k").value is None


def test_every_attempt_to_write_is_noted_applied_or_not() -> None:
    machine = boot()
    ask(machine, "write", "k", "x", ms=10)
    effects = machine.step(Ask("c", 999, "write", ("k", "y")), now(5))
    assert notes(effects, Wrote) == [Wrote("k", "y", now(5).wall // 1000, "n1", False)]


def test_contents_are_entries_registers_and_the_state() -> None:
    machine = boot(planes=["log", "state"])
    ask(machine, "append", "a")
    ask(machine, "write", "k", "v")
    act(machine, "update", value="s")
    assert [key for key, _ in machine.contents()] == ["n1#0", "register k", "state"]


def test_an_alarm_that_nobody_set_is_no_part_of_the_machine() -> None:
    with pytest.raises(Unhandled, match="resurrect"):
        boot().step(Alarm("resurrect"), now())


def test_appends_note_their_origin() -> None:
    machine = boot()
    effects = machine.step(Ask("c", 1, "append", ("a",)), now(1))
    assert notes(effects, Appended) == [Appended("n1", 0, "a")]


def test_the_log_of_a_machine_has_its_rules() -> None:
    machine = boot(log_order="canonical")
    other = CrdtEventLog("n0")
    other.append(b"old", 1)
    ask(machine, "append", "new")
    tell(machine, "n2", other.export_state())
    assert log(machine) == "old new"
