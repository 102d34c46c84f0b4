"""A runnable model, scenario and test to start from."""

from __future__ import annotations

import keyword
import re
from pathlib import Path

from .complaints import UsageError, shown

_MODEL = '''"""{title}: a leader keeps a log and copies it to its followers.

Start here: what a node remembers are attributes, what it wants it says with self.send, self.alarm and so on. It lacks
elections and retries, which is why {name}.toml expects `tails_agree` to be violated once messages are lost.
"""

from __future__ import annotations

from typing import Any, NamedTuple

from sim.machine import Ask, Boot, Cluster, Machine, NodeId, Now, on
from sim.units import duration


class Copy(NamedTuple):
    """The leader's entry for a follower."""

    seq: int
    payload: str


class Stored(NamedTuple):
    """An entry is in a node's log: judged by the property same_payload."""

    seq: int
    payload: str


class View(NamedTuple):
    """What the world may see of a node: attributes of the machine."""

    role: str  # leader follower candidate idle
    tail: int


class {title}(Machine):
    View = View
    FACTS = (Stored,)
    ACTIONS = {{"append": ("value",)}}

    def __init__(self, node: NodeId, cluster: Cluster, *, think: str = "0ms") -> None:
        super().__init__(node, cluster)
        self.role = "leader" if cluster.number(node) == 0 else "follower"
        self.think = duration(think)
        self.log: list[str] = []
        self.tail = 0

    @on(Boot)
    def boot(self, durable: Any, life: int, now: Now) -> None:
        while ("log", len(self.log)) in durable:
            self.log.append(durable["log", len(self.log)])
        self.tail = len(self.log)

    @on(Ask, "append")
    def append(self, ask: Ask, now: Now) -> None:
        if self.role != "leader":
            self.answer(ask, "elsewhere", hint=self.cluster.nodes[0])
            return
        payload = str(ask.args[0])
        self.store(payload)
        self.broadcast(Copy(self.tail - 1, payload))
        self.answer(ask, "ok", self.tail - 1)

    @on(Copy)
    def copied(self, src: NodeId, msg: Copy, now: Now) -> None:
        if msg.seq == self.tail:  # an entry after a lost one is ignored, and nobody asks for the lost one
            self.store(msg.payload)

    def store(self, payload: str) -> None:
        self.persist(("log", self.tail), payload)
        self.note(Stored(self.tail, payload))
        self.log.append(payload)
        self.tail += 1


machine = {title}
'''

_SCENARIO = """about = "One message in twenty is lost, and nobody asks for it again."
model = "./{name}.py"
seed = 1
heal = "8s"
stop = "10s"

[cluster]
nodes = 3

[network]
latency = {{ uniform = ["1ms", "20ms"] }}

[clients]
workload = "append"
every = "100ms"
until = "7s"

[[fault]]
kind = "link"
at = "1s"
lasting = "5s"
loss = "5%"

[expect]
single_leader = "holds"
same_payload = "holds"
tails_agree = {{ verdict = "violated", within = "1s" }}
"""

_TEST = '''"""Run with pytest."""

from pathlib import Path

from sim.machine import Answer, Ask, Cluster, Note, Now, Persist, Send

from scenarios.run import prepare, run

import {name}

HERE = Path(__file__).parent


def test_the_leader_persists_before_it_copies_and_answers():
    leader = {name}.machine("n1", Cluster("n1", ("n1", "n2")))
    assert leader.step(Ask("c1", 1, "append", ("x",)), Now()) == [
        Persist(("log", 0), "x"),
        Note({name}.Stored(0, "x")),
        Send("n2", {name}.Copy(0, "x")),
        Answer("c1", 1, "ok", 0),
    ]


def test_the_scenario_shows_what_it_expects(tmp_path):
    experiment = prepare(str(HERE / "{name}.toml"))
    assert run(experiment, seed=1, out=tmp_path / "run", plots=False).verdict.word == "as-expected"
'''


def new_model(name: str, folder: Path) -> list[Path]:
    """Write NAME.py, NAME.toml and test_NAME.py; never over anything. Raises UsageError."""
    if not re.fullmatch(r"[a-z][a-z0-9_]*", name) or keyword.iskeyword(name):
        raise UsageError(f"NAME: found {shown(name)}, allowed: lower-case letters, digits and _, such as my_protocol")
    words = {"name": name, "title": "".join(part.title() for part in name.split("_"))}
    files = {f"{name}.py": _MODEL, f"{name}.toml": _SCENARIO, f"test_{name}.py": _TEST}
    for file in files:
        if (folder / file).exists():
            raise UsageError(f"{folder / file}: is there already; choose another name or move it away")
    written = []
    for file, text in files.items():
        (folder / file).write_text(text.format(**words), encoding="utf-8")
        written.append(folder / file)
    return written
