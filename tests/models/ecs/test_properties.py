"""Every property of ecs beside a trace that it must catch and a sound one that it must pass."""

from __future__ import annotations

from typing import Any

import pytest

from models.ecs import PROPERTIES
from models.ecs import facts as said
from models.ecs.facts import View
from models.ecs.objects import CAPSULE
from sim.jury import Finding, Jury
from sim.machine import snake_case
from sim.trace import Booted, Crashed, Header, Record
from sim.units import S

A, B = b"a" * 16, b"b" * 16
FACTS = {
    snake_case(kind.__name__): kind
    for kind in vars(said).values()
    if isinstance(kind, type) and issubclass(kind, tuple) and kind is not View and kind.__module__ == said.__name__
}
NODES = ("n1", "n2", "n3")
HEADER = Header(
    NODES, 37 * S, 20 * S, views=View._fields, facts={name: kind._fields for name, kind in FACTS.items()}
)  # fmt: skip
Line = tuple[str, Any]
BY_NAME = {prop.name: prop for prop in PROPERTIES}


def judged(name: str, lines: list[Line]) -> Finding:
    """Return what a property finds in (node, fact or what else a record holds) lines, a second apart."""
    records = []
    for seq, (node, what) in enumerate(lines, 1):
        kind = {Crashed: "crash", Booted: "boot", View: "state", list: "content"}.get(type(what), "note")
        fact = snake_case(type(what).__name__) if kind == "note" else None
        records.append(Record(seq, seq * S, kind, node, None, fact, what))
    jury = Jury([BY_NAME[name]], HEADER)
    jury.hear_all(records)
    return jury.findings()[0]


def ack(node: str, store: int, seq: int = 1, payload: bytes = A, durable: bool = True) -> Line:
    return node, said.Acknowledged(store, seq, payload, durable)


def published(seq: int = 1, payload: bytes = A, at: int = 0, node: str = "n1", required: int = 2) -> Line:
    return node, said.Published(seq, payload, at, required)


def received(node: str, seq: int = 1, payload: bytes = A, at: int = 0) -> Line:
    return node, said.Received(seq, payload, at)


def applied(node: str, seq: int, tally: int, payload: bytes = A) -> Line:
    return node, said.Applied(seq, payload, tally)


def crash(node: str, how: str = "keep") -> Line:
    return node, Crashed(1, how, None)


def role(node: str, name: str = "follower") -> Line:
    return node, View(name, 0, 1, 0, 0, 0)


def opened(node: str = "n2", session: int = 1) -> Line:
    return node, said.SessionOpened("n1", session)


def ended(node: str = "n2", session: int = 1, how: str = "complete", lacks: int = 0) -> Line:
    return node, said.SessionEnded("n1", session, how, 3, lacks)


def created(node: str = "n1", oid: bytes = A, kind: str = CAPSULE) -> Line:
    return node, said.Created(oid, kind)


def held(node: str, oid: bytes = A, how: str = "pulled") -> Line:
    return node, said.Held(oid, how)


BACKED = [ack("n1", 0), ack("n2", 1)]
NOW: list[Line] = [role("n3")] * 25  # until after heal + 5 s
LATE: list[Line] = [role("n3")] * 30

