from pathlib import Path
from typing import Any

import pytest

from reports import network, operations, style
from reports.load import RunData, load


@pytest.fixture(scope="module")
def run(write_run: Any, tmp_path_factory: pytest.TempPathFactory) -> RunData:
    folder: Path = write_run(tmp_path_factory.mktemp("run"))
    return load(folder)


def test_a_message_of_which_a_copy_arrived_is_not_lost(run: RunData) -> None:
    sent, lost = network.link_counts(run)
    drops = sum(r.kind == "drop" for r in run.records)
    assert sum(sent.values()) == run.result.stats["messages_sent"]
    assert 0 < sum(lost.values()) <= drops
    assert all(lost[link] <= sent[link] for link in lost)


def test_a_cut_link_is_darker_than_another(run: RunData) -> None:
    with style.styled():
        grid = network.links(run).axes[0].images[0].get_array()
    assert grid[0][4] > grid[3][4]


def test_rates_add_up_to_what_was_sent(run: RunData) -> None:
    with style.styled():
        rates = network.draw(run).axes[-3 if run.result.faults else 0]
    line = rates.lines[0].get_ydata()[:-1]
    assert round(sum(line) * run.end() / 1e9 / network.BINS) == run.result.stats["messages_sent"]


def test_every_operation_has_an_outcome_that_has_a_colour(run: RunData) -> None:
    found = operations.operations(run)
    assert found
    assert {one.outcome for one in found} <= set(operations.OUTCOME)
    assert all(one.begin <= one.end for one in found)
