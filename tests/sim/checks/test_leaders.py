from typing import Any

from puppets import RoleView, header, record

from sim.checks import leader_elected, one_leader_per_term, single_leader
from sim.jury import Finding, Jury
from sim.property import Property
from sim.trace import Record
from sim.units import MS

State = tuple[str, str | None, int]


def states(*found: State) -> list[Record]:
    """Return state records: (node, role or None for a crash, term)."""
    last: dict[str, Any] = {}
    records = []
    for seq, (node, role, term) in enumerate(found, 1):
        view = None if role is None else RoleView(role, term, 0, 0)
        records.append(record(seq, "state", view, node, was=last.get(node)))
        last[node] = view
    return records


def judged(prop: Property, *found: State) -> Finding:
    jury = Jury([prop], header())
    jury.hear_all(states(*found))
    return jury.findings()[0]


def verdict(prop: Property, *found: State) -> str:
    return judged(prop, *found).verdict


def test_two_leaders_at_once_are_caught_where_the_second_appears() -> None:
    found = judged(single_leader, ("n2", "leader", 1), ("n1", "follower", 1), ("n1", "leader", 2))
    assert found == Finding("single_leader", "violated", "n1 and n2 lead at the same time", 3, 3 * MS)


def test_leaders_one_after_another_are_sound() -> None:
    assert verdict(single_leader, ("n1", "leader", 1), ("n1", "follower", 2), ("n2", "leader", 2)) == "holds"


def test_a_dead_leader_leads_nobody() -> None:
    assert verdict(single_leader, ("n1", "leader", 1), ("n1", None, 0), ("n2", "leader", 1)) == "holds"


def test_a_leader_that_goes_on_leading_is_one() -> None:
    assert verdict(single_leader, ("n1", "leader", 1), ("n1", "leader", 2)) == "holds"


def test_without_any_leader_there_is_no_single_one_to_judge() -> None:
    assert verdict(single_leader, ("n1", "follower", 1), ("n2", "candidate", 1), ("n1", None, 0)) == "vacuous"
    assert verdict(one_leader_per_term, ("n1", "follower", 1), ("n2", None, 1)) == "vacuous"


def test_two_leaders_of_one_term_are_caught_also_if_the_first_is_dead() -> None:
    found = judged(one_leader_per_term, ("n1", "leader", 4), ("n1", None, 0), ("n3", "leader", 4))
    assert found == Finding("one_leader_per_term", "violated", "n1 and n3 both lead term 4", 3, 3 * MS)


def test_two_leaders_of_two_terms_are_sound() -> None:
    assert verdict(one_leader_per_term, ("n1", "leader", 4), ("n3", "leader", 5), ("n1", "leader", 6)) == "holds"


def test_the_same_leader_may_lead_its_term_again() -> None:
    assert verdict(one_leader_per_term, ("n1", "leader", 4), ("n1", None, 0), ("n1", "leader", 4)) == "holds"


def test_an_election_is_seen_where_it_happens() -> None:
    assert judged(leader_elected, ("n1", "follower", 1), ("n2", "leader", 2)) == Finding(
        "leader_elected", "holds", "n2 leads", 2, 2 * MS
    )


def test_a_run_without_an_election_is_caught() -> None:
    assert judged(leader_elected, ("n1", "follower", 1), ("n1", None, 0)) == Finding(
        "leader_elected", "violated", "never seen: a leader was elected"
    )


def test_a_run_without_states_has_no_election_to_judge() -> None:
    assert verdict(leader_elected) == "vacuous"
