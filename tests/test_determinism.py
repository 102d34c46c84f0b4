"""Same seed, same bytes: in one process, in fresh ones under other hash seeds, with either encoder, whoever watches."""

from __future__ import annotations

import json
import os
import random
import subprocess
import sys
import time
import uuid
from fractions import Fraction
from hashlib import blake2b
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from puppets import APPLICABLE, Ping, Puppet, RoleView, Seen, Stored, asked, booted, got, perform, plan, rang

import sim.recorder
from sim.clients import Workload
from sim.faults import ClockFault, Crash, LinkFault, Partition, Pause, Planned, When
from sim.machine import Input, Now, fingerprint
from sim.network import Uniform
from sim.units import MS, S
from sim.world import ClockPlan, Plan, run

ROOT = Path(__file__).resolve().parent.parent
NASTY = ('"\\', "\x00\x1f\x7f", "\u2028", "𝔘", "\ufeff", b"\xff\x00", 2**70, -(2**200), True, None, ("", ((),)))


def busy(me: Puppet, input: Input, now: Now) -> None:
    if booted(input):
        me.role = ("leader", "follower", "candidate", "idle")[now.word() % 4]
        me.alarm("tick", (MS, 20 * MS), 13 * MS)
        me.persist("life", me.life)
    elif rang(input, "tick"):
        me.term += 1
        me.broadcast(Ping((me.term, NASTY[me.term % len(NASTY)])))
    elif got(input):
        value = input.msg.n[1]  # type: ignore[attr-defined]
        me.tail += 1
        me.commit = now.word(1) % 100
        me.note(Stored(me.tail % 50, value))
        me.note(Seen((value, now.wall)))
        me.persist(("log", me.tail % 9), value, tell=me.tail % 2 == 0)
        me.memory[me.tail % 50] = value
    elif asked(input):
        me.persist("op", input.op)  # type: ignore[attr-defined]
        me.answer(input, "ok" if now.word() % 3 else "elsewhere", NASTY[input.op % len(NASTY)])  # type: ignore[arg-type, attr-defined]


def holds(me: Any) -> Any:
    return [(key, fingerprint(value)) for key, value in sorted(me.memory.items())]


