"""Every property that ships beside a trace that it must catch and a sound one that it must pass."""

from collections import namedtuple
from typing import Any

import pytest

from sim.checks import FACTS, SHIPPED, VIEWS
from sim.jury import Finding, Jury, lacking
from sim.machine import fingerprint
from sim.trace import Answered, Asked, Booted, Crashed, Faulted, Header, Record
from sim.units import S

View = namedtuple("View", (*VIEWS, "leader"))
PLAIN = View(role="follower", term=1, tail=0, commit=0, digest="", leader=None)
FIELDS: dict[str, tuple[str, ...]] = {}  # with the longer form of `stored`, and both forms of `applied` in one
for text in FACTS:
    name, _, rest = text.rstrip(")").partition("(")
    had, fields = FIELDS.get(name, ()), tuple(rest.split(", "))
    FIELDS[name] = fields if len(fields) > len(had) else tuple(dict.fromkeys((*had, *fields)))
KIND = {name: namedtuple(name, fields, defaults=(None,)) for name, fields in FIELDS.items()}
NODES = ("n1", "n2", "n3", "n4", "n5")
HEAL, STOP = 20 * S, 60 * S
LINES = list[tuple[int, str, str | None, Any]]


def header(terms: bool = True) -> Header:
    facts = dict(FIELDS) if terms else FIELDS | {"stored": ("seq", "payload")}
    return Header(NODES, STOP, HEAL, views=View._fields, facts=facts)


def state(node: str, at: int = 0, **fields: Any) -> Any:
    return at, "state", node, PLAIN._replace(**fields)


def gone(node: str, at: int = 0) -> Any:
    return at, "state", node, None


def note(node: str, name: str, *values: Any, at: int = 0) -> Any:
    return at, name, node, KIND[name](*values)


def stored(node: str, seq: int, payload: str, term: int = 1, at: int = 0) -> Any:
    return note(node, "stored", seq, term, payload, at=at)


def applied(node: str, seq: int, payload: str = "a", at: int = 0) -> Any:
    return note(node, "applied", None, seq, payload, at=at)


def published(node: str, seq: int, payload: str = "a", at: int = 0) -> Any:
    return note(node, "published", seq, payload, at=at)


def merged(node: str, left: int, right: int, result: int) -> Any:
    return note(node, "merged", left, right, result)


def fault(what: str, phase: str = "begin", at: int = 0, number: int = 0, nodes: Any = (), **fields: Any) -> Any:
    return at, "fault", None, Faulted(number, what, phase, fields, nodes)


def cut(*groups: Any, at: int = 0, phase: str = "begin", number: int = 0) -> Any:
    nodes = tuple(node for group in groups for node in group)
    return fault("partition", phase, at, number, nodes, groups=groups, oneway=False, in_flight="deliver")


def boot(node: str, at: int = 0, life: int = 1) -> Any:
    return at, "boot", node, Booted(life)


def crash(node: str, at: int = 0, how: str = "unsynced-lost") -> Any:
    return at, "crash", node, Crashed(1, how, None)


def ask(op: int, at: int = 0, action: str = "append") -> Any:
    return at, "ask", "n1", Asked("c1", op, action, ("x",))


def ok(op: int, at: int = 0, client: str = "c1") -> Any:
    return at, "answer", "n1", Answered(client, op, "ok", None, None)


def holds(node: str, *pairs: tuple[int, str]) -> Any:
    return STOP, "content", node, tuple((seq, fingerprint(payload)) for seq, payload in pairs)


def judged(name: str, lines: LINES) -> Finding:
    (prop,) = [prop for prop in SHIPPED if prop.name == name]
    views: dict[str | None, Any] = {}
    records = []
    for seq, (at, kind, node, data) in enumerate(lines, 1):
        fact = kind if kind in KIND else None
        was = views.get(node) if kind == "state" else None
        records.append(Record(seq, at, "note" if fact else kind, node, None, fact, data, was))
        if kind == "state":
            views[node] = data
    assert [r.at for r in records] == sorted(r.at for r in records)
    jury = Jury([prop], header())
    jury.hear_all(records)
    return jury.findings()[0]


