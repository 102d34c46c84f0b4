"""Any k of the symbols of an object give its bytes back, whatever they are."""

from __future__ import annotations

from itertools import combinations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.ecs.coding import SYMBOLS_MAX, decode, encode


def times(a: int, b: int) -> int:
    """Multiply in GF(256) bit by bit."""
    product = 0
    while b:
        product ^= a if b & 1 else 0
        a = a << 1 ^ (0x11D if a & 0x80 else 0)
        b >>= 1
    return product


@given(st.binary(max_size=300), st.integers(1, 12), st.data())
def test_any_k_symbols_decode(data: bytes, k: int, draw: st.DataObject) -> None:
    esis = draw.draw(st.lists(st.integers(0, SYMBOLS_MAX - 1), min_size=k, max_size=k + 3, unique=True))
    symbols = dict(zip(esis, encode(data, k, esis), strict=True))
    assert decode(symbols, k) == data


@pytest.mark.parametrize("few", list(combinations(range(6), 4)))
def test_every_four_of_six_symbols_decode(few: tuple[int, ...]) -> None:
    data = bytes(range(37))
    made = encode(data, 4, range(6))
    assert decode({esi: made[esi] for esi in few}, 4) == data


def test_the_first_symbols_are_the_object_itself() -> None:
    assert b"".join(encode(b"twelve bytes", 4, range(4))) == (12).to_bytes(4, "little") + b"twelve bytes"


def test_a_repair_symbol_is_the_line_through_two_others() -> None:
    # Through (0, a) and (1, b) the value at 2 is a * (2 - 1) / (0 - 1) + b * (2 - 0) / (1 - 0); minus is plus.
    a, b, repair = encode(b"", 2, (0, 1, 2))
    assert repair == bytes(times(x, 3) ^ times(y, 2) for x, y in zip(a, b, strict=True))
    a, b, repair = encode(b"\x80\x01\xff\x37", 2, (0, 1, 2))
    assert repair == bytes(times(x, 3) ^ times(y, 2) for x, y in zip(a, b, strict=True))


def test_fewer_than_k_decode_nothing() -> None:
    with pytest.raises(ValueError, match="found 1, allowed: 2 or more"):
        decode({0: b"1234"}, 2)


@pytest.mark.parametrize(("k", "esis", "what"), [(0, (0,), "k: found 0"), (2, (256,), "esi: found 256")])
def test_what_the_field_has_no_point_for_is_refused(k: int, esis: tuple[int, ...], what: str) -> None:
    with pytest.raises(ValueError, match=what):
        encode(b"x", k, esis)


def test_symbols_of_different_sizes_are_of_no_one_object() -> None:
    with pytest.raises(ValueError, match="found different sizes"):
        decode({0: b"1234", 1: b"12345"}, 2)


def test_an_altered_symbol_goes_unnoticed_here() -> None:
    made = encode(b"eight by", 2, (0, 1))
    assert decode({0: made[0], 1: b"\0" + made[1][1:]}, 2) not in (None, b"eight by")
