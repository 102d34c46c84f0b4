import io
import json
from hashlib import blake2b
from typing import Any, NamedTuple

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from puppets import Ping, Seen, Stored, View, header

import sim.recorder
from sim.recorder import BATCH, Recorder
from sim.trace import Answered, Asked, BadValue, Booted, Crashed, Faulted, Record, Sent

FACTS = (Seen, Stored)
TEXT = st.text(st.characters(exclude_categories=("Cs",)), max_size=12) | st.sampled_from(
    [
        '"',
        "\\",
        "\x00\x1f\x7f",
        "\u2028\u2029",
        "é",
        "𝔘\U0010ffff",
        "\b\f\n\r\t",
        "</script>",
        "%d%s{}",
        "hex:00",
        "\ufeff",
    ]
)
VALUES = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**200), 2**200) | TEXT | st.binary(max_size=9),
    lambda v: st.lists(v, max_size=3).map(tuple),
    max_leaves=8,
)


def written(fast: bool, values: list[Any]) -> tuple[bytes, str | None]:
    """Write one record of every kind for each value."""
    file = io.BytesIO()
    it = Recorder(header(view=View), [file], FACTS, fast)
    for i, value in enumerate(values):
        at, text = i * 10**15, repr(value)

        def number() -> int:
            it.seq += 1
            return it.seq

        it.sent(number(), at, "n1", 1, "n2", Ping(value))
        it.dropped(number(), at, "n1", None, "loss")
        it.stepped(number(), at, "n1", 2, "alarm " + text)
        it.state(at, "n1", 3, View(value), None)
        it.state(at, "n1", 3, None, View(value))
        it.note(at, "n1", 3, Seen(value))
        it.record("ask", at, "n1", None, Asked("c" + text, 1, "append", (value, value)))
        it.record("answer", at, "n1", 1, Answered("c1", 1, "ok", value, None))
        it.record("boot", at, "n1", None, Booted(1))
        it.record("crash", at, "n1", None, Crashed(1, "keep", 2))
        it.record("fault", at, None, None, Faulted(0, "link", "begin", {"loss": "1/3", "x": value}, ("n1",)))
        it.contents(at, "n1", None, ((value, "ff"), (("k", value), "00")))
    digest = it.digest()
    return file.getvalue(), digest


@settings(max_examples=80)
@given(st.lists(VALUES, max_size=4))
def test_both_encoders_write_the_same_bytes(values: list[Any]) -> None:
    fast, slow = written(True, values), written(False, values)
    assert fast == slow


def test_both_encoders_write_every_code_point_alike() -> None:
    points = [chr(i) for i in range(0x110000) if not 0xD800 <= i < 0xE000]
    values = ["".join(points[i : i + 4096]) for i in range(0, len(points), 4096)]
    assert written(True, values)[1] == written(False, values)[1]


def test_without_msgspec_the_standard_library_writes(monkeypatch: pytest.MonkeyPatch) -> None:
    expected = written(True, ["é", 1])
    monkeypatch.setattr(sim.recorder, "msgspec", None)
    monkeypatch.setattr(sim.recorder, "_with_msgspec", None)
    assert written(True, ["é", 1]) == expected


def test_every_line_is_json_with_the_fields_of_its_kind_in_order() -> None:
    lines = written(True, [("a", b"\x01")])[0].splitlines()[1:]
    assert len(lines) == 12
    for line in lines:
        found = json.loads(line)
        assert tuple(found) == ("kind", "seq", "at", *sim.recorder.FIELDS[found["kind"]])


def test_the_digest_is_blake2b_128_of_the_files_bytes() -> None:
    lines, digest = written(True, [1, "x"])
    assert digest == blake2b(lines, digest_size=16).hexdigest()


def test_the_digest_does_not_depend_on_when_lines_are_flushed() -> None:
    def digest(every: int) -> str | None:
        it = Recorder(header(view=View), [], FACTS)
        for i in range(BATCH * 2 + 7):
            it.seq += 1
            it.stepped(it.seq, i, "n1", None, "receive")
            if i % every == 0:
                it.flush()
        return it.digest()

    assert digest(1) == digest(10**9) == digest(17)


def test_every_sink_gets_every_byte() -> None:
    one, two = io.BytesIO(), io.BytesIO()
    it = Recorder(header(), [one, two], FACTS)
    it.note(1, "n1", 1, Seen("x"))
    it.flush()
    assert one.getvalue() == two.getvalue() != b""


def test_an_untraced_recorder_numbers_all_the_same_and_has_no_digest() -> None:
    it = Recorder(header(), None, FACTS)
    assert it.state(1, "n1", None, View(1), None) == 1
    it.note(1, "n1", 1, Seen("x"))
    it.contents(1, "n1", None, [(i, "f") for i in range(513)])
    assert it.seq == 4
    assert it.digest() is None


