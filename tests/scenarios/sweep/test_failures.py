"""What goes wrong in a run is told of that run, and every other run finishes."""

import gzip
import hashlib
import os
import subprocess
import sys
import time

import pytest

from scenarios.complaints import UsageError
from scenarios.sweep import Limits, existing, processes, sweep
from scenarios.sweep.deadline import Overdue, deadline
from scenarios.sweep.engine import dask

PIPES = {"text": True, "stdout": subprocess.PIPE, "stderr": subprocess.PIPE}
SPAN = range(1, 13)
DIES = "if now.word() % 1499 == 0: os._exit(9)"
HANGS = "while now.word() % 1499 == 0: pass"


def environment():
    from pathlib import Path

    return os.environ | {"PYTHONPATH": str(Path(__file__).parents[3])}


def healthy(scenario):
    return sweep(str(scenario), SPAN, rerun=0)


@pytest.fixture
def dying(spoilt, scenario):
    return spoilt(DIES, "import os")


def test_a_run_that_ends_its_worker_is_named_and_the_others_finish(dying):
    two, one = (sweep(str(dying), SPAN, engine=processes(n), rerun=0) for n in (2, 1))
    assert two.result() == one.result()
    assert two.whole.runs + len(two.unfinished) == len(SPAN)
    assert 0 < len(two.unfinished) < 10
    assert {row["why"] for row in two.unfinished} == {"its worker died (BrokenProcessPool)"}
    assert two.code == 3


def test_a_run_that_ends_its_worker_of_a_cluster_is_named_and_the_others_finish(dying):
    pytest.importorskip("distributed", reason="the extra dask is not installed")
    some = range(4, 9)
    found = sweep(str(dying), some, engine=dask(2), rerun=0)
    alone = sweep(str(dying), some, engine=processes(2), rerun=0)
    assert len(alone.unfinished) == 1
    assert [row["seed"] for row in found.unfinished] == [row["seed"] for row in alone.unfinished]
    assert found.digest == alone.digest


def test_workers_that_cannot_even_start_are_told_of_at_once(scenario, tmp_path):
    script = f"from scenarios.sweep import *\nsweep({str(scenario)!r}, range(1, 1000), engine=processes(2))"
    done = subprocess.run([sys.executable, "-"], input=script, cwd=tmp_path, env=environment(), **PIPES)
    assert done.returncode == 1
    assert "UsageError: --engine: found workers that die before they run anything" in done.stderr
    assert done.stderr.count("init_main_from_path") < 20


def test_a_model_that_always_ends_its_worker_is_no_fault_of_the_workers(spoilt):
    found = sweep(str(spoilt("os._exit(9)", "import os")), range(1, 4), engine=processes(1), rerun=0)
    assert [row["seed"] for row in found.unfinished] == [1, 2, 3]


def test_an_unfinished_run_is_tried_again_when_the_sweep_goes_on(dying, tmp_path):
    first = sweep(str(dying), SPAN, engine=processes(1), store=tmp_path / "s.db", rerun=0)
    again = sweep(str(dying), SPAN, engine=processes(1), store=tmp_path / "s.db", rerun=0)
    assert first.result() == again.result()
    with existing(tmp_path / "s.db") as store:
        attempts = store._db.execute("SELECT count(*) FROM unfinished").fetchone()[0]
    assert attempts == 2 * len(first.unfinished)


def test_a_run_past_its_deadline_has_no_row_and_the_others_finish(spoilt):
    hanging = spoilt(HANGS)
    found = sweep(str(hanging), SPAN, engine=processes(2), limits=Limits(run=1.0), rerun=0)
    assert 0 < len(found.unfinished) < 10
    assert found.whole.runs + len(found.unfinished) == len(SPAN)
    assert {row["why"] for row in found.unfinished} == {"it was not over after 1s of real time (--run-deadline)"}
    assert found.code == 3


def test_a_deadline_that_nobody_passes_changes_nothing(scenario):
    assert sweep(str(scenario), SPAN, limits=Limits(run=60.0), rerun=0).result() == healthy(scenario).result()


def test_a_deadline_ends_a_block_in_the_main_thread():
    with pytest.raises(Overdue), deadline(0.05):
        time.sleep(60)


def test_a_deadline_ends_a_block_in_another_thread():
    from concurrent.futures import ThreadPoolExecutor

    def spin():
        began = time.monotonic()
        with deadline(0.05):
            while time.monotonic() < began + 60:
                pass

    with ThreadPoolExecutor(1) as pool:
        assert isinstance(pool.submit(spin).exception(timeout=30), Overdue)
        assert pool.submit(lambda: 1).result() == 1


def test_a_block_within_its_deadline_goes_on_undisturbed():
    with deadline(0.05):
        pass
    time.sleep(0.1)


