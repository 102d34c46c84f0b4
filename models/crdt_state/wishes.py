"""What one would wish of replicated state, and crdt_state as specified does not give: the properties of section 6.

They hold for the hardened node; each names the weaknesses that break it.
"""

from __future__ import annotations

from collections.abc import Generator
from typing import Any

from sim.machine import fingerprint
from sim.property import NOTHING, always, eventually

from .judging import balance_of, first_difference, moved, named, newest, parts_of

Judge = Generator[Any, Any, None]


# -- registers ---------------------------------------------------------------------------------------------


@eventually("all replicas of a register hold the same value", needs={"state": "registers", "wrote": ""}, within="5s")
def registers_agree(cluster: Any) -> Judge:
    """CW-1, CW-2, CW-4."""
    held: dict[str, tuple[tuple[str, str], ...]] = {}
    wrote = False
    said: Any = NOTHING
    while True:
        record = yield said
        if record.kind == "note":
            wrote = True
        elif record.data is None:
            held.pop(record.node, None)
        else:
            held[record.node] = tuple((key, value) for key, value, _, _ in record.data.registers)
        differ = first_difference(held)
        said = NOTHING if not wrote else None
        if wrote and differ is not None:
            said = f"registers differ: {named({node: dict(held[node]) for node in differ})}"


@always(
    "a read at a node returns that node's last acknowledged write, or a later one",
    needs={"ask": "client op action args", "answer": "client op outcome value"},
)
def reads_own_writes(cluster: Any) -> Judge:
    """CW-3, CW-5; values written are taken to be different. A write that was asked for later may always be seen."""
    asked: dict[tuple[str, int], tuple[int, str, str, tuple[Any, ...]]] = {}  # when, node, action, arguments
    written: dict[tuple[str, str], int] = {}  # by key and value, when it was asked for
    last: dict[tuple[str, str], tuple[int, str]] = {}  # by node and key, the last write acknowledged there
    said: Any = NOTHING
    while True:
        record = yield said
        said = NOTHING
        data = record.data
        if record.kind == "ask":
            asked[data.client, data.op] = (record.seq, record.node, data.action, data.args)
            if data.action == "write":
                written[str(data.args[0]), str(data.args[1])] = record.seq
            continue
        when, node, action, args = asked.get((data.client, data.op), (0, "", "", ()))
        if data.outcome != "ok" or node != record.node:
            continue
        if action == "write":
            last[node, str(args[0])] = (when, str(args[1]))
        elif action == "read" and (own := last.get((node, str(args[0])))) is not None:
            values = str(data.value).split("|") if data.value is not None else []
            seen = max((written.get((str(args[0]), value), 0) for value in values), default=0)
            said = None if seen >= own[0] else f"{node} wrote {own[1]!r} into {args[0]} and reads {data.value!r}"


# -- the log -----------------------------------------------------------------------------------------------


@eventually(
    "logs with the same entries list them in the same order", needs={"state": "log_digest order tail"}, within="5s"
)
def orders_agree(cluster: Any) -> Judge:
    """CW-6."""
    views: dict[str, Any] = {}
    said: Any = NOTHING
    while True:
        record = yield said
        moved(views, record)
        orders: dict[str, dict[str, str]] = {}
        for node in sorted(views):
            if views[node].tail:
                orders.setdefault(views[node].log_digest, {})[node] = views[node].order
        same = [alike for alike in orders.values() if len(alike) > 1]
        said = None if same else NOTHING
        for alike in same:
            if (differ := first_difference(alike)) is not None:
                said = f"{differ[0]} and {differ[1]} hold the same entries and list them in different orders"


@eventually(
    "an entry stands behind those that its node knew when it appended it",
    needs={"appended": "origin seq", "learned": "origin seq", "content": "", "crash": ""},
    within="0s",
)
def causes_come_first(cluster: Any) -> Judge:
    """CW-8."""
    known: dict[str, list[str]] = {}
    causes: dict[str, tuple[str, ...]] = {}
    said: Any = NOTHING
    while True:
        record = yield said
        said = NOTHING
        if record.kind == "crash":
            known.pop(record.node, None)
        elif record.kind == "note":
            name = f"{record.data.origin}#{record.data.seq}"
            if record.name == "appended":
                causes[name] = tuple(known.get(record.node, ()))
            known.setdefault(record.node, []).append(name)
        else:
            place = {key: i for i, (key, _) in enumerate(record.data) if key in causes}
            said = None if place else NOTHING
            for effect in place:
                before = [cause for cause in causes[effect] if place.get(cause, -1) > place[effect]]
                if before:
                    said = f"{record.node} lists {effect} before {before[0]}, which was known where it was appended"
                    break


