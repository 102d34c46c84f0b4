from __future__ import annotations

from typing import Any

import pytest

from models.redex.catchup import CatchupBackoff, Gap, Misfit, OutstandingRequests, fit, serve
from models.redex.logfile import LogFile
from models.redex.messages import BAD_RANGE, CHANNEL_CLOSED, SyncNack, SyncRequest, SyncResponse
from sim.units import S

# -- serving -----------------------------------------------------------------------------------------------


def request(since: int) -> SyncRequest:
    return SyncRequest("redex", since, 65_536, 77, "foreground")


def log(first: int, end: int) -> LogFile:
    file = LogFile()
    file.restore({seq: f"e{seq}" for seq in range(first, end)})
    return file


def test_a_request_within_the_log_is_answered_to_the_end() -> None:
    events = ((3, "e3"), (4, "e4"))
    assert serve(log(2, 5), request(3)) == SyncResponse("redex", 3, 2, events, 77)


def test_a_request_below_the_floor_is_a_bad_range_with_the_floor() -> None:
    assert serve(log(2, 5), request(1)) == SyncNack("redex", 1, BAD_RANGE, 2, 77)


def test_a_request_below_the_floor_may_be_served_from_the_floor() -> None:
    assert serve(log(2, 4), request(1), below_floor="from-floor") == SyncResponse(
        "redex", 2, 2, ((2, "e2"), (3, "e3")), 77
    )


@pytest.mark.parametrize("since", [5, 9])
def test_a_request_at_the_tail_or_above_is_answered_empty(since: int) -> None:
    assert serve(log(2, 5), request(since)) == SyncResponse("redex", since, 2, (), 77)


def test_a_request_at_the_tail_may_be_a_bad_range() -> None:
    assert serve(log(2, 5), request(5), at_tail="bad-range") == SyncNack("redex", 5, BAD_RANGE, 2, 77)


def test_a_closed_file_is_a_closed_channel() -> None:
    file = log(2, 5)
    file.closed = True
    assert serve(file, request(1)) == SyncNack("redex", 1, CHANNEL_CLOSED, 0, 77)


def test_a_response_costs_its_header_and_each_event() -> None:
    assert SyncResponse("redex", 0, 0, (), 1).size == 47
    assert SyncResponse("redex", 0, 0, ((0, "abc"), (1, b"\x00\x01"), (2, "ä")), 1).size == 47 + 3 * 12 + 3 + 2 + 2


# -- fitting -----------------------------------------------------------------------------------------------


def response(first: int, *events: tuple[int, str]) -> SyncResponse:
    return SyncResponse("redex", first, 0, events, 77)


TWO = ((3, "d"), (4, "e"))


@pytest.mark.parametrize(
    ("chunk", "tail", "fitting"),
    [
        (response(3, *TWO), 3, TWO),
        (response(3, *TWO), 2, Gap(3, True)),
        (response(3, *TWO), 4, Misfit("stale")),
        (response(3, *TWO), 9, Misfit("stale")),
        (response(3, (3, "d"), (5, "f")), 3, Misfit("not-consecutive")),
        (response(2, *TWO), 3, Misfit("not-consecutive")),
        (response(99), 3, ()),
    ],
)
def test_a_chunk_fits_only_at_the_tail(chunk: SyncResponse, tail: int, fitting: Any) -> None:
    assert fit(chunk, tail) == fitting


@pytest.mark.parametrize(("tail", "fitting"), [(4, ((4, "e"),)), (5, ()), (9, ())])
def test_an_overlap_may_be_trimmed(tail: int, fitting: Any) -> None:
    assert fit(response(3, *TWO), tail, "trim") == fitting


@pytest.mark.parametrize(
    ("suspects", "floor", "suspected"),
    [("retained", 2, True), ("retained", 3, False), ("beyond-floor", 2, True), ("beyond-floor", 3, False)],
)
def test_a_gap_that_retention_does_not_explain_is_suspicious(suspects: str, floor: int, suspected: bool) -> None:
    """The leader retains what lies between, or the chunk begins above its floor."""
    chunk = SyncResponse("redex", 3, floor, TWO, 77)
    assert fit(chunk, 2, suspects=suspects) == Gap(3, suspected)


def test_the_two_readings_of_a_suspicious_gap_differ() -> None:
    chunk = SyncResponse("redex", 9, 5, ((9, "x"),), 77)
    assert [fit(chunk, 2, suspects=word) for word in ("retained", "beyond-floor")] == [Gap(9, False), Gap(9, True)]


# -- backoff (6.1) -----------------------------------------------------------------------------------------


def test_windows_double_from_one_second_to_thirty() -> None:
    backoff = CatchupBackoff()
    windows = [backoff.record_empty("n2", 0).until for _ in range(40)]
    assert windows[:3] == [None, None, None]
    assert windows[3:9] == [1 * S, 2 * S, 4 * S, 8 * S, 16 * S, 30 * S]
    assert set(windows[9:]) == {30 * S}


def test_a_window_is_over_at_its_end() -> None:
    backoff = CatchupBackoff()
    for _ in range(4):
        backoff.record_empty("n2", 0)
    assert (backoff.active("n2", S - 1), backoff.active("n2", S)) == (True, False)


def test_one_leaders_strikes_are_not_anothers() -> None:
    backoff = CatchupBackoff()
    for _ in range(4):
        backoff.record_empty("n2", 0)
    assert not backoff.active("n3", 0)


def test_strikes_are_forgotten_a_minute_after_the_window_but_never_without_one() -> None:
    backoff = CatchupBackoff()
    for _ in range(4):
        backoff.record_empty("n2", 0)
    backoff.record_empty("n3", 0)
    backoff.collect(61 * S - 1)
    assert sorted(backoff.leaders) == ["n2", "n3"]
    backoff.collect(61 * S)
    assert sorted(backoff.leaders) == ["n3"]


# -- tokens (6.2) ------------------------------------------------------------------------------------------


def test_a_token_admits_one_answer() -> None:
    tokens = OutstandingRequests()
    tokens.record("n2", 77, 0)
    assert [tokens.take("n2", 77, 1), tokens.take("n2", 77, 1)] == [True, False]


def test_a_token_belongs_to_a_leader() -> None:
    tokens = OutstandingRequests()
    tokens.record("n2", 77, 0)
    assert not tokens.take("n3", 77, 1)
    assert tokens.take("n2", 77, 1)


@pytest.mark.parametrize(("age", "valid"), [(30 * S - 1, True), (30 * S, False)])
def test_a_token_is_valid_for_strictly_less_than_thirty_seconds(age: int, valid: bool) -> None:
    tokens = OutstandingRequests()
    tokens.record("n2", 77, 5)
    assert tokens.take("n2", 77, 5 + age) is valid
    assert tokens.tokens == {}


def test_the_soft_cap_evicts_expired_tokens_only() -> None:
    tokens = OutstandingRequests()
    for i in range(200):
        tokens.record("n2", i, 0)
    for i in range(200, 300):
        tokens.record("n2", i, 10 * S)
    assert len(tokens.tokens) == 300, "the cap is no cap while nothing has expired"
    tokens.record("n2", 300, 30 * S)
    assert sorted(tokens.tokens) == [("n2", i) for i in range(200, 301)]


def test_clearing_a_leader_leaves_the_tokens_of_others() -> None:
    tokens = OutstandingRequests()
    tokens.record("n2", 1, 0)
    tokens.record("n3", 2, 0)
    tokens.clear_leader("n2")
    assert sorted(tokens.tokens) == [("n3", 2)]
