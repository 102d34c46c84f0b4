"""However a sweep is run, its digest is the same; and a sweep that should not be the same is told apart."""

import os
import signal
import sqlite3
import time
from concurrent.futures import ThreadPoolExecutor
from fractions import Fraction
from pathlib import Path

import pytest

from scenarios.run import prepare, run
from scenarios.sweep import Engine, existing, here, merge, processes, read_job, sweep
from scenarios.sweep.again import chosen
from scenarios.sweep.engine import dask
from scenarios.sweep.row import plain

SPAN = range(1, 16)
NEVER = Fraction(0)
GRID = (("fault.0.loss", ("5%", "20%")), ("cluster.nodes", (3, 4)))


def rows_of(path):
    with existing(path) as store:
        return [plain(row) for point in store.job().points for row in store.rows(point)]


def test_workers_in_other_processes_come_to_what_comes_here(scenario):
    alone = sweep(str(scenario), SPAN, rerun=NEVER).result()
    assert sweep(str(scenario), SPAN, engine=processes(1), rerun=NEVER).result() == alone
    assert sweep(str(scenario), SPAN, engine=processes(3), rerun=NEVER).result() == alone


def test_any_executor_will_do(scenario):
    threads = Engine(ThreadPoolExecutor, 3)
    whole = sweep(str(scenario), SPAN, engine=threads, rerun=NEVER).result()
    assert whole == sweep(str(scenario), SPAN, rerun=NEVER).result()


def test_a_cluster_comes_to_what_comes_here(scenario):
    pytest.importorskip("distributed", reason="the extra dask is not installed")
    alone = sweep(str(scenario), SPAN, rerun=NEVER).result()
    assert sweep(str(scenario), SPAN, engine=dask(2), rerun=NEVER).result() == alone


def test_a_cluster_somewhere_else_comes_to_what_comes_here(scenario):
    distributed = pytest.importorskip("distributed", reason="the extra dask is not installed")
    local = {"host": "127.0.0.1", "dashboard_address": None, "threads_per_worker": 2, "silence_logs": 50}
    alone = sweep(str(scenario), SPAN, rerun=NEVER).result()
    with distributed.LocalCluster(
        n_workers=1, scheduler_kwargs={"dashboard_address": "127.0.0.1:0"}, **local
    ) as cluster:
        engine = dask(2, cluster.scheduler_address)
        assert sweep(str(scenario), SPAN, engine=engine, rerun=NEVER).result() == alone


def test_a_cluster_of_our_own_listens_to_this_machine_only():
    pytest.importorskip("distributed", reason="the extra dask is not installed")
    import psutil

    engine = dask(1)
    with engine.open(1) as executor:
        executor.submit(int).result()
        family = [psutil.Process(), *psutil.Process().children(recursive=True)]
        listening = [c.laddr.ip for p in family for c in p.net_connections("inet") if c.status == "LISTEN"]
    assert set(listening) == {"127.0.0.1"}


def test_a_grid_comes_to_the_same_with_any_workers_and_in_any_order(scenario):
    job = read_job(str(scenario), axes=GRID)
    turned = read_job(str(scenario), axes=[(key, values[::-1]) for key, values in reversed(GRID)])
    digests = {sweep(j, SPAN[:5], engine=e, rerun=NEVER).digest for j in (job, turned) for e in (here(), processes(2))}
    assert len(digests) == 1


def test_a_grid_of_one_point_that_changes_nothing_has_the_digest_of_no_grid(scenario):
    assert sweep(str(scenario), SPAN, rerun=NEVER).digest == sweep(read_job(str(scenario)), SPAN, rerun=NEVER).digest


def test_every_point_of_a_grid_is_in_the_digest(scenario):
    digests = {sweep(read_job(str(scenario), axes=GRID[:n]), SPAN[:3], rerun=NEVER).digest for n in (0, 1, 2)}
    assert len(digests) == 3


def test_the_digest_depends_on_every_run(scenario):
    assert sweep(str(scenario), SPAN[:4], rerun=NEVER).digest != sweep(str(scenario), SPAN[:5], rerun=NEVER).digest


def test_a_row_has_the_digest_of_the_run_alone(scenario, tmp_path):
    sweep(str(scenario), range(3, 4), store=tmp_path / "s.db", rerun=NEVER)
    alone = run(prepare(str(scenario)), 3, tmp_path / "out", plots=False).result
    (row,) = rows_of(tmp_path / "s.db")
    assert (row["digest"], row["metrics"]) == (alone["digest"], alone["metrics"])


def test_shards_that_are_merged_are_the_whole(scenario, tmp_path):
    job = read_job(str(scenario), axes=GRID[:1])
    for k in (1, 2, 3):
        sweep(job, SPAN, part=(k, 3), store=tmp_path / f"{k}.db", rerun=NEVER)
    merged = merge(tmp_path / "all.db", [tmp_path / f"{k}.db" for k in (3, 1, 2)])
    whole = sweep(job, SPAN, store=tmp_path / "whole.db", rerun=NEVER)
    assert merged.digest == whole.digest
    assert merged.complete
    assert merged.result() == whole.result()
    assert rows_of(tmp_path / "all.db") == rows_of(tmp_path / "whole.db")


def test_a_sweep_in_two_halves_is_the_whole(scenario, tmp_path):
    sweep(str(scenario), SPAN[:7], store=tmp_path / "s.db", rerun=NEVER)
    assert (
        sweep(str(scenario), SPAN, store=tmp_path / "s.db", rerun=NEVER).result()
        == sweep(str(scenario), SPAN, rerun=NEVER).result()
    )