LEAD = {"role": "leader"}
TWO = [state("n1", **LEAD), state("n2", 1 * S, **LEAD)]
ELECTED = [note("n1", "voted", 1, "n1"), note("n2", "voted", 1, "n1"), note("n3", "voted", 1, "n1")]
LOG = [stored("n1", 0, "a"), stored("n2", 0, "a"), stored("n3", 0, "a")]
SAFE = [*LOG, *(state(n, tail=1) for n in NODES[:3]), note("n1", "quorum", 0, NODES[:3])]
COMMITTED = [*SAFE, note("n1", "committed", 0, "a")]
BEHIND = [*(boot(n) for n in NODES[:2]), state("n1", 1 * S, tail=9), state("n2", 2 * S, tail=4)]

# name: (caught, sound, what the sentence says)
TEETH: dict[str, tuple[LINES, LINES, str]] = {
    "single_leader": (
        TWO,
        [state("n1", **LEAD), state("n1", 1), state("n2", 2, **LEAD), gone("n2", 3), state("n3", 4, **LEAD)],
        "n1 and n2 lead at the same time",
    ),
    "one_leader_per_term": (
        [state("n1", **LEAD), gone("n1", 1), state("n2", 2, **LEAD)],
        [state("n1", **LEAD), state("n2", 2, role="leader", term=2)],
        "n1 and n2 both lead term 1",
    ),
    "one_leader_per_component": (
        [cut(NODES[:1], NODES[1:]), *TWO, cut(NODES[:1], NODES[1:], at=9 * S, phase="mend"), state("n3", 15 * S)],
        [cut(NODES[:1], NODES[1:]), *TWO, cut(NODES[:1], NODES[1:], at=9 * S, phase="mend"), state("n1", 13 * S)],
        "n1 and n2 reach each other and both lead since 9.000000s",
    ),
    "leader_elected": ([state("n1"), state("n2")], [state("n1"), state("n1", 1, **LEAD)], "never seen"),
    "leadership_settles": (TWO, [*TWO, state("n2", 21 * S)], "n1 and n2 lead"),
    "leadership_stable": (
        [boot("n1"), boot("n2"), *TWO, state("n2", 9 * S)],
        [boot("n1"), boot("n2"), *TWO, state("n2", 4 * S), state("n1", 9 * S, tail=3, **LEAD)],
        "n2 ceased to lead, though nothing is wrong since 0.000000s",
    ),
    "voted_once": (
        [note("n1", "voted", 3, "n2"), note("n1", "voted", 3, "n3")],
        [note("n1", "voted", 3, "n2"), note("n1", "voted", 3, "n2"), note("n1", "voted", 4, "n3")],
        "n1 voted for n3 in term 3, and had voted for n2 (record 1)",
    ),
    "leader_has_majority": (
        [*ELECTED[:2], state("n1", 1, **LEAD)],
        [*ELECTED[1:], state("n1", 1, **LEAD)],
        "n1 leads term 1 with 2 votes of 3 needed",
    ),
    "leader_completeness": (
        [
            *COMMITTED,
            state("n1", 1, tail=1),
            note("n1", "committed", 0, "a", at=2),
            state("n4", 3, role="leader", term=2),
        ],
        [*COMMITTED, state("n2", 3, role="leader", term=2, tail=1)],
        "n4 leads term 2 without sequence 0, which n1 committed in term 1",
    ),
    "same_payload": (
        [stored("n1", 5, "a"), stored("n2", 5, "b")],
        [stored("n1", 5, "a"), stored("n2", 5, "b", 2)],
        "5 is b",
    ),
    "log_matching": (
        [stored("n1", 0, "a"), stored("n1", 1, "b", 2), stored("n2", 0, "x", 2), stored("n2", 1, "b", 2)],
        [
            stored("n1", 0, "a"),
            stored("n1", 1, "b", 2),
            stored("n2", 0, "a"),
            stored("n2", 1, "c"),
            stored("n2", 1, "b", 2),
        ],
        "below sequence 1 of term 2 lies an entry of term 2 on n2, of 1 on n1",
    ),
    "commit_monotone": (
        [state("n1", commit=5), state("n1", 1, commit=4)],
        [state("n1", commit=5), state("n1", 1, commit=6), gone("n1", 2), state("n1", 3)],
        "fell from 5 to 4",
    ),
    "commit_within_log": (
        [state("n1", commit=5, tail=4)],
        [state("n1", commit=5, tail=5)],
        "has committed up to 5, but its log ends at 4",
    ),
    "committed_agree": (
        [note("n1", "committed", 0, "a"), note("n2", "committed", 0, "b")],
        [note("n1", "committed", 0, "a"), note("n2", "committed", 0, "a"), note("n1", "committed", 1, "b")],
        "n2 committed b at sequence 0, and n1 had committed a (record 1)",
    ),
    "committed_survives": (
        [note("n1", "committed", 0, "a"), holds("n1", (0, "a")), holds("n2"), holds("n3"), holds("n4")],
        [note("n1", "committed", 0, "a"), holds("n1", (0, "a")), holds("n2", (0, "a")), holds("n3"), holds("n4")],
        "sequence 0, committed by n1 (record 1), is not on n2, n3 and n4",
    ),
    "quorums_intersect": (
        [note("n1", "quorum", 0, ("n1", "n2")), note("n3", "quorum", 0, ("n3", "n4", "n5"))],
        [note("n1", "quorum", 0, ("n1", "n2")), note("n3", "quorum", 0, ("n2", "n3"))],
        "the quorums n3, n4 and n5 and n1 and n2 (record 1) share no node",
    ),
    "quorum_stored": (
        [*LOG, note("n1", "quorum", 0, ("n1", "n2", "n4"))],
        SAFE,
        "n1 counts n4 in the quorum for sequence 0, which n4 does not hold",
    ),
    "quorum_keeps": (
        [*SAFE, crash("n3", 1), gone("n3", 1), boot("n3", 2, 2), state("n3", 2)],
        [*SAFE, stored("n4", 0, "a", at=1), crash("n3", 1), gone("n3", 1), boot("n3", 2, 2), state("n3", 2)],
        "n3 lost sequence 0, which a quorum held: it is now on n1 and n2",
    ),
    "accepted_on_quorum": (
        [note("n1", "accepted", 7, 0, "a"), note("n1", "quorum", 0, NODES[:3])],
        [note("n1", "quorum", 1, NODES[:3]), note("n1", "accepted", 7, 0, "a"), note("n2", "accepted", 8, 1, "a")],
        "n1 accepted sequence 0 before any quorum held it",
    ),
    "accepted_survives": (
        [note("n1", "accepted", 7, 0, "a"), holds("n1", (0, "a")), holds("n2")],
        [note("n1", "accepted", 7, 0, "a"), holds("n1", (0, "a")), holds("n2", (0, "a"))],
        "sequence 0, accepted by n1, is not on n2",
    ),
    "applied_once": (
        [note("n1", "applied", 7, 0), note("n1", "applied", 7, 3)],
        [note("n1", "applied", 7, 0), note("n2", "applied", 7, 0), boot("n1", 1, 2), note("n1", "applied", 7, 0, at=1)],
        "operation 7 takes effect at sequence 3 on n1 and at 0 on n1",
    ),
    "applied_agree": (
        [note("n1", "applied", 7, 0), note("n2", "applied", 8, 0)],
        [note("n1", "applied", 7, 0), note("n2", "applied", 7, 0), note("n1", "applied", 8, 1)],
        "at sequence 0 n2 applied operation 8, and n1 operation 7 (record 1)",
    ),
    "no_phantom": (
        [ask(7), note("n1", "applied", 8, 0)],
        [ask(7), note("n1", "applied", 7, 0)],
        "for which no client had asked",
    ),
    "acknowledged_applied": (
        [ask(7), ok(7, 1), ask(8, 2)],
        [ask(7), ok(7, 1), note("n1", "applied", 7, 0, at=1), ask(8, 2, "read"), ok(8, 3), ok(9, 4, "operator")],
        "n1 acknowledged operation 7, which no node had applied",
    ),
    "tails_agree": (
        [state("n1", tail=3), state("n2", tail=2)],
        [state("n1", tail=3), state("n2", tail=2), state("n2", 24 * S, tail=3)],
        "the tails differ: n1 3, n2 2",
    ),
    "commits_agree": (
        [state("n1", commit=3), state("n2", commit=2)],
        [state("n1", commit=3), state("n2", commit=2), state("n2", 24 * S, commit=3)],
        "the commit indexes differ: n1 3, n2 2",
    ),
    "states_agree": (
        [state("n1", digest="ab"), state("n2", digest="cd")],
        [state("n1", digest="ab"), state("n2", digest="cd"), state("n2", 24 * S, digest="ab")],
        "the states differ: n1 ab, n2 cd",
    ),
    "logs_agree": (
        [holds("n1", (0, "a")), holds("n2", (0, "b"))],
        [holds("n1", (0, "a")), holds("n2", (0, "a"))],
        "0 differs",
    ),
    "no_holes": (
        [holds("n1", (0, "a")), holds("n2")],
        [holds("n1", (0, "a")), holds("n2", (0, "b"))],
        "n2 lacks 1 of 1",
    ),
    "lag_bounded": (
        [*BEHIND, state("n2", 9 * S, tail=8)],
        [*BEHIND, state("n2", 9 * S, tail=9)],
        "the tail of n2 is 8, but that of n1 was 9 at 5.000000s, and nothing is wrong since 0.000000s",
    ),
    "catch_up_progresses": (
        BEHIND,
        [*BEHIND, *(state("n2", (2 + 4 * i) * S, tail=4 + i) for i in range(1, 6))],
        "the tail of n2 is 4 as it was 5s before, though others were at 9 then and nothing is wrong",
    ),
    "operations_resume": (
        [ask(6, 1), ok(6, 2), ask(7, 21 * S), ok(99, 22 * S, "operator"), ask(8, 27 * S)],
        [ask(7, 21 * S), ok(7, 26 * S), ask(8, 27 * S)],
        "nothing asked after 20.000000s was acknowledged, though clients ask",
    ),
    "merges_are_lawful": (
        [merged("n1", 1, 2, 3), merged("n1", 3, 4, 7), merged("n2", 2, 4, 6), merged("n2", 1, 6, 9)],
        [merged("n1", 1, 2, 3), merged("n1", 3, 4, 7), merged("n2", 2, 4, 6), merged("n2", 6, 1, 7)],
        "merging is not associative: the same states make 9 on n2 and made 7 (record 2)",
    ),
    "same_updates_same_state": (
        [note("n1", "reflects", "u", 1), note("n2", "reflects", "u", 2)],
        [note("n1", "reflects", "u", 1), note("n2", "reflects", "u", 1), note("n2", "reflects", "v", 2)],
        "with the same updates n2 is in 2, and n1 was in 1 (record 1)",
    ),
    "sheaf_end_to_end": (
        [published("n1", 1), applied("n2", 1)],
        [published("n1", 1), applied("n1", 1), published("n2", 1, "b"), applied("n2", 1)],
        "phantom commit at sequence 1: none of n1 and n2 both published and applied it",
    ),
    "sheaf_consistent": (
        [published("n1", 1), applied("n1", 1), published("n2", 1, "b")],
        [published("n1", 1), note("n2", "received", 1, "a"), applied("n2", 1), published("n1", 2), applied("n2", 2)],
        "sequence 1 is published as a and by n2 as b",
    ),
}


