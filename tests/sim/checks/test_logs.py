from typing import Any

import pytest
from puppets import APPLICABLE, Accepted, Puppet, RoleView, Stored, booted, header, perform, plan, record

from sim.checks import (
    SHIPPED,
    accepted_survives,
    commit_monotone,
    logs_agree,
    no_holes,
    same_payload,
    tails_agree,
)
from sim.faults import FOREVER, Partition, Planned
from sim.jury import Finding, Jury
from sim.machine import Input, Now, fingerprint
from sim.property import Property
from sim.trace import Faulted, Record
from sim.units import MS, S

STOP = 10 * S


def judged(prop: Property, *records: Record, heal: int | None = 2 * S) -> Finding:
    jury = Jury([prop], header(heal=heal))
    jury.hear_all(records)
    return jury.findings()[0]


def stored(seq: int, node: str, number: Any, payload: Any, kind: Any = Stored) -> Record:
    return record(seq, "note", kind(number, payload), node, name=kind.__name__.lower())


def state(seq: int, node: str, at: int = 0, was: Any = None, tail: Any = 0, commit: Any = 0, up: bool = True) -> Record:
    view = RoleView("follower", 1, tail, commit) if up else None
    return record(seq, "state", view, node, at=at or seq * MS, was=was)


def holds(seq: int, node: str, *pairs: tuple[Any, Any]) -> Record:
    return record(seq, "content", tuple((k, fingerprint(v)) for k, v in pairs), node, at=STOP)


def forever(seq: int, *nodes: str, at: int = MS) -> Record:
    return record(seq, "fault", Faulted(0, "crash", "forever", {}, nodes), None, at=at)


# -- same_payload ------------------------------------------------------------------------------------------


def test_one_sequence_with_two_payloads_is_caught() -> None:
    assert judged(same_payload, stored(1, "n1", 5, "a"), stored(2, "n2", 5, "b")) == Finding(
        "same_payload", "violated", "sequence 5 is b on n2 and a on n1", 2, 2 * MS
    )


def test_two_payloads_on_one_node_are_caught_too() -> None:
    assert judged(same_payload, stored(1, "n1", 5, "a"), stored(2, "n1", 5, "b")).verdict == "violated"


def test_the_same_payload_everywhere_is_sound() -> None:
    records = [stored(i, f"n{i % 3 + 1}", i % 4, ("x", i % 4)) for i in range(1, 20)]
    assert judged(same_payload, *records).verdict == "holds"


def test_nothing_stored_is_nothing_to_judge() -> None:
    assert judged(same_payload).verdict == "vacuous"


def test_a_long_payload_is_cut_in_the_sentence() -> None:
    found = judged(same_payload, stored(1, "n1", 5, "a" * 1000), stored(2, "n2", 5, (b"\x00" * 500,)))
    assert found.verdict == "violated"
    assert len(found.sentence) < 200


# -- commit_monotone ---------------------------------------------------------------------------------------


def view(commit: int) -> RoleView:
    return RoleView("follower", 1, 0, commit)


def test_a_commit_index_that_falls_in_a_life_is_caught() -> None:
    found = judged(commit_monotone, state(1, "n1", commit=5), state(2, "n1", was=view(5), commit=4))
    assert found == Finding("commit_monotone", "violated", "the commit index of n1 fell from 5 to 4", 2, 2 * MS)


def test_a_commit_index_that_rises_or_begins_again_in_another_life_is_sound() -> None:
    records = (
        state(1, "n1", commit=5), state(2, "n1", was=view(5), commit=6), state(3, "n1", was=view(6), up=False),
        state(4, "n1", commit=0), state(5, "n2", commit=1),
    )  # fmt: skip
    assert judged(commit_monotone, *records).verdict == "holds"


def test_first_views_alone_give_no_change_to_judge() -> None:
    assert judged(commit_monotone, state(1, "n1", commit=5), state(2, "n2", commit=4)).verdict == "vacuous"


# -- tails_agree -------------------------------------------------------------------------------------------


def test_tails_that_differ_after_heal_are_caught() -> None:
    found = judged(tails_agree, state(1, "n2", tail=4), state(2, "n1", tail=5), state(3, "n3", tail=5))
    assert found == Finding("tails_agree", "violated", "the tails differ: n1 5, n2 4, n3 5", 3, 3 * MS)


