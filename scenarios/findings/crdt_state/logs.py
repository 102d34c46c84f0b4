"""CW-6 to CW-16: the event log and its counters."""

from __future__ import annotations

from hashlib import blake2b
from itertools import combinations

from models.crdt_state.eventlog import CrdtEventLog, concatenated
from sim.machine import Ask

from ..weakness import Evidence, Figures, Weakness
from .bench import Params, facts, last_views, moment, node


def log_of(params: Params, name: str) -> CrdtEventLog:
    """Return a log with the rules of a profile."""
    return CrdtEventLog(
        name,
        params.get("lww_merge", "strict"),
        params.get("log_order", "sequence"),
        params.get("log_dedup", "batch"),
    )


def listing(log: CrdtEventLog) -> str:
    """Return a log's entries by name, as it lists them."""
    return " ".join(f"{entry.origin_node}#{entry.sequence}" for entry in log.entries)


def orders_of_random_runs(params: Params) -> Figures:
    """CW-6: one event each, and random runs of three logs that all exchange everything at the end."""
    a, b = log_of(params, "n1"), log_of(params, "n2")
    a.append(b"a", 1)
    b.append(b"b", 2)
    of_a = a.export_state()
    a.merge_remote(b.export_state())
    b.merge_remote(of_a)
    runs = 300
    alike = sum(_one_order(params, run) for run in range(runs))
    return {"orders of two entries": len({listing(a), listing(b)}), "share of one order": round(alike / runs, 2)}


def _one_order(params: Params, run: int) -> bool:
    logs = [log_of(params, f"n{i}") for i in range(3)]
    for step in range(20):
        what, one, other = _drawn(run, step, 3, 3, 3)
        if what == 0:
            logs[one].append(b"e", step)
        else:
            logs[one].merge_remote(logs[other].export_state())
    for _ in range(2):
        for i, log in enumerate(logs):
            for j in range(3):
                log.merge_remote(logs[(i + j) % 3].export_state())
    return len({listing(log) for log in logs}) == 1


def _drawn(run: int, step: int, *sides: int) -> tuple[int, ...]:
    block = blake2b(f"{run} {step}".encode(), digest_size=16).digest()
    return tuple(int.from_bytes(block[4 * i : 4 * i + 4], "big") % side for i, side in enumerate(sides))


def a_consumer_tails_the_log(params: Params) -> Figures:
    """CW-7: what is read twice and never by one that remembers where it was; by origin, if the log keeps an order."""
    a, b = log_of(params, "A"), log_of(params, "B")
    for i in range(3):
        b.append(b"%d" % i, i)
    a.merge_remote(b.export_state())
    by_origin = params.get("log_order") == "canonical"
    seen = list(a.entries)
    a.append(b"late", 9)
    between = listing(a)
    a.merge_remote(b.export_state())
    cursor = {"B": 3}
    later = a.after(cursor) if by_origin else a.entries[len(seen) :]
    every = [entry.key for entry in (*seen, *later)]
    return {
        "read twice": len(every) - len(set(every)),
        "never read": len({entry.key for entry in a.entries} - set(every)),
        "before the merge": between,
        "after it": listing(a),
    }


def doubles_in_one_batch(params: Params) -> Figures:
    """CW-11."""
    source, log = log_of(params, "A"), log_of(params, "C")
    source.append(b"a", 1)
    batch = source.export_state()._replace(entries=concatenated([source.export_state()] * 2))
    log.merge_remote(batch)
    first = len(log.entries)
    log.merge_remote(batch)
    return {"copies after one merge": first, "copies after two": len(log.entries)}


def a_request_is_retried(params: Params) -> Figures:
    """CW-14: a removal whose answer was lost is asked for again; and one where there is nothing to remove."""
    machine, empty = node(params, "log"), node(params, "log")
    for op in (1, 2):
        machine.step(Ask("c", op, "append", (f"e{op}",)), moment())
    for _ in range(2):
        machine.step(Ask("c", 3, "remove"), moment())
    empty.step(Ask("c", 4, "remove"), moment())
    return {"counted for one request": 2 - machine.activity, "activity of nothing": empty.activity}


READS = ("events", "activity", "registers", "entries")
WRITES = ("entries", "events", "activity")  # in the order in which an append takes its locks


def exports_between_locks(params: Params) -> Figures:
    """CW-16: every way in which an append's locks may fall between those of an export, where both are threads."""
    torn: dict[str, int] = {"entry without its count": 0, "count without its entry": 0, "interleavings": 0}
    whole = len(READS) + len(WRITES)
    for places in combinations(range(whole), len(WRITES)):
        order = ["" for _ in range(whole)]
        for place, what in zip(places, WRITES, strict=True):
            order[place] = what
        reads, done, read = iter(READS), set(), {}
        for what in order:
            if what:
                done.add(what)
            else:
                name = next(reads)
                read[name] = name in done
        torn["interleavings"] += 1
        torn["entry without its count"] += read["entries"] and not read["events"]
        torn["count without its entry"] += read["events"] and not read["entries"]
    return torn


# -- what runs show ----------------------------------------------------------------------------------------


def place_of_the_reply(evidence: Evidence) -> Figures:
    """Return where the logs list the reply, from 1, and how many entries caused it."""
    listed = [record.data for record in evidence.records if record.kind == "content"]
    places = {next(i for i, (key, _) in enumerate(log, 1) if key.startswith("n2")) for log in listed}
    return {"place of the reply": max(places), "entries that caused it": 6}


def counted(evidence: Evidence) -> Figures:
    """Return how many appends there were, and what nodes count at the end."""
    views = last_views(evidence)
    return {
        "appends": len(facts(evidence, "appended")),
        "events counted": max(view.events for view in views.values()),
        "entries, most": max(view.tail for view in views.values()),
        "entries, least": min(view.tail for view in views.values()),
    }


