"""The schedules that break Raft without a rule are kept as found; that they do, and with the rule do not, is tested
with the catalogue and in tests/models/raft/test_scenarios.py.
"""

import re
import tomllib

import pytest

from models.raft.choices import BROKEN, SAFETY, WORDS
from scenarios.without import FOLDER, PAGE, PROMISED, row, rule_of, text_of, without

ROWS = re.findall(
    r"^\| \[`(\w+)`\]\(\1\.toml\) \| .* \| `(\w+)` \| .* \| (\d+) to (\d+) \| .* \|$", PAGE.read_text("utf-8"), re.M
)
KEPT = {path.stem: tomllib.loads(path.read_text("utf-8")) for path in FOLDER.glob("*.toml")}


def test_every_rule_has_a_schedule_and_a_row_in_order():
    assert [rule for rule, *_ in ROWS] == list(WORDS)
    assert sorted(KEPT) == sorted(WORDS)


def test_a_schedule_is_of_raft_without_its_rule_and_violates_what_the_page_says():
    for profile, (rule, violated, *_) in zip(BROKEN, ROWS, strict=True):
        kept = KEPT[rule]
        assert (rule_of(profile), kept["profile"], kept["judge"]) == (rule, profile, [violated])
        assert kept["expect"][violated] == "violated" or kept["expect"][violated]["verdict"] == "violated"
        assert violated in kept["expect"]["dissertation"]


def test_the_page_counts_the_decisions_that_are_left():
    for rule, _, drawn, left in ROWS:
        assert int(left) == sum(len(KEPT[rule].get(name, ())) for name in ("fault", "ask", "packet")) <= int(drawn)


def test_without_a_rule_of_safety_a_promise_is_broken():
    assert {rule for rule, violated, *_ in ROWS if violated not in PROMISED} & {*SAFETY} <= {"deposed"}


@pytest.mark.parametrize("profile", ["votes-repeatedly", "committed-by-half", "reads-unchecked"])
def test_searched_again_a_rule_comes_to_the_same_schedule(profile):
    found = without(profile)
    assert (FOLDER / f"{found.rule}.toml").read_text("utf-8") == text_of(found)
    assert row(found) in PAGE.read_text("utf-8").splitlines()
