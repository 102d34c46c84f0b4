import csv
import json

import pytest

from scenarios.complaints import UsageError
from scenarios.sweep import existing, read_job, sweep
from scenarios.sweep.export import export


@pytest.fixture
def store(scenario, tmp_path):
    job = read_job(str(scenario), axes=[("fault.0.loss", ("5%", 0.2))])
    sweep(job, range(1, 4), store=tmp_path / "s.db", rerun=0)
    with existing(tmp_path / "s.db") as opened:
        yield opened


def test_csv_has_a_line_for_every_row(store, tmp_path):
    assert export(store, "csv", tmp_path / "s.csv") == 6
    with (tmp_path / "s.csv").open(newline="") as file:
        lines = list(csv.DictReader(file))
    rows = [row for point in store.job().points for row in store.rows(point)]
    assert [line["digest"] for line in lines] == [row.digest for row in rows]
    assert [line["set.fault.0.loss"] for line in lines] == ["5%"] * 3 + ["0.2"] * 3
    assert [int(line["metrics.lag_max"]) for line in lines] == [row.metrics["lag_max"] for row in rows]
    assert {line["property.tails_agree"] for line in lines} <= {"holds", "violated"}


def test_parquet_has_typed_columns_and_says_what_it_is_of(store, tmp_path):
    parquet = pytest.importorskip("pyarrow.parquet", reason="the extra parquet is not installed")
    assert export(store, "parquet", tmp_path / "s.parquet") == 6
    table = parquet.read_table(tmp_path / "s.parquet")
    rows = [row for point in store.job().points for row in store.rows(point)]
    assert table.column("seed").to_pylist() == [1, 2, 3] * 2
    assert table.column("stats.messages_sent").to_pylist() == [row.stats["messages_sent"] for row in rows]
    assert table.column("metrics.convergence_ns").to_pylist() == [row.metrics["convergence_ns"] for row in rows]
    assert str(table.schema.field("at_ns").type) == "int64"
    about = {key.decode(): value.decode() for key, value in table.schema.metadata.items() if key != b"ARROW:schema"}
    assert about["format"] == "netsplit.store/1"
    assert about["scenario"] == "my_log"


def test_without_pyarrow_the_complaint_says_what_to_install(store, tmp_path, monkeypatch):
    monkeypatch.setitem(__import__("sys").modules, "pyarrow", None)
    with pytest.raises(UsageError, match=r"netsplit\[parquet\]"):
        export(store, "parquet", tmp_path / "s.parquet")
    assert list(tmp_path.glob("*.parquet*")) == []


def test_an_export_replaces_an_older_one_or_leaves_it(store, tmp_path):
    (tmp_path / "s.csv").write_text("older")
    export(store, "csv", tmp_path / "s.csv")
    assert (tmp_path / "s.csv").read_text().startswith("seed,verdict,digest,")
    with pytest.raises(UsageError, match="--out"):
        export(store, "csv", tmp_path / "no/s.csv")


def test_a_store_can_be_asked_in_sql_as_its_page_says(store, tmp_path):
    query = (
        "SELECT settings, count(*), avg(json_extract(metrics, '$.lag_max')) FROM run "
        "JOIN point ON point = number WHERE json_extract(verdicts, '$.tails_agree') = 'violated' GROUP BY number"
    )
    found = store._db.execute(query).fetchall()
    assert [json.loads(settings) for settings, _, _ in found] == [{"fault.0.loss": "5%"}, {"fault.0.loss": 0.2}]