# name: (caught, sound, what the sentence says)
TEETH: dict[str, tuple[list[Line], list[Line], str]] = {
    "publication_backed": ([ack("n1", 0), ack("n1", 0), published()], [*BACKED, published()], "with 1 of 2 stores"),
    "published_is_held": (
        [ack("n1", 0), ack("n2", 1, durable=False), crash("n2"), published()],
        [*BACKED, crash("n2"), published()],
        "with 1 of 2 stores",
    ),
    "published_survives": (
        [published(), crash("n1", "wiped"), ("n2", [(B, "x")])],
        [published(), crash("n1", "wiped"), ("n2", [(A, "x")])],
        "sequence 1, published by n1 (record 1), is nowhere",
    ),
    "unique_clock": (
        [published(), published(payload=B, node="n2")],
        [published(), published(node="n2"), published(2, B)],
        "n2 published 62626262 at sequence 1, where n1 had 61616161",
    ),
    "no_invention": (
        [created(), held("n2"), applied("n2", 1, 1)],
        [created(), held("n2"), published(), applied("n2", 1, 1)],
        "n2 applied 61616161 at sequence 1, which nobody had published",
    ),
    "pulled_is_published": (
        [created(), held("n2")],
        [created(), held("n3", how="pushed"), published(), held("n2")],
        "n2 pulled 61616161, which is not published",
    ),
    "applied_once_in_a_life": (
        [applied("n2", 1, 1), applied("n2", 1, 2)],
        [applied("n2", 1, 1), ("n2", Booted(2)), applied("n2", 1, 2)],
        "n2 applied sequence 1 twice in one life",
    ),
    "applied_exactly_once": (
        [applied("n2", 1, 1), ("n2", Booted(2)), applied("n2", 1, 2)],
        [applied("n2", 1, 1), ("n2", Booted(2)), applied("n2", 1, 1)],
        "sequence 1 took effect a second time on n2",
    ),
    "applied_in_order": (
        [applied("n2", 1, 1), applied("n2", 3, 2)],
        [applied("n2", 1, 1), ("n2", said.Restored(2, 2)), applied("n2", 3, 3), applied("n2", 1, 1)],
        "n2 applied sequence 3 after 1",
    ),
    "applied_everywhere": (
        [role("n2"), published(), received("n2"), *NOW],
        [role("n2"), role("n3"), published(), applied("n2", 1, 1), ("n3", said.Restored(1, 1)), *NOW],
        "n2 has not applied sequence 1, published by n1",
    ),
    "announced_everywhere": (
        [role("n2"), published(), *NOW],
        [role("n1"), role("n2"), role("n3"), published(), received("n2"), received("n3"), *NOW],
        "n2 has not heard of sequence 1, published by n1",
    ),
    "held_is_published": (
        [*BACKED, published(2, B), *NOW],
        [*BACKED, published(), ack("n2", 1, 2, B), *NOW],
        "sequence 1 is on 2 stores and not published",
    ),
    "held_stays_held": (
        [held("n2"), ("n2", [(B, "x")])],
        [held("n2"), held("n2", B), ("n2", said.Collected(B)), held("n3"), crash("n3", "wiped"), ("n2", [(A, "x")])],
        "n2 lacks 1 objects that it held",
    ),
    "only_leaders_publish": (
        [role("n1"), published()],
        [role("n1", "leader"), published()],
        "n1 published sequence 1 as a follower",
    ),
    "one_marker": (
        [published(at=5), received("n2", at=6)],
        [published(at=5), received("n2", at=5), published(2, at=6)],
        "sequence 1 has timestamp 6 on n2 and 5 on n1",
    ),
    "timestamps_rise": (
        [published(2, at=5), published(1, at=6)],
        [published(2, at=6), published(1, at=5), published(3, at=6)],
        "sequences 1 and 2 have falling timestamps",
    ),
    "deleted_stays_deleted": (
        [held("n2"), ("n2", said.Collected(A)), held("n2")],
        [held("n2"), ("n2", said.Collected(A)), held("n3"), held("n2", B)],
        "n2 holds 61616161 again, which it had deleted",
    ),
    "pull_is_sound": ([ended(lacks=2)], [ended(), ended(how="timeout", lacks=2)], "n2 completed a session"),
    "sessions_end": (
        [opened(), *LATE],
        [opened(), crash("n2"), opened(session=2), ended(session=2), *LATE, opened(session=3)],
        "n2's session with n1 has been open since 1.000000s",
    ),
}


def test_every_property_has_teeth_here() -> None:
    assert list(TEETH) == [prop.name for prop in PROPERTIES]


@pytest.mark.parametrize("name", TEETH)
def test_the_broken_trace_is_caught(name: str) -> None:
    broken, _, sentence = TEETH[name]
    found = judged(name, broken)
    assert (found.verdict, sentence in found.sentence) == ("violated", True), found


@pytest.mark.parametrize("name", TEETH)
def test_the_sound_trace_passes_and_is_not_vacuous(name: str) -> None:
    found = judged(name, TEETH[name][1])
    assert found.verdict == "holds", found


@pytest.mark.parametrize("what", [applied("n2", 1, 1), ("n2", said.Restored(1, 1))])
def test_who_has_applied_a_commit_has_heard_of_it_though_a_crash_took_the_statement(what: Line) -> None:
    lines = [role("n2"), published(), received("n3"), what, *NOW]
    assert judged("announced_everywhere", lines).verdict == "holds"


@pytest.mark.parametrize(("cause", "verdict"), [(1, "holds"), (3, "violated")])
def test_a_publication_is_an_earlier_lifes_only_if_it_is_stated_in_the_step_of_the_boot(
    cause: int, verdict: str
) -> None:
    jury = Jury([BY_NAME["only_leaders_publish"]], HEADER)
    jury.hear_all(
        [
            Record(1, 1 * S, "boot", "n1", None, None, Booted(2)),
            Record(2, 1 * S, "state", "n1", 1, None, role("n1", "candidate")[1]),
            Record(4, 2 * S, "note", "n1", cause, "published", published()[1]),
            Record(5, 3 * S, "state", "n1", None, None, role("n1", "leader")[1]),
            Record(6, 4 * S, "note", "n1", 5, "published", published(2)[1]),
        ]
    )
    assert jury.findings()[0].verdict == verdict
