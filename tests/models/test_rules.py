"""Rules as parameters: what is said of each, and what is refused."""

import pytest

from models import abd, chain, multipaxos, primary_backup
from models._rules import Rule, broken, chosen, told

RULES = {"two_words": Rule(("kept", "broken-it"), "1", "it breaks"), "three": Rule(("a", "b", "c"), "2", "it is c")}


def test_a_word_that_a_rule_does_not_have_is_refused_with_those_that_it_has() -> None:
    with pytest.raises(ValueError, match="three: found 'd', allowed: a, b, c"):
        chosen(RULES, {"two_words": "kept", "three": "d"})


def test_only_rules_are_taken_from_what_is_given() -> None:
    given = {"two_words": "kept", "three": "b", "other": 1}
    assert chosen(RULES, given) == {"two_words": "kept", "three": "b"}


def test_a_profile_breaks_one_rule_by_its_last_word() -> None:
    assert broken(RULES) == {"two-words-broken-it": {"two_words": "broken-it"}, "three-c": {"three": "c"}}


def test_every_broken_profile_says_what_is_wrong_with_it() -> None:
    assert told(RULES) == {"two-words-broken-it": "it breaks", "three-c": "it is c"}


@pytest.mark.parametrize("model", [abd, chain, multipaxos, primary_backup], ids=lambda model: model.__name__)
def test_the_first_profile_of_a_model_keeps_every_rule_and_the_others_are_known(model: object) -> None:
    assert next(iter(model.PROFILES.values())) == {}  # type: ignore[attr-defined]
    assert set(model.WITHOUT) <= set(model.PROFILES)  # type: ignore[attr-defined]
