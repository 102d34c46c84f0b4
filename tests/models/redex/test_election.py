"""The tiebreak of section 4.1; the election itself is rows 40 to 57 of test_conformance."""

from __future__ import annotations

import pytest

from models.redex.election import outranks


@pytest.mark.parametrize(
    ("tail", "number", "peer_tail", "peer_number", "keeps"),
    [(3, 2, 2, 1, True), (2, 1, 3, 2, False), (2, 1, 2, 2, True), (2, 2, 2, 1, False)],
)
def test_the_longer_log_keeps_the_lead_and_then_the_smaller_number(
    tail: int, number: int, peer_tail: int, peer_number: int, keeps: bool
) -> None:
    assert outranks(tail, number, peer_tail, peer_number) is keeps
