"""What quorum_write never breaks under its premises (section 7), and what its weaknesses break (section 6).

A copy of a row is known by its value: clients write every value once. Of two rows under a key the one with the later
stamp wins, then the larger id.
"""

from __future__ import annotations

from collections.abc import Generator
from typing import Any

from sim.property import END, NOTHING, always

from .errors import ID_DRIFT, IN_FLIGHT, LOCAL_WRITE_FAILED, REFUSED, TIMEOUT, UNREACHABLE
from .replica import PRELOADED

Judge = Generator[Any, Any, None]
TICK = 1  # ns
NOT_MET = (UNREACHABLE, TIMEOUT, ID_DRIFT, IN_FLIGHT, REFUSED)


class Copies:
    """What every node holds durably, and which values were written in the knowledge of which."""

    def __init__(self) -> None:
        self.held: dict[str, dict[str, Any]] = {}  # key to node to fact
        self.values: dict[tuple[str, str], set[str]] = {}  # key and value to the nodes that hold it or have held it
        # By key, each value with those that were written where it, or another of these, was held.
        self.later: dict[str, dict[str, set[str]]] = {}

    def hear(self, record: Any) -> None:
        """Take notice of a held fact, or of a crash that wipes."""
        if record.kind == "crash":
            if record.data.how == "wiped":
                for of_key in self.held.values():
                    of_key.pop(record.node, None)
                for nodes in self.values.values():
                    nodes.discard(record.node)
            return
        fact = record.data
        self.held.setdefault(fact.key, {})[record.node] = fact
        for value in fact.values:
            self.values.setdefault((fact.key, value), set()).add(record.node)

    def wrote(self, node: str, fact: Any) -> None:
        """Take notice of a client's write at a node: it replaces what is held there, and what that had replaced."""
        here = self.held.get(fact.key, {}).get(node)
        of_key = self.later.setdefault(fact.key, {})
        for value in here.values if here is not None else ():
            for later in of_key.values():
                if value in later:
                    later.add(fact.value)
            of_key.setdefault(value, set()).add(fact.value)

    def holding(self, row: Any) -> list[str]:
        """Return the nodes that hold a row now, or one under its key that wins."""
        return [node for node, fact in self.held.get(row.key, {}).items() if _stands(fact, row)]

    def had(self, key: str, value: str) -> set[str]:
        """Return the nodes that hold a value or a later one, or held it once, and whose disks were not wiped since."""
        found = set(self.values.get((key, value), ()))
        for later in self.later.get(key, {}).get(value, ()):
            found |= self.values.get((key, later), set())
        return found


def _stands(held: Any, row: Any) -> bool:
    return row.value in held.values or (held.stamp, held.id) > (row.stamp, row.id)


# -- section 7: what holds under the premises --------------------------------------------------------------


@always(
    "a client is told Ok when W nodes hold the row durably, or one that wins (QI-10)",
    needs={"configured": "w", "held": "key id stamp values", "quorum": "key id value stamp", "crash": "how"},
)
def acknowledged_is_durable(cluster: Any) -> Judge:
    """Count the copies at the very record that tells the client."""
    copies = Copies()
    need: dict[str, int] = {}
    said: Any = NOTHING
    while True:
        record = yield said
        said = NOTHING
        if record.name == "configured":
            need[record.node] = record.data.w
        elif record.name == "quorum":
            where = copies.holding(record.data)
            w = need.get(record.node, 1)
            said = None if len(where) >= w else f"{record.node} tells Ok of {record.data.value}, {_on(where)}, not {w}"
        else:
            copies.hear(record)


