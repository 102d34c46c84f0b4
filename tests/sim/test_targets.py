from dataclasses import dataclass
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from puppets import RoleView, View

from sim.chance import Chance
from sim.targets import check, leader, resolve, words_of

NODES = ("n1", "n2", "n3", "n4", "n5")
REGIONS = {"n1": "eu", "n2": "eu", "n3": "us", "n4": "us", "n5": "asia-2"}


@dataclass
class Seen:
    """What targets look at in a host."""

    view: Any
    led_since: int = 0


def hosts(**views: Any) -> Any:
    """Return five followers of term 1, but for those given as (role, term, led_since) or None."""
    found = {}
    for node in NODES:
        role, term, since = ("follower", 1, 0) if node not in views else views[node] or (None, 0, 0)
        found[node] = Seen(None if role is None else RoleView(role, term, 0, 0), since)
    return found


def aims(*groups: Any, seed: int = 1, of: Any = None) -> Any:
    return resolve(groups, hosts() if of is None else of, REGIONS, Chance(seed).stream("nemesis", 0, "targets"))


def test_names_stand_for_themselves_in_node_order_and_once() -> None:
    assert aims(("n3", "n1", "n3"), "n2") == (("n1", "n3"), ("n2",))


def test_all_and_rest() -> None:
    assert aims("all") == (NODES,)
    assert aims(("n2", "n4"), "rest") == (("n2", "n4"), ("n1", "n3", "n5"))
    assert aims("rest", "n2") == (("n1", "n3", "n4", "n5"), ("n2",))
    assert aims(("n1", "rest"), "n2") == (("n1", "n3", "n4", "n5"), ("n2",))
    assert aims("all", "rest") is None


def test_the_leader_has_the_highest_term_and_became_one_last() -> None:
    assert leader(hosts()) is None
    assert leader(hosts(n2=("leader", 3, 5), n4=("leader", 2, 99))) == "n2"
    assert leader(hosts(n2=("leader", 3, 5), n4=("leader", 3, 9))) == "n4"
    assert leader(hosts(n2=("leader", 3, 5), n4=("candidate", 9, 9))) == "n2"
    assert leader(hosts(n2=None, n4=("leader", 1, 9))) == "n4"


def test_without_terms_the_latest_to_become_leader_leads_and_without_roles_nobody() -> None:
    odd = {n: Seen(RoleView("leader", None, 0, 0), since) for n, since in (("n1", 7), ("n2", 9), ("n3", 8))}
    assert leader(odd) == "n2"  # type: ignore[arg-type]
    assert leader({"n1": Seen(View(1))}) is None  # type: ignore[dict-item]


def test_a_role_that_nobody_holds_leaves_the_fault_unresolved() -> None:
    assert aims("leader") is None
    assert aims(("n1", "leader"), "rest") is None
    assert aims("a-follower", of=hosts(**dict.fromkeys(NODES, ("candidate", 1, 0)))) is None
    assert aims("region(mars)") is None


def test_a_follower_is_the_first_that_is_not_named_elsewhere() -> None:
    led = hosts(n1=("leader", 1, 1))
    assert aims("a-follower", of=led) == (("n2",),)
    assert aims(("leader", "a-follower"), "rest", of=led) == (("n1", "n2"), ("n3", "n4", "n5"))
    assert aims("a-follower", "n2", of=led) == (("n3",), ("n2",))
    assert aims("a-follower", "a-follower", of=led) == (("n2",), ("n3",))


def test_a_follower_that_is_down_is_none() -> None:
    assert aims("a-follower", of=hosts(n1=None, n2=("candidate", 1, 0))) == (("n3",),)


def test_regions() -> None:
    assert aims("region(eu)", "region(asia-2)") == (("n1", "n2"), ("n5",))


@pytest.mark.parametrize(("word", "count"), [("minority", 2), ("majority", 3), ("random(4)", 4), ("random(5)", 5)])
def test_drawn_groups_have_their_size_and_differ_between_seeds(word: str, count: int) -> None:
    drawn = {aims(word, seed=seed) for seed in range(30)}
    assert all(len(groups[0]) == count for groups in drawn)
    assert len(drawn) > 4 or word == "random(5)"
    assert aims(word, seed=3) == aims(word, seed=3)


def test_drawn_groups_leave_out_who_is_named() -> None:
    for seed in range(20):
        ((one,), two) = aims("n3", "random(2)", seed=seed)
        assert one == "n3"
        assert "n3" not in two
        first, second = aims("minority", "majority", seed=seed)
        assert set(first) | set(second) == set(NODES)
    assert aims("n1", "random(5)") is None
    assert aims(("n1", "n2", "n3"), "majority") is None


def test_every_node_is_drawn_alike() -> None:
    # 3,000 draws of one node among five: four standard deviations of a binomial.
    counts = dict.fromkeys(NODES, 0)
    for seed in range(3000):
        counts[aims("random(1)", seed=seed)[0][0]] += 1
    assert all(abs(count - 600) < 4 * (3000 * 0.2 * 0.8) ** 0.5 for count in counts.values())


def test_a_single_node_has_no_minority() -> None:
    assert resolve(("minority",), {"n1": hosts()["n1"]}, {}, Chance(1).stream("x")) is None


WORDS = st.sampled_from(
    [*NODES, "leader", "a-follower", "minority", "majority", "all", "rest", "random(1)", "random(3)", "region(eu)"]
)
GROUPS = st.lists(st.lists(WORDS, min_size=1, max_size=3).map(tuple), min_size=1, max_size=3)


@given(GROUPS, st.integers(0, 99), st.booleans())
def test_groups_are_never_empty_ordered_and_of_nodes(groups: Any, seed: int, led: bool) -> None:
    found = aims(*groups, seed=seed, of=hosts(n3=("leader", 1, 1)) if led else hosts())
    if found is not None:
        assert len(found) == len(groups)
        for group in found:
            assert group
            assert list(group) == sorted(set(group))
    assert all(check(word, NODES, ["eu"]) is None for group in groups for word in words_of(group))


@pytest.mark.parametrize(
    ("word", "said"),
    [
        ("n9", 'found "n9", allowed: a node\'s name, leader'),
        ("random(0)", 'found "random(0)", allowed: a node'),
        ("random(6)", 'found "random(6)", allowed: at most random(5)'),
        ("region(mars)", 'found "region(mars)", allowed: the regions eu'),
        ("Leader", 'found "Leader"'),
    ],
)
def test_a_wrong_word_is_told_with_what_is_allowed(word: str, said: str) -> None:
    assert said in str(check(word, NODES, ["eu"]))
