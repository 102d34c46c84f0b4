"""Rules of what nodes ask and answer: I6, I8 to I10 and I17 of section 10.1, and R3 of 10.3.

A rule is asked about the records of its topics, and says what is wrong, None, or NOTHING. Ages are of true time:
whether a window is over is not judged once a clock runs at a wrong rate.
"""

from __future__ import annotations

from typing import Any

from sim.property import END, NOTHING
from sim.units import S, clock_text

from .catchup import BACKOFF_FIRST, BACKOFF_MAX, REQUEST_TTL, STRIKES_FREE
from .messages import NOT_LEADER, event_bytes
from .roles import FOLLOWER, IDLE, LEADER
from .tracker import MISS_THRESHOLD
from .witness import TICK, Link, Witness


class AsksItsLeader:
    """I8: a request leaves a follower's tick, once, and is for what its leader advertises above its own tail."""

    topics = ("send SyncRequest",)

    def __init__(self, cluster: Any, witness: Witness) -> None:
        self.witness = witness
        self.last: dict[str, int] = {}  # by node: the step of its last request

    def judge(self, record: Any) -> Any:
        """Judge a request."""
        step, node, dst = self.witness.step(record), record.node, record.data.dst
        since, advertised = record.data.data.since_seq, self.witness.tails.get((node, dst), 0)
        if step is None or step.input != TICK:
            return f"{node} asks {dst} outside a tick"
        again, self.last[node] = self.last.get(node), record.cause
        if again == record.cause:
            return f"{node} asks twice in one tick"
        if step.view.role != FOLLOWER or step.view.leader != dst:
            return f"{node} asks {dst} as {step.view.role} that believes in {step.view.leader}"
        if since != step.view.tail or since >= advertised:
            return f"{node} asks for {since} on, its tail being {step.view.tail} and that of {dst} {advertised}"
        return None


class HeedsWhatItAskedFor:
    """I6: an answer changes a log, or counts as a strike, only if its leader was asked for it, and once."""

    topics = ("send SyncRequest", "note stored", "note skipped", "note struck", "crash")

    def __init__(self, cluster: Any, witness: Witness) -> None:
        self.witness = witness
        self.asked: dict[tuple[str, str, Any], int] = {}  # by node, leader and token: when
        self.spent: dict[tuple[str, str, Any], int] = {}  # the step that spent it

    def judge(self, record: Any) -> Any:
        """Remember a request, or judge by what right an answer takes effect."""
        node = record.node
        if record.kind == "send":
            self.asked[node, record.data.dst, record.data.data.request_id] = record.at
            return NOTHING
        if record.kind == "crash":
            self.asked = {key: at for key, at in self.asked.items() if key[0] != node}
            return NOTHING
        step = self.witness.step(record)
        response, nack = (None, None) if step is None else (step.message("SyncResponse"), step.message("SyncNack"))
        answer = nack if response is None else response
        if step is None or answer is None:
            return NOTHING
        src = step.sent.node
        key = node, src, answer.request_id
        if step.view.leader != src or (response is not None and step.view.role != FOLLOWER):
            return f"{node} heeds {src} as {step.view.role} that believes in {step.view.leader}"
        if key not in self.asked or (step.at - self.asked[key] >= REQUEST_TTL and self.witness.true):
            return f"{node} heeds an answer of {src} that it did not ask for, or too long ago"
        if self.spent.setdefault(key, record.cause) != record.cause:
            return f"{node} heeds two answers of {src} to one request"
        return None


