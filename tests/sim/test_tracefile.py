import gzip
import json
import re
from pathlib import Path
from typing import Any

import pytest
from puppets import Ping, View, names, perform, plan

from sim.tracefile import BadTrace, read
from sim.units import MS

HEAD: dict[str, Any] = {
    "format": "netsplit.trace/1", "nodes": ["a", "b"], "stop": 9, "views": ["role", "term"],
    "facts": {"stored": ["seq", "payload"]}, "messages": {"Ping": ["n"]},
}  # fmt: skip
STATE = {"kind": "state", "seq": 1, "at": 5, "node": "a", "data": ["leader", 1]}


def text(*records: Any, head: Any = None, **changes: Any) -> str:
    lines = [json.dumps(({**HEAD, **changes}) if head is None else head)]
    lines += [r if isinstance(r, str) else json.dumps(r) for r in records]
    return "\n".join(lines) + "\n"


def write(folder: Path, content: str | bytes) -> Path:
    path = folder / "t.jsonl"
    path.write_bytes(content.encode() if isinstance(content, str) else content)
    return path


def complaint(folder: Path, content: str | bytes) -> str:
    """Return the one message with which a file is refused."""
    path = write(folder, content)
    with pytest.raises(BadTrace) as caught:
        list(read(path)[1])
    said = str(caught.value)
    assert "\n" not in said
    assert len(said) < 500
    assert said.startswith(str(path))
    return said.removeprefix(str(path))


def test_a_trace_of_ours_reads_back_as_it_was_written(tmp_path: Path) -> None:
    def chat(me: Any, input: Any, now: Any) -> None:
        me.count += 1
        if type(input).__name__ == "Boot":
            me.send("n2", Ping((1, b"\x00", None, True, "é")))

    show = perform(plan(chat, stop=50 * MS))
    head, records = read(write(tmp_path, show.lines))
    found = list(records)
    assert head.nodes == names(2)
    assert head.views == View._fields
    assert [(r.seq, r.at, r.kind, r.node, r.cause) for r in found] == [
        (r["seq"], r["at"], r["kind"], r["node"], r["cause"]) for r in show.records
    ]
    assert [r.data.data for r in found if r.kind == "send" and r.node == "n1"] == [((1, b"\x00", None, True, "é"),)]


def test_views_know_what_was_before_also_across_a_crash(tmp_path: Path) -> None:
    states = [{**STATE, "seq": i, "data": d} for i, d in enumerate([["leader", 1], None, ["idle", 2], ["idle", 3]], 1)]
    found = list(read(write(tmp_path, text(*states)))[1])
    assert [(r.was, r.data) for r in found] == [
        (None, ("leader", 1)), (("leader", 1), None), (None, ("idle", 2)), (("idle", 2), ("idle", 3)),
    ]  # fmt: skip


def test_a_foreign_trace_may_name_the_fields_in_every_record(tmp_path: Path) -> None:
    record = {**STATE, "data": {"term": 4, "role": "idle"}}
    assert [r.data for r in read(write(tmp_path, text(record)))[1]] == [("idle", 4)]


def test_a_message_has_the_field_names_of_the_header(tmp_path: Path) -> None:
    send = {"kind": "send", "seq": 1, "at": 1, "node": "a", "dst": "b", "type": "Ping", "data": [7]}
    stray = {**send, "seq": 2, "type": "Other", "data": [[1, 2]]}
    first, second = read(write(tmp_path, text(send, stray)))[1]
    assert first.data.data.n == 7
    assert second.data.data == ((1, 2),)


def test_gzip_is_read_by_its_ending(tmp_path: Path) -> None:
    path = tmp_path / "t.jsonl.gz"
    path.write_bytes(gzip.compress(text(STATE).encode()))
    assert [r.seq for r in read(path)[1]] == [1]


@pytest.mark.parametrize("cut", [slice(0, -12), slice(0, 5), slice(4, None)])
def test_a_broken_gzip_file_is_refused_in_one_line(tmp_path: Path, cut: slice) -> None:
    path = tmp_path / "t.jsonl.gz"
    path.write_bytes(gzip.compress(text(*[{**STATE, "seq": i} for i in range(1, 5000)]).encode())[cut])
    with pytest.raises(BadTrace, match=r"t\.jsonl\.gz"):
        list(read(path)[1])


def test_flipped_bits_in_a_gzip_file_are_refused_in_one_line(tmp_path: Path) -> None:
    packed = gzip.compress(text(*[{**STATE, "seq": i, "at": i * i} for i in range(3, 3000)]).encode())
    for at in range(12, len(packed), 997):
        path = tmp_path / "t.jsonl.gz"
        path.write_bytes(packed[:at] + bytes([packed[at] ^ 0x55]) + packed[at + 1 :])
        with pytest.raises(BadTrace):
            list(read(path)[1])


