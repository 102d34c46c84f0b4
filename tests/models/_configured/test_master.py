"""The master of configurations: who leaves, who joins, who may lead."""

from typing import Any

import pytest

from models._configured.configuration import Configuration, Confirm, Confirmed, Current, Decided, Ping
from models.chain import Chain
from models.primary_backup import PrimaryBackup
from sim.machine import Alarm, Boot, Cluster, Note, Now, Persist, Receive, Send
from sim.units import MS

NODES = ("n1", "n2", "n3", "n4")  # whose first order is n2, n3, n1, n4


def master(kind: Any = Chain, **params: Any) -> Any:
    made = kind("n1", Cluster("n1", NODES), **params)
    made.step(Boot({}, 1), Now(0))
    return made


def hears(
    machine: Any, at: int, nodes: tuple[str, ...], number: int = 1, synced: bool = True, latest: int = 1, held: int = 0
) -> None:
    for node in nodes:
        machine.step(Receive(node, Ping(number, synced, latest, held)), Now(at * MS))


def checks(machine: Any, at: int) -> list[tuple[str, ...]]:
    """Return the configurations decided at a check."""
    effects = machine.step(Alarm("check"), Now(at * MS))
    return [effect.fact.nodes for effect in effects if isinstance(effect, Note)]


def test_the_masters_node_is_neither_first_nor_last() -> None:
    assert master().current.nodes == ("n2", "n3", "n1", "n4")


def test_who_is_heard_stays() -> None:
    machine = master()
    hears(machine, 150, NODES)
    assert checks(machine, 340) == []


def test_who_is_silent_for_the_patience_leaves() -> None:
    machine = master()
    hears(machine, 150, ("n1", "n3", "n4"))
    assert checks(machine, 199) == []
    assert checks(machine, 200) == [("n3", "n1", "n4")]


def test_a_configuration_is_on_disk_before_anybody_hears_of_it() -> None:
    machine = master()
    hears(machine, 150, ("n1", "n3", "n4"))
    effects = machine.step(Alarm("check"), Now(200 * MS))
    made = Configuration(2, (("n3", 1), ("n1", 1), ("n4", 1)), True)
    assert effects[:2] == [Persist("current", tuple(made)), Note(Decided(2, made.nodes, True))]
    assert effects[2:] == [Send(node, Current(made)) for node in NODES]


def test_who_comes_back_joins_at_the_end_and_as_new() -> None:
    machine = master()
    hears(machine, 150, ("n1", "n3", "n4"))
    checks(machine, 200)
    hears(machine, 250, ("n1", "n3", "n4"), number=2)
    hears(machine, 260, ("n2",))
    assert checks(machine, 300) == [("n3", "n1", "n4", "n2")]
    assert machine.current.since("n2") == 3
    assert machine.current.since("n3") == 1


def test_who_has_joined_and_is_not_synced_does_not_lead() -> None:
    machine = master()
    hears(machine, 150, ("n1", "n3", "n4"))
    checks(machine, 200)
    hears(machine, 250, ("n1", "n3", "n4"), number=2)
    hears(machine, 260, ("n2",))
    checks(machine, 300)
    hears(machine, 450, ("n2",), number=3, synced=False)
    assert checks(machine, 600) == [], "nobody who is left is known to hold what was acknowledged"


def test_what_a_node_said_before_it_left_does_not_count() -> None:
    machine = master()
    hears(machine, 150, ("n1", "n3", "n4"))
    checks(machine, 200)
    hears(machine, 250, ("n1", "n3", "n4"), number=2)
    hears(machine, 260, ("n2",))
    checks(machine, 300)
    hears(machine, 450, ("n2",), number=1, synced=True)
    assert checks(machine, 600) == []


def test_a_master_that_restarts_knows_its_configuration_and_takes_nobody_for_dead_at_once() -> None:
    kept = Configuration(7, (("n3", 1), ("n1", 1)), True)
    machine = Chain("n1", Cluster("n1", NODES))
    machine.step(Boot({"current": tuple(kept)}, 2), Now(900 * MS))
    assert machine.current == kept
    assert checks(machine, 950) == []


def test_a_read_is_confirmed_in_the_current_configuration_alone() -> None:
    machine = master()
    assert machine.step(Receive("n3", Confirm(1, 9)), Now(0)) == [Send("n3", Confirmed(1, 9))]
    assert machine.step(Receive("n3", Confirm(0, 9)), Now(0)) == []


def test_a_node_with_an_old_configuration_is_told_the_current_one() -> None:
    machine = master()
    assert machine.step(Receive("n3", Ping(0, True, 0, 0)), Now(0)) == [Send("n3", Current(machine.current))]


def test_who_is_alive_must_be_heard_before_the_patience_ends() -> None:
    with pytest.raises(ValueError, match="beat: found '1s', allowed: a time above 0 and below patience"):
        Chain("n1", Cluster("n1", NODES), beat="1s")


# -- two steps ---------------------------------------------------------------------------------------------


def without_the_primary(**params: Any) -> Any:
    machine = master(PrimaryBackup, **params)
    hears(machine, 150, ("n1", "n3", "n4"))
    checks(machine, 200)
    return machine


def test_where_all_hold_the_same_the_next_leads_at_once() -> None:
    assert without_the_primary().current == Configuration(2, (("n3", 1), ("n1", 1), ("n4", 1)), True)


def test_where_not_all_hold_the_same_nobody_leads_at_first() -> None:
    assert without_the_primary(replication="semi-synchronous").current.led is False


def test_who_holds_most_leads_when_all_have_stopped_following_the_last_one() -> None:
    machine = without_the_primary(replication="semi-synchronous")
    hears(machine, 250, ("n3", "n1"), number=2, held=4)
    assert machine.current.number == 2
    hears(machine, 260, ("n4",), number=2, held=5)
    assert machine.current == Configuration(3, (("n4", 1), ("n3", 1), ("n1", 1)), True)


def test_an_entry_of_a_later_primary_counts_more_than_a_longer_log() -> None:
    machine = without_the_primary(replication="semi-synchronous")
    hears(machine, 250, ("n3", "n1"), number=2, latest=1, held=9)
    hears(machine, 260, ("n4",), number=2, latest=2, held=5)
    assert machine.current.nodes == ("n4", "n3", "n1")


def test_a_primary_that_is_alive_goes_on_when_a_backup_leaves() -> None:
    machine = master(PrimaryBackup, replication="asynchronous")
    hears(machine, 150, ("n1", "n2", "n3"))
    assert checks(machine, 200) == [("n2", "n3", "n1")]
    assert machine.current.led
