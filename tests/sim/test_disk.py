from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sim.chance import WORD
from sim.disk import CRASHES, Disk
from sim.machine import Persist
from sim.trace import BadValue

OPS = st.lists(
    st.tuples(st.sampled_from(["write", "forget", "sync"]), st.sampled_from("abc"), st.integers(0, 9)), max_size=20
)


def disk(synced: dict[Any, Any], pending: dict[Any, Any]) -> Disk:
    it = Disk(5)
    for key, value in synced.items():
        it.write(Persist(key, value))
    it.synced(it.written)
    for key, value in pending.items():
        it.write(Persist(key, value))
    return it


@pytest.mark.parametrize(
    ("how", "kept"),
    [("keep", {"a": 2, "b": 2, "c": 2}), ("unsynced-lost", {"a": 1, "b": 1}), ("wiped", {})],
)
def test_a_crash_leaves_what_its_mode_says(how: str, kept: dict[str, int]) -> None:
    it = disk({"a": 1, "b": 1}, {"a": 2, "b": 2, "c": 2})
    it.crash(how, 0)
    assert it.read() == kept


def test_a_torn_crash_leaves_every_prefix_of_what_was_not_synced_by_its_word() -> None:
    left = []
    for quarter in range(4):
        it = disk({"a": 1}, {"a": 2, "b": 2, "c": 2})
        it.crash("torn", quarter * (WORD // 4))
        left.append(it.read())
    assert left == [{"a": 1}, {"a": 2}, {"a": 2, "b": 2}, {"a": 2, "b": 2, "c": 2}]


@pytest.mark.parametrize("how", CRASHES)
def test_nothing_is_pending_after_a_crash(how: str) -> None:
    it = disk({"a": 1}, {"b": 2})
    it.crash(how, WORD - 1)
    it.write(Persist("c", 3))
    it.synced(it.written)
    assert it.read().get("c") == 3
    assert it.done == it.written


def test_a_sync_makes_durable_what_was_written_when_it_began() -> None:
    it = disk({}, {"a": 1})
    began = it.written
    it.write(Persist("b", 1))
    it.synced(began)
    assert it.read() == {"a": 1}
    it.synced(it.written)
    assert it.read() == {"a": 1, "b": 1}


def test_a_key_that_was_forgotten_is_gone_with_the_next_sync() -> None:
    it = disk({"a": 1, "b": 1}, {})
    it.forget("a")
    it.forget("never there")
    assert it.read() == {"a": 1, "b": 1}
    it.synced(it.written)
    assert it.read() == {"b": 1}


def test_what_a_life_reads_is_its_own_copy() -> None:
    it = disk({"a": 1}, {})
    found = it.read()
    it.write(Persist("a", 2))
    it.synced(it.written)
    assert found == {"a": 1}


@pytest.mark.parametrize("bad", [0.5, [1], {"a": 1}, {1}, object()])
def test_a_disk_refuses_keys_and_values_that_it_cannot_hold(bad: Any) -> None:
    it = Disk()
    with pytest.raises(BadValue, match="Persist value: found"):
        it.write(Persist("k", bad))
    with pytest.raises(BadValue, match="Persist key: found"):
        it.write(Persist(bad, 1))
    with pytest.raises(BadValue, match="Forget key: found"):
        it.forget(bad)
    assert it.written == 0


@given(OPS, st.sampled_from(CRASHES), st.integers(0, WORD - 1))
def test_what_is_left_is_always_a_state_that_the_disk_went_through_since_its_last_sync(
    ops: list[tuple[str, str, int]], how: str, word: int
) -> None:
    it = Disk()
    cache: dict[str, int] = {}
    states: list[dict[str, int]] = [{}]
    for op, key, value in ops:
        if op == "write":
            it.write(Persist(key, value))
            cache[key] = value
        elif op == "forget":
            it.forget(key)
            cache.pop(key, None)
        else:
            it.synced(it.written)
            states = []
        states.append(dict(cache))
    if not states:
        states = [cache]
    it.crash(how, word)
    found = dict(it.read())
    assert found in {"keep": states[-1:], "unsynced-lost": states[:1], "torn": states, "wiped": [{}]}[how]
