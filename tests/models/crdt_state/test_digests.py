"""The vectors of section 4."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.crdt_state.digests import blake_root, fnv_combined, fnv_root

ZERO = bytes.fromhex("d56bb95342870836")


@pytest.mark.parametrize(
    ("data", "root"),
    [
        (b"", "cbf29ce484222325"),
        (b"a", "af63dc4c8601ec8c"),
        (b"\0", "af63bd4c8601b7df"),
        (b"hello world", "779a65e7023cd2e7"),
        (b"different", "88f38c6c33321162"),
        (b"data", "855b556730a34a05"),
        (b"old-state", "7e490412c0553e92"),
        (b"my-state", "55b800d2b3c881ef"),
        (b"shared-state", "aa55176e61f1869c"),
        (b"new-state-from-node-1", "aad2b23f5e6768d9"),
        (b"state-n1", "0f38d2ffb3930d04"),
        (b"state-n2", "0f38d5ffb393121d"),
        (ZERO, "0000000000000000"),
        (ZERO + b"\0" * 7, "0000000000000000"),
        (b"8yn0iYCKYHlIj4-BwPqk", "4eac0c95540867e4"),
        (b"GReLUrM4wMqfg9yzV3KQ", "4eac0c95540867e4"),
    ],
)
def test_a_root_is_the_one_of_the_specification(data: bytes, root: str) -> None:
    assert fnv_root(data) == root


@pytest.mark.parametrize(
    ("states", "root"),
    [
        ([b"state-n1", b"state-n2"], "fe454dd5834c5266"),
        ([b"state-n2", b"state-n1"], "fe454dd5834c5266"),
        ([b"a"], "14623ae40ef02731"),
        ([b"b"], "5425ec966017907c"),
    ],
)
def test_a_combined_root_is_the_one_of_the_specification(states: list[bytes], root: str) -> None:
    assert fnv_combined(map(fnv_root, states)) == root


@given(st.binary(min_size=1, max_size=60), st.data())
def test_bytes_that_differ_in_one_place_have_different_roots(data: bytes, draw: st.DataObject) -> None:
    at = draw.draw(st.integers(0, len(data) - 1))
    other = draw.draw(st.integers(0, 255).filter(lambda byte: byte != data[at]))
    assert fnv_root(data) != fnv_root(data[:at] + bytes([other]) + data[at + 1 :])


def test_blake2b_tells_the_colliding_families_apart() -> None:
    found = [ZERO, ZERO + b"\0", b"8yn0iYCKYHlIj4-BwPqk", b"GReLUrM4wMqfg9yzV3KQ"]
    assert len({blake_root(data) for data in found}) == len(found)