def whole(ties: str = "fifo", **more: Any) -> Plan:
    chosen: dict[str, Any] = {
        "nodes": 5, "stop": 700 * MS, "heal": 500 * MS, "latency": Uniform(MS, 12 * MS), "loss": Fraction(1, 50),
        "duplicate": Fraction(1, 40), "corrupt": Fraction(1, 80), "ties": ties, "properties": APPLICABLE,
        "puppets": {"View": RoleView, "contents": holds, "ACTIONS": {"append": ("key", "value")}},
        "clocks": {"n2": ClockPlan(offset=-S, drift=150)}, "sync": {"n1": 3 * MS}, "service": {"n4": MS // 5},
        "workload": Workload("append", ("n1", "n3"), every=(8 * MS, 25 * MS), patience=40 * MS, again=1, keys=5),
        "faults": (
            Planned(Partition(groups=("random(2)", "rest"), in_flight="hold"), at=(50 * MS, 90 * MS), lasting=90 * MS),
            Planned(Crash(nodes=("minority",), disk="torn"), when=When("seen", nth=50), lasting=60 * MS),
            Planned(Pause(nodes=("n3",)), at=200 * MS, lasting=50 * MS),
            Planned(ClockFault(nodes=("random(1)",), drift=90_000, jump=-S), at=100 * MS, lasting=100 * MS),
            Planned(LinkFault(src="n1", jitter=9 * MS, loss=Fraction(1, 9)), at=300 * MS),
        ),
    }  # fmt: skip
    return plan(busy, **(chosen | more))


def story(made: Plan, seed: int) -> dict[str, Any]:
    """Return all that a run tells, as text: what two processes must agree on."""
    show = perform(made, seed)
    return {
        "digest": show.outcome.digest,
        "bytes": blake2b(show.lines, digest_size=16).hexdigest(),
        "findings": repr(show.outcome.findings),
        "stats": show.outcome.stats,
        "history": fingerprint(tuple(show.outcome.history.lines())),
        "faults": repr(show.outcome.faults),
        "drops": show.outcome.drops,
        "model_error": show.outcome.model_error,
    }


@pytest.mark.parametrize("ties", ["fifo", "shuffled"])
def test_the_same_seed_gives_the_same_bytes_and_another_seed_others(ties: str) -> None:
    first, again, other = (story(whole(ties), seed) for seed in (7, 7, 8))
    assert first == again
    assert first["stats"]["records"] > 3000
    assert first["digest"] == first["bytes"] != other["digest"]


@settings(max_examples=15)
@given(st.integers(0, 10**6))
def test_runs_leave_nothing_behind_that_another_run_could_see(seed: int) -> None:
    made = whole(stop=100 * MS, heal=None)
    alone = run(made, seed).digest
    run(made, seed + 1)
    perform(whole("shuffled", stop=50 * MS, heal=None), seed)
    assert run(made, seed).digest == alone


def test_both_encoders_give_one_run_the_same_bytes(monkeypatch: pytest.MonkeyPatch) -> None:
    fast = perform(whole(), 3)
    monkeypatch.setattr(sim.recorder, "msgspec", None)
    monkeypatch.setattr(sim.recorder, "_with_msgspec", None)  # would fail if it were called
    slow = perform(whole(), 3)
    assert fast.lines == slow.lines
    assert fast.outcome.digest == slow.outcome.digest
    assert all(json.loads(line) for line in slow.lines.splitlines())


def test_the_digest_is_that_of_the_file(tmp_path: Path) -> None:
    path = tmp_path / "trace.jsonl"
    with path.open("wb") as file:
        outcome = run(whole(), 4, [file])
    assert outcome.digest == blake2b(path.read_bytes(), digest_size=16).hexdigest()


def test_no_part_of_a_run_asks_the_machine_that_it_runs_on(monkeypatch: pytest.MonkeyPatch) -> None:
    expected = story(whole("shuffled"), 5)

    def refuse(*_: Any, **__: Any) -> Any:
        raise AssertionError("a run asked for chance or time from outside")

    with monkeypatch.context() as patched:  # no longer than the run: pytest itself reads clocks between phases
        for module, names in (
            (random, ("random", "randrange", "getrandbits", "randint", "choice", "shuffle", "seed")),
            (random.Random, ("random", "getrandbits", "seed")),
            (time, ("time", "time_ns", "monotonic", "monotonic_ns", "perf_counter", "perf_counter_ns", "sleep")),
            (os, ("urandom", "getpid", "getrandom", "times")),
            (uuid, ("uuid1", "uuid4")),
        ):
            for name in names:
                if name in vars(module):
                    patched.setattr(module, name, refuse)
        with pytest.raises(AssertionError, match="from outside"):
            time.monotonic()
        found = story(whole("shuffled"), 5)
    assert found == expected


# -- other processes ---------------------------------------------------------------------------------------


def canary(me: Puppet, input: Input, now: Now) -> None:
    """A careless protocol: it sends in the order of a set of strings."""
    if booted(input):
        for peer in set(me.peers):
            me.send(peer, Ping(peer))


def broken(me: Puppet, input: Input, now: Now) -> None:
    """A broken protocol, whose error must read the same everywhere."""
    if booted(input) and me.node == "n3":
        me.send("n1", Ping({"a", "b", "c", "d", object}))


SCRIPTS = {"whole": lambda: whole(), "canary": lambda: plan(canary, nodes=9), "broken": lambda: plan(broken, nodes=3)}


def elsewhere(what: str, hash_seed: str, seed: int = 7) -> dict[str, Any]:
    """Return the story of a run in a fresh interpreter under this hash seed."""
    code = (
        "import importlib.util, json, sys\n"
        f"spec = importlib.util.spec_from_file_location('told', {str(Path(__file__))!r})\n"
        "module = importlib.util.module_from_spec(spec)\n"
        "sys.modules['told'] = module\n"
        "spec.loader.exec_module(module)\n"
        f"print(json.dumps(module.story(module.SCRIPTS[{what!r}](), {seed})))\n"
    )
    path = os.pathsep.join([str(ROOT), str(ROOT / "tests/support")])
    done = subprocess.run(
        [sys.executable, "-c", code], env={**os.environ, "PYTHONHASHSEED": hash_seed, "PYTHONPATH": path},
        capture_output=True, text=True, check=False, timeout=120,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    told: dict[str, Any] = json.loads(done.stdout)
    return told


def test_fresh_processes_under_other_hash_seeds_tell_the_same_story() -> None:
    here = json.loads(json.dumps(story(whole(), 7)))
    assert [elsewhere("whole", hash_seed) for hash_seed in ("0", "1", "77")] == [here] * 3


def test_an_error_reads_the_same_under_every_hash_seed() -> None:
    told = [elsewhere("broken", hash_seed)["model_error"] for hash_seed in ("0", "1", "77")]
    assert len(set(told)) == 1
    assert "message Ping: found {'a', 'b', 'c', 'd', <class 'object'>} (set), allowed: " in told[0]


def test_a_protocol_that_follows_the_order_of_a_set_is_found_out() -> None:
    assert len({elsewhere("canary", hash_seed)["digest"] for hash_seed in ("0", "1", "77")}) > 1
