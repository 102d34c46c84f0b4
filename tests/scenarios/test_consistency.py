"""A register in two broken and one sound form: what clients were told is judged when the run is over."""

import json

import pytest

from scenarios.complaints import ScenarioError
from scenarios.run import prepare, run

MODEL = """
from collections import namedtuple

from sim.machine import Ask, Boot, Machine, on

Copy = namedtuple("Copy", "key value")


class Register(Machine):
    View = namedtuple("View", "role")
    ACTIONS = {"read": ("key",), "write": ("key", "value"), "cas": ("key", "old", "value")}

    def __init__(self, node, cluster, *, reads="anywhere"):
        super().__init__(node, cluster)
        self.role = "follower" if cluster.number(node) else "leader"
        self.reads = reads
        self.values = {}

    @on(Boot)
    def boot(self, durable, life, now):
        self.values = dict(durable)

    def misplaced(self, ask):
        if self.role != "leader":
            self.answer(ask, "elsewhere", hint=self.cluster.nodes[0])
        return self.role != "leader"

    @on(Ask, "read")
    def read(self, ask, now):
        if self.reads == "anywhere" or not self.misplaced(ask):
            self.answer(ask, "ok", self.values.get(ask.args[0]))

    @on(Ask, "write")
    def write(self, ask, now):
        if not self.misplaced(ask):
            self.keep(*ask.args)
            self.broadcast(Copy(*ask.args))
            self.answer(ask, "ok")

    @on(Ask, "cas")
    def cas(self, ask, now):
        key, old, value = ask.args
        if not self.misplaced(ask):
            fits = self.values.get(key) == old
            if fits:
                self.keep(key, value)
                self.broadcast(Copy(key, value))
            self.answer(ask, "ok", fits)

    @on(Copy)
    def copied(self, src, msg, now):
        self.keep(msg.key, msg.value)

    def keep(self, key, value):
        self.persist(key, value)
        self.values[key] = value


machine = Register
PROFILES = {"copies": {"reads": "anywhere"}, "primary": {"reads": "leader"}}
"""

SCENARIO = """
about = "A primary copies its registers while everybody reads and writes."
model = "./register.py"
stop = "4s"

[cluster]
nodes = 3

[network]
latency = { uniform = ["5ms", "200ms"] }

[clients]
workload = "register"
find = "fixed"
every = "40ms"
until = "3500ms"
keys = 2
"""

SET_MODEL = """
from collections import namedtuple

from sim.machine import Ask, Boot, Machine, on

Copy = namedtuple("Copy", "value")


class Elements(Machine):
    View = namedtuple("View", "size")
    ACTIONS = {"add": ("value",), "read": ()}

    def __init__(self, node, cluster, *, tells=True):
        super().__init__(node, cluster)
        self.tells = tells
        self.elements = ()
        self.size = 0

    @on(Ask, "add")
    def add(self, ask, now):
        self.keep(ask.args[0])
        if self.tells:
            self.broadcast(Copy(ask.args[0]))
        self.answer(ask, "ok")

    @on(Ask, "read")
    def read(self, ask, now):
        self.answer(ask, "ok", tuple(sorted(self.elements)))

    @on(Copy)
    def copied(self, src, msg, now):
        self.keep(msg.value)

    def keep(self, value):
        self.elements = (*self.elements, value)
        self.size = len(self.elements)


machine = Elements
"""


@pytest.fixture
def scenario(tmp_path):
    (tmp_path / "register.py").write_text(MODEL)
    (tmp_path / "elements.py").write_text(SET_MODEL)
    (tmp_path / "scenario.toml").write_text(SCENARIO)
    return tmp_path / "scenario.toml"


def done(scenario, *overrides, seed=1):
    return run(prepare(str(scenario), overrides), seed, scenario.parent / "out", plots=False)


def verdicts(result):
    return {row["name"]: row["verdict"] for row in result["properties"]}


SESSIONS = ("read_your_writes", "monotonic_reads", "monotonic_writes", "writes_follow_reads")


def test_reads_from_lagging_copies_are_not_linearizable_and_those_of_the_primary_are(scenario):
    # Under this seed a copy overtakes another one.
    broken = verdicts(done(scenario, seed=3).result)
    sound = verdicts(done(scenario, ("profile", "primary"), seed=3).result)
    assert broken["linearizable"] == broken["monotonic_reads"] == broken["monotonic_writes"] == "violated"
    assert [sound[name] for name in ("linearizable", *SESSIONS)] == ["holds"] * 5


def test_cas_is_judged_too(scenario):
    cas = ("clients.workload", "cas-register")
    assert verdicts(done(scenario, cas).result)["linearizable"] == "violated"
    assert verdicts(done(scenario, cas, ("profile", "primary")).result)["linearizable"] == "holds"


