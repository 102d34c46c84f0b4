"""Catching up: serving a pull, judging a chunk, and the two memories of a puller (sections 6.1, 6.2 and 7.6)."""

from __future__ import annotations

from typing import NamedTuple

from sim.machine import NodeId
from sim.units import S

from .logfile import LogFile
from .messages import BAD_RANGE, CHANNEL_CLOSED, Event, SyncNack, SyncRequest, SyncResponse

STRIKES_FREE = 3
BACKOFF_FIRST = 1 * S
BACKOFF_MAX = 30 * S
DOUBLINGS_MAX = 20
BACKOFF_KEPT = 2 * BACKOFF_MAX  # after the end of a window
REQUEST_TTL = 30 * S
REGISTRY_SOFT_CAP = 256


# -- the leader's side -------------------------------------------------------------------------------------


def serve(
    log: LogFile, msg: SyncRequest, below_floor: str = "bad-range", at_tail: str = "empty", oversized: str = "ships"
) -> SyncResponse | SyncNack:
    """Return what a leader answers to a request; the choices are P7, P8 and P17."""
    floor, since = log.first_retained, msg.since_seq
    if log.closed:
        return SyncNack(msg.channel_id, since, CHANNEL_CLOSED, 0, msg.request_id)
    below = since < floor and below_floor == "bad-range"
    beyond = since >= log.next_seq and at_tail == "bad-range"
    if below or beyond:
        return SyncNack(msg.channel_id, since, BAD_RANGE, floor, msg.request_id)
    events = log.chunk(since, msg.chunk_max, oversized)
    first_seq = events[0][0] if events else since
    return SyncResponse(msg.channel_id, first_seq, floor, events, msg.request_id)


# -- the follower's side -----------------------------------------------------------------------------------


class Gap(NamedTuple):
    """The chunk begins above the tail; `divergence_suspected` is worth a warning and nothing else."""

    first_seq: int
    divergence_suspected: bool


class Misfit(NamedTuple):
    """The chunk cannot be applied at all."""

    why: str  # not-consecutive | stale


def fit(
    msg: SyncResponse, next_seq: int, overlap: str = "stale", suspects: str = "retained"
) -> tuple[Event, ...] | Gap | Misfit:
    """Return the events of a response that belong at the tail, or why none do; the choices are P11 and P15.

    Only sequences are compared: the message has no field by which what lies before the chunk could be checked.
    """
    events = msg.events
    if any(event[0] != msg.first_seq + i for i, event in enumerate(events)):
        return Misfit("not-consecutive")
    if not events:
        return ()
    if msg.first_seq > next_seq:
        floor = msg.leader_first_retained_seq
        return Gap(msg.first_seq, next_seq >= floor if suspects == "retained" else msg.first_seq > floor)
    if msg.first_seq < next_seq:
        return Misfit("stale") if overlap == "stale" else events[next_seq - msg.first_seq :]
    return events


class Strikes(NamedTuple):
    """Consecutive empty responses of one leader, and until when it is not asked."""

    empty: int
    until: int | None


class CatchupBackoff:
    """Leaders that advertise more than they ship are left alone for a while. NB: only progress forgives."""

    def __init__(self, window_max: int = BACKOFF_MAX) -> None:
        self.leaders: dict[NodeId, Strikes] = {}
        self._window_max = window_max

    def record_empty(self, leader: NodeId, at: int) -> Strikes:
        """Count a strike; from the fourth on each opens a window, twice as long as the one before."""
        count = self.leaders.get(leader, Strikes(0, None)).empty + 1
        until = None
        if count > STRIKES_FREE:
            doublings = min(count - STRIKES_FREE - 1, DOUBLINGS_MAX)
            until = at + min(BACKOFF_FIRST << doublings, self._window_max)
        strikes = self.leaders[leader] = Strikes(count, until)
        return strikes

    def record_progress(self, leader: NodeId) -> None:
        self.leaders.pop(leader, None)

    def active(self, leader: NodeId, at: int) -> bool:
        """Return whether requests to a leader are to be withheld."""
        until = self.leaders.get(leader, Strikes(0, None)).until
        return until is not None and at < until

    def collect(self, at: int) -> None:
        """Forget leaders whose window ended long ago; those who never had a window stay for ever."""
        past = [n for n, s in self.leaders.items() if s.until is not None and at - s.until >= BACKOFF_KEPT]
        for leader in past:
            del self.leaders[leader]


class OutstandingRequests:
    """The tokens of requests under way; an answer without one is dropped, and a token admits one answer."""

    def __init__(self) -> None:
        self.tokens: dict[tuple[NodeId, int], int] = {}

    def record(self, leader: NodeId, token: int, at: int) -> None:
        """Remember a token. At the soft cap only expired ones make room, so the map may grow beyond it."""
        if len(self.tokens) >= REGISTRY_SOFT_CAP:
            self.tokens = {key: since for key, since in self.tokens.items() if at - since < REQUEST_TTL}
        self.tokens[leader, token] = at

    def take(self, leader: NodeId, token: int, at: int) -> bool:
        """Consume a token and return whether it was there and still valid."""
        since = self.tokens.pop((leader, token), None)
        return since is not None and at - since < REQUEST_TTL

    def clear_leader(self, leader: NodeId) -> None:
        self.tokens = {key: since for key, since in self.tokens.items() if key[0] != leader}
