from pathlib import Path
from typing import Any

import pytest

from reports.load import RunData, load
from reports.series import role_spans
from reports.spacetime import (
    MANY,
    NODES,
    WANTED,
    Message,
    Scale,
    centre,
    lanes,
    messages,
    messages_between,
    thinned,
    window,
)
from sim.trace import Dropped, Record, Sent, Stepped


def send(seq: int, at: int, src: str, dst: str) -> Record:
    return Record(seq, at, "send", src, None, None, Sent(dst, "Beat", None))


def step(seq: int, at: int, node: str, cause: int, what: str = "receive") -> Record:
    return Record(seq, at, "step", node, cause, None, Stepped(what))


def drop(seq: int, at: int, node: str, cause: int, why: str) -> Record:
    return Record(seq, at, "drop", node, cause, None, Dropped(why))


def beat(seq: int, sent: int, arrived: int, name: str = "Beat") -> Message:
    return Message(seq, "n1", "n2", name, sent, [arrived])


def test_a_message_arrives_with_each_step_that_it_caused() -> None:
    records = [send(1, 10, "n1", "n2"), step(2, 15, "n2", 1), step(3, 18, "n2", 1)]
    assert messages(records) == [Message(1, "n1", "n2", "Beat", 10, [15, 18], [])]


def test_a_dropped_message_tells_when_and_why() -> None:
    records = [
        send(1, 10, "n1", "n2"),
        drop(2, 10, "n2", 1, "loss"),
        send(3, 11, "n1", "n3"),
        drop(4, 16, "n3", 3, "down"),
    ]
    assert [(m.dst, m.arrivals, m.drops) for m in messages(records)] == [
        ("n2", [], [(10, "loss")]),
        ("n3", [], [(16, "down")]),
    ]


def test_being_told_of_a_refusal_is_no_arrival() -> None:
    records = [send(1, 10, "n1", "n2"), drop(2, 10, "n2", 1, "refused"), step(3, 10, "n1", 1, "refused")]
    assert messages(records)[0].arrivals == []


def test_a_message_to_oneself_is_no_arrow() -> None:
    assert messages([send(1, 10, "n1", "n1"), step(2, 10, "n1", 1)]) == []


def test_messages_between_are_those_under_way() -> None:
    several = [beat(1, 0, 9), beat(2, 5, 10), beat(3, 12, 20), beat(4, 21, 30)]
    assert [m.seq for m in messages_between(several, 10, 20)] == [2, 3]


def test_the_window_holds_about_seventy_messages_around_the_moment() -> None:
    several = [beat(i, 100 * i, 100 * i + 50) for i in range(10_000)]
    sent, last = [m.sent for m in several], [m.last() for m in several]
    begin, end = window(sent, last, 500_000, 1_000_000)
    assert begin < 500_000 < end
    assert 40 <= len(messages_between(several, begin, end)) <= 80
    assert 500_000 - begin == 2 * (end - 500_000)


def test_the_window_stays_inside_of_the_run() -> None:
    several = [beat(i, 100 * i, 100 * i + 50) for i in range(1_000)]
    sent, last = [m.sent for m in several], [m.last() for m in several]
    assert window(sent, last, 0, 100_000)[0] == 0
    assert window(sent, last, 100_000, 100_000)[1] == 100_000


def test_a_run_with_few_messages_is_shown_whole() -> None:
    assert window([5], [9], 6, 1_000) == (0, 1_000)


def test_a_burst_that_is_a_little_too_large_is_shown_rather_than_nothing() -> None:
    sent, last = [500] * 90, [600] * 90
    begin, end = window(sent, last, 500, 10_000)
    assert begin <= 500 <= end


def test_the_window_is_as_long_as_asked_even_with_many_messages_under_way() -> None:
    several = [beat(i, i, i + 1_000) for i in range(10_000)]
    begin, end = window([m.sent for m in several], [m.last() for m in several], 5_000, 11_000, least=2_000)
    assert end - begin >= 2_000


def test_a_hundred_messages_are_drawn_all() -> None:
    several = [beat(i, i, i + 1) for i in range(100)]
    assert thinned(several) == (several, [])


def test_of_too_many_messages_the_rare_types_stay_and_broadcasts_stay_whole() -> None:
    rare = [Message(1, "n1", "n2", "Vote", 0, [5])]
    often = [
        Message(10 * at + lane, "n1", f"n{lane}", "Copy", at, [at + 5]) for at in range(1, 200) for lane in (2, 3, 4, 5)
    ]
    kept, said = thinned([*rare, *often])
    assert rare[0] in kept
    assert len(kept) <= WANTED + 10 < MANY
    assert said == ["Copy one in 12"]
    copies = [m for m in kept if m.type == "Copy"]
    assert all(sum(m.sent == one.sent for m in copies) == 4 for one in copies)


def test_an_even_scale_is_plain_time() -> None:
    scale = Scale(0, 4_000_000_000, [10**9, 2 * 10**9, 3 * 10**9], longest=2 * 10**9)
    assert (scale(0), scale(10**9), scale(4 * 10**9), scale.cuts) == (0.0, 1.0, 4.0, [])


def test_idle_gaps_are_cut_and_nothing_else() -> None:
    second = 10**9
    scale = Scale(0, 102 * second, [second, 101 * second], longest=3 * second)
    assert scale.cuts == [(second, 101 * second)]
    assert scale(second) == 1.0
    assert scale(101 * second) == 4.0
    assert scale(102 * second) == 5.0


def test_time_never_runs_backwards_on_a_cut_scale() -> None:
    scale = Scale(100, 10_000, [200, 210, 5_000, 5_010, 9_990], longest=50)
    places = [scale(at) for at in range(0, 12_000, 7)]
    assert places == sorted(places)


@pytest.fixture(scope="module")
def two_leaders(tmp_path_factory: pytest.TempPathFactory, write_run: Any) -> RunData:
    return load(write_run(tmp_path_factory.mktemp("run")))


def test_the_picture_is_about_the_first_violation(two_leaders: RunData) -> None:
    first = two_leaders.violations()[0]
    assert first.name == "single_leader"
    assert centre(two_leaders) == (first.at, "the first violation")


def test_every_delivered_copy_of_the_run_is_an_arrival(two_leaders: RunData) -> None:
    received = [r for r in two_leaders.records if r.kind == "step" and r.data.input == "receive"]
    assert sum(len(m.arrivals) for m in messages(two_leaders.records)) == len(received) > 100
    assert any(len(m.arrivals) == 2 for m in messages(two_leaders.records))


def test_without_a_violation_the_picture_is_about_the_first_fault_or_the_start(tmp_path: Path, write_run: Any) -> None:
    def fine(found: dict[str, Any]) -> None:
        for judged in found["properties"]:
            judged.update(verdict="holds", evidence=None)

    assert centre(load(write_run(tmp_path / "a", change=fine))) == (4_000_000_000, "the first fault")
    assert centre(load(write_run(tmp_path / "b", change=fine, faults=()))) == (0, "the start")


def test_of_many_nodes_those_that_matter_have_lanes(tmp_path: Path, write_run: Any) -> None:
    run = load(write_run(tmp_path, nodes=30, stop=3_000_000_000, faults=()))
    at, _ = centre(run)
    spans = role_spans(run.records, run.header.nodes, run.end())
    shown = lanes(run, spans, at)
    leaders = [n for n in run.header.nodes if any(s.role == "leader" and s.begin <= at < s.end for s in spans[n])]
    assert leaders
    assert len(shown) == NODES
    assert set(leaders) <= set(shown)
    assert shown == sorted(shown)
