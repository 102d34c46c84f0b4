"""Verdicts: when a property holds, is violated or is vacuous, and that a stored trace is judged alike."""

import io
import tempfile
from collections.abc import Callable, Generator
from pathlib import Path
from typing import Any

import pytest
from puppets import (
    APPLICABLE,
    Accepted,
    Ping,
    Puppet,
    RoleView,
    Seen,
    Stored,
    asked,
    booted,
    got,
    header,
    plan,
    rang,
    record,
)  # fmt: skip

from sim.chance import within
from sim.clients import Workload
from sim.faults import Crash, Partition, Pause, Planned
from sim.jury import BrokenProperty, Case, Finding, Jury, fields_of, lacking, read_by
from sim.machine import Input, Now, fingerprint
from sim.property import NOTHING, Property, always, eventually, sometimes
from sim.recorder import Recorder
from sim.trace import Record, Sent
from sim.tracefile import read
from sim.units import MS, S
from sim.world import run


def says(mode: Any, needs: str = "seen", **more: Any) -> Property:
    """Return a property that yields what the fact `seen` holds; "-" is nothing to judge, "" nothing wrong."""

    @mode("what is seen", needs={needs: ""}, **more)
    def echo(cluster: Any) -> Generator[Any, Record, None]:
        said: Any = NOTHING
        while True:
            fact = yield said
            said = {"-": NOTHING, "": None}.get(fact.data.what, fact.data.what)

    assert isinstance(echo, Property)
    return echo


def seen(seq: int, what: str, at: int | None = None) -> Record:
    return record(seq, "note", Seen(what), name="seen", at=at)


def verdict(prop: Property, *records: Record, heal: int | None = None) -> Finding:
    jury = Jury([prop], header(heal=heal))
    jury.hear_all(records)
    return jury.findings()[0]


def test_always_holds_if_nothing_wrong_was_ever_said() -> None:
    assert verdict(says(always), seen(1, ""), seen(2, "-")).verdict == "holds"


def test_always_is_violated_at_the_first_sentence_and_keeps_it() -> None:
    found = verdict(says(always), seen(1, ""), seen(2, "bad"), seen(3, "worse"), seen(4, ""))
    assert found == Finding("echo", "violated", "bad", 2, 2 * MS)


@pytest.mark.parametrize("mode", [always, sometimes])
def test_a_property_that_had_nothing_to_judge_is_vacuous(mode: Any) -> None:
    assert verdict(says(mode), seen(1, "-")).verdict == "vacuous"
    assert verdict(says(mode)).verdict == "vacuous"
    assert verdict(says(eventually, within="1s"), seen(1, "-")).verdict == "vacuous"


def test_sometimes_holds_where_it_was_first_seen() -> None:
    assert verdict(says(sometimes), seen(1, ""), seen(2, "there"), seen(3, "again")) == Finding(
        "echo", "holds", "there", 2, 2 * MS
    )


def test_sometimes_is_violated_if_never_seen() -> None:
    assert verdict(says(sometimes), seen(1, "")) == Finding("echo", "violated", "never seen: what is seen")


def test_eventually_forgives_what_was_wrong_before_its_bound() -> None:
    prop = says(eventually, within="1s")
    assert verdict(prop, seen(1, "wrong"), seen(2, "", at=3 * S), heal=2 * S).verdict == "holds"


def test_eventually_is_violated_by_what_was_wrong_at_its_bound() -> None:
    prop = says(eventually, within="1s")
    found = verdict(prop, seen(1, "wrong", at=S), seen(2, "", at=3 * S + 1), heal=2 * S)
    assert found == Finding("echo", "violated", "wrong", 1, S)


def test_eventually_is_violated_by_what_goes_wrong_later() -> None:
    prop = says(eventually, within="1s")
    found = verdict(prop, seen(1, ""), seen(2, "wrong", at=5 * S), seen(3, "", at=6 * S), heal=2 * S)
    assert found == Finding("echo", "violated", "wrong", 2, 5 * S)


def test_eventually_judges_instants_not_the_records_inside_one() -> None:
    # Contents come in several records at `stop`: after the first of them every other replica seems to lack everything.
    prop = says(eventually, within="1s")
    assert verdict(prop, seen(1, "half", at=5 * S), seen(2, "", at=5 * S), heal=2 * S).verdict == "holds"
    assert verdict(prop, seen(1, "", at=5 * S), seen(2, "half", at=5 * S), heal=2 * S).verdict == "violated"


