from __future__ import annotations

from models.redex.lease import Lease


def lease(since: int = 1000, others: int = 1) -> Lease:
    made = Lease(300, others)
    made.begin(since)
    return made


def test_a_reign_begins_with_a_window() -> None:
    assert not lease().lapsed(1299)
    assert lease().lapsed(1300)


def test_a_lease_runs_from_when_the_leader_spoke_and_not_from_when_the_echo_came() -> None:
    made = lease()
    made.echoed("n2", 1100)
    assert not made.lapsed(1399)
    assert made.lapsed(1400)


def test_it_takes_a_majority_to_prolong_it() -> None:
    made = lease(others=2)
    made.echoed("n2", 1200)
    assert made.lapsed(1300)
    made.echoed("n3", 1100)
    assert not made.lapsed(1300)
    assert made.followed(1300) == 1100


def test_an_older_echo_that_comes_late_takes_nothing_back() -> None:
    made = lease()
    made.echoed("n2", 1200)
    made.echoed("n2", 1100)
    assert made.followed(1300) == 1200


def test_an_echo_from_before_the_reign_does_not_count() -> None:
    made = lease()
    made.echoed("n2", 999)
    assert made.followed(1100) is None


def test_a_new_reign_forgets_the_echoes_of_the_last() -> None:
    made = lease()
    made.echoed("n2", 1200)
    made.begin(1500)
    assert made.followed(1600) is None


def test_a_leader_alone_never_loses_its_lease() -> None:
    assert not lease(others=0).lapsed(10**12)
