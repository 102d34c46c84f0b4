"""Hypothesis looks for the same examples in every run, so that a red build is red again.

`pytest tests/sim/checks --histories 100000` compares the judges of histories with their slow twins at full length.
"""

from hypothesis import HealthCheck, settings

settings.register_profile(
    "netsplit", derandomize=True, deadline=None, max_examples=60, suppress_health_check=[HealthCheck.too_slow]
)
settings.load_profile("netsplit")


def pytest_addoption(parser):
    parser.addoption(
        "--histories", type=int, default=4_000, help="random histories for each comparison of a judge with its twin"
    )
