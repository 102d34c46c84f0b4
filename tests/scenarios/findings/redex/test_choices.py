"""What the sources of redex leave open decides three of its weaknesses and no other."""

import pytest

from scenarios.findings.redex import WEAKNESSES
from scenarios.findings.redex.choices import DEPENDS, alternatives, combinations, should_show, shows
from scenarios.findings.weakness import Weakness


@pytest.mark.parametrize("weakness", WEAKNESSES, ids=[w.id for w in WEAKNESSES])
def test_a_choice_decides_only_what_is_listed(weakness: Weakness) -> None:
    for words in alternatives():
        assert shows(weakness, words) is should_show(weakness, words), words


def test_there_are_24_combinations() -> None:
    assert len(list(combinations())) == 24


def test_whatever_depends_on_a_choice_says_so() -> None:
    assert {w.id for w in WEAKNESSES if w.judgement == "depends"} == {*DEPENDS, "W30a"}  # W30a hangs on P14
