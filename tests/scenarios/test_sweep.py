import pytest

from scenarios.complaints import UsageError
from scenarios.run import prepare, run
from scenarios.sweep import seeds, sweep


def test_the_digest_does_not_depend_on_the_number_of_workers(scenario):
    one = sweep(str(scenario), range(1, 20))
    two = sweep(str(scenario), range(1, 20), workers=2)
    assert one.result() == two.result()


def test_the_digest_depends_on_every_run(scenario):
    assert sweep(str(scenario), range(1, 5)).digest() != sweep(str(scenario), range(1, 6)).digest()


def test_a_row_has_the_digest_of_the_run_alone(scenario, tmp_path):
    row = sweep(str(scenario), range(3, 4)).rows[3]
    assert row.digest == run(prepare(str(scenario)), 3, tmp_path / "out", plots=False).result["digest"]


def test_an_always_failing_scenario_is_reported_as_failing(scenario):
    result = sweep(str(scenario), range(1, 6), (("expect.same_payload", "violated"),)).result()
    assert result["unexpected"] == result["runs"] == 5
    assert result["unexpected_seeds"] == [1, 2, 3, 4, 5]


def test_a_model_error_is_a_row_with_its_message(folder):
    source = (folder / "my_log.py").read_text().replace("self.broadcast(", "self.braodcast(")
    (folder / "my_log.py").write_text(source)
    result = sweep(str(folder / "my_log.toml"), range(1, 3)).result()
    assert [row["seed"] for row in result["model_errors"]] == [1, 2]
    assert "braodcast" in result["model_errors"][0]["error"]


def test_verdicts_are_counted_per_property(scenario):
    assert sweep(str(scenario), range(1, 6)).result()["properties"]["same_payload"] == {"holds": 5}


@pytest.mark.parametrize("text", ["", "1-3", "3..1", "a..b", "-1..3", "1..99999999999999999999"])
def test_a_span_that_is_none_is_refused(text):
    with pytest.raises(UsageError, match=r"allowed: A\.\.B"):
        seeds(text)


def test_a_span_includes_both_ends():
    assert seeds("2..4") == range(2, 5)