def test_eventually_without_a_heal_judges_the_end() -> None:
    prop = says(eventually, within="1s")
    assert verdict(prop, seen(1, "wrong", at=9 * S), seen(2, "", at=10 * S - 1)).verdict == "holds"
    assert verdict(prop, seen(1, "", at=S), seen(2, "wrong", at=9 * S)).verdict == "violated"


def test_another_bound_moves_the_judgement() -> None:
    prop = says(eventually, within="1s")
    records = (seen(1, "wrong"), seen(2, "", at=4 * S))
    assert verdict(prop, *records, heal=2 * S).verdict == "violated"
    assert verdict(prop.lasting(2 * S), *records, heal=2 * S).verdict == "holds"


def broken(body: Callable[[Any], Any]) -> str:
    with pytest.raises(BrokenProperty) as caught:
        jury = Jury([always("x", needs={"seen": ""})(body)], header())
        jury.hear_all([seen(3, "a")])
    return str(caught.value)


def test_a_property_that_ends_raises_or_mumbles_is_its_authors_mistake() -> None:
    def ends(cluster: Any) -> Any:
        yield NOTHING

    def loopless(cluster: Any) -> Any:
        return
        yield

    def raises(cluster: Any) -> Any:
        yield NOTHING
        raise KeyError("x")

    def mumbles(cluster: Any) -> Any:
        while True:
            yield 5

    assert broken(ends) == "property ends ended at record 3: it must go on yielding"
    assert broken(loopless) == "property loopless has no loop: it must go on yielding"
    assert broken(raises) == "property raises raised KeyError: 'x' on record 3 (seen at 0.003000s)"
    assert broken(mumbles) == "property mumbles yielded 5, allowed: None, NOTHING or a sentence"


def test_a_model_that_lacks_a_field_a_fact_or_contents_is_named() -> None:
    prop = always("x", needs={"state": "role gold", "stored": "seq", "moved": "", "content": "", "crash": "life"})(
        says(always).judge
    )
    assert lacking(prop, header(), contents=False) == ["state.gold", "the fact moved", "contents()"]
    assert lacking(prop, header(view=type("V", (), {"_fields": ("role", "gold")})), contents=True) == ["the fact moved"]
    assert fields_of(header())["seen"] == ("what",)


@pytest.mark.parametrize(
    ("heeds", "read"),
    [({"stored": "seq payload"}, ("seen", "stored")), ({"stored": "seq colour"}, ("seen",)), ({"told": ""}, ("seen",))],
)
def test_what_a_property_heeds_is_read_where_a_model_states_it_and_never_lacking(heeds: Any, read: Any) -> None:
    heeding = says(always, heeds=heeds)
    assert read_by(heeding, header()) == read
    assert lacking(heeding, header(), contents=False) == []


def test_listening_to_a_kind_gives_all_of_it_and_nothing_else() -> None:
    heard: list[str] = []

    @always("x", needs={"send": ""})
    def listens(cluster: Any) -> Generator[Any, Record, None]:
        while True:
            heard.append((yield NOTHING).kind)

    Jury([listens], header()).hear_all([seen(1, "a"), record(2, "send", Sent("n2", "Ping", Ping(1))), seen(3, "b")])
    assert heard == ["send"]


# -- online and offline ------------------------------------------------------------------------------------


def replica(me: Puppet, input: Input, now: Now) -> None:
    """Two careless leaders that copy what they are asked to everybody."""
    if booted(input):
        me.role = "leader" if me.node in ("n1", "n2") else "follower"
        me.term = me.life
        me.commit = 5 - me.life
        me.alarm("beat", (5 * MS, 90 * MS), every=70 * MS)
    elif asked(input):
        entry = (input.op, Ping(("x", b"\x00\xff", f"{me.node}-{input.op}")))  # type: ignore[attr-defined]
        store(me, *entry)
        me.note(Accepted(*entry))
        me.broadcast(Ping(entry))
        me.answer(input, "ok", b"\x01")  # type: ignore[arg-type]
    elif got(input, Ping):
        store(me, *input.msg.n)  # type: ignore[attr-defined]
    elif rang(input, "beat"):
        me.commit = within(now.word(), 0, 9)


