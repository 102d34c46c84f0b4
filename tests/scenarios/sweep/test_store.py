import json
import re
import sqlite3
from dataclasses import replace
from pathlib import Path

import pytest

import scenarios.sweep
from scenarios.complaints import UsageError
from scenarios.sweep import existing, merge, opened, read_job, sweep
from scenarios.sweep.row import Row, Unfinished, Violation
from scenarios.sweep.store import FORMAT
from sim.metrics import METRICS

ROW = Row(
    0, 7, "d" * 32, "unexpected", False, {"p": "violated", "q": "holds"}, ("p",), Violation("p", "it is so", 12, 34),
    None, {"sim_ns": 5}, {"lag_max": None, "split_ns": 2}, "", 99,
)  # fmt: skip


@pytest.fixture
def job(scenario):
    return read_job(str(scenario), axes=[("cluster.nodes", (3, 5))])


@pytest.fixture
def path(tmp_path):
    return tmp_path / "s.db"


def begun(path, job, span=range(1, 10)):
    with opened(path, job) as store:
        store.begin(job, span, (1, 1))


def refused(path, job):
    before = path.read_bytes() if path.is_file() else None
    with pytest.raises(UsageError) as found, opened(path, job):
        pass
    assert (path.read_bytes() if path.is_file() else None) == before
    return str(found.value)


def test_a_row_is_read_back_as_it_was(path, job):
    with opened(path, job) as store:
        store.begin(job, range(1, 10), (1, 1))
        store.add(job.points, [ROW])
    with existing(path) as store:
        assert list(store.rows(job.points[0])) == [ROW]
        assert store.row(job.points[0], 7) == ROW
        assert store.row(job.points[1], 7) is None


def test_rows_come_in_the_order_of_their_seeds(path, job):
    with opened(path, job) as store:
        store.begin(job, range(1, 10), (1, 1))
        store.add(job.points, [replace(ROW, seed=seed) for seed in (5, 9, 2**62, 1)])
        assert [row.seed for row in store.rows(job.points[0])] == [1, 5, 9, 2**62]
        assert store.done(job.points[0], range(2, 10)) == {5, 9}


def test_a_store_knows_the_job_that_it_is_of(path, job):
    begun(path, job)
    with existing(path) as store:
        assert store.job() == job


def test_points_that_are_added_later_do_not_move_the_first(path, scenario, job):
    begun(path, job)
    other = read_job(str(scenario), axes=[("cluster.nodes", (7, 5))])
    begun(path, other, range(5, 20))
    with existing(path) as store:
        assert [json.loads(label) for label in store.labels()] == [{"cluster.nodes": n} for n in (3, 5, 7)]
        assert store.span() == range(1, 20)


def test_two_sweeps_of_one_store_at_once_share_its_points_and_rows(path, scenario, job):
    other = read_job(str(scenario), axes=[("cluster.nodes", (7, 5))])
    with opened(path, job) as one, opened(path, other) as two:
        one.begin(job, range(1, 10), (1, 1))
        two.begin(other, range(1, 10), (1, 1))
        one.add(job.points, [replace(ROW, point=1)])
        two.add(other.points, [replace(ROW, point=1), ROW])
        assert [json.loads(label) for label in two.labels()] == [{"cluster.nodes": n} for n in (3, 5, 7)]
        assert [store.row(points[1], 7) for store, points in ((one, job.points), (two, other.points))] == [
            replace(ROW, point=1)
        ] * 2


def test_a_chunk_is_written_whole_or_not_at_all(path, job):
    with opened(path, job) as store:
        store.begin(job, range(1, 10), (1, 1))
        with pytest.raises(TypeError):
            store.add(job.points, [ROW, replace(ROW, seed=8, stats=None)])
        assert store.done(job.points[0], range(1, 10)) == set()


