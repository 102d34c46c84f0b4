"""Epidemic spread, step by step; sections are those of Demers et al., PODC 1987."""

from typing import Any

import pytest

from models.epidemic import Epidemic, Known, Learned, Lost, Offer, Pull, Rumours
from sim.machine import Alarm, Answer, Ask, Boot, Cluster, Note, Now, Persist, Receive, Send

NOW = Now(words=(0, 0, 0, 0))


def site(**params: Any) -> Epidemic:
    made = Epidemic("n1", Cluster("n1", ("n1", "n2", "n3")), **params)
    made.step(Boot({}, 1), NOW)
    return made


def hot(**params: Any) -> Epidemic:
    made = site(**params)
    made.step(Ask("c", 1, "add", ("x",)), NOW)
    return made


def cycle(machine: Epidemic) -> list[Any]:
    return list(machine.step(Alarm("cycle"), NOW))


def told(machine: Epidemic, news: tuple[str, ...] = (), stale: tuple[str, ...] = ()) -> list[Any]:
    return list(machine.step(Receive("n2", Known(news, stale)), NOW))


def test_what_a_client_adds_is_durable_before_the_answer() -> None:
    effects = site().step(Ask("c", 1, "add", ("x",)), NOW)
    assert effects == [Persist("x", True), Note(Learned("x")), Answer("c", 1, "ok")]


def test_a_hot_item_is_pushed_to_the_site_drawn() -> None:
    assert cycle(hot()) == [Send("n2", Rumours(("x",)))]


def test_a_site_with_nothing_hot_pushes_nothing() -> None:
    assert cycle(site()) == []


def test_pull_asks_even_with_nothing_hot() -> None:
    assert cycle(site(spread="pull")) == [Send("n2", Pull())]


def test_who_is_pulled_gives_what_is_hot() -> None:
    assert hot(spread="pull").step(Receive("n3", Pull()), NOW) == [Send("n3", Rumours(("x",)))]


def test_feedback_says_what_was_news() -> None:
    effects = hot().step(Receive("n2", Rumours(("w", "x"))), NOW)
    assert effects[-1] == Send("n2", Known(("w", "x"), ()))  # learned in this very cycle, x too was news


def test_what_was_known_before_this_cycle_is_stale() -> None:
    machine = hot()
    cycle(machine)
    assert machine.step(Receive("n2", Rumours(("x",))), NOW) == [Send("n2", Known((), ("x",)))]


def test_what_came_in_this_cycle_is_stale_at_once_if_so_chosen() -> None:
    assert hot(same_cycle="stale").step(Receive("n2", Rumours(("x",))), NOW) == [Send("n2", Known((), ("x",)))]


def test_after_k_unnecessary_contacts_in_a_row_interest_is_lost() -> None:
    machine = hot(k=2)
    assert told(machine, stale=("x",)) == []
    assert told(machine, stale=("x",)) == [Note(Lost("x"))]
    assert cycle(machine) == []


def test_a_useful_contact_sets_the_counter_back() -> None:
    machine = hot(k=2)
    told(machine, stale=("x",))
    told(machine, news=("x",))
    assert told(machine, stale=("x",)) == []


def test_a_coin_may_lose_interest_at_the_first_unnecessary_contact() -> None:
    assert told(hot(removal="coin", k=1), stale=("x",)) == [Note(Lost("x"))]


def test_blind_loses_interest_without_being_told_anything() -> None:
    assert cycle(hot(interest="blind", k=1)) == [Send("n2", Rumours(("x",))), Note(Lost("x"))]


def test_never_keeps_an_item_hot() -> None:
    machine = hot(removal="never", k=1)
    told(machine, stale=("x",))
    assert cycle(machine) == [Send("n2", Rumours(("x",)))]


def test_a_cycle_of_pulls_that_was_news_to_nobody_is_one_contact() -> None:
    machine = hot(spread="pull", k=1)
    for _ in range(3):
        machine.step(Receive("n3", Pull()), NOW)
        told(machine, stale=("x",))
    assert cycle(machine) == [Note(Lost("x")), Send("n2", Pull())]


def test_a_cycle_of_pulls_that_was_news_to_one_sets_the_counter_back() -> None:
    machine = hot(spread="pull", k=1)
    machine.step(Receive("n3", Pull()), NOW)
    told(machine, stale=("x",))
    told(machine, news=("x",))
    assert cycle(machine) == [Send("n2", Pull())]


def test_anti_entropy_offers_everything_and_gets_back_what_was_lacking() -> None:
    machine = hot(anti_entropy="1s")
    assert machine.step(Alarm("compare"), NOW) == [Send("n2", Offer(("x",), True))]
    effects = machine.step(Receive("n2", Offer(("w",), True)), NOW)
    assert effects[-1] == Send("n2", Offer(("x",), False))
    assert machine.items == {"w", "x"}


def test_items_outlive_a_life_and_are_not_hot_in_the_next() -> None:
    machine = Epidemic("n1", Cluster("n1", ("n1", "n2")))
    machine.step(Boot({"x": True}, 2), NOW)
    assert (machine.items, machine.hot) == ({"x"}, {})


@pytest.mark.parametrize(
    ("params", "told"),
    [
        ({"spread": "shove"}, "spread: found 'shove', allowed: push, pull, push-pull"),
        ({"k": 0}, "k: found 0, allowed: a whole number from 1"),
        ({"k": True}, "k: found True"),
        ({"removal": "dice"}, "removal: found 'dice'"),
    ],
)
def test_a_wrong_parameter_is_refused(params: dict[str, Any], told: str) -> None:
    with pytest.raises(ValueError, match=told):
        site(**params)