def test_of_an_entry_that_a_crash_kept_without_its_note_log_matching_knows_nothing() -> None:
    others = [stored("n1", 0, "a"), stored("n1", 1, "b")]
    kept = [gone("n2"), state("n2", tail=1), stored("n2", 1, "b")]
    assert judged("log_matching", [*others, *kept]).verdict == "holds"
    assert judged("log_matching", [*kept, *others]).verdict == "holds"
    assert judged("log_matching", [*kept, *others, stored("n3", 0, "x", 2), stored("n3", 1, "b")]).verdict == "violated"


KEPT = [gone("n2"), state("n2", tail=1)]  # it finds an entry that it never noted


def test_a_leader_that_a_crash_left_an_entry_without_its_note_is_not_said_to_lack_it() -> None:
    committed = [state("n1", role="leader"), stored("n1", 0, "a"), note("n1", "committed", 0, "a")]
    leads = state("n2", role="leader", term=2, tail=1)
    assert judged("leader_completeness", [*committed, *KEPT, leads]).verdict == "holds"
    assert judged("leader_completeness", [*committed, state("n2"), leads]).verdict == "violated"


def test_a_quorum_may_count_an_entry_that_a_crash_kept_without_its_note() -> None:
    counted = [stored("n1", 0, "a"), note("n1", "quorum", 0, ("n1", "n2"))]
    assert judged("quorum_stored", [*KEPT, *counted]).verdict == "holds"
    assert judged("quorum_stored", [*KEPT, state("n2", tail=0), *counted]).verdict == "violated"


