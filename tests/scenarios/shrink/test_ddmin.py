from hypothesis import given
from hypothesis import strategies as st

from scenarios.shrink.ddmin import ddmin


@given(st.integers(1, 60), st.data())
def test_exactly_what_is_needed_is_left(count, data):
    needed = data.draw(st.sets(st.integers(0, count - 1)))
    assert set(ddmin(range(count), lambda kept: needed <= set(kept))) == needed


@given(st.integers(1, 30), st.data())
def test_no_single_thing_that_is_left_can_be_spared(count, data):
    """Each of a few groups is enough, so what is needed depends on what else is there."""
    groups = data.draw(st.lists(st.sets(st.integers(0, count - 1), min_size=1), min_size=1, max_size=4))

    def fails(kept):
        return sum(group <= set(kept) for group in groups) % 2 == 1 or set(kept) == set(range(count))

    left = ddmin(range(count), fails)
    assert fails(left)
    assert len(left) == 1 or not any(fails(left[:i] + left[i + 1 :]) for i in range(len(left)))


def test_what_is_left_keeps_its_order():
    assert ddmin("a needle", lambda kept: {"n", "d", "l"} <= set(kept)) == tuple("ndl")


def test_a_thousand_things_of_which_three_matter_take_few_tries():
    tried = []

    def fails(kept):
        tried.append(kept)
        return {7, 500, 998} <= set(kept)

    assert ddmin(range(1000), fails) == (7, 500, 998)
    assert len(tried) < 150
