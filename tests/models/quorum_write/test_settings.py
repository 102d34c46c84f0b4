"""Every parameter says what it allows; the first word of each is what the specification says."""

import inspect
from typing import Any

import pytest

from models.quorum_write import PROFILES, SWITCHES, machine
from models.quorum_write.choices import SWITCHED, WIRINGS, WORDS
from models.quorum_write.errors import InvalidPolicy
from models.quorum_write.settings import Settings
from sim.machine import Cluster

CLUSTER = Cluster("n1", ("n1", "n2", "n3"))


def test_the_default_of_every_word_is_the_first_one() -> None:
    made = Settings()
    assert {name: getattr(made, name) for name in WORDS} == {name: words[0] for name, words in WORDS.items()}


def test_wirings_and_switches_are_different_parameters() -> None:
    assert not set(WIRINGS) & set(SWITCHED)


def test_a_scenario_may_set_every_field_and_nothing_else() -> None:
    names = list(inspect.signature(machine).parameters)[2:]
    assert names == list(inspect.signature(Settings).parameters)


@pytest.mark.parametrize("name", WORDS)
def test_a_word_that_there_is_not_is_refused_with_those_that_there_are(name: str) -> None:
    with pytest.raises(ValueError, match=f"{name}: found 'x', allowed: {WORDS[name][0]}, "):
        Settings(**{name: "x"})


@pytest.mark.parametrize(
    ("params", "said"),
    [
        ({"ack_timeout": "2"}, "ack_timeout: found"),
        ({"sync_interval": "0s"}, "sync_interval: found '0s', allowed: a time above 0"),
        ({"n": "3"}, "n: found '3', allowed: a whole number from 0"),
        ({"w": -1}, "w: found -1, allowed: a whole number from 0"),
        ({"replicas": 4}, "replicas: found 4, allowed: a whole number from 1 to 3"),
        ({"preload": "k"}, "preload: found 'k', allowed: a list of keys"),
    ],
)
def test_what_is_no_number_time_or_list_is_refused(params: dict[str, Any], said: str) -> None:
    with pytest.raises(ValueError, match=said):
        machine("n1", CLUSTER, **params)


def test_without_numbers_the_policy_is_the_majority_of_the_replicas() -> None:
    cluster = Cluster("n1", tuple(f"n{i}" for i in range(1, 7)))
    assert [machine("n1", cluster, **params).policy.w for params in ({}, {"majority": "true-majority"})] == [3, 4]
    assert (machine("n1", cluster, replicas=3).policy.n, machine("n1", cluster, replicas=3).policy.w) == (3, 2)


def test_a_policy_may_claim_another_n_than_there_are_replicas() -> None:
    assert machine("n1", CLUSTER, n=5, w=3).policy.n == 5


def test_no_node_has_a_policy_for_none() -> None:
    with pytest.raises(InvalidPolicy, match="n must be >= 1"):
        machine("n1", CLUSTER, n=0)


@pytest.mark.parametrize("switch", SWITCHES)
def test_a_switch_turns_on_words_of_switches_alone(switch: str) -> None:
    for name, word in SWITCHES[switch].items():
        assert word in SWITCHED[name][1:]


def test_hardened_turns_on_everything_but_the_sloppy_quorum() -> None:
    together: dict[str, object] = {}
    for settings in SWITCHES.values():
        assert all(together.get(name, word) == word for name, word in settings.items())
        together |= settings
    assert PROFILES["hardened"] == together
    assert set(SWITCHED) - set(together) == {"quorum"}
    assert PROFILES["sloppy"]["quorum"] == "sloppy"


def test_as_specified_sets_nothing() -> None:
    assert PROFILES["as-specified"] == {}
    assert next(iter(PROFILES)) == "as-specified"
