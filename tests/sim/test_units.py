from fractions import Fraction
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sim import units


@pytest.mark.parametrize(
    ("text", "ns"),
    [
        ("0ns", 0), ("7ns", 7), ("3us", 3_000), ("250ms", 250_000_000), ("1.5s", 1_500_000_000), ("2m", 120 * units.S),
        ("1h", 3600 * units.S), (" 5 ms ", 5_000_000), (0, 0), ("0.000000001s", 1),
    ],
)  # fmt: skip
def test_a_time_is_read_as_ns(text: Any, ns: int) -> None:
    assert units.duration(text) == ns


@pytest.mark.parametrize(
    "found",
    [
        "5",
        5,
        5.0,
        "5 parsecs",
        "1e3s",
        "s",
        "",
        "5s5",
        "½s",
        "٣s",
        None,
        True,
        False,
        0.0,
        [],
        "5s/s",
        "--5s",
        "5S",
        "1_0s",
    ],
)
def test_what_is_no_time_is_refused_with_what_was_found_and_what_is_allowed(found: Any) -> None:
    with pytest.raises(ValueError, match=r"found .*allowed: a time such as"):
        units.signed_duration(found)


def test_a_negative_time_is_only_a_signed_duration() -> None:
    assert units.signed_duration("-5ms") == -5_000_000
    with pytest.raises(ValueError, match="not negative"):
        units.duration("-5ms")


def test_a_time_finer_than_a_nanosecond_is_refused_rather_than_rounded() -> None:
    with pytest.raises(ValueError, match="no whole number of the smallest unit"):
        units.duration("0.5ns")


def test_a_time_of_more_than_thirty_years_is_refused() -> None:
    assert units.duration("1000000000s") == units.LONGEST
    with pytest.raises(ValueError, match="at most"):
        units.duration("1000000001s")


@given(st.integers(-units.LONGEST, units.LONGEST))
def test_a_shown_time_reads_back_to_the_same_ns(ns: int) -> None:
    assert units.signed_duration(units.show_duration(ns)) == ns


@pytest.mark.parametrize(
    ("ns", "text"),
    [(3_412_000_000, "3.412000s"), (0, "0.000000s"), (1_999, "0.000001s"), (-1_500_000_000, "-1.500000s")],
)
def test_a_moment_is_shown_to_the_microsecond(ns: int, text: str) -> None:
    assert units.clock_text(ns) == text


@pytest.mark.parametrize(
    ("found", "value"),
    [
        ("1/1000", Fraction(1, 1000)), ("5%", Fraction(1, 20)), (0.05, Fraction(1, 20)), (0.1, Fraction(1, 10)),
        (0, Fraction(0)), (1, Fraction(1)), ("1", Fraction(1)), ("0.25", Fraction(1, 4)), ("12.5%", Fraction(1, 8)),
        (Fraction(1, 3), Fraction(1, 3)),
    ],
)  # fmt: skip
def test_a_share_is_an_exact_fraction(found: Any, value: Fraction) -> None:
    assert units.share(found) == value


@pytest.mark.parametrize(
    "found", [2, -0.1, "101%", "-1/3", "1/0", "a/b", True, float("nan"), float("inf"), None, "", []]
)
def test_what_is_no_share_is_refused(found: Any) -> None:
    with pytest.raises(ValueError, match="allowed: a share from 0 to 1"):
        units.share(found)


@given(st.fractions(0, 1, max_denominator=10**18))
def test_a_shown_share_reads_back_to_the_same_fraction(value: Fraction) -> None:
    assert units.share(units.show_share(value)) == value


@given(st.floats(0, 1))
def test_a_share_given_as_a_float_survives_being_shown(value: float) -> None:
    assert units.share(units.show_share(units.share(value))) == units.share(value)


@pytest.mark.parametrize(
    ("found", "parts"), [("200ppm", 200), ("-50ppm", -50), ("1%", 10_000), (0, 0), ("-1000000ppm", -1_000_000)]
)
def test_a_clock_rate_error_is_ppm(found: Any, parts: int) -> None:
    assert units.ppm(found) == parts


@pytest.mark.parametrize("found", ["0.5ppm", "-1000001ppm", "200", 200, "200 ppb", True, 0.0, None, "100000001ppm"])
def test_a_clock_may_not_run_backwards_nor_at_an_unreadable_rate(found: Any) -> None:
    with pytest.raises(ValueError, match="clock rate error"):
        units.ppm(found)


@pytest.mark.parametrize(
    ("found", "count"), [("64KiB", 65536), ("1kB", 1000), (17, 17), ("0B", 0), ("1.5MB", 1_500_000)]
)
def test_a_size_is_bytes(found: Any, count: int) -> None:
    assert units.size(found) == count


@pytest.mark.parametrize("found", ["64kb", "-1B", -1, 1.5, "1.5B", "10MB/s", True, None])
def test_what_is_no_size_is_refused(found: Any) -> None:
    with pytest.raises(ValueError, match="allowed: a size such as"):
        units.size(found)


def test_a_rate_is_bytes_per_second_and_needs_its_unit() -> None:
    assert units.rate("10MB/s") == 10_000_000
    for found in (10, "10MB", "10/s"):
        with pytest.raises(ValueError, match="allowed: a rate such as"):
            units.rate(found)


def test_a_span_is_a_time_or_a_pair_with_the_smaller_first() -> None:
    assert units.span("5s") == 5 * units.S
    assert units.span(["5s", "8s"]) == (5 * units.S, 8 * units.S)
    with pytest.raises(ValueError, match="smaller time first"):
        units.span(["8s", "5s"])
    with pytest.raises(ValueError, match="a pair of them"):
        units.span(["1s", "2s", "3s"])


def test_a_units_marker_reads_in_pydantic_and_says_what_is_allowed() -> None:
    from pydantic import TypeAdapter, ValidationError

    adapter: TypeAdapter[int] = TypeAdapter(units.Duration)
    assert adapter.validate_python("3ms") == 3_000_000
    assert adapter.json_schema()["type"] == "string"
    with pytest.raises(ValidationError, match="allowed: a time such as"):
        adapter.validate_python("3 fortnights")
