"""The sequence diagram holds the window before the first violation, in words that Mermaid reads as text."""

import re

from reports.export.mermaid import MESSAGES_MAX, mermaid
from reports.load import RunData

LINE = re.compile(
    r"sequenceDiagram|  participant p\d+ as \S.*|  p\d+(->>|-x)p\d+: [^;#<>]+|  Note over p\d+(,p\d+)?: [^;#<>]+"
)


def lines(run: RunData) -> list[str]:
    return mermaid(run).decode().splitlines()


def test_every_line_is_one_that_the_grammar_has(run: RunData) -> None:
    assert [line for line in lines(run) if not LINE.fullmatch(line)] == []


def test_the_last_line_is_the_first_violation(run: RunData) -> None:
    assert f"VIOLATED {run.violations()[0].name}" in lines(run)[-1]


def test_lost_messages_are_crossed_out(run: RunData) -> None:
    assert any("-x" in line for line in lines(run))


def test_there_are_no_more_messages_than_can_be_read(run: RunData) -> None:
    assert 0 < sum("->>" in line or "-x" in line for line in lines(run)) <= MESSAGES_MAX


def test_a_run_without_a_violation_shows_its_beginning(calm: RunData) -> None:
    assert "VIOLATED" not in mermaid(calm).decode() or calm.violations()
