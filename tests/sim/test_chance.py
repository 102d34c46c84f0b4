from collections.abc import Iterator
from fractions import Fraction
from hashlib import blake2b, shake_128
from itertools import islice

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sim.chance import HALF, WORD, Chance, choose, threshold, within

WORDS = st.integers(0, WORD - 1)


def first(count: int, seed: int = 1, *name: str | int) -> list[int]:
    return list(islice(Chance(seed).stream("link", *name), count))


def test_a_stream_is_a_function_of_seed_and_name() -> None:
    assert first(1000, 1, "n1", "n2") == first(1000, 1, "n1", "n2")


def test_the_words_of_a_stream_never_change_between_versions() -> None:
    # Digests of stored runs rest on these: blocks 0 and 1 are computed here from the definition.
    name = b"netsplit/1 7 link ('n1', 'n2')"
    block0 = blake2b(name).digest()
    block1 = shake_128(name + (1).to_bytes(4, "little")).digest(512)
    expected = [int.from_bytes((block0 + block1)[i : i + 8], "little") for i in range(0, 576, 8)]
    assert first(72, 7, "n1", "n2") == expected


def test_seed_purpose_and_key_each_make_another_stream() -> None:
    base = first(8, 1, "n1", "n2")
    others = [first(8, 2, "n1", "n2"), first(8, 1, "n2", "n1"), first(8, 1, "n1"), first(8, 1, "n1n2")]
    others += [list(islice(Chance(1).stream("weather", "n1", "n2"), 8)), first(8, 1, "n1','n2")]
    assert base not in others
    assert len({tuple(words) for words in others}) == len(others)


def test_a_key_of_a_number_is_not_the_key_of_its_text() -> None:
    assert Chance(1).word("node", "n1", 1) != Chance(1).word("node", "n1", "1")


def test_blocks_never_repeat_each_other() -> None:
    words = first(8 + 64 * 3 + 512 * 3, 1, "n1", "n2")
    assert len(set(words)) == len(words)


def test_every_block_is_a_multiple_of_four_words() -> None:
    stream = Chance(1).stream("link", "a", "b")
    assert [len(stream.block()) % 4 for _ in range(8)] == [0] * 8


@given(WORDS, st.integers(-(10**12), 10**12), st.integers(0, 10**12))
def test_a_number_within_a_range_is_within_it(word: int, low: int, width: int) -> None:
    assert low <= within(word, low, low + width) <= low + width


def test_both_ends_of_a_range_can_be_drawn() -> None:
    assert within(0, 3, 9) == 3
    assert within(WORD - 1, 3, 9) == 9


@given(st.lists(WORDS, min_size=9, max_size=9), st.integers(0, 12), st.integers(0, 9))
def test_chosen_numbers_are_different_and_below_the_size(words: list[int], count: int, size: int) -> None:
    drawn: Iterator[int] = iter(words)
    chosen = choose(drawn, count, size)
    assert len(set(chosen)) == len(chosen) == min(count, size)
    assert all(0 <= n < size for n in chosen)


@pytest.mark.parametrize("share", [Fraction(0), Fraction(1), Fraction(1, 3), Fraction(1, 10**6)])
def test_a_threshold_is_the_share_to_the_nearest_two_to_the_minus_32(share: Fraction) -> None:
    assert abs(Fraction(threshold(share), HALF) - share) <= Fraction(1, 2 * HALF)
    assert threshold(Fraction(1)) == HALF
    assert threshold(Fraction(0)) == 0


def test_words_are_uniform() -> None:
    # 80,000 words in 16 bins: chi-squared with 15 degrees of freedom exceeds 44.3 with probability 1e-4.
    words = first(80_000, 3, "n1", "n2")
    for shift in (60, 32, 28, 0):
        bins = [0] * 16
        for word in words:
            bins[word >> shift & 15] += 1
        assert sum((seen - 5000) ** 2 / 5000 for seen in bins) < 44.3