@eventually(
    "every acknowledged append is in every log",
    needs={"ask": "client op action args", "answer": "client op outcome", "content": "", "crash": ""},
    within="0s",
)
def appends_survive(cluster: Any) -> Judge:
    """CW-9, CW-10, CW-13; payloads are taken to be different."""
    asked: dict[tuple[str, int], str] = {}
    acknowledged: list[str] = []
    said: Any = NOTHING
    while True:
        record = yield said
        data = record.data
        if record.kind == "ask":
            if data.action == "append":
                asked[data.client, data.op] = str(data.args[-1])
        elif record.kind == "answer":
            if data.outcome == "ok" and (data.client, data.op) in asked:
                acknowledged.append(asked.pop((data.client, data.op)))
        elif record.kind == "content" and acknowledged:
            held = {value for _, value in data}
            lost = [payload for payload in acknowledged if fingerprint(payload.encode()) not in held]
            if lost:
                said = f"{record.node} lacks {lost[0]!r}, which was acknowledged"
            elif said is NOTHING:
                said = None


@always("no log lists an entry's name twice", needs={"content": ""})
def names_stand_once(cluster: Any) -> Judge:
    """CW-10, CW-11."""
    said: Any = NOTHING
    while True:
        record = yield said
        names = [key for key, _ in record.data]
        twice = [key for i, key in enumerate(names) if key in names[:i]]
        said = f"{record.node} lists {twice[0]} twice" if twice else None


@always(
    "a client's request takes effect once",
    needs={"ask": "client op action", "appended": "", "removed": ""},
)
def once_per_request(cluster: Any) -> Judge:
    """CW-14: a retry is the same request."""
    wanted: set[tuple[str, int]] = set()
    done = 0
    said: Any = NOTHING
    while True:
        record = yield said
        said = NOTHING
        if record.kind == "note":
            done += 1
            said = None if done <= len(wanted) else f"{done} requests took effect, and there were {len(wanted)}"
        elif record.data.action in ("append", "remove"):
            wanted.add((record.data.client, record.data.op))


@always("activity is never negative", needs={"state": "activity"})
def activity_is_not_negative(cluster: Any) -> Judge:
    """CW-14."""
    said: Any = NOTHING
    while True:
        record = yield said
        said = NOTHING if record.data is None else None
        if record.data is not None and record.data.activity < 0:
            said = f"{record.node} counts an activity of {record.data.activity}"


# -- opaque state ------------------------------------------------------------------------------------------


@eventually(
    "every update is in every state, unless an update superseded it that knew of it",
    needs={"state": "state", "updated": "state"},
    within="5s",
)
def updates_survive(cluster: Any) -> Judge:
    """CW-17, CW-19, CW-20."""
    states: dict[str, str] = {}
    before: dict[str, str] = {}  # what a node held before its last change
    live: dict[str, None] = {}
    said: Any = NOTHING
    while True:
        record = yield said
        if record.kind == "note":
            value = record.data.state
            held = before.get(record.node, "") if states.get(record.node) == value else states.get(record.node, "")
            for old in parts_of(held) - {value}:
                live.pop(old, None)
            live[value] = None
            states[record.node] = value
        elif record.data is None:
            states.pop(record.node, None)
        elif states.get(record.node) != record.data.state:
            before[record.node] = states.get(record.node, "")
            states[record.node] = record.data.state
        lost = [(node, value) for value in live for node in sorted(states) if value not in parts_of(states[node])]
        said = NOTHING if not live else None
        if lost:
            node, value = lost[0]
            said = f"{value!r} was written and is not in the state of {node}, {states[node]!r}"


@eventually("every node has heard gossip of every other one", needs={"send": "", "step": ""}, within="5s")
def everyone_is_heard(cluster: Any) -> Judge:
    """CW-25."""
    sent: dict[int, tuple[str, str]] = {}
    unheard = {(a, b) for a in cluster.nodes for b in cluster.nodes if a != b}
    said: Any = NOTHING
    while True:
        record = yield said
        if record.kind == "send":
            if record.data.type in ("GossipMessage", "RemoteCrdtState"):
                sent[record.seq] = (record.node, record.data.dst)
        elif record.data.input == "receive":
            unheard.discard(sent.get(record.cause, ("", "")))
        said = None if sent else NOTHING
        if unheard and sent:
            src, dst = min(unheard)
            said = f"{dst} has never heard {src}"


# -- checkpoints -------------------------------------------------------------------------------------------


