import json
from typing import Any

from puppets import Puppet, asked, play

from sim.clients import Errand, Workload
from sim.history import ENDS, FORMAT, History, Operation
from sim.machine import Input, Now
from sim.units import MS, S


def events(history: History) -> list[dict[str, Any]]:
    return [json.loads(line) for line in history.lines()][1:]


def operation(op: int, invoked: int, ended: int | None = None, outcome: str | None = None) -> Operation:
    return Operation(op, f"c{op}", op, "write", ("k", b"\x01", op), "n1", invoked, ended, outcome, (op,))


def test_a_history_is_a_header_and_one_event_a_line() -> None:
    history = History({"write": ("key", "value")}, [operation(1, 5, 9, "ok")])
    lines = list(history.lines())
    assert json.loads(lines[0]) == {"format": FORMAT, "actions": {"write": ["key", "value"]}}
    assert [json.loads(line) for line in lines[1:]] == [
        {
            "index": 0, "at": 5, "type": "invoke", "process": 1, "client": "c1", "op": 1, "action": "write",
            "args": ["k", "hex:01", 1], "node": "n1",
        },
        {
            "index": 1, "at": 9, "type": "ok", "process": 1, "client": "c1", "op": 1, "action": "write",
            "args": ["k", "hex:01", 1], "node": "n1", "value": [1],
        },
    ]  # fmt: skip
    assert all(line.endswith("}\n") for line in lines)


def test_only_an_ok_has_a_value_and_an_open_operation_has_no_end() -> None:
    history = History({}, [operation(1, 1, 5, "fail"), operation(2, 2, 6, "info"), operation(3, 3)])
    assert [(e["type"], "value" in e) for e in events(history)] == [
        ("invoke", False), ("invoke", False), ("invoke", False), ("fail", False), ("info", False),
    ]  # fmt: skip


def test_only_ok_counts_as_acknowledged() -> None:
    history = History({}, [operation(i, i, 9, outcome) for i, outcome in enumerate((*ENDS, None), 1)])
    assert history.acknowledged() == 1


def quick(me: Puppet, input: Input, now: Now) -> None:
    if asked(input):
        me.answer(input, "ok")  # type: ignore[arg-type]


ACTIONS = {"ACTIONS": {"append": ("key", "value"), "read": ("key",)}}


def test_at_one_instant_events_stand_in_the_order_in_which_they_happened() -> None:
    # A reader takes "ended before the next began" as real-time order: the wrong order makes good histories fail.
    def slow(me: Puppet, input: Input, now: Now) -> None:
        if asked(input) and input.client == "slow":  # type: ignore[attr-defined]
            me.memory["ask"] = input
            me.alarm("answer", 10 * MS)
        elif asked(input):
            me.answer(input, "ok")  # type: ignore[arg-type]
        elif type(input).__mro__[1].__name__ == "Alarm":
            me.answer(me.memory["ask"], "ok")

    errands = (
        Errand("slow", "n1", "append", ("k", 1), (10 * MS,)),
        Errand("quick", "n1", "append", ("k", 2), (20 * MS,)),
    )
    show = play(slow, errands=errands, puppets=ACTIONS)
    told = [(e["at"] // MS, e["client"], e["type"]) for e in events(show.outcome.history)]
    # The alarm of the slow answer rings after clients' asks of that instant.
    assert told == [(10, "slow", "invoke"), (20, "quick", "invoke"), (20, "quick", "ok"), (20, "slow", "ok")]


def test_every_process_is_one_sequential_line() -> None:
    def moody(me: Puppet, input: Input, now: Now) -> None:
        if asked(input):
            outcome = ("ok", "fail", "unsure", None, "elsewhere")[now.word() % 5]
            if outcome:
                me.answer(input, outcome)  # type: ignore[arg-type]

    workload = Workload("append-read", ("n1", "n2", "n1"), every=(3 * MS, 9 * MS), patience=20 * MS, again=1)
    show = play(moody, stop=3 * S, workload=workload, puppets=ACTIONS, nodes=3)
    open_by: dict[int, int] = {}
    ended: set[int] = set()
    kinds = set()
    for event in events(show.outcome.history):
        process, kind = event["process"], event["type"]
        kinds.add(kind)
        if kind == "invoke":
            assert process not in open_by
            assert process not in ended
            open_by[process] = event["op"]
        else:
            assert open_by.pop(process) == event["op"]
            if kind == "info":
                ended.add(process)
    assert kinds == {"invoke", *ENDS}
    assert [e["index"] for e in events(show.outcome.history)] == list(range(len(events(show.outcome.history))))


def test_events_are_in_time_order() -> None:
    show = play(quick, stop=S, workload=Workload("append", ("n1", "n2"), every=(1 * MS, 5 * MS)), puppets=ACTIONS)
    times = [e["at"] for e in events(show.outcome.history)]
    assert times == sorted(times)
    assert len(times) > 100