@always(
    "what was acknowledged stays on W nodes, less those whose disks were lost since it was written (QI-11)",
    needs={
        "configured": "w",
        "wrote": "attempt",
        "held": "key id stamp values",
        "quorum": "attempt key id value stamp",
        "crash": "how",
    },
)
def acknowledged_survives_losses(cluster: Any) -> Judge:
    """Judge after every change; each lost disk may cost one copy, and W lost disks excuse everything."""
    copies = Copies()
    need: dict[str, int] = {}
    wiped: list[str] = []  # whose disks were lost, in order
    begun: dict[str, int] = {}  # by attempt, how many disks had been lost when it was written
    told: dict[str, tuple[Any, int, int]] = {}  # by key, the winner of the acknowledged rows, its W, and disks lost
    said: Any = NOTHING
    while True:
        record = yield said
        said = NOTHING
        data = record.data
        if record.name == "configured":
            need[record.node] = data.w
        elif record.name == "wrote":
            begun[data.attempt] = len(wiped)
        elif record.name == "quorum":
            before = told.get(data.key)
            if before is None or (data.stamp, data.id) > (before[0].stamp, before[0].id):
                told[data.key] = (data, need.get(record.node, 1), begun.get(data.attempt, len(wiped)))
            said = _thinned(copies, wiped, *told[data.key])
        elif record.name == "held":
            copies.hear(record)
            said = _thinned(copies, wiped, *told[data.key]) if data.key in told else NOTHING
        elif data.how == "wiped":
            copies.hear(record)
            wiped.append(record.node)
            found = [_thinned(copies, wiped, *row) for row in told.values()]
            said = next((sentence for sentence in found if isinstance(sentence, str)), None) if found else NOTHING


def _thinned(copies: Copies, wiped: list[str], row: Any, w: int, since: int) -> Any:
    """Say that a row is on fewer nodes than the disks lost since account for."""
    lost = len(set(wiped[since:]))
    if lost >= w:
        return NOTHING
    where = copies.holding(row)
    return None if len(where) >= w - lost else f"{row.value} was acknowledged, and is {_on(where)}"


@always(
    "every row was written by a client, and every counted acknowledgement followed the peer's apply (QI-13)",
    needs={
        "ask": "action args",
        "held": "key id stamp values",
        "counted": "peer node key id value stamp",
        "crash": "how",
    },
)
def nothing_invented(cluster: Any) -> Judge:
    """Judge rows against what was asked, and counts against the rows."""
    copies = Copies()
    asked = {PRELOADED}
    said: Any = NOTHING
    while True:
        record = yield said
        said = NOTHING
        if record.kind == "ask":
            if record.data.action == "write":
                asked.add(str(record.data.args[1]))
        elif record.name == "counted":
            fact = record.data
            there = fact.node in copies.holding(fact)
            said = None if there else f"{record.node} counts {fact.peer} for {fact.value}, which {fact.node} has not"
        else:
            copies.hear(record)
            if record.name == "held":
                new = [value for value in record.data.values if value not in asked]
                said = f"{record.node} holds {new[0]}, which nobody wrote" if new else None


@always(
    "a live coordinator answers within the ack timeout and a tick of its local commit (QI-14)",
    needs={"configured": "ack_timeout", "committed": "attempt", "verdict": "attempt by", "crash": "", END: ""},
)
def answered_in_time(cluster: Any) -> Judge:
    """Judge every attempt when it is answered, or at the first record after it was due."""
    within: dict[str, int] = {}
    due: dict[str, tuple[int, str]] = {}
    answered: set[str] = set()  # before the local commit: it failed, or its deadline did not wait
    said: Any = NOTHING
    while True:
        record = yield said
        said = NOTHING
        late = next(((name, *what) for name, what in due.items() if what[0] < record.at), None)
        if late is not None:
            said = f"{late[2]} has not answered {late[0]}, which was due at {late[1]} ns"
        elif record.name == "configured":
            within[record.node] = record.data.ack_timeout
        elif record.name == "committed":
            if record.data.attempt not in answered:
                due[record.data.attempt] = (record.at + within[record.node] + TICK, record.node)
        elif record.name == "verdict":
            if record.data.by == "reply":
                answered.add(record.data.attempt)
                said = None if due.pop(record.data.attempt, None) is not None else NOTHING
        elif record.kind == "crash":
            due = {name: what for name, what in due.items() if what[1] != record.node}


@always(
    "after QuorumNotMet the coordinator holds the row, or one that wins (QI-16)",
    needs={
        "wrote": "attempt key id value stamp",
        "held": "key id stamp values",
        "verdict": "attempt by outcome",
        "crash": "how",
    },
)
def failure_keeps_the_row(cluster: Any) -> Judge:
    """All that an error promises: never that the write did not happen."""
    copies = Copies()
    wrote: dict[str, Any] = {}
    said: Any = NOTHING
    while True:
        record = yield said
        said = NOTHING
        if record.name == "wrote":
            wrote[record.data.attempt] = record.data
        elif record.name == "verdict":
            row = wrote.get(record.data.attempt)
            if row is not None and record.data.by == "reply" and record.data.outcome in NOT_MET:
                there = record.node in copies.holding(row)
                said = None if there else f"{record.node} reports {record.data.outcome} and has lost {row.value}"
        else:
            copies.hear(record)