def test_tails_that_agree_in_time_are_sound() -> None:
    records = (state(1, "n1", tail=5), state(2, "n2", tail=4), state(3, "n2", at=6 * S, tail=5))
    assert judged(tails_agree, *records).verdict == "holds"
    assert judged(tails_agree, *records, heal=S - 1).verdict == "violated"


def test_a_node_that_is_down_does_not_count() -> None:
    records = (state(1, "n1", tail=5), state(2, "n2", tail=5), state(3, "n3", tail=4), state(4, "n3", up=False))
    assert judged(tails_agree, *records).verdict == "holds"


def test_a_node_under_a_fault_that_lasts_for_ever_is_excused() -> None:
    records = (state(1, "n1", tail=5), state(2, "n2", tail=5), state(3, "n3", tail=4))
    assert judged(tails_agree, *records, forever(4, "n3")).verdict == "holds"
    assert judged(tails_agree, *records, forever(4, "n2")).verdict == "violated"


def test_a_single_replica_agrees_with_nobody() -> None:
    assert judged(tails_agree, state(1, "n1", tail=5)).verdict == "vacuous"
    records = (state(1, "n1", tail=5), state(2, "n2", tail=4), forever(3, "n2"))
    assert judged(tails_agree, forever(1, "n2"), state(2, "n1", tail=5), state(3, "n2", tail=4)).verdict == "vacuous"
    assert judged(tails_agree, *records).verdict == "holds"


def test_tails_that_differed_until_all_but_one_were_gone_differ_no_more() -> None:
    records = (
        state(1, "n1", tail=5),
        state(2, "n2", tail=4),
        state(3, "n2", up=False),
        state(4, "n1", at=9 * S, tail=6),
    )
    assert judged(tails_agree, *records).verdict == "holds"


# -- logs_agree, no_holes, accepted_survives ---------------------------------------------------------------


def test_contents_that_differ_are_caught_by_key() -> None:
    records = (holds(1, "n1", (1, "a"), (2, "b")), holds(2, "n2", (1, "a"), (2, "x")), holds(3, "n3", (2, "b")))
    assert judged(logs_agree, *records) == Finding("logs_agree", "violated", "2 differs between n1 and n2", 3, STOP)


def test_the_number_of_keys_that_differ_is_told() -> None:
    records = [holds(i, f"n{i}", (1, i), (2, i), (3, "same")) for i in (1, 2, 3)]
    assert judged(logs_agree, *records).sentence == (
        "1 differs between n1 and n2 (2 keys differ between some two replicas)"
    )


def test_contents_that_agree_where_both_hold_a_key_are_sound() -> None:
    records = (holds(1, "n1", (1, "a"), (2, "b")), holds(2, "n2", (2, "b"), (3, "c")))
    assert judged(logs_agree, *records).verdict == "holds"


@pytest.mark.parametrize(
    "records",
    [
        (),
        (holds(1, "n1", (1, "a")),),
        (holds(1, "n1"), holds(2, "n2")),
        (holds(1, "n1", (1, "a")), holds(2, "n2", (2, "b"))),
    ],
)
def test_contents_without_a_common_key_give_nothing_to_compare(records: Any) -> None:
    assert judged(logs_agree, *records).verdict == "vacuous"


def test_a_key_that_one_replica_lacks_is_caught() -> None:
    records = (
        holds(1, "n1", (1, "a"), (2, "b"), (10, "c")),
        holds(2, "n2", (1, "a")),
        holds(3, "n3", (1, "x"), (2, "b"), (10, "c")),
    )
    assert judged(no_holes, *records).verdict == "violated"
    assert judged(no_holes, *records).sentence == "n2 lacks 2 of 3 keys, the first being 2"


def test_replicas_with_the_same_keys_are_sound() -> None:
    assert judged(no_holes, holds(1, "n1", (1, "a")), holds(2, "n2", (1, "b"))).verdict == "holds"


@pytest.mark.parametrize("records", [(), (holds(1, "n1", (1, "a")),), (holds(1, "n1"), holds(2, "n2"))])
def test_less_than_two_replicas_or_no_keys_give_no_holes_to_judge(records: Any) -> None:
    assert judged(no_holes, *records).verdict == "vacuous"


