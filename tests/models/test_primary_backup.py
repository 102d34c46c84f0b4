"""Primary-backup step by step; Pb1 to Pb4 are the properties of Budhiraja and others, 1993."""

from typing import Any

import pytest

from models._configured.configuration import Ack, Configuration, Confirm, Confirmed, Copy, Current, Entry
from models.primary_backup import PrimaryBackup
from sim.machine import Alarm, Answer, Ask, Boot, Cluster, Now, Receive, Send

NODES = ("n1", "n2", "n3")  # of these n2 is primary
WRITE, READ = Ask("c", 1, "write", ("k", "a")), Ask("c", 2, "read", ("k",))
ENTRY, LATER = Entry(1, "c", 1, "write", ("k", "a")), Entry(1, "d", 3, "write", ("k", "b"))
DONE = Answer("c", 1, "ok")


def node(name: str, durable: Any = None, life: int = 1, **params: Any) -> PrimaryBackup:
    made = PrimaryBackup(name, Cluster(name, NODES), **params)
    made.step(Boot(durable or {}, life), Now())
    return made


def given(machine: PrimaryBackup, src: str, msg: Any) -> list[Any]:
    return list(machine.step(Receive(src, msg), Now()))


def copy(*entries: Entry, number: int = 1, first: int = 0, committed: int = 0, whole: bool = False) -> Copy:
    return Copy(number, first, entries, committed, whole)


def configured(machine: PrimaryBackup, number: int, *members: tuple[str, int], led: bool = True) -> list[Any]:
    return given(machine, "n1", Current(Configuration(number, members, led)))


def sent(effects: list[Any], kind: type) -> list[tuple[str, Any]]:
    return [(effect.dst, effect.msg) for effect in effects if isinstance(effect, Send) and type(effect.msg) is kind]


def test_the_primary_copies_to_all_its_backups() -> None:
    assert sent(list(node("n2").step(WRITE, Now())), Copy) == [("n1", copy(ENTRY)), ("n3", copy(ENTRY))]


def test_who_is_not_primary_puts_nothing_in_order() -> None:  # Pb3
    backup = node("n1")
    assert backup.step(WRITE, Now()) == [Answer("c", 1, "elsewhere", hint="n2")]
    assert backup.tail == 0


@pytest.mark.parametrize(("replication", "acks"), [("asynchronous", 0), ("semi-synchronous", 1), ("synchronous", 2)])
def test_a_client_is_answered_when_as_many_backups_hold_it(replication: str, acks: int) -> None:
    primary = node("n2", replication=replication)
    answered = [DONE in primary.step(WRITE, Now())]
    answered += [DONE in given(primary, backup, Ack(1, 1, 0, False)) for backup in ("n1", "n3")]
    assert answered.index(True) == acks


def test_a_backup_that_acknowledges_twice_counts_once() -> None:
    primary = node("n2")
    primary.step(WRITE, Now())
    given(primary, "n1", Ack(1, 1, 0, False))
    assert DONE not in given(primary, "n1", Ack(1, 1, 0, False))


def test_a_primary_without_backups_waits_for_nobody() -> None:
    primary = node("n2")
    configured(primary, 2, ("n2", 1))
    assert DONE in primary.step(WRITE, Now())


def test_what_waits_for_a_backup_that_leaves_is_answered_then() -> None:
    primary = node("n2")
    primary.step(WRITE, Now())
    given(primary, "n1", Ack(1, 1, 0, False))
    configured(primary, 2, ("n2", 1), ("n1", 1))
    assert DONE in given(primary, "n1", Ack(2, 1, 0, False))


def test_a_backup_learns_with_the_next_copy_what_is_committed() -> None:
    backup = node("n1")
    given(backup, "n2", copy(ENTRY))
    assert backup.commit == 0
    given(backup, "n2", copy(LATER, first=1, committed=1))
    assert (backup.commit, backup.tail) == (1, 2)