def test_a_hole_below_an_entry_that_no_crash_explains_is_caught_by_log_matching() -> None:
    others = [stored("n1", 0, "a"), stored("n1", 1, "b")]
    assert judged("log_matching", [*others, state("n2"), stored("n2", 1, "b")]).verdict == "violated"


def members(*voters: str, of: str = "n1", joining: Any = ()) -> Any:
    return note(of, "configured", voters, joining)


def test_where_members_change_a_leader_needs_a_majority_of_them_alone() -> None:
    voted, leads = ELECTED[:2], state("n1", 1, **LEAD)
    assert judged("leader_has_majority", [members(*NODES[:3]), *voted, leads]).verdict == "holds"
    found = judged("leader_has_majority", [members("n1", "n3", "n4"), *voted, leads])
    assert found.sentence == "n1 leads term 1 with 1 votes of 2 needed among n1, n3 and n4"


def test_in_a_joint_configuration_a_leader_needs_a_majority_of_both_parts() -> None:
    joint, leads = members(*NODES[:3], joining=("n3", "n4", "n5")), state("n1", 1, **LEAD)
    assert "1 votes of 2 needed among n3, n4 and n5" in judged("leader_has_majority", [joint, *ELECTED, leads]).sentence
    assert judged("leader_has_majority", [joint, *ELECTED, note("n4", "voted", 1, "n1"), leads]).verdict == "holds"