def test_a_run_that_came_to_two_digests_keeps_the_first_and_says_so(path, job):
    with opened(path, job) as store:
        store.begin(job, range(1, 10), (1, 1))
        store.add(job.points, [ROW])
        store.add(job.points, [ROW, replace(ROW, digest="e" * 32)])
        assert store.row(job.points[0], 7) == ROW
        assert store.reruns(job.points, range(1, 10)) == {(7, 0): f"digest: {'d' * 32} and then {'e' * 32}"}


def test_a_run_is_unfinished_until_it_has_a_row(path, job):
    with opened(path, job) as store:
        store.begin(job, range(1, 10), (1, 1))
        store.add(job.points, [Unfinished(0, 7, "first"), Unfinished(1, 3, "x"), Unfinished(0, 7, "then")])
        span = range(1, 10)
        assert store.unfinished(job.points, span) == [Unfinished(1, 3, "x"), Unfinished(0, 7, "then")]
        store.add(job.points, [ROW])
        assert store.unfinished(job.points, span) == [Unfinished(1, 3, "x")]


def test_without_a_path_a_store_leaves_nothing(tmp_path, job, monkeypatch):
    monkeypatch.chdir(tmp_path)
    before = sorted(tmp_path.iterdir())
    with opened(None, job) as store:
        store.begin(job, range(1, 10), (1, 1))
        store.add(job.points, [ROW])
        assert store.row(job.points[0], 7) == ROW
    assert sorted(tmp_path.iterdir()) == before


def test_an_empty_file_becomes_a_store(path, job):
    path.touch()
    begun(path, job)
    with existing(path) as store:
        assert store.about()["format"] == FORMAT


def test_another_scenario_text_is_refused(path, job, scenario):
    begun(path, job)
    scenario.write_text(scenario.read_text().replace('"5%"', '"6%"'))
    assert "found rows of another scenario text" in refused(path, read_job(str(scenario)))


def test_a_comment_in_the_scenario_or_another_chart_is_no_other_text(path, job, scenario):
    begun(path, job)
    scenario.write_text(scenario.read_text() + '\n# more\n[sweep]\n"cluster.nodes" = [3]\n')
    begun(path, read_job(str(scenario)))


def test_another_set_is_refused(path, job, scenario):
    begun(path, job)
    assert "with what --set changes" in refused(path, read_job(str(scenario), (("stop", "11s"),)))


def test_another_model_source_is_refused(path, job, folder, scenario):
    begun(path, job)
    (folder / "my_log.py").write_text((folder / "my_log.py").read_text() + "\n")
    assert "another source of the model" in refused(path, read_job(str(scenario)))


def test_a_file_that_the_scenario_names_is_part_of_what_rows_depend_on(path, folder, scenario):
    (folder / "slow.csv").write_text("1\n2\n3\n")
    sets = (("network.latency", {"empirical": "slow.csv", "unit": "ms"}),)
    begun(path, read_job(str(scenario), sets))
    (folder / "slow.csv").write_text("1\n2\n4\n")
    assert "another file that the scenario names" in refused(path, read_job(str(scenario), sets))


@pytest.mark.parametrize("name", ["netsplit", "code"])
def test_another_version_is_refused(path, job, name):
    begun(path, job)
    with sqlite3.connect(path) as connection:
        connection.execute("UPDATE about SET value = 'older' WHERE name = ?", (name,))
    connection.close()
    assert "older" in refused(path, job)


def test_replayed_and_other_rows_are_not_mixed(path, job, scenario):
    begun(path, job)
    assert "--replay" in refused(path, read_job(str(scenario), replay=True))


def test_a_file_that_is_no_database_is_refused(path, job):
    path.write_text("precious\n" * 100)
    assert "not a database" in refused(path, job)


def test_a_database_of_something_else_is_refused(path, job):
    with sqlite3.connect(path) as connection:
        connection.execute("CREATE TABLE about (name TEXT, value TEXT)")
        connection.execute("INSERT INTO about VALUES ('format', 'netsplit.store/9')")
    connection.close()
    assert f'found a database of format "netsplit.store/9", allowed: {FORMAT}' in refused(path, job)