def store(me: Puppet, seq: int, payload: Any) -> None:
    seq = seq % 7
    me.memory.setdefault(seq, payload)
    me.tail = len(me.memory)
    me.note(Stored(seq, payload))


class Replica(Puppet):
    View = RoleView
    ACTIONS = {"append": ("key", "value")}
    script = staticmethod(replica)  # type: ignore[assignment]

    def contents(self) -> Any:
        return tuple((("log", seq), fingerprint(value)) for seq, value in sorted(self.memory.items()))


@always(
    "says what it heard",
    needs=dict.fromkeys(
        ("send", "drop", "step", "state", "ask", "answer", "boot", "crash", "fault", "content", "seen", "stored"), ""
    ),
)
def gossip(cluster: Any) -> Generator[Any, Record, None]:
    """Put everything that records show into one sentence, so that any difference between two readings shows.

    Rows by their values: a file does not keep what the classes of views and facts were called.
    """
    heard = ""
    while True:
        r = yield None if len(heard) < 150_000 else heard
        heard += f"{r.seq} {r.at} {r.kind} {r.name} {r.node} {r.cause} {r.was and tuple(r.was)} "
        if r.kind == "send":
            heard += f"{r.data.dst} {r.data.type} {r.data.data!r}"
        elif r.kind == "fault":
            heard += f"{r.data.what} {r.data.phase} {sorted(r.data.fields.items())} {r.data.nodes}"
        else:
            heard += repr(r.data and tuple(r.data))


def whole(seed: int) -> tuple[list[Finding], list[Finding]]:
    made = plan(
        replica, nodes=4, stop=4 * S, heal=3 * S,
        workload=Workload("append", ("n1", "n2", "n3", "n4"), every=(9 * MS, 30 * MS), until=3500 * MS),
        properties=(*(p if p.grace is None else p.allowing(50 * MS) for p in APPLICABLE), gossip),
        faults=(
            Planned(Partition(groups=(("n1",), "rest"), in_flight="hold"), at=300 * MS, lasting=S),
            Planned(Crash(nodes=("a-follower",)), at=500 * MS, lasting=300 * MS),
            Planned(Pause(nodes=("n2",)), at=900 * MS, lasting=200 * MS),
        ),
    )  # fmt: skip
    object.__setattr__(made, "machine", Replica)
    file = io.BytesIO()
    online = run(made, seed, [file])
    assert online.model_error is None, online.model_error
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "trace.jsonl"
        path.write_bytes(file.getvalue())
        head, records = read(path)
        jury = Jury(made.properties, head)
        jury.hear_all(records)
    return online.findings, jury.findings()


@pytest.mark.parametrize("seed", range(4))
def test_a_stored_trace_is_judged_as_the_run_was_verdict_evidence_and_record(seed: int) -> None:
    online, offline = whole(seed)
    assert online == offline
    verdicts = {finding.name: finding.verdict for finding in online}
    assert verdicts["gossip"] == verdicts["single_leader"] == "violated"
    assert verdicts["leader_elected"] == "holds"
    # Every replica holds all seven keys so soon that nobody is behind when a window begins.
    assert [name for name, verdict in verdicts.items() if verdict == "vacuous"] == ["catch_up_progresses"]


def test_a_property_added_to_a_recorder_hears_facts_by_name_and_notes_in_general() -> None:
    heard: list[str] = []
    recorder = Recorder(header(), None, Puppet.FACTS)
    recorder.listen("stored", lambda r: heard.append(f"stored {r.data.seq}"))
    recorder.listen("note", lambda r: heard.append(f"note {r.name}"))
    recorder.note(1, "n1", 0, Stored(1, "x"))
    recorder.note(1, "n1", 0, Seen("y"))
    assert heard == ["note stored", "stored 1", "note seen"]


def test_a_case_that_is_decided_hears_no_more() -> None:
    case = Case(says(always), header())
    case.hear(seen(1, "bad"))
    case.hear(record(2, "note", None, name="seen"))  # would raise if the generator were asked
    assert case.close().seq == 1
