import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from reports.load import BadRun, load, operations


@pytest.fixture
def folder(tmp_path: Path, write_run: Any) -> Path:
    return Path(write_run(tmp_path / "run", nodes=3, stop=2_000_000_000, faults=()))


def alter(folder: Path, change: Callable[[dict[str, Any]], None]) -> None:
    found = json.loads((folder / "result.json").read_text())
    change(found)
    (folder / "result.json").write_text(json.dumps(found))


def test_a_run_is_read_with_its_result_and_without_what_no_picture_shows(folder: Path) -> None:
    run = load(folder)
    assert (run.result.scenario, run.result.seed, run.header.nodes) == ("toy/two_leaders", 7, ("n1", "n2", "n3"))
    assert {r.kind for r in run.records} >= {"send", "step", "state", "note", "boot"}
    assert all(r.kind != "content" for r in run.records)
    assert all(r.data.data is None for r in run.records if r.kind == "send")


def test_a_record_is_found_by_its_number(folder: Path) -> None:
    run = load(folder)
    wanted = run.records[len(run.records) // 2]
    assert run.record(wanted.seq) is wanted
    assert run.record(10**9) is None


def test_violations_are_in_time_order_and_only_those_that_have_a_moment(folder: Path) -> None:
    def change(found: dict[str, Any]) -> None:
        def judged(name: str, verdict: str, seq: int | None, at: int | None) -> dict[str, Any]:
            return {
                "name": name,
                "sentence": "s",
                "verdict": verdict,
                "evidence": {"sentence": name, "seq": seq, "at": at},
            }

        found["properties"] = [
            judged("late", "violated", 900, 9), judged("early", "violated", 100, 5), judged("fine", "holds", 1, 1),
            judged("never", "violated", None, None),
            {"name": "bare", "sentence": "s", "verdict": "violated", "evidence": None},
        ]  # fmt: skip

    alter(folder, change)
    assert [v.name for v in load(folder).violations()] == ["early", "late"]


def test_a_violation_without_a_time_has_that_of_its_record(folder: Path) -> None:
    record = load(folder).records[20]

    def change(found: dict[str, Any]) -> None:
        evidence = {"sentence": "x", "seq": record.seq, "at": None}
        found["properties"] = [{"name": "p", "sentence": "s", "verdict": "violated", "evidence": evidence}]

    alter(folder, change)
    assert load(folder).violations()[0].at == record.at


def test_a_run_that_ended_in_a_model_error_ends_with_its_last_record(folder: Path) -> None:
    alter(folder, lambda found: found.update(verdict="model-error"))
    run = load(folder)
    assert run.end() == run.records[-1].at < run.header.stop


@pytest.mark.parametrize("name", ["result.json", "trace.jsonl"])
def test_a_missing_file_is_named(folder: Path, name: str) -> None:
    (folder / name).unlink()
    with pytest.raises(BadRun, match=name):
        load(folder)


def test_a_missing_directory_is_named(tmp_path: Path) -> None:
    with pytest.raises(BadRun, match=r"nowhere: found no directory, allowed: a run directory"):
        load(tmp_path / "nowhere")


def test_a_truncated_trace_is_named_with_its_line(folder: Path) -> None:
    path = folder / "trace.jsonl"
    path.write_bytes(path.read_bytes()[:-5])
    with pytest.raises(BadRun, match=r"trace\.jsonl:\d+: .*cut short"):
        load(folder)


def test_a_result_that_is_no_json_is_named(folder: Path) -> None:
    (folder / "result.json").write_text("{")
    with pytest.raises(BadRun, match=r"result\.json: not JSON"):
        load(folder)


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (lambda f: f.update(format="netsplit.result/9"), "format: found 'netsplit.result/9'"),
        (lambda f: f.update(verdict="perhaps"), "verdict: found 'perhaps', allowed: as-expected"),
        (lambda f: f.update(seed="7"), "seed: found '7', allowed: an integer"),
        (lambda f: f.pop("scenario"), "scenario: found None, allowed: text"),
        (lambda f: f.update(faults=[{"kind": "crash", "colour": "red"}]), r"faults\[0\]\.colour: found 'red'"),
        (lambda f: f.update(properties=[3]), r"properties\[0\]: found 3, allowed: an object"),
        (
            lambda f: f["properties"][0].update(evidence={"sentence": 1}),
            r"properties\[0\]\.evidence\.sentence: found 1",
        ),
    ],
)
def test_a_broken_result_is_told_in_one_sentence(folder: Path, change: Any, said: str) -> None:
    alter(folder, change)
    with pytest.raises(BadRun, match=said) as error:
        load(folder)
    assert "\n" not in str(error.value)


def test_files_of_two_different_runs_are_refused(folder: Path) -> None:
    alter(folder, lambda found: found.update(seed=8))
    with pytest.raises(BadRun, match=r"seed: found 7, allowed: 8 as in result\.json"):
        load(folder)


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ('{"index": 0}', ":2: at: found None, allowed: an integer"),
        ('{"index": "0"}', ":2: index: found '0', allowed: an integer"),
        ('{"index": 0, "at": 0, "process": 0, "op": 1, "type": 3.5}', ":2: type: found 3.5, allowed: text"),
        ("[]", ":2: the line: found [], allowed: an object"),
        ('{"index": "\\ud800"}', "surrogates not allowed"),
    ],
)
def test_a_broken_history_is_told_in_one_sentence(folder: Path, line: str, said: str) -> None:
    (folder / "history.jsonl").write_text(f'{{"format": "netsplit.history/1"}}\n{line}\n')
    with pytest.raises(BadRun) as caught:
        operations(folder)
    assert said in str(caught.value)