def bytes_sent(evidence: Evidence) -> Figures:
    """Return how many entries the first and the last export hold, after 200 appends of twelve bytes."""
    entries = [len(record.data.data[4]) for record in evidence.records if record.kind == "send" and record.node == "n1"]
    return {"messages": len(entries), "entries in the last message": entries[-1], "bytes of them": 40 * entries[-1]}


ENTRIES = (
    Weakness(
        id="CW-6",
        summary="Replicas with the same entries list them in different orders.",
        step=orders_of_random_runs,
        weak=lambda figures: figures["orders of two entries"] != 1,
        expected={"orders of two entries": 2, "share of one order": 0.12},
        note="`crdt_state/each_lists_its_own_first` is the schedule as a run. The specification does not say how its "
        "random runs are drawn, and the share depends on that: here 300 runs of 20 steps on three logs, a third "
        "of them appends, then everybody merges everything. With 8 steps it was 41 %, with 30 steps on four "
        "logs 1 %.",
    ),
    Weakness(
        id="CW-7",
        summary="A consumer that remembers its place in the list reads entries twice and misses others.",
        step=a_consumer_tails_the_log,
        weak=lambda figures: bool(figures["read twice"]) or bool(figures["never read"]),
        expected={
            "read twice": 1,
            "never read": 1,
            "before the merge": "B#0 B#1 B#2 A#0",
            "after it": "B#0 A#0 B#1 B#2",
        },
        note="No order keeps an index valid in which late entries come in between: the canonical log is read by a "
        "cursor of sequences by origin.",
    ),
    Weakness(
        id="CW-8",
        summary="A reply is listed right behind the first entry of those that caused it.",
        scenario="crdt_state/reply_before_its_cause",
        breaks=("causes_come_first",),
        figures=place_of_the_reply,
        expected={"place of the reply": 2},
        note="The canonical order goes by stamps, so with true clocks it mends this alone; with skewed ones it takes "
        "the hybrid clock as well.",
    ),
    Weakness(
        id="CW-9",
        summary="An event appended after a restart has an old one's name, and everybody who has that one discards it.",
        scenario="crdt_state/restart_reuses_sequences",
        breaks=("appends_survive", "entries_are_unique"),
        figures=counted,
        expected={"appends": 6, "events counted": 5},
        note="The switches that name writes or rounds by node bring incarnations along, for they cannot do without.",
    ),
    Weakness(
        id="CW-10",
        summary="After a restart that merges first, who holds which entries depends on the order of deliveries.",
        scenario="crdt_state/merge_first_reuses_sequences",
        breaks=("names_stand_once", "entries_are_unique"),
        figures=counted,
        expected={"events counted": 3, "entries, most": 3, "entries, least": 2},
    ),
    Weakness(
        id="CW-11",
        summary="A batch that names an entry twice puts it into a fresh log twice, and the next batch hides that.",
        step=doubles_in_one_batch,
        weak=lambda figures: figures["copies after one merge"] != 1,
        expected={"copies after one merge": 2, "copies after two": 2},
    ),
    Weakness(
        id="CW-12",
        summary="What a node counts after a restart is absorbed by what it had counted before.",
        scenario="crdt_state/counter_amnesia",
        breaks=("counts_are_true",),
        figures=counted,
        expected={"appends": 7, "events counted": 5},
        note="The switches that name writes or rounds by node bring incarnations along, for they cannot do without.",
    ),
    Weakness(
        id="CW-13",
        summary="Two processes of one name count seven each and are counted seven together.",
        scenario="crdt_state/two_of_one_name",
        breaks=("counts_are_true", "entries_are_unique"),
        figures=counted,
        expected={"appends": 14, "events counted": 7},
        note="With incarnations nothing is lost, and once they hear of each other the older process takes no more "
        "operations.",
    ),
    Weakness(
        id="CW-14",
        summary="A request that is retried after a lost answer counts twice, and removals go below nothing.",
        step=a_request_is_retried,
        weak=lambda figures: figures["counted for one request"] != 1 or figures["activity of nothing"] != 0,
        expected={"counted for one request": 2, "activity of nothing": -1},
        note="`crdt_state/retry_counts_twice` is a run of it. The repair looks at the local count alone: two nodes "
        "may still remove the last event at the same time, which only escrow would prevent.",
    ),
    Weakness(
        id="CW-15",
        summary="Every message holds the whole history.",
        scenario="crdt_state/exports_grow",
        figures=bytes_sent,
        weak=lambda figures: figures["entries in the last message"] > 50,  # type: ignore[operator]
        mends=("logs_converge",),
        expected={"entries in the last message": 200},
        note="Two seconds at the specification's rate of one append per 10 ms; its ten minutes would be 60,000 "
        "entries, 2.4 MB a message with twelve bytes each. Deltas bound messages, not memory: entries, inboxes "
        "and completed checkpoints are kept for ever in both.",
    ),
    Weakness(
        id="CW-16",
        summary="An export that takes one lock after another may hold an entry without its count.",
        step=exports_between_locks,
        weak=lambda figures: bool(figures["entry without its count"]) or bool(figures["count without its entry"]),
        expected={"interleavings": 35},
        judgement="depends",
        unmended="there is nothing to mend: an export of a machine is one event, under every switch alike.",
        note="The conjecture holds for threads, but the other way round: an append stores its entry before it counts "
        "it, and an export reads counts before entries. So of the 35 interleavings of their locks many show an "
        "entry without its count, and none the count without its entry that the specification names. In this "
        "model an export is one event, so no run shows either.",
    ),
)
