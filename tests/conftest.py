"""Hypothesis looks for the same examples in every run, so that a red build is red again."""

from hypothesis import HealthCheck, settings

settings.register_profile(
    "netsplit", derandomize=True, deadline=None, max_examples=60, suppress_health_check=[HealthCheck.too_slow]
)
settings.load_profile("netsplit")