def test_the_evidence_names_the_operations_of_the_history(scenario):
    (row,) = [r for r in done(scenario).result["properties"] if r["name"] == "linearizable"]
    window = row["evidence"]["window"]
    ops = [json.loads(line)["op"] for line in (scenario.parent / "out/history.jsonl").read_text().splitlines()[1:]]
    assert set(window["operations"]) <= set(ops)
    assert window["from"] <= row["evidence"]["at"] == window["to"]
    assert row["evidence"]["chain"] == []


def test_an_unlisted_violation_is_unexpected_and_a_listed_one_is_not(scenario):
    assert done(scenario).verdict.word == "unexpected"
    listed = [(f"expect.{name}", ["violated", "holds"]) for name in ("linearizable", *SESSIONS)]
    assert done(scenario, *listed).verdict.word == "as-expected"


def test_judging_histories_takes_no_part_in_the_trace(scenario):
    plain = done(scenario).result["digest"]
    assert done(scenario, ("expect.sequential", ["holds", "violated", "unknown"])).result["digest"] == plain


def test_a_judge_that_must_be_asked_for_says_so(scenario):
    result = done(scenario).result
    assert {"name": "sequential", "lacks": ["a line in [expect]"]} in result["not_judged"]
    asked = done(scenario, ("expect.fresh_reads", "violated")).result
    assert verdicts(asked)["fresh_reads"] == "violated"
    assert "fresh_reads" not in [row["name"] for row in asked["not_judged"]]


def test_the_stored_history_is_judged_as_the_run_was(scenario):
    from scenarios.check_history import check_history

    result = done(scenario).result
    again = check_history(scenario.parent / "out/history.jsonl", None, None)
    (row,) = [r for r in result["properties"] if r["name"] == "linearizable"]
    assert (again["verdict"], again["evidence"]["sentence"]) == (row["verdict"], row["evidence"]["sentence"])


def test_without_a_completed_read_the_judges_are_vacuous(scenario):
    found = verdicts(done(scenario, ("cluster.boot", {"n1": "never", "n2": "never", "n3": "never"})).result)
    assert [found[name] for name in ("linearizable", *SESSIONS)] == ["vacuous"] * 5


def test_a_workload_without_reads_is_not_judged(tmp_path):
    from scenarios.new_model import new_model

    new_model("my_log", tmp_path)
    result = run(prepare(str(tmp_path / "my_log.toml")), 1, tmp_path / "out", plots=False).result
    assert "linearizable" not in verdicts(result)
    (row,) = [r for r in result["not_judged"] if r["name"] == "linearizable"]
    assert row["lacks"][0].startswith("client operations that observe something, of read write cas")
    assert row["lacks"][0].endswith("(found append)")


def test_expecting_what_the_clients_cannot_show_is_refused(scenario):
    with pytest.raises(ScenarioError, match=r"expect.taken_once: does not apply: it lacks client operations"):
        prepare(str(scenario), (("expect.taken_once", "holds"),))


def test_a_bound_on_a_judge_that_has_none_is_refused(scenario):
    with pytest.raises(ScenarioError, match=r"found on linearizable, which is judged throughout"):
        prepare(str(scenario), (("expect.linearizable", {"verdict": "holds", "within": "1s"}),))


SETS = (
    ("model", "./elements.py"),
    ("clients.workload", "set"),
    ("expect.no_lost_elements.within", "300ms"),
)


def test_an_element_that_stays_where_it_was_added_is_lost_and_one_that_spreads_in_time_is_not(scenario):
    lost = done(scenario, *SETS, ("cluster.params", {"tells": False}), ("expect.no_lost_elements.verdict", "violated"))
    kept = done(scenario, *SETS, ("expect.no_lost_elements.verdict", "holds"))
    assert (lost.verdict.word, kept.verdict.word) == ("as-expected", "as-expected")


def test_single_operations_at_exact_instants_are_judged_as_any_others(scenario):
    text = SCENARIO.partition("[clients]")[0]
    for at, node, action, args in (("1s", "n1", "write", ["k", 1]), ("1001ms", "n2", "read", ["k"])):
        text += f'[[ask]]\nat = "{at}"\nnode = "{node}"\naction = "{action}"\nargs = {json.dumps(args)}\n'
    scenario.write_text(text)
    (row,) = [r for r in done(scenario).result["properties"] if r["name"] == "linearizable"]
    assert row["verdict"] == "violated"
    assert row["evidence"]["sentence"].startswith("no order explains op 2 (ask2: read(k) -> None) on key k")