def test_keys_of_any_kind_have_a_first() -> None:
    keys = [("log", 2), ("log", "x"), ("log", None), 3, "k", b"\x00", None, True, ()]
    found = judged(no_holes, holds(1, "n1", *[(k, 1) for k in keys]), holds(2, "n2"))
    assert found.verdict == "violated"
    assert found.sentence.startswith(f"n2 lacks {len(keys)} of {len(keys)} keys, the first being ")
    again = judged(no_holes, holds(1, "n1", *[(k, 1) for k in reversed(keys)]), holds(2, "n2"))
    assert again.sentence == found.sentence


def accepted(seq: int, number: Any, payload: Any, node: str = "n1") -> Record:
    return stored(seq, node, number, payload, Accepted)


def test_an_accepted_write_that_a_replica_lacks_is_caught() -> None:
    records = (accepted(1, 1, "a"), accepted(2, 2, "b"), holds(3, "n1", (1, "a"), (2, "b")), holds(4, "n2", (1, "a")))
    assert judged(accepted_survives, *records) == Finding(
        "accepted_survives", "violated",
        "sequence 2, accepted by n1, is not on n2 (1 of 2 accepted operations are missing somewhere)", 4, STOP,
    )  # fmt: skip


def test_an_accepted_write_that_was_replaced_by_another_is_caught() -> None:
    records = (accepted(1, 1, "a"), holds(2, "n1", (1, "b")))
    assert judged(accepted_survives, *records).verdict == "violated"


def test_accepted_writes_that_are_everywhere_are_sound() -> None:
    records = (
        accepted(1, 1, ("a", b"\x00")),
        holds(2, "n1", (1, ("a", b"\x00"))),
        holds(3, "n2", (1, ("a", b"\x00")), (9, "more")),
    )
    assert judged(accepted_survives, *records).verdict == "holds"


@pytest.mark.parametrize("records", [(), (accepted(1, 1, "a"),), (holds(1, "n1", (1, "a")),)])
def test_without_accepted_writes_or_contents_nothing_has_to_survive(records: Any) -> None:
    assert judged(accepted_survives, *records).verdict == "vacuous"


@pytest.mark.parametrize("prop", [logs_agree, no_holes, accepted_survives])
def test_contents_of_a_node_under_a_fault_that_lasts_for_ever_are_excused(prop: Property) -> None:
    records = (
        accepted(1, 1, "a"),
        holds(3, "n1", (1, "a"), (2, "b")),
        holds(4, "n2", (1, "a"), (2, "b")),
        holds(5, "n3", (1, "x")),
    )
    assert judged(prop, *records).verdict == "violated"
    assert judged(prop, forever(0, "n3"), *records).verdict == "holds"


# -- whole runs --------------------------------------------------------------------------------------------


def big(me: Puppet, input: Input, now: Now) -> None:
    if booted(input):
        for i in range(0, 1500, 100):
            me.note(Accepted(i, i))
            me.note(Stored(i, i))


def verdicts(skip: int | None = None, **more: Any) -> dict[str, str]:
    """Run three replicas that hold 1,500 keys, but for one key that n2 skips."""

    def contents(me: Any) -> Any:
        return [(i, fingerprint(i)) for i in range(1500) if (me.node, i) != ("n2", skip)]

    made = plan(
        big, nodes=3, stop=9 * S, properties=APPLICABLE, puppets={"View": RoleView, "contents": contents}, **more
    )  # fmt: skip
    outcome = perform(made).outcome
    assert outcome.model_error is None
    return {finding.name: finding.verdict for finding in outcome.findings}


@pytest.mark.parametrize("heal", [None, 2 * S])
def test_replicas_that_agree_hold_also_if_their_contents_come_in_several_records(heal: Any) -> None:
    found = verdicts(heal=heal)
    assert {found[name] for name in ("logs_agree", "no_holes", "accepted_survives", "tails_agree", "same_payload")} == {
        "holds"
    }


def test_one_missing_key_in_the_last_record_is_caught() -> None:
    found = verdicts(skip=1400, heal=2 * S)
    assert (found["logs_agree"], found["no_holes"], found["accepted_survives"]) == ("holds", "violated", "violated")


def test_a_node_cut_off_for_ever_is_excused_in_a_run() -> None:
    cut = Planned(Partition(groups=(("n2",), ("n2",))), at=S, lasting=FOREVER)
    assert verdicts(skip=1400, heal=2 * S, faults=(cut,))["no_holes"] == "holds"


def test_shipped_names_are_unique_and_each_says_what_it_needs() -> None:
    assert len({prop.name for prop in SHIPPED}) == len(SHIPPED)
    assert all(prop.needs and prop.sentence for prop in SHIPPED)