def test_a_folder_and_a_missing_folder_are_refused(tmp_path, job):
    assert "no file" in refused(tmp_path, job)
    assert "unable to open" in refused(tmp_path / "no/s.db", job)


def test_reading_a_store_that_is_not_there_makes_none(path):
    with pytest.raises(UsageError, match="there is no such store"), existing(path):
        pass
    assert not path.exists()


def test_the_page_of_the_store_names_every_table_column_and_metric(path, job):
    page = (Path(scenarios.sweep.__file__).parent / "store.md").read_text()
    begun(path, job)
    with sqlite3.connect(path) as connection:
        tables = [name for (name,) in connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'")]
        columns = [column for (column,) in connection.execute("SELECT name FROM pragma_table_info('run')")]
        about = [name for (name,) in connection.execute("SELECT name FROM about")]
    connection.close()
    assert [table for table in tables if f"`{table}(" not in page] == []
    assert [name for name in (*columns, *about) if f"`{name}`" not in page] == []
    assert [name for name, text in METRICS.items() if f"| `{name}` | {text} |" not in page] == []


def test_the_query_on_the_page_of_the_store_runs(path, job):
    page = (Path(scenarios.sweep.__file__).parent / "store.md").read_text()
    (query,) = re.findall(r"```sql\n(.*?)```", page, re.S)
    with opened(path, job) as store:
        store.begin(job, range(1, 10), (1, 1))
        store.add(job.points, [replace(ROW, verdicts={"same_payload": "violated"}, metrics={"failover_ns": 2 * 10**9})])
        assert store._db.execute(query).fetchall() == [(job.points[0].label, 1, 2.0)]


# -- merging -----------------------------------------------------------------------------------------------


def test_stores_of_different_jobs_are_not_merged_and_nothing_is_written(tmp_path, scenario):
    for name, sets in (("a.db", ()), ("b.db", (("stop", "11s"),))):
        sweep(str(scenario), range(1, 2), sets, store=tmp_path / name, rerun=0)
    with pytest.raises(UsageError, match=r"b\.db: found rows of another scenario text.*nothing is merged"):
        merge(tmp_path / "out.db", [tmp_path / "a.db", tmp_path / "b.db"])
    assert not (tmp_path / "out.db").exists()


def test_a_store_is_not_merged_into_itself(tmp_path, scenario):
    sweep(str(scenario), range(1, 2), store=tmp_path / "a.db", rerun=0)
    with pytest.raises(UsageError, match="another file than OUT"):
        merge(tmp_path / "a.db", [tmp_path / "a.db"])


def test_merging_again_changes_nothing(tmp_path, scenario):
    for k in (1, 2):
        sweep(str(scenario), range(1, 5), part=(k, 2), store=tmp_path / f"{k}.db")
    stores = [tmp_path / "1.db", tmp_path / "2.db"]
    once = merge(tmp_path / "out.db", stores).result()
    assert merge(tmp_path / "out.db", stores).result() == once
    assert once["runs"] == 4


def test_a_merge_says_what_is_missing(tmp_path, scenario):
    sweep(str(scenario), range(1, 7), part=(2, 3), store=tmp_path / "a.db", rerun=0)
    found = merge(tmp_path / "out.db", [tmp_path / "a.db"])
    assert (found.complete, found.asked, found.whole.runs) == (False, 6, 2)


def test_traces_and_reruns_are_merged_too(tmp_path, scenario):
    sets = (("expect.same_payload", "violated"),)
    sweep(str(scenario), range(1, 3), sets, store=tmp_path / "a.db", rerun=1)
    assert merge(tmp_path / "out.db", [tmp_path / "a.db"]).rerun == 2
    with existing(tmp_path / "out.db") as store:
        assert store.traces() == 2