def test_a_file_that_is_not_there_and_a_folder_are_refused_in_one_line(tmp_path: Path) -> None:
    for path in (tmp_path / "none.jsonl", tmp_path):
        with pytest.raises(BadTrace, match=re.escape(str(path))):
            read(path)


@pytest.mark.parametrize(
    ("head", "said"),
    [
        ("", "the file is empty"),
        ("[1]", ":1: found '[1]', allowed: one JSON object a line"),
        ("{", ":1: not a JSON object"),
        ({}, ":1: format: found None, allowed: 'netsplit.trace/1'"),
        ({**HEAD, "format": "netsplit.trace/2"}, ":1: format: found 'netsplit.trace/2'"),
        ({**HEAD, "nodes": []}, ":1: nodes: found []"),
        ({**HEAD, "nodes": ["a", "a"]}, ":1: nodes:"),
        ({**HEAD, "nodes": ["a", 1]}, ":1: nodes:"),
        ({**HEAD, "nodes": None}, ":1: nodes:"),
        ({**HEAD, "stop": None}, ":1: stop: found None, allowed: an integer of ns"),
        ({**HEAD, "stop": 10**40}, "allowed: an integer of ns from 0 to 9223372036854775807"),
        ({**HEAD, "heal": -1}, ":1: heal: found -1, allowed: an integer of ns from 0"),
        ({**HEAD, "stop": True}, ":1: stop: found True"),
        ({**HEAD, "heal": "5s"}, ":1: heal: found '5s'"),
        ({**HEAD, "seed": [1]}, ":1: seed:"),
        ({**HEAD, "views": ["a", "a"]}, ":1: views:"),
        ({**HEAD, "views": ["class"]}, ":1: views:"),
        ({**HEAD, "views": ["_a"]}, ":1: views:"),
        ({**HEAD, "views": ["a b"]}, ":1: views:"),
        ({**HEAD, "views": "role"}, ":1: views:"),
        ({**HEAD, "views": [["role"]]}, ":1: views:"),
        ({**HEAD, "facts": ["stored"]}, ":1: facts:"),
        ({**HEAD, "facts": {"class": ["a"]}}, ":1: facts:"),
        ({**HEAD, "facts": {"a b": ["a"]}}, ":1: facts:"),
        ({**HEAD, "facts": {"stored": "seq"}}, ":1: facts.stored:"),
        ({**HEAD, "messages": {"Ping": [1]}}, ":1: messages.Ping:"),
    ],
)  # fmt: skip
def test_a_bad_header_is_refused_with_line_field_and_what_is_allowed(tmp_path: Path, head: Any, said: str) -> None:
    content = head + ("\n" if head else "") if isinstance(head, str) else text(head=head)
    assert said in complaint(tmp_path, content)


NOTE = {"kind": "note", "seq": 1, "at": 5, "node": "a", "name": "stored", "data": [1, "x"]}
SEND = {"kind": "send", "seq": 1, "at": 5, "node": "a", "dst": "b", "type": "Ping", "data": [1]}
ASK = {"kind": "ask", "seq": 1, "at": 5, "node": "a", "client": "c", "op": 1, "action": "read", "args": ["k"]}
ANSWER = {
    "kind": "answer",
    "seq": 1,
    "at": 5,
    "node": "a",
    "client": "c",
    "op": 1,
    "outcome": "ok",
    "value": 1,
    "hint": None,
}
CRASH = {"kind": "crash", "seq": 1, "at": 5, "node": "a", "life": 1, "how": "keep", "after": None}
FAULT = {
    "kind": "fault",
    "seq": 1,
    "at": 5,
    "node": None,
    "fault": 0,
    "what": "crash",
    "phase": "begin",
    "fields": {},
    "nodes": ["a"],
}
CONTENT = {"kind": "content", "seq": 1, "at": 5, "node": "a", "data": [[1, "ff"]]}


@pytest.mark.parametrize("record", [STATE, NOTE, SEND, ASK, ANSWER, CRASH, FAULT, CONTENT])
def test_the_sound_ones_of_these_records_are_read(tmp_path: Path, record: Any) -> None:
    assert len(list(read(write(tmp_path, text(record)))[1])) == 1


