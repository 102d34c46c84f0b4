import json
import re
from pathlib import Path
from typing import Any, NamedTuple

import pytest
from hypothesis import given
from hypothesis import strategies as st

import sim.trace
from sim.trace import FIELDS, OWN, WHY, BadValue, Header, bare, plain

PAGE = Path(sim.trace.__file__).with_name("trace.md").read_text(encoding="utf-8")
VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text() | st.binary(), lambda v: st.lists(v, max_size=4).map(tuple)
)


class Pair(NamedTuple):
    a: Any
    b: Any


@given(VALUES)
def test_every_plain_value_goes_through_json(value: Any) -> None:
    def arrays(v: Any) -> Any:
        return [arrays(x) for x in v] if isinstance(v, tuple) else v

    assert json.loads(json.dumps(plain(value))) == arrays(plain(value))


def test_bytes_are_written_as_hex_at_any_depth() -> None:
    assert plain((1, (b"\x00\xff", "x"))) == (1, ("hex:00ff", "x"))


@pytest.mark.parametrize(
    ("value", "advice"),
    [
        (0.5, "a ratio is an integer in ppm"),
        (float("nan"), "a ratio is an integer in ppm"),
        ([1], "use a tuple"),
        ({"a": 1}, "a map is a sorted tuple of pairs"),
        ({1}, "use a sorted tuple"),
        (frozenset({1}), "use a sorted tuple"),
        (object(), "allowed: None, bool, int, str, bytes and tuples"),
        (bytearray(b"x"), "allowed: None, bool"),
        (type("Text", (str,), {})("x"), "allowed: None, bool"),
    ],
)
def test_other_values_are_refused_at_any_depth_with_advice(value: Any, advice: str) -> None:
    for nested in (value, (1, (value,))):
        with pytest.raises(BadValue, match=re.escape(advice)):
            plain(nested)


def test_what_is_said_of_a_bad_value_does_not_depend_on_the_process() -> None:
    # An address or the order of a set would make two runs of one seed tell different stories.
    with pytest.raises(BadValue) as of_object:
        plain(object())
    assert "0x" not in str(of_object.value)
    with pytest.raises(BadValue) as of_set:
        plain({"c", "a", "b"})
    assert "{'a', 'b', 'c'}" in str(of_set.value)


def test_names_of_tuples_vanish_at_every_depth_but_bytes_stay() -> None:
    shown = repr(bare((Pair(1, Pair(b"x", 2)), 3)))
    assert shown == "((1, (b'x', 2)), 3)"


def test_a_header_is_one_line_of_json() -> None:
    head = Header(("n1", "n2"), 5, None, "m", "p", 7, {"stored": ("seq",)}, ("role",), {"Ping": ("n",)})
    assert head.line().endswith(b"}\n")
    assert json.loads(head.line()) == {
        "format": "netsplit.trace/1", "nodes": ["n1", "n2"], "heal": None, "stop": 5, "model": "m", "profile": "p",
        "seed": 7, "facts": {"stored": ["seq"]}, "views": ["role"], "messages": {"Ping": ["n"]},
    }  # fmt: skip


def test_the_page_lists_every_field_of_the_header() -> None:
    fields = json.loads(Header(("n1",), 1).line())
    missing = [name for name in fields if f"`{name}`" not in PAGE.split("## Records")[0]]
    assert not missing


def rows() -> dict[str, str]:
    return dict(re.findall(r"^\| `(\w+)` \| `([a-z ]+)` \|", PAGE.split("## Records")[1], re.MULTILINE))


def test_the_page_lists_every_kind_with_exactly_its_fields() -> None:
    assert {kind: tuple(fields.split()) for kind, fields in rows().items()} == {
        kind: fields[2:] for kind, fields in FIELDS.items()
    }
    assert all(fields[:2] == ("node", "cause") for fields in FIELDS.values())


def test_the_page_lists_every_reason_of_a_drop() -> None:
    reasons = PAGE.split("The reasons in `why`:")[1].split("\n\n")[0]
    assert set(re.findall("`([a-z-]+)`", reasons)) == set(WHY)


def test_what_properties_see_of_a_kind_are_its_own_fields() -> None:
    assert {kind: row._fields for kind, row in OWN.items()} == {
        kind: fields[2:] for kind, fields in FIELDS.items() if kind not in ("state", "note", "content")
    }


def test_the_pages_example_can_be_read_and_judged(tmp_path: Path) -> None:
    from sim.checks import same_payload, single_leader
    from sim.jury import Jury
    from sim.tracefile import read

    example = PAGE.split("```json\n")[1].split("```")[0]
    path = tmp_path / "trace.jsonl"
    path.write_text(example, encoding="utf-8")
    head, records = read(path)
    jury = Jury([single_leader, same_payload], head)
    jury.hear_all(records)
    assert [finding.verdict for finding in jury.findings()] == ["holds", "holds"]