def test_a_run_that_has_a_row_is_not_run_again(scenario, tmp_path, monkeypatch):
    sweep(str(scenario), SPAN, store=tmp_path / "s.db", rerun=NEVER)
    monkeypatch.setattr("scenarios.sweep.dispatch.run_chunk", None)
    assert sweep(str(scenario), SPAN, store=tmp_path / "s.db", rerun=NEVER).complete


def count(path):
    try:
        return sqlite3.connect(f"file:{path}?mode=ro", uri=True).execute("SELECT count(*) FROM run").fetchone()[0]
    except sqlite3.OperationalError:
        return 0


def wait_for(path, rows):
    until = time.monotonic() + 60
    while count(path) < rows and time.monotonic() < until:
        time.sleep(0.01)


def test_a_sweep_that_is_killed_again_and_again_goes_on_and_is_the_whole(netsplit, begun, tmp_path):
    arguments = ("sweep", "redex/nemesis", "--seeds", "1..60", "--workers", 2, "--json")
    for rows in (1, 12, 25):
        process = begun(*arguments, "--store", "s.db")
        wait_for(tmp_path / "s.db", rows)
        process.kill()
        process.wait()
    kept = count(tmp_path / "s.db")
    assert 25 <= kept < 60
    resumed = netsplit(*arguments, "--store", "s.db")
    assert resumed == netsplit(*arguments)
    assert resumed[0] == 0


def test_ctrl_c_leaves_a_store_from_which_the_sweep_goes_on(netsplit, begun, tmp_path):
    arguments = ("sweep", "redex/nemesis", "--seeds", "1..60", "--workers", 2, "--json", "--store", "s.db")
    process = begun(*arguments)
    wait_for(tmp_path / "s.db", 5)
    os.killpg(process.pid, signal.SIGINT)
    out, err = process.communicate(timeout=30)
    kept = count(tmp_path / "s.db")
    assert process.returncode == 130
    assert out == b""
    assert err.decode().splitlines() == [
        f"{kept} runs are in s.db; the same command goes on from there", "interrupted"
    ]  # fmt: skip
    assert netsplit(*arguments)[1]["complete"]


def test_a_killed_sweep_leaves_no_process_behind(begun, tmp_path):
    process = begun("sweep", "redex/nemesis", "--seeds", "1..1000", "--workers", 2, "--store", "s.db")
    wait_for(tmp_path / "s.db", 3)
    process.kill()
    process.wait()
    until = time.monotonic() + 20
    while (left := begun_by(process.pid)) and time.monotonic() < until:
        time.sleep(0.05)
    assert left == []


def begun_by(leader):
    """Return the processes that a command has begun, itself included, that are still alive."""
    found = []
    for entry in Path("/proc").iterdir():
        try:
            after = (entry / "stat").read_text().rpartition(")")[2].split()
        except OSError:
            continue
        if int(after[3]) == leader and after[0] != "Z":
            found.append(entry.name)
    return found


# -- runs that are run again -------------------------------------------------------------------------------


def test_one_run_in_twenty_is_chosen_whatever_else_runs(scenario):
    (point,) = read_job(str(scenario)).points
    share = sum(chosen(point, seed) for seed in range(4000)) / 4000
    assert 0.04 < share < 0.06


def test_a_sweep_runs_some_of_its_runs_again(scenario):
    summary = sweep(str(scenario), SPAN, rerun=Fraction(1, 3))
    assert 1 < summary.rerun < len(SPAN)
    assert summary.nondeterministic == []


def test_the_first_run_is_always_run_again(scenario):
    assert sweep(str(scenario), range(2, 4), rerun=Fraction(1, 10**9)).rerun == 1


def test_what_was_not_run_again_before_a_kill_is_run_again_after_it(scenario, tmp_path):
    sweep(str(scenario), SPAN, store=tmp_path / "s.db", rerun=NEVER)
    assert sweep(str(scenario), SPAN, store=tmp_path / "s.db", rerun=Fraction(1)).rerun == len(SPAN)


ILL = "for peer in set(self.peers):\n            self.send(peer, Copy(self.tail - 1, payload))"


@pytest.fixture
def unordered(folder):
    """A model whose messages leave in the order of a set."""
    source = (folder / "my_log.py").read_text()
    (folder / "my_log.py").write_text(source.replace("self.broadcast(Copy(self.tail - 1, payload))", ILL))
    return folder / "my_log.toml"


def test_a_model_that_is_not_deterministic_is_reported_as_such(netsplit, unordered):
    call = ("sweep", unordered, "--seeds", "1..4", "--set", "cluster.nodes=6", "--rerun", "1", "--json")
    code, result = netsplit(*call, hash_seed="0")
    assert code == 3
    assert [row["seed"] for row in result["nondeterministic"]] == [1, 2, 3, 4]
    assert result["nondeterministic"][0]["what"].startswith("digest: ")


def test_a_store_of_a_model_that_is_not_deterministic_still_says_so_when_it_is_summed_up_again(netsplit, unordered):
    call = ("sweep", unordered, "--seeds", "1..4", "--set", "cluster.nodes=6", "--json", "--store", "s.db")
    assert netsplit(*call, "--rerun", "1", hash_seed="0")[0] == 3
    assert netsplit(*call, "--rerun", "0", hash_seed="0")[0] == 3


def test_merging_rows_of_one_run_that_differ_reports_it(netsplit, unordered, tmp_path):
    call = ("sweep", unordered, "--seeds", "1..2", "--set", "cluster.nodes=6", "--rerun", "0", "--json", "--store")
    for hash_seed in ("0", "4242"):
        assert netsplit(*call, f"{hash_seed}.db", hash_seed=hash_seed)[0] == 0
    code, result = netsplit("merge", "all.db", "0.db", "4242.db", "--json")
    assert code == 3
    assert [row["seed"] for row in result["nondeterministic"]] == [1, 2]
