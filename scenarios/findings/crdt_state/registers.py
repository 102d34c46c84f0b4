"""CW-1 to CW-5: the register in which the last writer wins, and clocks that say who that is."""

from __future__ import annotations

from sim.units import S

from ..weakness import Evidence, Figures, Weakness
from .bench import facts, last_views


def values(evidence: Evidence) -> Figures:
    """Return how many values the replicas of the one register hold at the end, none counting as one."""
    held = {tuple(value for _, value, _, _ in view.registers) for view in last_views(evidence).values()}
    return {"different values at the end": len(held)}


def values_and_last(evidence: Evidence) -> Figures:
    """Return how many values there are, and how many replicas hold the last one written."""
    last = facts(evidence, "wrote")[-1].value
    views = last_views(evidence).values()
    return {**values(evidence), "replicas with the last write": sum(view.registers[0][1] == last for view in views)}


def ignored(evidence: Evidence) -> Figures:
    """Return how many writes changed nothing where they were made, and when the first one after them counted."""
    wrote = [record for record in evidence.records if record.name == "wrote" and record.node == "n2"]
    lost = [record for record in wrote if not record.data.applied]
    first = next((record.at for record in wrote if record.data.applied), 0)
    return {"writes ignored": len(lost), "ignored until, s": round(first / S, 2) if lost else 0}


def dropped(evidence: Evidence) -> Figures:
    """Return how many writes changed nothing."""
    return {"writes ignored": sum(not fact.applied for fact in facts(evidence, "wrote"))}


ENTRIES = (
    Weakness(
        id="CW-1",
        summary="Two writes of one microsecond leave replicas with different values for ever.",
        scenario="crdt_state/equal_stamps_diverge",
        breaks=("registers_agree",),
        figures=values,
        expected={"different values at the end": 2},
        note="The third node keeps whichever came first, as the specification says. That merging is not commutative "
        "is what the shipped property `merges_are_lawful` says of the same run.",
    ),
    Weakness(
        id="CW-2",
        summary="Of two writes of one node in one tick the second never leaves the node.",
        scenario="crdt_state/second_write_in_one_tick",
        breaks=("registers_agree",),
        figures=values_and_last,
        weak=lambda figures: figures["replicas with the last write"] != 2,
        expected={"different values at the end": 2, "replicas with the last write": 1},
        note="A frozen wall clock stands for the coarse one. A total order of writes alone makes replicas agree, on "
        "the value of the greater fingerprint; that it is the last one takes a clock that never repeats itself.",
    ),
    Weakness(
        id="CW-3",
        summary="A fast clock's write makes all others ignore theirs until true time has caught up, without a word.",
        scenario="crdt_state/fast_clock_swallows_writes",
        breaks=("reads_own_writes",),
        figures=ignored,
        weak=lambda figures: bool(figures["writes ignored"]),
        expected={"ignored until, s": (10, 11)},
        note="n2 writes once a second; nine writes are answered ok and ignored. Under `lww_merge` alone they are "
        "ignored as well, but the client is told.",
    ),
    Weakness(
        id="CW-4",
        summary="A write at stamp 0 is read where it was made and merged nowhere.",
        scenario="crdt_state/stamp_zero_stays_home",
        breaks=("registers_agree",),
        figures=values,
        expected={"different values at the end": 2},
        note="A hybrid clock mends it only because its first stamp is 1.",
    ),
    Weakness(
        id="CW-5",
        summary="After a step back of the local clock a node ignores its own writes.",
        scenario="crdt_state/clock_steps_back",
        breaks=("reads_own_writes",),
        figures=dropped,
        weak=lambda figures: bool(figures["writes ignored"]),
        expected={"writes ignored": 1},
    ),
)