# -- section 6: what one would expect, and the seed breaks -------------------------------------------------


@always("the outcome of an attempt does not change (QW-3)", needs={"verdict": "attempt by outcome"})
def one_verdict(cluster: Any) -> Judge:
    """Compare whatever is told of an attempt, to its client or to anybody else; that it is open is no verdict."""
    told: dict[str, bool] = {}
    said: Any = NOTHING
    while True:
        record = yield said
        said = NOTHING
        fact = record.data
        if fact.outcome == IN_FLIGHT:
            continue
        ok = fact.outcome == "ok"
        before = told.setdefault(fact.attempt, ok)
        said = None if before == ok else f"{record.node} says {fact.outcome} of {fact.attempt}, and said otherwise"


@always("the two questions of a tracker agree at every instant (QW-2)", needs={"status": "attempt met finalised"})
def verdicts_agree(cluster: Any) -> Judge:
    """Judge each status: the quorum is met exactly if the outcome is ok."""
    said: Any = NOTHING
    while True:
        record = yield said
        fact = record.data
        good = fact.met == (fact.finalised == "ok")
        said = None if good else f"{fact.attempt} is{'' if fact.met else ' not'} met, and its outcome {fact.finalised}"


@always(
    "a failure comes no earlier than the ack timeout after the local commit, unless a peer refused (QW-12)",
    needs={
        "configured": "ack_timeout",
        "committed": "attempt",
        "refusal": "attempt",
        "verdict": "attempt by outcome",
    },
)
def peers_have_their_time(cluster: Any) -> Judge:
    """Judge every verdict on a write that was committed here."""
    within: dict[str, int] = {}
    committed: dict[str, int] = {}
    refused: set[str] = set()
    said: Any = NOTHING
    while True:
        record = yield said
        said = NOTHING
        if record.name == "configured":
            within[record.node] = record.data.ack_timeout
        elif record.name == "committed":
            committed[record.data.attempt] = record.at
        elif record.name == "refusal":
            refused.add(record.data.attempt)
        elif record.data.by == "reply":
            fact = record.data
            since = committed.get(fact.attempt)
            if fact.outcome == LOCAL_WRITE_FAILED or since is None or fact.attempt in refused:
                continue
            left = record.at - since
            early = fact.outcome != "ok" and left < within[record.node]
            said = f"{record.node} reports {fact.outcome} {left} ns after its local commit" if early else None


@always(
    "as many replicas as were counted have stored this very row, or a causally later one (QW-9, QW-10, QW-17)",
    needs={
        "wrote": "key value",
        "held": "key id stamp values",
        "quorum": "key value copies nodes members",
        "crash": "how",
    },
)
def counted_hold_it(cluster: Any) -> Judge:
    """Judge every Ok by who has stored the value: a row that merely wins over it is none of its copies."""
    copies = Copies()
    said: Any = NOTHING
    while True:
        record = yield said
        said = NOTHING
        if record.name == "wrote":
            copies.wrote(record.node, record.data)
            continue
        if record.name != "quorum":
            copies.hear(record)
            continue
        fact = record.data
        where = sorted(copies.had(fact.key, fact.value) & set(fact.nodes))
        said = (
            None if len(where) >= fact.copies else f"{record.node} counts {fact.copies} of {fact.value}, {_on(where)}"
        )


@always("every Ok stands on a majority of the replicas that there are (QW-1, QW-24)", needs={"quorum": "nodes members"})
def majority_of_members(cluster: Any) -> Judge:
    """Judge every Ok against the members that its coordinator knows by then."""
    said: Any = NOTHING
    while True:
        record = yield said
        counted = set(record.data.nodes) & set(record.data.members)
        many = len(record.data.members)
        said = None if 2 * len(counted) > many else f"{record.node} tells Ok with {len(counted)} of {many} replicas"