def test_contents_are_written_in_chunks_and_an_empty_node_once() -> None:
    it = Recorder(header(), [], FACTS)
    heard: list[Record] = []
    it.listen("content", heard.append)
    it.contents(5, "n1", None, [(i, "f") for i in range(1025)])
    it.contents(5, "n2", None, [])
    assert [(r.node, len(r.data)) for r in heard] == [("n1", 512), ("n1", 512), ("n1", 1), ("n2", 0)]


class Other(NamedTuple):
    x: int


def test_a_note_of_an_unlisted_class_is_refused_with_the_listed_ones() -> None:
    with pytest.raises(BadValue, match=r"found a note of Other\(x=1\), allowed: .* FACTS \(Seen, Stored\)"):
        Recorder(header(), None, FACTS).note(1, "n1", 1, Other(1))


@pytest.mark.parametrize("sinks", [None, ()])
def test_values_that_a_trace_cannot_hold_are_refused_traced_or_not(sinks: Any) -> None:
    it = Recorder(header(), sinks, FACTS)
    with pytest.raises(BadValue, match=r"seen: found 0\.5 \(float\)"):
        it.note(1, "n1", 1, Seen(0.5))
    with pytest.raises(BadValue, match=r"view: found \[1\] \(list\)"):
        it.state(1, "n1", 1, View([1]), None)
    with pytest.raises(BadValue, match=r"answer: found \{'a': 1\} \(dict\)"):
        it.record("answer", 1, "n1", 1, Answered("c", 1, "ok", ({"a": 1},), None))
    with pytest.raises(BadValue, match=r"contents: found 0\.5"):
        it.contents(1, "n1", None, [(0.5, "x")])


def test_a_message_that_is_no_named_tuple_is_refused() -> None:
    it = Recorder(header(), [], FACTS)
    with pytest.raises(BadValue, match=r"found a message 'hello' \(str\), allowed: an instance of a NamedTuple class"):
        it.sent(1, 1, "n1", 1, "n2", "hello")
    with pytest.raises(BadValue, match=r"message Ping: found \[1\]"):
        it.sent(1, 1, "n1", 1, "n2", Ping([1]))


def test_a_fault_may_hold_a_table_of_plain_values_only() -> None:
    it = Recorder(header(), [], FACTS)
    it.record("fault", 1, None, None, Faulted(0, "operate", "begin", {"args": {"a": b"\x01"}}, ()))
    with pytest.raises(BadValue, match=r"fault: found 0\.5"):
        it.record("fault", 1, None, None, Faulted(0, "operate", "begin", {"args": {"a": 0.5}}, ()))


@pytest.mark.parametrize("fast", [True, False])
def test_text_that_is_no_utf_8_is_named_with_its_record(fast: bool) -> None:
    it = Recorder(header(), [], FACTS, fast)
    it.note(1, "n1", 1, Seen("fine"))
    it.note(7_000, "n2", 1, Seen("\ud800"))
    it.note(9_000, "n3", 1, Seen("fine"))
    with pytest.raises(BadValue, match=r"n2 at 0\.000007s: record 2 \(note\) .*surrogate"):
        it.flush()


def test_who_listens_to_sends_drops_and_steps_turns_them_on() -> None:
    it = Recorder(header(), None, FACTS)
    assert not (it.sends or it.drops or it.steps)
    heard: list[Record] = []
    it.listen("drop", heard.append)
    assert (it.sends, it.drops, it.steps) == (False, True, False)
    it.dropped(4, 9, "n1", 3, "loss")
    assert (heard[0].seq, heard[0].at, heard[0].node, heard[0].cause, heard[0].data) == (4, 9, "n1", 3, ("loss",))


def test_a_listener_sees_a_message_without_the_names_of_inner_tuples() -> None:
    it = Recorder(header(), None, FACTS)
    heard: list[Record] = []
    it.listen("send", heard.append)
    it.sent(1, 1, "n1", 1, "n2", Ping(Ping(1)))
    assert repr(heard[0].data) == repr(Sent("n2", "Ping", ((1,),)))


def test_one_message_object_sent_twice_is_written_twice_alike() -> None:
    file = io.BytesIO()
    it = Recorder(header(), [file], FACTS)
    message = Ping((b"\x01",))
    it.sent(1, 1, "n1", 1, "n2", message)
    it.sent(2, 1, "n1", 1, "n3", message)
    it.sent(3, 1, "n1", 1, "n3", Ping(2))
    it.flush()
    data = [json.loads(line)["data"] for line in file.getvalue().splitlines()[1:]]
    assert data == [[["hex:01"]], [["hex:01"]], [2]]
