"""The parts without messages: the log, majorities, the state machine and the parameters."""

import pytest

from models.raft import PROFILES, Raft
from models.raft.choices import AVAILABILITY, BROKEN, SAFETY, WORDS
from models.raft.configuration import Configuration
from models.raft.log import NOOP, Entry, Log
from models.raft.store import Command, Store
from sim.machine import Cluster


def log(*terms, base=0, base_term=0):
    made = Log(base, base_term)
    made.entries = [Entry(term, NOOP, i) for i, term in enumerate(terms)]
    return made


def test_an_empty_log_ends_before_its_first_entry():
    assert (log().last, log().last_term, log().term_at(0), log().term_at(1)) == (0, 0, 0, -1)


def test_behind_a_snapshot_indexes_go_on():
    some = log(3, 4, base=10, base_term=2)
    assert [some.term_at(i) for i in (9, 10, 11, 12, 13)] == [-1, 2, 3, 4, -1]
    assert (some.last, some.last_term, some.at(12).term) == (12, 4, 4)


def test_a_log_is_cut_from_an_index_on():
    some = log(1, 1, 2, 2)
    some.cut(3)
    assert [entry.term for entry in some.entries] == [1, 1]


def test_compacting_returns_what_goes():
    some = log(1, 1, 2)
    assert [entry.term for entry in some.compact(2)] == [1, 1]
    assert (some.base, some.base_term, some.last) == (2, 1, 3)


@pytest.mark.parametrize(("index", "first"), [(2, 1), (3, 3), (5, 3)])
def test_the_run_of_a_term_begins_where_the_term_does(index, first):
    assert log(1, 1, 2, 2, 2).first_of_term(index) == first


@pytest.mark.parametrize(
    ("values", "reached"), [({"a": 5}, 0), ({"a": 5, "b": 3}, 3), ({"a": 5, "b": 3, "c": 4}, 4), ({"d": 9}, 0)]
)
def test_a_majority_has_reached_its_own_least(values, reached):
    assert Configuration(("a", "b", "c")).reached(values) == reached


def test_in_a_joint_configuration_each_set_needs_a_majority_of_its_own():
    both = Configuration(("a", "b", "c"), ("c", "d", "e"))
    assert both.reached({"a": 1, "b": 1, "c": 1}) == 0
    assert both.reached({"a": 1, "c": 1, "d": 1}) == 1


def test_one_less_than_a_majority_is_at_least_one():
    assert Configuration(("a",)).reached({"a": 1}, 1) == 1
    assert Configuration(("a", "b", "c", "d")).reached({"a": 1, "b": 1}, 1) == 1


def test_a_state_that_is_dumped_and_loaded_is_the_same():
    one, other = Store(), Store()
    one.apply(Command("c1", 1, "append", ("k", "a")))
    one.apply(Command("c2", 2, "write", ("j", "b")))
    other.load(one.dump())
    assert (other.values, other.sessions, other.digest) == (one.values, one.sessions, one.digest)


def test_an_operation_older_than_the_clients_last_never_happens():
    store = Store()
    store.apply(Command("c1", 2, "write", ("k", "b")))
    assert store.apply(Command("c1", 1, "write", ("k", "a"))) == (("unsure", None), False)
    assert store.values == {"k": "b"}


def test_every_rule_has_words_a_section_and_a_sentence():
    for name, rule in WORDS.items():
        assert len(rule.words) >= 2, name
        assert rule.section[0] in "5678D", name
        assert rule.without[0].islower(), name


def test_every_rule_is_a_parameter_whose_default_is_the_rule():
    machine = Raft("n1", Cluster("n1", ("n1", "n2", "n3")))
    assert machine.settings.words == {name: rule.words[0] for name, rule in WORDS.items()}


def test_every_broken_rule_is_a_profile_that_breaks_it_alone():
    assert len(BROKEN) == len(SAFETY) + len(AVAILABILITY)
    for name, words in BROKEN.items():
        machine = Raft("n1", Cluster("n1", ("n1", "n2", "n3")), **PROFILES[name])
        assert [rule for rule, broken in machine.breaks.items() if broken] == list(words)


@pytest.mark.parametrize(
    ("parameter", "found", "told"),
    [
        ("votes", "twice", "votes: found 'twice', allowed: once, repeatedly"),
        ("heartbeat", "150ms", "heartbeat: found '150ms', allowed: a time above 0 and below the least"),
        ("heartbeat", "0ms", "heartbeat: found '0ms', allowed: a time above 0"),
        ("election_timeout", "soon", "election_timeout: found "),
        ("election_timeout", ["300ms", "150ms"], "allowed: the smaller time first"),
        ("lease_drift", "100%", "lease_drift: found '100%', allowed: a rate error from 0 to below 100%"),
        ("batch", 0, "batch: found 0, allowed: a whole number from 1"),
        ("snapshot_every", -1, "snapshot_every: found -1, allowed: a whole number from 0"),
        ("members", ["n7"], "members: found 'n7', allowed: n1, n2, n3"),
    ],
)
def test_a_parameter_that_makes_no_sense_is_told(parameter, found, told):
    with pytest.raises(ValueError) as error:
        Raft("n1", Cluster("n1", ("n1", "n2", "n3")), **{parameter: found})
    assert told in str(error.value)
