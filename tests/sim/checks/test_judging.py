"""What a property may say beside a sentence: an excuse, a sentence about an earlier record, a word at the end."""

from collections.abc import Generator
from typing import Any

import pytest
from puppets import Seen, header, record

from sim.jury import Finding, Jury
from sim.property import END, NOTHING, About, Excuse, Property, always, eventually, sometimes
from sim.trace import Record
from sim.units import MS, S


def says(mode: Any, **more: Any) -> Property:
    """Return a property that yields what the fact `seen` holds."""

    @mode("what is seen", needs={"seen": ""}, **more)
    def echo(cluster: Any, *grace: int) -> Generator[Any, Record, None]:
        said: Any = NOTHING
        while True:
            said = (yield said).data.what

    assert isinstance(echo, Property)
    return echo


def seen(seq: int, what: Any, at: int | None = None) -> Record:
    return record(seq, "note", Seen(what), name="seen", at=at)


def judged(prop: Property, *records: Record, heal: int | None = 2 * S) -> Finding:
    jury = Jury([prop], header(heal=heal))
    jury.hear_all(records)
    return jury.findings()[0]


@pytest.mark.parametrize("mode", [always, sometimes])
def test_a_property_that_has_only_an_excuse_is_vacuous_and_says_it(mode: Any) -> None:
    assert judged(says(mode), seen(1, Excuse("all are gone"))) == Finding("echo", "vacuous", "all are gone")


def test_what_always_held_before_the_excuse_still_holds() -> None:
    assert judged(says(always), seen(1, None), seen(2, Excuse("all are gone"))).verdict == "holds"


def test_an_eventual_property_that_ends_excused_is_vacuous_whatever_was_wrong_before() -> None:
    prop = says(eventually, within="1s")
    found = judged(prop, seen(1, "wrong"), seen(2, Excuse("all are gone")), seen(3, Excuse("all are gone"), 9 * S))
    assert found == Finding("echo", "vacuous", "all are gone")


def test_an_excuse_that_was_overtaken_by_a_failure_is_none() -> None:
    prop = says(eventually, within="1s")
    assert judged(prop, seen(1, Excuse("gone")), seen(2, "wrong", 5 * S)).verdict == "violated"
    assert judged(prop, seen(1, Excuse("gone")), seen(2, None, 5 * S)).verdict == "holds"


def test_a_sentence_about_an_earlier_record_has_that_record_as_evidence() -> None:
    first = seen(1, None)
    found = judged(says(always), first, seen(2, About("it began here", first)))
    assert found == Finding("echo", "violated", "it began here", 1, MS)
    assert type(found.sentence) is str


def last_word(mode: Any, word: Any, **more: Any) -> Property:
    @mode("what is said at the end", needs={"seen": "", END: ""}, **more)
    def at_the_end(cluster: Any) -> Generator[Any, Record, None]:
        said: Any = NOTHING
        while True:
            heard = yield said
            said = word if heard.kind == END else NOTHING

    assert isinstance(at_the_end, Property)
    return at_the_end


def test_a_property_that_asks_for_the_end_is_given_it_once_at_stop() -> None:
    jury = Jury([last_word(always, "too late")], header())
    jury.hear_all([seen(1, None)])
    assert jury.findings() == jury.findings() == [Finding("at_the_end", "violated", "too late", None, 10 * S)]


def test_the_end_comes_also_when_there_is_no_record_at_all() -> None:
    assert judged(last_word(sometimes, "there it is")).verdict == "holds"
    assert judged(last_word(eventually, "wrong", within="1s")).verdict == "violated"


def test_a_property_with_a_grace_is_given_it_and_may_be_given_another() -> None:
    heard: list[int] = []

    @always("x", needs={"seen": ""}, grace="250ms")
    def patient(cluster: Any, grace: int) -> Generator[Any, Record, None]:
        heard.append(grace)
        while True:
            yield NOTHING

    Jury([patient, patient.allowing(3 * S)], header())
    assert heard == [250 * MS, 3 * S]