@always(
    "a global checkpoint holds each node's newest part",
    needs={"submitted": "checkpoint_id logical_time root", "completed": "checkpoint_id parts"},
)
def newest_parts_count(cluster: Any) -> Judge:
    """CW-31."""
    made: dict[tuple[str, str], tuple[int, str]] = {}
    said: Any = NOTHING
    while True:
        record = yield said
        fact = record.data
        if record.name == "submitted":
            made[fact.checkpoint_id, record.node] = (fact.logical_time, fact.root)
            said = NOTHING
            continue
        said = None
        for node, time, _, _, root in fact.parts:
            last = made.get((fact.checkpoint_id, node))
            if last is not None and last != (time, root):
                said = f"{fact.checkpoint_id} holds the part of {node} of time {time}, and a newer one is of {last[0]}"


@always("the latest checkpoint never goes back", needs={"state": "latest"})
def latest_moves_on(cluster: Any) -> Judge:
    """CW-32."""
    said: Any = NOTHING
    while True:
        record = yield said
        now, was = record.data, record.was
        said = NOTHING
        if now is not None and was is not None and was.latest is not None:
            back = newest([now.latest] if now.latest else []) < newest([was.latest])
            said = (
                f"on {record.node} the latest checkpoint went from {was.latest} back to {now.latest}" if back else None
            )


@eventually(
    "every checkpoint that was asked for is completed or given up",
    needs={"send": "", "completed": "checkpoint_id", "aborted": "checkpoint_id"},
    within="5s",
)
def checkpoints_end(cluster: Any) -> Judge:
    """CW-33."""
    waiting: dict[str, None] = {}
    ended: set[str] = set()
    said: Any = NOTHING
    while True:
        record = yield said
        if record.kind == "note":
            ended.add(record.data.checkpoint_id)
            waiting.pop(record.data.checkpoint_id, None)
        elif record.data.type == "CheckpointRequest" and record.data.data[0] not in ended:
            waiting[record.data.data[0]] = None
        if waiting or ended:
            said = f"{next(iter(waiting))} is neither complete nor given up" if waiting else None


@always("the balances of a global checkpoint add up", needs={"state": "balance", "completed": "checkpoint_id parts"})
def totals_add_up(cluster: Any) -> Judge:
    """CW-34: transfers move balances and make none."""
    first: dict[str, int] = {}
    said: Any = NOTHING
    while True:
        record = yield said
        said = NOTHING
        if record.kind == "state":
            if record.data is not None:
                first.setdefault(record.node, record.data.balance)
            continue
        found = [balance_of(state) for _, _, _, state, _ in record.data.parts]
        total = sum(balance for balance in found if balance is not None)
        true = sum(first.get(node, 0) for node, *_ in record.data.parts)
        said = None if total == true else f"{record.data.checkpoint_id} adds up to {total}, and there are {true}"


@always(
    "the parts of a global checkpoint are of one execution",
    needs={"boot": "life", "submitted": "checkpoint_id logical_time root", "completed": "checkpoint_id parts"},
)
def parts_are_of_one_execution(cluster: Any) -> Judge:
    """CW-35: no part was made before a restart of a node whose own part was made after it."""
    booted: dict[str, tuple[int, int]] = {}  # the record of a node's last boot, and its life
    made: dict[tuple[str, str, int, str], tuple[int, int]] = {}  # its record, and that of the boot before it
    said: Any = NOTHING
    while True:
        record = yield said
        said = NOTHING
        fact = record.data
        if record.kind == "boot":
            booted[record.node] = (record.seq, fact.life)
        elif record.name == "submitted":
            seq, life = booted.get(record.node, (0, 1))
            made[fact.checkpoint_id, record.node, fact.logical_time, fact.root] = (record.seq, seq if life > 1 else 0)
        else:
            parts = [(n, made.get((fact.checkpoint_id, n, time, root))) for n, time, _, _, root in fact.parts]
            known = [(node, part) for node, part in parts if part is not None]
            mixed = [(a, b) for a, (at, _) in known for b, (_, boot) in known if at < boot]
            said = None if not mixed else (
                f"{fact.checkpoint_id} joins a part of {mixed[0][0]} with what {mixed[0][1]} did after a restart"
            )  # fmt: skip


WISHES = (
    registers_agree,
    reads_own_writes,
    orders_agree,
    causes_come_first,
    appends_survive,
    names_stand_once,
    once_per_request,
    activity_is_not_negative,
    updates_survive,
    everyone_is_heard,
    newest_parts_count,
    latest_moves_on,
    checkpoints_end,
    totals_add_up,
    parts_are_of_one_execution,
)
