"""Time discipline, against clocks alone: no world is needed."""

from sim.chance import Chance
from sim.clock import Clock
from sim.kernel import FAULT, Kernel
from sim.ntp import Ntp, discipline
from sim.units import MS, US, S


def errors(
    ntp: Ntp | None, seed: int = 1, node: str = "n1", drift: int = 0, offset: int = 0, stop: int = 600
) -> list[int]:
    """Return the wall clock's error in ns at each second."""
    kernel = Kernel()
    clock = Clock(kernel, 10**18, drift, offset)
    found: list[int] = []
    for second in range(1, stop):
        kernel.post(second * S, FAULT, lambda _: found.append(clock.error()))
    if ntp is not None:
        discipline(kernel, Chance(seed), node, clock, ntp)
    kernel.run_until(stop * S)
    return found


def test_a_clock_without_discipline_drifts_for_ever() -> None:
    assert errors(None, drift=200)[-1] == 599 * 200 * US


def test_an_offset_is_slewed_away_at_the_rate_given() -> None:
    found = errors(Ntp(every=S, slew=500), offset=100 * MS)
    began = next(i for i, error in enumerate(found) if error < 100 * MS)
    assert [found[began + i] - found[began + i + 1] for i in range(5)] == [500 * US] * 5
    assert abs(found[-1]) <= 1


def test_the_error_stays_within_that_of_a_measurement_and_the_drift_between_two() -> None:
    # A slew of 500 ppm against a drift of 200 ppm corrects up to 5 ms - 2 ms in 10 s, more than twice 1 ms of error.
    bound = MS + 200 * 10 * US
    for seed in range(20):
        found = errors(Ntp(every=10 * S, error=MS, slew=500), seed, drift=200)
        assert max(map(abs, found)) <= bound
        assert max(map(abs, found)) > 200 * US


def test_a_drift_faster_than_the_slew_is_not_caught() -> None:
    assert errors(Ntp(every=S, slew=100), drift=300)[-1] > 100 * MS


def test_nodes_poll_at_different_instants_and_measure_different_errors() -> None:
    ntp = Ntp(every=10 * S, error=MS)
    found = [errors(ntp, node=f"n{i}") for i in range(5)]
    assert len({tuple(f) for f in found}) == 5
    assert errors(ntp, node="n3") == found[3]


def test_measured_errors_are_spread_evenly_around_zero() -> None:
    # 600 polls a seed and 20 seeds: 12,000 independent draws, uniform from -1 ms to 1 ms. By Hoeffding their mean is
    # off by more than 0.05 ms with a probability below 2 exp(-2 * 12000 * 0.05^2 / 2^2) = 7e-7, and the share below
    # 0 is off from a half by more than 0.025 with one below 2 exp(-2 * 12000 * 0.025^2) = 7e-7.
    from sim.chance import within

    drawn = [within(Chance(seed).word("weather", "ntp", "n1", n), -MS, MS) for seed in range(20) for n in range(1, 601)]
    assert abs(sum(drawn)) / len(drawn) < MS * 0.05
    assert abs(sum(d < 0 for d in drawn) / len(drawn) - 0.5) < 0.025


def test_a_later_correction_replaces_the_one_under_way() -> None:
    kernel = Kernel()
    clock = Clock(kernel, 0)
    kernel.post(0, FAULT, lambda _: clock.correct(MS, 1000))
    kernel.post(S // 2, FAULT, lambda _: clock.correct(-MS, 1000))
    kernel.run_until(10 * S)
    kernel.now = 10 * S
    assert clock.error() == MS // 2 - MS
    assert clock.wall.rate == 1_000_000