def test_a_time_box_leaves_what_has_come_and_says_what_is_missing(scenario):
    found = sweep(str(scenario), range(1, 10**6), engine=processes(1), limits=Limits(sweep=1.5), rerun=0)
    assert 0 < found.whole.runs < found.asked == 10**6 - 1
    assert not found.complete
    assert found.code == 0


def test_a_time_box_ends_a_sweep_whose_worker_hangs(spoilt):
    hanging = spoilt("while True: pass")
    began = time.monotonic()
    found = sweep(str(hanging), range(1, 100), engine=processes(1), limits=Limits(sweep=1.0), rerun=0)
    assert time.monotonic() - began < 30
    assert found.whole.runs == 0


def test_a_failure_of_netsplit_itself_is_told_of_its_run(scenario, monkeypatch):
    from scenarios.sweep import work

    real = work.run_one

    def failing(experiment, point, seed, replay=False):
        return real(experiment, point, seed // (seed != 3), replay)

    monkeypatch.setattr(work, "run_one", failing)
    found = sweep(str(scenario), range(1, 6), rerun=0)
    assert [row["seed"] for row in found.unfinished] == [3]
    assert "ZeroDivisionError" in found.unfinished[0]["why"]
    assert found.code == 3


def test_a_model_error_is_a_row_with_its_message(folder):
    source = (folder / "my_log.py").read_text().replace("self.broadcast(", "self.braodcast(")
    (folder / "my_log.py").write_text(source)
    found = sweep(str(folder / "my_log.toml"), range(1, 3), rerun=0)
    assert [row["seed"] for row in found.model_errors] == [1, 2]
    assert "braodcast" in found.model_errors[0]["error"]
    assert found.code == 1


def test_a_property_that_breaks_is_a_row_with_its_message(folder):
    bad = """
from sim.property import always


@always("never", needs={"stored": "seq"})
def broken(cluster):
    while True:
        record = yield None
        if record.data.seq == 30:
            raise RuntimeError("out of order")


PROPERTIES = (broken,)
"""
    (folder / "my_log.py").write_text((folder / "my_log.py").read_text() + bad)
    found = sweep(str(folder / "my_log.toml"), range(1, 3), rerun=0)
    assert "out of order" in found.model_errors[0]["error"]
    assert found.unfinished == []


def test_an_always_failing_scenario_is_reported_as_failing(scenario):
    found = sweep(str(scenario), range(1, 6), (("expect.same_payload", "violated"),), rerun=0)
    result = found.result()
    assert result["unexpected"] == result["runs"] == 5
    assert result["unexpected_seeds"] == [1, 2, 3, 4, 5]
    assert result["unexpected_probability"] == {"count": 5, "of": 5, "estimate": 1.0, "low": 0.4, "high": 1.0}
    assert result["unexpected_runs"][0]["properties"] == ["same_payload"]
    assert found.code == 1


def test_failing_runs_keep_their_trace(scenario, tmp_path):
    sweep(str(scenario), range(1, 4), (("expect.same_payload", "violated"),), store=tmp_path / "s.db", rerun=0)
    with existing(tmp_path / "s.db") as store:
        (point,) = store.job().points
        for row in store.rows(point):
            kept = gzip.decompress(store.trace(point, row.seed))
            assert hashlib.blake2b(kept, digest_size=16).hexdigest() == row.digest


def test_runs_that_show_what_is_expected_keep_no_trace(scenario, tmp_path):
    sweep(str(scenario), range(1, 4), store=tmp_path / "s.db", rerun=0)
    with existing(tmp_path / "s.db") as store:
        assert store.traces() == 0


def test_only_so_many_traces_are_kept(scenario, tmp_path, monkeypatch):
    monkeypatch.setattr("scenarios.sweep.conduct.TRACES", 3)
    for span in (range(1, 3), range(1, 9)):
        sweep(str(scenario), span, (("expect.same_payload", "violated"),), store=tmp_path / "s.db", rerun=0)
    with existing(tmp_path / "s.db") as store:
        assert store.traces() == 3


def test_the_beginning_of_a_long_trace_is_whole_lines(scenario, tmp_path, monkeypatch):
    monkeypatch.setattr("scenarios.sweep.work.TRACE_MAX", 10_000)
    sweep(str(scenario), range(1, 2), (("expect.same_payload", "violated"),), store=tmp_path / "s.db", rerun=0)
    with existing(tmp_path / "s.db") as store:
        kept = gzip.decompress(store.trace(store.job().points[0], 1))
    assert 9_000 < len(kept) <= 10_000
    assert kept.endswith(b"\n")


def test_a_worker_whose_code_is_another_refuses(scenario):
    from dataclasses import replace

    from scenarios.sweep import read_job
    from scenarios.sweep.work import run_chunk

    job = read_job(str(scenario))
    with pytest.raises(UsageError, match="a worker has another code of netsplit"):
        run_chunk(replace(job, identity={**job.identity, "code": "0" * 32}), ((0, 1),))