class AnswersOnce:
    """I9, R3: a request gets one answer, by its leader or a refusal, and a chunk is as large as was asked for."""

    topics = ("step SyncRequest", "send SyncResponse", "send SyncNack", "crash", "fault", END)

    def __init__(self, cluster: Any, witness: Witness) -> None:
        self.witness = witness
        self.owed: dict[int, str] = {}  # by the step that took a request: who has yet to answer it
        self.slow = False  # a disk is, so an answer may wait

    def judge(self, record: Any) -> Any:
        """Remember a request, judge an answer, and at the end what was never answered."""
        if record.kind == "step":
            self.owed[record.seq] = record.node
        elif record.kind == "send":
            return self._answered(record)
        elif record.kind == "crash":
            self.owed = {step: node for step, node in self.owed.items() if node != record.node}
        elif record.kind == "fault":
            self.slow = self.slow or record.data.what == "disk"
        elif self.owed and not self.slow:
            return f"{min(self.owed.values())} never answered a request"
        return NOTHING

    def _answered(self, record: Any) -> str | None:
        step, answer, node, dst = self.witness.step(record), record.data.data, record.node, record.data.dst
        request = None if step is None else step.message("SyncRequest")
        if step is None or request is None or (step.sent.node, request.request_id) != (dst, answer.request_id):
            return f"{node} answers {dst} without a request of it"
        if self.owed.pop(record.cause, None) is None:
            return f"{node} answers one request of {dst} twice"
        response = record.data.type == "SyncResponse"
        if (not response and answer.error_code == NOT_LEADER) is (step.view.role == LEADER):
            return f"{node} answers {record.data.type} as {step.view.role}"
        size = sum(event_bytes(payload) for _, payload in answer.events) if response else 0
        if response and len(answer.events) > 1 and size > request.chunk_max:
            return f"{node} ships {size} bytes, and {request.chunk_max} were asked for"
        return None


class BacksOff:
    """I10: from the fourth empty answer running a leader is left alone, for a second and then twice as long."""

    topics = ("note struck", "note stored", "note skipped", "send SyncRequest", "crash")

    def __init__(self, cluster: Any, witness: Witness) -> None:
        self.witness = witness
        self.strikes: dict[Link, int] = {}
        self.until: dict[Link, int] = {}
        self.skipped = -1  # the step that skipped last: what it stores is no progress
        self.stored = -1  # the step that stored last: it was no empty answer

    def judge(self, record: Any) -> Any:
        """Judge a strike, or a request within a window; progress forgives."""
        if record.kind == "crash":
            self.strikes = {link: n for link, n in self.strikes.items() if link[0] != record.node}
            self.until = {link: at for link, at in self.until.items() if link[0] != record.node}
        elif record.kind == "send":
            over = self.until.get((record.node, record.data.dst))
            if over is not None and self.witness.true:
                early = record.at < over
                return f"{record.node} asks {record.data.dst} before {clock_text(over)}" if early else None
        elif record.name == "struck":
            return self._struck(record)
        elif record.name == "skipped":
            self.skipped = record.cause
        elif record.cause != self.skipped:
            self.stored = record.cause
            step = self.witness.step(record)
            if step is not None and step.message("SyncResponse") is not None:
                self.strikes.pop((record.node, step.sent.node), None)
                self.until.pop((record.node, step.sent.node), None)
        return NOTHING

    def _struck(self, record: Any) -> str | None:
        step, fact, witness = self.witness.step(record), record.data, self.witness
        link = record.node, fact.leader
        running, self.strikes[link] = self.strikes.get(link, 0), fact.strikes
        if fact.window:
            self.until[link] = record.at + fact.window
        age = record.at - witness.heard.get(link, -10 * S)
        fresh = age < MISS_THRESHOLD * witness.heartbeat.get(record.node, 0) or not witness.true
        behind = step is not None and record.cause != self.stored and witness.tails.get(link, 0) > step.view.tail
        if not fresh or not behind:
            return f"{record.node} strikes {fact.leader}, which owes it nothing"
        if fact.strikes not in (1, running + 1) or fact.window != _window(fact.strikes):
            return f"{record.node} leaves {fact.leader} alone for {fact.window} ns on strike {fact.strikes}"
        return None


def _window(strikes: int) -> int:
    return 0 if strikes <= STRIKES_FREE else min(BACKOFF_FIRST << (strikes - STRIKES_FREE - 1), BACKOFF_MAX)


class IdleIsQuiet:
    """I17: an idle node says nothing but that it does not lead."""

    topics = ("send SyncHeartbeat", "send SyncRequest", "send SyncResponse", "send SyncNack")

    def __init__(self, cluster: Any, witness: Witness) -> None:
        self.witness = witness

    def judge(self, record: Any) -> Any:
        """Judge what leaves an idle node."""
        step = self.witness.step(record)
        if step is None or step.view is None or step.view.role != IDLE:
            return NOTHING
        if record.data.type == "SyncNack" and record.data.data.error_code == NOT_LEADER:
            return None
        return f"{record.node} is idle and sends {record.data.type}"


RULES = (AsksItsLeader, HeedsWhatItAskedFor, AnswersOnce, BacksOff, IdleIsQuiet)
