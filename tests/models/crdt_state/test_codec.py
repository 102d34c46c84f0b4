from __future__ import annotations

import json

import pytest

from models.crdt_state.codec import decode, duration_json, encode, merged, plain, register_json, time_json
from models.crdt_state.eventlog import CrdtEventLog
from models.crdt_state.register import EMPTY, Written
from sim.units import MS, S


def log(node: str, count: int) -> CrdtEventLog:
    made = CrdtEventLog(node)
    for i in range(count):
        made.append(b"%d" % i, i)
    made.set_register("k", node.encode(), count)
    return made


def test_a_register_is_written_as_serde_does() -> None:
    text = json.dumps(register_json(Written(b"v1", 7, "n")), separators=(",", ":"))
    assert text == '{"value":[118,49],"timestamp":7,"writer_node":"n"}'
    assert register_json(EMPTY)["value"] is None


def test_times_have_two_fields() -> None:
    assert time_json(3 * S + 5) == {"secs_since_epoch": 3, "nanos_since_epoch": 5}
    assert duration_json(500 * MS) == {"secs": 0, "nanos": 500_000_000}


def test_what_was_encoded_is_decoded() -> None:
    state = log("A", 2).export_state()
    assert decode(encode(state)) == state


def test_equal_logs_are_equal_bytes_whoever_holds_them_in_whatever_order() -> None:
    a, b = log("A", 1), log("B", 2)
    of_a = a.export_state()
    a.merge_remote(b.export_state())
    b.merge_remote(of_a)
    assert plain(a.export_state()) == plain(b.export_state())
    assert encode(a.export_state()) != encode(b.export_state())


def test_merged_bytes_are_those_of_merged_logs() -> None:
    a, b = log("A", 5), log("B", 3)
    both = decode(merged((plain(a.export_state()), b"", plain(b.export_state()))))
    assert sum(count for _, count in both.event_counter) == 8


def test_what_is_no_export_is_refused() -> None:
    with pytest.raises(ValueError, match="Expecting value"):
        decode(b"opaque")
