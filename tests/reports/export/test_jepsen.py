"""Histories in EDN and JSON are read back by edn_format and by our own readers of foreign histories."""

import json
from pathlib import Path

import pytest

from reports.export.jepsen import as_json, edn, events
from reports.load import RunData
from scenarios.check_history import check_history


def test_edn_format_reads_every_event(run: RunData) -> None:
    edn_format = pytest.importorskip("edn_format", reason="reading EDN needs edn_format")
    found = [edn_format.loads(line) for line in edn(run).decode().splitlines()]
    index, time = edn_format.Keyword("index"), edn_format.Keyword("time")
    assert [event[index] for event in found] == list(range(len(events(run))))
    assert [event[time] for event in found] == sorted(event[time] for event in found)


def test_json_and_edn_hold_the_same_events(run: RunData) -> None:
    assert json.loads(as_json(run)) == events(run)
    assert len(edn(run).splitlines()) == len(events(run))


def test_faults_are_operations_of_the_nemesis(run: RunData) -> None:
    mine = [event for event in events(run) if event["process"] == "nemesis"]
    assert [event["f"] for event in mine] == ["start-partition", "stop-partition", "start-crash", "stop-crash"]


def test_a_process_whose_operation_ended_unknown_is_never_used_again(run: RunData) -> None:
    ended = set()
    for event in events(run):
        if event["process"] != "nemesis":
            assert event["process"] not in ended
            if event["type"] == "info":
                ended.add(event["process"])


@pytest.mark.parametrize("form", ["edn", "json"])
def test_our_reader_of_foreign_histories_reads_it(form: str, tmp_path: Path) -> None:
    from scenarios.run import prepare
    from scenarios.run import run as run_scenario

    done = tmp_path / "run"
    run_scenario(prepare("faults/later_write_wins"), 1, done, plots=False)
    from reports.load import load

    file = tmp_path / f"history.{form}"
    file.write_bytes({"edn": edn, "json": as_json}[form](load(done, whole=True)))
    result = check_history(file, form, "register", 10**6, ())
    assert result["operations"] > 0
    assert result["verdict"] in ("holds", "violated")