@always(
    "a write that was reported as failed has no effect (QW-8, QW-13)",
    needs={"ask": "client op action args", "answer": "client op outcome", "held": "key values"},
)
def failed_has_no_effect(cluster: Any) -> Judge:
    """Judge answers by what nodes hold, and rows by what was answered; an outcome told as unknown is no failure."""
    asked: dict[tuple[str, int], tuple[str, str]] = {}
    held: dict[str, dict[str, tuple[str, ...]]] = {}  # by key and node
    failed: set[tuple[str, str]] = set()
    said: Any = NOTHING
    while True:
        record = yield said
        said = NOTHING
        data = record.data
        if record.kind == "ask":
            if data.action == "write":
                asked[data.client, data.op] = (str(data.args[0]), str(data.args[1]))
        elif record.kind == "answer":
            what = asked.get((data.client, data.op))
            if what is None or data.outcome == "elsewhere":
                continue
            key, value = what
            where = [node for node, values in held.get(key, {}).items() if value in values]
            said = None
            if data.outcome == "fail":
                failed.add(what)
                said = f"{record.node} says that {value} failed, and it is {_on(where)}" if where else None
        else:
            held.setdefault(data.key, {})[record.node] = data.values
            bad = [value for value in data.values if (data.key, value) in failed]
            said = f"{record.node} holds {bad[0]}, which was reported as failed" if bad else NOTHING


@always("one operation is one logical write (QW-22)", needs={"wrote": "client op stamp"})
def written_once(cluster: Any) -> Judge:
    """Judge every write against an earlier one of the same operation."""
    stamps: dict[tuple[str, int], tuple[str, int]] = {}
    said: Any = NOTHING
    while True:
        record = yield said
        fact = record.data
        node, stamp = stamps.setdefault((fact.client, fact.op), (record.node, fact.stamp))
        again = (node, stamp) != (record.node, fact.stamp)
        said = f"{record.node} writes {fact.value} anew, which {node} wrote before" if again else None


@always(
    "an acknowledged write is there at the end, unless a later one replaced it (QW-1, QW-8, QW-17, QW-19)",
    needs={
        "ask": "client op action args",
        "answer": "client op outcome",
        "wrote": "key value",
        "held": "key id stamp values",
        "crash": "how",
        "boot": "",
        END: "",
    },
)
def no_silent_loss(cluster: Any) -> Judge:
    """Judge at the end by what live nodes hold.

    A write may have been replaced by one that began after its acknowledgement, or that was made where it was held.
    """
    copies = Copies()
    asked: dict[tuple[str, int], tuple[str, str]] = {}
    begun: dict[str, int] = {}  # by key, when its last write was asked for
    acknowledged: list[tuple[int, str, str]] = []
    live: set[str] = set()
    said: Any = NOTHING
    while True:
        record = yield said
        said = NOTHING
        data = record.data
        if record.kind == "ask":
            if data.action == "write":
                key, value = str(data.args[0]), str(data.args[1])
                asked[data.client, data.op] = (key, value)
                begun[key] = record.at
        elif record.kind == "answer":
            if data.outcome == "ok" and (data.client, data.op) in asked:
                acknowledged.append((record.at, *asked[data.client, data.op]))
        elif record.name == "wrote":
            copies.wrote(record.node, data)
        elif record.kind == END:
            for at, key, value in acknowledged:
                there = {node for node, fact in copies.held.get(key, {}).items() if value in fact.values}
                if not there & live and begun[key] <= at and value not in copies.later.get(key, {}):
                    said = f"{value} was acknowledged at {at} ns, and no live node holds it"
                    break
                said = None
        elif record.kind == "boot":
            live.add(record.node)
        else:
            if record.kind == "crash":
                live.discard(record.node)
            copies.hear(record)


def _on(nodes: Any) -> str:
    return f"on {' and '.join(sorted(nodes)) or 'no node'}"


PROPERTIES = (
    acknowledged_is_durable,
    acknowledged_survives_losses,
    nothing_invented,
    answered_in_time,
    failure_keeps_the_row,
    one_verdict,
    verdicts_agree,
    peers_have_their_time,
    counted_hold_it,
    majority_of_members,
    failed_has_no_effect,
    written_once,
    no_silent_loss,
)
