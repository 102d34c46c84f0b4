import sys

import pytest

from scenarios.complaints import UsageError
from scenarios.determinism import verify

CANARY = "self.broadcast(Copy(self.tail - 1, payload))"
ILL = "for peer in set(self.peers):\n            self.send(peer, Copy(self.tail - 1, payload))"


def test_a_deterministic_model_passes(scenario):
    said = []
    assert verify([("my_log", str(scenario))], None, (), (), said.append) == []
    assert said == ["same     my_log"]


def test_a_model_that_iterates_a_set_of_strings_is_caught_with_the_first_differing_records(folder):
    source = (folder / "my_log.py").read_text()
    assert CANARY in source
    (folder / "my_log.py").write_text(source.replace(CANARY, ILL))
    reference = str(folder / "my_log.toml")
    (found,) = verify([("my_log", reference)], None, ["cluster.nodes=5"], (), lambda _: None)
    assert found.file == "trace.jsonl"
    assert '"kind":"send"' in found.first
    assert '"kind":"send"' in found.second
    assert found.first != found.second
    assert "PYTHONHASHSEED=0" in found.told()


def test_evidence_that_depends_on_the_hash_seed_is_caught_in_the_result(folder):
    source = (folder / "my_log.py").read_text() + (
        "\nfrom sim.property import always\n"
        "@always('names', needs={'stored': 'seq'})\n"
        "def names(cluster):\n"
        "    said = None\n"
        "    while True:\n"
        "        yield said\n"
        "        said = str(set(cluster.nodes))\n"
        "PROPERTIES = (names,)\n"
    )
    (folder / "my_log.py").write_text(source)
    (found,) = verify([("my_log", str(folder / "my_log.toml"))], None, ["cluster.nodes=5"], (), lambda _: None)
    assert found.file == "result.json"


def test_another_interpreter_is_compared_too(scenario):
    said = []
    assert verify([("my_log", str(scenario))], 3, (), (sys.executable,), said.append) == []


def test_an_interpreter_that_is_not_there_is_refused(scenario):
    with pytest.raises(UsageError, match="--python"):
        verify([("my_log", str(scenario))], None, (), ("/nowhere/python",), lambda _: None)