def test_or_when_nothing_comes_in_a_beat() -> None:
    primary = node("n2", replication="asynchronous")
    primary.step(WRITE, Now())
    for backup in ("n1", "n3"):
        given(primary, backup, Ack(1, 1, 0, False))
    primary.step(Alarm("beat"), Now())
    told = sent(list(primary.step(Alarm("beat"), Now())), Copy)
    assert told == [(backup, copy(first=1, committed=1)) for backup in ("n1", "n3")]


# -- fencing: Pb1 holds of every configuration -------------------------------------------------------------


def test_a_backup_refuses_the_primary_of_an_earlier_configuration() -> None:
    backup = node("n3")
    configured(backup, 2, ("n1", 1), ("n3", 1))
    assert given(backup, "n2", copy(ENTRY)) == []


def test_without_fencing_it_obeys() -> None:
    backup = node("n3", fencing="none")
    configured(backup, 2, ("n1", 1), ("n3", 1))
    given(backup, "n1", copy(number=2, whole=True))
    given(backup, "n2", copy(ENTRY))
    assert backup.log == [ENTRY]


def test_a_primary_asks_the_master_before_it_answers_a_read() -> None:
    primary = node("n2")
    assert primary.step(READ, Now()) == [Send("n1", Confirm(1, 1))]
    assert given(primary, "n1", Confirmed(1, 1)) == [Answer("c", 2, "ok")]


def test_a_read_that_was_not_confirmed_is_not_answered_after_a_failover() -> None:
    primary = node("n2")
    primary.step(READ, Now())
    assert Answer("c", 2, "elsewhere", hint="n1") in configured(primary, 2, ("n1", 1), ("n3", 1))
    assert given(primary, "n1", Confirmed(1, 1)) == []


# -- failover ----------------------------------------------------------------------------------------------


def test_a_new_primary_reads_nothing_before_what_it_has_inherited_is_committed() -> None:
    machine = node("n1")
    given(machine, "n2", copy(ENTRY))
    configured(machine, 2, ("n1", 1), ("n3", 1))
    machine.step(READ, Now())
    assert given(machine, "n1", Confirmed(2, 1)) == []
    given(machine, "n3", Ack(2, 1, 0, False))
    assert given(machine, "n1", Confirmed(2, 1)) == [Answer("c", 2, "ok", "a")]


def test_a_backup_of_another_primary_asks_for_the_whole_log() -> None:
    backup = node("n3")
    assert sent(configured(backup, 2, ("n1", 1), ("n3", 1)), Ack) == [("n1", Ack(2, -1, 0, False))]


def test_what_a_backup_holds_and_its_new_primary_does_not_is_dropped() -> None:
    backup = node("n3")
    given(backup, "n2", copy(ENTRY, LATER))
    configured(backup, 2, ("n1", 1), ("n3", 1))
    given(backup, "n1", copy(ENTRY, number=2, whole=True))
    assert backup.log == [ENTRY]


def test_a_backup_that_lacks_nothing_of_its_own_primary_goes_on() -> None:
    backup = node("n3")
    given(backup, "n2", copy(ENTRY))
    assert sent(configured(backup, 2, ("n2", 1), ("n3", 1)), Ack) == [("n2", Ack(2, 1, 0, False))]


def test_a_backup_that_never_got_the_log_of_its_primary_asks_for_it_in_the_next_configuration_too() -> None:
    backup = node("n3")
    given(backup, "n2", copy(ENTRY))
    configured(backup, 2, ("n1", 1), ("n3", 1))
    assert sent(configured(backup, 3, ("n1", 1), ("n3", 1), ("n2", 3)), Ack) == [("n1", Ack(3, -1, 0, False))]


def test_a_backup_that_has_restarted_takes_nothing_but_the_whole_log() -> None:
    backup = node("n3", {("log", 0): tuple(ENTRY)}, 2)
    assert sent(given(backup, "n2", copy(LATER, first=1)), Ack) == [("n2", Ack(1, -1, 0, False))]


def test_nobody_leads_while_the_master_finds_out_who_holds_most() -> None:
    machine = node("n1", replication="semi-synchronous")
    configured(machine, 2, ("n1", 1), ("n3", 1), led=False)
    assert machine.role == "follower"
    assert machine.step(WRITE, Now()) == [Answer("c", 1, "elsewhere")]
