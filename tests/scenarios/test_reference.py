import json
import tomllib

import jsonschema
import pytest

from scenarios import catalog
from scenarios.reference import generated, json_schema


@pytest.mark.parametrize("path", sorted(generated()), ids=lambda path: path.name)
def test_the_generated_file_is_up_to_date(path):
    assert path.read_text("utf-8") == generated()[path], "run python -m scenarios.reference"


def test_the_schema_is_a_valid_schema():
    jsonschema.Draft202012Validator.check_schema(json_schema())


@pytest.mark.parametrize("name", catalog.names())
def test_the_schema_accepts_every_scenario_of_the_catalogue(name):
    doc = tomllib.loads((catalog.CATALOG / f"{name}.toml").read_text("utf-8"))
    jsonschema.validate(json.loads(json.dumps(doc, default=str)), json_schema())


@pytest.mark.parametrize(
    "change", [{"sead": 3}, {"stop": 3}, {"fault": [{"kind": "crsh"}]}, {"cluster": {"nodse": 3}}, {"ties": "x"}]
)
def test_the_schema_refuses_what_the_reader_refuses(change):
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.validate({"about": "x", "model": "redex", "stop": "1s"} | change, json_schema())
