"""Each rule by which redex acts, each promise of its logs, its reigns and its pace catches a machine that breaks it."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

import pytest

from models._log_facts import Accepted
from models.redex import SWITCHES, Redex, machine
from models.redex.entries import appends_only, single_writer_agrees
from models.redex.facts import Stored, Struck
from models.redex.logfile import SkipRefused
from models.redex.messages import NOT_LEADER, Event, SyncHeartbeat, SyncNack, SyncRequest, SyncResponse
from models.redex.pace import catches_up
from models.redex.reigns import leadership_lasts
from models.redex.roles import FOLLOWER, IDLE, LEADER, PEER_LEADER_OBSERVED
from models.redex.rules import acts_by_the_rules
from sim.clients import Errand
from sim.faults import FOREVER, Crash, Operate, PacketFault, Partition, Planned
from sim.machine import Alarm, NodeId, Now, Send, on
from sim.property import Property
from sim.trace import Booted, Crashed, Header, Record
from sim.units import MS, S

CRASH = Planned(Crash(nodes=("n1",)), at=1003 * MS, lasting=FOREVER)
CUT = Planned(Partition(groups=("n1", "n2")), at=1000 * MS, lasting=1010 * MS)
SHORT_CUT = Planned(Partition(groups=("n1", "n2")), at=1010 * MS, lasting=280 * MS)


def write(node: str, at: int, count: int) -> list[Errand]:
    return [Errand(f"a{i}", node, "append", (f"a{i}",), (at * MS,)) for i in range(count)]


def sentence(
    run: Any, prop: Property, machine: Any, faults: Sequence[Planned] = (), at: int = 510, count: int = 3, **plan: Any
) -> str | None:
    """Return what a property says of two nodes and some writes, None if it holds."""
    seen = run(2, 4000, faults, machine=machine, properties=(prop,), errands=write("n1", at, count), **plan)
    (finding,) = seen.outcome.findings
    assert finding.verdict in ("holds", "violated"), "nothing was judged"
    found: str | None = finding.sentence or None
    return found


class Mutant(Redex):
    """Sends what `change` makes of each message."""

    def change(self, msg: Any) -> Iterable[Any]:
        return [msg]

    def step(self, input: Any, now: Now) -> Any:
        effects: list[Any] = []
        for effect in super().step(input, now):
            if isinstance(effect, Send):
                effects += [Send(effect.dst, msg, effect.tell) for msg in self.change(effect.msg)]
            else:
                effects.append(effect)
        return effects


# -- asking and answering ----------------------------------------------------------------------------------


class AsksTwice(Redex):
    def _pull(self, now: Now) -> None:
        super()._pull(now)
        super()._pull(now)


class AsksWhenItHears(Redex):
    @on(SyncHeartbeat)
    def heard(self, src: NodeId, msg: SyncHeartbeat, now: Now) -> None:
        super().heard(src, msg, now)
        if self.role == FOLLOWER:
            self._pull(now)


class AsksAboveItsTail(Mutant):
    def change(self, msg: Any) -> Iterable[Any]:
        return [msg._replace(since_seq=msg.since_seq + 1) if isinstance(msg, SyncRequest) else msg]


class AnswersTwice(Mutant):
    def change(self, msg: Any) -> Iterable[Any]:
        return [msg, msg] if isinstance(msg, SyncResponse) else [msg]


class AnswersNobody(Mutant):
    def change(self, msg: Any) -> Iterable[Any]:
        return [] if isinstance(msg, SyncResponse) else [msg]


class AnswersWhatWasNotAsked(Mutant):
    def change(self, msg: Any) -> Iterable[Any]:
        return [SyncResponse("redex", 2, 0, (), 7)] if isinstance(msg, SyncHeartbeat) else [msg]


class DeniesThatItLeads(Mutant):
    def change(self, msg: Any) -> Iterable[Any]:
        return [SyncNack("redex", 2, NOT_LEADER, 0, msg.request_id) if isinstance(msg, SyncResponse) else msg]


class ShipsWhatItMadeUp(Mutant):
    def change(self, msg: Any) -> Iterable[Any]:
        return [msg._replace(events=((2, "made up"),)) if isinstance(msg, SyncResponse) else msg]


class Empty(Mutant):
    """Leads as if it had nothing to ship, by all the rules."""

    def change(self, msg: Any) -> Iterable[Any]:
        return [msg._replace(events=()) if isinstance(msg, SyncResponse) else msg]


class NeverBacksOff(Empty):
    def __init__(self, *args: Any, **params: Any) -> None:
        super().__init__(*args, **params)
        self.backoff.active = lambda leader, at: False  # type: ignore[method-assign]


class BacksOffAtOnce(Empty):
    def __init__(self, *args: Any, **params: Any) -> None:
        super().__init__(*args, **params)
        strike = self.backoff.record_empty
        self.backoff.record_empty = (  # type: ignore[method-assign]
            lambda leader, at: strike(leader, at)._replace(until=at + 1 * S)
        )


class StrikesForProgress(Redex):
    def _judge_progress(self, leader: NodeId, was: int, at: int) -> None:
        strikes = self.backoff.record_empty(leader, at)
        self.note(Struck(leader, strikes.empty, 0))


ASKING = {
    AsksTwice: "n2 asks twice in one tick",
    AsksWhenItHears: "n2 asks n1 outside a tick",
    AsksAboveItsTail: "n2 asks for 3 on, its tail being 2 and that of n1 5",
    AnswersTwice: "n1 answers one request of n2 twice",
    AnswersNobody: "n1 never answered a request",
    AnswersWhatWasNotAsked: "n1 answers n2 without a request of it",
    DeniesThatItLeads: "n1 answers SyncNack as leader",
    ShipsWhatItMadeUp: "n1 ships sequence 2, which it does not hold",
    NeverBacksOff: "n2 asks n1 before 1.960000s",
    StrikesForProgress: "n2 strikes n1, which owes it nothing",
    BacksOffAtOnce: "n2 leaves n1 alone for 1000000000 ns on strike 1",
}


@pytest.mark.parametrize("machine", ASKING, ids=[machine.__name__ for machine in ASKING])
def test_a_machine_that_asks_or_answers_otherwise_is_caught(run: Any, machine: Any) -> None:
    assert sentence(run, acts_by_the_rules, machine) == ASKING[machine]


@pytest.mark.parametrize("machine", [Redex, Mutant, Empty])
def test_a_machine_that_goes_by_the_rules_is_not(run: Any, machine: Any) -> None:
    assert sentence(run, acts_by_the_rules, machine) is None


class HeedsChunkMaxNever(Redex):
    @on(SyncRequest)
    def asked(self, src: NodeId, msg: SyncRequest, now: Now) -> None:
        super().asked(src, msg._replace(chunk_max=10**9), now)


@pytest.mark.parametrize(
    ("machine", "said"), [(Redex, None), (HeedsChunkMaxNever, "n1 ships 42 bytes, and 20 were asked for")]
)
def test_a_chunk_above_what_was_asked_for_is_caught(run: Any, machine: Any, said: str | None) -> None:
    assert sentence(run, acts_by_the_rules, machine, params={"chunk_max": 20}) == said


class SpeaksWhenIdle(Redex):
    def __init__(self, *args: Any, **params: Any) -> None:
        super().__init__(*args, **params)
        self.speakers = (*self.speakers, IDLE)


@pytest.mark.parametrize(("machine", "said"), [(Redex, None), (SpeaksWhenIdle, "n1 is idle and sends SyncHeartbeat")])
def test_an_idle_node_that_speaks_is_caught(run: Any, machine: Any, said: str | None) -> None:
    relinquish = Planned(Operate(nodes=("n1",), action="relinquish"), at=1001 * MS)
    assert sentence(run, acts_by_the_rules, machine, [relinquish], at=999) == said


class SpendsNoToken(Empty):
    def __init__(self, *args: Any, **params: Any) -> None:
        super().__init__(*args, **params)
        self.outstanding.take = lambda leader, token, at: True  # type: ignore[method-assign]


@pytest.mark.parametrize(
    ("machine", "said"), [(Empty, None), (SpendsNoToken, "n2 heeds two answers of n1 to one request")]
)
def test_an_answer_that_is_heeded_twice_is_caught(run: Any, machine: Any, said: str | None) -> None:
    twice = PacketFault(link=("n1", "n2"), do="duplicate", message="SyncResponse", by=1 * MS)
    assert sentence(run, acts_by_the_rules, machine, [Planned(twice, at=0)]) == said


class HeedsWhomeverItHears(Redex):
    @on(SyncResponse)
    def answered(self, src: NodeId, msg: SyncResponse, now: Now) -> None:
        self._apply(msg.events)


@pytest.mark.parametrize(
    ("machine", "said"), [(Redex, None), (HeedsWhomeverItHears, "n2 heeds n1 as follower that believes in None")]
)
def test_an_answer_to_an_earlier_life_is_caught(run: Any, machine: Any, said: str | None) -> None:
    """n2 asks at 650 and is back at 658, two ms before the answer."""
    crash = Planned(Crash(nodes=("n2",)), at=656 * MS, lasting=2 * MS)
    again = {"file": "kept", "placed": "every-boot"}
    assert sentence(run, acts_by_the_rules, machine, [crash], params=again) == said


# -- what a node keeps and becomes -------------------------------------------------------------------------


class WritesOfItself(Redex):
    @on(Alarm, "tick")
    def tick(self, about: Any, now: Now) -> None:
        super().tick(about, now)
        if self.role == FOLLOWER:
            self._store("made up")


class Hasty(Redex):
    """Takes a leader for dead after 40 ms."""

    def __init__(self, *args: Any, **params: Any) -> None:
        super().__init__(*args, **params)
        self.tracker.window = 40 * MS


class Meek(Redex):
    """Gives way to any leader."""

    @on(SyncHeartbeat)
    def heard(self, src: NodeId, msg: SyncHeartbeat, now: Now) -> None:
        super().heard(src, msg, now)
        if msg.role == LEADER and self.role == LEADER:
            self._turn(FOLLOWER, PEER_LEADER_OBSERVED, now.monotonic)


class SaysAtOnceThatItLeads(Redex):
    def _elect(self, at: int) -> None:
        super()._elect(at)
        if self.role == LEADER:
            self.broadcast(SyncHeartbeat(self.channel, self.tail, LEADER, 0))


class NeverElects(Redex):
    def _elect(self, at: int) -> None:
        pass


CONDUCT = {
    WritesOfItself: ([], "n2 stored sequence 2 on alarm tick as follower"),
    Hasty: ([], "n2 stands 45ms after it heard n1"),
    Meek: ([CUT], "n1 with tail 5 gives way to n2 with 5"),
    SaysAtOnceThatItLeads: ([CRASH], "n2 says at once that it leads"),
    NeverElects: ([CRASH], "n2 is still a candidate, and no turn has failed"),
}


@pytest.mark.parametrize("machine", CONDUCT, ids=[machine.__name__ for machine in CONDUCT])
def test_a_machine_that_becomes_what_it_may_not_is_caught(run: Any, machine: Any) -> None:
    faults, said = CONDUCT[machine]
    assert sentence(run, acts_by_the_rules, machine, faults) == said
    assert sentence(run, acts_by_the_rules, Redex, faults) is None


# -- logs --------------------------------------------------------------------------------------------------


class SkipsInSilence(Redex):
    def _skip(self, to: int) -> bool:
        try:
            self.log.skip_to(to)
        except SkipRefused:
            return False
        return True


class TakesBack(Redex):
    @on(Alarm, "tick")
    def tick(self, about: Any, now: Now) -> None:
        super().tick(about, now)
        if now.monotonic > 2 * S and self.role == FOLLOWER:
            self.log.next_seq -= 1
            self.log.entries.pop(self.log.next_seq, None)


class Rewrites(Redex):
    @on(Alarm, "tick")
    def tick(self, about: Any, now: Now) -> None:
        super().tick(about, now)
        if now.monotonic > 2 * S and self.role == FOLLOWER:
            self.log.entries[self.tail - 1] = "made up"


@pytest.mark.parametrize(
    ("machine", "said"),
    [
        (Redex, None),
        (Rewrites, "n2 stored sequence 11 as a9, and holds another"),
        (SkipsInSilence, "n2 stored 8 but its tail was 2"),
        (TakesBack, "n2 fell from [0, 12) to [0, 11)"),
    ],
)
def test_a_log_that_grows_otherwise_than_at_its_tail_is_caught(run: Any, machine: Any, said: str | None) -> None:
    plan: dict[str, Any] = {"at": 1050, "count": 10, "per_node": {"n1": {"retention_max_events": 4}}}
    assert sentence(run, appends_only, machine, [SHORT_CUT], **plan) == said


class Garbles(Redex):
    def _apply(self, events: tuple[Event, ...]) -> bool:
        return super()._apply(tuple((seq, f"{payload}!") for seq, payload in events))


@pytest.mark.parametrize(("machine", "said"), [(Redex, None), (Garbles, "sequence 2 is a0! on n2 and a0 on n1")])
def test_a_difference_that_no_second_writer_explains_is_caught(run: Any, machine: Any, said: str | None) -> None:
    assert sentence(run, single_writer_agrees, machine) == said


def test_a_difference_that_a_second_writer_explains_is_none(run: Any) -> None:
    errands = [*write("n1", 1600, 3), Errand("b", "n2", "append", ("b",), (1600 * MS,))]
    seen = run(2, 4000, [CUT], properties=(single_writer_agrees,), errands=errands)
    assert seen.outcome.findings[0].verdict == "holds"


# -- reigns and pace ---------------------------------------------------------------------------------------


class Weary(Redex):
    """Leads until 2 s."""

    @on(Alarm, "tick")
    def tick(self, about: Any, now: Now) -> None:
        super().tick(about, now)
        if now.monotonic >= 2 * S and self.role == LEADER:
            self._turn(FOLLOWER, PEER_LEADER_OBSERVED, now.monotonic)


@pytest.mark.parametrize(
    ("machine", "said"),
    [
        (Redex, None),
        (Weary, "nobody leads, and nothing is wrong since 0.100000s"),
        (Hasty, "n1 and n2 lead, and n1 led before, and nothing was ever wrong"),
    ],
)
def test_leadership_that_ends_or_changes_for_no_reason_is_caught(run: Any, machine: Any, said: str | None) -> None:
    assert sentence(run, leadership_lasts, machine) == said


class Lazy(Redex):
    """Asks in every tenth tick."""

    def _pull(self, now: Now) -> None:
        if now.monotonic // (100 * MS) % 10 == 0:
            super()._pull(now)


class Eager(Redex):
    """Asks again as soon as it has something."""

    @on(SyncResponse)
    def answered(self, src: NodeId, msg: SyncResponse, now: Now) -> None:
        super().answered(src, msg, now)
        self._pull(now)


@pytest.mark.parametrize(
    ("machine", "said"),
    [
        (Redex, None),
        (Lazy, "n2 has not reached 3, the tail of n1 at 0.510000s"),
        (Eager, "n2 stored two chunks between two ticks"),
    ],
)
def test_a_follower_that_is_slower_or_quicker_than_promised_is_caught(run: Any, machine: Any, said: str | None) -> None:
    """Three chunks: due at 510 + 5 H + 3 D, D being half of H."""
    assert sentence(run, catches_up, machine, params={"chunk_max": 20}) == said


def test_nothing_is_said_of_hardened_nodes_which_have_rules_of_their_own(run: Any) -> None:
    errands = write("n1", 510, 3)
    seen = run(
        2,
        2000,
        errands=errands,
        machine=machine,
        params=SWITCHES["FLOW"],
        properties=(acts_by_the_rules,),
        round_ms=False,
    )
    assert seen.outcome.findings[0].verdict == "vacuous"


def _single_writer(*records: Record) -> list[Any]:
    header = Header(nodes=("n1", "n2"), stop=S, views=("role", "leader", "tail", "first_retained"))
    judge = single_writer_agrees.judge(header)
    next(judge)
    return [judge.send(record) for record in records]


FIRST = (
    Record(1, 0, "note", "n1", 0, "stored", Stored(0, "a")),
    Record(2, 0, "note", "n1", 0, "accepted", Accepted(1, 0, "a")),
    Record(3, 5, "note", "n2", 9, "stored", Stored(0, "b")),
)


def test_a_copy_that_differs_from_the_only_writers_is_blamed() -> None:
    said = _single_writer(*FIRST, Record(4, 6, "boot", "n2", None, None, Booted(2)))
    assert said[-1] == "sequence 0 is b on n2 and a on n1"


def test_a_crash_that_fell_before_a_second_writer_could_say_so_is_no_blame() -> None:
    said = _single_writer(*FIRST, Record(4, 5, "crash", "n2", None, None, Crashed(1, "unsynced-lost", 1)))
    assert [sentence for sentence in said if isinstance(sentence, str)] == []