def test_quorums_of_different_members_need_not_share_a_node() -> None:
    old, new = note("n1", "quorum", 0, ("n1", "n2")), note("n4", "quorum", 1, ("n4", "n5"))
    assert judged("quorums_intersect", [members(*NODES[:3]), old, members("n4", "n5", of="n4"), new]).verdict == "holds"
    assert judged("quorums_intersect", [old, new]).verdict == "violated"


def test_quorums_of_the_same_members_share_a_node_whoever_counts_them() -> None:
    same = [members(*NODES[:4]), members(*NODES[:4], of="n4")]
    apart = [note("n1", "quorum", 0, ("n1", "n2")), note("n4", "quorum", 1, ("n3", "n4"))]
    assert judged("quorums_intersect", [*same, *apart]).verdict == "violated"


def test_every_property_that_ships_has_teeth_here() -> None:
    assert list(TEETH) == [prop.name for prop in SHIPPED]


@pytest.mark.parametrize("name", TEETH)
def test_the_broken_trace_is_caught(name: str) -> None:
    broken, _, sentence = TEETH[name]
    found = judged(name, broken)
    assert (found.verdict, sentence in found.sentence) == ("violated", True), found


@pytest.mark.parametrize("name", TEETH)
def test_the_sound_trace_passes_and_is_not_vacuous(name: str) -> None:
    found = judged(name, TEETH[name][1])
    assert found.verdict == "holds", found


@pytest.mark.parametrize("name", TEETH)
def test_no_record_at_all_is_vacuous_or_never_seen(name: str) -> None:
    assert judged(name, []).verdict == "vacuous"


@pytest.mark.parametrize("prop", SHIPPED, ids=lambda prop: prop.name)
def test_what_a_property_reads_is_in_the_table_of_conventions(prop: Any) -> None:
    assert lacking(prop, header(), contents=True) == []


@pytest.mark.parametrize("name", TEETH)
def test_a_judgement_does_not_change_when_heard_twice(name: str) -> None:
    assert judged(name, TEETH[name][0]) == judged(name, TEETH[name][0])


@pytest.mark.parametrize("name", ["lag_bounded", "catch_up_progresses"])
def test_nobody_is_behind_what_the_longest_log_has_lost_since(name: str) -> None:
    assert judged(name, [*BEHIND, state("n1", 7 * S, tail=4)]).verdict != "violated"