@pytest.mark.parametrize(
    ("record", "said"),
    [
        ("", "not a JSON object"),
        ("null", "found 'null', allowed: one JSON object a line"),
        ("[" * 100_000, "not a JSON object"),
        ('{"kind":"state","seq":1,"at":5,"node":"a","data":' + "[" * 3000 + "]" * 3000 + "}", ""),
        ('{"kind":"state","seq":1.0}', "found 1.0, allowed: integers"),
        ('{"kind":"state","seq":NaN}', "found NaN, allowed: integers"),
        ('{"kind":"state","seq":-Infinity}', "found -Infinity, allowed: integers"),
        ('{"kind":"state","seq":1e5}', "found 1e5, allowed: integers"),
        ('{"kind":"state","node":"\\ud800"}', "surrogates not allowed"),
        ({**STATE, "kind": "arrive"}, "kind: found 'arrive', allowed: send drop step state"),
        ({**STATE, "kind": None}, "kind: found None"),
        ({**STATE, "kind": ["state"]}, "kind: found ['state']"),
        ({**STATE, "seq": 0}, "seq: found 0, allowed: an integer above 0"),
        ({**STATE, "seq": True}, "seq: found True"),
        ({**STATE, "seq": "1"}, "seq: found '1'"),
        ({**STATE, "at": -1}, "at: found -1, allowed: an integer of ns, not before 0"),
        ({**STATE, "at": None}, "at: found None"),
        ({**STATE, "at": 10**40}, "and at most 9223372036854775807"),
        ({**STATE, "node": "c"}, "node: found 'c', allowed: a b"),
        ({**STATE, "node": None}, "node: found None"),
        ({**STATE, "node": ["a"]}, "node: found ['a']"),
        ({**STATE, "cause": 1}, "cause: found 1, allowed: null or the seq of an earlier record"),
        ({**STATE, "cause": "0"}, "cause: found '0'"),
        ({**STATE, "cause": True}, "cause: found True"),
        ({**STATE, "data": ["leader"]}, "data: found ['leader'], allowed: an array of role, term"),
        ({**STATE, "data": {"role": "x"}}, "allowed: the fields role, term"),
        ({**STATE, "data": "xy"}, "data: found 'xy'"),
        ({k: v for k, v in STATE.items() if k != "data"}, "a state record with data too"),
        ({**NOTE, "name": "lost"}, "name: found 'lost', allowed: stored"),
        ({**NOTE, "name": ["stored"]}, "name: found ['stored']"),
        ({**NOTE, "data": None}, "data: found None"),
        ({**SEND, "dst": 5}, "dst: found 5"),
        ({**SEND, "type": None}, "type: found None"),
        ({**SEND, "data": [1, 2]}, "data: found [1, 2], allowed: an array of n"),
        ({**ASK, "args": "k"}, "args: found 'k'"),
        ({**ASK, "op": "1"}, "op: found '1'"),
        ({**ANSWER, "outcome": 1}, "outcome: found 1"),
        ({**ANSWER, "hint": 1}, "hint: found 1"),
        ({**CRASH, "life": None}, "life: found None"),
        ({**CRASH, "after": "1"}, "after: found '1'"),
        ({**FAULT, "nodes": "a"}, "nodes: found 'a'"),
        ({**FAULT, "nodes": [1]}, "nodes: found [1]"),
        ({**FAULT, "fields": []}, "fields: found []"),
        ({**CONTENT, "data": [[1]]}, "data: found [[1]], allowed: a list of [key, fingerprint] pairs"),
        ({**CONTENT, "data": [1]}, "data: found [1]"),
        ({**CONTENT, "data": None}, "data: found None"),
    ],
)  # fmt: skip
def test_a_bad_record_is_refused_with_line_field_and_what_is_allowed(tmp_path: Path, record: Any, said: str) -> None:
    complained = complaint(tmp_path, text(record))
    assert complained.startswith(":2: ")
    assert said in complained


def test_an_unordered_or_repeated_record_is_refused(tmp_path: Path) -> None:
    assert ":3: seq: found 1, allowed: an integer above 1" in complaint(tmp_path, text(STATE, STATE))
    assert ":3: seq: found 1, allowed: an integer above 5" in complaint(tmp_path, text({**STATE, "seq": 5}, STATE))
    earlier = {**STATE, "seq": 2, "at": 4}
    assert ":3: at: found 4, allowed: an integer of ns, not before 5" in complaint(tmp_path, text(STATE, earlier))


@pytest.mark.parametrize("keep", [-1, -20])
def test_a_truncated_file_is_refused(tmp_path: Path, keep: int) -> None:
    assert ":2: the last line has no end, so the file was cut short" in complaint(tmp_path, text(STATE)[:keep])


def test_a_file_that_is_not_utf_8_is_refused(tmp_path: Path) -> None:
    assert ":2: not UTF-8 (invalid start byte at byte 0)" in complaint(tmp_path, text().encode() + b"\xff\n")


def test_text_that_only_looks_like_hex_stays_text(tmp_path: Path) -> None:
    values = ["hex:", "hex:0", "hex:zz", "hex:AB", "hex:ab cd", "hexab"]
    states = [{**STATE, "seq": i, "data": [v, 1]} for i, v in enumerate(values, 1)]
    found = [r.data.role for r in read(write(tmp_path, text(*states)))[1]]
    assert found == [b"", *values[1:]]


def test_a_header_alone_is_a_trace_without_records(tmp_path: Path) -> None:
    assert list(read(write(tmp_path, text()))[1]) == []
