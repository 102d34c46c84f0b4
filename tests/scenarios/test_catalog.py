import pytest

from scenarios import catalog
from scenarios.check import check_trace
from scenarios.complaints import UsageError
from scenarios.run import prepare, run


def found(prop):
    """Return a verdict and its evidence, but for the cause chain, which only a run tells."""
    evidence = prop["evidence"] or {}
    return prop["name"], prop["verdict"], [evidence.get(key) for key in ("sentence", "seq", "at", "why")]


@pytest.mark.parametrize("name", catalog.names())
def test_every_scenario_shows_what_it_expects_and_was_not_vacuous(name, tmp_path):
    experiment = prepare(name)
    done = run(experiment, experiment.scenario.seed, tmp_path / "run", plots=False)
    assert done.verdict.word == "as-expected", done.result["properties"]
    # Of what is shrunk to operations that wait for ever nothing else is left.
    meant = ("no majority", "no operation was acknowledged") if name.startswith("raft/without/") else ("no majority",)
    assert [said for said in done.result["remarks"] if not any(what in said for what in meant)] == []
    names = [prop.name for prop in experiment.properties]
    if not names:
        return  # what judges histories alone is told nothing by a trace
    wanted = tuple(names) if experiment.scenario.judge else ()
    stored = check_trace(tmp_path / "run/trace.jsonl", wanted)["properties"]
    of_histories = [oracle.name for oracle in experiment.oracles]  # a trace alone says nothing to these
    of_records = [prop for prop in done.result["properties"] if prop["name"] not in of_histories]
    assert list(map(found, of_records)) == list(map(found, stored))


def test_a_catalogue_name_that_is_misspelt_gets_a_guess():
    some = catalog.names()[0]
    with pytest.raises(UsageError, match="did you mean"):
        catalog.resolve(some[:-1])
