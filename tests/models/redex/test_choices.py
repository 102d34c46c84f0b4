from __future__ import annotations

import inspect
import re
from pathlib import Path
from typing import Any

import pytest

from models._parameters import count, quantity
from models.redex import Redex, choices
from models.redex.choices import WORDS, one_of
from sim.units import duration

PARAMETERS = {
    name: parameter.default
    for name, parameter in inspect.signature(Redex).parameters.items()
    if parameter.kind is parameter.KEYWORD_ONLY
}


@pytest.mark.parametrize("name", WORDS)
def test_the_first_word_of_a_choice_is_its_default(name: str) -> None:
    assert PARAMETERS[name] == WORDS[name][0]


def test_every_open_question_of_the_specification_is_a_parameter_with_an_alternative() -> None:
    lines = re.findall(r'^    "(\w+)": .*# (P\d+)', Path(choices.__file__).read_text("utf-8"), re.M)
    assert sorted({int(p[1:]) for _, p in lines}) == list(range(1, 21))
    assert all(len(WORDS[name]) > 1 for name, _ in lines)


@pytest.mark.parametrize(("name", "word"), [(name, word) for name, words in WORDS.items() for word in words])
def test_every_word_is_understood(node: Any, name: str, word: str) -> None:
    assert one_of(name, word) == word
    role = "idle" if (name, word) == ("placed", "never") else "follower"
    assert node(role=role, **{name: word}).role == role


def test_what_no_reader_takes_is_a_complaint_with_the_parameters_name() -> None:
    with pytest.raises(ValueError, match=r'^heartbeat: found "soon", allowed: a time'):
        quantity("heartbeat", "soon", duration)


@pytest.mark.parametrize("found", [0, True, "1", None])
def test_a_count_is_a_whole_number_from_its_least(found: Any) -> None:
    with pytest.raises(ValueError, match=r"^preload: found .*, allowed: a whole number from 1$"):
        count("preload", found, 1)
